/*
 * Goal: memory that is refused while a table is read or two texts are compared is an error like any
 * other: each allocation in turn, nothing is kept of what was begun, and the next call works.
 * The linker leads the calls of libdup here (--wrap in the Makefile), so that what is not given back is counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/agencies.h"
#include "core/fold.h"
#include "core/outlets.h"
#include "dup/compare.h"
#include "dup/error.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t n);
void __real_free(void *p);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t n);
void __wrap_free(void *p);

static int failing;   /* the allocation that fails, counted from 1; 0 for none */
static int made;
static long held;     /* allocations that were not given back */

static int is_refused(void)
{
    return ++made == failing;
}

static void *held_now(void *p)
{
    held += p != NULL;
    return p;
}

void *__wrap_malloc(size_t size)
{
    return is_refused() ? NULL : held_now(__real_malloc(size));
}

void *__wrap_calloc(size_t n, size_t size)
{
    return is_refused() ? NULL : held_now(__real_calloc(n, size));
}

void *__wrap_realloc(void *p, size_t size)
{
    if (is_refused())
        return NULL;
    return p ? __real_realloc(p, size) : held_now(__real_realloc(NULL, size));
}

char *__wrap_strdup(const char *text)
{
    return is_refused() ? NULL : held_now(__real_strdup(text));
}

char *__wrap_strndup(const char *text, size_t n)
{
    return is_refused() ? NULL : held_now(__real_strndup(text, n));
}

void __wrap_free(void *p)
{
    held -= p != NULL;
    __real_free(p);
}

static char text[1 << 16];
static size_t len;

static int setup(void **state)
{
    (void)state;
    return fold_setup(); /* kept for good */
}

/* Tables long enough that each of their arrays grows. */
static void write_table(int rows, const char *form)
{
    len = 0;
    for (int i = 0; i < rows; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, form, i, i, i, i, i);
    assert_true(len < sizeof text);
}

static void test_agencies(void **state)
{
    long before = held;
    int r = DUP_ENOMEM;
    (void)state;
    write_table(140, "[A%d]\nname = Wire %d north%d\ncode = W%d\ndomain = w%d.example\n");
    for (failing = 1; r == DUP_ENOMEM; failing++) {
        struct dup_agencies *table = NULL;
        made = 0;
        r = dup_agencies_parse(text, len, NULL, 0, &table);
        assert_true((r == 0) == (table != NULL));
        dup_agencies_free(table);
        assert_int_equal(held, before);
    }
    failing = 0;
    assert_int_equal(r, 0);
    assert_true(made > 5 * 140);
}

static void test_outlets(void **state)
{
    long before = held;
    int r = DUP_ENOMEM;
    struct dup_agencies *agencies = NULL;
    const char *table_of_one = "[Wire]\nname = Wire\ndomain = w3.example\n";
    (void)state;
    failing = 0;
    assert_int_equal(dup_agencies_parse(table_of_one, strlen(table_of_one), NULL, 0, &agencies), 0);
    write_table(270, "[Outlet %d]\ndomain = w%d.example\nalias = Out%d\nowner = Group %d\nagency = yes\n# %d\n");
    long with = held;
    for (failing = 1; r == DUP_ENOMEM; failing++) {
        struct outlets *table = NULL;
        made = 0;
        r = outlets_parse(text, len, agencies, NULL, 0, &table);
        assert_true((r == 0) == (table != NULL));
        outlets_free(table);
        assert_int_equal(held, with);
    }
    failing = 0;
    assert_int_equal(r, 0);
    assert_true(made > 4 * 270);
    dup_agencies_free(agencies);
    assert_int_equal(held, before);
}

static void test_comparer(void **state)
{
    static uint32_t words[3000];
    static uint8_t flags[3000];
    static struct dup_comparison shared;
    struct dup_tokens a = {.hash = words, .flags = flags, .n = 900}, b = {.hash = words, .flags = flags, .n = 1000};
    long before = held;
    (void)state;
    for (uint32_t i = 0; i < 3000; i++)
        words[i] = i;
    made = 0, failing = 1;
    assert_null(dup_comparer_new());
    made = 0, failing = 0;
    struct dup_comparer *comparer = dup_comparer_new();
    for (int round = 0; round < 2; round++) { /* the first texts, and longer ones after them */
        for (int k = 1; k <= 2; k++) {
            made = 0, failing = k;
            long with = held;
            assert_int_equal(dup_compare(comparer, &a, &b, &shared), DUP_ENOMEM);
            assert_int_equal(held, with);
        }
        made = 0, failing = 0;
        assert_int_equal(dup_compare(comparer, &a, &b, &shared), 0);
        assert_int_equal(made, 2);
        assert_int_equal(shared.common_a, a.n);
        assert_int_equal(held, before + 3);
        made = 0;
        assert_int_equal(dup_compare(comparer, &b, &a, &shared), 0);
        assert_int_equal(made, 0); /* room is kept */
        b.n = 3000;
    }
    dup_comparer_free(comparer);
    dup_comparer_free(NULL);
    assert_int_equal(held, before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_agencies), cmocka_unit_test(test_outlets), cmocka_unit_test(test_comparer)};
    return cmocka_run_group_tests(tests, setup, NULL);
}
