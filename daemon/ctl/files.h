/*
 * files.h - one whole file as a request's content: a text, or an article written as JSON.
 */
#ifndef DUPD_CTL_FILES_H
#define DUPD_CTL_FILES_H

#include "base/buf.h"
#include "proto/json.h"

/* Reads a file, "-" being standard input, decompressed, into an initialised buffer. Says what failed. 0 or CTL_REFUSED. */
int file_read(const char *path, struct buf *ret);

/* 0, or CTL_REFUSED after saying where a text stops being UTF-8. */
int file_check_text(const char *path, const struct buf *text);

/*
 * Whether a line may go to the daemon as an article: 1, or 0 when it names an operation other than
 * submit. Parses only lines in which a key "op" can hide; what is no JSON passes, to be refused there.
 */
int line_is_article(struct json_parser *parser, const char *line, size_t len);

#endif
