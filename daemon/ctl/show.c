/*
 * Replies in words: verdicts, errors, blocks of fields. It exists so that all verbs speak of an
 * article in the same way. Invariant: a member that is missing from a reply, or that a newer
 * daemon added, never makes a verb fail; the one is left out, the other shown under its own name.
 */
#include "ctl/show.h"

#include <stdio.h>
#include <string.h>

#include "ctl/out.h"
#include "proto/article.h"

#define DAY_MS INT64_C(86400000)

struct json_object *show_member(struct json_object *object, const char *key)
{
    struct json_object *member = NULL;
    if (!object || !json_object_is_type(object, json_type_object))
        return NULL;
    json_object_object_get_ex(object, key, &member);
    return member;
}

const char *show_string(struct json_object *object, const char *key)
{
    struct json_object *member = show_member(object, key);
    return member && json_object_is_type(member, json_type_string) ? json_object_get_string(member) : "";
}

int64_t show_int(struct json_object *object, const char *key)
{
    return json_object_get_int64(show_member(object, key));
}

char *show_error(char *out, size_t size, struct json_object *error)
{
    const char *message = show_string(error, "message"), *field = show_string(error, "field");
    struct json_object *offset = show_member(error, "offset");
    int n = snprintf(out, size, "%s (%s", *message ? message : "refused", show_string(error, "code"));
    if (*field && n > 0 && (size_t)n < size)
        n += snprintf(out + n, size - (size_t)n, ", field %s", field);
    if (offset && n > 0 && (size_t)n < size)
        n += snprintf(out + n, size - (size_t)n, ", byte %lld", (long long)json_object_get_int64(offset));
    if (n > 0 && (size_t)n < size)
        snprintf(out + n, size - (size_t)n, ")");
    return out;
}

const char *show_colour(const char *relation, int colour)
{
    static const struct { const char *word, *sequence; } colours[] = {
        {"exact", "\033[31m"}, {"copy", "\033[31m"}, {"abridged", "\033[33m"}, {"extended", "\033[33m"},
        {"update", "\033[35m"}, {"partial", "\033[36m"}, {"roundup", "\033[36m"}, {"template", "\033[36m"},
        {"quote", "\033[36m"}, {"original", "\033[32m"},
    };
    for (size_t i = 0; colour && i < sizeof colours / sizeof *colours; i++) {
        if (strcmp(relation, colours[i].word) == 0)
            return colours[i].sequence;
    }
    return "";
}

const char *show_colour_end(int colour)
{
    return colour ? "\033[0m" : "";
}

char *show_share(char *out, size_t size, struct json_object *object, const char *key)
{
    struct json_object *member = show_member(object, key);
    *out = '\0';
    if (member)
        snprintf(out, size, "%.0f %%", 100 * json_object_get_double(member));
    return out;
}

static void put(const char *text)
{
    out_text(stdout, text, SIZE_MAX);
}

/* The relation, coloured and filled up to a width. */
static void put_relation(const char *relation, int width, int colour)
{
    fputs(show_colour(relation, colour), stdout);
    put(relation);
    fputs(show_colour_end(colour), stdout);
    for (int i = (int)strlen(relation); i < width; i++)
        putchar(' ');
}

void show_verdict_line(struct json_object *verdict, int colour)
{
    char share[16];
    struct json_object *match = show_member(verdict, "match");
    put_relation(show_string(verdict, "relation"), 9, colour);
    printf(" %-8s %5s  ", show_string(verdict, "cluster"), show_share(share, sizeof share, verdict, "share_shorter"));
    if (*show_string(verdict, "outlet")) {
        put(show_string(verdict, "outlet"));
        fputs("  ", stdout);
    }
    put(show_string(verdict, "id"));
    if (*show_string(verdict, "title")) {
        fputs("  ", stdout);
        put(show_string(verdict, "title"));
    }
    if (match) {
        fputs("  <- ", stdout);
        if (*show_string(match, "outlet")) {
            put(show_string(match, "outlet"));
            putchar(' ');
        }
        put(show_string(match, "id"));
    }
    putchar('\n');
}

static int64_t time_member(struct json_object *article, const char *key)
{
    const char *text = show_string(article, key);
    int64_t ms = DUP_TIME_NONE;
    return *text && time_parse(text, strlen(text), &ms) < 0 ? DUP_TIME_NONE : ms;
}

int64_t show_printed(struct json_object *article, int *ret_seen)
{
    int64_t claimed = time_member(article, "published"), seen = time_member(article, "seen");
    *ret_seen = seen != DUP_TIME_NONE && (claimed == DUP_TIME_NONE || claimed > seen + DAY_MS);
    return *ret_seen ? seen : claimed;
}

int64_t show_add_time(struct json_object *article)
{
    char time[40], text[64];
    int is_seen;
    int64_t ms = show_printed(article, &is_seen);
    if (ms == DUP_TIME_NONE)
        return ms;
    time_format(ms, time, sizeof time);
    int is_plain = time[0] && strlen(time) < 25 && time[10] == 'T'; /* a year of four digits */
    snprintf(text, sizeof text, "%.*s %.5s%s", is_plain ? 10 : 39, time, is_plain ? time + 11 : "", is_seen ? " (seen)" : "");
    json_object_object_add(article, "time", json_object_new_string(text));
    return ms;
}

void show_article(struct json_object *article)
{
    const char *more[] = {show_string(article, "outlet"), show_string(article, "title"), show_string(article, "published"), ""};
    int n = 0, is_seen;
    show_printed(article, &is_seen);
    if (is_seen) {
        more[2] = show_string(article, "seen");
        more[3] = "first seen then";
    }
    put(show_string(article, "id"));
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        if (*more[i]) {
            fputs(n++ ? ", " : " (", stdout);
            put(more[i]);
        }
    }
    if (n)
        putchar(')');
}

void show_verdict(struct json_object *verdict, int colour)
{
    char share[16], articles[48], outlets[48];
    struct json_object *match = show_member(verdict, "match");
    put(show_string(verdict, "id"));
    fputs(*show_string(verdict, "id") ? ": " : "", stdout);
    put_relation(show_string(verdict, "relation"), 0, colour);
    if (match) {
        fputs(" of ", stdout);
        show_article(match);
    }
    fputs("\n  ", stdout);
    put(show_string(verdict, "status"));
    if (show_member(verdict, "version"))
        printf(", version %lld", (long long)show_int(verdict, "version"));
    if (*show_string(verdict, "cluster")) {
        fputs(", cluster ", stdout);
        put(show_string(verdict, "cluster"));
        printf(" (%s, %s)", out_things(articles, sizeof articles, (uint64_t)show_int(verdict, "articles"), "article"),
               out_things(outlets, sizeof outlets, (uint64_t)show_int(verdict, "outlets"), "outlet"));
    }
    if (json_object_get_boolean(show_member(verdict, "first")))
        fputs(", its first print", stdout);
    putchar('\n');
    if (show_member(verdict, "share_shorter")) {
        printf("  shares %s of the shorter text, ", show_share(share, sizeof share, verdict, "share_shorter"));
        printf("%s of the longer; Jaccard %.2f, longest run %lld words\n",
               show_share(share, sizeof share, verdict, "share_longer"),
               json_object_get_double(show_member(verdict, "jaccard")), (long long)show_int(verdict, "longest_run"));
    }
    if (*show_string(verdict, "why")) {
        fputs("  ", stdout);
        put(show_string(verdict, "why"));
        putchar('\n');
    }
}

static int ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);
    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* A number in the unit that the end of its name states. */
static void put_number(const char *name, struct json_object *value)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    char count[32];
    double number = json_object_get_double(value);
    if (json_object_is_type(value, json_type_double)) {
        printf("%.10g", number);
    } else if (ends_with(name, "bytes") && number >= 1024) {
        size_t unit = 0;
        for (; number >= 1024 && unit + 1 < sizeof units / sizeof *units; unit++)
            number /= 1024;
        printf("%.1f %s", number, units[unit]);
    } else if (number < 0) {
        printf("%lld", (long long)json_object_get_int64(value));
    } else {
        fputs(out_count(count, json_object_get_uint64(value)), stdout);
    }
}

static void put_value(const char *name, struct json_object *value)
{
    if (json_object_is_type(value, json_type_string)) {
        put(json_object_get_string(value));
    } else if (json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double)) {
        put_number(name, value);
    } else if (json_object_is_type(value, json_type_boolean)) {
        fputs(json_object_get_boolean(value) ? "yes" : "no", stdout);
    } else if (json_object_is_type(value, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(value); i++) {
            fputs(i ? ", " : "", stdout);
            put_value(name, json_object_array_get_idx(value, i));
        }
    } else if (value) {
        put(json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
    }
}

/* Names in our replies are short ASCII words; the width is that of the longest in the group. */
static void put_group(struct json_object *object, int indent)
{
    int width = 0;
    json_object_object_foreach(object, key, value) {
        int len = (int)strlen(key);
        if (!json_object_is_type(value, json_type_object) && len > width && len <= 24)
            width = len;
    }
    json_object_object_foreach(object, name, member) {
        if (json_object_is_type(member, json_type_object))
            continue;
        printf("%*s", indent, "");
        put(name);
        printf("%*s", width + 2 > (int)strlen(name) ? width + 2 - (int)strlen(name) : 2, "");
        put_value(name, member);
        putchar('\n');
    }
    json_object_object_foreach(object, group, inner) {
        if (!json_object_is_type(inner, json_type_object))
            continue;
        printf("%*s", indent, "");
        put(group);
        putchar('\n');
        put_group(inner, indent + 2);
    }
}

void show_fields(struct json_object *object)
{
    if (json_object_is_type(object, json_type_object))
        put_group(object, 0);
}
