/*
 * One article at a time: submit and check. It exists for the hand and for scripts that have an
 * article in a file of its own; streams go through import. Invariant: a JSON file is sent as it
 * stands (its line feeds as spaces), so that the daemon is the one to judge it.
 */
#include <string.h>

#include "base/limits.h"
#include "ctl/ctl.h"
#include "ctl/files.h"
#include "ctl/out.h"
#include "ctl/show.h"

#define CONTENT_MAX (4 * (size_t)LIMIT_LINE)

static const char *const described_by[] = {"id", "url", "outlet", "title", "byline", "published", "language"};

static size_t first_character(const struct buf *content)
{
    size_t i = 0;
    while (i < content->len && strchr(" \t\r\n", content->data[i]) && content->data[i])
        i++;
    return i;
}

/* A text, with the options around it. */
static int request_of_text(const struct ctl *ctl, const char *op, const char *path, const struct buf *content,
                           struct buf *request)
{
    int code = file_check_text(path, content);
    if (code)
        return code;
    ctl_begin(request, op);
    for (size_t i = 0; i < sizeof described_by / sizeof *described_by; i++)
        ctl_pass(ctl, request, described_by[i], described_by[i]);
    json_key(request, "body");
    json_string(request, content->data ? content->data : "", content->len);
    json_close(request, '}');
    return 0;
}

/* Whether the first line is an article by itself and there is more after it. */
static int has_more_lines(struct ctl *ctl, const struct buf *content, size_t at)
{
    const char *feed = memchr(content->data + at, '\n', content->len - at);
    struct json_object *object = NULL;
    if (!feed || feed[1 + strspn(feed + 1, " \t\r\n")] == '\0')
        return 0;
    int whole = json_parse_line(ctl->parser, content->data + at, (size_t)(feed - content->data) - at, &object, NULL) == 0;
    json_object_put(object);
    return whole;
}

/* A JSON object, which has its brace at data[brace]; the operation goes in front of its members. */
static int request_of_json(struct ctl *ctl, const char *op, const char *path, struct buf *content, size_t brace,
                           struct buf *request)
{
    for (size_t i = 0; i < sizeof described_by / sizeof *described_by; i++) {
        if (ctl_value(ctl, described_by[i])) {
            out_complain("--%s describes a text, but %s holds JSON", described_by[i],
                         strcmp(path, "-") == 0 ? "standard input" : path);
            return CTL_USAGE;
        }
    }
    if (has_more_lines(ctl, content, brace)) {
        out_complain("%s holds more than one article; see dupctl import", strcmp(path, "-") == 0 ? "standard input" : path);
        return CTL_USAGE;
    }
    for (size_t i = 0; i < content->len; i++) {
        if (content->data[i] == '\n')
            content->data[i] = ' ';
    }
    if (!line_is_article(ctl->parser, content->data, content->len)) {
        out_complain("%s holds an operation, no article", strcmp(path, "-") == 0 ? "standard input" : path);
        return CTL_REFUSED;
    }
    buf_init(request, 2 * CONTENT_MAX);
    if (strcmp(op, "submit") == 0)
        return buf_add(request, content->data, content->len) < 0 ? CTL_REFUSED : 0;
    size_t next = brace + 1 + strspn(content->data + brace + 1, " \t\r");
    buf_add_str(request, "{\"op\":\"check\"");
    buf_add_str(request, content->data[next] == '}' ? "" : ",");
    return buf_add(request, content->data + brace + 1, content->len - brace - 1) < 0 ? CTL_REFUSED : 0;
}

static int send_file(struct ctl *ctl, const char *op, const char *path)
{
    struct buf content, request;
    struct json_object *verdict = NULL;
    buf_init(&content, CONTENT_MAX);
    buf_init(&request, CONTENT_MAX);
    int code = file_read(path, &content);
    if (code == 0) {
        size_t at = first_character(&content);
        code = at < content.len && content.data[at] == '{' ? request_of_json(ctl, op, path, &content, at, &request)
                                                           : request_of_text(ctl, op, path, &content, &request);
    }
    if (code == 0)
        code = ctl_ask(ctl, &request, &verdict);
    if (code == 0 && ctl->json)
        out_json(ctl->line, ctl->line_len);
    else if (code == 0)
        show_verdict(verdict, ctl->colour);
    json_object_put(verdict);
    buf_done(&content);
    buf_done(&request);
    return code;
}

static int send_files(struct ctl *ctl, const char *op)
{
    int worst = ctl_connect(ctl);
    if (worst)
        return worst;
    if (ctl->n_args > 1 && (ctl_value(ctl, "id") || ctl_value(ctl, "url"))) {
        out_complain("--id and --url name one article, but there are %d files", ctl->n_args);
        return CTL_USAGE;
    }
    if (ctl->n_args == 0)
        return send_file(ctl, op, "-");
    for (int i = 0; i < ctl->n_args && worst != CTL_NO_DAEMON; i++) {
        ctl->about = ctl->n_args > 1 ? ctl->args[i] : NULL;
        int code = send_file(ctl, op, ctl->args[i]);
        worst = code > worst ? code : worst;
    }
    return worst;
}

int verb_submit(struct ctl *ctl)
{
    return send_files(ctl, "submit");
}

int verb_check(struct ctl *ctl)
{
    return send_files(ctl, "check");
}
