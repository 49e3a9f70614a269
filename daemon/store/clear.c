/*
 * Clearing: what of the index is no longer needed goes row by row, the log of a table that has become a segment,
 * and segments that were merged or of which all has expired. Invariant: such a segment is marked before
 * the first row of it goes, and nothing is looked up in it from then on.
 */
#include <lmdb.h>

#include "store/postings.h"

#define ROW_SHARE 64 /* postings of a step for each row cleared in one */
#define ROW_LOOKS 2  /* rows cleared between two looks at the clock */

/* Takes out rows from the table's beginning, up to a key of which the first bytes are more than limit. 1: there may be more. */
static int clear_rows(struct step *step, enum table table, uint32_t limit)
{
    struct store *store = step->store;
    uint64_t max = step->left / ROW_SHARE;
    MDB_cursor *cursor;
    MDB_val key, data;
    int more = 1, code = mdb_cursor_open(store->writer.txn, store->tables[table], &cursor);
    if (code != 0)
        return store_code(store, code);
    for (uint64_t n = 0; n < max && more && !(n && n % ROW_LOOKS == 0 && step_is_late(step)); n++) {
        code = mdb_cursor_get(cursor, &key, &data, MDB_FIRST);
        more = code == 0 && get_be32(key.mv_data) <= limit;
        if (more && (code = mdb_cursor_del(cursor, 0)) != 0)
            break;
    }
    mdb_cursor_close(cursor);
    return code == 0 || code == MDB_NOTFOUND ? more : store_code(store, code);
}

static int clear_segment(struct step *step, unsigned place)
{
    struct tiers *t = step->tiers;
    int more = clear_rows(step, (enum table)(TABLE_SEGMENT_0 + place), UINT32_MAX);
    if (more)
        return more < 0 ? more : 0;
    struct segment gone = {0};
    int r = segment_write_row(step->store, place, &gone);
    if (r == 0)
        t->segments[place].state = SEGMENT_FREE;
    return r;
}

static int clear_log(struct step *step)
{
    struct tiers *t = step->tiers;
    int more = clear_rows(step, TABLE_POSTINGS, t->sealed);
    if (more == 0)
        t->cleared = t->sealed;
    return more < 0 ? more : 0;
}

static int doomed(const struct tiers *t)
{
    for (int i = 0; i < SEGMENTS_MAX; i++)
        if (t->segments[i].state == SEGMENT_DOOMED)
            return i;
    return -1;
}

/* A segment of which all has expired goes whole, unless a merge reads it. Its place; -1 for none. */
static int expired(const struct store *store)
{
    const struct tiers *t = store->tiers;
    uint64_t merging = 0;
    for (int i = 0; i < SEGMENTS_MAX; i++)
        merging |= t->segments[i].inputs;
    for (int i = 0; i < SEGMENTS_MAX; i++)
        if (t->segments[i].state == SEGMENT_LIVE && t->segments[i].last < store->counters.first_num && !(merging >> i & 1))
            return i;
    return -1;
}

static int doom_expired(struct step *step)
{
    int place, r = 0;
    while (r == 0 && (place = expired(step->store)) >= 0) {
        step->tiers->segments[place].state = SEGMENT_DOOMED;
        r = segment_write_row(step->store, (unsigned)place, &step->tiers->segments[place]);
    }
    return r;
}

int clear_pending(const struct store *store)
{
    return store->tiers->cleared < store->tiers->sealed || doomed(store->tiers) >= 0 || expired(store) >= 0;
}

int clear_step(struct step *step)
{
    int r = doom_expired(step), place = doomed(step->tiers);
    if (r == 0 && step->tiers->cleared < step->tiers->sealed)
        r = clear_log(step);
    else if (r == 0 && place >= 0)
        r = clear_segment(step, (unsigned)place);
    return r;
}
