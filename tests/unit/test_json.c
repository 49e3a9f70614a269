/*
 * Goal: a line passes when, and only when, it is one JSON object that all readers read alike; a fault is
 * named by its first byte and its field. What the writer writes is JSON, whatever text it is given.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "dup/error.h"
#include "proto/json.h"
#include "proto/scan.h"

static struct json_parser *parser;
static uint64_t state = 31337;

static uint64_t draw(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static int set_up(void **unused)
{
    (void)unused;
    parser = json_parser_new();
    return parser ? 0 : -1;
}

static int tear_down(void **unused)
{
    (void)unused;
    json_parser_free(parser);
    json_parser_free(NULL);
    return 0;
}

/* From memory of its own without a NUL behind it, so that a sanitizer sees a byte read too many. */
static int parse(const char *line, size_t len, struct json_object **ret, struct json_error *err)
{
    char *exact = malloc(len ? len : 1);
    memcpy(exact, line, len);
    int r = json_parse_line(parser, exact, len, ret, err);
    free(exact);
    return r;
}

static void good_lines(void **unused)
{
    static const char *const lines[] = {
        "{}", " {} ", "\t{\r\n}\n", "{\"a\":1}", "{\"a\" : [ ] , \"b\":{ } }", "{\"a\":[1,-0,0.5,1e9,1E-9,-1.5e+3,true,false,null,\"\"]}",
        "{\"\":0}", "{\"a\":{\"a\":{\"a\":1}},\"b\":{\"a\":1}}", "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"}",
        "{\"a\":\"\xc3\xa9\xe5\x8c\x97\xf0\x9f\x9b\xb3\x7f\"}", "{\"a\":9223372036854775807,\"b\":-9223372036854775808}",
        "{\"\\u0061\":1,\"b\":2}", "{\"a\":\"\\u0001\"}",
    };
    (void)unused;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct json_object *object = NULL;
        struct json_error err = {0};
        if (parse(lines[i], strlen(lines[i]), &object, &err) != 0)
            fail_msg("%s: %s at %zu", lines[i], err.message, err.offset);
        assert_true(json_object_is_type(object, json_type_object));
        json_object_put(object);
    }
}

static void bad_lines(void **unused)
{
    static const struct { const char *line; size_t len; int code; size_t offset; const char *field; } lines[] = {
#define BAD(line, code, offset, field) {line, sizeof(line) - 1, code, offset, field}
        BAD("", DUP_EJSON, 0, ""), BAD("  ", DUP_EJSON, 2, ""), BAD("[]", DUP_EJSON, 0, ""), BAD("1", DUP_EJSON, 0, ""), BAD("\"a\"", DUP_EJSON, 0, ""),
        BAD("{", DUP_EJSON, 1, ""), BAD("{]", DUP_EJSON, 1, ""), BAD("{}}", DUP_EJSON, 2, ""), BAD("{}{}", DUP_EJSON, 2, ""), BAD("{} x", DUP_EJSON, 3, ""),
        BAD("{a:1}", DUP_EJSON, 1, ""), BAD("{'a':1}", DUP_EJSON, 1, ""), BAD("{\"a\"}", DUP_EJSON, 4, "a"), BAD("{\"a\":}", DUP_EJSON, 5, "a"),
        BAD("{\"a\":1,}", DUP_EJSON, 7, ""), BAD("{\"a\":1 \"b\":2}", DUP_EJSON, 7, ""), BAD("{,}", DUP_EJSON, 1, ""),
        BAD("{\"a\":[1,]}", DUP_EJSON, 8, "a"), BAD("{\"a\":[,1]}", DUP_EJSON, 6, "a"), BAD("{\"a\":[1 2]}", DUP_EJSON, 8, "a"), BAD("{\"a\":[1}", DUP_EJSON, 7, "a"),
        BAD("{\"a\":tru}", DUP_EJSON, 8, "a"), BAD("{\"a\":True}", DUP_EJSON, 5, "a"), BAD("{\"a\":nul", DUP_EJSON, 8, "a"), BAD("{\"a\":NaN}", DUP_EJSON, 5, "a"),
        BAD("{\"a\":01}", DUP_EJSON, 6, "a"), BAD("{\"a\":+1}", DUP_EJSON, 5, "a"), BAD("{\"a\":.5}", DUP_EJSON, 5, "a"), BAD("{\"a\":1.}", DUP_EJSON, 7, "a"),
        BAD("{\"a\":1e}", DUP_EJSON, 7, "a"), BAD("{\"a\":-}", DUP_EJSON, 6, "a"), BAD("{\"a\":0x10}", DUP_EJSON, 6, ""),
        BAD("{\"a\":\"x", DUP_EJSON, 7, "a"), BAD("{\"a\":\"x\\", DUP_EJSON, 8, "a"), BAD("{\"a\":\"\\x41\"}", DUP_EJSON, 6, "a"),
        BAD("{\"a\":\"\\u12g4\"}", DUP_EJSON, 6, "a"), BAD("{\"a\":\"\\u12\"}", DUP_EJSON, 6, "a"), BAD("{\"a\":\"\\u0000\"}", DUP_EJSON, 6, "a"),
        BAD("{\"a\":\"\\ud83d\"}", DUP_EJSON, 6, "a"), BAD("{\"a\":\"\\ude00\\ud83d\"}", DUP_EJSON, 6, "a"), BAD("{\"a\":\"\\ud83dx\"}", DUP_EJSON, 6, "a"),
        BAD("{\"a\":\"b\nc\"}", DUP_EJSON, 7, "a"), BAD("{\"a\":\"b\0c\"}", DUP_EJSON, 7, "a"), BAD("{\"a\":\"b\tc\"}", DUP_EJSON, 7, "a"), BAD("{\0}", DUP_EJSON, 1, ""),
        BAD("{\"a\":1,\"a\":2}", DUP_EJSON, 7, "a"), BAD("{\"a\":{\"b\":1,\"b\":2}}", DUP_EJSON, 12, "b"), BAD("{\"a\":1,\"\\u0061\":2}", DUP_EJSON, 7, "a"),
        BAD("{\"a\":\"\xff\"}", DUP_EUTF8, 6, "a"), BAD("{\"a\":\"\xc3\"}", DUP_EUTF8, 6, "a"), BAD("{\"a\":\"\xc0\x80\"}", DUP_EUTF8, 6, "a"),
        BAD("{\"a\":\"\xed\xa0\x80\"}", DUP_EUTF8, 6, "a"), BAD("{\"a\":\"x\xf4\x90\x80\x80\"}", DUP_EUTF8, 7, "a"), BAD("{\"\xff\":1}", DUP_EUTF8, 2, ""),
        BAD("\xef\xbb\xbf{}", DUP_EJSON, 0, ""), BAD("{\"a\":1}\xff", DUP_EUTF8, 7, ""), BAD("{\"a\":1}/**/", DUP_EJSON, 7, ""),
#undef BAD
    };
    (void)unused;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct json_object *object = NULL;
        struct json_error err = {0};
        int r = parse(lines[i].line, lines[i].len, &object, &err);
        if (r != lines[i].code || err.code != r || err.offset != lines[i].offset)
            fail_msg("%s: %d at %zu (%s), not %d at %zu", lines[i].line, r, err.offset, err.message, lines[i].code, lines[i].offset);
        if (lines[i].field[0])
            assert_string_equal(err.field, lines[i].field);
        assert_true(err.message[0] != '\0');
        assert_null(object);
        assert_int_equal(parse(lines[i].line, lines[i].len, &object, NULL), r);
    }
}

static void nesting(void **unused)
{
    char line[2 * LIMIT_DEPTH + 32];
    struct json_object *object;
    struct json_error err;
    (void)unused;
    for (int depth = LIMIT_DEPTH - 1; depth <= LIMIT_DEPTH; depth++) { /* arrays; the object is one more */
        size_t n = (size_t)snprintf(line, sizeof line, "{\"a\":");
        memset(line + n, '[', (size_t)depth);
        memset(line + n + depth, ']', (size_t)depth);
        line[n + 2 * (size_t)depth] = '}';
        int r = parse(line, n + 2 * (size_t)depth + 1, &object, &err);
        if (depth < LIMIT_DEPTH) {
            assert_int_equal(r, 0);
            json_object_put(object);
        } else {
            assert_int_equal(r, DUP_ETOOBIG);
            assert_int_equal(err.offset, n + LIMIT_DEPTH - 1);
        }
    }
}

static void many_values(void **unused)
{
    struct buf line;
    struct json_object *object;
    struct json_error err;
    (void)unused;
    buf_init(&line, 4u << 20);
    buf_add_str(&line, "{\"a\":[0");
    for (unsigned i = LIMIT_CONTAINER + 1; i < LIMIT_LINE_VALUES; i++)
        buf_add_str(&line, ",0");
    buf_add_str(&line, "]}");
    assert_int_equal(parse(line.data, line.len, &object, &err), 0);
    json_object_put(object);
    line.len -= 2;
    buf_add_str(&line, ",0]}");
    assert_int_equal(parse(line.data, line.len, &object, &err), DUP_ETOOBIG);
    buf_done(&line);
}

/* Few keys and many take two ways; the second of two equal ones is named in both. */
static void equal_keys_among_many(void **unused)
{
    (void)unused;
    for (int n = 2; n < 200; n += 7) {
        int twice = (int)(draw() % (uint64_t)(n - 1)), place = twice + 1 + (int)(draw() % (uint64_t)(n - twice));
        struct buf line;
        size_t offset = 0;
        struct json_object *object = NULL;
        struct json_error err;
        buf_init(&line, 1u << 20);
        buf_add_char(&line, '{');
        for (int i = 0; i <= n; i++) {
            buf_printf(&line, "%s", i ? "," : "");
            if (i == place) {
                offset = line.len;
                buf_printf(&line, "\"key\\u002d%d\":0", twice);
            } else {
                buf_printf(&line, "\"key-%d\":0", i < place ? i : i - 1);
            }
        }
        buf_add_char(&line, '}');
        assert_int_equal(parse(line.data, line.len, &object, &err), DUP_EJSON);
        assert_int_equal(err.offset, offset);
        buf_done(&line);
    }
}

static void numbers_and_escapes(void **unused)
{
    static const char line[] = "{\"a\\tb\\\\\":[18446744073709551615,-9223372036854775808,9223372036854775807,-0,1.5e3,{\"\\u00e9\":{\"\\ud83d\\ude00\":\"\\\\\\\"\"}}],"
                               "\"b\":\"\\\\\",\"c\":\"\"}";
    struct json_object *object, *again = json_tokener_parse(line);
    struct json_error err;
    (void)unused;
    assert_int_equal(parse(line, sizeof line - 1, &object, &err), 0);
    assert_true(json_object_equal(object, again));
    assert_string_equal(json_object_to_json_string(object), json_object_to_json_string(again));
    json_object_put(object);
    json_object_put(again);
    static const char *const large[] = {"{\"a\":18446744073709551616}", "{\"a\":-9223372036854775809}", "{\"a\":99999999999999999999999}"};
    for (size_t i = 0; i < sizeof large / sizeof *large; i++) {
        assert_int_equal(parse(large[i], strlen(large[i]), &object, &err), DUP_EJSON);
        assert_int_equal(err.offset, 5);
    }
}

/* A string of nothing but escapes is read in time in proportion to it; this one would take minutes otherwise. */
static void many_escapes(void **unused)
{
    const size_t n = 1u << 20;
    char *line = malloc(2 * n + 16);
    struct json_object *object;
    struct json_error err;
    (void)unused;
    strcpy(line, "{\"a\":\"");
    for (size_t i = 0; i < n; i++)
        memcpy(line + 6 + 2 * i, "\\\"", 2);
    memcpy(line + 6 + 2 * n, "\"}", 2);
    assert_int_equal(parse(line, 8 + 2 * n, &object, &err), 0);
    json_object_put(object);
    free(line);
}

/* Lines changed at random: what passes is read by json-c alone to the same end, and never a byte too many. */
static void changed_lines(void **unused)
{
    static const char seed[] = "{\"id\":\"a\\u00e9\\ud83d\\ude00\",\"n\":[1,-2.5e3,true,null,{\"k\":\"\xc3\xa9\"}],\"e\":{},\"z\":\"\\\\\"}";
    static const char likely[] = "{}[]\",:\\u0019eE+-. tfn\n\xff\xc3\xa9";
    int passed = 0;
    (void)unused;
    for (int round = 0; round < 200000; round++) {
        char line[sizeof seed];
        size_t len = sizeof seed - 1;
        memcpy(line, seed, sizeof seed);
        for (uint64_t n = 1 + draw() % 3; n; n--) {
            size_t at = draw() % len;
            if (draw() % 4 == 0 && len > 2) {
                memmove(line + at, line + at + 1, len - at - 1);
                len--;
            } else {
                line[at] = likely[draw() % (sizeof likely - 1)];
            }
        }
        struct json_object *object = NULL, *again;
        struct json_error err;
        int r = parse(line, len, &object, &err);
        if (r < 0) {
            assert_true(r == DUP_EJSON || r == DUP_EUTF8 || r == DUP_ETOOBIG);
            assert_true(err.offset <= len || err.offset == JSON_NOWHERE);
            continue;
        }
        passed++;
        struct json_tokener *tokener = json_tokener_new();
        json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
        again = json_tokener_parse_ex(tokener, line, (int)len);
        assert_int_equal(json_tokener_get_error(tokener), json_tokener_success);
        assert_true(json_object_equal(object, again));
        json_tokener_free(tokener);
        json_object_put(object);
        json_object_put(again);
    }
    assert_true(passed > 1000);
}

static void ids_of_broken_lines(void **unused)
{
    static const struct { const char *line, *raw; } lines[] = {
        {"{\"id\":\"a-1\",oops", "\"a-1\""}, {"{\"x\":[{\"id\":1}],\"id\" : 17 ,", "17"}, {"{\"id\":-1.5}", "-1.5"},
        {"{\"id\":\"\\u00e9\",\"b\":\"\xff", "\"\\u00e9\""}, {"{\"y\":\"\\\"id\\\":\",\"id\":\"z\"", "\"z\""},
        {"{\"id\":17", NULL}, {"{\"id\":\"half", NULL}, {"{\"id\":true}", NULL}, {"{\"id\":[1]}", NULL}, {"{\"id\"", NULL}, {"{\"id\":", NULL},
        {"{\"a\":{\"id\":1}}", NULL}, {"", NULL}, {"id", NULL}, {"\"id\":1", NULL}, {"{\"id\":\"\xff\"}", NULL}, {"{\"id\":1x}", NULL},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        const char *raw = NULL;
        size_t len = 0;
        int found = json_scan_id(lines[i].line, strlen(lines[i].line), &raw, &len);
        if (!lines[i].raw) {
            if (found)
                fail_msg("%s: found %.*s", lines[i].line, (int)len, raw);
            continue;
        }
        if (!found || len != strlen(lines[i].raw) || memcmp(raw, lines[i].raw, len) != 0)
            fail_msg("%s: not %s", lines[i].line, lines[i].raw);
    }
}

static void writing(void **unused)
{
    struct buf out;
    (void)unused;
    buf_init(&out, 4096);
    json_open(&out, '{');
    json_key_int(&out, "a", -1);
    json_key_string(&out, "b", "x\"\\\n\x01\x7f/", 7);
    json_key_string(&out, "left out", NULL, 0);
    json_key_string(&out, "left out too", "", 0);
    json_key(&out, "c");
    json_open(&out, '[');
    json_int(&out, 1);
    json_null(&out);
    json_boolean(&out, 1);
    json_string(&out, "", 0);
    json_open(&out, '{');
    json_close(&out, '}');
    json_raw(&out, "[2]", 3);
    json_close(&out, ']');
    json_key_bool(&out, "d", 0);
    json_key_real(&out, "e", 0.25, 4);
    json_close(&out, '}');
    assert_string_equal(out.data, "{\"a\":-1,\"b\":\"x\\\"\\\\\\n\\u0001\x7f/\",\"c\":[1,null,true,\"\",{},[2]],\"d\":false,\"e\":0.25}");
    buf_done(&out);
}

static void check_real(double value, int decimals, const char *wanted)
{
    struct buf out;
    buf_init(&out, 400);
    json_real(&out, value, decimals);
    assert_string_equal(out.data, wanted);
    buf_done(&out);
}

static void reals(void **unused)
{
    (void)unused;
    check_real(0, 3, "0");
    check_real(1, 4, "1");
    check_real(0.12345, 4, "0.1235");
    check_real(-0.5, 2, "-0.5");
    check_real(-0.001, 2, "0");
    check_real(99.999, 2, "100");
    check_real(0.05, 2, "0.05");
    check_real(20.0007, 4, "20.0007");
    check_real(123456789012345678.0, 2, "123456789012345680");
    check_real(NAN, 2, "null");
    check_real(INFINITY, 2, "null");
    check_real(1.5, -1, "2");
    check_real(0.123456789123, 99, "0.123456789");
}

/* By 16, by eight or one by one: the first byte that a string may not hold as it is, wherever it stands. */
static void plain_bytes(void **unused)
{
    unsigned char text[48];
    (void)unused;
    for (size_t len = 0; len <= sizeof text; len++)
        for (size_t at = 0; at <= len; at++)
            for (unsigned c = 0; c < 256; c++) {
                memset(text, c & 1 ? ' ' : '~', sizeof text);
                int plain = c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
                if (at < len)
                    text[at] = (unsigned char)c;
                assert_int_equal(scan_plain(text, len), plain || at == len ? len : at);
            }
}

static void whole_numbers(void **unused)
{
    static const int64_t numbers[] = {0, 7, 10, -10, 4294967296, INT64_MAX, INT64_MIN};
    struct buf out;
    (void)unused;
    buf_init(&out, 400);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char wanted[32];
        snprintf(wanted, sizeof wanted, "%lld", (long long)numbers[i]);
        buf_clear(&out);
        json_int(&out, numbers[i]);
        assert_string_equal(out.data, wanted);
    }
    buf_done(&out);
}

/* Whatever bytes go in as text, JSON comes out that holds them, bad UTF-8 as U+FFFD. */
static void any_text_can_be_written(void **unused)
{
    (void)unused;
    for (int round = 0; round < 50000; round++) {
        char text[32];
        size_t len = draw() % sizeof text;
        int clean = 1;
        for (size_t i = 0; i < len; i++)
            text[i] = draw() % 3 ? (char)draw() : "\"\\\n\xe5\x8c\x97 \x1f"[draw() % 8];
        for (size_t i = 0; i < len && clean;) {
            size_t n = scan_utf8((unsigned char *)text + i, len - i);
            clean = n > 0 && text[i] != '\0';
            i += n;
        }
        struct buf out;
        struct json_object *object = NULL;
        struct json_error err;
        buf_init(&out, 4096);
        json_open(&out, '{');
        json_key(&out, "text");
        json_string(&out, text, len);
        json_close(&out, '}');
        int r = parse(out.data, out.len, &object, &err);
        if (r == 0 && clean) {
            struct json_object *back = json_object_object_get(object, "text");
            assert_int_equal(json_object_get_string_len(back), len);
            assert_memory_equal(json_object_get_string(back), text, len);
        }
        if (memchr(text, '\0', len))
            assert_int_equal(r, DUP_EJSON); /* \u0000, which our own reader refuses */
        else
            assert_int_equal(r, 0);
        json_object_put(object);
        buf_done(&out);
    }
}

static void long_names_in_errors(void **unused)
{
    struct json_error err;
    char name[100];
    (void)unused;
    for (size_t i = 0; i < sizeof name; i += 2)
        memcpy(name + i, "\xc3\xa9", 2);
    json_error_field(&err, name, sizeof name);
    assert_int_equal(strlen(err.field), sizeof err.field - 2); /* an even number: no half character */
    assert_int_equal(json_error_set(&err, DUP_EINVAL, NULL, 5, "%s", "why"), DUP_EINVAL);
    assert_string_equal(err.field, "");
    assert_int_equal(json_error_set(NULL, DUP_EINVAL, "x", 5, "why"), DUP_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_lines), cmocka_unit_test(bad_lines), cmocka_unit_test(nesting), cmocka_unit_test(many_values),
        cmocka_unit_test(equal_keys_among_many), cmocka_unit_test(numbers_and_escapes), cmocka_unit_test(many_escapes), cmocka_unit_test(changed_lines), cmocka_unit_test(ids_of_broken_lines),
        cmocka_unit_test(writing), cmocka_unit_test(plain_bytes), cmocka_unit_test(whole_numbers),
        cmocka_unit_test(reals), cmocka_unit_test(any_text_can_be_written),
        cmocka_unit_test(long_names_in_errors),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
