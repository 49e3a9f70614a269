/*
 * dup/compare.h - exact comparison of two token sequences, and the relation
 * that follows from it.
 *
 * dup_compare finds what two texts share; dup_relate says what that means.
 * Pure functions over the caller's memory; any thread, one scratch each.
 */
#ifndef DUP_COMPARE_H
#define DUP_COMPARE_H

#include <stddef.h>
#include <stdint.h>

#include "dup/text.h"

/*                 name       joins  word */
#define DUP_RELATIONS(X)              \
    X(DUP_ORIGINAL, 0, "original")    \
    X(DUP_EXACT,    1, "exact")       \
    X(DUP_COPY,     1, "copy")        \
    X(DUP_ABRIDGED, 1, "abridged")    \
    X(DUP_EXTENDED, 1, "extended")    \
    X(DUP_UPDATE,   1, "update")      \
    X(DUP_PARTIAL,  0, "partial")     \
    X(DUP_ROUNDUP,  0, "roundup")     \
    X(DUP_TEMPLATE, 0, "template")    \
    X(DUP_QUOTE,    0, "quote")

/* How an article (a) stands to another, its cluster's head (b). */
enum dup_relation {
#define X(name, joins, word) name,
    DUP_RELATIONS(X)
#undef X
    DUP_RELATION_COUNT
};

/* Both for a relation below DUP_RELATION_COUNT; any thread. */
const char *dup_relation_word(enum dup_relation relation); /* "abridged" */
int dup_relation_joins(enum dup_relation relation);        /* 1: same cluster; 0: linked at most */
/* The relation of a word of len bytes, or -1. Any thread. */
int dup_relation_parse(const char *word, size_t len);

/* A passage that both texts share: tokens a..a+n of the one, b..b+n of the other. */
struct dup_span {
    uint32_t a, b, n;
};

#define DUP_SPANS_MAX 512      /* passages kept; the rest still counts in the shares */
#define DUP_TIME_NONE INT64_MIN

/*
 * One side of a comparison. All borrowed.
 * stories, if not NULL, has body->n entries: in how many stories the passage
 * around the token is known to stand, capped at 255, 0 for unknown.
 */
struct dup_side {
    const struct dup_tokens *body;
    const struct dup_tokens *title;   /* may be NULL or empty */
    const uint8_t *stories;           /* may be NULL */
    const char *title_text;           /* may be NULL; for version words */
    size_t title_len;
    uint64_t outlet;                  /* hash of the outlet's name; 0 unknown */
    int64_t published;                /* ms since 1970, or DUP_TIME_NONE */
};

struct dup_comparison {
    uint32_t words_a, words_b;        /* tokens of each body */
    uint32_t common_a, common_b;      /* tokens of each that stand in shared passages */
    uint32_t longest;                 /* tokens of the longest shared passage */
    double share_a, share_b;          /* common / words, 0 to 1 */
    double share_shorter, share_longer; /* the same by length (a counts as shorter on a tie) */
    double jaccard;                   /* of the two sets of shingles, exact */
    size_t n_spans;                   /* in order of a */
    struct dup_span spans[DUP_SPANS_MAX];
};

/* Working memory of dup_compare and dup_relate, grown as needed and kept between calls; one thread at a time. */
struct dup_comparer;
struct dup_comparer *dup_comparer_new(void); /* NULL: out of memory */
void dup_comparer_free(struct dup_comparer *comparer);

/*
 * Shared passages: maximal runs of at least DUP_SHINGLE_WORDS words common
 * to both (a CHAR token counts half), each token of a in one passage at
 * most, and likewise of b. Time and memory are linear in the lengths,
 * whatever the texts. 0 or DUP_ENOMEM.
 */
int dup_compare(struct dup_comparer *comparer, const struct dup_tokens *a,
                const struct dup_tokens *b, struct dup_comparison *ret);

/*
 * What can be counted about two texts, before any judgement. Rules read nothing else, so that
 * each can be stated in a sentence about these numbers. Lengths are in words (a CHAR token is half
 * of one); tokens of furniture are in none of the counts but their own. Of one side:
 */
struct dup_evidence_side {
    double furniture;      /* words known from many stories */
    double words;          /* all others */
    double shared;         /* of these, in passages or bridged between two */
    double quoted;         /* of the shared: within quotation marks */
    double own_quoted;     /* of the rest: within quotation marks */
    double lead;           /* share of its first 40 words (furniture aside) that is shared, 0 to 1 */
    uint32_t numbers;      /* numerals */
    uint32_t shared_numbers;
    uint32_t first, last;  /* tokens between which its shared text lies */
};

struct dup_evidence {
    struct dup_evidence_side a, b;
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

#define DUP_WHY_MAX 160

struct dup_decision {
    enum dup_relation relation;       /* of a to b */
    int rule;                         /* index of the rule that decided, for dup_rule_name */
    double share_shorter;             /* shares after furniture is left out, 0 to 1 */
    double share_longer;
    struct dup_evidence evidence;
    char why[DUP_WHY_MAX];            /* one sentence for people */
};

/*
 * What the shared text means: the relation of a to b, by the rules of
 * docs/QUALITY.md, given dup_compare(a->body, b->body). 0 or DUP_ENOMEM.
 */
int dup_relate(struct dup_comparer *comparer, const struct dup_side *a, const struct dup_side *b,
               const struct dup_comparison *comparison, struct dup_decision *ret);

/* Name of a rule, or NULL past the last. Rules can be switched off by bit
 * for measurement (bit i of mask: rule i off); process-wide, before threads start. */
const char *dup_rule_name(int rule);
void dup_rules_disable(uint64_t mask);

#endif
