/*
 * Tiers: how postings get from the memory table to segments, and from many
 * small segments to few large ones, in steps that are short and committed one
 * by one. Invariant: what a step did is committed with the row that says how
 * far it came, so that a restart goes on there; a segment's inputs are looked
 * up until the last of it is written.
 *
 *   spare --full--> active --full--> frozen --steps--> segment of level 0, and the spare one when that is wanted
 *   four segments of level n --steps--> one of level n + 1; then the four are cleared
 */
#include <lmdb.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/postings.h"

#define STEP_MAX (UINT64_C(1) << 17) /* postings moved in one step */
#define STEP_MIN (UINT64_C(1) << 8)  /* of small tables, a small part too */
#define STEP_SHARE 256             /* bytes of the memory table for each of them */
#define STEP_US 30000u             /* a step takes this long at most, with its commit some more; ... */
#define BEHIND 8                   /* ... as long again for each so many that are owed: tables fill whatever the disk does */
#define RUN_LOOKS 8                /* runs of keys sealed between two looks at the clock */
#define FILL_PIECES 16             /* of a quarter of a step's postings: keys read in one step to fill a filter after a start, ... */
#define FILL_US 20000u             /* ... or as many as it takes so long to find on the disk */
#define READY_AT 75                /* percent of the active table when the next one is made ready, ... */
#define READY_BYTES (UINT64_C(2) << 20) /* ... so many in one step: a large page, which the system may take milliseconds to find */
#define PACE 8                     /* postings to be moved for each one added: sealing and four levels take five */

static uint64_t step_postings(const struct tiers *t)
{
    uint64_t n = t->table_bytes / STEP_SHARE;
    return n > STEP_MAX ? STEP_MAX : n < STEP_MIN ? STEP_MIN : n;
}

static unsigned width_of(uint32_t range)
{
    return range < 1u << 8 ? 1 : range < 1u << 16 ? 2 : range < 1u << 24 ? 3 : 4;
}

int tiers_sealing(const struct tiers *t)
{
    return t->frozen && !t->frozen_sealed;
}

int tiers_free_place(const struct tiers *t)
{
    for (int i = 0; i < SEGMENTS_MAX; i++)
        if (t->segments[i].state == SEGMENT_FREE && !t->segments[i].filter) /* cleared by this step: the next one may have it */
            return i;
    return -1;
}

/* The segment being built that the predicate's level and kind fit; -1 for none. */
int tiers_building(const struct tiers *t, int merging, unsigned level)
{
    for (int i = 0; i < SEGMENTS_MAX; i++) {
        const struct segment *s = &t->segments[i];
        if (s->state == SEGMENT_BUILDING && (s->inputs != 0) == merging && s->level == level)
            return i;
    }
    return -1;
}

static uint32_t next_order(const struct tiers *t)
{
    uint32_t most = t->shown.most; /* one that is used again would pass for one that was asked */
    for (int i = 0; i < SEGMENTS_MAX; i++)
        if (t->segments[i].state != SEGMENT_FREE && t->segments[i].order > most)
            most = t->segments[i].order;
    return most + 1;
}

int step_is_late(struct step *step)
{
    if (step->left && clock_elapsed_us() > step->end_us) {
        step->unmoved = step->left;
        step->left = 0;
    }
    return step->left == 0;
}

int step_begin_segment(struct step *step, const struct segment *made, uint64_t keys)
{
    int place = tiers_free_place(step->tiers);
    if (place < 0)
        return DUP_EBUSY;
    struct segment *s = &step->tiers->segments[place];
    *s = *made;
    s->state = SEGMENT_BUILDING;
    s->width = (uint8_t)width_of(s->last - s->first);
    s->filter = filter_new(step->store->dir, keys);
    if (!s->filter) {
        *s = (struct segment){0};
        return DUP_ENOMEM;
    }
    return place;
}

/* ---- sealing --------------------------------------------------------------- */

static int begin_seal(struct step *step)
{
    struct tiers *t = step->tiers;
    struct segment made = {.level = 0, .order = next_order(t)};
    index_numbers(t->frozen, &made.first, &made.last);
    t->frozen_line = 0;
    return step_begin_segment(step, &made, index_count(t->frozen));
}

static int seal_run(struct step *step, int place)
{
    struct segment *s = &step->tiers->segments[place];
    const struct run *run = &step->run;
    for (size_t i = 0; i < run->n;) {
        uint32_t nums[LIMIT_POSTINGS + 1], n = 0;
        uint64_t key = run->postings[i].key;
        for (; i < run->n && run->postings[i].key == key; i++)
            if (n <= LIMIT_POSTINGS)
                nums[n++] = run->postings[i].num;
        int r = key < s->resume ? 0 : segment_add(step->store, (unsigned)place, s, &step->chunk, key, nums, n);
        if (r < 0)
            return r;
    }
    step->left -= run->n < step->left ? run->n : step->left;
    return 0;
}

static int seal(struct step *step)
{
    struct tiers *t = step->tiers;
    unsigned runs = 0;
    int place = tiers_building(t, 0, 0), r = 0;
    if (place < 0 && (place = begin_seal(step)) < 0)
        return place;
    struct segment *s = &t->segments[place];
    /* The resume key moves with each chunk; what this step writes is all above the one it began with. */
    while (step->left && (r = index_run(t->frozen, &t->frozen_line, &step->run)) == 1) {
        if ((r = seal_run(step, place)) < 0)
            return r;
        if (++runs % RUN_LOOKS == 0)
            step_is_late(step);
    }
    if (r < 0 || (r = segment_flush(step->store, (unsigned)place, s, &step->chunk)) < 0)
        return r;
    if (step->left) {
        uint32_t sealed = t->generation - 1;
        s->state = SEGMENT_LIVE;
        step->sealed = 1;
        t->frozen_order = s->order;
        t->sealed = sealed;
        t->seals++;
        r = table_put(step->store, TABLE_SETTINGS, "sealed", 6, &sealed, sizeof sealed, 0);
    }
    return r < 0 ? r : segment_write_row(step->store, (unsigned)place, s);
}

/* ---- steps ------------------------------------------------------------------- */

static int pending(const struct store *store)
{
    const struct tiers *t = store->tiers;
    return tiers_sealing(t) || clear_pending(store) || merge_level(t) >= 0;
}

/* Whether the next table is still to be made ready. */
static int wants_spare(const struct tiers *t)
{
    return !tiers_sealing(t) && index_fullness(t->active) >= READY_AT && !(t->spare && index_is_clear(t->spare));
}

int store_owes(const struct store *store)
{
    const struct tiers *t = store->tiers;
    return t->owed >= step_postings(t) && (pending(store) || wants_spare(t) || tiers_unready(t));
}

/* What is frozen is a segment too by now. Its memory is used again: all other would have to be found page by page, while
 * articles wait. A piece of it; 1: there is more. Without memory for it one is made when it is wanted. */
static int make_spare(struct store *store)
{
    struct tiers *t = store->tiers;
    if (!wants_spare(t))
        return 0;
    if (!t->spare) {
        int again = t->frozen && index_is_large(t->frozen);
        if (!again)
            index_free(t->frozen);
        t->spare = again ? t->frozen : index_new(t->table_bytes);
        t->frozen = NULL;
        t->frozen_sealed = 0;
        tiers_show(store);
        if (!t->spare)
            return 0;
        index_fills(t->spare);
        index_reuse(t->spare);
    }
    return index_clear(t->spare, READY_BYTES);
}

static int run_step(struct step *step)
{
    struct tiers *t = step->tiers;
    int r = clear_step(step), place, level;
    if (r == 0 && tiers_sealing(t) && (tiers_building(t, 0, 0) >= 0 || tiers_free_place(t) >= 0)) {
        r = seal(step);
    } else if (r == 0 && (level = merge_level(t)) >= 0) {
        place = tiers_building(t, 1, (unsigned)level + 1);
        if (place < 0)
            place = merge_begin(step, (unsigned)level);
        r = place < 0 ? place : merge_step(step, place);
    }
    return r;
}

/* What a step had changed in memory, when it could not be committed. */
struct before {
    struct segment segments[SEGMENTS_MAX];
    uint64_t frozen_line, seals, merges;
    uint32_t sealed, cleared;
};

static void note_before(const struct tiers *t, struct before *ret)
{
    memcpy(ret->segments, t->segments, sizeof ret->segments);
    ret->frozen_line = t->frozen_line;
    ret->seals = t->seals;
    ret->merges = t->merges;
    ret->sealed = t->sealed;
    ret->cleared = t->cleared;
}

static void take_back(struct tiers *t, const struct before *before)
{
    for (int i = 0; i < SEGMENTS_MAX; i++)
        if (t->segments[i].filter != before->segments[i].filter)
            filter_free(t->segments[i].filter);
    memcpy(t->segments, before->segments, sizeof t->segments);
    t->frozen_line = before->frozen_line;
    t->sealed = before->sealed;
    t->cleared = before->cleared;
    t->seals = before->seals;
    t->merges = before->merges;
}

static void pay(struct tiers *t, uint64_t postings)
{
    t->owed -= t->owed < postings ? t->owed : postings;
}

static void keep(struct step *step)
{
    struct tiers *t = step->tiers;
    t->frozen_sealed |= step->sealed;
    tiers_show(step->store);
    for (int i = 0; i < SEGMENTS_MAX; i++) {
        if (t->segments[i].state == SEGMENT_FREE || t->segments[i].state == SEGMENT_DOOMED) {
            filter_free(t->segments[i].filter);
            segment_unfence(&t->segments[i]);
            t->segments[i].filter = NULL;
            t->segments[i].filling = 0;
        }
        if (t->segments[i].state == SEGMENT_FREE)
            t->segments[i] = (struct segment){0};
    }
    pay(t, step_postings(t) - step->unmoved);
}

/* 1 when there are more, or DUP_E... */
static int make_ready(struct store *store)
{
    uint64_t end_us = clock_elapsed_us() + FILL_US;
    int r = 1;
    for (int i = 0; i < FILL_PIECES && r == 1 && (i == 0 || clock_elapsed_us() < end_us); i++)
        r = tiers_make_ready(store, step_postings(store->tiers) / 4);
    return r;
}

int store_step(struct store *store)
{
    struct tiers *t = store->tiers;
    struct step step = {.store = store, .tiers = t, .left = step_postings(t)};
    int filling = make_ready(store), making = make_spare(store);
    if (filling < 0 || !pending(store)) {
        pay(t, making ? step_postings(t) : t->owed);
        int r = filling ? filling : making ? making : ledger_step(store);
        return r ? r : ids_step(store);
    }
    struct before before;
    int r = store_begin(store);
    if (r < 0)
        return r;
    note_before(t, &before);
    step.end_us = clock_elapsed_us() + STEP_US * (1 + t->owed / (BEHIND * step_postings(t)));
    r = run_step(&step);
    if (r == 0)
        r = store_commit(store);
    else
        store_abort(store);
    if (r == 0)
        keep(&step);
    else
        take_back(t, &before);
    free(step.run.postings);
    return r < 0 ? r : filling || making || pending(store);
}

int tiers_freeze(struct store *store)
{
    struct tiers *t = store->tiers;
    struct index *fresh = t->spare ? t->spare : index_new(t->table_bytes);
    if (!fresh)
        return DUP_ENOMEM;
    index_fills(fresh); /* as the one before it did */
    index_clear(fresh, index_bytes(fresh)); /* what steps have not come to */
    index_free(t->frozen);
    t->spare = NULL;
    t->frozen = t->active;
    t->frozen_sealed = 0;
    t->active = fresh;
    t->generation++;
    t->log_row = t->log_row_committed = 0;
    tiers_show(store);
    return 0;
}

int tiers_begin(struct store *store)
{
    struct tiers *t = store->tiers;
    t->row_len = 0;
    t->added = 0;
    t->log_row = t->log_row_committed;
    if (index_is_full(t->active) && !tiers_sealing(t))
        tiers_freeze(store); /* without the memory for another, this one grows */
    int r = index_begin(t->active);
    return r < 0 ? r : tiers_open_reader(store);
}

/* What others may read at any time. */
static void tell(struct store *store)
{
    const struct tiers *t = store->tiers;
    struct index_figures *f = &store->figures;
    uint64_t segments = 0, sealed = 0, filters = 0;
    for (int i = 0; i < SEGMENTS_MAX; i++) {
        segments += t->segments[i].state == SEGMENT_LIVE;
        sealed += t->segments[i].state == SEGMENT_LIVE ? t->segments[i].postings : 0;
        filters += filter_bytes(t->segments[i].filter) + fences_bytes(t->segments[i].fences);
    }
    f->postings = index_count(t->active) + (t->frozen ? index_count(t->frozen) : 0);
    f->bytes = index_bytes(t->active) + (t->frozen ? index_bytes(t->frozen) : 0) + (t->spare ? index_bytes(t->spare) : 0);
    f->segments = segments;
    f->sealed = sealed;
    f->filter_bytes = filters;
    f->seals = t->seals;
    f->merges = t->merges;
}

void tiers_committed(struct store *store)
{
    struct tiers *t = store->tiers;
    tell(store);
    t->log_row_committed = t->log_row;
    t->owed += t->added * PACE;
    tiers_close_reader(store);
}

void tiers_undo(struct store *store)
{
    index_undo(store->tiers->active);
    store->tiers->row_len = 0;
    tiers_close_reader(store);
}
