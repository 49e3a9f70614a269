/*
 * store.h - what dupd keeps, in LMDB.
 *
 * One environment in a state directory, guarded by a lock file of ours.
 * The writer thread owns the only write transaction: store_begin, changes,
 * store_commit. Any thread may read through a snapshot of its own, opened
 * and closed within one piece of work (never across a turn of the event
 * loop). Both are a `struct view`, which every read function takes.
 * LMDB's memory never leaves this directory: what is read is copied into
 * memory of the caller.
 *
 * Articles are numbered from 1 in the order of arrival (num). An article's
 * later version is an article with a number of its own. A cluster is named by
 * the number of the article that founded it.
 * docs/STORAGE.md describes every table and record byte by byte.
 */
#ifndef DUPD_STORE_H
#define DUPD_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "dup/compare.h"
#include "dup/credit.h"
#include "dup/fingerprint.h"

struct store;
struct view;

struct store_options {
    const char *dir;           /* state directory; created with mode 0700 if absent */
    uint64_t map_size;         /* bytes of address space to begin with; grows by itself; 0: default */
    uint64_t index_memory;     /* bytes for the memory table of the index; 0: default 256 MiB */
    uint64_t memory;           /* bytes of the machine's memory; 0: what it says */
    uint64_t ledger_memory;    /* bytes for what reports count (ledger.h); 0: LIMIT_LEDGER_BYTES */
    int sync;                  /* 1: every commit is on disk before it returns; 0: store_sync decides */
    int read_only;             /* 1: no writer, nothing created (dupd --check) */
};

/*
 * Opens or creates the store. Errors, each with a sentence: DUP_EACCES no
 * permission, DUP_EINUSE another dupd has it, DUP_EFORMAT another format or
 * a foreign file, DUP_ECORRUPT truncated or damaged, DUP_EFULL, DUP_EIO, DUP_ENOMEM.
 * The unsealed part of the index is rebuilt from its log before it returns.
 */
int store_open(const struct store_options *options, struct err *err, struct store **ret);
void store_free(struct store *store);

/*
 * Walks the store that store_open would open as view_check does, for about ms (view_check_within), in a child process,
 * so before the caller has threads. DUP_ECORRUPT and a sentence when it is damaged; 0 when no fault
 * was found, when it cannot be opened for another reason, and when there is none.
 */
int store_verify(const struct store_options *options, uint32_t ms, struct err *err);

/* Fills the index of a store that was opened read_only, which has none to begin with. Errors as store_open. */
int store_load_index(struct store *store, struct err *err);

/* The store's secret: made at random when the store was created, or derived
 * from the configured seed then (store_create_seed before store_open). */
const struct dup_secret *store_secret(const struct store *store);
/* Seed of the secret of a store that is about to be created; ignored for one that exists
 * unless it differs, which store_open refuses with DUP_EINVAL. NULL: random. Copied. */
void store_create_seed(const void *seed, size_t len);

/* ---- transactions ---------------------------------------------------- */

int store_begin(struct store *store);           /* writer thread */
/* 0 means durable (with sync). DUP_EFULL: nothing of it happened, go on or retry
 * (a full map is grown inside). Any other error is fatal for the process. */
int store_commit(struct store *store);
void store_abort(struct store *store);          /* the memory table is put back too */
int store_sync(struct store *store);            /* for sync = 0 */
struct view *store_writer_view(struct store *store); /* valid between begin and commit/abort */

int store_snapshot(struct store *store, struct view **ret); /* any thread */
void store_release(struct view *view);
/* 0, or DUP_E... of a read whose caller was given something else in its place: nothing that the view gave is an answer then. */
int view_failed(const struct view *view);

/* ---- articles -------------------------------------------------------- */

enum {
    ARTICLE_SUPERSEDED = 1,  /* a later version of the same id exists */
    ARTICLE_DELETED    = 2,  /* text and strings gone, the number stays */
    ARTICLE_HEAD       = 4,  /* its values stand in the index under its number */
    ARTICLE_FURNITURE  = 8,  /* a page that is nothing but furniture: matches nothing */
    ARTICLE_CUT        = 16, /* the source had cut the body ("[+419 chars]") */
    ARTICLE_CORRECTED  = 32, /* it says that it corrects an earlier version */
    ARTICLE_WITHDRAWN  = 64, /* killed or withdrawn by its source */
    ARTICLE_AGAIN      = 128, /* decided again later than it came: `seen` is before its number's time */
};

struct str { const char *data; size_t len; };

struct article {
    uint32_t num;
    uint32_t cluster;          /* as decided; resolve through aliases with view_cluster_id */
    uint32_t head;             /* article that it was compared with; its own num if original */
    uint32_t posted;           /* num under which its values stand in the index: a head's own, or that of
                                * its first version; else the same of the head that it joined through */
    uint32_t previous;         /* num of the previous version, 0 for none */
    uint32_t version;          /* from 1 */
    uint32_t words, longest;
    uint32_t linked;           /* partial, roundup, template, quote: the head linked to, else 0 */
    uint8_t relation;          /* enum dup_relation */
    uint8_t flags;             /* ARTICLE_... */
    uint8_t claim;             /* enum dup_claim */
    uint8_t place;             /* enum dup_place of its strongest credit */
    float share_shorter, share_longer, jaccard;
    int64_t published, seen;   /* ms since 1970; published may be DUP_TIME_NONE */
    uint64_t text_hash, simhash;
    uint64_t outlet_key;       /* outlet_hash of its outlet when it came; 0 unknown */
    struct str id, outlet, url, title, byline, credit, language, evolved, agencies;
    struct str own;            /* the agency whose own outlet published it; empty for none */
    struct str printed;        /* what its strongest credit says; empty for none */
    struct str links;          /* ids of the clusters that it has a row in as a link, u32 each; aliases apply */
    struct buf memory;         /* owned by a holder: what strings point into when read */
};

/* Neither a later version of it exists, nor was it deleted. */
static inline int article_is_current(const struct article *article)
{
    return !(article->flags & (ARTICLE_SUPERSEDED | ARTICLE_DELETED));
}

void article_init(struct article *article);
void article_done(struct article *article);

uint32_t view_last_num(struct view *view);   /* 0 for an empty store */
uint32_t view_first_num(struct view *view);  /* oldest kept; retention moves it */
/* Reads record num into *ret, which article_init prepared (memory reused). DUP_ENOENT, DUP_ECORRUPT. */
int view_article(struct view *view, uint32_t num, struct article *ret);
/* The text (body) of article num, unpacked, into ret (cleared first). DUP_ENOENT when not kept. */
int view_text(struct view *view, uint32_t num, struct buf *ret);
/* The latest version's number of an article id. DUP_ENOENT. */
int view_find_id(struct view *view, const char *id, size_t len, uint32_t *ret_num);

/* The article that a text is packed against, 0 for one that is packed alone. DUP_ENOENT when it is not kept. */
int view_text_base(struct view *view, uint32_t num, uint32_t *ret_base);
/* Articles whose texts are packed against that of base, max at most. How many. */
int view_based(struct view *view, uint32_t base, uint32_t max, uint32_t *ret_nums);

struct packed {
    const void *data;          /* by store_pack; NULL: the text is not kept */
    size_t len;
    uint32_t base;             /* article whose text it was packed against, which is packed alone; 0: none */
};

/* Appends: article->num must be view_last_num()+1. From here on its id leads to it. */
int store_add_article(struct store *store, const struct article *article, const struct packed *text);
int store_set_article(struct store *store, const struct article *article); /* rewrite in place */
/* Before the current version of an article is erased, or goes: takes its id out of the table. */
int store_del_id(struct store *store, const char *id, size_t len);
/* DUP_ENOENT when it is not kept. Texts that were packed against it are packed alone first: */
int store_del_text(struct store *store, uint32_t num);
/* the same of max of them (STORE_FREE_MAX at most), so that what takes long can be done in steps. How many; fewer than max: all. */
#define STORE_FREE_MAX 128u
int store_free_text(struct store *store, uint32_t num, uint32_t max);

/* When an article was published, for ordering: the claimed time, unless it is missing or lies
 * more than a day after the arrival. */
int64_t article_time(int64_t published, int64_t seen);

/* Packs a text for store_add_article (zstd), against base, another text in other memory, unless that is empty. Pure, any thread; out is
 * cleared first. */
int store_pack(const char *text, size_t len, struct str base, struct buf *out);

/* ---- clusters -------------------------------------------------------- */

/* A cluster has a record from when a second article or a link comes until its last has gone; an
 * article that nothing ever joined is its own cluster. Rows of members stand only beside a record. */
struct cluster {
    uint32_t id;
    uint32_t articles;         /* members that count: neither superseded nor deleted */
    uint32_t outlets;          /* distinct outlets among them */
    uint32_t links;            /* articles linked, not merged */
    uint32_t first;            /* num of the first by published time (seen where absent), then num */
    uint32_t last;             /* num of the latest to join */
    int64_t first_time, last_time; /* ms, of the earliest and latest member */
    uint32_t relations[DUP_RELATION_COUNT]; /* members by relation */
    uint32_t pages;            /* same outlet, another URL and title, same text: a page, not a story */
    uint32_t claims[3];        /* members by enum dup_claim */
    uint32_t generic;          /* members whose credit names no agency */
    uint32_t uncredited;       /* members without a credit that are not an agency's own print */
    uint32_t fullest, fullest_words; /* num of the member with the most words, and how many */
    uint32_t notice;           /* num of the latest member that corrects or withdraws; 0 for none */
    uint64_t source;           /* agency_key of the agency that is its source; 0: no agency is known */
    uint8_t source_kind;       /* enum source_kind (engine/source.h) */
    uint8_t confidence;        /* in the agency, per cent */
    uint8_t flags;             /* CLUSTER_... */
    uint32_t n_heads;
    uint32_t heads[LIMIT_HEADS];
    uint32_t sum;              /* the store's: checksum of all before it */
};
enum { CLUSTER_FURNITURE = 1 };

int view_cluster(struct view *view, uint32_t id, struct cluster *ret); /* DUP_ENOENT: none or lone */
uint32_t view_cluster_id(struct view *view, uint32_t id);   /* follows aliases */

/* Writes the record and keeps the orders (recent, size, first) in step; articles == 0
 * and links == 0 removes it. One with a single article that is left keeps its record. */
int store_put_cluster(struct store *store, const struct cluster *cluster);
int store_put_alias(struct store *store, uint32_t from, uint32_t to);
int store_del_alias(struct store *store, uint32_t from); /* its founder stands for itself again */

enum member_kind { MEMBER_ARTICLE, MEMBER_LINK };
/* One member or link; outlet is a hash of the outlet's name. *outlets, the number of distinct outlets
 * (of articles, not links), is brought up to date; NULL for links. */
int store_add_member(struct store *store, uint32_t cluster, uint32_t num, enum member_kind kind,
                     uint64_t outlet, uint32_t *outlets);
int store_del_member(struct store *store, uint32_t cluster, uint32_t num, enum member_kind kind,
                     uint64_t outlet, uint32_t *outlets);
/* Up to max members of cluster with a number above after, ascending. Returns how many, or DUP_E... */
int view_members(struct view *view, uint32_t cluster, uint32_t after, size_t max,
                 uint32_t *ret_nums, enum member_kind *ret_kinds);
int view_has_outlet(struct view *view, uint32_t cluster, uint64_t outlet); /* 1 or 0, or DUP_E... */

enum cluster_order { ORDER_RECENT, ORDER_SIZE, ORDER_FIRST };
/*
 * Walks clusters in an order, newest or largest first (ORDER_FIRST: by first_time, newest first).
 * *cursor is opaque: 16 bytes, all zero to begin; moved on past what was returned. Up to max
 * records. Returns how many, 0 at the end, or DUP_E...; DUP_EBUSY when it was moved on past many rows
 * that are out of date, and nothing else: there may be more. Only in ORDER_RECENT.
 */
struct cluster_cursor { unsigned char bytes[16]; };
int view_clusters(struct view *view, enum cluster_order order, struct cluster_cursor *cursor,
                  size_t max, struct cluster *ret);

/* ---- what members say of their source --------------------------------- */

#define AGENCY_NAME 65 /* bytes of an agency's short name, its NUL included */

/* What the members of a cluster say of one agency. */
struct evidence {
    char name[AGENCY_NAME];
    uint32_t own;              /* prints of its own outlets */
    uint32_t agency;           /* prints signed with it alone */
    uint32_t from;             /* prints made with its material alone */
    uint32_t weak;             /* prints that name others beside it, or add text of their own */
    uint32_t first;            /* num of the first to come of all these */
};
/* The agencies named in a cluster, by name; at most max. How many, or DUP_E... */
int view_evidence(struct view *view, uint32_t cluster, size_t max, struct evidence *ret);
int view_evidence_of(struct view *view, uint32_t cluster, const char *name, struct evidence *ret); /* DUP_ENOENT */
/* Writes what is known of an agency; without a print it is removed. */
int store_put_evidence(struct store *store, uint32_t cluster, const struct evidence *evidence);
/* Removes all that is known of a cluster's agencies. */
int store_drop_evidence(struct store *store, uint32_t cluster);

/* The name behind an agency_key in a cluster, or in the lone article of that number. DUP_ENOENT. */
int view_agency_name(struct view *view, uint32_t cluster, uint64_t key, char ret[AGENCY_NAME]);

/* What one article says: a print of one kind for each agency. At most max; how many. */
size_t article_evidence(const struct article *article, struct evidence *ret, size_t max);
int article_names_agency(const struct article *article); /* 0: no credit, or "agencies" and no name */
uint64_t agency_key(const char *name);                   /* never 0 */
void agency_name_keep(struct str name, char ret[AGENCY_NAME]); /* cut to fit, on a character */

/* ---- prints: what reports read ----------------------------------------- */

enum {
    PRINT_OWN       = 1, /* of an agency's own outlet */
    PRINT_NAMED     = 2, /* its credit names an agency */
    PRINT_CORRECTED = 4,
    PRINT_WITHDRAWN = 8,
    PRINT_SEVERAL   = 16, /* it names more than one agency */
};

/* A current article in few bytes; the store keeps one for each beside its record. */
struct print {
    uint32_t num;
    uint32_t cluster;          /* as decided; resolve through aliases */
    uint64_t outlet;           /* outlet_key; 0 unknown */
    uint64_t agency;           /* agency_key of the first agency that it names; 0 for none */
    int64_t time;              /* article_time */
    uint8_t claim, relation, flags;
};
int view_print(struct view *view, uint32_t num, struct print *ret); /* DUP_ENOENT */
void print_of(const struct article *article, struct print *ret);   /* that of an article's record */

/* ---- the index ------------------------------------------------------- */

/*
 * Postings: value -> numbers of the heads whose story carries it. The writer thread only,
 * within a write transaction, but for view_probe. Narrow and batched, so that another engine can stand here.
 */
struct posting_list {
    uint32_t n;                        /* stories kept, at most LIMIT_POSTINGS */
    uint32_t total;                    /* stories seen, n <= total; capped at LIMIT_POSTINGS + 1 */
    uint32_t nums[LIMIT_POSTINGS];     /* distinct */
};
/* What the segments of the index, its older part, have of an article's values. */
struct probed {
    uint32_t order;                    /* the latest segment that was asked; 0: none was */
    struct buf lists;                  /* owned */
};
/* Looks values up in the segments ahead of the writer: any thread. An error, or order 0: the writer does it. */
int view_probe(struct view *view, const uint64_t *values, size_t n, struct probed *ret);
/* The number under which the most of them stand, of values of one or two stories, and of how many; 0: none. */
uint32_t probed_most(const struct probed *probed, uint32_t *ret_votes);
/* Looks up n values (any order), of which view_probe may have looked up the same before (NULL: it has not); ret has n entries. Numbers
 * below view_first_num are left out. */
int store_probe(struct store *store, const uint64_t *values, size_t n, const struct probed *ahead, struct posting_list *ret);
/* Adds (values[i], num) for each i. Pairs that are there already may come again. */
int store_post(struct store *store, const uint64_t *values, size_t n, uint32_t num);
/* Says that these values will be looked up soon. */
void store_prefetch(const struct store *store, const uint64_t *values, size_t n, const struct probed *ahead);
/*
 * One bounded step of what there is to do in the background: of the index (sealing, merging, clearing; making the
 * next table ready), in a transaction of its own, then of reading what reports count, and of ids. Between batches when store_owes says
 * so, and while there is nothing else to do. 1: there is more, 0: nothing, or DUP_E... as store_commit.
 */
int store_step(struct store *store);
int store_owes(const struct store *store);

/* ---- upkeep ---------------------------------------------------------- */

/* Clears what readers that died left behind; between transactions, every few seconds at most. */
void store_upkeep(struct store *store);
/* Takes an expired article out altogether: record, text, id. The oldest first. */
int store_drop_article(struct store *store, const struct article *article);
/* Smallest number that was given at or after ms, by bisection. */
uint32_t view_num_since(struct view *view, int64_t ms);

struct store_stats {
    uint64_t articles, texts, clusters, members, file_bytes, used_bytes, map_bytes;
    uint64_t live_bytes;              /* pages that hold something; the rest of used_bytes is free to be used again */
    uint64_t free_lists;              /* transactions whose freed pages are not used again yet */
    uint64_t index_postings, index_bytes; /* of the memory tables */
    uint64_t segments, segment_postings, filter_bytes, seals, merges;
    uint64_t filter_asked, filter_passed, filter_wrong; /* wrong: passed, and the segment had nothing */
    uint64_t probes, probe_hits, expired;
};
int view_stats(struct view *view, struct store_stats *ret);

/*
 * Walks everything: every record's checksum, every reference, counters. Calls report once a
 * fault with a sentence. Returns the number of faults, or DUP_E....
 */
int view_check(struct view *view, void (*report)(void *arg, const char *sentence), void *arg);
/* The same, given up after ms of processor time, or four times that on the clock (0: never): *ret_complete is 0 then, and nothing is said of totals. */
int view_check_within(struct view *view, uint32_t ms, void (*report)(void *arg, const char *sentence), void *arg,
                      int *ret_complete);

/*
 * Copies a consistent state into dir (made; it must not hold a store) while writing goes on. Any
 * thread, one at a time. step is called after each piece with the bytes copied so far; it may wait,
 * and what it returns other than 0 ends the copy. Errors: that, DUP_EINVAL, DUP_EACCES, DUP_EFULL,
 * DUP_EIO, DUP_EBUSY (the store had to grow meanwhile: run it again); nothing of the copy is left then.
 */
int store_backup(struct store *store, const char *dir, int (*step)(void *arg, uint64_t copied), void *arg,
                 struct err *err);

#endif
