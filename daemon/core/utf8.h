/*
 * utf8.h - strict UTF-8 (Unicode 15, table 3-7): no overlong forms, no
 * surrogates, nothing above U+10FFFF, nothing cut short.
 */
#ifndef DUP_CORE_UTF8_H
#define DUP_CORE_UTF8_H

#include <stddef.h>
#include <stdint.h>

#define UTF8_MAX 4

/*
 * Decodes the character at p, of which left >= 1 bytes may be read. Returns
 * its length in bytes and sets *ret_c, or 0 when it is not well formed.
 */
static inline unsigned utf8_decode(const unsigned char *p, size_t left, uint32_t *ret_c)
{
    uint32_t a = p[0];

    if (a < 0x80) {
        *ret_c = a;
        return 1;
    }
    if (a < 0xe0) {
        if (a < 0xc2 || left < 2 || (p[1] & 0xc0) != 0x80)
            return 0;
        *ret_c = (a & 0x1f) << 6 | (p[1] & 0x3fu);
        return 2;
    }
    if (a < 0xf0) {
        if (left < 3 || (p[1] & 0xc0) != 0x80 || (p[2] & 0xc0) != 0x80)
            return 0;
        uint32_t c = (a & 0x0f) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
        if (c < 0x800 || (c & 0xf800) == 0xd800)
            return 0;
        *ret_c = c;
        return 3;
    }
    if (a > 0xf4 || left < 4 || (p[1] & 0xc0) != 0x80 || (p[2] & 0xc0) != 0x80 ||
        (p[3] & 0xc0) != 0x80)
        return 0;
    uint32_t c = (a & 0x07) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 | (p[3] & 0x3fu);
    if (c < 0x10000 || c > 0x10ffff)
        return 0;
    *ret_c = c;
    return 4;
}

/* Writes c (not a surrogate, at most U+10FFFF) to out; returns its length, 1 to UTF8_MAX. */
static inline unsigned utf8_encode(uint32_t c, unsigned char out[UTF8_MAX])
{
    if (c < 0x80) {
        out[0] = (unsigned char)c;
        return 1;
    }
    unsigned n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (unsigned i = n - 1; i > 0; i--, c >>= 6)
        out[i] = (unsigned char)(0x80 | (c & 0x3f));
    out[0] = (unsigned char)((0xf00u >> n & 0xf0) | c);
    return n;
}

#endif
