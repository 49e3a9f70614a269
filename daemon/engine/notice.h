/*
 * notice.h - what an article says of an earlier version: that it corrects or withdraws it.
 */
#ifndef DUPD_NOTICE_H
#define DUPD_NOTICE_H

#include <json-c/json.h>
#include <stddef.h>

/* ARTICLE_CORRECTED or ARTICLE_WITHDRAWN, from `pubstatus` (ninjs: "canceled") and the headline
 * ("KILL: ...", "CORRECTED-..."); 0 for neither. Any thread. */
unsigned notice_find(struct json_object *object, const char *title, size_t len);

#endif
