/*
 * The tokeniser. Most news is ASCII for long stretches, so it has two gaits:
 * ascii_block() takes 64 bytes at a time, finds the words as runs of one
 * bits and branches on next to nothing; scan_slowly() takes one character at
 * a time through the folding table and knows all the rules. Invariant: the
 * two agree. They hand over only right after a space, where no token, no
 * joiner and no sentence mark can be pending, so the state that passes
 * between them is what struct scan holds and no more.
 */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "dup/text.h"

#include <assert.h>
#include <string.h>

#include "core/ascii.h"
#include "core/fold.h"
#include "core/quote.h"
#include "core/utf8.h"
#include "dup/error.h"

#define TEXT_MAX 0x7fffffffu
#define BLOCK_TOKENS (ASCII_BLOCK / 2)

/* Folded bytes of the open token. Longer ones go through the hash's own
 * buffer; KEEP bytes stay behind because a jamo may change the last three. */
#define WORD_BYTES 256
#define WORD_KEEP 8
#define WORD_APPEND 192 /* most that one character adds, and slack for wide copies */

struct word {
    size_t len;
    int streaming;
    unsigned char bytes[WORD_BYTES + WORD_APPEND];
    XXH3_state_t state;
};

struct scan {
    const struct dup_secret *secret;
    const unsigned char *text;
    size_t len;
    struct dup_tokens out;
    uint8_t fresh; /* DUP_TOKEN_SENTENCE, DUP_TOKEN_LINE for the next token */
    struct quotes quotes;
    struct word word;
};

static uint32_t hash_bytes(const struct scan *s, const unsigned char *bytes, size_t len)
{
    return (uint32_t)XXH3_64bits_withSecret(bytes, len, s->secret->bytes, DUP_SECRET_SIZE);
}

/* ---- words, in the slow gait ---- */

static void word_append(struct scan *s, uint64_t entry, const unsigned char *source, unsigned size)
{
    struct word *w = &s->word;
    unsigned n = fold_length(entry);

    if (entry & FOLD_SELF) {
        for (unsigned i = 0; i < size; i++)
            w->bytes[w->len + i] = source[i];
        n = size;
    } else if (entry & FOLD_POOL) {
        memcpy(w->bytes + w->len, fold_long(entry), n);
    } else {
        for (unsigned i = 0; i < 6; i++)
            w->bytes[w->len + i] = (unsigned char)(entry >> (16 + 8 * i));
    }
    if (entry & FOLD_JAMO && w->len >= 3) {
        uint32_t before = 0, jamo = 0;
        if (utf8_decode(w->bytes + w->len - 3, 3, &before) == 3 &&
            utf8_decode(w->bytes + w->len, n, &jamo) == n && fold_compose(before, jamo)) {
            utf8_encode(fold_compose(before, jamo), w->bytes + w->len - 3);
            n = 0;
        }
    }
    w->len += n;
    if (w->len >= WORD_BYTES) {
        if (!w->streaming)
            XXH3_64bits_reset_withSecret(&w->state, s->secret->bytes, DUP_SECRET_SIZE);
        w->streaming = 1;
        XXH3_64bits_update(&w->state, w->bytes, w->len - WORD_KEEP);
        memmove(w->bytes, w->bytes + w->len - WORD_KEEP, WORD_KEEP);
        w->len = WORD_KEEP;
    }
}

static uint32_t word_hash(struct scan *s)
{
    struct word *w = &s->word;
    uint32_t hash;

    if (w->streaming) {
        XXH3_64bits_update(&w->state, w->bytes, w->len);
        hash = (uint32_t)XXH3_64bits_digest(&w->state);
    } else {
        hash = hash_bytes(s, w->bytes, w->len);
    }
    w->len = 0;
    w->streaming = 0;
    return hash;
}

static int emit(struct scan *s, uint32_t hash, size_t begin, size_t end, unsigned flags)
{
    size_t n = s->out.n;

    if (n == s->out.cap)
        return DUP_ETOOBIG;
    s->out.hash[n] = hash;
    s->out.begin[n] = (uint32_t)begin;
    s->out.end[n] = (uint32_t)end;
    s->out.flags[n] = (uint8_t)(flags | s->fresh);
    s->out.n = n + 1;
    s->fresh = 0;
    return 0;
}

/* ---- the slow gait ---- */

/* What is at p, seen from a quotation mark beside it. */
static enum quote_side side_of(const struct scan *s, size_t p)
{
    uint32_t c;

    if (p >= s->len)
        return QUOTE_SPACE;
    if (utf8_decode(s->text + p, s->len - p, &c) == 0)
        return QUOTE_OTHER;
    switch (fold_entry(c) & FOLD_CLASS) {
    case FOLD_LETTER: case FOLD_CHAR: return QUOTE_LETTER;
    case FOLD_DIGIT: return QUOTE_DIGIT;
    case FOLD_SPACE: case FOLD_LINE: return QUOTE_SPACE;
    default: return QUOTE_OTHER;
    }
}

struct slow {
    int open;                  /* a token is open */
    size_t begin, end;         /* its place */
    unsigned flags;
    int lettered;              /* it has a letter */
    enum fold_class last;      /* its last character */
    enum fold_class wanted;    /* joined if this comes next; FOLD_BREAK when nothing is pending */
    uint32_t joiner;           /* the pending character and where it ends */
    enum fold_class joiner_class;
    size_t joiner_end;
    int armed;                 /* a sentence ends if white space comes next */
    enum quote_side before;    /* the last character that was not dropped */
};

/* A character that breaks: what it means to sentences, lines, quotations. */
static void take_break(struct scan *s, struct slow *t, uint32_t c, enum fold_class class, size_t end)
{
    switch (class) {
    case FOLD_SPACE:
        if (t->armed)
            s->fresh |= DUP_TOKEN_SENTENCE;
        t->armed = 0;
        break;
    case FOLD_LINE:
        s->fresh |= DUP_TOKEN_SENTENCE | DUP_TOKEN_LINE;
        s->quotes.depth = 0;
        t->armed = 0;
        break;
    case FOLD_FULL_END:
        s->fresh |= DUP_TOKEN_SENTENCE;
        t->armed = 1;
        break;
    case FOLD_DOT: case FOLD_END:
        t->armed = 1;
        break;
    case FOLD_APOSTROPHE: case FOLD_QUOTE:
        quote_mark(&s->quotes, c, t->before, side_of(s, end), s->out.flags, s->out.n);
        break;
    case FOLD_CLOSE:
        break;
    default:
        t->armed = 0;
    }
    t->before = class == FOLD_SPACE || class == FOLD_LINE ? QUOTE_SPACE : QUOTE_OTHER;
}

/* Ends the open token, if any, and takes the joiner that came to nothing. */
static int close_word(struct scan *s, struct slow *t)
{
    if (!t->open)
        return 0;
    t->open = 0;
    t->before = t->last == FOLD_DIGIT ? QUOTE_DIGIT : QUOTE_LETTER;
    int rc = emit(s, word_hash(s), t->begin, t->end, t->flags);
    if (rc == 0 && t->wanted != FOLD_BREAK)
        take_break(s, t, t->joiner, t->joiner_class, t->joiner_end);
    t->wanted = FOLD_BREAK;
    return rc;
}

static int take_letter(struct scan *s, struct slow *t, uint64_t entry, size_t p, unsigned size)
{
    enum fold_class class = (enum fold_class)(entry & FOLD_CLASS);

    if (t->wanted != FOLD_BREAK && t->wanted != class) {
        int rc = close_word(s, t);
        if (rc)
            return rc;
    }
    t->wanted = FOLD_BREAK;
    if (!t->open) {
        t->open = 1;
        t->begin = p;
        t->flags = class == FOLD_DIGIT ? DUP_TOKEN_NUMBER : 0;
        t->lettered = 0;
        t->armed = 0;
    }
    if (class == FOLD_LETTER && !t->lettered) {
        t->lettered = 1;
        t->flags |= entry & FOLD_UPPER ? DUP_TOKEN_CAPITAL : 0;
    }
    t->last = class;
    t->end = p + size;
    word_append(s, entry, s->text + p, size);
    return 0;
}

static int take_char(struct scan *s, struct slow *t, uint64_t entry, size_t p, unsigned size)
{
    int rc = close_word(s, t);

    if (rc)
        return rc;
    word_append(s, entry, s->text + p, size);
    t->armed = 0;
    t->before = QUOTE_LETTER;
    return emit(s, word_hash(s), p, p + size, DUP_TOKEN_CHAR);
}

/* Whether the joiner may continue the open token. */
static int may_join(const struct slow *t, enum fold_class class)
{
    if (!t->open || t->wanted != FOLD_BREAK)
        return 0;
    return t->last == FOLD_LETTER ? class == FOLD_APOSTROPHE
                                  : class == FOLD_COMMA || class == FOLD_DOT;
}

/*
 * Takes characters from *at on, to the end of the text or to just after a
 * space that ASCII follows. 0, DUP_ETOOBIG, or DUP_EUTF8 with *at on the
 * character that is none.
 */
static int scan_slowly(struct scan *s, size_t *at)
{
    struct slow t = { .wanted = FOLD_BREAK, .before = QUOTE_SPACE };
    size_t p = *at;
    int rc = 0;

    while (p < s->len && rc == 0) {
        uint32_t c;
        unsigned size = utf8_decode(s->text + p, s->len - p, &c);
        if (size == 0) {
            *at = p;
            return DUP_EUTF8;
        }
        uint64_t entry = fold_entry(c);
        enum fold_class class = (enum fold_class)(entry & FOLD_CLASS);
        switch (class) {
        case FOLD_LETTER: case FOLD_DIGIT:
            rc = take_letter(s, &t, entry, p, size);
            break;
        case FOLD_CHAR:
            rc = take_char(s, &t, entry, p, size);
            break;
        case FOLD_DROP:
            if (t.open && t.wanted == FOLD_BREAK)
                t.end = p + size;
            break;
        default:
            if (may_join(&t, class)) {
                t.wanted = t.last;
                t.joiner = c;
                t.joiner_class = class;
                t.joiner_end = p + size;
                break;
            }
            rc = close_word(s, &t);
            take_break(s, &t, c, class, p + size);
            if (c == ' ' && ascii_ahead(s->text + p + 1, s->len - p - 1)) {
                *at = p + 1;
                return rc;
            }
        }
        p += size;
    }
    if (rc == 0)
        rc = close_word(s, &t);
    *at = p;
    return rc;
}

/* ---- the fast gait ---- */

static enum quote_side side_of_byte(unsigned char c)
{
    if (c == ' ' || (c >= '\t' && c <= '\r'))
        return QUOTE_SPACE;
    if (c >= '0' && c <= '9')
        return QUOTE_DIGIT;
    return (c | 32) >= 'a' && (c | 32) <= 'z' ? QUOTE_LETTER : QUOTE_OTHER;
}

/* Quotation marks and line ends of a block, whose first token is number n. */
static void take_marks(struct scan *s, const struct ascii_words *w, const unsigned char *block,
                       size_t n)
{
    for (uint64_t marks = w->quotes | w->lines; marks; marks &= marks - 1) {
        int i = __builtin_ctzll(marks);
        size_t before = n + (size_t)__builtin_popcountll(w->starts & ((UINT64_C(1) << i) - 1));
        if (w->lines >> i & 1)
            s->quotes.depth = 0;
        else
            quote_mark(&s->quotes, block[i], i ? side_of_byte(block[i - 1]) : QUOTE_SPACE,
                       side_of_byte(block[i + 1]), s->out.flags, before);
    }
}

/* Hash of the word at [b, e) of the block without the joiners in it. */
static uint32_t hash_joined(const struct scan *s, const struct ascii_words *w, int b, int e)
{
    unsigned char bytes[ASCII_BLOCK];
    size_t n = 0;

    for (int i = b; i < e; i++)
        if (!(w->joins >> i & 1))
            bytes[n++] = w->folded[i];
    return hash_bytes(s, bytes, n);
}

/* Takes a block's worth of ASCII words, up to just after a space; returns how many
 * bytes that is, 0 when there is no space before the first byte that is not ASCII. */
static size_t ascii_block(struct scan *s, size_t p)
{
    unsigned char last[ASCII_BLOCK];
    const unsigned char *block = s->text + p;
    size_t left = s->len - p;
    struct ascii_words w;

    if (left < ASCII_BLOCK) {
        memset(last, ' ', sizeof last);
        memcpy(last, block, left);
        block = last;
    }
    size_t taken = ascii_find_words(block, &w);
    if (taken == 0)
        return 0;

    size_t n = s->out.n;
    uint64_t fresh = w.sentences | w.lines, first = w.starts & -w.starts;
    uint64_t after_line = ascii_flood(w.words, w.lines) & w.starts;
    uint64_t after_end = ascii_flood(w.words, fresh) & w.starts;
    if (first) {
        after_line |= s->fresh & DUP_TOKEN_LINE ? first : 0;
        after_end |= s->fresh & DUP_TOKEN_SENTENCE ? first : 0;
        s->fresh = 0;
    }
    if (fresh > w.words)
        s->fresh |= DUP_TOKEN_SENTENCE;
    if (w.lines > w.words)
        s->fresh |= DUP_TOKEN_LINE;

    uint64_t ends = w.ends;
    for (uint64_t starts = w.starts; starts; starts &= starts - 1, ends &= ends - 1, n++) {
        int b = __builtin_ctzll(starts), e = __builtin_ctzll(ends);
        unsigned flags = ascii_flags(block[b]);
        if (flags & DUP_TOKEN_NUMBER) {
            int i = b;
            while (i < e && side_of_byte(block[i]) != QUOTE_LETTER)
                i++;
            flags |= i < e ? ascii_flags(block[i]) & DUP_TOKEN_CAPITAL : 0;
        }
        flags |= (unsigned)(after_line >> b & 1) * DUP_TOKEN_LINE;
        flags |= (unsigned)(after_end >> b & 1) * DUP_TOKEN_SENTENCE;
        s->out.hash[n] = w.joins ? hash_joined(s, &w, b, e)
                                 : hash_bytes(s, w.folded + b, (size_t)(e - b));
        s->out.begin[n] = (uint32_t)(p + (size_t)b);
        s->out.end[n] = (uint32_t)(p + (size_t)e);
        s->out.flags[n] = (uint8_t)flags;
    }
    if (w.quotes || s->quotes.depth)
        take_marks(s, &w, block, s->out.n);
    s->out.n = n;
    return taken < left ? taken : left;
}

/* ---- the interface ---- */

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
        size_t taken = s.out.cap - s.out.n >= BLOCK_TOKENS ? ascii_block(&s, p) : 0;
        p += taken;
        if (taken == 0) {
            int rc = scan_slowly(&s, &p);
            if (rc) {
                if (rc == DUP_EUTF8 && ret_offset)
                    *ret_offset = p;
                return rc;
            }
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
        if (ascii_ahead(bytes + p, len - p) && len - p >= 8) {
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
