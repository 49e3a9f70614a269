/*
 * The head of the file: two meta pages, of which LMDB believes the newer one
 * without looking further. Invariant: a file that passes has all pages that its
 * newest state uses, and that state is what LMDB will take for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/internal.h"

#define MAGIC 0xbeefc0deu
#define PAGE_MIN 512u
#define PAGE_MAX 65536u

/* A meta page as LMDB 0.9 lays it out on 64 bits, behind the 16 bytes that begin each page. */
struct meta {
    unsigned char page_header[16];
    uint32_t magic, version;
    uint64_t address, map_size;
    struct {
        uint32_t page_size; /* of the first tree; of no meaning in the second */
        uint16_t flags, depth;
        uint64_t branch_pages, leaf_pages, overflow_pages, entries, root;
    } trees[2];
    uint64_t last_page, txn;
};
_Static_assert(sizeof(struct meta) == 152, "as it lies in the file");

static int damaged(const char *path, const char *what, struct err *err)
{
    return err_set(err, DUP_ECORRUPT, "%s is damaged: %s (restore it from a backup)", path, what);
}

/* Transactions are numbered; even ones write the first page, odd ones the second. */
static int numbers_fit(uint64_t first, uint64_t second)
{
    if (first == 0 && second == 0)
        return 1;
    return first % 2 == 0 && second % 2 == 1 && (first + 1 == second || second + 1 == first);
}

static int check_metas(const char *path, int fd, const struct meta *metas, uint64_t file_size, struct err *err)
{
    const struct meta *newest = &metas[metas[1].txn > metas[0].txn];
    uint32_t page_size = metas[0].trees[0].page_size;
    if (metas[1].trees[0].page_size != page_size || metas[0].map_size > STORE_MAP_MAX || metas[1].map_size > STORE_MAP_MAX)
        return damaged(path, "its head says what cannot be", err);
    /* They are set when the file is made; the main tree, of names, has none. */
    if (metas[0].trees[0].flags != metas[1].trees[0].flags || metas[0].trees[1].flags || metas[1].trees[1].flags)
        return damaged(path, "its head names kinds of trees that it has not", err);
    if (!numbers_fit(metas[0].txn, metas[1].txn))
        return damaged(path, "its head names no two transactions that follow each other", err);
    uint64_t pages = file_size / page_size;
    if (newest->txn && newest->last_page >= pages && !tail_is_free(fd, page_size, newest->trees[0].root, pages, newest->last_page))
        return err_set(err, DUP_ECORRUPT, "%s is cut short: %llu bytes of %llu (restore it from a backup)", path,
                       (unsigned long long)file_size, ((unsigned long long)newest->last_page + 1) * page_size);
    return 0;
}

int head_check(const char *path, struct err *err)
{
    struct meta metas[2];
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0 || st.st_size == 0) {
        if (fd >= 0)
            close(fd);
        return 0;
    }
    int known = pread(fd, &metas[0], sizeof *metas, 0) == sizeof *metas && metas[0].magic == MAGIC;
    uint32_t page_size = known ? metas[0].trees[0].page_size : 0;
    int sized = page_size >= PAGE_MIN && page_size <= PAGE_MAX && (page_size & (page_size - 1)) == 0;
    int paired = sized && pread(fd, &metas[1], sizeof *metas, (off_t)page_size) == sizeof *metas;
    int r = 0;
    if (known && (!sized || (!paired && st.st_size >= 2 * (off_t)sizeof *metas)))
        r = damaged(path, "its head says what cannot be", err);
    else if (paired)
        r = check_metas(path, fd, metas, (uint64_t)st.st_size, err);
    close(fd);
    return r;
}
