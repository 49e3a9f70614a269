/*
 * Strings and numbers of JSON, byte by byte where it matters and eight bytes at a time where it does
 * not. Kept apart from the structure (check.c) because the search for an id in a broken line needs
 * them too. Invariant: what passes here may be copied into a reply as it stands.
 */
#include "proto/scan.h"

#include "dup/error.h"

static int hex_digit(unsigned char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The four digits of a \u escape, or -1. */
static int32_t hex_quad(const char *s, size_t left)
{
    int32_t value = 0;
    if (left < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit((unsigned char)s[i]);
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

size_t scan_escape(const char *s, size_t left, uint32_t *ret_cp, const char **ret_why)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    const char *name = left > 1 && s[1] ? strchr(names, s[1]) : NULL;
    if (name) {
        *ret_cp = (unsigned char)values[name - names];
        return 2;
    }
    *ret_why = "an escape that JSON does not have";
    if (left < 2 || s[1] != 'u')
        return 0;
    int32_t high = hex_quad(s + 2, left - 2);
    *ret_why = "a \\u escape without four hexadecimal digits";
    if (high < 0)
        return 0;
    *ret_why = "an escaped NUL";
    if (high == 0)
        return 0;
    *ret_cp = (uint32_t)high;
    if (high < 0xd800 || high > 0xdfff)
        return 6;
    *ret_why = "half of a surrogate pair";
    int32_t low = high < 0xdc00 && left >= 12 && s[6] == '\\' && s[7] == 'u' ? hex_quad(s + 8, left - 8) : -1;
    if (low < 0xdc00 || low > 0xdfff)
        return 0;
    *ret_cp = 0x10000u + ((uint32_t)(high - 0xd800) << 10 | (uint32_t)(low - 0xdc00));
    return 12;
}

int scan_unescape(struct buf *out, const char *s, size_t len)
{
    for (size_t at = 0; at < len;) {
        const char *slash = memchr(s + at, '\\', len - at), *why;
        size_t plain = slash ? (size_t)(slash - s) - at : len - at;
        uint32_t cp = 0;
        buf_add(out, s + at, plain);
        at += plain;
        if (!slash)
            break;
        at += scan_escape(s + at, len - at, &cp, &why);
        char utf8[4];
        size_t n = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
        for (size_t i = n; i > 1; i--, cp >>= 6)
            utf8[i - 1] = (char)(0x80 | (cp & 0x3f));
        utf8[0] = (char)(n == 1 ? cp : (0xf00u >> n & 0xf0) | cp);
        buf_add(out, utf8, n);
    }
    return out->error;
}

int scan_string(const char *line, size_t len, size_t at, size_t *ret_end, int *ret_escapes,
                 struct json_error *err)
{
    const unsigned char *s = (const unsigned char *)line;
    const char *why;
    uint32_t cp;

    *ret_escapes = 0;
    for (size_t i = at + 1; i < len;) {
        i += scan_plain(s + i, len - i);
        while (i < len && s[i] >= 0x80) {
            size_t n = scan_utf8(s + i, len - i);
            if (n == 0)
                return json_error_set(err, DUP_EUTF8, "", i, "byte 0x%02x is not UTF-8 here", s[i]);
            i += n;
        }
        if (i == len)
            break;
        if (s[i] == '"') {
            *ret_end = i + 1;
            return 0;
        }
        if (s[i] == '\\' && i + 1 < len) {
            size_t n = scan_escape(line + i, len - i, &cp, &why);
            if (n == 0)
                return json_error_set(err, DUP_EJSON, "", i, "%s", why);
            *ret_escapes = 1;
            i += n;
        } else if (s[i] == '\\') {
            break;
        } else if (s[i] < 0x20) {
            return json_error_set(err, DUP_EJSON, "", i, "control character 0x%02x in a string", s[i]);
        }
    }
    return json_error_set(err, DUP_EJSON, "", len, "the line ends within a string");
}

size_t scan_number(const char *line, size_t len, size_t at, size_t *ret_stop)
{
    size_t i = at, digits;
    size_t ignored = 0;
    size_t *stop = ret_stop ? ret_stop : &ignored;
#define DIGITS() for (digits = i; i < len && line[i] >= '0' && line[i] <= '9'; i++)
    if (i < len && line[i] == '-')
        i++;
    DIGITS();
    *stop = i;
    if (i == digits)
        return 0;
    if (line[digits] == '0' && i > digits + 1) {
        *stop = digits + 1;
        return 0;
    }
    if (i < len && line[i] == '.') {
        i++;
        DIGITS();
        *stop = i;
        if (i == digits)
            return 0;
    }
    if (i < len && (line[i] == 'e' || line[i] == 'E')) {
        i++;
        if (i < len && (line[i] == '+' || line[i] == '-'))
            i++;
        DIGITS();
        *stop = i;
        if (i == digits)
            return 0;
    }
#undef DIGITS
    return i;
}
