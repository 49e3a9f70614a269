/*
 * Radix sort, from the lowest digit up (Knuth, TAOCP 3, 5.2.5). Invariant:
 * each pass keeps the order of those that are equal in its digit. A digit
 * that is the same in all of them costs no pass.
 */
#include "base/sort.h"

#include <stdlib.h>
#include <string.h>

#define DIGIT_BITS 11
#define VALUES (1u << DIGIT_BITS)
#define FEW 128                /* numbers that are sorted to find their median */

/* Of element i, size bytes of which the first eight are what it is sorted by. */
static inline uint64_t number_at(const char *list, size_t i, size_t size)
{
    uint64_t number;
    memcpy(&number, list + i * size, sizeof number);
    return number;
}

/* Puts from into to by the digit at bit. */
static inline void pass(const char *from, size_t n, size_t size, unsigned bit, char *to)
{
    size_t places[VALUES] = {0}, at = 0;
    for (size_t i = 0; i < n; i++)
        places[number_at(from, i, size) >> bit & (VALUES - 1)]++;
    for (size_t i = 0; i < VALUES; i++) {
        size_t count = places[i];
        places[i] = at;
        at += count;
    }
    for (size_t i = 0; i < n; i++)
        memcpy(to + places[number_at(from, i, size) >> bit & (VALUES - 1)]++ * size, from + i * size, size);
}

static inline void sort(void *list, size_t n, size_t size, unsigned bit, void *spare)
{
    char *from = list, *to = spare;
    uint64_t differ = 0;
    for (size_t i = 1; i < n; i++)
        differ |= number_at(list, i, size) ^ number_at(list, 0, size);
    for (; bit < 64; bit += DIGIT_BITS) {
        if (!(differ >> bit & (VALUES - 1)))
            continue;
        pass(from, n, size, bit, to);
        char *swap = from;
        from = to;
        to = swap;
    }
    if (from != list)
        memcpy(list, from, n * size);
}

void sort_numbers(uint64_t *list, size_t n, unsigned bit, uint64_t *spare)
{
    sort(list, n, sizeof *list, bit, spare);
}

void sort_pairs(struct sort_pair *list, size_t n, struct sort_pair *spare)
{
    sort(list, n, sizeof *list, 0, spare);
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* Leaves of list those that share the upper bits of the one of rank *rank; how many. */
static size_t narrow(uint32_t *list, size_t n, size_t *rank)
{
    size_t counts[VALUES] = {0}, below = 0, kept = 0;
    uint32_t least = UINT32_MAX, most = 0, bucket = 0;
    unsigned shift = 0;
    for (size_t i = 0; i < n; i++) {
        least = list[i] < least ? list[i] : least;
        most = list[i] > most ? list[i] : most;
    }
    while ((most - least) >> shift >= VALUES)
        shift++;
    for (size_t i = 0; i < n; i++)
        counts[(list[i] - least) >> shift]++;
    for (; below + counts[bucket] <= *rank; bucket++)
        below += counts[bucket];
    for (size_t i = 0; i < n; i++) {
        list[kept] = list[i];
        kept += (list[i] - least) >> shift == bucket;
    }
    *rank -= below;
    return shift ? kept : 1;
}

uint32_t sort_median(const uint32_t *list, size_t n, uint32_t *spare)
{
    size_t rank = (n - 1) / 2, left = n, not_above = 0;
    uint32_t next = UINT32_MAX;
    memcpy(spare, list, n * sizeof *list);
    while (left > FEW)
        left = narrow(spare, left, &rank);
    rank = left == 1 ? 0 : rank;
    qsort(spare, left, sizeof *spare, by_size);
    uint32_t low = spare[rank];
    for (size_t i = 0; i < n; i++) {
        not_above += list[i] <= low;
        next = list[i] > low && list[i] < next ? list[i] : next;
    }
    return not_above > n / 2 ? low : (uint32_t)(((uint64_t)low + next) / 2);
}
