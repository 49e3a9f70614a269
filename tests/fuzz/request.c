/*
 * A request line, as a worker takes it: parsed, its article read and prepared. What holds: the
 * result is there or an error says why, within the line; any text can be answered as JSON that
 * parses again and says the same; the host of any URL and any time are taken or refused.
 */
#include "dup/error.h"
#include "engine/prepare.h"
#include "fuzz.h"

static void check_writer(struct json_parser *parser, const uint8_t *data, size_t size)
{
    struct buf out;
    struct json_object *object, *value;
    struct json_error err = {0};
    buf_init(&out, 1u << 20);
    json_open(&out, '{');
    json_key_string(&out, "text", (const char *)data, size);
    json_close(&out, '}');
    CHECK(out.error == 0);
    if (size && json_parse_line(parser, out.data, out.len, &object, &err) == 0) {
        CHECK(json_object_object_get_ex(object, "text", &value));
        size_t offset;
        if (dup_utf8_check((const char *)data, size, &offset) == 0 && !memchr(data, 0, size)) {
            CHECK((size_t)json_object_get_string_len(value) == size);
            CHECK(memcmp(json_object_get_string(value), data, size) == 0);
        }
        json_object_put(object);
    } else if (size) {
        CHECK(memchr(data, 0, size)); /* only a NUL is written and not read again */
    }
    buf_done(&out);
}

static void check_article(struct json_object *object, size_t size)
{
    static struct preparer *preparer;
    static struct dup_secret secret;
    struct prepare_options options = {.secret = &secret, .agencies = fuzz_agencies(), .body_max = 1u << 20};
    struct prepared prepared;
    struct json_error err = {.offset = JSON_NOWHERE};
    if (!preparer) {
        CHECK(dup_text_setup() == 0);
        dup_secret_default(&secret);
        preparer = preparer_new();
        CHECK(preparer);
    }
    int r = prepare_article(preparer, &options, object, &prepared, &err);
    if (r < 0) {
        CHECK(err.code == r);
        CHECK(err.message[0]);
        CHECK(err.offset == JSON_NOWHERE || err.offset <= size);
        return;
    }
    CHECK(prepared.in.id.len > 0 && prepared.in.id.len <= LIMIT_ID);
    CHECK(prepared.in.title.len <= LIMIT_TITLE && prepared.in.url.len <= LIMIT_URL);
    CHECK(prepared.body.n > 0 && prepared.n_values <= LIMIT_VALUES);
    CHECK(strlen(prepared.agencies) < sizeof prepared.agencies);
    for (uint32_t i = 0; i < prepared.n_values; i++)
        CHECK(prepared.positions[i] < prepared.body.n);
    prepared_done(&prepared);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct json_parser *parser;
    struct json_object *object = NULL;
    struct json_error err = {.offset = JSON_NOWHERE};
    const char *raw, *line = (const char *)data;
    size_t len;
    if (!parser)
        parser = json_parser_new();
    CHECK(parser);
    char *terminated = malloc(size + 1);
    CHECK(terminated);
    memcpy(terminated, data, size);
    terminated[size] = '\0';
    line = terminated;
    int r = json_parse_line(parser, line, size, &object, &err);
    if (r == 0) {
        CHECK(json_object_is_type(object, json_type_object));
        check_article(object, size);
        json_object_put(object);
    } else {
        CHECK(err.code == r && err.message[0]);
        CHECK(err.offset == JSON_NOWHERE || err.offset <= size);
        if (json_scan_id(line, size, &raw, &len))
            CHECK(raw >= line && raw + len <= line + size && len > 0);
    }
    check_writer(parser, data, size);
    char host[256], shown[40];
    int64_t ms;
    if (url_host(line, size, host, sizeof host) == 0)
        CHECK(strlen(host) < sizeof host);
    if (time_parse(line, size, &ms) == 0)
        time_format(ms, shown, sizeof shown);
    free(terminated);
    return 0;
}
