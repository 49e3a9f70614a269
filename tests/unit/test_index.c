/*
 * Goal: the index in memory says what a list of pairs would say, whatever is
 * added, taken back, and however often it grows; and no value gets more than its fill.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dup/error.h"
#include "store/postings.h"

#define KEPT(value) value_key(value) /* 40 bits of a value stand in the table */
#define LEAST_LINES (1024u + 256u) /* with those behind the last */
#define LINE_BYTES 64u

static uint64_t state = 20260302;

static uint64_t draw(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

/* ---- the model: pairs in the order in which they came ------------------- */

struct pair { uint64_t kept; uint32_t num; };

static struct pair *pairs;
static size_t n_pairs, cap_pairs;

static uint32_t model_count(uint64_t value)
{
    uint32_t count = 0;
    for (size_t i = 0; i < n_pairs; i++)
        count += pairs[i].kept == KEPT(value);
    return count;
}

static int model_has(uint64_t value, uint32_t num)
{
    for (size_t i = 0; i < n_pairs; i++)
        if (pairs[i].kept == KEPT(value) && pairs[i].num == num)
            return 1;
    return 0;
}

static void model_add(uint64_t value, uint32_t num)
{
    if (model_has(value, num) || model_count(value) > LIMIT_POSTINGS)
        return;
    if (n_pairs == cap_pairs) {
        cap_pairs = cap_pairs ? 2 * cap_pairs : 1024;
        pairs = realloc(pairs, cap_pairs * sizeof *pairs);
        assert_non_null(pairs);
    }
    pairs[n_pairs++] = (struct pair){KEPT(value), num};
}

static void find(const struct index *index, uint64_t value, struct posting_list *ret)
{
    ret->n = ret->total = 0;
    index_find(index, value_key(value), 0, ret);
}

static void compare(const struct index *index, uint64_t value)
{
    static struct posting_list list;
    find(index, value, &list);
    uint32_t count = model_count(value);
    assert_int_equal(list.total, count);
    assert_int_equal(list.n, count < LIMIT_POSTINGS ? count : LIMIT_POSTINGS);
    for (uint32_t i = 0; i < list.n; i++) {
        assert_true(model_has(value, list.nums[i]));
        for (uint32_t k = 0; k < i; k++)
            assert_int_not_equal(list.nums[k], list.nums[i]);
    }
}

/* Adds as the store does: a table without room is asked again after it could grow. Attempts needed. */
static unsigned add_batch(struct index *index, const uint64_t *values, const uint32_t *nums, size_t n)
{
    for (unsigned attempt = 1;; attempt++) {
        size_t i = 0;
        assert_true(attempt < 20);
        assert_int_equal(index_begin(index), 0);
        while (i < n && index_add(index, value_key(values[i]), nums[i]) == 0)
            i++;
        if (i == n)
            return attempt;
        assert_int_equal(index_add(index, value_key(values[i]), nums[i]), DUP_EBUSY);
        index_undo(index);
    }
}

/* ---- tests ---------------------------------------------------------------- */

/* Values of few homes: long runs of lines, the end of the table, and equal upper halves. */
static uint64_t crowded_value(void)
{
    switch (draw() % 4) {
    case 0: return draw() & 0xfff; /* the first line */
    case 1: return UINT64_C(0xfffffffff0) | (draw() & 0xf); /* the last */
    case 2: return draw() % 64 << 34;
    default: return draw();
    }
}

static void test_model(void **unused)
{
    (void)unused;
    struct index *index = index_new(0);
    static uint64_t values[400], asked[400];
    static uint32_t nums[400];
    assert_non_null(index);
    assert_int_equal(index_bytes(index), LEAST_LINES * LINE_BYTES);
    uint32_t num = 1;
    for (int round = 0; round < 70; round++) {
        size_t n = 1 + draw() % 400;
        for (size_t i = 0; i < n; i++) {
            values[i] = draw() % 3 ? crowded_value() : n_pairs ? pairs[draw() % n_pairs].kept | draw() << 40 : 0;
            nums[i] = draw() % 5 ? num++ : 1 + (uint32_t)(draw() % num);
        }
        add_batch(index, values, nums, n);
        memcpy(asked, values, sizeof asked);
        if (draw() % 3 == 0) {
            index_undo(index);
        } else {
            for (size_t i = 0; i < n; i++)
                model_add(values[i], nums[i]);
        }
        assert_int_equal(index_count(index), n_pairs);
        for (size_t i = 0; i < n; i += 7)
            compare(index, asked[i]);
        for (int i = 0; n_pairs && i < 40; i++)
            compare(index, pairs[draw() % n_pairs].kept);
        compare(index, draw());
    }
    assert_true(index_bytes(index) > LEAST_LINES * LINE_BYTES); /* else growth was never met */
    for (size_t i = 0; i < n_pairs; i += 5)
        compare(index, pairs[i].kept);
    index_free(index);
    free(pairs);
    pairs = NULL;
    n_pairs = cap_pairs = 0;
}

static void test_cap(void **unused)
{
    (void)unused;
    struct index *index = index_new(0);
    struct posting_list list;
    const uint64_t value = UINT64_C(0x123456789abcdef0);
    assert_int_equal(index_begin(index), 0);
    for (uint32_t num = 1; num <= LIMIT_POSTINGS; num++) {
        assert_int_equal(index_add(index, value_key(value), num), 0);
        assert_int_equal(index_add(index, value_key(value), num), 0); /* once more changes nothing */
        find(index, value, &list);
        assert_int_equal(list.total, num);
        assert_int_equal(list.n, num);
    }
    for (uint32_t num = 1000; num < 2000; num++)
        assert_int_equal(index_add(index, value_key(value), num), 0);
    find(index, value, &list);
    assert_int_equal(list.n, LIMIT_POSTINGS);
    assert_int_equal(list.total, LIMIT_POSTINGS + 1);
    assert_int_equal(index_count(index), LIMIT_POSTINGS + 1);
    index_undo(index);
    find(index, value, &list);
    assert_int_equal(list.total, 0);
    assert_int_equal(index_count(index), 0);
    index_free(index);
}

/* One batch of more postings than the table holds: refused, then there is room. */
static void test_batch_larger_than_table(void **unused)
{
    (void)unused;
    enum { N = 40000 };
    uint64_t *values = malloc(N * sizeof *values);
    uint32_t *nums = malloc(N * sizeof *nums);
    struct index *index = index_new(0);
    struct posting_list list;
    assert_non_null(values);
    assert_non_null(nums);
    for (uint32_t i = 0; i < N; i++) {
        values[i] = (uint64_t)(i + 1) * UINT64_C(0x9e3779b97f4a7c15);
        nums[i] = i + 1;
    }
    assert_true(add_batch(index, values, nums, N) > 1);
    assert_int_equal(index_count(index), N);
    for (uint32_t i = 0; i < N; i++) {
        find(index, values[i], &list);
        assert_int_equal(list.n, 1);
        assert_int_equal(list.nums[0], i + 1);
    }
    index_undo(index);
    assert_int_equal(index_count(index), 0);
    find(index, values[N / 2], &list);
    assert_int_equal(list.total, 0);
    index_free(index);
    free(values);
    free(nums);
}

/* A walk gives all postings once, in order. */
static void test_run(void **unused)
{
    (void)unused;
    enum { N = 6000 };
    struct index *index = index_new(0);
    struct run run = {0};
    uint64_t line = 0, before = 0, sum = 0, added = 0;
    size_t seen = 0;
    int r;
    for (uint32_t i = 0; i < N; i++) {
        uint64_t key = value_key(crowded_value());
        assert_int_equal(index_begin(index), 0);
        assert_int_equal(index_add(index, key, i + 1), 0);
    }
    added = index_count(index);
    while ((r = index_run(index, &line, &run)) == 1) {
        for (size_t i = 0; i < run.n; i++) {
            assert_true(run.postings[i].key >= before);
            assert_true(i == 0 || run.postings[i].key > run.postings[i - 1].key || run.postings[i].num > run.postings[i - 1].num);
            before = run.postings[i].key;
            sum++;
        }
        seen += run.n;
        before += run.n > 0; /* all postings of a key come in one run */
    }
    assert_int_equal(r, 0);
    assert_int_equal(seen, added);
    assert_int_equal(sum, added);
    free(run.postings);
    index_free(index);
}

/* A table that is used again, cleared piece by piece, is as a fresh one. */
static void test_used_again(void **unused)
{
    enum { N = 20000, PIECE = 1000 * LINE_BYTES };
    static uint64_t values[N];
    static uint32_t nums[N];
    static struct posting_list list;
    unsigned pieces = 1;
    (void)unused;
    struct index *index = index_new(UINT64_C(1) << 20);
    for (uint32_t i = 0; i < N; i++) {
        values[i] = i % 16 ? draw() : UINT64_C(0xffffffff00) | i / 16 % 256; /* into the spare lines, too */
        nums[i] = i + 1;
    }
    add_batch(index, values, nums, N);
    index_fills(index);
    uint64_t lines = index_bytes(index) / LINE_BYTES;
    index_reuse(index);
    for (; index_clear(index, PIECE); pieces++)
        assert_false(index_is_clear(index));
    assert_true(index_is_clear(index) && pieces == (lines + 999) / 1000);
    assert_int_equal(index_count(index), 0);
    for (uint32_t i = 0; i < N; i++) {
        find(index, values[i], &list);
        assert_int_equal(list.total, 0);
    }
    add_batch(index, values, nums, 100);
    for (uint32_t i = 0; i < 100; i++) {
        find(index, values[i], &list);
        assert_true(list.n > 0 && list.nums[0] == nums[i]);
    }
    index_free(index);
}

static void test_size_asked_for(void **unused)
{
    (void)unused;
    struct index *index = index_new(UINT64_C(3) << 20);
    assert_int_equal(index_bytes(index), (UINT64_C(2) << 20) + 256 * LINE_BYTES); /* the greatest power of two within it */
    index_free(index);
    index_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_model),
        cmocka_unit_test(test_cap),
        cmocka_unit_test(test_batch_larger_than_table),
        cmocka_unit_test(test_run),
        cmocka_unit_test(test_used_again),
        cmocka_unit_test(test_size_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
