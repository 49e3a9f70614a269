/*
 * Goal: what is counted about two texts is what anyone would count by hand. Texts are put together from
 * passages that both have and words that only one has, so that each count is known from the plan of the
 * text; words of a gap that both sides have are held against a plain recursive longest common subsequence.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/evidence.h"
#include "core/rules.h"
#include "dup/text.h"

#define MAX 2048
#define PASSAGES 8
#define HOUR INT64_C(3600000)

struct text {
    uint32_t hash[MAX];
    uint8_t flags[MAX], stories[MAX];
    int passage[MAX];  /* that the word belongs to, -1 for none */
    size_t begin[PASSAGES], n;
};

static struct text left, right;
static struct dup_comparer *comparer;
static struct dup_comparison shared;
static uint64_t seed = 4711;
static uint32_t fresh;

static uint32_t draw(uint32_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((seed >> 33) % below);
}

static int setup(void **state)
{
    (void)state;
    comparer = dup_comparer_new();
    return comparer ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    dup_comparer_free(comparer);
    return 0;
}

static void add(struct text *t, uint32_t word, int passage)
{
    assert_true(t->n < MAX);
    t->hash[t->n] = word * 2654435761u;
    t->flags[t->n] = (uint8_t)(draw(256) & ~(uint32_t)DUP_TOKEN_CHAR);
    if (word % 5 == 0) /* of a script without spaces, in whichever text it stands */
        t->flags[t->n] |= DUP_TOKEN_CHAR;
    if (draw(3))
        t->flags[t->n] = (uint8_t)(t->flags[t->n] & ~(DUP_TOKEN_CAPITAL | DUP_TOKEN_NUMBER));
    t->stories[t->n] = (uint8_t)(draw(6) ? draw(5) : 3 + draw(4));
    t->passage[t->n++] = passage;
}

static struct dup_evidence evidence_of(const struct text *a, const struct text *b, int known)
{
    struct dup_tokens ta = {.hash = (uint32_t *)(uintptr_t)a->hash, .flags = (uint8_t *)(uintptr_t)a->flags, .n = a->n};
    struct dup_tokens tb = {.hash = (uint32_t *)(uintptr_t)b->hash, .flags = (uint8_t *)(uintptr_t)b->flags, .n = b->n};
    struct dup_side sa = {.body = &ta, .published = DUP_TIME_NONE, .stories = known ? a->stories : NULL};
    struct dup_side sb = {.body = &tb, .published = DUP_TIME_NONE, .stories = known ? b->stories : NULL};
    struct dup_evidence e;
    assert_int_equal(dup_compare(comparer, &ta, &tb, &shared), 0);
    assert_int_equal(evidence_collect(comparer, &sa, &sb, &shared, &dup_limits_usual, &e), 0);
    return e;
}

/* Whether word i of t is furniture: known from five stories, here or at its place in the other text. */
static int is_furniture(const struct text *t, const struct text *other, size_t i)
{
    int p = t->passage[i];
    return t->stories[i] >= 5 || (p >= 0 && other->stories[other->begin[p] + (i - t->begin[p])] >= 5);
}

static double worth(const struct text *t, size_t i)
{
    return t->flags[i] & DUP_TOKEN_CHAR ? 0.5 : 1;
}

static struct dup_evidence_side count(const struct text *t, const struct text *other)
{
    struct dup_evidence_side s = {0};
    double lead = 0, before = 0;
    int any = 0;
    for (size_t i = 0; i < t->n; i++) {
        double w = worth(t, i);
        int is_shared = t->passage[i] >= 0, number = (t->flags[i] & DUP_TOKEN_NUMBER) != 0, quoted = (t->flags[i] & DUP_TOKEN_QUOTED) != 0;
        if (is_furniture(t, other, i)) {
            s.furniture += w;
            continue;
        }
        if (before < 40)
            lead += is_shared ? w : 0;
        before += w;
        s.numbers += (uint32_t)number;
        s.shared_numbers += (uint32_t)(number && is_shared);
        *(is_shared ? &s.quoted : &s.own_quoted) += quoted ? w : 0;
        s.shared += is_shared ? w : 0;
        if (is_shared && !any++)
            s.first = (uint32_t)i;
        if (is_shared)
            s.last = (uint32_t)i;
    }
    s.words = before;
    s.lead = before > 0 ? lead / (before < 40 ? before : 40) : 0;
    return s;
}

static void check_side(const struct dup_evidence_side *got, struct dup_evidence_side want)
{
    assert_true(got->furniture == want.furniture && got->words == want.words && got->shared == want.shared);
    assert_true(got->quoted == want.quoted && got->own_quoted == want.own_quoted);
    assert_true(got->lead == want.lead);
    assert_int_equal(got->numbers, want.numbers);
    assert_int_equal(got->shared_numbers, want.shared_numbers);
    assert_int_equal(got->first, want.first);
    assert_int_equal(got->last, want.last);
}

/* Facts among the words [from, to) of one side of a gap that are neither shared nor furniture. */
static void facts(const struct text *t, const struct text *other, size_t from, size_t to, int *ret_number, int *ret_name)
{
    *ret_number = *ret_name = 0;
    for (size_t i = from; i < to; i++) {
        if (t->passage[i] >= 0 || is_furniture(t, other, i))
            continue;
        if (t->flags[i] & DUP_TOKEN_NUMBER)
            *ret_number = 1;
        else if (t->flags[i] & DUP_TOKEN_CAPITAL && !(t->flags[i] & DUP_TOKEN_SENTENCE))
            *ret_name = 1;
    }
}

/* Passages of words that stand nowhere else, in the same order or another, and between them words of each side alone. */
static void each_count_is_that_of_the_plan(void **state)
{
    (void)state;
    for (int round = 0; round < 3000; round++) {
        size_t n = draw(PASSAGES + 1), length[PASSAGES], order[PASSAGES];
        left.n = right.n = 0;
        fresh = 1;
        for (size_t p = 0; p < n; p++) {
            order[p] = p;
            length[p] = 12 + draw(12) + (p == 0 && draw(50) == 0 ? 1400 : 0);
        }
        if (n > 1 && draw(3) == 0) {
            size_t x = draw((uint32_t)n), y = draw((uint32_t)n), kept = order[x];
            order[x] = order[y], order[y] = kept;
        }
        for (size_t p = 0; p <= n; p++) {
            for (uint32_t k = 1 + draw(11); k > 0; k--)
                add(&left, fresh++, -1);
            left.begin[p % PASSAGES] = p < n ? left.n : left.begin[p % PASSAGES];
            for (size_t k = 0; p < n && k < length[p]; k++)
                add(&left, 100000 + (uint32_t)(p * 2000 + k), (int)p);
        }
        for (size_t p = 0; p <= n; p++) {
            for (uint32_t k = draw(12); k > 0; k--)
                add(&right, fresh++, -1);
            if (p == n)
                break;
            right.begin[order[p]] = right.n;
            for (size_t k = 0; k < length[order[p]]; k++)
                add(&right, 100000 + (uint32_t)(order[p] * 2000 + k), (int)order[p]);
        }
        if (n > 0 && draw(4) == 0) /* one is furniture as a whole */
            memset(left.stories + left.begin[0], 9, length[0]);
        struct dup_evidence e = evidence_of(&left, &right, 1);
        struct dup_evidence_side a = count(&left, &right), b = count(&right, &left);
        check_side(&e.a, a);
        check_side(&e.b, b);
        assert_true(e.share_a == (a.words > 0 ? a.shared / a.words : 0) && e.share_b == (b.words > 0 ? b.shared / b.words : 0));
        assert_true(e.share_shorter == (a.words <= b.words ? e.share_a : e.share_b));
        assert_true(e.share_longer == (a.words <= b.words ? e.share_b : e.share_a));

        uint32_t passages = 0, swaps = 0, fact_swaps = 0, number_swaps = 0;
        double longest = 0;
        for (size_t p = 0; p < n; p++) {
            double stretch = 0, best = 0;
            for (size_t i = left.begin[p]; i < left.begin[p] + length[p]; i++) {
                stretch = is_furniture(&left, &right, i) ? 0 : stretch + worth(&left, i);
                best = stretch > best ? stretch : best;
            }
            passages += best > 0;
            longest = best > longest ? best : longest;
            if (p + 1 == n || right.begin[p + 1] < right.begin[p])
                continue;
            size_t from_a = left.begin[p] + length[p], to_a = left.begin[p + 1], from_b = right.begin[p] + length[p], to_b = right.begin[p + 1];
            if (to_a == from_a || to_b == from_b || to_a - from_a > 8 || to_b - from_b > 8)
                continue;
            int number_a, name_a, number_b, name_b;
            facts(&left, &right, from_a, to_a, &number_a, &name_a);
            facts(&right, &left, from_b, to_b, &number_b, &name_b);
            swaps++;
            fact_swaps += (number_a || name_a) && (number_b || name_b);
            number_swaps += number_a && number_b;
        }
        assert_int_equal(e.passages, passages);
        assert_true(e.longest == longest);
        assert_int_equal(e.swaps, swaps);
        assert_int_equal(e.fact_swaps, fact_swaps);
        assert_int_equal(e.number_swaps, number_swaps);
        assert_false(e.same_text);
        struct dup_evidence m = evidence_of(&right, &left, 1);
        check_side(&m.a, b);
        check_side(&m.b, a);
        assert_true(m.passages == e.passages && m.fact_swaps == e.fact_swaps && m.longest == e.longest);
    }
}

static size_t common(const uint32_t *x, size_t n, const uint32_t *y, size_t m)
{
    if (n == 0 || m == 0)
        return 0;
    if (x[0] == y[0])
        return 1 + common(x + 1, n - 1, y + 1, m - 1);
    size_t skip_x = common(x + 1, n - 1, y, m), skip_y = common(x, n, y + 1, m - 1);
    return skip_x > skip_y ? skip_x : skip_y;
}

/* Words of a gap that both sides have in one order are shared, if they are half of the longer side. */
static void gaps_are_bridged_by_half(void **state)
{
    (void)state;
    for (int round = 0; round < 4000; round++) {
        uint32_t gap_a[12], gap_b[12], symbols = 2 + draw(6);
        size_t n = draw(9), m = draw(9), head = 0, tail = 0;
        for (size_t i = 0; i < n; i++)
            gap_a[i] = 1 + draw(symbols);
        for (size_t i = 0; i < m; i++)
            gap_b[i] = 1 + draw(symbols);
        while (head < n && head < m && gap_a[head] == gap_b[head])
            head++; /* these prolong the passage before, */
        while (head + tail < n && head + tail < m && gap_a[n - 1 - tail] == gap_b[m - 1 - tail])
            tail++; /* and these the one behind */
        size_t inner_a = n - head - tail, inner_b = m - head - tail, longer = inner_a > inner_b ? inner_a : inner_b;
        size_t best = common(gap_a + head, inner_a, gap_b + head, inner_b);
        left.n = right.n = 0;
        for (uint32_t k = 0; k < 20; k++) {
            add(&left, 1000 + k, 0);
            add(&right, 1000 + k, 0);
            for (size_t i = 0; k == 9 && i < n; i++)
                add(&left, gap_a[i], -1);
            for (size_t i = 0; k == 9 && i < m; i++)
                add(&right, gap_b[i], -1);
        }
        memset(left.flags, 0, sizeof left.flags);
        memset(right.flags, 0, sizeof right.flags);
        struct dup_evidence e = evidence_of(&left, &right, 0);
        double want = (double)(20 + head + tail + (best * 2 >= longer ? best : 0));
        assert_true(e.a.shared == want && e.b.shared == want);
    }
}

/* A long gap is looked into up to 32 words on its longer side. */
static void long_gaps_are_not_bridged(void **state)
{
    (void)state;
    for (uint32_t n = 28; n < 37; n++) {
        left.n = right.n = 0;
        for (uint32_t k = 0; k < 20; k++) {
            add(&left, 1000 + k, 0);
            add(&right, 1000 + k, 0);
            for (uint32_t i = 0; k == 9 && i < n; i++) { /* three words in four, never four in a row */
                add(&left, i % 4 ? 1 + i : 200 + i, -1);
                add(&right, i % 4 ? 1 + i : 300 + i, -1);
            }
        }
        memset(left.flags, 0, sizeof left.flags);
        memset(right.flags, 0, sizeof right.flags);
        struct dup_evidence e = evidence_of(&left, &right, 0);
        uint32_t ends = n % 4 ? (n - 1) % 4 : 3; /* prolong the passage behind */
        double rest = (double)(n - (n + 3) / 4 - ends);
        assert_true(e.a.shared == 20 + (double)ends + (n - ends <= 32 ? rest : 0));
    }
}

static struct dup_evidence beside(const struct dup_side *a, const struct dup_side *b)
{
    struct dup_evidence e;
    assert_int_equal(dup_compare(comparer, a->body, b->body, &shared), 0);
    assert_int_equal(evidence_collect(comparer, a, b, &shared, &dup_limits_usual, &e), 0);
    return e;
}

static void what_is_known_beside_the_text(void **state)
{
    uint32_t words[200], other[200];
    uint8_t flags[200] = {0};
    (void)state;
    for (uint32_t i = 0; i < 200; i++)
        words[i] = 1 + i, other[i] = 1001 + i;
    struct dup_tokens body = {.hash = words, .flags = flags, .n = 50}, longer = {.hash = words, .flags = flags, .n = 51};
    struct dup_side a = {.body = &body, .published = DUP_TIME_NONE}, b = a;

    struct dup_evidence e = beside(&a, &b);
    assert_true(e.same_text && !e.same_outlet && !e.version_a && !e.version_b && !e.dated && e.hours == 0 && e.titles == -1);
    assert_true(e.a.words == 50 && e.a.shared == 50 && e.a.lead == 1 && e.passages == 1 && e.longest == 50);
    b.body = &longer;
    assert_false(beside(&a, &b).same_text);
    assert_false(beside(&b, &a).same_text);
    struct dup_tokens changed = {.hash = other, .flags = flags, .n = 50};
    b.body = &changed;
    assert_false(beside(&a, &b).same_text);
    memcpy(other, words, sizeof other);
    other[25] = 999;
    assert_false(beside(&a, &b).same_text);
    b.body = &body;

    a.outlet = 7, b.outlet = 7;
    assert_true(beside(&a, &b).same_outlet);
    b.outlet = 8;
    assert_false(beside(&a, &b).same_outlet);
    a.outlet = b.outlet = 0;
    assert_false(beside(&a, &b).same_outlet);

    a.title_text = "UPDATE 2-Ferry", a.title_len = 14;
    e = beside(&a, &b);
    assert_true(e.version_a && !e.version_b);
    e = beside(&b, &a);
    assert_true(!e.version_a && e.version_b);

    a.published = 10 * HOUR;
    e = beside(&a, &b);
    assert_true(!e.dated && e.hours == 0);
    b.published = 4 * HOUR;
    e = beside(&a, &b);
    assert_true(e.dated && e.hours == 6);
    e = beside(&b, &a);
    assert_true(e.dated && e.hours == -6);
    a.published = DUP_TIME_NONE;
    e = beside(&a, &b);
    assert_true(!e.dated && e.hours == 0);
}

/* Shared words of the shorter headline, of which 64 are looked at. */
static void titles_by_their_words(void **state)
{
    static const struct { const char *a, *b; double share; } cases[] = {
        {"abcd", "abcd", 1}, {"abcd", "dcba", 1}, {"abcd", "abxy", 0.5}, {"ab", "xaybz", 1}, {"ab", "xyz", 0}, {"aab", "axyz", 2.0 / 3},
        {"abcd", "ax", 0.5}, {"abcd", "ea", 0.5}, {"", "ab", -1}, {"ab", "", -1}, {"", "", -1},
    };
    uint32_t words[2][80];
    uint8_t flags[80] = {0};
    struct dup_tokens body = {.hash = words[0], .flags = flags, .n = 1}, titles[2] = {{.hash = words[0], .flags = flags}, {.hash = words[1], .flags = flags}};
    struct dup_side a = {.body = &body, .title = &titles[0], .published = DUP_TIME_NONE}, b = {.body = &body, .title = &titles[1], .published = DUP_TIME_NONE};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        titles[0].n = strlen(cases[i].a), titles[1].n = strlen(cases[i].b);
        for (size_t k = 0; k < titles[0].n; k++)
            words[0][k] = (uint32_t)cases[i].a[k];
        for (size_t k = 0; k < titles[1].n; k++)
            words[1][k] = (uint32_t)cases[i].b[k];
        assert_true(beside(&a, &b).titles == cases[i].share);
        assert_true(beside(&b, &a).titles == cases[i].share);
    }
    b.title = NULL;
    assert_true(beside(&a, &b).titles == -1 && beside(&b, &a).titles == -1);
    b.title = &titles[1];
    for (uint32_t k = 0; k < 80; k++)
        words[0][k] = 1 + k, words[1][k] = 1001 + k;
    titles[0].n = titles[1].n = 80;
    words[1][63] = words[0][63]; /* the 64th of both */
    assert_true(beside(&a, &b).titles == 1.0 / 64);
    words[1][63] = 9, words[1][64] = words[0][64];
    assert_true(beside(&a, &b).titles == 1.0 / 64); /* the word 9 is the first's ninth */
    words[1][63] = 9999;
    assert_true(beside(&a, &b).titles == 0);
    titles[0].n = 64;
    words[1][64] = words[0][0];
    assert_true(beside(&a, &b).titles == 0);
    words[1][63] = words[0][0];
    assert_true(beside(&a, &b).titles == 1.0 / 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_count_is_that_of_the_plan), cmocka_unit_test(gaps_are_bridged_by_half), cmocka_unit_test(long_gaps_are_not_bridged),
        cmocka_unit_test(what_is_known_beside_the_text), cmocka_unit_test(titles_by_their_words),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
