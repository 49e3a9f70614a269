/*
 * id_table.h - hashes of the ids of articles that came one after the other, in memory: twenty bytes an id.
 * They are found by hash and walked in the order of their hashes.
 */
#ifndef DUPD_STORE_ID_TABLE_H
#define DUPD_STORE_ID_TABLE_H

#include <stdint.h>

/* The ids of the articles base + 1 to base + n; all nought is one that holds none and takes none. */
struct id_table {
    uint32_t base, n, room;
    unsigned bits;
    uint32_t *heads;       /* owned; 1 << bits, by the first bits of a hash: the latest entry, from 1; 0: none */
    struct id_entry {
        uint64_t hash;
        uint32_t before;   /* the entry before it of the same first bits, from 1; 0: none */
        uint32_t changed;  /* the article's record is not what it was when it came */
    } *entries;            /* owned; in no chain is that of a number that no id leads to */
};

/* For so many ids, from base on; more make it slower. DUP_ENOMEM. */
int id_table_new(uint32_t base, uint32_t ids, struct id_table *ret);
void id_table_free(struct id_table *t);
/* Of the next number: the id with this hash, or none (NULL). DUP_ENOMEM, and nothing is changed. */
int id_table_add(struct id_table *t, const uint64_t *hash);
/* Takes the latest out again, back to n; each of them has an id. */
void id_table_cut(struct id_table *t, uint32_t n);
/* The latest entry with that hash, before one of them unless that is 0: from 1; 0: none. */
uint32_t id_table_find(const struct id_table *t, uint64_t hash, uint32_t before);
uint32_t id_table_heads(const struct id_table *t); /* how many */

#endif
