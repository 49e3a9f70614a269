/*
 * wording.h - a text as it is written, and where in it its words stand. What decides knows
 * words by their hashes and not their places, which only those need who are shown passages.
 */
#ifndef DUPD_WORDING_H
#define DUPD_WORDING_H

#include "engine/prepare.h"

struct wording {
    struct buf text;         /* owned */
    struct dup_tokens words; /* owned; in text */
};

/* The body of article num, which was prepared as `as`. DUP_ENOENT: it is not kept; DUP_ENOMEM; DUP_ECORRUPT: it has other
 * words. On an error *ret needs no done. */
int wording_read(struct wording *ret, struct store *store, uint32_t num, const struct prepared *as);
/* The same of a text at hand, which is copied. */
int wording_copy(struct wording *ret, struct store *store, struct str text, const struct prepared *as);
void wording_done(struct wording *wording);

#endif
