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
#define TAIL_LINES 24
#define RUNNING_BYTES 100  /* a line of the head longer than this is running text */
#define LAST_LINES 2       /* of the tail are always looked at; */
#define SHORT_BYTES 160    /* others up to this */
#define LINE_BYTES 280     /* a line up to this is looked at whole */
#define LINE_END_BYTES 130 /* else so much of its end */
#define SIGNOFF_BYTES 600  /* unless a bracket closes it: back to where that opens */
#define FIELD_BYTES 400
#define WORD_BYTES 40
#define PLACE_BYTES 220    /* a place and a date are no longer */
#define SHAPE_BYTES 120    /* a dateline goes on behind the agency at most so far */

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

/* Scans text[begin..end) if anything in it can be a credit, and says whether it was. */
static int scan(struct credit_find *f, const char *text, size_t len, size_t begin, size_t end)
{
    if (!credit_sieve_last(&f->a->words, text, len, begin, end, 0))
        return 0;
    f->text = text;
    f->n = credit_scan(text, begin, end, f->t, CREDIT_TOKENS);
    return 1;
}

static int scan_field(struct credit_find *f, const char *text, size_t len)
{
    return len && scan(f, text, len, 0, len < FIELD_BYTES ? len : FIELD_BYTES);
}

/* to moved back so that no word of text[0..len) is cut in two, if one ends soon before it. */
static size_t between_words(const char *text, size_t to, size_t len)
{
    const char *space = to < len && to > WORD_BYTES ? memrchr(text + to - WORD_BYTES, ' ', WORD_BYTES) : NULL;
    return space ? (size_t)(space - text) : to;
}

/* How much of a line of the head, text[at..stop), can belong to a dateline: its beginning; all of it
 * if a bracket or slash follows further on, or for scripts that have brackets of their own. */
static size_t head_part(const char *text, size_t at, size_t stop)
{
    size_t rest = at + PLACE_BYTES;

    if (stop <= rest || (unsigned char)text[at] > 0xe0 || memchr(text + rest, '(', stop - rest) ||
        memchr(text + rest, '[', stop - rest) || memchr(text + rest, '/', stop - rest))
        return stop;
    return rest;
}

/* Whether the line text[at..stop), which may go on behind stop, is longer than a line by itself would be. */
static int is_running(const char *text, size_t at, size_t stop, size_t len)
{
    size_t far = at + RUNNING_BYTES;

    return stop > far || (stop < len && far < len && !memchr(text + stop, '\n', far + 1 - stop));
}

/* The lines of the head that can hold a credit, each as far as its shape may need. */
static void find_head(struct credit_find *f, const char *body, size_t len)
{
    size_t end = len < HEAD_BYTES ? len : between_words(body, HEAD_BYTES, len);

    f->text = body;
    f->n = 0;
    for (size_t at = 0, stop; at < end; at = stop + 1) {
        const char *feed = memchr(body + at, '\n', end - at);
        stop = feed ? (size_t)(feed - body) : end;
        size_t part = head_part(body, at, stop);
        size_t last = credit_sieve_last(&f->a->words, body, len, at, part, is_running(body, at, stop, len));
        if (last && part > last + SHAPE_BYTES)
            part = last + SHAPE_BYTES;
        if (last)
            f->n += credit_scan(body, at, between_words(body, part, stop), f->t + f->n, CREDIT_TOKENS - f->n);
        if (last && part == stop && feed && f->n < CREDIT_TOKENS) /* where the line ends, whether or not the next is scanned */
            f->t[f->n++] = (struct credit_token){ 0, (uint32_t)stop, (uint32_t)stop, CREDIT_MARK, CREDIT_LINE, '?' };
    }
    if (f->n)
        credit_find_head(f);
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

/*
 * Whether a line of the tail is worth a look: one of the last, a short one, or one in brackets or
 * with a mark before it. A long paragraph further up is running text.
 */
static int is_worth(const char *text, size_t begin, size_t end, int behind)
{
    unsigned char first = (unsigned char)text[begin], last = (unsigned char)text[end - 1];
    int marked = last == ')' || last == ']' || first == '(' || first == '[' || first == '*' || first == '-';

    return behind < LAST_LINES || marked || end - begin <= SHORT_BYTES;
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
        if (!is_worth(body, begin, end, lines)) {
            end = begin;
            lines++;
            continue;
        }
        int whole = end - begin <= LINE_BYTES && (before || low == 0 || low == first);
        size_t part = end - begin <= LINE_BYTES ? begin : line_part(body, begin, end);
        if (scan(f, body, len, on_character(body, part, end), end))
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
    if (scan_field(&f, in->byline, in->byline_len))
        credit_find_byline(&f);
    if (scan_field(&f, in->credit, in->credit_len))
        credit_find_field(&f);
    if (in->body_len) {
        find_head(&f, in->body, in->body_len);
        find_tail(&f, in->body, in->body_len);
    }
    if (scan_field(&f, in->title, in->title_len))
        credit_find_title(&f);
    drop_generic(ret);
}
