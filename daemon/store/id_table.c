/*
 * The table of id_table.h: entries in the order of numbers, chained by the first bits of their hashes. Invariant: a
 * chain goes from the latest to the first, so that taking out the latest leaves the table as it was before it.
 */
#include <stdlib.h>

#include "base/err.h"
#include "store/id_table.h"

#define ENTRIES_MIN 64u

uint32_t id_table_heads(const struct id_table *t)
{
    return t->heads ? UINT32_C(1) << t->bits : 0;
}

int id_table_new(uint32_t base, uint32_t ids, struct id_table *ret)
{
    *ret = (struct id_table){.base = base, .bits = 1};
    while (ret->bits < 31 && UINT32_C(1) << ret->bits < ids)
        ret->bits++;
    ret->heads = calloc((size_t)1 << ret->bits, sizeof *ret->heads);
    return ret->heads ? 0 : DUP_ENOMEM;
}

void id_table_free(struct id_table *t)
{
    free(t->heads);
    free(t->entries);
    *t = (struct id_table){0};
}

int id_table_add(struct id_table *t, const uint64_t *hash)
{
    if (t->n == t->room) {
        uint32_t room = t->room ? t->room * 2 : ENTRIES_MIN;
        struct id_entry *entries = realloc(t->entries, room * sizeof *entries);
        if (!entries)
            return DUP_ENOMEM;
        t->entries = entries;
        t->room = room;
    }
    struct id_entry *entry = &t->entries[t->n++];
    *entry = (struct id_entry){0};
    if (hash) {
        uint32_t *head = &t->heads[*hash >> (64 - t->bits)];
        *entry = (struct id_entry){.hash = *hash, .before = *head};
        *head = t->n;
    }
    return 0;
}

void id_table_cut(struct id_table *t, uint32_t n)
{
    for (; t->n > n; t->n--) {
        const struct id_entry *entry = &t->entries[t->n - 1];
        t->heads[entry->hash >> (64 - t->bits)] = entry->before;
    }
}

uint32_t id_table_find(const struct id_table *t, uint64_t hash, uint32_t before)
{
    uint32_t at = before ? t->entries[before - 1].before : t->heads ? t->heads[hash >> (64 - t->bits)] : 0;
    while (at && t->entries[at - 1].hash != hash)
        at = t->entries[at - 1].before;
    return at;
}
