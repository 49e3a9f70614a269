/*
 * escape.h - text from outside, made harmless to look at.
 *
 * C0 and C1 controls, DEL, the bidi controls and bytes that are not UTF-8
 * come out as \xNN or \u{NNNN}; a line feed as \n. For terminals, the log
 * and CSV alike, whether or not the output is a terminal.
 */
#ifndef DUPD_ESCAPE_H
#define DUPD_ESCAPE_H

#include <stddef.h>

#include "base/buf.h"

/* Appends text, escaped. 0, or the buffer's error. */
int escape_add(struct buf *out, const char *text, size_t len);

/* Escapes text into a fixed array, cut to fit with "..." ; always terminated. Returns out. */
char *escape_line(char *out, size_t size, const char *text, size_t len);

#endif
