/*
 * What is added to the index, with its log, and all of it at start. Invariant:
 * every posting stands in the log or in a segment that is complete.
 *
 *   row of the log = checksum u32, groups; group = number u32, count u16, as many keys of 5 bytes
 *   under the generation of the memory table u32 and the row's number in it u32
 */
#include <lmdb.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "store/postings.h"

#define ROW_HEAD 4
#define GROUP_HEAD 6
#define FENCE_SHARE 4 /* keys to be read for one chunk that gets a fence */

int tiers_new(struct store *store, uint64_t bytes)
{
    struct tiers *t = calloc(1, sizeof *t);
    if (!t)
        return DUP_ENOMEM;
    t->table_bytes = bytes / 2; /* there are two: the newest postings, and those before them */
    t->generation = 1;
    t->reader.store = store;
    lock_init(&t->shown.lock);
    store->tiers = t;
    t->active = index_new(t->table_bytes);
    return t->active ? 0 : DUP_ENOMEM;
}

void tiers_free(struct store *store)
{
    struct tiers *t = store->tiers;
    if (!t)
        return;
    for (int i = 0; i < SEGMENTS_MAX; i++) {
        if (t->cursors[i])
            mdb_cursor_close(t->cursors[i]);
        filter_free(t->segments[i].filter);
        segment_unfence(&t->segments[i]);
    }
    if (t->reader.txn)
        mdb_txn_abort(t->reader.txn);
    index_free(t->active);
    index_free(t->frozen);
    index_free(t->spare);
    pthread_rwlock_destroy(&t->shown.lock);
    free(t);
    store->tiers = NULL;
}

/* ---- adding ------------------------------------------------------------------- */

static int write_row(struct store *store)
{
    struct tiers *t = store->tiers;
    unsigned char key[8];
    if (t->row_len <= ROW_HEAD)
        return 0;
    put_be32(key, t->generation);
    put_be32(key + 4, t->log_row);
    uint32_t sum = (uint32_t)XXH3_64bits_withSeed(t->row + ROW_HEAD, t->row_len - ROW_HEAD, t->log_row);
    memcpy(t->row, &sum, sizeof sum);
    int r = table_put(store, TABLE_POSTINGS, key, sizeof key, t->row, t->row_len, MDB_APPEND);
    t->log_row++;
    t->row_len = 0;
    return r;
}

int store_post(struct store *store, const uint64_t *values, size_t n, uint32_t num)
{
    struct tiers *t = store->tiers;
    for (size_t i = 0; i < n; i++) {
        int r = index_add(t->active, value_key(values[i]), num);
        if (r < 0)
            return r;
    }
    for (size_t i = 0; i < n;) {
        if (t->row_len + GROUP_HEAD + KEY_BYTES > sizeof t->row) {
            int r = write_row(store);
            if (r < 0)
                return r;
        }
        if (!t->row_len)
            t->row_len = ROW_HEAD;
        size_t room = (sizeof t->row - t->row_len - GROUP_HEAD) / KEY_BYTES;
        uint16_t count = (uint16_t)(n - i < room ? n - i : room);
        unsigned char *to = t->row + t->row_len;
        memcpy(to, &num, sizeof num);
        memcpy(to + sizeof num, &count, sizeof count);
        for (uint16_t k = 0; k < count; k++, i++) {
            uint64_t key = value_key(values[i]);
            memcpy(to + GROUP_HEAD + (size_t)k * KEY_BYTES, &key, KEY_BYTES);
        }
        t->row_len += GROUP_HEAD + (size_t)count * KEY_BYTES;
    }
    t->added += n;
    return 0;
}

int tiers_commit(struct store *store)
{
    return write_row(store);
}

/* ---- at start ------------------------------------------------------------------ */

static uint64_t logged_key(const unsigned char *keys, uint32_t i)
{
    uint64_t key = 0;
    memcpy(&key, keys + (size_t)i * KEY_BYTES, KEY_BYTES);
    return key;
}

static int load_group(struct index *index, const unsigned char *keys, uint32_t n, uint32_t num)
{
    int r = 0;
    for (uint32_t i = 0; i < n; i++) /* the table is far larger than any cache: its lines are fetched together */
        index_prefetch(index, logged_key(keys, i));
    for (uint32_t i = 0; r == 0 && i < n; i++) {
        uint64_t key = logged_key(keys, i);
        while ((r = index_add(index, key, num)) == DUP_EBUSY)
            if ((r = index_begin(index)) < 0)
                return r;
    }
    index_keep(index);
    return r;
}

int postings_row_is_good(const MDB_val *key, const MDB_val *data)
{
    const unsigned char *bytes = data->mv_data;
    uint32_t sum;
    if (key->mv_size != 8 || data->mv_size < ROW_HEAD)
        return 0;
    memcpy(&sum, bytes, sizeof sum);
    return sum == (uint32_t)XXH3_64bits_withSeed(bytes + ROW_HEAD, data->mv_size - ROW_HEAD,
                                                 get_be32((const unsigned char *)key->mv_data + 4));
}

static int load_row(struct index *index, const MDB_val *key, const MDB_val *data)
{
    const unsigned char *at = data->mv_data, *end = at + data->mv_size;
    uint32_t num;
    uint16_t n;
    if (!postings_row_is_good(key, data))
        return DUP_ECORRUPT;
    at += ROW_HEAD;
    while (at < end) {
        if (end - at < GROUP_HEAD)
            return DUP_ECORRUPT;
        memcpy(&num, at, sizeof num);
        memcpy(&n, at + sizeof num, sizeof n);
        at += GROUP_HEAD;
        if ((size_t)(end - at) < (size_t)n * KEY_BYTES)
            return DUP_ECORRUPT;
        int r = load_group(index, at, n, num);
        if (r < 0)
            return r;
        at += (size_t)n * KEY_BYTES;
    }
    return 0;
}

/* The log from the first generation that is not sealed on: one is active, of two the first is frozen. */
static int load_log(struct store *store, struct view *view)
{
    struct tiers *t = store->tiers;
    unsigned char start[8];
    MDB_cursor *cursor;
    MDB_val key = {sizeof start, start}, data;
    int r = 0, code = mdb_cursor_open(view->txn, store->tables[TABLE_POSTINGS], &cursor);
    if (code != 0)
        return store_code(store, code);
    put_be32(start, t->sealed + 1);
    put_be32(start + 4, 0);
    t->generation = t->sealed + 1;
    for (code = mdb_cursor_get(cursor, &key, &data, MDB_SET_RANGE); code == 0 && r == 0;
         code = mdb_cursor_get(cursor, &key, &data, MDB_NEXT)) {
        uint32_t generation = key.mv_size == 8 ? get_be32(key.mv_data) : 0;
        if (generation == t->generation + 1 && !t->frozen && (r = tiers_freeze(store)) < 0)
            break;
        r = generation == t->generation ? load_row(t->active, &key, &data) : DUP_ECORRUPT;
        t->log_row = t->log_row_committed = get_be32((const unsigned char *)key.mv_data + 4) + 1;
    }
    mdb_cursor_close(cursor);
    /* A table that was being sealed takes nothing more: part of it is written. */
    if (r == 0 && tiers_building(t, 0, 0) >= 0 && !t->frozen)
        r = tiers_freeze(store);
    return r < 0 ? r : code == MDB_NOTFOUND ? 0 : DUP_ECORRUPT;
}

int tiers_load(struct store *store)
{
    struct tiers *t = store->tiers;
    struct view *view;
    MDB_val data;
    int r = store_snapshot(store, &view);
    if (r < 0)
        return r;
    r = table_get(view, TABLE_SETTINGS, "sealed", 6, &data);
    if (r == 0 && data.mv_size == sizeof t->sealed)
        memcpy(&t->sealed, data.mv_data, sizeof t->sealed);
    else if (r != DUP_ENOENT)
        r = r < 0 ? r : DUP_ECORRUPT;
    if (r == DUP_ENOENT || r == 0)
        r = segment_read_all(view, t->segments);
    if (r == 0)
        r = load_log(store, view);
    for (unsigned i = 0; r == 0 && i < SEGMENTS_MAX; i++) {
        struct segment *s = &t->segments[i];
        uint64_t keys = s->state == SEGMENT_BUILDING && !s->inputs ? index_count(t->frozen) : s->postings;
        if (s->state != SEGMENT_LIVE && s->state != SEGMENT_BUILDING)
            continue;
        for (unsigned k = 0; k < SEGMENTS_MAX; k++)
            keys += s->inputs >> k & 1 ? t->segments[k].postings : 0;
        s->filter = filter_new(store->dir, keys);
        s->filling = 1;
        r = s->filter ? 0 : DUP_ENOMEM;
    }
    store_release(view);
    tiers_show(store);
    return r;
}

static int next_to_fill(const struct tiers *t, unsigned *ret_place)
{
    for (*ret_place = 0; *ret_place < SEGMENTS_MAX; ++*ret_place)
        if (t->segments[*ret_place].filling && t->segments[*ret_place].filter)
            return 1;
    return 0;
}

static int next_to_fence(const struct tiers *t, unsigned *ret_place)
{
    for (*ret_place = 0; *ret_place < SEGMENTS_MAX; ++*ret_place)
        if (t->segments[*ret_place].state == SEGMENT_LIVE && !t->segments[*ret_place].fences && !t->segments[*ret_place].fenceless)
            return 1;
    return 0;
}

int tiers_unready(const struct tiers *t)
{
    unsigned place;
    return next_to_fill(t, &place) || next_to_fence(t, &place);
}

/*
 * Reading all segments takes seconds where there are many: a start does not wait for it. Until a filter is whole
 * its segment is asked without it. What is written meanwhile goes into the filter as ever.
 */
int tiers_make_ready(struct store *store, uint64_t max)
{
    struct view *view;
    unsigned place = 0;
    int fences = 0, next = next_to_fill(store->tiers, &place);
    if (!next && !store->read_only)
        fences = next = next_to_fence(store->tiers, &place);
    if (!next)
        return 0;
    struct segment *s = &store->tiers->segments[place];
    int r = store_snapshot(store, &view);
    if (r < 0)
        return r;
    if (fences)
        segment_fence(view, place, s, max / FENCE_SHARE);
    else
        r = segment_fill_filter(view, place, s, max);
    store_release(view);
    tiers_show(store);
    return r < 0 ? r : 1;
}

void tiers_moved(struct store *store)
{
    for (unsigned i = 0; i < SEGMENTS_MAX; i++)
        segment_unfence(&store->tiers->segments[i]);
    tiers_show(store);
}

int store_load_index(struct store *store, struct err *err)
{
    int r = tiers_load(store);
    if (r == 0)
        r = ids_load(store);
    for (int more = 1; r == 0 && more && store->read_only; r = more < 0 ? more : 0)
        more = tiers_make_ready(store, UINT64_MAX);
    if (r == 0 && store->read_only)
        r = tiers_open_reader(store);
    return r < 0 ? err_set(err, r, "the index of %s cannot be read: %s", store->dir, dup_strerror(r)) : 0;
}
