/*
 * The environment: opening, locking, transactions, growth. Invariant: one
 * environment a directory and process; the writer's transaction belongs to
 * one thread; the map grows only while no snapshot is open.
 */
#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "store/postings.h"

#define ROOM_LEFT (UINT64_C(16) << 20) /* bytes: a batch with its pages may need as much */

void lock_init(pthread_rwlock_t *lock)
{
    pthread_rwlockattr_t writers_first;
    pthread_rwlockattr_init(&writers_first);
    pthread_rwlockattr_setkind_np(&writers_first, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(lock, &writers_first);
    pthread_rwlockattr_destroy(&writers_first);
}

int store_code(struct store *store, int code)
{
    switch (code) {
    case MDB_SUCCESS: return 0;
    case MDB_NOTFOUND: return DUP_ENOENT;
    case MDB_MAP_FULL:
        store->grow = 1;
        return DUP_EBUSY;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INCOMPATIBLE:
    case MDB_BAD_DBI:
    case MDB_BAD_VALSIZE:
    case MDB_CURSOR_FULL:
    case MDB_BAD_TXN: return DUP_ECORRUPT;
    case MDB_VERSION_MISMATCH:
    case MDB_INVALID: return DUP_EFORMAT;
    case MDB_READERS_FULL: return DUP_ENOMEM;
    default: return code > 0 ? err_from_errno(code) : DUP_EIO;
    }
}

int table_get(struct view *view, enum table table, const void *key, size_t key_len, MDB_val *ret)
{
    MDB_val k = {key_len, (void *)(uintptr_t)key};
    return store_code(view->store, mdb_get(view->txn, view->store->tables[table], &k, ret));
}

int table_put(struct store *store, enum table table, const void *key, size_t key_len,
              const void *data, size_t len, unsigned flags)
{
    MDB_val k = {key_len, (void *)(uintptr_t)key}, d = {len, (void *)(uintptr_t)data};
    return store_code(store, mdb_put(store->writer.txn, store->tables[table], &k, &d, flags));
}

int table_del(struct store *store, enum table table, const void *key, size_t key_len)
{
    MDB_val k = {key_len, (void *)(uintptr_t)key};
    return store_code(store, mdb_del(store->writer.txn, store->tables[table], &k, NULL));
}

/* Where the file's first page lies in memory: LMDB does not tell, but each page begins with its number. NULL: not known. */
static char *map_begin(struct store *store, size_t page_size)
{
    struct view *view;
    char *begin = NULL;
    MDB_val data;
    if (store_snapshot(store, &view) < 0)
        return NULL;
    if (table_get(view, TABLE_SETTINGS, "format", 6, &data) == 0) {
        uint64_t number;
        char *page = (char *)data.mv_data - (uintptr_t)data.mv_data % page_size;
        memcpy(&number, page, sizeof number);
        begin = page - number * page_size;
    }
    store_release(view);
    return begin;
}

/*
 * Look-ups in a store that memory cannot hold read a page here and a page there, and what the system reads
 * ahead around each pushes out what is needed next. A smaller one is read in one go. LMDB maps anew when it grows.
 */
void store_choose_reading(struct store *store)
{
    MDB_envinfo info;
    size_t page_size = (size_t)sysconf(_SC_PAGESIZE);
    mdb_env_info(store->env, &info);
    int scattered = ((uint64_t)info.me_last_pgno + 1) * page_size > store->memory / 2;
    if (scattered == store->scattered)
        return;
    char *begin = map_begin(store, page_size);
    if (begin && madvise(begin, info.me_mapsize, scattered ? MADV_RANDOM : MADV_NORMAL) == 0)
        store->scattered = scattered;
}

static int grow_map(struct store *store)
{
    uint64_t size = store->map_size * 2;
    if (size > STORE_MAP_MAX)
        return DUP_EFULL;
    atomic_store(&store->growing, 1);
    pthread_rwlock_wrlock(&store->resize);
    atomic_store(&store->growing, 0);
    int r = store_code(store, mdb_env_set_mapsize(store->env, size));
    tiers_moved(store);
    pthread_rwlock_unlock(&store->resize);
    if (r == 0) {
        store->map_size = size;
        store->grow = store->scattered = 0;
        store_choose_reading(store);
    }
    return r;
}

int store_begin(struct store *store)
{
    int r = store->grow ? grow_map(store) : 0;
    if (r == 0)
        r = store_code(store, mdb_txn_begin(store->env, NULL, 0, &store->writer.txn));
    if (r < 0)
        return r;
    store->counters = store->committed;
    store->writer.failed = 0;
    ids_begin(store);
    r = tiers_begin(store);
    if (r < 0)
        store_abort(store);
    return r;
}

static void give_up(struct store *store)
{
    store->writer.txn = NULL;
    store->counters = store->committed;
    tiers_undo(store);
    ids_undo(store);
    ledger_forget(store);
}

/* LMDB takes nothing more (MDB_PANIC) once the page that names the newest state could not be written. */
static int is_broken(struct store *store)
{
    MDB_txn *txn;
    int code = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);
    if (code == 0)
        mdb_txn_abort(txn);
    return code == MDB_PANIC;
}

/* LMDB reports a write that was cut short as EIO: with no room left, that is what it was. */
static int commit_code(struct store *store, int code)
{
    struct statvfs fs;
    struct rlimit limit;
    MDB_envinfo info;
    if (code != EIO)
        return store_code(store, code);
    mdb_env_info(store->env, &info);
    uint64_t size = ((uint64_t)info.me_last_pgno + 1) * (uint64_t)sysconf(_SC_PAGESIZE);
    if ((statvfs(store->dir, &fs) == 0 && (uint64_t)fs.f_bavail * fs.f_frsize < ROOM_LEFT) ||
        (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur - size < ROOM_LEFT))
        return DUP_EFULL;
    return DUP_EIO;
}

int store_commit(struct store *store)
{
    int r = store->writer.failed;
    if (r == 0)
        r = tiers_commit(store);
    if (r == 0)
        r = ids_commit(store);
    if (r == 0 && memcmp(&store->counters, &store->committed, sizeof store->counters) != 0)
        r = table_put(store, TABLE_SETTINGS, "counters", 8, &store->counters, sizeof store->counters, 0);
    if (r < 0) {
        store_abort(store);
        return r;
    }
    r = commit_code(store, mdb_txn_commit(store->writer.txn));
    if (r < 0) {
        give_up(store);
        /* Whether the batch is there is not known then. */
        return r == DUP_EFULL && is_broken(store) ? DUP_EIO : r;
    }
    store->writer.txn = NULL;
    store->committed = store->counters;
    tiers_committed(store);
    ids_committed(store);
    ledger_committed(store);
    return 0;
}

void store_abort(struct store *store)
{
    if (!store->writer.txn)
        return;
    mdb_txn_abort(store->writer.txn);
    give_up(store);
}

int store_sync(struct store *store)
{
    return store_code(store, mdb_env_sync(store->env, 1));
}

struct view *store_writer_view(struct store *store)
{
    return &store->writer;
}

int store_snapshot(struct store *store, struct view **ret)
{
    struct view *view = malloc(sizeof *view);
    if (!view)
        return DUP_ENOMEM;
    view->store = store;
    view->failed = 0;
    pthread_rwlock_rdlock(&store->resize);
    int code = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &view->txn);
    if (code != 0) {
        pthread_rwlock_unlock(&store->resize);
        free(view);
        return store_code(store, code);
    }
    *ret = view;
    return 0;
}

int view_failed(const struct view *view)
{
    return view->failed;
}

void store_release(struct view *view)
{
    struct store *store = view->store;
    mdb_txn_abort(view->txn);
    free(view);
    pthread_rwlock_unlock(&store->resize);
}

const struct dup_secret *store_secret(const struct store *store)
{
    return &store->secret;
}

void store_free(struct store *store)
{
    if (!store)
        return;
    store_abort(store);
    tiers_free(store);
    ids_free(store->ids);
    ledger_free(store->ledger);
    if (store->env)
        mdb_env_close(store->env);
    if (store->lock_fd >= 0)
        close(store->lock_fd);
    pthread_rwlock_destroy(&store->resize);
    free(store->dir);
    free(store);
}
