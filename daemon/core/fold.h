/*
 * fold.h - what a code point is to the tokeniser, and what it is folded to.
 *
 * A two-level table over all code points: the upper level is indexed with
 * everything but the low six bits (so that a page is what the last byte of
 * a UTF-8 sequence can reach), the lower holds one 64-bit entry a code
 * point. Equal pages are stored once; a code point of three bytes or more
 * that folds to itself says so instead of carrying its bytes, which makes all
 * pages of Han and of Hangul one page each.
 *
 *     bits 0-3    class, enum fold_class
 *     bit  4      FOLD_UPPER  upper or title case in the source
 *     bit  5      FOLD_SELF   folds to its own bytes
 *     bit  6      FOLD_POOL   longer than six bytes: see fold_long()
 *     bit  7      FOLD_JAMO   vowel or trailing consonant that may join the
 *                             Hangul syllable before it
 *     bits 8-15   length of the folded UTF-8
 *     bits 16-63  its bytes, first one lowest; or the offset in the pool
 */
#ifndef DUP_CORE_FOLD_H
#define DUP_CORE_FOLD_H

#include <stdint.h>

enum fold_class {
    FOLD_BREAK,      /* neither letter nor digit, and nothing more to say */
    FOLD_LETTER,
    FOLD_DIGIT,
    FOLD_CHAR,       /* letter of a script without spaces */
    FOLD_DROP,       /* combining mark or default-ignorable: as if it were not there */
    FOLD_SPACE,
    FOLD_LINE,       /* ends a line */
    FOLD_APOSTROPHE, /* joins two letters; else may be a quotation mark */
    FOLD_COMMA,      /* joins two digits */
    FOLD_DOT,        /* joins two digits; else ends a sentence if white space follows */
    FOLD_END,        /* ends a sentence if white space follows */
    FOLD_FULL_END,   /* ends a sentence */
    FOLD_CLOSE,      /* closing bracket: may stand between the end and the white space */
    FOLD_QUOTE,      /* quotation mark */
};

#define FOLD_CLASS UINT64_C(15)
#define FOLD_UPPER UINT64_C(16)
#define FOLD_SELF UINT64_C(32)
#define FOLD_POOL UINT64_C(64)
#define FOLD_JAMO UINT64_C(128)

#define FOLD_SELF_BYTES 3 /* FOLD_SELF is for characters of so many bytes or more */

#define FOLD_PAGE_BITS 6
#define FOLD_PAGE_SIZE (1u << FOLD_PAGE_BITS)
#define FOLD_PAGES (0x110000u >> FOLD_PAGE_BITS)

struct fold_table {
    uint16_t page[FOLD_PAGES];
    uint64_t (*entries)[FOLD_PAGE_SIZE]; /* owned */
    unsigned char *pool;                 /* owned */
};

/* Read-only after fold_setup(). */
extern struct fold_table fold_table;

/* Builds the table; a second call does nothing. 0 or DUP_ENOMEM. */
int fold_setup(void);

/* Entry of a code point up to U+10FFFF. */
static inline uint64_t fold_entry(uint32_t c)
{
    return fold_table.entries[fold_table.page[c >> FOLD_PAGE_BITS]][c % FOLD_PAGE_SIZE];
}

static inline unsigned fold_length(uint64_t entry)
{
    return (unsigned)(entry >> 8) & 255;
}

/* The folded bytes of an entry with FOLD_POOL, fold_length() of them. */
static inline const unsigned char *fold_long(uint64_t entry)
{
    return fold_table.pool + (entry >> 16);
}

/* Whether c is a conjoining vowel or trailing consonant of modern Hangul. */
static inline int fold_is_jamo(uint32_t c)
{
    return (c >= 0x1161 && c <= 0x1175) || (c > 0x11a7 && c <= 0x11c2);
}

/* The Hangul syllable that a and b make (Unicode 15, 3.12), or 0. */
static inline uint32_t fold_compose(uint32_t a, uint32_t b)
{
    if (a >= 0x1100 && a <= 0x1112 && b >= 0x1161 && b <= 0x1175)
        return 0xac00 + ((a - 0x1100) * 21 + (b - 0x1161)) * 28;
    if (a >= 0xac00 && a <= 0xd7a3 && (a - 0xac00) % 28 == 0 && b > 0x11a7 && b <= 0x11c2)
        return a + (b - 0x11a7);
    return 0;
}

#endif
