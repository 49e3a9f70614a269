/*
 * Answers that go on: export and watch. It exists because these two read line after line from one
 * request. Invariant: memory does not grow with the number of lines, and a stream that the daemon
 * breaks off ends in an error, never looking like a whole one.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "ctl/out.h"
#include "ctl/show.h"

static const struct show_column export_columns[] = {
    {"id", "id", SHOW_TEXT},     {"outlet", "outlet", SHOW_TEXT},       {"cluster", "cluster", SHOW_TEXT}, {"relation", "relation", SHOW_TEXT},
    {"head", "head", SHOW_TEXT}, {"published", "published", SHOW_TEXT}, {"title", "title", SHOW_TEXT},
};

int stream_next(struct ctl *ctl, const char *key, const char **ret_value, size_t *ret_len)
{
    const char *line;
    size_t len;
    while (!conn_line(&ctl->conn, &line, &len)) {
        int r = conn_fill(&ctl->conn, 1);
        if (r < 0) {
            out_complain("dupd broke the stream off: %s", r == DUP_EIO ? "it stopped, or the output was not read for too long"
                                                                       : dup_strerror(r));
            return CTL_NO_DAEMON;
        }
    }
    ctl->line = line;
    ctl->line_len = len;
    if (!out_slice(line, len, key, ret_value, ret_len))
        *ret_value = NULL;
    return 0;
}

int stream_is_end(struct ctl *ctl, int *ret_code)
{
    struct json_object *reply = NULL;
    struct json_error wrong;
    char text[1024];
    int done = 0;
    *ret_code = CTL_NO_DAEMON;
    if (json_parse_line(ctl->parser, ctl->line, ctl->line_len, &reply, &wrong) < 0) {
        out_complain("the answer of dupd: %s", wrong.message);
        return 1;
    }
    struct json_object *error = show_member(reply, "error");
    if (error) {
        out_complain("%s", show_error(text, sizeof text, error));
        *ret_code = ctl_exit_of(show_string(error, "code"));
        if (ctl->json)
            out_json(ctl->line, ctl->line_len);
        done = 1;
    } else if (json_object_get_boolean(show_member(reply, "done"))) {
        *ret_code = 0;
        done = 1;
    }
    json_object_put(reply);
    return done;
}

/* Prints one row of the export. */
static int print_row(struct ctl *ctl, const char *value, size_t len)
{
    struct json_object *article = NULL;
    struct json_error wrong;
    if (ctl->json) {
        out_json(value, len);
        return 0;
    }
    if (json_parse_line(ctl->parser, value, len, &article, &wrong) < 0) {
        out_complain("the answer of dupd: %s", wrong.message);
        return CTL_NO_DAEMON;
    }
    show_row(export_columns, CTL_COUNT(export_columns), article);
    json_object_put(article);
    return 0;
}

int verb_export(struct ctl *ctl)
{
    struct buf request;
    if (ctl_value(ctl, "text") && !ctl->json) {
        out_complain("--text needs --json: a text does not fit into a column");
        return CTL_USAGE;
    }
    ctl_begin(&request, "export");
    ctl_pass(ctl, &request, "since", "since");
    if (ctl_value(ctl, "text"))
        json_key_bool(&request, "text", 1);
    json_close(&request, '}');
    int code = ctl_connect(ctl);
    if (code == 0)
        code = ctl_send(ctl, &request);
    buf_done(&request);
    int named = ctl->json;
    while (code == 0) {
        const char *value;
        size_t len = 0;
        code = stream_next(ctl, "article", &value, &len);
        if (code)
            break;
        if (!value) {
            if (stream_is_end(ctl, &code))
                break;
            code = 0;
            continue;
        }
        if (!named)
            show_row_names(export_columns, CTL_COUNT(export_columns));
        named = 1;
        code = print_row(ctl, value, len);
        if (code == 0 && ferror(stdout))
            code = CTL_REFUSED;
    }
    return code;
}

/* "c17 is copy of PTI now (92 % sure)". */
static int print_source(struct ctl *ctl, const char *value, size_t len)
{
    struct json_object *source = NULL;
    struct json_error wrong;
    if (ctl->json) {
        out_json(ctl->line, ctl->line_len);
        return out_flush();
    }
    if (json_parse_line(ctl->parser, value, len, &source, &wrong) < 0) {
        out_complain("the answer of dupd: %s", wrong.message);
        return CTL_NO_DAEMON;
    }
    const char *name = show_string(source, "name");
    out_text(stdout, show_string(source, "cluster"), SIZE_MAX);
    fputs(" is copy of ", stdout);
    out_text(stdout, *name ? name : "an unknown agency", SIZE_MAX);
    if (show_member(source, "confidence"))
        printf(" now (%.0f %% sure)", 100 * json_object_get_double(show_member(source, "confidence")));
    putchar('\n');
    json_object_put(source);
    return out_flush();
}

static int print_verdict(struct ctl *ctl, const char *value, size_t len)
{
    struct json_object *verdict = NULL;
    struct json_error wrong;
    if (ctl->json) {
        out_json(value, len);
    } else {
        if (json_parse_line(ctl->parser, value, len, &verdict, &wrong) < 0) {
            out_complain("the answer of dupd: %s", wrong.message);
            return CTL_NO_DAEMON;
        }
        show_verdict_line(verdict, ctl->colour);
        json_object_put(verdict);
    }
    return out_flush();
}

int verb_watch(struct ctl *ctl)
{
    struct buf request;
    int64_t left = INT64_MAX;
    struct json_object *reply = NULL;
    int64_t least = 0;
    int code = ctl_number(ctl, "count", 1, INT64_MAX, &left);
    if (code == 0)
        code = ctl_number(ctl, "min-prints", 1, INT32_MAX, &least);
    if (code)
        return code;
    ctl_begin(&request, "watch");
    ctl_pass(ctl, &request, "relation", "relation");
    ctl_pass(ctl, &request, "outlet", "outlet");
    ctl_pass(ctl, &request, "cluster", "cluster");
    ctl_pass(ctl, &request, "agency", "agency");
    ctl_pass(ctl, &request, "claim", "claim");
    ctl_pass(ctl, &request, "owner", "owner");
    if (ctl_value(ctl, "copies"))
        json_key_bool(&request, "copies", 1);
    if (ctl_value(ctl, "uncredited"))
        json_key_bool(&request, "uncredited", 1);
    if (least)
        json_key_int(&request, "min_prints", least);
    json_close(&request, '}');
    code = ctl_ask(ctl, &request, &reply);
    json_object_put(reply);
    buf_done(&request);
    if (code == 0 && isatty(STDERR_FILENO) && isatty(STDOUT_FILENO))
        out_complain("watching; ^C ends it");
    while (code == 0 && left > 0) {
        const char *value;
        size_t len = 0;
        code = stream_next(ctl, "verdict", &value, &len);
        if (code == 0 && value) {
            code = print_verdict(ctl, value, len);
            left--;
        } else if (code == 0 && out_slice(ctl->line, ctl->line_len, "source", &value, &len)) {
            code = print_source(ctl, value, len);
        } else if (code == 0 && !stream_is_end(ctl, &code)) {
            code = 0;
        }
    }
    return code;
}
