/*
 * The ledger: what reports count, in memory. It exists because a report looks at every print of a
 * period, and at its cluster, and a walk through tables costs ten times what an array does. Invariant:
 * what is in memory is what the newest committed state says, but for the moment after a commit. Numbers that a
 * transaction changed are noted, and read again once it has been committed.
 */
#include <lmdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "store/ledger.h"
#include "store/numbers.h"
#include "store/rows.h"

#define CHUNK_BYTES (LEDGER_CHUNK * sizeof(struct entry))
#define LEAST_CHUNKS 4u  /* so that reports do not take each other's away at once */
#define OUTLET_BYTES 64u /* of memory for entries, for each outlet; with more of them numbers are given anew */
#define MANY_AGENCIES (UINT16_MAX / 2u)

struct ledger {
    pthread_rwlock_t lock;        /* held shared while entries are looked at, alone while they change */
    struct entry **chunks;        /* owned; room for n_chunks, NULL where there is none */
    uint32_t n_chunks, loaded, most, age;
    uint32_t many_outlets;
    struct numbers outlets, agencies;
    uint32_t *changed;            /* owned; the writer's: numbers of the open transaction */
    size_t n_changed, room;
    int lost;                     /* the writer's: there was no room to note one */
};

int ledger_new(struct store *store, uint64_t bytes)
{
    struct ledger *ledger = calloc(1, sizeof *ledger);
    if (!ledger)
        return DUP_ENOMEM;
    lock_init(&ledger->lock);
    if (bytes < LEAST_CHUNKS * CHUNK_BYTES)
        bytes = LEAST_CHUNKS * CHUNK_BYTES;
    ledger->most = (uint32_t)(bytes / CHUNK_BYTES);
    ledger->many_outlets = (uint32_t)(bytes / OUTLET_BYTES);
    numbers_init(&ledger->outlets, UINT32_MAX);
    numbers_init(&ledger->agencies, UINT16_MAX);
    store->ledger = ledger;
    return 0;
}

static void drop(struct ledger *ledger, uint32_t chunk)
{
    ledger->loaded -= ledger->chunks[chunk] != NULL;
    free(ledger->chunks[chunk]);
    ledger->chunks[chunk] = NULL;
}

void ledger_free(struct ledger *ledger)
{
    if (!ledger)
        return;
    for (uint32_t i = 0; i < ledger->n_chunks; i++)
        drop(ledger, i);
    free(ledger->chunks);
    free(ledger->changed);
    numbers_done(&ledger->outlets);
    numbers_done(&ledger->agencies);
    pthread_rwlock_destroy(&ledger->lock);
    free(ledger);
}

/* ---- reading from the store ------------------------------------------------ */

static int take_print(struct view *view, uint32_t num, const MDB_val *data, struct entry *to)
{
    struct ledger *ledger = view->store->ledger;
    struct print p;
    uint32_t outlet, agency;
    int r = print_read(num, data, &p);
    if (r < 0 || (r = numbers_give(&ledger->outlets, p.outlet, &outlet)) < 0 ||
        (r = numbers_give(&ledger->agencies, p.agency, &agency)) < 0)
        return r;
    *to = (struct entry){.time = p.time, .outlet = outlet, .cluster = p.cluster, .agency = (uint16_t)agency,
                         .print = p.flags, .claim = p.claim & 3u, .state = ENTRY_PRINT};
    return 0;
}

static int take_cluster(struct view *view, uint32_t num, const MDB_val *data, struct entry *to)
{
    struct ledger *ledger = view->store->ledger;
    struct cluster c;
    uint32_t agency;
    int r = cluster_read(num, data, &c);
    if (r < 0 || (r = numbers_give(&ledger->agencies, c.source, &agency)) < 0)
        return r;
    to->agency = (uint16_t)agency;
    to->first = c.first;
    to->kind = c.source_kind & 3u;
    to->state |= ENTRY_STORY;
    return 0;
}

static int take_alias(struct view *view, uint32_t num, const MDB_val *data, struct entry *to)
{
    (void)data;
    to->state |= ENTRY_MERGED;
    return alias_read(view, num, &to->first);
}

/* In this order: a record has the last word about the agency, and a cluster that has gone into another has none. */
static const struct part {
    enum table table;
    size_t key_len; /* of the number's row: the number, and ROW_RECORD among a cluster's */
    int (*take)(struct view *view, uint32_t num, const MDB_val *data, struct entry *to);
} parts[] = {{TABLE_PRINTS, 4, take_print}, {TABLE_CLUSTERS, ROW_PREFIX, take_cluster}, {TABLE_ALIASES, 4, take_alias}};
#define N_PARTS (sizeof parts / sizeof *parts)

int view_entry(struct view *view, uint32_t num, struct entry *ret)
{
    unsigned char key[ROW_PREFIX];
    int r = 0;
    *ret = (struct entry){0};
    row_record(key, num);
    for (size_t i = 0; i < N_PARTS && r == 0; i++) {
        MDB_val data;
        r = table_get(view, parts[i].table, key, parts[i].key_len, &data);
        r = r == 0 ? parts[i].take(view, num, &data, ret) : r == DUP_ENOENT ? 0 : r;
    }
    return r;
}

/* Goes to the row after that of a number; past the other rows of a cluster, however many. */
static int next_row(const struct part *part, MDB_cursor *cursor, uint32_t num, MDB_val *key, MDB_val *data)
{
    unsigned char start[ROW_PREFIX];
    if (part->key_len != ROW_PREFIX)
        return mdb_cursor_get(cursor, key, data, MDB_NEXT);
    *key = (MDB_val){row_record(start, num + 1), start};
    return num == UINT32_MAX ? MDB_NOTFOUND : mdb_cursor_get(cursor, key, data, MDB_SET_RANGE);
}

static int read_part(struct view *view, const struct part *part, uint32_t from, struct entry *chunk)
{
    unsigned char start[ROW_PREFIX];
    MDB_cursor *cursor;
    row_record(start, from);
    MDB_val key = {part->key_len, start}, data;
    int r = 0;
    int code = mdb_cursor_open(view->txn, view->store->tables[part->table], &cursor);
    if (code != 0)
        return store_code(view->store, code);
    code = mdb_cursor_get(cursor, &key, &data, MDB_SET_RANGE);
    while (code == 0 && r == 0) {
        uint32_t num = key.mv_size >= 4 ? get_be32(key.mv_data) : 0;
        if (num - from >= LEDGER_CHUNK)
            break;
        if (key.mv_size == part->key_len)
            r = part->take(view, num, &data, &chunk[num - from]);
        code = next_row(part, cursor, num, &key, &data);
    }
    mdb_cursor_close(cursor);
    return r < 0 ? r : code == 0 || code == MDB_NOTFOUND ? 0 : store_code(view->store, code);
}

/* Whether so many outlets or agencies have come that most of them are hardly in memory any more. */
static int is_crowded(struct ledger *ledger)
{
    return numbers_given(&ledger->outlets) > ledger->many_outlets || numbers_given(&ledger->agencies) > MANY_AGENCIES;
}

/* Everything goes, and outlets are numbered anew. */
static void begin_anew(struct ledger *ledger)
{
    for (uint32_t i = 0; i < ledger->n_chunks; i++)
        drop(ledger, i);
    numbers_done(&ledger->outlets);
    numbers_done(&ledger->agencies);
    numbers_init(&ledger->outlets, ledger->outlets.most);
    numbers_init(&ledger->agencies, ledger->agencies.most);
    ledger->age++;
}

/* Room for one chunk more: the oldest articles make it, which are asked for least. */
static int make_room(struct ledger *ledger, uint32_t chunk)
{
    if (is_crowded(ledger))
        begin_anew(ledger);
    if (chunk >= ledger->n_chunks) {
        uint32_t n = (chunk + 64) / 64 * 64;
        struct entry **more = realloc(ledger->chunks, n * sizeof(struct entry *));
        if (!more)
            return DUP_ENOMEM;
        memset(more + ledger->n_chunks, 0, (n - ledger->n_chunks) * sizeof *more);
        ledger->chunks = more;
        ledger->n_chunks = n;
    }
    for (uint32_t i = 0; ledger->loaded >= ledger->most && i < ledger->n_chunks; i++)
        if (ledger->chunks[i])
            drop(ledger, i);
    return 0;
}

/* The ledger is held alone: what is committed from here on will be read again here. */
static int load(struct view *view, uint32_t chunk)
{
    struct ledger *ledger = view->store->ledger;
    mdb_txn_reset(view->txn);
    int r = store_code(view->store, mdb_txn_renew(view->txn));
    if (r == 0)
        r = make_room(ledger, chunk);
    struct entry *entries = r == 0 ? calloc(1, CHUNK_BYTES) : NULL;
    if (!entries)
        return r < 0 ? r : DUP_ENOMEM;
    for (size_t i = 0; i < N_PARTS && r == 0; i++)
        r = read_part(view, &parts[i], chunk * LEDGER_CHUNK, entries);
    if (r < 0) {
        free(entries);
        return r;
    }
    ledger->chunks[chunk] = entries;
    ledger->loaded++;
    return 0;
}

int ledger_enter(struct view *view, uint32_t num, struct ledger_chunks *ret_chunks, const struct entry **ret,
                 uint32_t *ret_n)
{
    struct ledger *ledger = view->store->ledger;
    uint32_t chunk = num / LEDGER_CHUNK;
    pthread_rwlock_rdlock(&ledger->lock);
    while (chunk >= ledger->n_chunks || !ledger->chunks[chunk]) {
        pthread_rwlock_unlock(&ledger->lock);
        pthread_rwlock_wrlock(&ledger->lock);
        int there = chunk < ledger->n_chunks && ledger->chunks[chunk];
        int r = there ? 0 : load(view, chunk);
        pthread_rwlock_unlock(&ledger->lock);
        if (r < 0)
            return r;
        pthread_rwlock_rdlock(&ledger->lock);
    }
    *ret_chunks = (struct ledger_chunks){(const struct entry *const *)ledger->chunks, ledger->n_chunks, ledger->age};
    *ret = &ledger->chunks[chunk][num % LEDGER_CHUNK];
    *ret_n = LEDGER_CHUNK - num % LEDGER_CHUNK;
    return 0;
}

uint64_t ledger_outlet(struct view *view, uint32_t outlet)
{
    return numbers_key(&view->store->ledger->outlets, outlet);
}

uint64_t ledger_agency(struct view *view, uint32_t agency)
{
    return numbers_key(&view->store->ledger->agencies, agency);
}

void ledger_leave(struct view *view)
{
    pthread_rwlock_unlock(&view->store->ledger->lock);
}

/* The newest chunk that is missing among those that there is memory for; 0 for none. */
static uint32_t missing(const struct ledger *ledger, uint32_t first, uint32_t last)
{
    for (uint32_t chunk = last, left = ledger->most; left > 0 && chunk >= first; chunk--, left--) {
        if (chunk >= ledger->n_chunks || !ledger->chunks[chunk])
            return chunk + 1;
        if (chunk == 0)
            break;
    }
    return 0;
}

int ledger_step(struct store *store)
{
    struct ledger *ledger = store->ledger;
    const struct counters *n = &store->committed;
    struct view view = {.store = store};
    int r = DUP_ENOENT;
    if (!n->articles || is_crowded(ledger))
        return 0;
    pthread_rwlock_wrlock(&ledger->lock);
    uint32_t chunk = missing(ledger, n->first_num / LEDGER_CHUNK, n->last_num / LEDGER_CHUNK);
    if (chunk && mdb_txn_begin(store->env, NULL, MDB_RDONLY, &view.txn) == 0) {
        r = load(&view, chunk - 1);
        mdb_txn_abort(view.txn);
    }
    pthread_rwlock_unlock(&ledger->lock);
    return r == 0; /* what went wrong is for a report to say */
}

/* ---- what the writer changes ------------------------------------------------- */

void ledger_note(struct store *store, uint32_t num)
{
    struct ledger *ledger = store->ledger;
    if (ledger->n_changed == ledger->room) {
        size_t room = ledger->room ? 2 * ledger->room : 1024;
        uint32_t *more = realloc(ledger->changed, room * sizeof *more);
        if (!more) {
            ledger->lost = 1;
            return;
        }
        ledger->changed = more;
        ledger->room = room;
    }
    ledger->changed[ledger->n_changed++] = num;
}

void ledger_forget(struct store *store)
{
    store->ledger->n_changed = 0;
    store->ledger->lost = 0;
}

/* Those of the numbers that are in memory, from the state that was just committed. */
static int read_again(struct store *store)
{
    struct ledger *ledger = store->ledger;
    struct view view = {.store = store};
    int r = ledger->lost ? DUP_ENOMEM : store_code(store, mdb_txn_begin(store->env, NULL, MDB_RDONLY, &view.txn));
    if (r < 0)
        return r;
    for (size_t i = 0; i < ledger->n_changed; i++) {
        uint32_t num = ledger->changed[i], chunk = num / LEDGER_CHUNK;
        if (chunk < ledger->n_chunks && ledger->chunks[chunk] &&
            view_entry(&view, num, &ledger->chunks[chunk][num % LEDGER_CHUNK]) < 0)
            drop(ledger, chunk);
    }
    mdb_txn_abort(view.txn);
    return 0;
}

void ledger_committed(struct store *store)
{
    struct ledger *ledger = store->ledger;
    if (!ledger->n_changed && !ledger->lost)
        return;
    pthread_rwlock_wrlock(&ledger->lock);
    if (ledger->loaded && read_again(store) < 0)
        begin_anew(ledger);
    pthread_rwlock_unlock(&ledger->lock);
    ledger_forget(store);
}
