/*
 * Goal: shingles, SimHash, MinHash and winnowed values are what the papers
 * say, keep the guarantees that the index is built on, and stay the same for
 * ever.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dup/error.h"
#include "dup/fingerprint.h"
#include "reference_fingerprint.h"

#define MANY 4096

static struct dup_secret secret;
static uint64_t random_state = 0xd1b54a32d192ed03u;

static uint64_t draw64(void)
{
    /* splitmix64 */
    uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static unsigned draw(unsigned below)
{
    return (unsigned)(draw64() % below);
}

static void *exactly(size_t n, size_t size)
{
    void *p = malloc(n * size + (n == 0));
    assert_non_null(p);
    return p;
}

/* A text's tokens and all its fingerprints. */
struct prints {
    uint32_t hash[MANY], begin[MANY], end[MANY], positions[MANY], signature[DUP_LANES];
    uint8_t flags[MANY];
    uint64_t shingles[MANY], values[MANY];
    struct dup_tokens t;
    size_t shingles_n, values_n;
    uint64_t simhash, text_hash;
};

static void print_text(struct prints *p, const char *text)
{
    p->t = (struct dup_tokens){ p->hash, p->begin, p->end, p->flags, 0, MANY };
    assert_int_equal(dup_tokenize(&secret, text, strlen(text), &p->t, NULL), 0);
    p->shingles_n = dup_shingles(&secret, &p->t, p->shingles);
    p->simhash = dup_simhash(p->shingles, p->shingles_n);
    dup_minhash(p->shingles, p->shingles_n, p->signature);
    p->values_n = dup_winnow(p->shingles, p->shingles_n, p->values, p->positions);
    p->text_hash = dup_text_hash(&secret, &p->t);
}

/* Appends n made-up words with a space after each; returns the new length. */
static size_t put_words(char *text, size_t len, unsigned n)
{
    while (n-- > 0) {
        for (unsigned letters = 2 + draw(8); letters > 0; letters--)
            text[len++] = (char)('a' + draw(26));
        text[len++] = ' ';
    }
    text[len] = 0;
    return len;
}

static void test_shingles(void **state)
{
    (void)state;
    for (int round = 0; round < 3000; round++) {
        size_t n = round < 40 ? (size_t)round : draw(120);
        unsigned chars = draw(4);
        struct dup_tokens t = { .n = n, .hash = exactly(n, 4), .flags = exactly(n, 1) };
        for (size_t i = 0; i < n; i++) {
            t.hash[i] = (uint32_t)draw64();
            t.flags[i] = (uint8_t)(draw(64) & ~(unsigned)DUP_TOKEN_CHAR);
            if (chars == 3 || (chars > 0 && draw(chars + 1) == 0))
                t.flags[i] |= DUP_TOKEN_CHAR;
        }
        uint64_t *got = exactly(n, sizeof *got), *expected = exactly(n, sizeof *expected);
        size_t count = dup_shingles(&secret, &t, got);
        assert_int_equal(count, ref_shingles(&secret, &t, expected));
        assert_memory_equal(got, expected, count * sizeof *got);
        free(got);
        free(expected);
        free(t.hash);
        free(t.flags);
    }
}

static void test_simhash_and_winnow(void **state)
{
    (void)state;
    for (int round = 0; round < 6000; round++) {
        size_t n = round < 200 ? (size_t)round : draw(200);
        uint64_t *v = exactly(n, sizeof *v);
        unsigned kind = draw(6), spread = 1 + draw(6);
        for (size_t i = 0; i < n; i++)
            v[i] = kind == 0   ? draw(spread)                 /* many ties */
                   : kind == 1 ? i                            /* ascending: each window drops its least */
                   : kind == 2 ? 1000 - i                     /* descending: each shingle is a new least */
                   : kind == 3 ? UINT64_MAX - draw(2)         /* the largest there are */
                               : draw64();
        assert_int_equal(dup_simhash(v, n), ref_simhash(v, n));

        uint64_t *values = exactly(n, sizeof *values), *expected = exactly(n, sizeof *expected);
        uint32_t *positions = exactly(n, 4), *expected_at = exactly(n, 4);
        size_t count = dup_winnow(v, n, values, positions);
        assert_int_equal(count, ref_winnow(v, n, expected, expected_at));
        assert_memory_equal(values, expected, count * sizeof *values);
        assert_memory_equal(positions, expected_at, count * sizeof *positions);
        free(v);
        free(values);
        free(expected);
        free(positions);
        free(expected_at);
    }
}

static void test_minhash_lanes(void **state)
{
    (void)state;
    for (int round = 0; round < 2000; round++) {
        size_t n = round < 300 ? (size_t)round : draw(900);
        uint64_t *v = exactly(n, sizeof *v);
        uint32_t lanes[DUP_LANES], signature[DUP_LANES];
        for (size_t i = 0; i < n; i++)
            v[i] = draw(20) ? draw64() : draw64() | UINT32_MAX;
        ref_lanes(v, n, lanes);
        dup_minhash(v, n, signature);
        for (unsigned i = 0; i < DUP_LANES; i++) {
            unsigned from = 0;
            if (lanes[i] != UINT32_MAX || n == 0) {
                assert_int_equal(signature[i], lanes[i]);
                continue;
            }
            /* An empty lane has the value of some lane that is not. */
            while (from < DUP_LANES && (lanes[from] == UINT32_MAX || lanes[from] != signature[i]))
                from++;
            assert_true(from < DUP_LANES);
        }
        assert_true(n == 0 || dup_minhash_resemblance(signature, signature) == 1.0);
        free(v);
    }
}

static void test_minhash_of_nothing(void **state)
{
    uint32_t nothing[DUP_LANES], one[DUP_LANES];
    uint64_t value = 42, largest = UINT64_MAX;

    (void)state;
    dup_minhash(NULL, 0, nothing);
    for (unsigned i = 0; i < DUP_LANES; i++)
        assert_int_equal(nothing[i], UINT32_MAX);
    dup_minhash(&value, 1, one);
    for (unsigned i = 0; i < DUP_LANES; i++)
        assert_int_equal(one[i], 42);
    assert_true(dup_minhash_resemblance(nothing, nothing) == 0.0);
    assert_true(dup_minhash_resemblance(nothing, one) == 0.0);
    assert_true(dup_minhash_resemblance(one, nothing) == 0.0);
    dup_minhash(&largest, 1, one);
    for (unsigned i = 0; i < DUP_LANES; i++)
        assert_int_equal(one[i], UINT32_MAX - 1);
    assert_true(dup_minhash_resemblance(one, one) == 1.0);
}

/* Resemblance of two random sets with both in common and only in each. */
static double estimate(unsigned both, unsigned only)
{
    uint64_t a[MANY], b[MANY];
    uint32_t x[DUP_LANES], y[DUP_LANES];

    for (unsigned i = 0; i < both + only; i++) {
        a[i] = draw64();
        b[i] = i < both ? a[i] : draw64();
    }
    dup_minhash(a, both + only, x);
    dup_minhash(b, both + only, y);
    return dup_minhash_resemblance(x, y);
}

static void test_minhash_estimate(void **state)
{
    static const struct { unsigned both, only; } cases[] = {
        { 900, 50 }, { 600, 200 }, { 500, 250 }, { 300, 350 }, { 100, 450 }, { 500, 500 },
        { 40, 10 }, { 20, 20 }, { 8, 4 }, { 0, 300 },
    };

    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        enum { PAIRS = 1500 };
        double both = cases[k].both, all = both + 2.0 * cases[k].only, j = both / all;
        double sum = 0, squares = 0;
        for (int i = 0; i < PAIRS; i++) {
            double e = estimate(cases[k].both, cases[k].only);
            sum += e;
            squares += (e - j) * (e - j);
        }
        double theory = sqrt(j * (1 - j) / DUP_LANES), error = sqrt(squares / PAIRS);
        double bias = sum / PAIRS - j;
        if (fabs(bias) > 4 * error / sqrt(PAIRS) + 1e-9)
            fail_msg("resemblance %.3f of %.0f: bias %.4f", j, all, bias);
        /* Full lanes: like independent permutations, or better, since lanes draw without
         * putting back. Few shingles: lanes repeat one another, and it cannot be as good. */
        double least = all > 600 ? 0.80 : 0.9, most = all > 600 ? 1.1 : 2.6;
        if (j > 0 && (error < least * theory || error > most * theory))
            fail_msg("resemblance %.3f of %.0f: error %.4f, theory %.4f", j, all, error, theory);
        if (j == 0)
            assert_true(error == 0);
    }
}

/* The lanes of few shingles are filled from different ones: each serves about as many. */
static void test_densification_spreads(void **state)
{
    double squares = 0;

    (void)state;
    for (int round = 0; round < 400; round++) {
        uint64_t v[8];
        uint32_t signature[DUP_LANES];
        for (uint64_t i = 0; i < 8; i++)
            v[i] = (i * 16 + draw(16)) << 57 | i;
        dup_minhash(v, 8, signature);
        for (uint32_t i = 0; i < 8; i++) {
            int served = 0;
            for (unsigned k = 0; k < DUP_LANES; k++)
                served += signature[k] == i;
            squares += (served - 16.0) * (served - 16.0);
        }
    }
    /* 120 lanes choose among 8: variance 120 * 1/8 * 7/8 = 13.1. */
    assert_true(squares / (400 * 8) > 11 && squares / (400 * 8) < 15.5);
}

static int share_a_value(const struct prints *a, const struct prints *b)
{
    for (size_t i = 0; i < a->values_n; i++)
        for (size_t k = 0; k < b->values_n; k++)
            if (a->values[i] == b->values[k])
                return 1;
    return 0;
}

/* Two texts that share `words` words in a row, at the edges or within. */
static int shares(unsigned words, struct prints *a, struct prints *b)
{
    static char x[MANY * 4], y[MANY * 4], common[MANY];
    unsigned sides = draw(16);

    put_words(common, 0, words);
    size_t n = put_words(x, 0, sides & 1 ? draw(40) : 0), m = put_words(y, 0, sides & 2 ? draw(40) : 0);
    n += (size_t)sprintf(x + n, "%s", common);
    m += (size_t)sprintf(y + m, "%s", common);
    put_words(x, n, sides & 4 ? draw(40) : 0);
    put_words(y, m, sides & 8 ? draw(40) : 0);
    print_text(a, x);
    print_text(b, y);
    return share_a_value(a, b);
}

static void test_guarantee(void **state)
{
    static struct prints a, b;
    int fewer = 0;

    (void)state;
    assert_int_equal(DUP_GUARANTEE, 19);
    for (int round = 0; round < 4000; round++) {
        assert_true(shares(DUP_GUARANTEE, &a, &b));
        /* Five words are no shingle, unless they are all of both texts. */
        int shared = shares(DUP_SHINGLE_WORDS - 1, &a, &b);
        assert_int_equal(shared, a.t.n < DUP_SHINGLE_WORDS && b.t.n < DUP_SHINGLE_WORDS);
    }
    for (int round = 0; round < 4000; round++)
        fewer += shares(DUP_GUARANTEE - 1, &a, &b);
    assert_true(fewer < 4000); /* one word less is no guarantee */
}

static void test_density(void **state)
{
    enum { N = 200000 };
    uint64_t *v = exactly(N, sizeof *v), *values = exactly(N, sizeof *values);
    uint32_t *positions = exactly(N, sizeof *positions);

    (void)state;
    for (size_t i = 0; i < N; i++)
        v[i] = draw64();
    double density = (double)dup_winnow(v, N, values, positions) / N;
    assert_true(fabs(density - 2.0 / (DUP_WINDOW + 1)) < 0.002);
    free(v);
    free(values);
    free(positions);
}

static void test_simhash_distance(void **state)
{
    static struct prints a, b, c;
    static char text[MANY * 4], other[MANY * 4];
    int near = 0, far = 0;

    (void)state;
    for (int round = 0; round < 100; round++) {
        put_words(text, 0, 400);
        put_words(other, 0, 400);
        print_text(&a, text);
        char *word = strchr(text + strlen(text) / 2, ' ') + 1;
        *word = (char)(*word == 'z' ? 'a' : *word + 1);
        print_text(&b, text);
        print_text(&c, other);
        int distance = __builtin_popcountll(a.simhash ^ b.simhash);
        assert_true(distance <= 14);
        near += distance;
        far += __builtin_popcountll(a.simhash ^ c.simhash);
    }
    /* 6 of 395 shingles: the angle is acos(1 - 6/395), 3.6 of 64 bits. */
    assert_true(near > 200 && near < 500);
    assert_true(far > 3000 && far < 3400);
}

static void test_same_after_normalising(void **state)
{
    static struct prints a, b;

    (void)state;
    print_text(&a, "LONDON (Reuters) - Turkey's Erdoğan said: “It won’t be 10,000.”");
    print_text(&b, "london reuters\nturkeys, erdogan said it wont be 10000");
    assert_int_equal(a.text_hash, b.text_hash);
    assert_int_equal(a.simhash, b.simhash);
    assert_memory_equal(a.signature, b.signature, sizeof a.signature);
    assert_int_equal(a.values_n, 1);
    assert_int_equal(a.values[0], b.values[0]);
    print_text(&b, "reuters london turkeys erdogan said it wont be 10000");
    assert_int_not_equal(a.text_hash, b.text_hash);
    print_text(&b, "london reuters turkeys erdogan said it wont be");
    assert_int_not_equal(a.text_hash, b.text_hash);
}

static void test_short_texts(void **state)
{
    static struct prints p;

    (void)state;
    print_text(&p, "");
    assert_int_equal(p.shingles_n, 0);
    assert_int_equal(p.values_n, 0);
    assert_int_equal(p.simhash, 0);
    assert_int_equal(p.signature[0], UINT32_MAX);
    print_text(&p, "Word");
    assert_int_equal(p.shingles_n, 1);
    assert_int_equal(p.values_n, 1);
    assert_int_equal(p.positions[0], 0);
    assert_int_equal(p.simhash, p.shingles[0]);
    print_text(&p, "one two three four five six");
    assert_int_equal(p.shingles_n, 1);
    print_text(&p, "one two three four five six seven");
    assert_int_equal(p.shingles_n, 2);
    print_text(&p, "一二三四五六七八九十百千");
    assert_int_equal(p.shingles_n, 1);
    print_text(&p, "一二三四五六七八九十百千万");
    assert_int_equal(p.shingles_n, 2);
    print_text(&p, "one 一二 three four 三四 six 五六");
    assert_int_equal(p.shingles_n, 2);
}

static void test_one_letter(void **state)
{
    enum { N = 1 << 20 };
    char *text = exactly(N, 1);
    static struct prints p;

    (void)state;
    memset(text, 'x', N);
    text[N - 1] = 0;
    print_text(&p, text);
    assert_int_equal(p.t.n, 1);
    assert_int_equal(p.values_n, 1);
    free(text);

    /* The same word over and over: the rightmost of equals, so one a window's step. */
    char words[2 * 1000 + 1];
    for (size_t i = 0; i < 1000; i++)
        memcpy(words + 2 * i, "x ", 3);
    print_text(&p, words);
    assert_int_equal(p.shingles_n, 995);
    assert_int_equal(p.values_n, 995 - DUP_WINDOW + 1);
    assert_int_equal(p.positions[0], DUP_WINDOW - 1);
    assert_int_equal(p.simhash, p.shingles[0]);
}

/* Values for ever: whoever breaks this raises DUP_FINGERPRINT_VERSION. */
static void test_known_values(void **state)
{
    static const struct {
        const char *text;
        uint64_t text_hash, simhash, first, last, signature;
        size_t values;
    } known[] = {
        { "The prime minister said on Tuesday that the government would not raise taxes before the "
          "election, despite warnings from the central bank that the deficit was growing faster "
          "than expected.",
          0xc72d79792f77d6f3, 0x9e3382dd239d2c15, 0x091aa2cd453480de,
          0x02463258e4ace679, 0x8ced4babf8c3ee6c, 4 },
        { "Премьер-министр заявил во вторник, что правительство не будет повышать налоги до выборов, "
          "несмотря на предупреждения центрального банка о росте дефицита.",
          0xb38f199adb0a373a, 0x3cab727665d9188e, 0x15aef6f2eddcf85e,
          0x15aef6f2eddcf85e, 0xa9cd3bba3d60d247, 1 },
        { "قال رئيس الوزراء يوم الثلاثاء إن الحكومة لن ترفع الضرائب قبل الانتخابات رغم تحذيرات البنك المركزي",
          0x38ca34dffdcce074, 0xefc3024f61f5a53b, 0x0fc3584bebfc312a,
          0x0fc3584bebfc312a, 0xc81952e0d4d4a7bd, 1 },
        { "प्रधानमंत्री ने मंगलवार को कहा कि सरकार चुनाव से पहले कर नहीं बढ़ाएगी",
          0xed221141154ef049, 0x02113d261dc054a3, 0x1281fe2e7ce0e4eb,
          0x1281fe2e7ce0e4eb, 0xeb88da28cec7da14, 1 },
        { "首相周二表示，尽管央行警告赤字增长快于预期，政府在选举前不会加税。",
          0x0f028d2988bb5564, 0xaefa33cc9eb23256, 0x2c4f71663f8a4a7a,
          0x2c4f71663f8a4a7a, 0xb29d3e86fc799726, 1 },
        { "首相は火曜日、中央銀行の警告にもかかわらず、選挙前に増税しないと述べた。",
          0x06f53bcdfc041887, 0xa8655a0843ecb08a, 0x1d3f62ab3977b507,
          0x1d3f62ab3977b507, 0xcbf30bc371f70902, 1 },
        { "총리는 화요일 중앙은행의 경고에도 불구하고 선거 전에 세금을 올리지 않겠다고 말했다",
          0xd88a5c27cdbdfec4, 0x2026458209740f3c, 0x22326d300b778dcc,
          0x22326d300b778dcc, 0x448d618a779932cd, 1 },
    };
    static struct prints p;
    int bad = 0;

    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        print_text(&p, known[i].text);
        uint64_t signature = XXH64(p.signature, sizeof p.signature, 0);
        if (p.text_hash != known[i].text_hash || p.simhash != known[i].simhash ||
            p.values[0] != known[i].first || p.values[p.values_n - 1] != known[i].last ||
            signature != known[i].signature || p.values_n != known[i].values) {
            print_error("%zu: 0x%016llx, 0x%016llx,\n 0x%016llx, 0x%016llx,\n 0x%016llx, %zu\n", i,
                        (unsigned long long)p.text_hash, (unsigned long long)p.simhash,
                        (unsigned long long)p.values[0],
                        (unsigned long long)p.values[p.values_n - 1],
                        (unsigned long long)signature, p.values_n);
            bad++;
        }
    }
    assert_int_equal(bad, 0);
}

static int setup(void **state)
{
    (void)state;
    dup_secret_default(&secret);
    return dup_text_setup();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shingles),
        cmocka_unit_test(test_simhash_and_winnow),
        cmocka_unit_test(test_minhash_lanes),
        cmocka_unit_test(test_minhash_of_nothing),
        cmocka_unit_test(test_minhash_estimate),
        cmocka_unit_test(test_densification_spreads),
        cmocka_unit_test(test_guarantee),
        cmocka_unit_test(test_density),
        cmocka_unit_test(test_simhash_distance),
        cmocka_unit_test(test_same_after_normalising),
        cmocka_unit_test(test_short_texts),
        cmocka_unit_test(test_one_letter),
        cmocka_unit_test(test_known_values),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
