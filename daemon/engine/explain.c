/*
 * Why an article is what it is: the same search and the same decision as on
 * arrival, run once more over the kept text, and what they came from.
 * Invariant: nothing is decided here. What is told is what engine_find left
 * behind, so that an explanation cannot differ from a verdict.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/internal.h"

static enum story_class class_of(const struct posting_list *list)
{
    return list->total == 0 ? STORY_NONE
           : list->total == 1 ? STORY_1
           : list->total < 5 ? STORY_2
           : list->total < 25 ? STORY_5
           : list->total <= LIMIT_POSTINGS ? STORY_25
                                           : STORY_COMMON;
}

static int by_value(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* The text's values that another text has too, by the stories that carry them. */
static void count_shared(struct engine *e, const struct prepared *text, const struct prepared *other,
                         uint32_t *ret)
{
    memcpy(e->values, other->values, other->n_values * sizeof *e->values);
    qsort(e->values, other->n_values, sizeof *e->values, by_value);
    for (uint32_t i = 0; i < text->n_values; i++)
        if (bsearch(&text->values[i], e->values, other->n_values, sizeof *e->values, by_value))
            ret[class_of(&e->postings[i])]++;
}

/* The match of a list with this head, or with this cluster where head is 0. */
static const struct match *find_match(const struct match *list, size_t n, uint32_t cluster, uint32_t head)
{
    for (size_t i = 0; i < n; i++)
        if (list[i].cluster == cluster && (!head || list[i].head == head))
            return &list[i];
    return NULL;
}

/* What the comparisons together made of one that joins or is linked when seen alone. */
static void settle_trial(struct trial *trial, const struct finding *found)
{
    if (trial->outcome != TRIAL_JOINS && trial->outcome != TRIAL_LINKED)
        return;
    const struct match *joined = find_match(found->joins, found->n_joins, trial->cluster, trial->head);
    const struct match *linked = find_match(found->links, found->n_links, trial->cluster, trial->head);
    if (joined)
        trial->outcome = TRIAL_JOINS;
    else if (linked)
        trial->outcome = TRIAL_LINKED;
    else if (find_match(found->joins, found->n_joins, trial->cluster, 0) ||
             find_match(found->links, found->n_links, trial->cluster, 0))
        trial->outcome = TRIAL_SAME_CLUSTER;
    else
        trial->outcome = trial->outcome == TRIAL_JOINS && !found->furniture ? TRIAL_APART : TRIAL_OUTDONE;
    if (linked)
        trial->decision.relation = linked->decision.relation;
}

static int stand(struct engine *e, struct view *view, uint32_t against, struct explanation *ret)
{
    struct cluster c;
    int r = view_article(view, against, &e->scratch);
    if (r == 0)
        r = cluster_load(e, view, view_cluster_id(view, e->scratch.cluster), &c);
    if (r < 0)
        return r;
    ret->other = &e->scratch;
    ret->other_cluster = c.id;
    for (uint32_t i = 0; i < c.n_heads; i++) {
        struct standing *standing = &ret->standings[ret->n_standings];
        struct head *head;
        if (c.heads[i] == ret->article->num)
            continue;
        *standing = (struct standing){.head = c.heads[i]};
        for (size_t k = 0; k < e->n_trials; k++)
            if (e->trials[k].head == c.heads[i])
                standing->trial = &e->trials[k];
        r = heads_get(e->heads, view, c.heads[i], &head);
        if (r == 0)
            count_shared(e, ret->text, &head->text, standing->shared);
        if (r < 0 && r != DUP_ENOENT)
            return r;
        ret->n_standings++;
    }
    r = engine_compare(e, ret->article->num, against, NULL, &ret->pair);
    ret->has_pair = r == 0;
    return r == DUP_ENOENT ? 0 : r;
}

int engine_explain(struct engine *e, uint32_t num, uint32_t against, struct explanation *ret)
{
    struct view *view = store_writer_view(e->store);
    struct finding found;
    struct head *self;
    int r = heads_get(e->heads, view, num, &self);
    if (r < 0)
        return r;
    const struct article *record = &self->article;
    struct prepared arriving = self->text; /* borrows everything from self */
    arriving.in.title = (struct field){record->title.data, record->title.len};
    arriving.in.published = record->published;
    arriving.in.evolved = (struct field){record->evolved.data, record->evolved.len};
    arriving.outlet = self->outlet;
    memset(ret, 0, sizeof *ret);
    r = engine_find(e, view, &arriving, article_time(record->published, record->seen), record, &found);
    if (r == 0)
        r = engine_found_verdict(e, view, &found, &ret->now);
    if (r < 0)
        return r;
    for (size_t i = 0; i < e->n_trials; i++)
        settle_trial(&e->trials[i], &found);
    for (uint32_t i = 0; i < self->text.n_values; i++)
        ret->stories[class_of(&e->postings[i])]++;
    ret->article = record;
    ret->text = &self->text;
    ret->trials = e->trials;
    ret->n_trials = e->n_trials;
    return against ? stand(e, view, against, ret) : 0;
}
