/*
 * Finding: which clusters an article belongs to, and which it is only linked
 * to. Nothing is decided on an estimate: every candidate is compared exactly
 * with a head of its cluster. Invariant: at most LIMIT_COMPARISONS
 * comparisons an article, and nothing is written.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/rules.h"
#include "engine/internal.h"

#define TELLING 0.04       /* of the values of the shorter: fewer rare ones shared are no relation */
#define CLEAR_SHARE 0.95   /* above it the head's own furniture cannot change the decision */

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

static int by_value(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/*
 * Takes out of the postings what an article put into the index: a head what stands under its own
 * number, a copy under its head's number those that the head's text has not.
 */
static int leave_out(struct engine *e, struct view *view, size_t n, const struct article *article)
{
    uint32_t num = article->posted;
    const uint64_t *known = NULL;
    size_t n_known = 0;
    if (!(article->flags & ARTICLE_HEAD)) {
        struct head *head;
        int r = heads_get(e->heads, view, article->head, &head);
        if (r < 0)
            return r == DUP_ENOENT ? 0 : r;
        n_known = head->text.n_values + 1;
        memcpy(e->head_values, head->text.values, n_known * sizeof *known);
        qsort(e->head_values, n_known, sizeof *known, by_value);
        known = e->head_values;
    }
    for (size_t i = 0; i < n; i++) {
        struct posting_list *list = &e->postings[i];
        uint32_t k = 0;
        if (known && bsearch(&e->values[i], known, n_known, sizeof *known, by_value))
            continue;
        while (k < list->n && list->nums[k] != num)
            k++;
        if (k == list->n)
            continue;
        list->nums[k] = list->nums[--list->n];
        list->total -= list->total <= LIMIT_POSTINGS;
    }
    return 0;
}

/* Compares with one head; 0 with *ret filled, 1 with the reason when the head does not come into question. */
static int compare_head(struct engine *e, struct view *view, const struct prepared *article,
                        int64_t now, struct head *head, struct dup_comparison *comparison,
                        struct match *ret, enum trial_outcome *ret_outcome)
{
    const struct article *record = &head->article;
    *ret_outcome = TRIAL_SUPERSEDED;
    if (!article_is_current(record))
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
            (r = store_probe(e->store, head->text.values, head->text.n_values, NULL,
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
    ret->digest = record->relation == DUP_ROUNDUP;
    return 0;
}

static int is_better(const struct match *a, const struct match *b)
{
    double x = a->decision.share_longer + a->decision.share_shorter;
    double y = b->decision.share_longer + b->decision.share_shorter;
    return x > y || (x == y && a->head < b->head);
}

void match_put(struct match *list, size_t *n, const struct match *match)
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

/* What stands under the number of an article's first version is that of its current one. */
static int current_version(struct engine *e, struct view *view, struct trial *trial, struct head **head)
{
    struct str id = (*head)->article.id;
    uint32_t num;
    int r = view_find_id(view, id.data, id.len, &num);
    if (r < 0)
        return r;
    trial->head = num;
    return heads_get(e->heads, view, num, head);
}

static uint32_t lesser(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* What says that it evolved from another, and shares a good part of it, is an update of that. */
static void heed_announcement(const struct engine *e, uint32_t head, struct dup_decision *decision)
{
    if (head != e->evolved || decision->relation == DUP_EXACT ||
        decision->share_shorter < dup_limits_usual.several)
        return;
    decision->relation = DUP_UPDATE;
    snprintf(decision->why, sizeof decision->why, "it says that it evolved from this: %.0f %% of the shorter text and %.0f %% of the longer",
             100 * decision->share_shorter, 100 * decision->share_longer);
}

/*
 * Compares with one head, e->trials[at], and puts what comes out where it belongs. 1: the article
 * joins through it.
 */
static int try_head(struct engine *e, struct view *view, const struct prepared *article, int64_t now,
                    size_t at, struct finding *ret)
{
    struct trial *trial = &e->trials[at];
    struct head *head;
    struct match match;
    int r = heads_get(e->heads, view, trial->head, &head);
    if (r == 0 && head->article.flags & ARTICLE_SUPERSEDED)
        r = current_version(e, view, trial, &head);
    if (r == DUP_ENOENT)
        trial->outcome = TRIAL_NO_TEXT;
    if (r < 0)
        return r == DUP_ENOENT ? 0 : r;
    if (e->without && trial->head == e->without->num) {
        trial->outcome = TRIAL_SUPERSEDED; /* its own earlier version */
        return 0;
    }
    if (trial->hits && trial->telling < TELLING * lesser(article->n_values, head->text.n_values)) {
        trial->outcome = TRIAL_TOO_FEW;
        return 0;
    }
    r = compare_head(e, view, article, now, head, &e->comparisons[at], &match, &trial->outcome);
    if (r != 0)
        return r < 0 ? r : 0;
    heed_announcement(e, trial->head, &match.decision);
    record_trial(trial, TRIAL_NOTHING, head, &match);
    if (match.decision.relation == DUP_ORIGINAL)
        return 0;
    /* A story that stands in a digest is an item of it, and no cut of the whole. */
    if (match.digest && match.decision.relation == DUP_ABRIDGED)
        match.decision.relation = DUP_ROUNDUP;
    int joins = dup_relation_joins(match.decision.relation);
    int furniture = (head->article.flags & ARTICLE_FURNITURE) != 0;
    record_trial(trial, furniture ? TRIAL_FURNITURE : joins ? TRIAL_JOINS : TRIAL_LINKED, head, &match);
    if (furniture) {
        /* A story that holds the page beside its own words is still one. */
        ret->furniture |= joins && match.share_a >= dup_limits_usual.most;
        return 0;
    }
    match_put(joins ? ret->joins : ret->links, joins ? &ret->n_joins : &ret->n_links, &match);
    return joins;
}

/* A candidate did not match: the article may match another head of its cluster. */
static int try_others(struct engine *e, struct view *view, const struct prepared *article, int64_t now,
                      size_t at, struct finding *ret)
{
    struct cluster c;
    const struct trial *tried = &e->trials[at];
    int r = tried->cluster ? view_cluster(view, tried->cluster, &c) : DUP_ENOENT;
    if (r < 0)
        return r == DUP_ENOENT ? 0 : r;
    for (uint32_t i = 0; i < c.n_heads && r == 0 && e->n_trials < LIMIT_COMPARISONS; i++) {
        int known = e->without && e->without->num == c.heads[i];
        for (size_t k = 0; k < e->n_trials && !known; k++)
            known = e->trials[k].head == c.heads[i];
        if (known)
            continue;
        e->trials[e->n_trials] = (struct trial){.head = c.heads[i], .outcome = TRIAL_NOT_COMPARED};
        r = try_head(e, view, article, now, e->n_trials++, ret);
    }
    return r < 0 ? r : 0;
}

/* The article that it says it evolved from is tried whatever the index says. */
static int try_announced(struct engine *e, struct view *view, const struct prepared *article, int64_t now,
                         struct finding *ret)
{
    for (size_t i = 0; i < e->n_trials; i++)
        if (e->trials[i].head == e->evolved && e->trials[i].outcome != TRIAL_NOT_COMPARED)
            return 0;
    if (!e->evolved || e->n_trials == LIMIT_COMPARISONS)
        return 0;
    e->trials[e->n_trials] = (struct trial){.head = e->evolved, .outcome = TRIAL_NOT_COMPARED};
    return try_head(e, view, article, now, e->n_trials++, ret);
}

/* Ranks the candidates for a text that e->postings were probed for. How many. */
static size_t rank(struct engine *e, size_t n_values)
{
    struct candidate ranked[LIMIT_CANDIDATES];
    size_t n = candidates_rank(e, n_values, ranked);
    for (size_t i = 0; i < n; i++)
        e->trials[i] = (struct trial){.head = ranked[i].num, .hits = ranked[i].hits, .telling = ranked[i].telling,
                                      .weight = ranked[i].weight, .outcome = TRIAL_NOT_COMPARED};
    return n;
}

int engine_find(struct engine *e, struct view *view, const struct prepared *article, int64_t now,
                const struct article *without, struct finding *ret)
{
    size_t n = article->n_values;
    ret->n_joins = ret->n_links = 0; /* the lists count for nothing beyond them */
    ret->furniture = 0;
    ret->digest = 0;
    e->n_trials = 0;
    e->without = without;
    memcpy(e->values, article->values, (n + 1) * sizeof *e->values);
    int r = store_probe(e->store, e->values, n + 1, &article->probed, e->postings);
    if (r == 0)
        r = reserve_stories(e, article->body.n);
    if (r < 0)
        return r;
    if (without && (r = leave_out(e, view, n + 1, without)) < 0)
        return r;

    e->evolved = 0;
    if (article->in.evolved.len && view_find_id(view, article->in.evolved.data, article->in.evolved.len, &e->evolved) < 0)
        e->evolved = 0;
    size_t n_ranked = rank(e, n);
    e->n_trials = n_ranked;
    if (n_ranked || e->evolved)
        spread_stories(article, e->postings, e->stories_a);
    for (size_t i = 0; i < n_ranked && !ret->furniture; i++) {
        if (ret->n_joins && e->trials[i].hits * 2 < n &&
            ret->joins[0].decision.share_longer >= CLEAR_SHARE)
            break;
        r = try_head(e, view, article, now, i, ret);
        if (r == 0)
            r = try_others(e, view, article, now, i, ret);
        if (r < 0)
            return r;
    }
    if ((r = try_announced(e, view, article, now, ret)) < 0)
        return r;
    if (ret->furniture) {
        ret->n_joins = ret->n_links = 0;
        return 0;
    }
    digest_settle(e, view, now, ret);
    r = digest_found_late(e, view, article, now, ret);
    if (ret->n_joins)
        ret->n_links = 0;
    return r;
}
