/*
 * Likely heads: of each text the few least values lead to its head, as of a
 * text and its copy most are the same (Broder 1997, min-wise sampling).
 * Invariant: a slot holds part of a value and a number in one word that is
 * written and read as a whole; it may hold another's, and nobody relies on it.
 */
#include "engine/likely.h"

#include <stdatomic.h>
#include <stdlib.h>

#define SAMPLE 8       /* values of a text */
#define AGREE 2u       /* of them lead to one head; of a text with fewer, all */
#define BUCKET 8       /* slots in which a value may stand: a cache line */
#define BUCKETS_MIN 128u

struct likely {
    size_t n;                      /* buckets, a power of two */
    atomic_uint_least64_t slots[]; /* 32 bits of the value, 32 of the number; 0 for none */
};

struct likely *likely_new(size_t bytes)
{
    size_t n = BUCKETS_MIN;
    while (n * 2 * BUCKET * sizeof(uint64_t) <= bytes)
        n *= 2;
    struct likely *likely = calloc(1, sizeof *likely + n * BUCKET * sizeof *likely->slots);
    if (likely)
        likely->n = n;
    return likely;
}

void likely_free(struct likely *likely)
{
    free(likely);
}

/* The least values in ascending order. How many. */
static size_t sample(const uint64_t *values, size_t n, uint64_t ret[SAMPLE])
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        size_t at = kept;
        if (kept == SAMPLE && values[i] >= ret[SAMPLE - 1])
            continue;
        at -= kept == SAMPLE;
        for (; at > 0 && ret[at - 1] > values[i]; at--)
            ret[at] = ret[at - 1];
        ret[at] = values[i];
        kept += kept < SAMPLE;
    }
    return kept;
}

/* The upper bits of a value that was chosen for being small say little. */
static uint64_t tag(uint64_t value)
{
    return value << 32;
}

static size_t bucket(const struct likely *likely, uint64_t value)
{
    return (value >> 20 & (likely->n - 1)) * BUCKET;
}

static uint64_t get(const struct likely *likely, size_t at)
{
    return atomic_load_explicit(&likely->slots[at], memory_order_relaxed);
}

/* They lie all over a table that is larger than any cache: they are fetched together. */
static void fetch(const struct likely *likely, const uint64_t *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        __builtin_prefetch(&likely->slots[bucket(likely, values[i])]);
}

/* The number that a value leads to; 0: none. */
static uint32_t look_up(const struct likely *likely, uint64_t value)
{
    size_t first = bucket(likely, value);
    for (size_t at = first; at < first + BUCKET; at++)
        if ((get(likely, at) ^ tag(value)) >> 32 == 0)
            return (uint32_t)get(likely, at);
    return 0;
}

static void note(struct likely *likely, uint64_t value, uint32_t num)
{
    size_t first = bucket(likely, value), oldest = first;
    if (look_up(likely, value))
        return;
    for (size_t at = first; at < first + BUCKET; at++)
        if ((uint32_t)get(likely, at) < (uint32_t)get(likely, oldest))
            oldest = at;
    atomic_store_explicit(&likely->slots[oldest], tag(value) | num, memory_order_relaxed);
}

void likely_note(struct likely *likely, const uint64_t *values, size_t n, uint32_t num)
{
    uint64_t least[SAMPLE];
    size_t kept = sample(values, n, least);
    fetch(likely, least, kept);
    for (size_t i = 0; i < kept; i++)
        note(likely, least[i], num);
}

uint32_t likely_find(const struct likely *likely, const uint64_t *values, size_t n)
{
    uint64_t least[SAMPLE];
    uint32_t nums[SAMPLE];
    unsigned votes[SAMPLE] = {0}, best = 0, found = 0;
    size_t kept = sample(values, n, least);
    fetch(likely, least, kept);
    for (size_t i = 0; i < kept; i++) {
        uint32_t num = look_up(likely, least[i]);
        unsigned k = 0;
        if (!num)
            continue;
        while (k < found && nums[k] != num)
            k++;
        nums[k] = num;
        found += k == found;
        if (++votes[k] > votes[best])
            best = k;
    }
    return found && votes[best] >= (kept < AGREE ? kept : AGREE) ? nums[best] : 0;
}
