/*
 * Goal: the same work, instruction for instruction, for callgrind to count:
 * articles from a file go the whole way from line to commit and reply in one
 * thread, without socket and clock.
 *
 * usage: stages FILE DIR; DIR is made, and holds the store afterwards.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "proto/json.h"
#include "server/answer.h"

#define BATCH 100
#define SEEN INT64_C(1767225600000)

static _Noreturn void die(const char *what, int code)
{
    fprintf(stderr, "stages: %s: %s\n", what, dup_strerror(code));
    exit(1);
}

static struct dup_agencies *read_agencies(void)
{
    static char text[4 << 20];
    char message[256];
    struct dup_agencies *agencies;
    FILE *file = fopen("conf/agencies.conf", "r");
    size_t n = file ? fread(text, 1, sizeof text, file) : 0;
    int r = n ? dup_agencies_parse(text, n, message, sizeof message, &agencies) : DUP_ENOENT;
    if (r < 0)
        die("conf/agencies.conf", r);
    fclose(file);
    return agencies;
}

static void submit(struct store *store, struct engine *engine, struct json_parser *parser, struct preparer *preparer,
                   const struct prepare_options *options, const char *line, size_t len, struct buf *reply)
{
    struct json_object *object;
    struct json_error error;
    struct prepared prepared;
    struct verdict verdict;
    struct view *view;
    int r = json_parse_line(parser, line, len, &object, &error);
    if (r < 0)
        die("a line", r);
    r = prepare_article(preparer, options, object, &prepared, &error);
    if (r == 0 && (r = store_snapshot(store, &view)) == 0) {
        engine_ahead(engine, view, &prepared);
        store_release(view);
    }
    if (r == 0)
        r = engine_submit(engine, &prepared, SEEN, &verdict);
    if (r < 0)
        die("an article", r);
    buf_clear(reply);
    json_open(reply, '{');
    answer_verdict(reply, &verdict, 0);
    json_close(reply, '}');
    prepared_done(&prepared);
    json_object_put(object);
}

/* What is counted: the measuring begins and ends with this function. How many articles. */
__attribute__((noinline)) static size_t work(struct store *store, struct engine *engine, struct json_parser *parser,
                                             struct preparer *preparer, const struct prepare_options *options,
                                             struct buf *reply)
{
    char *line = NULL;
    size_t cap = 0, n = 0;
    ssize_t len;
    int r;
    while ((len = getline(&line, &cap, stdin)) > 0) {
        if (n % BATCH == 0 && (r = store_begin(store)) < 0)
            die("begin", r);
        submit(store, engine, parser, preparer, options, line, (size_t)len - 1, reply);
        if (++n % BATCH == 0 && (r = store_commit(store)) < 0)
            die("commit", r);
        if (n % BATCH == 0 && (r = store_step(store)) < 0)
            die("step", r);
    }
    free(line);
    return n;
}

int main(int argc, char **argv)
{
    struct err err = {0};
    struct store *store;
    struct buf reply;
    if (argc != 3 || !freopen(argv[1], "r", stdin)) {
        fputs("usage: stages FILE DIR\n", stderr);
        return 2;
    }
    int r = dup_text_setup();
    store_create_seed("stages", 6);
    struct store_options store_options = {.dir = argv[2], .map_size = 1u << 30, .index_memory = 4u << 20};
    if (r == 0)
        r = store_open(&store_options, &err, &store);
    if (r < 0)
        die(err.text, r);
    struct engine_options engine_options = {.window_ms = INT64_C(30) * 86400000, .exact_window_ms = INT64_C(365) * 86400000,
                                            .keep_text = 1, .cache_bytes = 16u << 20};
    struct engine *engine = engine_new(store, &engine_options);
    struct json_parser *parser = json_parser_new();
    struct preparer *preparer = preparer_new();
    struct dup_agencies *agencies = read_agencies();
    struct prepare_options options = {.secret = store_secret(store), .agencies = agencies, .body_max = LIMIT_BODY};
    if (!engine || !parser || !preparer)
        die("setting up", DUP_ENOMEM);
    buf_init(&reply, LIMIT_REPLY);
    printf("%zu articles\n", work(store, engine, parser, preparer, &options, &reply));
    store_abort(store);
    buf_done(&reply);
    dup_agencies_free(agencies);
    preparer_free(preparer);
    json_parser_free(parser);
    engine_free(engine);
    store_free(store);
    return 0;
}
