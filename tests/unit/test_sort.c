/* Goal: sorting and medians say what qsort would, for few and many numbers, near and far apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/sort.h"

#define MOST 5000u

static uint64_t state;

static uint64_t next(void)
{
    state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return state ^ state >> 29;
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static const size_t sizes[] = {0, 1, 2, 3, 64, 127, 128, 129, 130, 1000, MOST};
static const uint64_t masks[] = {0, 1, 0xff, 0x3ff800, UINT64_C(0xffff00000000), UINT64_C(0x8000000000000001), UINT64_MAX};

static void test_numbers(void **unused)
{
    static uint64_t list[MOST], expected[MOST], spare[MOST];
    (void)unused;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        for (size_t m = 0; m < sizeof masks / sizeof *masks; m++) {
            for (size_t i = 0; i < sizes[s]; i++)
                expected[i] = list[i] = next() & masks[m];
            qsort(expected, sizes[s], sizeof *expected, by_number);
            sort_numbers(list, sizes[s], 0, spare);
            assert_memory_equal(list, expected, sizes[s] * sizeof *list);
        }
    }
}

/* The bits below the first one, and the values of pairs, show that equal ones have kept their order. */
static void test_order_of_equal_ones(void **unused)
{
    static uint64_t list[MOST], spare[MOST];
    static struct sort_pair pairs[MOST], spare_pairs[MOST];
    (void)unused;
    for (uint64_t i = 0; i < MOST; i++) {
        list[i] = next() % 50 << 40 | i;
        pairs[i] = (struct sort_pair){next() % 3000 * 977, i};
    }
    sort_numbers(list, MOST, 40, spare);
    sort_pairs(pairs, MOST, spare_pairs);
    for (size_t i = 1; i < MOST; i++) {
        assert_true(list[i - 1] < list[i]);
        assert_true(pairs[i - 1].key < pairs[i].key || (pairs[i - 1].key == pairs[i].key && pairs[i - 1].value < pairs[i].value));
    }
}

static void test_median(void **unused)
{
    static uint32_t list[MOST], copy[MOST], spare[MOST];
    static uint64_t sorted[MOST];
    (void)unused;
    for (size_t s = 1; s < sizeof sizes / sizeof *sizes; s++) {
        for (size_t m = 0; m < sizeof masks / sizeof *masks; m++) {
            size_t n = sizes[s];
            /* Most are near to each other, and some far away. */
            for (size_t i = 0; i < n; i++)
                sorted[i] = copy[i] = list[i] = (uint32_t)(next() & masks[m] & (i % 5 ? 0xfff : UINT32_MAX));
            qsort(sorted, n, sizeof *sorted, by_number);
            assert_int_equal(sort_median(list, n, spare), (sorted[(n - 1) / 2] + sorted[n / 2]) / 2);
            assert_memory_equal(list, copy, n * sizeof *list);
        }
    }
    list[0] = UINT32_MAX;
    list[1] = UINT32_MAX - 3;
    assert_int_equal(sort_median(list, 2, spare), UINT32_MAX - 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_order_of_equal_ones),
        cmocka_unit_test(test_median),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
