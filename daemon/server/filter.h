/*
 * filter.h - which clusters are wanted: the filters of `clusters` and `top`.
 */
#ifndef DUPD_FILTER_H
#define DUPD_FILTER_H

#include "server/query.h"

struct filter {
    int64_t since, until, min_articles, min_outlets;
    uint64_t outlet;           /* with an article of it; 0: any */
    uint64_t *owned;           /* owned; outlets of one owner, with an article of any; NULL: any */
    size_t n_owned;
    uint64_t agency;           /* whose source it is; 0: any */
    int relation, claim;       /* with an article that has it; -1: any */
    int uncredited;            /* with an article that is */
    struct str title;          /* in the first article's; borrowed from the request */
};

/* Reads the parameters; on an error the filter needs no filter_done. DUP_EINVAL with error set. */
int filter_read(struct request *request, struct filter *ret);
void filter_done(struct filter *filter);
/* Whether a cluster is wanted: 1 with its first article read into *first, or 0. Period and title apart,
 * nothing is read for one that the figures in its record rule out. */
int filter_passes(const struct filter *filter, struct view *view, const struct cluster *cluster,
                  struct article *first);

#endif
