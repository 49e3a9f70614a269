/* Goal: with SSE2 and without it a block of text is read alike. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/block.h"

/* The same file once more for a machine that has no SSE2, under other names. */
void portable_read(struct block *b, const unsigned char *text, size_t left);
unsigned portable_find(const struct block *b, unsigned from, struct block_words *w);
size_t portable_fold(const struct block *b, const struct block_words *w, unsigned begin, unsigned end,
                     unsigned char out[BLOCK_FOLDED]);
unsigned portable_flags(const struct block *b, unsigned begin, unsigned end);
enum quote_side portable_side(const struct block *b, unsigned i);
#undef __SSE2__
#define block_read portable_read
#define block_find portable_find
#define block_fold portable_fold
#define block_flags portable_flags
#define block_side portable_side
#include "core/block.c"
#undef block_read

static void check(const unsigned char *text, size_t len)
{
    struct block fast, portable;

    memset(&fast, 0, sizeof fast);
    memset(&portable, 0, sizeof portable);
    block_read(&fast, text, len);
    portable_read(&portable, text, len);
    assert_memory_equal(fast.bytes, portable.bytes, sizeof fast.bytes);
    assert_memory_equal(fast.folded, portable.folded, sizeof fast.folded);
    assert_true(fast.words == portable.words && fast.spaces == portable.spaces);
    assert_true(fast.wide == portable.wide && fast.stops == portable.stops);
}

static void test_every_byte_at_every_place(void **state)
{
    unsigned char text[BLOCK_SIZE];

    (void)state;
    for (unsigned at = 0; at < BLOCK_SIZE; at++)
        for (unsigned c = 0; c < 256; c++) {
            memset(text, 'x', sizeof text);
            text[at] = (unsigned char)c;
            check(text, sizeof text);
        }
}

static void test_mixed_bytes(void **state)
{
    static const unsigned char some[] = "aZ 09@[`{/:\n\x7f\xc3\xa9\xe2\x80\x99\xff";
    unsigned char text[BLOCK_SIZE];

    (void)state;
    srandom(7);
    for (unsigned round = 0; round < 20000; round++) {
        for (unsigned i = 0; i < BLOCK_SIZE; i++)
            text[i] = round & 1 ? (unsigned char)random() : some[(size_t)random() % (sizeof some - 1)];
        check(text, 1 + (size_t)random() % BLOCK_SIZE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_byte_at_every_place),
                                       cmocka_unit_test(test_mixed_bytes)};

    return dup_text_setup() == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
