/*
 * The form that agencies.conf and outlets.conf share. Both are edited by
 * hand, so whatever is doubtful is an error with its line rather than a
 * guess. Invariant: what is handed on is UTF-8, trimmed and not empty.
 */
#include "core/sections.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dup/error.h"
#include "dup/text.h"

int sections_complain(struct sections *s, const char *format, ...)
{
    char what[256];
    va_list args;

    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    if (s->message && s->size)
        snprintf(s->message, s->size, "line %u: %s", s->line, what);
    return DUP_EINVAL;
}

static struct sections_text trim(const char *begin, const char *end)
{
    while (begin < end && (*begin == ' ' || *begin == '\t'))
        begin++;
    while (begin < end && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
        end--;
    return (struct sections_text){ begin, (size_t)(end - begin) };
}

int sections_is(struct sections_text text, const char *word)
{
    return text.len == strlen(word) && memcmp(text.p, word, text.len) == 0;
}

int sections_shown(struct sections_text text)
{
    return text.len > 60 ? 60 : (int)text.len;
}

static int take_pair(struct sections *s, struct sections_text line, int within)
{
    const char *end = line.p + line.len, *equals = memchr(line.p, '=', line.len);

    if (!equals)
        return sections_complain(s, "neither a [section] nor key = value");
    if (!within)
        return sections_complain(s, "a key before the first [section]");
    struct sections_text key = trim(line.p, equals);
    for (const char *at = equals + 1;; at++) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        struct sections_text value = trim(at, comma ? comma : end);
        if (value.len == 0)
            return sections_complain(s, "%.*s has an empty value", sections_shown(key), key.p);
        int rc = s->value(s, key, value);
        if (rc < 0 || !comma)
            return rc;
        at = comma;
    }
}

static int take_section(struct sections *s, struct sections_text line)
{
    if (line.p[line.len - 1] != ']')
        return sections_complain(s, "the section's ] is missing");
    struct sections_text name = trim(line.p + 1, line.p + line.len - 1);
    if (name.len == 0 || name.len > s->name_max)
        return sections_complain(s, "a section's name has 1 to %zu bytes", s->name_max);
    return s->section(s, name);
}

int sections_read(struct sections *s, const char *text, size_t len)
{
    const char *end = text + len;
    int within = 0;

    for (const char *at = text; at < end;) {
        const char *feed = memchr(at, '\n', (size_t)(end - at));
        struct sections_text line = trim(at, feed ? feed : end);
        int rc = 0;
        s->line++;
        at = feed ? feed + 1 : end;
        if (line.len == 0 || *line.p == '#' || *line.p == ';')
            continue;
        if (memchr(line.p, '\0', line.len) || dup_utf8_check(line.p, line.len, NULL) < 0)
            rc = sections_complain(s, "not UTF-8 text");
        else if (*line.p == '[')
            rc = take_section(s, line), within = 1;
        else
            rc = take_pair(s, line, within);
        if (rc < 0)
            return rc;
    }
    return 0;
}
