/*
 * outlets.h - who published an article: outlets.conf(5) as a table.
 *
 * Feeds call one outlet by many names ("AP News", apnews.com,
 * hosted.ap.org); the table gives each its one name, the group that owns it,
 * and the agency whose own site it is. Immutable once parsed, any thread.
 */
#ifndef DUP_CORE_OUTLETS_H
#define DUP_CORE_OUTLETS_H

#include <stddef.h>

#include "core/hosts.h"
#include "dup/credit.h"

struct outlets;

/*
 * Parses the text of outlets.conf. The agencies (may be NULL) say which agency an outlet with
 * "agency = yes" is, by its domains or its name. On DUP_EINVAL message (size bytes, may be NULL)
 * holds a sentence with the line. DUP_ENOMEM.
 */
int outlets_parse(const char *text, size_t len, const struct dup_agencies *agencies, char *message,
                  size_t size, struct outlets **ret);
void outlets_free(struct outlets *outlets);
size_t outlets_count(const struct outlets *outlets);

struct outlet {
    const char *name;     /* len bytes: the one name; in the table, in what was asked for, or in room */
    size_t len;
    const char *owner;    /* its group; NULL: none known, it stands for itself */
    const char *agency;   /* short name of the agency whose own outlet it is, or NULL */
    int known;            /* the table has it */
};

/*
 * Who is meant by a name: a name or alias of the table, a host below one of its domains; else a
 * host's registrable part (hosts.h), else the name as it stands. Of several that have the name (a
 * Daily Mirror there is in London and in Colombo) the one with the site host, host_len bytes, which
 * may be NULL; else the first in the file. Every name found leads to itself, without a host too.
 * outlets may be NULL. room: HOSTS_MAX + 1 bytes, where a host's name is put.
 */
void outlets_find(const struct outlets *outlets, const char *name, size_t len, const char *host,
                  size_t host_len, char *room, struct outlet *ret);

/* The outlets of the table, one after the other: *at is 0 to begin. 1, or 0 past the last. */
int outlets_next(const struct outlets *outlets, size_t *at, struct outlet *ret);

#endif
