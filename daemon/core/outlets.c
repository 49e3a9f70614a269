/*
 * Reads outlets.conf and finds outlets in it. Names are compared by their
 * folded words, so that case, accents and marks do not matter, and "The Times
 * of India" is "Times of India"; hosts by their labels from the right.
 * Invariant: a domain and a section's name belong to one outlet; an alias may
 * be several's, since papers of one name there are.
 */
#include "core/outlets.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "core/agencies.h"
#include "core/credit_scan.h"
#include "core/fold.h"
#include "core/sections.h"
#include "dup/error.h"

#define OUTLETS_MAX (1u << 20)
#define NAME_BYTES 200
#define NAME_TOKENS 96

struct row {
    char *name, *owner;   /* owned; owner NULL for none */
    char *agency;         /* owned; NULL for none */
    int is_agency;
};

/* A name, by the hash of its words; once sorted, searched by bisection. */
struct name { uint64_t key; uint32_t row, alias; unsigned line; };
struct domain { char *host; uint32_t row; unsigned line; };

struct outlets {
    struct row *rows;        /* owned, as the other two */
    struct name *names;
    struct domain *domains;
    size_t n_rows, cap_rows, n_names, cap_names, n_domains, cap_domains;
    uint32_t *slots;         /* owned; places of domains, counted from 1, by the hash of the host; 0 is free */
    size_t n_slots;          /* a power of two */
};

/* Hash of the words of a name; 0 when it has none. */
static uint64_t key_of(const char *name, size_t len)
{
    struct credit_token t[NAME_TOKENS];
    uint32_t words[NAME_TOKENS];
    size_t n = credit_scan(name, 0, len, t, NAME_TOKENS), kept = 0;

    for (size_t i = 0; i < n; i++)
        if (t[i].kind != CREDIT_MARK)
            words[kept++] = t[i].hash;
    /* "The" before two words or more says nothing; The Times is not every Times. */
    size_t from = kept > 2 && t[0].end == 3 && strncasecmp(name, "the", 3) == 0;
    return kept ? XXH3_64bits(words + from, (kept - from) * sizeof *words) | 1 : 0;
}

/* ---- building ---- */

struct parser {
    struct sections sections;
    struct outlets *o;
};

#define complain(p, ...) sections_complain(&(p)->sections, __VA_ARGS__)

static int grow(void *array, size_t *cap, size_t n, size_t size)
{
    void **p = array;

    if (n < *cap)
        return 0;
    size_t more = *cap ? 2 * *cap : 256;
    void *moved = realloc(*p, more * size);
    if (!moved)
        return DUP_ENOMEM;
    *p = moved;
    *cap = more;
    return 0;
}

static int add_name(struct parser *p, struct sections_text name, uint32_t alias)
{
    struct outlets *o = p->o;
    uint64_t key = key_of(name.p, name.len);
    int rc = grow(&o->names, &o->cap_names, o->n_names, sizeof *o->names);

    if (rc == 0 && !key)
        rc = complain(p, "\"%.*s\" has no words", sections_shown(name), name.p);
    if (rc == 0)
        o->names[o->n_names++] = (struct name){ key, (uint32_t)o->n_rows - 1, alias, p->sections.line };
    return rc;
}

static int add_domain(struct parser *p, struct sections_text host)
{
    struct outlets *o = p->o;
    char lower[HOSTS_MAX + 1];
    int rc = grow(&o->domains, &o->cap_domains, o->n_domains, sizeof *o->domains);

    if (rc == 0 && !hosts_is_name(host.p, host.len))
        rc = complain(p, "\"%.*s\" is no host name", sections_shown(host), host.p);
    if (rc < 0)
        return rc;
    hosts_lower(host.p, host.len, lower);
    struct domain *domain = &o->domains[o->n_domains];
    *domain = (struct domain){ strdup(lower), (uint32_t)o->n_rows - 1, p->sections.line };
    if (!domain->host)
        return DUP_ENOMEM;
    o->n_domains++;
    return 0;
}

static int take_section(struct sections *s, struct sections_text name)
{
    struct parser *p = s->arg;
    struct outlets *o = p->o;
    int rc = grow(&o->rows, &o->cap_rows, o->n_rows, sizeof *o->rows);

    if (rc == 0 && o->n_rows == OUTLETS_MAX)
        rc = complain(p, "more than %u outlets", OUTLETS_MAX);
    if (rc < 0)
        return rc;
    char *copy = strndup(name.p, name.len);
    if (!copy)
        return DUP_ENOMEM;
    o->rows[o->n_rows++] = (struct row){ .name = copy };
    return add_name(p, name, 0);
}

static int take_value(struct sections *s, struct sections_text key, struct sections_text value)
{
    struct parser *p = s->arg;
    struct row *row = &p->o->rows[p->o->n_rows - 1];

    if (sections_is(key, "domain"))
        return add_domain(p, value);
    if (sections_is(key, "alias"))
        return add_name(p, value, 1);
    if (sections_is(key, "owner")) {
        if (row->owner)
            return complain(p, "the outlet has an owner already, %s", row->owner);
        row->owner = strndup(value.p, value.len);
        return row->owner ? 0 : DUP_ENOMEM;
    }
    if (!sections_is(key, "agency"))
        return complain(p, "no key \"%.*s\" (domain, alias, owner, agency)", sections_shown(key), key.p);
    if (!sections_is(value, "yes"))
        return complain(p, "agency can only be yes");
    row->is_agency = 1;
    return 0;
}

static int by_key(const void *x, const void *y)
{
    const struct name *a = x, *b = y;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    if (a->alias != b->alias) /* a section's name first: it must lead to itself */
        return a->alias < b->alias ? -1 : 1;
    return a->line < b->line ? -1 : a->line > b->line;
}

static int by_host(const void *x, const void *y)
{
    const struct domain *a = x, *b = y;
    int order = strcmp(a->host, b->host);
    return order ? order : a->line < b->line ? -1 : a->line > b->line;
}

/* Sorts, and finds what two outlets cannot both have. */
static int sort(struct parser *p)
{
    struct outlets *o = p->o;

    if (o->n_names)
        qsort(o->names, o->n_names, sizeof *o->names, by_key);
    if (o->n_domains)
        qsort(o->domains, o->n_domains, sizeof *o->domains, by_host);
    for (size_t i = 1; i < o->n_names; i++)
        if (o->names[i].key == o->names[i - 1].key && !o->names[i].alias) {
            p->sections.line = o->names[i].line;
            return complain(p, "[%s] is there already, as [%s]", o->rows[o->names[i].row].name,
                            o->rows[o->names[i - 1].row].name);
        }
    for (size_t i = 1; i < o->n_domains; i++)
        if (strcmp(o->domains[i].host, o->domains[i - 1].host) == 0 &&
            o->domains[i].row != o->domains[i - 1].row) {
            p->sections.line = o->domains[i].line;
            return complain(p, "%s is %s's already", o->domains[i].host, o->rows[o->domains[i - 1].row].name);
        }
    return 0;
}

static size_t slot_of(const struct outlets *o, const char *host)
{
    return XXH3_64bits(host, strlen(host)) & (o->n_slots - 1);
}

/* At most half of the slots are taken. */
static int index_domains(struct outlets *o)
{
    for (o->n_slots = 2; o->n_slots < 2 * o->n_domains; o->n_slots *= 2)
        ;
    o->slots = calloc(o->n_slots, sizeof *o->slots);
    if (!o->slots)
        return DUP_ENOMEM;
    for (size_t i = 0; i < o->n_domains; i++) {
        size_t at = slot_of(o, o->domains[i].host);
        while (o->slots[at])
            at = (at + 1) & (o->n_slots - 1);
        o->slots[at] = (uint32_t)i + 1;
    }
    return 0;
}

/* Which agency an agency's own outlet is: the one with the domain, or of that short name; else one
 * that only this file knows, by the outlet's name. */
static int name_agencies(struct outlets *o, const struct dup_agencies *agencies)
{
    for (size_t i = 0; i < o->n_domains && agencies; i++) {
        struct row *row = &o->rows[o->domains[i].row];
        uint32_t agency = row->is_agency && !row->agency
                              ? agencies_of_host(agencies, o->domains[i].host, strlen(o->domains[i].host)) : 0;
        if (agency && !(row->agency = strdup(dup_agency_name(agencies, agency))))
            return DUP_ENOMEM;
    }
    for (size_t i = 0; i < o->n_rows; i++) {
        struct row *row = &o->rows[i];
        if (row->is_agency && !row->agency && !(row->agency = strdup(row->name)))
            return DUP_ENOMEM;
    }
    return 0;
}

int outlets_parse(const char *text, size_t len, const struct dup_agencies *agencies, char *message,
                  size_t size, struct outlets **ret)
{
    struct parser p = { .sections = { .message = message, .size = size, .name_max = NAME_BYTES,
                                      .arg = &p, .section = take_section, .value = take_value } };
    int rc = fold_setup();

    if (rc == 0 && !(p.o = calloc(1, sizeof *p.o)))
        rc = DUP_ENOMEM;
    if (rc == 0)
        rc = sections_read(&p.sections, text, len);
    if (rc == 0)
        rc = sort(&p);
    if (rc == 0)
        rc = index_domains(p.o);
    if (rc == 0)
        rc = name_agencies(p.o, agencies);
    if (rc < 0) {
        outlets_free(p.o);
        return rc;
    }
    *ret = p.o;
    return 0;
}

void outlets_free(struct outlets *o)
{
    if (!o)
        return;
    for (size_t i = 0; i < o->n_rows; i++) {
        free(o->rows[i].name);
        free(o->rows[i].owner);
        free(o->rows[i].agency);
    }
    for (size_t i = 0; i < o->n_domains; i++)
        free(o->domains[i].host);
    free(o->rows);
    free(o->names);
    free(o->domains);
    free(o->slots);
    free(o);
}

size_t outlets_count(const struct outlets *o)
{
    return o->n_rows;
}

/* ---- looking up ---- */

/* The outlet of that name; of several, site if it is one of them. */
static const struct row *row_of_name(const struct outlets *o, const char *name, size_t len,
                                     const struct row *site)
{
    uint64_t key = key_of(name, len);
    size_t lo = 0, hi = key ? o->n_names : 0;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (o->names[mid].key < key)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (size_t i = lo; key && site && i < o->n_names && o->names[i].key == key; i++)
        if (&o->rows[o->names[i].row] == site)
            return site;
    return key && lo < o->n_names && o->names[lo].key == key ? &o->rows[o->names[lo].row] : NULL;
}

static const struct row *row_of_host(const struct outlets *o, const char *host)
{
    for (const char *rest = host; rest; rest = strchr(rest, '.')) {
        rest += *rest == '.';
        for (size_t at = slot_of(o, rest); o->slots[at]; at = (at + 1) & (o->n_slots - 1)) {
            const struct domain *domain = &o->domains[o->slots[at] - 1];
            if (strcmp(domain->host, rest) == 0)
                return &o->rows[domain->row];
        }
    }
    return NULL;
}

void outlets_find(const struct outlets *o, const char *name, size_t len, const char *host,
                  size_t host_len, char *room, struct outlet *ret)
{
    const struct row *row = NULL, *site = NULL;

    if (o && host_len) {
        hosts_lower(host, host_len, room);
        site = row_of_host(o, room);
    }
    if (o && len)
        row = row_of_name(o, name, len, site);
    *ret = (struct outlet){ .name = name, .len = len };
    if (!row && hosts_is_name(name, len)) {
        size_t n = hosts_lower(name, len, room), own = hosts_registrable(room, n);
        row = o ? row_of_host(o, room) : NULL;
        ret->name = room + own;
        ret->len = n - own;
    }
    if (row)
        *ret = (struct outlet){ row->name, strlen(row->name), row->owner, row->agency, 1 };
}

int outlets_next(const struct outlets *o, size_t *at, struct outlet *ret)
{
    if (!o || *at >= o->n_rows)
        return 0;
    const struct row *row = &o->rows[(*at)++];

    *ret = (struct outlet){row->name, strlen(row->name), row->owner, row->agency, 1};
    return 1;
}
