/*
 * report_tables.h - what a report counts by; shared by report.c and report_rows.c.
 */
#ifndef DUPD_REPORT_TABLES_H
#define DUPD_REPORT_TABLES_H

#include "base/map.h"
#include "engine/report.h"
#include "engine/source.h"

#define NO_LAG UINT32_MAX

/* Prints, by how they stand to the source of their cluster. */
struct tally {
    uint32_t prints;
    uint32_t copy;        /* of these: an agency's copy in another's print, which is one of: */
    uint32_t credited, generic, uncredited;
    uint32_t by_agency;   /* prints of an agency's own outlet */
    uint32_t own;         /* the outlet's own */
    uint32_t copied;      /* another outlet's, uncredited */
};

struct by_outlet {
    struct tally tally;
    size_t name;          /* offset in names */
    uint32_t rank;        /* in the order of names; filled at the end */
    uint32_t owner;
    uint32_t lag;         /* median, seconds; NO_LAG for none */
};

struct by_agency {
    struct tally tally;
    uint64_t key;
    char name[AGENCY_NAME]; /* "" for the unknown agency, which is the first */
    uint32_t outlets, stories, lag, rank;
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

/* What a report knows of a cluster. */
struct story {
    uint32_t cluster, first;  /* first: num of the first print */
    uint64_t first_key;       /* its outlet */
    int64_t first_time;
    uint32_t agency, outlet;  /* in their tables; outlet of the first print, or NONE */
    uint8_t kind, counted;    /* enum source_kind; the agency's stories count it */
};
#define NONE UINT32_MAX

struct report {
    struct report_options options;
    uint32_t at, end;                 /* num that is read next; last num */
    int begun;
    const struct outlets *who;        /* borrowed for a turn */
    uint64_t prints;
    struct map outlet_map, agency_map, owner_map, story_map, edge_map, voice_map;
    struct by_outlet *outlets;        /* owned; so are all that follow */
    struct by_agency *agencies;
    struct by_owner *owners;
    struct story *stories;
    struct edge *edges;
    uint64_t *lags;                   /* of what (upper half), seconds (lower half) */
    size_t n_outlets, n_agencies, n_owners, n_stories, n_edges, n_lags;
    struct buf names;                 /* each with its NUL */
    struct article scratch;
    struct print *slice;              /* read at once */
    uint32_t *order;                  /* rows, largest first */
    size_t n_order;
};

#endif
