/* Growable buffers: doubling, bounded, sticky errors. Invariant: len <= max, cap <= max + 1, and data[len] is 0. */
#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dup/error.h"

void buf_init(struct buf *buf, size_t max)
{
    *buf = (struct buf){.max = max};
}

void buf_done(struct buf *buf)
{
    free(buf->data);
    buf_init(buf, buf->max);
}

void buf_clear(struct buf *buf)
{
    buf->len = 0;
    buf->error = 0;
    if (buf->data)
        buf->data[0] = '\0';
}

int buf_grow(struct buf *buf, size_t more)
{
    if (buf->error)
        return buf->error;
    if (more > buf->max - buf->len)
        return buf->error = DUP_ETOOBIG;
    size_t need = buf->len + more + 1;
    if (need <= buf->cap)
        return 0;
    size_t cap = buf->cap ? buf->cap : 64;
    while (cap < need)
        cap *= 2;
    if (cap > buf->max) /* what has room is within the ceiling */
        cap = buf->max + 1;
    char *data = realloc(buf->data, cap);
    if (!data)
        return buf->error = DUP_ENOMEM;
    buf->data = data;
    buf->cap = cap;
    return 0;
}

int buf_add_str(struct buf *buf, const char *string)
{
    return buf_add(buf, string, strlen(string));
}

int buf_add_number(struct buf *buf, uint64_t number, int digits)
{
    char text[20], *at = text + sizeof text;
    for (; number || digits > 0; number /= 10, digits--)
        *--at = (char)('0' + number % 10);
    return buf_add(buf, at, (size_t)(text + sizeof text - at));
}

int buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int need = vsnprintf(NULL, 0, format, args);
    va_end(args);
    int r = need < 0 ? DUP_EINVAL : buf_reserve(buf, (size_t)need);
    if (r == 0) {
        vsnprintf(buf->data + buf->len, (size_t)need + 1, format, again);
        buf->len += (size_t)need;
    }
    va_end(again);
    return r;
}

void buf_consume(struct buf *buf, size_t len)
{
    assert(len <= buf->len);
    if (len == 0)
        return;
    buf->len -= len;
    memmove(buf->data, buf->data + len, buf->len);
    buf->data[buf->len] = '\0';
}
