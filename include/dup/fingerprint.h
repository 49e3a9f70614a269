/*
 * dup/fingerprint.h - shingles and the fingerprints made of them.
 *
 * All values come from XXH3 keyed with the caller's secret, so that they are
 * the same for ever for a given secret and DUP_FINGERPRINT_VERSION, and
 * cannot be aimed at by someone who does not know the secret. Pure functions
 * over the caller's memory; any thread.
 */
#ifndef DUP_FINGERPRINT_H
#define DUP_FINGERPRINT_H

#include <stddef.h>
#include <stdint.h>

#include "dup/text.h"

#define DUP_FINGERPRINT_VERSION 1
#define DUP_SHINGLE_WORDS 6   /* words in a shingle; a CHAR token counts half a word */
#define DUP_WINDOW 14         /* shingles in a winnowing window */
#define DUP_GUARANTEE (DUP_SHINGLE_WORDS + DUP_WINDOW - 1) /* shared words that surely share a value */
#define DUP_LANES 128         /* lanes of a MinHash signature */

/*
 * Shingle values of a text: values[i] is the hash of the tokens from i on
 * that together weigh DUP_SHINGLE_WORDS words (6 words, or 12 CHAR tokens,
 * or a mixture). A text of at least one token but less weight than that has
 * one shingle, of all its tokens. values has room for tokens->n entries.
 * Returns the number of shingles (0 for an empty text).
 */
size_t dup_shingles(const struct dup_secret *secret, const struct dup_tokens *tokens,
                    uint64_t *values);

/*
 * SimHash, 64 bit (Charikar 2002; Manku, Jain, Das Sarma 2007): each shingle
 * is a feature whose weight is how often it occurs. 0 for no shingles.
 */
uint64_t dup_simhash(const uint64_t *shingles, size_t n);

/*
 * MinHash signature by one-permutation hashing with optimal densification
 * (Shrivastava 2017) over the set of shingles: DUP_LANES lanes of 32 bits.
 * All lanes UINT32_MAX for no shingles. The share of equal lanes of two
 * signatures estimates the Jaccard resemblance of the two shingle sets.
 */
void dup_minhash(const uint64_t *shingles, size_t n, uint32_t signature[DUP_LANES]);

/* Share of equal lanes, 0 to 1; 0 when either is the signature of nothing. */
double dup_minhash_resemblance(const uint32_t a[DUP_LANES], const uint32_t b[DUP_LANES]);

/*
 * Winnowing (Schleimer, Wilkerson, Aiken 2003): the rightmost least shingle
 * of each window of DUP_WINDOW shingles, each once a position, in text
 * order. Texts with fewer shingles give their least one. Two texts that
 * share DUP_GUARANTEE words in a row share a value. values and positions
 * (index of the shingle's first token) have room for n entries. Returns
 * how many were selected, at most n, on average 2n/(DUP_WINDOW+1).
 */
size_t dup_winnow(const uint64_t *shingles, size_t n, uint64_t *values, uint32_t *positions);

/* Hash of the whole token sequence: equal for texts that are the same
 * after normalising. Keyed like the rest. */
uint64_t dup_text_hash(const struct dup_secret *secret, const struct dup_tokens *tokens);

#endif
