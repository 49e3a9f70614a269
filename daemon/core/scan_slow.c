/*
 * The slow gait of the tokeniser: one character at a time through the
 * folding table, with all the rules. Invariant: while a token is open its
 * folded bytes are in scan.word; a joiner is taken on trust and handed back
 * to the rules of breaks when the next character does not want it.
 */
#include "core/scan.h"

#include <string.h>

#include "core/fold.h"
#include "core/swar.h"
#include "core/utf8.h"
#include "dup/error.h"

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

    /* Two bytes a letter, which most alphabets have, without the questions that other lengths ask. */
    while (p + 1 < s->len && len < WORD_BYTES) {
        unsigned a = s->text[p], b = s->text[p + 1];
        if (a < 0xc2 || a >= 0xe0 || (b & 0xc0) != 0x80)
            break;
        uint64_t entry = fold_table.entries[fold_table.page[a & 0x1f]][b & 0x3f];
        if ((entry & (FOLD_CLASS | FOLD_POOL | FOLD_JAMO)) != FOLD_LETTER)
            break;
        swar_store(s->word.bytes + len, entry >> 16);
        len += fold_length(entry);
        p += 2;
    }
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
        hash = scan_hash(s->secret, w->bytes, w->len);
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

/* What is at p, seen from a quotation mark beside it. */
static enum quote_side side_of(const struct scan *s, size_t p)
{
    uint32_t c;

    if (p >= s->len)
        return QUOTE_SPACE;
    if (utf8_decode(s->text + p, s->len - p, &c) == 0)
        return QUOTE_OTHER;
    switch (fold_entry(c) & FOLD_CLASS) {
    case FOLD_LETTER: return QUOTE_LETTER;
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
    uint32_t hash;

    if (rc)
        return rc;
    if (entry & FOLD_SELF) {
        hash = scan_hash(s->secret, s->text + p, size);
    } else {
        word_append(s, entry, p, size);
        hash = word_hash(s);
    }
    t->armed = 0;
    t->before = QUOTE_OTHER; /* no space tells where a quotation begins */
    return emit(s, hash, p, p + size, DUP_TOKEN_CHAR);
}

/* A dropped character right after a token belongs to its place in the source. */
static void take_dropped(struct scan *s, struct slow *t, size_t p, unsigned size)
{
    size_t n = s->out.n;

    if (t->open && t->wanted == FOLD_BREAK)
        t->end = p + size;
    else if (n > 0 && s->out.end[n - 1] == p) /* a CHAR token, which is never open */
        s->out.end[n - 1] = (uint32_t)(p + size);
}

/* Whether the joiner may continue the open token. */
static int may_join(const struct slow *t, enum fold_class class)
{
    if (!t->open || t->wanted != FOLD_BREAK)
        return 0;
    return t->last == FOLD_LETTER ? class == FOLD_APOSTROPHE
                                  : class == FOLD_COMMA || class == FOLD_DOT;
}

int scan_slowly(struct scan *s, size_t *at)
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
            take_dropped(s, &t, p, size);
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
