/*
 * internal.h - what the files of the store share.
 */
#ifndef DUPD_STORE_INTERNAL_H
#define DUPD_STORE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "store/store.h"

struct MDB_env;
struct MDB_txn;
struct MDB_val;

#define STORE_FORMAT 3u
#define STORE_MAP_DEFAULT (UINT64_C(64) << 30)
#define STORE_MAP_MAX (UINT64_C(1) << 46)
#define ALIAS_HOPS 64
#define STORE_INDEX_DEFAULT (UINT64_C(256) << 20)

#define SEGMENTS_MAX 32 /* sorted parts of the index, a table each */

/* One named database each; none of them DUPSORT (docs/STORAGE.md). */
enum table {
    TABLE_SETTINGS, TABLE_ARTICLES, TABLE_TEXTS, TABLE_IDS, TABLE_CLUSTERS /* rows.h */,
    TABLE_RECENT, TABLE_SIZE, TABLE_FIRST, TABLE_ALIASES, TABLE_PRINTS,
    TABLE_POSTINGS, TABLE_SEGMENTS, TABLE_SEGMENT_0, TABLE_COUNT = TABLE_SEGMENT_0 + SEGMENTS_MAX
};

struct view {
    struct store *store;
    struct MDB_txn *txn;
    int failed; /* DUP_E... of a read whose caller is told nothing of it: a commit refuses with it, a check reports it */
};

struct counters { /* kept in settings, written with each commit that changed them */
    uint64_t articles, texts, clusters, members;
    uint32_t last_num, first_num;
};

struct store {
    struct MDB_env *env;
    unsigned tables[TABLE_COUNT];
    struct view writer;               /* txn NULL outside a write transaction */
    struct counters counters;         /* as in the open transaction */
    struct counters committed;
    struct dup_secret secret;
    struct tiers *tiers;              /* owned; the index (postings.h) */
    struct ids *ids;                  /* owned; ids of the newest articles (ids.c) */
    struct ledger *ledger;            /* owned; what reports count, in memory (ledger.h) */
    struct index_figures {
        atomic_ullong postings, bytes, segments, sealed, filter_bytes, seals, merges;
        atomic_ullong filter_asked, filter_passed, filter_wrong;
    } figures;                        /* of the index */
    pthread_rwlock_t resize;          /* held shared by snapshots, alone while the map grows */
    uint64_t map_size;
    int grow;                         /* the map was full: grown before the next transaction */
    atomic_int growing;               /* the writer waits for all snapshots to end */
    uint64_t memory;                  /* bytes of the machine's */
    int scattered;                    /* the system was told to read nothing ahead; the writer's */
    int lock_fd, read_only, sync;
    char *dir;                        /* owned */
    atomic_ullong probes, probe_hits, expired;
};

/* One that does not make whoever wants it alone wait for others who come to share it. */
void lock_init(pthread_rwlock_t *lock);

/* The DUP_E... of an LMDB code. MDB_MAP_FULL is noted in the store and becomes DUP_EBUSY. */
int store_code(struct store *store, int code);

/* What the system reads of the map beside what is asked for, by the store's size. At start and between transactions. */
void store_choose_reading(struct store *store);

/* Reads and writes of one table; key and data are bytes. get: DUP_ENOENT. */
int table_get(struct view *view, enum table table, const void *key, size_t key_len, struct MDB_val *ret);
int table_put(struct store *store, enum table table, const void *key, size_t key_len,
              const void *data, size_t len, unsigned flags);
int table_del(struct store *store, enum table table, const void *key, size_t key_len); /* DUP_ENOENT */

extern const char *const table_names[TABLE_COUNT];

/* Big-endian numbers in keys, so that their order is that of the bytes. */
static inline void put_be32(unsigned char *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (unsigned char)(value >> (24 - 8 * i));
}

static inline uint32_t get_be32(const unsigned char *from)
{
    return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

static inline void put_be64(unsigned char *to, uint64_t value)
{
    put_be32(to, (uint32_t)(value >> 32));
    put_be32(to + 4, (uint32_t)value);
}

/* ---- record.c ---- */
/* Appends the encoded record to out. DUP_ETOOBIG, DUP_ENOMEM. */
int record_encode(const struct article *article, struct buf *out);
/* Decodes into ret, copying what it points to into ret->memory. DUP_ECORRUPT, DUP_ENOMEM. */
int record_decode(const void *data, size_t len, uint32_t num, struct article *ret);

/* ---- prints.c ---- */
/* Writes an article's print, or removes that of one that is no longer current. */
int print_put(struct store *store, const struct article *article, unsigned flags);
int print_del(struct store *store, uint32_t num); /* 0 also when there is none */
int print_read(uint32_t num, const struct MDB_val *data, struct print *ret); /* DUP_ECORRUPT */

/* ---- ledger.c ---- */
int ledger_new(struct store *store, uint64_t bytes);
void ledger_free(struct ledger *ledger);
/* The open transaction changed what a report reads of this number. */
void ledger_note(struct store *store, uint32_t num);
/* The writer has nothing else to do: reads the newest entries that are not in memory yet. 1: there may be more. */
int ledger_step(struct store *store);
/* It was committed, or given up. */
void ledger_committed(struct store *store);
void ledger_forget(struct store *store);

/* ---- texts.c ---- */
int text_put(struct store *store, uint32_t num, const struct packed *text);
int text_is_first(const struct MDB_val *key); /* whether a row is the first of a text */

/* ---- pack.c ---- */
int text_unpack(const void *packed, size_t len, struct str base, struct buf *ret); /* DUP_ECORRUPT, DUP_ENOMEM */

/* ---- ids.c ---- */
int ids_new(struct store *store, uint64_t bytes); /* of memory for the index, which they take a twenty-fifth of beside it */
void ids_free(struct ids *ids);
int ids_load(struct store *store); /* those that are not in the table yet; DUP_ENOMEM, DUP_ECORRUPT */
int ids_add(struct store *store, const char *id, size_t len); /* of the number that is given now; DUP_ENOMEM */
void ids_changed(struct store *store, uint32_t num); /* its record was written anew, or goes */
void ids_begin(struct store *store);
int ids_commit(struct store *store); /* before the commit: some of those in memory go into the table */
int ids_step(struct store *store); /* a transaction of its own for that; 1: there may be more */
void ids_committed(struct store *store);
void ids_undo(struct store *store);
/* The number up to which all ids are in the table. DUP_ECORRUPT. */
int ids_filed(struct view *view, uint32_t *ret);
/* What the table alone says; of an article with a later version that is in memory an earlier one. DUP_ENOENT, DUP_ECORRUPT. */
int ids_find_filed(struct view *view, const char *id, size_t len, uint32_t *ret_num);

/* ---- ids.c, clusters.c: what check.c proves of their tables ---- */
uint64_t id_hash(const struct store *store, const char *id, size_t len);
int cluster_read(uint32_t id, const struct MDB_val *data, struct cluster *ret); /* DUP_ECORRUPT */
/* The cluster that an alias leads to. DUP_ENOENT, DUP_ECORRUPT. */
int alias_read(struct view *view, uint32_t from, uint32_t *ret_to);

/* ---- orders.c ---- */
int cluster_is_listed(const struct cluster *c);
/* Key of a cluster's row in an order's table: what it sorts by, then the cluster. Its length. */
size_t order_key(enum cluster_order order, const struct cluster *c, unsigned char *key);
enum table order_table(enum cluster_order order);
/* Whether a row is made of what the record says now. */
int order_row_is_of(enum cluster_order order, const struct MDB_val *key, const struct cluster *c);
/* Brings the orders from one record of a cluster to the next. */
int orders_put(struct store *store, const struct cluster *old, const struct cluster *cluster);
/* Takes out what the order of the latest says of an article that goes. */
int recent_drop(struct store *store, uint32_t num);

/* ---- head.c ---- */
/* Looks at the first pages of the file, which LMDB believes: DUP_ECORRUPT and a sentence where what
 * they say cannot be. 0 also for no file, an empty one, and one that LMDB itself will refuse. */
int head_check(const char *path, struct err *err);

/* ---- tail.c ---- */
/* Whether the pages from number pages to last_page, which the file does not have, are all free in the state of
 * which root is the tree of free pages. 0 also where that cannot be read. */
int tail_is_free(int fd, uint32_t page_size, uint64_t root, uint64_t pages, uint64_t last_page);

/* ---- check_file.c ---- */
struct check {
    struct view *view;
    void (*report)(void *arg, const char *sentence);
    void *arg;
    uint64_t budget_us;       /* processor time of the process for the walk */
    uint64_t deadline_us;     /* of clock_elapsed_us, before which nobody looks at it; 0: none */
    int faults;
    int late;                 /* the deadline has passed: the walk is not complete */
};
void check_fault(struct check *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
int check_is_late(struct check *c);
/* The pages and trees of the file, whatever they hold. */
void check_file(struct check *c);

/* ---- check_said.c ---- */
struct said { /* what members say of their source, counted anew */
    uint32_t claims[3], generic, uncredited;
    uint64_t credits;
};
void check_count_said(struct said *said, const struct article *article);
/* Against the record and the rows of a cluster. How many rows it has. */
uint64_t check_said(struct check *c, const struct cluster *cluster, const struct said *said);
void check_print(struct check *c, const struct article *article); /* of a current article */

#endif
