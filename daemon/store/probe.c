/*
 * Look-ups: the writer's in the memory tables and segments, and those of other threads, ahead of it, in the
 * segments alone, which never change. Invariant: what is shown to others was committed, and is in the
 * snapshot of whoever looks; of a segment that goes the filter lives until nobody looks at it.
 */
#include <lmdb.h>
#include <string.h>

#include "store/postings.h"

#define AHEAD 8     /* values of which the filters are fetched before their turn */
#define HITS 128    /* values that passed a filter and are looked for together */
#define FETCHED 256 /* bytes of a chunk that are fetched before their turn; the processor goes on from there */
#define VOTES 128   /* values that say which number most of them lead to, ... */
#define FEW 2       /* ... of so many stories at most */

/* ---- in segments ----------------------------------------------------------------- */

/* Figures of one look-up, told at its end. */
struct asked { uint64_t filters, passed, wrong; };

static void tell(struct store *store, const struct asked *a)
{
    store->figures.filter_asked += a->filters;
    store->figures.filter_passed += a->passed;
    store->figures.filter_wrong += a->wrong;
}

static int may_have(const struct segment *s, uint64_t key, struct asked *asked)
{
    asked->filters += !s->filling;
    return s->filling || filter_may_have(s->filter, key);
}

/* Adds what a segment has of key, in a chunk that its fences lead to if that is not NULL. A filter that is not whole yet was not asked. */
static int find_in_segment(const struct segment *s, MDB_cursor *cursor, const struct placed *chunk, uint64_t key, uint32_t least,
                           struct asked *asked, struct posting_list *list)
{
    int r = chunk ? segment_find_placed(chunk, s, key, least, list) : segment_find(cursor, s, key, least, list);
    asked->passed += !s->filling;
    asked->wrong += !s->filling && r == 0;
    return r < 0 ? r : 0;
}

/* Whether it is to be asked: a number from least on may stand in it, and the tables do not hold it too. */
static int is_asked(const struct tiers *t, const struct segment *s, uint32_t least)
{
    return s->state == SEGMENT_LIVE && s->last >= least && !(t->frozen_sealed && s->level == 0 && s->order == t->frozen_order);
}

/* ---- by others ---------------------------------------------------------------------- */

void tiers_show(struct store *store)
{
    struct tiers *t = store->tiers;
    struct shown *shown = &t->shown;
    struct shown_segment now[SEGMENTS_MAX];
    MDB_envinfo info;
    unsigned n = 0;
    uint32_t order = 0;
    memset(now, 0, sizeof now);
    for (unsigned i = 0; i < SEGMENTS_MAX; i++) {
        const struct segment *s = &t->segments[i];
        if (!is_asked(t, s, 0))
            continue;
        now[n].place = i;
        now[n].segment = *s;
        now[n].segment.unfiltered = now[n].segment.unfenced = 0; /* how far what is being made has come is the writer's */
        now[n++].segment.fencing = NULL;
        order = s->order > order ? s->order : order;
    }
    if (n == shown->n && memcmp(now, shown->segments, n * sizeof *now) == 0)
        return;
    mdb_env_info(store->env, &info);
    pthread_rwlock_wrlock(&shown->lock);
    memcpy(shown->segments, now, n * sizeof *now);
    shown->n = n;
    shown->order = order;
    shown->most = order > shown->most ? order : shown->most;
    shown->txn = info.me_last_txnid;
    pthread_rwlock_unlock(&shown->lock);
}

/* What the segments have of a value, in probed->lists: this, and as many numbers. */
struct found { uint32_t value, total, n; };

static int keep(struct probed *probed, size_t value, const struct posting_list *list)
{
    const struct found found = {(uint32_t)value, list->total, list->n};
    int r = list->n ? buf_add(&probed->lists, &found, sizeof found) : 0;
    return r < 0 || !list->n ? r : buf_add(&probed->lists, list->nums, list->n * sizeof *list->nums);
}

/* The one at *at, which moves on past it, and where its numbers stand. 0 at the end. */
static int next_found(const struct probed *probed, size_t *at, struct found *ret, const char **ret_nums)
{
    if (*at == probed->lists.len)
        return 0;
    memcpy(ret, probed->lists.data + *at, sizeof *ret);
    *ret_nums = probed->lists.data + *at + sizeof *ret;
    *at += sizeof *ret + ret->n * sizeof(uint32_t);
    return 1;
}

uint32_t probed_most(const struct probed *probed, uint32_t *ret_votes)
{
    uint32_t nums[VOTES], n = 0, most = 0;
    struct found found;
    const char *from;
    size_t at = 0;
    *ret_votes = 0;
    while (n < VOTES && next_found(probed, &at, &found, &from))
        if (found.total <= FEW)
            memcpy(&nums[n++], from, sizeof *nums);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t votes = 0;
        for (uint32_t k = i; k < n; k++)
            votes += nums[k] == nums[i];
        if (votes > *ret_votes) {
            *ret_votes = votes;
            most = nums[i];
        }
    }
    return most;
}

/* What passed a filter, and where it is to be looked for; data NULL: in the tree. */
struct hit { uint32_t value, k; struct placed chunk; };

struct look {
    struct view *view;
    const struct shown *shown;
    const uint64_t *values;
    uint32_t least;
    MDB_cursor *cursors[SEGMENTS_MAX]; /* owned */
    struct hit hits[HITS];
    size_t n;
    uint32_t value;                    /* that list is of */
    struct posting_list list;
    struct asked asked;
    struct probed *ret;
};

static int ask_cursor(struct look *l, const struct hit *hit)
{
    const struct shown_segment *s = &l->shown->segments[hit->k];
    MDB_cursor **cursor = &l->cursors[hit->k];
    int r = *cursor ? 0 : store_code(l->view->store, mdb_cursor_open(l->view->txn, l->view->store->tables[TABLE_SEGMENT_0 + s->place], cursor));
    return r < 0 ? r : find_in_segment(&s->segment, *cursor, NULL, value_key(l->values[hit->value]), l->least, &l->asked, &l->list);
}

/* Looks for what passed. The chunks are on their way while others are looked for. */
static int look_for_hits(struct look *l)
{
    int r = 0;
    for (size_t i = 0; i < l->n; i++) {
        struct hit *hit = &l->hits[i];
        const struct fences *fences = l->shown->segments[hit->k].segment.fences;
        if (!fences || !fences_find(fences, value_key(l->values[hit->value]), &hit->chunk))
            hit->chunk.data = NULL;
        for (size_t at = 0; hit->chunk.data && at < FETCHED; at += 64)
            __builtin_prefetch(hit->chunk.data + at);
    }
    for (size_t i = 0; i < l->n && r == 0; i++) {
        const struct hit *hit = &l->hits[i];
        if (hit->value != l->value) {
            r = keep(l->ret, l->value, &l->list);
            l->value = hit->value;
            l->list.n = l->list.total = 0;
        }
        if (r < 0 || l->list.total > LIMIT_POSTINGS)
            continue;
        r = hit->chunk.data ? find_in_segment(&l->shown->segments[hit->k].segment, NULL, &hit->chunk, value_key(l->values[hit->value]),
                                              l->least, &l->asked, &l->list)
                            : ask_cursor(l, hit);
    }
    l->n = 0;
    return r;
}

static int probe_shown(struct look *l, size_t n)
{
    const struct shown *shown = l->shown;
    int r = 0;
    for (size_t i = 0; i < n + AHEAD && r == 0; i++) {
        for (uint32_t k = 0; k < shown->n && r == 0; k++) {
            const struct segment *s = &shown->segments[k].segment;
            if (i < n)
                filter_prefetch(s->filter, value_key(l->values[i]));
            if (i < AHEAD || s->last < l->least || !may_have(s, value_key(l->values[i - AHEAD]), &l->asked))
                continue;
            if (s->fences)
                fences_prefetch(s->fences, value_key(l->values[i - AHEAD]));
            l->hits[l->n++] = (struct hit){.value = (uint32_t)(i - AHEAD), .k = k};
            if (l->n == HITS)
                r = look_for_hits(l);
        }
    }
    if (r == 0)
        r = look_for_hits(l);
    if (r == 0)
        r = keep(l->ret, l->value, &l->list);
    for (unsigned k = 0; k < shown->n; k++)
        if (l->cursors[k])
            mdb_cursor_close(l->cursors[k]);
    return r;
}

int view_probe(struct view *view, const uint64_t *values, size_t n, struct probed *ret)
{
    struct shown *shown = &view->store->tiers->shown;
    struct look look = {.view = view, .shown = shown, .values = values, .least = view_first_num(view), .ret = ret};
    int r = 0;
    ret->order = 0;
    buf_clear(&ret->lists);
    pthread_rwlock_rdlock(&shown->lock);
    if (mdb_txn_id(view->txn) >= shown->txn) {
        r = probe_shown(&look, n);
        ret->order = r == 0 ? shown->order : 0;
    }
    pthread_rwlock_unlock(&shown->lock);
    if (r < 0)
        buf_done(&ret->lists);
    tell(view->store, &look.asked);
    return r;
}

/* ---- by the writer --------------------------------------------------------------------- */

int tiers_open_reader(struct store *store)
{
    struct tiers *t = store->tiers;
    int code = t->reader.txn ? mdb_txn_renew(t->reader.txn)
                             : mdb_txn_begin(store->env, NULL, MDB_RDONLY, &t->reader.txn);
    for (unsigned i = 0; code == 0 && i < SEGMENTS_MAX; i++) {
        if (t->segments[i].state != SEGMENT_LIVE)
            continue;
        code = t->cursors[i] ? mdb_cursor_renew(t->reader.txn, t->cursors[i])
                             : mdb_cursor_open(t->reader.txn, store->tables[TABLE_SEGMENT_0 + i], &t->cursors[i]);
    }
    return store_code(store, code);
}

void tiers_close_reader(struct store *store)
{
    if (store->tiers->reader.txn)
        mdb_txn_reset(store->tiers->reader.txn);
}

/* The segments that are to be asked, those up to an order excepted. How many. */
static unsigned segments_to_ask(const struct tiers *t, uint32_t least, uint32_t order, unsigned *ret)
{
    unsigned n = 0;
    for (unsigned i = 0; i < SEGMENTS_MAX; i++)
        if (t->segments[i].order > order && is_asked(t, &t->segments[i], least))
            ret[n++] = i;
    return n;
}

/* What was found ahead of a value, if it is that one's turn: *at is the place in what was found. */
static void take(const struct probed *probed, size_t *at, size_t value, uint32_t least, struct posting_list *list)
{
    struct found found;
    const char *nums;
    size_t after = *at;
    uint32_t num;
    if (!next_found(probed, &after, &found, &nums) || found.value != value)
        return;
    *at = after;
    for (uint32_t k = 0; k < found.n; k++) {
        memcpy(&num, nums + k * sizeof num, sizeof num);
        if (num >= least)
            posting_list_add(list, num);
    }
    if (found.total > LIMIT_POSTINGS)
        list->total = found.total;
}

int store_probe(struct store *store, const uint64_t *values, size_t n, const struct probed *ahead, struct posting_list *ret)
{
    static const struct probed nothing;
    struct tiers *t = store->tiers;
    struct asked asked = {0};
    const struct probed *probed = ahead && ahead->order ? ahead : &nothing;
    uint32_t least = view_first_num(&store->writer);
    unsigned ask[SEGMENTS_MAX], n_ask = segments_to_ask(t, least, probed->order, ask);
    size_t at = 0, hits = 0;
    int r = 0;
    store_prefetch(store, values, n, probed);
    for (size_t i = 0; i < n && r == 0; i++) {
        uint64_t key = value_key(values[i]);
        struct posting_list *list = &ret[i];
        list->n = list->total = 0;
        index_find(t->active, key, least, list);
        if (t->frozen)
            index_find(t->frozen, key, least, list);
        if (at < probed->lists.len)
            take(probed, &at, i, least, list);
        for (unsigned k = 0; k < n_ask && r == 0 && list->total <= LIMIT_POSTINGS; k++) {
            const struct segment *s = &t->segments[ask[k]];
            struct placed chunk;
            if (may_have(s, key, &asked))
                r = find_in_segment(s, t->cursors[ask[k]], s->fences && fences_find(s->fences, key, &chunk) ? &chunk : NULL, key, least,
                                    &asked, list);
        }
        hits += list->n > 0;
    }
    tell(store, &asked);
    store->probes += n;
    store->probe_hits += hits;
    return r;
}

void store_prefetch(const struct store *store, const uint64_t *values, size_t n, const struct probed *ahead)
{
    const struct tiers *t = store->tiers;
    for (size_t i = 0; i < n; i++) {
        index_prefetch(t->active, value_key(values[i]));
        if (t->frozen)
            index_prefetch(t->frozen, value_key(values[i]));
    }
    for (unsigned k = 0; k < SEGMENTS_MAX; k++)
        for (size_t i = 0; t->segments[k].state == SEGMENT_LIVE && t->segments[k].order > ahead->order && i < n; i++)
            filter_prefetch(t->segments[k].filter, value_key(values[i]));
}
