/*
 * Cuts a stretch of text into words and marks. It stands beside the
 * tokeniser of the fingerprints because credits hang on what that one
 * throws away: brackets, dashes, case, line starts. Invariant: tokens ascend
 * and do not overlap, and two spellings that fold alike have one hash, so
 * that names are compared as numbers.
 */
#include "core/credit_scan.h"

#include <string.h>

#include "core/fold.h"
#include "core/swar.h"
#include "core/utf8.h"

/* What every byte of ASCII is: a class, or for marks the mark itself in the upper half. */
enum { A_MARK, A_SPACE, A_LINE, A_LOWER, A_UPPER, A_DIGIT };

static const uint8_t ascii_class[128] = {
    ['\t'] = A_SPACE, [' '] = A_SPACE, ['\n'] = A_LINE, ['\v'] = A_LINE, ['\f'] = A_LINE,
    ['\r'] = A_LINE, ['0'] = A_DIGIT, A_DIGIT, A_DIGIT, A_DIGIT, A_DIGIT, A_DIGIT, A_DIGIT,
    A_DIGIT, A_DIGIT, A_DIGIT,
    ['A'] = A_UPPER, A_UPPER, A_UPPER, A_UPPER, A_UPPER, A_UPPER, A_UPPER, A_UPPER, A_UPPER,
    A_UPPER, A_UPPER, A_UPPER, A_UPPER, A_UPPER, A_UPPER, A_UPPER, A_UPPER, A_UPPER, A_UPPER,
    A_UPPER, A_UPPER, A_UPPER, A_UPPER, A_UPPER, A_UPPER, A_UPPER,
    ['a'] = A_LOWER, A_LOWER, A_LOWER, A_LOWER, A_LOWER, A_LOWER, A_LOWER, A_LOWER, A_LOWER,
    A_LOWER, A_LOWER, A_LOWER, A_LOWER, A_LOWER, A_LOWER, A_LOWER, A_LOWER, A_LOWER, A_LOWER,
    A_LOWER, A_LOWER, A_LOWER, A_LOWER, A_LOWER, A_LOWER, A_LOWER,
};

static char ascii_mark(unsigned c)
{
    switch (c) {
    case '(': case ')': case '[': case ']': case '.': case ',': case ':': case ';': case '/':
    case '|': case '=': case '+': case '&': case '@': case '*': case '"': case '\'':
        return (char)c;
    case '-': case '_': case '~':
        return '-';
    case '{': return '[';
    case '}': return ']';
    case '<': case '>': return '|';
    case '`': return '\'';
    default: return '?';
    }
}

static char wide_mark(uint32_t c)
{
    switch (c) {
    case 0x2010: case 0x2011: case 0x2012: case 0x2013: case 0x2014: case 0x2015: case 0x2212:
    case 0xff0d: case 0x30fc: case 0x2500:
        return '-';
    case 0x00ab: case 0x00bb: case 0x201c: case 0x201d: case 0x201e: case 0x201f: case 0x2039:
    case 0x203a: case 0x300c: case 0x300d: case 0x300e: case 0x300f: case 0xff02:
        return '"';
    case 0x2018: case 0x2019: case 0x201a: case 0x201b: case 0x02bc: case 0xff07: case 0x2032:
        return '\'';
    case 0xff08: return '(';
    case 0xff09: return ')';
    case 0x3010: case 0x3014: case 0x3008: case 0x300a: case 0xff3b: return '[';
    case 0x3011: case 0x3015: case 0x3009: case 0x300b: case 0xff3d: return ']';
    case 0x3002: case 0xff0e: case 0x0964: case 0x06d4: return '.';
    case 0xff0c: case 0x3001: case 0x060c: return ',';
    case 0xff1a: return ':';
    case 0xff1b: case 0x061b: return ';';
    case 0xff0f: return '/';
    case 0xff5c: case 0x2502: return '|';
    case 0xff1d: return '=';
    case 0xff0b: return '+';
    case 0x2022: case 0x00b7: case 0x25cf: case 0x25a0: case 0x25b6: case 0x30fb: return '*';
    case 0x00a9: case 0x24d2: case 0x24b8: return '^';
    default: return '?';
    }
}

/* The word that is being read. Its folded bytes are hashed eight at a time. */
struct word {
    struct credit_token *open; /* NULL between words */
    uint64_t hash, bytes;      /* bytes: those not yet in hash, filled of them */
    unsigned filled, letters, uppers;
};

static uint64_t mix(uint64_t hash, uint64_t bytes)
{
    hash = (hash ^ bytes) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

/* Adds n folded bytes, 1 to 8, the first one lowest. */
static void feed(struct word *w, uint64_t bytes, unsigned n)
{
    w->bytes |= bytes << 8 * w->filled;
    w->filled += n;
    if (w->filled < 8)
        return;
    w->hash = mix(w->hash, w->bytes);
    w->filled -= 8;
    w->bytes = w->filled ? bytes >> 8 * (n - w->filled) : 0;
}

static uint32_t finish(const struct word *w)
{
    uint64_t hash = mix(mix(w->hash, w->bytes), w->filled);
    return (uint32_t)(hash >> 32) | 1; /* a mark has 0 */
}

static void close_word(struct word *w)
{
    if (!w->open)
        return;
    if (w->letters > 1 && w->uppers == w->letters)
        w->open->flags |= CREDIT_CAPS;
    w->open->hash = finish(w);
    w->open = NULL;
}

static void feed_character(struct word *w, uint64_t entry, const unsigned char *p, unsigned n)
{
    const unsigned char *bytes = entry & FOLD_SELF ? p : entry & FOLD_POOL ? fold_long(entry) : NULL;

    if (!(entry & FOLD_SELF))
        n = fold_length(entry);
    if (!bytes && n)
        feed(w, entry >> 16, n);
    for (unsigned i = 0; bytes && i < n; i++)
        feed(w, bytes[i], 1);
}

/* How many of the bytes at p, left of them and at most 8, are ASCII letters and digits from the first
 * on; *ret_bytes holds these. */
static unsigned ascii_run(const unsigned char *p, size_t left, uint64_t *ret_bytes)
{
    unsigned char room[8] = { 0 };
    uint64_t v;

    if (left >= 8) {
        v = swar_load(p);
    } else {
        memcpy(room, p, left);
        v = swar_load(room);
    }
    uint64_t low = v & ~SWAR_TOP, lower = low | SWAR_EACH(0x20);
    uint64_t letter = (lower + SWAR_EACH(0x80 - 'a')) & ~(lower + SWAR_EACH(0x7f - 'z'));
    uint64_t digit = (low + SWAR_EACH(0x80 - '0')) & ~(low + SWAR_EACH(0x7f - '9'));
    uint64_t other = ~(letter | digit) | v;
    other &= SWAR_TOP;
    unsigned n = other ? (unsigned)__builtin_ctzll(other) / 8 : 8;
    *ret_bytes = n < 8 ? v & ((UINT64_C(1) << 8 * n) - 1) : v;
    return n;
}

/* The bytes of v with a bit that is set in bit 6. */
static unsigned count(uint64_t v)
{
    return (unsigned)((v >> 6 & SWAR_EACH(1)) * SWAR_EACH(1) >> 56);
}

/* Takes the ASCII letters and digits at p into the open word. Returns how many. */
static size_t take_run(struct word *w, const unsigned char *p, size_t left)
{
    size_t taken = 0;
    unsigned n;

    do {
        uint64_t v;
        n = ascii_run(p + taken, left - taken, &v);
        if (n == 0)
            break;
        w->letters += count(v);         /* letters have 0x40, */
        w->uppers += count(v & ~(v << 1)); /* and capitals not 0x20 */
        uint64_t lower = v | (SWAR_EACH(0x20) & (n < 8 ? (UINT64_C(1) << 8 * n) - 1 : ~UINT64_C(0)));
        feed(w, lower, n);
        taken += n;
    } while (n == 8);
    return taken;
}

size_t credit_scan(const char *text, size_t begin, size_t end, struct credit_token *out, size_t cap)
{
    const unsigned char *p = (const unsigned char *)text;
    struct word w = { 0 };
    unsigned pending = CREDIT_LINE;
    size_t n = 0, i = begin;

    while (i < end) {
        uint32_t c = p[i];
        unsigned size = 1, upper = 0, cased = 1;
        enum credit_kind kind = CREDIT_MARK;
        uint64_t entry = 0;

        if (c < 0x80) {
            switch (ascii_class[c]) {
            case A_LINE: pending |= CREDIT_LINE; /* fall through */
            case A_SPACE: pending |= CREDIT_SPACED; close_word(&w); i++; continue;
            case A_UPPER: upper = 1; kind = CREDIT_WORD; break;
            case A_LOWER: kind = CREDIT_WORD; break;
            case A_DIGIT: kind = CREDIT_NUMBER; break;
            default: break;
            }
        } else {
            size = utf8_decode(p + i, end - i, &c);
            if (size == 0) {
                size = 1;
                c = 0xfffd;
            }
            entry = fold_entry(c);
            upper = (entry & FOLD_UPPER) != 0;
            cased = c < 0x590 || (c >= 0x1e00 && c < 0x2000);
            switch (entry & FOLD_CLASS) {
            case FOLD_LINE: pending |= CREDIT_LINE; /* fall through */
            case FOLD_SPACE: pending |= CREDIT_SPACED; close_word(&w); i += size; continue;
            case FOLD_DROP: i += size; continue;
            case FOLD_LETTER: kind = CREDIT_WORD; break;
            case FOLD_DIGIT: kind = CREDIT_NUMBER; break;
            case FOLD_CHAR: kind = CREDIT_CHAR; break;
            default: break;
            }
        }

        if (!w.open || (kind != CREDIT_WORD && kind != CREDIT_NUMBER)) {
            close_word(&w);
            if (n == cap)
                return n;
            struct credit_token *token = &out[n++];
            *token = (struct credit_token){ 0, (uint32_t)i, (uint32_t)(i + size), (uint8_t)kind,
                                          (uint8_t)pending, 0 };
            pending = 0;
            if (kind == CREDIT_MARK) {
                token->mark = c < 0x80 ? ascii_mark(c) : wide_mark(c);
                i += size;
                continue;
            }
            if (kind == CREDIT_WORD)
                token->flags |= (uint8_t)(upper ? CREDIT_UPPER : cased ? CREDIT_LOWER : 0);
            w = (struct word){ .open = token };
        }
        if (c < 0x80) {
            size = (unsigned)take_run(&w, p + i, end - i);
        } else {
            feed_character(&w, entry, p + i, size);
            w.letters += kind == CREDIT_WORD;
            w.uppers += upper;
        }
        i += size;
        w.open->end = (uint32_t)i;
        if (kind == CREDIT_CHAR)
            close_word(&w);
    }
    close_word(&w);
    return n;
}
