/*
 * The writer: one thread that takes what has queued up as a batch, runs it in
 * one transaction, and lets the replies go only when that is on disk.
 * Invariant: a request is in the queue, in the batch, or in the done list;
 * a reply says "stored" only after store_commit returned 0.
 *
 *     idle --push--> batch --run--> commit --ok--> done --wake--> loop
 *                      ^               | map grown: run the batch again
 *                      +---------------+ disk full: every reply says so
 */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "server/log.h"
#include "server/server.h"

#define EXPIRE_STEP 100      /* articles expired in one transaction */
#define HOLD_PART 10        /* of so many articles kept, one may expire at once, and more are held back */
#define RETRIES_MAX 16      /* a map that doubles each time holds anything by then */
#define BATCH_US 20000u     /* a batch that has run so long is committed as it is; */
#define BATCH_MOST_US 40000u /* where commits take longer, up to so long, that they are worth it; */
#define BATCH_SHORT_US 5000u /* and one that somebody new waits for, so soon */
#define FIRST 10            /* niceness less than others have: all wait for the writer, which should not wait for a processor that a worker has */
#define UPKEEP_US 200000u   /* between upkeep steps while work queues up */

struct writer {
    struct server *server;
    struct engine *engine;
    uv_thread_t thread;
    uv_mutex_t lock;
    uv_cond_t wanted;
    struct lanes lanes;                   /* under lock */
    struct request *done, **done_last;    /* under lock */
    int stopping, failed;                 /* under lock */
    uint64_t beat_us;                     /* under lock */
    struct engine_options options;        /* under lock */
    int configured;                       /* under lock: the options are new */
    struct writer_stats stats;            /* under lock */
    uint64_t upkeep_us, synced_us, last_commit_us; /* the thread's own */
    int unsynced, more_upkeep;
    atomic_int may_expire;                /* an administrator said so; until nothing is due */
};

/* What LMDB cannot explain may have hit its memory too: start over from the disk. Called with the lock held. */
static void heed(struct writer *w, int r)
{
    if (r == 0 || r == DUP_EFULL || r == DUP_EBUSY || r == DUP_ENOMEM)
        return;
    w->failed = r;
    uv_async_send(&w->server->wake);
}

static void fail(struct request *request, int code, const char *message)
{
    request->error = (struct json_error){.offset = JSON_NOWHERE};
    json_error_set(&request->error, code, "", JSON_NOWHERE, "%s", message);
    request_fail(request);
    watch_drop(request);
}

/* Runs the batch inside the open transaction. What there was no time for is cut off and left in *ret_rest, if that is given. */
static int run(struct writer *w, struct request *batch, struct request **ret_rest)
{
    uint64_t start = clock_elapsed_us(), most = w->last_commit_us;
    most = most < BATCH_US ? BATCH_US : most < BATCH_MOST_US ? most : BATCH_MOST_US;
    for (struct request *request = batch; request; request = request->queued) {
        const struct request *next = request->queued;
        if (next && next->prepared.n_values)
            store_prefetch(w->server->store, next->prepared.values, next->prepared.n_values, &next->prepared.probed);
        buf_clear(&request->reply);
        buf_clear(&request->source);
        watch_drop(request);
        request->error.code = 0;
        int r = request->operation->write(w->engine, w->server->store, request);
        if (r < 0 && request->error.code) /* refused before anything was written */
            request_fail(request);
        else if (r < 0)
            return r;
        if (request->queued && ret_rest && clock_elapsed_us() - start > (w->lanes.newcomer ? BATCH_SHORT_US : most)) {
            *ret_rest = request->queued;
            request->queued = NULL;
        }
    }
    return 0;
}

/* *ret_retries: how often the map had to grow. */
static int run_batch(struct writer *w, struct request *batch, struct request **ret_rest, unsigned *ret_retries)
{
    struct store *store = w->server->store;
    int r;
    for (;; ret_rest = NULL) { /* one that is run again is not cut again */
        r = store_begin(store);
        if (r == 0) {
            r = run(w, batch, ret_rest);
            uint64_t start = clock_elapsed_us();
            if (r == 0)
                r = store_commit(store);
            else
                store_abort(store);
            w->last_commit_us = clock_elapsed_us() - start;
        }
        if (r == 0)
            return 0;
        engine_aborted(w->engine);
        if (r != DUP_EBUSY || *ret_retries == RETRIES_MAX)
            return r;
        ++*ret_retries;
    }
}

/* Called with the lock held; returns with it held. */
static void do_batch(struct writer *w)
{
    struct request *batch = lanes_take(&w->lanes), *rest = NULL, *last = batch;
    uv_mutex_unlock(&w->lock);

    uint64_t start = clock_elapsed_us();
    unsigned retries = 0;
    int r = run_batch(w, batch, &rest, &retries);
    size_t n = 1;
    for (; last->queued; last = last->queued)
        n++;
    if (r < 0) {
        log_error("commit-failed", "%zu requests were not stored: %s", n, dup_strerror(r));
        for (struct request *request = batch; request; request = request->queued)
            fail(request, r, r == DUP_EFULL ? "no space left in the store: nothing was stored, send it again when there is room"
                                            : dup_strerror(r));
    }
    w->unsynced |= r == 0 && !w->server->config.sync;
    uint64_t took = clock_elapsed_us() - start;
    log_debug("batch", "%zu requests in %llu us, %llu of them for the commit", n, (unsigned long long)took,
              (unsigned long long)w->last_commit_us);
    uv_mutex_lock(&w->lock);
    lanes_put_back(&w->lanes, rest);
    w->stats.batches++;
    w->stats.articles += n;
    w->stats.retries += retries;
    w->stats.batch_us += took;
    w->stats.commit_us += w->last_commit_us;
    engine_figures(w->engine, &w->stats.engine);
    w->stats.longest_us = took > w->stats.longest_us ? took : w->stats.longest_us;
    w->stats.largest = n > w->stats.largest ? n : w->stats.largest;
    heed(w, r);
    *w->done_last = batch;
    w->done_last = &last->queued;
    uv_async_send(&w->server->wake);
}

/*
 * Whether more is due at once than time can have brought about: then a clock, or somebody, is wrong,
 * and nothing goes until an administrator says so or the clock is right again.
 */
static int is_held(struct writer *w, struct view *view, int64_t oldest)
{
    uint64_t first = view_first_num(view), kept = (uint64_t)view_last_num(view) + 1 - first;
    uint64_t due = view_num_since(view, oldest) - first;
    int held = due > 1 && due * HOLD_PART > kept && !w->may_expire;
    if (held && !w->stats.held)
        log_warning("expiry-held", "%llu of %llu articles would expire at once: held back; if the clock and the retention "
                    "are right, say dupctl expire", (unsigned long long)due, (unsigned long long)kept);
    uv_mutex_lock(&w->lock);
    w->stats.held = held ? due : 0;
    uv_mutex_unlock(&w->lock);
    if (!due)
        w->may_expire = 0;
    return held;
}

/* Takes out some of the articles that are older than the retention. 1: there are more. */
static int expire(struct writer *w)
{
    struct store *store = w->server->store;
    int64_t now = clock_now_ms(), oldest = now - (int64_t)w->server->config.retention_days * 86400000;
    int r = store_begin(store), done = 0, more = 0;
    if (r == 0) {
        if (!is_held(w, store_writer_view(store), oldest))
            done = engine_expire(w->engine, oldest, now, EXPIRE_STEP, &more);
        if (done > 0 || (done == 0 && more))
            r = store_commit(store);
        else
            store_abort(store);
    }
    r = done < 0 ? done : r;
    if (r < 0) {
        engine_aborted(w->engine);
        if (r != DUP_EBUSY)
            log_error("expire-failed", "old articles could not be taken out: %s", dup_strerror(r));
        uv_mutex_lock(&w->lock);
        heed(w, r);
        uv_mutex_unlock(&w->lock);
    }
    return r == 0 && more;
}

/* What the index has to do in the background: one step. 1 when there is more. */
static int step(struct writer *w)
{
    uint64_t start = clock_elapsed_us();
    int r = store_step(w->server->store);
    uint64_t took = clock_elapsed_us() - start;
    if (r < 0 && r != DUP_EBUSY)
        log_error("index-failed", "the index could not be written: %s", dup_strerror(r));
    uv_mutex_lock(&w->lock);
    w->stats.steps++;
    w->stats.step_us += took;
    w->stats.longest_step_us = took > w->stats.longest_step_us ? took : w->stats.longest_step_us;
    heed(w, r < 0 ? r : 0);
    uv_mutex_unlock(&w->lock);
    return r == 1 || r == DUP_EBUSY;
}

/* Between batches: expiring, syncing; a small step each. */
static void do_upkeep(struct writer *w)
{
    struct server *server = w->server;
    uint64_t now = clock_elapsed_us();
    if (w->unsynced && now - w->synced_us >= server->config.sync_interval_ms * 1000) {
        int r = store_sync(server->store);
        if (r < 0) {
            /* What the disk did not take it may have forgotten: start over from what it has. */
            log_error("sync-failed", "the store could not be synced: %s", dup_strerror(r));
            uv_mutex_lock(&w->lock);
            w->failed = r;
            uv_mutex_unlock(&w->lock);
            uv_async_send(&server->wake);
        }
        w->synced_us = now;
        w->unsynced = 0;
    }
    w->more_upkeep = server->config.retention_days && expire(w);
    w->more_upkeep |= step(w);
    store_upkeep(server->store);
    w->upkeep_us = clock_elapsed_us();
}

static void thread_main(void *arg)
{
    struct writer *w = arg;
    /* On Linux, of this thread. Where it is refused all threads are alike. */
    setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) - FIRST);
    uv_mutex_lock(&w->lock);
    for (;;) {
        w->beat_us = clock_elapsed_us();
        if (w->configured)
            engine_configure(w->engine, &w->options);
        w->configured = 0;
        if (w->lanes.first)
            do_batch(w);
        else if (w->stopping)
            break;
        if (store_owes(w->server->store)) {
            uv_mutex_unlock(&w->lock);
            step(w);
            uv_mutex_lock(&w->lock);
        }
        uint64_t since = clock_elapsed_us() - w->upkeep_us;
        if (w->more_upkeep ? !w->lanes.first || since > UPKEEP_US / 10 : since > UPKEEP_US) {
            uv_mutex_unlock(&w->lock);
            do_upkeep(w);
            uv_mutex_lock(&w->lock);
        }
        if (!w->lanes.first && !w->stopping && !w->more_upkeep)
            uv_cond_timedwait(&w->wanted, &w->lock, UINT64_C(1000000000));
    }
    uv_mutex_unlock(&w->lock);
    if (w->unsynced && store_sync(w->server->store) < 0)
        log_error("sync-failed", "the store could not be synced at the end");
}

int writer_start(struct server *server, struct err *err)
{
    const struct config *config = &server->config;
    struct writer *w = calloc(1, sizeof *w);
    if (!w)
        return err_set(err, DUP_ENOMEM, "out of memory");
    w->server = server;
    w->done_last = &w->done;
    w->beat_us = clock_elapsed_us();
    w->options = (struct engine_options){.window_ms = (int64_t)config->window_ms,
                                         .exact_window_ms = (int64_t)config->exact_window_ms,
                                         .keep_text = (int)config->keep_text,
                                         .cache_bytes = (size_t)(config->index_memory / 2)};
    w->engine = engine_new(server->store, &w->options);
    if (!w->engine) {
        free(w);
        return err_set(err, DUP_ENOMEM, "out of memory");
    }
    uv_mutex_init(&w->lock);
    uv_cond_init(&w->wanted);
    int r = uv_thread_create(&w->thread, thread_main, w);
    if (r < 0) {
        uv_mutex_destroy(&w->lock);
        uv_cond_destroy(&w->wanted);
        engine_free(w->engine);
        free(w);
        return err_set(err, DUP_ENOMEM, "cannot start the writer thread: %s", uv_strerror(r));
    }
    server->writer = w;
    return 0;
}

void writer_push(struct writer *w, struct request *request)
{
    uv_mutex_lock(&w->lock);
    lanes_add(&w->lanes, request);
    uv_cond_signal(&w->wanted);
    uv_mutex_unlock(&w->lock);
}

void writer_return(struct writer *w, struct request *request)
{
    uv_mutex_lock(&w->lock);
    request->queued = NULL;
    *w->done_last = request;
    w->done_last = &request->queued;
    uv_async_send(&w->server->wake);
    uv_mutex_unlock(&w->lock);
}

void writer_configure(struct writer *w, const struct config *config)
{
    uv_mutex_lock(&w->lock);
    w->options.window_ms = (int64_t)config->window_ms;
    w->options.exact_window_ms = (int64_t)config->exact_window_ms;
    w->configured = 1;
    uv_mutex_unlock(&w->lock);
}

void writer_expire(struct writer *w)
{
    w->may_expire = 1;
}

const struct engine *writer_engine(const struct writer *w)
{
    return w->engine;
}

struct request *writer_take_done(struct writer *w)
{
    uv_mutex_lock(&w->lock);
    struct request *list = w->done;
    w->done = NULL;
    w->done_last = &w->done;
    uv_mutex_unlock(&w->lock);
    return list;
}

void writer_stop(struct server *server)
{
    struct writer *w = server->writer;
    if (!w)
        return;
    uv_mutex_lock(&w->lock);
    w->stopping = 1;
    uv_cond_signal(&w->wanted);
    uv_mutex_unlock(&w->lock);
    uv_thread_join(&w->thread);
    uv_mutex_destroy(&w->lock);
    uv_cond_destroy(&w->wanted);
    engine_free(w->engine);
    free(w);
    server->writer = NULL;
}

uint64_t writer_beat_us(struct writer *w)
{
    uv_mutex_lock(&w->lock);
    uint64_t beat = w->beat_us;
    uv_mutex_unlock(&w->lock);
    return beat;
}

int writer_failed(struct writer *w)
{
    uv_mutex_lock(&w->lock);
    int failed = w->failed;
    uv_mutex_unlock(&w->lock);
    return failed;
}

void writer_stats(struct writer *w, struct writer_stats *ret)
{
    uv_mutex_lock(&w->lock);
    *ret = w->stats;
    uv_mutex_unlock(&w->lock);
}
