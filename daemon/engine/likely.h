/*
 * likely.h - which head a text is probably a copy of, for threads that do not own the index.
 *
 * A guess that costs nothing when it is wrong: workers use it to make ready what the writer will
 * most likely ask for. The writer notes heads, any thread asks.
 */
#ifndef DUPD_LIKELY_H
#define DUPD_LIKELY_H

#include <stddef.h>
#include <stdint.h>

struct likely;
struct likely *likely_new(size_t bytes); /* at most so many; NULL: out of memory */
void likely_free(struct likely *likely);
/* Head num has these values (of dup_winnow, any order). The first of those that have one counts, until it is among the oldest. */
void likely_note(struct likely *likely, const uint64_t *values, size_t n, uint32_t num);
/* The head that several of these values were last noted for; 0: none. */
uint32_t likely_find(const struct likely *likely, const uint64_t *values, size_t n);

#endif
