/*
 * The memory table of the index: value -> heads, as a table of cache lines. A
 * line holds seven postings of nine bytes (40 bits of the value, 32 of the
 * number) and how many it has; when it is full the next line goes on.
 * Invariant: a value's postings stand in the run of lines from its own one to
 * the first that is not full, lines are in the order of the values that they
 * are for, and taking back the latest postings in reverse order leaves the
 * table as it was.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "store/postings.h"

#define LINE_POSTINGS 7
#define POSTING_BYTES 9
#define LINES_MIN 1024u
#define SPARE_LINES 256u               /* behind the last: a run that begins there ends in them */
#define FILL_MAX(lines) ((lines) * 5)  /* of 7 a line on average, before the table is full */
#define FULL(lines) ((lines) * 6)      /* a transaction that comes so far has to begin again */

struct line {
    unsigned char postings[LINE_POSTINGS * POSTING_BYTES];
    unsigned char n;
};

struct index {
    struct line *lines;        /* owned; a power of two of them, and the spare ones */
    uint64_t n_lines, count;
    unsigned shift;            /* of a key to its line */
    uint32_t *undo;            /* owned; lines that postings went to since index_begin */
    size_t n_undo, undo_cap;
    uint32_t least, most;      /* numbers that were added */
    int crowded;               /* the last transaction found no room */
    int large;                 /* on large pages */
    uint64_t stale;            /* the last lines, so many, still hold what the table was used for before, or were never touched */
};

static uint64_t home(const struct index *index, uint64_t key)
{
    return key >> index->shift;
}

static void encode(unsigned char *to, uint64_t key, uint32_t num)
{
    memcpy(to, &key, KEY_BYTES);
    memcpy(to + KEY_BYTES, &num, sizeof num);
}

/* Eight bytes are read at once: they end within the line, whose last byte is no posting's. */
static uint64_t key_of(const unsigned char *posting)
{
    uint64_t key;
    memcpy(&key, posting, sizeof key);
    return value_key(key);
}

static uint32_t num_of(const unsigned char *posting)
{
    uint32_t num;
    memcpy(&num, posting + KEY_BYTES, sizeof num);
    return num;
}

static int set_lines(struct index *index, uint64_t n)
{
    size_t bytes = (n + SPARE_LINES) * sizeof(struct line);
    struct line *lines = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (lines == MAP_FAILED)
        return DUP_ENOMEM;
    index->lines = lines;
    index->n_lines = n;
    index->shift = KEY_BITS - (unsigned)__builtin_ctzll(n);
    return 0;
}

static void free_lines(struct index *index)
{
    munmap(index->lines, (index->n_lines + SPARE_LINES) * sizeof(struct line));
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
    if (index)
        index->least = UINT32_MAX;
    return index;
}

void index_reuse(struct index *index)
{
    index->count = index->n_undo = 0;
    index->least = UINT32_MAX;
    index->most = 0;
    index->crowded = 0;
    index->stale = index->n_lines + SPARE_LINES;
}

int index_is_clear(const struct index *index)
{
    return index->stale == 0;
}

int index_clear(struct index *index, uint64_t bytes)
{
    uint64_t all = index->n_lines + SPARE_LINES, n = bytes / sizeof(struct line);
    n = n < index->stale ? n : index->stale;
    memset(index->lines + (all - index->stale), 0, n * sizeof(struct line));
    index->stale -= n;
    return index->stale > 0;
}

void index_fills(struct index *index)
{
    madvise(index->lines, (index->n_lines + SPARE_LINES) * sizeof(struct line), MADV_HUGEPAGE);
    index->large = 1;
}

void index_free(struct index *index)
{
    if (!index)
        return;
    free_lines(index);
    free(index->undo);
    free(index);
}

/* The line that the posting went to; n_lines + SPARE_LINES for none. */
static uint64_t append(struct index *index, uint64_t key, uint32_t num)
{
    uint64_t at = home(index, key), end = index->n_lines + SPARE_LINES;
    while (at < end && index->lines[at].n == LINE_POSTINGS)
        at++;
    if (at == end)
        return end;
    struct line *line = &index->lines[at];
    encode(line->postings + line->n++ * POSTING_BYTES, key, num);
    index->count++;
    return at;
}

/* Twice the lines; more where a run would not end. What was taken down for undoing is void then. */
static int grow(struct index *index)
{
    struct index wider = {.shift = index->shift};
    for (uint64_t n = index->n_lines * 2;; n *= 2) {
        if (set_lines(&wider, n) < 0)
            return DUP_ENOMEM;
        wider.count = 0;
        int fits = 1;
        for (uint64_t i = 0; fits && i < index->n_lines + SPARE_LINES; i++) {
            const struct line *line = &index->lines[i];
            for (unsigned k = 0; fits && k < line->n; k++) {
                const unsigned char *posting = line->postings + k * POSTING_BYTES;
                fits = append(&wider, key_of(posting), num_of(posting)) < n + SPARE_LINES;
            }
        }
        if (fits)
            break;
        free_lines(&wider);
    }
    free_lines(index);
    index->lines = wider.lines;
    index->n_lines = wider.n_lines;
    index->shift = wider.shift;
    index->large = 0;
    return 0;
}

int index_is_full(const struct index *index)
{
    return index->crowded || index->count >= FILL_MAX(index->n_lines);
}

int index_is_large(const struct index *index)
{
    return index->large;
}

int index_fullness(const struct index *index)
{
    return index->crowded ? 100 : (int)(index->count * 100 / FILL_MAX(index->n_lines));
}

void index_keep(struct index *index)
{
    index->n_undo = 0;
}

int index_begin(struct index *index)
{
    index_keep(index);
    if (!index_is_full(index))
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

static int reserve_undo(struct index *index)
{
    if (index->n_undo < index->undo_cap)
        return 0;
    size_t cap = index->undo_cap ? index->undo_cap * 2 : 65536;
    uint32_t *undo = realloc(index->undo, cap * sizeof *undo);
    if (!undo)
        return DUP_ENOMEM;
    index->undo = undo;
    index->undo_cap = cap;
    return 0;
}

void posting_list_add(struct posting_list *list, uint32_t num)
{
    if (list->total > LIMIT_POSTINGS)
        return;
    for (uint32_t k = 0; k < list->n; k++)
        if (list->nums[k] == num)
            return;
    if (list->n < LIMIT_POSTINGS)
        list->nums[list->n++] = num;
    list->total++;
}

void index_find(const struct index *index, uint64_t key, uint32_t least, struct posting_list *list)
{
    uint64_t at = home(index, key), end = index->n_lines + SPARE_LINES;
    for (; at < end; at++) {
        const struct line *line = &index->lines[at];
        for (unsigned k = 0; k < line->n; k++) {
            const unsigned char *posting = line->postings + k * POSTING_BYTES;
            if (key_of(posting) == key && num_of(posting) >= least)
                posting_list_add(list, num_of(posting));
        }
        if (line->n < LINE_POSTINGS)
            return;
    }
}

/* One posting more than LIMIT_POSTINGS is kept: it says that the value is common. */
int index_add(struct index *index, uint64_t key, uint32_t num)
{
    uint64_t at = home(index, key), end = index->n_lines + SPARE_LINES;
    uint32_t same = 0;
    for (; at < end; at++) {
        const struct line *line = &index->lines[at];
        for (unsigned k = 0; k < line->n; k++) {
            const unsigned char *posting = line->postings + k * POSTING_BYTES;
            if (key_of(posting) != key)
                continue;
            if (num_of(posting) == num || ++same > LIMIT_POSTINGS)
                return 0;
        }
        if (line->n < LINE_POSTINGS)
            break;
    }
    if (at == end || index->count >= FULL(index->n_lines)) {
        index->crowded = 1;
        return DUP_EBUSY;
    }
    int r = reserve_undo(index);
    if (r < 0)
        return r;
    index->undo[index->n_undo++] = (uint32_t)at;
    index->least = num < index->least ? num : index->least;
    index->most = num > index->most ? num : index->most;
    struct line *line = &index->lines[at];
    encode(line->postings + line->n++ * POSTING_BYTES, key, num);
    index->count++;
    return 0;
}

static int is_before(const struct posting *a, const struct posting *b)
{
    return a->key < b->key || (a->key == b->key && a->num < b->num);
}

static int by_key(const void *a, const void *b)
{
    return is_before(a, b) ? -1 : is_before(b, a);
}

/* Runs are short as a rule, and lines in order already. */
static void sort(struct run *run)
{
    if (run->n > 64) {
        qsort(run->postings, run->n, sizeof *run->postings, by_key);
        return;
    }
    for (size_t i = 1; i < run->n; i++) {
        struct posting posting = run->postings[i];
        size_t at = i;
        for (; at > 0 && is_before(&posting, &run->postings[at - 1]); at--)
            run->postings[at] = run->postings[at - 1];
        run->postings[at] = posting;
    }
}

int index_run(const struct index *index, uint64_t *line, struct run *ret)
{
    ret->n = 0;
    for (uint64_t end = index->n_lines + SPARE_LINES; *line < end;) {
        const struct line *from = &index->lines[(*line)++];
        if (ret->n + LINE_POSTINGS > ret->cap) {
            size_t cap = ret->cap ? ret->cap * 2 : 256;
            struct posting *more = realloc(ret->postings, cap * sizeof *more);
            if (!more)
                return DUP_ENOMEM;
            ret->postings = more;
            ret->cap = cap;
        }
        for (unsigned k = 0; k < from->n; k++) {
            const unsigned char *posting = from->postings + k * POSTING_BYTES;
            ret->postings[ret->n++] = (struct posting){key_of(posting), num_of(posting)};
        }
        if (from->n < LINE_POSTINGS && ret->n)
            break;
    }
    sort(ret);
    return ret->n > 0;
}

void index_prefetch(const struct index *index, uint64_t key)
{
    __builtin_prefetch(&index->lines[home(index, key)]);
}

void index_numbers(const struct index *index, uint32_t *ret_least, uint32_t *ret_most)
{
    *ret_least = index->least < index->most ? index->least : index->most;
    *ret_most = index->most;
}

uint64_t index_count(const struct index *index)
{
    return index->count;
}

uint64_t index_bytes(const struct index *index)
{
    return (index->n_lines + SPARE_LINES) * sizeof(struct line);
}
