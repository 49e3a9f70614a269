/*
 * A stored record: four bytes of number, then the record. What holds: one with a wrong sum is
 * corrupt; one with a right sum, whatever else is in it, is refused or decoded within its bytes, and
 * what was decoded can be encoded and is the same again.
 */
#include <xxhash.h>

#include "dup/error.h"
#include "fuzz.h"
#include "store/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct article article, again;
    struct buf out;
    uint32_t num, sum;
    if (size < 8)
        return 0;
    memcpy(&num, data, 4);
    size -= 4;
    uint8_t *record = malloc(size);
    CHECK(record);
    memcpy(record, data + 4, size);
    article_init(&article);
    article_init(&again);
    buf_init(&out, 1u << 20);
    record[0] ^= 1;
    record_decode(record, size, num, &article);
    article_done(&article);
    article_init(&article);
    sum = (uint32_t)XXH3_64bits_withSeed(record + 4, size - 4, num);
    memcpy(record, &sum, sizeof sum);
    if (record_decode(record, size, num, &article) == 0) {
        CHECK(record_encode(&article, &out) == 0);
        CHECK(out.len == size && memcmp(out.data, record, size) == 0);
        CHECK(record_decode(out.data, out.len, num, &again) == 0);
        CHECK(again.id.len == article.id.len && again.words == article.words);
        CHECK(record_decode(out.data, out.len, num + 1, &again) == DUP_ECORRUPT);
        CHECK(record_decode(out.data, out.len - 1, num, &again) == DUP_ECORRUPT);
    }
    article_done(&article);
    article_done(&again);
    buf_done(&out);
    free(record);
    return 0;
}
