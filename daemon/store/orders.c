/*
 * Orders: clusters by their latest member, their size, their earliest time, a
 * table each. Invariant: it holds exactly one row for each cluster of two
 * articles and more, made of the figures in its record. In the order of the
 * latest there are others beside it, of what were latest members once: a join
 * would change a page for the sake of each. Readers pass over them, and they
 * go with the article that they name.
 */
#include <lmdb.h>
#include <string.h>

#include "store/internal.h"

#define KEY_MAX 12
#define PASSED_MOST 1000u /* rows that are out of date, in one call */

/* Order of signed times as bytes. */
static uint64_t time_key(int64_t ms)
{
    return (uint64_t)ms ^ (UINT64_C(1) << 63);
}

size_t order_key(enum cluster_order order, const struct cluster *c, unsigned char *key)
{
    switch (order) {
    case ORDER_RECENT: put_be32(key, c->last); break;
    case ORDER_SIZE: put_be32(key, c->articles); break;
    case ORDER_FIRST:
    default: put_be64(key, time_key(c->first_time)); put_be32(key + 8, c->id); return 12;
    }
    put_be32(key + 4, c->id);
    return 8;
}

enum table order_table(enum cluster_order order)
{
    return order == ORDER_RECENT ? TABLE_RECENT : order == ORDER_SIZE ? TABLE_SIZE : TABLE_FIRST;
}

int cluster_is_listed(const struct cluster *c)
{
    return c->articles >= 2;
}

int order_row_is_of(enum cluster_order order, const MDB_val *key, const struct cluster *c)
{
    unsigned char expected[KEY_MAX];
    return cluster_is_listed(c) && order_key(order, c, expected) == key->mv_size &&
           memcmp(expected, key->mv_data, key->mv_size) == 0;
}

int orders_put(struct store *store, const struct cluster *old, const struct cluster *cluster)
{
    unsigned char was[KEY_MAX], is[KEY_MAX];
    int r = 0;
    for (enum cluster_order order = ORDER_RECENT; order <= ORDER_FIRST && r == 0; order++) {
        size_t was_len = order_key(order, old, was), is_len = order_key(order, cluster, is);
        int stood = cluster_is_listed(old), stands = cluster_is_listed(cluster);
        if (stood && stands && memcmp(was, is, is_len) == 0)
            continue;
        if (stood && order != ORDER_RECENT)
            r = table_del(store, order_table(order), was, was_len);
        if (r == 0 && stands)
            r = table_put(store, order_table(order), is, is_len, "", 0, 0);
    }
    return r == DUP_ENOENT ? DUP_ECORRUPT : r;
}

int recent_drop(struct store *store, uint32_t num)
{
    unsigned char start[8] = {0};
    MDB_cursor *cursor;
    MDB_val key = {sizeof start, start}, data;
    put_be32(start, num);
    int code = mdb_cursor_open(store->writer.txn, store->tables[TABLE_RECENT], &cursor);
    if (code != 0)
        return store_code(store, code);
    code = mdb_cursor_get(cursor, &key, &data, MDB_SET_RANGE);
    while (code == 0 && key.mv_size >= 4 && get_be32(key.mv_data) == num) {
        code = mdb_cursor_del(cursor, 0);
        if (code == 0)
            code = mdb_cursor_get(cursor, &key, &data, MDB_NEXT); /* the one after it, which stands in its place */
    }
    mdb_cursor_close(cursor);
    return code == 0 || code == MDB_NOTFOUND ? 0 : store_code(store, code);
}

/*
 * The cursor holds the key looked at last (its length in the last byte); the walk goes on below it,
 * whether or not that row still stands.
 */
int view_clusters(struct view *view, enum cluster_order order, struct cluster_cursor *position,
                  size_t max, struct cluster *ret)
{
    MDB_cursor *cursor;
    MDB_val key = {position->bytes[15], position->bytes}, data;
    size_t n = 0;
    if (position->bytes[15] > 12)
        return DUP_EINVAL;
    int code = mdb_cursor_open(view->txn, view->store->tables[order_table(order)], &cursor);
    if (code != 0)
        return store_code(view->store, code);
    if (key.mv_size == 0) {
        code = mdb_cursor_get(cursor, &key, &data, MDB_LAST);
    } else {
        code = mdb_cursor_get(cursor, &key, &data, MDB_SET_RANGE);
        if (code == 0 || code == MDB_NOTFOUND)
            code = mdb_cursor_get(cursor, &key, &data, code == 0 ? MDB_PREV : MDB_LAST);
    }
    int r = 0;
    uint32_t known = 0, passed = 0; /* whose record is in ret[n]; 0 for none */
    for (; code == 0 && n < max && passed < PASSED_MOST; code = mdb_cursor_get(cursor, &key, &data, MDB_PREV)) {
        memset(position->bytes, 0, sizeof position->bytes);
        memcpy(position->bytes, key.mv_data, key.mv_size < 15 ? key.mv_size : 15);
        position->bytes[15] = (unsigned char)key.mv_size;
        uint32_t id = get_be32((const unsigned char *)key.mv_data + key.mv_size - 4);
        if (!known || id != known)
            r = view_cluster(view, id, &ret[n]);
        known = r == 0 ? id : 0;
        if (order == ORDER_RECENT && (r == DUP_ENOENT || (r == 0 && !order_row_is_of(order, &key, &ret[n])))) {
            r = 0;
            passed++;
        } else if (r < 0) {
            break;
        } else {
            n++;
            known = 0;
        }
    }
    mdb_cursor_close(cursor);
    if (r < 0)
        return r == DUP_ENOENT ? DUP_ECORRUPT : r;
    if (code == 0 && n == 0 && passed)
        return DUP_EBUSY;
    return code == 0 || code == MDB_NOTFOUND ? (int)n : store_code(view->store, code);
}
