/*
 * Sums of a report: what can only be counted once all prints were read. It exists because a table of a
 * hundred thousand edges, or of who ran which story, costs more than sorting what there is to count. Invariant: an
 * edge that is left out has fewer prints than each of those that may be shown.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/report_tables.h"

#define MANY 1024 /* prints above which edges are not told apart when the first are looked for */

int report_feed(struct by_agency *agency, uint32_t outlet)
{
    uint32_t n = agency->n_fed ? agency->n_fed : 64;
    while (n <= outlet)
        n *= 2;
    struct fed *more = realloc(agency->fed, n * sizeof *more);
    if (!more)
        return DUP_ENOMEM;
    memset(more + agency->n_fed, 0, (n - agency->n_fed) * sizeof *more);
    agency->fed = more;
    agency->n_fed = n;
    return 0;
}

static int add_page(struct report *r, size_t page)
{
    if (page >= r->n_seen) {
        uint64_t **more = realloc(r->seen, (page + 1) * sizeof(uint64_t *));
        if (!more)
            return DUP_ENOMEM;
        memset(more + r->n_seen, 0, (page + 1 - r->n_seen) * sizeof *more);
        r->seen = more;
        r->n_seen = page + 1;
    }
    r->seen[page] = r->seen[page] ? r->seen[page] : calloc(SEEN_PAGE / 64, sizeof(uint64_t));
    r->seen_pages++;
    return r->seen[page] ? 0 : DUP_ENOMEM;
}

int report_see(struct report *r, uint32_t cluster, int *ret_seen)
{
    size_t page = cluster / SEEN_PAGE;
    int e = page < r->n_seen && r->seen[page] ? 0 : add_page(r, page);
    if (e < 0)
        return e;
    uint64_t *bits = &r->seen[page][cluster % SEEN_PAGE / 64], bit = UINT64_C(1) << cluster % 64;
    *ret_seen = (*bits & bit) != 0;
    *bits |= bit;
    return 0;
}

static void add_up_outlets(struct report *r)
{
    for (size_t i = 0; i < r->n_outlets; i++) {
        const struct by_outlet *outlet = &r->outlets[i];
        struct by_owner *owner = &r->owners[outlet->owner];
        uint32_t prints = 0;
        for (int k = 0; k < 2 * STATUS_COUNT; k++) {
            uint32_t n = outlet->tally.by[k / STATUS_COUNT][k % STATUS_COUNT];
            owner->tally.by[k / STATUS_COUNT][k % STATUS_COUNT] += n;
            prints += n;
        }
        owner->outlets += prints > 0;
        owner->stories += outlet->lone;
    }
}

/* The prints of a story stand together once they are sorted: an owner that was met among them before has counted it. */
int report_owners(struct report *r)
{
    uint64_t *spare = malloc((r->n_stories + 1) * sizeof *spare);
    uint32_t *latest = calloc(r->n_owners + 1, sizeof *latest);
    int e = spare && latest ? 0 : DUP_ENOMEM;
    add_up_outlets(r);
    if (e == 0)
        sort_numbers(r->stories, r->n_stories, 32, spare);
    for (size_t i = 0; i < r->n_stories && e == 0; i++) {
        uint32_t owner = r->outlets[(uint32_t)r->stories[i]].owner, cluster = (uint32_t)(r->stories[i] >> 32);
        r->owners[owner].stories += latest[owner] != cluster;
        latest[owner] = cluster;
    }
    free(spare);
    free(latest);
    return e;
}

/* ---- the edges of a graph ---------------------------------------------------- */

/* Outlets and agencies in one row of numbers, so that there is little to sort by. */
static void number_nodes(struct report *r)
{
    uint64_t nodes = r->n_agencies + r->n_outlets;
    for (size_t i = 0; i < r->n_copies; i++) {
        uint32_t from = (uint32_t)r->copies[i].key, to = (uint32_t)(r->copies[i].key >> 32);
        r->copies[i].key = to * nodes + (from & EDGE_AGENCY ? from & ~EDGE_AGENCY : r->n_agencies + from);
    }
}

static struct edge edge_between(const struct report *r, uint64_t key)
{
    uint64_t nodes = r->n_agencies + r->n_outlets, from = key % nodes;
    return (struct edge){.to = (uint32_t)(key / nodes),
                         .from = from < r->n_agencies ? EDGE_AGENCY | (uint32_t)from : (uint32_t)(from - r->n_agencies)};
}

/* Where the copies of another edge begin. */
static size_t run_end(const struct report *r, size_t at)
{
    uint64_t edge = r->copies[at].key;
    while (at < r->n_copies && r->copies[at].key == edge)
        at++;
    return at;
}

/* The least number of prints that an edge has to have for its row to be wanted; *ret_n: how many have enough for a row. */
static size_t least_prints(const struct report *r, size_t *ret_n)
{
    size_t counts[MANY + 1] = {0}, least = r->options.min_prints ? r->options.min_prints : 1, n = 0, at = MANY;
    *ret_n = 0;
    for (size_t i = 0, end; i < r->n_copies; i = end) {
        end = run_end(r, i);
        if (end - i >= least) {
            counts[end - i < MANY ? end - i : MANY]++;
            ++*ret_n;
        }
    }
    if (!r->options.limit)
        return least;
    while (at > 1 && (n += counts[at]) < r->options.limit)
        at--;
    return at > least ? at : least;
}

static struct edge edge_of(const struct report *r, size_t at, size_t end, uint32_t *lags)
{
    struct edge e = edge_between(r, r->copies[at].key);
    size_t n = 0;
    e.prints = (uint32_t)(end - at);
    for (; at < end; at++) {
        enum source_status status = (enum source_status)(uint32_t)r->copies[at].value;
        e.credited += status == STATUS_CREDITED;
        e.generic += status == STATUS_GENERIC;
        e.uncredited += status == STATUS_UNCREDITED;
        lags[n] = (uint32_t)(r->copies[at].value >> 32);
        n += lags[n] != NO_LAG;
    }
    e.lag = n ? sort_median(lags, n, lags + n) : NO_LAG;
    return e;
}

static int count_edges(struct report *r, size_t least, uint32_t *lags)
{
    int e = 0;
    for (size_t i = 0, end; i < r->n_copies && e == 0; i = end) {
        end = run_end(r, i);
        if (end - i < least)
            continue;
        e = report_reserve((void **)&r->edges, r->n_edges, sizeof *r->edges);
        if (e == 0)
            r->edges[r->n_edges++] = edge_of(r, i, end, lags);
    }
    return e;
}

int report_edges(struct report *r, size_t *ret_n)
{
    struct sort_pair *spare = malloc((r->n_copies + 1) * sizeof *spare);
    if (!spare)
        return DUP_ENOMEM;
    number_nodes(r);
    sort_pairs(r->copies, r->n_copies, spare);
    size_t least = least_prints(r, ret_n);
    int e = count_edges(r, least, (uint32_t *)(void *)spare);
    free(spare);
    return e;
}

/* ---- medians -------------------------------------------------------------------- */

/* Those of the rows that will be shown alone: each a run of its lags, which are put there in one go. */
int report_medians(struct report *r, size_t n)
{
    size_t rows = r->options.kind == REPORT_OUTLETS ? r->n_outlets : r->n_agencies, all = 0;
    size_t *ends = calloc(rows + 1, sizeof *ends);
    uint32_t *lags = malloc((r->n_lags + 1) * 2 * sizeof *lags);
    unsigned char *wanted = calloc(rows + 1, 1);
    if (!ends || !lags || !wanted) {
        free(ends);
        free(lags);
        free(wanted);
        return DUP_ENOMEM;
    }
    for (size_t i = 0; i < n; i++)
        wanted[r->order[i]] = 1;
    for (size_t i = 0; i < r->n_lags; i++)
        ends[r->lags[i] >> 32]++;
    for (size_t i = 0; i < rows; i++) {
        size_t count = wanted[i] ? ends[i] : 0;
        ends[i] = all;
        all += count;
    }
    for (size_t i = 0; i < r->n_lags; i++) {
        size_t what = r->lags[i] >> 32;
        if (wanted[what])
            lags[ends[what]++] = (uint32_t)r->lags[i];
    }
    for (size_t i = 0, begin = 0; i < rows; i++) {
        uint32_t *to = r->options.kind == REPORT_OUTLETS ? &r->outlets[i].lag : &r->agencies[i].lag;
        if (wanted[i] && ends[i] > begin)
            *to = sort_median(lags + begin, ends[i] - begin, lags + r->n_lags);
        begin = wanted[i] ? ends[i] : begin;
    }
    free(ends);
    free(lags);
    free(wanted);
    return 0;
}
