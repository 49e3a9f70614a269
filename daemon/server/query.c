/*
 * Queries about single articles and pairs, and the parameters of all queries.
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

static int history(struct request *request, struct view *view, uint32_t num)
{
    struct buf *out = &request->reply;
    struct article old;
    int r = 0;
    article_init(&old);
    json_key(out, "history");
    json_open(out, '[');
    for (int n = 0; num && n < LIMIT_PAGE && r == 0; n++) {
        r = view_article(view, num, &old);
        if (r == 0) {
            answer_article(out, view, &old, NULL);
            num = old.previous;
        }
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
            r = history(request, view, article.previous);
        json_close(out, '}');
        buf_add_char(out, '\n');
    }
    buf_done(&text);
    article_done(&article);
    return r;
}

/* One side of a comparison, from the store or from the request. */
struct side {
    struct article article;
    struct buf text;
    struct prepared prepared;
};

static void side_init(struct side *side)
{
    memset(side, 0, sizeof *side);
    article_init(&side->article);
    buf_init(&side->text, LIMIT_REPLY);
}

static void side_done(struct side *side)
{
    prepared_done(&side->prepared);
    buf_done(&side->text);
    article_done(&side->article);
}

static int side_prepare(struct preparer *preparer, struct server *server, struct request *request,
                        struct side *side)
{
    struct str text = {side->text.data, side->text.len};
    return prepare_text(preparer, store_secret(server->store), side->article.title, text,
                        &side->prepared, &request->error);
}

static int side_read(struct preparer *preparer, struct server *server, struct view *view,
                     struct request *request, const char *name, struct side *side)
{
    int r = query_find(request, view, name, &side->article);
    if (r < 0)
        return r;
    r = view_text(view, side->article.num, &side->text);
    if (r == DUP_ENOENT)
        return json_error_set(&request->error, r, name, JSON_NOWHERE, "the text of this article is not kept");
    return r < 0 ? r : side_prepare(preparer, server, request, side);
}

static double minhash_share(const uint8_t *a, const uint8_t *b)
{
    int same = 0;
    for (int i = 0; i < DUP_LANES; i++)
        same += a[i] == b[i];
    /* Lanes of 8 bits agree by chance once in 256 (Li and Koenig 2010, b-bit minwise hashing). */
    double share = ((double)same / DUP_LANES - 1.0 / 256) / (1 - 1.0 / 256);
    return share > 0 ? share : 0;
}

static void write_spans(struct buf *out, const struct dup_comparison *comparison,
                        const struct dup_tokens *a, const struct dup_tokens *b)
{
    json_key(out, "spans");
    json_open(out, '[');
    for (size_t i = 0; i < comparison->n_spans; i++) {
        const struct dup_span *span = &comparison->spans[i];
        json_open(out, '{');
        json_key(out, "a");
        json_open(out, '[');
        json_int(out, a->begin[span->a]);
        json_int(out, a->end[span->a + span->n - 1]);
        json_close(out, ']');
        json_key(out, "b");
        json_open(out, '[');
        json_int(out, b->begin[span->b]);
        json_int(out, b->end[span->b + span->n - 1]);
        json_close(out, ']');
        json_key_int(out, "words", span->n);
        json_close(out, '}');
    }
    json_close(out, ']');
}

static void write_comparison(struct request *request, const struct side *a, const struct side *b,
                             const struct dup_comparison *comparison,
                             const struct dup_decision *decision, int with_texts)
{
    struct buf *out = &request->reply;
    const char *relation = dup_relation_word(decision->relation);
    request_begin(request, out);
    json_key_string(out, "relation", relation, strlen(relation));
    json_key_string(out, "why", decision->why, strlen(decision->why));
    json_key_real(out, "share_shorter", comparison->share_shorter, 4);
    json_key_real(out, "share_longer", comparison->share_longer, 4);
    json_key_real(out, "jaccard", comparison->jaccard, 4);
    json_key_int(out, "longest_run", comparison->longest);
    json_key_int(out, "words_a", comparison->words_a);
    json_key_int(out, "words_b", comparison->words_b);
    json_key_real(out, "minhash_jaccard", minhash_share(a->prepared.minhash, b->prepared.minhash), 4);
    json_key_int(out, "simhash_distance",
                 __builtin_popcountll(a->prepared.simhash ^ b->prepared.simhash));
    write_spans(out, comparison, &a->prepared.body, &b->prepared.body);
    if (with_texts) {
        json_key_string(out, "text_a", a->text.data, a->text.len);
        json_key_string(out, "text_b", b->text.data, b->text.len);
    }
    json_close(out, '}');
    buf_add_char(out, '\n');
}

static struct dup_side dup_side_of(const struct side *side)
{
    return (struct dup_side){
        .body = &side->prepared.body, .title = &side->prepared.title,
        .title_text = side->article.title.data, .title_len = side->article.title.len,
        .outlet = outlet_hash(side->article.outlet.data, side->article.outlet.len),
        .published = side->article.num ? side->article.published : DUP_TIME_NONE};
}

static int compare_sides(struct request *request, const struct side *a, const struct side *b, int with_texts)
{
    struct dup_comparer *comparer = dup_comparer_new();
    struct dup_comparison *comparison = malloc(sizeof *comparison);
    struct dup_decision decision;
    struct dup_side x = dup_side_of(a), y = dup_side_of(b);
    int r = comparer && comparison ? dup_compare(comparer, x.body, y.body, comparison) : DUP_ENOMEM;
    if (r == 0)
        r = dup_relate(comparer, &x, &y, comparison, &decision);
    if (r == 0)
        write_comparison(request, a, b, comparison, &decision, with_texts);
    free(comparison);
    dup_comparer_free(comparer);
    return r;
}

int query_compare(struct server *server, struct view *view, struct request *request)
{
    struct side a, b;
    struct str text = {0};
    int with_texts = 0;
    side_init(&a);
    side_init(&b);
    struct preparer *preparer = preparer_new();
    int r = preparer ? query_flag(request, "texts", &with_texts) : DUP_ENOMEM;
    if (r == 0)
        r = side_read(preparer, server, view, request, "a", &a);
    if (r == 0)
        r = query_string(request, "text", 0, &text);
    if (r == 0 && text.data && parameter(request, "b"))
        r = json_error_set(&request->error, DUP_EINVAL, "text", JSON_NOWHERE, "give b or text, not both");
    else if (r == 0 && text.data) {
        r = buf_add(&b.text, text.data, text.len);
        if (r == 0)
            r = side_prepare(preparer, server, request, &b);
    } else if (r == 0) {
        r = side_read(preparer, server, view, request, "b", &b);
    }
    if (r == 0)
        r = compare_sides(request, &a, &b, with_texts);
    preparer_free(preparer);
    side_done(&a);
    side_done(&b);
    return r;
}
