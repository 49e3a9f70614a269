/*
 * The server: puts the parts together, runs the loop, and takes them apart
 * again. Invariant: the loop ends by itself when every handle is closed;
 * nothing stops it from outside.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "server/log.h"
#include "server/server.h"

#define VERIFY_MS 400 /* at start: all of a small store, the beginning of a large one */
#define EXIT_DAMAGED 5 /* dupd(8): a restart would find the same */
#define WRITER_STUCK_US UINT64_C(30000000) /* a batch takes milliseconds; beyond this the watchdog is not fed */

/* The writer has finished requests: let the replies go and tell the watchers. */
static void on_wake(uv_async_t *wake)
{
    struct server *server = wake->data;
    struct request *next;
    for (struct request *request = writer_take_done(server->writer); request; request = next) {
        next = request->queued;
        request->queued = NULL;
        if (server->watchers)
            watch_report(server, request);
        request->state = REQUEST_DONE;
        struct connection *connection = request->connection;
        /* One advance a run of requests of the same connection. */
        if (!next || next->connection != connection)
            connection_advance(connection);
    }
    if (server->watchers)
        for (struct connection *c = server->connections, *after; c; c = after) {
            after = c->next;
            if (c->watch)
                connection_advance(c);
        }
    connections_resume(server);
    int failure = writer_failed(server->writer);
    if (failure && !server->stopping) {
        log_error("stopping", failure == DUP_ECORRUPT
                  ? "the store is damaged: stopping; dupd --check says where, a backup puts it right"
                  : "the store failed: stopping, so that a restart begins from what is on disk");
        server->exit_code = failure == DUP_ECORRUPT ? EXIT_DAMAGED : 1;
        server_stop(server);
    }
}

static void on_tick(uv_timer_t *timer)
{
    struct server *server = timer->data;
    uint64_t now = clock_elapsed_us();
    connections_tick(server);
    if (server->watchdog_us && now - writer_beat_us(server->writer) < WRITER_STUCK_US)
        sd_notify(0, "WATCHDOG=1");
    /* A peer that has gone may have requests under way still; they come home to the wake. */
    if (server->stopping && !server->connections && !server->inflight) {
        uv_close((uv_handle_t *)&server->tick, NULL);
        uv_close((uv_handle_t *)&server->wake, NULL);
        for (size_t i = 0; i < sizeof server->signals / sizeof *server->signals; i++)
            uv_close((uv_handle_t *)&server->signals[i], NULL);
    }
}

int server_reload(struct server *server, struct err *err)
{
    struct config config;
    struct tables *tables;
    struct rights rights;
    config_defaults(&config);
    sd_notify(0, "RELOADING=1");
    int r = server->config_path ? config_read(&config, server->config_path, err) : 0;
    for (int i = 0; i < server->overrides.n && r == 0; i++)
        r = config_set(&config, server->overrides.names[i], server->overrides.values[i], err);
    if (r == 0)
        r = rights_resolve(&config, err, &rights);
    if (r == 0)
        r = tables_load(&config, server->store, err, &tables);
    if (r == 0) {
        server->rights = rights;
        connections_judge(server);
        tables_release(server->tables);
        server->tables = tables;
        writer_configure(server->writer, &config);
        server->config.log_level = config.log_level;
        server->config.line = config.line;
        server->config.connections = config.connections;
        connections_fit(server);
        server->config.inflight = config.inflight;
        server->config.inflight_all = config.inflight_all;
        server->config.unsent = config.unsent;
        server->config.stall_s = config.stall_s;
        log_set_level((int)config.log_level);
        log_info("reload", "configuration read again");
    } else {
        log_error("reload-failed", "the configuration stays as it was: %s", err->text);
    }
    sd_notify(0, "READY=1");
    return r;
}

void server_stop(struct server *server)
{
    if (server->stopping)
        return;
    server->stopping = 1;
    sd_notify(0, "STOPPING=1");
    log_info("stopping", "stopping: %zu requests under way are finished first", server->inflight);
    listen_close(server);
    backup_cancel(server);
    connections_stop(server);
    uv_timer_start(&server->tick, on_tick, 10, 10);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct server *server = handle->data;
    struct err err = {0};
    if (number == SIGHUP) {
        server_reload(server, &err);
    } else if (server->stopping) {
        log_error("stopping", "told to stop a second time: leaving at once");
        _Exit(1);
    } else {
        server_stop(server);
    }
}

static int open_handles(struct server *server, struct err *err)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    int r = uv_loop_init(&server->loop);
    if (r < 0)
        return err_set(err, DUP_ENOMEM, "cannot start the event loop: %s", uv_strerror(r));
    uv_pipe_init(&server->loop, &server->listener, 0);
    uv_timer_init(&server->loop, &server->tick);
    uv_async_init(&server->loop, &server->wake, on_wake);
    server->listener.data = server->tick.data = server->wake.data = server;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        uv_signal_init(&server->loop, &server->signals[i]);
        server->signals[i].data = server;
        uv_signal_start(&server->signals[i], on_signal, numbers[i]);
    }
    uv_timer_start(&server->tick, on_tick, 1000, 1000);
    sd_watchdog_enabled(0, &server->watchdog_us);
    if (server->watchdog_us && server->watchdog_us / 2 < 1000000)
        uv_timer_start(&server->tick, on_tick, server->watchdog_us / 2000, server->watchdog_us / 2000);
    return 0;
}

/* libuv aborts where a thread, or memory for its tables, is refused: before anything was promised that gets a word. */
static void on_refused(int number)
{
    static const char said[] = "dupd: error: start-failed: cannot start the event loop or its threads: there is no memory or no thread to be had\n";
    (void)number;
    ssize_t done = write(STDERR_FILENO, said, sizeof said - 1);
    (void)done;
    _exit(1);
}

static int run_loop(struct server *server, struct err *err)
{
    struct sigaction refused = {.sa_handler = on_refused}, before;
    sigaction(SIGABRT, &refused, &before);
    int r = open_handles(server, err);
    if (r < 0)
        return r;
    work_start(server);
    r = writer_start(server, err);
    if (r == 0)
        r = listen_open(server, err);
    if (r < 0) {
        server->stopping = 1;
        listen_close(server);
        uv_timer_start(&server->tick, on_tick, 0, 1);
    } else {
        sd_notify(0, "READY=1"); /* by itself: the status takes memory */
        sd_notifyf(0, "STATUS=listening on %s", server->config.socket);
    }
    sigaction(SIGABRT, &before, NULL);
    uv_run(&server->loop, UV_RUN_DEFAULT);
    backup_end(server);
    writer_stop(server);
    if (uv_loop_close(&server->loop) != 0 || server->inflight) {
        log_error("stopped", "handles or %zu requests were left in the event loop", server->inflight);
        abort();
    }
    return r;
}

int server_run(struct server *server, struct err *err)
{
    const struct config *config = &server->config;
    struct store_options options = {.dir = config->state_dir, .map_size = config->map_size,
                                    .index_memory = config->index_memory, .sync = (int)config->sync};
    server->lock_fd = -1;
    connections_fit(server);
    server->started_us = clock_elapsed_us();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a limit on file sizes is a full disk: the write says so */
    if (dup_text_setup() < 0)
        return err_set(err, DUP_ENOMEM, "out of memory");
    int r = rights_resolve(config, err, &server->rights);
    if (r < 0)
        return r;
    if (config->secret[0])
        store_create_seed(config->secret, strlen(config->secret));
    r = store_verify(&options, VERIFY_MS, err);
    if (r == 0)
        r = store_open(&options, err, &server->store);
    if (r < 0)
        return r;
    r = tables_load(config, server->store, err, &server->tables);
    if (r == 0)
        r = run_loop(server, err);
    tables_release(server->tables);
    store_free(server->store);
    if (r == 0)
        log_info("stopped", "stopped");
    return r;
}
