/*
 * Membership: clusters as articles join, leave, and clusters merge.
 * Invariant: a stored cluster's counters are those of its member rows, its
 * heads are articles flagged ARTICLE_HEAD, and a cluster with articles has a
 * head. A lone article's cluster has no record until something joins it.
 */
#include <string.h>

#include "engine/internal.h"

#define PAGE 256
#define PAGE_WORDS 200 /* longer texts are stories, however often an outlet repeats them */

static void note_time(struct cluster *c, uint32_t num, int64_t time)
{
    if (!c->first || time < c->first_time || (time == c->first_time && num < c->first)) {
        c->first = num;
        c->first_time = time;
    }
    if (time > c->last_time)
        c->last_time = time;
    if (num > c->last)
        c->last = num;
}

static uint64_t outlet_of(const struct article *article)
{
    return article->outlet_key;
}

/* Adds the row and the counts; the caller writes the record. */
static int add(struct engine *e, struct cluster *c, const struct article *article)
{
    int r = store_add_member(e->store, c->id, article->num, MEMBER_ARTICLE, outlet_of(article),
                             &c->outlets);
    if (r < 0)
        return r;
    if (c->articles == 0 && c->first == 0)
        c->last_time = INT64_MIN;
    c->articles++;
    c->relations[article->relation]++;
    note_time(c, article->num, article_time(article->published, article->seen));
    if (article->flags & ARTICLE_HEAD && c->n_heads < LIMIT_HEADS)
        c->heads[c->n_heads++] = article->num;
    return attribution_add(e, c, article);
}

int cluster_load(struct engine *e, struct view *view, uint32_t id, struct cluster *ret)
{
    int r = view_cluster(view, id, ret);
    if (r != DUP_ENOENT)
        return r;
    r = view_article(view, id, &e->member);
    if (r < 0 && r != DUP_ENOENT)
        return r;
    memset(ret, 0, sizeof *ret);
    ret->id = id;
    /* Its founder may have expired long before the last member left. */
    if (r == DUP_ENOENT || !article_is_current(&e->member))
        return 0;
    ret->articles = 1;
    ret->outlets = e->member.outlet.len > 0;
    ret->relations[e->member.relation] = 1;
    ret->first = ret->last = id;
    ret->first_time = ret->last_time = article_time(e->member.published, e->member.seen);
    ret->n_heads = 1;
    ret->heads[0] = id;
    attribution_lone(ret, &e->member);
    return 0;
}

/* Whether an article has a row in a cluster, as a member or as a link. */
static int has_row(struct engine *e, uint32_t id, uint32_t num, enum member_kind kind)
{
    uint32_t found;
    enum member_kind found_kind;
    int n = view_members(store_writer_view(e->store), id, num - 1, 1, &found, &found_kind);
    return n < 0 ? n : n == 1 && found == num && found_kind == kind;
}

int cluster_has(struct engine *e, uint32_t id, uint32_t num)
{
    return has_row(e, id, num, MEMBER_ARTICLE) == 1;
}

/* Gives a lone article's cluster its row, so that more can stand beside it. */
static int materialise(struct engine *e, struct cluster *c)
{
    struct cluster stored;
    int r = view_cluster(store_writer_view(e->store), c->id, &stored);
    if (r != DUP_ENOENT)
        return r;
    if (c->articles == 0)
        return 0;
    r = view_article(store_writer_view(e->store), c->id, &e->member);
    if (r < 0)
        return r;
    c->outlets = 0;
    r = store_add_member(e->store, c->id, c->id, MEMBER_ARTICLE, outlet_of(&e->member), &c->outlets);
    return r < 0 ? r : attribution_rows(e, c->id, &e->member);
}

int cluster_join(struct engine *e, struct cluster *c, const struct article *article)
{
    int r = materialise(e, c);
    if (r == 0)
        r = add(e, c, article);
    return r < 0 ? r : store_put_cluster(e->store, c);
}

int cluster_link(struct engine *e, uint32_t id, const struct article *article)
{
    struct cluster c;
    int r = cluster_load(e, store_writer_view(e->store), id, &c);
    if (r == 0)
        r = materialise(e, &c);
    if (r == 0)
        r = store_add_member(e->store, id, article->num, MEMBER_LINK, outlet_of(article), NULL);
    if (r < 0)
        return r;
    c.links++;
    return store_put_cluster(e->store, &c);
}

int cluster_each(struct engine *e, uint32_t id, enum member_kind kind,
                 int (*visit)(struct engine *e, struct article *member, void *arg), void *arg)
{
    struct view *view = store_writer_view(e->store);
    uint32_t nums[PAGE], after = 0;
    enum member_kind kinds[PAGE];
    for (;;) {
        int n = view_members(view, id, after, PAGE, nums, kinds);
        if (n <= 0)
            return n;
        for (int i = 0; i < n; i++) {
            if (kinds[i] != kind)
                continue;
            int r = view_article(view, nums[i], &e->member);
            if (r == 0)
                r = visit(e, &e->member, arg);
            else if (r == DUP_ENOENT)
                r = 0;
            if (r != 0)
                return r;
        }
        after = nums[n - 1];
    }
}

static int renew(struct engine *e, struct article *member, void *arg)
{
    (void)e;
    note_time(arg, member->num, article_time(member->published, member->seen));
    attribution_note(arg, member);
    return 0;
}

/* What of the members' order the record keeps, from all of them. */
static int renew_all(struct engine *e, struct cluster *c)
{
    c->first = c->last = c->fullest = c->fullest_words = c->notice = 0;
    c->last_time = INT64_MIN;
    return cluster_each(e, c->id, MEMBER_ARTICLE, renew, c);
}

/* The same once for all that leave it in this step of the expiry: the next first one goes mostly next. */
static int put_off(struct engine *e, struct cluster *c)
{
    for (size_t i = 0; i < e->n_put_off; i++)
        if (e->put_off[i] == c->id)
            return 0;
    if (e->n_put_off == sizeof e->put_off / sizeof *e->put_off)
        return renew_all(e, c);
    e->put_off[e->n_put_off++] = c->id;
    return 0;
}

/* Removes the links of an article; a cluster that was dissolved since has none of them any more. */
static int unlink_all(struct engine *e, const struct article *article)
{
    struct view *view = store_writer_view(e->store);
    struct cluster c;
    for (size_t at = 0; at + sizeof c.id <= article->links.len; at += sizeof c.id) {
        uint32_t id;
        memcpy(&id, article->links.data + at, sizeof id);
        id = view_cluster_id(view, id);
        int r = has_row(e, id, article->num, MEMBER_LINK);
        if (r == 0)
            continue;
        if (r > 0)
            r = store_del_member(e->store, id, article->num, MEMBER_LINK, outlet_of(article), NULL);
        if (r < 0 || (r = view_cluster(view, id, &c)) < 0)
            return r;
        c.links--;
        if ((r = store_put_cluster(e->store, &c)) < 0)
            return r;
    }
    return 0;
}

int is_same_page(const struct article *article, const struct article *match)
{
    return (article->relation == DUP_EXACT || article->relation == DUP_COPY) && article->words <= PAGE_WORDS &&
           article->outlet_key && article->outlet_key == match->outlet_key && article->url.len && match->url.len &&
           (article->url.len != match->url.len || memcmp(article->url.data, match->url.data, match->url.len) != 0);
}

/* Whether a member may have been counted as a page. Where that cannot be known any more it was: better one page
 * too few than a story taken for one. */
static int was_page(struct engine *e, const struct article *article)
{
    int r = view_article(store_writer_view(e->store), article->head, &e->member);
    return r == DUP_ENOENT || (r == 0 && is_same_page(article, &e->member));
}

int cluster_leave(struct engine *e, const struct article *article)
{
    struct view *view = store_writer_view(e->store);
    struct cluster c;
    int r = unlink_all(e, article);
    heads_forget(e->heads, article->num);
    uint32_t id = view_cluster_id(view, article->cluster);
    if (r < 0 || (r = view_cluster(view, id, &c)) < 0)
        return r == DUP_ENOENT ? 0 : r;
    r = store_del_member(e->store, id, article->num, MEMBER_ARTICLE, outlet_of(article), &c.outlets);
    if (r < 0)
        return r;
    c.articles--;
    c.relations[article->relation]--;
    if (c.pages && was_page(e, article))
        c.pages--;
    if ((r = attribution_del(e, &c, article)) < 0)
        return r;
    for (uint32_t i = 0; i < c.n_heads; i++) {
        if (c.heads[i] == article->num) {
            memmove(c.heads + i, c.heads + i + 1, (c.n_heads - i - 1) * sizeof *c.heads);
            c.n_heads--;
        }
    }
    if (c.articles && article->flags & ARTICLE_HEAD && (r = posting_head_left(e, &c)) < 0)
        return r;
    if (c.first == article->num || c.last == article->num || c.fullest == article->num || c.notice == article->num)
        r = e->expiring ? put_off(e, &c) : renew_all(e, &c);
    return r < 0 ? r : store_put_cluster(e->store, &c);
}

int cluster_renew_put_off(struct engine *e)
{
    struct cluster c;
    int r = 0;
    for (; e->n_put_off && r >= 0; e->n_put_off--) {
        r = view_cluster(store_writer_view(e->store), e->put_off[e->n_put_off - 1], &c);
        if (r == DUP_ENOENT)
            r = 0;
        else if (r == 0 && (r = renew_all(e, &c)) == 0)
            r = store_put_cluster(e->store, &c);
    }
    return r;
}

struct move {
    struct cluster *from, *to;
    enum member_kind kind;
};

static int move_member(struct engine *e, struct article *member, void *arg)
{
    struct move *m = arg;
    uint64_t outlet = outlet_of(member);
    int r = store_del_member(e->store, m->from->id, member->num, m->kind, outlet, &m->from->outlets);
    int linked = r < 0 ? r : has_row(e, m->to->id, member->num, MEMBER_LINK);
    if (linked < 0)
        return linked;
    if (m->kind == MEMBER_ARTICLE) {
        /* What was linked to the other cluster is in it now. */
        if (linked)
            r = store_del_member(e->store, m->to->id, member->num, MEMBER_LINK, outlet, NULL);
        m->to->links -= linked && r == 0;
        return r < 0 ? r : add(e, m->to, member);
    }
    int known = linked ? linked : has_row(e, m->to->id, member->num, MEMBER_ARTICLE);
    if (known)
        return known < 0 ? known : 0;
    r = store_add_member(e->store, m->to->id, member->num, MEMBER_LINK, outlet, NULL);
    m->to->links += r == 0;
    return r;
}

int cluster_merge(struct engine *e, uint32_t a, uint32_t b, uint32_t *ret_id)
{
    struct cluster to, from;
    struct view *view = store_writer_view(e->store);
    int r = cluster_load(e, view, a, &to);
    if (r == 0)
        r = cluster_load(e, view, b, &from);
    if (r < 0)
        return r;
    if (from.articles > to.articles || (from.articles == to.articles && from.id < to.id)) {
        struct cluster swap = to;
        to = from;
        from = swap;
    }
    if ((r = materialise(e, &to)) < 0 || (r = materialise(e, &from)) < 0)
        return r;
    e->merged = 1;
    struct move move = {&from, &to, MEMBER_ARTICLE};
    if ((r = cluster_each(e, from.id, MEMBER_ARTICLE, move_member, &move)) < 0)
        return r;
    move.kind = MEMBER_LINK;
    if ((r = cluster_each(e, from.id, MEMBER_LINK, move_member, &move)) < 0)
        return r;
    to.pages += from.pages;
    uint32_t id = from.id;
    from = (struct cluster){.id = id};
    if ((r = store_put_cluster(e->store, &from)) < 0 || (r = store_drop_evidence(e->store, id)) < 0 ||
        (r = store_put_cluster(e->store, &to)) < 0 ||
        (r = store_put_alias(e->store, id, to.id)) < 0)
        return r;
    *ret_id = to.id;
    return 0;
}

static int stand_alone(struct engine *e, struct article *member, void *arg)
{
    struct cluster *c = arg;
    int r = store_del_member(e->store, c->id, member->num, MEMBER_ARTICLE, outlet_of(member),
                             &c->outlets);
    if (r == 0)
        r = unlink_all(e, member);
    if (r == 0) /* it may be the founder of one that went into this cluster */
        r = store_del_alias(e->store, member->num);
    if (r < 0)
        return r;
    member->links = (struct str){0};
    member->linked = 0;
    member->relation = DUP_ORIGINAL;
    member->cluster = member->head = member->num;
    member->share_shorter = member->share_longer = member->jaccard = 0;
    member->longest = 0;
    member->flags |= ARTICLE_FURNITURE;
    heads_forget(e->heads, member->num);
    again_changed(e, member->num, member->num, c->id, WHY_FURNITURE);
    return store_set_article(e->store, member);
}

static int drop_link(struct engine *e, struct article *member, void *arg)
{
    const struct cluster *c = arg;
    return store_del_member(e->store, c->id, member->num, MEMBER_LINK, outlet_of(member), NULL);
}

int cluster_dissolve(struct engine *e, struct cluster *c)
{
    int r = cluster_each(e, c->id, MEMBER_ARTICLE, stand_alone, c);
    if (r == 0)
        r = cluster_each(e, c->id, MEMBER_LINK, drop_link, c);
    if (r < 0)
        return r;
    uint32_t id = c->id;
    *c = (struct cluster){.id = id};
    r = store_drop_evidence(e->store, id);
    return r < 0 ? r : store_put_cluster(e->store, c);
}
