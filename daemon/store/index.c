/*
 * The index: value -> heads, as a table of cache lines in memory, rebuilt from
 * the stored records at start. A line holds seven postings of nine bytes (40
 * bits of the value, 32 of the number) and how many it has; when it is full
 * the next line goes on. Invariant: a value's postings stand in the run of
 * lines from its own one to the first that is not full, and taking back the
 * latest postings in reverse order leaves the table as it was.
 */
#include <stdlib.h>
#include <string.h>

#include "store/internal.h"

#define LINE_POSTINGS 7
#define POSTING_BYTES 9
#define VALUE_SHIFT 24                 /* 40 of 64 bits are kept */
#define LINES_MIN 1024u
#define FILL_MAX(lines) ((lines) * 5)  /* of 7 a line on average, before the table doubles */
#define FULL(lines) ((lines) * 6)      /* a transaction that comes so far has to begin again */

struct line {
    unsigned char postings[LINE_POSTINGS * POSTING_BYTES];
    unsigned char n;
};

struct index {
    struct line *lines;        /* owned; a power of two of them */
    uint64_t n_lines, count;
    unsigned shift;            /* of a value to its line */
    uint32_t *undo;            /* owned; lines that postings went to since index_begin */
    size_t n_undo, undo_cap;
    int crowded;               /* the last transaction found no room */
};

/* Values are minima of hashes, so their high bits are seldom set: multiplying spreads them over the
 * lines (Knuth, volume 3, 6.4). */
static uint64_t home(const struct index *index, uint64_t value)
{
    return (value >> VALUE_SHIFT) * UINT64_C(0x9e3779b97f4a7c15) >> index->shift;
}

static void encode(unsigned char *to, uint64_t value, uint32_t num)
{
    uint64_t kept = value >> VALUE_SHIFT;
    memcpy(to, &kept, 5);
    memcpy(to + 5, &num, 4);
}

static int has_value(const unsigned char *posting, uint64_t value)
{
    uint64_t kept = value >> VALUE_SHIFT;
    return memcmp(posting, &kept, 5) == 0;
}

static uint32_t num_of(const unsigned char *posting)
{
    uint32_t num;
    memcpy(&num, posting + 5, sizeof num);
    return num;
}

static int set_lines(struct index *index, uint64_t n)
{
    struct line *lines = calloc(n, sizeof *lines);
    if (!lines)
        return DUP_ENOMEM;
    index->lines = lines;
    index->n_lines = n;
    index->shift = 64 - (unsigned)__builtin_ctzll(n);
    return 0;
}

struct index *index_new(uint64_t bytes)
{
    struct index *index = calloc(1, sizeof *index);
    uint64_t n = LINES_MIN;
    while (n * 2 * sizeof(struct line) <= bytes)
        n *= 2;
    if (index && set_lines(index, n) < 0) {
        free(index);
        return NULL;
    }
    return index;
}

void index_free(struct index *index)
{
    if (!index)
        return;
    free(index->lines);
    free(index->undo);
    free(index);
}

static uint64_t append(struct index *index, uint64_t value, uint32_t num)
{
    uint64_t at = home(index, value);
    while (index->lines[at].n == LINE_POSTINGS)
        at = (at + 1) & (index->n_lines - 1);
    struct line *line = &index->lines[at];
    encode(line->postings + line->n++ * POSTING_BYTES, value, num);
    index->count++;
    return at;
}

/* Twice the lines. What was taken down for undoing is void then, so it is made anew by value. */
static int grow(struct index *index)
{
    struct line *old = index->lines;
    uint64_t n = index->n_lines;
    if (set_lines(index, n * 2) < 0)
        return DUP_ENOMEM;
    index->count = 0;
    for (uint64_t i = 0; i < n; i++) {
        for (unsigned k = 0; k < old[i].n; k++) {
            uint64_t kept = 0;
            memcpy(&kept, old[i].postings + k * POSTING_BYTES, 5);
            append(index, kept << VALUE_SHIFT, num_of(old[i].postings + k * POSTING_BYTES));
        }
    }
    free(old);
    return 0;
}

/* Called where nothing has to be taken back: the table may be laid out anew. */
int index_begin(struct index *index)
{
    index->n_undo = 0;
    if (index->count < FILL_MAX(index->n_lines) && !index->crowded)
        return 0;
    int r = grow(index);
    if (r < 0)
        return index->crowded ? r : 0; /* else there is some room still */
    index->crowded = 0;
    return 0;
}

void index_undo(struct index *index)
{
    while (index->n_undo) {
        index->lines[index->undo[--index->n_undo]].n--;
        index->count--;
    }
}

static int note(struct index *index, uint64_t at)
{
    if (index->n_undo == index->undo_cap) {
        size_t cap = index->undo_cap ? index->undo_cap * 2 : 65536;
        uint32_t *undo = realloc(index->undo, cap * sizeof *undo);
        if (!undo)
            return DUP_ENOMEM;
        index->undo = undo;
        index->undo_cap = cap;
    }
    index->undo[index->n_undo++] = (uint32_t)at;
    return 0;
}

void index_find(const struct index *index, uint64_t value, struct posting_list *ret)
{
    uint64_t at = home(index, value);
    ret->n = ret->total = 0;
    for (;;) {
        const struct line *line = &index->lines[at];
        for (unsigned k = 0; k < line->n; k++) {
            const unsigned char *posting = line->postings + k * POSTING_BYTES;
            if (!has_value(posting, value))
                continue;
            if (ret->n < LIMIT_POSTINGS)
                ret->nums[ret->n++] = num_of(posting);
            ret->total++;
        }
        if (line->n < LINE_POSTINGS)
            return;
        at = (at + 1) & (index->n_lines - 1);
    }
}

/* One posting more than LIMIT_POSTINGS is kept: it says that the value is common. */
int index_add(struct index *index, uint64_t value, uint32_t num)
{
    struct posting_list list;
    index_find(index, value, &list);
    if (list.total > LIMIT_POSTINGS)
        return 0;
    for (uint32_t k = 0; k < list.n; k++)
        if (list.nums[k] == num)
            return 0;
    if (index->count >= FULL(index->n_lines)) {
        index->crowded = 1;
        return DUP_EBUSY;
    }
    int r = note(index, 0);
    if (r == 0)
        index->undo[index->n_undo - 1] = (uint32_t)append(index, value, num);
    return r;
}

void index_prefetch(const struct index *index, uint64_t value)
{
    __builtin_prefetch(&index->lines[home(index, value)]);
}

uint64_t index_count(const struct index *index)
{
    return index->count;
}

uint64_t index_bytes(const struct index *index)
{
    return index->n_lines * sizeof(struct line);
}

int store_probe(struct store *store, const uint64_t *values, size_t n, struct posting_list *ret)
{
    uint32_t least = view_first_num(&store->writer);
    for (size_t i = 0; i < n; i++)
        index_prefetch(store->index, values[i]);
    for (size_t i = 0; i < n; i++) {
        index_find(store->index, values[i], &ret[i]);
        store->probe_hits += ret[i].n > 0;
        uint32_t kept = 0;
        for (uint32_t k = 0; least > 1 && k < ret[i].n; k++)
            if (ret[i].nums[k] >= least)
                ret[i].nums[kept++] = ret[i].nums[k];
        if (least > 1) {
            ret[i].total -= ret[i].n - kept;
            ret[i].n = kept;
        }
    }
    store->probes += n;
    return 0;
}

int store_post(struct store *store, const uint64_t *values, size_t n, uint32_t num)
{
    for (size_t i = 0; i < n; i++) {
        int r = index_add(store->index, values[i], num);
        if (r < 0)
            return r;
    }
    return 0;
}

int store_load_index(struct store *store, struct err *err)
{
    struct view *view;
    struct article article;
    int r = store_snapshot(store, &view);
    if (r < 0)
        return err_set(err, r, "cannot read the store in %s: %s", store->dir, dup_strerror(r));
    article_init(&article);
    uint32_t last = view_last_num(view), num = view_first_num(view);
    while (num <= last && r == 0) {
        r = index_begin(store->index);
        if (r == 0)
            r = view_article(view, num, &article);
        for (uint32_t i = 0; r == 0 && i < article.n_values; i++)
            r = index_add(store->index, article.values[i],
                          article.flags & ARTICLE_HEAD ? num : article.head);
        if (r == DUP_EBUSY) {
            index_undo(store->index);
            r = 0;
            continue;
        }
        r = r == DUP_ENOENT ? 0 : r;
        num++;
    }
    article_done(&article);
    store_release(view);
    if (r < 0)
        return err_set(err, r, "the index of %s cannot be rebuilt at article %u: %s", store->dir,
                       num - 1, dup_strerror(r));
    return 0;
}
