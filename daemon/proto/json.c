/*
 * Reading and writing JSON lines. Reading is the strict check (check.c), then the tree of what passed (tree.c).
 * Writing goes straight into a buffer without a tree. Invariant of the writer: whatever bytes it is
 * given as text, what it appends is valid JSON in valid UTF-8, and the last byte of the buffer says
 * whether a comma is due.
 */
#include "proto/json.h"

#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "dup/error.h"
#include "proto/check.h"
#include "proto/scan.h"
#include "proto/tree.h"

struct json_parser {
    struct check check;
    struct buf scratch; /* owned */
};

void json_error_field(struct json_error *err, const char *field, size_t len)
{
    if (len >= sizeof err->field) {
        len = sizeof err->field - 1;
        while (len && ((unsigned char)field[len] & 0xc0) == 0x80)
            len--;
    }
    memcpy(err->field, field, len);
    err->field[len] = '\0';
}

int json_error_set(struct json_error *err, int code, const char *field, size_t offset,
                   const char *format, ...)
{
    if (!err)
        return code;
    va_list args;
    err->code = code;
    err->offset = offset;
    json_error_field(err, field ? field : "", field ? strlen(field) : 0);
    va_start(args, format);
    vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    return code;
}

/* ---- reading --------------------------------------------------------------- */

struct json_parser *json_parser_new(void)
{
    struct json_parser *parser = malloc(sizeof *parser);
    if (!parser)
        return NULL;
    check_init(&parser->check);
    buf_init(&parser->scratch, SIZE_MAX / 2);
    return parser;
}

void json_parser_free(struct json_parser *parser)
{
    if (!parser)
        return;
    check_done(&parser->check);
    buf_done(&parser->scratch);
    free(parser);
}

size_t json_parser_values(const struct json_parser *parser)
{
    return parser->check.values;
}

int json_parse_line(struct json_parser *parser, const char *line, size_t len,
                    struct json_object **ret, struct json_error *err)
{
    struct json_error unwanted;
    size_t begin, end;
    if (!err)
        err = &unwanted;
    if (len > INT_MAX)
        return json_error_set(err, DUP_ETOOBIG, "", JSON_NOWHERE, "a line of more than 2 GiB");
    int r = check_line(&parser->check, line, len, &begin, &end, err);
    if (r < 0)
        return r;
    return tree_build(&parser->scratch, line + begin, end - begin, begin, ret, err);
}

/* The raw value at line[at], when it is a complete string or number that a reply may repeat. */
static int scan_id_value(const char *line, size_t len, size_t at, const char **ret_raw, size_t *ret_len)
{
    size_t end = 0;
    int escapes;
    if (line[at] == '"') {
        struct json_error unwanted;
        if (scan_string(line, len, at, &end, &escapes, &unwanted) < 0)
            return 0;
    } else {
        end = scan_number(line, len, at, NULL);
        if (end == 0 || end == len || !strchr(",} \t\r", line[end]))
            return 0;
    }
    if (end - at > 6 * LIMIT_ID + 2)
        return 0;
    *ret_raw = line + at;
    *ret_len = end - at;
    return 1;
}

static size_t after_space(const char *line, size_t len, size_t at)
{
    while (at < len && (line[at] == ' ' || line[at] == '\t' || line[at] == '\r'))
        at++;
    return at;
}

/* End of the string that starts at line[at], whatever it holds; len when it has none. */
static size_t after_string(const char *line, size_t len, size_t at)
{
    for (at++; at < len && line[at] != '"'; at++) {
        at += scan_plain((const unsigned char *)line + at, len - at);
        if (at < len && line[at] == '"')
            break;
        if (at < len && line[at] == '\\')
            at++;
    }
    return at < len ? at + 1 : len;
}

int json_scan_id(const char *line, size_t len, const char **ret_raw, size_t *ret_len)
{
    size_t depth = 0, end;
    for (size_t at = 0; at < len; at = end) {
        end = at + 1;
        if (line[at] == '{' || line[at] == '[') {
            depth++;
        } else if ((line[at] == '}' || line[at] == ']') && depth) {
            depth--;
        } else if (line[at] == '"') {
            end = after_string(line, len, at);
            if (depth != 1 || end - at != 4 || memcmp(line + at, "\"id\"", 4) != 0)
                continue;
            size_t colon = after_space(line, len, end);
            if (colon >= len || line[colon] != ':')
                continue;
            size_t value = after_space(line, len, colon + 1);
            return value < len && scan_id_value(line, len, value, ret_raw, ret_len);
        }
    }
    return 0;
}

/* ---- writing --------------------------------------------------------------- */

static void comma(struct buf *out)
{
    char last = out->len ? out->data[out->len - 1] : '\n';
    if (last != '{' && last != '[' && last != ':' && last != '\n')
        buf_add_char(out, ',');
}

void json_open(struct buf *out, char bracket)
{
    comma(out);
    buf_add_char(out, bracket);
}

void json_close(struct buf *out, char bracket)
{
    buf_add_char(out, bracket);
}

static void add_escape(struct buf *out, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    static const char names[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    const char *name = c ? strchr(names, c) : NULL;
    char text[6] = {'\\', name ? letters[name - names] : 'u', '0', '0', hex[c >> 4], hex[c & 15]};
    buf_add(out, text, name ? 2 : 6);
}

/* Text between quotes: what needs no escape is copied in runs. */
static void add_quoted(struct buf *out, const char *text, size_t len)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t run = 0, i = 0;
    buf_reserve(out, len + 2);
    buf_add_char(out, '"');
    while (i < len) {
        i += scan_plain(s + i, len - i);
        size_t n = 1;
        while (i < len && s[i] >= 0x80 && (n = scan_utf8(s + i, len - i)) != 0)
            i += n;
        if (i == len)
            break;
        if (n != 0 && s[i] >= 0x20 && s[i] != '"' && s[i] != '\\')
            continue;
        buf_add(out, text + run, i - run);
        if (n == 0)
            buf_add(out, "\xef\xbf\xbd", 3);
        else
            add_escape(out, s[i]);
        run = ++i;
    }
    buf_add(out, text + run, len - run);
    buf_add_char(out, '"');
}

void json_string(struct buf *out, const char *text, size_t len)
{
    comma(out);
    add_quoted(out, text, len);
}

void json_key(struct buf *out, const char *key)
{
    size_t len = strlen(key);
    comma(out);
    if (buf_reserve(out, len + 3) < 0)
        return;
    char *to = out->data + out->len;
    *to = '"';
    memcpy(to + 1, key, len);
    memcpy(to + 1 + len, "\":", 3);
    out->len += len + 3;
}

void json_int(struct buf *out, int64_t value)
{
    comma(out);
    if (value < 0)
        buf_add_char(out, '-');
    buf_add_number(out, value < 0 ? -(uint64_t)value : (uint64_t)value, 1);
}

/* Digits are put together here because printf writes a comma under some locales. */
void json_real(struct buf *out, double value, int decimals)
{
    static const int64_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000};
    decimals = decimals < 0 ? 0 : decimals > 9 ? 9 : decimals;
    if (!isfinite(value)) {
        json_null(out);
        return;
    }
    comma(out);
    if (fabs(value) >= 1e15 / (double)powers[decimals]) {
        buf_printf(out, "%.0f", value);
        return;
    }
    int64_t scaled = llround(value * (double)powers[decimals]);
    while (decimals > 0 && scaled % 10 == 0) {
        scaled /= 10;
        decimals--;
    }
    if (scaled < 0)
        buf_add_char(out, '-');
    scaled = llabs(scaled);
    buf_add_number(out, (uint64_t)(scaled / powers[decimals]), 1);
    if (decimals) {
        buf_add_char(out, '.');
        buf_add_number(out, (uint64_t)(scaled % powers[decimals]), decimals);
    }
}

void json_boolean(struct buf *out, int value)
{
    comma(out);
    buf_add_str(out, value ? "true" : "false");
}

void json_null(struct buf *out)
{
    comma(out);
    buf_add_str(out, "null");
}

void json_raw(struct buf *out, const char *json, size_t len)
{
    comma(out);
    buf_add(out, json, len);
}

void json_key_string(struct buf *out, const char *key, const char *text, size_t len)
{
    if (!text || len == 0)
        return;
    json_key(out, key);
    json_string(out, text, len);
}

void json_key_int(struct buf *out, const char *key, int64_t value)
{
    json_key(out, key);
    json_int(out, value);
}

void json_key_real(struct buf *out, const char *key, double value, int decimals)
{
    json_key(out, key);
    json_real(out, value, decimals);
}

void json_key_bool(struct buf *out, const char *key, int value)
{
    json_key(out, key);
    json_boolean(out, value);
}
