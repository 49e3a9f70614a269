/*
 * Segments: postings in the order of their keys, in chunks of up to CHUNK_MAX
 * bytes, each a row under its last key. Invariant: all numbers of a key stand
 * in one chunk, and a chunk that is read has passed its checksum.
 *
 *   chunk = checksum u32, first key (5 bytes), groups
 *   group = varint (distance from the key before it) * 2 + many,
 *           one number, or their count less one (1 byte) and as many numbers
 *   number = number less the segment's first, in `width` bytes
 */
#include <lmdb.h>
#include <string.h>
#include <xxhash.h>

#include "store/postings.h"

#define CHUNK_HEAD (4 + KEY_BYTES)
#define VARINT_MAX 6

/* A row of the table `segments`. */
struct row {
    uint32_t sum;
    uint8_t state, level, width, zero;
    uint32_t order, first, last, pad;
    uint64_t postings, chunks, resume, inputs;
};

static void put_key(unsigned char *to, uint64_t key)
{
    for (int i = 0; i < KEY_BYTES; i++)
        to[i] = (unsigned char)(key >> (8 * (KEY_BYTES - 1 - i)));
}

static uint64_t get_key(const unsigned char *from)
{
    uint64_t key = 0;
    for (int i = 0; i < KEY_BYTES; i++)
        key = key << 8 | from[i];
    return key;
}

static enum table table_of(unsigned place)
{
    return (enum table)(TABLE_SEGMENT_0 + place);
}

/* ---- rows ---------------------------------------------------------------- */

int segment_read_all(struct view *view, struct segment *segments)
{
    for (unsigned place = 0; place < SEGMENTS_MAX; place++) {
        unsigned char key = (unsigned char)place;
        struct row row;
        MDB_val data;
        int r = table_get(view, TABLE_SEGMENTS, &key, 1, &data);
        segments[place] = (struct segment){0};
        if (r == DUP_ENOENT)
            continue;
        if (r < 0)
            return r;
        if (data.mv_size != sizeof row)
            return DUP_ECORRUPT;
        memcpy(&row, data.mv_data, sizeof row);
        if (row.sum != (uint32_t)XXH3_64bits_withSeed(&row.state, sizeof row - 4, place) || row.state > SEGMENT_DOOMED ||
            row.width < 1 || row.width > 4)
            return DUP_ECORRUPT;
        segments[place] = (struct segment){.state = row.state, .level = row.level, .width = row.width, .order = row.order,
                                           .first = row.first, .last = row.last, .postings = row.postings,
                                           .chunks = row.chunks, .resume = row.resume, .inputs = row.inputs};
    }
    return 0;
}

int segment_write_row(struct store *store, unsigned place, const struct segment *s)
{
    unsigned char key = (unsigned char)place;
    struct row row = {.state = s->state, .level = s->level, .width = s->width, .order = s->order, .first = s->first,
                      .last = s->last, .postings = s->postings, .chunks = s->chunks, .resume = s->resume, .inputs = s->inputs};
    row.sum = (uint32_t)XXH3_64bits_withSeed(&row.state, sizeof row - 4, place);
    if (s->state == SEGMENT_FREE)
        return table_del(store, TABLE_SEGMENTS, &key, 1);
    return table_put(store, TABLE_SEGMENTS, &key, 1, &row, sizeof row, 0);
}

/* ---- writing ------------------------------------------------------------- */

int segment_flush(struct store *store, unsigned place, struct segment *segment, struct chunk *chunk)
{
    unsigned char key[KEY_BYTES];
    if (!chunk->len)
        return 0;
    uint32_t sum = (uint32_t)XXH3_64bits_withSeed(chunk->data + 4, chunk->len - 4, chunk->key);
    memcpy(chunk->data, &sum, sizeof sum);
    put_key(key, chunk->key);
    int r = table_put(store, table_of(place), key, sizeof key, chunk->data, chunk->len, MDB_APPEND);
    segment->chunks += r == 0;
    segment->resume = chunk->key + 1;
    chunk->len = 0;
    return r;
}

int segment_add(struct store *store, unsigned place, struct segment *segment, struct chunk *chunk,
                uint64_t key, const uint32_t *nums, uint32_t n)
{
    if (chunk->len + VARINT_MAX + 1 + (size_t)n * segment->width > CHUNK_MAX) {
        int r = segment_flush(store, place, segment, chunk);
        if (r < 0)
            return r;
    }
    if (!chunk->len) {
        put_key(chunk->data + 4, key);
        chunk->len = CHUNK_HEAD;
        chunk->key = key;
    }
    unsigned char *to = chunk->data + chunk->len;
    uint64_t distance = (key - chunk->key) << 1 | (n > 1);
    for (; distance > 127; distance >>= 7)
        *to++ = (unsigned char)(distance | 128);
    *to++ = (unsigned char)distance;
    if (n > 1)
        *to++ = (unsigned char)(n - 1);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t num = nums[i] - segment->first;
        for (unsigned k = 0; k < segment->width; k++, num >>= 8)
            *to++ = (unsigned char)num;
    }
    chunk->len = (size_t)(to - chunk->data);
    chunk->key = key;
    segment->postings += n;
    filter_add(segment->filter, key);
    return 0;
}

/* ---- reading ------------------------------------------------------------- */

/* 1 with the reader before its first group, or DUP_ECORRUPT. */
static int open_chunk(struct segment_reader *reader, const struct placed *chunk)
{
    uint32_t sum;
    if (chunk->len <= CHUNK_HEAD)
        return DUP_ECORRUPT;
    memcpy(&sum, chunk->data, sizeof sum);
    reader->row = chunk->row;
    if (sum != (uint32_t)XXH3_64bits_withSeed(chunk->data + 4, chunk->len - 4, chunk->row))
        return DUP_ECORRUPT;
    reader->at = chunk->data + CHUNK_HEAD;
    reader->end = chunk->data + chunk->len;
    reader->key = get_key(chunk->data + 4);
    return 1;
}

/* Where LMDB has a chunk. DUP_ECORRUPT for a key that is none. */
static int place_chunk(const MDB_val *key, const MDB_val *data, struct placed *ret)
{
    if (key->mv_size != KEY_BYTES)
        return DUP_ECORRUPT;
    *ret = (struct placed){get_key(key->mv_data), data->mv_data, data->mv_size};
    return 0;
}

static int open_row(struct segment_reader *reader, const MDB_val *key, const MDB_val *data)
{
    struct placed chunk;
    int r = place_chunk(key, data, &chunk);
    return r < 0 ? r : open_chunk(reader, &chunk);
}

/* The next group's key, and where its numbers stand. 1, 0 at the end of the chunk, DUP_ECORRUPT. */
static inline int next_group(struct segment_reader *reader, const unsigned char **ret_nums)
{
    const unsigned char *at = reader->at, *end = reader->end;
    if (at == end)
        return 0;
    uint64_t distance = 0;
    unsigned shift = 0;
    do {
        if (at == end || shift > 42)
            return DUP_ECORRUPT;
        distance |= (uint64_t)(*at & 127) << shift;
        shift += 7;
    } while (*at++ & 128);
    uint32_t n = 1;
    if (distance & 1) {
        if (at == end)
            return DUP_ECORRUPT;
        n = *at++ + 1u;
    }
    if (n > LIMIT_POSTINGS + 1 || (size_t)(end - at) < (size_t)n * reader->segment->width)
        return DUP_ECORRUPT;
    *ret_nums = at;
    reader->at = at + (size_t)n * reader->segment->width;
    reader->key += distance >> 1;
    reader->n = n;
    return reader->key > reader->row ? DUP_ECORRUPT : 1;
}

static inline uint32_t number(const struct segment *segment, const unsigned char *from)
{
    uint32_t num = 0;
    for (unsigned k = 0; k < segment->width; k++)
        num |= (uint32_t)from[k] << (8 * k);
    return num + segment->first;
}

int segment_reader_next(struct segment_reader *reader)
{
    const unsigned char *from = NULL;
    int r = next_group(reader, &from);
    if (r == 0) {
        MDB_val key, data;
        int code = mdb_cursor_get(reader->cursor, &key, &data, MDB_NEXT);
        if (code != 0)
            return code == MDB_NOTFOUND ? 0 : DUP_ECORRUPT;
        r = open_row(reader, &key, &data);
        if (r == 1)
            r = next_group(reader, &from);
    }
    for (uint32_t i = 0; r == 1 && i < reader->n; i++)
        reader->nums[i] = number(reader->segment, from + (size_t)i * reader->segment->width);
    return r;
}

int segment_reader_open(struct segment_reader *reader, struct view *view, unsigned place,
                        const struct segment *segment, uint64_t least)
{
    unsigned char bytes[KEY_BYTES];
    MDB_val key = {sizeof bytes, bytes}, data;
    *reader = (struct segment_reader){.segment = segment};
    int r = store_code(view->store, mdb_cursor_open(view->txn, view->store->tables[table_of(place)], &reader->cursor));
    if (r < 0)
        return r;
    if (least >> KEY_BITS)
        return 0;
    put_key(bytes, least);
    int code = mdb_cursor_get(reader->cursor, &key, &data, MDB_SET_RANGE);
    if (code != 0)
        return code == MDB_NOTFOUND ? 0 : DUP_ECORRUPT;
    r = open_row(reader, &key, &data);
    do {
        r = r == 1 ? segment_reader_next(reader) : r;
    } while (r == 1 && reader->key < least);
    return r;
}

void segment_reader_close(struct segment_reader *reader)
{
    if (reader->cursor)
        mdb_cursor_close(reader->cursor);
    reader->cursor = NULL;
}

int segment_find(MDB_cursor *cursor, const struct segment *segment, uint64_t key, uint32_t least,
                 struct posting_list *list)
{
    unsigned char bytes[KEY_BYTES];
    MDB_val at = {sizeof bytes, bytes}, data;
    struct placed chunk;
    put_key(bytes, key);
    int code = mdb_cursor_get(cursor, &at, &data, MDB_SET_RANGE);
    if (code != 0)
        return code == MDB_NOTFOUND ? 0 : DUP_ECORRUPT;
    int r = place_chunk(&at, &data, &chunk);
    return r < 0 ? r : segment_find_placed(&chunk, segment, key, least, list);
}

int segment_find_placed(const struct placed *chunk, const struct segment *segment, uint64_t key, uint32_t least,
                        struct posting_list *list)
{
    struct segment_reader reader;
    const unsigned char *nums;
    reader.segment = segment;
    int r = open_chunk(&reader, chunk);
    while (r == 1 && (r = next_group(&reader, &nums)) == 1 && reader.key < key)
        ;
    if (r != 1 || reader.key != key)
        return r < 0 ? r : 0;
    for (uint32_t i = 0; i < reader.n; i++) {
        uint32_t num = number(segment, nums + (size_t)i * segment->width);
        if (num >= least)
            posting_list_add(list, num);
    }
    return 1;
}

int segment_fill_filter(struct view *view, unsigned place, struct segment *segment, uint64_t max)
{
    struct segment_reader reader;
    int r = segment_reader_open(&reader, view, place, segment, segment->unfiltered);
    for (; r == 1 && max; r = segment_reader_next(&reader), max--)
        filter_add(segment->filter, reader.key);
    segment->unfiltered = reader.key;
    segment->filling = r != 0;
    segment_reader_close(&reader);
    return r < 0 ? r : 0;
}

/* Fences for chunks from the key on. 1: there are more, 0: these were the last, or DUP_E... */
static int add_fences(struct view *view, unsigned place, struct segment *segment, uint64_t max)
{
    unsigned char bytes[KEY_BYTES];
    MDB_cursor *cursor;
    MDB_val key = {sizeof bytes, bytes}, data;
    struct placed chunk;
    int r = 0, code = mdb_cursor_open(view->txn, view->store->tables[table_of(place)], &cursor);
    if (code != 0)
        return store_code(view->store, code);
    put_key(bytes, segment->unfenced);
    for (code = segment->unfenced >> KEY_BITS ? MDB_NOTFOUND : mdb_cursor_get(cursor, &key, &data, MDB_SET_RANGE);
         code == 0 && r == 0 && max; code = mdb_cursor_get(cursor, &key, &data, MDB_NEXT), max--) {
        r = place_chunk(&key, &data, &chunk);
        if (r == 0 && (r = fences_add(segment->fencing, &chunk)) == 0)
            segment->unfenced = chunk.row + 1;
    }
    mdb_cursor_close(cursor);
    return r < 0 ? r : code == 0 ? 1 : code == MDB_NOTFOUND ? 0 : store_code(view->store, code);
}

void segment_fence(struct view *view, unsigned place, struct segment *segment, uint64_t max)
{
    if (!segment->fencing) {
        segment->fencing = fences_new(view->store->dir, segment->chunks);
        segment->unfenced = 0;
    }
    int r = segment->fencing ? add_fences(view, place, segment, max) : DUP_ENOMEM;
    if (r == 0) {
        segment->fences = segment->fencing;
        segment->fencing = NULL;
    } else if (r < 0) {
        segment_unfence(segment);
        segment->fenceless = 1;
    }
}

void segment_unfence(struct segment *segment)
{
    fences_free(segment->fences);
    fences_free(segment->fencing);
    segment->fences = segment->fencing = NULL;
    segment->fenceless = 0;
}

void segment_check(struct check *c, unsigned place, const struct segment *segment)
{
    struct segment_reader reader;
    uint64_t postings = 0, before = 0;
    int r = segment_reader_open(&reader, c->view, place, segment, 0), wrong = 0;
    for (; r == 1 && !check_is_late(c); r = segment_reader_next(&reader)) {
        wrong += postings && reader.key <= before;
        wrong += reader.at == reader.end && reader.key != reader.row; /* it would not be found */
        for (uint32_t i = 0; i < reader.n; i++)
            wrong += reader.nums[i] > segment->last || (i && reader.nums[i] <= reader.nums[i - 1]);
        before = reader.key;
        postings += reader.n;
    }
    segment_reader_close(&reader);
    if (r < 0)
        check_fault(c, "segment %u: a chunk is damaged", place);
    else if (wrong)
        check_fault(c, "segment %u: %d values or numbers are out of order", place, wrong);
    else if (!c->late && postings != segment->postings)
        check_fault(c, "segment %u: it says %llu postings and has %llu", place,
                    (unsigned long long)segment->postings, (unsigned long long)postings);
}
