/*
 * check.h - the strict check that every line passes before a tree is made of it.
 *
 * Inside daemon/proto only. It decides alone what is valid: the grammar of
 * RFC 8259, UTF-8, escapes, duplicate keys, depth and number of values.
 */
#ifndef DUPD_PROTO_CHECK_H
#define DUPD_PROTO_CHECK_H

#include <stddef.h>

#include "base/buf.h"
#include "proto/json.h"

struct check_key;

/* Working memory, kept between lines; one a thread. */
struct check {
    struct check_key *keys;  /* owned: keys of the objects that are open, outermost first */
    size_t n, cap;
    struct buf unescaped;    /* owned: the keys among them that have escapes, without them */
    size_t values;           /* of the last line; a container counts as LIMIT_CONTAINER */
};

void check_init(struct check *check);
void check_done(struct check *check);

/*
 * Checks that the line is one JSON object and nothing else but white space.
 * *ret_begin and *ret_end: bytes of the object. DUP_EJSON, DUP_EUTF8,
 * DUP_ETOOBIG (depth, values), DUP_ENOMEM with the place in *err.
 * Time is n log n at worst, whatever the line.
 */
int check_line(struct check *check, const char *line, size_t len, size_t *ret_begin,
               size_t *ret_end, struct json_error *err);

#endif
