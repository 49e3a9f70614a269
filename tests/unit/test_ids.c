/*
 * Goal: whatever comes, gets a later version, is deleted or expires, and whatever is undone or begun anew
 * meanwhile, an id leads to its latest version, in the newest state and in one that is older than what memory
 * still holds; and the table is left with no row that leads nowhere.
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

#define IDS 40u
#define ROUNDS 3000
#define KEPT 200u          /* articles; the oldest expire */
#define MANY 4096u         /* ids in a table, of which it goes on in pieces of four */

static uint64_t state = 20261130;
static char dir[64], told[400];
static struct store *store;
static struct store_options options = {.dir = dir, .map_size = 1u << 24, .index_memory = 8192}; /* eight ids in a table */

static struct model {
    uint32_t nums[IDS];    /* 0: there is no such article */
    uint32_t first, last;
} model;

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

static void open_it(void)
{
    struct err err = {0};
    assert_int_equal(store_open(&options, &err, &store), 0);
}

static int make_store(void **unused)
{
    (void)unused;
    assert_int_equal(make_dir("ids", dir), 0);
    store_create_seed("ids", 3);
    options.read_only = 0;
    options.index_memory = 8192;
    open_it();
    model = (struct model){.first = 1};
    return 0;
}

static int remove_store(void **unused)
{
    (void)unused;
    store_free(store);
    return remove_dir(dir);
}

/* ---- what happens ------------------------------------------------------------------ */

static struct str name_of(uint32_t which)
{
    static char id[24];
    return (struct str){id, (size_t)sprintf(id, "id-%u", which)};
}

static void add(struct str id, uint32_t previous)
{
    struct article article = {.num = ++model.last, .cluster = model.last, .head = model.last, .version = 1, .previous = previous,
                              .published = DUP_TIME_NONE, .id = id};
    assert_int_equal(store_add_article(store, &article, &(struct packed){0}), 0);
}

/* With these flags from here on; one that is deleted has no strings any more. */
static void change(uint32_t num, uint8_t flags)
{
    struct article article;
    article_init(&article);
    assert_int_equal(view_article(&store->writer, num, &article), 0);
    article.flags = flags;
    if (flags & ARTICLE_DELETED)
        article.id.len = 0;
    assert_int_equal(store_set_article(store, &article), 0);
    article_done(&article);
}

static void come(uint32_t which)
{
    uint32_t before = model.nums[which];
    if (before)
        change(before, ARTICLE_SUPERSEDED);
    add(name_of(which), before);
    model.nums[which] = model.last;
}

/* All its versions, as the engine does it. */
static void delete(uint32_t which)
{
    struct article article;
    struct str id = name_of(which);
    article_init(&article);
    if (model.nums[which])
        assert_int_equal(store_del_id(store, id.data, id.len), 0);
    for (uint32_t num = model.nums[which]; num >= model.first;) {
        assert_int_equal(view_article(&store->writer, num, &article), 0);
        change(num, ARTICLE_DELETED);
        num = article.previous;
    }
    model.nums[which] = 0;
    article_done(&article);
}

static void expire(void)
{
    struct article article;
    article_init(&article);
    assert_int_equal(view_article(&store->writer, model.first, &article), 0);
    assert_int_equal(store_drop_article(store, &article), 0);
    for (uint32_t i = 0; i < IDS; i++)
        if (model.nums[i] == model.first)
            model.nums[i] = 0;
    model.first++;
    article_done(&article);
}

static void do_something(void)
{
    uint32_t which = draw(IDS);
    if (draw(8))
        come(which);
    else
        delete(which);
    if (model.last > model.first + KEPT || (draw(12) == 0 && model.first < model.last))
        expire();
}

static void round_of(void)
{
    struct model before = model;
    assert_int_equal(store_begin(store), 0);
    for (uint32_t n = draw(4); n <= 4; n++)
        do_something();
    if (draw(8)) {
        assert_int_equal(store_commit(store), 0);
        assert_true(draw(8) || store_step(store) >= 0);
    } else {
        assert_int_equal(ids_commit(store), 0); /* it failed after that */
        store_abort(store);
        model = before;
    }
}

/* ---- what is to be ------------------------------------------------------------------ */

static void compare(struct view *view, const struct model *expected)
{
    for (uint32_t i = 0; i < IDS; i++) {
        uint32_t num = 0;
        struct str id = name_of(i);
        int r = view_find_id(view, id.data, id.len, &num);
        if (r != (expected->nums[i] ? 0 : DUP_ENOENT) || num != expected->nums[i])
            fail_msg("id %u leads to %u (%s), not to %u", i, num, dup_strerror(r), expected->nums[i]);
    }
}

static void note(void *unused, const char *sentence)
{
    (void)unused;
    snprintf(told, sizeof told, "%s", sentence);
}

static void check(void)
{
    struct view *view;
    assert_int_equal(store_snapshot(store, &view), 0);
    if (view_check(view, note, NULL) != 0)
        fail_msg("%s", told);
    store_release(view);
}

static uint64_t rows(void)
{
    struct view *view;
    MDB_stat stat;
    assert_int_equal(store_snapshot(store, &view), 0);
    assert_int_equal(mdb_stat(view->txn, store->tables[TABLE_IDS], &stat), 0);
    store_release(view);
    return stat.ms_entries;
}

static void test_life(void **unused)
{
    struct view *view, *old = NULL;
    struct model then = model;
    uint64_t most_rows = 0;
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        round_of();
        assert_int_equal(store_snapshot(store, &view), 0);
        compare(view, &model);
        store_release(view);
        if (old)
            compare(old, &then);
        if (old && draw(20) == 0) {
            store_release(old);
            old = NULL;
        }
        if (!old && draw(30) == 0) {
            then = model;
            assert_int_equal(store_snapshot(store, &old), 0);
        }
        if (!old && draw(50) == 0) {
            options.index_memory = 4096u << draw(3); /* there may be more ids than go into a table by now */
            store_free(store);
            open_it();
        }
        if (draw(20) == 0)
            check();
        most_rows = rows() > most_rows ? rows() : most_rows;
    }
    if (old)
        store_release(old);
    /* Once all have gone and another has come many times, there is a row for that at most. */
    assert_true(most_rows > IDS / 2);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(store_begin(store), 0);
        if (i < (int)IDS)
            delete((uint32_t)i);
        add(name_of(IDS), i ? model.last : 0);
        if (i)
            change(model.last - 1, ARTICLE_SUPERSEDED);
        assert_int_equal(store_commit(store), 0);
    }
    check();
    assert_true(rows() <= 1);
}

/* What was not loaded is found all the same, and changes nothing. */
static void test_read_only(void **unused)
{
    struct view *view;
    (void)unused;
    for (int i = 0; i < 40; i++)
        round_of();
    store_free(store);
    options.read_only = 1;
    open_it();
    assert_int_equal(store_snapshot(store, &view), 0);
    compare(view, &model);
    store_release(view);
    check();
}

static void begin_anew(uint64_t index_memory)
{
    store_free(store);
    options.index_memory = index_memory;
    open_it();
}

static void come_alone(uint32_t n)
{
    while (n--) {
        assert_int_equal(store_begin(store), 0);
        add(name_of(model.last), 0);
        assert_int_equal(store_commit(store), 0);
    }
}

/* Articles that come alone: their ids get into the table too, and sooner where there are more than one table takes. */
static void test_alone(void **unused)
{
    (void)unused;
    begin_anew(MANY * 1024);
    come_alone(MANY * 7 / 4);
    assert_int_equal(rows(), MANY);
    begin_anew(4096);
    come_alone(3);
    assert_int_equal(rows(), MANY * 7 / 4);
    check();
}

/* However seldom articles come, and however often it is begun anew: there is time for what waits. */
static void test_idle(void **unused)
{
    int r, steps = 0;
    (void)unused;
    for (int i = 0; i < 8; i++) {
        come_alone(MANY / 4);
        begin_anew(MANY * 1024);
        for (; (r = store_step(store)) == 1; steps++)
            ;
        assert_int_equal(r, 0);
    }
    assert_int_equal(rows(), MANY * 5 / 4);
    assert_in_range(steps, 100, 2000);
    check();
}

/* Puts a row in the table at the place of an id's. */
static void put(uint32_t which, const uint32_t *nums, size_t n)
{
    unsigned char key[8];
    struct str id = name_of(which);
    put_be64(key, id_hash(store, id.data, id.len));
    assert_int_equal(table_put(store, TABLE_IDS, key, sizeof key, nums, n * sizeof *nums, 0), 0);
}

static size_t length_of(uint32_t which)
{
    unsigned char key[8];
    struct str id = name_of(which);
    MDB_val data;
    put_be64(key, id_hash(store, id.data, id.len));
    return table_get(&store->writer, TABLE_IDS, key, sizeof key, &data) == 0 ? data.mv_size / sizeof(uint32_t) : 0;
}

/* A row may be that of several ids: what goes is the one alone, and what is not current any more. */
static void test_same_hash(void **unused)
{
    uint32_t nums[16];
    (void)unused;
    assert_int_equal(store_begin(store), 0);
    for (uint32_t i = 0; i < 20; i++)
        come(i);
    for (uint32_t i = 0; i < 16; i++)
        nums[i] = i + 2;
    put(1, nums, 3);
    change(3, ARTICLE_SUPERSEDED);
    struct str id = name_of(1);
    assert_int_equal(store_del_id(store, id.data, id.len), 0);
    assert_int_equal(length_of(1), 1); /* article 4, which has another id */
    store_abort(store);
}

/* Files an id whose hash has a row of so many bytes by others already. How many numbers it has then. */
static size_t file_beside(size_t bytes)
{
    uint32_t nums[16];
    unsigned char key[8];
    struct str id = name_of(0);
    put_be64(key, id_hash(store, id.data, id.len));
    for (uint32_t round = 0; round < 2; round++) {
        assert_int_equal(store_begin(store), 0);
        for (uint32_t i = 0; i < 16; i++)
            nums[i] = i + 2;
        if (round)
            assert_int_equal(table_put(store, TABLE_IDS, key, sizeof key, nums, bytes, 0), 0);
        for (uint32_t i = 0; i < 20; i++)
            come(20 * round + i);
        assert_int_equal(store_commit(store), 0);
    }
    assert_int_equal(store_begin(store), 0);
    size_t length = length_of(0);
    store_abort(store);
    return length;
}

static void test_full_row(void **unused)
{
    (void)unused;
    assert_int_equal(file_beside(15 * sizeof(uint32_t)), 16);
}

/* What no row can be is none: it must not stop what comes. */
static void test_bad_rows(void **unused)
{
    assert_int_equal(file_beside(16 * sizeof(uint32_t)), 1);
    assert_int_equal(remove_store(unused), 0);
    assert_int_equal(make_store(unused), 0);
    assert_int_equal(file_beside(7), 1);
}

/* So many versions of one id are in one chain. */
static void test_many_versions(void **unused)
{
    uint32_t num;
    struct str id = name_of(0);
    (void)unused;
    begin_anew(MANY * 1024);
    for (uint32_t i = 0; i < MANY; i++) {
        assert_int_equal(store_begin(store), 0);
        come(0);
        assert_int_equal(store_commit(store), 0);
    }
    assert_int_equal(store_begin(store), 0);
    delete(0);
    assert_int_equal(view_find_id(&store->writer, id.data, id.len, &num), DUP_ENOENT);
    assert_int_equal(store_commit(store), 0);
    come_alone(MANY / 2);
    check();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_life, make_store, remove_store),
        cmocka_unit_test_setup_teardown(test_read_only, make_store, remove_store),
        cmocka_unit_test_setup_teardown(test_alone, make_store, remove_store),
        cmocka_unit_test_setup_teardown(test_idle, make_store, remove_store),
        cmocka_unit_test_setup_teardown(test_full_row, make_store, remove_store),
        cmocka_unit_test_setup_teardown(test_bad_rows, make_store, remove_store),
        cmocka_unit_test_setup_teardown(test_many_versions, make_store, remove_store),
        cmocka_unit_test_setup_teardown(test_same_hash, make_store, remove_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
