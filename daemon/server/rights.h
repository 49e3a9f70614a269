/*
 * rights.h - who may do what: [access] of dupd.conf(5), and the peer as the kernel reports it.
 *
 * Names are looked up when the configuration is read, never while a peer waits. Loop thread;
 * a set of rights is a plain number that any thread may hold.
 */
#ifndef DUPD_RIGHTS_H
#define DUPD_RIGHTS_H

#include <sys/types.h>

#include "server/config.h"

/* What an operation asks for. The zero is the highest, so that a row that names none is not open to all. */
enum right { RIGHT_ADMIN, RIGHT_QUERY, RIGHT_SUBMIT, RIGHT_NONE };
#define RIGHT_COUNT 3

#define RIGHTS_NAMES (CONFIG_TEXT / 2) /* no more fit in an option */

struct rights_list {
    int everyone;
    unsigned n_users, n_groups;
    uid_t users[RIGHTS_NAMES];
    gid_t groups[RIGHTS_NAMES];
};

struct rights {
    struct rights_list lists[RIGHT_COUNT]; /* by enum right */
};

/* Resolves the three options. DUP_EINVAL with a sentence: a user or group that does not exist. */
int rights_resolve(const struct config *config, struct err *err, struct rights *ret);

/* The rights of whoever connected to the socket fd, as a set for rights_have; ret_uid is its user.
 * A peer that the kernel does not report has none, and (uid_t)-1. */
unsigned rights_of_peer(const struct rights *rights, int fd, uid_t *ret_uid);

int rights_have(unsigned set, enum right right);
const char *rights_word(enum right right); /* as the option is called; not of RIGHT_NONE */

#endif
