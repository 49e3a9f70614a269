/*
 * record.h - the events that preload.c writes down and power.c plays.
 */
#ifndef DUPD_FAULT_RECORD_H
#define DUPD_FAULT_RECORD_H

#include <stdint.h>

enum event_kind {
    EVENT_NAME = 1,         /* the store's file has got its name; on disk after EVENT_SYNC_DIRECTORY */
    EVENT_WRITE,            /* len bytes at offset; on disk some time until the next EVENT_SYNC */
    EVENT_WRITE_DURABLE,    /* the same through a descriptor with O_DSYNC: on disk when it returned */
    EVENT_SYNC,             /* everything written before is on disk */
    EVENT_SYNC_DIRECTORY,   /* the file's name is on disk */
    EVENT_REPLY,            /* len bytes were handed to a client */
};

struct event {
    uint32_t kind, len;
    uint64_t offset;
    /* len bytes follow */
};

#endif
