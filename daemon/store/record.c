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

/* The fixed part, in the order in which it is stored; sizes are those of the fields. */
struct part { size_t offset, size; };
#define PART(field) {offsetof(struct article, field), sizeof ((struct article *)0)->field}
static const struct part parts[] = {
    PART(cluster), PART(head), PART(posted), PART(previous), PART(version), PART(words), PART(longest), PART(linked),
    PART(relation), PART(flags), PART(claim), PART(place), PART(share_shorter), PART(share_longer), PART(jaccard),
    PART(published), PART(seen), PART(text_hash), PART(simhash), PART(outlet_key),
};
#define N_PARTS (sizeof parts / sizeof *parts)

int record_encode(const struct article *article, struct buf *out)
{
    struct str *strings[N_STRINGS];
    struct article copy = *article;
    string_list(&copy, strings);
    size_t start = out->len;
    static const unsigned char head[5] = {0, 0, 0, 0, RECORD_VERSION};
    buf_add(out, head, sizeof head);
    for (size_t i = 0; i < N_PARTS; i++)
        buf_add(out, (const char *)article + parts[i].offset, parts[i].size);
    for (int i = 0; i < N_STRINGS; i++) {
        uint16_t len = (uint16_t)strings[i]->len;
        if (strings[i]->len > UINT16_MAX)
            return DUP_ETOOBIG;
        buf_add(out, &len, sizeof len);
        buf_add(out, strings[i]->data, len);
    }
    if (out->error)
        return out->error;
    uint32_t sum = (uint32_t)XXH3_64bits_withSeed(out->data + start + 4, out->len - start - 4, article->num);
    memcpy(out->data + start, &sum, sizeof sum);
    return 0;
}

struct reader {
    const char *at, *end;
    int bad;
};

static void read_bytes(struct reader *in, void *to, size_t len)
{
    if ((size_t)(in->end - in->at) < len) {
        in->bad = 1;
        memset(to, 0, len);
        return;
    }
    memcpy(to, in->at, len);
    in->at += len;
}

int record_decode(const void *data, size_t len, uint32_t num, struct article *ret)
{
    struct reader in = {data, (const char *)data + len, 0};
    uint32_t sum;
    uint8_t version;
    read_bytes(&in, &sum, sizeof sum);
    if (in.bad || sum != (uint32_t)XXH3_64bits_withSeed(in.at, (size_t)(in.end - in.at), num))
        return DUP_ECORRUPT;
    read_bytes(&in, &version, sizeof version);
    if (in.bad || version != RECORD_VERSION)
        return DUP_ECORRUPT;
    ret->num = num;
    for (size_t i = 0; i < N_PARTS; i++)
        read_bytes(&in, (char *)ret + parts[i].offset, parts[i].size);
    if (in.bad || ret->relation >= DUP_RELATION_COUNT ||
        ret->claim > DUP_CLAIM_AGENCY || ret->place > DUP_PLACE_TITLE)
        return DUP_ECORRUPT;
    buf_clear(&ret->memory);
    int r = buf_reserve(&ret->memory, len + N_STRINGS); /* each string with its NUL */
    if (r < 0)
        return r;
    char *to = ret->memory.data;
    struct str *strings[N_STRINGS];
    string_list(ret, strings);
    for (int i = 0; i < N_STRINGS; i++) {
        uint16_t n;
        read_bytes(&in, &n, sizeof n);
        if (in.bad || (size_t)(in.end - in.at) < n)
            return DUP_ECORRUPT;
        *strings[i] = (struct str){n ? to : NULL, n};
        read_bytes(&in, to, n);
        to[n] = '\0';
        to += n + 1;
    }
    return in.bad || in.at != in.end ? DUP_ECORRUPT : 0;
}
