/*
 * relate.c - what shared text means: the relation of one article to another.
 *
 * Stands between the exact comparison and the clusters: nothing joins a
 * cluster but by a relation decided here. Invariant: pure, and whether two
 * articles join does not depend on which of them is a.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/evidence.h"
#include "core/rules.h"
#include "dup/error.h"

static uint64_t disabled; /* bit i: rule i is off; set before threads start */

int dup_relate(struct dup_comparer *comparer, const struct dup_side *a, const struct dup_side *b,
               const struct dup_comparison *comparison, struct dup_decision *ret)
{
    struct dup_evidence e;
    int r = evidence_collect(comparer, a, b, comparison, &dup_limits_usual, &e);
    if (r < 0)
        return r;
    memset(ret, 0, sizeof *ret);
    ret->evidence = e;
    ret->share_shorter = e.share_shorter;
    ret->share_longer = e.share_longer;
    int i = 0;
    while (dup_rules[i].name && (disabled >> i & 1 || !dup_rules[i].applies(&e, &dup_limits_usual)))
        i++;
    ret->rule = i;
    ret->relation = dup_rules[i].name ? dup_rules[i].relation : DUP_ORIGINAL;
    snprintf(ret->why, sizeof ret->why, "%s: %ld %% of the shorter text and %ld %% of the longer",
             dup_rules[i].name ? dup_rules[i].why : "too little is shared", lrint(100.0 * e.share_shorter),
             lrint(100.0 * e.share_longer));
    return 0;
}

const char *dup_rule_name(int rule)
{
    for (int i = 0; i <= rule; i++)
        if (!dup_rules[i].name)
            return NULL;
    return rule < 0 ? NULL : dup_rules[rule].name;
}

void dup_rules_disable(uint64_t mask)
{
    disabled = mask;
}
