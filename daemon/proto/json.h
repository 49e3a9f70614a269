/*
 * json.h - reading and writing JSON lines, strictly.
 *
 * What is read becomes json-c's objects. Its parser is not used: it lets pass a lone surrogate, a NUL,
 * a duplicate key, bad UTF-8, trailing text, and is lost when memory is refused. A check of our own
 * runs first and knows the byte offset.
 */
#ifndef DUPD_PROTO_JSON_H
#define DUPD_PROTO_JSON_H

#include <json-c/json.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define JSON_NOWHERE SIZE_MAX

struct json_error {
    int code;            /* DUP_E... */
    char message[256];   /* one sentence; holds no text of the request unescaped */
    char field[64];      /* name of the field, or "" */
    size_t offset;       /* byte offset in the line, or JSON_NOWHERE */
};

/* Fills *err (may be NULL) and returns code. field may be NULL. */
int json_error_set(struct json_error *err, int code, const char *field, size_t offset,
                   const char *format, ...) __attribute__((format(printf, 5, 6)));
/* Names the field, cut to fit at a character's boundary. */
void json_error_field(struct json_error *err, const char *field, size_t len);

/*
 * Parses one line (no newline) that must hold one JSON object. On success *ret is the caller's
 * (json_object_put). DUP_EJSON, DUP_EUTF8, DUP_ETOOBIG (nesting), DUP_ENOMEM with place in *err.
 * parser: one a thread, from json_parser_new.
 */
struct json_parser;
struct json_parser *json_parser_new(void);
void json_parser_free(struct json_parser *parser);
int json_parse_line(struct json_parser *parser, const char *line, size_t len,
                    struct json_object **ret, struct json_error *err);

/* How many values the line parsed last had; a container counts as several (LIMIT_CONTAINER). */
size_t json_parser_values(const struct json_parser *parser);

/* The value of the top-level "id" of a line that may be broken, for an error reply: best effort,
 * only when it is a complete string or number. Returns 1 and the raw JSON value, or 0. */
int json_scan_id(const char *line, size_t len, const char **ret_raw, size_t *ret_len);

/* ---- writing, straight into a buffer: {"a":1,"b":"x"} ------------------ */

void json_open(struct buf *out, char bracket);                     /* '{' or '[' ; puts a comma first where one is due */
void json_close(struct buf *out, char bracket);                    /* '}' or ']' */
void json_key(struct buf *out, const char *key);                   /* comma where due, "key": ; a word of ours, that needs no escape */
void json_string(struct buf *out, const char *text, size_t len);   /* a value; escapes; bad UTF-8 becomes U+FFFD */
void json_int(struct buf *out, int64_t value);
void json_real(struct buf *out, double value, int decimals);       /* never nan or inf: null */
void json_boolean(struct buf *out, int value);
void json_null(struct buf *out);
void json_raw(struct buf *out, const char *json, size_t len);      /* a value that is JSON already */
/* key and value in one; a NULL or empty string writes nothing */
void json_key_string(struct buf *out, const char *key, const char *text, size_t len);
void json_key_int(struct buf *out, const char *key, int64_t value);
void json_key_real(struct buf *out, const char *key, double value, int decimals);
void json_key_bool(struct buf *out, const char *key, int value);

#endif
