/*
 * The sieve before the credit scanner. A word is known by its first eight
 * folded bytes. ASCII words are found as bits of 64 bytes at a time and folded
 * by one operation; words with other letters go through the folding table.
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

/* A word as its first eight folded bytes. */
struct key { uint64_t bytes; unsigned n; };

static void add_byte(struct key *key, uint64_t byte)
{
    if (key->n < KEY_BYTES)
        key->bytes |= byte << 8 * key->n++;
}

static void add_character(struct key *key, uint32_t c, uint64_t entry, const unsigned char *p, unsigned size)
{
    if (c < 0x80)
        add_byte(key, c | (c >= 'A' && c <= 'Z' ? 0x20u : 0));
    else if (entry & FOLD_SELF)
        for (unsigned i = 0; i < size; i++)
            add_byte(key, p[i]);
    else if (entry & FOLD_POOL)
        for (unsigned i = 0; i < fold_length(entry); i++)
            add_byte(key, fold_long(entry)[i]);
    else
        for (unsigned i = 0; i < fold_length(entry); i++)
            add_byte(key, entry >> (16 + 8 * i) & 255);
}

/* The words of text[at..end), any letters: 1 when one of them is in the sieve. */
static int any_wide(const uint64_t *bits, const unsigned char *text, size_t at, size_t end)
{
    struct key key = { 0, 0 };

    while (at < end) {
        uint32_t c = text[at];
        unsigned size = c < 0x80 ? 1 : utf8_decode(text + at, end - at, &c);
        if (size == 0) {
            size = 1;
            c = 0xfffd;
        }
        uint64_t entry = fold_entry(c), class = entry & FOLD_CLASS;
        if (class == FOLD_LETTER || class == FOLD_DIGIT) {
            add_character(&key, c, entry, text + at, size);
        } else if (class != FOLD_DROP) {
            if (key.n && is_in(bits, key.bytes))
                return 1;
            key = (struct key){ 0, 0 };
            if (class == FOLD_CHAR) { /* a word by itself */
                add_character(&key, c, entry, text + at, size);
                if (is_in(bits, key.bytes))
                    return 1;
                key = (struct key){ 0, 0 };
            }
        }
        at += size;
    }
    return key.n && is_in(bits, key.bytes);
}

void credit_sieve_add(struct credit_sieve *s, const char *text, size_t len, enum credit_sieve_kind kind)
{
    const unsigned char *p = (const unsigned char *)text;
    struct key key = { 0, 0 };
    int ascii = 1, capitals = 0;

    for (size_t i = 0; i < len; i++) {
        ascii &= p[i] < 0x80;
        capitals |= p[i] >= 'A' && p[i] <= 'Z';
    }
    if (kind == CREDIT_SIEVE_EXACT && ascii && capitals) {
        for (size_t i = 0; i < len; i++)
            add_byte(&key, p[i]);
        put(s->exact, key.bytes);
        key = (struct key){ 0, 0 };
        kind = CREDIT_SIEVE_WEAK; /* in small letters; any_wide() knows no others */
    }
    for (size_t at = 0; at < len;) {
        uint32_t c = p[at];
        unsigned size = c < 0x80 ? 1 : utf8_decode(p + at, len - at, &c);
        uint64_t entry = fold_entry(c);
        if ((entry & FOLD_CLASS) != FOLD_DROP)
            add_character(&key, c, entry, p + at, size);
        at += size ? size : 1;
    }
    put(s->any, key.bytes);
    if (kind != CREDIT_SIEVE_WEAK)
        put(s->strong, key.bytes);
}

static int is_word_byte(unsigned char c)
{
    return c >= 0x80 || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* What 64 bytes are, a bit each. wide: not ASCII; these count as a word's. */
struct bits { uint64_t words, wide, capitals, spaces; };

#ifdef __SSE2__
static __m128i between(__m128i v, char low, char width)
{
    __m128i from = _mm_sub_epi8(v, _mm_set1_epi8(low));
    return _mm_cmpeq_epi8(_mm_min_epu8(from, _mm_set1_epi8(width)), from);
}

static uint64_t gather(__m128i v, unsigned i)
{
    return (uint64_t)(unsigned)_mm_movemask_epi8(v) << i;
}

static struct bits read_bits(const unsigned char *p)
{
    struct bits b = { 0 };

    for (unsigned i = 0; i < 64; i += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
        __m128i letter = between(_mm_or_si128(v, _mm_set1_epi8(0x20)), 'a', 25);
        b.words |= gather(_mm_or_si128(letter, between(v, '0', 9)), i);
        b.capitals |= gather(between(v, 'A', 25), i);
        b.spaces |= gather(_mm_cmpeq_epi8(v, _mm_set1_epi8(' ')), i);
        b.wide |= gather(v, i);
    }
    b.words |= b.wide;
    return b;
}
#else
/* The top bit of each byte of v from low to high, both ASCII. */
static uint64_t between(uint64_t v, unsigned low, unsigned high)
{
    uint64_t ascii = v & ~SWAR_TOP;
    return (ascii + SWAR_EACH(0x80 - low)) & ~(ascii + SWAR_EACH(0x7f - high)) & ~v & SWAR_TOP;
}

static struct bits read_bits(const unsigned char *p)
{
    struct bits b = { 0 };

    for (unsigned i = 0; i < 64; i += 8) {
        uint64_t v = swar_load(p + i);
        b.words |= swar_gather(between(v | SWAR_EACH(0x20), 'a', 'z') | between(v, '0', '9')) << i;
        b.capitals |= swar_gather(between(v, 'A', 'Z')) << i;
        b.spaces |= swar_gather(between(v, ' ', ' ')) << i;
        b.wide |= swar_gather(v & SWAR_TOP) << i;
    }
    b.words |= b.wide;
    return b;
}
#endif

/* The bytes of v that belong to a word of n letters and digits. */
static uint64_t first_bytes(uint64_t v, unsigned n)
{
    return n < KEY_BYTES ? v & ((UINT64_C(1) << 8 * n) - 1) : v;
}

/* Whether one of the bytes may belong to a mark (U+0080 to U+00BF, U+2000 and up), so that a further
 * word follows in the same run. */
static int joins(const unsigned char *run, uint64_t bytes)
{
    for (; bytes; bytes &= bytes - 1) {
        unsigned char c = run[__builtin_ctzll(bytes)];
        if (c == 0xc2 || c >= 0xe2)
            return 1;
    }
    return 0;
}

size_t credit_sieve_last(const struct credit_sieve *s, const char *text_bytes, size_t begin, size_t end,
                         int running)
{
    const unsigned char *text = (const unsigned char *)text_bytes;
    size_t last = 0, weak = 0; /* weak: the end of the last weak word */
    uint64_t carry = 0; /* the two bytes before are a word's, as bits 1 and 0 */

    for (size_t at = begin; at < end; at += STEP) {
        unsigned char block[64 + 8];
        size_t left = end - at, n = left < 64 ? left : 64;
        const unsigned char *p = text + at;
        if (left < 72) { /* room to read beyond */
            memset(block + n, ' ', sizeof block - n);
            memcpy(block, p, n);
            p = block;
        }
        struct bits bits = read_bits(p);
        uint64_t wide = bits.wide, words = bits.words;
        if (wide && at == begin && __builtin_popcountll(wide) >= WIDE_MANY)
            return end;
        uint64_t starts = words & ~(words << 1 | carry >> 1) & ((UINT64_C(1) << STEP) - 1);
        /* A small letter after a space after a word: running text. */
        uint64_t small = running ? ~bits.capitals & ~wide & bits.spaces << 1 & (words << 2 | carry) : 0;
        if (!wide) {
            starts &= ~small;
            small = 0;
        }
        carry = words >> (STEP - 2) & 3;
        for (; starts; starts &= starts - 1) {
            unsigned i = (unsigned)__builtin_ctzll(starts);
            uint64_t rest = ~(words >> i); /* zeros were shifted in: 0 for i = 0 at most */
            unsigned len = rest ? (unsigned)__builtin_ctzll(rest) : 64;
            uint64_t others = wide >> i & ((rest & -rest) - 1);
            if (small >> i & 1 && !joins(p + i, others))
                continue;
            uint64_t plain = first_bytes(swar_load(p + i), len);
            uint64_t key = first_bytes(plain | SWAR_EACH(0x20), len); /* digits have the bit too */
            size_t stop = at + i + len;
            int hit = key != plain && is_in(s->exact, plain);
            if (!hit && is_in(s->any, key)) {
                /* Small letters beside a mark may go on with words that are not looked at. */
                hit = is_in(s->strong, key) || (weak && at + i <= weak + WEAK_GAP) || (running && key == plain);
                weak = stop;
            }
            if (len == 64 - i || others) { /* goes on, or is not all ASCII */
                while (stop < end && is_word_byte(text[stop]))
                    stop++;
                hit = hit || any_wide(s->any, text, at + i, stop < end ? stop : end);
            }
            if (hit)
                last = stop;
        }
    }
    return last < end ? last : end;
}
