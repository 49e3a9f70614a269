/*
 * The folding table, built from utf8proc's data once at start, because
 * folding through a library call a character costs ten times what the rest
 * of the tokeniser does. A code point is decomposed (NFKD) and case-folded;
 * of the result the marks with a combining class, the default-ignorables
 * and everything that is neither letter nor digit go; what remains is put
 * through the short tables of equivalents below. Invariant: a source
 * character becomes part of one token at most, so that offsets stay simple;
 * what folds to nothing either breaks or is passed over.
 */
#include "core/fold.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "core/utf8.h"
#include "dup/error.h"

struct fold_table fold_table;

#define DECOMPOSED_MAX 32
#define DECOMPOSE_OPTIONS (UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD)
#define INLINE_BYTES 6

/* Letters that agencies and readers take for each other, after case folding.
 * The Latin ones are what is printed when accents are stripped. Ascending. */
static const struct { uint16_t from; char to[3]; } equal_latin[] = {
    { 0x00e6, "ae" }, { 0x00f0, "d" }, { 0x00f8, "o" }, { 0x00fe, "th" }, { 0x0111, "d" },
    { 0x0127, "h" }, { 0x0131, "i" }, { 0x0138, "k" }, { 0x0142, "l" }, { 0x014b, "n" },
    { 0x0153, "oe" }, { 0x0167, "t" }, { 0x0180, "b" }, { 0x0199, "k" }, { 0x019a, "l" },
    { 0x01b4, "y" }, { 0x01b6, "z" }, { 0x01e5, "g" }, { 0x0253, "b" }, { 0x0257, "d" },
    { 0x0259, "a" }, { 0x0268, "i" },
};

static const struct { uint16_t from, to; } equal_arabic[] = {
    { 0x0629, 0x0647 },                                                         /* teh marbuta */
    { 0x0649, 0x064a }, { 0x06cc, 0x064a },                                     /* yeh */
    { 0x0671, 0x0627 }, { 0x0672, 0x0627 }, { 0x0673, 0x0627 }, { 0x0675, 0x0627 }, /* alef */
    { 0x06a9, 0x0643 }, { 0x06aa, 0x0643 },                                     /* kaf */
    { 0x06c1, 0x0647 }, { 0x06c3, 0x0647 },                                     /* heh goal */
};

/* Characters whose part in the text their category does not tell. */
static const struct { uint16_t c; uint8_t class; } special[] = {
    { '\n', FOLD_LINE }, { '\v', FOLD_LINE }, { '\f', FOLD_LINE }, { '\r', FOLD_LINE },
    { 0x0085, FOLD_LINE }, { 0x2028, FOLD_LINE }, { 0x2029, FOLD_LINE },
    { '\t', FOLD_SPACE },
    { '\'', FOLD_APOSTROPHE }, { '`', FOLD_APOSTROPHE }, { 0x00b4, FOLD_APOSTROPHE },
    { 0x02b9, FOLD_APOSTROPHE }, { 0x02bb, FOLD_APOSTROPHE }, { 0x02bc, FOLD_APOSTROPHE },
    { 0x02bd, FOLD_APOSTROPHE }, { 0x02be, FOLD_APOSTROPHE }, { 0x02bf, FOLD_APOSTROPHE },
    { 0x055a, FOLD_APOSTROPHE }, { 0x05f3, FOLD_APOSTROPHE },
    { 0x2018, FOLD_APOSTROPHE }, { 0x2019, FOLD_APOSTROPHE }, { 0x201b, FOLD_APOSTROPHE },
    { 0x2032, FOLD_APOSTROPHE }, { 0xff07, FOLD_APOSTROPHE },
    { ',', FOLD_COMMA }, { 0x066b, FOLD_COMMA }, { 0x066c, FOLD_COMMA }, { 0xff0c, FOLD_COMMA },
    { '.', FOLD_DOT }, { 0xff0e, FOLD_DOT },
    { '!', FOLD_END }, { '?', FOLD_END }, { 0x037e, FOLD_END }, { 0x0589, FOLD_END },
    { 0x061f, FOLD_END }, { 0x06d4, FOLD_END }, { 0x0964, FOLD_END }, { 0x0965, FOLD_END },
    { 0x104a, FOLD_END }, { 0x104b, FOLD_END }, { 0x1362, FOLD_END }, { 0x17d4, FOLD_END },
    { 0x17d5, FOLD_END }, { 0x2026, FOLD_END }, { 0x203c, FOLD_END }, { 0x203d, FOLD_END },
    { 0x2047, FOLD_END }, { 0x2048, FOLD_END }, { 0x2049, FOLD_END },
    { 0x3002, FOLD_FULL_END }, { 0xff01, FOLD_FULL_END }, { 0xff1f, FOLD_FULL_END },
    { 0xff61, FOLD_FULL_END },
    { '"', FOLD_QUOTE }, { 0x00ab, FOLD_QUOTE }, { 0x00bb, FOLD_QUOTE }, { 0x201a, FOLD_QUOTE },
    { 0x201c, FOLD_QUOTE }, { 0x201d, FOLD_QUOTE }, { 0x201e, FOLD_QUOTE }, { 0x201f, FOLD_QUOTE },
    { 0x2039, FOLD_QUOTE }, { 0x203a, FOLD_QUOTE }, { 0x300c, FOLD_QUOTE }, { 0x300d, FOLD_QUOTE },
    { 0x300e, FOLD_QUOTE }, { 0x300f, FOLD_QUOTE }, { 0xff02, FOLD_QUOTE },
    { 0x0640, FOLD_DROP },                           /* tatweel only stretches a word */
    { 0x2116, FOLD_BREAK }, { 0x2120, FOLD_BREAK }, { 0x2122, FOLD_BREAK }, /* numero, trade marks */
};

/* Scripts written without spaces. */
static const struct { uint32_t first, last; } unspaced[] = {
    { 0x0e00, 0x0eff },   /* Thai, Lao */
    { 0x1000, 0x109f }, { 0xa9e0, 0xa9ff }, { 0xaa60, 0xaa7f }, /* Myanmar */
    { 0x1780, 0x17ff },   /* Khmer */
    { 0x2e80, 0x2fdf }, { 0x3005, 0x3007 }, { 0x3021, 0x3029 }, { 0x3038, 0x303b },
    { 0x3040, 0x30ff }, { 0x31f0, 0x31ff }, { 0x1aff0, 0x1b16f }, /* kana */
    { 0x3400, 0x4dbf }, { 0x4e00, 0x9fff }, { 0xf900, 0xfaff }, { 0x20000, 0x3ffff }, /* Han */
};

static int is_unspaced(uint32_t c)
{
    for (size_t i = 0; i < sizeof unspaced / sizeof *unspaced; i++)
        if (c >= unspaced[i].first && c <= unspaced[i].last)
            return 1;
    return 0;
}

static int is_special(uint32_t c, enum fold_class *ret_class)
{
    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        if (special[i].c == c) {
            if (ret_class)
                *ret_class = (enum fold_class)special[i].class;
            return 1;
        }
    return 0;
}

/* The part of one code point, not yet decomposed or as decomposition has left it. */
static enum fold_class classify(uint32_t c)
{
    const utf8proc_property_t *property = utf8proc_get_property((utf8proc_int32_t)c);

    enum fold_class class;

    if (is_special(c, &class))
        return class;
    if (property->ignorable)
        return FOLD_DROP;
    switch (property->category) {
    case UTF8PROC_CATEGORY_ND:
        return FOLD_DIGIT;
    case UTF8PROC_CATEGORY_MN: case UTF8PROC_CATEGORY_MC:
        if (property->combining_class)
            return FOLD_DROP;
        return is_unspaced(c) ? FOLD_CHAR : FOLD_LETTER;
    case UTF8PROC_CATEGORY_ME:
        return FOLD_DROP;
    case UTF8PROC_CATEGORY_LU: case UTF8PROC_CATEGORY_LL: case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM: case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_NL: case UTF8PROC_CATEGORY_NO:
        return is_unspaced(c) ? FOLD_CHAR : FOLD_LETTER;
    case UTF8PROC_CATEGORY_ZS:
        return FOLD_SPACE;
    case UTF8PROC_CATEGORY_PE:
        return FOLD_CLOSE;
    default:
        return FOLD_BREAK;
    }
}

/* Value of a decimal digit: they stand in runs of ten that begin with zero. */
static uint32_t digit_value(uint32_t c)
{
    uint32_t first = c;
    while (first > 0 && utf8proc_category((utf8proc_int32_t)first - 1) == UTF8PROC_CATEGORY_ND)
        first--;
    return (c - first) % 10;
}

/* Puts an equivalent of c (a letter, case-folded) into out; returns its length in bytes. */
static unsigned put_letter(uint32_t c, unsigned char *out)
{
    for (size_t i = 0; i < sizeof equal_latin / sizeof *equal_latin; i++)
        if (equal_latin[i].from == c) {
            size_t n = strlen(equal_latin[i].to);
            memcpy(out, equal_latin[i].to, n);
            return (unsigned)n;
        }
    for (size_t i = 0; i < sizeof equal_arabic / sizeof *equal_arabic; i++)
        if (equal_arabic[i].from == c)
            return utf8_encode(equal_arabic[i].to, out);
    return utf8_encode(c, out);
}

/* Composes Hangul in c[0..n) where two neighbours make a syllable; returns the new n. */
static size_t compose_hangul(utf8proc_int32_t *c, size_t n)
{
    size_t m = 0;

    for (size_t i = 0; i < n; i++) {
        uint32_t composed = m ? fold_compose((uint32_t)c[m - 1], (uint32_t)c[i]) : 0;
        if (composed)
            c[m - 1] = (utf8proc_int32_t)composed;
        else
            c[m++] = c[i];
    }
    return m;
}

struct builder {
    uint64_t (*entries)[FOLD_PAGE_SIZE];
    size_t n, cap;
    unsigned char *pool;
    size_t pool_n, pool_cap;
};

/* Adds len bytes to the pool; returns their offset, or UINT32_MAX for no memory. */
static uint32_t add_long(struct builder *b, const unsigned char *bytes, size_t len)
{
    if (b->pool_n + len > b->pool_cap) {
        size_t cap = b->pool_cap ? 2 * b->pool_cap : 4096;
        unsigned char *pool = realloc(b->pool, cap);
        if (!pool)
            return UINT32_MAX;
        b->pool = pool;
        b->pool_cap = cap;
    }
    memcpy(b->pool + b->pool_n, bytes, len);
    b->pool_n += len;
    return (uint32_t)(b->pool_n - len);
}

/*
 * Folds c into bytes: returns their number, which is 0 when no letter or
 * digit is in it, and sets its class and whether it is a jamo that joins.
 */
static unsigned fold_one(uint32_t c, unsigned char bytes[DECOMPOSED_MAX * UTF8_MAX],
                         enum fold_class *ret_class, int *ret_jamo)
{
    utf8proc_int32_t parts[DECOMPOSED_MAX];
    int boundary = 0;
    utf8proc_ssize_t n = utf8proc_decompose_char((utf8proc_int32_t)c, parts, DECOMPOSED_MAX,
                                                 DECOMPOSE_OPTIONS, &boundary);
    unsigned len = 0;

    *ret_class = classify(c);
    *ret_jamo = 0;
    if (is_special(c, NULL) || n <= 0 || n > DECOMPOSED_MAX)
        return 0;
    size_t composed = compose_hangul(parts, (size_t)n);
    for (size_t i = 0; i < composed; i++) {
        uint32_t part = (uint32_t)parts[i];
        enum fold_class class = classify(part);
        if (class != FOLD_LETTER && class != FOLD_DIGIT && class != FOLD_CHAR)
            continue;
        if (len == 0)
            *ret_class = class;
        if (class == FOLD_DIGIT)
            bytes[len++] = (unsigned char)('0' + digit_value(part));
        else
            len += put_letter(part, bytes + len);
    }
    *ret_jamo = composed == 1 && fold_is_jamo((uint32_t)parts[0]);
    return len;
}

static int make_entry(struct builder *b, uint32_t c, uint64_t *ret_entry)
{
    unsigned char bytes[DECOMPOSED_MAX * UTF8_MAX], self[UTF8_MAX];
    enum fold_class class;
    int jamo;
    unsigned len = fold_one(c, bytes, &class, &jamo);

    if (len == 0) {
        int lost = class == FOLD_LETTER || class == FOLD_DIGIT || class == FOLD_CHAR;
        *ret_entry = lost ? FOLD_BREAK : class;
        return 0;
    }

    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);
    uint64_t entry = class | (jamo ? FOLD_JAMO : 0);
    if (category == UTF8PROC_CATEGORY_LU || category == UTF8PROC_CATEGORY_LT)
        entry |= FOLD_UPPER;
    if (len >= FOLD_SELF_BYTES && utf8_encode(c, self) == len && memcmp(self, bytes, len) == 0) {
        *ret_entry = entry | FOLD_SELF;
        return 0;
    }
    entry |= (uint64_t)len << 8;
    if (len > INLINE_BYTES) {
        uint32_t at = add_long(b, bytes, len);
        if (at == UINT32_MAX)
            return DUP_ENOMEM;
        *ret_entry = entry | FOLD_POOL | (uint64_t)at << 16;
        return 0;
    }
    for (unsigned i = 0; i < len; i++)
        entry |= (uint64_t)bytes[i] << (16 + 8 * i);
    *ret_entry = entry;
    return 0;
}

/* Stores a page, or finds the one that is equal to it. */
static int add_page(struct builder *b, const uint64_t page[FOLD_PAGE_SIZE], uint16_t *ret_page)
{
    size_t i = 0;

    while (i < b->n && memcmp(b->entries[i], page, sizeof b->entries[i]) != 0)
        i++;
    if (i == b->n) {
        if (b->n == b->cap) {
            size_t cap = b->cap ? 2 * b->cap : 256;
            void *entries = realloc(b->entries, cap * sizeof *b->entries);
            if (!entries)
                return DUP_ENOMEM;
            b->entries = entries;
            b->cap = cap;
        }
        memcpy(b->entries[b->n++], page, sizeof *b->entries);
    }
    *ret_page = (uint16_t)i;
    return 0;
}

/* Above plane 1 there are no letters but Han, and most of that folds to itself:
 * one rule a page will do. */
static int is_uniform(uint32_t first)
{
    return first >= 0x20000 && !(first >= 0x2f800 && first < 0x2fa40) &&
           !(first >= 0xe0000 && first < 0xe1000);
}

int fold_setup(void)
{
    struct builder b = { 0 };
    int rc = 0;

    if (fold_table.entries)
        return 0;

    for (uint32_t p = 0; p < FOLD_PAGES && rc == 0; p++) {
        uint64_t page[FOLD_PAGE_SIZE] = { 0 };
        uint32_t first = p << FOLD_PAGE_BITS;
        for (uint32_t i = 0; i < FOLD_PAGE_SIZE && rc == 0; i++) {
            if (is_uniform(first))
                page[i] = is_unspaced(first) ? FOLD_CHAR | FOLD_SELF : FOLD_BREAK;
            else
                rc = make_entry(&b, first + i, &page[i]);
        }
        if (rc == 0)
            rc = add_page(&b, page, &fold_table.page[p]);
    }
    if (rc) {
        free(b.entries);
        free(b.pool);
        return rc;
    }
    fold_table.entries = b.entries;
    fold_table.pool = b.pool;
    return 0;
}
