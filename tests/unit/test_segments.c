/*
 * Goal: whatever is posted, sealed, merged, taken back, expired and reopened
 * at any point between two steps, a look-up says what a list of all postings would say.
 */
#include <dlfcn.h>
#include <errno.h>
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

#include "store/postings.h"

#define COMMON 40        /* values that nearly every article has */
#define VALUES 30000     /* values that are drawn */
#define TABLE_BYTES 1024 /* for index-memory: the smallest table, of some five thousand postings */

static uint64_t state = 20260714;
static char dir[64];
static struct store *store;

static int failing; /* commits fail */

/* Stands before LMDB's own. */
int mdb_txn_commit(MDB_txn *txn)
{
    int (*commit)(MDB_txn *);
    *(void **)&commit = dlsym(RTLD_NEXT, "mdb_txn_commit");
    if (!failing)
        return commit(txn);
    mdb_txn_abort(txn);
    return EIO;
}

static uint64_t draw(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

/* ---- the model ---------------------------------------------------------------- */

struct list { uint32_t *nums; uint32_t n, cap; };
static struct list model[VALUES];
static uint32_t first_num = 1;

static uint64_t value_of(uint32_t i)
{
    uint64_t mixed = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
    return i % 7 ? mixed : mixed & UINT64_C(0xffffff00000fffff); /* some stand close together */
}

static void model_add(uint32_t i, uint32_t num)
{
    struct list *list = &model[i];
    for (uint32_t k = 0; k < list->n; k++)
        if (list->nums[k] == num)
            return;
    if (list->n == list->cap) {
        list->cap = list->cap ? list->cap * 2 : 4;
        list->nums = realloc(list->nums, list->cap * sizeof *list->nums);
        assert_non_null(list->nums);
    }
    list->nums[list->n++] = num;
}

static void compare(uint32_t i)
{
    static struct posting_list found;
    uint64_t value = value_of(i);
    uint32_t count = 0;
    assert_int_equal(store_probe(store, &value, 1, &found), 0);
    for (uint32_t k = 0; k < model[i].n; k++)
        count += model[i].nums[k] >= first_num;
    assert_int_equal(found.total, count <= LIMIT_POSTINGS ? count : LIMIT_POSTINGS + 1);
    assert_int_equal(found.n, count < LIMIT_POSTINGS ? count : LIMIT_POSTINGS);
    for (uint32_t k = 0; k < found.n; k++) {
        uint32_t at = 0;
        while (at < model[i].n && model[i].nums[at] != found.nums[k])
            at++;
        assert_true(at < model[i].n && found.nums[k] >= first_num);
        for (uint32_t other = 0; other < k; other++)
            assert_int_not_equal(found.nums[k], found.nums[other]);
    }
}

static void compare_all(void)
{
    assert_int_equal(store_begin(store), 0);
    for (uint32_t i = 0; i < VALUES; i++)
        compare(i);
    store_abort(store);
}

/* ---- a store -------------------------------------------------------------------- */

static void open_store(void)
{
    struct store_options options = {.dir = dir, .map_size = 64u << 20, .index_memory = TABLE_BYTES};
    struct err err = {0};
    if (store_open(&options, &err, &store) != 0)
        fail_msg("%s", err.text);
}

static void reopen(void)
{
    store_free(store);
    open_store();
}

static int make_store(void **unused)
{
    (void)unused;
    snprintf(dir, sizeof dir, "%s/segments-XXXXXX", getenv("TMP") ? getenv("TMP") : "/tmp");
    assert_non_null(mkdtemp(dir));
    open_store();
    return 0;
}

static int remove_store(void **unused)
{
    static const char *const files[] = {"dupd.mdb", "dupd.mdb-lock", "lock"};
    char path[128];
    (void)unused;
    store_free(store);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, files[i]);
        unlink(path);
    }
    for (uint32_t i = 0; i < VALUES; i++)
        free(model[i].nums);
    memset(model, 0, sizeof model);
    first_num = 1;
    return rmdir(dir);
}

static void report(void *unused, const char *sentence)
{
    (void)unused;
    /* The postings of this test are of articles that are not there. */
    if (strstr(sentence, "segment") || strstr(sentence, "postings") || strstr(sentence, "pages"))
        fail_msg("%s", sentence);
}

static void check_store(void)
{
    struct view *view;
    assert_int_equal(store_snapshot(store, &view), 0);
    view_check(view, report, NULL);
    store_release(view);
}

static void add_article(uint32_t num)
{
    char id[32];
    int len = snprintf(id, sizeof id, "article-%u", num);
    struct article article = {.num = num, .cluster = num, .head = num, .flags = ARTICLE_HEAD, .published = DUP_TIME_NONE,
                              .id = {id, (size_t)len}};
    assert_int_equal(store_add_article(store, &article, &(struct packed){0}), 0);
}

/* One transaction: a few articles with their postings, of which some come twice. */
static void post_batch(uint32_t *num, int undo)
{
    uint32_t indexes[4][300];
    size_t counts[4], n = 1 + draw() % 4;
    int r;
    do {
        r = store_begin(store);
        for (size_t a = 0; r == 0 && a < n; a++) {
            uint64_t values[300];
            counts[a] = 100 + draw() % 200;
            for (size_t i = 0; i < counts[a]; i++) {
                indexes[a][i] = (uint32_t)(draw() % 8 ? draw() % VALUES : draw() % COMMON);
                values[i] = value_of(indexes[a][i]);
            }
            r = store_post(store, values, counts[a], *num + (uint32_t)a);
            if (r == 0)
                add_article(*num + (uint32_t)a);
        }
        if (r == 0 && !undo)
            r = store_commit(store);
        else
            store_abort(store);
    } while (r == DUP_EBUSY);
    assert_int_equal(r, 0);
    if (undo)
        return;
    for (size_t a = 0; a < n; a++)
        for (size_t i = 0; i < counts[a]; i++)
            model_add(indexes[a][i], *num + (uint32_t)a);
    *num += (uint32_t)n;
}

static void expire(uint32_t below)
{
    struct article article;
    article_init(&article);
    assert_int_equal(store_begin(store), 0);
    for (; first_num < below; first_num++) {
        assert_int_equal(view_article(store_writer_view(store), first_num, &article), 0);
        assert_int_equal(store_drop_article(store, &article), 0);
    }
    assert_int_equal(store_commit(store), 0);
    article_done(&article);
}

/* ---- tests ------------------------------------------------------------------------ */

static void test_model(void **unused)
{
    uint32_t num = 1, seals = 0, merges = 0;
    (void)unused;
    for (int round = 0; round < 1200; round++) {
        post_batch(&num, draw() % 10 == 0);
        for (unsigned i = 0, steps = draw() % 3 ? 20 : 0; i < steps && store_owes(store); i++)
            assert_true(store_step(store) >= 0);
        if (draw() % 40 == 0 && num > first_num + 1500)
            expire(first_num + (uint32_t)(draw() % 200));
        if (draw() % 60 == 0) {
            seals += (uint32_t)store->figures.seals;
            merges += (uint32_t)store->figures.merges;
            reopen();
        }
        assert_int_equal(store_begin(store), 0);
        for (int i = 0; i < 30; i++)
            compare((uint32_t)(draw() % VALUES));
        compare((uint32_t)(draw() % COMMON));
        store_abort(store);
    }
    assert_true(seals > 20 && merges > 3); /* else nothing of it was met */
    compare_all();
    check_store();
    int r;
    while ((r = store_step(store)) == 1)
        ;
    assert_int_equal(r, 0);
    compare_all();
    check_store();
    reopen();
    compare_all();
    expire(num - 1);
    post_batch(&num, 0);
    while ((r = store_step(store)) == 1)
        ;
    assert_int_equal(r, 0);
    compare_all();
    assert_int_equal(store->figures.segments, 0); /* all of them had expired */
    check_store();
}

/* A step that is not committed leaves no trace. */
static void test_failing_steps(void **unused)
{
    uint32_t num = 1;
    (void)unused;
    for (int round = 0; round < 200; round++) {
        post_batch(&num, 0);
        if (round % 3 == 0) {
            failing = 1;
            int r = store_step(store);
            failing = 0;
            assert_true(r == 0 || r == DUP_EIO || r == 1); /* 1: the ledger, which writes nothing */
        } else {
            while (store_owes(store))
                assert_true(store_step(store) >= 0);
        }
        assert_int_equal(store_begin(store), 0);
        for (int i = 0; i < 30; i++)
            compare((uint32_t)(draw() % VALUES));
        store_abort(store);
    }
    assert_true(store->figures.seals > 5);
    compare_all();
    check_store();
    reopen();
    compare_all();
}

/* Values that no filter could tell apart and no value at all. */
static void test_filter(void **unused)
{
    enum { N = 100000 };
    struct filter *filter = filter_new("/nowhere", N);
    uint32_t wrong = 0;
    (void)unused;
    assert_non_null(filter);
    for (uint32_t i = 0; i < N; i++)
        filter_add(filter, value_key(i * UINT64_C(0x9e3779b97f4a7c15)));
    for (uint32_t i = 0; i < N; i++)
        assert_true(filter_may_have(filter, value_key(i * UINT64_C(0x9e3779b97f4a7c15))));
    for (uint32_t i = 0; i < N; i++)
        wrong += (uint32_t)filter_may_have(filter, value_key(draw()));
    assert_in_range(wrong, 1, N / 40); /* about one in a hundred */
    filter_free(filter);
    filter_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_model, make_store, remove_store),
        cmocka_unit_test_setup_teardown(test_failing_steps, make_store, remove_store),
        cmocka_unit_test(test_filter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
