/*
 * Verbs about the daemon itself, and the one that takes articles out. They are small, and stand
 * together so that one sees that there is nothing else by which dupctl changes anything.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "ctl/ctl.h"
#include "ctl/out.h"
#include "ctl/show.h"

/* A request that is only an operation. */
static int ask_plain(struct ctl *ctl, const char *op, struct json_object **ret)
{
    struct buf request;
    ctl_begin(&request, op);
    json_close(&request, '}');
    int code = ctl_ask(ctl, &request, ret);
    buf_done(&request);
    return code;
}

static int delete_one(struct ctl *ctl, const char *id)
{
    struct buf request;
    struct json_object *reply = NULL;
    ctl_begin(&request, "delete");
    json_key_string(&request, "article", id, strlen(id));
    json_close(&request, '}');
    int code = ctl_ask(ctl, &request, &reply);
    buf_done(&request);
    if (code == 0 && ctl->json) {
        out_json(ctl->line, ctl->line_len);
    } else if (code == 0) {
        fputs("deleted ", stdout);
        out_text(stdout, show_string(reply, "deleted"), SIZE_MAX);
        printf(" (%lld version%s)\n", (long long)show_int(reply, "versions"), show_int(reply, "versions") == 1 ? "" : "s");
    }
    json_object_put(reply);
    return code;
}

int verb_delete(struct ctl *ctl)
{
    int worst = 0;
    for (int i = 0; i < ctl->n_args && worst < CTL_USAGE; i++) {
        ctl->about = ctl->n_args > 1 ? ctl->args[i] : NULL;
        int code = delete_one(ctl, ctl->args[i]);
        worst = code > worst ? code : worst;
    }
    return worst;
}

int verb_reload(struct ctl *ctl)
{
    struct json_object *reply = NULL;
    int code = ask_plain(ctl, "reload", &reply);
    if (code == 0 && ctl->json)
        out_json(ctl->line, ctl->line_len);
    else if (code == 0)
        puts("reloaded");
    json_object_put(reply);
    return code;
}

int verb_expire(struct ctl *ctl)
{
    struct json_object *reply = NULL;
    int code = ask_plain(ctl, "expire", &reply);
    if (code == 0 && ctl->json)
        out_json(ctl->line, ctl->line_len);
    else if (code == 0)
        puts("what is due expires now");
    json_object_put(reply);
    return code;
}

int verb_ping(struct ctl *ctl)
{
    struct json_object *reply = NULL;
    int code = ctl_connect(ctl);
    if (code)
        return code;
    uint64_t before = clock_elapsed_us();
    code = ask_plain(ctl, "ping", &reply);
    uint64_t took = clock_elapsed_us() - before;
    if (code == 0 && ctl->json) {
        out_json(ctl->line, ctl->line_len);
    } else if (code == 0) {
        fputs("dupd ", stdout);
        out_text(stdout, show_string(reply, "version"), SIZE_MAX);
        printf(" answers in %.2f ms\n", (double)took / 1000);
    }
    json_object_put(reply);
    return code;
}
