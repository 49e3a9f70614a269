/*
 * server.h - the daemon's inside: one event loop, workers, one writer.
 *
 * Threads. The loop owns everything here but what is marked otherwise. A
 * worker (libuv's pool) owns a request between work_start and its return. The
 * writer thread owns the store's write transaction, the engine, and a
 * request between writer_push and its return to the loop.
 *
 * A request's way:   line -> PARSING -> PARSED -> RUNNING -> DONE -> reply sent
 * submit, check and delete run in the writer, those of a connection in order
 * of arrival, connections in turn; what asks runs in a worker, once everything
 * before it on its connection is done.
 */
#ifndef DUPD_SERVER_H
#define DUPD_SERVER_H

#include <stdatomic.h>
#include <systemd/sd-daemon.h>
#include <uv.h>

#include "engine/engine.h"
#include "server/config.h"
#include "server/rights.h"

struct connection;
struct server;
struct operation;

enum request_state { REQUEST_PARSING, REQUEST_PARSED, REQUEST_RUNNING, REQUEST_DONE };

/* A verdict as watchers see it, and what they filter by. */
struct told {
    struct buf verdict;              /* owned; JSON */
    struct buf outlet;               /* owned; its one name */
    enum dup_relation relation;
    enum source_status standing;
    uint8_t claim;                   /* enum dup_claim */
    uint32_t cluster, was, articles; /* was: the cluster that it stood in before, if that was decided again */
    uint64_t outlet_key;
    uint64_t agency;                 /* agency_key of its cluster's source; 0 for none */
};

struct request {
    struct request *next;            /* on its connection, in order of arrival */
    struct request *queued;          /* in a job, the writer's queue, or waiting for the pool */
    uv_work_t work;                  /* of what asks */
    struct connection *connection;
    enum request_state state;
    uint64_t line;                   /* number on its connection, from 1 */
    uint64_t started_us;
    size_t len;
    char *text;                      /* owned; the line, until it is parsed */
    const struct operation *operation; /* NULL for a request that is refused */
    struct json_object *object;      /* owned; the request parsed */
    struct prepared prepared;        /* submit, check */
    struct tables *tables;           /* a reference; a query in a worker */
    struct json_error error;         /* code 0: none */
    struct buf id;                   /* the request's id as raw JSON, empty for none */
    struct buf reply;                /* the answer, lines with their line feeds */
    struct told *told;               /* owned; submit: what watchers hear of it, its own verdict first */
    size_t n_told;
    uint32_t cursor;                 /* of a stream: where it goes on */
    uint64_t streamed;
    struct report *report;           /* owned; a report under way */
    uint64_t limit;                  /* its rows */
    struct cluster_cursor position;  /* of a stream over clusters */
    int more;                        /* the stream has more pages */
    int merged;                      /* a submit that made clusters one: for watchers */
    unsigned rights;                 /* of the peer, when the line came */
    struct buf source;               /* the new source of its cluster, for watchers; empty: as before */
};

struct connection {
    uv_pipe_t pipe;
    struct server *server;
    struct connection *next, *previous;
    struct request *first, *last;    /* under way, in order */
    struct request *undispatched;    /* first that has not run yet */
    size_t inflight;
    struct buf partial;              /* the beginning of a line */
    uint64_t lines;
    struct buf out;                  /* replies not yet handed to libuv */
    size_t unsent;                   /* bytes handed to libuv and not yet written */
    size_t handed;                   /* memory of what libuv is writing, one write at a time */
    size_t held;                     /* bytes that this connection counts in server->held */
    uint64_t progress_us;            /* when something was last written, or holding memory began */
    struct request *lane, *lane_last; /* queued for the writer (lanes.c); lane_last only while there is a lane */
    struct connection *next_lane;
    uint64_t batch;                  /* number of the last batch that it had a request in */
    int writes;                      /* write requests under way */
    int parsing;                     /* jobs of the pool under way */
    unsigned rights;                 /* of the peer (rights.h) */
    uid_t uid;
    unsigned reading : 1, paused : 1, skipping : 1, ended : 1, closing : 1, closed : 1;
    atomic_flag denied;              /* a refusal for want of rights was logged; the writer sets it too */
    struct watch *watch;             /* owned; NULL for none */
};

/* What a reload swaps under the workers: each piece of work holds the tables that it began with.
 * References are counted in the loop only. */
struct tables {
    unsigned references;
    struct prepare_options prepare;
    struct dup_agencies *agencies;   /* owned; NULL: none configured */
    struct outlets *outlets;         /* owned; NULL: none configured */
};

struct overrides {
    int n;
    const char *const *names, *const *values; /* borrowed */
};

struct server {
    uv_loop_t loop;
    struct config config;
    const char *config_path;         /* NULL: none */
    struct overrides overrides;      /* of the command line; they hold after a reload too */
    uv_pipe_t listener;
    uv_signal_t signals[3];
    uv_timer_t tick;
    uv_async_t wake;                 /* from the writer */
    struct store *store;
    struct tables *tables;           /* a reference */
    struct rights rights;
    struct writer *writer;
    struct backup *backup;           /* owned; NULL: none was made, or it is over and done with */
    atomic_ullong backup_copied, backup_total; /* total 0: none is being made */
    struct connection *connections;  /* list */
    size_t n_connections, inflight, inflight_bytes;
    struct request *queries, *last_query; /* that wait for the pool, in order; linked by queued */
    unsigned querying;               /* in the pool */
    size_t held;                     /* bytes of lines begun and of replies not yet written */
    atomic_uint reports;             /* under way; LIMIT_REPORTS at most */
    atomic_size_t watchers;          /* connections that watch; read by the writer */
    atomic_ullong parse_us;          /* of the processor, that workers took to make requests of lines */
    int owns_socket;                 /* bound by us: to be removed at the end */
    int lock_fd;                     /* of the socket's lock file, -1 for none */
    int unaccepted;                  /* a peer waits until there is memory to accept it */
    int crowded;                     /* somebody waits until fewer requests are under way in all */
    int stopping, exit_code;
    uint64_t watchdog_us, last_watchdog_us;
    uint64_t started_us, accepted, refused, requests, errors;
    char read_buffer[65536];
};

/* ---- listen.c ---- */
int listen_open(struct server *server, struct err *err);
void listen_close(struct server *server);

/* ---- connection.c ---- */
void connection_accept(uv_stream_t *listener, int status);
void connection_advance(struct connection *connection); /* dispatch what can run, send what is done */
void connection_send(struct connection *connection, const char *data, size_t len);
void connection_close(struct connection *connection, const char *why); /* why NULL: nothing to log */
void connections_resume(struct server *server);
void connections_stop(struct server *server);

/* ---- peers.c: what concerns all connections ---- */
void connections_tick(struct server *server);
void connections_judge(struct server *server);          /* after a reload: who may do what now */
void connections_evict(struct server *server);          /* when they hold more than LIMIT_HELD */
void connections_fit(struct server *server);            /* their number to the descriptors there are */

/* ---- request.c ---- */
struct request *request_new(struct connection *connection, const char *line, size_t len);
void request_free(struct request *request);
void request_fail(struct request *request); /* writes the reply of request->error */
void request_begin(struct request *request, struct buf *out);  /* {"id":...,  */

/* ---- work.c ---- */
/* Starts the workers; libuv would do so at the first request, and aborts where it cannot. */
void work_start(struct server *server);
/* Parses and prepares a list of requests (linked by queued) in a worker. */
void work_parse(struct server *server, struct request *list);
/* Runs a query in a worker; it comes back DONE. */
void work_query(struct server *server, struct request *request);

/* ---- lanes.c ---- */

struct lanes {
    struct connection *first, *last; /* those with something in their lanes, in turn */
    uint64_t batch;                  /* number of the batch taken last, from 1 */
    atomic_int newcomer;             /* somebody who was not in the batch before is in that one or waits for
                                      * its end: one who does not send all the time. The writer reads it without the lock */
};
void lanes_add(struct lanes *lanes, struct request *request);
/* One request of each connection in turn, within the limits of a batch; linked by queued. NULL: none waits. */
struct request *lanes_take(struct lanes *lanes);
/* The end of a batch that was taken, and not run, goes back to where it was. */
void lanes_put_back(struct lanes *lanes, struct request *list);

/* ---- writer.c ---- */
struct writer;
int writer_start(struct server *server, struct err *err);
void writer_push(struct writer *writer, struct request *request);
void writer_return(struct writer *writer, struct request *request); /* one that ran elsewhere; any thread */
void writer_configure(struct writer *writer, const struct config *config); /* [match], from the next batch on */
void writer_expire(struct writer *writer);               /* what is held back may go */
struct request *writer_take_done(struct writer *writer); /* list linked by queued */
const struct engine *writer_engine(const struct writer *writer); /* for engine_ahead */
void writer_stop(struct server *server);                 /* drains, joins the thread, frees */
uint64_t writer_beat_us(struct writer *writer);          /* when it last made progress or idled */
int writer_failed(struct writer *writer);                /* the DUP_E... after which it takes no more; 0 */
struct writer_stats {
    uint64_t batches, articles, commit_us, batch_us, longest_us, largest, retries;
    uint64_t held;                   /* articles due that are held back */
    uint64_t steps, step_us, longest_step_us; /* of the index, between batches */
    struct engine_figures engine;
};
void writer_stats(struct writer *writer, struct writer_stats *ret);

/* ---- operations.c: the verbs ---- */
enum operation_kind { OPERATION_WRITE, OPERATION_QUERY, OPERATION_LOOP };
struct operation {
    const char *name;
    enum operation_kind kind;
    /* WRITE: in the writer, inside a transaction. QUERY: in a worker, with a snapshot. Returns 0,
     * 1 for a stream with more to come, or DUP_E... with request->error set. LOOP: in the loop. */
    int (*write)(struct engine *engine, struct store *store, struct request *request);
    int (*query)(struct server *server, struct view *view, struct request *request);
    void (*loop)(struct server *server, struct request *request);
    enum right right;                /* that the peer needs */
    int no_view;                     /* a QUERY that opens its snapshots itself */
    const char *takes;               /* its fields beside op and id, blanks between them; NULL: any, an article's */
    enum { PREPARE_NOTHING, PREPARE_ARTICLE, PREPARE_TEXT } prepares; /* by the worker, into request->prepared */
};
const struct operation *operation_find(const char *name, size_t len);
int operation_takes(const struct operation *operation, const char *name); /* whether a field of this name means anything */

/* ---- backup.c ---- */
void backup_start(struct server *server, struct request *request); /* an operation of the loop */
void backup_cancel(struct server *server);
void backup_end(struct server *server);
void backup_figures(struct server *server, struct buf *out);       /* into an object that is open */

/* ---- watch.c ---- */
int watch_start(struct server *server, struct request *request); /* DUP_EINVAL with error set */
void watch_free(struct watch *watch);
void watch_report(struct server *server, const struct request *request);
/* Keeps the verdicts of a submit, took_us long, for watchers; the writer. */
void watch_keep(struct engine *engine, struct request *request, const struct verdict *verdict, uint64_t took_us);
void watch_drop(struct request *request);                        /* what was kept */

/* ---- report.c ---- */
void report_end(struct server *server, struct request *request); /* frees a report, if there is one */

/* ---- tables.c ---- */
/* Reads the files that config names. A file that is missing at its standard place is none. */
int tables_load(const struct config *config, const struct store *store, struct err *err,
                struct tables **ret);
void tables_release(struct tables *tables);
/* Reads the files and lets them go again: --check-config. */
int tables_check(const struct config *config, struct err *err);

/* ---- server.c ---- */
int server_run(struct server *server, struct err *err); /* until stopped; exit code or DUP_E... */
void server_stop(struct server *server);
int server_reload(struct server *server, struct err *err);

#endif
