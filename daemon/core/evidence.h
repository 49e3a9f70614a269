/*
 * evidence.h - counting what two texts share and how the rest differs, into
 * a struct dup_evidence (dup/compare.h), before any judgement.
 */
#ifndef DUPD_EVIDENCE_H
#define DUPD_EVIDENCE_H

#include "core/comparer.h"

#define TITLE_TOKENS 64 /* of a headline; more are not looked at */

struct dup_limits;

/* Fills *ret from a comparison. Uses the comparer's memory. 0 or DUP_ENOMEM. */
int evidence_collect(struct dup_comparer *comparer, const struct dup_side *a,
                     const struct dup_side *b, const struct dup_comparison *comparison,
                     const struct dup_limits *limits, struct dup_evidence *ret);

#endif
