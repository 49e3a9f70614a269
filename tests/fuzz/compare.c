/*
 * Two texts compared and judged. The first byte 0xff parts them; before a byte 0xfe stands a title.
 * What holds: passages lie within both, do not overlap, and are equal word for word; shares are
 * shares; the comparison the other way round has the same lengths.
 */
#include "dup/compare.h"
#include "dup/error.h"
#include "fuzz.h"

#define TOKENS 40000

struct side {
    uint32_t hash[TOKENS], begin[TOKENS], end[TOKENS];
    uint8_t flags[TOKENS];
    struct dup_tokens body, title;
    uint32_t title_hash[64], title_begin[64], title_end[64];
    uint8_t title_flags[64];
    struct dup_side side;
};

static struct side left, right;
static struct dup_comparison there, back;

static int read_side(struct side *s, const char *data, size_t size, uint64_t outlet)
{
    static struct dup_secret secret;
    const char *mark = memchr(data, 0xfe, size);
    size_t title = mark ? (size_t)(mark - data) : 0, from = mark ? title + 1 : 0;
    dup_secret_default(&secret);
    s->body = (struct dup_tokens){s->hash, s->begin, s->end, s->flags, 0, TOKENS};
    s->title = (struct dup_tokens){s->title_hash, s->title_begin, s->title_end, s->title_flags, 0, 64};
    if (dup_tokenize(&secret, data + from, size - from, &s->body, NULL) < 0)
        return 0;
    if (dup_tokenize(&secret, data, title, &s->title, NULL) < 0)
        return 0;
    s->side = (struct dup_side){.body = &s->body, .title = &s->title, .title_text = data, .title_len = title,
                                .outlet = outlet, .published = outlet ? (int64_t)outlet * 3600000 : DUP_TIME_NONE};
    return 1;
}

static void check_share(double share)
{
    CHECK(share >= 0 && share <= 1);
}

static void check_spans(const struct dup_comparison *c)
{
    for (size_t i = 0; i < c->n_spans; i++) {
        const struct dup_span *span = &c->spans[i];
        CHECK(span->n > 0 && (size_t)span->a + span->n <= left.body.n && (size_t)span->b + span->n <= right.body.n);
        CHECK(i == 0 || span->a >= c->spans[i - 1].a + c->spans[i - 1].n);
        for (uint32_t k = 0; k < span->n; k++)
            CHECK(left.hash[span->a + k] == right.hash[span->b + k]);
    }
    check_share(c->share_a);
    check_share(c->share_b);
    check_share(c->share_shorter);
    check_share(c->share_longer);
    check_share(c->jaccard);
    CHECK(c->common_a <= c->words_a && c->common_b <= c->words_b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct dup_comparer *comparer;
    struct dup_decision decision;
    if (!comparer) {
        CHECK(dup_text_setup() == 0);
        comparer = dup_comparer_new();
        CHECK(comparer);
    }
    const uint8_t *mark = memchr(data, 0xff, size);
    if (!mark || size > 100000)
        return 0;
    size_t first = (size_t)(mark - data);
    if (!read_side(&left, (const char *)data, first, first % 3) ||
        !read_side(&right, (const char *)mark + 1, size - first - 1, size % 4))
        return 0;
    CHECK(dup_compare(comparer, &left.body, &right.body, &there) == 0);
    check_spans(&there);
    CHECK(dup_relate(comparer, &left.side, &right.side, &there, &decision) == 0);
    CHECK(decision.relation < DUP_RELATION_COUNT && strlen(decision.why) < sizeof decision.why);
    check_share(decision.share_shorter);
    check_share(decision.share_longer);
    CHECK(dup_compare(comparer, &right.body, &left.body, &back) == 0);
    CHECK(back.words_a == there.words_b && back.words_b == there.words_a && back.longest == there.longest);
    CHECK(back.jaccard == there.jaccard);
    return 0;
}
