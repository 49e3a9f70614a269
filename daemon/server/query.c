/*
 * Queries about single articles, and the parameters of all queries.
 * Invariant: nothing of the store is held when a query returns.
 */
#include "server/query.h"

#include <stdlib.h>
#include <string.h>

#include "server/answer.h"

static struct json_object *parameter(struct request *request, const char *name)
{
    struct json_object *value = NULL;
    json_object_object_get_ex(request->object, name, &value);
    return value;
}

static int wrong(struct request *request, const char *name, const char *form)
{
    return json_error_set(&request->error, DUP_EINVAL, name, JSON_NOWHERE, "%s must be %s", name, form);
}

int query_string(struct request *request, const char *name, int required, struct str *ret)
{
    struct json_object *value = parameter(request, name);
    if (!value)
        return required ? json_error_set(&request->error, DUP_EINVAL, name, JSON_NOWHERE,
                                         "%s is missing", name) : 0;
    if (!json_object_is_type(value, json_type_string) || json_object_get_string_len(value) == 0)
        return wrong(request, name, "a string that is not empty");
    *ret = (struct str){json_object_get_string(value), (size_t)json_object_get_string_len(value)};
    return 0;
}

int query_number(struct request *request, const char *name, int64_t min, int64_t max, int64_t *ret)
{
    struct json_object *value = parameter(request, name);
    if (!value)
        return 0;
    int64_t number = json_object_get_int64(value);
    if (!json_object_is_type(value, json_type_int) || number < min || number > max)
        return json_error_set(&request->error, DUP_EINVAL, name, JSON_NOWHERE,
                              "%s must be a whole number from %lld to %lld", name, (long long)min,
                              (long long)max);
    *ret = number;
    return 0;
}

int query_flag(struct request *request, const char *name, int *ret)
{
    struct json_object *value = parameter(request, name);
    if (!value)
        return 0;
    if (!json_object_is_type(value, json_type_boolean))
        return wrong(request, name, "true or false");
    *ret = json_object_get_boolean(value);
    return 0;
}

int query_time(struct request *request, const char *name, int64_t *ret_ms)
{
    struct json_object *value = parameter(request, name);
    if (!value)
        return 0;
    const char *text = json_object_get_string(value);
    int is_time = json_object_is_type(value, json_type_string) || json_object_is_type(value, json_type_int);
    if (!is_time || time_parse(text, strlen(text), ret_ms) < 0)
        return wrong(request, name, "a time such as 2026-03-02 or 2026-03-02T06:00:00Z");
    return 0;
}

int query_cluster_id(struct request *request, const char *name, uint32_t *ret_id)
{
    struct str text = {0};
    uint64_t id = 0;
    int r = query_string(request, name, 0, &text);
    if (r < 0 || !text.data)
        return r;
    size_t i = 1;
    for (; i < text.len && text.data[i] >= '0' && text.data[i] <= '9' && id <= UINT32_MAX; i++)
        id = id * 10 + (uint64_t)(text.data[i] - '0');
    if (text.data[0] != 'c' || i != text.len || id == 0 || id > UINT32_MAX)
        return wrong(request, name, "an id such as \"c17\"");
    *ret_id = (uint32_t)id;
    return 0;
}

int query_find(struct request *request, struct view *view, const char *name, struct article *ret)
{
    struct str id = {0};
    uint32_t num;
    int r = query_string(request, name, 1, &id);
    if (r < 0)
        return r;
    r = view_find_id(view, id.data, id.len, &num);
    if (r == 0)
        r = view_article(view, num, ret);
    if (r == DUP_ENOENT)
        json_error_set(&request->error, r, name, JSON_NOWHERE, "there is no such article");
    return r;
}

/* Earlier versions; one that was decided on again has two records, of which the later counts. */
static int history(struct request *request, struct view *view, uint32_t version, uint32_t num)
{
    struct buf *out = &request->reply;
    struct article old;
    int r = 0;
    article_init(&old);
    json_key(out, "history");
    json_open(out, '[');
    for (int n = 0; num && n < LIMIT_PAGE && r == 0; n++) {
        r = view_article(view, num, &old);
        if (r < 0)
            break;
        if (old.version != version)
            answer_article(out, view, &old, NULL);
        version = old.version;
        num = old.previous;
    }
    json_close(out, ']');
    article_done(&old);
    return r == DUP_ENOENT ? 0 : r;
}

int query_article(struct server *server, struct view *view, struct request *request)
{
    struct article article;
    struct buf text, *out = &request->reply;
    int with_text = 0, with_history = 0;
    (void)server;
    article_init(&article);
    buf_init(&text, LIMIT_REPLY);
    int r = query_flag(request, "text", &with_text);
    if (r == 0)
        r = query_flag(request, "history", &with_history);
    if (r == 0)
        r = query_find(request, view, "article", &article);
    if (r == 0 && with_text && (r = view_text(view, article.num, &text)) == DUP_ENOENT)
        r = json_error_set(&request->error, r, "text", JSON_NOWHERE, "the text of this article is not kept");
    if (r == 0) {
        request_begin(request, out);
        json_key(out, "article");
        answer_article(out, view, &article, with_text ? &text : NULL);
        if (with_history)
            r = history(request, view, article.version, article.previous);
        json_close(out, '}');
        buf_add_char(out, '\n');
    }
    buf_done(&text);
    article_done(&article);
    return r;
}
