/*
 * A copy of the store while it is written: LMDB puts one state into a pipe,
 * and what comes out goes to the file at the pace of the caller. Invariant:
 * a file named dupd.mdb in the directory is a whole store, on disk.
 */
#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/internal.h"

#define PIECE (UINT64_C(256) << 10) /* bytes between two looks at the caller */

struct copy {
    struct store *store;
    int in;        /* end of the pipe that LMDB writes to */
    int code;      /* what it said in the end */
};

static void *run_copy(void *arg)
{
    struct copy *copy = arg;
    pthread_rwlock_rdlock(&copy->store->resize);
    copy->code = mdb_env_copyfd2(copy->store->env, copy->in, MDB_CP_COMPACT);
    pthread_rwlock_unlock(&copy->store->resize);
    close(copy->in);
    return NULL;
}

static int write_all(int fd, const char *data, size_t len)
{
    while (len) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno != EINTR)
            return err_from_errno(errno);
        if (n > 0) {
            data += n;
            len -= (size_t)n;
        }
    }
    return 0;
}

/* From the pipe into the file until it ends, or until somebody wants it to. */
static int pump(struct store *store, int from, int to, int (*step)(void *arg, uint64_t copied), void *arg)
{
    char *piece = malloc(PIECE);
    uint64_t copied = 0, told = 0;
    int r = piece ? 0 : DUP_ENOMEM;
    while (r == 0) {
        ssize_t n = read(from, piece, PIECE);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            r = n < 0 ? err_from_errno(errno) : 0;
            break;
        }
        copied += (uint64_t)n;
        r = atomic_load(&store->growing) ? DUP_EBUSY : write_all(to, piece, (size_t)n);
        if (r == 0 && copied - told >= PIECE) {
            told = copied;
            r = step(arg, copied);
        }
    }
    free(piece);
    return r < 0 ? r : step(arg, copied);
}

static int copy_into(struct store *store, int fd, int (*step)(void *arg, uint64_t copied), void *arg)
{
    int ends[2];
    pthread_t thread;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return err_from_errno(errno);
    struct copy copy = {.store = store, .in = ends[1]};
    int code = pthread_create(&thread, NULL, run_copy, &copy);
    if (code) {
        close(ends[0]);
        close(ends[1]);
        return err_from_errno(code);
    }
    int r = pump(store, ends[0], fd, step, arg);
    close(ends[0]);
    pthread_join(thread, NULL);
    if (r == 0)
        r = store_code(store, copy.code);
    return r == 0 && fsync(fd) < 0 ? err_from_errno(errno) : r;
}

static int sync_name(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = fd < 0 || (fsync(fd) < 0 && errno != EINVAL) ? err_from_errno(errno) : 0;
    if (fd >= 0)
        close(fd);
    return r;
}

int store_backup(struct store *store, const char *dir, int (*step)(void *arg, uint64_t copied), void *arg,
                 struct err *err)
{
    char path[4200], part[4200];
    struct stat st;
    int made = mkdir(dir, 0700) == 0;
    if (!made && errno != EEXIST)
        return err_set(err, err_from_errno(errno), "cannot create %s: %s", dir, strerror(errno));
    snprintf(path, sizeof path, "%s/dupd.mdb", dir);
    snprintf(part, sizeof part, "%s/dupd.mdb.part", dir);
    if (stat(path, &st) == 0)
        return err_set(err, DUP_EINVAL, "%s holds a store already: name another directory", dir);
    /* One that cannot be looked at may be there all the same. */
    int fd = errno == ENOENT ? open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
    int r = fd < 0 ? err_from_errno(errno) : copy_into(store, fd, step, arg);
    if (fd >= 0)
        close(fd);
    if (r == 0 && rename(part, path) < 0)
        r = err_from_errno(errno);
    int named = r == 0;
    if (named)
        r = sync_name(dir);
    if (r == 0)
        return 0;
    unlink(named ? path : part);
    if (made)
        rmdir(dir);
    return err_set(err, r, r == DUP_EBUSY ? "the store had to grow while it was copied to %s: %s" :
                   "cannot copy the store to %s: %s", dir, r == DUP_EFULL ? "no space left there" : dup_strerror(r));
}
