/*
 * The engine: one article at a time, inside the writer's transaction, from
 * request to verdict. Invariant: nothing is written before all that decides
 * has been found.
 */
#include "engine/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "engine/internal.h"

#define LOOK_AHEAD 4096 /* articles from the future that are looked past */
#define REPACKED_MAX STORE_FREE_MAX /* texts that one step of the expiry packs anew: about as long as its articles take */
#define LIKELY_SHARE 16 /* of the cache, for the guess at what an article is a copy of */

struct engine *engine_new(struct store *store, const struct engine_options *options)
{
    struct engine *e = calloc(1, sizeof *e);
    if (!e)
        return NULL;
    e->store = store;
    e->options = *options;
    buf_init(&e->packed, LIMIT_LINE);
    article_init(&e->match);
    article_init(&e->scratch);
    article_init(&e->member);
    e->likely = likely_new(options->cache_bytes / LIKELY_SHARE);
    if (e->likely)
        e->heads = heads_new(store_secret(store), options->cache_bytes - options->cache_bytes / LIKELY_SHARE, e->likely);
    e->comparer = dup_comparer_new();
    e->postings = calloc(LIMIT_VALUES + 1, sizeof *e->postings);
    e->head_postings = calloc(LIMIT_VALUES + 1, sizeof *e->head_postings);
    e->values = calloc(LIMIT_VALUES + 1, sizeof *e->values);
    e->head_values = calloc(LIMIT_VALUES + 1, sizeof *e->head_values);
    e->comparisons = calloc(LIMIT_COMPARISONS + 1, sizeof *e->comparisons);
    if (!e->heads || !e->comparer || !e->postings || !e->head_postings || !e->values || !e->head_values ||
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
    likely_free(e->likely);
    buf_done(&e->packed);
    dup_comparer_free(e->comparer);
    free(e->postings);
    free(e->head_postings);
    free(e->values);
    free(e->head_values);
    free(e->comparisons);
    free(e->stories_a);
    free(e->stories_b);
    free(e);
}

void engine_configure(struct engine *e, const struct engine_options *options)
{
    e->options = *options;
}

void engine_figures(const struct engine *e, struct engine_figures *ret)
{
    struct heads_figures heads;
    heads_figures(e->heads, &heads);
    *ret = (struct engine_figures){heads.found, heads.made, heads.bytes, e->find_us, e->apply_us};
}

void engine_aborted(struct engine *e)
{
    heads_clear(e->heads);
}

/* Where the cluster's text comes from, and how an article in it (NULL for none) stands to that. */
static int fill_source(struct view *view, const struct cluster *c, const struct article *record, struct verdict *ret)
{
    struct print print, first = {0};
    ret->source_kind = (enum source_kind)c->source_kind;
    ret->confidence = c->confidence;
    ret->source[0] = '\0';
    int r = c->source ? view_agency_name(view, c->id, c->source, ret->source) : 0;
    if (r < 0 || !record)
        return r;
    print_of(record, &print);
    if (c->first != record->num)
        r = view_print(view, c->first, &first);
    if (r == 0)
        ret->standing = source_status(print.claim, print.flags, ret->source_kind,
                                      c->first == record->num || print.outlet == first.outlet);
    return r == DUP_ENOENT ? DUP_ECORRUPT : r;
}

/* What a verdict says of the cluster that the article is in (or, for a check, would be in). */
static int fill_cluster(struct engine *e, struct view *view, uint32_t id, const struct article *record,
                        struct verdict *ret)
{
    struct cluster c;
    int r = cluster_load(e, view, id, &c);
    if (r < 0)
        return r;
    ret->cluster = c.id;
    ret->articles = c.articles;
    ret->outlets = c.outlets;
    ret->first = record && c.first == record->num;
    return fill_source(view, &c, record, ret);
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
        snprintf(ret->why, sizeof ret->why, WHY_FURNITURE);
    const struct match *best = found->n_joins ? found->joins : found->n_links ? found->links : NULL;
    return best ? fill_match(e, view, best, ret) : 0;
}

int engine_found_verdict(struct engine *e, struct view *view, const struct finding *found,
                         struct verdict *ret)
{
    struct verdict verdict = {.status = VERDICT_CHECKED};
    int r = fill_verdict(e, view, found, &verdict);
    if (r == 0 && found->n_joins)
        r = fill_cluster(e, view, found->joins[0].cluster, NULL, &verdict);
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

/* What is named by something stored must be there; only what is asked for may be missing. */
static int lost(int r)
{
    return r == DUP_ENOENT ? DUP_ECORRUPT : r;
}

/* What stands in a stored article's record, and of its cluster; without what it was compared with. */
static int fill_stored(struct engine *e, struct view *view, const struct article *record, struct verdict *ret)
{
    ret->num = record->num;
    ret->relation = record->relation;
    ret->version = record->version;
    ret->furniture = (record->flags & ARTICLE_FURNITURE) != 0;
    return fill_cluster(e, view, view_cluster_id(view, record->cluster), record, ret);
}

/* The same of what a stored article was compared with: the verdict as it would have been. */
static int fill_compared(struct engine *e, struct view *view, const struct article *record, struct verdict *ret)
{
    uint32_t other = record->linked ? record->linked : record->head;
    int r = other == record->num ? DUP_ENOENT : view_article(view, other, &e->match);
    ret->match = r == 0 ? &e->match : NULL;
    ret->share_shorter = record->share_shorter;
    ret->share_longer = record->share_longer;
    ret->jaccard = record->jaccard;
    ret->longest = record->longest;
    return r == DUP_ENOENT ? 0 : r;
}

int engine_changed_verdict(struct engine *e, const struct changed *changed, struct verdict *ret, const struct article **ret_article)
{
    struct view *view = store_writer_view(e->store);
    struct verdict verdict = {.status = VERDICT_CHANGED};
    memcpy(verdict.why, changed->why, sizeof verdict.why);
    int r = view_article(view, changed->num, &e->scratch);
    if (r == 0)
        r = fill_stored(e, view, &e->scratch, &verdict);
    if (r == 0)
        r = fill_compared(e, view, &e->scratch, &verdict);
    if (r < 0)
        return lost(r);
    *ret = verdict;
    *ret_article = &e->scratch;
    return 0;
}

/* The same text again; it may say now that it corrects or withdraws what was there. */
static int unchanged(struct engine *e, struct view *view, uint32_t num, unsigned notice, struct verdict *ret)
{
    struct verdict verdict = {.status = VERDICT_UNCHANGED};
    int r = view_article(view, num, &e->scratch);
    if (r == 0 && notice & ~(unsigned)e->scratch.flags) {
        verdict.status = VERDICT_UPDATED;
        e->scratch.flags |= (uint8_t)notice;
        r = attribution_notice(e, &e->scratch);
    }
    if (r == 0)
        r = fill_stored(e, view, &e->scratch, &verdict);
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
        .num = num, .cluster = num, .head = num, .posted = num, .version = 1, .words = (uint32_t)p->body.n,
        .claim = p->claim, .place = p->place, .published = p->in.published, .seen = seen, .text_hash = p->text_hash,
        .simhash = p->simhash, .outlet_key = p->outlet, .id = str_of(p->in.id), .outlet = str_of(p->in.outlet),
        .url = str_of(p->in.url), .title = str_of(p->in.title), .byline = str_of(p->in.byline),
        .credit = str_of(p->in.credit), .language = str_of(p->in.language),
        .evolved = str_of(p->in.evolved), .agencies = {p->agencies, strlen(p->agencies)},
        .own = {p->own, strlen(p->own)}, .printed = str_of(p->printed)};
    record->flags = (uint8_t)(p->notice | (p->in.cut ? ARTICLE_CUT : 0));
}

/* The clusters that an article joins, as they are before it does. */
static int keep_before(struct engine *e, struct view *view, const struct finding *found)
{
    int r = 0;
    for (e->n_before = 0; e->n_before < found->n_joins && r == 0; e->n_before++)
        r = cluster_load(e, view, found->joins[e->n_before].cluster, &e->before[e->n_before]);
    return r;
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

static int submit(struct engine *e, const struct prepared *p, int64_t seen, struct verdict *ret)
{
    struct view *view = store_writer_view(e->store);
    struct verdict verdict = {.status = VERDICT_NEW};
    uint32_t version = 1, previous = 0, own_cluster = 0, posted = 0;
    int r = view_find_id(view, p->in.id.data, p->in.id.len, &previous);
    if (r == 0) {
        struct article *old = &e->scratch;
        if ((r = view_article(view, previous, old)) < 0)
            return r;
        if (old->text_hash == p->text_hash)
            return unchanged(e, view, previous, p->notice, ret);
        verdict.status = VERDICT_UPDATED;
        version = old->version + 1;
        posted = old->flags & ARTICLE_HEAD ? old->posted : 0;
        r = article_supersede(e, old, &own_cluster);
    } else if (r == DUP_ENOENT) {
        r = 0;
    }
    struct finding found;
    uint64_t begun_us = clock_elapsed_us();
    if (r == 0)
        r = engine_find(e, view, p, article_time(p->in.published, seen), NULL, &found);
    if (r == 0)
        r = fill_verdict(e, view, &found, &verdict);
    if (r == 0)
        r = keep_before(e, view, &found);
    if (r < 0)
        return r;
    uint64_t found_us = clock_elapsed_us();
    e->find_us += found_us - begun_us;
    struct article record;
    fill_record(&record, p, view_last_num(view) + 1, seen);
    record.previous = previous;
    if (posted)
        record.posted = posted;
    record.version = version;
    r = article_apply(e, &record, &found, p, own_cluster);
    if (r == 0 && found.digest)
        r = digest_redecide(e, found.digest);
    else if (r == 0 && e->n_worn && (r = again_learned(e, record.num)) == 0)
        r = view_find_id(view, p->in.id.data, p->in.id.len, &record.num);
    if (r == 0)
        r = view_article(view, record.num, &e->scratch);
    /* It may be something else by now than it was found to be. */
    if (r == 0 && (again_take(e, record.num, verdict.why) || e->scratch.flags & ARTICLE_FURNITURE))
        r = fill_compared(e, view, &e->scratch, &verdict);
    if (r == 0 && e->scratch.flags & ARTICLE_FURNITURE)
        snprintf(verdict.why, sizeof verdict.why, WHY_FURNITURE);
    if (r == 0)
        r = fill_stored(e, view, &e->scratch, &verdict);
    verdict.merged = e->merged;
    verdict.source_changed = r == 0 && source_changed(e, &verdict);
    e->apply_us += clock_elapsed_us() - found_us;
    if (r == 0)
        *ret = verdict;
    return r;
}

int engine_submit(struct engine *e, const struct prepared *p, int64_t seen, struct verdict *ret)
{
    e->merged = 0;
    e->n_changed = 0;
    return lost(submit(e, p, seen, ret));
}

int engine_delete(struct engine *e, const char *id, size_t len, uint32_t *ret_versions)
{
    struct view *view = store_writer_view(e->store);
    uint32_t num, versions = 0, last = 0;
    int r = view_find_id(view, id, len, &num);
    if (r == 0)
        r = store_del_id(e->store, id, len);
    /* Earlier versions may have expired. */
    while (r == 0 && num && num >= view_first_num(view)) {
        struct article *old = &e->scratch;
        if ((r = view_article(view, num, old)) < 0)
            return lost(r);
        if (!(old->flags & ARTICLE_SUPERSEDED) && (r = cluster_leave(e, old)) < 0)
            return lost(r);
        if ((r = view_article(view, num, old)) < 0)
            return lost(r);
        versions += old->version != last;
        last = old->version;
        struct article erased = {.num = num, .cluster = old->cluster, .head = num,
                                 .version = old->version, .previous = old->previous,
                                 .flags = (uint8_t)(ARTICLE_DELETED | (old->flags & ARTICLE_AGAIN)), .published = DUP_TIME_NONE,
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

/*
 * The article at which those that may go begin with num end: num where it is not due. A clock that was
 * ahead for a while leaves articles from the future, which say nothing; the next one after them does.
 */
static int due_until(struct engine *e, uint32_t num, int64_t oldest, int64_t now, uint32_t *ret_until)
{
    struct view *view = store_writer_view(e->store);
    uint32_t last = view_last_num(view), until = num;
    *ret_until = num;
    for (; until <= last && until - num < LOOK_AHEAD; until++) {
        int r = view_article(view, until, &e->scratch);
        if (r < 0)
            return r;
        if (e->scratch.seen > now || (until > num && e->scratch.flags & ARTICLE_AGAIN))
            continue;
        if (e->scratch.seen < oldest)
            *ret_until = until + 1;
        break;
    }
    return 0;
}

/* The oldest article, and what depends on it. *left: texts that may still be packed anew. 1: not all of them were. */
static int expire_one(struct engine *e, uint32_t num, uint32_t *left)
{
    struct article *old = &e->scratch;
    int freed = store_free_text(e->store, num, *left), r = freed < 0 ? freed : 0;
    *left -= r == 0 ? (uint32_t)freed : 0;
    if (r == 0 && *left == 0)
        return 1;
    if (r == 0)
        r = view_article(store_writer_view(e->store), num, old);
    if (r == 0 && article_is_current(old))
        r = cluster_leave(e, old);
    if (r == 0)
        r = store_drop_article(e->store, old);
    return r == 0 && old->flags & ARTICLE_SUPERSEDED ? posting_outlive(e, old) : r;
}

static int expire(struct engine *e, int64_t oldest, int64_t now, uint32_t max, int *ret_more)
{
    struct view *view = store_writer_view(e->store);
    uint32_t done = 0, left = REPACKED_MAX, until = view_first_num(view), num;
    *ret_more = 0;
    for (; (num = view_first_num(view)) <= view_last_num(view); done++) {
        int r = num < until ? 0 : due_until(e, num, oldest, now, &until);
        if (r < 0 || num >= until)
            return r < 0 ? r : (int)done;
        *ret_more = done == max;
        if (!*ret_more && (r = expire_one(e, num, &left)) < 0)
            return r;
        *ret_more |= r;
        if (*ret_more)
            break;
    }
    return (int)done;
}

int engine_expire(struct engine *e, int64_t oldest, int64_t now, uint32_t max, int *ret_more)
{
    e->expiring = 1;
    e->n_put_off = 0;
    int done = expire(e, oldest, now, max, ret_more), r = done < 0 ? done : cluster_renew_put_off(e);
    e->expiring = 0;
    return r < 0 ? r : done;
}
