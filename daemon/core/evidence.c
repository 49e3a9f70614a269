/*
 * evidence.c - counts what two texts share and how the rest differs.
 *
 * Passages of six words are exact, but people decide on sentences: a copy
 * with every tenth word edited is still a copy, and words that stand on every
 * page are not shared in any sense that matters. So small edits between two
 * passages are bridged, and furniture is left out of every count on both
 * sides. Invariant: work is linear in the texts (a gap that is looked into has
 * at most BRIDGE tokens, and there are at most DUP_SPANS_MAX), and swapping
 * the sides swaps the evidence.
 */
#include "core/evidence.h"

#include <string.h>

#include "core/rules.h"
#include "core/swar.h"
#include "core/version_words.h"

#define BRIDGE 32   /* tokens of a gap that may be an edit within a passage */
#define SWAP 8      /* tokens of a gap that may be one fact for another */
#define LEAD 40.0   /* words of a story's beginning */

enum { SHARED = 1, FURNITURE = 2 };

struct gap {
    size_t a, b;     /* first tokens */
    size_t n, m;     /* tokens of each side */
};

static double weight(const struct dup_tokens *t, size_t i)
{
    return t->flags[i] & DUP_TOKEN_CHAR ? 0.5 : 1.0;
}

/* Words of n tokens, counted twice: a CHAR token is half of one. */
static size_t halves(const uint8_t *flags, size_t n)
{
    size_t chars = 0;

    for (size_t i = 0; i < n; i += 8)
        chars += swar_sum(swar_load_some(flags + i, n - i) / DUP_TOKEN_CHAR & SWAR_EACH(1));
    return 2 * n - chars;
}

static void mark_furniture(const struct dup_side *side, uint8_t least, uint8_t *marks)
{
    size_t n = side->body->n, i = 0;

    if (n)
        memset(marks, 0, n);
    if (side->stories == NULL)
        return;
    for (; i + 8 <= n; i += 8) {
        uint64_t many = swar_at_least(swar_load(side->stories + i), least);
        swar_store(marks + i, many * FURNITURE);
    }
    for (; i < n; i++)
        marks[i] = side->stories[i] >= least ? FURNITURE : 0;
}

/* Marks a passage as shared; what one side knows for furniture is furniture in the other. */
static void mark_passage(uint8_t *a, uint8_t *b, size_t n)
{
    size_t i = 0;

    for (; i + 8 <= n; i += 8) {
        uint64_t marks = swar_load(a + i) | swar_load(b + i) | SWAR_EACH(SHARED);
        swar_store(a + i, marks);
        swar_store(b + i, marks);
    }
    for (; i < n; i++)
        a[i] = b[i] = (uint8_t)(SHARED | a[i] | b[i]);
}

/* The gap after span i, if the next one follows it on both sides. */
static int gap_after(const struct dup_comparison *c, size_t i, struct gap *ret)
{
    const struct dup_span *p = &c->spans[i], *q = p + 1;

    if (i + 1 >= c->n_spans || q->b < p->b + p->n)
        return 0;
    ret->a = p->a + p->n;
    ret->b = p->b + p->n;
    ret->n = q->a - ret->a;
    ret->m = q->b - ret->b;
    return 1;
}

/* Marks the longest common subsequence of a gap as shared, if it is at least
 * half of the longer side: less is words that any two texts have. */
static void bridge(const struct gap *gap, const struct dup_tokens *a, const struct dup_tokens *b,
                   uint8_t *marks_a, uint8_t *marks_b)
{
    uint8_t best[BRIDGE + 1][BRIDGE + 1] = {{0}};
    const uint32_t *x = a->hash + gap->a, *y = b->hash + gap->b;
    size_t longer = gap->n > gap->m ? gap->n : gap->m;

    if (gap->n == 0 || gap->m == 0 || longer > BRIDGE)
        return;
    for (size_t i = gap->n; i-- > 0;)
        for (size_t j = gap->m; j-- > 0;)
            if (x[i] == y[j])
                best[i][j] = (uint8_t)(best[i + 1][j + 1] + 1);
            else
                best[i][j] = best[i + 1][j] > best[i][j + 1] ? best[i + 1][j] : best[i][j + 1];
    if (best[0][0] * 2u < longer)
        return;
    for (size_t i = 0, j = 0; i < gap->n && j < gap->m;) {
        if (x[i] == y[j]) {
            marks_a[gap->a + i++] |= SHARED;
            marks_b[gap->b + j++] |= SHARED;
        } else if (best[i + 1][j] >= best[i][j + 1]) {
            i++;
        } else {
            j++;
        }
    }
}

/* Whether a token states a fact: a numeral, or a name within a sentence. */
static unsigned facts(const struct dup_tokens *t, const uint8_t *marks, size_t from, size_t n)
{
    unsigned found = 0;

    for (size_t i = from; i < from + n; i++) {
        if (marks[i] != 0)
            continue;
        if (t->flags[i] & DUP_TOKEN_NUMBER)
            found |= 1;
        else if ((t->flags[i] & (DUP_TOKEN_CAPITAL | DUP_TOKEN_SENTENCE)) == DUP_TOKEN_CAPITAL)
            found |= 2;
    }
    return found;
}

static void look_into_gaps(const struct dup_side *a, const struct dup_side *b,
                           const struct dup_comparison *c, uint8_t *marks_a, uint8_t *marks_b,
                           struct dup_evidence *e)
{
    struct gap gap;

    for (size_t i = 0; i < c->n_spans; i++) {
        unsigned in_a, in_b;

        if (!gap_after(c, i, &gap))
            continue;
        bridge(&gap, a->body, b->body, marks_a, marks_b);
        if (gap.n == 0 || gap.m == 0 || gap.n > SWAP || gap.m > SWAP)
            continue;
        e->swaps++;
        in_a = facts(a->body, marks_a, gap.a, gap.n);
        in_b = facts(b->body, marks_b, gap.b, gap.m);
        e->fact_swaps += in_a != 0 && in_b != 0;
        e->number_swaps += (in_a & in_b & 1) != 0;
    }
}

/* Passages with anything but furniture, and the longest stretch of one. */
static void measure_passages(const struct dup_side *a, const struct dup_comparison *c,
                             const uint8_t *marks_a, struct dup_evidence *e)
{
    size_t longest = 0;

    for (size_t i = 0; i < c->n_spans; i++) {
        size_t at = c->spans[i].a, end = at + c->spans[i].n, best = 0;

        for (size_t stop; at < end; at = stop + 1) {
            const uint8_t *furniture = memchr(marks_a + at, SHARED | FURNITURE, end - at);
            size_t stretch;

            stop = furniture ? (size_t)(furniture - marks_a) : end;
            stretch = halves(a->body->flags + at, stop - at);
            best = stretch > best ? stretch : best;
        }
        e->passages += best > 0;
        longest = best > longest ? best : longest;
    }
    e->longest = (double)longest / 2;
}

/* Counts of eight tokens side by side, a byte each; words twice, as above. */
struct tally {
    uint64_t furniture, words, shared, quoted, own_quoted, numbers, shared_numbers;
};

#define TALLY_ROUNDS 127 /* at most two a round fit into a byte */

/* Adds those of eight tokens that have a bit in present. */
static inline void tally_add(struct tally *t, uint64_t marks, uint64_t flags, uint64_t present)
{
    uint64_t furniture = marks / FURNITURE & present, words = furniture ^ present, shared = marks & words;
    uint64_t halves_each = 2 * present - (flags / DUP_TOKEN_CHAR & present), quoted = flags / DUP_TOKEN_QUOTED;

    /* three times a bit: a mask for two bits */
    t->furniture += halves_each & furniture * 3;
    t->words += halves_each & words * 3;
    t->shared += halves_each & shared * 3;
    t->quoted += halves_each & (shared & quoted) * 3;
    t->own_quoted += halves_each & (words & ~shared & quoted) * 3;
    t->numbers += flags & words;
    t->shared_numbers += flags & shared;
}

static void tally_into(const struct tally *t, struct dup_evidence_side *ret)
{
    ret->furniture += swar_sum(t->furniture) / 2.0;
    ret->words += swar_sum(t->words) / 2.0;
    ret->shared += swar_sum(t->shared) / 2.0;
    ret->quoted += swar_sum(t->quoted) / 2.0;
    ret->own_quoted += swar_sum(t->own_quoted) / 2.0;
    ret->numbers += swar_sum(t->numbers);
    ret->shared_numbers += swar_sum(t->shared_numbers);
}

/* Share of the first words, furniture aside, that is shared. */
static double lead(const struct dup_tokens *t, const uint8_t *marks)
{
    double words = 0.0, shared = 0.0;

    for (size_t i = 0; i < t->n && words < LEAD; i++) {
        double w = marks[i] & FURNITURE ? 0.0 : weight(t, i);

        words += w;
        shared += marks[i] & SHARED ? w : 0.0;
    }
    return words > 0.0 ? shared / (words < LEAD ? words : LEAD) : 0.0;
}

static void count_side(const struct dup_tokens *t, const uint8_t *marks, struct dup_evidence_side *ret)
{
    for (size_t i = 0; i < t->n;) {
        struct tally tally = { 0 };

        for (int round = 0; round < TALLY_ROUNDS && i < t->n; round++, i += 8) {
            size_t left = t->n - i;
            tally_add(&tally, swar_load_some(marks + i, left), swar_load_some(t->flags + i, left),
                      left < 8 ? SWAR_EACH(1) >> 8 * (8 - left) : SWAR_EACH(1));
        }
        tally_into(&tally, ret);
    }
    ret->lead = lead(t, marks);
    if (ret->shared > 0.0) {
        while ((marks[ret->first] & (SHARED | FURNITURE)) != SHARED)
            ret->first++;
        for (ret->last = (uint32_t)t->n - 1; (marks[ret->last] & (SHARED | FURNITURE)) != SHARED;)
            ret->last--;
    }
}

static double titles(const struct dup_tokens *a, const struct dup_tokens *b)
{
    const struct dup_tokens *shorter, *longer;
    size_t both = 0;

    if (a == NULL || b == NULL || a->n == 0 || b->n == 0)
        return -1.0;
    shorter = a->n <= b->n ? a : b;
    longer = shorter == a ? b : a;
    for (size_t i = 0; i < shorter->n && i < TITLE_TOKENS; i++) {
        size_t k = 0;

        while (k < longer->n && k < TITLE_TOKENS && longer->hash[k] != shorter->hash[i])
            k++;
        both += k < longer->n && k < TITLE_TOKENS;
    }
    return (double)both / (double)(shorter->n < TITLE_TOKENS ? shorter->n : TITLE_TOKENS);
}

static double ratio(double part, double whole)
{
    return whole > 0.0 ? part / whole : 0.0;
}

int evidence_collect(struct dup_comparer *comparer, const struct dup_side *a,
                     const struct dup_side *b, const struct dup_comparison *comparison,
                     const struct dup_limits *limits, struct dup_evidence *ret)
{
    int err = comparer_reserve(comparer, a->body->n > b->body->n ? a->body->n : b->body->n);
    uint8_t *marks_a = comparer->marks_a, *marks_b = comparer->marks_b;

    if (err != 0)
        return err;
    memset(ret, 0, sizeof *ret);
    mark_furniture(a, limits->furniture, marks_a);
    mark_furniture(b, limits->furniture, marks_b);
    for (size_t i = 0; i < comparison->n_spans; i++) {
        const struct dup_span *span = &comparison->spans[i];

        mark_passage(marks_a + span->a, marks_b + span->b, span->n);
    }
    look_into_gaps(a, b, comparison, marks_a, marks_b, ret);
    measure_passages(a, comparison, marks_a, ret);
    count_side(a->body, marks_a, &ret->a);
    count_side(b->body, marks_b, &ret->b);
    ret->share_a = ratio(ret->a.shared, ret->a.words);
    ret->share_b = ratio(ret->b.shared, ret->b.words);
    ret->share_shorter = ret->a.words <= ret->b.words ? ret->share_a : ret->share_b;
    ret->share_longer = ret->a.words <= ret->b.words ? ret->share_b : ret->share_a;
    ret->titles = titles(a->title, b->title);
    ret->same_text = comparison->words_a == comparison->words_b && comparison->n_spans == 1 &&
                     comparison->longest == comparison->words_a;
    ret->same_outlet = a->outlet != 0 && a->outlet == b->outlet;
    ret->version_a = version_words_found(a->title_text, a->title_len);
    ret->version_b = version_words_found(b->title_text, b->title_len);
    ret->dated = a->published != DUP_TIME_NONE && b->published != DUP_TIME_NONE;
    ret->hours = ret->dated ? (double)(a->published - b->published) / 3600000.0 : 0.0;
    return 0;
}
