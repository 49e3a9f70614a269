/*
 * pages.h - listings that come page by page, with a cursor from one to the next.
 */
#ifndef DUPD_CTL_PAGES_H
#define DUPD_CTL_PAGES_H

#include "ctl/ctl.h"

#define PAGES_CURSOR 4096

struct pages {
    int64_t left;                /* rows still wanted */
    char cursor[PAGES_CURSOR];   /* "" at the beginning and at the end */
    int ended;
};

/* From --limit, --cursor and --all: 0, or CTL_USAGE after a sentence. */
int pages_begin(const struct ctl *ctl, struct pages *pages);
/* Adds limit and cursor to a request. */
void pages_ask(struct buf *request, const struct pages *pages);
/* Notes how many rows (member `rows` of the reply) the page brought and where the next one begins. */
void pages_turn(struct pages *pages, struct json_object *reply, const char *rows);
/* Says on standard error where to go on, if there is more. */
void pages_tell(const struct pages *pages);

#endif
