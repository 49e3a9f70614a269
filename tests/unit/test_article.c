/*
 * Goal: an article's fields are found under every name that docs/PROTOCOL.md lists, the first that is
 * present wins, and what cannot be right is refused with the field's name, each limit to the byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "dup/error.h"
#include "proto/article.h"

#define BODY_MAX 4096

static struct json_parser *parser;

static int set_up(void **unused)
{
    (void)unused;
    parser = json_parser_new();
    return parser ? 0 : -1;
}

static int tear_down(void **unused)
{
    (void)unused;
    json_parser_free(parser);
    return 0;
}

static int read_line(const char *line, struct article_in *ret, struct json_error *err)
{
    struct json_object *object;
    int r = json_parse_line(parser, line, strlen(line), &object, err);
    if (r < 0)
        fail_msg("%s: %s", line, err->message);
    r = article_in_read(object, BODY_MAX, ret, err);
    json_object_put(object); /* the article holds a reference of its own */
    return r;
}

/* Reads the members, a body beside them; the caller frees. */
static struct article_in read_members(const char *members)
{
    struct article_in in;
    struct json_error err;
    struct buf line;
    buf_init(&line, 1u << 20);
    buf_printf(&line, "{%s,\"body\":\"Some text.\"}", members);
    if (read_line(line.data, &in, &err) != 0)
        fail_msg("%s: %s", line.data, err.message);
    buf_done(&line);
    return in;
}

static void check_field(struct field field, const char *wanted, const char *members)
{
    if (!wanted && field.data)
        fail_msg("%s: has \"%.*s\"", members, (int)field.len, field.data);
    if (wanted && (field.len != strlen(wanted) || memcmp(field.data, wanted, field.len) != 0))
        fail_msg("%s: \"%.*s\", not \"%s\"", members, (int)field.len, field.data ? field.data : "", wanted);
}

#define CHECK(members, field, wanted)                     \
    do {                                                  \
        struct article_in in_ = read_members(members);    \
        check_field(in_.field, wanted, members);          \
        article_in_done(&in_);                            \
    } while (0)

static void every_name_of_a_field(void **unused)
{
    static const char *const plain[][20] = {
        {"id", "uri", "guid", "id", "uuid", NULL}, {"url", "url", "link", "canonical_url", NULL},
        {"outlet", "outlet", "source_domain", "canonical_domain", "hostname", "domain", "siteName", "publisher", NULL},
        {"title", "title", "headline", "article_title", NULL}, {"byline", "byline", "by", "authors", "author", "creator", NULL},
        {"credit", "creditline", "creditText", "provider", "source", "copyrightholder", NULL},
        {"language", "language", "lang", "inLanguage", "meta_lang", NULL}, {"evolved", "evolvedfrom", NULL},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        for (size_t k = 1; plain[i][k]; k++) {
            char members[128];
            snprintf(members, sizeof members, "\"%s\":\"value %zu\"", plain[i][k], k);
            struct article_in in = read_members(members);
            const struct { const char *name; struct field field; } fields[] = {
                {"id", in.id}, {"url", in.url}, {"outlet", in.outlet}, {"title", in.title}, {"byline", in.byline},
                {"credit", in.credit}, {"language", in.language}, {"evolved", in.evolved}};
            char wanted[32];
            snprintf(wanted, sizeof wanted, "value %zu", k);
            for (size_t f = 0; f < sizeof fields / sizeof *fields; f++) {
                int same = strcmp(fields[f].name, plain[i][0]) == 0;
                int id_of_url = strcmp(fields[f].name, "id") == 0 && strcmp(plain[i][0], "url") == 0;
                check_field(fields[f].field, same || id_of_url ? wanted : NULL, members);
            }
            article_in_done(&in);
        }
    }
}

static void names_within_names(void **unused)
{
    (void)unused;
    CHECK("\"source\":{\"uri\":\"paper.example\",\"name\":\"Paper\"}", outlet, "paper.example");
    CHECK("\"source\":{\"name\":\"Paper\"}", outlet, "Paper");
    CHECK("\"publisher\":{\"name\":\"Paper\"}", outlet, "Paper");
    CHECK("\"title\":{\"rendered\":\"Ferry\"}", title, "Ferry");
    CHECK("\"headlines\":[{\"value\":\"\"},{\"value\":\"Ferry\"},{\"value\":\"no\"}]", title, "Ferry");
    CHECK("\"headlines\":{\"value\":\"Ferry\"}", title, "Ferry");
    CHECK("\"authors\":[\"A B\",\"\",\"C D\",null]", byline, "A B, C D");
    CHECK("\"authors\":[{\"name\":\"A B\"},{\"email\":\"x\"},{\"name\":\"C D\"}]", byline, "A B, C D");
    CHECK("\"author\":[{\"@type\":\"Person\",\"name\":\"A B\"}]", byline, "A B");
    CHECK("\"author\":{\"name\":\"A B\"}", byline, "A B");
    CHECK("\"infosource\":[{\"name\":\"PTI\"},{\"name\":\"AFP\"}]", credit, "PTI, AFP");
    CHECK("\"infoSources\":[{\"name\":\"PTI\"}]", credit, "PTI");
    CHECK("\"provider\":{\"@type\":\"Organization\"}", credit, NULL); /* not for us, and no fault */
    struct article_in in;
    struct json_error err;
    assert_int_equal(read_line("{\"bodies\":[{\"contenttype\":\"text/html\",\"value\":\"<p>\"},{\"contenttype\":\"text/plain\",\"value\":\"plain\"}]}", &in, &err), 0);
    check_field(in.body, "plain", "bodies");
    article_in_done(&in);
    assert_int_equal(read_line("{\"bodies\":[{\"value\":\"first\"},{\"value\":\"second\"}]}", &in, &err), 0);
    check_field(in.body, "first", "bodies");
    article_in_done(&in);
}

static void every_name_of_the_body(void **unused)
{
    static const char *const names[] = {"body", "maintext", "text_content", "plaintext", "articleBody", "textContent",
                                        "cleaned_text", "body_text", "text", "content"};
    (void)unused;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char line[256];
        struct article_in in;
        struct json_error err;
        /* and each goes before those after it */
        snprintf(line, sizeof line, "{\"%s\":\"wanted\",\"%s\":\"other\"}", names[i], i + 1 < sizeof names / sizeof *names ? names[i + 1] : "x");
        assert_int_equal(read_line(line, &in, &err), 0);
        check_field(in.body, "wanted", line);
        article_in_done(&in);
    }
}

static void the_first_that_is_present(void **unused)
{
    (void)unused;
    CHECK("\"headline\":\"second\",\"title\":\"first\"", title, "first");
    CHECK("\"title\":\"\",\"headline\":\"x\"", title, "x");
    CHECK("\"title\":\"None\",\"headline\":\"x\"", title, "x");
    CHECK("\"title\":\"null\",\"headline\":\"x\"", title, "x");
    CHECK("\"title\":null,\"headline\":\"x\"", title, "x");
    CHECK("\"title\":\" \\t \",\"headline\":\"x\"", title, "x");
    CHECK("\"title\":\"none\"", title, "none");
    CHECK("\"title\":\"  x y \\n\"", title, "x y");
    CHECK("\"guid\":{\"#text\":\"x\"},\"id\":\"y\"", id, "y");
    CHECK("\"id\":17", id, "17");
    CHECK("\"id\":-9223372036854775808", id, "-9223372036854775808");
    CHECK("\"id\":\" a \"", id, " a "); /* an id is taken as it is */
    CHECK("\"source\":\"PTI\"", credit, "PTI");
    CHECK("\"source\":\"https://paper.example/x\"", credit, NULL);
    CHECK("\"source\":\"https://paper.example/x\"", url, "https://paper.example/x");
}

static void what_follows_from_the_url(void **unused)
{
    char members[LIMIT_URL + 100], url[LIMIT_URL + 1];
    (void)unused;
    CHECK("\"url\":\"https://www.Paper.example/ferry\"", outlet, "paper.example");
    CHECK("\"url\":\"https://www.Paper.example/ferry\"", id, "https://www.Paper.example/ferry");
    CHECK("\"url\":\"https://paper.example/ferry\",\"id\":\"x\"", id, "x");
    CHECK("\"url\":\"https://paper.example/ferry\",\"outlet\":\"Paper\"", outlet, "Paper");
    CHECK("\"url\":\"no url\"", outlet, NULL);
    /* An id made of a long URL keeps its limit, and two such URLs apart. */
    memcpy(url, "https://paper.example/", 22);
    memset(url + 22, 'x', LIMIT_URL - 22);
    url[LIMIT_URL] = '\0';
    snprintf(members, sizeof members, "\"url\":\"%s\"", url);
    struct article_in one = read_members(members);
    members[7 + LIMIT_URL - 1] = 'y';
    struct article_in two = read_members(members);
    assert_true(one.id.len <= LIMIT_ID);
    assert_true(one.id.len == two.id.len && memcmp(one.id.data, two.id.data, one.id.len) != 0);
    assert_memory_equal(one.id.data, url, LIMIT_ID - 20);
    article_in_done(&one);
    article_in_done(&two);
    snprintf(members, sizeof members, "\"url\":\"%.*s\"", (int)LIMIT_ID, url);
    one = read_members(members);
    assert_int_equal(one.id.len, LIMIT_ID);
    assert_memory_equal(one.id.data, url, LIMIT_ID);
    article_in_done(&one);
}

static void times(void **unused)
{
    static const char *const names[] = {"firstpublished", "firstcreated", "datePublished", "date_publish", "publish_date", "publication_date",
                                        "publishedAt", "published_at", "published", "dateTimePub", "date", "pubDate", "versioncreated"};
    (void)unused;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char members[160];
        snprintf(members, sizeof members, "\"%s\":\"2026-03-02\",\"%s\":\"2026-03-03\"", names[i], i + 1 < sizeof names / sizeof *names ? names[i + 1] : "x");
        struct article_in in = read_members(members);
        assert_int_equal(in.published, INT64_C(1772409600000));
        article_in_done(&in);
    }
    const struct { const char *members; int64_t ms; } forms[] = {
        {"\"date\":1772435400", INT64_C(1772435400000)}, {"\"date\":1772435400000", INT64_C(1772435400000)}, {"\"date\":1772435400.25", INT64_C(1772435400250)},
        {"\"date\":null", DUP_TIME_NONE}, {"\"date\":\"\"", DUP_TIME_NONE}, {"\"date\":\"None\",\"pubDate\":\"2026-03-02\"", INT64_C(1772409600000)},
        {"\"x\":1", DUP_TIME_NONE},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct article_in in = read_members(forms[i].members);
        assert_int_equal(in.published, forms[i].ms);
        article_in_done(&in);
    }
}

static void refusals(void **unused)
{
    static const struct { const char *line; int code; const char *field; } lines[] = {
        {"{}", DUP_EEMPTY, "body"}, {"{\"title\":\"x\"}", DUP_EEMPTY, "body"}, {"{\"body\":\"\"}", DUP_EEMPTY, "body"}, {"{\"body\":null}", DUP_EEMPTY, "body"},
        {"{\"body\":\"None\"}", DUP_EEMPTY, "body"}, {"{\"body\":7}", DUP_EINVAL, "body"}, {"{\"body\":[\"x\"]}", DUP_EINVAL, "body"}, {"{\"body\":{}}", DUP_EINVAL, "body"},
        {"{\"body\":true}", DUP_EINVAL, "body"}, {"{\"title\":7,\"body\":\"x\"}", DUP_EINVAL, "title"}, {"{\"id\":1.5,\"body\":\"x\"}", DUP_EINVAL, "id"},
        {"{\"id\":true,\"body\":\"x\"}", DUP_EINVAL, "id"}, {"{\"id\":[],\"body\":\"x\"}", DUP_EINVAL, "id"}, {"{\"url\":5,\"body\":\"x\"}", DUP_EINVAL, "url"},
        {"{\"authors\":[7],\"body\":\"x\"}", DUP_EINVAL, "authors[]"}, {"{\"date\":\"soon\",\"body\":\"x\"}", DUP_EINVAL, "date"},
        {"{\"date\":2026,\"body\":\"x\"}", DUP_EINVAL, "date"}, {"{\"date\":true,\"body\":\"x\"}", DUP_EINVAL, "date"}, {"{\"date\":1e300,\"body\":\"x\"}", DUP_EINVAL, "date"},
        {"{\"published\":{},\"body\":\"x\"}", DUP_EINVAL, "published"}, {"{\"body\":\"[+419 chars]\"}", DUP_EEMPTY, "body"},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct article_in in;
        struct json_error err;
        int r = read_line(lines[i].line, &in, &err);
        if (r != lines[i].code || strcmp(err.field, lines[i].field) != 0)
            fail_msg("%s: %d, field \"%s\" (%s)", lines[i].line, r, err.field, err.message);
    }
    struct json_object *array = json_object_new_array();
    struct article_in in;
    struct json_error err;
    assert_int_equal(article_in_read(array, BODY_MAX, &in, &err), DUP_EINVAL);
    json_object_put(array);
}

static void limits_to_the_byte(void **unused)
{
    static const struct { const char *name; size_t limit; } fields[] = {
        {"id", LIMIT_ID}, {"url", LIMIT_URL}, {"title", LIMIT_TITLE}, {"outlet", LIMIT_FIELD}, {"byline", LIMIT_FIELD}, {"language", LIMIT_FIELD},
        {"creditline", LIMIT_FIELD}, {"evolvedfrom", LIMIT_FIELD}, {"body", BODY_MAX}, {"authors", LIMIT_FIELD},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        for (size_t more = 0; more < 2; more++) {
            struct buf line;
            struct article_in in;
            struct json_error err;
            size_t len = fields[i].limit + more;
            buf_init(&line, 1u << 20);
            buf_printf(&line, "{\"%s\":%s\"", fields[i].name, strcmp(fields[i].name, "authors") == 0 ? "[\"a\"," : "");
            if (strcmp(fields[i].name, "authors") == 0)
                len -= 3; /* "a, " */
            for (size_t k = 0; k < len; k++)
                buf_add_char(&line, 'x');
            buf_printf(&line, "\"%s%s}", strcmp(fields[i].name, "authors") == 0 ? "]" : "",
                       strcmp(fields[i].name, "body") == 0 ? "" : ",\"text\":\"x\"");
            int r = read_line(line.data, &in, &err);
            if (r != (more ? DUP_ETOOBIG : 0))
                fail_msg("%s of %zu bytes: %d", fields[i].name, fields[i].limit + more, r);
            if (r == 0)
                article_in_done(&in);
            else
                assert_int_equal(strncmp(err.field, fields[i].name, strlen(fields[i].name)), 0);
            buf_done(&line);
        }
    }
}

static void bodies_that_were_cut(void **unused)
{
    static const struct { const char *body, *left; int cut; } bodies[] = {
        {"It began on Mond\\u2026 [+419 chars]", "It began on Mond", 1}, {"It began... [419 chars]", "It began", 1}, {"It began [+1 char]", "It began", 1},
        {"It began \\u2026 [+419 chars] \\n", "It began ", 1}, {"It began [+ chars]", "It began [+ chars]", 0}, {"It began [419]", "It began [419]", 0},
        {"[+419 chars] It began", "[+419 chars] It began", 0}, {"It began 419 chars]", "It began 419 chars]", 0},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        char line[160];
        struct article_in in;
        struct json_error err;
        snprintf(line, sizeof line, "{\"body\":\"%s\"}", bodies[i].body);
        assert_int_equal(read_line(line, &in, &err), 0);
        check_field(in.body, bodies[i].left, line);
        assert_int_equal(in.cut, bodies[i].cut);
        article_in_done(&in);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_of_a_field), cmocka_unit_test(names_within_names), cmocka_unit_test(every_name_of_the_body),
        cmocka_unit_test(the_first_that_is_present), cmocka_unit_test(what_follows_from_the_url), cmocka_unit_test(times), cmocka_unit_test(refusals),
        cmocka_unit_test(limits_to_the_byte), cmocka_unit_test(bodies_that_were_cut),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
