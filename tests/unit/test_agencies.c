/*
 * Goal: agencies.conf is read as written, whatever is doubtful in it is refused with the line of the
 * mistake, and the longest name at a word is the one that is found. Tables are small and invented.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/agencies.h"
#include "dup/error.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct dup_agencies *read_table(const char *text)
{
    char message[256] = "";
    struct dup_agencies *table = NULL;
    if (dup_agencies_parse(text, strlen(text), message, sizeof message, &table) != 0)
        fail_msg("%s", message);
    return table;
}

static void test_mistakes(void **state)
{
    static const char *const cases[][2] = {
        {"", "line 1: the table is empty"},
        {"# nothing\n[A]\n", "line 3: the table is empty"},
        {"[A]\nname = Alpha\n[A]\n", "line 3: [A] is there twice"},
        {"[A+B]\nname = Alpha\n", "line 1: a short name has no + and no comma, as it stands in lists"},
        {"[A,B]\nname = Alpha\n", "line 1: a short name has no + and no comma, as it stands in lists"},
        {"[A]\nname = Alpha\n[B]\nname = Beta, ALPHA\n", "line 4: \"ALPHA\" names A already"},
        {"[A]\ncode = ALP\n[B]\ncode = ALP\n", "line 4: \"ALP\" names A already"},
        {"[A]\nname = Alp\n[B]\ncode = ALP\n", "line 4: \"ALP\" names A already"},
        {"[A]\nphrase = the alpha wire\n[B]\nphrase = The Alpha Wire\n", "line 4: \"The Alpha Wire\" names A already"},
        {"[A]\nname = ?!\n", "line 2: \"?!\" has no words, or too many"},
        {"[A]\nshape = tail, headline\n", "line 2: no shape \"headline\" (dateline, byline, tail, bracket, source)"},
        {"[A]\nhomonym = no\n", "line 2: homonym can only be yes"},
        {"[A]\nportal = maybe\n", "line 2: portal can only be yes"},
        {"[A]\nsignoffs = yes\n[B]\nsignoffs = yes\n", "line 4: sign-offs are A's already"},
        {"[A]\ncolour = red\n", "line 2: no key \"colour\" in this section"},
        {"[generic]\nshape = tail\n", "line 2: no key \"shape\" in this section"},
        {"[generic]\nhomonym = yes\n", "line 2: no key \"homonym\" in this section"},
        {"[phrases]\nname = alpha\n", "line 2: no kind of phrase is called \"name\""},
        {"[phrases]\nwith = --\n", "line 2: \"--\" has no words, or too many"},
        {"[A]\nname = Alpha\n\ntitle\n", "line 4: neither a [section] nor key = value"},
        {"name = Alpha\n", "line 1: a key before the first [section]"},
        {"[A]\nname = Alpha,\n", "line 2: name has an empty value"},
        {"[0123456789012345678901234567890123456789012345678901234567890123x]\n", "line 1: a section's name has 1 to 64 bytes"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char message[256] = "";
        struct dup_agencies *none = NULL;
        assert_int_equal(dup_agencies_parse(cases[i][0], strlen(cases[i][0]), message, sizeof message, &none), DUP_EINVAL);
        assert_string_equal(message, cases[i][1]);
        assert_null(none);
        assert_int_equal(dup_agencies_parse(cases[i][0], strlen(cases[i][0]), NULL, 0, &none), DUP_EINVAL);
    }
}

/* What may stand there twice. */
static void test_no_mistakes(void **state)
{
    static const char *const texts[] = {
        "[A]\nname = Alpha, ALPHA, Alpha\n", "[A]\ncode = ALP\n[B]\ncode = Alp\n", "[A]\nname = Alpha\nphrase = Alpha\n[B]\nphrase = Beta\n",
        "[A]\nname = with\n[phrases]\nwith = with\nand = with\n", "[phrases]\nwith = with\n", "[generic]\nname = agencies\ncode = AGY\n",
        "[0123456789012345678901234567890123456789012345678901234567890123]\nname = Alpha\n", "\r\n[A]\r\n  name\t= Alpha \t\r\n; remark\r\n",
        "[A]\nname = Alpha\n[phrases]\nfill = the\n[B]\nname = Beta\n",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++)
        dup_agencies_free(read_table(texts[i]));
    dup_agencies_free(NULL);
}

static void test_read_as_written(void **state)
{
    struct dup_agencies *t = read_table("[A]\ntitle = The A\ncountry = XX\nname = Alpha Wire\nshape = tail, byline\nhomonym = yes\ndomain = alpha.example\n"
                                        "[B]\ncode = BET\nportal = yes\nsignoffs = yes\n[C]\nname = Gamma\nshape = source\n");
    (void)state;
    assert_int_equal(dup_agencies_count(t), 4);
    assert_string_equal(dup_agency_name(t, 0), "generic");
    assert_string_equal(dup_agency_name(t, 1), "A");
    assert_string_equal(dup_agency_name(t, 3), "C");
    assert_null(dup_agency_name(t, 4));
    assert_null(dup_agency_name(t, UINT32_MAX));
    assert_int_equal(t->agencies[1].shapes, SHAPE_TAIL | SHAPE_BRACKET | SHAPE_BYLINE);
    assert_int_equal(t->agencies[2].shapes, SHAPE_ALL);
    assert_int_equal(t->agencies[3].shapes, SHAPE_SOURCE);
    assert_true(t->agencies[1].homonym && !t->agencies[1].portal && !t->agencies[2].homonym && t->agencies[2].portal);
    assert_int_equal(t->signoff, 2);
    dup_agencies_free(t);
}

static void test_hosts(void **state)
{
    static const struct { const char *host; uint32_t agency; } cases[] = {
        {"alpha.example", 1}, {"ALPHA.Example", 1}, {"www.alpha.example", 1}, {"a.b.alpha.example", 1}, {"news.alpha.example", 2}, {"x.news.alpha.example", 2},
        {"beta.example", 2}, {"notalpha.example", 0}, {"example", 0}, {"alpha.example.org", 0}, {"", 0}, {"alpha", 0}, {".beta.example", 2}, {"ALPHA[EXAMPLE", 0},
    };
    struct dup_agencies *t = read_table("[A]\nname = Alpha\ndomain = alpha.example\n[B]\nname = Beta\ndomain = news.alpha.example, beta.example\n");
    char host[400];
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(agencies_of_host(t, cases[i].host, strlen(cases[i].host)), cases[i].agency);
    for (size_t len = 250; len < 257; len++) { /* a name of a host has 253 bytes at most */
        memset(host, 'x', sizeof host);
        memcpy(host + len - 14, ".alpha.example", 14);
        assert_int_equal(agencies_of_host(t, host, len), len <= 253 ? 1 : 0);
    }
    assert_int_equal(agencies_of_host(t, "alpha.examples", 13), 1); /* as many bytes as are said */
    dup_agencies_free(t);
    t = read_table("[A]\nname = Alpha\n");
    assert_int_equal(agencies_of_host(t, "alpha.example", 13), 0);
    dup_agencies_free(t);
}

/* The agency of the longest name at the first word, the token after it, and whether it is a code. */
static void look_up(const struct dup_agencies *t, const char *text, unsigned wanted, int *ret_agency, size_t *ret_next, int *ret_code)
{
    struct credit_token tokens[64];
    struct agencies_hit hit;
    size_t n = credit_scan(text, 0, strlen(text), tokens, COUNT(tokens));
    *ret_agency = -1, *ret_next = 0, *ret_code = 0;
    if (agencies_match(t, text, tokens, 0, n, wanted, &hit)) {
        *ret_agency = (int)hit.agency, *ret_next = hit.next, *ret_code = hit.code;
        assert_true(hit.kind & wanted);
    }
}

static void test_longest_name(void **state)
{
    static const struct { const char *text; unsigned wanted; int agency; size_t next; int code; } cases[] = {
        {"Alpha", AGENCIES_NAME, 1, 1, 0}, {"alpha wire", AGENCIES_NAME, 2, 2, 0}, {"Alpha Wire Service", AGENCIES_NAME, 2, 2, 0},
        {"Alpha Wire of the North", AGENCIES_NAME, 3, 5, 0}, {"Alpha Wire of the South", AGENCIES_NAME, 2, 2, 0}, {"Alphas", AGENCIES_NAME, -1, 0, 0},
        {"Alpha-Wire", AGENCIES_NAME, 2, 3, 0}, {"Alpha.-Wire", AGENCIES_NAME, 2, 4, 0}, {"Alpha.-/Wire", AGENCIES_NAME, 1, 1, 0},
        {"Alpha, Wire", AGENCIES_NAME, 1, 1, 0}, {"\"Alpha\"", AGENCIES_NAME, -1, 0, 0}, {"Wire", AGENCIES_NAME, -1, 0, 0},
        {"ALP", AGENCIES_NAME, 1, 1, 1}, {"Alp", AGENCIES_NAME, 2, 1, 1}, {"alp", AGENCIES_NAME, -1, 0, 0}, {"ALPS", AGENCIES_NAME, -1, 0, 0},
        {"A.L.P", AGENCIES_NAME, 3, 5, 1}, {"A L P", AGENCIES_NAME, -1, 0, 0}, {"alpha", AGENCIES_OWN, -1, 0, 0}, {"the alpha story", AGENCIES_OWN, 1, 3, 0},
        {"the alpha story", AGENCIES_NAME, -1, 0, 0}, {"the alpha story", AGENCIES_FILL, 0, 1, 0}, {"the", AGENCIES_FILL | AGENCIES_AND, 0, 1, 0},
        {"the", AGENCIES_AND, -1, 0, 0}, {"agencies", AGENCIES_NAME, 0, 1, 0},
    };
    struct dup_agencies *t = read_table("[A]\nname = Alpha\ncode = ALP\nphrase = the alpha story\n[B]\nname = Alpha Wire\ncode = Alp\n"
                                        "[C]\nname = Alpha Wire of the North\ncode = A.L.P\n[generic]\nname = agencies\n[phrases]\nfill = the\n");
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int agency, code;
        size_t next;
        look_up(t, cases[i].text, cases[i].wanted, &agency, &next, &code);
        if (agency != cases[i].agency || next != cases[i].next || code != cases[i].code)
            fail_msg("%s: agency %d, token %zu, code %d", cases[i].text, agency, next, code);
    }
    dup_agencies_free(t);
}

/* Thousands of names grow every table; each is found, none of the other spellings is. */
static void test_many_names(void **state)
{
    enum { AGENCIES = 700, NAMES = 4 };
    static char text[1 << 18];
    size_t n = 0;
    (void)state;
    for (int i = 0; i < AGENCIES; i++) {
        n += (size_t)snprintf(text + n, sizeof text - n, "[A%d]\ndomain = host%d.example\n", i, i);
        for (int k = 0; k < NAMES; k++)
            n += (size_t)snprintf(text + n, sizeof text - n, "name = Wire%d desk%d\n", i, k);
    }
    struct dup_agencies *t = read_table(text);
    assert_int_equal(dup_agencies_count(t), AGENCIES + 1);
    for (int i = 0; i < AGENCIES; i++) {
        int agency, code;
        size_t next;
        char name[64];
        for (int k = 0; k <= NAMES; k++) {
            snprintf(name, sizeof name, "WIRE%d DESK%d", i, k);
            look_up(t, name, AGENCIES_NAME, &agency, &next, &code);
            assert_int_equal(agency, k < NAMES ? i + 1 : -1);
        }
        int len = snprintf(name, sizeof name, "www.host%d.example", i);
        assert_int_equal(agencies_of_host(t, name, (size_t)len), i + 1);
        snprintf(name, sizeof name, "A%d", i);
        assert_string_equal(dup_agency_name(t, (uint32_t)i + 1), name);
    }
    dup_agencies_free(t);
}

/* 4,096 agencies at most, the generic one among them, and phrases of fewer than 64 words and marks. */
static void test_ceilings(void **state)
{
    static char text[1 << 17];
    (void)state;
    for (int agencies = 4095; agencies <= 4096; agencies++) {
        char message[256] = "";
        struct dup_agencies *t = NULL;
        size_t n = 0;
        for (int i = 0; i < agencies; i++)
            n += (size_t)snprintf(text + n, sizeof text - n, "[A%d]\n", i);
        n += (size_t)snprintf(text + n, sizeof text - n, "name = Alpha\n");
        int r = dup_agencies_parse(text, n, message, sizeof message, &t);
        assert_int_equal(r, agencies < 4096 ? 0 : DUP_EINVAL);
        assert_string_equal(message, r ? "line 4096: more than 4096 agencies" : "");
        dup_agencies_free(t);
    }
    for (int words = 62; words <= 65; words++) {
        struct dup_agencies *t = NULL;
        size_t n = (size_t)snprintf(text, sizeof text, "[A]\nname =");
        for (int i = 0; i < words; i++)
            n += (size_t)snprintf(text + n, sizeof text - n, " w%d", i);
        assert_int_equal(dup_agencies_parse(text, n, NULL, 0, &t), words < 64 ? 0 : DUP_EINVAL);
        dup_agencies_free(t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mistakes), cmocka_unit_test(test_no_mistakes), cmocka_unit_test(test_read_as_written), cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_longest_name), cmocka_unit_test(test_many_names), cmocka_unit_test(test_ceilings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
