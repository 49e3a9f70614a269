/*
 * Fingerprints as the papers define them, counted out one by one: a witness
 * for the fast ones. Densification of MinHash is left out, since the papers
 * leave its hash functions open; its properties are tested instead.
 */
#ifndef TESTS_REFERENCE_FINGERPRINT_H
#define TESTS_REFERENCE_FINGERPRINT_H

#include <string.h>
#include <xxhash.h>

#include "dup/fingerprint.h"

/* Twelve halves of a word from i on, or nothing when the text ends before. */
static size_t ref_shingles(const struct dup_secret *secret, const struct dup_tokens *t, uint64_t *values)
{
    size_t n = 0;

    for (size_t i = 0; i < t->n; i++) {
        unsigned char bytes[4 * 12];
        size_t halves = 0, k = i;
        for (; k < t->n && halves < 12; k++) {
            for (int b = 0; b < 4; b++)
                bytes[4 * (k - i) + (size_t)b] = (unsigned char)(t->hash[k] >> (8 * b));
            halves += t->flags[k] & DUP_TOKEN_CHAR ? 1 : 2;
        }
        if (halves < 12 && i > 0)
            break;
        values[n++] = XXH3_64bits_withSecret(bytes, 4 * (k - i), secret->bytes, DUP_SECRET_SIZE);
    }
    return n;
}

/* Charikar 2002; Manku, Jain, Das Sarma 2007, section 3. */
static uint64_t ref_simhash(const uint64_t *values, size_t n)
{
    uint64_t result = 0;

    for (int bit = 0; bit < 64; bit++) {
        long sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += values[i] >> bit & 1 ? 1 : -1;
        if (sum > 0)
            result |= UINT64_C(1) << bit;
    }
    return result;
}

/* Schleimer, Wilkerson, Aiken 2003, section 3, definition 1. */
static size_t ref_winnow(const uint64_t *values, size_t n, uint64_t *out, uint32_t *positions)
{
    size_t count = 0, windows = n < DUP_WINDOW ? n > 0 : n - DUP_WINDOW + 1;

    for (size_t w = 0; w < windows; w++) {
        size_t least = w;
        for (size_t i = w; i < n && i < w + DUP_WINDOW; i++)
            if (values[i] <= values[least])
                least = i;
        if (count > 0 && positions[count - 1] == least)
            continue;
        out[count] = values[least];
        positions[count++] = (uint32_t)least;
    }
    return count;
}

/* The lanes before densification: least value of each, UINT32_MAX where there is none. */
static void ref_lanes(const uint64_t *values, size_t n, uint32_t lanes[DUP_LANES])
{
    memset(lanes, 0xff, DUP_LANES * sizeof *lanes);
    for (unsigned lane = 0; lane < DUP_LANES; lane++)
        for (size_t i = 0; i < n; i++) {
            uint64_t value = values[i] % (UINT64_C(1) << 32);
            if (value == UINT32_MAX)
                value--;
            if (values[i] / (UINT64_C(1) << 57) == lane && value < lanes[lane])
                lanes[lane] = (uint32_t)value;
        }
}

#endif
