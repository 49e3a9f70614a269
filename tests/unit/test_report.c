/*
 * Goal: a report counts each print once, whatever its slices are, what its cluster was called when
 * it came, and how much else is in the store; and it ends at its ceiling instead of growing on.
 */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/prepare.h"
#include "engine/report.h"
#include "engine/source.h"

#define DAY_MS INT64_C(86400000)
#define BEGIN INT64_C(1767225600000) /* 2026-01-01 */

static char dir[64];
static struct store *store;

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *where)
{
    (void)st;
    (void)flag;
    (void)where;
    return remove(path);
}

static int open_store(void **state)
{
    struct store_options options = {.dir = dir, .map_size = 256u << 20, .index_memory = 1u << 20};
    struct err err = {0};
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/report.XXXXXX");
    return mkdtemp(dir) && store_open(&options, &err, &store) == 0 ? 0 : -1;
}

static int close_store(void **state)
{
    (void)state;
    store_free(store);
    return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* An article of an outlet at a time, in a cluster (0: its own). */
static uint32_t add(const char *outlet, int64_t time, uint32_t cluster, const char *agencies)
{
    uint32_t num = view_last_num(store_writer_view(store)) + 1;
    char id[32];
    snprintf(id, sizeof id, "a%u", num);
    struct article a = {.num = num, .cluster = cluster ? cluster : num, .head = num, .version = 1, .words = 100,
                        .claim = *agencies ? DUP_CLAIM_AGENCY : DUP_CLAIM_NONE, .published = time, .seen = time,
                        .outlet_key = outlet_hash(outlet, strlen(outlet)), .id = {id, strlen(id)},
                        .outlet = {outlet, strlen(outlet)}, .agencies = {agencies, strlen(agencies)}};
    assert_int_equal(store_add_article(store, &a, NULL, 0), 0);
    return num;
}

/* The record of a cluster of two prints, so that they have a story. */
static void put_cluster(uint32_t id, uint32_t articles, uint32_t first, int64_t time, const char *agency)
{
    struct cluster c = {.id = id, .articles = articles, .outlets = articles, .first = first, .last = first, .first_time = time,
                        .last_time = time, .source_kind = *agency ? SOURCE_AGENCY : SOURCE_OUTLET,
                        .source = *agency ? agency_key(agency) : 0, .n_heads = 1, .heads = {first}};
    assert_int_equal(store_put_cluster(store, &c), 0);
    if (*agency) {
        struct evidence e = {.agency = 1, .first = first};
        strcpy(e.name, agency);
        assert_int_equal(store_put_evidence(store, id, &e), 0);
    }
}

/* Reads to the end, a snapshot a turn; the report's last word. */
static int read_all(struct report *report, int *ret_turns)
{
    int r = 1;
    for (*ret_turns = 0; r == 1; ++*ret_turns) {
        struct view *view;
        assert_int_equal(store_snapshot(store, &view), 0);
        r = report_read(report, view, NULL);
        store_release(view);
    }
    return r;
}

/* All rows as text, one a line. */
static char *rows(struct report_options options, uint64_t *ret_prints)
{
    struct report *report = report_new(&options);
    struct buf out;
    int turns;
    assert_non_null(report);
    assert_int_equal(read_all(report, &turns), 0);
    assert_int_equal(report_finish(report), 0);
    buf_init(&out, 1u << 20);
    buf_add_str(&out, "");
    for (size_t i = 0; i < report_rows(report); i++) {
        buf_add_char(&out, '{');
        report_row(report, i, &out);
        buf_add_str(&out, "}\n");
    }
    *ret_prints = report_prints(report);
    report_free(report);
    assert_int_equal(out.error, 0);
    return out.data ? out.data : strdup("");
}

static struct report_options all(enum report_kind kind)
{
    return (struct report_options){.kind = kind, .since = INT64_MIN, .until = INT64_MAX};
}

static void expect_rows(struct report_options options, uint64_t prints, const char *expected)
{
    uint64_t counted;
    char *got = rows(options, &counted);
    assert_string_equal(got, expected);
    assert_int_equal(counted, prints);
    free(got);
}

static void test_empty(void **state)
{
    (void)state;
    expect_rows(all(REPORT_OUTLETS), 0, "");
    expect_rows(all(REPORT_GRAPH), 0, "");
}

static void test_lone(void **state)
{
    (void)state;
    assert_int_equal(store_begin(store), 0);
    add("a.example", BEGIN, 0, "");
    add("a.example", BEGIN + 1, 0, "PTI");
    add("b.example", BEGIN + 2, 0, "generic");
    add("b.example", BEGIN + 3, 0, "AFP+PTI");
    add("", BEGIN + 4, 0, "");
    assert_int_equal(store_commit(store), 0);
    expect_rows(all(REPORT_OWNERS), 5,
                "{\"owner\":\"a.example\",\"outlets\":1,\"prints\":2,\"stories\":2,\"agency_copy\":1,\"credited\":1,\"generic\":0,"
                "\"uncredited\":0,\"own\":1,\"copied\":0}\n"
                "{\"owner\":\"b.example\",\"outlets\":1,\"prints\":2,\"stories\":2,\"agency_copy\":2,\"credited\":1,\"generic\":1,"
                "\"uncredited\":0,\"own\":0,\"copied\":0}\n");
    expect_rows(all(REPORT_AGENCIES), 5,
                "{\"agency\":\"unknown agency\",\"prints\":2,\"stories\":2,\"outlets\":1,\"credited\":1,\"uncredited\":0,\"hidden\":1,"
                "\"own\":0}\n"
                "{\"agency\":\"PTI\",\"prints\":1,\"stories\":1,\"outlets\":1,\"credited\":1,\"uncredited\":0,\"hidden\":0,\"own\":0}\n");
    struct report_options least = all(REPORT_AGENCIES);
    least.min_prints = 3;
    expect_rows(least, 5, "");
}

/* A cluster that went into another is one story with it, in whatever order their prints come. */
static void test_merged(void **state)
{
    (void)state;
    assert_int_equal(store_begin(store), 0);
    uint32_t one = add("a.example", BEGIN, 0, "PTI"), two = add("b.example", BEGIN + 60000, 0, "");
    add("b.example", BEGIN + 120000, two, "");
    add("b.example", BEGIN + 180000, one, "");
    put_cluster(one, 4, one, BEGIN, "PTI");
    assert_int_equal(store_put_alias(store, two, one), 0);
    assert_int_equal(store_commit(store), 0);
    expect_rows(all(REPORT_AGENCIES), 4,
                "{\"agency\":\"PTI\",\"prints\":4,\"stories\":1,\"outlets\":2,\"credited\":1,\"uncredited\":3,\"hidden\":0,\"own\":0,"
                "\"median_lag_s\":120}\n");
    expect_rows(all(REPORT_GRAPH), 4,
                "{\"from\":\"PTI\",\"to\":\"b.example\",\"kind\":\"agency\",\"prints\":3,\"credited\":0,\"generic\":0,\"uncredited\":3,"
                "\"median_lag_s\":120}\n"
                "{\"from\":\"PTI\",\"to\":\"a.example\",\"kind\":\"agency\",\"prints\":1,\"credited\":1,\"generic\":0,\"uncredited\":0}\n");
    uint64_t prints;
    char *owners = rows(all(REPORT_OWNERS), &prints);
    assert_non_null(strstr(owners, "\"owner\":\"b.example\",\"outlets\":1,\"prints\":3,\"stories\":1,"));
    free(owners);
}

/* A print may come long after the time that it claims, and at most a day before. */
static void test_period(void **state)
{
    (void)state;
    struct article late = {.num = 3, .cluster = 3, .head = 3, .version = 1, .published = BEGIN, .seen = BEGIN + 90 * DAY_MS,
                           .id = {"late", 4}, .outlet = {"c.example", 9}, .outlet_key = outlet_hash("c.example", 9)};
    assert_int_equal(store_begin(store), 0);
    add("a.example", BEGIN - 1, 0, "");
    add("b.example", BEGIN + DAY_MS, 0, "");
    assert_int_equal(store_add_article(store, &late, NULL, 0), 0);
    assert_int_equal(store_commit(store), 0);
    struct report_options day = {.kind = REPORT_OWNERS, .since = BEGIN, .until = BEGIN + DAY_MS};
    uint64_t prints;
    char *got = rows(day, &prints);
    assert_int_equal(prints, 1);
    assert_non_null(strstr(got, "c.example"));
    free(got);
    day.until = BEGIN;
    expect_rows(day, 0, "");
    day = (struct report_options){.kind = REPORT_OWNERS, .since = INT64_MIN, .until = BEGIN};
    free(rows(day, &prints));
    assert_int_equal(prints, 1);
}

static void add_many(uint32_t n)
{
    char outlet[32];
    assert_int_equal(store_begin(store), 0);
    for (uint32_t i = 0; i < n; i++) {
        snprintf(outlet, sizeof outlet, "outlet-%u.example", i);
        add(outlet, BEGIN + i, 0, "");
    }
    assert_int_equal(store_commit(store), 0);
}

static void test_ceiling(void **state)
{
    struct report_options options = all(REPORT_OUTLETS);
    int turns;
    (void)state;
    add_many(20000);
    options.max_bytes = 256u << 10;
    struct report *report = report_new(&options);
    assert_int_equal(read_all(report, &turns), DUP_ETOOBIG);
    report_free(report);
    options.max_bytes = 0;
    report = report_new(&options);
    assert_int_equal(read_all(report, &turns), 0);
    assert_int_equal(report_finish(report), 0);
    assert_int_equal(report_rows(report), 20000);
    report_free(report);
}

/* What is deleted between two turns is not counted, and what came after the beginning is left out. */
static void test_changes_between_turns(void **state)
{
    struct report_options options = all(REPORT_OUTLETS);
    struct view *view;
    int turns = 0, r = 1;
    (void)state;
    add_many(60000);
    struct report *report = report_new(&options);
    while (r == 1) {
        assert_int_equal(store_snapshot(store, &view), 0);
        r = report_read(report, view, NULL);
        store_release(view);
        turns++;
        struct article gone = {.flags = ARTICLE_DELETED, .published = DUP_TIME_NONE, .seen = BEGIN};
        assert_int_equal(store_begin(store), 0);
        gone.num = gone.cluster = gone.head = 60000;
        assert_int_equal(store_set_article(store, &gone), 0);
        add("new.example", BEGIN, 0, "");
        assert_int_equal(store_commit(store), 0);
    }
    assert_int_equal(r, 0);
    assert_true(turns > 1);
    assert_int_equal(report_prints(report), 59999);
    report_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_empty, open_store, close_store),
        cmocka_unit_test_setup_teardown(test_lone, open_store, close_store),
        cmocka_unit_test_setup_teardown(test_merged, open_store, close_store),
        cmocka_unit_test_setup_teardown(test_period, open_store, close_store),
        cmocka_unit_test_setup_teardown(test_ceiling, open_store, close_store),
        cmocka_unit_test_setup_teardown(test_changes_between_turns, open_store, close_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
