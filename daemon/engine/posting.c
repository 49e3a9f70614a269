/*
 * Posting: what of a cluster's texts stands in the index, and under which of its
 * heads. Invariant: each head is found by its own text; and what several heads
 * have in common stands under one of them, so that the length of a posting list
 * counts stories. A number that has gone stays in the lists until it expires.
 */
#include <string.h>

#include "engine/internal.h"

#define LOOKED_AT 256 /* members among which another head is chosen */
#define UNLISTED 24   /* heads beside those of the list that post anew with them */

int posting_missing(struct engine *e, const struct cluster *c, uint32_t own, uint32_t *n_values, int learns)
{
    uint32_t posted[LIMIT_HEADS + 1], n_posted = 0, kept = 0, n = *n_values;
    posted[n_posted++] = own;
    for (uint32_t h = 0; c && h < c->n_heads; h++) {
        int r = heads_posted(e->heads, store_writer_view(e->store), c->heads[h], &posted[n_posted]);
        n_posted += r == 0;
        if (r < 0 && r != DUP_ENOENT)
            return r;
    }
    for (uint32_t i = 0; i < n; i++) {
        const struct posting_list *list = &e->postings[i];
        int known = 0;
        for (uint32_t k = 0; k < list->n && !known; k++)
            for (uint32_t h = 0; h < n_posted && !known; h++)
                known = list->nums[k] == posted[h];
        if (known)
            continue;
        e->values[kept++] = e->values[i];
        if (learns && i + 1 < n)
            again_note(e, list);
    }
    *n_values = kept;
    return 0;
}

/* Reads a member into e->member and makes it a head whose values stand under a number that is kept. */
static int make_head(struct engine *e, uint32_t num)
{
    struct view *view = store_writer_view(e->store);
    int r = view_article(view, num, &e->member);
    if (r < 0 || (e->member.flags & ARTICLE_HEAD && e->member.posted >= view_first_num(view)))
        return r;
    e->member.flags |= ARTICLE_HEAD;
    e->member.posted = num;
    heads_forget(e->heads, num);
    return store_set_article(e->store, &e->member);
}

/* Into the index what a head's text has and no head of its cluster has posted. */
static int post_head(struct engine *e, const struct cluster *c, uint32_t num)
{
    struct head *head;
    int r = make_head(e, num);
    if (r == 0)
        r = heads_get(e->heads, store_writer_view(e->store), num, &head);
    if (r < 0)
        return r;
    uint32_t n = head->text.n_values + 1, posted = head->article.posted;
    memcpy(e->values, head->text.values, n * sizeof *e->values);
    r = store_probe(e->store, e->values, n, NULL, e->postings);
    if (r == 0)
        r = posting_missing(e, c, posted, &n, 0);
    return r < 0 ? r : store_post(e->store, e->values, n, posted);
}

static int post_heads(struct engine *e, const struct cluster *c)
{
    int r = 0;
    for (uint32_t i = 0; i < c->n_heads && r == 0; i++)
        r = post_head(e, c, c->heads[i]);
    return r;
}

static int is_listed(const struct cluster *c, uint32_t num)
{
    uint32_t at = 0;
    while (at < c->n_heads && c->heads[at] != num)
        at++;
    return at < c->n_heads;
}

struct choice {
    struct cluster *cluster;
    uint32_t nums[LOOKED_AT + 1], words[LOOKED_AT + 1], n;
    uint32_t unlisted[UNLISTED], n_unlisted;
};

/* Of clusters that became one with more heads than fit some are not in the list: they come into it when there is room. */
static void note_unlisted(struct choice *choice, uint32_t num)
{
    struct cluster *c = choice->cluster;
    if (is_listed(c, num))
        return;
    if (c->n_heads < LIMIT_HEADS)
        c->heads[c->n_heads++] = num;
    else if (choice->n_unlisted < UNLISTED)
        choice->unlisted[choice->n_unlisted++] = num;
}

static int look_at(struct engine *e, struct article *member, void *arg)
{
    struct choice *choice = arg;
    (void)e;
    if (member->flags & ARTICLE_HEAD)
        note_unlisted(choice, member->num);
    choice->nums[choice->n] = member->num;
    choice->words[choice->n] = member->words;
    return ++choice->n == LOOKED_AT;
}

/* The cluster's fullest text, if the record names a member, else that of the first members; of equal ones the latest: it stays longest. */
static int choose(struct engine *e, struct choice *choice, uint32_t *ret)
{
    struct view *view = store_writer_view(e->store);
    const struct cluster *c = choice->cluster;
    struct head *text;
    int r = view_article(view, c->fullest, &e->member);
    if (r == 0 && article_is_current(&e->member) && cluster_has(e, c->id, c->fullest)) {
        choice->nums[choice->n] = c->fullest;
        choice->words[choice->n++] = c->fullest_words;
    }
    while (r == 0 || r == DUP_ENOENT) {
        uint32_t best = 0;
        for (uint32_t i = 1; i < choice->n; i++)
            if (choice->words[i] > choice->words[best] || (choice->words[i] == choice->words[best] && choice->nums[i] > choice->nums[best]))
                best = i;
        *ret = choice->n && choice->words[best] ? choice->nums[best] : 0;
        r = *ret ? heads_get(e->heads, view, *ret, &text) : 0;
        if (r == 0)
            break;
        choice->words[best] = 0; /* its text is not kept */
    }
    return r;
}

int posting_head_left(struct engine *e, struct cluster *c)
{
    struct choice choice = {.cluster = c};
    uint32_t fullest = 0;
    int r = cluster_each(e, c->id, MEMBER_ARTICLE, look_at, &choice);
    if (r >= 0)
        r = choose(e, &choice, &fullest);
    if (r == 0 && fullest && !is_listed(c, fullest) && c->n_heads < LIMIT_HEADS)
        c->heads[c->n_heads++] = fullest;
    /* Whether they post something or nothing, first all are made heads that have a number to post under. */
    for (uint32_t i = 0; i < c->n_heads && r == 0; i++)
        r = make_head(e, c->heads[i]);
    if (r == 0)
        r = post_heads(e, c);
    for (uint32_t i = 0; i < choice.n_unlisted && r == 0; i++)
        r = post_head(e, c, choice.unlisted[i]);
    return r;
}

int posting_outlive(struct engine *e, const struct article *version)
{
    struct view *view = store_writer_view(e->store);
    struct cluster c;
    uint32_t num;
    int r = view_find_id(view, version->id.data, version->id.len, &num);
    if (r == 0)
        r = view_article(view, num, &e->member);
    if (r < 0 || e->member.posted != version->num || !(e->member.flags & ARTICLE_HEAD))
        return r == DUP_ENOENT ? 0 : r;
    r = cluster_load(e, view, view_cluster_id(view, e->member.cluster), &c);
    if (r == 0)
        r = post_head(e, &c, num);
    return r < 0 ? r : post_heads(e, &c);
}
