/*
 * The source of a cluster. A credit is a claim, and claims may be wrong or
 * contradict each other, so each kind of claim weighs as much as it has
 * proved to be worth (docs/QUALITY.md). Invariant: the decision depends on
 * the counts alone, never on the order in which prints came.
 */
#include "engine/source.h"

#define WEIGHT_OWN 4.0      /* the agency's own outlet ran it */
#define WEIGHT_AGENCY 1.0   /* signed with the agency alone */
#define WEIGHT_FROM 0.5     /* "with inputs from" it alone */
#define WEIGHT_WEAK 0.25    /* one of several names, or in a print with text of its own */
#define DOUBT 0.2           /* weight of what nobody has said yet */
#define CONFIDENT 0.5       /* below it no agency is named */

static const char *const kinds[] = {"outlet", "unknown agency", "agency"};
static const char *const statuses[STATUS_COUNT] = {"own", "credited", "generic", "uncredited", "agency"};

const char *source_kind_word(enum source_kind kind)
{
    return kinds[kind];
}

const char *source_status_word(enum source_status status)
{
    return statuses[status];
}

static double weight(const struct evidence *e)
{
    return WEIGHT_OWN * e->own + WEIGHT_AGENCY * e->agency + WEIGHT_FROM * e->from + WEIGHT_WEAK * e->weak;
}

void source_decide(const struct evidence *list, size_t n, uint32_t generic,
                   struct source_decision *ret)
{
    double total = 0, most = 0;
    int best = -1;
    for (size_t i = 0; i < n; i++) {
        double w = weight(&list[i]);
        total += w;
        if (w > most) {
            most = w;
            best = (int)i;
        }
    }
    double confidence = best < 0 ? 0 : most / total * (most / (most + DOUBT));
    if (best < 0)
        *ret = (struct source_decision){generic ? SOURCE_UNKNOWN : SOURCE_OUTLET, -1, 0};
    else if (confidence < CONFIDENT)
        *ret = (struct source_decision){SOURCE_UNKNOWN, -1, 0};
    else
        *ret = (struct source_decision){SOURCE_AGENCY, best, confidence};
}
