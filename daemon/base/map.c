/*
 * A hash table with linear probing, at most two thirds full. Invariant: a key
 * stands in the run of full slots that begins at its own. Where that is
 * depends on the table's address, so that nobody can prepare keys that crowd.
 */
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

#define LEAST_SLOTS 64u

void map_init(struct map *map)
{
    *map = (struct map){0};
}

void map_done(struct map *map)
{
    free(map->keys);
    free(map->values);
    map_init(map);
}

/* The finaliser of MurmurHash3 over the key and the table's address. */
static size_t slot_of(const struct map *map, uint64_t key)
{
    uint64_t h = key ^ (uint64_t)(uintptr_t)map->keys;
    h = (h ^ h >> 33) * UINT64_C(0xff51afd7ed558ccd);
    h = (h ^ h >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return (size_t)(h ^ h >> 33) & map->mask;
}

static size_t find(const struct map *map, uint64_t key)
{
    size_t at = slot_of(map, key);
    while (map->keys[at] && map->keys[at] != key)
        at = (at + 1) & map->mask;
    return at;
}

static int grow(struct map *map)
{
    size_t slots = map->keys ? 2 * (map->mask + 1) : LEAST_SLOTS;
    struct map wider = {calloc(slots, sizeof *wider.keys), malloc(slots * sizeof *wider.values), slots - 1, map->n};
    if (!wider.keys || !wider.values) {
        map_done(&wider);
        return -1;
    }
    for (size_t i = 0; map->keys && i <= map->mask; i++) {
        if (!map->keys[i])
            continue;
        size_t at = find(&wider, map->keys[i]);
        wider.keys[at] = map->keys[i];
        wider.values[at] = map->values[i];
    }
    map_done(map);
    *map = wider;
    return 0;
}

uint32_t *map_put(struct map *map, uint64_t key, int *ret_new)
{
    if ((!map->keys || map->n * 3 >= (map->mask + 1) * 2) && grow(map) < 0)
        return NULL;
    size_t at = find(map, key);
    *ret_new = map->keys[at] == 0;
    if (*ret_new) {
        map->keys[at] = key;
        map->values[at] = 0;
        map->n++;
    }
    return &map->values[at];
}

const uint32_t *map_get(const struct map *map, uint64_t key)
{
    if (!map->keys)
        return NULL;
    size_t at = find(map, key);
    return map->keys[at] ? &map->values[at] : NULL;
}

size_t map_bytes(const struct map *map)
{
    return map->keys ? (map->mask + 1) * (sizeof *map->keys + sizeof *map->values) : 0;
}
