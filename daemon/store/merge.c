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

/* The least key that a reader stands at, its numbers together, ascending and each once; those that expired left out. */
static uint32_t take_least(struct segment_reader *readers, const int *open, unsigned n_readers, uint32_t least,
                           uint64_t *ret_key, uint32_t *nums)
{
    struct posting_list list = {0};
    uint64_t key = UINT64_MAX;
    for (unsigned i = 0; i < n_readers; i++)
        if (open[i] == 1 && readers[i].key < key)
            key = readers[i].key;
    uint32_t n = 0;
    for (unsigned i = 0; i < n_readers; i++) {
        for (uint32_t k = 0; open[i] == 1 && readers[i].key == key && k < readers[i].n; k++) {
            uint32_t num = readers[i].nums[k], at = n, was = list.total;
            if (num < least)
                continue;
            posting_list_add(&list, num);
            if (list.total == was)
                continue;
            for (; at > 0 && nums[at - 1] > num; at--)
                nums[at] = nums[at - 1];
            nums[at] = num;
            n++;
        }
    }
    *ret_key = key;
    return n;
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
    uint32_t least = view_first_num(&step->store->writer);
    for (unsigned i = 0; i < SEGMENTS_MAX && r >= 0 && n < FANIN; i++) {
        if (!(s->inputs >> i & 1))
            continue;
        r = open[n] = segment_reader_open(&readers[n], &step->store->writer, i, &t->segments[i], s->resume);
        n++;
    }
    int ended = 0;
    while (r >= 0 && step->left && !ended) {
        uint32_t nums[LIMIT_POSTINGS + 1];
        uint64_t key;
        uint32_t count = take_least(readers, open, n, least, &key, nums);
        if (key == UINT64_MAX) {
            ended = 1;
            break;
        }
        r = count ? segment_add(step->store, (unsigned)place, s, &step->chunk, key, nums, count) : 0;
        step->left--;
        if (step->left % LOOKS == 0)
            step_is_late(step);
        for (unsigned i = 0; i < n && r >= 0; i++)
            if (open[i] == 1 && readers[i].key == key)
                r = open[i] = segment_reader_next(&readers[i]);
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
