/*
 * Rights of peers. Invariant: whoever is not named has none; root and the
 * daemon's own user have all. The kernel's word counts (SO_PEERCRED,
 * SO_PEERGROUPS: what the peer was when it connected), never the peer's.
 */
#include "server/rights.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/escape.h"

#define ALL_RIGHTS ((1u << RIGHT_COUNT) - 1)

static const char *const words[RIGHT_COUNT] = {[RIGHT_ADMIN] = "admin", [RIGHT_QUERY] = "query", [RIGHT_SUBMIT] = "submit"};

const char *rights_word(enum right right)
{
    return words[right];
}

int rights_have(unsigned set, enum right right)
{
    return right == RIGHT_NONE || (set >> right & 1);
}

/* A number stands for itself, so that a file can be written where the names are not known. */
static int parse_id(const char *name, unsigned *ret)
{
    char *end;
    if (*name < '0' || *name > '9')
        return 0;
    errno = 0;
    unsigned long number = strtoul(name, &end, 10);
    if (*end || errno || number >= (uid_t)-1)
        return 0;
    *ret = (unsigned)number;
    return 1;
}

static int add_name(struct rights_list *list, const char *option, const char *name, struct err *err)
{
    char shown[96];
    unsigned id;
    escape_line(shown, sizeof shown, name, strlen(name));
    if (strcmp(name, "*") == 0) {
        list->everyone = 1;
        return 0;
    }
    if (*name == '@') {
        const struct group *group = getgrnam(name + 1);
        if (!group && !parse_id(name + 1, &id))
            return err_set(err, DUP_EINVAL, "%s: there is no group \"%s\"", option, shown + 1);
        list->groups[list->n_groups++] = group ? group->gr_gid : (gid_t)id;
        return 0;
    }
    const struct passwd *user = getpwnam(name);
    if (!user && !parse_id(name, &id))
        return err_set(err, DUP_EINVAL, "%s: there is no user \"%s\" (a group is written \"@%s\")", option, shown, shown);
    list->users[list->n_users++] = user ? user->pw_uid : (uid_t)id;
    return 0;
}

static int read_list(const char *value, const char *option, struct rights_list *list, struct err *err)
{
    char text[CONFIG_TEXT], *rest = text;
    memcpy(text, value, sizeof text);
    for (char *name; (name = strsep(&rest, " \t,")) != NULL;) {
        int r = *name ? add_name(list, option, name, err) : 0;
        if (r < 0)
            return r;
    }
    return 0;
}

int rights_resolve(const struct config *config, struct err *err, struct rights *ret)
{
    struct rights rights = {0};
    int r = read_list(config->admin, "admin", &rights.lists[RIGHT_ADMIN], err);
    if (r == 0)
        r = read_list(config->query, "query", &rights.lists[RIGHT_QUERY], err);
    if (r == 0)
        r = read_list(config->submit, "submit", &rights.lists[RIGHT_SUBMIT], err);
    if (r == 0)
        *ret = rights;
    return r;
}

static int is_named(const struct rights_list *list, const struct ucred *peer, const gid_t *groups, size_t n_groups)
{
    if (list->everyone)
        return 1;
    for (unsigned i = 0; i < list->n_users; i++)
        if (list->users[i] == peer->uid)
            return 1;
    for (unsigned i = 0; i < list->n_groups; i++) {
        if (list->groups[i] == peer->gid)
            return 1;
        for (size_t k = 0; k < n_groups; k++)
            if (list->groups[i] == groups[k])
                return 1;
    }
    return 0;
}

/* The peer's supplementary groups: in room for a few, or in memory of their own (*ret_more, owned by the caller). */
static size_t peer_groups(int fd, gid_t *room, size_t n_room, gid_t **ret_more)
{
    socklen_t len = (socklen_t)(n_room * sizeof *room);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, room, &len) == 0)
        return len / sizeof *room;
    if (errno != ERANGE)
        return 0;
    *ret_more = malloc(len);
    if (!*ret_more || getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, *ret_more, &len) < 0)
        return 0;
    return len / sizeof *room;
}

unsigned rights_of_peer(const struct rights *rights, int fd, uid_t *ret_uid)
{
    struct ucred peer;
    socklen_t len = sizeof peer;
    gid_t room[64], *more = NULL;
    unsigned set = 0;
    *ret_uid = (uid_t)-1;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0 || peer.uid == (uid_t)-1)
        return 0;
    *ret_uid = peer.uid;
    if (peer.uid == 0 || peer.uid == geteuid())
        return ALL_RIGHTS;
    size_t n_groups = peer_groups(fd, room, sizeof room / sizeof *room, &more);
    for (unsigned right = 0; right < RIGHT_COUNT; right++)
        if (is_named(&rights->lists[right], &peer, more ? more : room, n_groups))
            set |= 1u << right;
    free(more);
    return set;
}
