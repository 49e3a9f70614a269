/*
 * conn.h - a client's end of the daemon's socket: bytes out, lines in.
 *
 * Replies are handed out as pointers into the read buffer, so that a stream
 * of them costs no copying; each is good until the next fill.
 */
#ifndef DUPD_CTL_CONN_H
#define DUPD_CTL_CONN_H

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/limits.h"

#define CONN_LINE_MAX (2 * (size_t)LIMIT_REPLY) /* bytes of a reply that are taken */

struct conn {
    int fd;                         /* -1 while closed */
    char *data;                     /* owned */
    size_t start, scanned, end, cap; /* data[start..end) was read, no line feed before scanned */
};

void conn_init(struct conn *conn);
/* 0, or the DUP_E... with a sentence that names the path. DUP_EINVAL: the path is no socket's. */
int conn_open(struct conn *conn, const char *path, struct err *err);
void conn_done(struct conn *conn);

/* Sends all of it, waiting as long as it takes; never raises SIGPIPE. 0 or DUP_EIO. */
int conn_send(struct conn *conn, const char *data, size_t len);
/* Sends what can go without waiting: bytes sent, 0 for none now, -1 for a broken connection. */
ssize_t conn_send_some(struct conn *conn, const char *data, size_t len);

/* 1 and a line (without its line feed) that was read already, or 0. */
int conn_line(struct conn *conn, const char **ret_line, size_t *ret_len);
/* Reads more once, waiting if wait is set. 1 for bytes, 0 for none now; DUP_EIO end of the
 * connection, DUP_ETOOBIG a line over CONN_LINE_MAX, DUP_ENOMEM. */
int conn_fill(struct conn *conn, int wait);

#endif
