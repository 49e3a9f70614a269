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
    struct article article, found;  /* found: what a number leads to */
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

/* Whether a number of a posting list leads into the cluster: as a look-up follows it, to the article's current version. */
static int leads_into(struct head_check *c, uint32_t num, uint32_t cluster)
{
    struct article *a = &c->found;
    if (view_article(c->view, num, a) < 0)
        return 0;
    if (a->flags & ARTICLE_SUPERSEDED && (view_find_id(c->view, a->id.data, a->id.len, &num) < 0 || view_article(c->view, num, a) < 0))
        return 0;
    return !(a->flags & ARTICLE_DELETED) && view_cluster_id(c->view, a->cluster) == cluster;
}

/* Whether a look-up of value leads to the article or into its cluster, or says that the value is common. */
static int is_found(struct head_check *c, uint64_t value, uint32_t cluster)
{
    const struct posting_list *list = c->postings;
    if (store_probe(c->store, &value, 1, NULL, c->postings) < 0)
        return 0;
    for (uint32_t i = 0; i < list->n; i++)
        if (list->nums[i] == c->article.posted || leads_into(c, list->nums[i], cluster))
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
    uint32_t found = 0, cluster = view_cluster_id(c->view, a->cluster);
    for (uint32_t i = 0; is_head && i < text.n_values; i++)
        found += is_found(c, text.values[i], cluster) ? 1 : 0;
    /* Of clusters that became one with more heads than fit, some are only members, with what they posted. */
    if (is_head && found * 2 < text.n_values && !is_found(c, text.values[text.n_values], cluster))
        fault(c, "a head that its own text does not find");
    prepared_done(&text);
    return 0;
}

static int check_outlet(struct head_check *c)
{
    const struct article *a = &c->article;
    struct cluster cluster;
    uint32_t id = view_cluster_id(c->view, a->cluster);
    if (!article_is_current(a) || !a->outlet.len || view_cluster(c->view, id, &cluster) < 0)
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
    article_init(&c.found);
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
    article_done(&c.found);
    buf_done(&c.text);
    return r < 0 ? r : c.faults;
}
