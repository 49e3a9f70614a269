/*
 * Articles: records and texts in order of number, and the way from an id to
 * its number. Invariant: numbers are given in order without gaps; ids hold
 * under a keyed hash, told apart by the record's own id where two collide.
 */
#include <lmdb.h>
#include <string.h>
#include <xxhash.h>

#include "store/internal.h"

#define SAME_HASH_MAX 16

/* The number of the first or last record; otherwise for none. */
static uint32_t end_num(struct view *view, MDB_cursor_op end, uint32_t otherwise)
{
    MDB_cursor *cursor;
    MDB_val key, data;
    int code = mdb_cursor_open(view->txn, view->store->tables[TABLE_ARTICLES], &cursor);
    if (code == 0) {
        code = mdb_cursor_get(cursor, &key, &data, end);
        otherwise = code == 0 ? get_be32(key.mv_data) : otherwise;
        mdb_cursor_close(cursor);
    }
    if (code != 0 && code != MDB_NOTFOUND)
        view->failed = store_code(view->store, code);
    return otherwise;
}

uint32_t view_last_num(struct view *view)
{
    return view == &view->store->writer ? view->store->counters.last_num : end_num(view, MDB_LAST, 0);
}

uint32_t view_first_num(struct view *view)
{
    return view == &view->store->writer ? view->store->counters.first_num : end_num(view, MDB_FIRST, 1);
}

int view_article(struct view *view, uint32_t num, struct article *ret)
{
    unsigned char key[4];
    MDB_val data;
    put_be32(key, num);
    int r = table_get(view, TABLE_ARTICLES, key, sizeof key, &data);
    return r < 0 ? r : record_decode(data.mv_data, data.mv_size, num, ret);
}

uint64_t id_hash(const struct store *store, const char *id, size_t len)
{
    return XXH3_64bits_withSecret(id, len, store->secret.bytes, DUP_SECRET_SIZE);
}

/* The numbers under an id's hash, and which of them is the id's (or n for none). */
static int read_ids(struct view *view, const char *id, size_t len, uint32_t *nums, size_t *ret_n, size_t *ret_at)
{
    unsigned char key[8];
    MDB_val data;
    put_be64(key, id_hash(view->store, id, len));
    int r = table_get(view, TABLE_IDS, key, sizeof key, &data);
    if (r == DUP_ENOENT) {
        *ret_n = *ret_at = 0;
        return 0;
    }
    if (r < 0)
        return r;
    size_t n = data.mv_size / sizeof *nums, at;
    if (n > SAME_HASH_MAX || data.mv_size % sizeof *nums)
        return DUP_ECORRUPT;
    memcpy(nums, data.mv_data, data.mv_size);
    struct article article;
    article_init(&article);
    for (at = 0; at < n; at++) {
        r = view_article(view, nums[at], &article);
        if (r < 0 && r != DUP_ENOENT)
            break;
        if (r == 0 && article.id.len == len && memcmp(article.id.data, id, len) == 0)
            break;
        r = 0;
    }
    article_done(&article);
    *ret_n = n;
    *ret_at = at;
    return r;
}

int view_find_id(struct view *view, const char *id, size_t len, uint32_t *ret_num)
{
    uint32_t nums[SAME_HASH_MAX];
    size_t n, at;
    int r = read_ids(view, id, len, nums, &n, &at);
    if (r < 0)
        return r;
    if (at == n)
        return DUP_ENOENT;
    *ret_num = nums[at];
    return 0;
}

int store_set_id(struct store *store, const char *id, size_t len, uint32_t num)
{
    uint32_t nums[SAME_HASH_MAX];
    unsigned char key[8];
    size_t n, at;
    int r = read_ids(&store->writer, id, len, nums, &n, &at);
    if (r < 0)
        return r;
    put_be64(key, id_hash(store, id, len));
    if (num == 0) {
        if (at == n)
            return DUP_ENOENT;
        memmove(nums + at, nums + at + 1, (n - at - 1) * sizeof *nums);
        n--;
    } else {
        if (at == SAME_HASH_MAX)
            return DUP_ETOOBIG;
        nums[at] = num;
        n += at == n;
    }
    return n ? table_put(store, TABLE_IDS, key, sizeof key, nums, n * sizeof *nums, 0)
             : table_del(store, TABLE_IDS, key, sizeof key);
}

static int put_record(struct store *store, const struct article *article, unsigned flags)
{
    struct buf record;
    unsigned char key[4];
    put_be32(key, article->num);
    buf_init(&record, LIMIT_LINE);
    int r = record_encode(article, &record);
    if (r == 0)
        r = table_put(store, TABLE_ARTICLES, key, sizeof key, record.data, record.len, flags);
    buf_done(&record);
    return r;
}

int store_add_article(struct store *store, const struct article *article, const struct packed *text)
{
    if (article->num != store->counters.last_num + 1)
        return DUP_EINVAL;
    int r = put_record(store, article, MDB_APPEND);
    if (r == 0)
        r = print_put(store, article, MDB_APPEND);
    if (r < 0)
        return r;
    if (text->data && (r = text_put(store, article->num, text)) < 0)
        return r;
    store->counters.last_num = article->num;
    store->counters.articles++;
    return 0;
}

int store_set_article(struct store *store, const struct article *article)
{
    int r = put_record(store, article, 0);
    return r < 0 ? r : print_put(store, article, 0);
}

/*
 * When number num was given: an article that was decided again came earlier, and got its number with the one
 * before it. DUP_TIME_NONE: with low or before it, or it cannot be read.
 */
static int64_t time_given(struct view *view, uint32_t num, uint32_t low, struct article *scratch)
{
    int r = view_article(view, num, scratch);
    while (r == 0 && scratch->flags & ARTICLE_AGAIN && num > low)
        r = view_article(view, --num, scratch);
    if (r < 0)
        view->failed = r;
    return r == 0 && !(scratch->flags & ARTICLE_AGAIN) ? scratch->seen : DUP_TIME_NONE;
}

uint32_t view_num_since(struct view *view, int64_t ms)
{
    uint32_t low = view_first_num(view), high = view_last_num(view) + 1;
    struct article article;
    article_init(&article);
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (time_given(view, middle, low, &article) >= ms)
            high = middle;
        else
            low = middle + 1;
    }
    article_done(&article);
    return low;
}
