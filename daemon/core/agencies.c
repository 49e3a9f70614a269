/*
 * Reads agencies.conf (agencies.conf(5)) from memory into the table. It is
 * edited by hand, so whatever is doubtful is an error with its line rather
 * than a guess: a name given to two agencies, a key unknown, a phrase
 * without words. Invariant: the caller gets a whole table or none.
 */
#include "core/agencies.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/fold.h"
#include "dup/error.h"
#include "dup/text.h"

#define AGENCIES_MAX 4096
#define NAME_MAX_BYTES 64

struct parser {
    struct dup_agencies *a;
    unsigned line;
    enum { NOWHERE, IN_AGENCY, IN_GENERIC, IN_PHRASES } section;
    uint32_t agency;   /* the section's, in IN_AGENCY and IN_GENERIC */
    char *message;
    size_t size;
};

struct text { const char *p; size_t len; };

static int complain(struct parser *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int complain(struct parser *p, const char *format, ...)
{
    char what[256];
    va_list args;

    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    if (p->message && p->size)
        snprintf(p->message, p->size, "line %u: %s", p->line, what);
    return DUP_EINVAL;
}

static struct text trim(const char *begin, const char *end)
{
    while (begin < end && (*begin == ' ' || *begin == '\t'))
        begin++;
    while (begin < end && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
        end--;
    return (struct text){ begin, (size_t)(end - begin) };
}

static int is(struct text text, const char *word)
{
    return text.len == strlen(word) && memcmp(text.p, word, text.len) == 0;
}

/* How much of a text a message shows. */
static int shown(struct text text)
{
    return text.len > 60 ? 60 : (int)text.len;
}

static int add_phrase(struct parser *p, struct text value, unsigned kind, uint32_t agency,
                      int exact)
{
    uint32_t other = 0;
    int rc = agencies_add(p->a, value.p, value.len, kind, agency, exact, &other);

    if (rc != DUP_EINVAL)
        return rc;
    if (other == UINT32_MAX)
        return complain(p, "\"%.*s\" has no words, or too many", shown(value), value.p);
    return complain(p, "\"%.*s\" names %s already", shown(value), value.p,
                    p->a->agencies[other].name);
}

static int set_shapes(struct parser *p, struct text value)
{
    static const struct { const char *word; uint8_t bit; } words[] = {
        { "dateline", SHAPE_DATELINE }, { "byline", SHAPE_BYLINE },
        { "tail", SHAPE_TAIL }, { "source", SHAPE_SOURCE },
    };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (is(value, words[i].word)) {
            struct agency *agency = &p->a->agencies[p->agency];
            agency->shapes = (uint8_t)((agency->shapes == SHAPE_ALL ? 0 : agency->shapes) |
                                       words[i].bit);
            return 0;
        }
    return complain(p, "no shape \"%.*s\" (dateline, byline, tail, source)", shown(value),
                    value.p);
}

static int set_flag(struct parser *p, struct text key, struct text value)
{
    if (!is(value, "yes"))
        return complain(p, "%.*s can only be yes", shown(key), key.p);
    if (is(key, "homonym")) {
        p->a->agencies[p->agency].homonym = 1;
        return 0;
    }
    if (p->a->signoff)
        return complain(p, "sign-offs are %s's already", p->a->agencies[p->a->signoff].name);
    p->a->signoff = p->agency;
    return 0;
}

static int take_phrase(struct parser *p, struct text key, struct text value)
{
#define X(name, bit, word)  \
    if (is(key, word))      \
        return add_phrase(p, value, name, 0, 0);
    AGENCIES_PHRASES(X)
#undef X
    return complain(p, "no kind of phrase is called \"%.*s\"", shown(key), key.p);
}

static int take_value(struct parser *p, struct text key, struct text value)
{
    if (p->section == IN_PHRASES)
        return take_phrase(p, key, value);
    if (is(key, "name"))
        return add_phrase(p, value, AGENCIES_NAME, p->agency, 0);
    if (is(key, "code"))
        return add_phrase(p, value, AGENCIES_NAME, p->agency, 1);
    if (p->section == IN_AGENCY) {
        if (is(key, "title") || is(key, "country"))
            return 0; /* for the reader of the file */
        if (is(key, "phrase"))
            return add_phrase(p, value, AGENCIES_OWN, p->agency, 0);
        if (is(key, "domain"))
            return agencies_add_domain(p->a, value.p, value.len, p->agency);
        if (is(key, "shape"))
            return set_shapes(p, value);
        if (is(key, "homonym") || is(key, "signoffs"))
            return set_flag(p, key, value);
    }
    return complain(p, "no key \"%.*s\" in this section", shown(key), key.p);
}

static int take_pair(struct parser *p, struct text line)
{
    const char *end = line.p + line.len, *equals = memchr(line.p, '=', line.len);

    if (!equals)
        return complain(p, "neither a [section] nor key = value");
    if (p->section == NOWHERE)
        return complain(p, "a key before the first [section]");
    struct text key = trim(line.p, equals);
    for (const char *at = equals + 1;; at++) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        struct text value = trim(at, comma ? comma : end);
        if (value.len == 0)
            return complain(p, "%.*s has an empty value", shown(key), key.p);
        int rc = take_value(p, key, value);
        if (rc < 0 || !comma)
            return rc;
        at = comma;
    }
}

static int add_agency(struct parser *p, struct text name)
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
    a->agencies[a->n++] = (struct agency){ copy, SHAPE_ALL, 0 };
    return 0;
}

static int take_section(struct parser *p, struct text line)
{
    if (line.p[line.len - 1] != ']')
        return complain(p, "the section's ] is missing");
    struct text name = trim(line.p + 1, line.p + line.len - 1);
    if (name.len == 0 || name.len > NAME_MAX_BYTES)
        return complain(p, "a section's name has 1 to %d bytes", NAME_MAX_BYTES);
    if (is(name, "phrases")) {
        p->section = IN_PHRASES;
        return 0;
    }
    if (is(name, "generic")) {
        p->section = IN_GENERIC;
        p->agency = DUP_AGENCY_GENERIC;
        return 0;
    }
    if (memchr(name.p, '+', name.len) || memchr(name.p, ',', name.len))
        return complain(p, "a short name has no + and no comma, as it stands in lists");
    for (size_t i = 0; i < p->a->n; i++)
        if (is(name, p->a->agencies[i].name))
            return complain(p, "[%.*s] is there twice", shown(name), name.p);
    p->section = IN_AGENCY;
    return add_agency(p, name);
}

static int parse(struct parser *p, const char *text, size_t len)
{
    const char *end = text + len;

    for (const char *at = text; at < end;) {
        const char *feed = memchr(at, '\n', (size_t)(end - at));
        struct text line = trim(at, feed ? feed : end);
        int rc = 0;
        p->line++;
        at = feed ? feed + 1 : end;
        if (line.len == 0 || *line.p == '#' || *line.p == ';')
            continue;
        if (memchr(line.p, '\0', line.len) || dup_utf8_check(line.p, line.len, NULL) < 0)
            rc = complain(p, "not UTF-8 text");
        else
            rc = *line.p == '[' ? take_section(p, line) : take_pair(p, line);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int dup_agencies_parse(const char *text, size_t len, char *message, size_t size,
                       struct dup_agencies **ret)
{
    struct parser p = { .section = NOWHERE, .message = message, .size = size };
    int rc = fold_setup();

    if (rc == 0 && !(p.a = calloc(1, sizeof *p.a)))
        rc = DUP_ENOMEM;
    if (rc == 0)
        rc = add_agency(&p, (struct text){ "generic", 7 });
    if (rc == 0)
        rc = parse(&p, text, len);
    if (rc == 0 && p.a->n_entries == 0) {
        p.line++;
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
