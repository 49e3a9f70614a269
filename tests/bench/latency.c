/*
 * latency - sends lines one at a time and waits for each answer.
 *
 * Lines come from standard input. Prints one line of JSON: how many, how many
 * were refused, and the microseconds from the first byte sent to the whole
 * answer read, at 50, 90, 99 and 100 %. Stops at the end of the input, after
 * --count lines or after --seconds, whichever comes first; --pause waits that
 * many milliseconds between two lines.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

struct options {
    const char *socket;
    uint64_t count, seconds, pause_ms;
};

struct answer {
    char *data;
    size_t cap;
};

static uint64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static int dial(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || strlen(path) >= sizeof address.sun_path) {
        errno = fd < 0 ? errno : ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static int send_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, data, len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

/* Reads up to and with the line feed of one answer; returns its length, or -1. */
static ssize_t receive_line(int fd, struct answer *answer)
{
    size_t len = 0;

    for (;;) {
        if (len == answer->cap) {
            size_t cap = answer->cap ? answer->cap * 2 : 65536;
            char *data = realloc(answer->data, cap);
            if (!data)
                return -1;
            answer->data = data;
            answer->cap = cap;
        }
        ssize_t n = recv(fd, answer->data + len, answer->cap - len, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = ECONNRESET;
        if (n <= 0)
            return -1;
        len += (size_t)n;
        if (answer->data[len - 1] == '\n')
            return (ssize_t)len;
    }
}

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void report(uint32_t *times, size_t n, uint64_t refused)
{
    static const double at[] = { .5, .9, .99, 1 };
    static const char *const name[] = { "p50_us", "p90_us", "p99_us", "max_us" };

    qsort(times, n, sizeof *times, ascending);
    printf("{\"count\": %zu, \"refused\": %" PRIu64, n, refused);
    for (size_t i = 0; i < 4 && n > 0; i++) {
        size_t rank = (size_t)(at[i] * (double)n);
        printf(", \"%s\": %" PRIu32, name[i], times[rank < n ? rank : n - 1]);
    }
    puts("}");
}

static int run(const struct options *options, int fd)
{
    struct answer answer = { 0 };
    char *line = NULL;
    size_t line_cap = 0, cap = 0, n = 0;
    uint32_t *times = NULL;
    uint64_t refused = 0, start = now_us();
    ssize_t len;
    int rc = -1;

    while (n < options->count && (len = getline(&line, &line_cap, stdin)) > 0) {
        if (options->seconds && now_us() - start > options->seconds * 1000000)
            break;
        if (n == cap) {
            cap = cap ? cap * 2 : 4096;
            uint32_t *more = realloc(times, cap * sizeof *times);
            if (!more)
                goto out;
            times = more;
        }
        uint64_t begin = now_us();
        if (send_all(fd, line, (size_t)len) != 0)
            goto out;
        ssize_t got = receive_line(fd, &answer);
        if (got < 0)
            goto out;
        times[n++] = (uint32_t)(now_us() - begin);
        refused += memmem(answer.data, (size_t)got, "\"error\"", 7) != NULL;
        if (options->pause_ms) {
            struct timespec pause = { (time_t)(options->pause_ms / 1000), (long)(options->pause_ms % 1000) * 1000000 };
            nanosleep(&pause, NULL);
        }
    }
    report(times, n, refused);
    rc = 0;
out:
    free(times);
    free(line);
    free(answer.data);
    return rc;
}

int main(int argc, char **argv)
{
    static const struct option known[] = {
        { "socket", 1, NULL, 's' }, { "count", 1, NULL, 'n' }, { "seconds", 1, NULL, 't' }, { "pause", 1, NULL, 'p' }, { NULL, 0, NULL, 0 },
    };
    struct options options = { .count = UINT64_MAX };
    int c;

    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (c) {
        case 's': options.socket = optarg; break;
        case 'n': options.count = strtoull(optarg, NULL, 10); break;
        case 't': options.seconds = strtoull(optarg, NULL, 10); break;
        case 'p': options.pause_ms = strtoull(optarg, NULL, 10); break;
        default: options.socket = NULL; optind = argc + 1;
        }
    }
    if (!options.socket || optind != argc) {
        fputs("usage: latency --socket PATH [--count N] [--seconds S] [--pause MS] <LINES\n", stderr);
        return 2;
    }
    int fd = dial(options.socket);
    if (fd < 0 || run(&options, fd) != 0) {
        fprintf(stderr, "latency: %s: %s\n", options.socket, strerror(errno));
        return 1;
    }
    close(fd);
    return 0;
}
