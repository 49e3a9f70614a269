/*
 * A tokeniser to hold the real one against: written from the rules in
 * dup/text.h, in several plain passes over an array of characters, with
 * utf8proc called for each of them. Slow, and of no use but as a witness.
 * Quotations are not in it; they are tested by example.
 */
#ifndef TESTS_REFERENCE_TEXT_H
#define TESTS_REFERENCE_TEXT_H

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>
#include <xxhash.h>

#include "dup/text.h"

enum ref_kind { REF_BREAK, REF_LETTER, REF_DIGIT, REF_CHAR, REF_DROPPED };

struct ref_char {
    int32_t c;
    uint32_t begin, end;
    enum ref_kind kind;
    int32_t folded[64];
    int n;
};

static int ref_in(int32_t c, const int32_t *list)
{
    for (; *list; list++)
        if (*list == c)
            return 1;
    return 0;
}

#define REF_IN(c, ...) ref_in((c), (const int32_t[]){ __VA_ARGS__, 0 })

/* RFC 3629, section 4, rule by rule. Returns the length of the sequence, 0 if it is none. */
static size_t ref_sequence(const unsigned char *p, size_t left)
{
#define TAIL(i) (p[i] >= 0x80 && p[i] <= 0xbf)
#define RANGE(i, a, b) (p[i] >= (a) && p[i] <= (b))
    if (left >= 1 && p[0] <= 0x7f)
        return 1;
    if (left >= 2 && RANGE(0, 0xc2, 0xdf) && TAIL(1))
        return 2;
    if (left >= 3 && p[0] == 0xe0 && RANGE(1, 0xa0, 0xbf) && TAIL(2))
        return 3;
    if (left >= 3 && RANGE(0, 0xe1, 0xec) && TAIL(1) && TAIL(2))
        return 3;
    if (left >= 3 && p[0] == 0xed && RANGE(1, 0x80, 0x9f) && TAIL(2))
        return 3;
    if (left >= 3 && RANGE(0, 0xee, 0xef) && TAIL(1) && TAIL(2))
        return 3;
    if (left >= 4 && p[0] == 0xf0 && RANGE(1, 0x90, 0xbf) && TAIL(2) && TAIL(3))
        return 4;
    if (left >= 4 && RANGE(0, 0xf1, 0xf3) && TAIL(1) && TAIL(2) && TAIL(3))
        return 4;
    if (left >= 4 && p[0] == 0xf4 && RANGE(1, 0x80, 0x8f) && TAIL(2) && TAIL(3))
        return 4;
    return 0;
#undef TAIL
#undef RANGE
}

/* Offset of the first sequence that is not well formed; len when all are. */
static size_t ref_first_bad(const unsigned char *text, size_t len)
{
    size_t p = 0, n;

    while (p < len && (n = ref_sequence(text + p, len - p)) > 0)
        p += n;
    return p;
}

static int ref_apostrophe(int32_t c)
{
    return REF_IN(c, '\'', '`', 0xb4, 0x2b9, 0x2bb, 0x2bc, 0x2bd, 0x2be, 0x2bf, 0x55a, 0x5f3,
                  0x2018, 0x2019, 0x201b, 0x2032, 0xff07);
}

static int ref_separator(int32_t c)
{
    return REF_IN(c, ',', '.', 0x66b, 0x66c, 0xff0c, 0xff0e);
}

static int ref_line(int32_t c)
{
    return REF_IN(c, '\n', '\v', '\f', '\r', 0x85, 0x2028, 0x2029);
}

static int ref_space(int32_t c)
{
    return ref_line(c) || c == '\t' || utf8proc_category(c) == UTF8PROC_CATEGORY_ZS;
}

/* Ends a sentence when white space follows, or (full) in any case. */
static int ref_full_end(int32_t c)
{
    return REF_IN(c, 0x3002, 0xff01, 0xff1f, 0xff61);
}

static int ref_end(int32_t c)
{
    return ref_full_end(c) ||
           REF_IN(c, '.', '!', '?', 0x37e, 0x589, 0x61f, 0x6d4, 0x964, 0x965, 0x104a, 0x104b, 0x1362,
                  0x17d4, 0x17d5, 0x2026, 0x203c, 0x203d, 0x2047, 0x2048, 0x2049, 0xff0e);
}

/* May stand between the end and the white space. */
static int ref_closing(int32_t c)
{
    return ref_apostrophe(c) || utf8proc_category(c) == UTF8PROC_CATEGORY_PE ||
           REF_IN(c, '"', 0xab, 0xbb, 0x201a, 0x201c, 0x201d, 0x201e, 0x201f, 0x2039, 0x203a, 0x300c,
                  0x300d, 0x300e, 0x300f, 0xff02);
}

static int ref_between(int32_t c, int32_t first, int32_t last)
{
    return c >= first && c <= last;
}

static int ref_unspaced(int32_t c)
{
    return ref_between(c, 0xe00, 0xeff) ||                                             /* Thai, Lao */
           ref_between(c, 0x1000, 0x109f) || ref_between(c, 0xa9e0, 0xa9ff) ||
           ref_between(c, 0xaa60, 0xaa7f) || ref_between(c, 0x1780, 0x17ff) ||         /* Burmese, Khmer */
           ref_between(c, 0x3040, 0x30ff) || ref_between(c, 0x31f0, 0x31ff) ||
           ref_between(c, 0x1aff0, 0x1b16f) ||                                         /* kana */
           ref_between(c, 0x2e80, 0x2fdf) || ref_between(c, 0x3005, 0x3007) ||
           ref_between(c, 0x3021, 0x3029) || ref_between(c, 0x3038, 0x303b) ||
           ref_between(c, 0x3400, 0x4dbf) || ref_between(c, 0x4e00, 0x9fff) ||
           ref_between(c, 0xf900, 0xfaff) || ref_between(c, 0x20000, 0x3ffff);         /* Han */
}

static enum ref_kind ref_kind_of(int32_t c)
{
    const utf8proc_property_t *p = utf8proc_get_property(c);

    if (ref_apostrophe(c) || ref_separator(c) || ref_line(c))
        return REF_BREAK;
    if (p->ignorable || c == 0x640 || p->category == UTF8PROC_CATEGORY_ME)
        return REF_DROPPED;
    if ((p->category == UTF8PROC_CATEGORY_MN || p->category == UTF8PROC_CATEGORY_MC) &&
        p->combining_class != 0)
        return REF_DROPPED;
    if (p->category == UTF8PROC_CATEGORY_ND)
        return REF_DIGIT;
    const char *name = utf8proc_category_string(c);
    if (name[0] == 'L' || name[0] == 'M' || strcmp(name, "Nl") == 0 || strcmp(name, "No") == 0 ||
        ref_between(c, 0x20000, 0x2f7ff) || ref_between(c, 0x2fa40, 0x3ffff))
        return ref_unspaced(c) ? REF_CHAR : REF_LETTER;
    return REF_BREAK;
}

static int ref_put(int32_t c, int32_t *out)
{
    static const struct { int32_t from, to[2]; } equal[] = {
        { 0xe6, { 'a', 'e' } }, { 0xf0, { 'd' } }, { 0xf8, { 'o' } }, { 0xfe, { 't', 'h' } },
        { 0x111, { 'd' } }, { 0x127, { 'h' } }, { 0x131, { 'i' } }, { 0x138, { 'k' } },
        { 0x142, { 'l' } }, { 0x14b, { 'n' } }, { 0x153, { 'o', 'e' } }, { 0x167, { 't' } },
        { 0x180, { 'b' } }, { 0x199, { 'k' } }, { 0x19a, { 'l' } }, { 0x1b4, { 'y' } },
        { 0x1b6, { 'z' } }, { 0x1e5, { 'g' } }, { 0x253, { 'b' } }, { 0x257, { 'd' } },
        { 0x259, { 'a' } }, { 0x268, { 'i' } }, { 0x629, { 0x647 } }, { 0x6c1, { 0x647 } },
        { 0x6c3, { 0x647 } }, { 0x649, { 0x64a } }, { 0x6cc, { 0x64a } }, { 0x671, { 0x627 } },
        { 0x672, { 0x627 } }, { 0x673, { 0x627 } }, { 0x675, { 0x627 } }, { 0x6a9, { 0x643 } },
        { 0x6aa, { 0x643 } },
    };

    for (size_t i = 0; i < sizeof equal / sizeof *equal; i++)
        if (equal[i].from == c) {
            memcpy(out, equal[i].to, sizeof equal[i].to);
            return equal[i].to[1] ? 2 : 1;
        }
    *out = c;
    return 1;
}

/* What is the digit's value: the place in its script's run of ten. */
static int32_t ref_digit(int32_t c)
{
    static const int32_t zeros[] = {
        0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66,
        0xde6, 0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90,
        0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0,
        0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650,
        0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0, 0x11f50, 0x16a60, 0x16ac0, 0x16b50,
        0x1e140, 0x1e2f0, 0x1e4f0, 0x1e950, 0x1fbf0,
    };

    for (size_t i = 0; i < sizeof zeros / sizeof *zeros; i++)
        if (ref_between(c, zeros[i], zeros[i] + 9))
            return '0' + c - zeros[i];
    return -1;
}

static void ref_fold(struct ref_char *r, const unsigned char *bytes)
{
    int32_t parts[64];

    r->n = 0;
    r->kind = ref_kind_of(r->c);
    if (ref_apostrophe(r->c) || ref_separator(r->c) || r->c == 0x640 ||
        REF_IN(r->c, 0x2116, 0x2120, 0x2122)) {
        return;
    }
    utf8proc_ssize_t n = utf8proc_decompose(bytes, (utf8proc_ssize_t)(r->end - r->begin), parts, 64,
        (utf8proc_option_t)(UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE));
    enum ref_kind first = REF_BREAK;
    for (utf8proc_ssize_t i = 0; i < n; i++) {
        enum ref_kind kind = ref_kind_of(parts[i]);
        if (kind == REF_BREAK || kind == REF_DROPPED)
            continue;
        first = r->n ? first : kind;
        if (kind == REF_DIGIT)
            r->folded[r->n++] = ref_digit(parts[i]);
        else
            r->n += ref_put(parts[i], r->folded + r->n);
    }
    if (r->n)
        r->kind = first;
    else if (r->kind != REF_DROPPED)
        r->kind = REF_BREAK;
}

/* Unicode 15, section 3.12. */
static int ref_compose(int32_t *c, int n)
{
    int m = 0;

    for (int i = 0; i < n; i++) {
        int32_t before = m ? c[m - 1] : 0;
        if (ref_between(before, 0x1100, 0x1112) && ref_between(c[i], 0x1161, 0x1175))
            c[m - 1] = 0xac00 + (before - 0x1100) * 588 + (c[i] - 0x1161) * 28;
        else if (ref_between(before, 0xac00, 0xd7a3) && (before - 0xac00) % 28 == 0 &&
                 ref_between(c[i], 0x11a8, 0x11c2))
            c[m - 1] = before + c[i] - 0x11a7;
        else
            c[m++] = c[i];
    }
    return m;
}

/* Sentence and line flags of a token with these characters before it. */
static unsigned ref_gap(const struct ref_char *r, size_t from, size_t to, int first)
{
    unsigned flags = first ? DUP_TOKEN_SENTENCE : 0;

    for (size_t i = from; i < to; i++) {
        if (r[i].kind == REF_DROPPED)
            continue;
        if (ref_line(r[i].c))
            flags |= DUP_TOKEN_LINE | DUP_TOKEN_SENTENCE;
        if (!ref_end(r[i].c))
            continue;
        size_t k = i + 1;
        while (k < to && (r[k].kind == REF_DROPPED || ref_closing(r[k].c) || ref_end(r[k].c)))
            k++;
        if (ref_full_end(r[i].c) || (k < to && ref_space(r[k].c)))
            flags |= DUP_TOKEN_SENTENCE;
    }
    return flags;
}

static int ref_next(const struct ref_char *r, int n, int i, int step)
{
    for (i += step; i >= 0 && i < n && r[i].kind == REF_DROPPED; i += step)
        ;
    return i >= 0 && i < n ? i : -1;
}

/*
 * Tokens of well-formed text into out (arrays with room for len entries),
 * quotations apart. All characters are in memory at once.
 */
static void ref_tokenize(const struct dup_secret *secret, const char *source, size_t len,
                         struct dup_tokens *out)
{
    const unsigned char *text = (const unsigned char *)source;
    struct ref_char *r = calloc(len + 1, sizeof *r);
    char *joins = calloc(len + 1, 1);
    int n = 0;

    for (size_t p = 0; p < len; n++) {
        utf8proc_ssize_t size = utf8proc_iterate(text + p, (utf8proc_ssize_t)(len - p), &r[n].c);
        r[n].begin = (uint32_t)p;
        p += (size_t)size;
        r[n].end = (uint32_t)p;
        ref_fold(&r[n], text + r[n].begin);
    }
    for (int i = 0; i < n; i++) {
        int a = ref_next(r, n, i, -1), b = ref_next(r, n, i, 1);
        if (a < 0 || b < 0)
            continue;
        joins[i] = (ref_apostrophe(r[i].c) && r[a].kind == REF_LETTER && r[b].kind == REF_LETTER) ||
                   (ref_separator(r[i].c) && r[a].kind == REF_DIGIT && r[b].kind == REF_DIGIT);
    }

    out->n = 0;
    for (int i = 0, gap = 0; i < n;) {
        if (r[i].kind == REF_BREAK || r[i].kind == REF_DROPPED) {
            i++;
            continue;
        }
        int begin = i, letter = -1, parts = 0, last = i;
        int32_t *word = malloc(64 * (size_t)(n - i) * sizeof *word);
        for (; i < n; i++) {
            if (r[i].kind == REF_BREAK && !joins[i])
                break;
            if (r[i].kind == REF_CHAR && i > begin)
                break;
            if (letter < 0 && (r[i].kind == REF_LETTER))
                letter = i;
            memcpy(word + parts, r[i].folded, (size_t)r[i].n * sizeof *word);
            parts += r[i].n;
            if (r[i].n)
                last = i;
            if (r[i].kind == REF_CHAR) {
                i++;
                break;
            }
        }
        parts = ref_compose(word, parts);
        unsigned char *bytes = malloc((size_t)parts * 4 + 1);
        size_t size = 0;
        for (int k = 0; k < parts; k++)
            size += (size_t)utf8proc_encode_char(word[k], bytes + size);

        unsigned flags = ref_gap(r, (size_t)gap, (size_t)begin, out->n == 0);
        if (r[begin].kind == REF_DIGIT)
            flags |= DUP_TOKEN_NUMBER;
        if (r[begin].kind == REF_CHAR)
            flags |= DUP_TOKEN_CHAR;
        if (letter >= 0 && (utf8proc_category(r[letter].c) == UTF8PROC_CATEGORY_LU ||
                            utf8proc_category(r[letter].c) == UTF8PROC_CATEGORY_LT))
            flags |= DUP_TOKEN_CAPITAL;
        gap = last + 1;
        while (last + 1 < n && r[last + 1].kind == REF_DROPPED)
            last++;
        out->hash[out->n] = (uint32_t)XXH3_64bits_withSecret(bytes, size, secret->bytes, DUP_SECRET_SIZE);
        out->begin[out->n] = r[begin].begin;
        out->end[out->n] = r[last].end;
        out->flags[out->n++] = (uint8_t)flags;
        free(bytes);
        free(word);
    }
    free(joins);
    free(r);
}

#endif
