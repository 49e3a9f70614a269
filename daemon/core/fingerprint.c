/*
 * The fingerprints of a text, each a function of its shingle values alone
 * (the papers are named in dup/fingerprint.h). The inner loops have no branch
 * that goes one way as often as the other: mispredicting one in two would cost
 * more than the work itself. Invariant: a value is the same on every machine for ever;
 * whoever changes one raises DUP_FINGERPRINT_VERSION.
 */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "dup/fingerprint.h"

#include <string.h>

#include "core/swar.h"

#define WORD_WEIGHT 2 /* a CHAR token weighs 1 */
#define SHINGLE_WEIGHT (DUP_SHINGLE_WORDS * WORD_WEIGHT)
#define PLANES 33     /* binary digits of a count of shingles */
#define LANE_BITS 7

_Static_assert(1 << LANE_BITS == DUP_LANES, "lanes are addressed with LANE_BITS bits");

/* XXH3 of n token hashes as little-endian words. */
static uint64_t hash_tokens(const struct dup_secret *secret, const uint32_t *hash, size_t n)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return XXH3_64bits_withSecret(hash, n * sizeof *hash, secret->bytes, DUP_SECRET_SIZE);
#else
    XXH3_state_t state;
    XXH3_64bits_reset_withSecret(&state, secret->bytes, DUP_SECRET_SIZE);
    for (size_t i = 0; i < n; i++) {
        uint32_t word = __builtin_bswap32(hash[i]);
        XXH3_64bits_update(&state, &word, sizeof word);
    }
    return XXH3_64bits_digest(&state);
#endif
}

size_t dup_shingles(const struct dup_secret *secret, const struct dup_tokens *tokens,
                    uint64_t *values)
{
    size_t first = 0;
    unsigned weight = 0;

    if (tokens->n >= DUP_SHINGLE_WORDS && !(swar_any(tokens->flags, tokens->n) & SWAR_EACH(DUP_TOKEN_CHAR))) {
        for (; first + DUP_SHINGLE_WORDS <= tokens->n; first++) /* of one length that the compiler knows */
            values[first] = hash_tokens(secret, tokens->hash + first, DUP_SHINGLE_WORDS);
        return first;
    }
    for (size_t i = 0; i < tokens->n; i++) {
        weight += tokens->flags[i] & DUP_TOKEN_CHAR ? 1 : WORD_WEIGHT;
        while (weight >= SHINGLE_WEIGHT) {
            values[first] = hash_tokens(secret, tokens->hash + first, i + 1 - first);
            weight -= tokens->flags[first] & DUP_TOKEN_CHAR ? 1 : WORD_WEIGHT;
            first++;
        }
    }
    if (first == 0 && tokens->n > 0) {
        values[0] = hash_tokens(secret, tokens->hash, tokens->n);
        first = 1;
    }
    return first;
}

/* Adds three bits of each of 64 columns: the sums are 2 * *high + *low. */
static inline void add3(uint64_t a, uint64_t b, uint64_t c, uint64_t *high, uint64_t *low)
{
    uint64_t u = a ^ b;
    *high = (a & b) | (u & c);
    *low = u ^ c;
}

/*
 * Bit-sliced: plane[k] holds binary digit k of 64 counts, one for each bit
 * of the values. Eight values at a time go through a tree of adders (Harley
 * and Seal), so that only every eighth reaches the higher planes.
 */
uint64_t dup_simhash(const uint64_t *shingles, size_t n)
{
    uint64_t plane[PLANES] = { 0 };
    size_t i = 0;

    for (; i + 8 <= n; i += 8) {
        const uint64_t *v = shingles + i;
        uint64_t one = plane[0], two = plane[1], four = plane[2];
        uint64_t two_a, two_b, four_a, four_b, carry;
        add3(one, v[0], v[1], &two_a, &one);
        add3(one, v[2], v[3], &two_b, &one);
        add3(two, two_a, two_b, &four_a, &two);
        add3(one, v[4], v[5], &two_a, &one);
        add3(one, v[6], v[7], &two_b, &one);
        add3(two, two_a, two_b, &four_b, &two);
        add3(four, four_a, four_b, &carry, &four);
        plane[0] = one;
        plane[1] = two;
        plane[2] = four;
        for (unsigned k = 3; carry; k++) {
            uint64_t sum = plane[k] ^ carry;
            carry &= plane[k];
            plane[k] = sum;
        }
    }
    for (; i < n; i++) {
        uint64_t carry = shingles[i];
        for (unsigned k = 0; carry; k++) {
            uint64_t sum = plane[k] ^ carry;
            carry &= plane[k];
            plane[k] = sum;
        }
    }

    /* A bit is set when more than half of the values have it. */
    uint64_t above = 0, equal = UINT64_MAX;
    uint64_t half = (uint64_t)n / 2;
    for (unsigned k = PLANES; k-- > 0;) {
        uint64_t digit = -(half >> k & 1);
        above |= equal & plane[k] & ~digit;
        equal &= ~(plane[k] ^ digit);
    }
    return above;
}

/* Where the empty lane looks for a value, at its attempt-th try: the same for all texts. */
static unsigned donor(unsigned lane, unsigned attempt)
{
    uint64_t x = ((uint64_t)attempt << LANE_BITS | lane) * UINT64_C(0x9e3779b97f4a7c15);
    x ^= x >> 32;
    x *= UINT64_C(0xd6e8feb86659fd93);
    return (unsigned)(x >> (64 - LANE_BITS));
}

void dup_minhash(const uint64_t *shingles, size_t n, uint32_t signature[DUP_LANES])
{
    uint32_t least[DUP_LANES];

    memset(least, 0xff, sizeof least);
    for (size_t i = 0; i < n; i++) {
        uint64_t v = shingles[i];
        uint32_t *lane = &least[v >> (64 - LANE_BITS)];
        uint32_t value = (uint32_t)v;
        value -= value == UINT32_MAX; /* which means an empty lane */
        *lane = value < *lane ? value : *lane;
    }
    memcpy(signature, least, sizeof least);
    if (n == 0)
        return;
    for (unsigned i = 0; i < DUP_LANES; i++) {
        unsigned from = i;
        for (unsigned attempt = 1; least[from] == UINT32_MAX; attempt++)
            from = donor(i, attempt);
        signature[i] = least[from];
    }
}

double dup_minhash_resemblance(const uint32_t a[DUP_LANES], const uint32_t b[DUP_LANES])
{
    unsigned equal = 0;

    if (a[0] == UINT32_MAX || b[0] == UINT32_MAX)
        return 0;
    for (unsigned i = 0; i < DUP_LANES; i++)
        equal += a[i] == b[i];
    return (double)equal / DUP_LANES;
}

/* The rightmost of the least of n values, n >= 1. */
static size_t least_of(const uint64_t *values, size_t n)
{
    uint64_t least = values[0];
    size_t at = 0;

    for (size_t i = 1; i < n; i++) {
        at = values[i] <= least ? i : at;
        least = values[i] <= least ? values[i] : least;
    }
    return at;
}

/*
 * The least value of a window stays so until it leaves, or another that is no
 * greater comes in. Only when it leaves is the window looked through, without
 * a branch: once in fifteen shingles of a text, at worst for each. Of equal
 * values the rightmost is taken.
 */
size_t dup_winnow(const uint64_t *shingles, size_t n, uint64_t *values, uint32_t *positions)
{
    size_t window = n < DUP_WINDOW ? n : DUP_WINDOW;
    size_t count = 0, end = window; /* of the window */

    if (n == 0)
        return 0;
    for (size_t at = least_of(shingles, window);;) {
        uint64_t least = shingles[at];
        size_t stays = at + window < n ? at + window : n; /* ends of windows up to here hold it */
        values[count] = least;
        positions[count++] = (uint32_t)at;
        while (end < stays && shingles[end] > least)
            end++;
        if (end < stays) {
            at = end++;
        } else if (end < n) {
            end++;
            at += 1 + least_of(shingles + at + 1, window);
        } else {
            return count;
        }
    }
}

uint64_t dup_text_hash(const struct dup_secret *secret, const struct dup_tokens *tokens)
{
    return hash_tokens(secret, tokens->hash, tokens->n);
}
