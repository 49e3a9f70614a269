/*
 * sections.h - reads the tables that stand beside dupd.conf: agencies.conf, outlets.conf.
 *
 * Sections in brackets, under them lines of "key = value, value"; lines that
 * begin with # or ; are remarks. What sections and keys mean is for the table
 * that is being read.
 */
#ifndef DUP_CORE_SECTIONS_H
#define DUP_CORE_SECTIONS_H

#include <stddef.h>

/* A piece of the file; borrowed from it, not terminated. */
struct sections_text { const char *p; size_t len; };

struct sections {
    unsigned line;    /* the one that is being read, from 1 */
    char *message;    /* size bytes for a sentence with the line; may be NULL */
    size_t size;
    size_t name_max;  /* bytes of a section's name */
    void *arg;        /* the reader's */
    int (*section)(struct sections *s, struct sections_text name);
    int (*value)(struct sections *s, struct sections_text key, struct sections_text value);
};

/* Calls section for each section and value for each value, in order, until one returns below 0.
 * DUP_EINVAL with the message set, or what the calls returned. */
int sections_read(struct sections *s, const char *text, size_t len);

/* Sets the message, "line N: ...", and returns DUP_EINVAL. */
int sections_complain(struct sections *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

int sections_is(struct sections_text text, const char *word);
/* How much of a text a message shows: a precision for "%.*s". */
int sections_shown(struct sections_text text);

#endif
