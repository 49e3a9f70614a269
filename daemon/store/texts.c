/*
 * Texts: the packed bodies, each in pieces of one length. Whole ones would
 * leave a third of the pages empty: LMDB puts two rows of that size in a page,
 * and those over half a page into pages of their own. Invariants: the pieces
 * of a text are numbered from 0 without a gap, and what they make together
 * has passed its checksum when it is read; a text that others are packed
 * against is packed alone, and goes only once they are too.
 *
 *   what the pieces make = checksum u32, kind of packing u8, of one against another text its number u32, frame
 */
#include <lmdb.h>
#include <string.h>
#include <xxhash.h>

#include "store/rows.h"

#define PIECE 430      /* bytes at most: nine to a page */
#define KEY_LEN 6
#define SUM_LEN 4

enum packing { PACKED_ALONE, PACKED_AGAINST };

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

/* ---- writing --------------------------------------------------------------- */

static int put_pieces(struct store *store, uint32_t num, const char *data, size_t len, unsigned flags)
{
    size_t n = (len + PIECE - 1) / PIECE, size = (len + n - 1) / n;
    unsigned char key[KEY_LEN];
    if (n > UINT16_MAX)
        return DUP_ETOOBIG;
    for (uint32_t piece = 0; len; piece++) {
        size_t here = len < size ? len : size;
        put_key(key, num, piece);
        int r = table_put(store, TABLE_TEXTS, key, sizeof key, data, here, flags);
        if (r < 0)
            return r;
        data += here;
        len -= here;
    }
    return 0;
}

static int put(struct store *store, uint32_t num, const struct packed *text, unsigned flags)
{
    struct buf whole;
    uint32_t sum = 0;
    buf_init(&whole, LIMIT_LINE);
    buf_reserve(&whole, SUM_LEN + 1 + sizeof text->base + text->len);
    buf_add(&whole, &sum, SUM_LEN);
    buf_add_char(&whole, text->base ? PACKED_AGAINST : PACKED_ALONE);
    if (text->base)
        buf_add(&whole, &text->base, sizeof text->base);
    buf_add(&whole, text->data, text->len);
    int r = whole.error;
    if (r == 0) {
        sum = (uint32_t)XXH3_64bits_withSeed(whole.data + SUM_LEN, whole.len - SUM_LEN, num);
        memcpy(whole.data, &sum, SUM_LEN);
        r = put_pieces(store, num, whole.data, whole.len, flags);
    }
    buf_done(&whole);
    return r;
}

int text_put(struct store *store, uint32_t num, const struct packed *text)
{
    unsigned char key[ROW_MAX];
    int r = put(store, num, text, MDB_APPEND);
    if (r == 0 && text->base)
        r = table_put(store, TABLE_CLUSTERS, key, row_based(key, text->base, num), "", 0, 0);
    store->counters.texts += r == 0;
    return r;
}

/* ---- reading --------------------------------------------------------------- */

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

/* How a text is packed; ret->data points into pieces. */
static int take_apart(const void *pieces, size_t len, struct packed *ret)
{
    const char *at = pieces;
    *ret = (struct packed){0};
    if (len <= SUM_LEN || at[SUM_LEN] > PACKED_AGAINST)
        return DUP_ECORRUPT;
    size_t head = SUM_LEN + 1;
    if (at[SUM_LEN] == PACKED_AGAINST) {
        if (len < head + sizeof ret->base)
            return DUP_ECORRUPT;
        memcpy(&ret->base, at + head, sizeof ret->base);
        head += sizeof ret->base;
        if (!ret->base)
            return DUP_ECORRUPT;
    }
    ret->data = at + head;
    ret->len = len - head;
    return 0;
}

static int read(struct view *view, uint32_t num, struct buf *pieces, struct packed *ret)
{
    uint32_t sum = 0;
    int r = gather(view, num, pieces);
    if (r < 0)
        return r;
    if (pieces->len < SUM_LEN)
        return DUP_ECORRUPT;
    memcpy(&sum, pieces->data, SUM_LEN);
    if (sum != (uint32_t)XXH3_64bits_withSeed(pieces->data + SUM_LEN, pieces->len - SUM_LEN, num))
        return DUP_ECORRUPT;
    return take_apart(pieces->data, pieces->len, ret);
}

/* A text that is packed alone: what another is packed against. */
static int unpack_base(struct view *view, uint32_t num, struct buf *ret)
{
    struct packed packed;
    struct buf pieces;
    buf_init(&pieces, LIMIT_LINE);
    int r = read(view, num, &pieces, &packed);
    if (r == 0)
        r = packed.base ? DUP_ECORRUPT : text_unpack(packed.data, packed.len, (struct str){0}, ret);
    buf_done(&pieces);
    return r == DUP_ENOENT ? DUP_ECORRUPT : r;
}

int view_text(struct view *view, uint32_t num, struct buf *ret)
{
    struct packed packed;
    struct buf pieces, base;
    buf_init(&pieces, LIMIT_LINE);
    buf_init(&base, LIMIT_LINE);
    int r = read(view, num, &pieces, &packed);
    if (r == 0 && packed.base)
        r = unpack_base(view, packed.base, &base);
    if (r == 0)
        r = text_unpack(packed.data, packed.len, (struct str){base.data, base.len}, ret);
    buf_done(&pieces);
    buf_done(&base);
    return r;
}

int view_text_base(struct view *view, uint32_t num, uint32_t *ret_base)
{
    unsigned char key[KEY_LEN];
    struct packed packed;
    MDB_val data;
    put_key(key, num, 0);
    int r = table_get(view, TABLE_TEXTS, key, sizeof key, &data);
    if (r == 0)
        r = take_apart(data.mv_data, data.mv_size, &packed);
    if (r == 0)
        *ret_base = packed.base;
    return r;
}

int view_based(struct view *view, uint32_t base, uint32_t max, uint32_t *ret_nums)
{
    unsigned char start[ROW_MAX];
    MDB_cursor *cursor;
    MDB_val key = {row_based(start, base, 0), start}, data;
    uint32_t n = 0;
    int code = mdb_cursor_open(view->txn, view->store->tables[TABLE_CLUSTERS], &cursor);
    if (code != 0)
        return store_code(view->store, code);
    for (code = mdb_cursor_get(cursor, &key, &data, MDB_SET_RANGE);
         code == 0 && n < max && row_is(key.mv_data, key.mv_size, base, ROW_BASED) && key.mv_size == ROW_PREFIX + 4;
         code = mdb_cursor_get(cursor, &key, &data, MDB_NEXT))
        ret_nums[n++] = get_be32((const unsigned char *)key.mv_data + ROW_PREFIX);
    mdb_cursor_close(cursor);
    return code == 0 || code == MDB_NOTFOUND ? (int)n : store_code(view->store, code);
}

/* ---- taking out ------------------------------------------------------------- */

static int del_pieces(struct store *store, uint32_t num)
{
    unsigned char key[KEY_LEN];
    int r = 0;
    uint32_t piece = 0;
    for (; r == 0 && piece <= UINT16_MAX; piece++) {
        put_key(key, num, piece);
        r = table_del(store, TABLE_TEXTS, key, sizeof key);
    }
    return r < 0 && r != DUP_ENOENT ? r : piece == 1 ? DUP_ENOENT : 0;
}

static int del_based(struct store *store, uint32_t base, uint32_t num)
{
    unsigned char key[ROW_MAX];
    int r = table_del(store, TABLE_CLUSTERS, key, row_based(key, base, num));
    return r == DUP_ENOENT ? DUP_ECORRUPT : r;
}

/* Packs a text alone that was packed against another. */
static int pack_alone(struct store *store, uint32_t base, uint32_t num)
{
    struct buf text, packed;
    buf_init(&text, LIMIT_LINE);
    buf_init(&packed, LIMIT_LINE);
    int r = view_text(&store->writer, num, &text);
    if (r == 0)
        r = store_pack(text.data, text.len, (struct str){0}, &packed);
    if (r == 0)
        r = del_pieces(store, num);
    if (r == 0)
        r = put(store, num, &(struct packed){packed.data, packed.len, 0}, 0);
    buf_done(&text);
    buf_done(&packed);
    return r < 0 ? r == DUP_ENOENT ? DUP_ECORRUPT : r : del_based(store, base, num);
}

int store_free_text(struct store *store, uint32_t num, uint32_t max)
{
    uint32_t nums[STORE_FREE_MAX];
    int n = view_based(&store->writer, num, max < STORE_FREE_MAX ? max : STORE_FREE_MAX, nums), r = n < 0 ? n : 0;
    for (int i = 0; i < n && r == 0; i++)
        r = pack_alone(store, num, nums[i]);
    return r < 0 ? r : n;
}

int store_del_text(struct store *store, uint32_t num)
{
    uint32_t base;
    int r = view_text_base(&store->writer, num, &base);
    if (r == 0 && base)
        r = del_based(store, base, num);
    while (r == 0 && (r = store_free_text(store, num, STORE_FREE_MAX)) > 0)
        r = 0;
    if (r == 0)
        r = del_pieces(store, num);
    store->counters.texts -= r == 0;
    return r;
}
