/*
 * Pairs quotation marks. The same mark opens in one language and closes in
 * another (German has a low mark, then what English opens with; Swedish uses
 * one mark for both; guillemets point in or out), and straight marks say
 * nothing at all, so what a mark does depends on what is open and on what
 * stands beside it. Invariant: only marks on the stack can be closed, and
 * closing one forgets all that was opened after it.
 */
#include "core/quote.h"

#include "dup/text.h"

/* One or two marks that close what each mark has opened. */
static const struct { uint32_t open, close[2]; } pairs[] = {
    { '"',    { '"', 0x201d } },
    { 0x201c, { 0x201d, '"' } },
    { 0x201d, { 0x201d } },
    { 0x201e, { 0x201c, 0x201d } },
    { 0x201f, { 0x201d } },
    { 0x00ab, { 0x00bb } },
    { 0x00bb, { 0x00ab, 0x00bb } },
    { '\'',   { '\'', 0x2019 } },
    { 0x2018, { 0x2019, '\'' } },
    { 0x201a, { 0x2018, 0x2019 } },
    { 0x2039, { 0x203a } },
    { 0x203a, { 0x2039, 0x203a } },
    { 0x300c, { 0x300d } },
    { 0x300e, { 0x300f } },
};

static int closes(uint32_t open, uint32_t mark)
{
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (pairs[i].open == open)
            return pairs[i].close[0] == mark || pairs[i].close[1] == mark;
    return 0;
}

static int opens(uint32_t mark)
{
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (pairs[i].open == mark)
            return 1;
    return 0;
}

static int is_word(enum quote_side side)
{
    return side == QUOTE_LETTER || side == QUOTE_DIGIT;
}

void quote_mark(struct quotes *quotes, uint32_t mark, enum quote_side before,
                enum quote_side after, uint8_t *flags, size_t n)
{
    if (mark == 0xff02) /* full width */
        mark = '"';
    int single = mark == '\'' || mark == 0x2018 || mark == 0x2019;
    int straight = mark == '"' || mark == '\'';

    /* A single mark that a letter follows is an apostrophe or opens; a mark after
     * a space closes only where typographers put spaces inside, as the French do. */
    int may_close = !(single && (is_word(after) || before == QUOTE_SPACE)) &&
                    !(straight && before == QUOTE_SPACE && after != QUOTE_SPACE);
    if (may_close)
        for (unsigned i = quotes->depth; i-- > 0;)
            if (closes(quotes->open[i].mark, mark)) {
                for (size_t k = quotes->open[i].token; k < n; k++)
                    flags[k] |= DUP_TOKEN_QUOTED;
                quotes->depth = i;
                return;
            }

    /* Straight and right-hand marks open only where a word begins; '90s is no quotation. */
    if (!opens(mark) || quotes->depth == QUOTE_DEPTH)
        return;
    if ((straight || mark == 0x201d) && (is_word(before) || after == QUOTE_SPACE))
        return;
    if (single && (is_word(before) || after == QUOTE_DIGIT || after == QUOTE_SPACE))
        return;
    if (mark == '\'' && after != QUOTE_LETTER)
        return;
    quotes->open[quotes->depth].mark = mark;
    quotes->open[quotes->depth++].token = n;
}
