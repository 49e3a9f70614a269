/*
 * What concerns all connections together. Invariant: what peers can make the
 * daemon hold is bounded in all (LIMIT_HELD), not only for each of them; who
 * has stalled the longest pays, so that others go on.
 */
#include <sys/resource.h>

#include "base/clock.h"
#include "server/log.h"
#include "server/server.h"

#define STOP_STALL_US 3000000u /* without progress of a waiting reply, once the daemon stops */
#define SPARE_DESCRIPTORS 64   /* for the store, libraries, and peers that are refused */

/* Once a second: peers that do not read what they asked for. They do not hold up a stop for long.
 * And one that could not be accepted for want of memory is tried again. */
void connections_tick(struct server *server)
{
    uint64_t now = clock_elapsed_us(), most = server->config.stall_s * 1000000u;
    if (server->stopping && most > STOP_STALL_US)
        most = STOP_STALL_US;
    struct connection *next;
    if (server->unaccepted && !server->stopping) {
        server->unaccepted = 0;
        connection_accept((uv_stream_t *)&server->listener, 0);
    }
    for (struct connection *c = server->connections; c; c = next) {
        next = c->next;
        if (!c->closing && c->unsent && now - c->progress_us > most)
            connection_close(c, "the peer did not read for too long");
    }
}

/* Of those that hold more than half a fair share (somebody does), the one that has got nowhere the longest. */
static struct connection *most_stalled(struct server *server)
{
    struct connection *worst = NULL;
    size_t few = LIMIT_HELD / 2 / server->n_connections;
    for (struct connection *c = server->connections; c; c = c->next)
        if (!c->closing && c->held > few && (!worst || c->progress_us < worst->progress_us))
            worst = c;
    return worst;
}

/* Closing gives memory back only in the next turn of the loop: those that are closing count as gone. */
void connections_evict(struct server *server)
{
    size_t going = 0;
    for (struct connection *c = server->connections; c; c = c->next)
        going += c->closing ? c->held : 0;
    while (server->held - going > LIMIT_HELD) {
        struct connection *worst = most_stalled(server);
        if (!worst)
            return;
        going += worst->held;
        connection_close(worst, "peers hold too much memory, and this one has stalled the longest");
    }
}

/* What is under way is finished; who may no longer ask is shown no further verdicts. */
void connections_judge(struct server *server)
{
    struct connection *next;
    uv_os_fd_t fd;
    for (struct connection *c = server->connections; c; c = next) {
        next = c->next;
        if (c->closing)
            continue;
        if (uv_fileno((const uv_handle_t *)&c->pipe, &fd) == 0)
            c->rights = rights_of_peer(&server->rights, fd, &c->uid);
        if (c->watch && !rights_have(c->rights, RIGHT_QUERY))
            connection_close(c, "a watcher lost the right \"query\"");
    }
}

/* libuv closes a peer without a word when no descriptor is left: below the limit of the process one
 * can still be told "busy". */
void connections_fit(struct server *server)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    if (limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
        getrlimit(RLIMIT_NOFILE, &limit);
    }
    uint64_t most = limit.rlim_cur > SPARE_DESCRIPTORS ? limit.rlim_cur - SPARE_DESCRIPTORS : 1;
    if (server->config.connections <= most)
        return;
    log_warning("few-descriptors", "connections = %llu needs more descriptors than the %llu that the process may open: %llu it is",
                (unsigned long long)server->config.connections, (unsigned long long)limit.rlim_cur,
                (unsigned long long)most);
    server->config.connections = most;
}
