/*
 * compare.c - what two texts share, exactly and in linear time.
 *
 * An estimate never decides a merge, so every candidate comes through here.
 * The shorter text is scanned from its start; where its shingle stands free
 * in the other text too, the longest passage from there is taken. Invariants:
 * a token is in one passage at most; no passage could be longer at either
 * end; no shingle that is free in both texts at the end is common to both;
 * and a vs b finds the same passages as b vs a, since the texts are put in
 * a canonical order first. Work is linear because a scan step looks at no
 * more than CANDIDATES places, none longer than the one it takes, and places
 * that are taken leave their chain for good.
 */
#include "core/comparer.h"

#include <stdlib.h>
#include <string.h>

#include "core/swar.h"
#include "dup/error.h"
#include "dup/fingerprint.h"

#define CANDIDATES 8              /* places tried for one shingle */
#define NOWHERE UINT32_MAX
#define SHINGLE_WEIGHT (2 * DUP_SHINGLE_WORDS)

/* A polynomial over the (keyed) token hashes modulo 2^64; the second is the inverse. */
#define STEP         UINT64_C(0x9e3779b97f4a7c15)
#define STEP_INVERSE UINT64_C(0xf1de83e19937733d)

struct dup_comparer *dup_comparer_new(void)
{
    return calloc(1, sizeof(struct dup_comparer));
}

void dup_comparer_free(struct dup_comparer *comparer)
{
    if (comparer == NULL)
        return;
    free(comparer->slots);
    free(comparer->arena);
    free(comparer);
}

int comparer_reserve(struct dup_comparer *c, size_t n)
{
    const size_t each = 2 * sizeof(uint64_t) + 3 * sizeof(uint32_t) + 3;
    size_t cap = 1024;
    void *arena;
    struct slot *slots;

    if (n <= c->cap)
        return 0;
    while (cap < n)
        cap *= 2;
    arena = malloc(cap * each);
    slots = calloc(4 * cap, sizeof *slots);
    if (arena == NULL || slots == NULL) {
        free(arena);
        free(slots);
        return DUP_ENOMEM;
    }
    free(c->arena);
    free(c->slots);
    c->arena = arena;
    c->slots = slots;
    c->n_slots = 4 * cap;
    c->round = 0;
    c->cap = cap;
    c->scanned.shingles = arena;
    c->indexed.shingles = c->scanned.shingles + cap;
    c->scanned.ends = (uint32_t *)(c->indexed.shingles + cap);
    c->indexed.ends = c->scanned.ends + cap;
    c->next = c->indexed.ends + cap;
    c->taken = (uint8_t *)(c->next + cap);
    c->marks_a = c->taken + cap;
    c->marks_b = c->marks_a + cap;
    return 0;
}

static unsigned weight(const struct dup_tokens *t, size_t i)
{
    return t->flags != NULL && (t->flags[i] & DUP_TOKEN_CHAR) ? 1 : 2;
}

static void put_shingle(struct comparer_side *side, size_t i, size_t end, uint64_t sum)
{
    uint64_t value = sum ^ (end - i);

    side->shingles[i] = value ^ value >> 29;
    side->ends[i] = (uint32_t)end;
}

/* Values of all full shingles; a text lighter than one has a single, of all its tokens. */
static void shingle(const struct dup_tokens *t, struct comparer_side *side)
{
    uint64_t power[SHINGLE_WEIGHT] = {1}, sum = 0;
    const uint32_t *hash = t->hash;
    size_t i, end = 0, w = 0;

    for (i = 1; i < SHINGLE_WEIGHT; i++)
        power[i] = power[i - 1] * STEP;
    i = 0;
    if (t->n >= DUP_SHINGLE_WORDS && (t->flags == NULL || !(swar_any(t->flags, t->n) & SWAR_EACH(DUP_TOKEN_CHAR)))) {
        for (; end < DUP_SHINGLE_WORDS; end++)
            sum += (hash[end] + UINT64_C(1)) * power[end];
        put_shingle(side, i++, end, sum);
        for (; end < t->n; end++, i++) {
            sum = (sum - (hash[i - 1] + UINT64_C(1))) * STEP_INVERSE +
                  (hash[end] + UINT64_C(1)) * power[DUP_SHINGLE_WORDS - 1];
            put_shingle(side, i, end + 1, sum);
        }
        side->n_shingles = i;
        return;
    }
    for (; i < t->n; i++) {
        for (; w < SHINGLE_WEIGHT && end < t->n; end++) {
            w += weight(t, end);
            sum += (hash[end] + UINT64_C(1)) * power[end - i];
        }
        if (w < SHINGLE_WEIGHT && i > 0)
            break;
        put_shingle(side, i, end, sum);
        w -= weight(t, i);
        sum = (sum - (hash[i] + UINT64_C(1))) * STEP_INVERSE;
    }
    side->n_shingles = i;
}

/* The slot of a value: in use when its round is the current one, else free to take. */
static struct slot *slot_of(struct dup_comparer *c, uint64_t value, size_t mask)
{
    size_t at = (size_t)((value * UINT64_C(0xd6e8feb86659fd93)) >> 32) & mask;

    while (c->slots[at].round >> 1 == c->round && c->slots[at].value != value) {
        at = (at + 1) & mask;
        c->steps++;
    }
    return &c->slots[at];
}

/* Enters the shingles of both texts; the Jaccard resemblance of their sets comes for free. */
static double index_shingles(struct dup_comparer *c, size_t mask)
{
    size_t distinct = 0, common = 0;

    for (size_t i = c->indexed.n_shingles; i-- > 0;) {
        struct slot *slot = slot_of(c, c->indexed.shingles[i], mask);

        if (slot->round >> 1 != c->round) {
            slot->value = c->indexed.shingles[i];
            slot->head = NOWHERE;
            slot->round = c->round << 1;
            distinct++;
        }
        c->next[i] = slot->head;
        slot->head = (uint32_t)i;
    }
    for (size_t i = 0; i < c->scanned.n_shingles; i++) {
        struct slot *slot = slot_of(c, c->scanned.shingles[i], mask);

        if (slot->round >> 1 != c->round) {
            slot->value = c->scanned.shingles[i];
            slot->head = NOWHERE;
            distinct++;
        } else if ((slot->round & 1) == 0) {
            common++;
        }
        slot->round = c->round << 1 | 1;
    }
    return distinct > 0 ? (double)common / (double)distinct : 0.0;
}

/* Tokens equal and free from s and x on. */
static size_t run(struct dup_comparer *c, const struct dup_tokens *scanned,
                  const struct dup_tokens *indexed, size_t s, size_t x)
{
    size_t n = 0;

    while (s + n < scanned->n && x + n < indexed->n && !c->taken[x + n] &&
           scanned->hash[s + n] == indexed->hash[x + n])
        n++;
    c->steps += n + 1;
    return n;
}

/* Whether the shingle at x still stands wholly free. */
static int is_free(const struct dup_comparer *c, uint32_t x)
{
    return memchr(c->taken + x, 1, c->indexed.ends[x] - x) == NULL;
}

/* The longest free passage from s on, of those places that its slot holds; the
 * one that goes on where the last one ended wins a tie. */
static size_t best_run(struct dup_comparer *c, const struct dup_tokens *scanned,
                       const struct dup_tokens *indexed, size_t s, size_t expected,
                       struct slot *slot, uint32_t *ret_x)
{
    uint32_t *link = &slot->head;
    size_t need = c->scanned.ends[s] - s, best = 0;

    if (expected < c->indexed.n_shingles &&
        c->indexed.shingles[expected] == c->scanned.shingles[s]) {
        best = run(c, scanned, indexed, s, expected);
        *ret_x = (uint32_t)expected;
    }
    for (int tried = 0; *link != NOWHERE && tried < CANDIDATES;) {
        uint32_t x = *link;
        size_t n;

        c->steps++;
        if (!is_free(c, x)) {
            *link = c->next[x];
            continue;
        }
        n = run(c, scanned, indexed, s, x);
        if (n > best) {
            best = n;
            *ret_x = x;
        }
        link = &c->next[x];
        tried++;
    }
    return best >= need ? best : 0;
}

static int by_a(const void *left, const void *right)
{
    const struct dup_span *l = left, *r = right;

    return l->a < r->a ? -1 : l->a > r->a;
}

/* Finds all passages; returns the tokens in them and the longest one's length. */
static uint32_t find_spans(struct dup_comparer *c, const struct dup_tokens *scanned,
                           const struct dup_tokens *indexed, size_t mask, int swapped,
                           struct dup_comparison *ret)
{
    size_t expected = 0, total = 0;

    memset(c->taken, 0, indexed->n);
    for (size_t s = 0; s < c->scanned.n_shingles;) {
        struct slot *slot = slot_of(c, c->scanned.shingles[s], mask);
        uint32_t x = 0;
        size_t n = 0;

        if (slot->head != NOWHERE)
            n = best_run(c, scanned, indexed, s, expected, slot, &x);
        if (n == 0) {
            s++;
            expected++;
            continue;
        }
        memset(c->taken + x, 1, n);
        total += n;
        if (n > ret->longest)
            ret->longest = (uint32_t)n;
        if (ret->n_spans < DUP_SPANS_MAX) {
            struct dup_span *span = &ret->spans[ret->n_spans++];

            span->a = swapped ? x : (uint32_t)s;
            span->b = swapped ? (uint32_t)s : x;
            span->n = (uint32_t)n;
        }
        s += n;
        expected = x + n;
    }
    if (swapped)
        qsort(ret->spans, ret->n_spans, sizeof ret->spans[0], by_a);
    return (uint32_t)total;
}

static void fill_shares(struct dup_comparison *ret)
{
    int a_shorter = ret->words_a <= ret->words_b;

    ret->share_a = ret->words_a > 0 ? (double)ret->common_a / ret->words_a : 0.0;
    ret->share_b = ret->words_b > 0 ? (double)ret->common_b / ret->words_b : 0.0;
    ret->share_shorter = a_shorter ? ret->share_a : ret->share_b;
    ret->share_longer = a_shorter ? ret->share_b : ret->share_a;
}

int dup_compare(struct dup_comparer *comparer, const struct dup_tokens *a,
                const struct dup_tokens *b, struct dup_comparison *ret)
{
    const struct dup_tokens *scanned = a, *indexed = b;
    size_t n = a->n > b->n ? a->n : b->n, slots = 64;
    int err = comparer_reserve(comparer, n), order, swapped;

    if (err != 0)
        return err;
    order = a->n == b->n ? memcmp(a->hash, b->hash, a->n * sizeof a->hash[0]) : 0;
    swapped = a->n != b->n ? a->n > b->n : order > 0;
    comparer->steps = 0;
    memset(ret, 0, offsetof(struct dup_comparison, spans));
    ret->words_a = (uint32_t)a->n;
    ret->words_b = (uint32_t)b->n;
    if (a->n == b->n && order == 0) {
        ret->common_a = ret->common_b = ret->longest = (uint32_t)n;
        ret->jaccard = n > 0 ? 1.0 : 0.0;
        ret->n_spans = n > 0;
        ret->spans[0] = (struct dup_span){0, 0, (uint32_t)n};
        fill_shares(ret);
        return 0;
    }
    if (swapped) {
        scanned = b;
        indexed = a;
    }
    while (slots < 2 * (a->n + b->n))
        slots *= 2;
    if (++comparer->round > UINT32_MAX / 2) {
        memset(comparer->slots, 0, comparer->n_slots * sizeof comparer->slots[0]);
        comparer->round = 1;
    }
    shingle(scanned, &comparer->scanned);
    shingle(indexed, &comparer->indexed);
    ret->jaccard = index_shingles(comparer, slots - 1);
    ret->common_a = ret->common_b =
        find_spans(comparer, scanned, indexed, slots - 1, swapped, ret);
    fill_shares(ret);
    return 0;
}
