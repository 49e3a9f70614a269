/*
 * import.h - the state of a running import, shared by the pump (import.c) and the replies (replies.c).
 */
#ifndef DUPD_CTL_IMPORT_H
#define DUPD_CTL_IMPORT_H

#include "ctl/ctl.h"
#include "ctl/source.h"
#include "ctl/tally.h"

#define IMPORT_WINDOW 4096u /* entries under way, the bound of the ring */

struct pending {
    const char *file;     /* borrowed from argv */
    uint64_t line, element;
    uint64_t read;        /* bytes of all files that were read when it was taken */
    const char *reason;   /* refused here, never sent; NULL for a line that was sent */
};

struct import {
    struct ctl *ctl;
    struct tally tally;
    int next_file;                 /* of ctl->args */
    const char *file;              /* the one under way, NULL for none */
    struct source source;
    uint64_t bytes_before, total;  /* of the files; total 0: unknown */
    uint64_t bytes_settled;        /* of the files, up to the last entry that was dealt with */
    struct buf out;                /* out.data[sent..len) waits for the socket */
    size_t sent;
    struct pending *ring;          /* owned; IMPORT_WINDOW places */
    size_t first, count;
    int stopped;                   /* nothing more is taken from the files */
    int halted;                    /* the exit code of an error that concerns every line */
    int gone;                      /* the connection is over */
};

/* Reads what the daemon has answered, without waiting; sets gone, halted and stopped. */
void replies_receive(struct import *import);
/* Deals with the entries at the front of the ring that were refused here. */
void replies_settle_local(struct import *import);

/* How a file is called in messages. */
const char *import_name(const char *file);

#endif
