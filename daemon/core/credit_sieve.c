/*
 * The sieve before the credit scanner. A word is known by its first eight
 * folded bytes, or sixteen if it does not begin with ASCII. ASCII words are
 * found as bits of 64 bytes at a time and folded by one operation; words with
 * other letters go through the folding table. Word lengths are as good as
 * random, so what depends on them is computed rather than branched on.
 * Invariant: a word that credit_scan() finds and that was added passes,
 * whatever stands around it; a few others may pass too.
 */
#include "core/credit_sieve.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "core/fold.h"
#include "core/swar.h"
#include "core/utf8.h"

#define KEY_BYTES 8
#define STEP 56          /* words that begin in so many bytes have eight more in the 64 */
#define WEAK_GAP 5       /* so close must weak words stand: "of" may be between them */
#define WIDE_MANY 20     /* of the first 64 bytes: then most of the text is not ASCII */

/* Two bits a word (Bloom 1970): of words that were not added hardly one in a thousand passes. */
static uint64_t hash_of(uint64_t key)
{
    key *= UINT64_C(0x9e3779b97f4a7c15);
    return key ^ key >> 32;
}

static inline int bit_at(const uint64_t *bits, uint32_t at)
{
    return (int)(bits[at / 64] >> at % 64 & 1);
}

static inline int is_in(const uint64_t *bits, uint64_t key)
{
    uint64_t hash = hash_of(key);
    return bit_at(bits, (uint32_t)(hash >> 47)) && bit_at(bits, hash & (CREDIT_SIEVE_BITS - 1));
}

static void put(uint64_t *bits, uint64_t key)
{
    uint64_t hash = hash_of(key);
    uint32_t first = (uint32_t)(hash >> 47), second = hash & (CREDIT_SIEVE_BITS - 1);
    bits[first / 64] |= UINT64_C(1) << first % 64;
    bits[second / 64] |= UINT64_C(1) << second % 64;
}

/* The folded bytes of a word that it is known by; n of them were given, perhaps more. */
struct key { uint64_t first, second; unsigned n; };

/* Adds so many folded bytes, up to six, the first one lowest; what is beyond the sixteenth falls off. */
static inline void add_bytes(struct key *key, uint64_t bytes, unsigned count)
{
    if (key->n < KEY_BYTES) {
        key->first |= bytes << 8 * key->n;
        if (key->n + count > KEY_BYTES)
            key->second = bytes >> 8 * (KEY_BYTES - key->n);
    } else if (key->n < 2 * KEY_BYTES) {
        key->second |= bytes << 8 * (key->n - KEY_BYTES);
    }
    key->n += count;
}

static inline void add_character(struct key *key, uint64_t entry, const unsigned char *p, unsigned size)
{
    const unsigned char *bytes = entry & FOLD_SELF ? p : entry & FOLD_POOL ? fold_long(entry) : NULL;
    unsigned count = entry & FOLD_SELF ? size : fold_length(entry);

    if (!bytes)
        add_bytes(key, entry >> 16, count);
    for (unsigned i = 0; bytes && i < count; i++)
        add_bytes(key, bytes[i], 1);
}

/* An ASCII word is known by eight bytes, since eight are looked at at a time. */
static inline uint64_t key_value(const struct key *key)
{
    return key->first & 0x80 ? key->first ^ key->second * UINT64_C(0xff51afd7ed558ccd) : key->first;
}

static uint64_t long_entry_at(const unsigned char *p, size_t left, unsigned *ret_size)
{
    uint32_t c = p[0];
    unsigned size = utf8_decode(p, left, &c);

    *ret_size = size ? size : 1;
    return fold_entry(size ? c : 0xfffd);
}

/* The entry of the character at p, of which left bytes may be read, and its size. Most alphabets have two bytes. */
static inline uint64_t entry_at(const unsigned char *p, size_t left, unsigned *ret_size)
{
    if (p[0] < 0x80) {
        *ret_size = 1;
        return fold_entry(p[0]);
    }
    if (p[0] < 0xc2 || p[0] >= 0xe0 || left < 2 || (p[1] & 0xc0) != 0x80)
        return long_entry_at(p, left, ret_size);
    *ret_size = 2;
    return fold_entry((p[0] & 0x1fu) << 6 | (p[1] & 0x3fu));
}

/* The words of text[at..end), any letters: 1 when one of them is in the sieve. */
static int any_wide(const uint64_t *bits, const unsigned char *text, size_t at, size_t end)
{
    struct key key = { 0 };

    while (at < end) {
        unsigned size;
        uint64_t entry = entry_at(text + at, end - at, &size), class = entry & FOLD_CLASS;
        if (class == FOLD_LETTER || class == FOLD_DIGIT) {
            add_character(&key, entry, text + at, size);
        } else if (class != FOLD_DROP) {
            if (key.n && is_in(bits, key_value(&key)))
                return 1;
            key = (struct key){ 0 };
            if (class == FOLD_CHAR) { /* a word by itself */
                add_character(&key, entry, text + at, size);
                if (is_in(bits, key_value(&key)))
                    return 1;
                key = (struct key){ 0 };
            }
        }
        at += size;
    }
    return key.n && is_in(bits, key_value(&key));
}

void credit_sieve_add(struct credit_sieve *s, const char *text, size_t len, enum credit_sieve_kind kind)
{
    const unsigned char *p = (const unsigned char *)text;
    struct key key = { 0 };
    int ascii = 1, capitals = 0;

    for (size_t i = 0; i < len; i++) {
        ascii &= p[i] < 0x80;
        capitals |= p[i] >= 'A' && p[i] <= 'Z';
    }
    if (kind == CREDIT_SIEVE_EXACT && ascii && capitals) {
        for (size_t i = 0; i < len; i++)
            add_bytes(&key, p[i], 1);
        put(s->exact, key_value(&key));
        key = (struct key){ 0 };
        kind = CREDIT_SIEVE_WEAK; /* in small letters; any_wide() knows no others */
    }
    for (size_t at = 0; at < len;) {
        unsigned size;
        uint64_t entry = entry_at(p + at, len - at, &size);
        if ((entry & FOLD_CLASS) != FOLD_DROP)
            add_character(&key, entry, p + at, size);
        at += size;
    }
    put(s->any, key_value(&key));
    if (kind != CREDIT_SIEVE_WEAK)
        put(s->strong, key_value(&key));
}

static int is_word_byte(unsigned char c)
{
    return c >= 0x80 || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* What 64 bytes are, a bit each. wide: not ASCII; these count as a word's. joins: of these the first of a
 * character that may be a mark (U+0080 to U+00BF, U+2000 and up), so that a further word may follow. */
struct bits { uint64_t words, wide, joins, capitals, spaces; };

#ifdef __SSE2__
static inline __m128i between(__m128i v, char low, char width)
{
    __m128i from = _mm_sub_epi8(v, _mm_set1_epi8(low));
    return _mm_cmpeq_epi8(_mm_min_epu8(from, _mm_set1_epi8(width)), from);
}

static inline uint64_t gather(__m128i v)
{
    return (unsigned)_mm_movemask_epi8(v);
}

static inline void read_part(const unsigned char *p, unsigned i, int running, struct bits *b)
{
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
    __m128i letter = between(_mm_or_si128(v, _mm_set1_epi8(0x20)), 'a', 25);

    b->words |= gather(_mm_or_si128(_mm_or_si128(letter, between(v, '0', 9)), v)) << i;
    b->wide |= gather(v) << i;
    if (running) {
        b->capitals |= gather(between(v, 'A', 25)) << i;
        b->spaces |= gather(_mm_cmpeq_epi8(v, _mm_set1_epi8(' '))) << i;
        b->joins |= gather(_mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8((char)0xc2)), between(v, (char)0xe2, 0x1d))) << i;
    }
}

static inline struct bits read_bits(const unsigned char *p, int running)
{
    struct bits b = { 0 };

    read_part(p, 0, running, &b);
    read_part(p, 16, running, &b);
    read_part(p, 32, running, &b);
    read_part(p, 48, running, &b);
    return b;
}
#else
/* The top bit of each byte of v that is from low to high but for its own top bit. */
static uint64_t within(uint64_t v, unsigned low, unsigned high)
{
    uint64_t ascii = v & ~SWAR_TOP;
    return (ascii + SWAR_EACH(0x80 - low)) & ~(ascii + SWAR_EACH(0x7f - high)) & SWAR_TOP;
}

static struct bits read_bits(const unsigned char *p, int running)
{
    struct bits b = { 0 };

    (void)running;
    for (unsigned i = 0; i < 64; i += 8) {
        uint64_t v = swar_load(p + i), wide = v & SWAR_TOP;
        uint64_t letters = within(v | SWAR_EACH(0x20), 'a', 'z'), digits = within(v, '0', '9');
        b.words |= swar_gather(letters | digits | wide) << i;
        b.capitals |= swar_gather(within(v, 'A', 'Z') & ~wide) << i;
        b.spaces |= swar_gather(within(v, ' ', ' ') & ~wide) << i;
        b.joins |= swar_gather((within(v, 0x42, 0x42) | within(v, 0x62, 0x7f)) & wide) << i;
        b.wide |= swar_gather(wide) << i;
    }
    return b;
}
#endif

/* Only the first n bytes count, n below 64. */
static inline struct bits first_bits(struct bits b, size_t n)
{
    uint64_t mask = (UINT64_C(1) << n) - 1;
    return (struct bits){ b.words & mask, b.wide & mask, b.joins & mask, b.capitals & mask, b.spaces & mask };
}

/* The bytes of a key that belong to a word of n letters and digits, n at least 1. */
static inline uint64_t first_bytes(unsigned n)
{
    return ~UINT64_C(0) >> 8 * (KEY_BYTES - (n < KEY_BYTES ? n : KEY_BYTES));
}

/* The words so far: where the last that passed ends, and the last weak one. */
struct ends { size_t passed, weak; };

/* The word at text[at..stop), whose first bytes are in plain, key folded: notes whether it passes. */
static void weigh(const struct credit_sieve *s, uint64_t plain, uint64_t key, size_t at, size_t stop, int running,
                  struct ends *ends)
{
    if (!is_in(s->any, key))
        return;
    /* Small letters beside a mark may go on with words that are not looked at. */
    if (is_in(s->strong, key) || (key != plain && is_in(s->exact, plain)) ||
        (ends->weak && at <= ends->weak + WEAK_GAP) || (running && key == plain))
        ends->passed = stop;
    ends->weak = stop;
}

size_t credit_sieve_last(const struct credit_sieve *s, const char *text_bytes, size_t len, size_t begin, size_t end,
                         int running)
{
    const unsigned char *text = (const unsigned char *)text_bytes;
    struct ends ends = { 0, 0 };
    uint64_t carry = 0; /* the two bytes before are a word's, as bits 1 and 0 */

    for (size_t at = begin; at < end; at += STEP) {
        unsigned char block[64 + 8];
        size_t left = end - at, n = left < 64 ? left : 64;
        const unsigned char *p = text + at;
        if (len - at < sizeof block) { /* no room to read beyond */
            memset(block + n, ' ', sizeof block - n);
            memcpy(block, p, n);
            p = block;
        }
        struct bits bits = read_bits(p, running);
        if (n < 64)
            bits = first_bits(bits, n);
        uint64_t wide = bits.wide, words = bits.words;
        if (wide && at == begin && __builtin_popcountll(wide) >= WIDE_MANY)
            return any_wide(s->any, text, begin, end) ? end : 0;
        uint64_t starts = words & ~(words << 1 | carry >> 1) & ((UINT64_C(1) << STEP) - 1);
        /* A small letter after a space after a word: running text, unless a mark joins a further word to it. */
        uint64_t small = running ? ~bits.capitals & ~wide & bits.spaces << 1 & (words << 2 | carry) : 0;
        if (!bits.joins) {
            starts &= ~small;
            small = 0;
        }
        carry = words >> (STEP - 2) & 3;
        /* Runs that are not all ASCII, or go on behind the 64 bytes. */
        uint64_t special = wide | (words & UINT64_C(1) << 63);
        for (; starts; starts &= starts - 1) {
            unsigned i = (unsigned)__builtin_ctzll(starts);
            uint64_t rest = ~(words >> i), run = rest ^ (rest - 1);
            unsigned size = (unsigned)__builtin_ctzll(rest | UINT64_C(1) << 63);
            if (small && small >> i & 1 && !(bits.joins >> i & run))
                continue;
            uint64_t bytes = swar_load(p + i), mask = first_bytes(size);
            uint64_t key = (bytes | SWAR_EACH(0x20)) & mask; /* digits have the bit too */
            if (is_in(s->any, key))
                weigh(s, bytes & mask, key, at + i, at + i + size, running, &ends);
            if (!special || !(special >> i & run))
                continue;
            size_t stop = at + i + size;
            while (stop < end && is_word_byte(text[stop]))
                stop++;
            if (any_wide(s->any, text, at + i, stop < end ? stop : end))
                ends.passed = stop;
        }
    }
    return ends.passed < end ? ends.passed : end;
}
