/*
 * Deciding again: what was learned since may take apart what was joined before.
 * Invariant: an article that is decided on again goes on under a new number, as
 * a version's would, with the time of its first coming; what is looked at for one
 * that arrives is bounded; and what became something else is noted, to be told.
 */
#include <stdio.h>
#include <string.h>

#include "core/rules.h"
#include "engine/internal.h"

#define VALUES_MIN 2       /* values in common that became furniture: from here on a cluster is looked at */
#define MEMBERS_MAX 64     /* articles looked at because of one that arrives */

static size_t find_changed(const struct engine *e, uint32_t num)
{
    size_t i = 0;
    while (i < e->n_changed && e->changed[i].num != num)
        i++;
    return i;
}

void again_changed(struct engine *e, uint32_t before, uint32_t num, uint32_t was, const char *why)
{
    size_t i = find_changed(e, before);
    if (i == LIMIT_CHANGED)
        return;
    if (i == e->n_changed)
        e->changed[e->n_changed++].was = was;
    e->changed[i].num = num;
    snprintf(e->changed[i].why, sizeof e->changed[i].why, "%s", why);
}

const struct changed *engine_changed(const struct engine *e, size_t *ret_n)
{
    *ret_n = e->n_changed;
    return e->changed;
}

int again_take(struct engine *e, uint32_t num, char why[DUP_WHY_MAX])
{
    size_t i = find_changed(e, num);
    if (i == e->n_changed)
        return 0;
    memcpy(why, e->changed[i].why, DUP_WHY_MAX);
    memmove(e->changed + i, e->changed + i + 1, (--e->n_changed - i) * sizeof *e->changed);
    return 1;
}

/*
 * Decides on one article again: its record goes on under a new number, as a version's would.
 * text: its body.
 */
static int decide(struct engine *e, struct article *old, struct buf text)
{
    struct view *view = store_writer_view(e->store);
    struct article record = *old;
    struct finding found;
    struct head *head;
    uint32_t own_cluster, was = view_cluster_id(view, old->cluster);
    int r = article_supersede(e, old, &own_cluster);
    if (r == 0)
        r = heads_get(e->heads, view, old->num, &head);
    if (r < 0)
        return r;
    struct prepared article = head->text;
    article.in.title = (struct field){record.title.data, record.title.len};
    article.in.published = record.published;
    article.in.evolved = (struct field){record.evolved.data, record.evolved.len};
    article.outlet = record.outlet_key;
    article.raw = text;
    article.packed = (struct buf){0};
    r = engine_find(e, view, &article, article_time(record.published, record.seen), NULL, &found);
    found.digest = 0; /* one at a time: what it shows of others shows again with their next print */
    record.num = record.cluster = record.head = view_last_num(view) + 1;
    record.previous = old->num;
    if (!(record.flags & ARTICLE_HEAD))
        record.posted = record.num;
    record.relation = DUP_ORIGINAL;
    record.flags = (uint8_t)((record.flags & ~(ARTICLE_SUPERSEDED | ARTICLE_HEAD)) | ARTICLE_AGAIN);
    record.linked = record.longest = 0;
    record.share_shorter = record.share_longer = record.jaccard = 0;
    if (r == 0)
        r = article_apply(e, &record, &found, &article, 0);
    int differs = record.relation != old->relation || view_cluster_id(view, record.cluster) != was;
    if (r == 0 && (differs || find_changed(e, old->num) < e->n_changed))
        again_changed(e, old->num, record.num, was, found.n_joins ? found.joins[0].decision.why : found.n_links ? found.links[0].decision.why : "");
    return r;
}

int again_decide(struct engine *e, uint32_t num)
{
    struct view *view = store_writer_view(e->store);
    struct article old;
    struct buf text;
    article_init(&old);
    buf_init(&text, LIMIT_LINE);
    int r = view_article(view, num, &old);
    if (r == 0)
        r = view_text(view, num, &text);
    if (r == 0)
        r = decide(e, &old, text);
    else if (r == DUP_ENOENT)
        r = 0;
    article_done(&old);
    buf_done(&text);
    return r;
}

/* A value is going to stand in one more story: where that makes it furniture, it is noted whose it was. */
void again_note(struct engine *e, const struct posting_list *list)
{
    if (list->total + 1 != (uint32_t)dup_limits_usual.furniture)
        return;
    for (uint32_t k = 0; k < list->n; k++) {
        size_t i = 0;
        while (i < e->n_worn && e->worn[i].num != list->nums[k])
            i++;
        if (i == LIMIT_WORN)
            return;
        if (i == e->n_worn)
            e->worn[e->n_worn++] = (struct worn){list->nums[k], 0};
        e->worn[i].values++;
    }
}

/* Whether an article would still join through the head that it joined through. */
static int still_joins(struct engine *e, uint32_t num)
{
    int r = view_article(store_writer_view(e->store), num, &e->member);
    uint32_t head = e->member.head;
    struct pair pair;
    if (r < 0 || head == num || e->member.relation == DUP_EXACT)
        return r < 0 ? r : 1;
    r = engine_compare(e, num, head, NULL, &pair);
    if (r < 0)
        return r == DUP_ENOENT ? 1 : r;
    return dup_relation_joins(pair.decision.relation);
}

/* Decides on all articles of a cluster again, in order, if one of them would not join any more. *left is what may still be looked at. */
static int look_at(struct engine *e, uint32_t cluster, uint32_t *left)
{
    uint32_t nums[MEMBERS_MAX], n_articles = 0;
    enum member_kind kinds[MEMBERS_MAX];
    struct cluster c;
    int r = view_cluster(store_writer_view(e->store), cluster, &c);
    if (r < 0 || c.articles < 2 || c.articles + c.links > *left)
        return r == DUP_ENOENT ? 0 : r;
    int n = view_members(store_writer_view(e->store), cluster, 0, MEMBERS_MAX, nums, kinds);
    *left -= c.articles + c.links;
    for (int i = 0; i < n; i++)
        if (kinds[i] == MEMBER_ARTICLE)
            nums[n_articles++] = nums[i];
    int joins = 1;
    for (uint32_t i = 0; i < n_articles && joins > 0; i++)
        joins = still_joins(e, nums[i]);
    r = n < 0 ? n : joins < 0 ? joins : 0;
    for (uint32_t i = 0; i < n_articles && joins == 0 && r == 0; i++)
        r = again_decide(e, nums[i]);
    return r;
}

int again_learned(struct engine *e, uint32_t num)
{
    struct view *view = store_writer_view(e->store);
    uint32_t clusters[LIMIT_WORN + 1], n = 0, left = MEMBERS_MAX;
    int r = 0;
    e->worn[e->n_worn++] = (struct worn){num, VALUES_MIN};
    for (size_t i = 0; i < e->n_worn; i++) {
        if (e->worn[i].values < VALUES_MIN || (r = view_article(view, e->worn[i].num, &e->member)) == DUP_ENOENT)
            continue;
        if (r < 0)
            return r;
        uint32_t id = view_cluster_id(view, e->member.cluster), k = 0;
        while (k < n && clusters[k] != id)
            k++;
        if (k == n)
            clusters[n++] = id;
    }
    r = 0;
    for (uint32_t i = 0; i < n && r == 0; i++)
        r = look_at(e, clusters[i], &left);
    return r;
}
