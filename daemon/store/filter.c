/*
 * Filters: for a value, whether a segment may have it. Invariant: a value that
 * was added always may. A block of 512 bits is chosen by the value's size, so
 * that adding in order writes memory in order; ten bits a value pass about one
 * in a hundred of those that are not there.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "store/postings.h"

#define BITS_PER_KEY 10
#define BLOCK_BITS 512
#define BLOCK_WORDS (BLOCK_BITS / 64)
#define PROBES 6

struct filter {
    uint64_t (*blocks)[BLOCK_WORDS]; /* mapped */
    uint64_t n_blocks;
};

void *nameless_map(const char *dir, size_t bytes)
{
    void *at = MAP_FAILED;
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 && posix_fallocate(fd, 0, (off_t)bytes) == 0)
        at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd >= 0)
        close(fd);
    if (at == MAP_FAILED)
        at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED ? NULL : at;
}

struct filter *filter_new(const char *dir, uint64_t n)
{
    struct filter *filter = malloc(sizeof *filter);
    if (!filter)
        return NULL;
    filter->n_blocks = n * BITS_PER_KEY / BLOCK_BITS + 1;
    filter->blocks = nameless_map(dir, filter->n_blocks * sizeof *filter->blocks);
    if (!filter->blocks) {
        free(filter);
        return NULL;
    }
    return filter;
}

void filter_free(struct filter *filter)
{
    if (!filter)
        return;
    munmap(filter->blocks, filter->n_blocks * sizeof *filter->blocks);
    free(filter);
}

static uint64_t *block_of(const struct filter *filter, uint64_t key)
{
    return filter->blocks[(uint64_t)((unsigned __int128)key * filter->n_blocks >> KEY_BITS)];
}

/* Six times nine bits that depend on all of the key. */
static uint64_t spread(uint64_t key)
{
    key *= UINT64_C(0x9e3779b97f4a7c15);
    return (key ^ key >> 32) * UINT64_C(0xd6e8feb86659fd93);
}

void filter_add(struct filter *filter, uint64_t key)
{
    uint64_t *block = block_of(filter, key), bits = spread(key) >> 10;
    for (int i = 0; i < PROBES; i++, bits >>= 9)
        block[bits >> 6 & (BLOCK_WORDS - 1)] |= UINT64_C(1) << (bits & 63);
}

int filter_may_have(const struct filter *filter, uint64_t key)
{
    const uint64_t *block = block_of(filter, key);
    uint64_t bits = spread(key) >> 10;
    for (int i = 0; i < PROBES; i++, bits >>= 9)
        if (!(block[bits >> 6 & (BLOCK_WORDS - 1)] >> (bits & 63) & 1))
            return 0;
    return 1;
}

void filter_prefetch(const struct filter *filter, uint64_t key)
{
    __builtin_prefetch(block_of(filter, key));
}

uint64_t filter_bytes(const struct filter *filter)
{
    return filter ? filter->n_blocks * sizeof *filter->blocks : 0;
}
