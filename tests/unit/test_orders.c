/*
 * Goal: whatever joins, leaves, merges and expires, a listing of the latest gives each cluster once, at the
 * place of its latest member, whatever the length of its pages; rows that are out of date go with
 * their article, and many of them hold nobody up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <lmdb.h>

#include "store/internal.h"
#include "store_dir.h"

#define CLUSTERS 12u
#define ROUNDS 4000
#define KEPT 300u  /* articles; the oldest expire */
#define MANY 2500u

static uint64_t state = 20261125;
static char dir[64];
static struct store *store;
static uint32_t last_num, first_num;

/* Members of each cluster by number, ascending. Clusters are named by numbers of no article: the orders don't care. */
static struct { uint32_t nums[MANY + 1], n; } model[CLUSTERS];

/* LMDB's own: the stores need not outlive the test. */
int fdatasync(int fd)
{
    (void)fd;
    return 0;
}

static uint32_t draw(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 20) % below;
}

static int make_store(void **unused)
{
    struct store_options options = {.dir = dir, .map_size = 1u << 24, .index_memory = 1024};
    struct err err = {0};
    (void)unused;
    assert_int_equal(make_dir("orders", dir), 0);
    assert_int_equal(store_open(&options, &err, &store), 0);
    memset(model, 0, sizeof model);
    last_num = 0;
    first_num = 1;
    return 0;
}

static int remove_store(void **unused)
{
    (void)unused;
    store_free(store);
    return remove_dir(dir);
}

/* ---- what happens ------------------------------------------------------------------ */

static void put(uint32_t which)
{
    uint32_t n = model[which].n;
    struct cluster c = {.id = which + 1, .articles = n};
    if (n)
        c.last = model[which].nums[n - 1];
    assert_int_equal(store_put_cluster(store, &c), 0);
}

static void add_article(void)
{
    char id[16];
    struct article article = {.num = ++last_num, .cluster = last_num, .head = last_num, .version = 1,
                              .published = DUP_TIME_NONE, .id = {id, (size_t)sprintf(id, "a%u", last_num)}};
    assert_int_equal(store_add_article(store, &article, &(struct packed){0}), 0);
}

static void join(uint32_t which)
{
    add_article();
    model[which].nums[model[which].n++] = last_num;
    put(which);
}

static void leave(uint32_t which, uint32_t at)
{
    model[which].n--;
    memmove(model[which].nums + at, model[which].nums + at + 1, (model[which].n - at) * sizeof(uint32_t));
    put(which);
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void merge(uint32_t from, uint32_t to)
{
    memcpy(model[to].nums + model[to].n, model[from].nums, model[from].n * sizeof(uint32_t));
    model[to].n += model[from].n;
    model[from].n = 0;
    qsort(model[to].nums, model[to].n, sizeof(uint32_t), by_number);
    put(to);
    put(from);
}

static void expire(void)
{
    struct article article;
    article_init(&article);
    assert_int_equal(view_article(&store->writer, first_num, &article), 0);
    for (uint32_t i = 0; i < CLUSTERS; i++)
        if (model[i].n && model[i].nums[0] == first_num)
            leave(i, 0);
    assert_int_equal(store_drop_article(store, &article), 0);
    article_done(&article);
    first_num++;
}

/* ---- what is seen --------------------------------------------------------------------- */

static uint64_t rows(void)
{
    MDB_stat stat;
    assert_int_equal(mdb_stat(store->writer.txn, store->tables[TABLE_RECENT], &stat), 0);
    return stat.ms_entries;
}

/* Each row names a number that is kept. */
static void check_numbers(void)
{
    MDB_cursor *cursor;
    MDB_val key, data;
    assert_int_equal(mdb_cursor_open(store->writer.txn, store->tables[TABLE_RECENT], &cursor), 0);
    while (mdb_cursor_get(cursor, &key, &data, MDB_NEXT) == 0)
        assert_in_range(get_be32(key.mv_data), first_num, last_num);
    mdb_cursor_close(cursor);
}

/* Pages of that many clusters give those of two and more, the latest first. */
static void check_listing(size_t max)
{
    struct cluster_cursor cursor = {{0}};
    struct cluster got[CLUSTERS];
    uint32_t before = UINT32_MAX, n_listed = 0, n_got = 0;
    int n;
    for (uint32_t i = 0; i < CLUSTERS; i++)
        n_listed += model[i].n >= 2;
    while ((n = view_clusters(&store->writer, ORDER_RECENT, &cursor, max, got)) > 0) {
        for (int i = 0; i < n; i++) {
            uint32_t which = got[i].id - 1;
            assert_true(which < CLUSTERS && model[which].n >= 2);
            assert_int_equal(got[i].articles, model[which].n);
            assert_int_equal(got[i].last, model[which].nums[model[which].n - 1]);
            assert_true(got[i].last < before); /* so none comes twice */
            before = got[i].last;
        }
        n_got += (uint32_t)n;
    }
    assert_int_equal(n, 0);
    assert_int_equal(n_got, n_listed);
}

/* ---- tests ------------------------------------------------------------------------------ */

static void test_anything(void **unused)
{
    uint64_t most = 0;
    (void)unused;
    for (int round = 0; round < ROUNDS; round++) {
        uint32_t which = draw(CLUSTERS), what = draw(20);
        assert_int_equal(store_begin(store), 0);
        if (what < 14)
            join(which);
        else if (what < 18 && model[which].n)
            leave(which, what < 16 ? model[which].n - 1 : draw(model[which].n));
        else if (what == 18)
            merge(which, (which + 1) % CLUSTERS);
        else
            add_article();
        while (last_num - first_num >= KEPT)
            expire();
        check_listing(1 + draw(4));
        check_numbers();
        most = rows() > most ? rows() : most;
        assert_int_equal(store_commit(store), 0);
    }
    assert_true(most > KEPT / 2 && most < 2 * KEPT);
    assert_int_equal(store_begin(store), 0);
    while (first_num <= last_num)
        expire();
    assert_int_equal(rows(), 0);
    store_abort(store);
}

/* Two stories that run everywhere, one of which is gone: what was latest before them is found in bounded steps. */
static void test_many_out_of_date(void **unused)
{
    struct cluster_cursor cursor = {{0}};
    struct cluster got[CLUSTERS];
    int n, steps = 0;
    (void)unused;
    assert_int_equal(store_begin(store), 0);
    join(0);
    join(0);
    for (uint32_t i = 0; i < MANY; i++)
        join(1 + i % 2);
    while (model[2].n)
        leave(2, 0);
    assert_int_equal(view_clusters(&store->writer, ORDER_RECENT, &cursor, CLUSTERS, got), 1);
    assert_int_equal(got[0].id, 2);
    while ((n = view_clusters(&store->writer, ORDER_RECENT, &cursor, CLUSTERS, got)) == DUP_EBUSY)
        steps++;
    assert_int_equal(n, 1);
    assert_int_equal(got[0].id, 1);
    assert_int_equal(steps, 1); /* the first call and the last passed over as many */
    assert_int_equal(view_clusters(&store->writer, ORDER_RECENT, &cursor, CLUSTERS, got), 0);
    store_abort(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_anything, make_store, remove_store),
        cmocka_unit_test_setup_teardown(test_many_out_of_date, make_store, remove_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
