/*
 * Which head a text is likely a copy of: a guess that may miss, but must not be
 * made up, and must not forget the latest for what came long before.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/likely.h"

#define VALUES 60

/* Values of text `of` from place `from` on, as a window's least hash is: the upper bits are mostly nought. */
static void values_of(uint64_t of, uint64_t from, uint64_t ret[VALUES])
{
    for (uint64_t i = 0; i < VALUES; i++) {
        uint64_t x = (of << 20 | (from + i)) * UINT64_C(0x9e3779b97f4a7c15);
        x ^= x >> 29;
        x *= UINT64_C(0xbf58476d1ce4e5b9);
        ret[i] = (x ^ x >> 32) >> 4;
    }
}

static void note(struct likely *likely, uint32_t num)
{
    uint64_t values[VALUES];
    values_of(num, 0, values);
    likely_note(likely, values, VALUES, num);
}

static uint32_t ask(const struct likely *likely, uint64_t of, uint64_t from, size_t n)
{
    uint64_t values[VALUES];
    values_of(of, from, values);
    return likely_find(likely, values, n);
}

static void test_copies(void **unused)
{
    struct likely *likely = likely_new(1u << 20);
    uint32_t halves = 0;
    (void)unused;
    assert_int_equal(ask(likely, 1, 0, VALUES), 0);
    assert_int_equal(ask(likely, 1, 0, 0), 0);
    for (uint32_t num = 1; num <= 1000; num++)
        note(likely, num);
    for (uint32_t num = 1; num <= 1000; num++) {
        assert_int_equal(ask(likely, num, 0, VALUES), num);
        halves += ask(likely, num, VALUES / 2, VALUES) == num;     /* half of it, and as much of its own */
        assert_int_equal(ask(likely, 5000 + num, 0, VALUES), 0);
    }
    assert_true(halves > 500);
    likely_free(likely);
}

/* A text of one value or two: all of them, or none. */
static void test_short_texts(void **unused)
{
    struct likely *likely = likely_new(1u << 20);
    uint64_t values[VALUES], other[VALUES];
    (void)unused;
    values_of(7, 0, values);
    values_of(8, 0, other);
    likely_note(likely, values, 1, 7);
    likely_note(likely, other, 2, 8);
    assert_int_equal(likely_find(likely, values, 1), 7);
    assert_int_equal(likely_find(likely, values, 2), 0);
    assert_int_equal(likely_find(likely, other, 2), 8);
    assert_int_equal(likely_find(likely, other, 1), 8);
    likely_free(likely);
}

/* What several heads have leads to the first of them. */
static void test_first(void **unused)
{
    struct likely *likely = likely_new(1u << 20);
    uint64_t values[VALUES];
    (void)unused;
    values_of(3, 0, values);
    likely_note(likely, values, VALUES, 3);
    likely_note(likely, values, VALUES, 4);
    assert_int_equal(likely_find(likely, values, VALUES), 3);
    likely_free(likely);
}

/* Far more than there is room for: the latest stand, the oldest do not. */
static void test_full(void **unused)
{
    struct likely *likely = likely_new(1u << 16); /* 8,192 slots: about a thousand heads */
    uint32_t latest = 0, oldest = 0;
    (void)unused;
    for (uint32_t num = 1; num <= 20000; num++)
        note(likely, num);
    for (uint32_t i = 0; i < 500; i++) {
        latest += ask(likely, 20000 - i, 0, VALUES) == 20000 - i;
        oldest += ask(likely, 1 + i, 0, VALUES) != 0;
    }
    assert_true(latest > 450);
    assert_int_equal(oldest, 0);
    likely_free(likely);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_copies), cmocka_unit_test(test_short_texts),
                                       cmocka_unit_test(test_first), cmocka_unit_test(test_full)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
