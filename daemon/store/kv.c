/*
 * The one way to LMDB's tables. Invariant: an LMDB code is translated here
 * and nowhere else, and a write that failed leaves the transaction doomed
 * with the first error remembered, so that no caller can commit half a change.
 */
#include "store/kv.h"

#include <assert.h>
#include <lmdb.h>

#include "store/internal.h"

int kv_error(struct store *store, int code)
{
    switch (code) {
    case MDB_SUCCESS: return 0;
    case MDB_NOTFOUND: return DUP_ENOENT;
    case MDB_MAP_FULL:
    case MDB_MAP_RESIZED:
        store->grow = 1;
        return DUP_EBUSY;
    case MDB_READERS_FULL:
    case MDB_TXN_FULL: return DUP_EBUSY;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_BAD_VALSIZE:
    case MDB_KEYEXIST:
    case MDB_CURSOR_FULL:
    case MDB_PAGE_FULL: return DUP_ECORRUPT;
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
    case MDB_INCOMPATIBLE: return DUP_EFORMAT;
    case MDB_BAD_TXN: return store->txn_error ? store->txn_error : DUP_EIO;
    default: return code > 0 ? err_from_errno(code) : DUP_EIO;
    }
}

static int write_error(struct store *store, int code)
{
    int r = kv_error(store, code);
    if (r < 0 && r != DUP_ENOENT && !store->txn_error)
        store->txn_error = r;
    return r;
}

static MDB_val val(const void *data, size_t len)
{
    return (MDB_val){.mv_size = len, .mv_data = (void *)(uintptr_t)data};
}

int kv_get(struct view *view, enum kv_table table, const void *key, size_t len, struct bytes *ret)
{
    MDB_val k = val(key, len), v;
    int rc = mdb_get(view->txn, view->store->dbi[table], &k, &v);
    if (rc == 0)
        *ret = (struct bytes){v.mv_data, v.mv_size};
    return kv_error(view->store, rc);
}

static int put(struct store *store, enum kv_table table, const void *key, size_t len,
               const void *value, size_t value_len, unsigned flags)
{
    assert(len <= KV_KEY_MAX && value_len <= KV_VALUE_MAX);
    MDB_val k = val(key, len), v = val(value, value_len);
    store->dirty = 1;
    return write_error(store, mdb_put(store->writer.txn, store->dbi[table], &k, &v, flags));
}

int kv_put(struct store *store, enum kv_table table, const void *key, size_t len,
           const void *value, size_t value_len)
{
    return put(store, table, key, len, value, value_len, 0);
}

int kv_append(struct store *store, enum kv_table table, const void *key, size_t len,
              const void *value, size_t value_len)
{
    return put(store, table, key, len, value, value_len, MDB_APPEND);
}

int kv_del(struct store *store, enum kv_table table, const void *key, size_t len)
{
    MDB_val k = val(key, len);
    store->dirty = 1;
    return write_error(store, mdb_del(store->writer.txn, store->dbi[table], &k, NULL));
}

uint64_t kv_count(struct view *view, enum kv_table table)
{
    MDB_stat stat;
    return mdb_stat(view->txn, view->store->dbi[table], &stat) == 0 ? stat.ms_entries : 0;
}

int kv_open(struct view *view, enum kv_table table, struct kv_cursor *ret)
{
    MDB_cursor *cursor;
    int r = kv_error(view->store, mdb_cursor_open(view->txn, view->store->dbi[table], &cursor));
    if (r == 0)
        *ret = (struct kv_cursor){.cursor = cursor, .store = view->store};
    return r;
}

void kv_close(struct kv_cursor *cursor)
{
    if (cursor->cursor)
        mdb_cursor_close(cursor->cursor);
    cursor->cursor = NULL;
}

static int move(struct kv_cursor *c, MDB_val k, MDB_cursor_op op)
{
    MDB_val v;
    int rc = mdb_cursor_get(c->cursor, &k, &v, op);
    if (rc == 0) {
        c->key = (struct bytes){k.mv_data, k.mv_size};
        c->value = (struct bytes){v.mv_data, v.mv_size};
    }
    return kv_error(c->store, rc);
}

int kv_seek(struct kv_cursor *cursor, const void *key, size_t len)
{
    return move(cursor, val(key, len), MDB_SET_RANGE);
}

int kv_first(struct kv_cursor *cursor) { return move(cursor, val(NULL, 0), MDB_FIRST); }
int kv_last(struct kv_cursor *cursor) { return move(cursor, val(NULL, 0), MDB_LAST); }
int kv_next(struct kv_cursor *cursor) { return move(cursor, val(NULL, 0), MDB_NEXT); }
int kv_prev(struct kv_cursor *cursor) { return move(cursor, val(NULL, 0), MDB_PREV); }

int kv_cursor_del(struct kv_cursor *cursor)
{
    cursor->store->dirty = 1;
    return write_error(cursor->store, mdb_cursor_del(cursor->cursor, 0));
}
