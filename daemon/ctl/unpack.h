/*
 * unpack.h - a file or standard input as a stream of bytes, decompressed if it has to be.
 *
 * Plain, gzip and zstd are told apart by their first bytes, so a pipe will
 * do. Each call reads at most once, so that a caller who polls is never
 * kept waiting.
 */
#ifndef DUPD_CTL_UNPACK_H
#define DUPD_CTL_UNPACK_H

#include <stddef.h>
#include <stdint.h>
#include <zlib.h>
#include <zstd.h>

#include "base/err.h"

enum unpack_kind { UNPACK_UNKNOWN, UNPACK_PLAIN, UNPACK_GZIP, UNPACK_ZSTD };

struct unpack {
    int fd;
    enum unpack_kind kind;
    unsigned char *raw;        /* owned; raw[at..len) was read and not yet used */
    size_t at, len;
    int read_all;              /* the file has no more */
    int pending;               /* the decompressor may hold output that found no room */
    int inside;                /* within a gzip member or zstd frame */
    uint64_t bytes;            /* read from the file so far */
    z_stream gzip;
    ZSTD_DStream *zstd;        /* owned */
};

/* Opens a path, "-" being standard input. 0, or a DUP_E... with a sentence. */
int unpack_open(struct unpack *unpack, const char *path, struct err *err);
void unpack_done(struct unpack *unpack);

/* Whether the next unpack_read will read from fd, and so may wait. */
int unpack_wants_input(const struct unpack *unpack);

/*
 * Up to room bytes into out. 1: *ret_len bytes, which may be none (call again, when
 * unpack_wants_input says so once fd is readable); 0: the end; DUP_EIO, DUP_EFORMAT, DUP_ENOMEM
 * with a sentence.
 */
int unpack_read(struct unpack *unpack, char *out, size_t room, size_t *ret_len, struct err *err);

#endif
