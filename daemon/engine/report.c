/*
 * Reports: one walk over the prints of a period, counting. Invariant: a print
 * counts once, by what is known of its cluster when it is read. What is done for
 * each print is done a million times: no name, no search, no branch that can be spared.
 */
#include "engine/report.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "engine/report_tables.h"
#include "store/ledger.h"

#define AHEAD 16         /* prints whose cluster is looked for before their turn */
#define SLICE_US 80000u  /* a snapshot is held no longer */
#define DAY_MS INT64_C(86400000)
#define MERGES 64        /* times that a cluster may have gone into another */

/* Where a report reads, for a turn. */
struct reading {
    struct view *view;
    struct ledger_chunks chunks;
};

/* The story that a print is of. */
struct story {
    uint32_t cluster, first;  /* first: num of the first print */
    uint32_t first_outlet;    /* as in its entry; so is agency, 0 for none or the unknown one */
    uint32_t agency;
    int64_t first_time;
    enum source_kind kind;
    int is_lone;
};

struct report *report_new(const struct report_options *options)
{
    struct report *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->options = *options;
    if (!r->options.max_bytes)
        r->options.max_bytes = LIMIT_REPORT_BYTES;
    buf_init(&r->names, r->options.max_bytes);
    article_init(&r->scratch);
    for (unsigned claim = 0; claim < 4; claim++)
        for (unsigned flags = 0; flags < PRINT_FLAGS; flags++)
            r->statuses[claim][flags] = (uint8_t)source_status(claim, flags, SOURCE_AGENCY, 0);
    return r;
}

void report_free(struct report *r)
{
    if (!r)
        return;
    map_done(&r->outlet_map);
    map_done(&r->owner_map);
    for (size_t i = 0; i < r->n_agencies; i++)
        free(r->agencies[i].fed);
    for (size_t i = 0; i < r->n_seen; i++)
        free(r->seen[i]);
    free(r->seen);
    free(r->outlet_places.at);
    free(r->agency_places.at);
    free(r->outlets);
    free(r->agencies);
    free(r->owners);
    free(r->edges);
    free(r->copies);
    free(r->lags);
    free(r->stories);
    buf_done(&r->names);
    article_done(&r->scratch);
    free(r->order);
    free(r);
}

int report_reserve(void **array, size_t n, size_t size)
{
    if (n && (n < 64 || n & (n - 1)))
        return 0;
    void *moved = realloc(*array, (n < 64 ? 64 : 2 * n) * size);
    if (!moved)
        return DUP_ENOMEM;
    *array = moved;
    return 0;
}

/* Numbers that will be sorted need their room twice. */
static size_t bytes_used(const struct report *r)
{
    size_t fed = 0;
    for (size_t i = 0; i < r->n_agencies; i++)
        fed += r->agencies[i].n_fed;
    return map_bytes(&r->outlet_map) + map_bytes(&r->owner_map) + r->names.cap + fed * sizeof(struct fed) +
           (r->outlet_places.n + r->agency_places.n) * sizeof(uint32_t) + r->seen_pages * SEEN_PAGE / 8 +
           r->n_outlets * sizeof *r->outlets + r->n_agencies * sizeof *r->agencies + r->n_owners * sizeof *r->owners +
           2 * (r->n_copies * sizeof *r->copies + r->n_lags * sizeof *r->lags + r->n_stories * sizeof *r->stories);
}

/* ---- who ------------------------------------------------------------------ */

/* The outlet of a number in the ledger, as article num names it; NONE for a nameless one. */
static int find_outlet(struct report *r, struct view *view, uint32_t number, uint32_t num, uint32_t *ret)
{
    uint32_t place = number < r->outlet_places.n ? r->outlet_places.at[number] : 0;
    *ret = number ? place - 1 : NONE;
    return number && !place ? report_add_outlet(r, view, number, num, ret) : 0;
}

/* The agency of a number in the ledger, as a cluster, or the lone article of that number, names it; 0: the unknown one. */
static int find_agency(struct report *r, struct view *view, uint32_t number, uint32_t cluster, uint32_t *ret)
{
    uint32_t place = number < r->agency_places.n ? r->agency_places.at[number] : 0;
    *ret = place - 1;
    return place ? 0 : report_add_agency(r, view, number, cluster, ret);
}

/* ---- what ----------------------------------------------------------------- */

/* An entry from the store. DUP_ENOENT: what was there has gone meanwhile. */
static int read_entry(const struct reading *in, uint32_t num, unsigned state, struct entry *room,
                      const struct entry **ret)
{
    int e = view_entry(in->view, num, room);
    *ret = room;
    return e < 0 ? e : room->state & state ? 0 : DUP_ENOENT;
}

/* The same from memory, which is all of one state. */
static inline int find_entry(const struct reading *in, uint32_t num, unsigned state, struct entry *room,
                             const struct entry **ret)
{
    *ret = ledger_entry(&in->chunks, num);
    if (!*ret)
        return read_entry(in, num, state, room, ret);
    return (*ret)->state & state ? 0 : DUP_ECORRUPT;
}

/* An article that stands alone is its own witness. */
static void lone_story(const struct entry *p, uint32_t num, struct story *ret)
{
    int known = p->print & PRINT_OWN || (p->print & PRINT_NAMED && !(p->print & PRINT_SEVERAL));
    *ret = (struct story){.cluster = num, .first = num, .first_outlet = p->outlet, .first_time = p->time,
                          .agency = known ? p->agency : 0u, .is_lone = 1};
    ret->kind = known ? SOURCE_AGENCY : p->claim ? SOURCE_UNKNOWN : SOURCE_OUTLET;
}

static int find_story(const struct reading *in, const struct entry *p, uint32_t num, struct story *ret)
{
    struct entry room, first_room;
    const struct entry *story = p, *first;
    uint32_t id = p->cluster;
    int e = 0;
    if (id == num && !(p->state & (ENTRY_STORY | ENTRY_MERGED))) {
        lone_story(p, num, ret);
        return 0;
    }
    if (id != num)
        e = find_entry(in, id, ENTRY_STORY | ENTRY_MERGED, &room, &story);
    for (int merges = 0; e == 0 && story->state & ENTRY_MERGED && merges < MERGES; merges++) {
        id = story->first;
        e = find_entry(in, id, ENTRY_STORY | ENTRY_MERGED, &room, &story);
    }
    if (e < 0)
        return e;
    first = story;
    if (story->first != id && (e = find_entry(in, story->first, ENTRY_PRINT, &first_room, &first)) < 0)
        return e;
    *ret = (struct story){.cluster = id, .first = story->first, .first_outlet = first->outlet,
                          .first_time = first->time, .agency = story->agency, .kind = (enum source_kind)story->kind};
    return 0;
}

/* A print as each report counts it. */
struct counted {
    const struct entry *print;
    uint32_t num, outlet, agency; /* the last two in their tables, or NONE */
    const struct story *story;
    enum source_status status;
};

static void count(struct tally *t, const struct counted *c)
{
    t->by[c->story->kind != SOURCE_OUTLET][c->status]++;
}

static int add_number(uint64_t **list, size_t *n, uint32_t upper, uint32_t lower)
{
    int e = report_reserve((void **)list, *n, sizeof **list);
    if (e == 0)
        (*list)[(*n)++] = (uint64_t)upper << 32 | lower;
    return e;
}

/* Seconds behind the first print; NO_LAG of that itself. */
static uint32_t lag_of(const struct counted *c)
{
    int64_t lag = (c->print->time - c->story->first_time) / 1000;
    return c->num == c->story->first ? NO_LAG : lag < 0 ? 0 : lag >= NO_LAG ? NO_LAG - 1 : (uint32_t)lag;
}

static int add_lag(struct report *r, uint32_t what, const struct counted *c)
{
    uint32_t lag = lag_of(c);
    return lag == NO_LAG ? 0 : add_number(&r->lags, &r->n_lags, what, lag);
}

/* What its outlets print is added up when all was read, and their stories are told apart; one of a single print at once. */
static int count_for_owner(struct report *r, const struct counted *c)
{
    if (c->outlet == NONE)
        return 0;
    struct by_outlet *outlet = &r->outlets[c->outlet];
    count(&outlet->tally, c);
    outlet->lone += (uint32_t)c->story->is_lone;
    return c->story->is_lone ? 0 : add_number(&r->stories, &r->n_stories, c->story->cluster, c->outlet);
}

static int count_fed(struct report *r, const struct counted *c)
{
    struct by_agency *agency = &r->agencies[c->agency];
    int e = c->outlet < agency->n_fed ? 0 : report_feed(agency, c->outlet);
    if (e < 0)
        return e;
    agency->fed[c->outlet].prints++;
    agency->fed[c->outlet].uncredited += c->status == STATUS_UNCREDITED;
    return 0;
}

static int count_for_agency(struct report *r, const struct counted *c)
{
    int seen, e = 0;
    if (c->agency == NONE)
        return 0;
    struct by_agency *agency = &r->agencies[c->agency];
    count(&agency->tally, c);
    if (!c->story->is_lone && (e = report_see(r, c->story->cluster, &seen)) == 0)
        agency->stories += !seen;
    agency->stories += (uint32_t)c->story->is_lone;
    if (e == 0)
        e = add_lag(r, c->agency, c);
    return e < 0 || c->outlet == NONE || c->status == STATUS_AGENCY ? e : count_fed(r, c);
}

static int count_for_outlet(struct report *r, const struct counted *c)
{
    if (c->outlet == NONE)
        return 0;
    count(&r->outlets[c->outlet].tally, c);
    int e = add_lag(r, c->outlet, c);
    return e < 0 || c->agency == NONE || c->status == STATUS_AGENCY ? e : count_fed(r, c);
}

/* An agency's own print is no copy, and nobody copies himself. */
static int count_for_graph(struct report *r, struct view *view, const struct counted *c)
{
    uint32_t from = EDGE_AGENCY | c->agency;
    int e = c->agency == NONE ? find_outlet(r, view, c->story->first_outlet, c->story->first, &from) : 0;
    if (e < 0 || from == NONE || from == c->outlet || c->outlet == NONE || c->status == STATUS_AGENCY)
        return e;
    e = report_reserve((void **)&r->copies, r->n_copies, sizeof *r->copies);
    if (e == 0)
        r->copies[r->n_copies++] = (struct sort_pair){(uint64_t)c->outlet << 32 | from, (uint64_t)lag_of(c) << 32 | c->status};
    return e;
}

static int count_print(struct report *r, const struct reading *in, const struct entry *p, uint32_t num)
{
    struct story story;
    struct counted c = {.print = p, .num = num, .agency = NONE, .story = &story};
    int e = find_story(in, p, num, &story);
    if (e == 0 && story.kind != SOURCE_OUTLET)
        e = find_agency(r, in->view, story.agency, story.cluster, &c.agency);
    if (e < 0 || (r->options.agency && (story.kind != SOURCE_AGENCY || r->agencies[c.agency].key != r->options.agency)))
        return e;
    e = find_outlet(r, in->view, p->outlet, num, &c.outlet);
    if (e < 0)
        return e;
    c.status = r->statuses[p->claim][p->print % PRINT_FLAGS];
    if (story.kind == SOURCE_OUTLET && c.status == STATUS_UNCREDITED && p->outlet == story.first_outlet)
        c.status = STATUS_OWN;
    r->prints++;
    switch (r->options.kind) {
    case REPORT_OWNERS: return count_for_owner(r, &c);
    case REPORT_OUTLETS: return count_for_outlet(r, &c);
    case REPORT_AGENCIES: return count_for_agency(r, &c);
    case REPORT_GRAPH:
    default: return count_for_graph(r, in->view, &c);
    }
}

static int count_entries(struct report *r, const struct reading *in, const struct entry *entries, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct entry *p = &entries[i];
        const struct entry *ahead = i + AHEAD < n ? ledger_entry(&in->chunks, p[AHEAD].cluster) : NULL;
        if (ahead)
            __builtin_prefetch(ahead);
        if (!(p->state & ENTRY_PRINT) || p->time < r->options.since || p->time >= r->options.until)
            continue;
        int e = count_print(r, in, p, r->at + i);
        if (e < 0 && e != DUP_ENOENT) /* that it has gone meanwhile is no fault */
            return e;
    }
    return 0;
}

int report_read(struct report *r, struct view *view, const struct outlets *outlets)
{
    struct reading in = {.view = view};
    uint64_t end_us = clock_elapsed_us() + SLICE_US;
    r->who = outlets;
    if (!r->begun) {
        int64_t since = r->options.since;
        /* A print was seen at most a day before the time that it claims, or any time after. */
        r->at = since < INT64_MIN + DAY_MS ? view_first_num(view) : view_num_since(view, since - DAY_MS);
        r->end = view_last_num(view);
        r->begun = 1;
    }
    while (r->at <= r->end) {
        const struct entry *entries;
        uint32_t n, left = r->end - r->at + 1;
        int e = ledger_enter(view, r->at, &in.chunks, &entries, &n);
        if (e < 0)
            return e;
        n = n < left ? n : left;
        if (in.chunks.age != r->age)
            report_forget_places(r);
        r->age = in.chunks.age;
        e = count_entries(r, &in, entries, n);
        ledger_leave(view);
        if (e < 0)
            return e;
        if (bytes_used(r) > r->options.max_bytes)
            return DUP_ETOOBIG;
        if (n == left)
            break;
        r->at += n;
        if (clock_elapsed_us() >= end_us)
            return 1;
    }
    return 0;
}
