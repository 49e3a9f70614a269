/*
 * out.h - what dupctl prints: nothing that came from outside steers a display.
 *
 * Text for people goes through base/escape.h; JSON keeps its meaning, and
 * the characters that escape.h would replace are written as \uNNNN.
 */
#ifndef DUPD_CTL_OUT_H
#define DUPD_CTL_OUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* "dupctl: ..." and a line feed on standard error, escaped as a whole. */
void out_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Text, escaped, to a stream. len may be SIZE_MAX for a terminated string. */
void out_text(FILE *stream, const char *text, size_t len);

/* One line of JSON, made safe, and a line feed on standard output. */
void out_json(const char *json, size_t len);

/* The value of a member at the top of an object, as it stands in the text: 1, or 0 when there is none. */
int out_slice(const char *json, size_t len, const char *key, const char **ret_value, size_t *ret_len);

/* The offset of the first byte that is not UTF-8, or len. */
size_t out_utf8_end(const char *text, size_t len);

/* 12345 as "12,345"; out holds at least 32 bytes. Returns out. */
char *out_count(char *out, uint64_t number);
/* The number with the word after it, in the plural where it calls for that: "1 article", "2 articles". */
char *out_things(char *out, size_t size, uint64_t number, const char *word);

/* Columns of the terminal behind a descriptor; 80 when it does not say. */
size_t out_columns(int fd);

/* Flushes standard output: 0, or CTL_REFUSED after saying that it could not be written. */
int out_flush(void);

#endif
