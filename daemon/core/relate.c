/*
 * relate.c - what shared text means: the relation of one article to another.
 *
 * Stands between the exact comparison and the clusters: nothing joins a
 * cluster but by a relation decided here. Invariant: pure, and whether two
 * articles join does not depend on which of them is a.
 */
#include <stdio.h>
#include <string.h>

#include "core/comparer.h"
#include "dup/error.h"

#define MOST 0.60     /* of a story: from here on it is the same copy */
#define SEVERAL 0.15  /* of a story: from here on it is partly taken */

int dup_relate(struct dup_comparer *comparer, const struct dup_side *a, const struct dup_side *b,
               const struct dup_comparison *comparison, struct dup_decision *ret)
{
    (void)comparer;
    (void)a;
    (void)b;
    memset(ret, 0, sizeof *ret);
    ret->share_shorter = comparison->share_shorter;
    ret->share_longer = comparison->share_longer;
    if (comparison->share_a >= 1.0 && comparison->share_b >= 1.0 && comparison->n_spans == 1)
        ret->relation = DUP_EXACT;
    else if (ret->share_longer >= MOST)
        ret->relation = DUP_COPY;
    else if (ret->share_shorter >= MOST)
        ret->relation = comparison->share_a > comparison->share_b ? DUP_ABRIDGED : DUP_EXTENDED;
    else if (ret->share_shorter >= SEVERAL)
        ret->relation = DUP_PARTIAL;
    snprintf(ret->why, sizeof ret->why, "%.0f %% of the shorter text and %.0f %% of the longer",
             100.0 * ret->share_shorter, 100.0 * ret->share_longer);
    return 0;
}

const char *dup_rule_name(int rule)
{
    return rule == 0 ? "shares" : NULL;
}

void dup_rules_disable(uint64_t mask)
{
    (void)mask;
}
