/*
 * Checking: every record, every reference, every counter. Invariant: nothing
 * is written, and a fault in one record does not hide those after it.
 */
#include <lmdb.h>
#include <stdarg.h>
#include <stdio.h>

#include "store/internal.h"

struct check {
    struct view *view;
    void (*report)(void *arg, const char *sentence);
    void *arg;
    int faults;
};

static void fault(struct check *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void fault(struct check *c, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    c->report(c->arg, text);
    c->faults += c->faults < INT32_MAX;
}

static void check_article(struct check *c, const struct article *a, struct buf *text)
{
    uint32_t num;
    struct article other;
    article_init(&other);
    if (a->flags & ARTICLE_DELETED) {
        article_done(&other);
        return;
    }
    int current = !(a->flags & ARTICLE_SUPERSEDED);
    int r = view_find_id(c->view, a->id.data, a->id.len, &num);
    if (current && (r < 0 || num != a->num))
        fault(c, "article %u: its id leads %s", a->num, r < 0 ? "nowhere" : "to another article");
    r = view_text(c->view, a->num, text);
    if (r < 0 && (r != DUP_ENOENT || (a->flags & ARTICLE_HEAD && current)))
        fault(c, "article %u: its text cannot be read: %s", a->num, dup_strerror(r));
    if (a->head != a->num && a->head >= view_first_num(c->view) && view_article(c->view, a->head, &other) < 0)
        fault(c, "article %u: its head %u cannot be read", a->num, a->head);
    if (a->previous >= view_first_num(c->view) && a->previous && view_article(c->view, a->previous, &other) < 0)
        fault(c, "article %u: its previous version %u cannot be read", a->num, a->previous);
    article_done(&other);
}

static uint64_t check_articles(struct check *c)
{
    struct article article;
    struct buf text;
    uint64_t found = 0;
    article_init(&article);
    buf_init(&text, LIMIT_LINE);
    for (uint32_t num = view_first_num(c->view); num && num <= view_last_num(c->view); num++) {
        int r = view_article(c->view, num, &article);
        if (r == 0)
            check_article(c, &article, &text);
        else
            fault(c, "article %u: %s", num, r == DUP_ENOENT ? "its record is missing" : dup_strerror(r));
        found += r == 0;
    }
    article_done(&article);
    buf_done(&text);
    return found;
}

static void check_members(struct check *c, const struct cluster *cluster)
{
    uint32_t nums[64], after = 0, articles = 0, links = 0;
    enum member_kind kinds[64];
    struct article article;
    article_init(&article);
    for (int n; (n = view_members(c->view, cluster->id, after, 64, nums, kinds)) > 0; after = nums[n - 1]) {
        for (int i = 0; i < n; i++) {
            articles += kinds[i] == MEMBER_ARTICLE;
            links += kinds[i] == MEMBER_LINK;
            int r = view_article(c->view, nums[i], &article);
            if (r < 0)
                fault(c, "cluster %u: its member %u cannot be read", cluster->id, nums[i]);
            else if (kinds[i] == MEMBER_ARTICLE && view_cluster_id(c->view, article.cluster) != cluster->id)
                fault(c, "cluster %u: its member %u says it is in another", cluster->id, nums[i]);
        }
    }
    if (articles != cluster->articles || links != cluster->links)
        fault(c, "cluster %u: says %u articles and %u links, has %u and %u", cluster->id,
              cluster->articles, cluster->links, articles, links);
    for (uint32_t i = 0; i < cluster->n_heads; i++)
        if (view_article(c->view, cluster->heads[i], &article) < 0 || !(article.flags & ARTICLE_HEAD))
            fault(c, "cluster %u: its head %u is none", cluster->id, cluster->heads[i]);
    article_done(&article);
}

static uint64_t check_clusters(struct check *c, uint64_t *ret_listed)
{
    MDB_cursor *cursor;
    MDB_val key, data;
    uint64_t found = 0;
    *ret_listed = 0;
    int code = mdb_cursor_open(c->view->txn, c->view->store->tables[TABLE_CLUSTERS], &cursor);
    for (code = code ? code : mdb_cursor_get(cursor, &key, &data, MDB_FIRST); code == 0;
         code = mdb_cursor_get(cursor, &key, &data, MDB_NEXT)) {
        struct cluster cluster;
        uint32_t id = get_be32(key.mv_data);
        found++;
        if (view_cluster(c->view, id, &cluster) < 0) {
            fault(c, "cluster %u: its record is damaged", id);
            continue;
        }
        *ret_listed += cluster.articles >= 2;
        check_members(c, &cluster);
    }
    mdb_cursor_close(cursor);
    return found;
}

static void check_order(struct check *c, enum cluster_order order, uint64_t listed)
{
    struct cluster_cursor cursor = {{0}};
    struct cluster cluster;
    uint64_t found = 0;
    int r;
    while ((r = view_clusters(c->view, order, &cursor, 1, &cluster)) == 1)
        found++;
    if (r < 0)
        fault(c, "an order of clusters names one that cannot be read");
    else if (found != listed)
        fault(c, "an order of clusters has %llu rows for %llu clusters", (unsigned long long)found,
              (unsigned long long)listed);
}

int view_check(struct view *view, void (*report)(void *arg, const char *sentence), void *arg)
{
    struct check c = {view, report, arg, 0};
    struct store_stats stats;
    uint64_t listed, articles = check_articles(&c), clusters = check_clusters(&c, &listed);
    for (int order = ORDER_RECENT; order <= ORDER_FIRST; order++)
        check_order(&c, (enum cluster_order)order, listed);
    int r = view_stats(view, &stats);
    if (r < 0)
        return r;
    if (stats.articles != articles || stats.clusters != clusters)
        fault(&c, "the counters say %llu articles and %llu clusters, there are %llu and %llu",
              (unsigned long long)stats.articles, (unsigned long long)stats.clusters,
              (unsigned long long)articles, (unsigned long long)clusters);
    return c.faults;
}
