/*
 * config.h - the options of dupd.conf(5).
 */
#ifndef DUPD_CONFIG_H
#define DUPD_CONFIG_H

#include <stdint.h>

#include "base/err.h"

#define CONFIG_TEXT 512

struct config {
    /* [dupd] */
    char state_dir[CONFIG_TEXT], socket[CONFIG_TEXT], agencies[CONFIG_TEXT], outlets[CONFIG_TEXT];
    uint64_t socket_mode, log_level;
    /* [store] */
    uint64_t map_size, index_memory, keep_text, sync, sync_interval_ms, retention_days;
    char secret[CONFIG_TEXT];
    /* [match] */
    uint64_t window_ms, exact_window_ms;
    /* [limits] */
    uint64_t line, body, connections, inflight, inflight_all, unsent, stall_s, workers;
    /* [access] */
    char submit[CONFIG_TEXT], query[CONFIG_TEXT], admin[CONFIG_TEXT];
};

void config_defaults(struct config *config);
/* Reads a file over what config holds. On an error, a sentence with file and line; config is then
 * unusable. DUP_EINVAL, DUP_ENOENT, DUP_EACCES, DUP_EIO. */
int config_read(struct config *config, const char *path, struct err *err);
/* Sets one option by its name ("state-dir"), as the command line does. DUP_EINVAL, DUP_ENOENT: no such option. */
int config_set(struct config *config, const char *name, const char *value, struct err *err);
/* Whether there is an option of this name. */
int config_knows(const char *name);
/* Calls visit with each option's section and name, in order. */
void config_each(void (*visit)(void *arg, const char *section, const char *name), void *arg);

enum { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

#endif
