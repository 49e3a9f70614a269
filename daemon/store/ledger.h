/*
 * ledger.h - what reports count, in memory: an entry for each number, read from the store when there is
 * nothing else to do or a report asks for it, and kept as it is there from then on.
 *
 * A report reads entries in order, from ledger_enter to ledger_leave with the ledger held, which keeps
 * the writer from bringing it up to date: not longer than it takes to look at those of one call. They
 * are then all of one state of the store, the newest that was committed; the view may be of one a
 * little newer or older. At most LIMIT_LEDGER_BYTES are kept, of the newest articles first. Any thread;
 * one hold a thread.
 */
#ifndef DUPD_LEDGER_H
#define DUPD_LEDGER_H

#include "store/store.h"

enum {
    ENTRY_PRINT  = 1,      /* the article of this number is current: time, outlet, cluster, print, claim */
    ENTRY_STORY  = 2,      /* there is a record of the cluster of this number: agency, first, kind */
    ENTRY_MERGED = 4,      /* that cluster went into another: first */
};

/* Both what is known of the article of a number, and of the cluster that it founded. Outlets and agencies are
 * numbered from 1 as they come (ledger_outlet, ledger_agency); 0 is none. */
struct entry {
    int64_t time;          /* article_time */
    uint32_t outlet;
    uint32_t cluster;      /* of the print, as decided */
    uint32_t first;        /* num of the story's first print; of a merged one the cluster that it went into */
    uint16_t agency;       /* the story's source; without a record the agency that the print names first */
    uint8_t print;         /* PRINT_... */
    uint8_t claim : 2;     /* enum dup_claim */
    uint8_t kind : 2;      /* enum source_kind (engine/source.h) of the story */
    uint8_t state : 3;     /* ENTRY_... */
};

#define LEDGER_CHUNK 8192u /* entries that are read together */

/* What is in memory, by number / LEDGER_CHUNK; NULL what is not. Valid while it is held. */
struct ledger_chunks {
    const struct entry *const *at;
    uint32_t n;
    uint32_t age;          /* with another one, outlets and agencies have been numbered anew */
};

/*
 * Holds the ledger, with the entries from num to the end of its chunk: *ret_n of them, which are of state 0
 * where there is nothing. They are read first where they are not in memory, for which the view is
 * moved on to the newest state. The view is a snapshot. DUP_ECORRUPT, DUP_ENOMEM; it is held only on success.
 */
int ledger_enter(struct view *view, uint32_t num, struct ledger_chunks *ret_chunks, const struct entry **ret,
                 uint32_t *ret_n);
void ledger_leave(struct view *view);

/* The entry of any number, if it is in memory. */
static inline const struct entry *ledger_entry(const struct ledger_chunks *chunks, uint32_t num)
{
    uint32_t chunk = num / LEDGER_CHUNK;
    const struct entry *entries = chunk < chunks->n ? chunks->at[chunk] : NULL;
    return entries ? &entries[num % LEDGER_CHUNK] : NULL;
}

/* The same of any, read from the store, while the ledger is held. DUP_ECORRUPT, DUP_ENOMEM, DUP_EBUSY: the
 * numbers have run out, and will be given anew at the next ledger_enter that reads. */
int view_entry(struct view *view, uint32_t num, struct entry *ret);

/* The outlet_key or agency_key behind the number in an entry, while the ledger is held. 0 for 0. */
uint64_t ledger_outlet(struct view *view, uint32_t outlet);
uint64_t ledger_agency(struct view *view, uint32_t agency);

#endif
