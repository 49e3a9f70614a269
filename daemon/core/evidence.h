/*
 * evidence.h - what can be counted about two texts, before any judgement.
 *
 * Rules (rules.h) read nothing else, so that each can be stated in a
 * sentence about these numbers.
 */
#ifndef DUPD_EVIDENCE_H
#define DUPD_EVIDENCE_H

#include "core/comparer.h"

#define TITLE_TOKENS 64 /* of a headline; more are not looked at */

/* Of one side. Tokens of furniture are in none of the counts but their own. */
struct evidence_side {
    double furniture;      /* words known from many stories */
    double words;          /* all others */
    double shared;         /* of these, in passages or bridged between two */
    double quoted;         /* of the shared: within quotation marks */
    double own_quoted;     /* of the rest: within quotation marks */
    double lead;           /* share of the first LEAD words (furniture aside) that is shared */
    uint32_t numbers;      /* numerals */
    uint32_t shared_numbers;
    uint32_t first, last;  /* tokens between which its shared text lies */
};

struct evidence {
    struct evidence_side a, b;
    double share_a, share_b;       /* shared / words */
    double share_shorter, share_longer;
    double longest;                /* words of the longest passage, furniture aside */
    uint32_t passages;             /* with anything but furniture in them */
    uint32_t swaps;                /* short gaps between two passages with other words on each side */
    uint32_t fact_swaps;           /* of these: a numeral or a name stands against another */
    uint32_t number_swaps;         /* of these: numerals against numerals */
    double titles;                 /* shared words / words of the shorter title; -1: one has none */
    int same_text, same_outlet;
    int version_a, version_b;      /* a version word stands in the title */
    double hours;                  /* a after b; 0 unknown */
    int dated;                     /* both times are known */
};

/* Fills *ret from a comparison. Uses the comparer's memory. 0 or DUP_ENOMEM. */
int evidence_collect(struct dup_comparer *comparer, const struct dup_side *a,
                     const struct dup_side *b, const struct dup_comparison *comparison,
                     const struct dup_limits *limits, struct evidence *ret);

#endif
