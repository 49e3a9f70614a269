/*
 * Finding: which clusters an article belongs to, and which it is only linked
 * to. Nothing is decided on an estimate: every candidate is compared exactly
 * with a head of its cluster. Invariant: at most LIMIT_CANDIDATES
 * comparisons an article, and nothing is written.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/internal.h"

#define CLEAR_SHARE 0.95   /* above it the head's own furniture cannot change the decision */
#define OVERLAP 0.3        /* of the smaller: copies of one text overlap, items of a digest do not */
#define LEAD_ITEM 0.5      /* of the digest: the item that it opens with is at most so much of it */

uint64_t text_value(uint64_t text_hash)
{
    return text_hash ^ UINT64_C(0x9e3779b97f4a7c15);
}

void spread_stories(const struct prepared *text, const struct posting_list *postings,
                           uint8_t *stories)
{
    size_t n = text->body.n, at = 0;
    uint32_t before = 0;
    memset(stories, 0, n);
    for (size_t i = 0; i < text->n_values; i++) {
        uint32_t count = postings[i].total < 255 ? postings[i].total : 255;
        size_t from = text->positions[i], to = from + DUP_SHINGLE_WORDS;
        uint8_t between = (uint8_t)(i && before < count ? before : i ? count : 0);
        for (; at < from && at < n; at++)
            stories[at] = between;
        for (size_t k = from; k < to && k < n; k++)
            stories[k] = (uint8_t)(k < at && stories[k] < count ? stories[k] : count);
        if (at < to)
            at = to < n ? to : n;
        before = count;
    }
}

int reserve_stories(struct engine *e, size_t n)
{
    if (n <= e->stories_cap)
        return 0;
    n += n / 2;
    uint8_t *a = realloc(e->stories_a, n);
    if (a)
        e->stories_a = a;
    uint8_t *b = realloc(e->stories_b, n);
    if (b)
        e->stories_b = b;
    if (!a || !b)
        return DUP_ENOMEM;
    e->stories_cap = n;
    return 0;
}

/* Takes out of the postings what an article put into the index: e->values holds its values, its own in the same order. */
static void leave_out(struct engine *e, size_t n, const struct article *article)
{
    uint32_t num = article->flags & ARTICLE_HEAD ? article->num : article->head;
    for (size_t i = 0, own = 0; i < n && own < article->n_values; i++) {
        struct posting_list *list = &e->postings[i];
        uint32_t k = 0;
        if ((e->values[i] ^ article->values[own]) >> ARTICLE_VALUE_SHIFT)
            continue;
        own++;
        while (k < list->n && list->nums[k] != num)
            k++;
        if (k == list->n)
            continue;
        list->nums[k] = list->nums[--list->n];
        list->total -= list->total <= LIMIT_POSTINGS;
    }
}

/* Compares with one head; 0 with *ret filled, 1 with the reason when the head does not come into question. */
static int compare_head(struct engine *e, struct view *view, const struct prepared *article,
                        int64_t now, struct head *head, struct dup_comparison *comparison,
                        struct match *ret, enum trial_outcome *ret_outcome)
{
    const struct article *record = &head->article;
    *ret_outcome = TRIAL_SUPERSEDED;
    if (record->flags & (ARTICLE_SUPERSEDED | ARTICLE_DELETED))
        return 1;
    *ret_outcome = TRIAL_WINDOW;
    int64_t apart = now - article_time(record->published, record->seen);
    int64_t window = record->text_hash == article->text_hash ? e->options.exact_window_ms
                                                             : e->options.window_ms;
    if (window && (apart > window || -apart > window))
        return 1;
    int r = dup_compare(e->comparer, &article->body, &head->text.body, comparison);
    if (r < 0)
        return r;
    struct dup_side a = {.body = &article->body, .title = &article->title,
                         .stories = e->stories_a, .title_text = article->in.title.data,
                         .title_len = article->in.title.len, .outlet = article->outlet,
                         .published = article->in.published};
    struct dup_side b = {.body = &head->text.body, .title = &head->text.title,
                         .title_text = record->title.data, .title_len = record->title.len,
                         .outlet = head->outlet, .published = record->published};
    if (comparison->share_shorter < CLEAR_SHARE) {
        if ((r = reserve_stories(e, head->text.body.n)) < 0 ||
            (r = store_probe(e->store, head->text.values, head->text.n_values,
                             e->head_postings)) < 0)
            return r;
        spread_stories(&head->text, e->head_postings, e->stories_b);
        a.stories = e->stories_a;
        b.stories = e->stories_b;
    }
    r = dup_relate(e->comparer, &a, &b, comparison, &ret->decision);
    if (r < 0)
        return r;
    ret->head = head->num;
    ret->cluster = view_cluster_id(view, record->cluster);
    ret->share_a = comparison->share_a;
    ret->comparison = comparison;
    return 0;
}

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

static int is_better(const struct match *a, const struct match *b)
{
    double x = a->decision.share_longer + a->decision.share_shorter;
    double y = b->decision.share_longer + b->decision.share_shorter;
    return x > y || (x == y && a->head < b->head);
}

/* Puts a match into a list that is kept best first with one entry a cluster. */
static void put(struct match *list, size_t *n, const struct match *match)
{
    for (size_t i = 0; i < *n; i++) {
        if (list[i].cluster != match->cluster)
            continue;
        if (!is_better(match, &list[i]))
            return;
        memmove(list + i, list + i + 1, (*n - i - 1) * sizeof *list);
        (*n)--;
        break;
    }
    size_t at = *n;
    for (; at > 0 && is_better(match, &list[at - 1]); at--)
        list[at] = list[at - 1];
    list[at] = *match;
    (*n)++;
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
    if (lead->decision.relation != DUP_EXTENDED || lead->share_a > LEAD_ITEM)
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
 * An article that joins several clusters joins them together only where their copies overlap in
 * it. Where they stand side by side it is a digest: linked to each, joining none.
 */
static void settle_joins(struct finding *f)
{
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

/* Keeps what came of a comparison for engine_explain. */
static void record_trial(struct trial *trial, enum trial_outcome outcome, const struct head *head,
                         const struct match *match)
{
    trial->outcome = outcome;
    trial->cluster = match->cluster;
    trial->text = &head->text;
    trial->comparison = match->comparison;
    trial->decision = match->decision;
}

int engine_find(struct engine *e, struct view *view, const struct prepared *article, int64_t now,
                const struct article *without, struct finding *ret)
{
    size_t n = article->n_values;
    memset(ret, 0, sizeof *ret);
    e->n_trials = 0;
    memcpy(e->values, article->values, n * sizeof *e->values);
    e->values[n] = text_value(article->text_hash);
    int r = store_probe(e->store, e->values, n + 1, e->postings);
    if (r == 0)
        r = reserve_stories(e, article->body.n);
    if (r < 0)
        return r;
    if (without)
        leave_out(e, n + 1, without);
    spread_stories(article, e->postings, e->stories_a);

    struct candidate ranked[LIMIT_CANDIDATES];
    size_t n_ranked = candidates_rank(e, n, ranked);
    e->n_trials = n_ranked;
    for (size_t i = 0; i < n_ranked; i++)
        e->trials[i] = (struct trial){.head = ranked[i].num, .hits = ranked[i].hits,
                                      .weight = ranked[i].weight, .outcome = TRIAL_NOT_COMPARED};
    for (size_t i = 0; i < n_ranked; i++) {
        struct trial *trial = &e->trials[i];
        struct head *head;
        struct match match;
        if (ret->n_joins && ranked[i].hits * 2 < n &&
            ret->joins[0].decision.share_longer >= CLEAR_SHARE)
            break;
        r = heads_get(e->heads, view, ranked[i].num, &head);
        if (r == DUP_ENOENT) {
            trial->outcome = TRIAL_NO_TEXT;
            continue;
        }
        if (r == 0)
            r = compare_head(e, view, article, now, head, &e->comparisons[i], &match, &trial->outcome);
        if (r < 0)
            return r;
        if (r == 1)
            continue;
        record_trial(trial, TRIAL_NOTHING, head, &match);
        if (match.decision.relation == DUP_ORIGINAL)
            continue;
        /* A story that stands in a digest is an item of it, and no cut of the whole. */
        if (head->article.relation == DUP_ROUNDUP && match.decision.relation == DUP_ABRIDGED)
            match.decision.relation = DUP_ROUNDUP;
        int joins = dup_relation_joins(match.decision.relation);
        record_trial(trial, head->article.flags & ARTICLE_FURNITURE ? TRIAL_FURNITURE
                            : joins ? TRIAL_JOINS : TRIAL_LINKED, head, &match);
        if (joins && (head->article.flags & ARTICLE_FURNITURE)) {
            ret->furniture = 1;
            ret->n_joins = ret->n_links = 0;
            return 0;
        }
        if (head->article.flags & ARTICLE_FURNITURE)
            continue;
        put(joins ? ret->joins : ret->links, joins ? &ret->n_joins : &ret->n_links, &match);
    }
    settle_joins(ret);
    if (ret->n_joins)
        ret->n_links = 0;
    return 0;
}
