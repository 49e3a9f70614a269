/*
 * examine.h - the operations that look into decisions. They run in the writer, since the index
 * is its own: 0, or DUP_E... with request->error set. Nothing is stored.
 */
#ifndef DUPD_EXAMINE_H
#define DUPD_EXAMINE_H

#include "engine/engine.h"
#include "server/server.h"
#include "server/wording.h"

int examine_compare(struct engine *engine, struct store *store, struct request *request);
int examine_explain(struct engine *engine, struct store *store, struct request *request);

/* Into an object that is open: a pair with everything known of it; what the rules saw; passages. */
void examine_pair(struct buf *out, const struct pair *pair, const struct wording *a, const struct wording *b);
void examine_evidence(struct buf *out, const struct dup_decision *decision);
void examine_spans(struct buf *out, const struct dup_comparison *comparison, const struct wording *a,
                   const struct wording *b);

#endif
