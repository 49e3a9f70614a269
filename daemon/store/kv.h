/*
 * kv.h - LMDB's tables as the rest of the store sees them.
 *
 * Keys and values are runs of bytes, keys in the order of memcmp. What a read
 * returns lies in LMDB's map: valid until the transaction changes something or
 * ends, never to leave this directory. Every code is a DUP_E....
 *
 * No value is longer than KV_VALUE_MAX: two of them fill a page, so that LMDB
 * never needs contiguous pages, for which it may search its free list without bound.
 */
#ifndef DUPD_STORE_KV_H
#define DUPD_STORE_KV_H

#include <stddef.h>
#include <stdint.h>

struct MDB_cursor;
struct store;
struct view;

#define KV_KEY_MAX   16
#define KV_VALUE_MAX 2012   /* me_nodemax of a 4 KiB page (2038) less node header (8) and a key of 16, even */

/*            name             in the file */
#define KV_TABLES(X)           \
    X(TABLE_SETTINGS, "settings") \
    X(TABLE_ARTICLES, "articles") \
    X(TABLE_TEXTS,    "texts")    \
    X(TABLE_CLUSTERS, "clusters") \
    X(TABLE_MEMBERS,  "members")  \
    X(TABLE_OUTLETS,  "outlets")  \
    X(TABLE_RECENT,   "recent")   \
    X(TABLE_SIZE,     "size")     \
    X(TABLE_FIRST,    "first")    \
    X(TABLE_ALIASES,  "aliases")  \
    X(TABLE_SEGMENTS, "segments") \
    X(TABLE_CHUNKS,   "chunks")   \
    X(TABLE_FILTERS,  "filters")  \
    X(TABLE_AGAIN,    "again")

enum kv_table {
#define X(name, word) name,
    KV_TABLES(X)
#undef X
    TABLE_COUNT
};

struct bytes {
    const unsigned char *data;
    size_t len;
};

int kv_get(struct view *view, enum kv_table table, const void *key, size_t len, struct bytes *ret);
/* Writing: the store's write transaction. A failed put dooms it: only store_abort remains. */
int kv_put(struct store *store, enum kv_table table, const void *key, size_t len,
           const void *value, size_t value_len);
/* The same for a key above all others. */
int kv_append(struct store *store, enum kv_table table, const void *key, size_t len,
              const void *value, size_t value_len);
int kv_del(struct store *store, enum kv_table table, const void *key, size_t len);
uint64_t kv_count(struct view *view, enum kv_table table);

/* A place in a table. Close before the transaction ends. */
struct kv_cursor {
    struct MDB_cursor *cursor;
    struct store *store;
    struct bytes key, value;   /* of the place; valid after a call that returned 0 */
};
int kv_open(struct view *view, enum kv_table table, struct kv_cursor *ret);
void kv_close(struct kv_cursor *cursor);
/* Each returns 0, DUP_ENOENT past the ends, or an error. */
int kv_seek(struct kv_cursor *cursor, const void *key, size_t len); /* first at or above key */
int kv_first(struct kv_cursor *cursor);
int kv_last(struct kv_cursor *cursor);
int kv_next(struct kv_cursor *cursor);
int kv_prev(struct kv_cursor *cursor);
int kv_cursor_del(struct kv_cursor *cursor); /* deletes the place; kv_next goes on behind it */

/* The DUP_E... that an LMDB code means; remembers in the store when the map wants to grow. */
int kv_error(struct store *store, int code);

#endif
