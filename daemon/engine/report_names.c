/*
 * Who: outlets, owners and agencies of a report. Invariant: each is looked up once a report, by the
 * first print that needs it, never once a print.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/prepare.h"
#include "engine/report_tables.h"

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

static int find_owner(struct report *r, const char *name, size_t len, uint32_t *ret)
{
    uint64_t key = outlet_hash(name, len);
    const uint32_t *known = map_get(&r->owner_map, key);
    struct by_owner owner = {0};
    if (known) {
        *ret = *known;
        return 0;
    }
    int e = report_reserve((void **)&r->owners, r->n_owners, sizeof *r->owners);
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

/* The outlet of a key, with its name from article num. */
static int add_outlet(struct report *r, struct view *view, uint64_t key, uint32_t num, uint32_t *ret)
{
    char room[HOSTS_MAX + 1];
    struct outlet who;
    struct by_outlet outlet = {.lag = NO_LAG};
    int e = view_article(view, num, &r->scratch);
    if (e == 0 && r->scratch.flags & ARTICLE_DELETED)
        e = DUP_ENOENT;
    if (e == 0)
        e = report_reserve((void **)&r->outlets, r->n_outlets, sizeof *r->outlets);
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
    *ret = (uint32_t)r->n_outlets;
    r->outlets[r->n_outlets++] = outlet;
    return 0;
}

static int add_agency(struct report *r, struct view *view, uint64_t key, uint32_t cluster, uint32_t *ret)
{
    struct by_agency agency = {.key = key, .lag = NO_LAG};
    for (uint32_t i = 0; i < r->n_agencies; i++) {
        if (r->agencies[i].key == key) {
            *ret = i;
            return 0;
        }
    }
    int e = key ? view_agency_name(view, cluster, key, agency.name) : 0;
    if (e == 0)
        e = report_reserve((void **)&r->agencies, r->n_agencies, sizeof *r->agencies);
    if (e < 0)
        return e;
    *ret = (uint32_t)r->n_agencies;
    r->agencies[r->n_agencies++] = agency;
    return 0;
}

static int make_place(struct places *places, uint32_t number)
{
    size_t n = (number + 1024u) / 1024u * 1024u;
    uint32_t *more = realloc(places->at, n * sizeof *more);
    if (!more)
        return DUP_ENOMEM;
    memset(more + places->n, 0, (n - places->n) * sizeof *more);
    places->at = more;
    places->n = n;
    return 0;
}

int report_add_outlet(struct report *r, struct view *view, uint32_t number, uint32_t num, uint32_t *ret)
{
    uint64_t key = ledger_outlet(view, number);
    const uint32_t *known = map_get(&r->outlet_map, key);
    int e = number < r->outlet_places.n ? 0 : make_place(&r->outlet_places, number);
    if (known)
        *ret = *known;
    else if (e == 0)
        e = add_outlet(r, view, key, num, ret);
    if (e == 0)
        r->outlet_places.at[number] = *ret + 1;
    return e;
}

int report_add_agency(struct report *r, struct view *view, uint32_t number, uint32_t cluster, uint32_t *ret)
{
    int e = number < r->agency_places.n ? 0 : make_place(&r->agency_places, number);
    if (e == 0)
        e = add_agency(r, view, ledger_agency(view, number), cluster, ret);
    if (e == 0)
        r->agency_places.at[number] = *ret + 1;
    return e;
}

void report_forget_places(struct report *r)
{
    struct places *both[] = {&r->outlet_places, &r->agency_places};
    for (int i = 0; i < 2; i++)
        if (both[i]->n)
            memset(both[i]->at, 0, both[i]->n * sizeof *both[i]->at);
}
