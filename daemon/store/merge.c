/*
 * Merging: FANIN segments of a level, the oldest first, become one of the
 * next. Invariant: the inputs stay as they are until the last posting of them
 * is in the one being made, and what expired meanwhile is left out of it.
 */
#include <string.h>

#include "store/postings.h"

#define FANIN 4
#define LEVELS 16
#define LOOKS 64 /* keys between two looks at the clock */

/* The oldest live segments of a level, up to FANIN, oldest first; how many. */
static unsigned oldest(const struct tiers *t, unsigned level, unsigned *places)
{
    unsigned n = 0;
    for (unsigned i = 0; i < SEGMENTS_MAX; i++) {
        const struct segment *s = &t->segments[i];
        if (s->state != SEGMENT_LIVE || s->level != level)
            continue;
        unsigned at = n < FANIN ? n : FANIN;
        while (at > 0 && t->segments[places[at - 1]].order > s->order)
            at--;
        if (at == FANIN)
            continue;
        unsigned moved = (n < FANIN ? n : FANIN - 1) - at;
        memmove(places + at + 1, places + at, moved * sizeof *places);
        places[at] = i;
        n += n < FANIN;
    }
    return n;
}

int merge_begin(struct step *step, unsigned level)
{
    struct tiers *t = step->tiers;
    unsigned places[FANIN];
    if (oldest(t, level, places) < FANIN)
        return DUP_ENOENT;
    struct segment made = {.level = (uint8_t)(level + 1), .first = UINT32_MAX};
    uint64_t keys = 0;
    for (unsigned i = 0; i < FANIN; i++) {
        const struct segment *s = &t->segments[places[i]];
        made.first = s->first < made.first ? s->first : made.first;
        made.last = s->last > made.last ? s->last : made.last;
        made.order = s->order;
        made.inputs |= UINT64_C(1) << places[i];
        keys += s->postings;
    }
    return step_begin_segment(step, &made, keys);
}

/* The readers that stand at the least key, as bits; 0: all are at their ends. */
static unsigned at_least_key(const struct segment_reader *readers, const int *open, unsigned n_readers, uint64_t *ret_key)
{
    unsigned at = 0;
    *ret_key = UINT64_MAX;
    for (unsigned i = 0; i < n_readers; i++) {
        if (open[i] != 1 || readers[i].key > *ret_key)
            continue;
        at = readers[i].key < *ret_key ? 1u << i : at | 1u << i;
        *ret_key = readers[i].key;
    }
    return at;
}

/* Their numbers together, ascending and each once; those that expired left out. */
static uint32_t take_numbers(const struct segment_reader *readers, unsigned at, uint32_t least, uint32_t *nums)
{
    struct posting_list list;
    uint32_t n = 0;
    list.n = list.total = 0;
    for (; at; at &= at - 1) {
        const struct segment_reader *reader = &readers[__builtin_ctz(at)];
        for (uint32_t k = 0; k < reader->n; k++) {
            uint32_t num = reader->nums[k], place = n, was = list.total;
            if (num < least)
                continue;
            posting_list_add(&list, num);
            if (list.total == was)
                continue;
            for (; place > 0 && nums[place - 1] > num; place--)
                nums[place] = nums[place - 1];
            nums[place] = num;
            n++;
        }
    }
    return n;
}

/* Writes them. Most keys stand in one segment alone, and nothing in it has expired. */
static int merge_key(struct step *step, unsigned place, struct segment *s, const struct segment_reader *readers, unsigned at, uint64_t key)
{
    const struct segment_reader *one = &readers[__builtin_ctz(at)];
    uint32_t nums[LIMIT_POSTINGS + 1], least = view_first_num(&step->store->writer);
    if ((at & (at - 1)) == 0 && one->nums[0] >= least)
        return segment_add(step->store, place, s, &step->chunk, key, one->nums, one->n);
    uint32_t n = take_numbers(readers, at, least, nums);
    return n ? segment_add(step->store, place, s, &step->chunk, key, nums, n) : 0;
}

static int finish_merge(struct step *step, struct segment *s)
{
    struct tiers *t = step->tiers;
    for (unsigned i = 0; i < SEGMENTS_MAX; i++) {
        if (!(s->inputs >> i & 1))
            continue;
        t->segments[i].state = SEGMENT_DOOMED;
        int r = segment_write_row(step->store, i, &t->segments[i]);
        if (r < 0)
            return r;
    }
    s->inputs = 0;
    s->state = SEGMENT_LIVE;
    t->merges++;
    return 0;
}

int merge_step(struct step *step, int place)
{
    struct tiers *t = step->tiers;
    struct segment *s = &t->segments[place];
    struct segment_reader readers[FANIN];
    int open[FANIN] = {0}, r = 0;
    unsigned n = 0;
    for (unsigned i = 0; i < SEGMENTS_MAX && r >= 0 && n < FANIN; i++) {
        if (!(s->inputs >> i & 1))
            continue;
        r = open[n] = segment_reader_open(&readers[n], &step->store->writer, i, &t->segments[i], s->resume);
        n++;
    }
    int ended = 0;
    unsigned keys = 0;
    while (r >= 0 && step->left && !ended) {
        uint64_t key;
        unsigned at = at_least_key(readers, open, n, &key);
        ended = at == 0;
        r = at ? merge_key(step, (unsigned)place, s, readers, at, key) : 0;
        for (; at && r >= 0; at &= at - 1)
            r = open[__builtin_ctz(at)] = segment_reader_next(&readers[__builtin_ctz(at)]);
        step->left -= !ended;
        if (++keys % LOOKS == 0)
            step_is_late(step);
    }
    for (unsigned i = 0; i < n; i++)
        segment_reader_close(&readers[i]);
    if (r >= 0)
        r = segment_flush(step->store, (unsigned)place, s, &step->chunk);
    if (r >= 0 && ended)
        r = finish_merge(step, s);
    return r < 0 ? r : segment_write_row(step->store, (unsigned)place, s);
}

int merge_level(const struct tiers *t)
{
    unsigned places[FANIN];
    for (unsigned level = 0; level < LEVELS; level++)
        if (tiers_building(t, 1, level + 1) >= 0 || (oldest(t, level, places) == FANIN && tiers_free_place(t) >= 0))
            return (int)level;
    return -1;
}
