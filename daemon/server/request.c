/*
 * Requests: memory of one line and its answer. Invariant: a request counts in
 * its connection's and the server's inflight from request_new to request_free.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "server/log.h"
#include "server/server.h"

struct request *request_new(struct connection *connection, const char *line, size_t len)
{
    struct request *request = calloc(1, sizeof *request);
    if (!request)
        return NULL;
    request->text = malloc(len + 1);
    if (!request->text) {
        free(request);
        return NULL;
    }
    memcpy(request->text, line, len);
    request->text[len] = '\0';
    request->len = len;
    request->connection = connection;
    request->rights = connection->rights;
    request->line = connection->lines;
    request->started_us = clock_elapsed_us();
    buf_init(&request->id, 8 * LIMIT_URL);
    buf_init(&request->reply, LIMIT_REPLY);
    buf_init(&request->source, LIMIT_REPLY);
    request->error.offset = JSON_NOWHERE;
    *(connection->last ? &connection->last->next : &connection->first) = request;
    connection->last = request;
    if (!connection->undispatched)
        connection->undispatched = request;
    connection->inflight++;
    connection->server->inflight++;
    connection->server->inflight_bytes += len;
    connection->server->requests++;
    return request;
}

void request_free(struct request *request)
{
    struct connection *connection = request->connection;
    connection->inflight--;
    connection->server->inflight--;
    connection->server->inflight_bytes -= request->len;
    report_end(connection->server, request);
    prepared_done(&request->prepared);
    if (request->object)
        json_object_put(request->object);
    buf_done(&request->id);
    buf_done(&request->reply);
    watch_drop(request);
    buf_done(&request->source);
    free(request->text);
    free(request);
}

void request_begin(struct request *request, struct buf *out)
{
    json_open(out, '{');
    if (request->id.len) {
        json_key(out, "id");
        json_raw(out, request->id.data, request->id.len);
    }
}

/* Once a connection: the log is not for the peer to fill. */
static void log_denied(struct request *request)
{
    struct connection *connection = request->connection;
    if (request->error.code == DUP_EACCES && !atomic_flag_test_and_set(&connection->denied))
        log_warning("denied", "user %u: %s", connection->uid, request->error.message);
}

void request_fail(struct request *request)
{
    struct buf *out = &request->reply;
    log_denied(request);
    const struct json_error *error = &request->error;
    buf_clear(out);
    request_begin(request, out);
    json_key(out, "error");
    json_open(out, '{');
    const char *word = dup_error_word(error->code);
    json_key_string(out, "code", word, strlen(word));
    const char *message = error->message[0] ? error->message : dup_strerror(error->code);
    log_debug("refused", "user %u, line %llu: %s: %s", request->connection->uid, (unsigned long long)request->line, word, message);
    json_key_string(out, "message", message, strlen(message));
    json_key_string(out, "field", error->field, strlen(error->field));
    if (error->offset != JSON_NOWHERE)
        json_key_int(out, "offset", (int64_t)error->offset);
    json_key_int(out, "line", (int64_t)request->line);
    json_close(out, '}');
    json_close(out, '}');
    buf_add_char(out, '\n');
    request->more = 0;
}
