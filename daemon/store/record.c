/*
 * Article records as bytes. Little-endian, fixed part first, then strings.
 * Invariant: a record that decodes has passed its checksum and
 * every length in it lies within its bytes.
 */
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "store/internal.h"

#define RECORD_VERSION 1
#define DAY_MS INT64_C(86400000)
#define N_STRINGS 12

void article_init(struct article *article)
{
    memset(article, 0, sizeof *article);
    buf_init(&article->memory, LIMIT_LINE);
}

void article_done(struct article *article)
{
    buf_done(&article->memory);
}

int64_t article_time(int64_t published, int64_t seen)
{
    return published == DUP_TIME_NONE || published > seen + DAY_MS ? seen : published;
}

static void string_list(struct article *a, struct str **list)
{
    struct str *all[N_STRINGS] = {&a->id, &a->outlet, &a->url, &a->title, &a->byline,
                                  &a->credit, &a->language, &a->evolved, &a->agencies,
                                  &a->own, &a->printed, &a->links};
    memcpy(list, all, sizeof all);
}

/* The fixed part, in the order in which it is stored. */
#define FIXED(X) \
    X(cluster) X(head) X(posted) X(previous) X(version) X(words) X(longest) X(linked) X(relation) X(flags) X(claim) X(place) \
    X(share_shorter) X(share_longer) X(jaccard) X(published) X(seen) X(text_hash) X(simhash) X(outlet_key)
#define SIZE_OF(field) + sizeof ((struct article *)0)->field
#define SUM_SIZE 4
#define FIXED_SIZE (SUM_SIZE + 1 FIXED(SIZE_OF)) /* with checksum and version */

int record_encode(const struct article *article, struct buf *out)
{
    struct str *strings[N_STRINGS];
    struct article copy = *article;
    string_list(&copy, strings);
    size_t size = FIXED_SIZE;
    for (int i = 0; i < N_STRINGS; i++) {
        if (strings[i]->len > UINT16_MAX)
            return DUP_ETOOBIG;
        size += sizeof(uint16_t) + strings[i]->len;
    }
    int r = buf_reserve(out, size);
    if (r < 0)
        return r;
    char *record = out->data + out->len, *at = record + SUM_SIZE;
    *at++ = RECORD_VERSION;
#define PUT(field) memcpy(at, &article->field, sizeof article->field); at += sizeof article->field;
    FIXED(PUT)
#undef PUT
    for (int i = 0; i < N_STRINGS; i++) {
        uint16_t len = (uint16_t)strings[i]->len;
        memcpy(at, &len, sizeof len);
        at += sizeof len;
        if (len)
            memcpy(at, strings[i]->data, len);
        at += len;
    }
    uint32_t sum = (uint32_t)XXH3_64bits_withSeed(record + SUM_SIZE, size - SUM_SIZE, article->num);
    memcpy(record, &sum, sizeof sum);
    record[size] = '\0';
    out->len += size;
    return 0;
}

/* Copies the strings, of which len bytes with their lengths stand at from, into the article's own memory, each with a NUL. */
static int read_strings(const char *from, size_t len, struct article *ret)
{
    struct str *strings[N_STRINGS];
    buf_clear(&ret->memory);
    int r = buf_reserve(&ret->memory, len);
    if (r < 0)
        return r;
    char *at = ret->memory.data, *end = at + len;
    memcpy(at, from, len);
    string_list(ret, strings);
    for (int i = 0; i < N_STRINGS; i++) {
        uint16_t n;
        if ((size_t)(end - at) < sizeof n)
            return DUP_ECORRUPT;
        memcpy(&n, at, sizeof n);
        *at = '\0'; /* of the string before, now that the length of this one is read */
        at += sizeof n;
        if ((size_t)(end - at) < n)
            return DUP_ECORRUPT;
        *strings[i] = (struct str){n ? at : NULL, n};
        at += n;
    }
    *end = '\0';
    return at == end ? 0 : DUP_ECORRUPT;
}

int record_decode(const void *data, size_t len, uint32_t num, struct article *ret)
{
    const char *at = data;
    uint32_t sum;
    if (len < FIXED_SIZE)
        return DUP_ECORRUPT;
    memcpy(&sum, at, sizeof sum);
    at += SUM_SIZE;
    if (sum != (uint32_t)XXH3_64bits_withSeed(at, len - SUM_SIZE, num) || *at++ != RECORD_VERSION)
        return DUP_ECORRUPT;
    ret->num = num;
#define TAKE(field) memcpy(&ret->field, at, sizeof ret->field); at += sizeof ret->field;
    FIXED(TAKE)
#undef TAKE
    if (ret->relation >= DUP_RELATION_COUNT || ret->claim > DUP_CLAIM_AGENCY || ret->place > DUP_PLACE_TITLE)
        return DUP_ECORRUPT;
    return read_strings(at, len - FIXED_SIZE, ret);
}
