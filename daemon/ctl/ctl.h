/*
 * ctl.h - what the verbs of dupctl share: the command line, the connection, the exit codes.
 *
 * main.c reads the command line against the row of its verb and calls the
 * row's handler; a handler returns an exit code. Everything runs in one thread.
 */
#ifndef DUPD_CTL_H
#define DUPD_CTL_H

#include <json-c/json.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "ctl/conn.h"
#include "proto/json.h"

enum ctl_exit {
    CTL_OK = 0,
    CTL_REFUSED = 1,      /* refused by the daemon, not found, or a file that cannot be read */
    CTL_USAGE = 2,
    CTL_NO_DAEMON = 3,    /* cannot be reached, is stopping or too busy, or went away */
    CTL_INTERRUPTED = 130 /* an import stopped by a signal, all that was sent being answered */
};

#define CTL_COUNT(array) (sizeof(array) / sizeof *(array))
#define CTL_OPTIONS 24 /* options of one verb, the common ones included */

struct ctl_option {
    const char *name;  /* without the dashes; NULL ends a list */
    const char *value; /* placeholder of the value in the help; NULL: a switch */
    const char *help;
};

struct ctl;

struct verb {
    const char *name;
    int (*run)(struct ctl *ctl);
    int min_args, max_args;           /* -1: any number */
    const char *args;                 /* as in the usage line */
    const char *summary;              /* half a line */
    const struct ctl_option *options; /* may be NULL */
    const char *examples;             /* lines, shown first in the help */
    const char *details;              /* paragraphs, may be NULL */
};

struct ctl {
    const struct verb *verb;
    const char *socket;
    int json;
    int colour;                       /* standard output may be coloured */
    char **args;
    int n_args;
    const char *values[CTL_OPTIONS];  /* by place in the list; NULL: not given */
    struct conn conn;                 /* open once ctl_connect succeeded */
    struct json_parser *parser;       /* owned */
    const char *about;                /* what the request is for, where there are several; else NULL */
    const char *line;                 /* the last reply, until the next one is read */
    size_t line_len;
};

/* ---- the command line (options.c) --------------------------------------- */

/* The value given for an option of the verb; NULL when it was not given, "" for a switch that was. */
const char *ctl_value(const struct ctl *ctl, const char *name);

/* A number given as an option: 0 and *ret (untouched when not given), or CTL_USAGE after a sentence. */
int ctl_number(const struct ctl *ctl, const char *name, int64_t min, int64_t max, int64_t *ret);

/* Fills ctl from argv. 0 to go on; -1 when all is done (help, version); else CTL_USAGE after a sentence. */
int ctl_parse(struct ctl *ctl, const struct verb *verbs, int argc, char **argv);

/* ---- talking to the daemon (ask.c) -------------------------------------- */

/* Each says what went wrong and returns an exit code, 0 for success. */
int ctl_connect(struct ctl *ctl);
/* Sends one request; a line feed is added. */
int ctl_send(struct ctl *ctl, const struct buf *request);
/* Reads the next reply; *ret is the caller's to put. An error reply counts as failure and is told. */
int ctl_reply(struct ctl *ctl, struct json_object **ret);
/* Connects when needed, sends, reads the reply. */
int ctl_ask(struct ctl *ctl, const struct buf *request, struct json_object **ret);
/* The exit code that an error's code calls for. */
int ctl_exit_of(const char *code);

/* Starts a request: {"op":OP ; ctl_ask and ctl_send want it closed with json_close. */
void ctl_begin(struct buf *request, const char *op);
/* Adds the value of an option under a key when it was given. */
void ctl_pass(const struct ctl *ctl, struct buf *request, const char *option, const char *key);

/* ---- answers that go on (stream.c) ---------------------------------------- */

/* Reads the next line: 0, and the text of its member, or NULL when it has none. Else an exit code. */
int stream_next(struct ctl *ctl, const char *key, const char **ret_value, size_t *ret_len);
/* Judges a line that is no part of the stream: 1 for its end, *ret_code 0 for a good one; an error is told. */
int stream_is_end(struct ctl *ctl, int *ret_code);

/* ---- verbs ---------------------------------------------------------------- */

int verb_submit(struct ctl *ctl);
int verb_check(struct ctl *ctl);
int verb_import(struct ctl *ctl);
int verb_article(struct ctl *ctl);
int verb_cluster(struct ctl *ctl);
int verb_clusters(struct ctl *ctl);
int verb_top(struct ctl *ctl);
int verb_outlets(struct ctl *ctl);
int verb_agencies(struct ctl *ctl);
int verb_owners(struct ctl *ctl);
int verb_graph(struct ctl *ctl);
int verb_carriers(struct ctl *ctl);
int verb_compare(struct ctl *ctl);
int verb_explain(struct ctl *ctl);
int verb_delete(struct ctl *ctl);
int verb_export(struct ctl *ctl);
int verb_stats(struct ctl *ctl);
int verb_watch(struct ctl *ctl);
int verb_reload(struct ctl *ctl);
int verb_backup(struct ctl *ctl);
int verb_expire(struct ctl *ctl);
int verb_ping(struct ctl *ctl);

#endif
