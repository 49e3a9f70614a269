/*
 * Tokeniser and fingerprints over any bytes. What holds: text that is no UTF-8 is refused where
 * dup_utf8_check says; tokens ascend within the text and are the same whatever stands around it
 * in memory and however long; escaped text holds nothing that a terminal would act on.
 */
#include "base/escape.h"
#include "dup/error.h"
#include "dup/fingerprint.h"
#include "fuzz.h"

struct room {
    uint32_t *hash, *begin, *end;
    uint8_t *flags;
    struct dup_tokens tokens;
};

static void room_init(struct room *room, size_t len)
{
    size_t n = dup_tokens_max(len) + 1;
    room->hash = calloc(n, sizeof *room->hash);
    room->begin = calloc(n, sizeof *room->begin);
    room->end = calloc(n, sizeof *room->end);
    room->flags = calloc(n, 1);
    CHECK(room->hash && room->begin && room->end && room->flags);
    room->tokens = (struct dup_tokens){room->hash, room->begin, room->end, room->flags, 0, dup_tokens_max(len)};
}

static void room_done(struct room *room)
{
    free(room->hash);
    free(room->begin);
    free(room->end);
    free(room->flags);
}

static void check_tokens(const struct dup_tokens *tokens, size_t size)
{
    for (size_t i = 0; i < tokens->n; i++) {
        CHECK(tokens->begin[i] < tokens->end[i]);
        CHECK(tokens->end[i] <= size);
        CHECK(i == 0 || tokens->begin[i] >= tokens->end[i - 1]);
    }
}

static void check_fingerprints(const struct dup_secret *secret, const struct dup_tokens *tokens)
{
    size_t n = tokens->n + 1;
    uint64_t *shingles = malloc(n * sizeof *shingles), *values = malloc(n * sizeof *values);
    uint32_t *positions = malloc(n * sizeof *positions), lanes[DUP_LANES];
    CHECK(shingles && values && positions);
    size_t count = dup_shingles(secret, tokens, shingles);
    CHECK(count <= tokens->n);
    size_t kept = dup_winnow(shingles, count, values, positions);
    CHECK(kept <= count);
    for (size_t i = 0; i < kept; i++)
        CHECK(positions[i] < count && values[i] == shingles[positions[i]]);
    dup_minhash(shingles, count, lanes);
    dup_simhash(shingles, count);
    dup_text_hash(secret, tokens);
    free(shingles);
    free(values);
    free(positions);
}

/* The same text behind a blank line: the same tokens, one byte later. */
static void check_shifted(const struct dup_secret *secret, const uint8_t *data, size_t size, const struct dup_tokens *tokens)
{
    struct room room;
    char *text = malloc(size + 2);
    CHECK(text);
    text[0] = '\n';
    memcpy(text + 1, data, size);
    room_init(&room, size + 1);
    CHECK(dup_tokenize(secret, text, size + 1, &room.tokens, NULL) == 0);
    CHECK(room.tokens.n == tokens->n);
    for (size_t i = 0; i < tokens->n; i++)
        CHECK(room.hash[i] == tokens->hash[i] && room.begin[i] == tokens->begin[i] + 1 &&
              room.end[i] == tokens->end[i] + 1);
    room_done(&room);
    free(text);
}

static void check_escape(const uint8_t *data, size_t size)
{
    struct buf out;
    char line[64];
    buf_init(&out, 16u << 20);
    CHECK(escape_add(&out, (const char *)data, size) == 0);
    escape_line(line, sizeof line, (const char *)data, size);
    size_t offset, len = strlen(line);
    CHECK(len < sizeof line && dup_utf8_check(line, len, &offset) == 0);
    CHECK(dup_utf8_check(out.data ? out.data : "", out.len, &offset) == 0);
    for (size_t i = 0; i < out.len; i++) {
        unsigned char c = (unsigned char)out.data[i], next = i + 1 < out.len ? (unsigned char)out.data[i + 1] : 0;
        CHECK(c >= 0x20 && c != 0x7f && !(c == 0xc2 && next < 0xa0));
    }
    buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct dup_secret secret;
    static int ready;
    size_t offset = 0, check_offset = 0;
    struct room room;
    if (!ready) {
        CHECK(dup_text_setup() == 0);
        dup_secret_default(&secret);
        ready = 1;
    }
    room_init(&room, size);
    int valid = dup_utf8_check((const char *)data, size, &check_offset);
    int r = dup_tokenize(&secret, (const char *)data, size, &room.tokens, &offset);
    CHECK(r == 0 || r == DUP_EUTF8);
    CHECK((r == 0) == (valid == 0));
    if (r == 0) {
        check_tokens(&room.tokens, size);
        check_fingerprints(&secret, &room.tokens);
        check_shifted(&secret, data, size, &room.tokens);
    } else {
        CHECK(offset < size && offset == check_offset);
    }
    room_done(&room);
    check_escape(data, size);
    return 0;
}
