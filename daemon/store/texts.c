/*
 * Texts: the packed bodies, each in pieces of one length. Whole ones would
 * leave a third of the pages empty: LMDB puts two rows of that size in a page,
 * and those over half a page into pages of their own. Invariant: the pieces
 * of a text are numbered from 0 without a gap, and what they make together
 * has passed its checksum when it is read.
 */
#include <lmdb.h>
#include <string.h>
#include <xxhash.h>

#include "store/internal.h"

#define PIECE 430      /* bytes at most: nine to a page */
#define KEY_LEN 6

static void put_key(unsigned char *key, uint32_t num, uint32_t piece)
{
    put_be32(key, num);
    key[4] = (unsigned char)(piece >> 8);
    key[5] = (unsigned char)piece;
}

int text_is_first(const MDB_val *key)
{
    const unsigned char *bytes = key->mv_data;
    return key->mv_size == KEY_LEN && bytes[4] == 0 && bytes[5] == 0;
}

int text_put(struct store *store, uint32_t num, const void *packed, size_t len)
{
    unsigned char key[KEY_LEN];
    uint32_t sum = (uint32_t)XXH3_64bits_withSeed(packed, len, num);
    size_t all = len + sizeof sum, n = (all + PIECE - 1) / PIECE, size = (all + n - 1) / n, at = 0;
    if (n > UINT16_MAX)
        return DUP_ETOOBIG;
    for (uint32_t piece = 0; at < all; piece++) {
        unsigned char data[PIECE];
        size_t here = all - at < size ? all - at : size, head = piece == 0 ? sizeof sum : 0;
        memcpy(data, &sum, head);
        memcpy(data + head, (const char *)packed + at + head - sizeof sum, here - head);
        put_key(key, num, piece);
        int r = table_put(store, TABLE_TEXTS, key, sizeof key, data, here, MDB_APPEND);
        if (r < 0)
            return r;
        at += here;
    }
    store->counters.texts++;
    return 0;
}

/* Appends the pieces to ret, the checksum first. DUP_ENOENT: none. */
static int gather(struct view *view, uint32_t num, struct buf *ret)
{
    unsigned char start[KEY_LEN];
    MDB_cursor *cursor;
    MDB_val key = {sizeof start, start}, data;
    uint32_t piece = 0;
    int r = store_code(view->store, mdb_cursor_open(view->txn, view->store->tables[TABLE_TEXTS], &cursor));
    if (r < 0)
        return r;
    put_key(start, num, 0);
    int code = mdb_cursor_get(cursor, &key, &data, MDB_SET_RANGE);
    for (; code == 0 && r == 0 && key.mv_size == KEY_LEN && get_be32(key.mv_data) == num; piece++) {
        put_key(start, num, piece);
        r = memcmp(key.mv_data, start, KEY_LEN) == 0 ? buf_add(ret, data.mv_data, data.mv_size) : DUP_ECORRUPT;
        code = mdb_cursor_get(cursor, &key, &data, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    if (r == 0 && code != 0 && code != MDB_NOTFOUND)
        r = store_code(view->store, code);
    return r < 0 ? r : piece ? 0 : DUP_ENOENT;
}

int view_text(struct view *view, uint32_t num, struct buf *ret)
{
    struct buf pieces;
    uint32_t sum;
    buf_init(&pieces, LIMIT_LINE);
    int r = gather(view, num, &pieces);
    if (r == 0 && pieces.len < sizeof sum)
        r = DUP_ECORRUPT;
    if (r == 0) {
        const char *packed = pieces.data + sizeof sum;
        size_t len = pieces.len - sizeof sum;
        memcpy(&sum, pieces.data, sizeof sum);
        r = sum == (uint32_t)XXH3_64bits_withSeed(packed, len, num) ? text_unpack(packed, len, ret) : DUP_ECORRUPT;
    }
    buf_done(&pieces);
    return r;
}

int store_del_text(struct store *store, uint32_t num)
{
    unsigned char key[KEY_LEN];
    int r = 0;
    uint32_t piece = 0;
    for (; r == 0 && piece <= UINT16_MAX; piece++) {
        put_key(key, num, piece);
        r = table_del(store, TABLE_TEXTS, key, sizeof key);
    }
    if (r < 0 && r != DUP_ENOENT)
        return r;
    if (piece == 1)
        return DUP_ENOENT;
    store->counters.texts--;
    return 0;
}
