/*
 * Digests: what holds several stories joins none of them. Invariant: whether
 * the digest or the stories in it came first, it ends up linked to each, and
 * no two stories stand in one cluster because of it.
 */
#include <string.h>

#include "engine/internal.h"

#define OVERLAP 0.3        /* of the smaller: copies of one text overlap, items of a digest do not */
#define ITEM_MOST 0.5      /* of the digest: one item is at most so much of it */
#define ITEM_TAKEN 0.55    /* of the item: so much of it stands in the digest */

/* Words of the article that stand in both comparisons' passages. */
static uint32_t overlap(const struct dup_comparison *x, const struct dup_comparison *y)
{
    uint32_t shared = 0;
    size_t i = 0, k = 0;
    while (i < x->n_spans && k < y->n_spans) {
        uint32_t x_end = x->spans[i].a + x->spans[i].n, y_end = y->spans[k].a + y->spans[k].n;
        uint32_t from = x->spans[i].a > y->spans[k].a ? x->spans[i].a : y->spans[k].a;
        uint32_t to = x_end < y_end ? x_end : y_end;
        if (to > from)
            shared += to - from;
        if (x_end < y_end)
            i++;
        else
            k++;
    }
    return shared;
}

/* Whether two comparisons found the same part of the article. */
static int same_part(const struct dup_comparison *x, const struct dup_comparison *y)
{
    uint32_t least = x->common_a < y->common_a ? x->common_a : y->common_a;
    return (double)overlap(x, y) >= OVERLAP * least;
}

/* The only story that the article would join is the first item of what holds others as items too. */
static int opens_digest(const struct finding *f)
{
    const struct match *lead = &f->joins[0];
    if (lead->decision.relation != DUP_EXTENDED || lead->share_a > ITEM_MOST)
        return 0;
    for (size_t i = 0; i < f->n_links; i++) {
        const struct match *item = &f->links[i];
        if (item->decision.relation == DUP_ROUNDUP && item->share_a < item->comparison->share_b &&
            !same_part(lead->comparison, item->comparison))
            return 1;
    }
    return 0;
}

/*
 * A copy of a digest joins that alone. Else an article that joins several clusters joins them
 * together only where their copies overlap in it. Where they stand side by side it is a digest:
 * linked to each, joining none.
 */
void digest_settle(struct finding *f)
{
    for (size_t i = 0; i < f->n_joins; i++) {
        if (f->joins[i].digest) {
            f->joins[0] = f->joins[i];
            f->n_joins = 1;
            return;
        }
    }
    size_t kept = f->n_joins ? 1 : 0;
    int digest = f->n_joins == 1 && opens_digest(f);
    for (size_t i = 1; i < f->n_joins; i++) {
        if (same_part(f->joins[0].comparison, f->joins[i].comparison))
            f->joins[kept++] = f->joins[i];
        else if (f->joins[0].decision.relation == DUP_EXTENDED &&
                 f->joins[i].decision.relation == DUP_EXTENDED)
            digest = 1;
    }
    if (!digest) {
        f->n_joins = kept;
        return;
    }
    for (size_t i = 0; i < f->n_joins; i++) {
        f->joins[i].decision.relation = DUP_ROUNDUP;
        put(f->links, &f->n_links, &f->joins[i]);
    }
    f->n_joins = 0;
}

/* Tokens of the other side (b) that stand in both comparisons' passages; marks: room for its tokens. */
static uint32_t overlap_b(const struct dup_comparison *x, const struct dup_comparison *y, uint8_t *marks, size_t n)
{
    uint32_t shared = 0;
    memset(marks, 0, n);
    for (size_t i = 0; i < x->n_spans; i++)
        memset(marks + x->spans[i].b, 1, x->spans[i].n);
    for (size_t i = 0; i < y->n_spans; i++)
        for (uint32_t k = 0; k < y->spans[i].n; k++)
            shared += marks[y->spans[i].b + k];
    return shared;
}

/*
 * Whether a head of the cluster stands in the match's head as an item beside the article's own
 * part of it. Uses the comparison kept for pairs.
 */
static int holds_another(struct engine *e, struct view *view, const struct match *match)
{
    struct dup_comparison *other = &e->comparisons[LIMIT_COMPARISONS];
    struct cluster c;
    struct head *digest, *item;
    int r = view_cluster(view, match->cluster, &c);
    if (r == 0)
        r = heads_get(e->heads, view, match->head, &digest);
    if (r == 0)
        r = reserve_stories(e, digest->text.body.n);
    for (uint32_t i = 0; r == 0 && i < c.n_heads; i++) {
        if (c.heads[i] == match->head || heads_get(e->heads, view, c.heads[i], &item) < 0)
            continue;
        r = dup_compare(e->comparer, &item->text.body, &digest->text.body, other);
        if (r < 0)
            return r;
        uint32_t least = other->common_b < match->comparison->common_b ? other->common_b : match->comparison->common_b;
        if (other->share_a >= ITEM_TAKEN && other->share_b <= ITEM_MOST &&
            overlap_b(match->comparison, other, e->stories_b, digest->text.body.n) < OVERLAP * least)
            return 1;
    }
    return r == DUP_ENOENT ? 0 : r;
}

int digest_found_late(struct engine *e, struct view *view, struct finding *f)
{
    size_t kept = 0;
    for (size_t i = 0; i < f->n_joins; i++) {
        const struct match *match = &f->joins[i];
        int r = match->decision.relation == DUP_ABRIDGED && match->comparison->share_b <= ITEM_MOST
                    ? holds_another(e, view, match) : 0;
        if (r < 0)
            return r;
        if (r)
            f->digest = match->head;
        else
            f->joins[kept++] = *match;
    }
    f->n_joins = kept;
    return 0;
}
