/*
 * From a JSON object to an article. Every extractor has its own names for the same things, so the names
 * are a table: one row a name, in order of preference within a field; nothing below the table knows any
 * of them. Invariant: a field is absent or wholly within its limit, and the first row that is present
 * decides, also when what it holds is refused.
 */
#include "proto/article.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/limits.h"
#include "dup/error.h"

enum which { ID, URL, OUTLET, TITLE, BODY, BYLINE, CREDIT, PUBLISHED, LANGUAGE, EVOLVED };

enum {
    LOOSE = 1,     /* a value of another type is passed over instead of refused */
    ONLY_URL = 2,  /* present only when it is a URL */
    NO_URL = 4,    /* present only when it is none */
    PLAIN = 8,     /* of elements that name a content type, only plain text */
};

/* Paths have one or two names; "[]" after the first: an array of them is taken too. */
static const struct row {
    enum which which;
    unsigned flags;
    const char *path;
} rows[] = {
    {ID, 0, "uri"}, {ID, LOOSE, "guid"}, {ID, 0, "id"}, {ID, 0, "uuid"},

    {URL, 0, "url"}, {URL, 0, "link"}, {URL, 0, "canonical_url"}, {URL, LOOSE | ONLY_URL, "source"},

    {OUTLET, 0, "outlet"}, {OUTLET, 0, "source_domain"}, {OUTLET, 0, "canonical_domain"},
    {OUTLET, 0, "hostname"}, {OUTLET, 0, "domain"}, {OUTLET, 0, "source.uri"}, {OUTLET, 0, "source.name"},
    {OUTLET, 0, "siteName"}, {OUTLET, 0, "publisher.name"}, {OUTLET, LOOSE, "publisher"},

    {TITLE, 0, "title"}, {TITLE, 0, "headline"}, {TITLE, 0, "article_title"},
    {TITLE, 0, "headlines[].value"}, {TITLE, 0, "title.rendered"},

    {BODY, 0, "body"}, {BODY, 0, "maintext"}, {BODY, 0, "text_content"}, {BODY, 0, "plaintext"},
    {BODY, 0, "articleBody"}, {BODY, 0, "textContent"}, {BODY, 0, "cleaned_text"}, {BODY, 0, "body_text"},
    {BODY, 0, "text"}, {BODY, LOOSE, "content"}, {BODY, PLAIN, "bodies[].value"}, {BODY, 0, "bodies[].value"},

    {BYLINE, 0, "byline"}, {BYLINE, 0, "by"}, {BYLINE, 0, "authors[]"}, {BYLINE, 0, "authors[].name"},
    {BYLINE, LOOSE, "author[]"}, {BYLINE, 0, "author[].name"}, {BYLINE, LOOSE, "creator[]"},

    {CREDIT, 0, "infosource[].name"}, {CREDIT, 0, "infosources[].name"}, {CREDIT, 0, "infoSources[].name"},
    {CREDIT, 0, "creditline"}, {CREDIT, 0, "creditText"}, {CREDIT, LOOSE, "provider"},
    {CREDIT, LOOSE | NO_URL, "source"}, {CREDIT, LOOSE, "copyrightholder"},

    {PUBLISHED, 0, "firstpublished"}, {PUBLISHED, 0, "firstcreated"}, {PUBLISHED, 0, "datePublished"},
    {PUBLISHED, 0, "date_publish"}, {PUBLISHED, 0, "publish_date"}, {PUBLISHED, 0, "publication_date"},
    {PUBLISHED, 0, "publishedAt"}, {PUBLISHED, 0, "published_at"}, {PUBLISHED, 0, "published"},
    {PUBLISHED, 0, "dateTimePub"}, {PUBLISHED, 0, "date"}, {PUBLISHED, 0, "pubDate"}, {PUBLISHED, 0, "versioncreated"},

    {LANGUAGE, 0, "language"}, {LANGUAGE, 0, "lang"}, {LANGUAGE, LOOSE, "inLanguage"}, {LANGUAGE, 0, "meta_lang"},

    {EVOLVED, 0, "evolvedfrom"},
};
#define ROWS (sizeof rows / sizeof *rows)

static const struct kind {
    size_t limit;       /* bytes; 0: the caller's body_max */
    unsigned trim : 1;  /* white space around it does not count */
    unsigned whole : 1; /* whole numbers are taken as their decimal digits */
    unsigned join : 1;  /* several are joined with ", "; else the first is taken */
} kinds[] = {
    [ID] = {LIMIT_ID, 0, 1, 0},        [URL] = {LIMIT_URL, 1, 0, 0},      [OUTLET] = {LIMIT_FIELD, 1, 0, 0},
    [TITLE] = {LIMIT_TITLE, 1, 0, 0},  [BODY] = {0, 0, 0, 0},             [BYLINE] = {LIMIT_FIELD, 1, 0, 1},
    [CREDIT] = {LIMIT_FIELD, 1, 0, 1}, [PUBLISHED] = {LIMIT_FIELD, 1, 0, 0}, [LANGUAGE] = {LIMIT_FIELD, 1, 0, 0},
    [EVOLVED] = {LIMIT_FIELD, 1, 1, 0},
};

/* ---- the table made ready: the slot of each first name, found by a hash of the name ---- */

#define SLOTS 128 /* a power of two, well above the number of names */

static struct {
    const char *name; /* within rows[].path */
    size_t len;
} slots[SLOTS];
static unsigned char row_slot[ROWS];
static const char *row_sub[ROWS]; /* the second name, or NULL */
static pthread_once_t slots_once = PTHREAD_ONCE_INIT;

/* The slot that holds the name, or the free one where it would stand. */
static size_t slot_of(const char *name, size_t len)
{
    uint32_t h = (uint32_t)len;
    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)name[i]) * 0x9e3779b1u;
    size_t at = h >> 25;
    while (slots[at].name && (slots[at].len != len || memcmp(slots[at].name, name, len) != 0))
        at = (at + 1) % SLOTS;
    return at;
}

static void slots_build(void)
{
    for (size_t i = 0; i < ROWS; i++) {
        const char *path = rows[i].path, *dot = strchr(path, '.');
        size_t len = strcspn(path, ".["), at = slot_of(path, len);
        slots[at].name = path;
        slots[at].len = len;
        row_slot[i] = (unsigned char)at;
        row_sub[i] = dot ? dot + 1 : NULL;
    }
}

/* ---- reading ------------------------------------------------------------------------- */

struct reader {
    struct article_in *in;
    struct json_object *value[SLOTS]; /* borrowed from the object; NULL for absent and null */
    size_t body_max;
    struct json_error *err;
};

/* Gives string (taken, may be NULL) to the article. */
static const char *keep(struct article_in *in, char *string)
{
    if (string)
        in->owned[in->n_owned++] = string;
    return string;
}

static int out_of_memory(struct reader *r)
{
    return json_error_set(r->err, DUP_ENOMEM, "", JSON_NOWHERE, "out of memory");
}

static size_t limit_of(const struct reader *r, const struct row *row)
{
    return row->which == BODY ? r->body_max : kinds[row->which].limit;
}

static int too_big(struct reader *r, const struct row *row)
{
    return json_error_set(r->err, DUP_ETOOBIG, row->path, JSON_NOWHERE, "%s is longer than the limit of %zu bytes",
                          row->path, limit_of(r, row));
}

static int is_url(struct field text)
{
    char host[256];
    return ((text.len > 7 && strncasecmp(text.data, "http://", 7) == 0) ||
            (text.len > 8 && strncasecmp(text.data, "https://", 8) == 0)) &&
           url_host(text.data, text.len, host, sizeof host) == 0;
}

static int is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Whether the row accepts the text as present; white space around it is taken off. */
static int is_present(const struct row *row, struct field *text)
{
    if (kinds[row->which].trim) {
        while (text->len && is_space(text->data[0]))
            text->data++, text->len--;
        while (text->len && is_space(text->data[text->len - 1]))
            text->len--;
    }
    if (text->len == 0 || (text->len == 4 && (memcmp(text->data, "None", 4) == 0 || memcmp(text->data, "null", 4) == 0)))
        return 0;
    return !(row->flags & ONLY_URL && !is_url(*text)) && !(row->flags & NO_URL && is_url(*text));
}

static int wrong_type(struct reader *r, const struct row *row, struct json_object *value)
{
    if (row->flags & LOOSE)
        return 0;
    return json_error_set(r->err, DUP_EINVAL, row->path, JSON_NOWHERE, "%s has the wrong type: %s", row->path,
                          json_type_to_name(json_object_get_type(value)));
}

/* An object where another row of the same name looks inside, and finds something or, in a list, may do without. */
static int has_inside(size_t row, struct json_object *value)
{
    for (size_t i = 0; i < ROWS; i++)
        if (row_slot[i] == row_slot[row] && row_sub[i] && (strchr(rows[i].path, '[') || json_object_object_get_ex(value, row_sub[i], NULL)))
            return 1;
    return 0;
}

/*
 * The text of one value (no array) for a row: *ret->data stays NULL when the row is not present in it.
 * Whole numbers become text that belongs to the value.
 */
static int value_text(struct reader *r, size_t i, struct json_object *value, struct field *ret)
{
    const struct row *row = &rows[i];
    ret->data = NULL;
    if (row_sub[i]) {
        struct json_object *type, *object = value;
        if (!json_object_object_get_ex(object, row_sub[i], &value))
            return 0;
        if (row->flags & PLAIN && json_object_object_get_ex(object, "contenttype", &type) &&
            strcmp(json_object_get_string(type) ? json_object_get_string(type) : "", "text/plain") != 0)
            return 0;
    }
    struct field text = {0};
    switch (json_object_get_type(value)) {
    case json_type_null:
        return 0;
    case json_type_int:
        if (!kinds[row->which].whole)
            return wrong_type(r, row, value);
        /* fall through */
    case json_type_string:
        text.data = json_object_get_string(value);
        if (!text.data)
            return out_of_memory(r);
        text.len = json_object_is_type(value, json_type_string) ? (size_t)json_object_get_string_len(value) : strlen(text.data);
        break;
    case json_type_object:
        return !row_sub[i] && has_inside(i, value) ? 0 : wrong_type(r, row, value);
    default:
        return wrong_type(r, row, value);
    }
    if (memchr(text.data, '\0', text.len))
        return json_error_set(r->err, DUP_EINVAL, row->path, JSON_NOWHERE, "%s holds a NUL", row->path);
    if (is_present(row, &text))
        *ret = text;
    return 0;
}

/* As value_text, for an array: the first that is present, or all of them joined. */
static int array_text(struct reader *r, size_t i, struct json_object *array, struct field *ret)
{
    const struct row *row = &rows[i];
    size_t n = json_object_array_length(array);
    struct buf joined;
    int code = 0;
    buf_init(&joined, limit_of(r, row));
    ret->data = NULL;
    for (size_t k = 0; k < n && code == 0; k++) {
        struct field text;
        code = value_text(r, i, json_object_array_get_idx(array, k), &text);
        if (code < 0 || !text.data)
            continue;
        if (!ret->data) {
            *ret = text;
            if (!kinds[row->which].join)
                break;
            continue;
        }
        if (joined.len == 0)
            buf_add(&joined, ret->data, ret->len);
        buf_add_str(&joined, ", ");
        code = buf_add(&joined, text.data, text.len);
        if (code < 0)
            code = code == DUP_ETOOBIG ? too_big(r, row) : out_of_memory(r);
    }
    if (code < 0 || joined.len == 0) {
        buf_done(&joined);
        return code;
    }
    ret->len = joined.len;
    ret->data = keep(r->in, joined.data);
    return 0;
}

/* The text of a row, within its limit. */
static int row_text(struct reader *r, size_t i, struct field *ret)
{
    struct json_object *value = r->value[row_slot[i]];
    int listed = strchr(rows[i].path, '[') != NULL;
    int code = listed && json_object_is_type(value, json_type_array) ? array_text(r, i, value, ret)
                                                                     : value_text(r, i, value, ret);
    if (code == 0 && ret->data && ret->len > limit_of(r, &rows[i]))
        code = too_big(r, &rows[i]);
    return code;
}

static int not_a_time(struct reader *r, const struct row *row, const char *text, size_t len)
{
    char shown[80];
    return json_error_set(r->err, DUP_EINVAL, row->path, JSON_NOWHERE, "%s is not a time: %s", row->path,
                          escape_line(shown, sizeof shown, text, len));
}

static int row_time(struct reader *r, size_t i, int *ret_present)
{
    struct json_object *value = r->value[row_slot[i]];
    struct field text;
    char digits[32];
    *ret_present = 1;
    if (json_object_is_type(value, json_type_double)) {
        double seconds = json_object_get_double(value);
        if (!(fabs(seconds) < 253402300800.0))
            return not_a_time(r, &rows[i], "a number out of range", 21);
        r->in->published = llround(seconds * 1000);
        return 0;
    }
    if (json_object_is_type(value, json_type_int)) {
        text.len = (size_t)snprintf(digits, sizeof digits, "%lld", (long long)json_object_get_int64(value));
        text.data = digits;
    } else {
        int code = row_text(r, i, &text);
        *ret_present = text.data != NULL;
        if (code < 0 || !text.data)
            return code;
    }
    return time_parse(text.data, text.len, &r->in->published) < 0 ? not_a_time(r, &rows[i], text.data, text.len) : 0;
}

static struct field *field_of(struct article_in *in, enum which which)
{
    switch (which) {
    case ID: return &in->id;
    case URL: return &in->url;
    case OUTLET: return &in->outlet;
    case TITLE: return &in->title;
    case BODY: return &in->body;
    case BYLINE: return &in->byline;
    case CREDIT: return &in->credit;
    case LANGUAGE: return &in->language;
    case EVOLVED: return &in->evolved;
    case PUBLISHED: break;
    }
    return NULL;
}

static int read_rows(struct reader *r)
{
    int code = 0, timed = 0;
    for (size_t i = 0; i < ROWS && code == 0; i++) {
        if (!r->value[row_slot[i]])
            continue;
        struct field *field = field_of(r->in, rows[i].which);
        if (field && !field->data)
            code = row_text(r, i, field);
        else if (!field && !timed)
            code = row_time(r, i, &timed);
    }
    return code;
}

/* ---- what follows from the fields -------------------------------------------------------- */

/* Takes "... [+419 chars]" off the end of the body: the source gave only its beginning. */
static void find_cut(struct article_in *in)
{
    const char *s = in->body.data;
    size_t n = in->body.len, digits;
    while (n && is_space(s[n - 1]))
        n--;
    if (n < 8 || s[--n] != ']')
        return;
    if (s[n - 1] == 's')
        n--;
    if (n < 7 || memcmp(s + n - 5, " char", 5) != 0)
        return;
    for (digits = n -= 5; n && s[n - 1] >= '0' && s[n - 1] <= '9';)
        n--;
    if (n == digits)
        return;
    if (n && s[n - 1] == '+')
        n--;
    if (n == 0 || s[--n] != '[')
        return;
    while (n && is_space(s[n - 1]))
        n--;
    if (n >= 3 && (memcmp(s + n - 3, "...", 3) == 0 || memcmp(s + n - 3, "\xe2\x80\xa6", 3) == 0))
        n -= 3;
    in->body.len = n;
    in->cut = 1;
}

/* A URL that is longer than an id may be: its beginning and a hash of the whole (FNV-1a). */
static int id_from_long_url(struct reader *r)
{
    struct article_in *in = r->in;
    size_t n = LIMIT_ID - 17;
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < in->url.len; i++)
        h = (h ^ (unsigned char)in->url.data[i]) * 0x100000001b3u;
    while ((in->url.data[n] & 0xc0) == 0x80)
        n--;
    char *id = malloc(LIMIT_ID + 1);
    if (!id)
        return out_of_memory(r);
    memcpy(id, in->url.data, n);
    snprintf(id + n, LIMIT_ID + 1 - n, "#%016llx", (unsigned long long)h);
    in->id = (struct field){keep(in, id), n + 17};
    return 0;
}

static int complete(struct reader *r)
{
    struct article_in *in = r->in;
    char host[256];
    if (in->body.data)
        find_cut(in);
    if (in->body.len == 0)
        return json_error_set(r->err, DUP_EEMPTY, "body", JSON_NOWHERE, "the article has no body");
    if (!in->outlet.data && in->url.data && url_host(in->url.data, in->url.len, host, sizeof host) == 0) {
        in->outlet.data = keep(in, strdup(host));
        in->outlet.len = strlen(host);
        if (!in->outlet.data)
            return out_of_memory(r);
    }
    if (!in->id.data && in->url.data) {
        if (in->url.len > LIMIT_ID)
            return id_from_long_url(r);
        in->id = in->url;
    }
    return 0;
}

int article_in_read(struct json_object *object, size_t body_max, struct article_in *ret,
                    struct json_error *err)
{
    struct article_in in = {.published = DUP_TIME_NONE};
    struct reader r = {.in = &in, .body_max = body_max, .err = err};
    pthread_once(&slots_once, slots_build);
    if (!json_object_is_type(object, json_type_object))
        return json_error_set(err, DUP_EINVAL, "", JSON_NOWHERE, "an article must be an object");
    for (struct lh_entry *e = json_object_get_object(object)->head; e; e = e->next) {
        const char *name = lh_entry_k(e);
        size_t slot = slot_of(name, strlen(name));
        if (slots[slot].name)
            r.value[slot] = (struct json_object *)lh_entry_v(e);
    }
    int code = read_rows(&r);
    if (code == 0)
        code = complete(&r);
    if (code < 0) {
        article_in_done(&in);
        return code;
    }
    in.object = json_object_get(object);
    *ret = in;
    return 0;
}

void article_in_done(struct article_in *in)
{
    for (size_t i = 0; i < in->n_owned; i++)
        free(in->owned[i]);
    json_object_put(in->object);
    *in = (struct article_in){.published = DUP_TIME_NONE};
}
