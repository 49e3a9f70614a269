/*
 * rules.c - the judgement. Each rule is one sentence about the evidence; the
 * first that applies names the relation. Invariant: whether a rule joins two
 * articles does not depend on which of them is a.
 */
#include "core/rules.h"

const struct dup_limits dup_limits_usual = {
    .furniture = 5, .most = 0.55, .several = 0.15, .nearly_all = 0.75};

#define STORY_WORDS 12.0      /* fewer words beside the furniture are no story */
#define SLOT_WORDS 40.0       /* a form has a slot at least once in so many shared words */
#define PASSAGE_WORDS 25.0    /* passages of a form filled anew are on average at most as long */
#define SLOTS_MIN 3           /* slots that make a form */
#define QUOTED 0.6            /* share of the shared words: from here on it is the quotation that is shared */
#define ALL_QUOTED 0.9        /* the same where much of the text is shared */
#define BACKGROUND 0.25       /* share of the shorter: up to here it is a sentence or two */
#define STALE_HOURS 72.0
#define ITEM 0.4              /* of the longer: an item of a digest is at most so much of it */
#define TITLE_APART 0.25      /* shared words of the titles: below it they name different things */

static const struct evidence_side *shorter(const struct evidence *e)
{
    return e->a.words <= e->b.words ? &e->a : &e->b;
}

static const struct evidence_side *longer(const struct evidence *e)
{
    return e->a.words <= e->b.words ? &e->b : &e->a;
}

static int is_exact(const struct evidence *e, const struct dup_limits *l)
{
    (void)l;
    return e->same_text;
}

static int is_furniture(const struct evidence *e, const struct dup_limits *l)
{
    (void)l;
    return shorter(e)->words < STORY_WORDS && shorter(e)->furniture > 0;
}

static int is_form(const struct evidence *e, const struct dup_limits *l)
{
    uint32_t numbers = e->a.numbers < e->b.numbers ? e->a.numbers : e->b.numbers;
    uint32_t shared = e->a.shared_numbers < e->b.shared_numbers ? e->a.shared_numbers : e->b.shared_numbers;
    return e->share_shorter >= l->several && e->fact_swaps >= SLOTS_MIN && !e->version_a && !e->version_b &&
           shorter(e)->shared / e->fact_swaps <= SLOT_WORDS && numbers >= SLOTS_MIN && shared * 2 <= numbers;
}

/* Copy spreads within days: partly the same words long after are a form, or background. */
static int is_stale(const struct evidence *e, const struct dup_limits *l)
{
    return e->dated && (e->hours > STALE_HOURS || e->hours < -STALE_HOURS) &&
           e->share_shorter >= l->several && e->share_longer < l->nearly_all;
}

/* Sentences stand again with other figures in them. */
static int is_refilled(const struct evidence *e, const struct dup_limits *l)
{
    uint32_t numbers = e->a.numbers < e->b.numbers ? e->a.numbers : e->b.numbers;
    uint32_t shared = e->a.shared_numbers < e->b.shared_numbers ? e->a.shared_numbers : e->b.shared_numbers;
    return e->share_shorter >= l->several && e->share_longer < l->nearly_all && numbers >= SLOTS_MIN &&
           shared * 4 <= numbers && e->passages >= SLOTS_MIN &&
           shorter(e)->shared / e->passages <= PASSAGE_WORDS;
}

static int is_quotation(const struct evidence *e, const struct dup_limits *l)
{
    double shared = e->a.shared < e->b.shared ? e->a.shared : e->b.shared;
    double quoted = e->a.quoted > e->b.quoted ? e->a.quoted : e->b.quoted;
    double least = e->share_shorter < l->most ? QUOTED : ALL_QUOTED;
    return shared > 0 && e->share_longer < l->nearly_all && quoted >= least * shared;
}

/* A sentence or two of background, or of an official text. */
static int is_background(const struct evidence *e, const struct dup_limits *l)
{
    return e->share_shorter >= l->several && e->share_shorter < BACKGROUND;
}

static int is_item(const struct evidence *e, const struct dup_limits *l)
{
    return e->share_shorter >= l->most && e->share_longer < ITEM && longer(e)->lead < 0.2 &&
           shorter(e)->lead >= 0.5 && e->titles >= 0 && e->titles < TITLE_APART;
}

static int is_update(const struct evidence *e, const struct dup_limits *l)
{
    return e->share_shorter >= l->most && e->same_outlet &&
           (e->version_a || (e->dated && e->hours > 0 && e->share_longer < l->nearly_all));
}

static int is_copy(const struct evidence *e, const struct dup_limits *l)
{
    return e->share_shorter >= l->most && e->share_longer >= l->nearly_all;
}

static int is_abridged(const struct evidence *e, const struct dup_limits *l)
{
    return e->share_shorter >= l->most && e->share_a >= e->share_b;
}

static int is_extended(const struct evidence *e, const struct dup_limits *l)
{
    return e->share_shorter >= l->most;
}

static int is_partial(const struct evidence *e, const struct dup_limits *l)
{
    return e->share_shorter >= l->several;
}

const struct dup_rule dup_rules[] = {
    {"exact", DUP_EXACT, is_exact, "the same text"},
    {"furniture", DUP_ORIGINAL, is_furniture, "beside page furniture nothing is shared"},
    {"template", DUP_TEMPLATE, is_form, "the same form with other facts"},
    {"refilled", DUP_TEMPLATE, is_refilled, "the same sentences with other figures"},
    {"stale", DUP_TEMPLATE, is_stale, "partly the same words, days apart"},
    {"quote", DUP_QUOTE, is_quotation, "what is shared is mostly quoted"},
    {"background", DUP_QUOTE, is_background, "a passage of background or an official text"},
    {"roundup", DUP_ROUNDUP, is_item, "one item among others"},
    {"update", DUP_UPDATE, is_update, "a later version by the same outlet"},
    {"copy", DUP_COPY, is_copy, "nearly all of both"},
    {"abridged", DUP_ABRIDGED, is_abridged, "mostly a cut of it"},
    {"extended", DUP_EXTENDED, is_extended, "contains it and adds to it"},
    {"partial", DUP_PARTIAL, is_partial, "some passages are shared"},
    {0},
};
