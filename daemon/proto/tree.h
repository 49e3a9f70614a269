/*
 * tree.h - json-c's objects from a line that passed the check (check.h), memory being refused or not.
 *
 * Inside daemon/proto only.
 */
#ifndef DUPD_PROTO_TREE_H
#define DUPD_PROTO_TREE_H

#include <stddef.h>

#include "base/buf.h"
#include "proto/json.h"

/*
 * Builds the tree of object[0..len), which is the part that check_line found. *ret is the caller's
 * (json_object_put). scratch: working memory, kept between lines. DUP_ENOMEM, and DUP_EJSON for a
 * whole number of more than 64 bits; at: where the object stands in its line, for offsets in *err.
 */
int tree_build(struct buf *scratch, const char *object, size_t len, size_t at, struct json_object **ret,
               struct json_error *err);

#endif
