/*
 * swar.h - eight bytes at once within a 64-bit word, in portable C.
 */
#ifndef DUP_CORE_SWAR_H
#define DUP_CORE_SWAR_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SWAR_EACH(byte) (UINT64_C(0x0101010101010101) * (byte))
#define SWAR_TOP SWAR_EACH(0x80)

static inline uint64_t swar_little_endian(uint64_t v)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    return v;
}

/* Eight bytes as a number, the first one lowest; and back. */
static inline uint64_t swar_load(const unsigned char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return swar_little_endian(v);
}

/* The same of up to eight bytes, zeros behind them. */
static inline uint64_t swar_load_some(const unsigned char *p, size_t left)
{
    unsigned char some[8] = { 0 };
    if (left >= 8)
        return swar_load(p);
    memcpy(some, p, left);
    return swar_load(some);
}

static inline void swar_store(unsigned char *p, uint64_t v)
{
    v = swar_little_endian(v);
    memcpy(p, &v, sizeof v);
}

/* The top bit of each byte as bits 0 to 7, the first byte's lowest. */
static inline uint64_t swar_gather(uint64_t v)
{
    return (v >> 7 & SWAR_EACH(1)) * UINT64_C(0x0102040810204080) >> 56;
}

/* The bits that any of n bytes has, each at its place in one byte or more of the result. */
static inline uint64_t swar_any(const unsigned char *p, size_t n)
{
    uint64_t found = 0;
    for (size_t i = 0; i < n; i += 8)
        found |= swar_load_some(p + i, n - i);
    return found;
}

/* The sum of the bytes. */
static inline uint32_t swar_sum(uint64_t v)
{
    uint64_t pairs = (v & UINT64_C(0x00ff00ff00ff00ff)) + (v >> 8 & UINT64_C(0x00ff00ff00ff00ff));
    return (uint32_t)(pairs * UINT64_C(0x0001000100010001) >> 48);
}

/* 1 in each byte that is no less than least, which is at least 1 and at most 128. */
static inline uint64_t swar_at_least(uint64_t v, uint8_t least)
{
    return (((v | SWAR_TOP) - SWAR_EACH(least)) | v) >> 7 & SWAR_EACH(1);
}

/* Whether the next eight of left bytes (or all that are left) are ASCII. */
static inline int swar_ascii_ahead(const unsigned char *p, size_t left)
{
    if (left >= 8)
        return (swar_load(p) & SWAR_TOP) == 0;
    for (size_t i = 0; i < left; i++)
        if (p[i] & 0x80)
            return 0;
    return 1;
}

#endif
