/*
 * Goal: of a store that memory cannot hold the system reads what is asked for and nothing around it, also
 * after the store has outgrown memory, its map, or both; of a smaller one it reads ahead.
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

#include "store/store.h"
#include "store_dir.h"

#define MAP (1u << 20)

static char dir[64];
static struct store *store;

static int set_up(void **unused)
{
    (void)unused;
    return make_dir("reading", dir);
}

static int tear_down(void **unused)
{
    (void)unused;
    store_free(store);
    store = NULL;
    return remove_dir(dir);
}

static void open_store(uint64_t memory)
{
    struct store_options options = {.dir = dir, .map_size = MAP, .index_memory = 1u << 16, .memory = memory};
    struct err err = {0};
    store_free(store);
    store = NULL;
    assert_int_equal(store_open(&options, &err, &store), 0);
}

/* Whether the kernel holds that the file's mapping is read at random: the flag rr of proc(5), smaps. */
static int is_scattered(void)
{
    FILE *file = fopen("/proc/self/smaps", "r");
    char line[512];
    int ours = 0, found = -1;
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        if (strchr(line, '-') && strchr(line, '-') < strchr(line, ' '))
            ours = strstr(line, "/dupd.mdb\n") != NULL;
        if (ours && strncmp(line, "VmFlags:", 8) == 0)
            found = strstr(line, " rr") != NULL;
    }
    fclose(file);
    return found;
}

/* Adds articles of 1,000 bytes until the store's file has so many. */
static void fill(uint64_t bytes)
{
    char text[1000];
    struct store_stats stats = {0};
    struct view *view;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + i % 26);
    while (stats.used_bytes < bytes) {
        int r = store_begin(store);
        for (int i = 0; i < 20 && r == 0; i++) {
            uint32_t num = view_last_num(store_writer_view(store)) + 1;
            struct article article = {.num = num, .cluster = num, .head = num, .version = 1, .id = {"a", 1}};
            r = store_add_article(store, &article, &(struct packed){text, sizeof text, 0});
        }
        if (r == 0)
            r = store_commit(store);
        else
            store_abort(store);
        assert_true(r == 0 || r == DUP_EBUSY); /* the map was full: it grows at the next beginning */
        assert_int_equal(store_snapshot(store, &view), 0);
        assert_int_equal(view_stats(view, &stats), 0);
        store_release(view);
    }
}

static void test_by_size(void **unused)
{
    (void)unused;
    open_store(0);
    assert_int_equal(is_scattered(), 0);
    fill(512 * 1024);
    store_upkeep(store);
    assert_int_equal(is_scattered(), 0);
    open_store(512 * 1024);
    assert_int_equal(is_scattered(), 1);
    open_store(64u << 20);
    assert_int_equal(is_scattered(), 0);
}

static void test_outgrown(void **unused)
{
    (void)unused;
    open_store(4 * MAP);
    fill(MAP / 2);
    store_upkeep(store);
    assert_int_equal(is_scattered(), 0);
    fill(2 * MAP + 65536); /* the map was made anew meanwhile */
    store_upkeep(store);
    assert_int_equal(is_scattered(), 1);
    fill(5 * MAP);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(is_scattered(), 1);
    store_abort(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_by_size, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_outgrown, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
