/*
 * block.h - the words of 64 bytes at a time, as bits.
 *
 * Bit i of a mask speaks of byte i of the block. Only ASCII and accented
 * letters of two bytes are known here; the first byte of anything else is
 * a stop, and the words beside it are left to the slow gait.
 */
#ifndef DUP_CORE_BLOCK_H
#define DUP_CORE_BLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "core/quote.h"
#include "dup/text.h"

#define BLOCK_SIZE 64
#define BLOCK_TOKENS (BLOCK_SIZE / 2)
#define BLOCK_FOLDED (3 * BLOCK_SIZE) /* two bytes fold to six at most */

/* What the bytes are. */
struct block {
    unsigned char bytes[BLOCK_SIZE];  /* filled up with spaces where the text ends */
    unsigned char folded[BLOCK_SIZE]; /* ASCII in lower case */
    uint64_t words;  /* letters and digits */
    uint64_t wide;   /* of these, bytes of letters that are not ASCII */
    uint64_t spaces;
    uint64_t stops;
};

/* The words between two places of a block. */
struct block_words {
    uint64_t words;     /* with the joiners within them */
    uint64_t starts;    /* first byte of each */
    uint64_t ends;      /* byte after the last of each */
    uint64_t odd;       /* bytes that folding changes: joiners, wide letters */
    uint64_t quotes;    /* quotation marks */
    uint64_t lines;     /* line ends */
    uint64_t sentences; /* ends of sentences that white space follows */
};

/* Reads the block at text, of which left >= 1 bytes remain. */
void block_read(struct block *b, const unsigned char *text, size_t left);

/*
 * Finds the words from byte from on (where the text begins or that follows a
 * space) up to the last space before the next stop. Returns the byte after
 * that space, or from when there is none (then w is not set).
 */
unsigned block_find(const struct block *b, unsigned from, struct block_words *w);

/* Hash input of the word at [begin, end): folded, without joiners. Returns its length. */
size_t block_fold(const struct block *b, const struct block_words *w, unsigned begin,
                  unsigned end, unsigned char out[BLOCK_FOLDED]);

/* DUP_TOKEN_NUMBER, DUP_TOKEN_CAPITAL of the word at [begin, end). */
unsigned block_flags(const struct block *b, unsigned begin, unsigned end);

/* What the byte at i is to a quotation mark beside it. */
enum quote_side block_side(const struct block *b, unsigned i);

/* From bits outside the words to the first byte of the word that follows each. Other
 * bits of the result, within words, have no meaning. */
static inline uint64_t block_flood(uint64_t words, uint64_t bits)
{
    /* Adding any bits of a run of ones carries exactly one bit out of it. */
    return ~words + bits;
}

#endif
