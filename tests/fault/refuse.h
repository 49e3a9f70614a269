/*
 * refuse->h - the calls that the store makes of LMDB, of the allocator and of the system, each of
 * which can be made to fail: the linker puts these in front of the real ones (--wrap, see the
 * Makefile), for the project's own code and not for the libraries under it. Included once.
 *
 *   refuse_init();         before the others
 *   refuse_record();    ...; n = refuse_done();    counts the calls, and by which way each was reached
 *   refuse_call(i, k);  ...; refuse_done();        the call i (from 0) fails, in the kth of its ways
 */
#ifndef DUPD_TESTS_REFUSE_H
#define DUPD_TESTS_REFUSE_H

#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <lmdb.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define WAY_DEPTH 5      /* callers that tell one way to a call from another */
#define CALLS_MAX 200000

/* In memory that a child shares, so that what it calls counts too. */
static struct {
    int recording;
    atomic_long left;    /* calls until one is refused; -1: none is */
    atomic_long count;
    unsigned code;       /* which of the ways to fail */
    const char *name;    /* of the call that was refused; NULL: none was */
    uint64_t ways[CALLS_MAX]; /* of the calls recorded */
} *refuse;

static uint64_t way_here(void)
{
    void *frames[WAY_DEPTH + 3];
    int n = backtrace(frames, WAY_DEPTH + 3);
    uint64_t way = 0;
    for (int i = 2; i < n; i++)
        way = (way ^ (uint64_t)(uintptr_t)frames[i]) * UINT64_C(0x9e3779b97f4a7c15);
    return way;
}

/* Whether the call that is being made is the one to fail. */
static int is_refused(const char *name)
{
    if (!refuse)
        return 0;
    if (refuse->recording) {
        long at = atomic_fetch_add(&refuse->count, 1);
        if (at < CALLS_MAX)
            refuse->ways[at] = way_here();
        return 0;
    }
    if (atomic_load(&refuse->left) < 0 || atomic_fetch_sub(&refuse->left, 1) != 0)
        return 0;
    refuse->name = name;
    return 1;
}

static int refuse_init(void)
{
    refuse = mmap(NULL, sizeof *refuse, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (refuse == MAP_FAILED)
        return -1;
    refuse->left = -1;
    return 0;
}

static void refuse_record(void)
{
    refuse->count = 0;
    refuse->recording = 1;
}

static void refuse_call(long at, unsigned code)
{
    refuse->name = NULL;
    refuse->code = code;
    refuse->left = at;
}

static long refuse_done(void)
{
    refuse->recording = 0;
    refuse->left = -1;
    return refuse->count;
}

static int pick(const int *codes, unsigned n)
{
    return codes[refuse->code % n];
}

static int read_code(void)
{
    static const int codes[] = {EIO, MDB_CORRUPTED, ENOMEM};
    return pick(codes, 3);
}

static int write_code(void)
{
    static const int codes[] = {MDB_MAP_FULL, EIO, ENOMEM};
    return pick(codes, 3);
}

static int system_code(void)
{
    static const int codes[] = {EIO, ENOSPC, EMFILE};
    errno = pick(codes, 3);
    return -1;
}

static void *no_memory(void)
{
    errno = ENOMEM;
    return NULL;
}

/* One line each: the Makefile reads the names here. */
#define REFUSE(type, name, parameters, arguments, refusal) \
    type __real_##name parameters; \
    type __wrap_##name parameters; \
    type __wrap_##name parameters { return is_refused(#name) ? (refusal) : __real_##name arguments; }

REFUSE(void *, malloc, (size_t n), (n), no_memory())
REFUSE(void *, calloc, (size_t n, size_t size), (n, size), no_memory())
REFUSE(void *, realloc, (void *old, size_t n), (old, n), no_memory())
REFUSE(char *, strdup, (const char *s), (s), no_memory())
REFUSE(void *, mmap, (void *at, size_t n, int prot, int flags, int fd, off_t o), (at, n, prot, flags, fd, o), (no_memory(), MAP_FAILED))

REFUSE(int, mdb_env_create, (MDB_env **env), (env), ENOMEM)
REFUSE(int, mdb_env_open, (MDB_env *env, const char *path, unsigned flags, mdb_mode_t mode), (env, path, flags, mode), read_code())
REFUSE(int, mdb_env_set_mapsize, (MDB_env *env, size_t size), (env, size), read_code())
REFUSE(int, mdb_env_sync, (MDB_env *env, int force), (env, force), EIO)
REFUSE(int, mdb_env_copyfd2, (MDB_env *env, int fd, unsigned flags), (env, fd, flags), read_code())
REFUSE(int, mdb_txn_begin, (MDB_env *env, MDB_txn *up, unsigned flags, MDB_txn **txn), (env, up, flags, txn), read_code())
REFUSE(int, mdb_txn_renew, (MDB_txn *txn), (txn), read_code())
REFUSE(int, mdb_dbi_open, (MDB_txn *txn, const char *name, unsigned flags, MDB_dbi *dbi), (txn, name, flags, dbi), read_code())
REFUSE(int, mdb_stat, (MDB_txn *txn, MDB_dbi dbi, MDB_stat *stat), (txn, dbi, stat), read_code())
REFUSE(int, mdb_get, (MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data), (txn, dbi, key, data), read_code())
REFUSE(int, mdb_cursor_open, (MDB_txn *txn, MDB_dbi dbi, MDB_cursor **cursor), (txn, dbi, cursor), read_code())
REFUSE(int, mdb_cursor_renew, (MDB_txn *txn, MDB_cursor *cursor), (txn, cursor), read_code())
REFUSE(int, mdb_cursor_get, (MDB_cursor *c, MDB_val *key, MDB_val *data, MDB_cursor_op op), (c, key, data, op), read_code())
REFUSE(int, mdb_put, (MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data, unsigned flags), (txn, dbi, key, data, flags), write_code())
REFUSE(int, mdb_del, (MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data), (txn, dbi, key, data), write_code())
REFUSE(int, mdb_cursor_del, (MDB_cursor *cursor, unsigned flags), (cursor, flags), write_code())
REFUSE(int, mdb_txn_commit, (MDB_txn *txn), (txn), (mdb_txn_abort(txn), write_code()))

REFUSE(int, mkdir, (const char *path, mode_t mode), (path, mode), system_code())
REFUSE(int, stat, (const char *path, struct stat *st), (path, st), system_code())
REFUSE(int, fstat, (int fd, struct stat *st), (fd, st), system_code())
REFUSE(int, flock, (int fd, int operation), (fd, operation), system_code())
REFUSE(int, ftruncate, (int fd, off_t len), (fd, len), system_code())
REFUSE(int, posix_fallocate, (int fd, off_t at, off_t len), (fd, at, len), ENOSPC)
REFUSE(int, rename, (const char *from, const char *to), (from, to), system_code())
REFUSE(ssize_t, getrandom, (void *to, size_t n, unsigned flags), (to, n, flags), system_code())
REFUSE(ssize_t, read, (int fd, void *to, size_t n), (fd, to, n), system_code())
REFUSE(ssize_t, pread, (int fd, void *to, size_t n, off_t at), (fd, to, n, at), system_code())
REFUSE(ssize_t, write, (int fd, const void *data, size_t n), (fd, data, n), system_code())
REFUSE(ssize_t, pwrite, (int fd, const void *data, size_t n, off_t at), (fd, data, n, at), system_code())
REFUSE(int, pipe, (int ends[2]), (ends), system_code())
REFUSE(int, pipe2, (int ends[2], int flags), (ends, flags), system_code())
REFUSE(pid_t, fork, (void), (), system_code())
REFUSE(pid_t, waitpid, (pid_t pid, int *status, int options), (pid, status, options), (__real_waitpid(pid, status, options), system_code()))
REFUSE(int, pthread_create, (pthread_t *t, const pthread_attr_t *a, void *(*run)(void *), void *arg), (t, a, run, arg), EAGAIN)

int __wrap_fsync(int fd);
int __wrap_fsync(int fd) /* REFUSE, and nothing is waited for */
{
    (void)fd;
    return is_refused("fsync") ? system_code() : 0;
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    if (flags & (O_CREAT | O_TMPFILE)) {
        va_list args;
        va_start(args, flags);
        mode = va_arg(args, mode_t);
        va_end(args);
    }
    return is_refused("open") ? system_code() : __real_open(path, flags, mode);
}

#endif
