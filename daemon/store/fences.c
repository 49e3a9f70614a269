/*
 * Fences: where the chunks of a segment lie in memory, in the order of their keys, so that a look-up need not
 * search the pages of a tree. Keys are hashes: where one stands among many is known to within some, and what is
 * there says by how much it was wrong. Invariant: fences are of a segment that is complete, of which LMDB moves
 * no page, and of the map as it lies now.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "store/postings.h"

#define ROUNDS 4 /* of guessing, before the search goes by halves */
#define LEN_BITS 16

struct fence {
    uint64_t row_len; /* of the chunk: its last key, and its length */
    const unsigned char *data;
};

struct fences {
    struct fence *all; /* mapped */
    uint64_t n, room;
};

struct fences *fences_new(const char *dir, uint64_t chunks)
{
    struct fences *f = malloc(sizeof *f);
    if (!f)
        return NULL;
    *f = (struct fences){.room = chunks};
    f->all = nameless_map(dir, (chunks + 1) * sizeof *f->all);
    if (!f->all) {
        free(f);
        return NULL;
    }
    return f;
}

void fences_free(struct fences *f)
{
    if (!f)
        return;
    munmap(f->all, (f->room + 1) * sizeof *f->all);
    free(f);
}

uint64_t fences_bytes(const struct fences *f)
{
    return f ? (f->room + 1) * sizeof *f->all : 0;
}

int fences_add(struct fences *f, const struct placed *chunk)
{
    if (f->n == f->room || chunk->len >> LEN_BITS)
        return DUP_ECORRUPT;
    f->all[f->n++] = (struct fence){chunk->row << LEN_BITS | chunk->len, chunk->data};
    return 0;
}

static uint64_t row(const struct fences *f, uint64_t i)
{
    return f->all[i].row_len >> LEN_BITS;
}

/* How many chunks lie between two keys, if they lie evenly. */
static uint64_t between(const struct fences *f, uint64_t a, uint64_t b)
{
    return (uint64_t)((unsigned __int128)(b - a) * f->n >> KEY_BITS);
}

static uint64_t guess(const struct fences *f, uint64_t key)
{
    uint64_t at = between(f, 0, key);
    return at < f->n ? at : f->n - 1;
}

void fences_prefetch(const struct fences *f, uint64_t key)
{
    if (f->n)
        __builtin_prefetch(&f->all[guess(f, key)]);
}

int fences_find(const struct fences *f, uint64_t key, struct placed *ret)
{
    uint64_t low = 0, high = f->n; /* the first whose key is not below the one that is looked for is in low .. high */
    uint64_t at = f->n ? guess(f, key) : 0;
    for (int i = 0; low < high; i++) {
        uint64_t found = row(f, at), step;
        if (found < key) {
            low = at + 1;
            step = between(f, found, key);
            at = step < high - low ? low + step : high - 1;
        } else {
            high = at;
            step = between(f, key, found) + 1;
            at = step < high - low ? high - step : low;
        }
        if (i >= ROUNDS)
            at = low + (high - low) / 2;
    }
    if (low == f->n)
        return 0;
    *ret = (struct placed){row(f, low), f->all[low].data, f->all[low].row_len & ((1u << LEN_BITS) - 1)};
    return 1;
}
