/*
 * Packing of texts with zstd, alone or against another text: what both have in
 * common is then named by where it stands in the other. Invariant: each thread
 * has contexts of its own, made at its first text and freed when it ends.
 */
#include <pthread.h>
#include <stdlib.h>
#include <zstd.h>

#include "store/internal.h"

#define LEVEL 1

struct contexts {
    ZSTD_CCtx *packer;
    ZSTD_DCtx *unpacker;
};

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void contexts_free(void *data)
{
    struct contexts *contexts = data;
    if (!contexts)
        return;
    ZSTD_freeCCtx(contexts->packer);
    ZSTD_freeDCtx(contexts->unpacker);
    free(contexts);
}

/* A destructor runs for threads that end, but not for the main one: it is freed with the process. */
static void free_main(void)
{
    contexts_free(pthread_getspecific(key));
    pthread_setspecific(key, NULL);
}

static void make_key(void)
{
    pthread_key_create(&key, contexts_free);
    atexit(free_main);
}

static struct contexts *contexts_get(void)
{
    pthread_once(&once, make_key);
    struct contexts *contexts = pthread_getspecific(key);
    if (contexts)
        return contexts;
    contexts = calloc(1, sizeof *contexts);
    if (!contexts)
        return NULL;
    contexts->packer = ZSTD_createCCtx();
    contexts->unpacker = ZSTD_createDCtx();
    if (!contexts->packer || !contexts->unpacker || ZSTD_isError(ZSTD_CCtx_setParameter(contexts->packer, ZSTD_c_compressionLevel, LEVEL)) ||
        pthread_setspecific(key, contexts) != 0) {
        contexts_free(contexts);
        return NULL;
    }
    return contexts;
}

int store_pack(const char *text, size_t len, struct str base, struct buf *out)
{
    buf_clear(out);
    struct contexts *contexts = contexts_get();
    if (!contexts)
        return DUP_ENOMEM;
    size_t bound = ZSTD_compressBound(len);
    int r = buf_reserve(out, bound);
    if (r < 0)
        return r;
    if (ZSTD_isError(ZSTD_CCtx_refPrefix(contexts->packer, base.data, base.len))) /* of the next frame alone */
        return DUP_ENOMEM;
    size_t n = ZSTD_compress2(contexts->packer, out->data, bound, text, len);
    if (ZSTD_isError(n))
        return DUP_ENOMEM;
    out->len = n;
    return 0;
}

int text_unpack(const void *packed, size_t len, struct str base, struct buf *ret)
{
    buf_clear(ret);
    unsigned long long size = ZSTD_getFrameContentSize(packed, len);
    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > ret->max)
        return DUP_ECORRUPT;
    struct contexts *contexts = contexts_get();
    if (!contexts)
        return DUP_ENOMEM;
    int r = buf_reserve(ret, (size_t)size);
    if (r < 0)
        return r;
    if (ZSTD_isError(ZSTD_DCtx_refPrefix(contexts->unpacker, base.data, base.len)))
        return DUP_ENOMEM;
    size_t n = ZSTD_decompressDCtx(contexts->unpacker, ret->data, (size_t)size, packed, len);
    if (ZSTD_isError(n) || n != size)
        return DUP_ECORRUPT;
    ret->len = n;
    ret->data[n] = '\0';
    return 0;
}
