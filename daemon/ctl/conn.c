/*
 * The connection to the daemon. It exists so that no verb touches a socket: framing, partial
 * reads and writes and broken pipes are dealt with here. Invariant: start <= scanned <= end <= cap,
 * and data[start..scanned) holds no line feed.
 */
#include "ctl/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define READ_MIN 65536u

void conn_init(struct conn *conn)
{
    *conn = (struct conn){.fd = -1};
}

int conn_open(struct conn *conn, const char *path, struct err *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    if (len == 0)
        return err_set(err, DUP_EINVAL, "the path of the socket is empty");
    if (len >= sizeof address.sun_path)
        return err_set(err, DUP_EINVAL, "%.60s...: %zu bytes are too many for a socket's path, which may have %zu",
                       path, len, sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, len + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_set(err, err_from_errno(errno), "cannot make a socket: %s", strerror(errno));
    int r;
    do
        r = connect(fd, (struct sockaddr *)&address, sizeof address);
    while (r < 0 && errno == EINTR);
    if (r < 0) {
        int number = errno;
        close(fd);
        return err_set(err, err_from_errno(number), "cannot reach dupd at %s: %s%s", path, strerror(number),
                       number == ENOENT || number == ECONNREFUSED ? " (is it running?)" : "");
    }
    conn->fd = fd;
    return 0;
}

void conn_done(struct conn *conn)
{
    if (conn->fd >= 0)
        close(conn->fd);
    free(conn->data);
    conn_init(conn);
}

int conn_send(struct conn *conn, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = send(conn->fd, data, len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return DUP_EIO;
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

ssize_t conn_send_some(struct conn *conn, const char *data, size_t len)
{
    ssize_t n = send(conn->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOBUFS))
        return 0;
    return n;
}

int conn_line(struct conn *conn, const char **ret_line, size_t *ret_len)
{
    if (conn->scanned == conn->end)
        return 0;
    const char *at = conn->data + conn->scanned;
    const char *feed = memchr(at, '\n', conn->end - conn->scanned);
    if (!feed) {
        conn->scanned = conn->end;
        return 0;
    }
    *ret_line = conn->data + conn->start;
    *ret_len = (size_t)(feed - *ret_line);
    conn->start = conn->scanned = (size_t)(feed - conn->data) + 1;
    return 1;
}

/* Room for READ_MIN bytes after end: by moving what is left to the front, or by growing. */
static int make_room(struct conn *conn)
{
    if (conn->cap - conn->end >= READ_MIN)
        return 0;
    size_t held = conn->end - conn->start;
    if (held >= CONN_LINE_MAX)
        return DUP_ETOOBIG;
    if (held)
        memmove(conn->data, conn->data + conn->start, held);
    conn->scanned -= conn->start;
    conn->start = 0;
    conn->end = held;
    if (conn->cap - held >= READ_MIN && held <= conn->cap / 2)
        return 0;
    size_t cap = conn->cap ? conn->cap * 2 : 4 * READ_MIN;
    char *data = realloc(conn->data, cap);
    if (!data)
        return DUP_ENOMEM;
    conn->data = data;
    conn->cap = cap;
    return 0;
}

int conn_fill(struct conn *conn, int wait)
{
    int r = make_room(conn);
    if (r < 0)
        return r;
    for (;;) {
        ssize_t n = recv(conn->fd, conn->data + conn->end, conn->cap - conn->end, wait ? 0 : MSG_DONTWAIT);
        if (n > 0) {
            conn->end += (size_t)n;
            return 1;
        }
        if (n < 0 && errno == EINTR && wait)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return 0;
        return DUP_EIO;
    }
}
