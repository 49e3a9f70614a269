/*
 * Goal: the tokeniser keeps the rules of dup/text.h, in both its gaits, on
 * every code point, on text put together at random and on text made to hurt.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dup/error.h"
#include "dup/text.h"
#include "reference_text.h"

#define MIB (1u << 20)

static struct dup_secret secret;


/* Arrays of exactly cap entries, so that the sanitizer sees every step beyond. */
static struct dup_tokens new_tokens(size_t cap)
{
    struct dup_tokens t = { .cap = cap };

    t.hash = malloc(cap * sizeof *t.hash + (cap == 0));
    t.begin = malloc(cap * sizeof *t.begin + (cap == 0));
    t.end = malloc(cap * sizeof *t.end + (cap == 0));
    t.flags = malloc(cap + (cap == 0));
    assert_true(t.hash && t.begin && t.end && t.flags);
    return t;
}

static void free_tokens(struct dup_tokens *t)
{
    free(t->hash);
    free(t->begin);
    free(t->end);
    free(t->flags);
}

/* Tokens of text, which is copied to memory of exactly its length. */
static struct dup_tokens tokens_of(const char *text, size_t len)
{
    struct dup_tokens t = new_tokens(dup_tokens_max(len));
    char *copy = malloc(len + (len == 0));

    memcpy(copy, text, len);
    assert_int_equal(dup_tokenize(&secret, copy, len, &t, NULL), 0);
    free(copy);
    return t;
}

/* Writes the tokens' folded flags and places in a line: "[0-3 CS]" and so on. */
static void describe(const struct dup_tokens *t, const char *text, char *out)
{
    *out = 0;
    for (size_t i = 0; i < t->n; i++) {
        out += sprintf(out, "%s%.*s", i ? " " : "", (int)(t->end[i] - t->begin[i]), text + t->begin[i]);
        if (t->flags[i])
            *out++ = '/';
        for (int f = 0; f < 6; f++)
            if (t->flags[i] >> f & 1)
                *out++ = "NCcQSL"[f];
        *out = 0;
    }
}

static void check_described(const char *text, const char *expected)
{
    char got[4096];
    struct dup_tokens t = tokens_of(text, strlen(text));

    describe(&t, text, got);
    assert_string_equal(got, expected);
    free_tokens(&t);
}

/* The two texts have the same tokens, wherever these stand. */
static void check_same(const char *a, const char *b)
{
    struct dup_tokens x = tokens_of(a, strlen(a)), y = tokens_of(b, strlen(b));

    if (x.n != y.n || memcmp(x.hash, y.hash, x.n * sizeof *x.hash) != 0)
        fail_msg("\"%s\" and \"%s\" differ", a, b);
    assert_true(x.n > 0);
    free_tokens(&x);
    free_tokens(&y);
}

static void check_differ(const char *a, const char *b)
{
    struct dup_tokens x = tokens_of(a, strlen(a)), y = tokens_of(b, strlen(b));

    if (x.n == y.n && memcmp(x.hash, y.hash, x.n * sizeof *x.hash) == 0)
        fail_msg("\"%s\" and \"%s\" are the same", a, b);
    free_tokens(&x);
    free_tokens(&y);
}

static void test_words(void **state)
{
    (void)state;
    check_described("", "");
    check_described(" ,.\n-", "");
    check_described("one", "one/S");
    check_described("The Bank of 3 cities, COVID-19 and 3D 4th",
                    "The/CS Bank/C of 3/N cities COVID/C 19/N and 3D/NC 4th/N");
    check_described("Don't say l’été or rock'n'roll, O’Brien’s'",
                    "Don't/CS say l’été or rock'n'roll O’Brien’s/C");
    check_described("10,000.50 and 1, 2. 3.a ,5 1,,2 1.2.", "10,000.50/NS and 1/N 2/N 3/NS a 5/N 1/N 2/N 1.2/N");
    check_described("東京で2024年に", "東/cS 京/c で/c 2024/N 年/c に/c");
    check_described("한국어 문장 Élan ĳ", "한국어/S 문장 Élan/C ĳ");
    check_described("soft\xc2\xadhyphen e\xcc\x81t\xcc\x81. Yes",
                    "soft\xc2\xadhyphen/S e\xcc\x81t\xcc\x81 Yes/CS");
}

static void test_sentences_and_lines(void **state)
{
    (void)state;
    check_described("a b. c d! e? f… g.h i.) j .\" k.] l", "a/S b c/S d e/S f/S g/S h i j/S k/S l/S");
    check_described("a.  b.\tc.\xc2\xa0""d. (e", "a/S b/S c/S d/S e/S");
    check_described("a\nb\r\nc\n\nd \n e\xe2\x80\xa9""f", "a/S b/SL c/SL d/SL e/SL f/SL");
    check_described("\na", "a/SL");
    check_described("文。字！语", "文/cS 字/cS 语/cS");
    check_described("क ख। ग", "क/S ख ग/S");
    check_described("he said “no.” She said ‘no!’ It", "he/S said no/Q She/CS said no/Q It/CS");
    check_described("a.- b . c", "a/S b c/S");
}

static void test_quotations(void **state)
{
    (void)state;
    check_described("he \"said so\" now", "he/S said/Q so/Q now");
    check_described("he “said so” now", "he/S said/Q so/Q now");
    check_described("er „sagte so“ nun", "er/S sagte/Q so/Q nun");
    check_described("er »sagte so« nun", "er/S sagte/Q so/Q nun");
    check_described("il « dit so » là", "il/S dit/Q so/Q là");
    check_described("han ”sade så” nu", "han/S sade/Q så/Q nu");
    check_described("彼「言 う」と", "彼/cS 言/cQ う/cQ と/c");
    check_described("he ‘said so’ now", "he/S said/Q so/Q now");
    check_described("he 'said so' now", "he/S said/Q so/Q now");
    check_described("it's the workers' own '90s don't", "it's/S the workers own 90s/N don't");
    check_described("‘it’s don’t’ no", "it’s/QS don’t/Q no");
    check_described("a “b ‘c d’ e” f", "a/S b/Q c/Q d/Q e/Q f");
    check_described("a “b “c” d", "a/S b c/Q d");
    check_described("a “b\nc” d", "a/S b c/SL d");
    check_described("a \"b\nc\" d \"e\" f", "a/S b c/SL d e/Q f");
    check_described("5\" tall \"he said\" 6\" x", "5/NS tall he/Q said/Q 6/N x");
    check_described("“a” ”b “c” ”", "a/QS b/Q c/Q");
    check_described("a \"b\" c \"d", "a/S b/Q c d");
    check_described("a \"b \"c\" d", "a/S b c/Q d");
    check_described("a \" b\" c", "a/S b c");
    check_described("5\"x y\" z", "5/NS x y z");
    check_described("5'x y' z", "5/NS x y z");
    check_described("ü5'x y' z", "ü5/S x y z");
    check_described("a '90s b' c ‘90s d’ e", "a/S 90s/N b c 90s/N d e");
    check_described("a ‘b (’tis) c’ d", "a/S b/Q tis/Q c/Q d");
    check_described("a ‘b ’ c’ d", "a/S b/Q c/Q d");
    check_described("a ‘“b c” d’ e", "a/S b/Q c/Q d/Q e");
    check_described("a ＂b c＂ d", "a/S b/Q c/Q d");
    check_described("他\"你\"说‘好’吧", "他/cS 你/cQ 说/c 好/cQ 吧/c");
    check_described("‘a 好’ b", "a/QS 好/cQ b");
    check_described("5‘a b’ c", "5/NS a b c");
    check_described("a ‘ b’ c", "a/S b c");
    check_described("a '“b c” d' e", "a/S b/Q c/Q d e");
    check_described("“a “b “c “d “e “f “g “h “i” j” k", "a/S b c d e f g/Q h/Q i/Q j/Q k"); /* the ninth is not seen */
    check_described("\"a b c d e f g h i j k l m n o p q r s t u v w x y z a b c d e f g h i\" j",
                    "a/QS b/Q c/Q d/Q e/Q f/Q g/Q h/Q i/Q j/Q k/Q l/Q m/Q n/Q o/Q p/Q q/Q r/Q s/Q "
                    "t/Q u/Q v/Q w/Q x/Q y/Q z/Q a/Q b/Q c/Q d/Q e/Q f/Q g/Q h/Q i/Q j");
}

static void test_equal_forms(void **state)
{
    (void)state;
    static const char *const same[][2] = {
        { "ERDOĞAN", "erdogan" }, { "Erdoğan", "Erdogan" }, { "Åse Øst Łódź Đà", "ase ost lodz da" },
        { "Straße STRASSE", "strasse straße" }, { "Ærø œuvre Þór", "aero oeuvre thor" },
        { "ISTANBUL İstanbul ısı", "istanbul istanbul isi" }, { "don’t", "dont" }, { "don`t", "don't" },
        { "Hawaiʻi", "Hawaii" }, { "é", "e\xcc\x81" }, { "ﬁne ﬂow", "fine flow" },
        { "ＡＢＣ １２３", "abc 123" }, { "ｶﾞｷﾞ", "ガギ" }, { "ёлка Ёлка", "елка ЕЛКА" },
        { "Σίσυφος", "ΣΊΣΥΦΟΣ" }, { "٢٠٢٤ ۲۰۲۴ २०२४", "2024 2024 2024" }, { "١٬٠٠٠", "1,000" },
        { "أحمد إلى آخر ٱلله", "احمد الي اخر الله" }, { "علي", "على" }, { "علي", "علی" },
        { "كتاب", "کتاب" }, { "مدرسة", "مدرسه" }, { "مـــحمد", "محمد" }, { "مُحَمَّد", "محمد" },
        { "می‌خواهم", "میخواهم" }, { "각", "\xe1\x84\x80\xe1\x85\xa1\xe1\x86\xa8" },
        { "가 나", "\xe1\x84\x80\xe1\x85\xa1 \xe1\x84\x82\xe1\x85\xa1" }, { "①㎏", "1kg" },
        { "10,000", "10000" }, { "\xef\xbb\xbf" "x", "x" }, { "a\xe2\x80\xaf" "b", "a b" },
        { "Apple™", "Apple" }, { "ﷺ", "صلىاللهعليهوسلم" }, { "中文", "中 文" },
        { "e\xe2\x83\xa3", "e" }, { "ﻻ", "لا" }, { "Д’Артаньян", "дартаньян" }, { "ﬀ", "ff" },
    };
    static const char *const differ[][2] = {
        { "a b", "ab" }, { "1 2", "12" }, { "क", "कि" }, { "का", "की" }, { "a", "b" }, { "x-y", "xy" },
        { "о", "o" }, { "1'000", "1000" }, { "각", "가" }, { "ক", "কি" }, { "さ", "サ" },
    };

    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        check_same(same[i][0], same[i][1]);
    for (size_t i = 0; i < sizeof differ / sizeof *differ; i++)
        check_differ(differ[i][0], differ[i][1]);
}

/* Values for ever: whoever breaks this raises DUP_FINGERPRINT_VERSION. */
static void test_known_hashes(void **state)
{
    (void)state;
    static const struct { const char *word; uint32_t hash; } known[] = {
        { "a", 0x0f9a90b7 },
        { "the", 0xf3044f13 },
        { "agency", 0x32c2bd53 },
        { "internationally", 0x1a196e3c },
        { "2024", 0x85268d8a },
        { "Россия", 0x2eacfdd6 },
        { "السلام", 0x7c003954 },
        { "नमस्ते", 0x6f1e4b50 },
        { "한국", 0xaeab6baa },
        { "国", 0x8dc462c3 },
        { "ข", 0xd947be7c },
        { "Donaudampfschifffahrtsgesellschaftskapitän", 0x6bcd1a9f },
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct dup_tokens t = tokens_of(known[i].word, strlen(known[i].word));
        assert_int_equal(t.n, 1);
        if (t.hash[0] != known[i].hash)
            fail_msg("%s: 0x%08x", known[i].word, t.hash[0]);
        free_tokens(&t);
    }
}

static void test_secret(void **state)
{
    struct dup_secret a, b;
    unsigned seen[256] = { 0 }, distinct = 0;

    (void)state;
    assert_int_equal(dup_secret_derive(&a, "", 0), DUP_EINVAL);
    assert_int_equal(dup_secret_derive(&a, NULL, 3), DUP_EINVAL);
    assert_int_equal(dup_secret_derive(&a, "seed", 4), 0);
    assert_int_equal(dup_secret_derive(&b, "seed", 4), 0);
    assert_memory_equal(&a, &b, sizeof a);
    assert_int_equal(dup_secret_derive(&b, "seee", 4), 0);
    for (size_t i = 0; i < DUP_SECRET_SIZE; i += 8)
        assert_memory_not_equal(a.bytes + i, b.bytes + i, 8);
    for (size_t i = 0; i < DUP_SECRET_SIZE; i++)
        distinct += seen[a.bytes[i]]++ == 0;
    assert_true(distinct > 110); /* 135 of 256 expected of random bytes */
    dup_secret_default(&b);
    assert_int_equal(XXH64(b.bytes, sizeof b.bytes, 0), UINT64_C(0x9fd8023104a86c98));

    struct dup_tokens t = new_tokens(64), u = new_tokens(64);
    assert_int_equal(dup_tokenize(&a, "word", 4, &t, NULL), 0);
    assert_int_equal(dup_tokenize(&b, "word", 4, &u, NULL), 0);
    assert_int_not_equal(t.hash[0], u.hash[0]);
    free_tokens(&t);
    free_tokens(&u);
}

/* Checks the tokeniser against the reference, quotations apart; then, for
 * short texts, again with a cap so tight that the fast gait has no room. */
static void check_reference(const char *text, size_t len)
{
    struct dup_tokens expected = new_tokens(len + 1), got = tokens_of(text, len);

    ref_tokenize(&secret, text, len, &expected);
    int same = got.n == expected.n;
    for (size_t i = 0; same && i < got.n; i++)
        same = got.hash[i] == expected.hash[i] && got.begin[i] == expected.begin[i] &&
               got.end[i] == expected.end[i] &&
               (got.flags[i] & ~DUP_TOKEN_QUOTED) == expected.flags[i];
    if (!same) {
        static char a[MIB], b[MIB];
        describe(&got, text, a);
        describe(&expected, text, b);
        fail_msg("\"%.*s\":\ngot      %s\nexpected %s", (int)len, text, a, b);
    }

    struct dup_tokens tight = new_tokens(got.n);
    assert_int_equal(dup_tokenize(&secret, text, len, &tight, NULL), 0);
    assert_int_equal(tight.n, got.n);
    assert_memory_equal(tight.hash, got.hash, got.n * sizeof *got.hash);
    assert_memory_equal(tight.begin, got.begin, got.n * sizeof *got.begin);
    assert_memory_equal(tight.end, got.end, got.n * sizeof *got.end);
    for (size_t i = 0; i < got.n; i++)
        if (tight.flags[i] != got.flags[i])
            fail_msg("\"%.*s\": token %zu has flags %u in one gait, %u in the other", (int)len, text,
                     i, got.flags[i], tight.flags[i]);
    free_tokens(&tight);
    free_tokens(&got);
    free_tokens(&expected);
}

static void test_every_code_point(void **state)
{
    (void)state;
    for (int32_t c = 0; c <= 0x10ffff; c++) {
        if (c >= 0xd800 && c <= 0xdfff)
            continue;
        if (c == 0x20100)
            c = 0x2f700; /* Han ext. B to F are one rule */
        if (c == 0x31400)
            c = 0xdff00;
        if (c == 0xe1100)
            c = 0x10ff00;
        static const char *const beside[] = { "Ab", "1 b", "2. ", "2", "" };
        char text[64];
        unsigned char u[4];
        size_t n = 0, size = (size_t)utf8proc_encode_char(c, u);
        for (int k = 0; k < 5; k++) {
            memcpy(text + n, beside[k], strlen(beside[k]));
            n += strlen(beside[k]);
            memcpy(text + n, u, size);
            n += size;
        }
        check_reference(text, n);
    }
}

static uint64_t random_state = 0x9e3779b97f4a7c15u;

static unsigned draw(unsigned below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned)((random_state >> 11) % below);
}

static const char *const pieces[] = {
    "À", "À'", /* its last byte is the least above ASCII */
    "a", "b", "the", "News", "X", "7", "42", " ", " ", " ", " ", " ", " ", ".", ",", "'", "’", "`", "‘",
    "\"", "“", "”", "«", "»", "„", "\n", "\r\n", "\t", "!", "?", "…", "(", ")", "]", "-", "—", "/", "é",
    "É", "ß", "ø", "ŉ", "İ", "ﬁ", "e\xcc\x81", "\xcc\x81", "\xc2\xad", "\xe2\x80\x8d", "\xe2\x80\x8b",
    "\xc2\xa0", "\xe2\x80\xa8", "Привет", "ж", "Ё", "ا", "أ", "ـ", "٣", "٬", "क", "ि", "़", "\xe0\xa5\x8d",
    "中", "文", "。", "，", "！", "か", "ガ", "ｶ", "ﾞ", "ー", "ก", "่", "ั", "၁", "ᄀ", "ᅡ", "ᆨ", "가", "각", "ㄱ",
    "㈎", "①", "½", "㎏", "ﷺ", "™", "😀", "𝔸", "𠀀", "\xef\xb7\xba", "word", "longer", "Agency", "one two",
    "x. Y", "don't", "10,000", "averyveryverylongwordthatgoesonandonforlongerthanablockofsixtyfourbytes",
    "длинноеидлинноеслово" "котороенекончается" "длинноеидлинноеслово" "котороенекончается"
    "длинноеидлинноеслово" "котороенекончается" "длинноеидлинноеслово" "котороенекончается",
    "\x01", "\x7f", "~", "_", "ʻ", "（", "）", "「", "」", "３", "．",
};

static void test_random_texts(void **state)
{
    char text[2048];

    (void)state;
    for (int round = 0; round < 30000; round++) {
        unsigned n = draw(round % 8 == 0 ? 60 : 14), ascii = draw(3);
        size_t len = 0;
        while (n-- > 0) {
            unsigned i = draw(sizeof pieces / sizeof *pieces);
            while (ascii && (unsigned char)pieces[i][0] >= 0x80 && draw(8))
                i = draw(sizeof pieces / sizeof *pieces);
            memcpy(text + len, pieces[i], strlen(pieces[i]));
            len += strlen(pieces[i]);
        }
        check_reference(text, len);
    }
}

static void check_offset(const unsigned char *text, size_t len)
{
    struct dup_tokens t = new_tokens(dup_tokens_max(len));
    size_t bad = ref_first_bad(text, len), got = SIZE_MAX, checked = SIZE_MAX;
    int expected = bad < len ? DUP_EUTF8 : 0;

    t.n = 77;
    assert_int_equal(dup_tokenize(&secret, (const char *)text, len, &t, &got), expected);
    assert_int_equal(dup_utf8_check((const char *)text, len, &checked), expected);
    if (expected) {
        assert_int_equal(got, bad);
        assert_int_equal(checked, bad);
        assert_int_equal(t.n, 77);
    } else {
        assert_true(got == SIZE_MAX && checked == SIZE_MAX);
    }
    free_tokens(&t);
}

static void test_utf8_vectors(void **state)
{
    static const struct { const char *bytes; size_t bad; } vectors[] = {
        { "\x80", 0 }, { "a\xbf", 1 }, { "\xc0\x80", 0 }, { "\xc1\xbf", 0 }, { "\xc3", 0 }, { "ab\xc3(", 2 },
        { "\xe0\x80\x80", 0 }, { "\xe0\x9f\xbf", 0 }, { "é\xe2\x82", 2 }, { "\xe2\x28\xa1", 0 },
        { "\xed\xa0\x80", 0 }, { "\xed\xbf\xbf", 0 }, { "\xf0\x80\x80\x80", 0 }, { "\xf0\x8f\xbf\xbf", 0 },
        { "\xf0\x9f\x98", 0 }, { "x\xf4\x90\x80\x80", 1 }, { "\xf5\x80\x80\x80", 0 }, { "\xff", 0 },
        { "\xfe", 0 }, { "中文\xe4\xb8", 6 }, { "\xf8\x88\x80\x80\x80", 0 },
    };
    static const char *const good[] = {
        "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf",
        "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf",
    };

    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        /* Wherever the vector stands, in words or between them, at the end or not. */
        for (size_t before = 0; before < 200; before++)
            for (int after = 0; after < 3; after++) {
                size_t n = strlen(vectors[i].bytes), len = before + n + (size_t)after * 40;
                unsigned char *text = malloc(len);
                for (size_t k = 0; k < len; k++)
                    text[k] = k % 7 == 3 ? ' ' : 'a';
                memcpy(text + before, vectors[i].bytes, n);
                size_t bad = SIZE_MAX;
                assert_int_equal(dup_utf8_check((char *)text, len, &bad), DUP_EUTF8);
                assert_int_equal(bad, before + vectors[i].bad);
                check_offset(text, len);
                free(text);
            }
    }
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(dup_utf8_check(good[i], strlen(good[i]), NULL), 0);
    assert_int_equal(dup_utf8_check("\xff", 1, NULL), DUP_EUTF8);
}

static void test_utf8_against_grammar(void **state)
{
    static const unsigned char edges[] = {
        0x00, 0x20, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0,
        0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff,
    };
    size_t n = sizeof edges;

    (void)state;
    for (size_t i = 0; i < n * n * n * n; i++) {
        unsigned char *text = malloc(4);
        text[0] = edges[i % n];
        text[1] = edges[i / n % n];
        text[2] = edges[i / n / n % n];
        text[3] = edges[i / n / n / n];
        for (size_t len = i % 97 ? 4 : 1; len <= 4; len++)
            check_offset(text, len);
        free(text);
    }
}

static void test_too_big(void **state)
{
    static const char *const texts[] = {
        "one", "one two", "a b c d e f g h i j k l m n o p q r s t u v w x y z a b c d e f g h i j k l m n",
        "中文字", "a中b中", "один два три", "don't stop",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        size_t len = strlen(texts[i]);
        struct dup_tokens whole = tokens_of(texts[i], len);
        assert_true(whole.n <= len / 2 + 1);
        for (size_t cap = 0; cap < whole.n + 3; cap++) {
            struct dup_tokens t = new_tokens(cap);
            t.n = 99;
            int rc = dup_tokenize(&secret, texts[i], len, &t, NULL);
            assert_int_equal(rc, cap < whole.n ? DUP_ETOOBIG : 0);
            assert_int_equal(t.n, cap < whole.n ? 99 : whole.n);
            free_tokens(&t);
        }
        free_tokens(&whole);
    }
    struct dup_tokens t = new_tokens(1);
    assert_int_equal(dup_tokenize(&secret, "x", (size_t)1 << 31, &t, NULL), DUP_ETOOBIG);
    free_tokens(&t);
}

/* A mebibyte of one piece over and over takes time and memory in proportion to its length. */
static struct dup_tokens repeated(const char *piece)
{
    size_t n = strlen(piece), len = MIB / n * n;
    char *text = malloc(len);

    for (size_t p = 0; p < len; p += n)
        memcpy(text + p, piece, n);
    struct dup_tokens t = tokens_of(text, len);
    assert_true(t.n <= len / 2 + 1);
    free(text);
    return t;
}

static void test_hostile_repetition(void **state)
{
    static const struct { const char *piece, *folded; size_t n; } cases[] = {
        { "a", "a", 1 }, { "É", "e", 1 }, { "a'", "a", 1 }, { "1,", "1", 1 }, { "Ж", "ж", 1 },
        { "a\xc2\xad", "a", 1 }, { "\xc2\xad", "", 0 }, { "'", "", 0 }, { "“", "", 0 }, { "\"", "", 0 },
        { ".", "", 0 }, { ". ", "", 0 }, { "\n", "", 0 }, { "क", "क", 1 }, { "\xe1\x84\x80\xe1\x85\xa1", "가", 1 },
        { "a ", "a", MIB / 2 }, { "中", "中", MIB / 3 }, { "“a ", "a", MIB / 5 }, { "\"a ", "a", MIB / 3 },
        { "‘a’", "a", MIB / 7 }, { "ﷺ", "صلياللهعليهوسلم", 1 }, { "a'\xc2\xad", "a", 1 },
        { ".\"", "", 0 }, { "a.)", "a", MIB / 3 }, { " \"a\"\n", "a", MIB / 5 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dup_tokens t = repeated(cases[i].piece);
        if (t.n != cases[i].n)
            fail_msg("case %zu: %zu tokens, expected %zu", i, t.n, cases[i].n);
        size_t n = strlen(cases[i].folded), count = MIB / strlen(cases[i].piece);
        if (n > 0) {
            size_t times = t.n == 1 ? count : 1;
            char *word = malloc(n * times);
            for (size_t k = 0; k < times; k++)
                memcpy(word + k * n, cases[i].folded, n);
            uint32_t hash = (uint32_t)XXH3_64bits_withSecret(word, n * times, secret.bytes, DUP_SECRET_SIZE);
            if (t.hash[0] != hash || t.hash[t.n - 1] != hash)
                fail_msg("case %zu: wrong hash", i);
            free(word);
        }
        free_tokens(&t);
    }
}

static void test_lengths_of_words(void **state)
{
    (void)state;
    /* Around the sizes at which buffers and the hash change their ways. */
    for (size_t n = 1; n < 700; n++) {
        char ascii[700], wide[2100];
        for (size_t i = 0; i < n; i++) {
            ascii[i] = (char)('A' + i * 7 % 26);
            memcpy(wide + 3 * i, i % 5 == 4 ? "\xe1\x86\xa8" : "가", 3);
        }
        check_reference(ascii, n);
        check_reference(wide, 3 * n);
    }
}

static int setup(void **state)
{
    (void)state;
    dup_secret_default(&secret);
    return dup_text_setup() || dup_text_setup();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_sentences_and_lines),
        cmocka_unit_test(test_quotations),
        cmocka_unit_test(test_equal_forms),
        cmocka_unit_test(test_known_hashes),
        cmocka_unit_test(test_secret),
        cmocka_unit_test(test_every_code_point),
        cmocka_unit_test(test_random_texts),
        cmocka_unit_test(test_utf8_vectors),
        cmocka_unit_test(test_utf8_against_grammar),
        cmocka_unit_test(test_too_big),
        cmocka_unit_test(test_hostile_repetition),
        cmocka_unit_test(test_lengths_of_words),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
