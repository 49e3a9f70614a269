/*
 * test_compare.c - dup_compare against what anyone would compute by hand.
 *
 * Random sequences over few symbols meet every overlap and tie; the checks
 * know nothing of hashing. Worst cases are counted in steps, not timed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/comparer.h"
#include "dup/fingerprint.h"

#define MAX 4096
#define FULL (2 * DUP_SHINGLE_WORDS)

struct text {
    uint32_t hash[MAX];
    uint8_t flags[MAX];
    struct dup_tokens tokens;
};

static struct text left, right;
static struct dup_comparison got, mirrored;
static uint64_t seed = 20240517;

static uint32_t draw(uint32_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((seed >> 33) % below);
}

/* Symbols of a remainder of 2 by 3 are letters of a script without spaces. */
static void add(struct text *t, uint32_t symbol, int chars)
{
    assert_true(t->tokens.n < MAX);
    t->hash[t->tokens.n] = symbol * 2654435761u;
    t->flags[t->tokens.n] = chars && symbol % 3 == 2 ? DUP_TOKEN_CHAR : 0;
    t->tokens.n++;
}

static void start(struct text *t)
{
    t->tokens = (struct dup_tokens){.hash = t->hash, .flags = t->flags, .cap = MAX};
}

static unsigned weigh(const struct text *t, size_t from, size_t to)
{
    unsigned sum = 0;

    for (size_t i = from; i < to; i++)
        sum += t->flags[i] & DUP_TOKEN_CHAR ? 1 : 2;
    return sum;
}

/* End of the window that starts at i, or 0 when too little is left. */
static size_t window(const struct text *t, size_t i)
{
    size_t end = i;

    while (end < t->tokens.n && weigh(t, i, end) < FULL)
        end++;
    if (weigh(t, i, end) >= FULL)
        return end;
    return i == 0 && t->tokens.n > 0 ? end : 0;
}

static int same_window(const struct text *t, size_t i, const struct text *u, size_t j)
{
    size_t end_i = window(t, i), end_j = window(u, j);

    return end_i != 0 && end_j != 0 && end_i - i == end_j - j &&
           memcmp(t->hash + i, u->hash + j, (end_i - i) * sizeof t->hash[0]) == 0;
}

static double slow_jaccard(void)
{
    size_t sum = 0, both = 0;

    for (size_t i = 0; i < left.tokens.n; i++) {
        size_t k = 0;

        while (k < i && !same_window(&left, i, &left, k))
            k++;
        if (k < i || window(&left, i) == 0)
            continue;
        sum++;
        for (k = 0; k < right.tokens.n && !same_window(&left, i, &right, k);)
            k++;
        both += k < right.tokens.n;
    }
    for (size_t j = 0; j < right.tokens.n; j++) {
        size_t k = 0;

        while (k < j && !same_window(&right, j, &right, k))
            k++;
        sum += k == j && window(&right, j) != 0;
    }
    return sum - both > 0 ? (double)both / (double)(sum - both) : 0.0;
}

/* Each promise of compare.h, read off the passages themselves. */
static void check_passages(void)
{
    static uint8_t in_a[MAX], in_b[MAX];
    uint32_t common = 0, longest = 0;

    memset(in_a, 0, sizeof in_a);
    memset(in_b, 0, sizeof in_b);
    for (size_t s = 0; s < got.n_spans; s++) {
        const struct dup_span *p = &got.spans[s];

        assert_true(s == 0 || got.spans[s - 1].a < p->a);
        assert_true(p->a + p->n <= left.tokens.n && p->b + p->n <= right.tokens.n);
        assert_memory_equal(left.hash + p->a, right.hash + p->b, p->n * sizeof left.hash[0]);
        for (uint32_t k = 0; k < p->n; k++) {
            assert_false(in_a[p->a + k] || in_b[p->b + k]);
            in_a[p->a + k] = in_b[p->b + k] = 1;
        }
        common += p->n;
        longest = p->n > longest ? p->n : longest;
    }
    assert_int_equal(common, got.common_a);
    assert_int_equal(common, got.common_b);
    assert_int_equal(longest, got.longest);
    for (size_t s = 0; s < got.n_spans; s++) {
        const struct dup_span *p = &got.spans[s];
        size_t a = p->a + p->n, b = p->b + p->n;

        if (p->n < left.tokens.n || p->n < right.tokens.n)
            assert_true(weigh(&left, p->a, a) >= FULL);
        assert_false(p->a > 0 && p->b > 0 && !in_a[p->a - 1] && !in_b[p->b - 1] &&
                     left.hash[p->a - 1] == right.hash[p->b - 1]);
        assert_false(a < left.tokens.n && b < right.tokens.n && !in_a[a] && !in_b[b] &&
                     left.hash[a] == right.hash[b]);
    }
    for (size_t i = 0; i < left.tokens.n; i++)
        for (size_t j = 0; j < right.tokens.n; j++)
            if (same_window(&left, i, &right, j)) {
                size_t n = window(&left, i) - i;

                assert_true(memchr(in_a + i, 1, n) != NULL || memchr(in_b + j, 1, n) != NULL);
            }
}

static void compare_both_ways(struct dup_comparer *comparer)
{
    assert_int_equal(dup_compare(comparer, &left.tokens, &right.tokens, &got), 0);
    assert_int_equal(dup_compare(comparer, &right.tokens, &left.tokens, &mirrored), 0);
    assert_int_equal(got.common_a, mirrored.common_a);
    assert_int_equal(got.n_spans, mirrored.n_spans);
    assert_true(got.jaccard == mirrored.jaccard);
    assert_true(got.share_a == mirrored.share_b && got.share_b == mirrored.share_a);
}

static void random_texts_keep_every_promise(void **state)
{
    struct dup_comparer *comparer = dup_comparer_new();

    (void)state;
    for (int round = 0; round < 4000; round++) {
        uint32_t alphabet = 1 + draw(7), length = 1 + draw(70);

        start(&left);
        start(&right);
        for (uint32_t i = draw(length + 1); i > 0; i--)
            add(&left, draw(alphabet), round & 1);
        for (uint32_t i = draw(length + 1); i > 0; i--) {
            if (left.tokens.n > 0 && draw(8) == 0) {
                size_t from = draw((uint32_t)left.tokens.n);

                for (size_t k = from; k < left.tokens.n && k < from + 15; k++) {
                    right.hash[right.tokens.n] = left.hash[k];
                    right.flags[right.tokens.n++] = left.flags[k];
                }
            }
            add(&right, draw(alphabet), round & 1);
        }
        compare_both_ways(comparer);
        check_passages();
        assert_true(got.jaccard == slow_jaccard());
    }
    dup_comparer_free(comparer);
}

/* With no word twice in a text, what is shared has one answer: every token in
 * a common run of six or more. */
static void distinct_words_have_one_answer(void **state)
{
    struct dup_comparer *comparer = dup_comparer_new();

    (void)state;
    for (int round = 0; round < 300; round++) {
        uint32_t expected = 0, fresh = 5000;

        start(&left);
        start(&right);
        for (uint32_t i = 0; i < 900; i++)
            add(&left, 1 + i, 0);
        for (uint32_t at = 0; at < 900;) {
            uint32_t n = 1 + draw(20);

            if (at + n > 900)
                break;
            if (draw(2)) {
                for (uint32_t k = 0; k < n; k++)
                    add(&right, 1 + at + k, 0);
                expected += n >= DUP_SHINGLE_WORDS ? n : 0;
                at += n;
            }
            add(&right, fresh++, 0);
            at += draw(4);
        }
        compare_both_ways(comparer);
        assert_int_equal(got.common_a, expected);
        assert_int_equal(got.words_a, 900);
        assert_int_equal(got.words_b, right.tokens.n);
    }
    dup_comparer_free(comparer);
}

static void short_and_empty_texts(void **state)
{
    struct dup_comparer *comparer = dup_comparer_new();

    (void)state;
    start(&left);
    start(&right);
    compare_both_ways(comparer);
    assert_int_equal(got.n_spans, 0);
    assert_true(got.jaccard == 0.0 && got.share_shorter == 0.0);
    add(&left, 3, 0);
    compare_both_ways(comparer);
    assert_int_equal(got.common_a, 0);
    add(&right, 3, 0);
    compare_both_ways(comparer);
    assert_int_equal(got.common_a, 1);
    assert_true(got.jaccard == 1.0 && got.share_longer == 1.0);
    add(&right, 4, 0);
    compare_both_ways(comparer);
    assert_int_equal(got.common_a, 0);
    dup_comparer_free(comparer);
}

static void letters_of_scripts_without_spaces_count_half(void **state)
{
    struct dup_comparer *comparer = dup_comparer_new();

    (void)state;
    for (uint32_t n = 11; n <= 12; n++) {
        start(&left);
        start(&right);
        for (uint32_t i = 0; i < n; i++) {
            add(&left, 2 + 3 * i, 1);
            add(&right, 2 + 3 * i, 1);
        }
        add(&left, 1000, 1);
        add(&left, 1003, 1);
        add(&right, 1006, 1);
        compare_both_ways(comparer);
        assert_int_equal(got.common_a, n == 12 ? 12 : 0);
    }
    dup_comparer_free(comparer);
}

/* Adds the words named by the letters: a capital stands for six of its own. */
static void write_words(struct text *t, const char *words)
{
    start(t);
    for (; *words != '\0'; words++) {
        uint32_t base = 100 * (uint32_t)(unsigned char)*words;

        for (uint32_t k = 0; k < (*words >= 'A' && *words <= 'Z' ? 6 : 1); k++)
            add(t, base + k, 0);
    }
}

static void which_of_several_places(void **state)
{
    struct dup_comparer *comparer = dup_comparer_new();

    (void)state;
    write_words(&left, "PQ");
    write_words(&right, "PaPQbPc");
    compare_both_ways(comparer);
    assert_int_equal(got.n_spans, 1); /* the longest */
    assert_int_equal(got.longest, 12);
    write_words(&left, "QzP");
    write_words(&right, "PxQyPw");
    compare_both_ways(comparer);
    assert_int_equal(got.n_spans, 2); /* of equals, the one in step with the last */
    assert_true(got.spans[0].b < got.spans[1].b);
    write_words(&left, "defghiPzabcdef");
    write_words(&right, "Pyabcdefghiuvwxyst");
    compare_both_ways(comparer);
    assert_int_equal(got.common_a, 12); /* a place in step but half taken is none */
    check_passages();
    dup_comparer_free(comparer);
}

static double shared_words(struct dup_comparer *comparer, const char *a, const char *b)
{
    struct dup_decision decision;
    write_words(&left, a);
    write_words(&right, b);
    struct dup_side sides[] = {{.body = &left.tokens, .published = DUP_TIME_NONE}, {.body = &right.tokens, .published = DUP_TIME_NONE}};
    assert_int_equal(dup_compare(comparer, sides[0].body, sides[1].body, &got), 0);
    assert_int_equal(dup_relate(comparer, &sides[0], &sides[1], &got, &decision), 0);
    assert_true(decision.evidence.a.shared == decision.evidence.b.shared);
    return decision.evidence.a.shared;
}

/* Words that stand in both sides of a gap, in one order, are shared when they are half of it. */
static void edits_within_a_passage_are_bridged(void **state)
{
    struct dup_comparer *comparer = dup_comparer_new();

    (void)state;
    assert_true(shared_words(comparer, "PxbcyQ", "PubcvQ") == 14.0);
    assert_true(shared_words(comparer, "PxbycQ", "PubvwcQ") == 13.0);
    assert_true(shared_words(comparer, "PxbywQ", "PubvzQ") == 12.0);
    assert_true(shared_words(comparer, "PxcbyQ", "PubcvQ") == 12.0);
    assert_true(shared_words(comparer, "PbxcyQ", "PubvcQ") == 12.0 + 2.0);
    dup_comparer_free(comparer);
}

/* More passages than are kept still count in the shares. */
static void passages_past_the_ceiling_still_count(void **state)
{
    struct dup_comparer *comparer = dup_comparer_new();

    (void)state;
    start(&left);
    start(&right);
    for (uint32_t p = 0; p < DUP_SPANS_MAX + 40; p++) {
        for (uint32_t k = 0; k < 6; k++) {
            add(&left, 1 + p * 6 + k, 0);
            add(&right, 1 + p * 6 + k, 0);
        }
        add(&left, 100000 + p, 0);
        add(&right, 200000 + p, 0);
    }
    compare_both_ways(comparer);
    assert_int_equal(got.n_spans, DUP_SPANS_MAX);
    assert_int_equal(got.common_a, 6 * (DUP_SPANS_MAX + 40));
    dup_comparer_free(comparer);
}

/* Steps per token of both texts, over texts made to be slow. */
static double steps_per_token(uint32_t n, uint32_t period_a, uint32_t period_b, uint32_t noise)
{
    struct dup_comparer *comparer = dup_comparer_new();
    uint32_t *hash = malloc(2 * (size_t)n * sizeof *hash);
    uint8_t *flags = calloc(2 * (size_t)n, 1);
    struct dup_tokens a = {.hash = hash, .flags = flags, .n = n - n / 3};
    struct dup_tokens b = {.hash = hash + n, .flags = flags + n, .n = n};
    double steps;

    assert_non_null(hash);
    assert_non_null(flags);
    for (uint32_t i = 0; i < n; i++) {
        hash[i] = noise && draw(noise) == 0 ? draw(1u << 30) : 7 + i % period_a;
        hash[n + i] = noise && draw(noise) == 0 ? draw(1u << 30) : 7 + i % period_b;
    }
    assert_int_equal(dup_compare(comparer, &a, &b, &got), 0);
    steps = (double)comparer->steps / (double)(a.n + b.n);
    free(hash);
    free(flags);
    dup_comparer_free(comparer);
    return steps;
}

static void hostile_texts_take_linear_steps(void **state)
{
    static const uint32_t cases[][3] = {
        {1, 1, 0}, {1, 2, 0}, {1, 1, 7}, {1, 1, 8}, {1, 1, 13}, {2, 2, 9},
        {6, 6, 0}, {7, 6, 0}, {7, 7, 40}, {1, 7, 30}, {12, 12, 13}, {100, 100, 50},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double small = steps_per_token(20000, cases[i][0], cases[i][1], cases[i][2]);
        double large = steps_per_token(320000, cases[i][0], cases[i][1], cases[i][2]);

        assert_true(small < 60.0);
        assert_true(large < 60.0);
        assert_true(large < 1.5 * small + 1.0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_texts_keep_every_promise),
        cmocka_unit_test(distinct_words_have_one_answer),
        cmocka_unit_test(short_and_empty_texts),
        cmocka_unit_test(letters_of_scripts_without_spaces_count_half),
        cmocka_unit_test(which_of_several_places),
        cmocka_unit_test(edits_within_a_passage_are_bridged),
        cmocka_unit_test(passages_past_the_ceiling_still_count),
        cmocka_unit_test(hostile_texts_take_linear_steps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
