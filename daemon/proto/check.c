/*
 * The strict check of a request line. json-c would let pass what makes two readers of one line
 * disagree: duplicate keys, lone surrogates, NULs, bad UTF-8, trailing text. So one pass of our own comes
 * first and says where the first fault is. Invariant: a line that passes means the same to every
 * conforming reader, and no line, however made, costs more than n log n.
 */
#include "proto/check.h"

#include <stdlib.h>

#include "base/limits.h"
#include "dup/error.h"
#include "proto/scan.h"

struct check_key {
    uint64_t hash;
    size_t text;      /* offset in the line, or in check->unescaped */
    uint32_t len;
    uint32_t escaped; /* text is in check->unescaped */
    size_t at;        /* offset of the key's quote in the line */
};

enum state {
    WANT_VALUE,       /* after a colon, or after a comma in an array */
    WANT_FIRST_VALUE, /* after '[': a value or ']' */
    WANT_KEY,         /* after a comma in an object */
    WANT_FIRST_KEY,   /* after '{': a key or '}' */
    WANT_COLON,
    WANT_NEXT         /* after a value: a comma or the closing bracket */
};

struct walk {
    struct check *check;
    const char *line;
    size_t len, at;
    enum state state;
    size_t depth;
    struct {
        char bracket;     /* '{' or '[' */
        size_t first_key; /* of an object, in check->keys */
        size_t unescaped; /* length of check->unescaped when it was opened */
    } level[LIMIT_DEPTH];
    size_t field, field_len; /* the last key of the outermost object, for error messages */
    struct json_error *err;
};

void check_init(struct check *check)
{
    *check = (struct check){0};
    buf_init(&check->unescaped, SIZE_MAX / 2);
}

void check_done(struct check *check)
{
    free(check->keys);
    buf_done(&check->unescaped);
    check_init(check);
}

/* ---- keys ------------------------------------------------------------------ */

/* Any function will do: keys of equal hash are compared, and sorting bounds the cost of collisions. */
static uint64_t key_hash(const char *s, size_t len)
{
    const uint64_t odd = 0x9e3779b97f4a7c15u;
    uint64_t h = len * odd, v;
    for (; len >= 8; s += 8, len -= 8) {
        memcpy(&v, s, 8);
        h = (h ^ v) * odd;
        h ^= h >> 29;
    }
    for (; len; len--)
        h = (h ^ (unsigned char)*s++) * odd;
    return h ^ h >> 32;
}

static const char *key_text(const struct walk *w, const struct check_key *key)
{
    return (key->escaped ? w->check->unescaped.data : w->line) + key->text;
}

static int fail(struct walk *w, int code, size_t at, const char *message)
{
    return json_error_set(w->err, code, "", at, "%s", message);
}

/* The key that starts at w->at is noted for the object that is open. */
static int key_read(struct walk *w)
{
    struct check *check = w->check;
    size_t end;
    int escapes;
    int r = scan_string(w->line, w->len, w->at, &end, &escapes, w->err);
    if (r < 0)
        return r;
    if (check->n == check->cap) {
        size_t cap = check->cap ? check->cap * 2 : 64;
        struct check_key *keys = realloc(check->keys, cap * sizeof *keys);
        if (!keys)
            return fail(w, DUP_ENOMEM, w->at, "out of memory");
        check->keys = keys;
        check->cap = cap;
    }
    struct check_key *key = &check->keys[check->n++];
    *key = (struct check_key){.text = w->at + 1, .len = (uint32_t)(end - w->at - 2), .at = w->at};
    if (escapes) {
        size_t text = check->unescaped.len;
        if (scan_unescape(&check->unescaped, w->line + w->at + 1, end - w->at - 2) < 0)
            return fail(w, DUP_ENOMEM, w->at, "out of memory");
        key->text = text;
        key->len = (uint32_t)(check->unescaped.len - text);
        key->escaped = 1;
    }
    key->hash = key_hash(key_text(w, key), key->len);
    if (w->depth == 1) {
        w->field = w->at + 1;
        w->field_len = end - w->at - 2;
    }
    w->at = end;
    w->state = WANT_COLON;
    return 0;
}

static int key_compare(const struct walk *w, const struct check_key *a, const struct check_key *b)
{
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    if (a->len != b->len)
        return a->len < b->len ? -1 : 1;
    return memcmp(key_text(w, a), key_text(w, b), a->len);
}

static int key_order(const void *a, const void *b, void *arg)
{
    const struct check_key *x = a, *y = b;
    int order = key_compare(arg, x, y);
    return order ? order : x->at < y->at ? -1 : 1;
}

/* Looks for equal keys in the object that is being closed. Few keys are compared each with each, many are sorted. */
static int keys_check(struct walk *w, struct check_key *keys, size_t n)
{
    struct check_key *first = NULL;
    if (n <= 16) {
        for (size_t i = 1; i < n && !first; i++) {
            for (size_t j = 0; j < i && !first; j++)
                if (key_compare(w, &keys[i], &keys[j]) == 0)
                    first = &keys[i];
        }
    } else {
        qsort_r(keys, n, sizeof *keys, key_order, w);
        for (size_t i = 1; i < n; i++) {
            if (key_compare(w, &keys[i - 1], &keys[i]) == 0 && (!first || keys[i].at < first->at))
                first = &keys[i];
        }
    }
    if (!first)
        return 0;
    json_error_set(w->err, DUP_EJSON, "", first->at, "a key that stands twice in one object");
    json_error_field(w->err, key_text(w, first), first->len);
    return DUP_EJSON;
}

/* ---- structure --------------------------------------------------------------- */

static void skip_space(struct walk *w)
{
    while (w->at < w->len) {
        char c = w->line[w->at];
        if (c != ' ' && c != '\t' && c != '\n' && c != '\r')
            return;
        w->at++;
    }
}

/* A byte that stands where it may not. */
static int unexpected(struct walk *w, size_t at, const char *wanted)
{
    if (at >= w->len)
        return json_error_set(w->err, DUP_EJSON, "", w->len, "the line ends where %s should follow", wanted);
    unsigned char c = (unsigned char)w->line[at];
    if (scan_utf8((const unsigned char *)w->line + at, w->len - at) == 0)
        return json_error_set(w->err, DUP_EUTF8, "", at, "byte 0x%02x is not UTF-8 here", c);
    if (c > 0x20 && c < 0x7f)
        return json_error_set(w->err, DUP_EJSON, "", at, "'%c' stands where %s should", c, wanted);
    return json_error_set(w->err, DUP_EJSON, "", at, "byte 0x%02x stands where %s should", c, wanted);
}

static int open_bracket(struct walk *w)
{
    if (w->depth == LIMIT_DEPTH)
        return json_error_set(w->err, DUP_ETOOBIG, "", w->at, "nested deeper than %d", LIMIT_DEPTH);
    char bracket = w->line[w->at++];
    w->level[w->depth].bracket = bracket;
    w->level[w->depth].first_key = w->check->n;
    w->level[w->depth].unescaped = w->check->unescaped.len;
    w->depth++;
    w->state = bracket == '{' ? WANT_FIRST_KEY : WANT_FIRST_VALUE;
    return 0;
}

static int close_bracket(struct walk *w)
{
    struct check *check = w->check;
    size_t first = w->level[w->depth - 1].first_key;
    if (check->n > first) {
        int r = keys_check(w, check->keys + first, check->n - first);
        if (r < 0)
            return r;
    }
    check->n = first;
    check->unescaped.len = w->level[w->depth - 1].unescaped;
    w->depth--;
    w->at++;
    w->state = WANT_NEXT;
    return 0;
}

static int read_value(struct walk *w)
{
    const char *word, *s = w->line + w->at;
    size_t end = 0;
    int escapes;
    w->check->values += *s == '{' || *s == '[' ? LIMIT_CONTAINER : 1;
    if (w->check->values > LIMIT_LINE_VALUES)
        return json_error_set(w->err, DUP_ETOOBIG, "", w->at, "more than %u values in one line", LIMIT_LINE_VALUES);
    switch (*s) {
    case '{':
    case '[':
        return open_bracket(w);
    case '"': {
        int r = scan_string(w->line, w->len, w->at, &end, &escapes, w->err);
        if (r < 0)
            return r;
        break;
    }
    case 't': word = "true"; goto literal;
    case 'f': word = "false"; goto literal;
    case 'n': word = "null";
    literal:
        for (end = w->at; *word; word++, end++)
            if (end >= w->len || w->line[end] != *word)
                return unexpected(w, end, "true, false or null");
        break;
    default: {
        size_t stop;
        if (*s != '-' && (*s < '0' || *s > '9'))
            return unexpected(w, w->at, "a value");
        end = scan_number(w->line, w->len, w->at, &stop);
        if (end == 0)
            return unexpected(w, stop, "another form of number");
    }
    }
    w->at = end;
    w->state = WANT_NEXT;
    return 0;
}

/* Takes what stands at w->at (not white space). */
static int step(struct walk *w)
{
    char c = w->line[w->at];
    int in_object = w->level[w->depth - 1].bracket == '{';
    switch (w->state) {
    case WANT_FIRST_KEY:
        if (c == '}')
            return close_bracket(w);
        /* fall through */
    case WANT_KEY:
        return c == '"' ? key_read(w) : unexpected(w, w->at, "a key");
    case WANT_COLON:
        if (c != ':')
            return unexpected(w, w->at, "a colon");
        w->at++;
        w->state = WANT_VALUE;
        return 0;
    case WANT_FIRST_VALUE:
        if (c == ']')
            return close_bracket(w);
        /* fall through */
    case WANT_VALUE:
        return read_value(w);
    case WANT_NEXT:
        if (c == (in_object ? '}' : ']'))
            return close_bracket(w);
        if (c != ',')
            return unexpected(w, w->at, in_object ? "a comma or '}'" : "a comma or ']'");
        w->at++;
        w->state = in_object ? WANT_KEY : WANT_VALUE;
        return 0;
    }
    return 0;
}

static const char *wanted(const struct walk *w)
{
    switch (w->state) {
    case WANT_KEY: return "a key";
    case WANT_FIRST_KEY: return "a key or '}'";
    case WANT_COLON: return "a colon";
    case WANT_NEXT: return w->level[w->depth - 1].bracket == '{' ? "a comma or '}'" : "a comma or ']'";
    default: return "a value";
    }
}

static int walk(struct walk *w, size_t *ret_begin, size_t *ret_end)
{
    skip_space(w);
    if (w->at == w->len)
        return fail(w, DUP_EJSON, w->at, "the line is empty");
    if (w->len - w->at >= 3 && memcmp(w->line + w->at, "\xef\xbb\xbf", 3) == 0)
        return fail(w, DUP_EJSON, w->at, "a byte order mark before the object");
    if (w->line[w->at] != '{')
        return unexpected(w, w->at, "the '{' of an object");
    *ret_begin = w->at;
    int r = open_bracket(w);
    while (r == 0 && w->depth) {
        skip_space(w);
        r = w->at < w->len ? step(w) : unexpected(w, w->at, wanted(w));
    }
    if (r < 0)
        return r;
    *ret_end = w->at;
    skip_space(w);
    return w->at < w->len ? unexpected(w, w->at, "the end of the line") : 0;
}

int check_line(struct check *check, const char *line, size_t len, size_t *ret_begin,
               size_t *ret_end, struct json_error *err)
{
    struct walk w = {.check = check, .line = line, .len = len, .err = err};
    check->n = check->values = 0;
    buf_clear(&check->unescaped);
    int r = walk(&w, ret_begin, ret_end);
    int in_field = w.depth > 1 || (w.depth == 1 && (w.state == WANT_VALUE || w.state == WANT_COLON));
    if (r < 0 && in_field && !err->field[0])
        json_error_field(err, line + w.field, w.field_len);
    return r;
}
