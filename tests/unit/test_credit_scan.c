/*
 * Goal: the scanner that credits are found with cuts a text as one would by hand, whatever stands at the
 * edges of the eight bytes that it takes at a time. Texts are drawn from pieces of which all is known, and
 * read piece by piece; the marks have a table of their own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/credit_scan.h"
#include "core/fold.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define PIECES 60

enum part { WORD = CREDIT_WORD, NUMBER = CREDIT_NUMBER, CHAR = CREDIT_CHAR, MARK = CREDIT_MARK, SPACE, LINE, NOTHING };

static const struct piece { const char *bytes; enum part part; int upper, caseless; const char *folded; char mark; } pieces[] = {
    {"a", WORD, 0, 0, "a", 0}, {"z", WORD, 0, 0, "z", 0}, {"A", WORD, 1, 0, "a", 0}, {"Z", WORD, 1, 0, "z", 0}, {"m", WORD, 0, 0, "m", 0},
    {"M", WORD, 1, 0, "m", 0}, {"0", NUMBER, 0, 0, "0", 0}, {"9", NUMBER, 0, 0, "9", 0}, {"é", WORD, 0, 0, "e", 0}, {"É", WORD, 1, 0, "e", 0},
    {"ß", WORD, 0, 0, "ss", 0}, {"я", WORD, 0, 0, "я", 0}, {"Я", WORD, 1, 0, "я", 0}, {"ạ", WORD, 0, 0, "a", 0}, {"Ạ", WORD, 1, 0, "a", 0},
    {"ع", WORD, 0, 1, "ع", 0}, {"अ", WORD, 0, 1, "अ", 0}, {"ﷺ", WORD, 0, 1, "صلياللهعليهوسلم", 0}, {"٣", NUMBER, 0, 0, "3", 0}, {"新", CHAR, 0, 0, "新", 0},
    {"ア", CHAR, 0, 0, "ア", 0}, {"\xc2\xad", NOTHING, 0, 0, "", 0}, {"\xff", MARK, 0, 0, "", '?'}, {"\xd0", MARK, 0, 0, "", '?'}, {"@", MARK, 0, 0, "", '@'},
    {"[", MARK, 0, 0, "", '['}, {"{", MARK, 0, 0, "", '['}, {"/", MARK, 0, 0, "", '/'}, {":", MARK, 0, 0, "", ':'}, {"—", MARK, 0, 0, "", '-'},
    {"（", MARK, 0, 0, "", '('}, {" ", SPACE, 0, 0, "", 0}, {"\t", SPACE, 0, 0, "", 0}, {"\xc2\xa0", SPACE, 0, 0, "", 0}, {"\n", LINE, 0, 0, "", 0},
    {"\xe2\x80\xa8", LINE, 0, 0, "", 0},
};

/* Folded words that were met, with their hashes. */
static struct { char folded[1024]; uint32_t hash; } met[20000];
static size_t n_met;
static uint64_t seed = 31;

static uint32_t draw(uint32_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((seed >> 33) % below);
}

static int setup(void **state)
{
    (void)state;
    return fold_setup();
}

/* One hash a folded word, and no two words of one. */
static void check_hash(const char *folded, uint32_t hash)
{
    assert_true(hash & 1);
    for (size_t i = 0; i < n_met; i++)
        assert_int_equal(strcmp(met[i].folded, folded) == 0, met[i].hash == hash);
    for (size_t i = 0; i < n_met; i++)
        if (met[i].hash == hash)
            return;
    assert_true(n_met < COUNT(met));
    snprintf(met[n_met].folded, sizeof met[0].folded, "%s", folded);
    met[n_met++].hash = hash;
}

static void check(const uint8_t *drawn, size_t n)
{
    struct credit_token want[PIECES], got[PIECES];
    static char text[1024], folded[PIECES][1024];
    unsigned letters[PIECES] = {0}, uppers[PIECES] = {0}, pending = CREDIT_LINE;
    size_t len = 7, tokens = 0; /* what stands before the stretch is not looked at */
    int open = 0;
    memset(text, 'x', len);
    for (size_t i = 0; i < n; i++) {
        const struct piece *piece = &pieces[drawn[i]];
        size_t size = strlen(piece->bytes);
        memcpy(text + len, piece->bytes, size + 1);
        if (piece->part == SPACE || piece->part == LINE) {
            pending |= CREDIT_SPACED | (piece->part == LINE ? CREDIT_LINE : 0);
            open = 0;
        } else if (piece->part != NOTHING) {
            int goes_on = piece->part == WORD || piece->part == NUMBER;
            if (!open || !goes_on) {
                unsigned flags = pending | (piece->part != WORD ? 0 : piece->upper ? CREDIT_UPPER : piece->caseless ? 0 : CREDIT_LOWER);
                want[tokens] = (struct credit_token){0, (uint32_t)len, 0, (uint8_t)piece->part, (uint8_t)flags, piece->mark};
                folded[tokens++][0] = '\0';
                pending = 0;
            }
            open = goes_on;
            letters[tokens - 1] += piece->part == WORD;
            uppers[tokens - 1] += (unsigned)piece->upper;
            want[tokens - 1].end = (uint32_t)(len + size);
            strcat(folded[tokens - 1], piece->folded);
        }
        len += size;
    }
    /* Bytes behind the stretch go on like it, and are not looked at either. */
    memset(text + len, 'a', 16);
    assert_int_equal(credit_scan(text, 7, len, got, PIECES), tokens);
    for (size_t i = 0; i < tokens; i++) {
        if (letters[i] > 1 && letters[i] == uppers[i])
            want[i].flags |= CREDIT_CAPS;
        assert_int_equal(got[i].begin, want[i].begin);
        assert_int_equal(got[i].end, want[i].end);
        assert_int_equal(got[i].kind, want[i].kind);
        assert_int_equal(got[i].flags, want[i].flags);
        assert_int_equal(got[i].mark, want[i].mark);
        if (got[i].kind == CREDIT_MARK)
            assert_int_equal(got[i].hash, 0);
        else
            check_hash(folded[i], got[i].hash);
    }
    size_t fewer = tokens ? draw((uint32_t)tokens) : 0; /* room for fewer: these, whole */
    struct credit_token some[PIECES];
    assert_int_equal(credit_scan(text, 7, len, some, fewer), fewer);
    for (size_t i = 0; i < fewer; i++)
        assert_true(some[i].hash == got[i].hash && some[i].begin == got[i].begin && some[i].end == got[i].end && some[i].flags == got[i].flags);
    /* The same in folded letters: other lengths, the same hashes. */
    struct credit_token plain[PIECES];
    len = 0;
    for (size_t i = 0; i < n; i++) {
        const struct piece *piece = &pieces[drawn[i]];
        len += (size_t)snprintf(text + len, sizeof text - len, "%s", piece->part <= CHAR || piece->part == NOTHING ? piece->folded : piece->bytes);
    }
    assert_int_equal(credit_scan(text, 0, len, plain, PIECES), tokens);
    for (size_t i = 0; i < tokens; i++)
        assert_int_equal(plain[i].hash, got[i].hash);
}

static void test_random_texts(void **state)
{
    (void)state;
    for (int round = 0; round < 1500; round++) {
        uint8_t drawn[PIECES];
        size_t n = draw(PIECES);
        for (size_t i = 0; i < n; i++) {
            drawn[i] = (uint8_t)(draw(3) ? draw(8) : draw(COUNT(pieces))); /* long ASCII words among the rest */
            if (strcmp(pieces[drawn[i]].bytes, "\xd0") == 0 && i + 1 == n)
                drawn[i] = 0;
            if (i && strcmp(pieces[drawn[i - 1]].bytes, "\xd0") == 0 && (unsigned char)pieces[drawn[i]].bytes[0] >= 0x80)
                drawn[i] = 0; /* a torn character stays torn */
        }
        check(drawn, n);
    }
}

static void test_marks(void **state)
{
    static const struct { const char *marks; char as; } cases[] = {
        {"(（", '('}, {")）", ')'}, {"[{【〔〈《［", '['}, {"]}】〕〉》］", ']'}, {"-_~‐‑‒–—―−－─", '-'}, {"\"«»“”„‟‹›「」『』＂", '"'},
        {"'`‘’‚‛ʼ＇′", '\''}, {".。．।۔", '.'}, {",，、،", ','}, {":：", ':'}, {";；؛", ';'}, {"/／", '/'}, {"|<>｜│", '|'}, {"=＝", '='},
        {"+＋", '+'}, {"&", '&'}, {"@", '@'}, {"*•·●■▶・", '*'}, {"©", '^'}, {"?!#$%^\\§€…", '?'},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct credit_token tokens[32];
        size_t len = strlen(cases[i].marks), n = credit_scan(cases[i].marks, 0, len, tokens, COUNT(tokens)), characters = 0;
        for (size_t k = 0; k < len; k++)
            characters += ((unsigned char)cases[i].marks[k] & 0xc0) != 0x80;
        if (n != characters)
            fail_msg("%s: %zu tokens", cases[i].marks, n);
        for (size_t k = 0; k < n; k++)
            if (tokens[k].kind != CREDIT_MARK || tokens[k].mark != cases[i].as)
                fail_msg("%s: number %zu is %c", cases[i].marks, k, tokens[k].mark);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_texts), cmocka_unit_test(test_marks)};
    return cmocka_run_group_tests(tests, setup, NULL);
}
