/*
 * The verbs: one row each. Those that write are here; those that ask are in
 * query.c and listing.c, those that look into decisions in examine.c.
 */
#include <string.h>

#include "base/clock.h"
#include "server/answer.h"
#include "server/examine.h"
#include "server/query.h"

#define ANSWER_BYTES 1000 /* few verdicts take more */

static int answer(struct engine *engine, struct request *request, const struct verdict *verdict)
{
    struct buf *out = &request->reply;
    uint64_t took_us = clock_elapsed_us() - request->started_us;
    buf_reserve(out, ANSWER_BYTES);
    request_begin(request, out);
    answer_verdict(out, verdict, took_us);
    json_close(out, '}');
    buf_add_char(out, '\n');
    if (verdict->status != VERDICT_CHECKED && request->connection->server->watchers)
        watch_keep(engine, request, verdict, took_us);
    return out->error;
}

static int do_submit(struct engine *engine, struct store *store, struct request *request)
{
    struct verdict verdict;
    (void)store;
    int r = engine_submit(engine, &request->prepared, clock_now_ms(), &verdict);
    request->merged = r == 0 && verdict.merged;
    return r < 0 ? r : answer(engine, request, &verdict);
}

static int do_check(struct engine *engine, struct store *store, struct request *request)
{
    struct verdict verdict;
    (void)store;
    int r = engine_check(engine, &request->prepared, clock_now_ms(), &verdict);
    return r < 0 ? r : answer(engine, request, &verdict);
}

static int do_delete(struct engine *engine, struct store *store, struct request *request)
{
    struct str id;
    uint32_t versions;
    (void)store;
    int r = query_string(request, "article", 1, &id);
    if (r == 0)
        r = engine_delete(engine, id.data, id.len, &versions);
    if (r == DUP_ENOENT)
        return json_error_set(&request->error, DUP_ENOENT, "article", JSON_NOWHERE, "there is no such article");
    if (r < 0)
        return r;
    request_begin(request, &request->reply);
    answer_key_str(&request->reply, "deleted", id);
    json_key_int(&request->reply, "versions", versions);
    json_close(&request->reply, '}');
    return buf_add_char(&request->reply, '\n');
}

static void do_ping(struct server *server, struct request *request)
{
    (void)server;
    request_begin(request, &request->reply);
    json_key_bool(&request->reply, "pong", 1);
    json_key_string(&request->reply, "version", DUPD_VERSION, strlen(DUPD_VERSION));
    json_close(&request->reply, '}');
    buf_add_char(&request->reply, '\n');
}

static void do_reload(struct server *server, struct request *request)
{
    struct err err = {0};
    if (server_reload(server, &err) < 0) {
        json_error_set(&request->error, err.code, "", JSON_NOWHERE, "%s", err.text);
        request_fail(request);
        return;
    }
    request_begin(request, &request->reply);
    json_key_bool(&request->reply, "reloaded", 1);
    json_close(&request->reply, '}');
    buf_add_char(&request->reply, '\n');
}

static void do_expire(struct server *server, struct request *request)
{
    writer_expire(server->writer);
    request_begin(request, &request->reply);
    json_key_bool(&request->reply, "expiring", 1);
    json_close(&request->reply, '}');
    buf_add_char(&request->reply, '\n');
}

static void do_watch(struct server *server, struct request *request)
{
    if (watch_start(server, request) < 0) {
        request_fail(request);
        return;
    }
    request_begin(request, &request->reply);
    json_key_bool(&request->reply, "watching", 1);
    json_close(&request->reply, '}');
    buf_add_char(&request->reply, '\n');
}

/* Fields that filter clusters (filter.c), and those of the reports about a period (report.c). */
#define FILTERS "since until min_articles min_prints min_outlets outlet relation claim agency owner uncredited title"
#define PERIOD "since until agency min_prints limit"

static const struct operation operations[] = {
    {.name = "submit", .right = RIGHT_SUBMIT, .kind = OPERATION_WRITE, .write = do_submit, .prepares = PREPARE_ARTICLE},
    {.name = "check", .right = RIGHT_QUERY, .kind = OPERATION_WRITE, .write = do_check, .prepares = PREPARE_ARTICLE},
    {.name = "delete", .right = RIGHT_ADMIN, .kind = OPERATION_WRITE, .write = do_delete, .takes = "article"},
    {.name = "article", .right = RIGHT_QUERY, .kind = OPERATION_QUERY, .query = query_article, .takes = "article text history"},
    {.name = "cluster", .right = RIGHT_QUERY, .kind = OPERATION_QUERY, .query = query_cluster, .takes = "cluster article limit cursor"},
    {.name = "clusters", .right = RIGHT_QUERY, .kind = OPERATION_QUERY, .query = query_clusters, .takes = FILTERS " order limit cursor"},
    {.name = "compare", .right = RIGHT_QUERY, .kind = OPERATION_WRITE, .write = examine_compare, .prepares = PREPARE_TEXT,
     .takes = "a b text texts"},
    {.name = "explain", .right = RIGHT_QUERY, .kind = OPERATION_WRITE, .write = examine_explain, .takes = "article other"},
    {.name = "export", .right = RIGHT_QUERY, .kind = OPERATION_QUERY, .query = query_export, .takes = "since text"},
    {.name = "top", .right = RIGHT_QUERY, .kind = OPERATION_QUERY, .query = query_top, .takes = FILTERS " limit"},
    {.name = "outlets", .right = RIGHT_QUERY, .kind = OPERATION_QUERY, .query = query_outlets, .no_view = 1, .takes = PERIOD},
    {.name = "agencies", .right = RIGHT_QUERY, .kind = OPERATION_QUERY, .query = query_agencies, .no_view = 1, .takes = PERIOD},
    {.name = "owners", .right = RIGHT_QUERY, .kind = OPERATION_QUERY, .query = query_owners, .no_view = 1, .takes = PERIOD},
    {.name = "graph", .right = RIGHT_QUERY, .kind = OPERATION_QUERY, .query = query_graph, .no_view = 1, .takes = PERIOD},
    {.name = "carriers", .right = RIGHT_QUERY, .kind = OPERATION_QUERY, .query = query_carriers, .takes = "article all"},
    {.name = "stats", .right = RIGHT_QUERY, .kind = OPERATION_QUERY, .query = query_stats, .takes = ""},
    {.name = "watch", .right = RIGHT_QUERY, .kind = OPERATION_LOOP, .loop = do_watch,
     .takes = "relation outlet cluster copies uncredited claim agency owner min_articles min_prints"},
    {.name = "backup", .right = RIGHT_ADMIN, .kind = OPERATION_LOOP, .loop = backup_start, .takes = "dir rate"},
    {.name = "expire", .right = RIGHT_ADMIN, .kind = OPERATION_LOOP, .loop = do_expire, .takes = ""},
    {.name = "reload", .right = RIGHT_ADMIN, .kind = OPERATION_LOOP, .loop = do_reload, .takes = ""},
    {.name = "ping", .right = RIGHT_NONE, .kind = OPERATION_LOOP, .loop = do_ping, .takes = ""},
};

const struct operation *operation_find(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        if (strlen(operations[i].name) == len && memcmp(operations[i].name, name, len) == 0)
            return &operations[i];
    return NULL;
}

int operation_takes(const struct operation *operation, const char *name)
{
    size_t len = strlen(name), word;
    if (!operation->takes || strcmp(name, "op") == 0 || strcmp(name, "id") == 0)
        return 1;
    for (const char *at = operation->takes; *at; at += word + (at[word] == ' ')) {
        word = strcspn(at, " ");
        if (word == len && memcmp(at, name, len) == 0)
            return 1;
    }
    return 0;
}
