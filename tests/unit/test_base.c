/*
 * Goal: buffers keep their ceiling and their error, text from outside comes out harmless and nothing
 * else is changed, errno and sentences become what they should.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/escape.h"

static void a_buffer_grows(void **unused)
{
    struct buf buf;
    (void)unused;
    buf_init(&buf, 1u << 20);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(buf_printf(&buf, "%d,", i), 0);
    assert_int_equal(buf.len, 10 * 2 + 90 * 3 + 900 * 4);
    assert_int_equal(buf.data[buf.len], '\0');
    assert_int_equal(strncmp(buf.data, "0,1,2,", 6), 0);
    assert_string_equal(buf.data + buf.len - 8, "998,999,");
    buf_consume(&buf, buf.len - 4);
    assert_string_equal(buf.data, "999,");
    buf_consume(&buf, 0);
    buf_consume(&buf, 4);
    assert_int_equal(buf.len, 0);
    assert_string_equal(buf.data, "");
    buf_done(&buf);
    assert_null(buf.data);
    assert_int_equal(buf_add_str(&buf, "again"), 0); /* may be used again, with its ceiling */
    assert_int_equal(buf.max, 1u << 20);
    buf_done(&buf);
}

static void a_ceiling_holds(void **unused)
{
    struct buf buf;
    (void)unused;
    buf_init(&buf, 10);
    assert_int_equal(buf_add(&buf, "0123456789", 10), 0);
    assert_int_equal(buf_add_char(&buf, 'x'), DUP_ETOOBIG);
    assert_int_equal(buf.error, DUP_ETOOBIG);
    assert_int_equal(buf.len, 10);
    assert_string_equal(buf.data, "0123456789");
    buf_consume(&buf, 5);
    assert_int_equal(buf_add_char(&buf, 'x'), DUP_ETOOBIG); /* an error stays until it is cleared */
    buf_clear(&buf);
    assert_int_equal(buf_printf(&buf, "%s", "01234567890"), DUP_ETOOBIG);
    buf_clear(&buf);
    assert_int_equal(buf_printf(&buf, "%s", "0123456789"), 0);
    assert_int_equal(buf_reserve(&buf, SIZE_MAX), DUP_ETOOBIG); /* no sum that wraps */
    buf_done(&buf);
    buf_init(&buf, 0);
    assert_int_equal(buf_add(&buf, "", 0), 0);
    assert_int_equal(buf_add_char(&buf, 'x'), DUP_ETOOBIG);
    buf_done(&buf);
}

static void check_escape(const char *text, size_t len, const char *wanted)
{
    struct buf out;
    buf_init(&out, 1000);
    assert_int_equal(escape_add(&out, text, len), 0);
    assert_string_equal(out.data, wanted);
    buf_done(&out);
}
#define ESCAPED(text, wanted) check_escape(text, sizeof(text) - 1, wanted)

static void escapes(void **unused)
{
    (void)unused;
    ESCAPED("plain ASCII ~", "plain ASCII ~");
    ESCAPED("", "");
    ESCAPED("Zürich, 北沢, मोरगांव, منارة, \xf0\x9f\x9b\xb3", "Zürich, 北沢, मोरगांव, منارة, \xf0\x9f\x9b\xb3");
    ESCAPED("a\nb\tc\rd\0e", "a\\nb\\x09c\\x0dd\\x00e");
    ESCAPED("\033[31mred\177", "\\x1b[31mred\\x7f");
    ESCAPED("\xc2\x9b" "31m\xc2\x85", "\\x9b31m\\x85");           /* C1: CSI and NEL */
    ESCAPED("\xc2\xa0", "\xc2\xa0");                               /* the first after C1 */
    ESCAPED("\xe2\x80\xae" "abc\xe2\x80\xac", "\\u{202e}abc\\u{202c}");
    ESCAPED("\xe2\x81\xa6\xe2\x81\xa9\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c", "\\u{2066}\\u{2069}\\u{200e}\\u{200f}\\u{061c}");
    ESCAPED("\xe2\x80\xa8\xe2\x80\xa9\xef\xbb\xbf", "\\u{2028}\\u{2029}\\u{feff}");
    ESCAPED("\xe2\x80\x8d\xe2\x80\xaf", "\xe2\x80\x8d\xe2\x80\xaf"); /* joiners belong to scripts */
    ESCAPED("a\xff" "b\xc3", "a\\xffb\\xc3");
    ESCAPED("\xc0\x80\xe0\x80\x80\xed\xa0\x80\xf4\x90\x80\x80", "\\xc0\\x80\\xe0\\x80\\x80\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80");
}

/* Read back byte by byte: nothing that steers a display is left, whatever came in. */
static void nothing_harmful_is_left(void **unused)
{
    uint64_t state = 99;
    (void)unused;
    for (int round = 0; round < 20000; round++) {
        unsigned char text[24];
        struct buf out;
        buf_init(&out, 1000);
        for (size_t i = 0; i < sizeof text; i++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            static const unsigned char likely[] = {0xe2, 0x80, 0x81, 0xae, 0xa6, 0xc2, 0x9b, 0x1b, 0x0a, 0x85, 0xef, 0xbb, 0xbf, 0xd8, 0x9c, 0x41};
            text[i] = state >> 60 ? likely[state >> 40 & 15] : (unsigned char)(state >> 32);
        }
        assert_int_equal(escape_add(&out, (char *)text, sizeof text), 0);
        for (size_t i = 0; i < out.len; i++) {
            const unsigned char *s = (unsigned char *)out.data + i;
            assert_true(s[0] >= 0x20 && s[0] != 0x7f);
            assert_false(s[0] == 0xc2 && s[1] < 0xa0);
            assert_false(s[0] == 0xe2 && s[1] == 0x80 && (s[2] == 0x8e || s[2] == 0x8f || (s[2] >= 0xa8 && s[2] <= 0xae)));
            assert_false(s[0] == 0xe2 && s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9);
        }
        buf_done(&out);
    }
}

static void a_line_is_cut_at_a_character(void **unused)
{
    char out[12];
    (void)unused;
    assert_string_equal(escape_line(out, sizeof out, "short", 5), "short");
    assert_string_equal(escape_line(out, sizeof out, "", 0), "");
    assert_string_equal(escape_line(out, sizeof out, "elevenchars", 11), "elevenchars");
    assert_string_equal(escape_line(out, sizeof out, "twelve chars", 12), "twelve c...");
    assert_string_equal(escape_line(out, sizeof out, "1234567\xe5\x8c\x97\xe5\x8c\x97", 13), "1234567...");
    assert_string_equal(escape_line(out, 3, "abcdef", 6), "..");
    assert_string_equal(escape_line(out, 1, "abcdef", 6), "");
}

static void sentences(void **unused)
{
    struct err err;
    (void)unused;
    assert_int_equal(err_set(&err, DUP_EINVAL, "%s, line %d", "file", 7), DUP_EINVAL);
    assert_int_equal(err.code, DUP_EINVAL);
    assert_string_equal(err.text, "file, line 7");
    assert_int_equal(err_set(NULL, DUP_EIO, "nobody listens"), DUP_EIO);
    char longer[2000];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    err_set(&err, DUP_EIO, "%s", longer);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
}

static void errno_to_codes(void **unused)
{
    static const struct { int number, code; } pairs[] = {
        {ENOMEM, DUP_ENOMEM}, {ENOSPC, DUP_EFULL}, {EDQUOT, DUP_EFULL}, {EFBIG, DUP_EFULL}, {EACCES, DUP_EACCES}, {EPERM, DUP_EACCES},
        {EROFS, DUP_EACCES}, {EISDIR, DUP_EACCES}, {ELOOP, DUP_EACCES}, {ENOENT, DUP_ENOENT}, {EBUSY, DUP_EBUSY}, {EAGAIN, DUP_EBUSY}, {EIO, DUP_EIO}, {ENOTDIR, DUP_ENOENT},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (err_from_errno(pairs[i].number) != pairs[i].code)
            fail_msg("%s became %d", strerror(pairs[i].number), err_from_errno(pairs[i].number));
    }
    assert_true(err_from_errno(12345) < 0);
    assert_int_equal(err_from_errno(EMFILE), DUP_EBUSY);
    for (int number = 1; number < 40; number++) {
        int ours = number == ENOMEM || number == EMFILE || number == ENFILE || number == EAGAIN || number == EBUSY || number == EIO;
        assert_int_equal(err_from_file(number), ours ? err_from_errno(number) : DUP_EINVAL);
    }
}

static void clocks(void **unused)
{
    (void)unused;
    int64_t before = clock_now_ms();
    assert_true(before > INT64_C(1600000000000));
    clock_set_now_ms(42);
    assert_int_equal(clock_now_ms(), 42);
    clock_set_now_ms(INT64_MIN);
    assert_true(clock_now_ms() >= before);
    uint64_t elapsed = clock_elapsed_us();
    assert_true(clock_elapsed_us() >= elapsed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_buffer_grows), cmocka_unit_test(a_ceiling_holds), cmocka_unit_test(escapes),
        cmocka_unit_test(nothing_harmful_is_left), cmocka_unit_test(a_line_is_cut_at_a_character), cmocka_unit_test(sentences),
        cmocka_unit_test(errno_to_codes), cmocka_unit_test(clocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
