/*
 * Articles: records and texts in order of number. Invariant: numbers are given in order without gaps.
 */
#include <lmdb.h>
#include <string.h>

#include "store/internal.h"

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
    if ((r = ids_add(store, article->id.data, article->id.len)) < 0)
        return r;
    store->counters.last_num = article->num;
    store->counters.articles++;
    return 0;
}

int store_set_article(struct store *store, const struct article *article)
{
    ids_changed(store, article->num);
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
