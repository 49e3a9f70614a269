/*
 * Queries over many: a cluster's members, lists of clusters, the export, and
 * figures about the daemon. Invariant: each call does a bounded amount of
 * work and leaves a cursor where there is more.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "server/answer.h"
#include "server/filter.h"
#include "server/query.h"

#define SCAN_US 50000u /* a page of clusters is looked for no longer */

static int find_cluster(struct request *request, struct view *view, struct cluster *ret)
{
    struct article article;
    uint32_t id = 0;
    int r = query_cluster_id(request, "cluster", &id);
    article_init(&article);
    if (r == 0 && id && json_object_object_get_ex(request->object, "article", NULL))
        r = json_error_set(&request->error, DUP_EINVAL, "article", JSON_NOWHERE, "either cluster or article, not both");
    if (r == 0 && !id && (r = query_find(request, view, "article", &article)) == 0)
        id = article.cluster;
    if (r == 0) {
        id = view_cluster_id(view, id);
        r = view_cluster(view, id, ret);
        if (r == DUP_ENOENT && (r = view_article(view, id, &article)) == 0) {
            int lone = article.cluster == id && article_is_current(&article);
            answer_lone(&article, ret);
            r = lone ? 0 : DUP_ENOENT;
        }
        if (r == DUP_ENOENT)
            json_error_set(&request->error, r, "cluster", JSON_NOWHERE, "there is no such cluster");
    }
    article_done(&article);
    return r;
}

static void key_article_id(struct buf *out, struct view *view, const char *key, uint32_t num,
                           struct article *scratch)
{
    if (view_article(view, num, scratch) == 0) {
        if (key)
            answer_key_str(out, key, scratch->id);
        else
            json_string(out, scratch->id.data, scratch->id.len);
    }
}

/* Members or links of a page; a lone article is its cluster's only member. */
static int write_members(struct buf *out, struct view *view, const struct cluster *c,
                         const uint32_t *nums, const enum member_kind *kinds, int n,
                         enum member_kind kind, struct article *scratch)
{
    json_key(out, kind == MEMBER_ARTICLE ? "members" : "linked");
    json_open(out, '[');
    for (int i = 0; i < n; i++) {
        if (kinds[i] != kind)
            continue;
        int r = view_article(view, nums[i], scratch);
        if (r == 0 && article_is_current(scratch))
            answer_article(out, view, scratch, NULL);
        else if (r < 0 && r != DUP_ENOENT)
            return r;
    }
    if (n == 0 && kind == MEMBER_ARTICLE && c->articles == 1 && view_article(view, c->id, scratch) == 0)
        answer_article(out, view, scratch, NULL);
    json_close(out, ']');
    return 0;
}

static int read_after(struct request *request, uint32_t *ret_after)
{
    struct str cursor = {0};
    unsigned long after = 0;
    char *end = NULL;
    int r = query_string(request, "cursor", 0, &cursor);
    if (r == 0 && cursor.data) {
        after = strtoul(cursor.data, &end, 10);
        if (*end || cursor.data[0] < '0' || cursor.data[0] > '9' || after > UINT32_MAX)
            r = json_error_set(&request->error, DUP_EINVAL, "cursor", JSON_NOWHERE, "not a cursor of this operation");
    }
    *ret_after = (uint32_t)after;
    return r;
}

int query_cluster(struct server *server, struct view *view, struct request *request)
{
    struct buf *out = &request->reply;
    struct cluster c;
    struct article scratch;
    uint32_t nums[LIMIT_PAGE], after = 0;
    enum member_kind kinds[LIMIT_PAGE];
    int64_t limit = LIMIT_PAGE;
    (void)server;
    int r = query_number(request, "limit", 1, LIMIT_PAGE, &limit);
    if (r == 0)
        r = read_after(request, &after);
    if (r == 0)
        r = find_cluster(request, view, &c);
    if (r < 0)
        return r;
    int n = view_members(view, c.id, after, (size_t)limit, nums, kinds);
    if (n < 0)
        return n;
    article_init(&scratch);
    request_begin(request, out);
    answer_key_cluster(out, "cluster", c.id);
    json_key_int(out, "articles", c.articles);
    json_key_int(out, "outlets", c.outlets);
    json_key_int(out, "links", c.links);
    key_article_id(out, view, "first", c.first, &scratch);
    json_key(out, "heads");
    json_open(out, '[');
    for (uint32_t i = 0; i < c.n_heads; i++)
        key_article_id(out, view, NULL, c.heads[i], &scratch);
    json_close(out, ']');
    answer_key_time(out, "started", c.first_time);
    answer_key_time(out, "latest", c.last_time);
    json_key(out, "source");
    answer_source(out, view, &c);
    r = write_members(out, view, &c, nums, kinds, n, MEMBER_ARTICLE, &scratch);
    if (r == 0)
        r = write_members(out, view, &c, nums, kinds, n, MEMBER_LINK, &scratch);
    if (n == limit) {
        char cursor[16];
        json_key_string(out, "cursor", cursor, (size_t)snprintf(cursor, sizeof cursor, "%u", nums[n - 1]));
    }
    json_close(out, '}');
    buf_add_char(out, '\n');
    article_done(&scratch);
    return r;
}

static int read_cursor(struct request *request, struct cluster_cursor *ret)
{
    struct str text = {0};
    int r = query_string(request, "cursor", 0, &text);
    if (r < 0 || !text.data)
        return r;
    for (size_t i = 0; i < sizeof ret->bytes; i++) {
        unsigned byte;
        if (text.len != 2 * sizeof ret->bytes || !isxdigit((unsigned char)text.data[2 * i]) ||
            !isxdigit((unsigned char)text.data[2 * i + 1]) || sscanf(text.data + 2 * i, "%2x", &byte) != 1)
            return json_error_set(&request->error, DUP_EINVAL, "cursor", JSON_NOWHERE, "not a cursor of this operation");
        ret->bytes[i] = (unsigned char)byte;
    }
    return 0;
}

static int read_order(struct request *request, enum cluster_order *ret)
{
    static const char *const names[] = {"recent", "size", "first"};
    struct str name = {0};
    int r = query_string(request, "order", 0, &name);
    if (r < 0 || !name.data)
        return r;
    for (unsigned i = 0; i < 3; i++) {
        if (strcmp(name.data, names[i]) == 0) {
            *ret = (enum cluster_order)i;
            return 0;
        }
    }
    return json_error_set(&request->error, DUP_EINVAL, "order", JSON_NOWHERE, "order must be recent, size or first");
}

static void write_cluster_line(struct buf *out, struct view *view, const struct cluster *c, const struct article *first)
{
    char name[AGENCY_NAME] = "";
    json_open(out, '{');
    answer_cluster(out, c);
    if (c->source)
        view_agency_name(view, c->id, c->source, name);
    answer_source_brief(out, "source", (enum source_kind)c->source_kind, name, c->confidence);
    json_key(out, "first");
    answer_brief(out, first);
    json_close(out, '}');
}

static void write_cursor(struct buf *out, const struct cluster_cursor *cursor)
{
    char text[2 * sizeof cursor->bytes + 1];
    for (size_t i = 0; i < sizeof cursor->bytes; i++)
        snprintf(text + 2 * i, 3, "%02x", cursor->bytes[i]);
    json_key_string(out, "cursor", text, sizeof text - 1);
}

int query_clusters(struct server *server, struct view *view, struct request *request)
{
    struct buf *out = &request->reply;
    struct filter f = {0};
    struct article first;
    struct cluster_cursor cursor = {{0}};
    enum cluster_order order = ORDER_RECENT;
    int64_t limit = 50, found = 0;
    uint64_t end_us = clock_elapsed_us() + SCAN_US;
    int r;
    (void)server;
    if ((r = query_number(request, "limit", 1, LIMIT_PAGE, &limit)) < 0 || (r = read_order(request, &order)) < 0 ||
        (r = read_cursor(request, &cursor)) < 0 || (r = filter_read(request, &f)) < 0)
        return r;
    article_init(&first);
    request_begin(request, out);
    json_key(out, "clusters");
    json_open(out, '[');
    for (int scanned = 0; scanned < LIMIT_SCAN && found < limit && clock_elapsed_us() < end_us; scanned++) {
        struct cluster c;
        r = view_clusters(view, order, &cursor, 1, &c);
        if (r == DUP_EBUSY)
            continue;
        if (r <= 0)
            break;
        if (c.last_time >= f.since && c.first_time <= f.until && filter_passes(&f, view, &c, &first)) {
            write_cluster_line(out, view, &c, &first);
            found++;
        }
    }
    json_close(out, ']');
    int more = r == 1 || r == DUP_EBUSY;
    if (more)
        write_cursor(out, &cursor);
    json_close(out, '}');
    buf_add_char(out, '\n');
    article_done(&first);
    filter_done(&f);
    return more ? 0 : r;
}

/* Opens one line of the stream. */
static void begin_export_line(struct request *request)
{
    request_begin(request, &request->reply);
    json_key(&request->reply, "article");
}

int query_export(struct server *server, struct view *view, struct request *request)
{
    struct buf *out = &request->reply, text;
    struct article article;
    int with_text = 0, r = query_flag(request, "text", &with_text);
    (void)server;
    if (r == 0 && with_text && !rights_have(request->rights, RIGHT_ADMIN))
        r = json_error_set(&request->error, DUP_EACCES, "text", JSON_NOWHERE,
                           "the right \"admin\" is missing: without it an export has no texts");
    if (r == 0 && request->cursor == 0) {
        int64_t since = INT64_MIN;
        r = query_time(request, "since", &since);
        request->cursor = since == INT64_MIN ? view_first_num(view) : view_num_since(view, since);
    }
    if (r < 0)
        return r;
    article_init(&article);
    buf_init(&text, LIMIT_REPLY);
    uint32_t num = request->cursor ? request->cursor : 1, last = view_last_num(view);
    for (int scanned = 0; num <= last && out->len < LIMIT_PAGE_BYTES && scanned < LIMIT_SCAN; num++, scanned++) {
        r = view_article(view, num, &article);
        if (r < 0 && r != DUP_ENOENT)
            break;
        if (r == DUP_ENOENT || !article_is_current(&article))
            continue;
        begin_export_line(request);
        answer_article(out, view, &article, with_text && view_text(view, num, &text) == 0 ? &text : NULL);
        json_close(out, '}');
        buf_add_char(out, '\n');
        request->streamed++;
    }
    article_done(&article);
    buf_done(&text);
    if (r < 0 && r != DUP_ENOENT)
        return r;
    request->cursor = num;
    if (num <= last)
        return 1;
    request_begin(request, out);
    json_key_bool(out, "done", 1);
    json_key_int(out, "articles", (int64_t)request->streamed);
    json_close(out, '}');
    return buf_add_char(out, '\n');
}

static void store_figures(struct buf *out, const struct store_stats *s)
{
    const struct { const char *name; uint64_t value; } rows[] = {
        {"articles", s->articles}, {"texts", s->texts}, {"clusters", s->clusters}, {"members", s->members},
        {"file_bytes", s->file_bytes}, {"used_bytes", s->used_bytes}, {"map_bytes", s->map_bytes},
        {"live_bytes", s->live_bytes}, {"free_lists", s->free_lists}, {"index_postings", s->index_postings},
        {"index_bytes", s->index_bytes}, {"segments", s->segments}, {"segment_postings", s->segment_postings},
        {"filter_bytes", s->filter_bytes}, {"seals", s->seals}, {"merges", s->merges}, {"filter_asked", s->filter_asked},
        {"filter_passed", s->filter_passed}, {"filter_wrong", s->filter_wrong},
        {"probes", s->probes}, {"probe_hits", s->probe_hits},
        {"expired", s->expired}};
    json_key(out, "store");
    json_open(out, '{');
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        json_key_int(out, rows[i].name, (int64_t)rows[i].value);
    json_close(out, '}');
}

int query_stats(struct server *server, struct view *view, struct request *request)
{
    struct buf *out = &request->reply;
    struct store_stats store;
    struct writer_stats writer;
    int r = view_stats(view, &store);
    if (r < 0)
        return r;
    writer_stats(server->writer, &writer);
    request_begin(request, out);
    json_key(out, "stats");
    json_open(out, '{');
    json_key_string(out, "version", DUPD_VERSION, strlen(DUPD_VERSION));
    json_key_int(out, "uptime_s", (int64_t)((clock_elapsed_us() - server->started_us) / 1000000));
    store_figures(out, &store);
    backup_figures(server, out);
    json_key(out, "stages");
    json_open(out, '{');
    json_key_int(out, "read_us", (int64_t)server->parse_us);
    json_key_int(out, "find_us", (int64_t)writer.engine.find_us);
    json_key_int(out, "store_us", (int64_t)writer.engine.apply_us);
    json_key_int(out, "commit_us", (int64_t)writer.commit_us);
    json_key_int(out, "index_us", (int64_t)writer.step_us);
    json_close(out, '}');
    json_key(out, "writer");
    json_open(out, '{');
    json_key_int(out, "batches", (int64_t)writer.batches);
    json_key_int(out, "requests", (int64_t)writer.articles);
    json_key_int(out, "largest_batch", (int64_t)writer.largest);
    json_key_int(out, "busy_us", (int64_t)writer.batch_us);
    json_key_int(out, "commit_us", (int64_t)writer.commit_us);
    json_key_int(out, "longest_us", (int64_t)writer.longest_us);
    json_key_int(out, "retries", (int64_t)writer.retries);
    json_key_int(out, "expiry_held", (int64_t)writer.held);
    json_key_int(out, "steps", (int64_t)writer.steps);
    json_key_int(out, "step_us", (int64_t)writer.step_us);
    json_key_int(out, "longest_step_us", (int64_t)writer.longest_step_us);
    json_close(out, '}');
    json_key(out, "heads");
    json_open(out, '{');
    json_key_int(out, "found", (int64_t)writer.engine.heads_found);
    json_key_int(out, "read", (int64_t)writer.engine.heads_read);
    json_key_int(out, "bytes", (int64_t)writer.engine.heads_bytes);
    json_close(out, '}');
    json_close(out, '}');
    json_close(out, '}');
    return buf_add_char(out, '\n');
}
