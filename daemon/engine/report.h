/*
 * report.h - what is said about many prints at once: outlets, agencies, owners, who feeds whom.
 *
 * A report reads the prints of a period in slices, each from a snapshot of its own, so that no
 * snapshot is held for long and ingest goes on; what arrives or leaves meanwhile may be in it or
 * not. Memory is bounded by LIMIT_REPORT_BYTES. One thread at a time, no matter which.
 */
#ifndef DUPD_REPORT_H
#define DUPD_REPORT_H

#include "core/outlets.h"
#include "store/store.h"

enum report_kind { REPORT_OUTLETS, REPORT_AGENCIES, REPORT_OWNERS, REPORT_GRAPH };

struct report_options {
    enum report_kind kind;
    int64_t since, until;          /* article_time, ms: since <= time < until */
    uint64_t agency;               /* agency_key: only copy of this agency; 0: all */
    uint32_t min_prints;           /* rows with fewer are left out */
    size_t limit;                  /* rows that will be asked for; 0: all */
    size_t max_bytes;              /* of memory; 0: LIMIT_REPORT_BYTES */
};

struct report;
struct report *report_new(const struct report_options *options); /* NULL: out of memory */
void report_free(struct report *report);

/* Reads on for about a fiftieth of a second. 1: there is more, 0: all was read, or DUP_E...:
 * DUP_ETOOBIG when the period holds more than memory is allowed for. outlets (may be NULL) knows
 * owners. */
int report_read(struct report *report, struct view *view, const struct outlets *outlets);
/* Sorts the rows, once all was read; needs no view. DUP_ENOMEM. */
int report_finish(struct report *report);

size_t report_rows(const struct report *report);     /* all that there are, whatever the limit */
uint64_t report_prints(const struct report *report); /* prints of the period */
/* Row i (below the limit), largest first, as the members of a JSON object that is open (docs/PROTOCOL.md). */
void report_row(const struct report *report, size_t i, struct buf *out);

#endif
