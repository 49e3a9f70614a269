/*
 * The tail of the file. LMDB writes no page that a transaction took and gave
 * back, so that a good file may end before the last page that it counts: what
 * is missing is free then. Invariant: nothing is believed before it was read
 * whole, and no page is read that the file has not got.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/internal.h"

#define DEPTH_MAX 16
#define PAGE_HEAD 16u
#define NODE_HEAD 8u
#define BRANCH 1u         /* flags of a page */
#define LEAF 2u
#define ELSEWHERE 1u      /* flag of a node: its data has pages of its own */

struct tail {
    int fd;
    uint32_t page_size;
    uint64_t from, count;  /* the first page that is missing, how many are */
    uint64_t found;        /* of these in the lists of free pages */
    uint64_t left;         /* pages that may still be read, of lists too: a good tree has none twice */
    unsigned char *is_free; /* one for each that is missing */
};

static int read_at(const struct tail *t, void *to, size_t len, uint64_t at)
{
    return pread(t->fd, to, len, (off_t)at) == (ssize_t)len ? 0 : -1;
}

static void note_free(struct tail *t, uint64_t page)
{
    if (page - t->from >= t->count || t->is_free[page - t->from])
        return;
    t->is_free[page - t->from] = 1;
    t->found++;
}

/* A list of free pages with its length before it. */
static int take_list(struct tail *t, const unsigned char *data, uint32_t size)
{
    uint64_t count, page;
    memcpy(&count, data, sizeof count);
    if (count >= size / sizeof count)
        return -1;
    for (uint64_t i = 1; i <= count; i++) {
        memcpy(&page, data + i * sizeof page, sizeof page);
        note_free(t, page);
    }
    return 0;
}

/* The same in pages of its own. */
static int read_list(struct tail *t, uint64_t page, uint32_t size)
{
    uint64_t n = 1 + (uint64_t)size / t->page_size;
    if (page >= t->from || n > t->from - page || n > t->left)
        return -1;
    t->left -= n;
    unsigned char *list = malloc(size);
    int r = list ? read_at(t, list, size, page * t->page_size + PAGE_HEAD) : -1;
    if (r == 0)
        r = take_list(t, list, size);
    free(list);
    return r;
}

static int walk(struct tail *t, uint64_t number, int depth);

/* One entry of a page: a page below it, or a list. */
static int visit(struct tail *t, const unsigned char *bytes, unsigned at, unsigned is_leaf, int depth)
{
    struct { uint16_t low, high, flags, key_len; } node;
    uint64_t page;
    if (at + NODE_HEAD > t->page_size)
        return -1;
    memcpy(&node, bytes + at, sizeof node);
    uint32_t low = node.low | (uint32_t)node.high << 16, data = at + NODE_HEAD + node.key_len;
    if (!is_leaf)
        return walk(t, low | (uint64_t)node.flags << 32, depth + 1);
    if (data + sizeof page > t->page_size || low < sizeof page)
        return -1;
    if (node.flags & ELSEWHERE) {
        memcpy(&page, bytes + data, sizeof page);
        return read_list(t, page, low);
    }
    return low > t->page_size - data ? -1 : take_list(t, bytes + data, low);
}

static int walk(struct tail *t, uint64_t number, int depth)
{
    struct { uint64_t number; uint16_t unused, flags, lower, upper; } head;
    unsigned char *bytes = depth < DEPTH_MAX && number < t->from && t->left ? malloc(t->page_size) : NULL;
    int r = bytes ? read_at(t, bytes, t->page_size, number * t->page_size) : -1;
    if (r == 0) {
        t->left--;
        memcpy(&head, bytes, sizeof head);
        unsigned kind = head.flags & (BRANCH | LEAF);
        if (head.number != number || (kind != BRANCH && kind != LEAF) || head.lower < PAGE_HEAD || head.lower > t->page_size)
            r = -1;
        for (unsigned i = PAGE_HEAD; r == 0 && i < head.lower; i += sizeof(uint16_t)) {
            uint16_t at;
            memcpy(&at, bytes + i, sizeof at);
            r = visit(t, bytes, at, kind == LEAF, depth);
        }
    }
    free(bytes);
    return r;
}

int tail_is_free(int fd, uint32_t page_size, uint64_t root, uint64_t pages, uint64_t last_page)
{
    struct tail t = {.fd = fd, .page_size = page_size, .from = pages, .count = last_page + 1 - pages, .left = pages};
    if (t.count > pages || !(t.is_free = calloc(t.count, 1))) /* a file that lacks more than it has was cut */
        return 0;
    int r = walk(&t, root, 0) == 0 && t.found == t.count;
    free(t.is_free);
    return r;
}
