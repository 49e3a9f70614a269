/*
 * Goal: the folding table survives every failure of memory while it is
 * built, is complete afterwards, and stays small.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/fold.h"
#include "core/utf8.h"
#include "dup/error.h"

static int failing;      /* the allocation that fails, counted from 1; 0 for none */
static int allocations;

/* The linker leads every call of realloc here (--wrap in the Makefile), whichever allocator stands behind: those of the
 * sanitizers and of valgrind must not be replaced. */
void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);

void *__wrap_realloc(void *p, size_t size)
{
    return ++allocations == failing ? NULL : __real_realloc(p, size);
}

static void test_memory_fails(void **state)
{
    (void)state;
    int rc = DUP_ENOMEM;
    for (failing = 1; rc == DUP_ENOMEM; failing++) {
        allocations = 0;
        rc = fold_setup();
        if (rc)
            assert_null(fold_table.entries);
    }
    assert_true(failing > 4); /* the pool's first piece and several of the entries */
    failing = 0;
    assert_int_equal(fold_setup(), 0);
    uint64_t (*entries)[FOLD_PAGE_SIZE] = fold_table.entries;
    assert_int_equal(fold_setup(), 0);
    assert_ptr_equal(fold_table.entries, entries);
}

static void test_table(void **state)
{
    uint16_t pages = 0;

    (void)state;
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        uint64_t entry = fold_entry(c);
        unsigned class = (unsigned)(entry & FOLD_CLASS), len = fold_length(entry);
        unsigned char bytes[UTF8_MAX];
        int word = class == FOLD_LETTER || class == FOLD_DIGIT || class == FOLD_CHAR;
        if (fold_table.page[c >> FOLD_PAGE_BITS] > pages)
            pages = fold_table.page[c >> FOLD_PAGE_BITS];
        if (entry & FOLD_SELF)
            assert_true(word && len == 0 && utf8_encode(c, bytes) >= FOLD_SELF_BYTES);
        else
            assert_true(word ? len > 0 && len <= 128 : len == 0);
        assert_true(len <= 6 || entry & FOLD_POOL);
        /* What the fast gait counts on. */
        if (c < 0x800)
            assert_true(!(entry & (FOLD_SELF | FOLD_JAMO)));
        if (c >= '0' && c <= '9')
            assert_int_equal(class, FOLD_DIGIT);
        else if ((c | 32) >= 'a' && (c | 32) <= 'z')
            assert_int_equal(class, FOLD_LETTER);
        else if (c < 0x80)
            assert_false(word);
    }
    assert_true(pages < 600); /* 300 KiB */
}

static void test_codec(void **state)
{
    (void)state;
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        unsigned char bytes[UTF8_MAX];
        uint32_t back = 0;
        if (c >= 0xd800 && c <= 0xdfff)
            continue;
        unsigned n = utf8_encode(c, bytes);
        assert_int_equal(utf8_decode(bytes, n, &back), n);
        assert_int_equal(back, c);
        if (n > 1)
            assert_int_equal(utf8_decode(bytes, n - 1, &back), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_fails),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_codec),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
