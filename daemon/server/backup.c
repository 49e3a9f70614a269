/*
 * Backups: a copy of the store while everything goes on, in a thread of its
 * own, no faster than it was asked to. Invariant: at most one at a time; its
 * request comes back to the loop by the writer's list of what is done.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "server/log.h"
#include "server/query.h"

#define RATE_DEFAULT (UINT64_C(50) << 20) /* bytes a second */
#define RATE_MIN 4096
#define PAUSE_MAX_US 50000                /* between looks at whether to stop */
#define PATH_MAX_BYTES 4000

struct backup {
    struct server *server;
    struct request *request;              /* that waits for it */
    uv_thread_t thread;
    char dir[PATH_MAX_BYTES + 1];
    uint64_t rate, started_us;
    atomic_int cancelled, finished;
};

static void pause_us(uint64_t us)
{
    struct timespec wait = {0, (long)(us < PAUSE_MAX_US ? us : PAUSE_MAX_US) * 1000};
    nanosleep(&wait, NULL);
}

/* Waits until so much may have been copied. */
static int on_step(void *arg, uint64_t copied)
{
    struct backup *b = arg;
    atomic_store(&b->server->backup_copied, copied);
    uint64_t due_us = b->started_us + (uint64_t)((double)copied / (double)b->rate * 1e6);
    for (uint64_t now; (now = clock_elapsed_us()) < due_us && !b->cancelled;)
        pause_us(due_us - now);
    return b->cancelled ? DUP_ESTOPPING : 0;
}

static void answer(struct request *request, const struct backup *b)
{
    request_begin(request, &request->reply);
    json_key_string(&request->reply, "backup", b->dir, strlen(b->dir));
    json_key_int(&request->reply, "bytes", (int64_t)b->server->backup_copied);
    json_key_int(&request->reply, "took_us", (int64_t)(clock_elapsed_us() - b->started_us));
    json_close(&request->reply, '}');
    buf_add_char(&request->reply, '\n');
}

static void thread_main(void *arg)
{
    struct backup *b = arg;
    struct err err = {0};
    int r = store_backup(b->server->store, b->dir, on_step, b, &err);
    if (r < 0) {
        log_error("backup-failed", "%s", err.text);
        json_error_set(&b->request->error, r, "dir", JSON_NOWHERE, "%s", err.text);
        request_fail(b->request);
    } else {
        log_info("backup", "the store was copied to %s: %llu bytes", b->dir, (unsigned long long)b->server->backup_copied);
        answer(b->request, b);
    }
    atomic_store(&b->server->backup_total, 0);
    atomic_store(&b->finished, 1);
    writer_return(b->server->writer, b->request);
}

/* Joins a backup that has ended. */
static void collect(struct server *server)
{
    uv_thread_join(&server->backup->thread);
    free(server->backup);
    server->backup = NULL;
}

static int start(struct server *server, struct request *request)
{
    struct str dir;
    int64_t rate = RATE_DEFAULT;
    struct store_stats stats;
    struct view *view;
    int r = query_string(request, "dir", 1, &dir);
    if (r == 0)
        r = query_number(request, "rate", RATE_MIN, INT64_MAX, &rate);
    if (r < 0)
        return r;
    if (dir.len > PATH_MAX_BYTES || dir.data[0] != '/' || strlen(dir.data) != dir.len)
        return json_error_set(&request->error, DUP_EINVAL, "dir", JSON_NOWHERE,
                              "dir must be an absolute path of at most %d bytes", PATH_MAX_BYTES);
    if (server->backup && server->backup->finished)
        collect(server);
    if (server->backup)
        return json_error_set(&request->error, DUP_EBUSY, "", JSON_NOWHERE, "a backup is being made already");
    struct backup *b = calloc(1, sizeof *b);
    if (!b)
        return json_error_set(&request->error, DUP_ENOMEM, "", JSON_NOWHERE, "out of memory");
    b->server = server;
    b->request = request;
    b->rate = (uint64_t)rate;
    b->started_us = clock_elapsed_us();
    memcpy(b->dir, dir.data, dir.len);
    server->backup_copied = 0;
    server->backup_total = 1;
    if (store_snapshot(server->store, &view) == 0) {
        if (view_stats(view, &stats) == 0)
            server->backup_total = stats.used_bytes;
        store_release(view);
    }
    if ((r = uv_thread_create(&b->thread, thread_main, b)) < 0) {
        free(b);
        server->backup_total = 0;
        return json_error_set(&request->error, DUP_EBUSY, "", JSON_NOWHERE, "cannot start a thread: %s", uv_strerror(r));
    }
    server->backup = b;
    return 0;
}

void backup_start(struct server *server, struct request *request)
{
    request->state = REQUEST_RUNNING;
    if (start(server, request) == 0)
        return;
    request->state = REQUEST_DONE;
    request_fail(request);
}

void backup_cancel(struct server *server)
{
    if (server->backup)
        atomic_store(&server->backup->cancelled, 1);
}

void backup_end(struct server *server)
{
    backup_cancel(server);
    if (server->backup)
        collect(server);
}

/* Any thread. */
void backup_figures(struct server *server, struct buf *out)
{
    uint64_t total = server->backup_total;
    if (!total)
        return;
    json_key(out, "backup");
    json_open(out, '{');
    json_key_int(out, "copied", (int64_t)server->backup_copied);
    json_key_int(out, "of", (int64_t)total);
    json_close(out, '}');
}
