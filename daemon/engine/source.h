/*
 * source.h - where the text of a cluster comes from, and how each member stands to that.
 *
 * Pure: decides on what the store counts of a cluster's members. Any thread.
 */
#ifndef DUPD_SOURCE_H
#define DUPD_SOURCE_H

#include "store/store.h"

enum source_kind {
    SOURCE_OUTLET,   /* nobody names an agency: the outlet of the first print */
    SOURCE_UNKNOWN,  /* an agency's copy, but of which is not said, or they contradict each other */
    SOURCE_AGENCY
};
const char *source_kind_word(enum source_kind kind); /* "outlet", "unknown agency", "agency" */

struct source_decision {
    enum source_kind kind;
    int best;                /* index of the agency in the list; -1 for none */
    double confidence;       /* in it, 0 to 1; 0 unless kind is SOURCE_AGENCY */
};

/*
 * Decides from the agencies that members name and the number of members that say "agencies" and
 * no name. An agency's own print says most, a signature more than "with inputs from". The
 * confidence is the agency's part of all that is said, less the more of it the less is said.
 */
void source_decide(const struct evidence *list, size_t n, uint32_t generic,
                   struct source_decision *ret);

enum source_status {
    STATUS_OWN,        /* the text is the outlet's own: it ran it first, and no agency is known */
    STATUS_CREDITED,   /* names an agency */
    STATUS_GENERIC,    /* says "agencies", names none */
    STATUS_UNCREDITED, /* another's text, and nothing is said */
    STATUS_AGENCY,     /* an agency's own print */
    STATUS_COUNT
};
const char *source_status_word(enum source_status status);

/* How a print (its claim and PRINT_...) stands to the source of its cluster; is_first: its outlet is that of
 * the cluster's first print. Inline, since a report asks it of every print. */
static inline enum source_status source_status(unsigned claim, unsigned flags, enum source_kind kind, int is_first)
{
    if (flags & PRINT_OWN)
        return STATUS_AGENCY;
    if (claim != DUP_CLAIM_NONE)
        return flags & PRINT_NAMED ? STATUS_CREDITED : STATUS_GENERIC;
    return kind == SOURCE_OUTLET && is_first ? STATUS_OWN : STATUS_UNCREDITED;
}

#endif
