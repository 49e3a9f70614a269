/*
 * Question and answer: one request out, one reply in, and the sentence to say when it was refused.
 * It exists so that the verbs hold only what differs between them. Invariant: whenever a function
 * here returns another code than 0, the reason has been said on standard error.
 */
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "ctl/ctl.h"
#include "ctl/out.h"
#include "ctl/show.h"

int ctl_exit_of(const char *code)
{
    return strcmp(code, "busy") == 0 || strcmp(code, "stopping") == 0 ? CTL_NO_DAEMON : CTL_REFUSED;
}

int ctl_connect(struct ctl *ctl)
{
    struct err err;
    if (ctl->conn.fd >= 0)
        return 0;
    if (!ctl->parser && !(ctl->parser = json_parser_new())) {
        out_complain("out of memory");
        return CTL_REFUSED;
    }
    int r = conn_open(&ctl->conn, ctl->socket, &err);
    if (r < 0)
        out_complain("%s", err.text);
    return r == 0 ? 0 : r == DUP_EINVAL ? CTL_USAGE : CTL_NO_DAEMON;
}

int ctl_send(struct ctl *ctl, const struct buf *request)
{
    if (request->error) {
        out_complain("the request: %s", dup_strerror(request->error));
        return CTL_REFUSED;
    }
    /* A daemon that is too busy answers and closes without reading: its answer still has to be read. */
    if (conn_send(&ctl->conn, request->data, request->len) == 0)
        conn_send(&ctl->conn, "\n", 1);
    return 0;
}

static int tell_refusal(struct ctl *ctl, struct json_object *error)
{
    char text[1024];
    show_error(text, sizeof text, error);
    out_complain("%s%s%s", ctl->about ? ctl->about : "", ctl->about ? ": " : "", text);
    if (ctl->json)
        out_json(ctl->line, ctl->line_len);
    return ctl_exit_of(show_string(error, "code"));
}

int ctl_reply(struct ctl *ctl, struct json_object **ret)
{
    struct json_error wrong;
    struct json_object *reply = NULL, *error = NULL;
    while (!conn_line(&ctl->conn, &ctl->line, &ctl->line_len)) {
        int r = conn_fill(&ctl->conn, 1);
        if (r < 0) {
            if (r == DUP_EIO)
                out_complain("dupd at %s closed the connection before it had answered", ctl->socket);
            else
                out_complain("the answer of dupd: %s", dup_strerror(r));
            return CTL_NO_DAEMON;
        }
    }
    if (json_parse_line(ctl->parser, ctl->line, ctl->line_len, &reply, &wrong) < 0) {
        out_complain("what answers at %s does not speak the protocol of dupd: %s", ctl->socket, wrong.message);
        return CTL_NO_DAEMON;
    }
    if (json_object_object_get_ex(reply, "error", &error)) {
        int code = tell_refusal(ctl, error);
        json_object_put(reply);
        return code;
    }
    *ret = reply;
    return 0;
}

int ctl_ask(struct ctl *ctl, const struct buf *request, struct json_object **ret)
{
    int code = ctl_connect(ctl);
    if (code == 0)
        code = ctl_send(ctl, request);
    return code ? code : ctl_reply(ctl, ret);
}

void ctl_begin(struct buf *request, const char *op)
{
    buf_init(request, 4 * (size_t)LIMIT_LINE);
    json_open(request, '{');
    json_key_string(request, "op", op, strlen(op));
}

void ctl_pass(const struct ctl *ctl, struct buf *request, const char *option, const char *key)
{
    const char *value = ctl_value(ctl, option);
    if (value)
        json_key_string(request, key, value, strlen(value));
}
