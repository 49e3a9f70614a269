/*
 * Bytes out of files, compressed or not. It exists so that the splitter sees one stream, whatever
 * the file is; compressed files may consist of several members or frames. Invariant: a file whose
 * compressed data is cut short or damaged ends in an error, never in a silent end.
 */
#include "ctl/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RAW_SIZE (256u << 10)
#define MAGIC_SIZE 4u

int unpack_open(struct unpack *unpack, const char *path, struct err *err)
{
    *unpack = (struct unpack){.fd = -1};
    int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(err, err_from_errno(errno), "cannot be opened: %s", strerror(errno));
    unpack->raw = malloc(RAW_SIZE);
    if (!unpack->raw) {
        close(fd);
        return err_set(err, DUP_ENOMEM, "out of memory");
    }
    unpack->fd = fd;
    return 0;
}

void unpack_done(struct unpack *unpack)
{
    if (unpack->kind == UNPACK_GZIP)
        inflateEnd(&unpack->gzip);
    ZSTD_freeDStream(unpack->zstd);
    free(unpack->raw);
    if (unpack->fd >= 0)
        close(unpack->fd);
    *unpack = (struct unpack){.fd = -1};
}

int unpack_wants_input(const struct unpack *unpack)
{
    if (unpack->read_all || unpack->pending)
        return 0;
    return unpack->kind == UNPACK_UNKNOWN || unpack->at == unpack->len;
}

/* One read(2) into out. */
static int read_once(struct unpack *unpack, void *out, size_t room, size_t *ret_len, struct err *err)
{
    ssize_t n = read(unpack->fd, out, room);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        n = 0;
    else if (n < 0)
        return err_set(err, DUP_EIO, "cannot be read: %s", strerror(errno));
    else if (n == 0)
        unpack->read_all = 1;
    unpack->bytes += (size_t)n;
    *ret_len = (size_t)n;
    return 0;
}

static int begin_gzip(struct unpack *unpack, struct err *err)
{
    if (inflateInit2(&unpack->gzip, 15 + 16) != Z_OK)
        return err_set(err, DUP_ENOMEM, "out of memory");
    unpack->kind = UNPACK_GZIP;
    return 0;
}

static int begin_zstd(struct unpack *unpack, struct err *err)
{
    unpack->zstd = ZSTD_createDStream();
    if (!unpack->zstd)
        return err_set(err, DUP_ENOMEM, "out of memory");
    unpack->kind = UNPACK_ZSTD;
    return 0;
}

/* Decides by the first bytes; also a zstd file that opens with a skippable frame is one. */
static int find_kind(struct unpack *unpack, struct err *err)
{
    const unsigned char *m = unpack->raw;
    if (unpack->len >= 2 && m[0] == 0x1f && m[1] == 0x8b)
        return begin_gzip(unpack, err);
    if (unpack->len >= 4 && ((m[0] == 0x28 && m[1] == 0xb5 && m[2] == 0x2f && m[3] == 0xfd) ||
                             ((m[0] & 0xf0) == 0x50 && m[1] == 0x2a && m[2] == 0x4d && m[3] == 0x18)))
        return begin_zstd(unpack, err);
    unpack->kind = UNPACK_PLAIN;
    return 0;
}

/* After a gzip member: another one follows, or zeros as padding, or nothing. */
static int next_member(struct unpack *unpack, struct err *err)
{
    while (unpack->at < unpack->len && unpack->raw[unpack->at] == 0)
        unpack->at++;
    if (unpack->at == unpack->len)
        return 0;
    if (unpack->raw[unpack->at] != 0x1f)
        return err_set(err, DUP_EFORMAT, "has bytes after its gzip data that are none");
    inflateReset(&unpack->gzip);
    unpack->inside = 1;
    return 0;
}

static int inflate_some(struct unpack *unpack, char *out, size_t room, size_t *ret_len, struct err *err)
{
    z_stream *z = &unpack->gzip;
    if (!unpack->inside && !unpack->pending) {
        int r = next_member(unpack, err);
        if (r < 0 || !unpack->inside)
            return r;
    }
    z->next_in = unpack->raw + unpack->at;
    z->avail_in = (uInt)(unpack->len - unpack->at);
    z->next_out = (Bytef *)out;
    z->avail_out = (uInt)room;
    int r = inflate(z, Z_NO_FLUSH);
    unpack->at = unpack->len - z->avail_in;
    *ret_len = room - z->avail_out;
    if (r != Z_OK && r != Z_STREAM_END && r != Z_BUF_ERROR)
        return err_set(err, DUP_EFORMAT, "has damaged gzip data: %s", z->msg ? z->msg : zError(r));
    unpack->inside = r != Z_STREAM_END;
    unpack->pending = unpack->inside && z->avail_out == 0;
    return 0;
}

static int unzstd_some(struct unpack *unpack, char *out, size_t room, size_t *ret_len, struct err *err)
{
    ZSTD_inBuffer in = {unpack->raw, unpack->len, unpack->at};
    ZSTD_outBuffer to = {out, room, 0};
    size_t r = ZSTD_decompressStream(unpack->zstd, &to, &in);
    if (ZSTD_isError(r))
        return err_set(err, DUP_EFORMAT, "has damaged zstd data: %s", ZSTD_getErrorName(r));
    unpack->at = in.pos;
    unpack->inside = r != 0;
    unpack->pending = unpack->inside && to.pos == room;
    *ret_len = to.pos;
    return 0;
}

int unpack_read(struct unpack *unpack, char *out, size_t room, size_t *ret_len, struct err *err)
{
    int r = 0;
    size_t n = 0;
    *ret_len = 0;
    if (room > RAW_SIZE)
        room = RAW_SIZE; /* keeps zlib's 32-bit counts and the latency of one call small */
    if (unpack->kind == UNPACK_UNKNOWN) {
        if (!unpack->read_all) {
            r = read_once(unpack, unpack->raw + unpack->len, RAW_SIZE - unpack->len, &n, err);
            unpack->len += n;
        }
        if (r < 0 || (unpack->len < MAGIC_SIZE && !unpack->read_all))
            return r < 0 ? r : 1;
        r = find_kind(unpack, err);
        unpack->inside = r == 0 && unpack->kind != UNPACK_PLAIN;
        return r < 0 ? r : 1;
    }
    if (unpack->kind == UNPACK_PLAIN) {
        if (unpack->at == unpack->len) {
            if (!unpack->read_all)
                r = read_once(unpack, out, room, ret_len, err);
            return r < 0 ? r : !unpack->read_all;
        }
        n = unpack->len - unpack->at < room ? unpack->len - unpack->at : room;
        memcpy(out, unpack->raw + unpack->at, n);
        unpack->at += n;
        *ret_len = n;
        return 1;
    }
    if (unpack->at == unpack->len && !unpack->pending) {
        if (!unpack->read_all) {
            unpack->at = 0;
            unpack->len = 0;
            r = read_once(unpack, unpack->raw, RAW_SIZE, &unpack->len, err);
            if (r < 0 || unpack->len == 0)
                return r < 0 ? r : 1;
        } else if (unpack->inside) {
            return err_set(err, DUP_EFORMAT, "ends in the middle of its compressed data");
        } else {
            return 0;
        }
    }
    r = unpack->kind == UNPACK_GZIP ? inflate_some(unpack, out, room, ret_len, err)
                                    : unzstd_some(unpack, out, room, ret_len, err);
    return r < 0 ? r : 1;
}
