/*
 * buf.h - a growable run of bytes with a ceiling.
 *
 * Once an append fails the buffer remembers it (error) and further appends
 * do nothing, so a caller may build a whole reply and check once at the end.
 * data is always NUL-terminated after len once anything was appended.
 */
#ifndef DUPD_BUF_H
#define DUPD_BUF_H

#include <stddef.h>

struct buf {
    char *data;   /* owned; NULL while empty */
    size_t len, cap;
    size_t max;   /* ceiling of len */
    int error;    /* first DUP_ENOMEM or DUP_ETOOBIG, else 0 */
};

void buf_init(struct buf *buf, size_t max);
void buf_done(struct buf *buf);             /* frees; the buffer may be used again */
void buf_clear(struct buf *buf);            /* len and error to 0, memory kept */
int buf_reserve(struct buf *buf, size_t more); /* room for more bytes after len */
int buf_add(struct buf *buf, const void *data, size_t len);
int buf_add_str(struct buf *buf, const char *string);
int buf_add_char(struct buf *buf, char c);
int buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Removes len bytes from the front (len <= buf->len). */
void buf_consume(struct buf *buf, size_t len);

#endif
