/*
 * Reads agencies.conf (agencies.conf(5)) from memory into the table. It is
 * edited by hand, so whatever is doubtful is an error with its line rather
 * than a guess: a name given to two agencies, a key unknown, a phrase
 * without words. Invariant: the caller gets a whole table or none.
 */
#include "core/agencies.h"

#include <stdlib.h>
#include <string.h>

#include "core/fold.h"
#include "core/sections.h"
#include "dup/error.h"

#define AGENCIES_MAX 4096
#define NAME_MAX_BYTES 64

struct parser {
    struct sections sections;
    struct dup_agencies *a;
    enum { NOWHERE, IN_AGENCY, IN_GENERIC, IN_PHRASES } section;
    uint32_t agency;   /* the section's, in IN_AGENCY and IN_GENERIC */
};

#define complain(p, ...) sections_complain(&(p)->sections, __VA_ARGS__)

static int add_phrase(struct parser *p, struct sections_text value, unsigned kind, uint32_t agency,
                      int exact)
{
    uint32_t other = 0;
    int rc = agencies_add(p->a, value.p, value.len, kind, agency, exact, &other);

    if (rc != DUP_EINVAL)
        return rc;
    if (other == UINT32_MAX)
        return complain(p, "\"%.*s\" has no words, or too many", sections_shown(value), value.p);
    return complain(p, "\"%.*s\" names %s already", sections_shown(value), value.p,
                    p->a->agencies[other].name);
}

static int set_shapes(struct parser *p, struct sections_text value)
{
    static const struct { const char *word; uint8_t bit; } words[] = {
        { "dateline", SHAPE_DATELINE }, { "byline", SHAPE_BYLINE },
        { "tail", SHAPE_TAIL | SHAPE_BRACKET }, { "source", SHAPE_SOURCE },
        { "bracket", SHAPE_BRACKET },
    };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (sections_is(value, words[i].word)) {
            struct agency *agency = &p->a->agencies[p->agency];
            agency->shapes = (uint8_t)((agency->shapes == SHAPE_ALL ? 0 : agency->shapes) |
                                       words[i].bit);
            return 0;
        }
    return complain(p, "no shape \"%.*s\" (dateline, byline, tail, bracket, source)", sections_shown(value),
                    value.p);
}

static int set_flag(struct parser *p, struct sections_text key, struct sections_text value)
{
    if (!sections_is(value, "yes"))
        return complain(p, "%.*s can only be yes", sections_shown(key), key.p);
    if (sections_is(key, "homonym")) {
        p->a->agencies[p->agency].homonym = 1;
        return 0;
    }
    if (sections_is(key, "portal")) {
        p->a->agencies[p->agency].portal = 1;
        return 0;
    }
    if (p->a->signoff)
        return complain(p, "sign-offs are %s's already", p->a->agencies[p->a->signoff].name);
    p->a->signoff = p->agency;
    return 0;
}

static int take_phrase(struct parser *p, struct sections_text key, struct sections_text value)
{
#define X(name, bit, word)  \
    if (sections_is(key, word))      \
        return add_phrase(p, value, name, 0, 0);
    AGENCIES_PHRASES(X)
#undef X
    return complain(p, "no kind of phrase is called \"%.*s\"", sections_shown(key), key.p);
}

static int take_value(struct sections *s, struct sections_text key, struct sections_text value)
{
    struct parser *p = s->arg;

    if (p->section == IN_PHRASES)
        return take_phrase(p, key, value);
    if (sections_is(key, "name"))
        return add_phrase(p, value, AGENCIES_NAME, p->agency, 0);
    if (sections_is(key, "code"))
        return add_phrase(p, value, AGENCIES_NAME, p->agency, 1);
    if (p->section == IN_AGENCY) {
        if (sections_is(key, "title") || sections_is(key, "country"))
            return 0; /* for the reader of the file */
        if (sections_is(key, "phrase"))
            return add_phrase(p, value, AGENCIES_OWN, p->agency, 0);
        if (sections_is(key, "domain"))
            return agencies_add_domain(p->a, value.p, value.len, p->agency);
        if (sections_is(key, "shape"))
            return set_shapes(p, value);
        if (sections_is(key, "homonym") || sections_is(key, "portal") || sections_is(key, "signoffs"))
            return set_flag(p, key, value);
    }
    return complain(p, "no key \"%.*s\" in this section", sections_shown(key), key.p);
}

static int add_agency(struct parser *p, struct sections_text name)
{
    struct dup_agencies *a = p->a;

    if (a->n == AGENCIES_MAX)
        return complain(p, "more than %d agencies", AGENCIES_MAX);
    if (a->n == a->cap) {
        size_t cap = a->cap ? 2 * a->cap : 64;
        struct agency *moved = realloc(a->agencies, cap * sizeof *moved);
        if (!moved)
            return DUP_ENOMEM;
        a->agencies = moved;
        a->cap = cap;
    }
    char *copy = strndup(name.p, name.len);
    if (!copy)
        return DUP_ENOMEM;
    p->agency = (uint32_t)a->n;
    a->agencies[a->n++] = (struct agency){ copy, SHAPE_ALL, 0, 0 };
    return 0;
}

static int take_section(struct sections *s, struct sections_text name)
{
    struct parser *p = s->arg;

    if (sections_is(name, "phrases")) {
        p->section = IN_PHRASES;
        return 0;
    }
    if (sections_is(name, "generic")) {
        p->section = IN_GENERIC;
        p->agency = DUP_AGENCY_GENERIC;
        return 0;
    }
    if (memchr(name.p, '+', name.len) || memchr(name.p, ',', name.len))
        return complain(p, "a short name has no + and no comma, as it stands in lists");
    for (size_t i = 0; i < p->a->n; i++)
        if (sections_is(name, p->a->agencies[i].name))
            return complain(p, "[%.*s] is there twice", sections_shown(name), name.p);
    p->section = IN_AGENCY;
    return add_agency(p, name);
}

int dup_agencies_parse(const char *text, size_t len, char *message, size_t size,
                       struct dup_agencies **ret)
{
    struct parser p = { .sections = { .message = message, .size = size, .name_max = NAME_MAX_BYTES,
                                      .arg = &p, .section = take_section, .value = take_value } };
    int rc = fold_setup();

    if (rc == 0 && !(p.a = calloc(1, sizeof *p.a)))
        rc = DUP_ENOMEM;
    if (rc == 0)
        rc = add_agency(&p, (struct sections_text){ "generic", 7 });
    if (rc == 0)
        rc = sections_read(&p.sections, text, len);
    if (rc == 0 && p.a->n_entries == 0) {
        p.sections.line++;
        rc = complain(&p, "the table is empty");
    }
    if (rc < 0) {
        dup_agencies_free(p.a);
        return rc;
    }
    agencies_seal(p.a);
    *ret = p.a;
    return 0;
}

size_t dup_agencies_count(const struct dup_agencies *a)
{
    return a->n;
}

const char *dup_agency_name(const struct dup_agencies *a, uint32_t agency)
{
    return agency < a->n ? a->agencies[agency].name : NULL;
}
