/*
 * The tokeniser. Most news is ASCII for long stretches, so it has two gaits:
 * scan_block() takes 64 bytes at a time, finds the words as runs of one bits
 * and branches on next to nothing; scan_slowly() takes one character at
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

#include "core/block.h"
#include "core/fold.h"
#include "core/quote.h"
#include "core/swar.h"
#include "core/utf8.h"
#include "dup/error.h"

#define TEXT_MAX 0x7fffffffu

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

/* Appends up to eight bytes with one store, whose excess the next one overwrites. */
static inline size_t append_short(unsigned char *word, size_t len, uint64_t entry,
                                  const unsigned char *source, size_t left, unsigned size)
{
    uint64_t v = entry >> 16;
    unsigned n = fold_length(entry);

    if (entry & FOLD_SELF) {
        n = size;
        if (left >= sizeof v)
            v = swar_load(source);
        else
            for (unsigned i = size; i-- > 0;)
                v = v << 8 | source[i];
    }
    swar_store(word + len, v);
    return len + n;
}

static void word_append(struct scan *s, uint64_t entry, size_t p, unsigned size)
{
    struct word *w = &s->word;
    size_t before = w->len;

    if (entry & FOLD_POOL) {
        memcpy(w->bytes + before, fold_long(entry), fold_length(entry));
        w->len += fold_length(entry);
    } else {
        w->len = append_short(w->bytes, before, entry, s->text + p, s->len - p, size);
    }
    if (entry & FOLD_JAMO && before >= 3) {
        uint32_t a = 0, b = 0;
        if (utf8_decode(w->bytes + before - 3, 3, &a) == 3 &&
            utf8_decode(w->bytes + before, w->len - before, &b) && fold_compose(a, b)) {
            utf8_encode(fold_compose(a, b), w->bytes + before - 3);
            w->len = before;
        }
    }
    if (w->len >= WORD_BYTES) {
        if (!w->streaming)
            XXH3_64bits_reset_withSecret(&w->state, s->secret->bytes, DUP_SECRET_SIZE);
        w->streaming = 1;
        XXH3_64bits_update(&w->state, w->bytes, w->len - WORD_KEEP);
        memmove(w->bytes, w->bytes + w->len - WORD_KEEP, WORD_KEEP);
        w->len = WORD_KEEP;
    }
}

/* Appends all plain letters from p on; returns where they end. */
static size_t word_append_run(struct scan *s, size_t p)
{
    size_t len = s->word.len;

    while (p < s->len && len < WORD_BYTES) {
        uint32_t c;
        unsigned size = utf8_decode(s->text + p, s->len - p, &c);
        if (size == 0)
            break;
        uint64_t entry = fold_entry(c);
        if ((entry & (FOLD_CLASS | FOLD_POOL | FOLD_JAMO)) != FOLD_LETTER)
            break;
        len = append_short(s->word.bytes, len, entry, s->text + p, s->len - p, size);
        p += size;
    }
    s->word.len = len;
    return p;
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
    word_append(s, entry, p, size);
    return 0;
}

static int take_char(struct scan *s, struct slow *t, uint64_t entry, size_t p, unsigned size)
{
    int rc = close_word(s, t);

    if (rc)
        return rc;
    word_append(s, entry, p, size);
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
            if (rc == 0 && class == FOLD_LETTER)
                p = t.end = word_append_run(s, p + size);
            else
                p += size;
            continue;
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
            if (c == ' ' && swar_ascii_ahead(s->text + p + 1, s->len - p - 1)) {
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

    uint64_t ends = w->ends;
    for (uint64_t starts = w->starts; starts; starts &= starts - 1, ends &= ends - 1, n++) {
        unsigned begin = (unsigned)__builtin_ctzll(starts), end = (unsigned)__builtin_ctzll(ends);
        unsigned char c = b->bytes[begin];
        unsigned flags = ~(unsigned)c >> 5 & 1 ? DUP_TOKEN_CAPITAL : 0;
        const unsigned char *bytes = b->folded + begin;
        size_t len = end - begin;
        unsigned char odd[BLOCK_FOLDED];
        if (c < 'A' || c >= 0x80)
            flags = block_flags(b, begin, end);
        if (w->odd >> begin & (UINT64_MAX >> (BLOCK_SIZE - len))) {
            len = block_fold(b, w, begin, end, odd);
            bytes = odd;
        }
        flags |= (unsigned)(after_line >> begin & 1) * DUP_TOKEN_LINE;
        flags |= (unsigned)(after_end >> begin & 1) * DUP_TOKEN_SENTENCE;
        s->out.hash[n] = hash_bytes(s, bytes, len);
        s->out.begin[n] = (uint32_t)(p + begin);
        s->out.end[n] = (uint32_t)(p + end);
        s->out.flags[n] = (uint8_t)flags;
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
