/*
 * Workers: parsing, preparing and queries on libuv's thread pool. Invariant:
 * a worker touches only its requests, the store through a snapshot of its
 * own, and what the server lets it read (configuration, credit tables).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/escape.h"
#include "server/log.h"
#include "server/query.h"
#include "server/server.h"

#define SNAPSHOT_US 50000u /* that one is kept for several requests */

struct work {
    uv_work_t work;
    struct server *server;
    struct tables *tables;   /* a reference; parsing only */
    struct request *list;    /* linked by queued */
};

/* What each worker thread keeps; released when the thread ends with the process. */
struct tools {
    struct json_parser *parser;
    struct preparer *preparer;
};

static uv_key_t tools_key;
static uv_once_t tools_once = UV_ONCE_INIT;

static void make_key(void)
{
    uv_key_create(&tools_key);
}

static struct tools *tools_get(void)
{
    uv_once(&tools_once, make_key);
    struct tools *tools = uv_key_get(&tools_key);
    if (tools)
        return tools;
    tools = calloc(1, sizeof *tools);
    if (!tools)
        return NULL;
    tools->parser = json_parser_new();
    tools->preparer = preparer_new();
    if (!tools->parser || !tools->preparer) {
        json_parser_free(tools->parser);
        preparer_free(tools->preparer);
        free(tools);
        return NULL;
    }
    uv_key_set(&tools_key, tools);
    return tools;
}

static int no_memory(struct request *request)
{
    return json_error_set(&request->error, DUP_ENOMEM, "", JSON_NOWHERE, "out of memory");
}

/* The request's id as raw JSON, for the answer: a string or a number. */
static int keep_id(struct request *request)
{
    struct json_object *id;
    if (!json_object_object_get_ex(request->object, "id", &id) || !id)
        return 0;
    if (json_object_is_type(id, json_type_string)) {
        json_string(&request->id, json_object_get_string(id), (size_t)json_object_get_string_len(id));
        return request->id.error ? no_memory(request) : 0;
    }
    if (json_object_is_type(id, json_type_int)) {
        json_int(&request->id, json_object_get_int64(id));
        return 0;
    }
    return json_error_set(&request->error, DUP_EINVAL, "id", JSON_NOWHERE,
                          "id must be a string or a whole number");
}

static int find_operation(struct request *request)
{
    struct json_object *op;
    if (!json_object_object_get_ex(request->object, "op", &op)) {
        request->operation = operation_find("submit", 6);
        return 0;
    }
    if (!json_object_is_type(op, json_type_string))
        return json_error_set(&request->error, DUP_EINVAL, "op", JSON_NOWHERE, "op must be a string");
    request->operation = operation_find(json_object_get_string(op), (size_t)json_object_get_string_len(op));
    if (!request->operation)
        return json_error_set(&request->error, DUP_EINVAL, "op", JSON_NOWHERE, "there is no such operation");
    return 0;
}

/* Judged before anything is spent on the rest of the request. */
static int check_right(struct request *request)
{
    enum right right = request->operation->right;
    if (rights_have(request->rights, right))
        return 0;
    return json_error_set(&request->error, DUP_EACCES, "", JSON_NOWHERE,
                          "the right \"%s\" is missing: you are not named there in [access] of dupd.conf", rights_word(right));
}

/* A field that means nothing to the operation is most likely misspelt: it must not pass for a filter. */
static int check_fields(struct request *request)
{
    char shown[64];
    for (struct lh_entry *e = json_object_get_object(request->object)->head; e; e = e->next) {
        const char *name = lh_entry_k(e);
        if (!operation_takes(request->operation, name))
            return json_error_set(&request->error, DUP_EINVAL, name, JSON_NOWHERE, "%s takes no field \"%s\"",
                                  request->operation->name, escape_line(shown, sizeof shown, name, strlen(name)));
    }
    return 0;
}

/* The parameter `text`, if there is one. */
static int parse_text(struct tools *tools, const struct prepare_options *options, struct request *request)
{
    struct str text = {0}, title = {0};
    int r = query_string(request, "text", 0, &text);
    if (r < 0 || !text.data)
        return r;
    if (text.len > options->body_max)
        return json_error_set(&request->error, DUP_ETOOBIG, "text", JSON_NOWHERE,
                              "the text is longer than %zu bytes", options->body_max);
    r = prepare_text(tools->preparer, options->secret, title, text, &request->prepared, &request->error);
    if (r < 0)
        snprintf(request->error.field, sizeof request->error.field, "text");
    return r;
}

static void drop_tree(struct request *request)
{
    json_object_put(request->object);
    request->object = NULL;
}

/* A question waits for its turn with its tree, so that has to be small; an article's goes at once. */
static int check_values(struct tools *tools, struct request *request)
{
    if (json_parser_values(tools->parser) <= LIMIT_QUERY_VALUES)
        return 0;
    drop_tree(request);
    return json_error_set(&request->error, DUP_ETOOBIG, "", JSON_NOWHERE,
                          "more than %u values in a request that is no article", LIMIT_QUERY_VALUES);
}

static int parse(struct tools *tools, const struct prepare_options *options,
                 struct request *request)
{
    int r = json_parse_line(tools->parser, request->text, request->len, &request->object, &request->error);
    if (r < 0) {
        const char *raw;
        size_t len;
        if (json_scan_id(request->text, request->len, &raw, &len))
            json_raw(&request->id, raw, len);
        return r;
    }
    free(request->text);
    request->text = NULL;
    if ((r = keep_id(request)) < 0 || (r = find_operation(request)) < 0 || (r = check_right(request)) < 0)
        return r;
    if (request->operation->prepares != PREPARE_ARTICLE && (r = check_values(tools, request)) < 0)
        return r;
    if ((r = check_fields(request)) < 0)
        return r;
    if (request->operation->prepares == PREPARE_TEXT)
        return parse_text(tools, options, request);
    if (request->operation->prepares != PREPARE_ARTICLE)
        return 0;
    r = prepare_article(tools->preparer, options, request->object, &request->prepared,
                        &request->error);
    drop_tree(request);
    if (r == 0 && request->id.len == 0)
        json_string(&request->id, request->prepared.in.id.data, request->prepared.in.id.len);
    return r;
}

/* A snapshot for several requests. One that is kept long keeps pages from being used again. */
struct shared_view {
    struct view *view;
    uint64_t opened_us;
};

/* What the writer need not do itself then. */
static void go_ahead(struct server *server, struct shared_view *shared, struct request *request)
{
    uint64_t now = clock_elapsed_us();
    if (shared->view && now - shared->opened_us > SNAPSHOT_US) {
        store_release(shared->view);
        shared->view = NULL;
    }
    if (!shared->view) {
        if (store_snapshot(server->store, &shared->view) < 0)
            return;
        shared->opened_us = now;
    }
    engine_ahead(writer_engine(server->writer), shared->view, &request->prepared);
}

static void run_nothing(uv_work_t *work)
{
    (void)work;
}

/* libuv starts the threads of its pool at its first work, and aborts where one is refused. */
void work_start(struct server *server)
{
    static uv_work_t first;
    uv_queue_work(&server->loop, &first, run_nothing, NULL);
}

static void run_parse(uv_work_t *uv)
{
    struct work *work = (struct work *)(void *)uv;
    struct tools *tools = tools_get();
    struct shared_view shared = {NULL, 0};
    uint64_t start = clock_thread_us();
    for (struct request *request = work->list; request; request = request->queued) {
        int r = tools ? parse(tools, &work->tables->prepare, request) : no_memory(request);
        if (r < 0 && !request->error.code)
            json_error_set(&request->error, r, "", JSON_NOWHERE, "%s", dup_strerror(r));
        if (r == 0 && request->operation->prepares == PREPARE_ARTICLE)
            go_ahead(work->server, &shared, request);
    }
    if (shared.view)
        store_release(shared.view);
    work->server->parse_us += clock_thread_us() - start;
}

/* The list may hold requests of one connection only. */
static void parsed(struct request *list)
{
    struct connection *connection = list->connection;
    for (struct request *next, *request = list; request; request = next) {
        next = request->queued;
        request->queued = NULL;
        request->state = request->error.code ? REQUEST_DONE : REQUEST_PARSED;
        if (request->error.code)
            request_fail(request);
    }
    connection_advance(connection);
}

static void after_parse(uv_work_t *uv, int status)
{
    struct work *work = (struct work *)(void *)uv;
    (void)status;
    struct request *list = work->list;
    list->connection->parsing--;
    tables_release(work->tables);
    free(work);
    parsed(list);
}

void work_parse(struct server *server, struct request *list)
{
    struct work *work = malloc(sizeof *work);
    if (!work) {
        for (struct request *request = list; request; request = request->queued)
            no_memory(request);
        parsed(list);
        return;
    }
    server->tables->references++;
    list->connection->parsing++;
    *work = (struct work){.server = server, .tables = server->tables, .list = list};
    uv_queue_work(&server->loop, &work->work, run_parse, after_parse);
}

static void start_queries(struct server *server);

static void run_query(uv_work_t *uv)
{
    struct request *request = uv->data;
    struct server *server = request->connection->server;
    struct view *view;
    int r = 0;
    if (request->operation->no_view) {
        r = request->operation->query(server, NULL, request);
    } else if ((r = store_snapshot(server->store, &view)) == 0) {
        r = request->operation->query(server, view, request);
        r = r >= 0 && view_failed(view) ? view_failed(view) : r;
        store_release(view);
    }
    request->more = r == 1;
    if (r >= 0 && request->reply.error)
        r = json_error_set(&request->error, request->reply.error, "", JSON_NOWHERE,
                           "the answer is too large: ask for less");
    if (r < 0 && !request->error.code)
        json_error_set(&request->error, r, "", JSON_NOWHERE, "%s", dup_strerror(r));
}

static void after_query(uv_work_t *uv, int status)
{
    struct request *request = uv->data;
    struct server *server = request->connection->server;
    (void)status;
    tables_release(request->tables);
    request->tables = NULL;
    if (request->error.code) {
        request->more = 0;
        request_fail(request);
    }
    request->state = REQUEST_DONE;
    server->querying--;
    start_queries(server);
    connection_advance(request->connection);
}

/* An answer is large while nobody has taken it from the pool: so many at a time, the others in order. */
static void start_queries(struct server *server)
{
    while (server->queries && server->querying < LIMIT_QUERYING) {
        struct request *request = server->queries;
        server->queries = request->queued;
        request->queued = NULL;
        server->querying++;
        server->tables->references++;
        request->tables = server->tables;
        uv_queue_work(&server->loop, &request->work, run_query, after_query);
    }
}

void work_query(struct server *server, struct request *request)
{
    request->work.data = request;
    request->queued = NULL;
    *(server->queries ? &server->last_query->queued : &server->queries) = request;
    server->last_query = request;
    start_queries(server);
}
