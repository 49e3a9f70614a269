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

enum verdict_status { VERDICT_NEW, VERDICT_UNCHANGED, VERDICT_UPDATED, VERDICT_CHECKED, VERDICT_CHANGED };

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
 * Packs a prepared article's text before engine_submit, which does it otherwise: against that of the head that it is most
 * likely a copy of, or alone. Any thread; view: a snapshot of its own.
 */
void engine_ahead(const struct engine *engine, struct view *view, struct prepared *article);
/*
 * Within store_begin .. store_commit. 0, or a DUP_E... after which the transaction must be
 * aborted (engine_aborted), except DUP_EINVAL. seen: time of arrival, ms.
 */
int engine_submit(struct engine *engine, const struct prepared *article, int64_t seen,
                  struct verdict *ret);
/*
 * What the latest engine_submit made of articles that were there: decided again, or shown to be furniture.
 * was: the cluster that it stood in. At most LIMIT_CHANGED are known.
 */
struct changed { uint32_t num, was; char why[DUP_WHY_MAX]; };
const struct changed *engine_changed(const struct engine *engine, size_t *ret_n);
/* The verdict on one of them, VERDICT_CHANGED, and its record. */
int engine_changed_verdict(struct engine *engine, const struct changed *changed, struct verdict *ret,
                           const struct article **ret_article);
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

/* What became of a head that shares values with an article. */
enum trial_outcome {
    TRIAL_NOT_COMPARED,   /* the best match was clear already */
    TRIAL_NO_TEXT,        /* its text is not kept */
    TRIAL_TOO_FEW,        /* too few of the shared values are rare for any relation */
    TRIAL_SUPERSEDED,     /* a later version has taken its place, or it was deleted */
    TRIAL_WINDOW,         /* too far apart in time */
    TRIAL_NOTHING,        /* compared: the rules find no relation */
    TRIAL_FURNITURE,      /* compared: it is known as a page of nothing but furniture */
    TRIAL_JOINS,          /* compared: the article joins its cluster */
    TRIAL_LINKED,         /* compared: the article is linked to its cluster */
    /* Compared and related, but with what the other comparisons gave: */
    TRIAL_SAME_CLUSTER,   /* another head of the cluster matches better */
    TRIAL_APART,          /* it would join by another part of the article than the best match */
    TRIAL_OUTDONE,        /* it would count, but another comparison has decided */
    TRIAL_OUTCOMES
};
struct trial {
    uint32_t head, cluster;                   /* cluster: aliases followed; 0 where it was not compared */
    uint32_t hits;                            /* values shared, those that are not too common */
    uint32_t telling;                         /* of these, those rare enough to be a story's */
    double weight;                            /* the same, each by how few stories carry it */
    enum trial_outcome outcome;
    const struct prepared *text;              /* of the head; NULL where it was not compared, like ... */
    const struct dup_comparison *comparison;  /* ... the comparison, and the decision */
    struct dup_decision decision;             /* of the article to the head */
};

/* Values by how many other stories carry them; STORY_COMMON: too many for them to count. */
enum story_class { STORY_NONE, STORY_1, STORY_2, STORY_5, STORY_25, STORY_COMMON, STORY_CLASSES };

/* How an article stands to a head of another article's cluster. */
struct standing {
    uint32_t head;
    const struct trial *trial;                /* NULL: it was no candidate */
    uint32_t shared[STORY_CLASSES];           /* values of the article that the head's text has too */
};

/* Why an article is what it is. Pointers are the engine's, valid until its next call. */
struct explanation {
    const struct article *article;
    const struct prepared *text;
    struct verdict now;                       /* what would be decided if it arrived now */
    uint32_t stories[STORY_CLASSES];          /* its values */
    size_t n_trials;
    const struct trial *trials;               /* best candidate first */
    const struct article *other;              /* NULL where nobody asked for one */
    uint32_t other_cluster;
    size_t n_standings;
    struct standing standings[LIMIT_HEADS];
    int has_pair;                             /* 0: the other's text is not kept */
    struct pair pair;                         /* the article and the other */
};
/*
 * Decides a stored article anew, itself left out, and says what that came from; for `against`,
 * unless it is 0, also how the article stands to that one and its cluster. Nothing is stored.
 * DUP_ENOENT: the article's text is not kept.
 */
int engine_explain(struct engine *engine, uint32_t num, uint32_t against, struct explanation *ret);

/* Erases an article and its versions. DUP_ENOENT. */
int engine_delete(struct engine *engine, const char *id, size_t len, uint32_t *ret_versions);
/*
 * Takes out up to max articles that arrived before `oldest`, the oldest first, and stops at the first
 * that did not: none goes before those that came before it. One that seems to have come after `now`
 * goes with the next that does not. Texts that were packed against those that go are packed anew, a bounded number at
 * once. How many articles went, or DUP_E...; *ret_more: it stopped before all was done.
 */
int engine_expire(struct engine *engine, int64_t oldest, int64_t now, uint32_t max, int *ret_more);
/*
 * What view_check cannot know of a store that passed it: each text has its record's fingerprints,
 * each head is found by its own text, outlets are counted. Reports and returns as view_check does.
 */
int engine_check_store(struct store *store, struct view *view, void (*report)(void *arg, const char *sentence),
                       void *arg);
/* Forgets what a transaction that was aborted had changed. */
void engine_aborted(struct engine *engine);

struct engine_figures {
    uint64_t heads_found, heads_read, heads_bytes; /* of the cache: asked for and there; that had to be read; its size */
    uint64_t find_us, apply_us;                    /* of articles: looking up and comparing, storing what was found */
};
void engine_figures(const struct engine *engine, struct engine_figures *ret);

#endif
