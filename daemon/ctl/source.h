/*
 * source.h - the articles of a file, one after the other, as they stand in it.
 *
 * A file is newline-delimited JSON, or one JSON array (its first character
 * tells), plain or compressed. Nothing is parsed: a line is handed on as it
 * is, an array is split at its commas, and what is wrong with an entry is
 * left to whoever reads it. Memory is bounded by SOURCE_ENTRY_MAX.
 *
 *            source_next                 source_fill
 *   data ---- ENTRY, ENTRY, MORE -------> reads once ---> ENTRY ... END
 */
#ifndef DUPD_CTL_SOURCE_H
#define DUPD_CTL_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "ctl/unpack.h"

/* An entry longer than this is handed on cut here: far above what a daemon takes, so that it refuses it. */
#define SOURCE_ENTRY_MAX (16u << 20)

enum source_step {
    SOURCE_ENTRY,   /* an entry */
    SOURCE_MORE,    /* call source_fill */
    SOURCE_WRONG,   /* the file is not what it began as; the reason is in the entry's data */
    SOURCE_END
};

struct source_entry {
    const char *data;  /* borrowed from the source until its next call; no line feed in it */
    size_t len;
    uint64_t line;     /* where it begins, from 1 */
    uint64_t element;  /* of an array, from 1; else 0 */
};

struct source {
    struct unpack in;
    char *data;                   /* owned */
    size_t start, scanned, end, cap; /* the entry begins at start, all before scanned was looked at */
    enum { SOURCE_BEGIN, SOURCE_LINES, SOURCE_ARRAY, SOURCE_AFTER } state;
    int ended;                    /* in has no more */
    int dropping;                 /* the entry was handed on cut, the rest of it is dropped */
    uint64_t line;                /* number of the line that scanned stands in */
    /* in an array: */
    uint64_t element, element_line;
    unsigned depth;
    int in_element, in_string, escaped;
};

int source_open(struct source *source, const char *path, struct err *err);
void source_done(struct source *source);

enum source_step source_next(struct source *source, struct source_entry *ret);

/* Whether source_fill will read from in.fd, and so may wait. */
int source_wants_input(const struct source *source);
/* Reads once. 0, or a DUP_E... with a sentence, after which the source yields what it has and ends. */
int source_fill(struct source *source, struct err *err);

#endif
