/*
 * log.h - the daemon's log: one line an event, on stderr, or with fields in the journal.
 *
 * What came from outside is escaped by the caller (base/escape.h) or given as an id.
 */
#ifndef DUPD_LOG_H
#define DUPD_LOG_H

#include "server/config.h"

void log_open(int level);        /* LOG_LEVEL_...; finds out whether stderr is the journal */
void log_set_level(int level);   /* any thread */
/* Any thread. event: a short word kept as DUPD_EVENT ("listen", "commit-failed"). */
void log_write(int level, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...) log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
