/*
 * Digests: what holds several stories joins none of them. Invariant: whether
 * the digest or the stories in it came first, it ends up linked to each, and
 * no two stories stand in one cluster because of it.
 */
#include <string.h>

#include "engine/internal.h"

#define OVERLAP 0.3        /* of the smaller: copies of one text overlap, items of a digest do not */
#define ITEMS_MANY 3       /* stories side by side: from here on they need not tell of different things */
#define ITEM_MOST 0.5      /* of the digest: one item is at most so much of it */
#define WORDS_APART 0.06   /* shared long words of two texts: from here on they tell of one thing */
#define WORDS_MAX 256      /* long words of a text that are looked at */
#define COPIES_MAX 64      /* copies of a digest that are decided on again with it */
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

/* The distinct words of a text that are longer than its average word: what it is about. */
static size_t long_words(const struct dup_tokens *t, uint32_t *ret)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n && n < WORDS_MAX; i++) {
        size_t k = 0;
        if (!(t->flags[i] & WORD_LONG))
            continue;
        while (k < n && ret[k] != t->hash[i])
            k++;
        if (k == n)
            ret[n++] = t->hash[i];
    }
    return n;
}

/*
 * Whether two texts without a passage in common tell different things: hardly a word of either
 * stands in the other. Parts of one story share some: in half of them one long word in ten, in
 * texts of different stories one in twenty at most (docs/QUALITY.md).
 */
static int tell_apart(const struct dup_tokens *x, const struct dup_tokens *y)
{
    uint32_t a[WORDS_MAX], b[WORDS_MAX];
    size_t n = long_words(x, a), m = long_words(y, b), both = 0;
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        while (k < m && b[k] != a[i])
            k++;
        both += k < m;
    }
    return both < 2 || (double)both < WORDS_APART * (double)(n < m ? n : m);
}

/* Whether two heads tell of different things; 0 where a text cannot be had. */
static int heads_tell_apart(struct engine *e, struct view *view, uint32_t a, uint32_t b)
{
    struct head *x, *y;
    return heads_get(e->heads, view, a, &x) == 0 && heads_get(e->heads, view, b, &y) == 0 &&
           tell_apart(&x->text.body, &y->text.body);
}

static int64_t time_of(const struct article *article)
{
    return article_time(article->published, article->seen);
}

/* A digest comes after what it holds: what is cut from a text comes after that. */
static int comes_after(struct engine *e, struct view *view, int64_t time, uint32_t num)
{
    struct head *head;
    return heads_get(e->heads, view, num, &head) == 0 && time >= time_of(&head->article);
}

/* The only story that the article would join is the first item of what holds others as items too. */
static int opens_digest(struct engine *e, struct view *view, const struct finding *f)
{
    const struct match *lead = &f->joins[0];
    if (lead->decision.relation != DUP_EXTENDED || lead->share_a > ITEM_MOST)
        return 0;
    for (size_t i = 0; i < f->n_links; i++) {
        const struct match *item = &f->links[i];
        if (item->decision.relation == DUP_ROUNDUP && item->share_a < item->comparison->share_b &&
            !same_part(lead->comparison, item->comparison) && heads_tell_apart(e, view, lead->head, item->head))
            return 1;
    }
    return 0;
}

/*
 * A copy of a digest joins that alone. Else an article that joins several clusters joins them
 * together where their copies overlap in it, or tell of one thing. Where they stand side by side
 * and tell of different things it is a digest: linked to each, joining none.
 */
void digest_settle(struct engine *e, struct view *view, int64_t now, struct finding *f)
{
    for (size_t i = 0; i < f->n_joins; i++) {
        if (f->joins[i].digest) {
            f->joins[0] = f->joins[i];
            f->n_joins = 1;
            return;
        }
    }
    int digest = f->n_joins == 1 && comes_after(e, view, now, f->joins[0].head) && opens_digest(e, view, f), joins[MATCHES_MAX] = {1}, apart = 0;
    size_t items = 1;
    for (size_t i = 1; i < f->n_joins; i++) {
        const struct match *lead = &f->joins[0], *other = &f->joins[i];
        int beside = !same_part(lead->comparison, other->comparison);
        joins[i] = !beside || !heads_tell_apart(e, view, lead->head, other->head);
        if (lead->decision.relation == DUP_EXTENDED && other->decision.relation == DUP_EXTENDED &&
            comes_after(e, view, now, lead->head) && comes_after(e, view, now, other->head)) {
            items += (size_t)beside;
            apart |= !joins[i];
        }
    }
    digest |= apart || items >= ITEMS_MANY;
    size_t kept = 0, n = f->n_joins;
    for (size_t i = 0; i < n; i++) {
        if (digest) {
            f->joins[i].decision.relation = DUP_ROUNDUP;
            match_put(f->links, &f->n_links, &f->joins[i]);
        } else if (joins[i]) {
            f->joins[kept++] = f->joins[i];
        }
    }
    f->n_joins = kept;
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
 * part of it, and tells of something else. Uses the comparison kept for pairs.
 */
static int holds_another(struct engine *e, struct view *view, const struct prepared *article,
                         int64_t now, const struct match *match)
{
    struct dup_comparison *other = &e->comparisons[LIMIT_COMPARISONS];
    struct cluster c;
    struct head *digest, *item;
    int r = view_cluster(view, match->cluster, &c);
    if (r == 0)
        r = heads_get(e->heads, view, match->head, &digest);
    int64_t time = r == 0 ? time_of(&digest->article) : 0;
    if (r == 0 && time <= now)
        return 0;
    if (r == 0)
        r = reserve_stories(e, digest->text.body.n);
    for (uint32_t i = 0; r == 0 && i < c.n_heads; i++) {
        if (c.heads[i] == match->head || heads_get(e->heads, view, c.heads[i], &item) < 0 ||
            time <= time_of(&item->article))
            continue;
        r = dup_compare(e->comparer, &item->text.body, &digest->text.body, other);
        if (r < 0)
            return r;
        uint32_t least = other->common_b < match->comparison->common_b ? other->common_b : match->comparison->common_b;
        if (other->share_a >= ITEM_TAKEN && other->share_b <= ITEM_MOST &&
            overlap_b(match->comparison, other, e->stories_b, digest->text.body.n) < OVERLAP * least &&
            tell_apart(&article->body, &item->text.body))
            return 1;
    }
    return r == DUP_ENOENT ? 0 : r;
}

/* Takes the matches out of a list whose head proves to be a digest. */
static int take_out(struct engine *e, struct view *view, const struct prepared *article, int64_t now,
                    struct finding *f, struct match *list, size_t *n)
{
    size_t kept = 0;
    for (size_t i = 0; i < *n; i++) {
        const struct match *match = &list[i];
        enum dup_relation relation = match->decision.relation;
        int is_item = !match->digest && (relation == DUP_ABRIDGED || relation == DUP_ROUNDUP) &&
                      match->comparison->share_b <= ITEM_MOST;
        int r = is_item ? holds_another(e, view, article, now, match) : 0;
        if (r < 0)
            return r;
        if (r)
            f->digest = match->head;
        else
            list[kept++] = *match;
    }
    *n = kept;
    return 0;
}

int digest_found_late(struct engine *e, struct view *view, const struct prepared *article, int64_t now,
                      struct finding *f)
{
    int r = take_out(e, view, article, now, f, f->joins, &f->n_joins);
    return r < 0 ? r : take_out(e, view, article, now, f, f->links, &f->n_links);
}

/* Relations of other prints of a text; items of a digest are cuts of it. */
static int is_print(uint8_t relation)
{
    return relation == DUP_EXACT || relation == DUP_COPY || relation == DUP_UPDATE;
}

/* The prints of a digest that stand in its cluster, itself first; at most COPIES_MAX. */
static int find_copies(struct engine *e, uint32_t cluster, uint32_t num, uint32_t *ret)
{
    struct view *view = store_writer_view(e->store);
    uint32_t nums[COPIES_MAX], after = 0;
    enum member_kind kinds[COPIES_MAX];
    int n, found = 0;
    ret[found++] = num;
    while (found < COPIES_MAX && (n = view_members(view, cluster, after, COPIES_MAX, nums, kinds)) > 0) {
        for (int i = 0; i < n && found < COPIES_MAX; i++) {
            if (kinds[i] != MEMBER_ARTICLE || nums[i] == num)
                continue;
            int r = view_article(view, nums[i], &e->member);
            if (r < 0)
                return r;
            if (e->member.head == num && is_print(e->member.relation))
                ret[found++] = nums[i];
        }
        after = nums[n - 1];
    }
    return n < 0 ? n : found;
}

int digest_redecide(struct engine *e, uint32_t num)
{
    uint32_t copies[COPIES_MAX];
    int r = view_article(store_writer_view(e->store), num, &e->member);
    uint32_t cluster = r < 0 ? 0 : view_cluster_id(store_writer_view(e->store), e->member.cluster);
    int n = r < 0 ? r : find_copies(e, cluster, num, copies);
    for (int i = 0; i < n && r == 0; i++)
        r = again_decide(e, copies[i]);
    return n < 0 ? n : r;
}
