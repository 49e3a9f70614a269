/*
 * engine.h - decides what each article is, and keeps clusters right.
 *
 * The engine stands between the store and the socket: it takes prepared
 * articles inside the store's write transaction, finds candidates in the
 * index, compares them exactly, and writes article, cluster and postings.
 * The writer thread only. No I/O of its own, so tests drive it directly.
 */
#ifndef DUPD_ENGINE_H
#define DUPD_ENGINE_H

#include "engine/prepare.h"
#include "engine/source.h"
#include "store/store.h"

struct engine;

struct engine_options {
    int64_t window_ms;        /* copies further apart in time are not matched; 0: no limit */
    int64_t exact_window_ms;  /* the same for exactly the same text */
    int keep_text;            /* 0: only the texts of heads are kept, which are compared with */
    size_t cache_bytes;       /* texts of heads kept ready for comparison */
};

/* store is borrowed. NULL: out of memory. */
struct engine *engine_new(struct store *store, const struct engine_options *options);
void engine_free(struct engine *engine);
void engine_configure(struct engine *engine, const struct engine_options *options);

enum verdict_status { VERDICT_NEW, VERDICT_UNCHANGED, VERDICT_UPDATED, VERDICT_CHECKED };

/* What is said about an article. Strings are the engine's, valid until its next call. */
struct verdict {
    enum verdict_status status;
    enum dup_relation relation;
    uint32_t num, cluster, articles, outlets, version;
    int first;                    /* the earliest print of its cluster */
    int merged;                   /* it made several clusters one: ids have changed */
    int furniture;                /* a page that is nothing but furniture */
    enum source_kind source_kind; /* of its cluster; of itself when nothing joins it */
    char source[AGENCY_NAME];     /* the agency, for SOURCE_AGENCY */
    uint8_t confidence;           /* in it, per cent */
    int source_changed;           /* its cluster had another source before */
    enum source_status standing;  /* how it stands to the source */
    const struct article *match;  /* what it was compared with; NULL for none */
    double share_shorter, share_longer, jaccard;
    uint32_t longest;
    char why[DUP_WHY_MAX];
};

/*
 * Within store_begin .. store_commit. 0, or a DUP_E... after which the transaction must be
 * aborted (engine_aborted), except DUP_EINVAL. seen: time of arrival, ms.
 */
int engine_submit(struct engine *engine, const struct prepared *article, int64_t seen,
                  struct verdict *ret);
/* The verdict alone; nothing is stored. */
int engine_check(struct engine *engine, const struct prepared *article, int64_t seen,
                 struct verdict *ret);

/* Two texts as the decision sees them. Pointers are the engine's, valid until its next call. */
struct pair {
    const struct article *a, *b;              /* b NULL for a bare text */
    const struct prepared *text_a, *text_b;
    const struct dup_comparison *comparison;
    struct dup_decision decision;             /* of a to b */
};
/* Compares article a with article b or, if text is not NULL, with that. DUP_ENOENT: a text is not kept. */
int engine_compare(struct engine *engine, uint32_t a, uint32_t b, const struct prepared *text,
                   struct pair *ret);

/* Erases an article and its versions. DUP_ENOENT. */
int engine_delete(struct engine *engine, const char *id, size_t len, uint32_t *ret_versions);
/* Takes out up to max articles with numbers below `below`, oldest first. How many, or DUP_E... */
int engine_expire(struct engine *engine, uint32_t below, uint32_t max);
/*
 * What view_check cannot know of a store that passed it: each text has its record's fingerprints,
 * each head is found by its own text, outlets are counted. Reports and returns as view_check does.
 */
int engine_check_store(struct store *store, struct view *view, void (*report)(void *arg, const char *sentence),
                       void *arg);
/* Forgets what a transaction that was aborted had changed. */
void engine_aborted(struct engine *engine);

#endif
