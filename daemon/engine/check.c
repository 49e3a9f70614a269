/*
 * Checking what the store cannot know: that each text has the fingerprints of
 * its record, that the text of each head leads to its cluster, and that
 * outlets are counted under their names. Invariant: nothing is written.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/engine.h"
#include "engine/internal.h"

struct head_check {
    struct store *store;
    struct view *view;
    void (*report)(void *arg, const char *sentence);
    void *arg;
    struct preparer *preparer;      /* owned */
    struct article article;
    struct buf text;
    struct posting_list *postings;  /* owned; one */
    int faults;
};

static void fault(struct head_check *c, const char *what)
{
    char text[160];
    snprintf(text, sizeof text, "article %u: %s", c->article.num, what);
    c->report(c->arg, text);
    c->faults++;
}

/* The numbers under which the heads of the article's cluster stand in the index. */
static uint32_t posted_numbers(struct head_check *c, uint32_t *ret)
{
    struct cluster cluster;
    struct article head;
    uint32_t n = 0;
    ret[n++] = c->article.posted;
    if (view_cluster(c->view, view_cluster_id(c->view, c->article.cluster), &cluster) < 0)
        return n;
    article_init(&head);
    for (uint32_t i = 0; i < cluster.n_heads; i++)
        if (view_article(c->view, cluster.heads[i], &head) == 0)
            ret[n++] = head.posted;
    article_done(&head);
    return n;
}

/* Whether a look-up of value names one of the numbers, or says that the value is common. */
static int leads_to(struct head_check *c, uint64_t value, const uint32_t *posted, uint32_t n)
{
    const struct posting_list *list = c->postings;
    if (store_probe(c->store, &value, 1, c->postings) < 0)
        return 0;
    for (uint32_t i = 0; i < list->n; i++)
        for (uint32_t k = 0; k < n; k++)
            if (list->nums[i] == posted[k])
                return 1;
    return list->total > LIMIT_POSTINGS;
}

static int check_text(struct head_check *c)
{
    const struct article *a = &c->article;
    struct prepared text;
    struct json_error error;
    int r = prepare_text(c->preparer, store_secret(c->store), a->title,
                         (struct str){c->text.data, c->text.len}, &text, &error);
    if (r == DUP_ENOMEM)
        return r;
    if (r < 0) {
        fault(c, "its text cannot be read as one");
        return 0;
    }
    if (text.text_hash != a->text_hash || text.simhash != a->simhash || text.body.n != a->words)
        fault(c, "its text has other fingerprints than its record");
    int is_head = a->flags & ARTICLE_HEAD && !(a->flags & (ARTICLE_SUPERSEDED | ARTICLE_FURNITURE));
    uint32_t found = 0, posted[LIMIT_HEADS + 1], n_posted = is_head ? posted_numbers(c, posted) : 0;
    for (uint32_t i = 0; is_head && i < text.n_values; i++)
        found += leads_to(c, text.values[i], posted, n_posted) ? 1 : 0;
    /* Of clusters that became one with more heads than fit, some are only members, with what they posted. */
    if (is_head && found * 2 < text.n_values && !leads_to(c, text_value(text.text_hash), posted, n_posted))
        fault(c, "a head that its own text does not find");
    prepared_done(&text);
    return 0;
}

static int check_outlet(struct head_check *c)
{
    const struct article *a = &c->article;
    struct cluster cluster;
    uint32_t id = view_cluster_id(c->view, a->cluster);
    if (a->flags & (ARTICLE_SUPERSEDED | ARTICLE_DELETED) || !a->outlet.len || view_cluster(c->view, id, &cluster) < 0)
        return 0;
    if (view_has_outlet(c->view, id, outlet_hash(a->outlet.data, a->outlet.len)) != 1)
        fault(c, "its outlet is not counted in its cluster");
    return 0;
}

int engine_check_store(struct store *store, struct view *view, void (*report)(void *arg, const char *sentence), void *arg)
{
    struct head_check c = {.store = store, .view = view, .report = report, .arg = arg,
                           .preparer = preparer_new(), .postings = malloc(sizeof *c.postings)};
    uint32_t last = view_last_num(view);
    int r = c.preparer && c.postings ? 0 : DUP_ENOMEM;
    article_init(&c.article);
    buf_init(&c.text, LIMIT_LINE);
    for (uint32_t num = view_first_num(view); num && num <= last && r == 0; num++) {
        /* What cannot be read is the store's to report. */
        if (view_article(view, num, &c.article) < 0)
            continue;
        if (view_text(view, num, &c.text) == 0)
            r = check_text(&c);
        if (r == 0)
            r = check_outlet(&c);
    }
    preparer_free(c.preparer);
    free(c.postings);
    article_done(&c.article);
    buf_done(&c.text);
    return r < 0 ? r : c.faults;
}
