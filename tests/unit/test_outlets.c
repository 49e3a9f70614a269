/*
 * Goal: an outlet is one by whatever name, host or address it is given; two
 * outlets of one name stay two where their sites tell; whom the table does not
 * know is told by its registered host; and a table with a mistake is refused
 * with the line of the mistake.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/outlets.h"
#include "dup/error.h"

static const char agencies_text[] = "[AP]\nname = Associated Press\ncode = AP\ndomain = apnews.com, ap.org\n"
                                    "[QTA]\nname = Quill Telegraph Agency\n";

static const char table_text[] =
    "# a remark\n"
    "[AP News]\ndomain = apnews.com, ap.org\nalias = AP, Associated Press\nowner = Associated Press\nagency = yes\n"
    "[QTA]\nagency = yes\n"
    "[Harbour Wire]\ndomain = harbourwire.example\nagency = yes\n"
    "[The Daily Lantern]\ndomain = dailylantern.co.uk\nalias = Lantern, Daily Post\nowner = Lamp Group\n"
    "[Daily Lantern Colombo]\ndomain = dailylantern.lk\nalias = Daily Lantern, Daily Post\n"
    "[El Pa\xc3\xads del Faro]\ndomain = faro.example, blogs.faro.example\nalias = \xd0\x9c\xd0\xb0\xd1\x8f\xd0\xba\n"
    "[Faro Sport]\ndomain = sport.faro.example\nowner = Lamp Group\n";

static struct dup_agencies *agencies;
static struct outlets *table;
static char room[HOSTS_MAX + 1];

static int setup(void **state)
{
    (void)state;
    return dup_agencies_parse(agencies_text, strlen(agencies_text), NULL, 0, &agencies) ||
           outlets_parse(table_text, strlen(table_text), agencies, NULL, 0, &table);
}

static int teardown(void **state)
{
    (void)state;
    outlets_free(table);
    dup_agencies_free(agencies);
    return 0;
}

/* The one name of an outlet given by a name, on a site (NULL: no site). */
static const char *on(const struct outlets *o, const char *name, const char *site)
{
    static char shown[512];
    struct outlet found;
    outlets_find(o, name, strlen(name), site, site ? strlen(site) : 0, room, &found);
    snprintf(shown, sizeof shown, "%.*s", (int)found.len, found.name);
    return shown;
}

static const char *of(const char *name)
{
    return on(table, name, NULL);
}

static void test_one_outlet(void **state)
{
    static const char *const names[] = {
        "AP News", "ap news", "AP-News", "AP", "Associated Press", "The Associated Press", "apnews.com",
        "www.apnews.com", "hosted.ap.org", "bigstory.AP.org", "AP.ORG",
    };
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_string_equal(of(names[i]), "AP News");
    assert_string_equal(of("el pais del faro"), "El Pa\xc3\xads del Faro");
    assert_string_equal(of("\xd0\xbc\xd0\xb0\xd1\x8f\xd0\xba"), "El Pa\xc3\xads del Faro");
    assert_string_equal(of("blogs.faro.example"), "El Pa\xc3\xads del Faro");
    assert_string_equal(of("live.sport.faro.example"), "Faro Sport");
    assert_string_equal(of("Lantern"), "The Daily Lantern");
    assert_string_equal(of("The Lantern"), "The Lantern"); /* "The" and one word are another name than the word */
    assert_string_equal(of("notap.org"), "notap.org");
    assert_string_equal(of("AP Newsroom"), "AP Newsroom");
    assert_int_equal(outlets_count(table), 7);
}

static void test_details(void **state)
{
    struct outlet found;
    (void)state;
    outlets_find(table, "hosted.ap.org", 13, NULL, 0, room, &found);
    assert_true(found.known);
    assert_string_equal(found.owner, "Associated Press");
    assert_string_equal(found.agency, "AP");
    outlets_find(table, "qta", 3, NULL, 0, room, &found);
    assert_string_equal(found.agency, "QTA");
    assert_null(found.owner);
    outlets_find(table, "Harbour Wire", 12, NULL, 0, room, &found);
    assert_string_equal(found.agency, "Harbour Wire");
    outlets_find(table, "Lantern", 7, NULL, 0, room, &found);
    assert_null(found.agency);
    outlets_find(table, "Other Lantern", 13, NULL, 0, room, &found);
    assert_false(found.known);
    outlets_find(table, NULL, 0, NULL, 0, room, &found);
    assert_int_equal(found.len, 0);
    outlets_find(table, "?!", 2, NULL, 0, room, &found);
    assert_int_equal(found.len, 2);
}

/* An alias of several outlets goes to the one whose site it is, and a section's own name first. */
static void test_same_names(void **state)
{
    (void)state;
    assert_string_equal(on(table, "Daily Post", "news.dailylantern.lk"), "Daily Lantern Colombo");
    assert_string_equal(on(table, "Daily Post", "dailylantern.co.uk"), "The Daily Lantern");
    assert_string_equal(of("Daily Post"), "The Daily Lantern");
    assert_string_equal(on(table, "Daily Post", "elsewhere.example"), "The Daily Lantern");
    assert_string_equal(on(table, "Daily Lantern", NULL), "The Daily Lantern");
    assert_string_equal(on(table, "The Daily Lantern", "dailylantern.lk"), "Daily Lantern Colombo");
    /* A site says nothing about a name that is not its own: reprints name their source so. */
    assert_string_equal(on(table, "AP", "dailylantern.lk"), "AP News");
    assert_string_equal(on(table, "Evening Lamp", "dailylantern.lk"), "Evening Lamp");
}

static void test_unknown(void **state)
{
    static const char *const cases[][2] = {
        { "news.example.org", "example.org" }, { "example.org", "example.org" },
        { "Edition.Example.COM", "example.com" }, { "sport.paper.co.uk", "paper.co.uk" },
        { "paper.co.uk", "paper.co.uk" }, { "m.gazette.com.au", "gazette.com.au" },
        { "www.patrika.co.in", "patrika.co.in" }, { "a.b.jornal.com.br", "jornal.com.br" },
        { "news.heraldo.gob.mx", "heraldo.gob.mx" }, { "shimbun.ne.jp", "shimbun.ne.jp" },
        { "lamp.blogspot.com", "lamp.blogspot.com" }, { "x.lamp.blogspot.co.uk", "lamp.blogspot.co.uk" },
        { "lamp.wordpress.com", "lamp.wordpress.com" }, { "wordpress.com", "wordpress.com" },
        { "co.uk", "co.uk" }, { "news.lamp.org.ua", "lamp.org.ua" }, { "city.kiev.ua", "city.kiev.ua" },
        { "net.example.de", "example.de" }, { "The Lamp", "The Lamp" }, { "A.B.C", "A.B.C" },
        { "10.0.0.1", "10.0.0.1" }, { "lamp..org", "lamp..org" }, { ".org", ".org" }, { "lamp.org/x", "lamp.org/x" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_string_equal(of(cases[i][0]), cases[i][1]);
        assert_string_equal(on(NULL, cases[i][0], NULL), cases[i][1]);
    }
}

/* Whatever name was found leads to itself: stored names may be looked up again. */
static void test_again(void **state)
{
    static const char *const names[] = {
        "AP", "hosted.ap.org", "Daily Post", "daily lantern", "x.lamp.blogspot.co.uk", "sport.paper.co.uk", "The Lamp",
    };
    char first[512];
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(first, sizeof first, "%s", of(names[i]));
        assert_string_equal(of(first), first);
    }
}

static void test_mistakes(void **state)
{
    static const char *const cases[][2] = {
        { "[A]\n\n[a]\n", "line 3: [a] is there already, as [A]" },
        { "[A]\ndomain = a.example\n[B]\ndomain = b.example, a.example\n", "line 4: a.example is A's already" },
        { "[A]\nowner = X\nowner = Y\n", "line 3: the outlet has an owner already, X" },
        { "[A]\nagency = maybe\n", "line 2: agency can only be yes" },
        { "[A]\nsite = a.example\n", "line 2: no key \"site\" (domain, alias, owner, agency)" },
        { "[A]\ndomain = http://a.example/\n", "line 2: \"http://a.example/\" is no host name" },
        { "[A]\nalias = --\n", "line 2: \"--\" has no words" },
        { "[A]\nalias =\n", "line 2: alias has an empty value" },
        { "domain = a.example\n", "line 1: a key before the first [section]" },
        { "[A\n", "line 1: the section's ] is missing" },
        { "[ ]\n", "line 1: a section's name has 1 to 200 bytes" },
        { "[A]\nhello\n", "line 2: neither a [section] nor key = value" },
        { "[A\xff]\n", "line 1: not UTF-8 text" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char message[256] = "";
        struct outlets *none = NULL;
        assert_int_equal(outlets_parse(cases[i][0], strlen(cases[i][0]), NULL, message, sizeof message, &none),
                         DUP_EINVAL);
        assert_string_equal(message, cases[i][1]);
        assert_null(none);
    }
}

/* The file that comes with dupd: read from the source tree, where the tests run. */
static void test_shipped(void **state)
{
    static const char *const same[][2] = {
        { "hosted.ap.org", "AP News" }, { "AP News", "AP News" }, { "ria.ru", "RIA Novosti" },
        { "timesofindia.indiatimes.com", "Times of India" }, { "edition.cnn.com", "CNN" },
        { "dailymirror.lk", "Daily Mirror Sri Lanka" }, { "mirror.co.uk", "Daily Mirror" },
        { "elpais.com.uy", "El Pa\xc3\xads Uruguay" }, { "elpais.com", "El Pa\xc3\xads" },
    };
    static char text[1 << 20];
    struct outlets *o;
    char message[256] = "";
    FILE *file = fopen("conf/outlets.conf", "r");
    (void)state;
    assert_non_null(file);
    size_t len = fread(text, 1, sizeof text, file);
    fclose(file);
    assert_true(len < sizeof text);
    assert_int_equal(outlets_parse(text, len, agencies, message, sizeof message, &o), 0);
    assert_true(outlets_count(o) >= 300);
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        assert_string_equal(on(o, same[i][0], NULL), same[i][1]);
    outlets_free(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_outlet), cmocka_unit_test(test_details), cmocka_unit_test(test_same_names),
        cmocka_unit_test(test_unknown), cmocka_unit_test(test_again), cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_shipped),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
