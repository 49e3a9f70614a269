/*
 * life.h - a small store with everything in it: clusters of copies, one that was merged into another,
 * links, versions, credits and lone articles. Made the same each time. Included once by a test.
 */
#ifndef DUPD_TESTS_LIFE_H
#define DUPD_TESTS_LIFE_H

#include <json-c/json.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/engine.h"
#include "store/postings.h"
#include "store_dir.h"

#define HOUR_MS INT64_C(3600000)
#define START_MS INT64_C(1772409600000)
#define TABLE_BYTES 1024   /* the smallest table of the index */
#define FILE_MAX (8u << 20)
#define PIECE_WORDS 55

static char base[64], dir[80]; /* the test's own directory, and the store's in it */
static struct store *store;
static struct engine *engine;
static struct preparer *preparer;
static struct err opening; /* what the last one said */

/* LMDB's own: the stores need not outlive the test. */
int fdatasync(int fd)
{
    (void)fd;
    return 0;
}

/* A child of the store's ends with it; what it covered is told before. */
extern void __gcov_dump(void) __attribute__((weak));

void _exit(int code)
{
    if (__gcov_dump)
        __gcov_dump();
    for (;;)
        syscall(SYS_exit_group, code);
}

/* ---- articles ------------------------------------------------------------------ */

static const struct arrival {
    const char *id, *outlet, *pieces, *agencies, *own;
    enum dup_claim claim;
} arrivals[] = {
    {"front", "north.example", "ab", "", "", DUP_CLAIM_NONE},
    {"copy", "east.example", "ab", "norra", "", DUP_CLAIM_AGENCY},
    {"back", "south.example", "bc", "norra+vest", "", DUP_CLAIM_FROM},
    {"back-copy", "east.example", "bc", "", "vest", DUP_CLAIM_NONE},
    {"alone", "west.example", "d", "generic", "", DUP_CLAIM_FROM},
    {"digest", "west.example", "aedf", "", "", DUP_CLAIM_NONE},
    {"whole", "north.example", "abc", "", "", DUP_CLAIM_NONE}, /* joins the two clusters */
    {"front", "north.example", "abg", "", "", DUP_CLAIM_NONE}, /* a later version */
    {"copy", "east.example", "hi", "", "", DUP_CLAIM_NONE},    /* another text altogether */
    {"half", "south.example", "ik", "", "", DUP_CLAIM_NONE},   /* linked to that */
};
#define ARRIVALS (sizeof arrivals / sizeof *arrivals)
static struct prepared prepared[ARRIVALS];
static struct buf bodies[ARRIVALS];

static void write_pieces(const char *pieces, char *ret)
{
    *ret = '\0';
    for (; *pieces; pieces++) {
        uint64_t word = (uint64_t)*pieces * 7919;
        for (int i = 0; i < PIECE_WORDS; i++) {
            word = word * UINT64_C(6364136223846793005) + 1442695040888963407u;
            ret += sprintf(ret, "w%llu ", (unsigned long long)(word >> 44));
        }
    }
}

static void prepare(size_t i, const struct dup_secret *secret)
{
    const struct arrival *a = &arrivals[i];
    struct prepare_options options = {.secret = secret, .body_max = 1u << 20};
    struct json_object *object = json_object_new_object();
    struct json_error error;
    static char body[4000];
    write_pieces(a->pieces, body);
    json_object_object_add(object, "id", json_object_new_string(a->id));
    json_object_object_add(object, "outlet", json_object_new_string(a->outlet));
    json_object_object_add(object, "body", json_object_new_string(body));
    assert_int_equal(prepare_article(preparer, &options, object, &prepared[i], &error), 0);
    json_object_put(object);
    strcpy(prepared[i].agencies, a->agencies);
    strcpy(prepared[i].own, a->own);
    prepared[i].claim = (uint8_t)a->claim;
    buf_init(&bodies[i], sizeof body);
    assert_int_equal(buf_add_str(&bodies[i], body), 0);
}

/* As a worker does it, for each time that an article is sent. */
static int go_ahead(size_t i)
{
    struct view *view;
    struct prepared *p = &prepared[i];
    int r = store_snapshot(store, &view);
    if (r < 0)
        return r;
    buf_done(&p->raw);
    buf_clear(&p->packed);
    r = buf_add(&p->raw, bodies[i].data, bodies[i].len);
    if (r == 0)
        engine_ahead(engine, view, p);
    store_release(view);
    return r;
}

/* The arrivals from and below, as one batch of the daemon. */
static int submit(size_t from, size_t below)
{
    struct verdict verdict;
    int r = 0;
    for (size_t i = from; r == 0 && i < below; i++)
        r = go_ahead(i);
    if (r < 0 || (r = store_begin(store)) < 0)
        return r;
    for (size_t i = from; r == 0 && i < below; i++)
        r = engine_submit(engine, &prepared[i], START_MS + (int64_t)i * HOUR_MS, &verdict);
    if (r == 0)
        return store_commit(store);
    store_abort(store);
    return r;
}

/* ---- the store and its file ------------------------------------------------------ */

static const struct store_options *where(void)
{
    static struct store_options options = {.dir = dir, .map_size = 32u << 20, .index_memory = TABLE_BYTES};
    return &options;
}

static int open_it(void)
{
    const struct engine_options options = {.window_ms = 720 * HOUR_MS, .exact_window_ms = 720 * HOUR_MS,
                                           .keep_text = 1, .cache_bytes = 1u << 16};
    struct err err = {0};
    int r = store_open(where(), &err, &store);
    opening = err;
    if (r < 0) {
        store = NULL;
        assert_int_equal(r, err.code);
        assert_true(err.text[0]);
        return r;
    }
    engine = engine_new(store, &options);
    if (engine)
        return 0;
    store_free(store);
    store = NULL;
    return DUP_ENOMEM;
}

static void close_it(void)
{
    if (!store)
        return;
    engine_free(engine);
    store_free(store);
    store = NULL;
}

static void path_of(const char *in, const char *name, char ret[128])
{
    snprintf(ret, 128, "%s/%s", in, name);
}

struct image { char *data; size_t len; }; /* owned; NULL: no file */

static struct image keep_file(void)
{
    struct image image = {malloc(FILE_MAX), 0};
    char path[128];
    path_of(dir, "dupd.mdb", path);
    FILE *file = fopen(path, "r");
    assert_true(image.data && file);
    image.len = fread(image.data, 1, FILE_MAX, file);
    assert_in_range(image.len, 8192, FILE_MAX - 1);
    fclose(file);
    return image;
}

static void put_back(const struct image *image)
{
    char path[128];
    remove_dir(dir);
    if (!image->data)
        return;
    assert_int_equal(mkdir(dir, 0700), 0);
    path_of(dir, "dupd.mdb", path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(image->data, 1, image->len, file), image->len);
    assert_int_equal(fclose(file), 0);
}

/* ---- beginning and end of a test ------------------------------------------------- */

static int begin_life(const char *name)
{
    struct dup_secret secret;
    snprintf(base, sizeof base, "%s/%s-XXXXXX", getenv("TMP") ? getenv("TMP") : "/tmp", name);
    assert_non_null(mkdtemp(base));
    snprintf(dir, sizeof dir, "%s/state", base);
    store_create_seed(name, strlen(name));
    assert_int_equal(dup_secret_derive(&secret, name, strlen(name)), 0);
    assert_int_equal(dup_text_setup(), 0);
    preparer = preparer_new();
    assert_non_null(preparer);
    for (size_t i = 0; i < ARRIVALS; i++)
        prepare(i, &secret);
    return 0;
}

static int end_life(void)
{
    for (size_t i = 0; i < ARRIVALS; i++)
        prepared_done(&prepared[i]), buf_done(&bodies[i]);
    preparer_free(preparer);
    remove_dir(dir);
    return rmdir(base);
}

#endif
