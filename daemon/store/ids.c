/*
 * Ids: from an article's id to the number of its latest version. Those of the newest articles stand in
 * memory and go into the table many at a time, in the order of their hashes: a row here and a row there
 * would cost a page each. Invariant: of the articles up to the number in the settings all current ones
 * stand in the table; those after it stand in memory, and a restart reads them from their records.
 *
 *   active --full--> frozen --a piece with each commit--> table
 *
 * Nothing is taken out of memory, and a row of the table may lead to an earlier version while a later one
 * is in memory: the record of a number says whose it is, and memory is asked first, the latest before
 * those before it. A row gets rid of what is no longer current when it is written next. Of those in memory it is
 * only noted that their records have changed, which is true of a transaction that is given up too.
 */
#include <lmdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "store/id_table.h"
#include "store/internal.h"

#define SAME_HASH_MAX 16   /* numbers in a row */
#define BYTES_AN_ID 1024   /* of the index's memory: two tables of twenty bytes an id are a twenty-fifth more */
#define IDS_MIN 4u
#define IDS_MAX (1u << 20) /* a start reads the records of half as many again */
#define PIECES 1024u       /* of a table at most, so that an article that comes alone does not write pages for others each time */
#define STEPS 256u         /* in which a table is filed while there is nothing else to do */

struct ids {
    pthread_rwlock_t lock; /* held shared by look-ups of other threads, alone while the tables change */
    struct id_table active, frozen;
    uint32_t most;         /* ids in the active one before it is frozen */
    uint32_t committed;    /* of the active one's */
    struct id_place { uint32_t head, entry; } at, at_committed; /* of the frozen one: those before it are in the table; entry 0: the head's first */
    uint64_t owed;         /* ids that should be there by now */
};

/* ---- looking up -------------------------------------------------------------------- */

struct sought {
    struct view *view;
    const char *id;
    size_t len;
    uint64_t hash;
    struct article article; /* memory owned; the one looked at */
    struct article own;     /* memory owned; that of the id, when one is filed */
    uint32_t num;           /* what was found */
};

uint64_t id_hash(const struct store *store, const char *id, size_t len)
{
    return XXH3_64bits_withSecret(id, len, store->secret.bytes, DUP_SECRET_SIZE);
}

static void seek(struct sought *s, struct view *view, const char *id, size_t len)
{
    s->view = view;
    s->id = id;
    s->len = len;
    s->hash = id_hash(view->store, id, len);
    s->num = 0;
    article_init(&s->article);
}

static int is_sought(const struct sought *s)
{
    return s->article.id.len == s->len && memcmp(s->article.id.data, s->id, s->len) == 0;
}

/* Whether the article of that number has the id: 1, 0, or DUP_E... */
static int has_id(struct sought *s, uint32_t num)
{
    int r = view_article(s->view, num, &s->article);
    if (r < 0)
        return r == DUP_ENOENT ? 0 : r;
    s->num = num;
    return is_sought(s);
}

/* Before a version that was deleted there are none that were not. */
static int find_in_memory(struct sought *s, const struct id_table *t)
{
    int r = 0, gone = 0;
    for (uint32_t i = id_table_find(t, s->hash, 0); i && r == 0 && !gone; i = id_table_find(t, s->hash, i)) {
        r = has_id(s, t->base + i);
        gone = r == 0 && s->num == t->base + i && s->article.flags & ARTICLE_DELETED;
    }
    return r;
}

struct row {
    unsigned char key[8];
    uint32_t nums[SAME_HASH_MAX];
    size_t n;
};

/* One that is not there is empty. */
static int read_row(struct view *view, uint64_t hash, struct row *ret)
{
    MDB_val data;
    put_be64(ret->key, hash);
    ret->n = 0;
    int r = table_get(view, TABLE_IDS, ret->key, sizeof ret->key, &data);
    if (r < 0)
        return r == DUP_ENOENT ? 0 : r;
    if (data.mv_size > sizeof ret->nums || data.mv_size % sizeof *ret->nums)
        return DUP_ECORRUPT;
    ret->n = data.mv_size / sizeof *ret->nums;
    memcpy(ret->nums, data.mv_data, data.mv_size);
    return 0;
}

static int find_in_table(struct sought *s)
{
    struct row row;
    int r = read_row(s->view, s->hash, &row);
    for (size_t i = row.n; i > 0 && r == 0; i--) /* the latest first */
        r = has_id(s, row.nums[i - 1]);
    return r;
}

int ids_filed(struct view *view, uint32_t *ret)
{
    MDB_val data;
    *ret = 0;
    int r = table_get(view, TABLE_SETTINGS, "ids", 3, &data);
    if (r < 0)
        return r == DUP_ENOENT ? 0 : r;
    if (data.mv_size != sizeof *ret)
        return DUP_ECORRUPT;
    memcpy(ret, data.mv_data, sizeof *ret);
    return 0;
}

static int find_among(struct sought *s, uint32_t after, uint32_t last)
{
    int r = 0;
    for (uint32_t num = last; num > after && r == 0; num--)
        r = has_id(s, num);
    return r;
}

/*
 * What a snapshot has neither in memory, which holds base + 1 to end, nor in its table: it is older than what memory
 * was rid of, or nothing was loaded. One after the other, for it hardly ever happens.
 */
static int find_between(struct sought *s, uint32_t base, uint32_t end)
{
    uint32_t filed, last = view_last_num(s->view);
    int r = ids_filed(s->view, &filed);
    if (r == 0)
        r = find_among(s, end > filed ? end : filed, last);
    return r ? r : find_among(s, filed, base < last ? base : last);
}

/* What was found, or why not. */
static int done(struct sought *s, int r, uint32_t *ret_num)
{
    article_done(&s->article);
    if (r == 1)
        *ret_num = s->num;
    return r < 0 ? r : r ? 0 : DUP_ENOENT;
}

int view_find_id(struct view *view, const char *id, size_t len, uint32_t *ret_num)
{
    struct ids *ids = view->store->ids;
    int mine = view == &view->store->writer;
    struct sought s;
    seek(&s, view, id, len);
    if (!mine)
        pthread_rwlock_rdlock(&ids->lock);
    uint32_t base = ids->frozen.heads ? ids->frozen.base : ids->active.base, end = ids->active.base + ids->active.n;
    int r = find_in_memory(&s, &ids->active);
    if (r == 0)
        r = find_in_memory(&s, &ids->frozen);
    if (!mine)
        pthread_rwlock_unlock(&ids->lock);
    if (r == 0)
        r = find_in_table(&s);
    if (!mine && (r == 0 || (r == 1 && !article_is_current(&s.article)))) /* what is committed and superseded has a later version */
        r = find_between(&s, base, end);
    return done(&s, r, ret_num);
}

int ids_find_filed(struct view *view, const char *id, size_t len, uint32_t *ret_num)
{
    struct sought s;
    seek(&s, view, id, len);
    return done(&s, find_in_table(&s), ret_num);
}

/* ---- the table ---------------------------------------------------------------------- */

/* Leaves out what is not current, and the id that is sought. What cannot be read stays. */
static int sweep_row(struct sought *s, struct row *row)
{
    size_t n = row->n;
    row->n = 0;
    for (size_t i = 0; i < n; i++) {
        int r = view_article(s->view, row->nums[i], &s->article);
        if (r < 0 && r != DUP_ENOENT && r != DUP_ECORRUPT)
            return r;
        if (r == DUP_ECORRUPT || (r == 0 && article_is_current(&s->article) && !is_sought(s)))
            row->nums[row->n++] = row->nums[i];
    }
    return 0;
}

static int write_row(struct store *store, const struct row *row)
{
    return row->n ? table_put(store, TABLE_IDS, row->key, sizeof row->key, row->nums, row->n * sizeof *row->nums, 0)
                  : table_del(store, TABLE_IDS, row->key, sizeof row->key);
}

int store_del_id(struct store *store, const char *id, size_t len)
{
    struct sought s;
    struct row row;
    seek(&s, &store->writer, id, len);
    int r = read_row(&store->writer, s.hash, &row);
    if (r == 0 && row.n && (r = sweep_row(&s, &row)) == 0)
        r = write_row(store, &row);
    article_done(&s.article);
    return r;
}

/* From memory into the table, unless it has a later version or has gone. Its record is read only where that may be, or where
 * the row has to be looked through; one that cannot be read may be current. */
static int file_id(struct store *store, uint32_t num, const struct id_entry *entry, struct sought *s)
{
    struct row row;
    int r = read_row(s->view, entry->hash, &row), read = 0;
    if (r == DUP_ECORRUPT) /* it cannot lead anywhere, and must not stand in the way of all others */
        r = 0;
    if (r == 0 && (row.n || entry->changed)) {
        read = view_article(s->view, num, &s->own);
        if (read == DUP_ENOENT || (read == 0 && !article_is_current(&s->own)))
            return 0;
        r = read < 0 && read != DUP_ECORRUPT ? read : 0;
    }
    if (r == 0 && row.n && read == 0) {
        s->id = s->own.id.data;
        s->len = s->own.id.len;
        r = sweep_row(s, &row);
    }
    if (r < 0)
        return r;
    if (row.n == SAME_HASH_MAX) /* keyed hashes of so many ids are not the same by chance */
        row.n = 0;
    row.nums[row.n++] = num;
    return write_row(store, &row);
}

/* With those of the open transaction. At this pace the frozen table is filed when the active one is half full, at the latest. */
static uint64_t owed(const struct ids *ids)
{
    uint64_t pace = 2 * (((uint64_t)ids->frozen.n + ids->most - 1) / ids->most);
    return ids->owed + (ids->active.n - ids->committed) * pace;
}

/* ---- what comes and goes with transactions --------------------------------------------- */

static int is_filed(const struct ids *ids)
{
    return ids->at.head == id_table_heads(&ids->frozen);
}

int ids_commit(struct store *store)
{
    struct ids *ids = store->ids;
    const struct id_table *t = &ids->frozen;
    uint32_t filed = t->base + t->n;
    struct sought s = {.view = &store->writer};
    if (is_filed(ids) || owed(ids) < ids->most / PIECES)
        return 0;
    int r = 0;
    article_init(&s.article);
    article_init(&s.own);
    for (uint64_t left = owed(ids); left && !is_filed(ids) && r == 0;) {
        uint32_t entry = ids->at.entry ? ids->at.entry : t->heads[ids->at.head];
        if (entry) {
            r = file_id(store, t->base + entry, &t->entries[entry - 1], &s);
            ids->at.entry = t->entries[entry - 1].before;
            left--;
        }
        ids->at.head += ids->at.entry == 0;
    }
    article_done(&s.article);
    article_done(&s.own);
    return r < 0 || !is_filed(ids) ? r : table_put(store, TABLE_SETTINGS, "ids", 3, &filed, sizeof filed, 0);
}

int ids_step(struct store *store)
{
    struct ids *ids = store->ids;
    if (is_filed(ids))
        return 0;
    ids->owed += ids->most / STEPS + 1;
    int r = store_begin(store);
    if (r == 0)
        r = store_commit(store);
    return r < 0 ? r : 1;
}

int ids_add(struct store *store, const char *id, size_t len)
{
    struct ids *ids = store->ids;
    uint64_t hash = id_hash(store, id, len);
    pthread_rwlock_wrlock(&ids->lock);
    int r = id_table_add(&ids->active, &hash);
    pthread_rwlock_unlock(&ids->lock);
    return r;
}

void ids_changed(struct store *store, uint32_t num)
{
    struct id_table *const tables[] = {&store->ids->active, &store->ids->frozen};
    for (int i = 0; i < 2; i++)
        if (num > tables[i]->base && num - tables[i]->base <= tables[i]->n)
            tables[i]->entries[num - tables[i]->base - 1].changed = 1;
}

/* Another takes the place of the active one. Without memory for it that one grows. */
static void freeze(struct ids *ids)
{
    struct id_table fresh, old = ids->frozen;
    if (id_table_new(ids->active.base + ids->active.n, ids->most, &fresh) < 0)
        return;
    pthread_rwlock_wrlock(&ids->lock);
    ids->frozen = ids->active;
    ids->active = fresh;
    pthread_rwlock_unlock(&ids->lock);
    ids->at = ids->at_committed = (struct id_place){0, 0};
    ids->committed = 0;
    ids->owed = 0;
    id_table_free(&old);
}

void ids_begin(struct store *store)
{
    struct ids *ids = store->ids;
    if (ids->committed >= ids->most && is_filed(ids))
        freeze(ids);
}

void ids_committed(struct store *store)
{
    struct ids *ids = store->ids;
    int moved = ids->at.head != ids->at_committed.head || ids->at.entry != ids->at_committed.entry;
    ids->owed = moved ? 0 : owed(ids);
    ids->at_committed = ids->at;
    ids->committed = ids->active.n;
}

void ids_undo(struct store *store)
{
    struct ids *ids = store->ids;
    ids->at = ids->at_committed;
    pthread_rwlock_wrlock(&ids->lock);
    id_table_cut(&ids->active, ids->committed);
    pthread_rwlock_unlock(&ids->lock);
}

/* ---- at start ---------------------------------------------------------------------------- */

int ids_new(struct store *store, uint64_t bytes)
{
    struct ids *ids = calloc(1, sizeof *ids);
    if (!ids)
        return DUP_ENOMEM;
    lock_init(&ids->lock);
    bytes /= BYTES_AN_ID;
    ids->most = bytes < IDS_MIN ? IDS_MIN : bytes > IDS_MAX ? IDS_MAX : (uint32_t)bytes;
    store->ids = ids;
    return 0;
}

void ids_free(struct ids *ids)
{
    if (!ids)
        return;
    id_table_free(&ids->active);
    id_table_free(&ids->frozen);
    pthread_rwlock_destroy(&ids->lock);
    free(ids);
}

/* From the records after base, in their order; none where there is none, or one that cannot be read. */
static int load_table(struct view *view, struct id_table *t, uint32_t last)
{
    unsigned char start[4];
    struct article article;
    MDB_cursor *cursor;
    MDB_val key = {sizeof start, start}, data;
    int r = 0, code = mdb_cursor_open(view->txn, view->store->tables[TABLE_ARTICLES], &cursor);
    if (code != 0)
        return store_code(view->store, code);
    put_be32(start, t->base + 1);
    article_init(&article);
    for (code = mdb_cursor_get(cursor, &key, &data, MDB_SET_RANGE); code == 0 && r == 0;
         code = mdb_cursor_get(cursor, &key, &data, MDB_NEXT)) {
        uint32_t num = key.mv_size == 4 ? get_be32(key.mv_data) : 0;
        if (num <= t->base + t->n || num > last)
            break;
        while (t->base + t->n + 1 < num && r == 0)
            r = id_table_add(t, NULL);
        int read = record_decode(data.mv_data, data.mv_size, num, &article);
        uint64_t hash = read == 0 ? id_hash(view->store, article.id.data, article.id.len) : 0;
        if (r == 0 && read != DUP_ENOMEM)
            r = id_table_add(t, read == 0 && article_is_current(&article) ? &hash : NULL);
        else if (r == 0)
            r = read;
    }
    while (t->base + t->n < last && r == 0)
        r = id_table_add(t, NULL);
    article_done(&article);
    mdb_cursor_close(cursor);
    return r < 0 ? r : code == 0 || code == MDB_NOTFOUND ? 0 : store_code(view->store, code);
}

int ids_load(struct store *store)
{
    struct ids *ids = store->ids;
    struct view *view;
    uint32_t base, last = store->committed.last_num;
    int r = store_snapshot(store, &view);
    if (r < 0)
        return r;
    r = ids_filed(view, &base);
    if (r == 0 && base > last)
        r = DUP_ECORRUPT;
    uint32_t n = r == 0 ? last - base : 0;
    struct id_table *t = n > ids->most ? &ids->frozen : &ids->active;
    if (r == 0)
        r = id_table_new(base, n > ids->most ? n : ids->most, t);
    if (r == 0)
        r = load_table(view, t, last);
    if (r == 0 && t == &ids->frozen)
        r = id_table_new(last, ids->most, &ids->active);
    ids->committed = ids->active.n;
    store_release(view);
    return r;
}
