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
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

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

/* Opens the store of the directory, with so much memory for what reports count. */
static int reopen(uint64_t ledger_memory)
{
    struct store_options options = {.dir = dir, .map_size = 256u << 20, .index_memory = 64u << 20, .ledger_memory = ledger_memory};
    struct err err = {0};
    store_free(store);
    store = NULL;
    return store_open(&options, &err, &store);
}

static int open_store(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/report.XXXXXX");
    return mkdtemp(dir) ? reopen(0) : -1;
}

static int close_store(void **state)
{
    (void)state;
    store_free(store);
    store = NULL;
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
    assert_int_equal(store_add_article(store, &a, &(struct packed){0}), 0);
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
    buf_init(&out, 64u << 20);
    buf_add_str(&out, "");
    for (size_t i = 0; i < report_rows(report) && (!options.limit || i < options.limit); i++) {
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
    assert_int_equal(store_add_article(store, &late, &(struct packed){0}), 0);
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

/* Each look at the clock takes so long. */
static long look_ms;

int clock_gettime(clockid_t clock, struct timespec *ret)
{
    static long passed_ms;
    int r = (int)syscall(SYS_clock_gettime, clock, ret);
    if (clock == CLOCK_MONOTONIC)
        passed_ms += look_ms;
    ret->tv_sec += passed_ms / 1000;
    return r;
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
    look_ms = 1000; /* longer than a turn */
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
    look_ms = 0;
    assert_int_equal(r, 0);
    assert_true(turns > 1);
    assert_int_equal(report_prints(report), 59999);
    report_free(report);
}

/* ---- what is kept in memory ------------------------------------------------- */

/* Rows of every kind of report, over all and over a period, one after another. */
static char *every_row(void)
{
    struct buf out;
    buf_init(&out, 64u << 20);
    for (int kind = REPORT_OUTLETS; kind <= REPORT_GRAPH; kind++) {
        struct report_options options[] = {all((enum report_kind)kind), all((enum report_kind)kind), all((enum report_kind)kind)};
        options[1].since = BEGIN + 40000;
        options[1].until = BEGIN + 900000;
        options[2].agency = agency_key("PTI");
        options[2].limit = 5;
        for (int i = 0; i < 3; i++) {
            uint64_t prints;
            options[i].min_prints = i == 1 ? 2 : 1;
            char *text = rows(options[i], &prints);
            buf_add_str(&out, text);
            buf_add_char(&out, '\n');
            free(text);
        }
    }
    assert_int_equal(out.error, 0);
    return out.data;
}

/* A little world: who is in which cluster, kept beside the store. */
#define WORLD 400u
static struct world {
    uint32_t n, into[WORLD + 1];      /* the cluster that it is in, or that its cluster went into */
    int alive[WORLD + 1], has_record[WORLD + 1];
    int64_t time[WORLD + 1];
    const char *agency[WORLD + 1];    /* of the cluster */
    uint32_t seed;
} world;

static uint32_t below(uint32_t n)
{
    world.seed = world.seed * 1664525u + 1013904223u;
    return (world.seed >> 8) % n;
}

static uint32_t root(uint32_t num)
{
    while (world.into[num] != num)
        num = world.into[num];
    return num;
}

/* Writes what has become of a cluster. */
static void renew(uint32_t id)
{
    uint32_t first = 0, n = 0;
    for (uint32_t num = 1; num <= world.n; num++) {
        if (!world.alive[num] || root(num) != id)
            continue;
        n++;
        if (!first || world.time[num] < world.time[first])
            first = num;
    }
    world.has_record[id] = n > 0;
    if (n) {
        put_cluster(id, n, first, world.time[first], world.agency[id]);
    } else {
        struct cluster none = {.id = id};
        assert_int_equal(store_put_cluster(store, &none), 0);
    }
}

static const char *const said[] = {"", "", "PTI", "AFP", "generic", "AFP+PTI"};
static const char *const sources[] = {"", "PTI", "AFP"};

static void arrive(uint32_t cluster)
{
    char outlet[32];
    snprintf(outlet, sizeof outlet, "o%u.example", below(9));
    uint32_t num = add(outlet, BEGIN + below(1000000), cluster, said[below(6)]);
    struct print p;
    assert_int_equal(view_print(store_writer_view(store), num, &p), 0);
    world.n = num;
    world.into[num] = cluster ? cluster : num;
    world.alive[num] = 1;
    world.time[num] = p.time;
    world.agency[num] = "";
}

static void rewrite(uint32_t num, unsigned flags, int64_t time)
{
    struct article a;
    article_init(&a);
    assert_int_equal(view_article(store_writer_view(store), num, &a), 0);
    a.flags = (uint8_t)flags;
    a.published = time;
    assert_int_equal(store_set_article(store, &a), 0);
    article_done(&a);
}

static void happen(void)
{
    uint32_t num = world.n ? 1 + below(world.n) : 0, id = num ? root(num) : 0, other = num ? root(1 + below(world.n)) : 0;
    switch (num && world.n < WORLD ? below(8) : 0) {
    case 1: case 2: case 3:
        if (!world.alive[num])
            break;
        arrive(id);
        renew(id);
        break;
    case 4: /* another source */
        if (world.has_record[id]) {
            world.agency[id] = sources[below(3)];
            renew(id);
        }
        break;
    case 5: /* one goes into the other */
        if (!world.has_record[id] || !world.has_record[other] || id == other)
            break;
        world.into[id] = other;
        renew(id);
        assert_int_equal(store_put_alias(store, id, other), 0);
        renew(other);
        break;
    case 6: /* a later version, or deleted: no print any more */
        if (!world.alive[num])
            break;
        rewrite(num, ARTICLE_SUPERSEDED, world.time[num]);
        world.alive[num] = 0;
        if (world.has_record[id])
            renew(id);
        break;
    case 7: /* another time */
        if (!world.alive[num])
            break;
        world.time[num] = BEGIN + below(1000000);
        rewrite(num, 0, world.time[num]);
        if (world.has_record[id])
            renew(id);
        break;
    default:
        if (world.n < WORLD)
            arrive(0);
    }
}

/* Reports that were asked all along say what those of a store say that was just opened. */
static void test_kept_up(void **state)
{
    (void)state;
    memset(&world, 0, sizeof world);
    world.seed = 7;
    for (int round = 0; round < 160; round++) {
        assert_int_equal(store_begin(store), 0);
        struct world before = world;
        for (uint32_t i = below(6); i > 0; i--)
            happen();
        if (below(5) == 0) {
            store_abort(store);
            before.seed = world.seed;
            world = before;
        } else {
            assert_int_equal(store_commit(store), 0);
        }
        char *kept = every_row();
        if (round % 4 == 0) {
            assert_int_equal(reopen(0), 0);
            char *fresh = every_row();
            assert_string_equal(kept, fresh);
            free(fresh);
        }
        free(kept);
    }
    assert_true(world.n > 100);
}

/* Stories whose prints are far apart, with memory for few of them; and more outlets than it has numbers for. */
static void test_little_memory(void **state)
{
    char outlet[32];
    (void)state;
    assert_int_equal(store_begin(store), 0);
    for (uint32_t i = 0; i < 50000; i++) {
        snprintf(outlet, sizeof outlet, "o%u.example", i % 16000);
        add(outlet, BEGIN + i, i >= 40000 ? i - 40000 + 1 : 0, i % 3 ? "" : "PTI");
    }
    for (uint32_t id = 1; id <= 10000; id++)
        put_cluster(id, 2, id, BEGIN + id - 1, id % 2 ? "PTI" : "");
    assert_int_equal(store_commit(store), 0);
    char *much = every_row();
    assert_int_equal(reopen(1), 0);
    for (int i = 0; i < 2; i++) {
        char *little = every_row();
        assert_string_equal(much, little);
        free(little);
    }
    free(much);
}

static int count_steps(void)
{
    int steps = 0;
    while (store_step(store) == 1)
        assert_true(++steps < 100);
    return steps;
}

/* While there is nothing else to do what is missing in memory is read: the newest that there is room for. */
static void test_steps(void **state)
{
    (void)state;
    assert_int_equal(store_begin(store), 0);
    for (uint32_t i = 0; i < 40000; i++) /* five chunks */
        add(i % 2 ? "a.example" : "b.example", BEGIN + i, 0, i % 3 ? "" : "PTI");
    assert_int_equal(store_commit(store), 0);
    char *asked = every_row();
    assert_int_equal(reopen(0), 0);
    assert_int_equal(count_steps(), 5);
    char *stepped = every_row();
    assert_string_equal(asked, stepped);
    free(stepped);
    assert_int_equal(reopen(1), 0);
    assert_int_equal(count_steps(), 4);
    stepped = every_row();
    assert_string_equal(asked, stepped);
    assert_int_equal(count_steps(), 0); /* the oldest takes another's place, and gives it back */
    free(stepped);
    free(asked);
    /* So many outlets that the numbers run out before the memory does. */
    add_many(20000);
    assert_int_equal(reopen(1), 0);
    assert_true(count_steps() < 4);
}

/* What cannot be read is said, not left out. */
static void test_no_story(void **state)
{
    struct report_options options = all(REPORT_AGENCIES);
    int turns;
    (void)state;
    assert_int_equal(store_begin(store), 0);
    uint32_t one = add("a.example", BEGIN, 0, "");
    add("b.example", BEGIN + 1, one, "");
    assert_int_equal(store_commit(store), 0);
    struct report *report = report_new(&options);
    assert_int_equal(read_all(report, &turns), DUP_ECORRUPT);
    report_free(report);
}

/* An outlet counts for its owner in the periods in which it printed, not where others copied it. */
static void test_outlets_of_owners(void **state)
{
    struct report_options options = all(REPORT_OWNERS);
    (void)state;
    assert_int_equal(store_begin(store), 0);
    uint32_t one = add("a.example", BEGIN, 0, "");
    add("b.example", BEGIN + DAY_MS, one, "");
    put_cluster(one, 2, one, BEGIN, "");
    assert_int_equal(store_commit(store), 0);
    options.since = BEGIN + 1;
    expect_rows(options, 1,
                "{\"owner\":\"b.example\",\"outlets\":1,\"prints\":1,\"stories\":1,\"agency_copy\":0,\"credited\":0,\"generic\":0,"
                "\"uncredited\":0,\"own\":0,\"copied\":1}\n");
}

/* The first edges of many are the same whether the others are put in order or not. */
static void test_first_edges(void **state)
{
    char outlet[32];
    (void)state;
    assert_int_equal(store_begin(store), 0);
    for (uint32_t i = 0; i < 900; i++) {
        snprintf(outlet, sizeof outlet, "o%u.example", (i * i + i / 7) % 31);
        uint32_t one = add(outlet, BEGIN + i, 0, i % 4 ? "" : "PTI");
        snprintf(outlet, sizeof outlet, "o%u.example", i % 29);
        add(outlet, BEGIN + i + 1000 * (i % 17), one, "");
        put_cluster(one, 2, one, BEGIN + i, i % 4 ? "" : "PTI");
    }
    assert_int_equal(store_commit(store), 0);
    uint64_t prints;
    struct report_options options = all(REPORT_GRAPH);
    char *whole = rows(options, &prints);
    for (size_t limit = 1; limit < 200; limit += limit / 3 + 1) {
        struct view *view;
        struct buf out;
        const char *end = whole;
        options.limit = limit;
        struct report *report = report_new(&options);
        assert_int_equal(store_snapshot(store, &view), 0);
        assert_int_equal(report_read(report, view, NULL), 0);
        store_release(view);
        assert_int_equal(report_finish(report), 0);
        buf_init(&out, 1u << 20);
        for (size_t i = 0; i < limit; i++) {
            buf_add_char(&out, '{');
            report_row(report, i, &out);
            buf_add_str(&out, "}\n");
            end = strchr(end, '\n') + 1;
        }
        assert_int_equal(out.len, end - whole);
        assert_memory_equal(out.data, whole, out.len);
        assert_true(report_rows(report) > 300);
        report_free(report);
        buf_done(&out);
    }
    free(whole);
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
        cmocka_unit_test_setup_teardown(test_kept_up, open_store, close_store),
        cmocka_unit_test_setup_teardown(test_little_memory, open_store, close_store),
        cmocka_unit_test_setup_teardown(test_steps, open_store, close_store),
        cmocka_unit_test_setup_teardown(test_no_story, open_store, close_store),
        cmocka_unit_test_setup_teardown(test_outlets_of_owners, open_store, close_store),
        cmocka_unit_test_setup_teardown(test_first_edges, open_store, close_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
