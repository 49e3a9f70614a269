/*
 * A hash table with linear probing, at most half full. Invariant: a key
 * stands in the run of full slots that begins at its own. Where that is
 * depends on the table's address, so that nobody can prepare keys that crowd.
 */
#include "base/map.h"

#include <stdlib.h>

#define LEAST_BITS 6u

void map_init(struct map *map)
{
    *map = (struct map){0};
}

void map_done(struct map *map)
{
    free(map->slots);
    map_init(map);
}

/* The finaliser of MurmurHash3. */
static uint64_t mix(uint64_t h)
{
    h = (h ^ h >> 33) * UINT64_C(0xff51afd7ed558ccd);
    h = (h ^ h >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return h ^ h >> 33;
}

static int grow(struct map *map)
{
    unsigned shift = map->slots ? map->shift - 1 : 64 - LEAST_BITS;
    size_t n = (size_t)1 << (64 - shift);
    struct map wider = {.slots = calloc(n, sizeof *wider.slots), .mask = n - 1, .n = map->n, .shift = shift};
    if (!wider.slots)
        return -1;
    wider.factor = mix((uint64_t)(uintptr_t)wider.slots) | 1;
    for (size_t i = 0; map->slots && i <= map->mask; i++)
        if (map->slots[i].key)
            *map_slot(&wider, map->slots[i].key) = map->slots[i];
    map_done(map);
    *map = wider;
    return 0;
}

uint32_t *map_put(struct map *map, uint64_t key, int *ret_new)
{
    if ((!map->slots || map->n * 2 >= map->mask + 1) && grow(map) < 0)
        return NULL;
    struct map_slot *slot = map_slot(map, key);
    *ret_new = slot->key == 0;
    if (*ret_new) {
        *slot = (struct map_slot){key, 0};
        map->n++;
    }
    return &slot->value;
}

size_t map_bytes(const struct map *map)
{
    return map->slots ? (map->mask + 1) * sizeof *map->slots : 0;
}
