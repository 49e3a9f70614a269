/*
 * relation.c - the names of the relations.
 *
 * One list in dup/compare.h gives the enum, the words and who joins; here the
 * list is read, so that no second copy of it can differ.
 */
#include <string.h>

#include "dup/compare.h"

static const struct {
    const char *word;
    int joins;
} relations[DUP_RELATION_COUNT] = {
#define X(name, joins, word) [name] = {word, joins},
    DUP_RELATIONS(X)
#undef X
};

const char *dup_relation_word(enum dup_relation relation)
{
    return relations[relation].word;
}

int dup_relation_joins(enum dup_relation relation)
{
    return relations[relation].joins;
}

int dup_relation_parse(const char *word, size_t len)
{
    for (int i = 0; i < DUP_RELATION_COUNT; i++)
        if (strlen(relations[i].word) == len && memcmp(relations[i].word, word, len) == 0)
            return i;
    return -1;
}
