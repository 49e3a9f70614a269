/*
 * Storing what was found. Invariant: an article's record, its cluster, its
 * member row and its postings change together or not at all.
 */
#include <string.h>

#include "engine/internal.h"

#define SAME_TEXT 0.9       /* of the longer text in both: from here on one head stands for both */
#define SAME_TITLE 0.75     /* shared words of two headlines: from here on they are the same */
#define OTHER_TITLE 0.5     /* below it they do not clearly name one thing */
#define LATER_HOURS 12      /* between two prints: from here on the later one is no correction */
#define PAGES_MIN 3         /* further pages with the same text that make it furniture */
#define PAGE_TITLES 0.25    /* shared words of two headlines: from here on they name one story */

/* Whether what the article joins through looks like the same page under another address rather than the same story. */
static int is_another_page(struct engine *e, const struct article *record, const struct match *match)
{
    double titles = match->decision.evidence.titles;
    struct head *head;
    return titles >= 0 && titles < PAGE_TITLES &&
           heads_get(e->heads, store_writer_view(e->store), match->head, &head) == 0 && is_same_page(record, &head->article);
}

/*
 * Whether an article is so different from the head it joins through that others may be copies of
 * it and not of that: in its text, or in its headline, which the rules look at within an outlet.
 */
static int stands_apart(const struct match *match)
{
    const struct dup_evidence *e = &match->decision.evidence;
    return match->comparison->share_longer < SAME_TEXT || (e->same_outlet && e->titles >= 0 && e->titles < SAME_TITLE);
}

/*
 * An outlet prints nearly the same under another headline or on another day. It may be a form of its
 * own: that shows once the values of several such prints count as those of several stories.
 */
static int recurs(const struct match *match)
{
    const struct dup_evidence *e = &match->decision.evidence;
    return e->same_outlet && ((e->titles >= 0 && e->titles < OTHER_TITLE) ||
                              (e->dated && (e->hours >= LATER_HOURS || e->hours <= -LATER_HOURS)));
}

/* What a comparison came to, as the record keeps it. */
static void note_match(struct article *record, const struct match *match)
{
    record->relation = (uint8_t)match->decision.relation;
    record->share_shorter = (float)match->decision.share_shorter;
    record->share_longer = (float)match->decision.share_longer;
    record->jaccard = (float)match->comparison->jaccard;
    record->longest = match->comparison->longest;
}

/* Puts the record into the cluster that it joins; c and record are brought up to date. */
static int join(struct engine *e, struct article *record, const struct finding *found,
                struct cluster *c)
{
    const struct match *best = &found->joins[0];
    struct view *view = store_writer_view(e->store);
    uint32_t id = best->cluster;
    int r = 0;
    for (size_t i = 1; i < found->n_joins && r == 0; i++)
        r = cluster_merge(e, id, view_cluster_id(view, found->joins[i].cluster), &id);
    if (r < 0 || (r = cluster_load(e, view, id, c)) < 0)
        return r;
    record->cluster = id;
    record->head = best->head;
    note_match(record, best);
    if (c->n_heads < LIMIT_HEADS && record->relation != DUP_EXACT && (stands_apart(best) || recurs(best))) {
        record->flags |= ARTICLE_HEAD;
        return 0;
    }
    return heads_posted(e->heads, view, best->head, &record->posted);
}

/* The text as it is to be stored. What a worker packed it against may have gone since. */
static int choose_packed(struct engine *e, const struct prepared *p, struct packed *ret)
{
    uint32_t base = 0;
    *ret = (struct packed){p->packed.data, p->packed.len, p->base};
    int r = p->base ? view_text_base(store_writer_view(e->store), p->base, &base) : 0;
    if (r < 0 && r != DUP_ENOENT)
        return r;
    if (r == 0 && !base && p->packed.len)
        return 0;
    r = store_pack(p->raw.data, p->raw.len, (struct str){0}, &e->packed);
    *ret = (struct packed){e->packed.data, e->packed.len, 0};
    return r;
}

/* Appends the record with its first n postings of e->values, and text. */
static int put_article(struct engine *e, struct article *record, const struct prepared *p, uint32_t n)
{
    int is_head = record->flags & ARTICLE_HEAD;
    struct packed text = {0};
    int r = store_post(e->store, e->values, n, record->posted);
    if (r == 0 && (is_head || e->options.keep_text))
        r = choose_packed(e, p, &text);
    if (r == 0)
        r = store_add_article(e->store, record, &text);
    if (r == 0 && is_head)
        heads_add(e->heads, record->num, p);
    return r;
}

/* Notes in the record what it is linked to: a round-up to each story in it, all else to the best. */
static void note_links(struct article *record, const struct finding *found, uint32_t ids[MATCHES_MAX])
{
    const struct match *best = &found->links[0];
    if (!found->n_links)
        return;
    record->linked = best->head;
    note_match(record, best);
    size_t n = record->relation == DUP_ROUNDUP ? found->n_links : 1;
    for (size_t i = 0; i < n; i++)
        ids[i] = found->links[i].cluster;
    record->links = (struct str){(const char *)ids, n * sizeof *ids};
}

/* A notice with a text of its own is linked to the cluster of what it says it evolved from: it is found from there. */
static void note_notice(struct engine *e, struct article *record, uint32_t own_cluster, uint32_t ids[MATCHES_MAX + 1])
{
    struct view *view = store_writer_view(e->store);
    size_t n = record->links.len / sizeof *ids;
    if (!(record->flags & (ARTICLE_CORRECTED | ARTICLE_WITHDRAWN)) || !e->evolved || view_article(view, e->evolved, &e->member) < 0)
        return;
    ids[n] = view_cluster_id(view, e->member.cluster);
    for (size_t i = 0; i < n; i++)
        if (view_cluster_id(view, ids[i]) == ids[n])
            return;
    if (ids[n] != own_cluster)
        record->links = (struct str){(const char *)ids, (n + 1) * sizeof *ids};
}

int article_apply(struct engine *e, struct article *record, const struct finding *found,
                 const struct prepared *p, uint32_t own_cluster)
{
    struct cluster c = {0};
    uint32_t n = p->n_values + 1, links[MATCHES_MAX + 1];
    int r = 0;
    record->links = (struct str){0};
    e->n_worn = 0;
    if (found->furniture) {
        record->flags |= ARTICLE_FURNITURE;
        n = 0;
    } else if (found->n_joins) {
        if ((r = join(e, record, found, &c)) < 0)
            return r;
        r = posting_missing(e, record->flags & ARTICLE_HEAD && recurs(found->joins) ? NULL : &c, record->posted, &n, 1);
    } else {
        record->flags |= ARTICLE_HEAD;
        r = posting_missing(e, NULL, record->posted, &n, 1);
        note_links(record, found, links);
        note_notice(e, record, own_cluster, links);
    }
    if (!found->n_joins && own_cluster)
        record->cluster = own_cluster;
    if (r < 0 || (r = put_article(e, record, p, n)) < 0)
        return r;
    if (found->n_joins) {
        c.pages += (uint32_t)is_another_page(e, record, &found->joins[0]);
        r = cluster_join(e, &c, record);
        if (r == 0 && c.pages >= PAGES_MIN && c.pages * 2 >= c.articles)
            r = cluster_dissolve(e, &c);
    } else if (own_cluster) {
        r = cluster_load(e, store_writer_view(e->store), own_cluster, &c);
        if (r == 0)
            r = cluster_join(e, &c, record);
    }
    for (size_t i = 0; i < record->links.len / sizeof *links && r >= 0; i++)
        r = cluster_link(e, links[i], record);
    record->links = (struct str){0};
    return r < 0 ? r : 0;
}

int article_supersede(struct engine *e, struct article *old, uint32_t *ret_cluster)
{
    struct view *view = store_writer_view(e->store);
    struct cluster c;
    uint32_t id = view_cluster_id(view, old->cluster);
    int r = cluster_load(e, view, id, &c);
    if (r == 0)
        r = cluster_leave(e, old);
    if (r < 0)
        return r;
    *ret_cluster = c.articles <= 1 ? id : 0;
    old->flags |= ARTICLE_SUPERSEDED;
    return store_set_article(e->store, old);
}

