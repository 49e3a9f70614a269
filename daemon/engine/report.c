/*
 * Reports: one walk over the prints of a period, counting. Invariant: a print
 * counts once, by what is known of its cluster when it is read; names are
 * looked up once for each outlet and agency, never for each print.
 */
#include "engine/report.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "engine/prepare.h"
#include "engine/report_tables.h"

#define SLICE 1024       /* prints read between looks at the clock */
#define AHEAD 8          /* prints whose cluster is looked for before their turn */
#define SLICE_US 20000u  /* a snapshot is held no longer */
#define DAY_MS INT64_C(86400000)
#define UNKNOWN_AGENCY UINT64_C(2) /* agency keys are odd */

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
    r->slice = malloc(SLICE * sizeof *r->slice);
    if (!r->slice) {
        report_free(r);
        return NULL;
    }
    return r;
}

void report_free(struct report *r)
{
    if (!r)
        return;
    struct map *maps[] = {&r->outlet_map, &r->agency_map, &r->owner_map, &r->story_map, &r->edge_map, &r->voice_map};
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
        map_done(maps[i]);
    free(r->outlets);
    free(r->agencies);
    free(r->owners);
    free(r->stories);
    free(r->edges);
    free(r->lags);
    buf_done(&r->names);
    article_done(&r->scratch);
    free(r->slice);
    free(r->order);
    free(r);
}

/* Room for one entry more in an array that holds a power of two. */
static int reserve(void **array, size_t n, size_t size)
{
    if (n && (n < 64 || n & (n - 1)))
        return 0;
    void *moved = realloc(*array, (n < 64 ? 64 : 2 * n) * size);
    if (!moved)
        return DUP_ENOMEM;
    *array = moved;
    return 0;
}

static size_t bytes_used(const struct report *r)
{
    return map_bytes(&r->outlet_map) + map_bytes(&r->agency_map) + map_bytes(&r->owner_map) +
           map_bytes(&r->story_map) + map_bytes(&r->edge_map) + map_bytes(&r->voice_map) + r->names.cap +
           r->n_outlets * sizeof *r->outlets + r->n_agencies * sizeof *r->agencies +
           r->n_owners * sizeof *r->owners + r->n_stories * sizeof *r->stories +
           r->n_edges * sizeof *r->edges + r->n_lags * sizeof *r->lags;
}

static int keep_name(struct report *r, const char *name, size_t len, size_t *ret)
{
    *ret = r->names.len;
    buf_add(&r->names, name, len);
    return buf_add_char(&r->names, '\0');
}

static int remember(struct map *map, uint64_t key, size_t value)
{
    int is_new;
    uint32_t *at = map_put(map, key, &is_new);
    if (!at)
        return DUP_ENOMEM;
    *at = (uint32_t)value;
    return 0;
}

/* ---- who ------------------------------------------------------------------ */

static int find_owner(struct report *r, const char *name, size_t len, uint32_t *ret)
{
    uint64_t key = outlet_hash(name, len);
    const uint32_t *known = map_get(&r->owner_map, key);
    struct by_owner owner = {0};
    if (known) {
        *ret = *known;
        return 0;
    }
    int e = reserve((void **)&r->owners, r->n_owners, sizeof *r->owners);
    if (e == 0)
        e = keep_name(r, name, len, &owner.name);
    if (e == 0)
        e = remember(&r->owner_map, key, r->n_owners);
    if (e < 0)
        return e;
    *ret = (uint32_t)r->n_owners;
    r->owners[r->n_owners++] = owner;
    return 0;
}

/* The outlet of article num, whose key is known; NONE for a nameless one. */
static int find_outlet(struct report *r, struct view *view, uint64_t key, uint32_t num, uint32_t *ret)
{
    char room[HOSTS_MAX + 1];
    struct outlet who;
    struct by_outlet outlet = {.lag = NO_LAG};
    const uint32_t *known = key ? map_get(&r->outlet_map, key) : NULL;
    if (known || !key) {
        *ret = known ? *known : NONE;
        return 0;
    }
    int e = view_article(view, num, &r->scratch);
    if (e == 0)
        e = reserve((void **)&r->outlets, r->n_outlets, sizeof *r->outlets);
    if (e < 0)
        return e;
    struct str name = r->scratch.outlet;
    outlets_find(r->who, name.data, name.len, NULL, 0, room, &who);
    e = keep_name(r, name.data, name.len, &outlet.name);
    if (e == 0)
        e = find_owner(r, who.owner ? who.owner : name.data, who.owner ? strlen(who.owner) : name.len, &outlet.owner);
    if (e == 0)
        e = remember(&r->outlet_map, key, r->n_outlets);
    if (e < 0)
        return e;
    r->owners[outlet.owner].outlets++;
    *ret = (uint32_t)r->n_outlets;
    r->outlets[r->n_outlets++] = outlet;
    return 0;
}

/* The agency behind a key that a cluster, or the lone article of that number, gives it; 0: the unknown one. */
static int find_agency(struct report *r, struct view *view, uint64_t key, uint32_t cluster, uint32_t *ret)
{
    struct by_agency agency = {.key = key, .lag = NO_LAG};
    uint64_t at = key ? key : UNKNOWN_AGENCY;
    const uint32_t *known = map_get(&r->agency_map, at);
    if (known) {
        *ret = *known;
        return 0;
    }
    int e = key ? view_agency_name(view, cluster, key, agency.name) : 0;
    if (e == 0)
        e = reserve((void **)&r->agencies, r->n_agencies, sizeof *r->agencies);
    if (e == 0)
        e = remember(&r->agency_map, at, r->n_agencies);
    if (e < 0)
        return e;
    *ret = (uint32_t)r->n_agencies;
    r->agencies[r->n_agencies++] = agency;
    return 0;
}

/* ---- what ----------------------------------------------------------------- */

/* An article that stands alone is its own witness. */
static int lone_story(struct report *r, struct view *view, const struct print *p, uint32_t outlet, struct story *ret)
{
    int known = p->flags & PRINT_OWN || (p->flags & PRINT_NAMED && !(p->flags & PRINT_SEVERAL));
    *ret = (struct story){.cluster = p->num, .first = p->num, .first_key = p->outlet, .first_time = p->time,
                          .agency = NONE, .outlet = outlet};
    ret->kind = known ? SOURCE_AGENCY : p->claim ? SOURCE_UNKNOWN : SOURCE_OUTLET;
    return ret->kind == SOURCE_OUTLET ? 0 : find_agency(r, view, known ? p->agency : 0, p->num, &ret->agency);
}

static int load_story(struct report *r, struct view *view, uint32_t id, const struct print *p, struct story *ret)
{
    struct cluster c;
    struct print first;
    int e = view_cluster(view, id, &c);
    if (e == 0 && (e = c.first == p->num ? (first = *p, 0) : view_print(view, c.first, &first)) == 0) {
        *ret = (struct story){.cluster = id, .first = c.first, .first_key = first.outlet,
                              .first_time = c.first_time, .agency = NONE, .kind = c.source_kind};
        e = find_outlet(r, view, first.outlet, c.first, &ret->outlet);
        if (e == 0 && c.source_kind != SOURCE_OUTLET)
            e = find_agency(r, view, c.source, id, &ret->agency);
    }
    return e;
}

/* The story of a cluster's member. It moves when others come: valid until the next call. */
static int find_story(struct report *r, struct view *view, const struct print *p, struct story **ret)
{
    const uint32_t *known = map_get(&r->story_map, p->cluster);
    struct story story;
    if (known) {
        *ret = &r->stories[*known];
        return 0;
    }
    uint32_t id = p->state == PRINT_FOUNDER ? p->cluster : view_cluster_id(view, p->cluster);
    known = id == p->cluster ? NULL : map_get(&r->story_map, id);
    size_t at = known ? *known : r->n_stories;
    int e = known ? 0 : load_story(r, view, id, p, &story);
    if (e == 0)
        e = reserve((void **)&r->stories, r->n_stories, sizeof *r->stories);
    if (e == 0)
        e = remember(&r->story_map, id, at);
    if (e == 0 && id != p->cluster)
        e = remember(&r->story_map, p->cluster, at);
    if (e < 0)
        return e;
    if (!known)
        r->stories[r->n_stories++] = story;
    *ret = &r->stories[at];
    return 0;
}

static void count(struct tally *t, enum source_kind kind, enum source_status status)
{
    t->prints++;
    t->by_agency += status == STATUS_AGENCY;
    if (status == STATUS_AGENCY)
        return;
    if (kind == SOURCE_OUTLET) {
        t->own += status == STATUS_OWN;
        t->copied += status == STATUS_UNCREDITED;
        return;
    }
    t->copy++;
    t->credited += status == STATUS_CREDITED;
    t->generic += status == STATUS_GENERIC;
    t->uncredited += status == STATUS_UNCREDITED;
}

static int add_lag(struct report *r, uint32_t what, const struct story *story, const struct print *p)
{
    int64_t lag = (p->time - story->first_time) / 1000;
    if (p->num == story->first)
        return 0;
    int e = reserve((void **)&r->lags, r->n_lags, sizeof *r->lags);
    if (e == 0)
        r->lags[r->n_lags++] = (uint64_t)what << 32 | (lag < 0 ? 0 : lag >= NO_LAG ? NO_LAG - 1 : (uint32_t)lag);
    return e;
}

static int find_edge(struct report *r, uint32_t from, uint32_t to, struct edge **ret, uint32_t *ret_at)
{
    uint64_t key = (uint64_t)from << 32 | (to + 1);
    const uint32_t *known = map_get(&r->edge_map, key);
    size_t at = known ? *known : r->n_edges;
    int e = known ? 0 : reserve((void **)&r->edges, r->n_edges, sizeof *r->edges);
    if (e == 0 && !known)
        e = remember(&r->edge_map, key, at);
    if (e < 0)
        return e;
    if (!known)
        r->edges[r->n_edges++] = (struct edge){.from = from, .to = to, .lag = NO_LAG};
    *ret = &r->edges[at];
    *ret_at = (uint32_t)at;
    return 0;
}

/* An edge for a print of another's text, and its lag where the graph is asked for. */
static int count_edge(struct report *r, const struct print *p, const struct story *s, uint32_t outlet,
                      enum source_status status)
{
    struct edge *edge;
    uint32_t at;
    if (outlet == NONE || status == STATUS_AGENCY || (s->kind == SOURCE_OUTLET && s->outlet == outlet) ||
        (s->kind == SOURCE_OUTLET && s->outlet == NONE))
        return 0;
    int e = find_edge(r, s->kind == SOURCE_OUTLET ? s->outlet : EDGE_AGENCY | s->agency, outlet, &edge, &at);
    if (e < 0)
        return e;
    edge->prints++;
    edge->credited += status == STATUS_CREDITED;
    edge->generic += status == STATUS_GENERIC;
    edge->uncredited += status == STATUS_UNCREDITED;
    return r->options.kind == REPORT_GRAPH ? add_lag(r, at, s, p) : 0;
}

static int count_agency(struct report *r, const struct print *p, struct story *s, enum source_status status)
{
    if (s->kind == SOURCE_OUTLET)
        return 0;
    struct by_agency *agency = &r->agencies[s->agency];
    count(&agency->tally, (enum source_kind)s->kind, status);
    agency->stories += !s->counted;
    s->counted = 1;
    return add_lag(r, s->agency, s, p);
}

static int count_owner(struct report *r, const struct story *s, uint32_t outlet, enum source_status status, int lone)
{
    int is_new = 1;
    if (outlet == NONE)
        return 0;
    uint32_t owner = r->outlets[outlet].owner;
    count(&r->owners[owner].tally, (enum source_kind)s->kind, status);
    if (!lone && !map_put(&r->voice_map, (uint64_t)(owner + 1) << 32 | s->cluster, &is_new))
        return DUP_ENOMEM;
    r->owners[owner].stories += (uint32_t)is_new;
    return 0;
}

static int count_print(struct report *r, struct view *view, const struct print *p)
{
    struct story lone, *s = &lone;
    uint32_t outlet;
    int e = find_outlet(r, view, p->outlet, p->num, &outlet);
    if (e == 0)
        e = p->state == PRINT_LONE ? lone_story(r, view, p, outlet, &lone) : find_story(r, view, p, &s);
    if (e < 0)
        return e;
    if (r->options.agency && (s->kind != SOURCE_AGENCY || r->agencies[s->agency].key != r->options.agency))
        return 0;
    enum source_status status = source_status(p, (enum source_kind)s->kind, s->first_key);
    r->prints++;
    switch (r->options.kind) {
    case REPORT_OWNERS:
        return count_owner(r, s, outlet, status, p->state == PRINT_LONE);
    case REPORT_OUTLETS:
        if (outlet == NONE)
            return 0;
        count(&r->outlets[outlet].tally, (enum source_kind)s->kind, status);
        e = add_lag(r, outlet, s, p);
        return e < 0 || s->kind == SOURCE_OUTLET ? e : count_edge(r, p, s, outlet, status);
    case REPORT_AGENCIES:
        e = count_agency(r, p, s, status);
        return e < 0 || s->kind == SOURCE_OUTLET ? e : count_edge(r, p, s, outlet, status);
    case REPORT_GRAPH:
    default:
        return count_edge(r, p, s, outlet, status);
    }
}

int report_read(struct report *r, struct view *view, const struct outlets *outlets)
{
    uint64_t end_us = clock_elapsed_us() + SLICE_US;
    r->who = outlets;
    if (!r->begun) {
        int64_t since = r->options.since;
        /* A print was seen at most a day before the time that it claims, or any time after. */
        r->at = since < INT64_MIN + DAY_MS ? view_first_num(view) : view_num_since(view, since - DAY_MS);
        r->end = view_last_num(view);
        r->begun = 1;
    }
    do {
        int n = r->at > r->end ? 0 : view_prints(view, r->at, SLICE, r->slice);
        if (n <= 0)
            return n;
        for (int i = 0; i < n; i++) {
            const struct print *p = &r->slice[i];
            if (i + AHEAD < n && p[AHEAD].state != PRINT_LONE)
                map_prefetch(&r->story_map, p[AHEAD].cluster);
            int in_it = p->num <= r->end && p->time >= r->options.since && p->time < r->options.until;
            int e = in_it ? count_print(r, view, p) : 0;
            if (e < 0)
                return e == DUP_ENOENT ? DUP_ECORRUPT : e;
        }
        r->at = r->slice[n - 1].num + 1;
        if (bytes_used(r) > r->options.max_bytes)
            return DUP_ETOOBIG;
    } while (clock_elapsed_us() < end_us);
    return 1;
}
