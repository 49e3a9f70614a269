/*
 * Connections: framing, order, back-pressure. Invariant: replies leave in the
 * order of the requests; nothing is read from a peer that has too much under
 * way or too much unread; a connection's memory goes when libuv has closed
 * it and its last request has come home.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "server/log.h"
#include "server/server.h"

struct outgoing {
    uv_write_t write;
    struct connection *connection;
    struct buf data;     /* owned */
};

static void maybe_free(struct connection *c)
{
    if (!c->closed || c->first)
        return;
    if (c->watch)
        c->server->watchers--;
    watch_free(c->watch);
    free(c);
}

static void start_reading(struct connection *c);

/* What the connection holds on the peer's behalf, beside requests under way (those count as inflight). */
static void account(struct connection *c)
{
    struct server *server = c->server;
    size_t holds = c->partial.cap + c->out.cap + c->handed;
    server->held += holds - c->held;
    c->held = holds;
    if (server->held > LIMIT_HELD)
        connections_evict(server);
}

static void on_closed(uv_handle_t *handle)
{
    struct connection *c = handle->data;
    struct server *server = c->server;
    *(c->previous ? &c->previous->next : &server->connections) = c->next;
    if (c->next)
        c->next->previous = c->previous;
    server->n_connections--;
    c->closed = 1;
    buf_done(&c->partial);
    buf_done(&c->out);
    account(c);
    connection_advance(c);
}

void connection_close(struct connection *c, const char *why)
{
    if (c->closing)
        return;
    if (why)
        log_warning("peer-closed", "closed a connection: %s", why);
    log_debug("disconnected", "user %u, after %llu lines", c->uid, (unsigned long long)c->lines);
    c->closing = 1;
    uv_close((uv_handle_t *)&c->pipe, on_closed);
}

static void stop_reading(struct connection *c)
{
    if (c->reading)
        uv_read_stop((uv_stream_t *)&c->pipe);
    c->reading = 0;
}

static size_t waiting(const struct connection *c)
{
    return c->unsent + c->out.len;
}

/* Whether to leave a peer's bytes where they are; who waits for others is woken by connections_resume. */
static int must_wait(const struct connection *c)
{
    struct server *server = c->server;
    if (server->inflight >= server->config.inflight_all || server->inflight_bytes >= LIMIT_INFLIGHT_BYTES) {
        server->crowded = 1;
        return 1;
    }
    return c->inflight >= server->config.inflight || c->parsing >= LIMIT_PARSING || waiting(c) > LIMIT_UNSENT_SLOW;
}

static void on_written(uv_write_t *write, int status)
{
    struct outgoing *outgoing = (struct outgoing *)(void *)write;
    struct connection *c = outgoing->connection;
    c->unsent -= outgoing->data.len;
    c->writes--;
    c->handed = 0;
    c->progress_us = clock_elapsed_us();
    buf_done(&outgoing->data);
    free(outgoing);
    account(c);
    if (status < 0 && status != UV_ECANCELED)
        connection_close(c, NULL);
    else if (!c->closing)
        connection_advance(c);
}

/* Hands what has gathered to libuv, in one write. */
static void flush(struct connection *c)
{
    if (c->closing || c->out.len == 0 || c->writes)
        return;
    struct outgoing *outgoing = malloc(sizeof *outgoing);
    if (!outgoing) {
        connection_close(c, "out of memory");
        return;
    }
    outgoing->connection = c;
    outgoing->data = c->out;
    buf_init(&c->out, c->out.max);
    uv_buf_t data = uv_buf_init(outgoing->data.data, (unsigned)outgoing->data.len);
    if (c->unsent == 0)
        c->progress_us = clock_elapsed_us();
    c->unsent += outgoing->data.len;
    c->writes++;
    c->handed = outgoing->data.cap;
    if (uv_write(&outgoing->write, (uv_stream_t *)&c->pipe, &data, 1, on_written) < 0) {
        c->unsent -= outgoing->data.len;
        c->writes--;
        c->handed = 0;
        buf_done(&outgoing->data);
        free(outgoing);
        connection_close(c, NULL);
    }
}

void connection_send(struct connection *c, const char *data, size_t len)
{
    if (c->closing)
        return;
    if (waiting(c) + len > c->server->config.unsent && waiting(c) > 0) {
        connection_close(c, "the peer does not read its replies");
        return;
    }
    if (c->held == 0)
        c->progress_us = clock_elapsed_us();
    if (buf_add(&c->out, data, len) < 0)
        connection_close(c, "out of memory for its replies");
    account(c);
}

/* Sends what is done, in order; a stream's page goes out while the stream goes on. */
static void collect(struct connection *c)
{
    struct request *request;
    while ((request = c->first) && request->state == REQUEST_DONE) {
        if (waiting(c) > LIMIT_UNSENT_SLOW && !c->closing)
            return;
        if (request->reply.error) /* without its reply those after it would answer other requests */
            connection_close(c, "out of memory for its replies");
        connection_send(c, request->reply.data ? request->reply.data : "", request->reply.len);
        if (request->more && !c->closing && !c->server->stopping) {
            buf_clear(&request->reply);
            request->state = REQUEST_RUNNING;
            work_query(c->server, request);
            return;
        }
        c->first = request->next;
        if (!c->first)
            c->last = NULL;
        c->server->errors += request->error.code != 0;
        request_free(request);
    }
}

static void dispatch(struct connection *c)
{
    struct request *request;
    while ((request = c->undispatched) && request->state != REQUEST_PARSING) {
        const struct operation *operation = request->operation;
        if (request->state == REQUEST_PARSED && operation->kind == OPERATION_WRITE) {
            request->state = REQUEST_RUNNING;
            writer_push(c->server->writer, request);
        } else if (request->state == REQUEST_PARSED && c->closing) {
            request->state = REQUEST_DONE; /* nobody is there to be told */
        } else if (request->state == REQUEST_PARSED) {
            if (request != c->first)
                return;
            request->state = operation->kind == OPERATION_LOOP ? REQUEST_DONE : REQUEST_RUNNING;
            c->undispatched = request->next;
            if (operation->kind == OPERATION_LOOP)
                operation->loop(c->server, request);
            else
                work_query(c->server, request);
            continue;
        }
        c->undispatched = request->next;
    }
}

void connection_advance(struct connection *c)
{
    struct server *server = c->server;
    size_t before;
    do {
        before = c->inflight;
        dispatch(c);
        collect(c);
    } while (c->inflight != before);
    flush(c);
    connections_resume(server);
    if (c->closed) {
        maybe_free(c);
        return;
    }
    if ((c->ended || server->stopping) && !c->first && waiting(c) == 0)
        connection_close(c, NULL);
    else if (c->paused && !c->closing && !server->stopping && !must_wait(c))
        start_reading(c);
}

static void take_line(struct connection *c, const char *line, size_t len, struct request **list_end[])
{
    c->lines++;
    if (len && line[len - 1] == '\r')
        len--;
    if (len == 0)
        return;
    struct request *request = request_new(c, line, len);
    if (!request) {
        connection_close(c, "out of memory");
        return;
    }
    **list_end = request;
    *list_end = &request->queued;
}

/* A line over the limit is refused in its place; the rest of it is skipped. */
static void refuse_line(struct connection *c)
{
    static const char nothing[] = "";
    c->lines++;
    struct request *request = request_new(c, nothing, 0);
    if (!request) {
        connection_close(c, "out of memory");
        return;
    }
    json_error_set(&request->error, DUP_ETOOBIG, "", JSON_NOWHERE,
                   "the line is longer than %llu bytes", (unsigned long long)c->server->config.line);
    request_fail(request);
    request->state = REQUEST_DONE;
}

static void take_bytes(struct connection *c, const char *data, size_t len)
{
    struct request *list = NULL, **end = &list;
    while (len && !c->closing) {
        const char *newline = memchr(data, '\n', len);
        size_t n = newline ? (size_t)(newline - data) : len;
        if (c->skipping) {
            c->skipping = !newline;
        } else if (c->partial.len + n >= c->server->config.line) {
            refuse_line(c);
            buf_done(&c->partial);
            c->skipping = !newline;
        } else if (!newline || c->partial.len) {
            if (c->held == 0)
                c->progress_us = clock_elapsed_us();
            c->partial.max = c->server->config.line; /* a reload may have raised it */
            if (buf_add(&c->partial, data, n) < 0) {
                connection_close(c, "out of memory");
            } else if (newline) {
                take_line(c, c->partial.data, c->partial.len, &end);
                buf_done(&c->partial);
            }
        } else {
            take_line(c, data, n, &end);
        }
        n += newline != NULL;
        data += n;
        len -= n;
    }
    account(c);
    if (list)
        work_parse(c->server, list);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct connection *c = stream->data;
    if (n > 0) {
        take_bytes(c, buf->base, (size_t)n);
    } else if (n == UV_EOF) {
        c->ended = 1;
        stop_reading(c);
        if (c->partial.len && !c->skipping)
            take_bytes(c, "\n", 1);
    } else if (n < 0) {
        connection_close(c, NULL);
        return;
    }
    if (c->closing)
        return;
    if (!c->ended && must_wait(c)) {
        stop_reading(c);
        c->paused = 1;
    }
    connection_advance(c);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct connection *c = handle->data;
    (void)suggested;
    *buf = uv_buf_init(c->server->read_buffer, sizeof c->server->read_buffer);
}

static void start_reading(struct connection *c)
{
    if (!c->reading && uv_read_start((uv_stream_t *)&c->pipe, on_alloc, on_read) == 0)
        c->reading = 1;
    c->paused = 0;
}

/* Wakes those that waited for others' requests to finish, once there is some room again. */
void connections_resume(struct server *server)
{
    struct connection *next;
    if (!server->crowded || server->stopping || server->inflight * 4 > server->config.inflight_all * 3 ||
        server->inflight_bytes > LIMIT_INFLIGHT_BYTES / 4 * 3)
        return;
    server->crowded = 0;
    for (struct connection *c = server->connections; c; c = next) {
        next = c->next;
        if (c->paused && !c->closing && !c->ended && !must_wait(c))
            start_reading(c);
    }
}

void connections_stop(struct server *server)
{
    struct connection *next;
    for (struct connection *c = server->connections; c; c = next) {
        next = c->next;
        stop_reading(c);
        c->ended = 1;
        connection_advance(c);
    }
}

/* At once and without a queue: a crowd of refused peers must not use up the descriptors. */
static void refuse(struct connection *c)
{
    static char busy[] = "{\"error\":{\"code\":\"busy\",\"message\":\"too many connections\"}}\n";
    struct server *server = c->server;
    uv_buf_t data = uv_buf_init(busy, sizeof busy - 1);
    server->refused++;
    if (server->refused == 1 || server->refused % 1000 == 0)
        log_warning("too-many-connections", "refused %llu connections so far: %llu are open",
                    (unsigned long long)server->refused, (unsigned long long)server->config.connections);
    uv_try_write((uv_stream_t *)&c->pipe, &data, 1);
    connection_close(c, NULL);
}

void connection_accept(uv_stream_t *listener, int status)
{
    struct server *server = listener->data;
    struct connection *c = status < 0 ? NULL : calloc(1, sizeof *c);
    uv_os_fd_t fd;
    if (!c) {
        log_warning("accept-failed", "cannot accept a connection: %s",
                    status < 0 ? uv_strerror(status) : "out of memory");
        server->unaccepted |= status == 0; /* libuv listens no more until this one is taken */
        return;
    }
    c->server = server;
    atomic_flag_clear(&c->denied);
    buf_init(&c->partial, server->config.line);
    buf_init(&c->out, server->config.unsent + LIMIT_REPLY);
    uv_pipe_init(&server->loop, &c->pipe, 0);
    c->pipe.data = c;
    c->next = server->connections;
    if (c->next)
        c->next->previous = c;
    server->connections = c;
    server->n_connections++;
    if (uv_accept(listener, (uv_stream_t *)&c->pipe) < 0) {
        connection_close(c, NULL);
        return;
    }
    if (server->n_connections > server->config.connections || server->stopping) {
        refuse(c);
        return;
    }
    if (uv_fileno((const uv_handle_t *)&c->pipe, &fd) == 0)
        c->rights = rights_of_peer(&server->rights, fd, &c->uid);
    server->accepted++;
    log_debug("connected", "user %u, %zu connections", c->uid, server->n_connections);
    start_reading(c);
}
