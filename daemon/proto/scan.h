/*
 * scan.h - the strings and numbers of JSON text, checked where they stand.
 *
 * Inside daemon/proto only. Pure functions over the caller's memory; any thread.
 */
#ifndef DUPD_PROTO_SCAN_H
#define DUPD_PROTO_SCAN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/buf.h"
#include "proto/json.h"

/*
 * Checks the string that starts with the quote at line[at]. *ret_end: the byte after its closing
 * quote; *ret_escapes: whether it holds a backslash. DUP_EJSON or DUP_EUTF8 with the offset in *err.
 */
int scan_string(const char *line, size_t len, size_t at, size_t *ret_end, int *ret_escapes,
                 struct json_error *err);

/* Decodes the escape at s (a backslash; left >= 1 bytes) into *ret_cp. Its length, or 0 with the reason in *ret_why. */
size_t scan_escape(const char *s, size_t left, uint32_t *ret_cp, const char **ret_why);

/* Appends what stands between the quotes of a string that passed scan_string, without its escapes. DUP_ENOMEM, DUP_ETOOBIG. */
int scan_unescape(struct buf *out, const char *s, size_t len);

/* End of the number that starts at line[at]; 0 when there is none. *ret_stop (may be NULL): the first byte that fits none. */
size_t scan_number(const char *line, size_t len, size_t at, size_t *ret_stop);

/* Length of the UTF-8 character at s (left >= 1 bytes), or 0: no overlong forms, surrogates or values above U+10FFFF. */
static inline size_t scan_utf8(const unsigned char *s, size_t left)
{
    unsigned char c = s[0];
    if (c < 0x80)
        return 1;
    if (c < 0xe0)
        return c >= 0xc2 && left > 1 && (s[1] & 0xc0) == 0x80 ? 2 : 0;
    if (c < 0xf0) {
        if (left < 3 || (s[1] & 0xc0) != 0x80 || (s[2] & 0xc0) != 0x80)
            return 0;
        return (c == 0xe0 && s[1] < 0xa0) || (c == 0xed && s[1] > 0x9f) ? 0 : 3;
    }
    if (c > 0xf4 || left < 4 || (s[1] & 0xc0) != 0x80 || (s[2] & 0xc0) != 0x80 || (s[3] & 0xc0) != 0x80)
        return 0;
    return (c == 0xf0 && s[1] < 0x90) || (c == 0xf4 && s[1] > 0x8f) ? 0 : 4;
}

/*
 * Bytes from s on that a JSON string may hold as they are and that are ASCII: no control, quote,
 * backslash. With SSE2 16 at a time, compared as signed numbers, so that bytes above ASCII are less than a
 * space. Elsewhere, and for what remains, eight: a byte sets its top bit in one of the terms when it is
 * special; the lowest such byte is exact, a borrow can only reach bytes above it.
 */
static inline size_t scan_plain(const unsigned char *s, size_t left)
{
    const uint64_t ones = 0x0101010101010101u, tops = ones << 7;
    size_t i = 0;
#ifdef __SSE2__
    for (; left - i >= 16; i += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(s + i));
        __m128i special = _mm_or_si128(_mm_cmplt_epi8(v, _mm_set1_epi8(' ')),
                                       _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'))));
        int found = _mm_movemask_epi8(special);
        if (found)
            return i + (size_t)__builtin_ctz((unsigned)found);
    }
#endif
    for (; left - i >= 8; i += 8) {
        uint64_t v, quote, slash;
        memcpy(&v, s + i, 8);
        quote = v ^ (ones * '"');
        slash = v ^ (ones * '\\');
        if ((v | (v - ones * 0x20) | (quote - ones) | (slash - ones)) & tops)
            break;
    }
    while (i < left && s[i] >= 0x20 && s[i] < 0x80 && s[i] != '"' && s[i] != '\\')
        i++;
    return i;
}

#endif
