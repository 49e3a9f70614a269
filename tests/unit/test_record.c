/*
 * Goal: an article's record comes back as it went in, every changed bit is
 * noticed, and a record made to deceive (its checksum right) is never read
 * beyond its bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <xxhash.h>

#include "dup/error.h"
#include "store/internal.h"

#define FIXED_AT 5        /* after checksum and version */
#define FIXED_SIZE 88     /* docs/STORAGE.md */
#define STRINGS_AT (FIXED_AT + FIXED_SIZE)
#define RELATION_AT (FIXED_AT + 32)

static uint64_t state = 77;

static uint64_t draw(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static struct str *string_of(struct article *a, int i)
{
    struct str *all[] = {&a->id, &a->outlet, &a->url, &a->title, &a->byline,
                         &a->credit, &a->language, &a->evolved, &a->agencies,
                         &a->own, &a->printed, &a->links};
    return all[i];
}

/* An article with something of its own in every field; text holds its strings. */
static void make(struct article *a, uint32_t num, char *text, size_t text_size)
{
    article_init(a);
    a->num = num;
    uint32_t *words[] = {&a->cluster, &a->head, &a->previous, &a->version, &a->words, &a->longest, &a->linked};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        *words[i] = (uint32_t)draw();
    a->relation = (uint8_t)(draw() % DUP_RELATION_COUNT);
    a->flags = (uint8_t)draw();
    a->claim = (uint8_t)(draw() % 3);
    a->place = (uint8_t)(draw() % 8);
    a->share_shorter = (float)(draw() % 1000) / 1000;
    a->share_longer = (float)(draw() % 1000) / 1000;
    a->jaccard = (float)(draw() % 1000) / 1000;
    a->published = draw() % 4 ? (int64_t)draw() : DUP_TIME_NONE;
    a->seen = (int64_t)draw();
    a->text_hash = draw();
    a->simhash = draw();
    a->outlet_key = draw();
    for (size_t i = 0; i < text_size; i++)
        text[i] = (char)draw();
    for (int i = 0; i < 11; i++)
        *string_of(a, i) = (struct str){text + draw() % (text_size / 2), draw() % 3 ? draw() % (text_size / 2) : 0};
}

static void same(struct article *a, struct article *b)
{
    assert_int_equal(a->num, b->num);
    assert_int_equal(a->cluster, b->cluster);
    assert_int_equal(a->head, b->head);
    assert_int_equal(a->previous, b->previous);
    assert_int_equal(a->version, b->version);
    assert_int_equal(a->words, b->words);
    assert_int_equal(a->longest, b->longest);
    assert_int_equal(a->linked, b->linked);
    assert_int_equal(a->relation, b->relation);
    assert_int_equal(a->flags, b->flags);
    assert_int_equal(a->claim, b->claim);
    assert_int_equal(a->place, b->place);
    assert_true(a->share_shorter == b->share_shorter && a->share_longer == b->share_longer && a->jaccard == b->jaccard);
    assert_true(a->published == b->published && a->seen == b->seen);
    assert_true(a->text_hash == b->text_hash && a->simhash == b->simhash && a->outlet_key == b->outlet_key);
    for (int i = 0; i < 11; i++) {
        const struct str *s = string_of(a, i), *t = string_of(b, i);
        assert_int_equal(s->len, t->len);
        if (s->len) {
            assert_memory_equal(s->data, t->data, s->len);
            assert_int_equal(t->data[t->len], '\0');
        } else {
            assert_null(t->data);
        }
    }
}

static void test_round_trip(void **unused)
{
    (void)unused;
    struct article in, out;
    struct buf record;
    static char text[400];
    buf_init(&record, LIMIT_LINE);
    article_init(&out);
    for (int round = 0; round < 300; round++) {
        make(&in, (uint32_t)draw() | 1, text, sizeof text);
        buf_clear(&record);
        assert_int_equal(record_encode(&in, &record), 0);
        assert_int_equal(record_decode(record.data, record.len, in.num, &out), 0);
        same(&in, &out);
    }
    article_done(&out);
    buf_done(&record);
}

/* Appending to a buffer that holds something already leaves that alone. */
static void test_append(void **unused)
{
    (void)unused;
    struct article in, out;
    struct buf record;
    char text[64];
    make(&in, 9, text, sizeof text);
    article_init(&out);
    buf_init(&record, LIMIT_LINE);
    buf_add_str(&record, "before");
    assert_int_equal(record_encode(&in, &record), 0);
    assert_memory_equal(record.data, "before", 6);
    assert_int_equal(record_decode(record.data + 6, record.len - 6, 9, &out), 0);
    same(&in, &out);
    article_done(&out);
    buf_done(&record);
}

static void test_every_bit(void **unused)
{
    (void)unused;
    struct article in, out;
    struct buf record;
    char text[80];
    make(&in, 31, text, sizeof text);
    article_init(&out);
    buf_init(&record, LIMIT_LINE);
    assert_int_equal(record_encode(&in, &record), 0);
    for (size_t bit = 0; bit < record.len * 8; bit++) {
        record.data[bit / 8] ^= (char)(1 << bit % 8);
        assert_int_equal(record_decode(record.data, record.len, 31, &out), DUP_ECORRUPT);
        record.data[bit / 8] ^= (char)(1 << bit % 8);
    }
    for (size_t len = 0; len < record.len; len++)
        assert_int_equal(record_decode(record.data, len, 31, &out), DUP_ECORRUPT);
    /* Another article's record in the place of this one. */
    assert_int_equal(record_decode(record.data, record.len, 32, &out), DUP_ECORRUPT);
    assert_int_equal(record_decode(record.data, record.len, 31, &out), 0);
    article_done(&out);
    buf_done(&record);
}

static void seal(struct buf *record, uint32_t num)
{
    uint32_t sum = (uint32_t)XXH3_64bits_withSeed(record->data + 4, record->len - 4, num);
    memcpy(record->data, &sum, sizeof sum);
}

/* Decodes a copy that ends where its memory ends, so that a sanitizer sees one byte too many. */
static int decode_tight(const struct buf *record, uint32_t num)
{
    struct article out;
    char *tight = malloc(record->len ? record->len : 1);
    assert_non_null(tight);
    memcpy(tight, record->data, record->len);
    article_init(&out);
    int r = record_decode(tight, record->len, num, &out);
    article_done(&out);
    free(tight);
    return r;
}

static void test_deceit(void **unused)
{
    (void)unused;
    struct article in;
    struct buf record;
    char text[80];
    make(&in, 5, text, sizeof text);
    in.id = (struct str){text, 10};
    buf_init(&record, LIMIT_LINE);

    uint16_t lengths[] = {9, 11, 300, UINT16_MAX};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) { /* a string's length is wrong */
        buf_clear(&record);
        assert_int_equal(record_encode(&in, &record), 0);
        memcpy(record.data + STRINGS_AT, &lengths[i], 2);
        seal(&record, 5);
        assert_int_equal(decode_tight(&record, 5), DUP_ECORRUPT);
    }
    buf_clear(&record);
    assert_int_equal(record_encode(&in, &record), 0);
    record.data[RELATION_AT] = DUP_RELATION_COUNT; /* a relation that there is not */
    seal(&record, 5);
    assert_int_equal(decode_tight(&record, 5), DUP_ECORRUPT);
    record.data[RELATION_AT] = DUP_COPY;
    seal(&record, 5);
    assert_int_equal(decode_tight(&record, 5), 0);
    record.data[RELATION_AT + 2] = 3; /* a claim that there is not */
    seal(&record, 5);
    assert_int_equal(decode_tight(&record, 5), DUP_ECORRUPT);
    record.data[RELATION_AT + 2] = 2;
    record.data[RELATION_AT + 3] = 8; /* a place that there is not */
    seal(&record, 5);
    assert_int_equal(decode_tight(&record, 5), DUP_ECORRUPT);
    record.data[RELATION_AT + 3] = 7;
    record.data[4]++; /* a later version of the record */
    seal(&record, 5);
    assert_int_equal(decode_tight(&record, 5), DUP_ECORRUPT);
    record.data[4]--;
    buf_add_char(&record, 'x'); /* something behind its end */
    seal(&record, 5);
    assert_int_equal(decode_tight(&record, 5), DUP_ECORRUPT);
    for (int round = 0; round < 20000; round++) { /* any bytes */
        buf_clear(&record);
        assert_int_equal(record_encode(&in, &record), 0);
        for (int i = 0; i < 3; i++)
            record.data[4 + draw() % (record.len - 4)] = (char)draw();
        if (draw() % 2)
            record.len = 4 + draw() % (record.len - 4);
        seal(&record, 5);
        int r = decode_tight(&record, 5);
        assert_true(r == 0 || r == DUP_ECORRUPT);
    }
    buf_done(&record);
}

static void test_too_big(void **unused)
{
    (void)unused;
    struct article in, out;
    struct buf record;
    static char text[UINT16_MAX + 1];
    memset(text, 'x', sizeof text);
    article_init(&in);
    article_init(&out);
    buf_init(&record, LIMIT_LINE);
    in.title = (struct str){text, UINT16_MAX};
    assert_int_equal(record_encode(&in, &record), 0);
    assert_int_equal(record_decode(record.data, record.len, 0, &out), 0);
    assert_int_equal(out.title.len, UINT16_MAX);
    buf_clear(&record);
    in.title.len++;
    assert_int_equal(record_encode(&in, &record), DUP_ETOOBIG);
    buf_clear(&record);
    in.title.len = 0;
    article_done(&out);
    buf_done(&record);
    buf_init(&record, 20); /* no room */
    assert_int_equal(record_encode(&in, &record), DUP_ETOOBIG);
    buf_done(&record);
}

/* The text's side: any bytes in, the same out; damaged or deceitful frames are refused. */
static void test_pack(void **unused)
{
    (void)unused;
    struct buf text, packed, back;
    buf_init(&text, LIMIT_LINE);
    buf_init(&packed, LIMIT_LINE);
    buf_init(&back, LIMIT_LINE);
    for (size_t n = 0; n < 100000; n = n * 3 + 1) {
        buf_clear(&text);
        for (size_t i = 0; i < n; i++)
            buf_add_char(&text, (char)(draw() % 26 + 'a'));
        assert_int_equal(store_pack(text.data ? text.data : "", text.len, (struct str){0}, &packed), 0);
        assert_int_equal(text_unpack(packed.data, packed.len, (struct str){0}, &back), 0);
        assert_int_equal(back.len, text.len);
        if (n)
            assert_memory_equal(back.data, text.data, n);
        assert_int_equal(back.data[back.len], '\0');
    }
    for (size_t len = 0; len < packed.len; len += 1 + len / 8)
        assert_int_equal(text_unpack(packed.data, len, (struct str){0}, &back), DUP_ECORRUPT);
    /* Against itself it is hardly anything, and nothing that could be read without it. */
    assert_int_equal(text_unpack(packed.data, packed.len, (struct str){0}, &back), 0);
    const struct str itself = {back.data, back.len};
    struct buf again;
    buf_init(&again, LIMIT_LINE);
    assert_int_equal(store_pack(text.data, text.len, itself, &packed), 0);
    assert_true(packed.len < 100);
    assert_int_equal(text_unpack(packed.data, packed.len, (struct str){0}, &again), DUP_ECORRUPT);
    assert_int_equal(text_unpack(packed.data, packed.len, itself, &again), 0);
    assert_int_equal(again.len, text.len);
    assert_memory_equal(again.data, text.data, text.len);
    assert_int_equal(store_pack(text.data, text.len, (struct str){0}, &packed), 0); /* the next one is alone again */
    assert_int_equal(text_unpack(packed.data, packed.len, (struct str){0}, &again), 0);
    buf_done(&again);
    assert_int_equal(text_unpack("no frame at all", 15, (struct str){0}, &back), DUP_ECORRUPT);
    /* A frame that says it holds more than anyone may ask for. */
    struct buf small;
    buf_init(&small, text.len - 1);
    assert_int_equal(text_unpack(packed.data, packed.len, (struct str){0}, &small), DUP_ECORRUPT);
    buf_done(&small);
    buf_done(&text);
    buf_done(&packed);
    buf_done(&back);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_append),
        cmocka_unit_test(test_every_bit),
        cmocka_unit_test(test_deceit),
        cmocka_unit_test(test_too_big),
        cmocka_unit_test(test_pack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
