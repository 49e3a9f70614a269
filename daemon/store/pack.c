/* Packing of texts with zstd. Each thread keeps its contexts; they go with the thread's process. */
#include <stdlib.h>
#include <zstd.h>

#include "store/internal.h"

#define LEVEL 1

static _Thread_local ZSTD_CCtx *packer;
static _Thread_local ZSTD_DCtx *unpacker;

int store_pack(const char *text, size_t len, struct buf *out)
{
    buf_clear(out);
    if (!packer && !(packer = ZSTD_createCCtx()))
        return DUP_ENOMEM;
    size_t bound = ZSTD_compressBound(len);
    int r = buf_reserve(out, bound);
    if (r < 0)
        return r;
    size_t n = ZSTD_compressCCtx(packer, out->data, bound, text, len, LEVEL);
    if (ZSTD_isError(n))
        return DUP_ENOMEM;
    out->len = n;
    return 0;
}

int text_unpack(const void *packed, size_t len, struct buf *ret)
{
    buf_clear(ret);
    unsigned long long size = ZSTD_getFrameContentSize(packed, len);
    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > ret->max)
        return DUP_ECORRUPT;
    if (!unpacker && !(unpacker = ZSTD_createDCtx()))
        return DUP_ENOMEM;
    int r = buf_reserve(ret, (size_t)size);
    if (r < 0)
        return r;
    size_t n = ZSTD_decompressDCtx(unpacker, ret->data, (size_t)size, packed, len);
    if (ZSTD_isError(n) || n != size)
        return DUP_ECORRUPT;
    ret->len = n;
    ret->data[n] = '\0';
    return 0;
}
