/*
 * quote.h - which tokens stand between quotation marks.
 *
 * The tokeniser tells of every quotation mark in text order; when one closes
 * another, all tokens between them are flagged. What is still open at the
 * end of a line was no quotation. A mark of depth QUOTE_DEPTH or deeper is
 * not seen, so that a token is flagged that many times at most.
 */
#ifndef DUP_CORE_QUOTE_H
#define DUP_CORE_QUOTE_H

#include <stddef.h>
#include <stdint.h>

#define QUOTE_DEPTH 8

/* What stands beside a mark; letters of scripts without spaces are QUOTE_OTHER. */
enum quote_side { QUOTE_SPACE, QUOTE_LETTER, QUOTE_DIGIT, QUOTE_OTHER };

struct quotes {
    unsigned depth;
    struct { uint32_t mark; size_t token; } open[QUOTE_DEPTH];
};

/*
 * Takes the mark (a code point) with what is before and after it; n tokens
 * stand before it. Sets DUP_TOKEN_QUOTED in flags[0..n) where it closes.
 */
void quote_mark(struct quotes *quotes, uint32_t mark, enum quote_side before,
                enum quote_side after, uint8_t *flags, size_t n);

#endif
