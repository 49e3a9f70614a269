/*
 * sort.h - many numbers in ascending order, in linear time.
 */
#ifndef DUPD_SORT_H
#define DUPD_SORT_H

#include <stddef.h>
#include <stdint.h>

/* A number with something that goes with it. */
struct sort_pair {
    uint64_t key, value;
};

/* Sort n of them, by the bits from bit on; those that are equal in these stay in the order in which they
 * came. spare has room for n more, and is left with anything. */
void sort_numbers(uint64_t *list, size_t n, unsigned bit, uint64_t *spare);
void sort_pairs(struct sort_pair *list, size_t n, struct sort_pair *spare); /* by all of the key */

/* The median of n numbers, at least one: of an even number the mean of the middle two, rounded down. spare as above. */
uint32_t sort_median(const uint32_t *list, size_t n, uint32_t *spare);

#endif
