/*
 * Two articles side by side, whatever their clusters: what the decision sees
 * of them, furniture included. Invariant: nothing is written, and the same
 * pair gets here the relation that it would get on arrival.
 */
#include <string.h>

#include "engine/internal.h"

/* The story count of each of a text's tokens, from the index. */
static int stories_of(struct engine *e, const struct prepared *text, struct posting_list *postings,
                      uint8_t *stories)
{
    int r = store_probe(e->store, text->values, text->n_values, NULL, postings);
    if (r == 0)
        spread_stories(text, postings, stories);
    return r;
}

static struct dup_side side_of(const struct prepared *text, const struct article *article,
                               const uint8_t *stories)
{
    struct dup_side side = {.body = &text->body, .title = &text->title, .stories = stories,
                            .published = DUP_TIME_NONE};
    if (article) {
        side.title_text = article->title.data;
        side.title_len = article->title.len;
        side.outlet = outlet_hash(article->outlet.data, article->outlet.len);
        side.published = article->published;
    }
    return side;
}

/* The article's own pointers outlive the next heads_get: the latest heads stay in the cache. */
int engine_compare(struct engine *e, uint32_t a, uint32_t b, const struct prepared *text, struct pair *ret)
{
    struct view *view = store_writer_view(e->store);
    struct head *head_a, *head_b = NULL;
    int r = heads_get(e->heads, view, a, &head_a);
    if (r == 0 && !text)
        r = heads_get(e->heads, view, b, &head_b);
    if (r < 0)
        return r;
    *ret = (struct pair){.a = &head_a->article, .b = head_b ? &head_b->article : NULL,
                         .text_a = &head_a->text, .text_b = head_b ? &head_b->text : text,
                         .comparison = &e->comparisons[LIMIT_COMPARISONS]};
    size_t n = ret->text_a->body.n > ret->text_b->body.n ? ret->text_a->body.n : ret->text_b->body.n;
    r = reserve_stories(e, n);
    if (r == 0)
        r = stories_of(e, ret->text_a, e->postings, e->stories_a);
    if (r == 0)
        r = stories_of(e, ret->text_b, e->head_postings, e->stories_b);
    if (r < 0)
        return r;
    struct dup_side x = side_of(ret->text_a, ret->a, e->stories_a);
    struct dup_side y = side_of(ret->text_b, ret->b, e->stories_b);
    r = dup_compare(e->comparer, x.body, y.body, &e->comparisons[LIMIT_COMPARISONS]);
    return r < 0 ? r : dup_relate(e->comparer, &x, &y, ret->comparison, &ret->decision);
}
