/*
 * Checking: every record, every reference, every counter. Invariant: nothing
 * is written, and a fault in one record does not hide those after it.
 */
#include <lmdb.h>
#include <string.h>

#include "base/clock.h"
#include "store/postings.h"
#include "store/rows.h"

#define PAGE 64

/* Calls visit for each row of a table, unless time is up. How many rows. */
static uint64_t each_row(struct check *c, enum table table,
                         void (*visit)(struct check *c, const MDB_val *key, const MDB_val *data, void *arg), void *arg)
{
    MDB_cursor *cursor;
    MDB_val key, data;
    uint64_t n = 0;
    int code = mdb_cursor_open(c->view->txn, c->view->store->tables[table], &cursor);
    if (code != 0) {
        check_fault(c, "table %s: %s", table_names[table], mdb_strerror(code));
        return 0;
    }
    while (!check_is_late(c) && (code = mdb_cursor_get(cursor, &key, &data, MDB_NEXT)) == 0) {
        visit(c, &key, &data, arg);
        n++;
    }
    mdb_cursor_close(cursor);
    if (code != 0 && code != MDB_NOTFOUND)
        check_fault(c, "table %s: %s", table_names[table], mdb_strerror(code));
    return n;
}

static uint64_t rows_of(struct check *c, enum table table)
{
    MDB_stat stat;
    return mdb_stat(c->view->txn, c->view->store->tables[table], &stat) == 0 ? stat.ms_entries : 0;
}

/* Reads an article that something names. 0 when it is there and current. */
static int read_current(struct check *c, uint32_t num, struct article *ret)
{
    int r = view_article(c->view, num, ret);
    return r < 0 ? r : article_is_current(ret) ? 0 : DUP_ENOENT;
}

/* Whether an article stands in a cluster as kind. */
static int has_row(struct check *c, uint32_t cluster, uint32_t num, enum member_kind kind)
{
    uint32_t found;
    enum member_kind found_kind;
    return view_members(c->view, cluster, num - 1, 1, &found, &found_kind) == 1 && found == num && found_kind == kind;
}

/* ---- articles ------------------------------------------------------------ */

struct tally {
    uint32_t first, last;           /* numbers kept */
    uint32_t filed;                 /* up to it ids are in the table */
    uint64_t current, texts, based; /* based: of the texts, those that are packed against another */
    uint64_t ids;                   /* current ones up to filed */
    struct article article, other;
    struct buf text;
};

static void check_current(struct check *c, struct tally *t)
{
    const struct article *a = &t->article;
    struct cluster cluster;
    check_print(c, a);
    uint32_t num = a->num, id = view_cluster_id(c->view, a->cluster);
    int r = a->num <= t->filed ? ids_find_filed(c->view, a->id.data, a->id.len, &num) : 0;
    if (r < 0 || num != a->num)
        check_fault(c, "article %u: its id leads %s", a->num, r < 0 ? "nowhere" : "to another article");
    r = view_cluster(c->view, id, &cluster);
    if (r == DUP_ENOENT ? id != a->num : r < 0 || !has_row(c, id, a->num, MEMBER_ARTICLE))
        check_fault(c, "article %u: its cluster %u does not have it", a->num, id);
    if (a->linked >= t->first && a->linked && view_article(c->view, a->linked, &t->other) < 0)
        check_fault(c, "article %u: what it is linked to, %u, cannot be read", a->num, a->linked);
}

static void check_article(struct check *c, struct tally *t)
{
    const struct article *a = &t->article;
    uint32_t base = 0;
    int r = view_text(c->view, a->num, &t->text);
    t->texts += r == DUP_ENOENT ? 0 : 1;
    t->based += view_text_base(c->view, a->num, &base) == 0 && base;
    t->current += article_is_current(a) ? 1 : 0;
    t->ids += article_is_current(a) && a->num <= t->filed ? 1 : 0;
    if (a->flags & ARTICLE_DELETED) {
        if (r != DUP_ENOENT)
            check_fault(c, "article %u: its text is there although it was deleted", a->num);
        return;
    }
    if (r < 0 && (r != DUP_ENOENT || (a->flags & ARTICLE_HEAD && article_is_current(a))))
        check_fault(c, "article %u: its text cannot be read: %s", a->num, dup_strerror(r));
    if (a->head != a->num && a->head >= t->first && view_article(c->view, a->head, &t->other) < 0)
        check_fault(c, "article %u: its head %u cannot be read", a->num, a->head);
    if (a->previous >= t->first && a->previous && view_article(c->view, a->previous, &t->other) < 0)
        check_fault(c, "article %u: its previous version %u cannot be read", a->num, a->previous);
    if (article_is_current(a))
        check_current(c, t);
}

static uint64_t check_articles(struct check *c, struct tally *t)
{
    uint64_t found = 0;
    for (uint32_t num = t->first; num && num <= t->last && !check_is_late(c); num++) {
        int r = view_article(c->view, num, &t->article);
        if (r == 0)
            check_article(c, t);
        else
            check_fault(c, "article %u: %s", num, r == DUP_ENOENT ? "its record is missing" : dup_strerror(r));
        found += r == 0;
    }
    return found;
}

/* Whether the row has the current version of an article too, which should have put an earlier one out of it. */
static int has_later(struct check *c, struct tally *t, const MDB_val *data)
{
    uint32_t num;
    for (size_t at = 0; at + sizeof num <= data->mv_size; at += sizeof num) {
        memcpy(&num, (const char *)data->mv_data + at, sizeof num);
        if (num != t->article.num && read_current(c, num, &t->other) == 0 && t->other.id.len == t->article.id.len &&
            memcmp(t->other.id.data, t->article.id.data, t->article.id.len) == 0)
            return 1;
    }
    return 0;
}

/*
 * A row of ids: articles whose ids have the hash that is its key. One that is not current any more has a later version
 * that is not in the table yet; it may have expired.
 */
static void visit_ids(struct check *c, const MDB_val *key, const MDB_val *data, void *arg)
{
    struct tally *t = arg;
    unsigned char expected[8];
    uint32_t num;
    for (size_t at = 0; at + sizeof num <= data->mv_size; at += sizeof num) {
        memcpy(&num, (const char *)data->mv_data + at, sizeof num);
        int r = view_article(c->view, num, &t->article), late = t->filed < t->last;
        if (r == DUP_ENOENT && num && num < t->first && late)
            continue;
        if (r < 0 || t->article.flags & ARTICLE_DELETED || (t->article.flags & ARTICLE_SUPERSEDED && !late)) {
            check_fault(c, "an id leads to article %u, which is not there", num);
            continue;
        }
        if (t->article.flags & ARTICLE_SUPERSEDED && has_later(c, t, data))
            check_fault(c, "an id leads to article %u, and to its later version", num);
        put_be64(expected, id_hash(c->view->store, t->article.id.data, t->article.id.len));
        if (key->mv_size != sizeof expected || memcmp(key->mv_data, expected, sizeof expected) != 0)
            check_fault(c, "an id leads to article %u, which has another", num);
        t->ids -= article_is_current(&t->article) && num <= t->filed ? 1 : 0;
    }
}

/* ---- clusters -------------------------------------------------------------- */

struct census {
    uint64_t rows[ROW_KINDS]; /* there are of each kind, */
    uint64_t listed, members, outlets, evidence; /* and that the clusters account for */
    struct article article;
};

struct outlets { uint32_t cluster, rows, articles; };

static void count_outlets(struct check *c, struct outlets *o)
{
    unsigned char start[ROW_MAX];
    MDB_cursor *cursor;
    MDB_val key = {row_outlet(start, o->cluster, 0), start}, data;
    if (mdb_cursor_open(c->view->txn, c->view->store->tables[TABLE_CLUSTERS], &cursor) != 0)
        return;
    int code = mdb_cursor_get(cursor, &key, &data, MDB_SET_RANGE);
    for (; code == 0 && row_is(key.mv_data, key.mv_size, o->cluster, ROW_OUTLET);
         code = mdb_cursor_get(cursor, &key, &data, MDB_NEXT)) {
        uint32_t count = 0;
        if (data.mv_size == sizeof count)
            memcpy(&count, data.mv_data, sizeof count);
        if (key.mv_size != ROW_PREFIX + 8 || count == 0)
            check_fault(c, "cluster %u: a count of its outlets is damaged", o->cluster);
        o->rows++;
        o->articles += count;
    }
    mdb_cursor_close(cursor);
}

static void check_heads(struct check *c, const struct cluster *cluster, struct article *article)
{
    for (uint32_t i = 0; i < cluster->n_heads; i++)
        if (read_current(c, cluster->heads[i], article) < 0 || !(article->flags & ARTICLE_HEAD) ||
            view_cluster_id(c->view, article->cluster) != cluster->id)
            check_fault(c, "cluster %u: its head %u is none", cluster->id, cluster->heads[i]);
    const uint32_t ends[] = {cluster->first, cluster->last};
    for (int i = 0; i < 2 && cluster->articles; i++)
        if (!ends[i] || !has_row(c, cluster->id, ends[i], MEMBER_ARTICLE))
            check_fault(c, "cluster %u: its %s member %u is none", cluster->id, i ? "latest" : "first", ends[i]);
}

static int says_linked(struct view *view, const struct article *article, uint32_t cluster)
{
    uint32_t id;
    for (size_t at = 0; at + sizeof id <= article->links.len; at += sizeof id) {
        memcpy(&id, article->links.data + at, sizeof id);
        if (view_cluster_id(view, id) == cluster)
            return 1;
    }
    return 0;
}

static void check_members(struct check *c, const struct cluster *cluster, struct census *census)
{
    uint32_t nums[PAGE], after = 0, articles = 0, links = 0, named = 0, relations[DUP_RELATION_COUNT] = {0};
    enum member_kind kinds[PAGE];
    struct article *article = &census->article;
    struct said said = {{0}, 0, 0, 0};
    int n;
    for (; (n = view_members(c->view, cluster->id, after, PAGE, nums, kinds)) > 0; after = nums[n - 1]) {
        for (int i = 0; i < n; i++) {
            articles += kinds[i] == MEMBER_ARTICLE;
            links += kinds[i] == MEMBER_LINK;
            if (read_current(c, nums[i], article) < 0) {
                check_fault(c, "cluster %u: its member %u cannot be read", cluster->id, nums[i]);
            } else if (kinds[i] == MEMBER_ARTICLE) {
                relations[article->relation]++;
                check_count_said(&said, article);
                named += article->outlet.len > 0;
                if (view_cluster_id(c->view, article->cluster) != cluster->id)
                    check_fault(c, "cluster %u: its member %u says it is in another", cluster->id, nums[i]);
            } else if (!says_linked(c->view, article, cluster->id)) {
                check_fault(c, "cluster %u: its link %u says nothing of it", cluster->id, nums[i]);
            }
        }
    }
    if (n < 0)
        check_fault(c, "cluster %u: its members cannot be read: %s", cluster->id, dup_strerror(n));
    if (articles != cluster->articles || links != cluster->links)
        check_fault(c, "cluster %u: says %u articles and %u links, has %u and %u", cluster->id,
                    cluster->articles, cluster->links, articles, links);
    if (memcmp(relations, cluster->relations, sizeof relations) != 0)
        check_fault(c, "cluster %u: its relations are not those of its members", cluster->id);
    struct outlets outlets = {.cluster = cluster->id};
    count_outlets(c, &outlets);
    if (outlets.rows != cluster->outlets || outlets.articles != named)
        check_fault(c, "cluster %u: says %u outlets, has %u; they count %u of its %u articles", cluster->id,
                    cluster->outlets, outlets.rows, outlets.articles, named);
    census->evidence += check_said(c, cluster, &said);
    census->members += articles + links;
    census->outlets += outlets.rows;
}

static void check_cluster(struct check *c, uint32_t id, const MDB_val *key, const MDB_val *data, struct census *census)
{
    struct cluster cluster;
    uint32_t to;
    if (key->mv_size != ROW_PREFIX || cluster_read(id, data, &cluster) < 0) {
        check_fault(c, "cluster %u: its record is damaged", id);
        return;
    }
    if (alias_read(c->view, id, &to) != DUP_ENOENT)
        check_fault(c, "cluster %u: it is there although it went into another", id);
    census->listed += (uint64_t)cluster_is_listed(&cluster);
    check_heads(c, &cluster, &census->article);
    check_members(c, &cluster, census);
}

/* Says of an article that the text of another is packed against its own. */
static void check_based(struct check *c, uint32_t base, const MDB_val *key)
{
    uint32_t num = 0, is = 0;
    if (key->mv_size == ROW_PREFIX + 4)
        num = get_be32((const unsigned char *)key->mv_data + ROW_PREFIX);
    if (view_text_base(c->view, num, &is) < 0 || is != base)
        check_fault(c, "article %u: a row says that the text of %u is packed against its own, which is not so", base, num);
}

/* Those of a cluster's other kinds are looked at with the record that they stand beside, and counted. */
static void visit_row(struct check *c, const MDB_val *key, const MDB_val *data, void *arg)
{
    struct census *census = arg;
    uint32_t id;
    enum row_kind kind = row_kind(key->mv_data, key->mv_size, &id);
    if (kind == ROW_KINDS) {
        check_fault(c, "cluster %u: a row is of no kind", id);
        return;
    }
    census->rows[kind]++;
    if (kind == ROW_RECORD)
        check_cluster(c, id, key, data, census);
    if (kind == ROW_BASED)
        check_based(c, id, key);
}

struct order {
    enum cluster_order order;
    uint32_t first, last;           /* numbers kept */
    uint64_t fitting;               /* rows made of what the records say now */
};

static void visit_order(struct check *c, const MDB_val *key, const MDB_val *data, void *arg)
{
    struct order *o = arg;
    struct cluster cluster;
    uint32_t id = key->mv_size >= 4 ? get_be32((const unsigned char *)key->mv_data + key->mv_size - 4) : 0;
    (void)data;
    if (view_cluster(c->view, id, &cluster) == 0 && order_row_is_of(o->order, key, &cluster)) {
        o->fitting++;
        return;
    }
    uint32_t num = key->mv_size == 8 ? get_be32(key->mv_data) : 0;
    if (o->order != ORDER_RECENT || num < o->first || num > o->last) /* it was the latest once, and is kept */
        check_fault(c, "table %s: a row of cluster %u does not fit it", table_names[order_table(o->order)], id);
}

static void visit_alias(struct check *c, const MDB_val *key, const MDB_val *data, void *arg)
{
    uint32_t from = key->mv_size == 4 ? get_be32(key->mv_data) : 0, to = from, hops = 0;
    int r;
    (void)data;
    (void)arg;
    while ((r = alias_read(c->view, to, &to)) == 0 && hops < ALIAS_HOPS)
        hops++;
    if (r != DUP_ENOENT || !hops)
        check_fault(c, "cluster %u: where it went leads nowhere", from);
}

static void visit_text(struct check *c, const MDB_val *key, const MDB_val *data, void *arg)
{
    uint64_t *texts = arg;
    (void)c;
    (void)data;
    *texts += (uint64_t)text_is_first(key);
}

static void visit_postings(struct check *c, const MDB_val *key, const MDB_val *data, void *arg)
{
    (void)arg;
    if (!postings_row_is_good(key, data))
        check_fault(c, "table postings: a row is damaged");
}

static void check_segments(struct check *c)
{
    struct segment segments[SEGMENTS_MAX];
    if (segment_read_all(c->view, segments) < 0) {
        check_fault(c, "table segments: a row is damaged"); /* which leaves the others unread */
        return;
    }
    for (unsigned place = 0; place < SEGMENTS_MAX && !check_is_late(c); place++)
        if (segments[place].state == SEGMENT_LIVE || segments[place].state == SEGMENT_BUILDING)
            segment_check(c, place, &segments[place]);
}

/* ---- all of it --------------------------------------------------------------- */

static void check_counters(struct check *c, const struct store_stats *stats, uint64_t articles, uint64_t clusters,
                           uint64_t texts, uint64_t members)
{
    const struct { const char *what; uint64_t says, has; } rows[] = {
        {"articles", stats->articles, articles}, {"clusters", stats->clusters, clusters},
        {"texts", stats->texts, texts}, {"members", stats->members, members}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].says != rows[i].has)
            check_fault(c, "the counters say %llu %s, there are %llu", (unsigned long long)rows[i].says, rows[i].what,
                        (unsigned long long)rows[i].has);
}

static void check_all(struct check *c, const struct store_stats *stats)
{
    struct tally t = {.first = view_first_num(c->view), .last = view_last_num(c->view)};
    struct census census = {0};
    uint64_t texts = 0;
    article_init(&t.article);
    article_init(&t.other);
    article_init(&census.article);
    buf_init(&t.text, LIMIT_LINE);
    if (ids_filed(c->view, &t.filed) < 0 || (t.last && t.filed > t.last))
        check_fault(c, "the number up to which ids are in the table is damaged");
    uint64_t articles = check_articles(c, &t);
    each_row(c, TABLE_IDS, visit_ids, &t);
    if (!c->late && t.ids)
        check_fault(c, "the ids of %llu articles lead nowhere", (unsigned long long)t.ids);
    each_row(c, TABLE_CLUSTERS, visit_row, &census);
    for (enum cluster_order order = ORDER_RECENT; order <= ORDER_FIRST; order++) {
        struct order o = {.order = order, .first = t.first, .last = t.last};
        each_row(c, order_table(order), visit_order, &o);
        if (o.fitting != census.listed && !c->late)
            check_fault(c, "table %s: not as many rows as there are clusters of two and more",
                        table_names[order_table(order)]);
    }
    each_row(c, TABLE_ALIASES, visit_alias, NULL);
    each_row(c, TABLE_POSTINGS, visit_postings, NULL);
    each_row(c, TABLE_TEXTS, visit_text, &texts);
    check_segments(c);
    if (!c->late) {
        check_counters(c, stats, articles, census.rows[ROW_RECORD], t.texts, census.members);
        if (texts != t.texts)
            check_fault(c, "there are texts of articles that are not there");
        if (census.rows[ROW_BASED] != t.based)
            check_fault(c, "%llu texts are packed against others, %llu rows say so", (unsigned long long)t.based,
                        (unsigned long long)census.rows[ROW_BASED]);
        if (rows_of(c, TABLE_PRINTS) != t.current || census.rows[ROW_EVIDENCE] != census.evidence)
            check_fault(c, "there are prints of articles, or evidence of clusters, that are not there");
        if (census.rows[ROW_MEMBER] != census.members || census.rows[ROW_OUTLET] != census.outlets)
            check_fault(c, "there are members or outlets of clusters that are not there");
    }
    article_done(&t.article);
    article_done(&t.other);
    article_done(&census.article);
    buf_done(&t.text);
}

int view_check_within(struct view *view, uint32_t ms, void (*report)(void *arg, const char *sentence), void *arg,
                      int *ret_complete)
{
    struct check c = {.view = view, .report = report, .arg = arg,
                      .budget_us = ms * UINT64_C(1000),
                      .deadline_us = ms ? clock_elapsed_us() + ms * UINT64_C(1000) : 0};
    struct store_stats stats;
    int r = view_stats(view, &stats);
    if (r < 0)
        return r;
    check_file(&c);
    /* In trees that are damaged everything else is noise, if it ends at all. */
    if (!c.faults)
        check_all(&c, &stats);
    if (view->failed)
        check_fault(&c, "not all of it can be read: %s", dup_strerror(view->failed));
    *ret_complete = !c.late;
    return c.faults;
}

int view_check(struct view *view, void (*report)(void *arg, const char *sentence), void *arg)
{
    int complete;
    return view_check_within(view, 0, report, arg, &complete);
}
