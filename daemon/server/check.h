/*
 * check.h - dupd --check: walks a store that no daemon uses and says what is wrong with it.
 */
#ifndef DUPD_CHECK_H
#define DUPD_CHECK_H

#include "server/config.h"

/* Prints each fault and a summary on stdout. Number of faults (at most INT_MAX), or DUP_E... */
int check_run(const struct config *config, struct err *err);

#endif
