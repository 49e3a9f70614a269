/*
 * Words found without a branch a byte. Classes are known for 16 bytes at once
 * with SSE2, and elsewhere for eight by adding constants that carry into each
 * byte's top bit; only the few punctuation marks and accented letters are
 * looked at one by one. The rules
 * are those of the slow gait in text.c. Invariant: what is found lies below
 * the last space taken, so each word, joiner and sentence end has its
 * right-hand neighbour within the block.
 */
#include "core/block.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "core/fold.h"
#include "core/swar.h"
#include "core/utf8.h"

static int is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

/* Bytes above ASCII count: between stops they are all letters. */
static int is_letter(unsigned char c)
{
    return ((c | 32) >= 'a' && (c | 32) <= 'z') || c >= 0x80;
}

static int is_space(unsigned char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* What may stand between the end of a sentence and the white space. */
static int is_closing(unsigned char c)
{
    return c == '"' || c == '\'' || c == '`' || c == ')' || c == ']' || c == '}';
}

/* Sorts the bytes above ASCII into letters and stops. */
static void read_wide(struct block *b, uint64_t high)
{
    while (high) {
        unsigned i = (unsigned)__builtin_ctzll(high);
        uint64_t rest = high & (high - 1);
        uint32_t c;
        if (utf8_decode(b->bytes + i, BLOCK_SIZE - i, &c) == 2 &&
            (fold_entry(c) & (FOLD_CLASS | FOLD_POOL)) == FOLD_LETTER) {
            b->wide |= UINT64_C(3) << i;
            high = rest & (rest - 1);
        } else {
            b->stops |= UINT64_C(1) << i;
            high = rest;
        }
    }
    b->words |= b->wide;
}

#ifdef __SSE2__
/* Bytes between two that are ASCII; comparison is signed, so that no other byte is. */
static inline __m128i within(__m128i v, char low, char high)
{
    return _mm_and_si128(_mm_cmpgt_epi8(v, _mm_set1_epi8((char)(low - 1))),
                         _mm_cmplt_epi8(v, _mm_set1_epi8((char)(high + 1))));
}

static inline uint64_t top_bits(__m128i v)
{
    return (unsigned)_mm_movemask_epi8(v);
}

/* Sorts the bytes and folds the ASCII ones; those above it are returned. */
static uint64_t read_ascii(struct block *b)
{
    uint64_t words = 0, spaces = 0, high = 0;

    for (unsigned i = 0; i < BLOCK_SIZE; i += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(b->bytes + i));
        __m128i small = _mm_set1_epi8(0x20), letters = within(_mm_or_si128(v, small), 'a', 'z');
        _mm_storeu_si128((__m128i *)(void *)(b->folded + i), _mm_or_si128(v, _mm_and_si128(letters, small)));
        words |= top_bits(_mm_or_si128(letters, within(v, '0', '9'))) << i;
        spaces |= top_bits(_mm_cmpeq_epi8(v, _mm_set1_epi8(' '))) << i;
        high |= top_bits(v) << i;
    }
    b->words = words;
    b->spaces = spaces;
    return high;
}
#else
static uint64_t read_ascii(struct block *b)
{
    uint64_t words = 0, spaces = 0, high = 0;

    for (unsigned i = 0; i < BLOCK_SIZE; i += 8) {
        uint64_t v = swar_load(b->bytes + i);
        uint64_t low = v & ~SWAR_TOP, lower = low | SWAR_EACH(0x20);
        uint64_t letter = (lower + SWAR_EACH(0x80 - 'a')) & ~(lower + SWAR_EACH(0x7f - 'z')) & ~v & SWAR_TOP;
        uint64_t digit = (low + SWAR_EACH(0x80 - '0')) & ~(low + SWAR_EACH(0x7f - '9')) & ~v;
        uint64_t other = ((low ^ SWAR_EACH(' ')) + SWAR_EACH(0x7f)) | v;
        swar_store(b->folded + i, v | letter >> 2);
        words |= swar_gather(letter | digit) << i;
        spaces |= swar_gather(~other) << i;
        high |= swar_gather(v) << i;
    }
    b->words = words;
    b->spaces = spaces;
    return high;
}
#endif

void block_read(struct block *b, const unsigned char *text, size_t left)
{
    if (left >= BLOCK_SIZE) {
        memcpy(b->bytes, text, BLOCK_SIZE);
    } else {
        memset(b->bytes, ' ', BLOCK_SIZE);
        memcpy(b->bytes, text, left);
    }
    uint64_t high = read_ascii(b);
    b->wide = b->stops = 0;
    if (high)
        read_wide(b, high);
}

static int ends_sentence(const unsigned char *bytes, unsigned i)
{
    do
        i++;
    while (is_closing(bytes[i]));
    return is_space(bytes[i]);
}

static void take_punctuation(const unsigned char *bytes, struct block_words *w, uint64_t marks)
{
    for (; marks; marks &= marks - 1) {
        unsigned i = (unsigned)__builtin_ctzll(marks);
        uint64_t bit = marks & -marks;
        unsigned char before = i ? bytes[i - 1] : ' ', after = bytes[i + 1];
        switch (bytes[i]) {
        case '.':
            if (is_digit(before) && is_digit(after))
                w->odd |= bit;
            else if (ends_sentence(bytes, i))
                w->sentences |= bit;
            break;
        case ',':
            if (is_digit(before) && is_digit(after))
                w->odd |= bit;
            break;
        case '!': case '?':
            if (ends_sentence(bytes, i))
                w->sentences |= bit;
            break;
        case '\'': case '`':
            if (is_letter(before) && is_letter(after))
                w->odd |= bit;
            else
                w->quotes |= bit;
            break;
        case '"':
            w->quotes |= bit;
            break;
        case '\n': case '\v': case '\f': case '\r':
            w->lines |= bit;
            break;
        }
    }
}

unsigned block_find(const struct block *b, unsigned from, struct block_words *w)
{
    uint64_t range = UINT64_MAX << from;
    uint64_t stops = b->stops & range;

    range &= (stops & -stops) - 1; /* all ones when there is no stop */
    uint64_t spaces = b->spaces & range;
    if (spaces == 0)
        return from;
    unsigned to = BLOCK_SIZE - (unsigned)__builtin_clzll(spaces);
    range &= UINT64_MAX >> (BLOCK_SIZE - to);

    w->odd = w->quotes = w->lines = w->sentences = 0;
    take_punctuation(b->bytes, w, ~(b->words | b->spaces) & range);
    w->words = (b->words & range) | w->odd;
    w->odd |= b->wide & range;
    w->starts = w->words & ~(w->words << 1);
    w->ends = ~w->words & w->words << 1;
    return to;
}

size_t block_fold(const struct block *b, const struct block_words *w, unsigned begin,
                  unsigned end, unsigned char out[BLOCK_FOLDED])
{
    size_t n = 0;

    for (unsigned i = begin; i < end; i++) {
        if (b->wide >> i & 1) {
            uint32_t c = (b->bytes[i] & 0x1fu) << 6 | (b->bytes[i + 1] & 0x3fu);
            uint64_t entry = fold_entry(c);
            for (unsigned k = 0; k < fold_length(entry); k++)
                out[n++] = (unsigned char)(entry >> (16 + 8 * k));
            i++;
        } else if (!(w->odd >> i & 1)) {
            out[n++] = b->folded[i];
        }
    }
    return n;
}

unsigned block_flags(const struct block *b, unsigned begin, unsigned end)
{
    unsigned flags = is_digit(b->bytes[begin]) ? DUP_TOKEN_NUMBER : 0;

    while (begin < end && !is_letter(b->bytes[begin]))
        begin++;
    if (begin == end)
        return flags;
    if (b->wide >> begin & 1) {
        uint32_t c = (b->bytes[begin] & 0x1fu) << 6 | (b->bytes[begin + 1] & 0x3fu);
        return flags | (fold_entry(c) & FOLD_UPPER ? DUP_TOKEN_CAPITAL : 0);
    }
    return flags | (b->bytes[begin] & 32 ? 0 : DUP_TOKEN_CAPITAL);
}

enum quote_side block_side(const struct block *b, unsigned i)
{
    unsigned char c = b->bytes[i];

    if (is_space(c))
        return QUOTE_SPACE;
    if (is_digit(c))
        return QUOTE_DIGIT;
    return is_letter(c) ? QUOTE_LETTER : QUOTE_OTHER;
}
