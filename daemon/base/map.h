/*
 * map.h - numbers to numbers: 64-bit keys, 32-bit values, open addressing.
 *
 * For counting over many rows. Nothing is taken out. Keys are never 0. One thread at a time.
 */
#ifndef DUPD_MAP_H
#define DUPD_MAP_H

#include <stddef.h>
#include <stdint.h>

struct map_slot {
    uint64_t key;            /* 0 for an empty one */
    uint32_t value;
};

struct map {
    struct map_slot *slots;  /* owned; mask + 1 of them; NULL to begin with */
    size_t mask, n;
    uint64_t factor;         /* odd; of this table */
    unsigned shift;
};

void map_init(struct map *map);
void map_done(struct map *map);
/* The value of a key, made 0 when it was not there (*ret_new 1). Valid until the next map_put.
 * NULL: out of memory, nothing changed. */
uint32_t *map_put(struct map *map, uint64_t key, int *ret_new);
size_t map_bytes(const struct map *map);

/* The slot of a key, or the empty one where it would stand (Dietzfelbinger 1997, multiply and shift). */
static inline struct map_slot *map_slot(const struct map *map, uint64_t key)
{
    size_t at = (size_t)(key * map->factor >> map->shift);
    while (map->slots[at].key && map->slots[at].key != key)
        at = (at + 1) & map->mask;
    return &map->slots[at];
}

/* The value of a key, or NULL. */
static inline const uint32_t *map_get(const struct map *map, uint64_t key)
{
    if (!map->slots)
        return NULL;
    const struct map_slot *slot = map_slot(map, key);
    return slot->key ? &slot->value : NULL;
}

#endif
