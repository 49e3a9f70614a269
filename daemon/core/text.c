/*
 * The tokeniser. Most news is ASCII for long stretches, so it has two gaits:
 * scan_block() takes 64 bytes at a time, finds the words as runs of one bits
 * and branches on next to nothing; scan_slowly() takes what is left.
 * Invariant: the two agree on every text.
 */
#include "core/scan.h"

#include <assert.h>

#include "core/block.h"
#include "core/fold.h"
#include "core/swar.h"
#include "core/utf8.h"
#include "dup/error.h"

#define TEXT_MAX 0x7fffffffu

/* Quotation marks and line ends of a block, whose first word found is token n. */
static void take_marks(struct scan *s, const struct block *b, const struct block_words *w,
                       size_t n)
{
    for (uint64_t marks = w->quotes | w->lines; marks; marks &= marks - 1) {
        unsigned i = (unsigned)__builtin_ctzll(marks);
        uint64_t below = (marks & -marks) - 1;
        if (w->lines >> i & 1)
            s->quotes.depth = 0;
        else
            quote_mark(&s->quotes, b->bytes[i], i ? block_side(b, i - 1) : QUOTE_SPACE,
                       block_side(b, i + 1), s->out.flags,
                       n + (size_t)__builtin_popcountll(w->starts & below));
    }
}

/* Takes the words found in the block at p. The caller has seen to room for them. */
static void take_words(struct scan *s, const struct block *b, const struct block_words *w, size_t p)
{
    uint64_t fresh = w->sentences | w->lines, first = w->starts & -w->starts;
    uint64_t after_line = block_flood(w->words, w->lines) & w->starts;
    uint64_t after_end = block_flood(w->words, fresh) & w->starts;
    size_t n = s->out.n;

    if (first) {
        after_line |= s->fresh & DUP_TOKEN_LINE ? first : 0;
        after_end |= s->fresh & DUP_TOKEN_SENTENCE ? first : 0;
        s->fresh = 0;
    }
    if (fresh > w->words) /* one comes after the last word */
        s->fresh |= DUP_TOKEN_SENTENCE;
    if (w->lines > w->words)
        s->fresh |= DUP_TOKEN_LINE;

    const struct dup_secret *secret = s->secret;
    uint32_t *restrict hash = s->out.hash, *restrict begins = s->out.begin, *restrict ends = s->out.end;
    uint8_t *restrict all_flags = s->out.flags;
    uint64_t starts = w->starts, stops = w->ends;
    for (; starts; starts &= starts - 1, stops &= stops - 1, n++) {
        unsigned begin = (unsigned)__builtin_ctzll(starts), end = (unsigned)__builtin_ctzll(stops);
        unsigned char c = b->bytes[begin];
        unsigned flags = ~(unsigned)c / (32 / DUP_TOKEN_CAPITAL) & DUP_TOKEN_CAPITAL;
        const unsigned char *bytes = b->folded + begin;
        size_t len = end - begin;
        unsigned char odd[BLOCK_FOLDED];
        if (c < 'A' || c >= 0x80)
            flags = block_flags(b, begin, end);
        if (w->odd && w->odd & ((stops & -stops) - (starts & -starts))) {
            len = block_fold(b, w, begin, end, odd);
            bytes = odd;
        }
        if (len > BLOCK_FOLDED)
            __builtin_unreachable(); /* spares the hash its code for long inputs */
        hash[n] = scan_hash(secret, bytes, len);
        begins[n] = (uint32_t)(p + begin);
        ends[n] = (uint32_t)(p + end);
        all_flags[n] = (uint8_t)flags;
    }
    for (uint64_t rest = after_line | after_end; rest; rest &= rest - 1) {
        uint64_t word = rest & -rest;
        all_flags[s->out.n + (size_t)__builtin_popcountll(w->starts & (word - 1))] |=
            (uint8_t)((after_line & word ? DUP_TOKEN_LINE : 0) | (after_end & word ? DUP_TOKEN_SENTENCE : 0));
    }
    if (w->quotes || s->quotes.depth)
        take_marks(s, b, w, s->out.n);
    s->out.n = n;
}

/* Takes the block at *at, and past its stops slowly; *at ends where the next one begins. */
static int scan_block(struct scan *s, size_t *at)
{
    struct block block;
    size_t p = *at;
    unsigned from = 0;

    block_read(&block, s->text + p, s->len - p);
    for (;;) {
        struct block_words words;
        int room = s->out.cap - s->out.n >= BLOCK_TOKENS;
        unsigned to = room ? block_find(&block, from, &words) : from;
        if (to > from)
            take_words(s, &block, &words, p);
        from = to;
        if (from == BLOCK_SIZE || (room && from > 0 && !(block.stops >> from)))
            break;

        size_t slow = p + from;
        int rc = slow < s->len ? scan_slowly(s, &slow) : 0;
        if (rc || slow >= s->len || slow - p >= BLOCK_SIZE) {
            *at = slow;
            return rc;
        }
        from = (unsigned)(slow - p);
    }
    *at = p + from < s->len ? p + from : s->len;
    return 0;
}

size_t dup_tokens_max(size_t len)
{
    /* Two words have a break between them; only characters of three bytes need none. */
    return len / 2 + 1 + BLOCK_TOKENS;
}

int dup_text_setup(void)
{
    return fold_setup();
}

int dup_tokenize(const struct dup_secret *secret, const char *text, size_t len,
                 struct dup_tokens *out, size_t *ret_offset)
{
    struct scan s;
    size_t p = 0;

    assert(fold_table.entries);
    if (len > TEXT_MAX)
        return DUP_ETOOBIG;
    s.secret = secret;
    s.text = (const unsigned char *)text;
    s.len = len;
    s.out = *out;
    s.out.n = 0;
    s.fresh = DUP_TOKEN_SENTENCE;
    s.quotes.depth = 0;
    s.word.len = 0;
    s.word.streaming = 0;

    while (p < len) {
        int rc = scan_block(&s, &p);
        if (rc) {
            if (rc == DUP_EUTF8 && ret_offset)
                *ret_offset = p;
            return rc;
        }
    }
    out->n = s.out.n;
    return 0;
}

int dup_utf8_check(const char *text, size_t len, size_t *ret_offset)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t p = 0;

    while (p < len) {
        if (swar_ascii_ahead(bytes + p, len - p) && len - p >= 8) {
            p += 8;
            continue;
        }
        uint32_t c;
        unsigned size = utf8_decode(bytes + p, len - p, &c);
        if (size == 0) {
            if (ret_offset)
                *ret_offset = p;
            return DUP_EUTF8;
        }
        p += size;
    }
    return 0;
}
