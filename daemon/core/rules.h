/*
 * rules.h - the judgement: named rules over the evidence, in order.
 */
#ifndef DUPD_RULES_H
#define DUPD_RULES_H

#include "core/evidence.h"

struct dup_rule {
    const char *name;          /* NULL ends the table */
    enum dup_relation relation;
    int (*applies)(const struct dup_evidence *evidence, const struct dup_limits *limits);
    const char *why;
};

/* In order of precedence: the first that applies decides; none means original. */
extern const struct dup_rule dup_rules[];

/* What the rules compare the evidence with. */
struct dup_limits {
    uint8_t furniture;     /* stories that carry a passage, 1 to 128: from here on it is furniture */
    double most;           /* share of the shorter: from here on it is the same copy */
    double several;        /* share of the shorter: from here on it is partly taken */
    double nearly_all;     /* share of the longer: from here on nothing was cut */
};

extern const struct dup_limits dup_limits_usual;

#endif
