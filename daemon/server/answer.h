/*
 * answer.h - articles, verdicts and clusters as JSON (docs/PROTOCOL.md).
 *
 * Any thread; everything is appended to a buffer whose sticky error the
 * caller checks.
 */
#ifndef DUPD_ANSWER_H
#define DUPD_ANSWER_H

#include "engine/engine.h"
#include "server/server.h"

/* The fields of a verdict, into an object that is open. */
void answer_verdict(struct buf *out, const struct verdict *verdict, uint64_t took_us);
/* What of it is the decision: all but its status and how long it took. */
void answer_decision(struct buf *out, const struct verdict *verdict);
/* The fields of a short object: id, outlet, url, title, published; into one that is open, and as one. */
void answer_brief_fields(struct buf *out, const struct article *article);
void answer_brief(struct buf *out, const struct article *article);
/* A whole article as an object; view finds its cluster's present id, its head's name, and how it
 * stands to its cluster's source. */
void answer_article(struct buf *out, struct view *view, const struct article *article,
                    const struct buf *text);
/* The source of a cluster as an object, with the evidence for it. */
void answer_source(struct buf *out, struct view *view, const struct cluster *cluster);
/* Its kind, name and confidence, into an object that is open. */
void answer_source_fields(struct buf *out, enum source_kind kind, const char *name, unsigned confidence);
/* The same as an object under a key; nothing for an outlet's own text. */
void answer_source_brief(struct buf *out, const char *key, enum source_kind kind, const char *name,
                         unsigned confidence);
/* The figures of a lone article as those of a cluster that has no record. */
void answer_lone(const struct article *article, struct cluster *ret);
/* A cluster's figures, into an object that is open. */
void answer_cluster(struct buf *out, const struct cluster *cluster);

void answer_key_str(struct buf *out, const char *key, struct str value);
void answer_key_time(struct buf *out, const char *key, int64_t ms);
void answer_key_cluster(struct buf *out, const char *key, uint32_t id);

#endif
