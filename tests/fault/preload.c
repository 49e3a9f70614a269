/*
 * preload.c - a library put under dupd (LD_PRELOAD) that makes the machine fail on demand, and that
 * writes down what reached the disk.
 *
 * DUPD_FAULT names a file of struct control, mapped shared: a test sets there that the Nth call of a
 * kind from now fails, and moves the clock (tests/integration/lib.py, class Faults).
 * DUPD_RECORD names a file that gets an event for every write and sync of the store and for every
 * reply, in the order in which they took effect (struct event; tests/fault/power.c reads it).
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "fault/record.h"

enum kind { FAULT_ALLOC, FAULT_WRITE, FAULT_SYNC, FAULT_THREAD, FAULT_OPEN, FAULT_KINDS };

/* The calls first .. first + times - 1 fail; count is how many there have been. */
struct fault { atomic_llong count, first, times, error; };
struct control {
    struct fault faults[FAULT_KINDS];
    atomic_llong clock_ms; /* added to the time of day */
    atomic_llong no_sync;  /* 1: syncs are not passed on, and succeed */
};

/* What a descriptor is. */
enum { FD_NONE, FD_STORE, FD_STORE_DSYNC, FD_DIRECTORY, FD_SOCKET, FD_OTHER };
#define FDS 4096
#define PARTS_MAX 1024

static struct control nothing, *control = &nothing;
static int record_fd = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned char fds[FDS];

static void *real(const char *name)
{
    void *function = dlsym(RTLD_NEXT, name);
    if (!function)
        abort();
    return function;
}

#define REAL(type, name) ((type)real(name))

__attribute__((constructor)) static void start(void)
{
    const char *path = getenv("DUPD_FAULT");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd >= 0) {
        void *page = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (page != MAP_FAILED)
            control = page;
        close(fd);
    }
    path = getenv("DUPD_RECORD");
    if (path)
        record_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* 1: this call is to fail, errno is set. */
static int fails(enum kind kind)
{
    struct fault *f = &control->faults[kind];
    long long count = atomic_fetch_add(&f->count, 1) + 1, first = atomic_load(&f->first);
    if (!first || count < first || count >= first + atomic_load(&f->times))
        return 0;
    errno = (int)atomic_load(&f->error);
    return 1;
}

/* ---- memory, threads, clock ------------------------------------------------ */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);

void *malloc(size_t size)
{
    return fails(FAULT_ALLOC) ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return fails(FAULT_ALLOC) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
    return fails(FAULT_ALLOC) ? NULL : __libc_realloc(old, size);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *arg)
{
    typedef int create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    if (fails(FAULT_THREAD))
        return errno;
    return REAL(create *, "pthread_create")(thread, attributes, run, arg);
}

int clock_gettime(clockid_t clock, struct timespec *ret)
{
    int r = (int)syscall(SYS_clock_gettime, clock, ret);
    if (r == 0 && clock == CLOCK_REALTIME)
        ret->tv_sec += atomic_load(&control->clock_ms) / 1000;
    return r;
}

/* ---- the record ------------------------------------------------------------ */

/* An event and the call that it tells of are one step for all threads: hold, call, record, let_go. */
static void hold(void)
{
    if (record_fd >= 0)
        pthread_mutex_lock(&lock);
}

static void let_go(void)
{
    if (record_fd >= 0)
        pthread_mutex_unlock(&lock);
}

static void record(enum event_kind kind, uint64_t offset, const struct iovec *parts, int n, size_t len)
{
    struct event event = {.kind = kind, .len = (uint32_t)len, .offset = offset};
    struct iovec out[1 + PARTS_MAX] = {{&event, sizeof event}};
    int used = 1;
    if (record_fd < 0)
        return;
    for (int i = 0; i < n && len; i++) {
        size_t part = parts[i].iov_len < len ? parts[i].iov_len : len;
        if (used > PARTS_MAX)
            abort();
        out[used++] = (struct iovec){parts[i].iov_base, part};
        len -= part;
    }
    if (syscall(SYS_writev, record_fd, out, used) != (ssize_t)(sizeof event + event.len))
        abort();
}

static void opened(int fd, const char *path, int flags)
{
    if (fd < 0 || fd >= FDS)
        return;
    size_t len = strlen(path);
    fds[fd] = FD_OTHER;
    /* The store, or one that is being made and has another name yet. */
    if ((len > 9 && strcmp(path + len - 9, "/dupd.mdb") == 0) || (len > 13 && strcmp(path + len - 13, "/dupd.mdb.new") == 0)) {
        fds[fd] = flags & O_DSYNC ? FD_STORE_DSYNC : FD_STORE;
    } else if (flags & O_DIRECTORY) {
        fds[fd] = FD_DIRECTORY;
    }
}

static int kind_of(int fd)
{
    struct stat st;
    if (fd < 0 || fd >= FDS)
        return FD_OTHER;
    if (fds[fd] == FD_NONE)
        fds[fd] = fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode) ? FD_SOCKET : FD_OTHER;
    return fds[fd];
}

static int is_store(int fd)
{
    int kind = kind_of(fd);
    return kind == FD_STORE || kind == FD_STORE_DSYNC;
}

/* ---- files ------------------------------------------------------------------- */

static int open_any(const char *name, const char *path, int flags, mode_t mode)
{
    typedef int opener(const char *, int, ...);
    if (fails(FAULT_OPEN))
        return -1;
    int fd = REAL(opener *, name)(path, flags, mode);
    opened(fd, path, flags);
    return fd;
}

static mode_t mode_of(int flags, va_list args)
{
    return flags & (O_CREAT | O_TMPFILE) ? (mode_t)va_arg(args, int) : 0;
}

int open(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = mode_of(flags, args);
    va_end(args);
    return open_any("open", path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = mode_of(flags, args);
    va_end(args);
    return open_any("open64", path, flags, mode);
}

int rename(const char *from, const char *to)
{
    size_t len = strlen(to);
    hold();
    int r = (int)syscall(SYS_rename, from, to);
    if (r == 0 && len > 9 && strcmp(to + len - 9, "/dupd.mdb") == 0)
        record(EVENT_NAME, 0, NULL, 0, 0);
    let_go();
    return r;
}

int close(int fd)
{
    if (fd >= 0 && fd < FDS)
        fds[fd] = FD_NONE;
    return (int)syscall(SYS_close, fd);
}

/* A write to the store at an offset. */
static ssize_t write_store(int fd, const struct iovec *parts, int n, uint64_t offset)
{
    if (fails(FAULT_WRITE))
        return -1;
    hold();
    ssize_t done = syscall(SYS_pwritev, fd, parts, n, (long)offset, 0L);
    if (done > 0)
        record(kind_of(fd) == FD_STORE ? EVENT_WRITE : EVENT_WRITE_DURABLE, offset, parts, n, (size_t)done);
    let_go();
    return done;
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t offset)
{
    struct iovec part = {(void *)(uintptr_t)data, len};
    if (!is_store(fd))
        return syscall(SYS_pwrite64, fd, data, len, offset);
    return write_store(fd, &part, 1, (uint64_t)offset);
}

ssize_t pwritev(int fd, const struct iovec *parts, int n, off_t offset)
{
    if (!is_store(fd))
        return syscall(SYS_pwritev, fd, parts, n, (long)offset, 0L);
    return write_store(fd, parts, n, (uint64_t)offset);
}

ssize_t write(int fd, const void *data, size_t len)
{
    struct iovec part = {(void *)(uintptr_t)data, len};
    return writev(fd, &part, 1);
}

ssize_t writev(int fd, const struct iovec *parts, int n)
{
    if (is_store(fd)) {
        off_t at = lseek(fd, 0, SEEK_CUR);
        ssize_t done = write_store(fd, parts, n, (uint64_t)at);
        if (done > 0)
            lseek(fd, done, SEEK_CUR);
        return done;
    }
    int is_reply = kind_of(fd) == FD_SOCKET;
    if (is_reply)
        hold();
    ssize_t done = syscall(SYS_writev, fd, parts, n);
    if (is_reply && done > 0)
        record(EVENT_REPLY, 0, parts, n, (size_t)done);
    if (is_reply)
        let_go();
    return done;
}

/* With a record the disk is what the events say, and nothing waits for the real one. */
static int sync_any(int fd, long number)
{
    if (!is_store(fd) && kind_of(fd) != FD_DIRECTORY)
        return (int)syscall(number, fd);
    if (is_store(fd) && fails(FAULT_SYNC))
        return -1;
    int r = record_fd >= 0 || atomic_load(&control->no_sync) ? 0 : (int)syscall(number, fd);
    if (r == 0) {
        hold();
        record(is_store(fd) ? EVENT_SYNC : EVENT_SYNC_DIRECTORY, 0, NULL, 0, 0);
        let_go();
    }
    return r;
}

int fdatasync(int fd)
{
    return sync_any(fd, SYS_fdatasync);
}

int fsync(int fd)
{
    return sync_any(fd, SYS_fsync);
}
