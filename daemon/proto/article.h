/*
 * article.h - an article as it came in a request: fields found by the names that extractors use.
 *
 * All strings point into memory of the JSON object that they were read from.
 */
#ifndef DUPD_PROTO_ARTICLE_H
#define DUPD_PROTO_ARTICLE_H

#include <json-c/json.h>
#include <stddef.h>
#include <stdint.h>

#include "dup/compare.h"
#include "proto/json.h"

struct field { const char *data; size_t len; }; /* NULL for absent */

struct article_in {
    struct field id, outlet, url, title, body, byline, credit, language, evolved;
    int64_t published;          /* ms since 1970 UTC, or DUP_TIME_NONE */
    int cut;                    /* the source had cut the body: "... [+419 chars]" was at its end, taken off */
    struct json_object *object; /* owned: released by article_in_done */
    char *owned[8];             /* strings put together from several (authors[]), owned */
    size_t n_owned;
};

/*
 * Reads the fields of object (DESIGN: first name that is present and not "", "None", "null" wins).
 * Takes a reference on object. Errors go to *err with the field's name: DUP_EINVAL wrong type or
 * a date that is none or a string with NUL, DUP_EEMPTY no body or an empty one, DUP_ETOOBIG over a limit of
 * base/limits.h. body_max: bytes. On an error *ret needs no article_in_done.
 */
int article_in_read(struct json_object *object, size_t body_max, struct article_in *ret,
                    struct json_error *err);
void article_in_done(struct article_in *in);

/*
 * Time in ms since 1970: ISO 8601 with or without zone (without: UTC), plain day, RFC 822/1123,
 * YYYYMMDDTHHMMSSZ, epoch seconds or milliseconds. 0 or DUP_EINVAL. Any thread, no locale, no TZ.
 */
int time_parse(const char *text, size_t len, int64_t *ret_ms);
/* "2026-11-24T04:03:54Z" into out (at least 32 bytes); milliseconds shown when not zero. "" for DUP_TIME_NONE. */
const char *time_format(int64_t ms, char *out, size_t size);

/* Host of a URL, lower case, without port and leading "www."; 0 or DUP_EINVAL. */
int url_host(const char *url, size_t len, char *out, size_t size);

#endif
