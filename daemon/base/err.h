/*
 * err.h - a sentence for the operator: what went wrong, and where.
 *
 * Filled by what runs at start, on reload and on the command line (config,
 * open, listen). Per-request errors travel as a DUP_E... code with a place.
 */
#ifndef DUPD_ERR_H
#define DUPD_ERR_H

#include "dup/error.h"

struct err {
    int code;         /* DUP_E..., 0 when nothing went wrong */
    char text[512];
};

/* Sets code and sentence, and returns code. err may be NULL. */
int err_set(struct err *err, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The DUP_E... that an errno means. */
int err_from_errno(int number);

/* The same of an errno met at a file that the configuration names: it is the configuration that is wrong,
 * unless the machine fails or something runs short. */
int err_from_file(int number);

#endif
