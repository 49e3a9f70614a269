/*
 * Words of ASCII without a branch a byte. Classes are found for eight bytes
 * at once by adding constants that carry into each byte's top bit; the few
 * punctuation marks are then looked at one by one. Invariant: all bits of
 * the result lie below the last space taken, so each word, joiner and
 * sentence end has its right-hand neighbour within the block.
 */
#include "core/ascii.h"

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))
#define TOP EACH(0x80)

/* The top bits of eight bytes, the first one lowest. */
static inline uint64_t gather(uint64_t tops)
{
    return (tops >> 7) * UINT64_C(0x0102040810204080) >> 56;
}

static inline int is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

static inline int is_letter(unsigned char c)
{
    return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static inline int is_closing(unsigned char c)
{
    return c == '"' || c == '\'' || c == '`' || c == ')' || c == ']' || c == '}';
}

static inline int is_space(unsigned char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Whether white space comes after the end of a sentence at i, closing marks aside. */
static int ends_sentence(const unsigned char *block, int i)
{
    do
        i++;
    while (is_closing(block[i]) || block[i] == '.' || block[i] == '!' || block[i] == '?');
    return is_space(block[i]);
}

static void take_punctuation(const unsigned char *block, struct ascii_words *w, uint64_t marks)
{
    for (; marks; marks &= marks - 1) {
        int i = __builtin_ctzll(marks);
        uint64_t bit = marks & -marks;
        unsigned char before = i ? block[i - 1] : ' ', after = block[i + 1];
        switch (block[i]) {
        case '.':
            if (is_digit(before) && is_digit(after))
                w->joins |= bit;
            else if (ends_sentence(block, i))
                w->sentences |= bit;
            break;
        case ',':
            if (is_digit(before) && is_digit(after))
                w->joins |= bit;
            break;
        case '!': case '?':
            if (ends_sentence(block, i))
                w->sentences |= bit;
            break;
        case '\'': case '`':
            if (is_letter(before) && is_letter(after))
                w->joins |= bit;
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

size_t ascii_find_words(const unsigned char block[ASCII_BLOCK], struct ascii_words *w)
{
    uint64_t words = 0, spaces = 0, high = 0;

    for (unsigned i = 0; i < ASCII_BLOCK; i += 8) {
        uint64_t v = ascii_load(block + i);
        uint64_t low = v & ~TOP, lower = low | EACH(0x20);
        uint64_t letter = (lower + EACH(0x80 - 'a')) & ~(lower + EACH(0x7f - 'z')) & TOP;
        uint64_t digit = (low + EACH(0x80 - '0')) & ~(low + EACH(0x7f - '9')) & TOP;
        uint64_t other = (low ^ EACH(' ')) + EACH(0x7f);
        uint64_t folded = low | letter >> 2;
        words |= gather(letter | digit) << i;
        spaces |= gather(~other & TOP) << i;
        high |= gather(v & TOP) << i;
        for (unsigned k = 0; k < 8; k++)
            w->folded[i + k] = (unsigned char)(folded >> (8 * k));
    }

    uint64_t usable = high ? (high & -high) - 1 : UINT64_MAX;
    spaces &= usable;
    if (spaces == 0)
        return 0;
    int taken = 64 - __builtin_clzll(spaces);
    uint64_t below = UINT64_MAX >> (64 - taken);

    words &= below;
    w->joins = w->quotes = w->lines = w->sentences = 0;
    take_punctuation(block, w, ~(words | spaces) & below);
    w->words = words |= w->joins;
    w->starts = words & ~(words << 1);
    w->ends = ~words & words << 1;
    return (size_t)taken;
}
