/*
 * Why an article is what it is, as an answer: what is stored of it, what would
 * be decided now, and what that comes from. Invariant: the length of an answer
 * is bounded by the candidates and passages that a decision looks at, whatever
 * the texts; of the texts only short pieces are shown.
 */
#include <string.h>

#include "server/answer.h"
#include "server/examine.h"
#include "server/query.h"

#define PASSAGES 3        /* shown of a comparison, the longest */
#define DIFFERENCES 6     /* shown of a comparison, the first */
#define DIFFERENCE_WORDS 12
#define PIECE_BYTES 240   /* of a text shown at a place */

static const char *const outcomes[TRIAL_OUTCOMES] = {
    [TRIAL_NOT_COMPARED] = "not-compared", [TRIAL_NO_TEXT] = "no-text", [TRIAL_TOO_FEW] = "too-few",
    [TRIAL_SUPERSEDED] = "superseded",
    [TRIAL_WINDOW] = "window",             [TRIAL_NOTHING] = "nothing", [TRIAL_FURNITURE] = "furniture",
    [TRIAL_JOINS] = "joins",               [TRIAL_LINKED] = "linked",   [TRIAL_SAME_CLUSTER] = "same-cluster",
    [TRIAL_APART] = "apart",               [TRIAL_OUTDONE] = "outdone",
};

static void key_word(struct buf *out, const char *key, const char *word)
{
    json_key_string(out, key, word, strlen(word));
}

static void write_stories(struct buf *out, const char *key, const uint32_t *counts)
{
    static const char *const classes[STORY_CLASSES] = {"0", "1", "2-4", "5-24", "25-64", "more"};
    json_key(out, key);
    json_open(out, '{');
    for (size_t i = 0; i < STORY_CLASSES; i++)
        json_key_int(out, classes[i], counts[i]);
    json_close(out, '}');
}

/* The words of n tokens as they stand in the text, the end of a long piece left out. */
static void write_piece(struct buf *out, const char *key, const struct wording *w, uint32_t at, uint32_t n)
{
    const struct dup_tokens *t = &w->words;
    char piece[PIECE_BYTES + 4];
    size_t kept = n;
    while (kept > 1 && t->end[at + kept - 1] - t->begin[at] > PIECE_BYTES)
        kept--;
    size_t len = n ? t->end[at + kept - 1] - t->begin[at] : 0;
    json_key(out, key);
    if (len > PIECE_BYTES)
        len = 0;
    memcpy(piece, w->text.data + (len ? t->begin[at] : 0), len);
    memcpy(piece + len, kept < n ? " ..." : "", kept < n ? 4 : 0);
    json_string(out, piece, kept < n ? len + 4 : len);
}

static void write_passages(struct buf *out, const struct dup_comparison *c, const struct wording *own)
{
    size_t shown[PASSAGES], n = 0;
    for (size_t i = 0; i < c->n_spans; i++) {
        size_t place = n < PASSAGES ? n++ : PASSAGES;
        while (place > 0 && c->spans[i].n > c->spans[shown[place - 1]].n) {
            if (place < PASSAGES)
                shown[place] = shown[place - 1];
            place--;
        }
        if (place < PASSAGES)
            shown[place] = i;
    }
    json_key(out, "passages");
    json_open(out, '[');
    for (size_t i = 0; i < n; i++) {
        const struct dup_span *span = &c->spans[shown[i]];
        json_open(out, '{');
        json_key_int(out, "words", span->n);
        write_piece(out, "text", own, span->a, span->n);
        json_close(out, '}');
    }
    json_close(out, ']');
}

/* What stands between two passages that follow each other in both texts, where it is short. */
static void write_differences(struct buf *out, const struct dup_comparison *c, const struct wording *a,
                              const struct wording *b)
{
    json_key(out, "differences");
    json_open(out, '[');
    for (size_t i = 0, shown = 0; i + 1 < c->n_spans && shown < DIFFERENCES; i++) {
        const struct dup_span *p = &c->spans[i], *q = p + 1;
        uint32_t from_a = p->a + p->n, from_b = p->b + p->n;
        if (q->b < from_b || q->a - from_a > DIFFERENCE_WORDS || q->b - from_b > DIFFERENCE_WORDS)
            continue;
        json_open(out, '{');
        write_piece(out, "a", a, from_a, q->a - from_a);
        write_piece(out, "b", b, from_b, q->b - from_b);
        json_close(out, '}');
        shown++;
    }
    json_close(out, ']');
}

static int write_head(struct buf *out, struct view *view, uint32_t num, struct article *scratch)
{
    int r = view_article(view, num, scratch);
    json_key(out, "head");
    if (r == 0)
        answer_brief(out, scratch);
    return r;
}

static int write_trial(struct buf *out, struct store *store, const struct trial *trial, const struct wording *own)
{
    struct wording head;
    int r = wording_read(&head, store, trial->head, trial->text);
    if (r < 0)
        return r;
    key_word(out, "relation", dup_relation_word(trial->decision.relation));
    key_word(out, "why", trial->decision.why);
    json_key_real(out, "share_shorter", trial->decision.share_shorter, 4);
    json_key_real(out, "share_longer", trial->decision.share_longer, 4);
    json_key_real(out, "jaccard", trial->comparison->jaccard, 4);
    json_key_int(out, "longest_run", trial->comparison->longest);
    examine_evidence(out, &trial->decision);
    examine_spans(out, trial->comparison, own, &head);
    write_passages(out, trial->comparison, own);
    write_differences(out, trial->comparison, own, &head);
    wording_done(&head);
    return 0;
}

static int write_candidate(struct buf *out, struct store *store, const struct trial *trial, const struct wording *own,
                           struct article *scratch)
{
    struct view *view = store_writer_view(store);
    json_open(out, '{');
    int r = write_head(out, view, trial->head, scratch);
    if (r < 0)
        return r;
    answer_key_cluster(out, "cluster", view_cluster_id(view, scratch->cluster));
    json_key_int(out, "hits", trial->hits);
    json_key_real(out, "weight", trial->weight, 3);
    key_word(out, "outcome", outcomes[trial->outcome]);
    if (trial->comparison)
        r = write_trial(out, store, trial, own);
    json_close(out, '}');
    return r;
}

static void write_now(struct buf *out, const struct verdict *now)
{
    json_key(out, "now");
    json_open(out, '{');
    answer_decision(out, now);
    json_close(out, '}');
}

static int write_pair(struct buf *out, struct store *store, const struct explanation *e, const struct wording *own)
{
    struct wording other;
    int r = wording_read(&other, store, e->other->num, e->pair.text_b);
    if (r < 0)
        return r;
    json_key(out, "comparison");
    json_open(out, '{');
    examine_pair(out, &e->pair, own, &other);
    write_passages(out, e->pair.comparison, own);
    write_differences(out, e->pair.comparison, own, &other);
    json_close(out, '}');
    wording_done(&other);
    return 0;
}

static int write_other(struct buf *out, struct store *store, const struct explanation *e, const struct wording *own,
                       struct article *scratch)
{
    struct view *view = store_writer_view(store);
    int r = 0;
    json_key(out, "other");
    json_open(out, '{');
    json_key(out, "article");
    answer_article(out, view, e->other, NULL);
    json_key(out, "heads");
    json_open(out, '[');
    for (size_t i = 0; i < e->n_standings && r == 0; i++) {
        const struct standing *standing = &e->standings[i];
        json_open(out, '{');
        r = write_head(out, view, standing->head, scratch);
        if (standing->trial)
            json_key_int(out, "candidate", standing->trial - e->trials + 1);
        write_stories(out, "shared", standing->shared);
        json_close(out, '}');
    }
    json_close(out, ']');
    if (r == 0 && e->has_pair)
        r = write_pair(out, store, e, own);
    json_close(out, '}');
    return r;
}

static int write_explanation(struct request *request, struct store *store, const struct explanation *e,
                             struct article *scratch)
{
    struct buf *out = &request->reply;
    struct wording own;
    int r = wording_read(&own, store, e->article->num, e->text);
    if (r < 0)
        return r;
    request_begin(request, out);
    json_key(out, "article");
    answer_article(out, store_writer_view(store), e->article, NULL);
    write_now(out, &e->now);
    json_key_int(out, "values", e->text->n_values);
    write_stories(out, "stories", e->stories);
    json_key(out, "candidates");
    json_open(out, '[');
    for (size_t i = 0; i < e->n_trials && r == 0; i++)
        r = write_candidate(out, store, &e->trials[i], &own, scratch);
    json_close(out, ']');
    if (r == 0 && e->other)
        r = write_other(out, store, e, &own, scratch);
    json_close(out, '}');
    buf_add_char(out, '\n');
    wording_done(&own);
    return r;
}

int examine_explain(struct engine *engine, struct store *store, struct request *request)
{
    struct view *view = store_writer_view(store);
    struct explanation explanation;
    struct article article, scratch;
    struct str other = {0};
    uint32_t num = 0, against = 0;
    article_init(&article);
    article_init(&scratch);
    int r = query_find(request, view, "article", &article);
    if (r == 0)
        num = article.num;
    if (r == 0 && (r = query_string(request, "other", 0, &other)) == 0 && other.data &&
        (r = query_find(request, view, "other", &article)) == 0)
        against = article.num;
    if (r == 0 && num == against)
        r = json_error_set(&request->error, DUP_EINVAL, "other", JSON_NOWHERE, "other must be another article");
    if (r == 0) {
        r = engine_explain(engine, num, against, &explanation);
        if (r == 0)
            r = write_explanation(request, store, &explanation, &scratch);
        if (r == DUP_ENOENT)
            json_error_set(&request->error, r, "article", JSON_NOWHERE, "the text of this article is not kept");
    }
    article_done(&scratch);
    article_done(&article);
    return r < 0 ? r : request->reply.error;
}
