/*
 * rows.h - keys of the table of clusters, in which all that belongs to one cluster lies side by side, so that an
 * article that joins changes one page or two: the cluster, the kind of the row, and what tells rows of a kind apart.
 */
#ifndef DUPD_ROWS_H
#define DUPD_ROWS_H

#include <string.h>

#include "store/internal.h"

enum row_kind { ROW_RECORD, ROW_MEMBER, ROW_OUTLET, ROW_EVIDENCE, ROW_BASED, ROW_KINDS }; /* in the order of the keys */

#define ROW_PREFIX 5u /* bytes that all rows of a kind of one cluster begin with; a record's have no more */
#define ROW_MAX (ROW_PREFIX + AGENCY_NAME)

/* Each writes a key and returns its length. */
static inline size_t row_record(unsigned char *key, uint32_t cluster)
{
    put_be32(key, cluster);
    key[4] = ROW_RECORD;
    return ROW_PREFIX;
}

static inline size_t row_member(unsigned char *key, uint32_t cluster, uint32_t num)
{
    put_be32(key, cluster);
    key[4] = ROW_MEMBER;
    put_be32(key + ROW_PREFIX, num);
    return ROW_PREFIX + 4;
}

static inline size_t row_outlet(unsigned char *key, uint32_t cluster, uint64_t outlet)
{
    put_be32(key, cluster);
    key[4] = ROW_OUTLET;
    put_be64(key + ROW_PREFIX, outlet);
    return ROW_PREFIX + 8;
}

/* With "" what the rows of all agencies begin with. The name is shorter than AGENCY_NAME. */
static inline size_t row_evidence(unsigned char *key, uint32_t cluster, const char *name)
{
    size_t len = strlen(name);
    put_be32(key, cluster);
    key[4] = ROW_EVIDENCE;
    memcpy(key + ROW_PREFIX, name, len);
    return ROW_PREFIX + len;
}

/* Of no cluster but an article, whose number is mostly one too: num's text is packed against its. */
static inline size_t row_based(unsigned char *key, uint32_t of, uint32_t num)
{
    put_be32(key, of);
    key[4] = ROW_BASED;
    put_be32(key + ROW_PREFIX, num);
    return ROW_PREFIX + 4;
}

/* The kind of a row, with the cluster that it is of; ROW_KINDS for what is none. */
static inline enum row_kind row_kind(const void *key, size_t len, uint32_t *ret_cluster)
{
    const unsigned char *bytes = key;
    *ret_cluster = len >= 4 ? get_be32(bytes) : 0;
    return len >= ROW_PREFIX && bytes[4] < ROW_KINDS ? (enum row_kind)bytes[4] : ROW_KINDS;
}

static inline int row_is(const void *key, size_t len, uint32_t cluster, enum row_kind kind)
{
    uint32_t of;
    return row_kind(key, len, &of) == kind && of == cluster;
}

#endif
