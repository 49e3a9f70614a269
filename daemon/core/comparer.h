/*
 * comparer.h - the working memory that comparison and decision share.
 *
 * Grown by the larger of the two texts and kept between calls; nothing in it
 * means anything outside the call that filled it.
 */
#ifndef DUPD_COMPARER_H
#define DUPD_COMPARER_H

#include <stddef.h>
#include <stdint.h>

#include "dup/compare.h"

/* A shingle of either text: a slot is in use when its round is the comparer's. */
struct slot {
    uint64_t value;
    uint32_t head;     /* first place in the indexed text that has it, or NOWHERE */
    uint32_t round;    /* round << 1 | whether the scanned text has it too */
};

struct comparer_side {
    uint64_t *shingles;
    uint32_t *ends;    /* one past the last token of each shingle */
    size_t n_shingles;
};

struct dup_comparer {
    struct slot *slots;              /* owned */
    size_t n_slots;
    uint32_t round;
    void *arena;                     /* owned; holds the arrays below */
    size_t cap;                      /* tokens that each of them has room for */
    struct comparer_side scanned, indexed;
    uint32_t *next;                  /* chains of equal shingles in the indexed text */
    uint8_t *taken;                  /* tokens of the indexed text that stand in a passage */
    uint8_t *marks_a, *marks_b;      /* for the evidence: what is known of each token */
    uint64_t steps;                  /* token comparisons and chain steps of the last call */
};

/* Room for texts of n tokens; what was there before is lost. 0 or DUP_ENOMEM. */
int comparer_reserve(struct dup_comparer *comparer, size_t n);

#endif
