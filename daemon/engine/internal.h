/*
 * internal.h - what the files of the engine share.
 */
#ifndef DUPD_ENGINE_INTERNAL_H
#define DUPD_ENGINE_INTERNAL_H

#include "engine/engine.h"
#include "engine/heads.h"

/* Clusters that one article can match: those of its candidates, and that of what it says it evolved from. */
#define MATCHES_MAX (LIMIT_CANDIDATES + 1)

#define WHY_FURNITURE "a page that is nothing but furniture, seen under several addresses"

struct candidate {
    uint32_t num;     /* head */
    uint32_t hits;    /* values shared */
    uint32_t telling; /* of these, values that too few stories carry to be furniture */
    double weight;    /* the same, each by how few stories carry it */
};

/* A head that shares something worth saying with the article. */
struct match {
    uint32_t head, cluster;            /* cluster: aliases followed */
    struct dup_decision decision;
    double share_a;                    /* plain share of the article that stands in the head */
    const struct dup_comparison *comparison; /* into engine->comparisons */
    int digest;                        /* the head is a digest */
};

/* What is found for an article before anything is written. */
struct finding {
    size_t n_joins, n_links;
    struct match joins[MATCHES_MAX]; /* one a cluster, best first; empty for an original */
    struct match links[MATCHES_MAX]; /* one a cluster, best first; only where nothing joins */
    int furniture;                     /* it is the same page furniture as an article known as that */
    uint32_t digest;                   /* a head that it shows to be a digest, 0 for none */
};

struct engine {
    struct store *store;               /* borrowed */
    struct engine_options options;
    struct likely *likely;             /* owned */
    struct heads *heads;               /* owned */
    struct buf packed;                 /* owned; scratch: a text packed anew */
    struct dup_comparer *comparer;     /* owned */
    struct posting_list *postings;     /* owned; LIMIT_VALUES + 1 entries: the article's values, its text's hash last */
    struct posting_list *head_postings;/* owned; the same of a head, for its furniture */
    uint8_t *stories_a, *stories_b;    /* owned; a token's story count, stories_cap entries */
    size_t stories_cap;
    uint64_t *values;                  /* owned; LIMIT_VALUES + 1 */
    uint64_t *head_values;             /* owned; LIMIT_VALUES + 1 */
    struct dup_comparison *comparisons;/* owned; LIMIT_COMPARISONS, and one of a pair */
    size_t n_worn;                     /* values that become furniture with the article under way: ... */
    struct worn { uint32_t num, values; } worn[LIMIT_WORN + 1]; /* ... under which numbers they stand, how many of them */
    size_t n_before;                   /* clusters that the article joins, as they were before */
    struct cluster before[MATCHES_MAX];
    int expiring;                      /* a step of the expiry is under way, and ... */
    size_t n_put_off;
    uint32_t put_off[128];             /* ... clusters whose order is put right at its end */
    int merged;                        /* clusters became one for it */
    size_t n_changed;
    struct changed changed[LIMIT_CHANGED]; /* of other articles, what it made of them */
    const struct article *without;     /* of the latest engine_find, during it: see there */
    uint32_t evolved;                  /* article that the present one says it evolved from, 0 for none */
    size_t n_trials;
    struct trial trials[LIMIT_COMPARISONS]; /* what the latest engine_find tried */
    uint64_t find_us, apply_us;
    struct article match, scratch, member; /* what verdicts point into; records under change */
};

/* The heads that share most with the article, best first, from engine->postings. */
size_t candidates_rank(const struct engine *engine, size_t n_values, struct candidate *ret);

/* Looks the article up and compares it; writes nothing. now: its time, ms. without: an article
 * whose values count for nothing, or NULL. What was tried stays in engine->trials, and the values' stories in postings. */
int engine_find(struct engine *engine, struct view *view, const struct prepared *article,
                int64_t now, const struct article *without, struct finding *ret);
/* The verdict on what was found, as a check gives it. */
int engine_found_verdict(struct engine *engine, struct view *view, const struct finding *found,
                         struct verdict *ret);

/*
 * A token's story count from those of the selected shingles: a shingle's own for the tokens in
 * it, and between two shingles the lesser of both, so that a story is never taken for furniture
 * because it stands next to some. postings: of the text's values; stories: an entry a token.
 */
void spread_stories(const struct prepared *text, const struct posting_list *postings,
                    uint8_t *stories);
int reserve_stories(struct engine *engine, size_t n_tokens); /* stories_a and _b; DUP_ENOMEM */

/* Puts a match into a list that is kept best first with one entry a cluster. */
void match_put(struct match *list, size_t *n, const struct match *match);

/* ---- digest.c ---- */

/* Which of the clusters that an article joins it really joins, and which it only holds as items.
 * now: the article's time, ms. */
void digest_settle(struct engine *engine, struct view *view, int64_t now, struct finding *finding);
/* Takes out a join through a head that holds the article beside another story. 0 or DUP_E... */
int digest_found_late(struct engine *engine, struct view *view, const struct prepared *article,
                      int64_t now, struct finding *finding);
/* Takes a digest, and its copies, out of the cluster that it stands in and decides on them again. */
int digest_redecide(struct engine *engine, uint32_t num);

/* ---- again.c ---- */

/* Decides on an article again: it goes on under a new number. One whose text is not kept stays as it is. */
int again_decide(struct engine *engine, uint32_t num);
/* Notes a value that the article under way posts, if that makes it furniture. */
void again_note(struct engine *engine, const struct posting_list *list);
/* Article num has made values furniture: clusters that were joined by them are decided on again. The
 * article's own number may be another after it. */
int again_learned(struct engine *engine, uint32_t num);
/* Notes that article `before` is something else now, as `num`, for engine_changed. was: the cluster that it stood in. */
void again_changed(struct engine *engine, uint32_t before, uint32_t num, uint32_t was, const char *why);
/* Takes an article out of what was noted. 1: it was in it, and why is filled. */
int again_take(struct engine *engine, uint32_t num, char why[DUP_WHY_MAX]);

/* ---- apply.c ---- */

/* Stores an article as it was found: record, cluster, postings, links. own_cluster: one that it
 * goes on with when it joins none, 0 for its own number. 0 or DUP_E... */
int article_apply(struct engine *engine, struct article *record, const struct finding *found,
                  const struct prepared *article, uint32_t own_cluster);
/* Takes an article that another record replaces out of its cluster. *ret_cluster: its cluster's id
 * where it was alone there, else 0. */
int article_supersede(struct engine *engine, struct article *old, uint32_t *ret_cluster);

/* ---- attribution.c: what members say of the source ---- */

/* The figures of a lone article's cluster, into a record that has none yet. */
void attribution_lone(struct cluster *cluster, const struct article *article);
/* Counts a member that joins or leaves, and decides the source anew. The caller writes the record. */
int attribution_add(struct engine *engine, struct cluster *cluster, const struct article *article);
int attribution_del(struct engine *engine, struct cluster *cluster, const struct article *article);
/* Writes the rows of an article that the record counts already. */
int attribution_rows(struct engine *engine, uint32_t cluster, const struct article *article);
/* Writes an article whose flags say now that it corrects or withdraws, and tells its cluster. */
int attribution_notice(struct engine *engine, const struct article *article);
/* The fullest text and the latest notice, with one member more. */
void attribution_note(struct cluster *cluster, const struct article *article);

/* ---- membership.c: clusters as articles come and go ---- */

/* Reads a cluster's record, or makes that of a lone article (its number is its cluster's). */
int cluster_load(struct engine *engine, struct view *view, uint32_t id, struct cluster *ret);
/* Adds an article (not yet counted) to a cluster and writes the cluster's record. */
int cluster_join(struct engine *engine, struct cluster *cluster, const struct article *article);
/* Links an article to a cluster. */
int cluster_link(struct engine *engine, uint32_t id, const struct article *article);
/* Calls visit for each member of a kind, in order; it may take the row out. Stops on an error or a positive value. */
int cluster_each(struct engine *engine, uint32_t id, enum member_kind kind,
                 int (*visit)(struct engine *engine, struct article *member, void *arg), void *arg);
int cluster_has(struct engine *engine, uint32_t id, uint32_t num); /* whether an article is a member */
/* Takes an article out of its cluster; another member becomes head where it must. */
int cluster_leave(struct engine *engine, const struct article *article);
/* Puts right what cluster_leave put off while engine->expiring. */
int cluster_renew_put_off(struct engine *engine);
/* Makes two clusters one; the larger keeps its id, which is returned. */
int cluster_merge(struct engine *engine, uint32_t a, uint32_t b, uint32_t *ret_id);
/* Whether an article looks like the same page as the one that it joined through, under another address. */
int is_same_page(const struct article *article, const struct article *match);
/* Takes a cluster apart that proved to be a page and not a story: every member stands alone. */
int cluster_dissolve(struct engine *engine, struct cluster *cluster);

/* ---- posting.c: what of a cluster stands in the index ---- */

/* The first n of e->values, which e->postings were probed for, that stand neither under number own nor under
 * a head of the cluster (NULL for none): they move to the front, and n becomes their number. learns: those that
 * become furniture by it are noted (again_note). */
int posting_missing(struct engine *engine, const struct cluster *cluster, uint32_t own, uint32_t *n, int learns);
/* A head has left, and what it posted is void: the others had left out what it had posted already, and the
 * fullest member has to be one of them. The caller writes the record. */
int posting_head_left(struct engine *engine, struct cluster *cluster);
/* The record of an earlier version has been dropped, and what stood under its number is void: where the current
 * one is a head that stood there, its cluster's heads post anew. */
int posting_outlive(struct engine *engine, const struct article *version);

#endif
