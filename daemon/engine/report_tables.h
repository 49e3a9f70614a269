/*
 * report_tables.h - what a report counts by; shared by the files of reports.
 */
#ifndef DUPD_REPORT_TABLES_H
#define DUPD_REPORT_TABLES_H

#include "base/map.h"
#include "base/sort.h"
#include "engine/report.h"
#include "engine/source.h"
#include "store/ledger.h"

#define NO_LAG UINT32_MAX
#define NONE UINT32_MAX
#define PRINT_FLAGS 32u /* values that the flags of a print can have */

/* Prints, by whether an outlet is the source of their cluster (0) or an agency, and how they stand to it. */
struct tally {
    uint32_t by[2][STATUS_COUNT];
};

struct by_outlet {
    struct tally tally;
    size_t name;          /* offset in names */
    uint32_t rank;        /* in the order of names; filled at the end */
    uint32_t owner;
    uint32_t lag;         /* median, seconds; NO_LAG for none */
    uint32_t lone;        /* stories that nobody else has; for its owner */
};

/* An agency's copy in an outlet. */
struct fed {
    uint32_t prints, uncredited;
};

struct by_agency {
    struct tally tally;
    uint64_t key;
    char name[AGENCY_NAME]; /* "" for the unknown agency, whose key is 0 */
    uint32_t stories, lag, rank;
    uint32_t n_fed;
    struct fed *fed;      /* owned; by outlet */
};

struct by_owner {
    struct tally tally;
    size_t name;
    uint32_t outlets, stories;
};

/* An agency's copy in an outlet, or one outlet's copy in another's. */
struct edge {
    uint32_t from, to;    /* outlets; from an agency with EDGE_AGENCY */
    uint32_t prints, credited, generic, uncredited, lag;
};
#define EDGE_AGENCY UINT32_C(0x80000000)

/* By number in the ledger: the place in a table of the report, plus one; 0 where it is not known yet. */
struct places {
    uint32_t *at;         /* owned */
    size_t n;
};

#define SEEN_PAGE 65536u  /* clusters whose bits are kept together */

struct report {
    struct report_options options;
    uint32_t at, end;                 /* num that is read next; last num */
    int begun;
    uint32_t age;                     /* of the ledger's numbers in places */
    const struct outlets *who;        /* borrowed for a turn */
    uint64_t prints;
    uint8_t statuses[4][PRINT_FLAGS]; /* of a print by claim and flags, where an agency is the source */
    struct places outlet_places, agency_places;
    struct map outlet_map, owner_map; /* by key: their places */
    struct by_outlet *outlets;        /* owned; so are all that follow */
    struct by_agency *agencies;
    struct by_owner *owners;
    struct edge *edges;               /* of a graph, those with enough prints to be shown */
    struct sort_pair *copies;         /* of a graph, a print each: to and from; lag and status */
    uint64_t *lags;                   /* a print each: of what (upper half), seconds (lower half) */
    uint64_t *stories;                /* a print each: cluster (upper half), outlet (lower half) */
    uint64_t **seen;                  /* clusters that an agency's stories count, a bit each */
    size_t n_outlets, n_agencies, n_owners, n_edges, n_copies, n_lags, n_stories, n_seen, seen_pages;
    struct buf names;                 /* each with its NUL */
    struct article scratch;
    uint32_t *order;                  /* rows, largest first */
    size_t n_order;
    size_t n_rows;                    /* with those that were not put in order */
};

/* ---- report.c ---- */
/* Room for one entry more in an array that holds a power of two. */
int report_reserve(void **array, size_t n, size_t size);

/* ---- report_names.c ---- */
/* Finds the place of an outlet or agency that is met for the first time, by the article or cluster that names it.
 * DUP_ENOENT: that has gone. */
int report_add_outlet(struct report *r, struct view *view, uint32_t number, uint32_t num, uint32_t *ret);
int report_add_agency(struct report *r, struct view *view, uint32_t number, uint32_t cluster, uint32_t *ret);
void report_forget_places(struct report *r); /* the ledger has numbered anew */

/* ---- report_sums.c ---- */
int report_feed(struct by_agency *agency, uint32_t outlet); /* room for that outlet */
int report_see(struct report *r, uint32_t cluster, int *ret_seen); /* whether it was seen before */
/* Once all was read: what owners have of their outlets; edges of a graph, *ret_n of them with enough prints; the medians of the
 * first n rows in order. DUP_ENOMEM. */
int report_owners(struct report *r);
int report_edges(struct report *r, size_t *ret_n);
int report_medians(struct report *r, size_t n);

#endif
