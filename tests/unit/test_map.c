/* Goal: the map says what an array would say, however many keys there are and however they crowd. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/map.h"

#define KEYS 100000u

static void check_keys(uint64_t step, unsigned shift)
{
    struct map map;
    int is_new;
    map_init(&map);
    assert_null(map_get(&map, 1));
    assert_int_equal(map_bytes(&map), 0);
    for (uint64_t i = 1; i <= KEYS; i++) {
        uint32_t *value = map_put(&map, (i * step) << shift, &is_new);
        assert_non_null(value);
        assert_int_equal(is_new, 1);
        assert_int_equal(*value, 0);
        *value = (uint32_t)i;
    }
    assert_int_equal(map.n, KEYS);
    for (uint64_t i = 1; i <= KEYS; i++) {
        const uint32_t *value = map_get(&map, (i * step) << shift);
        assert_non_null(value);
        assert_int_equal(*value, i);
        assert_int_equal(*map_put(&map, (i * step) << shift, &is_new), i);
        assert_int_equal(is_new, 0);
    }
    assert_int_equal(map.n, KEYS);
    assert_null(map_get(&map, ((KEYS + 1) * step) << shift));
    assert_true(map_bytes(&map) <= 16u * 3 * KEYS);
    map_done(&map);
    assert_null(map_get(&map, step << shift));
}

static void test_dense(void **state)
{
    (void)state;
    check_keys(1, 0);
}

static void test_high_bits(void **state)
{
    (void)state;
    check_keys(1, 40);
}

static void test_scattered(void **state)
{
    (void)state;
    check_keys(UINT64_C(0x9e3779b97f4a7c15), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dense),
        cmocka_unit_test(test_high_bits),
        cmocka_unit_test(test_scattered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
