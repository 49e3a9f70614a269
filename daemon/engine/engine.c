/*
 * The engine: one article at a time, inside the writer's transaction, from
 * what was found to what is stored. Invariant: an article's record, its
 * cluster, its member row and its postings change together or not at all.
 */
#include "engine/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/internal.h"

#define NEW_HEAD_SHARE 0.8  /* of the article in the head: below it, it carries much new text */
#define NEW_HEAD_WORDS 30   /* words of new text that a further head must bring */
#define CUT_HEAD 0.7        /* of the head: a cut is a further head when it is at most so long */
#define PAGES_MIN 3         /* further pages with the same text that make it furniture */
#define PAGE_TITLES 0.25    /* shared words of two headlines: from here on they name one story */
#define PAGE_WORDS 200      /* longer texts are stories, however often an outlet repeats them */

struct engine *engine_new(struct store *store, const struct engine_options *options)
{
    struct engine *e = calloc(1, sizeof *e);
    if (!e)
        return NULL;
    e->store = store;
    e->options = *options;
    article_init(&e->match);
    article_init(&e->scratch);
    article_init(&e->member);
    e->heads = heads_new(store_secret(store), options->cache_bytes);
    e->comparer = dup_comparer_new();
    e->postings = calloc(LIMIT_VALUES + 1, sizeof *e->postings);
    e->head_postings = calloc(LIMIT_VALUES + 1, sizeof *e->head_postings);
    e->values = calloc(LIMIT_VALUES + 1, sizeof *e->values);
    e->comparisons = calloc(LIMIT_COMPARISONS + 1, sizeof *e->comparisons);
    if (!e->heads || !e->comparer || !e->postings || !e->head_postings || !e->values ||
        !e->comparisons) {
        engine_free(e);
        return NULL;
    }
    return e;
}

void engine_free(struct engine *e)
{
    if (!e)
        return;
    article_done(&e->match);
    article_done(&e->scratch);
    article_done(&e->member);
    heads_free(e->heads);
    dup_comparer_free(e->comparer);
    free(e->postings);
    free(e->head_postings);
    free(e->values);
    free(e->comparisons);
    free(e->stories_a);
    free(e->stories_b);
    free(e);
}

void engine_configure(struct engine *e, const struct engine_options *options)
{
    e->options = *options;
}

void engine_aborted(struct engine *e)
{
    heads_clear(e->heads);
}

/* Where the cluster's text comes from, and how article num stands to that. */
static int fill_source(struct view *view, const struct cluster *c, uint32_t num, struct verdict *ret)
{
    struct print print, first = {0};
    ret->source_kind = (enum source_kind)c->source_kind;
    ret->confidence = c->confidence;
    ret->source[0] = '\0';
    int r = c->source ? view_agency_name(view, c->id, c->source, ret->source) : 0;
    if (r < 0 || !num)
        return r;
    if ((r = view_print(view, num, &print)) == 0 && c->first != num)
        r = view_print(view, c->first, &first);
    if (r == 0)
        ret->standing = source_status(&print, ret->source_kind, c->first == num ? print.outlet : first.outlet);
    return r == DUP_ENOENT ? DUP_ECORRUPT : r;
}

/* What a verdict says of the cluster that the article is in (or, for a check, would be in). */
static int fill_cluster(struct engine *e, struct view *view, uint32_t id, uint32_t num,
                        struct verdict *ret)
{
    struct cluster c;
    int r = cluster_load(e, view, id, &c);
    if (r < 0)
        return r;
    ret->cluster = c.id;
    ret->articles = c.articles;
    ret->outlets = c.outlets;
    ret->first = num && c.first == num;
    return fill_source(view, &c, num, ret);
}

static int fill_match(struct engine *e, struct view *view, const struct match *match,
                      struct verdict *ret)
{
    ret->relation = match->decision.relation;
    ret->share_shorter = match->decision.share_shorter;
    ret->share_longer = match->decision.share_longer;
    ret->jaccard = match->comparison->jaccard;
    ret->longest = match->comparison->longest;
    snprintf(ret->why, sizeof ret->why, "%s", match->decision.why);
    int r = view_article(view, match->head, &e->match);
    ret->match = r == 0 ? &e->match : NULL;
    return r;
}

static int fill_verdict(struct engine *e, struct view *view, const struct finding *found,
                        struct verdict *ret)
{
    ret->furniture = found->furniture;
    if (found->furniture)
        snprintf(ret->why, sizeof ret->why, "a page that is nothing but furniture, seen under several addresses");
    const struct match *best = found->n_joins ? found->joins : found->n_links ? found->links : NULL;
    return best ? fill_match(e, view, best, ret) : 0;
}

int engine_found_verdict(struct engine *e, struct view *view, const struct finding *found,
                         struct verdict *ret)
{
    struct verdict verdict = {.status = VERDICT_CHECKED};
    int r = fill_verdict(e, view, found, &verdict);
    if (r == 0 && found->n_joins)
        r = fill_cluster(e, view, found->joins[0].cluster, 0, &verdict);
    if (r == 0)
        *ret = verdict;
    return r;
}

int engine_check(struct engine *e, const struct prepared *article, int64_t seen,
                 struct verdict *ret)
{
    struct view *view = store_writer_view(e->store);
    struct finding found;
    int r = engine_find(e, view, article, article_time(article->in.published, seen), NULL, &found);
    return r < 0 ? r : engine_found_verdict(e, view, &found, ret);
}

static int unchanged(struct engine *e, struct view *view, uint32_t num, struct verdict *ret)
{
    struct verdict verdict = {.status = VERDICT_UNCHANGED, .num = num, .match = NULL};
    int r = view_article(view, num, &e->scratch);
    if (r < 0)
        return r;
    verdict.relation = e->scratch.relation;
    verdict.version = e->scratch.version;
    verdict.furniture = (e->scratch.flags & ARTICLE_FURNITURE) != 0;
    r = fill_cluster(e, view, view_cluster_id(view, e->scratch.cluster), num, &verdict);
    if (r == 0)
        *ret = verdict;
    return r;
}

static struct str str_of(struct field field)
{
    return (struct str){field.data, field.len};
}

static void fill_record(struct article *record, const struct prepared *p, uint32_t num, int64_t seen)
{
    *record = (struct article){
        .num = num, .cluster = num, .head = num, .version = 1, .words = (uint32_t)p->body.n,
        .claim = p->claim, .place = p->place, .published = p->in.published, .seen = seen, .text_hash = p->text_hash,
        .simhash = p->simhash, .outlet_key = p->outlet, .id = str_of(p->in.id), .outlet = str_of(p->in.outlet),
        .url = str_of(p->in.url), .title = str_of(p->in.title), .byline = str_of(p->in.byline),
        .credit = str_of(p->in.credit), .language = str_of(p->in.language),
        .evolved = str_of(p->in.evolved), .agencies = {p->agencies, strlen(p->agencies)},
        .own = {p->own, strlen(p->own)}, .printed = str_of(p->printed)};
    memcpy(record->minhash, p->minhash, sizeof record->minhash);
    if (p->in.cut)
        record->flags |= ARTICLE_CUT;
}

/* Values that no head of the cluster carries yet; kept in e->values, their number returned. */
static uint32_t missing_values(struct engine *e, const struct cluster *c, uint32_t n)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        const struct posting_list *list = &e->postings[i];
        int known = 0;
        for (uint32_t k = 0; k < list->n && !known; k++)
            for (uint32_t h = 0; h < c->n_heads && !known; h++)
                known = list->nums[k] == c->heads[h];
        if (!known)
            e->values[kept++] = e->values[i];
    }
    return kept;
}

static int same_str(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* Whether the match looks like the same page under another address rather than the same story. */
static int is_another_page(const struct article *record, const struct article *match, double titles)
{
    return (record->relation == DUP_EXACT || record->relation == DUP_COPY) &&
           record->words <= PAGE_WORDS && record->outlet.len && same_str(record->outlet, match->outlet) &&
           record->url.len && match->url.len && !same_str(record->url, match->url) &&
           titles >= 0 && titles < PAGE_TITLES;
}

/*
 * Whether an article is so different from the head it joins through that others may be copies of
 * it and not of that: it brings much of its own, or it is a short cut.
 */
static int stands_apart(const struct match *match, double words)
{
    if (match->share_a < NEW_HEAD_SHARE && (1 - match->share_a) * words >= NEW_HEAD_WORDS)
        return 1;
    return words <= CUT_HEAD * match->comparison->words_b;
}

/* Puts the record into the cluster that it joins; c and record are brought up to date. */
static int join(struct engine *e, struct article *record, const struct finding *found,
                const struct prepared *p, struct cluster *c)
{
    const struct match *best = &found->joins[0];
    struct view *view = store_writer_view(e->store);
    uint32_t id = best->cluster;
    int r = 0;
    e->n_before = 0;
    for (size_t i = 0; i < found->n_joins && r == 0; i++)
        r = cluster_load(e, view, found->joins[i].cluster, &e->before[e->n_before++]);
    for (size_t i = 1; i < found->n_joins && r == 0; i++)
        r = cluster_merge(e, id, view_cluster_id(view, found->joins[i].cluster), &id);
    if (r < 0 || (r = cluster_load(e, view, id, c)) < 0)
        return r;
    record->cluster = id;
    record->head = best->head;
    record->relation = (uint8_t)best->decision.relation;
    record->share_shorter = (float)best->decision.share_shorter;
    record->share_longer = (float)best->decision.share_longer;
    record->jaccard = (float)best->comparison->jaccard;
    record->longest = best->comparison->longest;
    if (c->n_heads < LIMIT_HEADS && stands_apart(best, (double)p->body.n))
        record->flags |= ARTICLE_HEAD;
    return 0;
}

/* Whether a cluster has another source than before the article joined it. */
static int source_changed(const struct engine *e, const struct verdict *v)
{
    for (size_t i = 0; i < e->n_before; i++) {
        const struct cluster *c = &e->before[i];
        if (c->id == v->cluster)
            return c->source_kind != (uint8_t)v->source_kind || c->source != (*v->source ? agency_key(v->source) : 0);
    }
    return 0;
}

/* Appends the record with its postings, text and id. */
static int put_article(struct engine *e, struct article *record, const struct prepared *p)
{
    int is_head = record->flags & ARTICLE_HEAD;
    int r = store_post(e->store, e->values, record->n_values, is_head ? record->num : record->head);
    record->values = e->values;
    if (r == 0)
        r = store_add_article(e->store, record, is_head || e->options.keep_text ? p->packed.data : NULL,
                              p->packed.len);
    if (r == 0)
        r = store_set_id(e->store, record->id.data, record->id.len, record->num);
    return r;
}

static int link_stories(struct engine *e, struct article *record, const struct finding *found)
{
    int r = 0;
    size_t n = record->relation == DUP_ROUNDUP ? found->n_links : found->n_links ? 1 : 0;
    for (size_t i = 0; i < n && r == 0; i++)
        r = cluster_link(e, found->links[i].cluster, record);
    return r;
}

/* Stores what was found; the verdict's cluster figures are filled. */
static int apply(struct engine *e, struct article *record, const struct finding *found,
                 const struct prepared *p, uint32_t own_cluster)
{
    struct cluster c = {0};
    int r = 0;
    uint32_t n = p->n_values + 1;
    if (found->furniture) {
        record->flags |= ARTICLE_FURNITURE;
        n = 0;
    } else if (found->n_joins) {
        if ((r = join(e, record, found, p, &c)) < 0)
            return r;
        n = missing_values(e, &c, n);
    } else {
        record->flags |= ARTICLE_HEAD;
        if (found->n_links) {
            const struct match *best = &found->links[0];
            record->relation = (uint8_t)best->decision.relation;
            record->linked = best->head;
            record->share_shorter = (float)best->decision.share_shorter;
            record->share_longer = (float)best->decision.share_longer;
            record->jaccard = (float)best->comparison->jaccard;
            record->longest = best->comparison->longest;
        }
    }
    if (!found->n_joins && own_cluster)
        record->cluster = own_cluster;
    record->n_values = n;
    if ((r = put_article(e, record, p)) < 0)
        return r;
    if (found->n_joins) {
        if (is_another_page(record, &e->match, found->joins[0].decision.evidence.titles))
            c.pages++;
        r = cluster_join(e, &c, record);
        if (r == 0 && c.pages >= PAGES_MIN && c.pages * 2 >= c.articles)
            r = cluster_dissolve(e, &c);
    } else if (own_cluster) {
        r = cluster_load(e, store_writer_view(e->store), own_cluster, &c);
        if (r == 0)
            r = cluster_join(e, &c, record);
    }
    return r < 0 ? r : link_stories(e, record, found);
}

/* Takes the previous version out of its cluster. *ret_cluster: its cluster's id where it was alone there. */
static int supersede(struct engine *e, struct article *old, uint32_t *ret_cluster)
{
    struct view *view = store_writer_view(e->store);
    struct cluster c;
    uint32_t id = view_cluster_id(view, old->cluster);
    int r = cluster_load(e, view, id, &c);
    if (r == 0)
        r = cluster_leave(e, old);
    if (r < 0)
        return r;
    *ret_cluster = c.articles <= 1 ? id : 0;
    old->flags |= ARTICLE_SUPERSEDED;
    return store_set_article(e->store, old);
}

int engine_submit(struct engine *e, const struct prepared *p, int64_t seen, struct verdict *ret)
{
    struct view *view = store_writer_view(e->store);
    struct verdict verdict = {.status = VERDICT_NEW, .version = 1};
    uint32_t previous = 0, own_cluster = 0;
    int r = view_find_id(view, p->in.id.data, p->in.id.len, &previous);
    if (r == 0) {
        struct article *old = &e->scratch;
        if ((r = view_article(view, previous, old)) < 0)
            return r;
        if (old->text_hash == p->text_hash)
            return unchanged(e, view, previous, ret);
        verdict.status = VERDICT_UPDATED;
        verdict.version = old->version + 1;
        r = supersede(e, old, &own_cluster);
    } else if (r == DUP_ENOENT) {
        r = 0;
    }
    struct finding found;
    e->n_before = 0;
    if (r == 0)
        r = engine_find(e, view, p, article_time(p->in.published, seen), NULL, &found);
    if (r == 0)
        r = fill_verdict(e, view, &found, &verdict);
    if (r < 0)
        return r;
    struct article record;
    fill_record(&record, p, view_last_num(view) + 1, seen);
    record.previous = previous;
    record.version = verdict.version;
    r = apply(e, &record, &found, p, own_cluster);
    if (r == 0)
        r = view_article(view, record.num, &e->scratch);
    if (r < 0)
        return r;
    if (e->scratch.flags & ARTICLE_FURNITURE && !found.furniture) {
        verdict.furniture = 1;
        verdict.relation = DUP_ORIGINAL;
        verdict.match = NULL;
    }
    verdict.num = record.num;
    verdict.merged = found.n_joins > 1;
    r = fill_cluster(e, view, view_cluster_id(view, e->scratch.cluster), record.num, &verdict);
    verdict.source_changed = r == 0 && source_changed(e, &verdict);
    if (r == 0)
        *ret = verdict;
    return r;
}

int engine_delete(struct engine *e, const char *id, size_t len, uint32_t *ret_versions)
{
    struct view *view = store_writer_view(e->store);
    uint32_t num, versions = 0;
    int r = view_find_id(view, id, len, &num);
    if (r == 0)
        r = store_set_id(e->store, id, len, 0);
    for (; r == 0 && num; versions++) {
        struct article *old = &e->scratch;
        if ((r = view_article(view, num, old)) < 0)
            break;
        if (!(old->flags & ARTICLE_SUPERSEDED) && (r = cluster_leave(e, old)) < 0)
            break;
        if ((r = view_article(view, num, old)) < 0)
            break;
        struct article erased = {.num = num, .cluster = old->cluster, .head = num,
                                 .version = old->version, .previous = old->previous,
                                 .flags = ARTICLE_DELETED, .published = DUP_TIME_NONE,
                                 .seen = old->seen};
        num = old->previous;
        heads_forget(e->heads, erased.num);
        if ((r = store_set_article(e->store, &erased)) == 0)
            r = store_del_text(e->store, erased.num);
        if (r == DUP_ENOENT)
            r = 0;
    }
    if (r == 0)
        *ret_versions = versions;
    return r;
}

int engine_expire(struct engine *e, uint32_t below, uint32_t max)
{
    struct view *view = store_writer_view(e->store);
    uint32_t done = 0;
    for (; done < max && view_first_num(view) < below; done++) {
        struct article *old = &e->scratch;
        uint32_t num = view_first_num(view);
        int r = view_article(view, num, old);
        if (r == 0 && !(old->flags & (ARTICLE_SUPERSEDED | ARTICLE_DELETED)))
            r = cluster_leave(e, old);
        if (r == 0)
            r = store_drop_article(e->store, old);
        if (r < 0)
            return r;
    }
    return (int)done;
}
