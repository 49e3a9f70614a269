/*
 * Rows of a report: their order, and each as JSON. Invariant: the same
 * counts give the same rows in the same order, whatever came first.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/report_tables.h"
#include "proto/json.h"

#define AGENCIES_SHOWN 20 /* in the row of an outlet */

static uint32_t sum(const uint32_t *by)
{
    uint32_t n = 0;
    for (int i = 0; i < STATUS_COUNT; i++)
        n += by[i];
    return n;
}

static uint32_t tally_prints(const struct tally *t)
{
    return sum(t->by[0]) + sum(t->by[1]);
}

/* Prints of an agency's own outlets. */
static uint32_t tally_by_agency(const struct tally *t)
{
    return t->by[0][STATUS_AGENCY] + t->by[1][STATUS_AGENCY];
}

/* Prints of an agency's copy in others' outlets. */
static uint32_t tally_copy(const struct tally *t)
{
    return sum(t->by[1]) - t->by[1][STATUS_AGENCY];
}

static const char *name_at(const struct report *r, size_t offset)
{
    return r->names.data + offset;
}

static const char *agency_name(const struct by_agency *agency)
{
    return agency->key ? agency->name : source_kind_word(SOURCE_UNKNOWN);
}

/* What a row is sorted by: prints, then names. */
static uint32_t row_prints(const struct report *r, uint32_t i)
{
    switch (r->options.kind) {
    case REPORT_OUTLETS: return tally_prints(&r->outlets[i].tally);
    case REPORT_AGENCIES: return tally_prints(&r->agencies[i].tally);
    case REPORT_OWNERS: return tally_prints(&r->owners[i].tally);
    case REPORT_GRAPH:
    default: return r->edges[i].prints;
    }
}

static const char *edge_from(const struct report *r, const struct edge *e)
{
    return e->from & EDGE_AGENCY ? agency_name(&r->agencies[e->from & ~EDGE_AGENCY]) : name_at(r, r->outlets[e->from].name);
}

static const char *row_name(const struct report *r, uint32_t i)
{
    switch (r->options.kind) {
    case REPORT_OUTLETS: return name_at(r, r->outlets[i].name);
    case REPORT_AGENCIES: return agency_name(&r->agencies[i]);
    case REPORT_OWNERS: return name_at(r, r->owners[i].name);
    case REPORT_GRAPH:
    default: return edge_from(r, &r->edges[i]);
    }
}

static int by_outlet_name(const void *a, const void *b, void *arg)
{
    const struct report *r = arg;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    int c = strcmp(name_at(r, r->outlets[x].name), name_at(r, r->outlets[y].name));
    return c ? c : x < y ? -1 : 1;
}

/* Edges are many and nodes few: names are compared once, and edges by the ranks of theirs. */
static int rank_outlets(struct report *r)
{
    uint32_t *list = malloc((r->n_outlets + 1) * sizeof *list);
    if (!list)
        return DUP_ENOMEM;
    for (uint32_t i = 0; i < r->n_outlets; i++)
        list[i] = i;
    qsort_r(list, r->n_outlets, sizeof *list, by_outlet_name, r);
    for (uint32_t i = 0; i < r->n_outlets; i++)
        r->outlets[list[i]].rank = i;
    free(list);
    return 0;
}

static void rank_agencies(struct report *r)
{
    for (uint32_t i = 0; i < r->n_agencies; i++)
        for (uint32_t k = 0; k < r->n_agencies; k++)
            r->agencies[i].rank += strcmp(agency_name(&r->agencies[k]), agency_name(&r->agencies[i])) < 0;
}

/* Edges from agencies first, then those from outlets, each by name. */
static uint64_t edge_rank(const struct report *r, const struct edge *e)
{
    uint64_t from = e->from & EDGE_AGENCY ? r->agencies[e->from & ~EDGE_AGENCY].rank
                                          : EDGE_AGENCY | r->outlets[e->from].rank;
    return from << 32 | r->outlets[e->to].rank;
}

static int by_prints(const void *a, const void *b, void *arg)
{
    const struct report *r = arg;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b, m = row_prints(r, x), n = row_prints(r, y);
    if (m != n)
        return m > n ? -1 : 1;
    if (r->options.kind != REPORT_GRAPH) {
        int c = strcmp(row_name(r, x), row_name(r, y));
        return c ? c : x < y ? -1 : 1;
    }
    uint64_t p = edge_rank(r, &r->edges[x]), q = edge_rank(r, &r->edges[y]);
    return p < q ? -1 : p > q;
}

static int put_in_order(struct report *r)
{
    const size_t sizes[] = {r->n_outlets, r->n_agencies, r->n_owners, r->n_edges};
    size_t n = sizes[r->options.kind];
    r->order = malloc((n ? n : 1) * sizeof *r->order);
    if (!r->order)
        return DUP_ENOMEM;
    for (uint32_t i = 0; i < n; i++)
        if (row_prints(r, i) && row_prints(r, i) >= r->options.min_prints)
            r->order[r->n_order++] = i;
    qsort_r(r->order, r->n_order, sizeof *r->order, by_prints, r);
    return 0;
}

int report_finish(struct report *r)
{
    size_t shown;
    int is_graph = r->options.kind == REPORT_GRAPH, e = 0;
    rank_agencies(r);
    if (r->options.kind == REPORT_OWNERS)
        e = report_owners(r);
    else if (is_graph && (e = rank_outlets(r)) == 0)
        e = report_edges(r, &r->n_rows);
    if (e == 0)
        e = put_in_order(r);
    if (e < 0)
        return e;
    r->n_rows = is_graph ? r->n_rows : r->n_order;
    shown = r->options.limit && r->options.limit < r->n_order ? r->options.limit : r->n_order;
    return r->options.kind == REPORT_OUTLETS || r->options.kind == REPORT_AGENCIES ? report_medians(r, shown) : 0;
}

size_t report_rows(const struct report *r)
{
    return r->n_rows;
}

uint64_t report_prints(const struct report *r)
{
    return r->prints;
}

static void key_text(struct buf *out, const char *key, const char *text)
{
    json_key_string(out, key, text, strlen(text));
}

static void key_lag(struct buf *out, uint32_t lag)
{
    if (lag != NO_LAG)
        json_key_int(out, "median_lag_s", lag);
}

static void key_share(struct buf *out, const char *key, uint32_t part, uint32_t whole)
{
    json_key_real(out, key, whole ? (double)part / whole : 0, 4);
}

static void tally_fields(struct buf *out, const struct tally *t)
{
    json_key_int(out, "agency_copy", tally_copy(t));
    json_key_int(out, "credited", t->by[1][STATUS_CREDITED]);
    json_key_int(out, "generic", t->by[1][STATUS_GENERIC]);
    json_key_int(out, "uncredited", t->by[1][STATUS_UNCREDITED]);
    json_key_int(out, "own", t->by[0][STATUS_OWN]);
    json_key_int(out, "copied", t->by[0][STATUS_UNCREDITED]);
}

static const struct fed *fed(const struct by_agency *agency, uint32_t outlet)
{
    static const struct fed nothing;
    return outlet < agency->n_fed ? &agency->fed[outlet] : &nothing;
}

/* The agencies whose copy an outlet runs, most first. */
static void outlet_agencies(const struct report *r, uint32_t outlet, struct buf *out)
{
    const struct by_agency *most[AGENCIES_SHOWN];
    size_t n = 0;
    for (size_t i = 0; i < r->n_agencies; i++) {
        const struct by_agency *a = &r->agencies[i];
        size_t at = n < AGENCIES_SHOWN ? n : AGENCIES_SHOWN - 1;
        uint32_t prints = fed(a, outlet)->prints;
        if (!prints || (n == AGENCIES_SHOWN && fed(most[at], outlet)->prints >= prints))
            continue;
        for (; at > 0 && fed(most[at - 1], outlet)->prints < prints; at--)
            most[at] = most[at - 1];
        most[at] = a;
        n += n < AGENCIES_SHOWN;
    }
    json_key(out, "agencies");
    json_open(out, '[');
    for (size_t i = 0; i < n; i++) {
        json_open(out, '{');
        key_text(out, "agency", agency_name(most[i]));
        json_key_int(out, "prints", fed(most[i], outlet)->prints);
        json_key_int(out, "uncredited", fed(most[i], outlet)->uncredited);
        json_close(out, '}');
    }
    json_close(out, ']');
}

static uint32_t count_outlets(const struct by_agency *a)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < a->n_fed; i++)
        n += a->fed[i].prints > 0;
    return n;
}

static void outlet_row(const struct report *r, uint32_t i, struct buf *out)
{
    const struct by_outlet *o = &r->outlets[i];
    const struct tally *t = &o->tally;
    key_text(out, "outlet", name_at(r, o->name));
    key_text(out, "owner", name_at(r, r->owners[o->owner].name));
    uint32_t prints = tally_prints(t);
    json_key_int(out, "prints", prints);
    tally_fields(out, t);
    key_share(out, "share_agency", tally_copy(t), prints);
    key_share(out, "share_own", t->by[0][STATUS_OWN] + tally_by_agency(t), prints);
    key_share(out, "share_uncredited", t->by[1][STATUS_UNCREDITED] + t->by[0][STATUS_UNCREDITED], prints);
    key_lag(out, o->lag);
    outlet_agencies(r, i, out);
}

static void agency_row(const struct by_agency *a, struct buf *out)
{
    key_text(out, "agency", agency_name(a));
    json_key_int(out, "prints", tally_prints(&a->tally));
    json_key_int(out, "stories", a->stories);
    json_key_int(out, "outlets", count_outlets(a));
    json_key_int(out, "credited", a->tally.by[1][STATUS_CREDITED]);
    json_key_int(out, "uncredited", a->tally.by[1][STATUS_UNCREDITED]);
    json_key_int(out, "hidden", a->tally.by[1][STATUS_GENERIC]);
    json_key_int(out, "own", tally_by_agency(&a->tally));
    key_lag(out, a->lag);
}

static void owner_row(const struct report *r, const struct by_owner *o, struct buf *out)
{
    key_text(out, "owner", name_at(r, o->name));
    json_key_int(out, "outlets", o->outlets);
    json_key_int(out, "prints", tally_prints(&o->tally));
    json_key_int(out, "stories", o->stories);
    tally_fields(out, &o->tally);
}

static void edge_row(const struct report *r, const struct edge *e, struct buf *out)
{
    key_text(out, "from", edge_from(r, e));
    key_text(out, "to", name_at(r, r->outlets[e->to].name));
    key_text(out, "kind", e->from & EDGE_AGENCY ? "agency" : "outlet");
    json_key_int(out, "prints", e->prints);
    json_key_int(out, "credited", e->credited);
    json_key_int(out, "generic", e->generic);
    json_key_int(out, "uncredited", e->uncredited);
    key_lag(out, e->lag);
}

void report_row(const struct report *r, size_t i, struct buf *out)
{
    uint32_t at = r->order[i];
    switch (r->options.kind) {
    case REPORT_OUTLETS: outlet_row(r, at, out); break;
    case REPORT_AGENCIES: agency_row(&r->agencies[at], out); break;
    case REPORT_OWNERS: owner_row(r, &r->owners[at], out); break;
    case REPORT_GRAPH: edge_row(r, &r->edges[at], out); break;
    }
}
