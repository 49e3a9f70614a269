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
#include <stdint.h>
#include <string.h>

struct buf {
    char *data;   /* owned; NULL while empty */
    size_t len, cap;
    size_t max;   /* ceiling of len */
    int error;    /* first DUP_ENOMEM or DUP_ETOOBIG, else 0 */
};

void buf_init(struct buf *buf, size_t max);
void buf_done(struct buf *buf);             /* frees; the buffer may be used again */
void buf_clear(struct buf *buf);            /* len and error to 0, memory kept */
int buf_grow(struct buf *buf, size_t more); /* buf_reserve where there is no room yet */

/* Room for more bytes after len, and a NUL. */
static inline int buf_reserve(struct buf *buf, size_t more)
{
    return more < buf->cap - buf->len && !buf->error ? 0 : buf_grow(buf, more);
}

static inline int buf_add(struct buf *buf, const void *data, size_t len)
{
    int r = buf_reserve(buf, len);
    if (r < 0)
        return r;
    if (len)
        memcpy(buf->data + buf->len, data, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
    return 0;
}

static inline int buf_add_char(struct buf *buf, char c)
{
    return buf_add(buf, &c, 1);
}

int buf_add_str(struct buf *buf, const char *string);
int buf_add_number(struct buf *buf, uint64_t number, int digits); /* in decimal, at least so many digits, at most 20 */
int buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Removes len bytes from the front (len <= buf->len). */
void buf_consume(struct buf *buf, size_t len);

#endif
