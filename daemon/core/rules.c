/*
 * rules.c - the judgement. Each rule is one sentence about the evidence; the
 * first that applies names the relation. Invariant: whether a rule joins two
 * articles does not depend on which of them is a.
 */
#include "core/rules.h"

const struct dup_limits dup_limits_usual = {
    .furniture = 5, .most = 0.55, .several = 0.25, .nearly_all = 0.75};

#define STORY_WORDS 12.0      /* fewer words beside the furniture are no story */
#define SLOT_WORDS 40.0       /* a form has a slot at least once in so many shared words */
#define PASSAGE_WORDS 12.0    /* passages of a form filled anew are on average at most as long */
#define SLOTS_MIN 3           /* slots that make a form */
#define FIGURES 0.3           /* of what differs: from here on it is figures that differ */
#define ANOTHER_DAY 20.0      /* hours: forms that are filled daily come so far apart */
#define HALF_A_DAY 12.0
#define TAKEN_UP 0.7          /* share of the shorter: copy that others take up another day shares more */
#define KEPT 0.85             /* the same of a text that its outlet has added to */
#define REPEATED 0.95         /* the same of one that it only repeats */
#define TITLE_SAME 0.75       /* shared words of the titles: from here on they name the same thing */
#define QUOTE_LEAST 0.1       /* share of the shorter: from here on a quotation is worth a link */
#define QUOTED 0.6            /* of what is shared: from here on it is the quotation that is shared */
#define QUOTED_MOST 0.75      /* the same where it is most of the shorter text */
#define QUOTE_IS_STORY 0.7    /* share of the shorter: from here on the quotation is the story */
#define SAME_LENGTH 0.8       /* of the longer: the shorter is no cut of it */
#define LIKE_LENGTH 0.7       /* the same where ... */
#define WHOLE 0.9             /* ... the shorter does not stand in the longer as it is */
#define ITEM 0.5              /* of the longer: one story among others is at most so much of it */
#define EXCERPT 0.2           /* of the longer: an excerpt is at most so much of it */
#define BEGINNING 0.2         /* of a text's first words: with less it begins otherwise */
#define TITLE_OTHER 0.5       /* shared words of the titles: below it they do not clearly name one thing */
#define TITLE_APART 0.25      /* shared words of the titles: below it they name different things */

static const struct dup_evidence_side *shorter(const struct dup_evidence *e)
{
    return e->a.words <= e->b.words ? &e->a : &e->b;
}

static const struct dup_evidence_side *longer(const struct dup_evidence *e)
{
    return e->a.words <= e->b.words ? &e->b : &e->a;
}

static uint32_t lesser(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static int is_exact(const struct dup_evidence *e, const struct dup_limits *l)
{
    (void)l;
    return e->same_text;
}

static int is_furniture(const struct dup_evidence *e, const struct dup_limits *l)
{
    (void)l;
    return shorter(e)->words < STORY_WORDS && shorter(e)->furniture > 0;
}

static int is_form(const struct dup_evidence *e, const struct dup_limits *l)
{
    uint32_t numbers = lesser(e->a.numbers, e->b.numbers);
    uint32_t shared = lesser(e->a.shared_numbers, e->b.shared_numbers);
    return e->share_shorter >= l->several && e->fact_swaps >= SLOTS_MIN && !e->version_a && !e->version_b &&
           shorter(e)->shared / e->fact_swaps <= SLOT_WORDS && numbers >= SLOTS_MIN && shared * 2 <= numbers;
}

/* Of the words that one side does not share: the part that are numerals. */
static double figures(const struct dup_evidence_side *s)
{
    double own = s->words - s->shared;
    return own > 0 ? (s->numbers - s->shared_numbers) / own : 0;
}

/* Little differs but the figures. */
static int is_refilled(const struct dup_evidence *e, const struct dup_limits *l)
{
    uint32_t numbers = lesser(e->a.numbers, e->b.numbers);
    uint32_t shared = lesser(e->a.shared_numbers, e->b.shared_numbers);
    return e->share_shorter >= l->several && e->share_longer < l->nearly_all && numbers >= SLOTS_MIN &&
           !e->version_a && !e->version_b && shared * 4 <= numbers && figures(&e->a) >= FIGURES && figures(&e->b) >= FIGURES;
}

/*
 * Copy spreads within hours. What shares only a part with a text of another day is filled anew or
 * follows it up; the more so where an outlet repeats itself at the same length under another title.
 */
static int is_of_another_day(const struct dup_evidence *e, const struct dup_limits *l)
{
    if (e->version_a || e->version_b || !e->dated || (e->hours < ANOTHER_DAY && e->hours > -ANOTHER_DAY) || e->share_shorter < l->several)
        return 0;
    if (!e->same_outlet)
        return e->share_shorter < TAKEN_UP;
    int repeats = shorter(e)->words >= LIKE_LENGTH * longer(e)->words && e->titles < TITLE_SAME;
    return e->share_shorter < (repeats ? REPEATED : KEPT);
}

/* As much of it is known from many stories as is shared beyond that: a form that another day has filled. */
static int is_worn(const struct dup_evidence *e, const struct dup_limits *l)
{
    return !e->version_a && !e->version_b && e->dated && (e->hours >= HALF_A_DAY || e->hours <= -HALF_A_DAY) && e->share_shorter >= l->several &&
           shorter(e)->furniture >= shorter(e)->shared;
}

/* A page of an outlet that holds a story of its own under a headline that names something else. */
static int is_house_item(const struct dup_evidence *e, const struct dup_limits *l)
{
    (void)l;
    return e->same_outlet && e->titles >= 0 && e->titles < TITLE_APART && e->share_shorter >= WHOLE &&
           e->share_longer < ITEM && !e->version_a && !e->version_b;
}

/* Hardly a word of either's beginning is shared: what is, is the rest of a page under another story. */
static int begins_otherwise(const struct dup_evidence *e)
{
    return e->a.lead < BEGINNING && e->b.lead < BEGINNING;
}

/* An outlet that prints a text again in part, or below another story, under a headline that names something else. */
static int is_house_form(const struct dup_evidence *e, const struct dup_limits *l)
{
    return e->same_outlet && e->titles >= 0 && e->share_shorter >= l->several && !e->version_a && !e->version_b &&
           ((e->titles < TITLE_APART && (e->share_shorter < WHOLE || begins_otherwise(e))) ||
            (e->titles < TITLE_OTHER && e->share_shorter < l->nearly_all));
}

static int is_daily(const struct dup_evidence *e, const struct dup_limits *l)
{
    return is_of_another_day(e, l) && shorter(e)->shared / e->passages <= PASSAGE_WORDS;
}

static double quoted(const struct dup_evidence *e)
{
    double shared = e->a.shared < e->b.shared ? e->a.shared : e->b.shared;
    return shared > 0 ? (e->a.quoted > e->b.quoted ? e->a.quoted : e->b.quoted) / shared : 0;
}

static int is_quotation(const struct dup_evidence *e, const struct dup_limits *l)
{
    return e->share_shorter >= QUOTE_LEAST && e->share_shorter < QUOTE_IS_STORY &&
           quoted(e) >= (e->share_shorter < l->most ? QUOTED : QUOTED_MOST);
}

/* A small part of the inside of a much longer text, and not all of the shorter one. */
static int is_excerpt(const struct dup_evidence *e, const struct dup_limits *l)
{
    return e->share_shorter >= l->most && e->share_shorter < QUOTE_IS_STORY && e->share_longer < EXCERPT &&
           longer(e)->lead < BEGINNING && !e->same_outlet;
}

/* A later version by the same outlet: announced as one, or no shorter than what it follows. */
static int is_update(const struct dup_evidence *e, const struct dup_limits *l)
{
    return e->share_shorter >= l->most && e->same_outlet &&
           (e->version_a || (e->dated && e->hours > 0 && e->share_longer < l->nearly_all && e->a.words >= e->b.words));
}

static int is_copy(const struct dup_evidence *e, const struct dup_limits *l)
{
    double length = shorter(e)->words / longer(e)->words;
    return e->share_shorter >= l->most &&
           (e->share_longer >= l->nearly_all || length >= SAME_LENGTH ||
            (length >= LIKE_LENGTH && e->share_shorter < WHOLE));
}

static int is_abridged(const struct dup_evidence *e, const struct dup_limits *l)
{
    return e->share_shorter >= l->most && e->share_a >= e->share_b;
}

static int is_extended(const struct dup_evidence *e, const struct dup_limits *l)
{
    return e->share_shorter >= l->most;
}

static int is_partial(const struct dup_evidence *e, const struct dup_limits *l)
{
    return e->share_shorter >= l->several;
}

const struct dup_rule dup_rules[] = {
    {"exact", DUP_EXACT, is_exact, "the same text"},
    {"furniture", DUP_ORIGINAL, is_furniture, "beside page furniture nothing is shared"},
    {"template", DUP_TEMPLATE, is_form, "the same form with other facts"},
    {"refilled", DUP_TEMPLATE, is_refilled, "the same sentences with other figures"},
    {"daily", DUP_TEMPLATE, is_daily, "the same form on another day"},
    {"worn", DUP_TEMPLATE, is_worn, "a form known from many stories, at another time"},
    {"house-item", DUP_ROUNDUP, is_house_item, "a story among others on a page of its outlet"},
    {"house-form", DUP_TEMPLATE, is_house_form, "an outlet's own form under another headline"},
    {"follow-up", DUP_PARTIAL, is_of_another_day, "passages taken up on another day"},
    {"quote", DUP_QUOTE, is_quotation, "what is shared is mostly quoted"},
    {"excerpt", DUP_QUOTE, is_excerpt, "an excerpt of a much longer text"},
    {"update", DUP_UPDATE, is_update, "a later version by the same outlet"},
    {"copy", DUP_COPY, is_copy, "most of it, at about the same length"},
    {"abridged", DUP_ABRIDGED, is_abridged, "mostly a cut of it"},
    {"extended", DUP_EXTENDED, is_extended, "contains it and adds to it"},
    {"partial", DUP_PARTIAL, is_partial, "some passages are shared"},
    {0},
};
