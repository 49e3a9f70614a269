/*
 * Clusters: records, members, outlets, orders, aliases. Invariant: the order
 * tables hold exactly one row for each cluster of two articles and more, made
 * of the figures in its record.
 */
#include <lmdb.h>
#include <stddef.h>
#include <string.h>
#include <xxhash.h>

#include "store/rows.h"

/* Order of signed times as bytes. */
static uint64_t time_key(int64_t ms)
{
    return (uint64_t)ms ^ (UINT64_C(1) << 63);
}

/* Checksum of a cluster's record as its bytes stand in the table: the sum itself comes last. */
static uint32_t record_sum(const void *record, uint32_t id)
{
    return (uint32_t)XXH3_64bits_withSeed(record, offsetof(struct cluster, sum), id);
}

int cluster_read(uint32_t id, const MDB_val *data, struct cluster *ret)
{
    if (data->mv_size != sizeof *ret)
        return DUP_ECORRUPT;
    memcpy(ret, data->mv_data, sizeof *ret);
    return ret->id == id && ret->n_heads <= LIMIT_HEADS && ret->sum == record_sum(data->mv_data, id) ? 0 : DUP_ECORRUPT;
}

int view_cluster(struct view *view, uint32_t id, struct cluster *ret)
{
    unsigned char key[ROW_PREFIX];
    MDB_val data;
    int r = table_get(view, TABLE_CLUSTERS, key, row_record(key, id), &data);
    return r < 0 ? r : cluster_read(id, &data, ret);
}

int alias_read(struct view *view, uint32_t from, uint32_t *ret_to)
{
    unsigned char key[4];
    MDB_val data;
    put_be32(key, from);
    int r = table_get(view, TABLE_ALIASES, key, sizeof key, &data);
    if (r < 0)
        return r;
    const unsigned char *bytes = data.mv_data;
    if (data.mv_size != 8 || get_be32(bytes + 4) != (uint32_t)XXH3_64bits_withSeed(bytes, 4, from))
        return DUP_ECORRUPT;
    *ret_to = get_be32(bytes);
    return 0;
}

uint32_t view_cluster_id(struct view *view, uint32_t id)
{
    int r = 0;
    /* An alias points to a cluster that stood then; merging may have moved that one too. */
    for (int hops = 0; hops < ALIAS_HOPS && r == 0; hops++)
        r = alias_read(view, id, &id);
    if (r < 0 && r != DUP_ENOENT)
        view->failed = r;
    return id;
}

int store_put_alias(struct store *store, uint32_t from, uint32_t to)
{
    unsigned char key[4], data[8];
    put_be32(key, from);
    put_be32(data, to);
    put_be32(data + 4, (uint32_t)XXH3_64bits_withSeed(data, 4, from));
    ledger_note(store, from);
    return table_put(store, TABLE_ALIASES, key, sizeof key, data, sizeof data, 0);
}

int store_del_alias(struct store *store, uint32_t from)
{
    unsigned char key[4];
    put_be32(key, from);
    ledger_note(store, from);
    int r = table_del(store, TABLE_ALIASES, key, sizeof key);
    return r == DUP_ENOENT ? 0 : r;
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

int store_put_cluster(struct store *store, const struct cluster *cluster)
{
    struct cluster old = {0};
    unsigned char key[ROW_PREFIX], was[12], is[12];
    int r = view_cluster(&store->writer, cluster->id, &old);
    int existed = r == 0, exists = cluster->articles > 0 || cluster->links > 0;
    if (r < 0 && r != DUP_ENOENT)
        return r;
    for (int order = ORDER_RECENT; order <= ORDER_FIRST; order++) {
        size_t was_len = order_key((enum cluster_order)order, &old, was);
        size_t is_len = order_key((enum cluster_order)order, cluster, is);
        int same = cluster_is_listed(&old) && cluster_is_listed(cluster) && memcmp(was, is, is_len) == 0;
        if (same)
            continue;
        r = cluster_is_listed(&old) ? table_del(store, order_table((enum cluster_order)order), was, was_len) : 0;
        if (r == 0 && cluster_is_listed(cluster))
            r = table_put(store, order_table((enum cluster_order)order), is, is_len, "", 0, 0);
        if (r < 0)
            return r == DUP_ENOENT ? DUP_ECORRUPT : r;
    }
    store->counters.clusters += (uint64_t)(exists - existed);
    if (exists != existed || old.first != cluster->first || old.source != cluster->source ||
        old.source_kind != cluster->source_kind)
        ledger_note(store, cluster->id);
    unsigned char record[sizeof *cluster];
    memcpy(record, cluster, sizeof record);
    uint32_t sum = record_sum(record, cluster->id);
    memcpy(record + offsetof(struct cluster, sum), &sum, sizeof sum);
    row_record(key, cluster->id);
    if (exists)
        return table_put(store, TABLE_CLUSTERS, key, sizeof key, record, sizeof record, 0);
    return existed ? table_del(store, TABLE_CLUSTERS, key, sizeof key) : 0;
}

/* Adds by to the outlet's count; *ret_change: +1 when it appeared, -1 when it went. */
static int count_outlet(struct store *store, uint32_t cluster, uint64_t outlet, int by, int *ret_change)
{
    unsigned char key[ROW_MAX];
    size_t key_len = row_outlet(key, cluster, outlet);
    MDB_val data;
    uint32_t count = 0;
    *ret_change = 0;
    if (!outlet)
        return 0;
    int r = table_get(&store->writer, TABLE_CLUSTERS, key, key_len, &data);
    if (r == 0 && data.mv_size == sizeof count)
        memcpy(&count, data.mv_data, sizeof count);
    else if (r != DUP_ENOENT)
        return r < 0 ? r : DUP_ECORRUPT;
    uint32_t now = count + (uint32_t)by;
    *ret_change = (now > 0) - (count > 0);
    return now ? table_put(store, TABLE_CLUSTERS, key, key_len, &now, sizeof now, 0)
               : table_del(store, TABLE_CLUSTERS, key, key_len);
}

int store_add_member(struct store *store, uint32_t cluster, uint32_t num, enum member_kind kind,
                     uint64_t outlet, uint32_t *outlets)
{
    unsigned char key[ROW_MAX], byte = (unsigned char)kind;
    size_t key_len = row_member(key, cluster, num);
    MDB_val data;
    int change = 0;
    int r = table_get(&store->writer, TABLE_CLUSTERS, key, key_len, &data);
    if (r == 0)
        return DUP_EINVAL;
    if (r == DUP_ENOENT)
        r = table_put(store, TABLE_CLUSTERS, key, key_len, &byte, 1, 0);
    if (r == 0 && kind == MEMBER_ARTICLE)
        r = count_outlet(store, cluster, outlet, 1, &change);
    if (r < 0)
        return r;
    store->counters.members++;
    if (outlets)
        *outlets += (uint32_t)change;
    return 0;
}

int store_del_member(struct store *store, uint32_t cluster, uint32_t num, enum member_kind kind,
                     uint64_t outlet, uint32_t *outlets)
{
    unsigned char key[ROW_MAX];
    int change = 0;
    int r = table_del(store, TABLE_CLUSTERS, key, row_member(key, cluster, num));
    if (r == 0 && kind == MEMBER_ARTICLE)
        r = count_outlet(store, cluster, outlet, -1, &change);
    if (r < 0)
        return r;
    store->counters.members--;
    if (outlets)
        *outlets += (uint32_t)change;
    return 0;
}

int view_members(struct view *view, uint32_t cluster, uint32_t after, size_t max,
                 uint32_t *ret_nums, enum member_kind *ret_kinds)
{
    unsigned char start[ROW_MAX];
    MDB_cursor *cursor;
    MDB_val key = {row_member(start, cluster, after + 1), start}, data;
    size_t n = 0;
    if (after == UINT32_MAX)
        return 0;
    int code = mdb_cursor_open(view->txn, view->store->tables[TABLE_CLUSTERS], &cursor);
    if (code != 0)
        return store_code(view->store, code);
    code = max ? mdb_cursor_get(cursor, &key, &data, MDB_SET_RANGE) : MDB_NOTFOUND;
    while (code == 0 && n < max && row_is(key.mv_data, key.mv_size, cluster, ROW_MEMBER)) {
        if (key.mv_size != ROW_PREFIX + 4 || data.mv_size != 1 || *(const unsigned char *)data.mv_data > MEMBER_LINK) {
            mdb_cursor_close(cursor);
            return DUP_ECORRUPT;
        }
        ret_nums[n] = get_be32((const unsigned char *)key.mv_data + ROW_PREFIX);
        ret_kinds[n++] = (enum member_kind)*(const unsigned char *)data.mv_data;
        code = mdb_cursor_get(cursor, &key, &data, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    return code == 0 || code == MDB_NOTFOUND ? (int)n : store_code(view->store, code);
}

int view_has_outlet(struct view *view, uint32_t cluster, uint64_t outlet)
{
    unsigned char key[ROW_MAX];
    MDB_val data;
    int r = table_get(view, TABLE_CLUSTERS, key, row_outlet(key, cluster, outlet), &data);
    return r == 0 ? 1 : r == DUP_ENOENT ? 0 : r;
}

/*
 * The cursor holds the key returned last (its length in the last byte); the walk goes on below it,
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
    while (code == 0 && n < max) {
        memset(position->bytes, 0, sizeof position->bytes);
        memcpy(position->bytes, key.mv_data, key.mv_size < 15 ? key.mv_size : 15);
        position->bytes[15] = (unsigned char)key.mv_size;
        uint32_t id = get_be32((const unsigned char *)key.mv_data + key.mv_size - 4);
        r = view_cluster(view, id, &ret[n]);
        if (r < 0)
            break;
        n++;
        code = mdb_cursor_get(cursor, &key, &data, MDB_PREV);
    }
    mdb_cursor_close(cursor);
    if (r < 0)
        return r == DUP_ENOENT ? DUP_ECORRUPT : r;
    return code == 0 || code == MDB_NOTFOUND ? (int)n : store_code(view->store, code);
}
