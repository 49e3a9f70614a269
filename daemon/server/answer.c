/* Answers as JSON. Invariant: a field without a value is left out, never empty or null. */
#include "server/answer.h"

#include <stdio.h>
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
    char text[16];
    int len = snprintf(text, sizeof text, "c%u", id);
    json_key_string(out, key, text, (size_t)len);
}

static void key_word(struct buf *out, const char *key, const char *word)
{
    json_key_string(out, key, word, strlen(word));
}

static void brief_fields(struct buf *out, const struct article *article)
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
    brief_fields(out, article);
    json_close(out, '}');
}

static void scores(struct buf *out, double shorter, double longer, double jaccard, uint32_t longest)
{
    json_key_real(out, "share_shorter", shorter, 4);
    json_key_real(out, "share_longer", longer, 4);
    json_key_real(out, "jaccard", jaccard, 4);
    json_key_int(out, "longest_run", longest);
}

void answer_verdict(struct buf *out, const struct verdict *verdict, uint64_t took_us)
{
    static const char *const status[] = {"new", "unchanged", "updated", "checked"};
    key_word(out, "status", status[verdict->status]);
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
    json_key_string(out, "why", verdict->why, strlen(verdict->why));
    json_key_int(out, "took_us", (int64_t)took_us);
}

void answer_article(struct buf *out, struct view *view, const struct article *article,
                    const struct buf *text)
{
    struct article head;
    uint32_t other = article->linked ? article->linked : article->head;
    json_open(out, '{');
    brief_fields(out, article);
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
