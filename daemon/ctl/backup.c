/*
 * The verb that has the daemon copy its store. The copy is the daemon's work; this waits for its
 * answer and meanwhile asks over a second connection how far it is. Invariant: the exit code is that
 * of the backup, whatever becomes of the questions.
 */
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "ctl/out.h"
#include "ctl/show.h"

#define ASK_MS 500      /* between questions */
#define MIB (1 << 20)

/* Shows how far the backup is. 0: ask again, else the daemon does not say. */
static int show_progress(struct ctl *asking)
{
    struct json_object *reply = NULL, *backup;
    struct buf request;
    ctl_begin(&request, "stats");
    json_close(&request, '}');
    int code = ctl_ask(asking, &request, &reply);
    buf_done(&request);
    backup = code == 0 ? show_member(show_member(reply, "stats"), "backup") : NULL;
    if (backup)
        fprintf(stderr, "\r%lld of at most %lld MiB copied", (long long)show_int(backup, "copied") / MIB,
                (long long)show_int(backup, "of") / MIB);
    json_object_put(reply);
    return code;
}

/* Waits until the answer begins to come. */
static void wait_for_answer(struct ctl *ctl)
{
    struct ctl asking = {.verb = ctl->verb, .socket = ctl->socket};
    struct pollfd answer = {.fd = ctl->conn.fd, .events = POLLIN};
    int shown = 0;
    conn_init(&asking.conn);
    while (poll(&answer, 1, ASK_MS) == 0) {
        shown = 1;
        if (show_progress(&asking) != 0)
            break;
    }
    if (shown)
        fputc('\n', stderr);
    conn_done(&asking.conn);
    json_parser_free(asking.parser);
}

/* The directory is the daemon's to make: it needs a path that does not hang on where dupctl was started. */
static int put_path(struct buf *request, const char *dir)
{
    char here[PATH_MAX];
    struct buf path;
    if (*dir != '/' && !getcwd(here, sizeof here)) {
        out_complain("the working directory has no name: give the whole path");
        return CTL_REFUSED;
    }
    buf_init(&path, 2 * PATH_MAX);
    if (*dir != '/')
        buf_printf(&path, "%s/", here);
    buf_add_str(&path, dir);
    json_key_string(request, "dir", path.data ? path.data : "", path.len);
    buf_done(&path);
    return 0;
}

int verb_backup(struct ctl *ctl)
{
    struct json_object *reply = NULL;
    struct buf request;
    int64_t rate = 0;
    int code = ctl_number(ctl, "rate", 1, INT64_C(1) << 20, &rate);
    if (code)
        return code;
    ctl_begin(&request, "backup");
    code = put_path(&request, ctl->args[0]);
    if (rate)
        json_key_int(&request, "rate", rate * MIB);
    json_close(&request, '}');
    if (code == 0)
        code = ctl_connect(ctl);
    if (code == 0)
        code = ctl_send(ctl, &request);
    buf_done(&request);
    if (code)
        return code;
    if (isatty(STDERR_FILENO))
        wait_for_answer(ctl);
    code = ctl_reply(ctl, &reply);
    if (code == 0 && ctl->json) {
        out_json(ctl->line, ctl->line_len);
    } else if (code == 0) {
        out_text(stdout, show_string(reply, "backup"), SIZE_MAX);
        printf(": %lld bytes copied\n", (long long)show_int(reply, "bytes"));
    }
    json_object_put(reply);
    return code;
}
