/*
 * Finds what an article says about its source. It runs for every article
 * beside the fingerprints and must cost next to nothing, so only the short
 * fields, the head and the lines of the tail are looked at, and of a long
 * line only its end. Invariant: work is bounded by the windows below however
 * long the article is, and any bytes will do.
 */
#include "core/credit_find.h"

#include <string.h>

#define HEAD_BYTES 500
#define TAIL_BYTES 1600
#define TAIL_LINES 32
#define LINE_BYTES 280     /* a line up to this is looked at whole */
#define LINE_END_BYTES 130 /* else so much of its end */
#define SIGNOFF_BYTES 600  /* unless a bracket closes it: back to where that opens */
#define FIELD_BYTES 400

static const char *const claim_words[] = { "none", "from", "agency" };
static const char *const place_words[] = {
    "none", "byline", "dateline", "start", "end", "inline", "field", "title",
};

const char *dup_claim_word(enum dup_claim claim)
{
    return claim_words[claim];
}

const char *dup_place_word(enum dup_place place)
{
    return place_words[place];
}

static void scan(struct credit_find *f, const char *text, size_t begin, size_t end)
{
    f->text = text;
    f->n = credit_scan(text, begin, end, f->t, CREDIT_TOKENS);
}

/* at moved forward to where a character begins. */
static size_t on_character(const char *text, size_t at, size_t end)
{
    while (at < end && ((unsigned char)text[at] & 0xc0) == 0x80)
        at++;
    return at;
}

/* Where the part of the line [begin, end) that is worth a look begins. */
static size_t line_part(const char *text, size_t begin, size_t end)
{
    size_t part = end - LINE_END_BYTES;

    if (text[end - 1] == ')' || (text[end - 2] == ')' && text[end - 1] == '.')) {
        size_t far = end - begin > SIGNOFF_BYTES ? end - SIGNOFF_BYTES : begin;
        const char *open = memrchr(text + far, '(', end - far);
        if (open && (size_t)(open - text) < part)
            part = (size_t)(open - text);
    }
    return on_character(text, part, end);
}

static int is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static void find_tail(struct credit_find *f, const char *body, size_t len)
{
    size_t low = len > TAIL_BYTES ? len - TAIL_BYTES : 0, end = len;

    /* The first line is the head's, unless it is all there is. */
    const char *feed = memchr(body, '\n', len);
    size_t first = feed ? (size_t)(feed - body) : 0;
    if (low < first)
        low = first;
    for (int lines = 0; end > low && lines < TAIL_LINES;) {
        while (end > low && is_space(body[end - 1]))
            end--;
        if (end <= low)
            break;
        const char *before = memrchr(body + low, '\n', end - low);
        size_t begin = before ? (size_t)(before - body) + 1 : low;
        int whole = end - begin <= LINE_BYTES && (before || low == 0 || low == first);
        size_t part = end - begin <= LINE_BYTES ? begin : line_part(body, begin, end);
        scan(f, body, on_character(body, part, end), end);
        credit_find_line(f, whole);
        end = begin;
        lines++;
    }
}

/* The agency whose site url is, or 0. */
static uint32_t agency_of_url(const struct dup_agencies *a, const char *url, size_t len)
{
    const char *host = url, *end = url + len, *slashes = memmem(url, len, "://", 3);
    if (slashes)
        host = slashes + 3;
    size_t n = 0;
    while (host + n < end && host[n] != '/' && host[n] != ':' && host[n] != '?' && host[n] != '#')
        n++;
    return agencies_of_host(a, host, n);
}

/* "agencies" says nothing more once a name is known. */
static void drop_generic(struct dup_credits *credits)
{
    size_t kept = 0, named = 0;

    for (size_t i = 0; i < credits->n; i++)
        named += credits->list[i].agency != DUP_AGENCY_GENERIC;
    if (named == 0)
        return;
    for (size_t i = 0; i < credits->n; i++)
        if (credits->list[i].agency != DUP_AGENCY_GENERIC)
            credits->list[kept++] = credits->list[i];
    credits->n = kept;
}

void dup_credits_find(const struct dup_agencies *a, const struct dup_credit_input *in,
                      struct dup_credits *ret)
{
    struct credit_token tokens[CREDIT_TOKENS];
    struct credit_find f = { .a = a, .t = tokens, .out = ret };

    ret->claim = DUP_CLAIM_NONE;
    ret->n = 0;
    if (in->url_len)
        f.host = agency_of_url(a, in->url, in->url_len);
    if (in->byline_len) {
        scan(&f, in->byline, 0, in->byline_len < FIELD_BYTES ? in->byline_len : FIELD_BYTES);
        credit_find_byline(&f);
    }
    if (in->credit_len) {
        scan(&f, in->credit, 0, in->credit_len < FIELD_BYTES ? in->credit_len : FIELD_BYTES);
        credit_find_field(&f);
    }
    if (in->body_len) {
        scan(&f, in->body, 0, in->body_len < HEAD_BYTES ? in->body_len : HEAD_BYTES);
        credit_find_head(&f);
        find_tail(&f, in->body, in->body_len);
    }
    if (in->title_len) {
        scan(&f, in->title, 0, in->title_len < FIELD_BYTES ? in->title_len : FIELD_BYTES);
        credit_find_title(&f);
    }
    drop_generic(ret);
}
