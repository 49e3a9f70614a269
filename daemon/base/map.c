/*
 * A hash table with linear probing, at most two thirds full. Invariant: a key
 * stands in the run of full slots that begins at its own. Where that is
 * depends on the table's address, so that nobody can prepare keys that crowd.
 */
#include "base/map.h"

#include <stdlib.h>

#define LEAST_SLOTS 64u

void map_init(struct map *map)
{
    *map = (struct map){0};
}

void map_done(struct map *map)
{
    free(map->slots);
    map_init(map);
}

/* The finaliser of MurmurHash3 over the key and the table's address. */
static size_t slot_of(const struct map *map, uint64_t key)
{
    uint64_t h = key ^ (uint64_t)(uintptr_t)map->slots;
    h = (h ^ h >> 33) * UINT64_C(0xff51afd7ed558ccd);
    h = (h ^ h >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return (size_t)(h ^ h >> 33) & map->mask;
}

static struct map_slot *find(const struct map *map, uint64_t key)
{
    size_t at = slot_of(map, key);
    while (map->slots[at].key && map->slots[at].key != key)
        at = (at + 1) & map->mask;
    return &map->slots[at];
}

static int grow(struct map *map)
{
    size_t n = map->slots ? 2 * (map->mask + 1) : LEAST_SLOTS;
    struct map wider = {calloc(n, sizeof *wider.slots), n - 1, map->n};
    if (!wider.slots)
        return -1;
    for (size_t i = 0; map->slots && i <= map->mask; i++)
        if (map->slots[i].key)
            *find(&wider, map->slots[i].key) = map->slots[i];
    map_done(map);
    *map = wider;
    return 0;
}

uint32_t *map_put(struct map *map, uint64_t key, int *ret_new)
{
    if ((!map->slots || map->n * 3 >= (map->mask + 1) * 2) && grow(map) < 0)
        return NULL;
    struct map_slot *slot = find(map, key);
    *ret_new = slot->key == 0;
    if (*ret_new) {
        *slot = (struct map_slot){key, 0};
        map->n++;
    }
    return &slot->value;
}

const uint32_t *map_get(const struct map *map, uint64_t key)
{
    if (!map->slots)
        return NULL;
    const struct map_slot *slot = find(map, key);
    return slot->key ? &slot->value : NULL;
}

void map_prefetch(const struct map *map, uint64_t key)
{
    if (map->slots)
        __builtin_prefetch(&map->slots[slot_of(map, key)]);
}

size_t map_bytes(const struct map *map)
{
    return map->slots ? (map->mask + 1) * sizeof *map->slots : 0;
}
