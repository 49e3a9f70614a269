/*
 * Ranking of candidates: which heads share values with an article, and how
 * telling those values are. A value that few stories carry counts for much;
 * one that more than LIMIT_POSTINGS carry counts for nothing. Invariant: the
 * work is bounded by POSTINGS_MAX postings, rarest values first, whatever
 * the article or the index holds.
 */
#include <string.h>

#include "core/rules.h"
#include "engine/internal.h"

#define SLOTS 2048u              /* power of two; distinct heads counted for one article */
#define DISTINCT_MAX (SLOTS / 2)
#define POSTINGS_MAX 16384u
#define FEW_VALUES 16u           /* an article with fewer: one shared value is worth a comparison, else it takes two */

struct tally {
    struct candidate slots[SLOTS];         /* only those that are used are set */
    uint64_t used[SLOTS / 64];             /* a bit each */
    size_t distinct, postings;
};

static void count(struct tally *tally, uint32_t num, uint32_t telling, double weight)
{
    uint32_t at = num * 2654435761u % SLOTS;
    while (tally->used[at / 64] >> at % 64 & 1 && tally->slots[at].num != num)
        at = (at + 1) % SLOTS;
    struct candidate *slot = &tally->slots[at];
    if (!(tally->used[at / 64] >> at % 64 & 1)) {
        if (tally->distinct == DISTINCT_MAX)
            return;
        tally->distinct++;
        tally->used[at / 64] |= UINT64_C(1) << at % 64;
        *slot = (struct candidate){.num = num};
    }
    slot->hits++;
    slot->telling += telling;
    slot->weight += weight;
}

static int better(const struct candidate *a, const struct candidate *b)
{
    return a->weight > b->weight || (a->weight == b->weight && a->num < b->num);
}

/* Shared values below which nothing comes of a comparison: a passage of 33 words has two. */
static uint32_t hits_least(size_t n_values)
{
    return n_values < FEW_VALUES ? 1 : 2;
}

/* Keeps the LIMIT_CANDIDATES best of those that it is given, the best first. How many there are. */
static size_t put(struct candidate *list, size_t n, const struct candidate *candidate)
{
    size_t place = n;
    while (place > 0 && better(candidate, &list[place - 1]))
        place--;
    if (place == LIMIT_CANDIDATES)
        return n;
    size_t moved = (n < LIMIT_CANDIDATES ? n : LIMIT_CANDIDATES - 1) - place;
    memmove(list + place + 1, list + place, moved * sizeof *list);
    list[place] = *candidate;
    return n < LIMIT_CANDIDATES ? n + 1 : n;
}

size_t candidates_rank(const struct engine *engine, size_t n_values, struct candidate *ret)
{
    struct tally tally;
    memset(tally.used, 0, sizeof tally.used);
    tally.distinct = tally.postings = 0;
    /* Rarest first, in a few classes of story frequency: the bound then cuts common values. */
    static const uint32_t classes[] = {1, 3, 8, 24, LIMIT_POSTINGS};
    uint32_t least = 1;
    for (size_t c = 0; c < sizeof classes / sizeof *classes; least = classes[c] + 1, c++) {
        for (size_t i = 0; i < n_values; i++) {
            const struct posting_list *list = &engine->postings[i];
            if (list->total < least || list->total > classes[c])
                continue;
            tally.postings += list->n;
            if (tally.postings > POSTINGS_MAX)
                break;
            for (uint32_t k = 0; k < list->n; k++)
                count(&tally, list->nums[k], list->total < dup_limits_usual.furniture, 1.0 / list->total);
        }
    }
    const struct posting_list *same_text = &engine->postings[n_values];
    for (uint32_t k = 0; k < same_text->n; k++)
        count(&tally, same_text->nums[k], LIMIT_VALUES, (double)LIMIT_VALUES);
    size_t n = 0;
    uint32_t least_hits = hits_least(n_values);
    for (size_t word = 0; word < SLOTS / 64; word++) {
        for (uint64_t bits = tally.used[word]; bits; bits &= bits - 1) {
            const struct candidate *slot = &tally.slots[word * 64 + (size_t)__builtin_ctzll(bits)];
            if (slot->hits >= least_hits || slot->weight >= (double)LIMIT_VALUES)
                n = put(ret, n, slot);
        }
    }
    return n;
}
