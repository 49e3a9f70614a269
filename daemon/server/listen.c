/*
 * The socket: taken over from systemd, or made here. Invariant: a path is
 * only unlinked by the daemon that holds the lock beside it, so a live
 * daemon's socket is never stolen and a dead one's never stands in the way.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "server/log.h"
#include "server/server.h"

static int take_lock(struct server *server, struct err *err)
{
    char path[sizeof server->config.socket + 8];
    snprintf(path, sizeof path, "%s.lock", server->config.socket);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_set(err, err_from_errno(errno), "cannot create %s: %s", path, strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        close(fd);
        return err_set(err, DUP_EINUSE, "another dupd listens on %s", server->config.socket);
    }
    server->lock_fd = fd;
    return 0;
}

/* Whether somebody answers at the path: a program that is not a dupd of this kind, too. */
static int is_answered(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return 0;
    int r = connect(fd, (const struct sockaddr *)address, sizeof *address);
    int answered = r == 0 || errno == EAGAIN;
    close(fd);
    return answered;
}

static int clear_path(const char *path, const struct sockaddr_un *address, struct err *err)
{
    struct stat st;
    if (lstat(path, &st) < 0)
        return errno == ENOENT ? 0 : err_set(err, err_from_errno(errno), "cannot look at %s: %s", path, strerror(errno));
    if (!S_ISSOCK(st.st_mode))
        return err_set(err, DUP_EACCES, "%s exists and is no socket: it is left alone", path);
    if (is_answered(address))
        return err_set(err, DUP_EINUSE, "another program listens on %s", path);
    if (unlink(path) < 0)
        return err_set(err, err_from_errno(errno), "cannot remove the dead socket %s: %s", path, strerror(errno));
    return 0;
}

/* A bound and listening descriptor, made with the configured mode from the start. */
static int make_socket(struct server *server, int *ret_fd, struct err *err)
{
    const char *path = server->config.socket;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return err_set(err, DUP_EINVAL, "the socket's path is longer than %zu bytes", sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, strlen(path));
    int r = take_lock(server, err);
    if (r == 0)
        r = clear_path(path, &address, err);
    if (r < 0)
        return r;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return err_set(err, err_from_errno(errno), "cannot make a socket: %s", strerror(errno));
    mode_t old = umask((mode_t)(~server->config.socket_mode & 0777));
    r = bind(fd, (struct sockaddr *)&address, sizeof address);
    int error = errno;
    umask(old);
    if (r < 0) {
        close(fd);
        return err_set(err, err_from_errno(error), "cannot bind %s: %s", path, strerror(error));
    }
    server->owns_socket = 1;
    *ret_fd = fd;
    return 0;
}

int listen_open(struct server *server, struct err *err)
{
    int fd = -1, passed = sd_listen_fds(1);
    if (passed > 1)
        return err_set(err, DUP_EINVAL, "%d sockets were passed; dupd listens on one", passed);
    if (passed == 1) {
        fd = SD_LISTEN_FDS_START;
        if (sd_is_socket_unix(fd, SOCK_STREAM, -1, NULL, 0) <= 0)
            return err_set(err, DUP_EINVAL, "the socket that was passed is no Unix stream socket");
    } else {
        int r = make_socket(server, &fd, err);
        if (r < 0)
            return r;
    }
    int r = uv_pipe_open(&server->listener, fd);
    if (r == 0)
        r = uv_listen((uv_stream_t *)&server->listener, SOMAXCONN, connection_accept);
    if (r < 0)
        return err_set(err, DUP_EIO, "cannot listen on %s: %s", server->config.socket, uv_strerror(r));
    log_info("listen", "listening on %s", passed == 1 ? "the socket that systemd passed" : server->config.socket);
    return 0;
}

/* The path goes before the handle, so that no newcomer's socket can be meant. */
void listen_close(struct server *server)
{
    if (server->owns_socket)
        unlink(server->config.socket);
    server->owns_socket = 0;
    if (!uv_is_closing((uv_handle_t *)&server->listener))
        uv_close((uv_handle_t *)&server->listener, NULL);
    if (server->lock_fd >= 0)
        close(server->lock_fd);
    server->lock_fd = -1;
}
