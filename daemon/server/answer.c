/* Answers as JSON. Invariant: a field without a value is left out, never empty or null. */
#include "server/answer.h"

#include <string.h>

void answer_key_str(struct buf *out, const char *key, struct str value)
{
    json_key_string(out, key, value.data, value.len);
}

void answer_key_time(struct buf *out, const char *key, int64_t ms)
{
    char text[40];
    if (ms != DUP_TIME_NONE) {
        const char *time = time_format(ms, text, sizeof text);
        json_key_string(out, key, time, strlen(time));
    }
}

void answer_key_cluster(struct buf *out, const char *key, uint32_t id)
{
    json_key(out, key);
    buf_add_str(out, "\"c");
    buf_add_number(out, id, 1);
    buf_add_char(out, '"');
}

static void key_word(struct buf *out, const char *key, const char *word)
{
    json_key_string(out, key, word, strlen(word));
}

void answer_brief_fields(struct buf *out, const struct article *article)
{
    answer_key_str(out, "id", article->id);
    answer_key_str(out, "outlet", article->outlet);
    answer_key_str(out, "url", article->url);
    answer_key_str(out, "title", article->title);
    answer_key_time(out, "published", article->published);
}

void answer_brief(struct buf *out, const struct article *article)
{
    json_open(out, '{');
    answer_brief_fields(out, article);
    json_close(out, '}');
}

static void scores(struct buf *out, double shorter, double longer, double jaccard, uint32_t longest)
{
    json_key_real(out, "share_shorter", shorter, 4);
    json_key_real(out, "share_longer", longer, 4);
    json_key_real(out, "jaccard", jaccard, 4);
    json_key_int(out, "longest_run", longest);
}

void answer_decision(struct buf *out, const struct verdict *verdict)
{
    key_word(out, "relation", dup_relation_word(verdict->relation));
    if (verdict->cluster) {
        answer_key_cluster(out, "cluster", verdict->cluster);
        json_key_int(out, "articles", verdict->articles);
        json_key_int(out, "outlets", verdict->outlets);
        json_key_bool(out, "first", verdict->first);
    }
    if (verdict->version)
        json_key_int(out, "version", verdict->version);
    if (verdict->furniture)
        json_key_bool(out, "furniture", 1);
    if (verdict->match) {
        json_key(out, "match");
        answer_brief(out, verdict->match);
        scores(out, verdict->share_shorter, verdict->share_longer, verdict->jaccard, verdict->longest);
    }
    answer_source_brief(out, "source", verdict->source_kind, verdict->source, verdict->confidence);
    json_key_string(out, "why", verdict->why, strlen(verdict->why));
}

void answer_verdict(struct buf *out, const struct verdict *verdict, uint64_t took_us)
{
    static const char *const status[] = {"new", "unchanged", "updated", "checked", "changed"};
    key_word(out, "status", status[verdict->status]);
    answer_decision(out, verdict);
    json_key_int(out, "took_us", (int64_t)took_us);
}

void answer_source_fields(struct buf *out, enum source_kind kind, const char *name, unsigned confidence)
{
    key_word(out, "kind", source_kind_word(kind));
    json_key_string(out, "name", name, strlen(name));
    if (kind == SOURCE_AGENCY)
        json_key_real(out, "confidence", confidence / 100.0, 2);
}

void answer_source_brief(struct buf *out, const char *key, enum source_kind kind, const char *name,
                         unsigned confidence)
{
    if (kind == SOURCE_OUTLET)
        return;
    json_key(out, key);
    json_open(out, '{');
    answer_source_fields(out, kind, name, confidence);
    json_close(out, '}');
}

static void key_id_of(struct buf *out, struct view *view, const char *key, uint32_t num)
{
    struct article article;
    article_init(&article);
    if (num && view_article(view, num, &article) == 0)
        answer_key_str(out, key, article.id);
    article_done(&article);
}

void answer_lone(const struct article *article, struct cluster *ret)
{
    struct evidence said[DUP_CREDITS_MAX + 1];
    struct source_decision decision;
    size_t n = article_evidence(article, said, DUP_CREDITS_MAX + 1);
    int64_t time = article_time(article->published, article->seen);
    int generic = article->claim != DUP_CLAIM_NONE && !article_names_agency(article);
    source_decide(said, n, (uint32_t)generic, &decision);
    *ret = (struct cluster){
        .id = article->num, .articles = 1, .outlets = article->outlet.len > 0, .first = article->num,
        .last = article->num, .first_time = time, .last_time = time, .fullest = article->num,
        .generic = (uint32_t)generic, .source_kind = (uint8_t)decision.kind,
        .source = decision.best < 0 ? 0 : agency_key(said[decision.best].name),
        .confidence = (uint8_t)(decision.confidence * 100 + 0.5), .n_heads = 1, .heads = {article->num}};
    ret->claims[article->claim] = 1;
}

static void evidence_rows(struct buf *out, struct view *view, const struct cluster *c)
{
    struct evidence list[LIMIT_EVIDENCE];
    struct article lone;
    int n = view_evidence(view, c->id, LIMIT_EVIDENCE, list);
    article_init(&lone);
    if (n == 0 && c->articles == 1 && view_article(view, c->id, &lone) == 0) {
        n = (int)article_evidence(&lone, list, LIMIT_EVIDENCE);
        for (int i = 0; i < n; i++)
            list[i].first = lone.num;
    }
    article_done(&lone);
    json_key(out, "evidence");
    json_open(out, '[');
    for (int i = 0; i < n; i++) {
        json_open(out, '{');
        json_key_string(out, "agency", list[i].name, strlen(list[i].name));
        json_key_int(out, "own", list[i].own);
        json_key_int(out, "signed", list[i].agency);
        json_key_int(out, "from", list[i].from);
        json_key_int(out, "among_others", list[i].weak);
        key_id_of(out, view, "first", list[i].first);
        json_close(out, '}');
    }
    json_close(out, ']');
}

void answer_source(struct buf *out, struct view *view, const struct cluster *c)
{
    struct article first;
    char name[AGENCY_NAME];
    json_open(out, '{');
    key_word(out, "kind", source_kind_word((enum source_kind)c->source_kind));
    article_init(&first);
    if (c->source_kind == SOURCE_OUTLET && view_article(view, c->first, &first) == 0)
        answer_key_str(out, "name", first.outlet);
    if (c->source && view_agency_name(view, c->id, c->source, name) == 0)
        json_key_string(out, "name", name, strlen(name));
    article_done(&first);
    if (c->source_kind == SOURCE_AGENCY)
        json_key_real(out, "confidence", c->confidence / 100.0, 2);
    json_key_int(out, "named", c->claims[DUP_CLAIM_FROM] + c->claims[DUP_CLAIM_AGENCY] - c->generic);
    json_key_int(out, "generic", c->generic);
    json_key_int(out, "silent", c->claims[DUP_CLAIM_NONE]);
    evidence_rows(out, view, c);
    key_id_of(out, view, "first", c->first);
    key_id_of(out, view, "fullest", c->fullest);
    key_id_of(out, view, "notice", c->notice);
    json_close(out, '}');
}

/* How an article stands to its cluster's source. */
static enum source_status standing(struct view *view, const struct article *article)
{
    struct print print, first;
    struct cluster c;
    if (view_cluster(view, view_cluster_id(view, article->cluster), &c) < 0)
        answer_lone(article, &c);
    if (view_print(view, article->num, &print) < 0)
        return STATUS_OWN;
    if (view_print(view, c.first, &first) < 0)
        first = print;
    return source_status(print.claim, print.flags, (enum source_kind)c.source_kind, print.outlet == first.outlet);
}

void answer_article(struct buf *out, struct view *view, const struct article *article,
                    const struct buf *text)
{
    struct article head;
    uint32_t other = article->linked ? article->linked : article->head;
    json_open(out, '{');
    answer_brief_fields(out, article);
    answer_key_time(out, "seen", article->seen);
    answer_key_str(out, "byline", article->byline);
    answer_key_str(out, "credit", article->credit);
    answer_key_str(out, "language", article->language);
    answer_key_str(out, "evolved", article->evolved);
    answer_key_cluster(out, "cluster", view_cluster_id(view, article->cluster));
    key_word(out, "relation", dup_relation_word(article->relation));
    article_init(&head);
    if (article->head == article->num)
        answer_key_str(out, "head", article->id);
    else if (view_article(view, article->head, &head) == 0)
        answer_key_str(out, "head", head.id);
    if (article->linked && view_article(view, article->linked, &head) == 0)
        answer_key_str(out, "linked", head.id);
    article_done(&head);
    json_key_int(out, "version", article->version);
    json_key_int(out, "words", article->words);
    if (other != article->num)
        scores(out, article->share_shorter, article->share_longer, article->jaccard, article->longest);
    if (article->flags & ARTICLE_FURNITURE)
        json_key_bool(out, "furniture", 1);
    if (article->flags & ARTICLE_CUT)
        json_key_bool(out, "cut_by_source", 1);
    key_word(out, "claim", dup_claim_word(article->claim));
    answer_key_str(out, "agencies", article->agencies);
    if (article->printed.len) {
        answer_key_str(out, "printed", article->printed);
        key_word(out, "where", dup_place_word(article->place));
    }
    if (article_is_current(article))
        key_word(out, "status", source_status_word(standing(view, article)));
    if (text)
        json_key_string(out, "text", text->data, text->len);
    json_close(out, '}');
}

void answer_cluster(struct buf *out, const struct cluster *cluster)
{
    answer_key_cluster(out, "cluster", cluster->id);
    json_key_int(out, "articles", cluster->articles);
    json_key_int(out, "outlets", cluster->outlets);
    json_key_int(out, "links", cluster->links);
    answer_key_time(out, "started", cluster->first_time);
    answer_key_time(out, "latest", cluster->last_time);
}
