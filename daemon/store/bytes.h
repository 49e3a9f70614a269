/*
 * bytes.h - numbers as they stand in records and keys.
 *
 * Keys are big-endian, so that memcmp orders them as numbers; records are
 * little-endian. Checksums are the low half of XXH3-64, seeded with what the
 * record belongs to (its number), so that a record in another's place is found out.
 */
#ifndef DUPD_STORE_BYTES_H
#define DUPD_STORE_BYTES_H

#include <stddef.h>
#include <stdint.h>

static inline void put_be(unsigned char *to, uint64_t value, size_t bytes)
{
    for (size_t i = bytes; i-- > 0; value >>= 8)
        to[i] = (unsigned char)value;
}

static inline uint64_t get_be(const unsigned char *from, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++)
        value = value << 8 | from[i];
    return value;
}

static inline void put_le(unsigned char *to, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++, value >>= 8)
        to[i] = (unsigned char)value;
}

static inline uint64_t get_le(const unsigned char *from, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = bytes; i-- > 0;)
        value = value << 8 | from[i];
    return value;
}

uint32_t bytes_checksum(const void *data, size_t len, uint64_t seed);

#endif
