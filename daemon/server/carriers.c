/*
 * Who still carries an earlier version, after a correction, a withdrawal or a
 * new version. A withdrawn text is carried by every print that is not
 * withdrawn itself; after a correction, a print carries the version that it
 * shares more words with. Invariant: a turn compares for a fiftieth of a
 * second, whatever the cluster's size.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "server/answer.h"
#include "server/query.h"

#define TURN_US 20000u
#define MEMBERS 64     /* read at once */
#define SEARCH 512     /* first members among which a later version is looked for */

/* The notice, and the version that it is about. */
struct matter {
    struct article notice, earlier;
    int withdrawn;
};

/* A text with its tokens. */
struct version {
    struct buf text;
    struct prepared prepared;
};

enum carried { CARRIED_EARLIER, CARRIED_LATER, CARRIED_EITHER };
static const char *const words[] = {"earlier", "later", "either"};

static int is_notice(const struct article *a)
{
    return a->flags & (ARTICLE_CORRECTED | ARTICLE_WITHDRAWN) || a->version > 1;
}

/* The latest that is a later version of itself, where none says that it corrects. */
static int find_updated(struct view *view, uint32_t cluster, struct article *ret)
{
    uint32_t nums[SEARCH];
    enum member_kind kinds[SEARCH];
    int n = view_members(view, cluster, 0, SEARCH, nums, kinds);
    for (int i = n - 1; i >= 0; i--)
        if (kinds[i] == MEMBER_ARTICLE && view_article(view, nums[i], ret) == 0 && ret->version > 1)
            return 0;
    return n < 0 ? n : DUP_ENOENT;
}

/* The latest notice among what is linked to a cluster: one with a text of its own. 0 for none. */
static int find_linked_notice(struct view *view, const struct cluster *c, struct article *scratch, uint32_t *ret)
{
    uint32_t nums[MEMBERS], after = 0, left = c->links;
    enum member_kind kinds[MEMBERS];
    int n = 1;
    *ret = 0;
    for (; left && (n = view_members(view, c->id, after, MEMBERS, nums, kinds)) > 0; after = nums[n - 1]) {
        for (int i = 0; i < n; i++) {
            if (kinds[i] != MEMBER_LINK)
                continue;
            left--;
            if (view_article(view, nums[i], scratch) == 0 && scratch->flags & (ARTICLE_CORRECTED | ARTICLE_WITHDRAWN))
                *ret = nums[i];
        }
    }
    return n < 0 ? n : 0;
}

/* What corrects or withdraws a cluster's text: its latest notice, in it or linked to it, or a later version. */
static int find_notice(struct view *view, const struct cluster *c, struct article *ret)
{
    uint32_t linked;
    int r = find_linked_notice(view, c, ret, &linked);
    if (r < 0)
        return r;
    uint32_t latest = linked > c->notice ? linked : c->notice;
    return latest ? view_article(view, latest, ret) : find_updated(view, c->id, ret);
}

/* The version before: of the same id, what it says it evolved from, or what it was compared with. */
static int find_earlier(struct view *view, const struct article *notice, struct article *ret)
{
    uint32_t num = notice->version > 1 ? notice->previous : 0;
    for (int r; num; num = ret->previous) /* one that was decided on again has two records */
        if ((r = view_article(view, num, ret)) < 0 || ret->version != notice->version)
            return r;
    if (!num && notice->evolved.len && view_find_id(view, notice->evolved.data, notice->evolved.len, &num) < 0)
        num = 0;
    if (!num && notice->head != notice->num)
        num = notice->head;
    if (!num && notice->linked)
        num = notice->linked;
    if (!num)
        num = notice->num;
    return view_article(view, num, ret);
}

static int find_matter(struct request *request, struct view *view, struct matter *m)
{
    struct cluster c = {0};
    int r = query_find(request, view, "article", &m->notice);
    if (r < 0)
        return r;
    uint32_t id = view_cluster_id(view, m->notice.cluster);
    if (!is_notice(&m->notice)) {
        r = view_cluster(view, id, &c);
        if (r == 0)
            r = find_notice(view, &c, &m->notice);
    }
    if (r == 0)
        r = find_earlier(view, &m->notice, &m->earlier);
    if (r == DUP_ENOENT)
        return json_error_set(&request->error, r, "article", JSON_NOWHERE,
                              "nothing corrects or withdraws this article, and none of its prints has a later version");
    m->withdrawn = (m->notice.flags & ARTICLE_WITHDRAWN) != 0;
    if (r == 0 && !m->withdrawn && m->earlier.num == m->notice.num)
        return json_error_set(&request->error, DUP_ENOENT, "article", JSON_NOWHERE, "the version before this one is not known");
    return r;
}

struct comparing {
    const struct dup_secret *secret; /* borrowed */
    struct preparer *preparer;
    struct dup_comparer *comparer;
    struct dup_comparison *result;
    struct version earlier, later, print;
};

static int version_read(const struct comparing *c, struct view *view, uint32_t num, struct version *ret)
{
    struct json_error err;
    struct prepared made;
    prepared_done(&ret->prepared);
    int r = view_text(view, num, &ret->text);
    if (r == 0 && (r = prepare_text(c->preparer, c->secret, (struct str){NULL, 0},
                               (struct str){ret->text.data, ret->text.len}, &made, &err)) == 0)
        ret->prepared = made;
    return r;
}

static void comparing_done(struct comparing *c)
{
    struct version *all[] = {&c->earlier, &c->later, &c->print};
    for (size_t i = 0; i < 3; i++) {
        buf_done(&all[i]->text);
        prepared_done(&all[i]->prepared);
    }
    preparer_free(c->preparer);
    dup_comparer_free(c->comparer);
    free(c->result);
}

static int comparing_init(struct comparing *c, const struct dup_secret *secret, struct view *view, const struct matter *m)
{
    *c = (struct comparing){.secret = secret, .preparer = preparer_new(), .comparer = dup_comparer_new(), .result = malloc(sizeof *c->result)};
    buf_init(&c->earlier.text, LIMIT_LINE);
    buf_init(&c->later.text, LIMIT_LINE);
    buf_init(&c->print.text, LIMIT_LINE);
    if (!c->preparer || !c->comparer || !c->result)
        return DUP_ENOMEM;
    int r = m->withdrawn ? 0 : version_read(c, view, m->earlier.num, &c->earlier);
    return r < 0 || m->withdrawn ? r : version_read(c, view, m->notice.num, &c->later);
}

/* Which version a print carries; either where its text is not kept, or it has nothing that differs. */
static int judge(struct comparing *c, struct view *view, const struct matter *m, const struct article *print,
                 enum carried *ret)
{
    uint32_t common[2];
    const struct version *sides[] = {&c->earlier, &c->later};
    *ret = print->flags & ARTICLE_WITHDRAWN ? CARRIED_LATER : CARRIED_EARLIER;
    if (m->withdrawn)
        return 0;
    *ret = CARRIED_EITHER;
    int r = version_read(c, view, print->num, &c->print);
    for (int i = 0; i < 2 && r == 0; i++) {
        r = dup_compare(c->comparer, &c->print.prepared.body, &sides[i]->prepared.body, c->result);
        common[i] = c->result->common_a;
    }
    if (r == 0 && common[0] != common[1])
        *ret = common[0] > common[1] ? CARRIED_EARLIER : CARRIED_LATER;
    return r == DUP_ENOENT ? 0 : r;
}

static void write_row(struct request *request, const struct matter *m, const struct article *print, enum carried carried)
{
    struct buf *out = &request->reply;
    int64_t since = article_time(m->notice.published, m->notice.seen);
    int64_t printed = article_time(print->published, print->seen);
    request_begin(request, out);
    json_key(out, "row");
    json_open(out, '{');
    answer_brief_fields(out, print);
    answer_key_time(out, "seen", print->seen);
    json_key_string(out, "carries", words[carried], strlen(words[carried]));
    json_key_int(out, "lag_s", (printed - since) / 1000);
    json_key_int(out, "version", print->version);
    json_close(out, '}');
    json_close(out, '}');
    buf_add_char(out, '\n');
}

static void write_article(struct buf *out, const char *key, const struct article *article)
{
    json_key(out, key);
    json_open(out, '{');
    answer_brief_fields(out, article);
    answer_key_time(out, "seen", article->seen);
    json_close(out, '}');
}

static int write_end(struct request *request, const struct matter *m)
{
    struct buf *out = &request->reply;
    const char *kind = m->withdrawn ? "withdrawn" : m->notice.flags & ARTICLE_CORRECTED ? "corrected" : "updated";
    request_begin(request, out);
    json_key_bool(out, "done", 1);
    json_key_int(out, "rows", (int64_t)request->streamed);
    json_key_string(out, "kind", kind, strlen(kind));
    write_article(out, "notice", &m->notice);
    write_article(out, "earlier", &m->earlier);
    json_close(out, '}');
    return buf_add_char(out, '\n');
}

/* Goes through the members of the earlier version's cluster from where the last turn ended. */
static int walk(struct server *server, struct request *request, struct view *view, const struct matter *m, int all)
{
    uint32_t nums[MEMBERS], cluster = view_cluster_id(view, m->earlier.cluster);
    enum member_kind kinds[MEMBERS];
    uint64_t end_us = clock_elapsed_us() + TURN_US;
    struct article print;
    struct comparing comparing;
    int r = comparing_init(&comparing, store_secret(server->store), view, m), n = 0;
    article_init(&print);
    if (r == DUP_ENOENT)
        json_error_set(&request->error, r, "article", JSON_NOWHERE, "the texts of its versions are not kept (keep-text)");
    while (r == 0 && (n = view_members(view, cluster, request->cursor, MEMBERS, nums, kinds)) > 0) {
        for (int i = 0; i < n && r == 0 && clock_elapsed_us() < end_us; i++) {
            enum carried carried = CARRIED_EITHER;
            request->cursor = nums[i];
            if (kinds[i] != MEMBER_ARTICLE || nums[i] == m->notice.num)
                continue;
            if ((r = view_article(view, nums[i], &print)) == 0)
                r = judge(&comparing, view, m, &print, &carried);
            if (r < 0 || (!all && carried != CARRIED_EARLIER))
                continue;
            write_row(request, m, &print, carried);
            request->streamed++;
        }
        if (clock_elapsed_us() >= end_us || request->reply.len >= LIMIT_PAGE_BYTES)
            break;
    }
    article_done(&print);
    comparing_done(&comparing);
    return r < 0 ? r : n < 0 ? n : n > 0;
}

int query_carriers(struct server *server, struct view *view, struct request *request)
{
    struct matter m = {.withdrawn = 0};
    int all = 0;
    article_init(&m.notice);
    article_init(&m.earlier);
    int r = query_flag(request, "all", &all);
    if (r == 0)
        r = find_matter(request, view, &m);
    if (r == 0)
        r = walk(server, request, view, &m, all);
    if (r == 0)
        r = write_end(request, &m);
    article_done(&m.notice);
    article_done(&m.earlier);
    return r;
}
