/*
 * Clusters: records, members, outlets, aliases. Invariant: what belongs to a
 * cluster stands side by side, and its record counts it.
 */
#include <lmdb.h>
#include <stddef.h>
#include <string.h>
#include <xxhash.h>

#include "store/rows.h"

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

int store_put_cluster(struct store *store, const struct cluster *cluster)
{
    struct cluster old = {0};
    unsigned char key[ROW_PREFIX];
    int r = view_cluster(&store->writer, cluster->id, &old);
    int existed = r == 0, exists = cluster->articles > 0 || cluster->links > 0;
    if (r < 0 && r != DUP_ENOENT)
        return r;
    if ((r = orders_put(store, &old, cluster)) < 0)
        return r;
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
