/*
 * ascii.h - the words of 64 bytes of ASCII, as bits.
 *
 * Bytes are looked at eight at a time within a 64-bit word (SWAR), so that
 * any compiler and machine has the fast gait. Bit i of a mask speaks of byte
 * i of the block.
 */
#ifndef DUP_CORE_ASCII_H
#define DUP_CORE_ASCII_H

#include <stddef.h>
#include <stdint.h>

#include "dup/text.h"

#define ASCII_BLOCK 64

struct ascii_words {
    uint64_t words;     /* letters, digits and the joiners within a word */
    uint64_t starts;    /* first byte of each word */
    uint64_t ends;      /* byte after the last of each word */
    uint64_t joins;     /* joiners within words */
    uint64_t quotes;    /* quotation marks */
    uint64_t lines;     /* line ends */
    uint64_t sentences; /* ends of sentences that white space follows */
    unsigned char folded[ASCII_BLOCK]; /* the block in lower case */
};

/*
 * Finds the words of the block up to its last space, or to the last one
 * before the first byte that is not ASCII. Returns how many bytes that is,
 * the space counted, or 0 when there is no such space (then w is not set).
 * The block begins after a space or where the text does.
 */
size_t ascii_find_words(const unsigned char block[ASCII_BLOCK], struct ascii_words *w);

/* From bits outside the words to the first byte of the word that follows each. Other
 * bits of the result, within words, have no meaning. */
static inline uint64_t ascii_flood(uint64_t words, uint64_t bits)
{
    /* Adding any bits of a run of ones carries exactly one bit out of it. */
    return ~words + bits;
}

/* DUP_TOKEN_NUMBER of a digit, DUP_TOKEN_CAPITAL of an upper case letter. */
static inline unsigned ascii_flags(unsigned char c)
{
    unsigned not = ~(unsigned)c;
    return (not >> 6 & 1) * DUP_TOKEN_NUMBER | (not >> 5 & 1) * DUP_TOKEN_CAPITAL;
}

/* Eight bytes as a number, the first one lowest. */
static inline uint64_t ascii_load(const unsigned char *p)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < 8; i++)
        v |= (uint64_t)p[i] << (8 * i);
    return v;
}

/* Whether the next eight of left bytes (or all that are left) are ASCII. */
static inline int ascii_ahead(const unsigned char *p, size_t left)
{
    if (left >= 8)
        return (ascii_load(p) & UINT64_C(0x8080808080808080)) == 0;
    for (size_t i = 0; i < left; i++)
        if (p[i] & 0x80)
            return 0;
    return 1;
}

#endif
