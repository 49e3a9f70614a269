/*
 * internal.h - what the files of the store share.
 */
#ifndef DUPD_STORE_INTERNAL_H
#define DUPD_STORE_INTERNAL_H

#include <pthread.h>

#include "store/bytes.h"
#include "store/index.h"
#include "store/kv.h"
#include "store/store.h"

struct MDB_env;
struct MDB_txn;

#define STORE_FORMAT 1
#define STORE_MAP_SIZE (UINT64_C(64) << 30)     /* address space reserved by default */
#define STORE_INDEX_MEMORY (UINT64_C(256) << 20)
#define STORE_READERS 1100                      /* snapshots open at once */

struct view {
    struct store *store;
    struct MDB_txn *txn;
    struct levels *levels;      /* the index as of this transaction; a reference is held */
    uint32_t first_num, last_num; /* a snapshot's; the writer's stand in store->state */
    int is_writer;
};

/* The counters kept in the settings table; see docs/STORAGE.md. */
struct state {
    uint32_t first_num, last_num; /* articles kept: none when last < first */
    uint32_t sealed_num;        /* postings of articles up to here stand in segments */
    uint32_t next_segment;      /* number of the next segment */
    uint32_t generation;        /* of the table that fills; see the table `again` */
    uint64_t texts;             /* articles whose text is kept */
    uint64_t expired;           /* articles that retention removed, ever */
};

struct store {
    struct MDB_env *env;        /* owned */
    unsigned dbi[TABLE_COUNT];
    int dir_fd, lock_fd;        /* owned */
    int read_only;
    char *dir;                  /* owned */
    uint64_t index_memory;
    struct dup_secret secret;

    /* the writer's; only its thread touches them */
    struct view writer;         /* txn NULL between transactions */
    struct state state, saved;  /* as changed by the transaction, and as last committed */
    int dirty;                  /* the transaction changed something */
    int txn_error;              /* first failed write of the transaction */
    struct undo undo;
    struct upkeep *upkeep;      /* owned */

    /* snapshots, and what must wait for them */
    pthread_mutex_t lock;       /* guards what follows */
    pthread_cond_t released;
    unsigned snapshots;
    int growing;                /* the writer waits for the last snapshot */
    struct levels *levels;      /* current; a reference is held */
    pthread_rwlock_t table_lock; /* readers of the table that fills, against its writer */
    _Atomic int grow;           /* the map was full: grow it before the next transaction */

    _Atomic uint64_t probes, probe_hits, filter_skips, seals, merges;
};

/* ---- state.c: settings and counters ---- */
int state_load(struct view *view, struct state *ret);
int state_save(struct store *store);
int state_open(struct store *store, struct err *err);   /* format, secret; makes them in a new store */

/* ---- file.c: the directory and the file before LMDB maps it ---- */
int file_lock(struct store *store, struct err *err);    /* directory and lock file */
int file_check(struct store *store, struct err *err);   /* header and size of data.mdb */

/* ---- txn.c ---- */
int txn_begin(struct store *store);
int txn_commit(struct store *store);  /* leaves levels alone; caller undoes on error */
/* Commits, and makes levels (a reference is taken over) the current ones at the same moment. */
int txn_commit_levels(struct store *store, struct levels *levels);
void txn_abort(struct store *store);

/* ---- blob.c: values of any length, cut into parts: key num, part ---- */
int blob_get(struct view *view, enum kv_table table, uint32_t num, struct buf *ret); /* appends */
int blob_append(struct store *store, enum kv_table table, uint32_t num, const void *data, size_t len);
int blob_put(struct store *store, enum kv_table table, uint32_t num, const void *data, size_t len);
int blob_del(struct store *store, enum kv_table table, uint32_t num);

/* ---- record.c: articles and clusters as bytes ---- */
#define RECORD_MAX (64u << 10)
int record_encode_article(const struct article *article, struct buf *out);
/* raw: the record's bytes, at offset raw_at of article->memory (moved if need be). */
int record_decode_article(uint32_t num, struct article *ret, size_t raw_at);
#define RECORD_CLUSTER_MAX (64 + 4 * DUP_RELATION_COUNT + 4 * LIMIT_HEADS)
size_t record_encode_cluster(const struct cluster *cluster, unsigned char *out);
int record_decode_cluster(uint32_t id, struct bytes raw, struct cluster *ret);

/* ---- pack.c ---- */
int pack_unpack(const void *packed, size_t len, struct buf *out);

/* ---- orders.c: the three orders of clusters ---- */
/* before or now may be NULL: there was or is none. */
int orders_update(struct store *store, const struct cluster *before, const struct cluster *now);
#define ORDER_KEY 12
void orders_key(enum cluster_order order, const struct cluster *cluster, unsigned char key[ORDER_KEY]);
enum kv_table orders_table(enum cluster_order order);

#endif
