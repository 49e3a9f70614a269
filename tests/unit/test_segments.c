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
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <lmdb.h>

#include "store/postings.h"
#include "store_dir.h"

#define COMMON 40        /* values that nearly every article has */
#define VALUES 30000     /* values that are drawn */
#define TABLE_BYTES 1024 /* for index-memory: the smallest table, of some five thousand postings */
#define EARLIER 12       /* values that are looked up together */

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

static int64_t slow_ns, later_ns; /* what each look at the clock takes, and all of them took */

/* The disk is slow: a step ends before it has done what it may. */
int clock_gettime(clockid_t clock, struct timespec *ret)
{
    int r = (int)syscall(SYS_clock_gettime, clock, ret);
    later_ns += slow_ns;
    ret->tv_sec += later_ns / 1000000000;
    ret->tv_nsec += later_ns % 1000000000;
    if (ret->tv_nsec >= 1000000000) {
        ret->tv_nsec -= 1000000000;
        ret->tv_sec++;
    }
    return r;
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

static void assert_found(uint32_t i, const struct posting_list *found, int ahead)
{
    uint32_t count = 0;
    for (uint32_t k = 0; k < model[i].n; k++)
        count += model[i].nums[k] >= first_num;
    /* A value that had its fill takes no more, and has fewer when some of those expire. */
    int had_its_fill = model[i].n > LIMIT_POSTINGS && count < model[i].n;
    uint32_t total = count <= LIMIT_POSTINGS ? count : LIMIT_POSTINGS + 1, n = count < LIMIT_POSTINGS ? count : LIMIT_POSTINGS;
    assert_true(found->total == total || (had_its_fill && (found->total < total || ahead)));
    assert_true(found->n == n || (had_its_fill && found->n < n));
    for (uint32_t k = 0; k < found->n; k++) {
        uint32_t at = 0;
        while (at < model[i].n && model[i].nums[at] != found->nums[k])
            at++;
        assert_true(at < model[i].n && found->nums[k] >= first_num);
        for (uint32_t other = 0; other < k; other++)
            assert_int_not_equal(found->nums[k], found->nums[other]);
    }
}

static void compare(uint32_t i)
{
    static struct posting_list found;
    uint64_t value = value_of(i);
    assert_int_equal(store_probe(store, &value, 1, NULL, &found), 0);
    assert_found(i, &found, 0);
}

/* What other threads looked up, some time ago. */
static struct earlier { uint32_t i[EARLIER]; struct view *view; struct probed probed; } earlier[8];
static unsigned n_ahead, n_too_old, n_while_sealing;

static void values_of(const struct earlier *e, uint64_t *ret)
{
    for (int k = 0; k < EARLIER; k++)
        ret[k] = value_of(e->i[k]);
}

static void take_snapshot(struct earlier *e)
{
    buf_init(&e->probed.lists, LIMIT_LINE);
    for (int k = 0; k < EARLIER; k++)
        e->i[k] = (uint32_t)(draw() % 4 ? draw() % VALUES : draw() % COMMON);
    assert_int_equal(store_snapshot(store, &e->view), 0);
}

static void look_ahead(struct earlier *e)
{
    uint64_t values[EARLIER];
    values_of(e, values);
    assert_int_equal(view_probe(e->view, values, EARLIER, &e->probed), 0);
    n_ahead += e->probed.order != 0;
    n_too_old += e->probed.order == 0 && store->figures.segments;
    store_release(e->view);
    e->view = NULL;
}

static void use(struct earlier *e)
{
    static struct posting_list found[EARLIER];
    uint64_t values[EARLIER];
    values_of(e, values);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_probe(store, values, EARLIER, &e->probed, found), 0);
    for (int k = 0; k < EARLIER; k++)
        assert_found(e->i[k], &found[k], 1);
    store_abort(store);
    buf_done(&e->probed.lists);
    *e = (struct earlier){0};
}

/* Each takes a snapshot, looks something up in it later, and that is used later still. */
static void compare_earlier(void)
{
    struct earlier *e = &earlier[draw() % 8];
    if (e->view)
        look_ahead(e);
    else if (e->probed.lists.max)
        use(e);
    else
        take_snapshot(e);
}

/* Nothing has changed in between: no segment is asked twice. */
static void compare_at_once(void)
{
    struct earlier e = {.view = NULL};
    take_snapshot(&e);
    look_ahead(&e);
    uint64_t asked = store->figures.filter_asked;
    int sealed = e.probed.order != 0;
    use(&e);
    assert_true(!sealed || store->figures.filter_asked == asked);
}

static void end_earlier(void)
{
    for (unsigned k = 0; k < 8; k++) {
        if (earlier[k].view)
            store_release(earlier[k].view);
        buf_done(&earlier[k].probed.lists);
        earlier[k] = (struct earlier){0};
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
    end_earlier();
    store_free(store);
    open_store();
    for (unsigned i = 0; i < SEGMENTS_MAX; i++) {
        const struct segment *s = &store->tiers->segments[i];
        assert_true(s->state != SEGMENT_LIVE || filter_bytes(s->filter) >= s->postings); /* ten bits for each */
        n_while_sealing += s->state == SEGMENT_LIVE && s->postings > index_count(store->tiers->active) && tiers_sealing(store->tiers);
    }
}

static int make_store(void **unused)
{
    (void)unused;
    assert_int_equal(make_dir("segments", dir), 0);
    open_store();
    return 0;
}

static int remove_store(void **unused)
{
    (void)unused;
    end_earlier();
    store_free(store);
    for (uint32_t i = 0; i < VALUES; i++)
        free(model[i].nums);
    memset(model, 0, sizeof model);
    first_num = 1;
    return remove_dir(dir);
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

/* Whether all segments have fences, as they should when there is nothing else to do. */
static void assert_fenced(void)
{
    assert_false(tiers_unready(store->tiers));
    for (unsigned i = 0; i < SEGMENTS_MAX; i++)
        assert_true((store->tiers->segments[i].state == SEGMENT_LIVE) == (store->tiers->segments[i].fences != NULL));
}

/* ---- tests ------------------------------------------------------------------------ */

static void test_model(void **unused)
{
    uint32_t num = 1, seals = 0, merges = 0;
    (void)unused;
    for (int round = 0; round < 1200; round++) {
        slow_ns = round / 50 % 3 ? 0 : 12000000;
        post_batch(&num, draw() % 10 == 0);
        for (unsigned i = 0, steps = draw() % 3 ? 20 : 0; i < steps && store_owes(store); i++)
            assert_true(store_step(store) >= 0);
        if (draw() % 100 == 0 && store->map_size < UINT64_C(1) << 32) {
            end_earlier();
            store->grow = 1; /* the map comes to lie somewhere else */
        }
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
        for (int i = 0; i < 5; i++)
            compare_earlier();
        compare_at_once();
    }
    slow_ns = 0;
    assert_true(seals > 20 && merges > 3 && n_ahead > 1000 && n_too_old > 10 && n_while_sealing); /* else nothing of it was met */
    compare_all();
    check_store();
    int r;
    while ((r = store_step(store)) == 1)
        ;
    assert_int_equal(r, 0);
    assert_fenced();
    compare_all();
    check_store();
    reopen();
    compare_all();
    while ((r = store_step(store)) == 1)
        ;
    assert_fenced();
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

/* An article with n values of its own, or with value 0; then all that is to be done. */
static void post_and_step(uint32_t num, uint32_t n)
{
    assert_int_equal(store_begin(store), 0);
    add_article(num);
    for (uint32_t k = n ? 1 : 0; k <= n; k++) {
        uint64_t value = value_of(num * 1000 * k + k);
        assert_int_equal(store_post(store, &value, 1, num), 0);
    }
    assert_int_equal(store_commit(store), 0);
    while (store_step(store) == 1)
        ;
}

/* A value that more stories have than are kept, all of them in segments, is still common. */
static void test_common(void **unused)
{
    static struct posting_list found;
    struct probed probed = {0};
    struct view *view;
    uint64_t value = value_of(0);
    (void)unused;
    for (uint32_t num = 1; num <= LIMIT_POSTINGS + 30; num++)
        post_and_step(num, num <= LIMIT_POSTINGS + 5 ? 0 : 900);
    assert_true(store->figures.seals >= 2); /* no table has it any more */
    buf_init(&probed.lists, LIMIT_LINE);
    assert_int_equal(store_snapshot(store, &view), 0);
    assert_int_equal(view_probe(view, &value, 1, &probed), 0);
    store_release(view);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_probe(store, &value, 1, &probed, &found), 0);
    assert_int_equal(found.total, LIMIT_POSTINGS + 1);
    assert_int_equal(found.n, LIMIT_POSTINGS);
    store_abort(store);
    buf_done(&probed.lists);
}

/* Orders do not come again: what was looked up before the segments that had them went says nothing of those that came since. */
static void test_orders(void **unused)
{
    enum { LAST_OLD = 15, NEW = 17 }; /* two tables sealed, and three: no merge */
    static struct posting_list found[NEW];
    uint64_t values[NEW];
    struct probed probed = {0};
    struct view *view;
    (void)unused;
    for (uint32_t num = 1; num <= LAST_OLD; num++)
        post_and_step(num, 900);
    for (uint32_t k = 0; k < NEW; k++)
        values[k] = value_of((LAST_OLD + 1 + k) * 1000 * 7 + 7);
    buf_init(&probed.lists, LIMIT_LINE);
    assert_int_equal(store_snapshot(store, &view), 0);
    assert_int_equal(view_probe(view, values, NEW, &probed), 0);
    store_release(view);
    assert_true(probed.order > 0);
    expire(LAST_OLD + 1);
    while (store_step(store) == 1)
        ;
    for (uint32_t num = LAST_OLD + 1; num <= LAST_OLD + NEW; num++)
        post_and_step(num, 900);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_probe(store, values, NEW, &probed, found), 0);
    for (uint32_t k = 0; k < NEW; k++)
        assert_int_equal(found[k].n, 1);
    store_abort(store);
    buf_done(&probed.lists);
}

/* What a text is most likely a copy of: the number that most of its rarer values lead to. */
static void test_most(void **unused)
{
    enum { COPIED = 3, OTHER = 5, N = 60 };
    struct probed probed = {0};
    struct view *view;
    uint64_t values[N];
    uint32_t votes;
    (void)unused;
    for (uint32_t num = 1; num <= 30; num++)
        post_and_step(num, 900);
    for (uint32_t k = 0; k < N; k++) {
        uint32_t num = k % 3 ? COPIED : k % 2 ? OTHER : 100;
        values[k] = value_of(num * 1000 * (k + 1) + k + 1);
    }
    buf_init(&probed.lists, LIMIT_LINE);
    assert_int_equal(probed_most(&probed, &votes), 0);
    assert_int_equal(votes, 0);
    assert_int_equal(store_snapshot(store, &view), 0);
    assert_int_equal(view_probe(view, values, N, &probed), 0);
    store_release(view);
    assert_int_equal(probed_most(&probed, &votes), COPIED);
    assert_int_equal(votes, N - N / 3);
    buf_done(&probed.lists);
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

static int by_size(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Keys that lie evenly, close together, or at both ends: the first that is not below one is found. */
static void test_fences(void **unused)
{
    enum { N = 5000 };
    static uint64_t keys[N];
    (void)unused;
    for (int shape = 0; shape < 24; shape++) {
        uint64_t n = shape < 6 ? (uint64_t)shape : N, mask = shape % 3 == 0 ? UINT64_MAX : shape % 3 == 1 ? 0xffff00000fff : 0xff;
        struct fences *fences = fences_new("/nowhere", n);
        struct placed chunk = {.len = 1}, found;
        assert_non_null(fences);
        for (uint64_t i = 0; i < n; i++)
            keys[i] = value_key(shape % 4 == 3 && i % 2 ? ~(draw() & mask) : draw() & mask);
        qsort(keys, n, sizeof *keys, by_size);
        for (uint64_t i = 0; i < n; i++) {
            chunk.row = keys[i];
            chunk.data = (const unsigned char *)keys + i;
            assert_int_equal(fences_add(fences, &chunk), 0);
        }
        assert_int_equal(fences_add(fences, &chunk), DUP_ECORRUPT);
        for (uint64_t i = 0, at; i < 2 * N; i++) {
            uint64_t key = value_key(i % 2 && n ? keys[draw() % n] + draw() % 3 - 1 : draw() & mask);
            for (at = 0; at < n && keys[at] < key; at++)
                ;
            fences_prefetch(fences, key);
            assert_int_equal(fences_find(fences, key, &found), at < n);
            assert_true(at == n || (found.row == keys[at] && found.data == (const unsigned char *)keys + at && found.len == 1));
        }
        fences_free(fences);
    }
    fences_free(NULL);
    assert_int_equal(fences_bytes(NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_model, make_store, remove_store),
        cmocka_unit_test_setup_teardown(test_failing_steps, make_store, remove_store),
        cmocka_unit_test_setup_teardown(test_common, make_store, remove_store),
        cmocka_unit_test_setup_teardown(test_orders, make_store, remove_store),
        cmocka_unit_test_setup_teardown(test_most, make_store, remove_store),
        cmocka_unit_test(test_filter),
        cmocka_unit_test(test_fences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
