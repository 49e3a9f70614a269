/*
 * show.h - replies as people read them: cells, tables, verdicts, blocks of fields.
 *
 * Everything takes parsed replies and prints to standard output; all text
 * is escaped. Colour only where the caller's colour flag says so.
 */
#ifndef DUPD_CTL_SHOW_H
#define DUPD_CTL_SHOW_H

#include <json-c/json.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* ---- members of an object ------------------------------------------------- */

/* A string member, or "" when it is absent or none. Lives as long as the object. */
const char *show_string(struct json_object *object, const char *key);
int64_t show_int(struct json_object *object, const char *key);
/* A member of any type, or NULL. Borrowed from the object. */
struct json_object *show_member(struct json_object *object, const char *key);

/* The same by a path: "first.title" is a member of the member first. */
struct json_object *show_find(struct json_object *object, const char *path);

/* ---- lines ---------------------------------------------------------------- */

/* The sentence of an error {code, message, field, offset}, unescaped. Returns out. */
char *show_error(char *out, size_t size, struct json_object *error);

/* The escape sequences that a relation is shown between; "" without colour. */
const char *show_colour(const char *relation, int colour);
const char *show_colour_end(int colour);

/* A share 0 to 1 as "93 %", "" when the member is absent. Returns out. */
char *show_share(char *out, size_t size, struct json_object *object, const char *key);

/* When an article was printed, in ms, and whether that is when it was first seen: where it claims no time, or one
 * that lies more than a day after it was seen. DUP_TIME_NONE where neither is known. */
int64_t show_printed(struct json_object *article, int *ret_seen);
/* Adds it as the member "time": "2026-11-24 04:03", with " (seen)". Returns it. */
int64_t show_add_time(struct json_object *article);

/* "ID (outlet, title, time)", without a line feed. */
void show_article(struct json_object *article);
/* Appends a time span: "42 s", "17 min", "3 h 05", "12 d". */
int show_lag(struct buf *out, int64_t seconds);
/* Appends [{agency, prints}] as "PTI 12, AFP 3", escaped. */
int show_pairs(struct buf *out, struct json_object *pairs);

/* A verdict in one line (watch, import --verdicts), and as a paragraph (submit, check). */
void show_verdict_line(struct json_object *verdict, int colour);
void show_verdict(struct json_object *verdict, int colour);

/* Every member of an object as "name  value"; objects within it become groups of their own. */
void show_fields(struct json_object *object);

/* ---- tables --------------------------------------------------------------- */

/* The kind of a column. */
enum { SHOW_TEXT, SHOW_LONG, SHOW_WORD /* never cut */, SHOW_NUMBER, SHOW_SHARE, SHOW_TIME, SHOW_RELATION,
       SHOW_LAG /* seconds */, SHOW_PAIRS /* [{agency, prints}] */ };
#define SHOW_SPARE 0x100u /* added to it: left out where a terminal has fewer columns than SHOW_WIDE */
#define SHOW_WIDE 110

struct show_column {
    const char *name;
    const char *key;     /* member that is shown; one of a member object as "first.title" */
    unsigned kind;
};

/* An array of objects as a table: aligned, cut to the width of a terminal, whole in a pipe. */
int show_table(const struct show_column *columns, size_t n_columns, struct json_object *rows, int colour);

/* One row as text with tabs between the cells. */
void show_row(const struct show_column *columns, size_t n_columns, struct json_object *row);
/* The names of the columns in the same way. */
void show_row_names(const struct show_column *columns, size_t n_columns);

#endif
