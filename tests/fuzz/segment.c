/*
 * Rows of a segment: a byte of width and flags, four of its least number, then rows of a length, a
 * key and the bytes of a chunk, whose sums are put right unless a flag says otherwise. What holds:
 * whatever is in them, reading ends, within the chunks, with a fault or with groups that fit; and
 * of a segment that the check finds good, every value is found again with exactly its numbers.
 */
#include <dirent.h>
#include <lmdb.h>
#include <unistd.h>
#include <xxhash.h>

#include "dup/error.h"
#include "fuzz.h"
#include "store/postings.h"

#define WIDTH 3       /* of the first byte: width less one */
#define SUMS_WRONG 4  /* and: sums stay as they are */

static char dir[64];
static struct store *store;
static struct filter *filter;

static void clear(void)
{
    filter_free(filter);
    store_free(store);
    DIR *folder = opendir(dir);
    for (struct dirent *entry; folder && (entry = readdir(folder)) != NULL;)
        unlinkat(dirfd(folder), entry->d_name, 0);
    if (folder)
        closedir(folder);
    rmdir(dir);
}

static void make_store(void)
{
    const char *under = getenv("TMP");
    struct err err = {0};
    snprintf(dir, sizeof dir, "%.40s/segmentXXXXXX", under ? under : "/tmp");
    CHECK(mkdtemp(dir));
    struct store_options options = {.dir = dir, .map_size = 64u << 20, .index_memory = 1024};
    CHECK(store_open(&options, &err, &store) == 0);
    filter = filter_new(dir, 4096);
    CHECK(filter);
    atexit(clear);
}

static void put_rows(const uint8_t *data, size_t size, int right)
{
    unsigned char chunk[4096];
    while (size > 2 + KEY_BYTES) {
        size_t len = (size_t)(data[0] | data[1] << 8) % (CHUNK_MAX + 1);
        const uint8_t *key = data + 2, *bytes = key + KEY_BYTES;
        uint64_t seed = 0;
        size -= 2 + KEY_BYTES;
        len = len < size ? len : size;
        memcpy(chunk, bytes, len);
        for (int i = 0; i < KEY_BYTES; i++)
            seed = seed << 8 | key[i];
        if (right && len > 4) {
            uint32_t sum = (uint32_t)XXH3_64bits_withSeed(chunk + 4, len - 4, seed);
            memcpy(chunk, &sum, sizeof sum);
        }
        CHECK(table_put(store, TABLE_SEGMENT_0, key, KEY_BYTES, chunk, len, 0) == 0);
        data = bytes + len;
        size -= len;
    }
}

static int faults;

static void count_fault(void *arg, const char *sentence)
{
    (void)arg;
    CHECK(*sentence);
    faults++;
}

/* Reads all: how many postings, or DUP_E... */
static int64_t read_all(struct view *view, const struct segment *segment)
{
    struct segment_reader reader;
    int64_t postings = 0;
    int r = segment_reader_open(&reader, view, 0, segment, 0);
    for (; r == 1; r = segment_reader_next(&reader)) {
        CHECK(reader.n >= 1 && reader.n <= LIMIT_POSTINGS + 1 && reader.at <= reader.end);
        postings += reader.n;
    }
    segment_reader_close(&reader);
    CHECK(r == 0 || r == DUP_ECORRUPT);
    return r < 0 ? r : postings;
}

/* Every value is found, through the filter too, with its numbers and no others. */
static void find_all(struct view *view, const struct segment *segment)
{
    static struct posting_list list;
    struct segment_reader reader;
    MDB_cursor *cursor;
    CHECK(mdb_cursor_open(view->txn, store->tables[TABLE_SEGMENT_0], &cursor) == 0);
    int r = segment_reader_open(&reader, view, 0, segment, 0);
    for (; r == 1; r = segment_reader_next(&reader)) {
        list.n = list.total = 0;
        CHECK(filter_may_have(segment->filter, reader.key));
        CHECK(segment_find(cursor, segment, reader.key, 0, &list) == 1);
        CHECK(list.total == reader.n);
        for (uint32_t i = 0; i < list.n; i++)
            CHECK(list.nums[i] == reader.nums[i]);
    }
    segment_reader_close(&reader);
    mdb_cursor_close(cursor);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct segment segment = {.state = SEGMENT_LIVE, .last = UINT32_MAX};
    if (size < 5)
        return 0;
    if (!store)
        make_store();
    segment.width = (uint8_t)((data[0] & WIDTH) + 1);
    memcpy(&segment.first, data + 1, 4);
    segment.filter = filter;
    CHECK(store_begin(store) == 0);
    struct view *view = store_writer_view(store);
    put_rows(data + 5, size - 5, !(data[0] & SUMS_WRONG));
    int64_t postings = read_all(view, &segment);
    segment.postings = postings < 0 ? 0 : (uint64_t)postings;
    struct check check = {.view = view, .report = count_fault};
    faults = 0;
    segment_check(&check, 0, &segment);
    CHECK(postings >= 0 || faults);
    segment.unfiltered = 0;
    CHECK(segment_fill_filter(view, 0, &segment, UINT64_MAX) == (postings < 0 ? DUP_ECORRUPT : 0));
    if (!faults)
        find_all(view, &segment);
    store_abort(store);
    return 0;
}
