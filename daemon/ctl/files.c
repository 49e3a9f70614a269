/*
 * Whole files, and the guard of what is sent as an article. The guard exists because a line with
 * "op" is a command to the daemon: a file of articles from somewhere must not delete anything.
 * Invariant: no line passes whose top-level "op", however it is escaped, is anything but "submit".
 */
#include "ctl/files.h"

#include <string.h>

#include "ctl/ctl.h"
#include "ctl/out.h"
#include "ctl/show.h"
#include "ctl/unpack.h"

#define FILE_CHUNK 65536u

int file_read(const char *path, struct buf *ret)
{
    struct unpack in;
    struct err err;
    int r = unpack_open(&in, path, &err), more = 1;
    while (r == 0 && more) {
        size_t len = 0;
        r = buf_reserve(ret, FILE_CHUNK);
        if (r < 0) {
            err_set(&err, r, r == DUP_ETOOBIG ? "is too big for one article" : "out of memory");
            break;
        }
        more = unpack_read(&in, ret->data + ret->len, FILE_CHUNK, &len, &err);
        if (more < 0)
            r = more;
        ret->len += len;
        ret->data[ret->len] = '\0';
    }
    unpack_done(&in);
    if (r < 0)
        out_complain("%s %s", strcmp(path, "-") == 0 ? "standard input" : path, err.text);
    return r < 0 ? CTL_REFUSED : 0;
}

int file_check_text(const char *path, const struct buf *text)
{
    size_t end = out_utf8_end(text->data, text->len);
    if (end == text->len)
        return 0;
    out_complain("%s is not UTF-8: byte %zu", strcmp(path, "-") == 0 ? "standard input" : path, end);
    return CTL_REFUSED;
}

/* As memmem(), which looks at each byte: what the signs begin with, a quote or a backslash, is rare. */
static int holds(const char *line, size_t len, const char *sign)
{
    const char *end = line + len;
    size_t n = strlen(sign);
    for (const char *at = line; (at = memchr(at, *sign, (size_t)(end - at))); at++)
        if ((size_t)(end - at) >= n && memcmp(at, sign, n) == 0)
            return 1;
    return 0;
}

int line_is_article(struct json_parser *parser, const char *line, size_t len)
{
    /* The key can be spelled "op", or with o or p as \u006f or \u0070. */
    static const char *const signs[] = {"\"op\"", "\\u006", "\\u0070"};
    int suspect = 0;
    for (size_t i = 0; !suspect && i < sizeof signs / sizeof *signs; i++)
        suspect = holds(line, len, signs[i]);
    if (!suspect)
        return 1;
    struct json_object *object = NULL, *op = NULL;
    struct json_error wrong;
    if (json_parse_line(parser, line, len, &object, &wrong) < 0)
        return wrong.code != DUP_ENOMEM; /* the daemon parses in the same way, and refuses it */
    int article = !json_object_object_get_ex(object, "op", &op) || strcmp(show_string(object, "op"), "submit") == 0;
    json_object_put(object);
    return article;
}
