/*
 * dup/text.h - from UTF-8 to normalised tokens.
 *
 * A token is a run of letters and digits after folding: case and
 * compatibility forms folded (NFKC casefold), combining marks with a
 * non-zero combining class and default-ignorable characters dropped,
 * apostrophes between letters and separators between digits joined
 * ("don't" -> dont, "10,000" -> 10000), Arabic and Persian letter variants
 * made one, everything that is neither letter nor digit a break. In scripts
 * that are written without spaces (Han, kana, Thai, Lao, Khmer, Burmese)
 * every letter is a token of its own (DUP_TOKEN_CHAR).
 *
 * In full, for each character of the source, the first that fits:
 *  - dropped: default-ignorable, enclosing mark, tatweel, mark with a
 *    combining class. Passed over as if it were not there.
 *  - an apostrophe (' ` U+00B4 02B9 02BB-02BF 055A 05F3 2018 2019 201B 2032
 *    FF07) is dropped between two letters, and , . U+066B 066C FF0C FF0E
 *    between two digits; elsewhere they break.
 *  - decomposed (NFKD) and case-folded, of which letters (L, Nl, No, and Mn
 *    and Mc without combining class) and decimal digits stay, digits as
 *    ASCII. So one character is part of one token at most. Then letters that
 *    print alike without accents: ae d o th d h i k l n oe t b k l y z g b d
 *    a i for U+00E6 F0 F8 FE 111 127 131 138 142 14B 153 167 180 199 19A 1B4
 *    1B6 1E5 253 257 259 268; U+0647 for 0629 06C1 06C3, U+064A for 0649
 *    06CC, U+0627 for 0671 0672 0673 0675, U+0643 for 06A9 06AA.
 *  - the rest breaks; so do U+2116 2120 2122 (No., SM, TM).
 * Within a token Hangul jamo are composed to syllables.
 *
 * Of a token only a 32-bit keyed hash is kept (the low half of XXH3-64 with
 * the secret, over the folded UTF-8), its place in the source, and flags.
 */
#ifndef DUP_TEXT_H
#define DUP_TEXT_H

#include <stddef.h>
#include <stdint.h>

#define DUP_SECRET_SIZE 192

/* The key of all hashes. Two stores with the same secret make the same values. */
struct dup_secret {
    unsigned char bytes[DUP_SECRET_SIZE];
};

/* The public secret of libdup: documented, the same everywhere. For
 * programs that compare what they trust; a daemon uses one of its own. */
void dup_secret_default(struct dup_secret *secret); /* any thread */

/* Derives a secret from len bytes of seed (len >= 1, else DUP_EINVAL). Any thread. */
int dup_secret_derive(struct dup_secret *secret, const void *seed, size_t len);

enum {
    DUP_TOKEN_NUMBER   = 1,  /* starts with a digit */
    DUP_TOKEN_CAPITAL  = 2,  /* first letter is upper or title case in the source */
    DUP_TOKEN_CHAR     = 4,  /* one letter of a script without spaces */
    DUP_TOKEN_QUOTED   = 8,  /* between quotation marks that close within the paragraph */
    DUP_TOKEN_SENTENCE = 16, /* first of a sentence: of the text, of a line, or after . ! ? and
                              * their like with white space behind them */
    DUP_TOKEN_LINE     = 32, /* first of a line of the source (a line feed or another
                              * mandatory line break before it) */
};

/*
 * Tokens of one text, as parallel arrays of n entries in the caller's
 * memory (cap entries each). begin and end are byte offsets into the
 * source, end exclusive, dropped characters right after the last letter
 * included; begin ascends, tokens do not overlap.
 */
struct dup_tokens {
    uint32_t *hash;
    uint32_t *begin;
    uint32_t *end;
    uint8_t *flags;
    size_t n, cap;
};

/* Tokens that a text of len bytes has at most: the cap that always suffices. Any thread. */
size_t dup_tokens_max(size_t len);

/*
 * Builds the folding tables, once a process, before any other thread uses
 * libdup (a second call does nothing). DUP_ENOMEM.
 */
int dup_text_setup(void);

/*
 * Tokenises len bytes of UTF-8 (len < 2^31) into *out, whose arrays and cap
 * the caller set. Decoding is strict (no overlong forms, no surrogates,
 * nothing above U+10FFFF): DUP_EUTF8 sets *ret_offset (may be NULL) to the
 * first byte of the first sequence that is not well formed. DUP_ETOOBIG when
 * cap is too small. out->n is set on success only. Any thread.
 */
int dup_tokenize(const struct dup_secret *secret, const char *text, size_t len,
                 struct dup_tokens *out, size_t *ret_offset);

/* Strict UTF-8 check alone: 0, or DUP_EUTF8 with *ret_offset as above. Any thread. */
int dup_utf8_check(const char *text, size_t len, size_t *ret_offset);

#endif
