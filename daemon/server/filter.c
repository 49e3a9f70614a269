/*
 * Filters of clusters. Invariant: what the record says is looked at first, so
 * that a page over many clusters reads few articles.
 */
#include "server/filter.h"

#include <stdlib.h>
#include <string.h>

int query_claim(struct request *request, int *ret)
{
    struct str word = {0};
    int r = query_string(request, "claim", 0, &word);
    if (r < 0 || !word.data)
        return r;
    for (int claim = DUP_CLAIM_NONE; claim <= DUP_CLAIM_AGENCY; claim++) {
        if (strcmp(word.data, dup_claim_word((enum dup_claim)claim)) == 0) {
            *ret = claim;
            return 0;
        }
    }
    return json_error_set(&request->error, DUP_EINVAL, "claim", JSON_NOWHERE, "claim must be agency, from or none");
}

int query_agency(struct request *request, const struct tables *tables, uint64_t *ret_key)
{
    struct str name = {0};
    const char *known;
    char kept[AGENCY_NAME];
    int r = query_string(request, "agency", 0, &name);
    if (r < 0 || !name.data)
        return r;
    for (uint32_t i = 0; tables->agencies && (known = dup_agency_name(tables->agencies, i)); i++)
        if (strcasecmp(known, name.data) == 0)
            name = (struct str){known, strlen(known)};
    agency_name_keep(name, kept);
    *ret_key = agency_key(kept);
    return 0;
}

static int add_owned(struct filter *f, const char *name, size_t len)
{
    uint64_t *more = realloc(f->owned, (f->n_owned + 1) * sizeof *more);
    if (!more)
        return DUP_ENOMEM;
    f->owned = more;
    f->owned[f->n_owned++] = outlet_hash(name, len);
    return 0;
}

/* The outlets of an owner: those that the table gives it, or itself where it names an outlet. */
static int read_owner(struct request *request, struct filter *f)
{
    const struct outlets *outlets = request->tables->outlets;
    struct str owner = {0};
    struct outlet outlet;
    size_t at = 0;
    int r = query_string(request, "owner", 0, &owner);
    while (r == 0 && owner.data && outlets_next(outlets, &at, &outlet))
        if (outlet.owner && strcasecmp(outlet.owner, owner.data) == 0)
            r = add_owned(f, outlet.name, outlet.len);
    if (r == 0 && owner.data && !f->n_owned && (r = add_owned(f, "", 0)) == 0)
        f->owned[0] = outlet_hash_any(outlets, owner.data, owner.len);
    return r;
}

int filter_read(struct request *request, struct filter *ret)
{
    struct str outlet = {0}, relation = {0};
    struct filter f = {.since = INT64_MIN, .until = INT64_MAX, .relation = -1, .claim = -1};
    int r;
    if ((r = query_time(request, "since", &f.since)) < 0 || (r = query_time(request, "until", &f.until)) < 0 ||
        (r = query_number(request, "min_articles", 1, INT32_MAX, &f.min_articles)) < 0 ||
        (r = query_number(request, "min_prints", 1, INT32_MAX, &f.min_articles)) < 0 ||
        (r = query_number(request, "min_outlets", 1, INT32_MAX, &f.min_outlets)) < 0 ||
        (r = query_string(request, "outlet", 0, &outlet)) < 0 ||
        (r = query_string(request, "relation", 0, &relation)) < 0 ||
        (r = query_string(request, "title", 0, &f.title)) < 0 || (r = query_agency(request, request->tables, &f.agency)) < 0 ||
        (r = query_claim(request, &f.claim)) < 0 || (r = query_flag(request, "uncredited", &f.uncredited)) < 0)
        return r;
    if (outlet.data)
        f.outlet = outlet_hash_any(request->tables->outlets, outlet.data, outlet.len);
    if (relation.data && (f.relation = dup_relation_parse(relation.data, relation.len)) < 0)
        return json_error_set(&request->error, DUP_EINVAL, "relation", JSON_NOWHERE, "there is no such relation");
    if ((r = read_owner(request, &f)) < 0) {
        filter_done(&f);
        return r;
    }
    *ret = f;
    return 0;
}

void filter_done(struct filter *f)
{
    free(f->owned);
    f->owned = NULL;
}

static int contains(struct str text, struct str wanted)
{
    for (size_t i = 0; i + wanted.len <= text.len; i++)
        if (strncasecmp(text.data + i, wanted.data, wanted.len) == 0)
            return 1;
    return 0;
}

/* Without a credit anywhere, all but the first outlet's print another's text. */
static int has_uncredited(const struct cluster *c)
{
    return c->source_kind == SOURCE_OUTLET ? c->outlets > 1 : c->uncredited > 0;
}

static int has_owned(const struct filter *f, struct view *view, uint32_t cluster)
{
    for (size_t i = 0; i < f->n_owned; i++)
        if (view_has_outlet(view, cluster, f->owned[i]) == 1)
            return 1;
    return f->owned == NULL;
}

int filter_passes(const struct filter *f, struct view *view, const struct cluster *c, struct article *first)
{
    if (c->articles < 2 || c->articles < f->min_articles || c->outlets < f->min_outlets)
        return 0;
    if ((f->relation >= 0 && c->relations[f->relation] == 0) || (f->claim >= 0 && c->claims[f->claim] == 0) ||
        (f->agency && c->source != f->agency) || (f->uncredited && !has_uncredited(c)))
        return 0;
    if ((f->outlet && view_has_outlet(view, c->id, f->outlet) != 1) || !has_owned(f, view, c->id))
        return 0;
    return view_article(view, c->first, first) == 0 && (!f->title.data || contains(first->title, f->title));
}
