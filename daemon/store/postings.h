/*
 * postings.h - the parts of the index: memory table, filters, segments, tiers.
 *
 * The newest postings stand in a table in memory (index.c) and, for a
 * restart, in a log. When the table is full it is frozen, a spare one takes its
 * place, and steps between batches write the frozen one out as a segment: a
 * table of LMDB of its own, in the order of the values, never changed again
 * (segment.c, tiers.c). Four segments of a level are merged into one of the
 * next, in steps too (merge.c). A filter in front of each says for most values that
 * the segment has none (filter.c). A value is looked up in all of them, in the
 * segments by any thread (probe.c); all else is the writer thread's.
 */
#ifndef DUPD_STORE_POSTINGS_H
#define DUPD_STORE_POSTINGS_H

#include "store/internal.h"

#define KEY_BITS 40
#define KEY_BYTES 5

/* What is kept of a value: a winnowed value is the least of many hashes, so its lower bits are the
 * ones that tell it apart. */
static inline uint64_t value_key(uint64_t value)
{
    return value & ((UINT64_C(1) << KEY_BITS) - 1);
}

struct posting { uint64_t key; uint32_t num; };
struct run { struct posting *postings; size_t n, cap; }; /* postings owned */

/* Adds num unless it is there; beyond LIMIT_POSTINGS only total grows, by one. */
void posting_list_add(struct posting_list *list, uint32_t num);

/* ---- index.c: the memory table ---- */
struct index;
struct index *index_new(uint64_t bytes); /* to begin with; NULL: out of memory */
void index_free(struct index *index);
/* It will be full soon: large pages, of which fewer are missed by look-ups that all go somewhere else. */
void index_fills(struct index *index);
/* Makes a table one that can be used (again) once index_clear, of so many bytes at a time, has returned 0; 1: there is more. */
void index_reuse(struct index *index);
int index_clear(struct index *index, uint64_t bytes);
int index_is_clear(const struct index *index);
/* From here on changes can be taken back. A table that is full is laid out anew: DUP_ENOMEM. */
int index_begin(struct index *index);
void index_keep(struct index *index); /* the same, and the table stays as it is */
void index_undo(struct index *index);
int index_is_full(const struct index *index);
int index_is_large(const struct index *index); /* since index_fills, and not laid out anew */
int index_fullness(const struct index *index); /* percent of what it takes to be full */
/* Adds (key, num) unless it is there or the key has its fill. DUP_ENOMEM; DUP_EBUSY: the table is
 * full, undo and begin again. */
int index_add(struct index *index, uint64_t key, uint32_t num);
/* Adds to list what stands under key with numbers of least and above. */
void index_find(const struct index *index, uint64_t key, uint32_t least, struct posting_list *list);
/* The next postings in the order of keys (and of numbers within one), from *line on, which begins
 * at 0 and moves on; all of a key together. 1, 0 at the end, or DUP_ENOMEM. */
int index_run(const struct index *index, uint64_t *line, struct run *ret);
void index_prefetch(const struct index *index, uint64_t key);
/* Bounds of the numbers in it. */
void index_numbers(const struct index *index, uint32_t *ret_least, uint32_t *ret_most);
uint64_t index_count(const struct index *index);
uint64_t index_bytes(const struct index *index);

/* ---- filter.c: Bloom filters in blocks of one cache line (Putze, Sanders, Singler 2007) ---- */
struct filter;
/* Pages of noughts that cost no memory of their own, since the system may write them to a nameless file in dir; of none where there
 * is no room for it. NULL: out of memory. */
void *nameless_map(const char *dir, size_t bytes);
/* For n keys; in such pages. NULL: out of memory. */
struct filter *filter_new(const char *dir, uint64_t n);
void filter_free(struct filter *filter);
void filter_add(struct filter *filter, uint64_t key);
int filter_may_have(const struct filter *filter, uint64_t key);
void filter_prefetch(const struct filter *filter, uint64_t key);
uint64_t filter_bytes(const struct filter *filter);

/* ---- fences.c ---- */
struct placed { uint64_t row; const unsigned char *data; size_t len; }; /* a chunk, its last key, and where it lies */
struct fences;
struct fences *fences_new(const char *dir, uint64_t chunks); /* for so many chunks. NULL: out of memory */
void fences_free(struct fences *fences);
int fences_add(struct fences *fences, const struct placed *chunk); /* in the order of the keys. DUP_ECORRUPT: more than there is room for */
/* The chunk in which key would stand. 1, or 0 for none. */
int fences_find(const struct fences *fences, uint64_t key, struct placed *ret);
void fences_prefetch(const struct fences *fences, uint64_t key);
uint64_t fences_bytes(const struct fences *fences);

/* ---- segment.c ---- */
enum segment_state { SEGMENT_FREE, SEGMENT_BUILDING, SEGMENT_LIVE, SEGMENT_DOOMED };

struct segment {
    /* as stored, in the table `segments` under its place */
    uint8_t state, level;
    uint8_t width;             /* bytes of a number, less first */
    uint32_t order;            /* grows with each segment; a merged one takes the place of its last input */
    uint32_t first, last;      /* least and greatest number that may stand in it */
    uint64_t postings, chunks;
    uint64_t resume;           /* building: keys below it are written */
    uint64_t inputs;           /* building by merging: bits of the places merged */
    /* in memory */
    struct filter *filter;     /* owned */
    int filling;               /* the filter is not whole yet: keys from unfiltered on, of those written before, are missing */
    uint64_t unfiltered;
    struct fences *fences;     /* owned; NULL: none yet */
    struct fences *fencing;    /* owned; those that are being made, up to the key */
    uint64_t unfenced;
    int fenceless;             /* they could not be made: it is looked up in by its tree */
};

#define CHUNK_MAX 2020          /* bytes: two chunks fill a page of LMDB, with their keys */

struct chunk {                  /* one being written */
    unsigned char data[CHUNK_MAX];
    size_t len;
    uint64_t key;               /* the last one in it */
};

int segment_read_all(struct view *view, struct segment *segments); /* the rows; DUP_ECORRUPT */
int segment_write_row(struct store *store, unsigned place, const struct segment *segment);

/* Adds a key, above all before it, with its numbers (ascending, at most LIMIT_POSTINGS + 1). */
int segment_add(struct store *store, unsigned place, struct segment *segment, struct chunk *chunk,
                uint64_t key, const uint32_t *nums, uint32_t n);
int segment_flush(struct store *store, unsigned place, struct segment *segment, struct chunk *chunk);

struct MDB_cursor;
struct segment_reader {
    struct MDB_cursor *cursor;  /* owned */
    const struct segment *segment;
    const unsigned char *at, *end;
    uint64_t row;               /* key of the chunk's row: that of its last group */
    uint64_t key;               /* the current one */
    uint32_t n, nums[LIMIT_POSTINGS + 1];
};
/* Opens at the first key that is not below key. Afterwards: 1 with key and nums, 0 at the end, DUP_E... */
int segment_reader_open(struct segment_reader *reader, struct view *view, unsigned place,
                        const struct segment *segment, uint64_t key);
int segment_reader_next(struct segment_reader *reader);
void segment_reader_close(struct segment_reader *reader);

/* Adds to list what stands under key, through a cursor on the segment's table. 1 found, 0 not, DUP_E... */
int segment_find(struct MDB_cursor *cursor, const struct segment *segment, uint64_t key, uint32_t least,
                 struct posting_list *list);
/* The same in the chunk where it would stand. */
int segment_find_placed(const struct placed *chunk, const struct segment *segment, uint64_t key, uint32_t least,
                        struct posting_list *list);
/* Goes on with a filter that is not whole, for max keys. DUP_E... */
int segment_fill_filter(struct view *view, unsigned place, struct segment *segment, uint64_t max);
/* Goes on with the fences of a complete segment, for max chunks; they are there when it is done. Without memory for them it stays fenceless. */
void segment_fence(struct view *view, unsigned place, struct segment *segment, uint64_t max);
void segment_unfence(struct segment *segment); /* the map lies somewhere else, or it goes */
/* Every chunk's checksum, order and numbers. */
void segment_check(struct check *c, unsigned place, const struct segment *segment);

/* ---- postings.c: the log ---- */
struct MDB_val;
int postings_row_is_good(const struct MDB_val *key, const struct MDB_val *data);

/* ---- tiers.c ---- */
struct tiers {
    struct index *active;                    /* owned; takes what is new */
    struct index *frozen;                    /* owned; the one before; NULL: none, or it is the spare one by now */
    struct index *spare;                     /* owned; will be the active one when that is full; NULL: not wanted yet */
    int frozen_sealed;                       /* it is a segment too, and kept only because it is faster */
    uint32_t frozen_order;                   /* of that segment */
    uint64_t table_bytes;                    /* of one memory table */
    uint64_t frozen_line;                    /* where sealing goes on */
    uint32_t generation;                     /* of the log, active table's; frozen: the one before */
    uint32_t sealed;                         /* generations up to it are in segments */
    uint32_t cleared;                        /* and up to it gone from the log */
    uint32_t log_row, log_row_committed;     /* the row written next */
    unsigned char row[CHUNK_MAX];            /* of the log, of the open transaction */
    size_t row_len;
    uint64_t owed;                           /* postings that steps should have moved by now */
    uint64_t added;                          /* in the open transaction */
    struct segment segments[SEGMENTS_MAX];
    struct view reader;                      /* look-ups: a read transaction of each write transaction */
    struct MDB_cursor *cursors[SEGMENTS_MAX]; /* in it */
    uint64_t seals, merges;
    struct shown {                           /* the segments that other threads may look into, */
        pthread_rwlock_t lock;               /* while they hold this shared */
        uint64_t txn;                        /* with a snapshot of this transaction, or of a later one */
        uint32_t order;                      /* the greatest of theirs, */
        uint32_t most;                       /* and of all that were ever shown: what was found ahead is told by it */
        unsigned n;
        struct shown_segment { unsigned place; struct segment segment; } segments[SEGMENTS_MAX];
    } shown;
};

/* One step of the work in the background, inside a transaction of its own. */
struct step {
    struct store *store;
    struct tiers *tiers;
    uint64_t left;         /* postings that may still be moved */
    uint64_t end_us;       /* of clock_elapsed_us, and no longer than that: pages may have to come from the disk */
    uint64_t unmoved;      /* those that were left then */
    int sealed;            /* the frozen table is all written */
    struct run run;        /* memory owned */
    struct chunk chunk;
};

int step_is_late(struct step *step); /* 1: nothing is left to be done in this one */
int tiers_freeze(struct store *store); /* the spare table, or a new one, takes the place of the active one: DUP_ENOMEM */
int tiers_sealing(const struct tiers *tiers); /* a table is full and not yet a segment */
int tiers_free_place(const struct tiers *tiers); /* -1: none */
/* The segment of a level that is being built, by merging or by sealing; -1 for none. */
int tiers_building(const struct tiers *tiers, int merging, unsigned level);
/* Its place, or DUP_E...; keys: how many its filter is for. */
int step_begin_segment(struct step *step, const struct segment *made, uint64_t keys);

int tiers_new(struct store *store, uint64_t bytes);
void tiers_free(struct store *store);
int tiers_load(struct store *store); /* rows, and the memory tables from the log; filters are empty */
/* Fills filters after a start: so many keys; then makes fences. 1 when there are more, or DUP_E... */
int tiers_make_ready(struct store *store, uint64_t max);
int tiers_unready(const struct tiers *tiers); /* there are filters or fences to be made */
void tiers_moved(struct store *store); /* the map lies somewhere else now */
int tiers_begin(struct store *store); /* at the beginning of a write transaction */
int tiers_commit(struct store *store); /* before the commit: the log */
void tiers_committed(struct store *store);
void tiers_undo(struct store *store);

/* ---- probe.c ---- */
int tiers_open_reader(struct store *store);
void tiers_close_reader(struct store *store);
/* Lets other threads look into the segments that there are now. Between transactions, and before the filter of one that goes is freed. */
void tiers_show(struct store *store);

/* ---- clear.c ---- */
int clear_pending(const struct store *store);
int clear_step(struct step *step); /* some rows of what is not needed any more */

/* ---- merge.c ---- */
/* The level whose merge is under way or could begin, the lowest first; -1 for none. */
int merge_level(const struct tiers *tiers);
int merge_begin(struct step *step, unsigned level); /* place, or DUP_E... */
int merge_step(struct step *step, int place);

#endif
