/*
 * Attribution: what the members of a cluster say of its source, counted as
 * they come and go, so that no article costs a walk over its cluster.
 * Invariant: claims, generic and uncredited in the record, and the rows of
 * evidence, are those of the members; source, source_kind and confidence are
 * what source_decide makes of them.
 */
#include <string.h>

#include "engine/internal.h"
#include "engine/source.h"

static void decide(struct cluster *c, const struct evidence *list, size_t n)
{
    struct source_decision d;
    source_decide(list, n, c->generic, &d);
    c->source_kind = (uint8_t)d.kind;
    c->source = d.best < 0 ? 0 : agency_key(list[d.best].name);
    c->confidence = (uint8_t)(d.confidence * 100 + 0.5);
}

/* by: 1 or -1, as a number that wraps around. */
static void count(struct cluster *c, const struct article *article, uint32_t by)
{
    c->claims[article->claim] += by;
    if (article->claim != DUP_CLAIM_NONE && !article_names_agency(article))
        c->generic += by;
    if (article->claim == DUP_CLAIM_NONE && !article->own.len)
        c->uncredited += by;
}

void attribution_note(struct cluster *c, const struct article *article)
{
    /* Of equal ones the latest: it stays longest. */
    if (article->words >= c->fullest_words) {
        c->fullest = article->num;
        c->fullest_words = article->words;
    }
    if (article->flags & (ARTICLE_CORRECTED | ARTICLE_WITHDRAWN) && article->num > c->notice)
        c->notice = article->num;
}

void attribution_lone(struct cluster *c, const struct article *article)
{
    struct evidence said[DUP_CREDITS_MAX + 1];
    size_t n = article_evidence(article, said, DUP_CREDITS_MAX + 1);
    count(c, article, 1);
    attribution_note(c, article);
    decide(c, said, n);
}

static int settle(struct engine *e, struct cluster *c)
{
    struct evidence list[LIMIT_EVIDENCE];
    int n = view_evidence(store_writer_view(e->store), c->id, LIMIT_EVIDENCE, list);
    if (n < 0)
        return n;
    decide(c, list, (size_t)n);
    return 0;
}

/* Adds what an article says to a row that may be new. */
static int add_row(struct engine *e, uint32_t cluster, uint32_t num, const struct evidence *said)
{
    struct evidence row = {.first = num};
    strcpy(row.name, said->name);
    int r = view_evidence_of(store_writer_view(e->store), cluster, said->name, &row);
    if (r < 0 && r != DUP_ENOENT)
        return r;
    row.own += said->own;
    row.agency += said->agency;
    row.from += said->from;
    row.weak += said->weak;
    if (num < row.first)
        row.first = num;
    return store_put_evidence(e->store, cluster, &row);
}

int attribution_rows(struct engine *e, uint32_t cluster, const struct article *article)
{
    struct evidence said[DUP_CREDITS_MAX + 1];
    size_t n = article_evidence(article, said, DUP_CREDITS_MAX + 1);
    int r = 0;
    for (size_t i = 0; i < n && r == 0; i++)
        r = add_row(e, cluster, article->num, &said[i]);
    return r;
}

int attribution_add(struct engine *e, struct cluster *c, const struct article *article)
{
    count(c, article, 1);
    attribution_note(c, article);
    if (article->claim == DUP_CLAIM_NONE && !article->own.len)
        return 0;
    int r = attribution_rows(e, c->id, article);
    return r < 0 ? r : settle(e, c);
}

/* The first member after num that says something of the agency; 0 for none. */
static int find_next(struct engine *e, uint32_t cluster, uint32_t num, const char *name, uint32_t *ret)
{
    struct view *view = store_writer_view(e->store);
    uint32_t nums[64];
    enum member_kind kinds[64];
    int n;
    *ret = 0;
    for (; (n = view_members(view, cluster, num, 64, nums, kinds)) > 0; num = nums[n - 1]) {
        for (int i = 0; i < n; i++) {
            struct evidence said[DUP_CREDITS_MAX + 1];
            int r = kinds[i] == MEMBER_ARTICLE ? view_article(view, nums[i], &e->member) : DUP_ENOENT;
            if (r == DUP_ENOENT)
                continue;
            if (r < 0)
                return r;
            for (size_t k = article_evidence(&e->member, said, DUP_CREDITS_MAX + 1); k > 0; k--) {
                if (strcmp(said[k - 1].name, name) == 0) {
                    *ret = nums[i];
                    return 0;
                }
            }
        }
    }
    return n;
}

static int del_row(struct engine *e, uint32_t cluster, uint32_t num, const struct evidence *said)
{
    struct evidence row;
    int r = view_evidence_of(store_writer_view(e->store), cluster, said->name, &row);
    if (r < 0)
        return r == DUP_ENOENT ? DUP_ECORRUPT : r;
    row.own -= said->own;
    row.agency -= said->agency;
    row.from -= said->from;
    row.weak -= said->weak;
    if (row.first == num && (row.own || row.agency || row.from || row.weak))
        r = find_next(e, cluster, num, said->name, &row.first);
    return r < 0 ? r : store_put_evidence(e->store, cluster, &row);
}

int attribution_del(struct engine *e, struct cluster *c, const struct article *article)
{
    struct evidence said[DUP_CREDITS_MAX + 1];
    size_t n = article_evidence(article, said, DUP_CREDITS_MAX + 1);
    int r = 0;
    count(c, article, UINT32_MAX);
    for (size_t i = 0; i < n && r == 0; i++)
        r = del_row(e, c->id, article->num, &said[i]);
    return r < 0 || (article->claim == DUP_CLAIM_NONE && n == 0) ? r : settle(e, c);
}

int attribution_notice(struct engine *e, const struct article *article)
{
    struct view *view = store_writer_view(e->store);
    struct cluster c;
    int r = store_set_article(e->store, article);
    if (r == 0)
        r = view_cluster(view, view_cluster_id(view, article->cluster), &c);
    heads_forget(e->heads, article->num);
    if (r < 0)
        return r == DUP_ENOENT ? 0 : r;
    attribution_note(&c, article);
    return store_put_cluster(e->store, &c);
}
