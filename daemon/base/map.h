/*
 * map.h - numbers to numbers: 64-bit keys, 32-bit values, open addressing.
 *
 * For counting over many rows. Nothing is taken out. Keys are never 0. One thread at a time.
 */
#ifndef DUPD_MAP_H
#define DUPD_MAP_H

#include <stddef.h>
#include <stdint.h>

struct map {
    uint64_t *keys;    /* owned; mask + 1 slots, 0 for an empty one */
    uint32_t *values;  /* owned */
    size_t mask, n;    /* no slots yet: mask 0, keys NULL */
};

void map_init(struct map *map);
void map_done(struct map *map);
/* The value of a key, made 0 when it was not there (*ret_new 1). Valid until the next map_put.
 * NULL: out of memory, nothing changed. */
uint32_t *map_put(struct map *map, uint64_t key, int *ret_new);
/* The value of a key, or NULL. */
const uint32_t *map_get(const struct map *map, uint64_t key);
size_t map_bytes(const struct map *map);

#endif
