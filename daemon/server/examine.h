/*
 * examine.h - the operations that look into decisions. They run in the writer, since the index
 * is its own: 0, or DUP_E... with request->error set. Nothing is stored.
 */
#ifndef DUPD_EXAMINE_H
#define DUPD_EXAMINE_H

#include "server/server.h"

int examine_compare(struct engine *engine, struct store *store, struct request *request);

#endif
