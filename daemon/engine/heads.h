/*
 * heads.h - heads of clusters, ready for comparison, in bounded memory.
 */
#ifndef DUPD_HEADS_H
#define DUPD_HEADS_H

#include "engine/likely.h"
#include "engine/prepare.h"
#include "store/store.h"

struct head {
    uint32_t num;
    struct article article;      /* its record, once it was asked for */
    int has_record;
    struct prepared text;        /* tokens, values; title tokens */
    uint64_t outlet;
    size_t bytes;                /* what it costs */
    struct head *newer, *older;  /* order of use */
    struct head *next;           /* in its bucket */
};

struct heads;
struct heads_figures { uint64_t found, made, bytes; }; /* in the cache already; read and tokenised; its size */

/* likely: told of all heads that come into the cache; borrowed. */
struct heads *heads_new(const struct dup_secret *secret, size_t bytes, struct likely *likely);
void heads_free(struct heads *heads);
/* The head of an article number, read and tokenised if need be. Valid until the next
 * heads_get. DUP_ENOENT when its text is gone; DUP_ENOMEM, DUP_ECORRUPT. */
int heads_get(struct heads *heads, struct view *view, uint32_t num, struct head **ret);
/* The number under which an article's values stand in the index; its text need not be read for that. DUP_ENOENT, DUP_ECORRUPT. */
int heads_posted(struct heads *heads, struct view *view, uint32_t num, uint32_t *ret);
/* Keeps the text of a head that is about to be stored: its copies mostly come soon. Not when memory is short. */
void heads_add(struct heads *heads, uint32_t num, const struct prepared *text);
void heads_figures(const struct heads *heads, struct heads_figures *ret);
void heads_forget(struct heads *heads, uint32_t num); /* its record has changed */
void heads_clear(struct heads *heads);

#endif
