/*
 * The tree of a line that passed the check. json-c's own parser takes no notice of memory that is refused
 * while it fills an object: it ends the process, or leaves a field out. So the tree is built here, of
 * json-c's objects. Invariant: what is returned holds every field of the line. Recursion is as deep as
 * the check allows (LIMIT_DEPTH).
 */
#include "proto/tree.h"

#include <stdlib.h>
#include <string.h>

#include "dup/error.h"
#include "proto/scan.h"

struct reader { const char *s; size_t len, at, before; struct buf *scratch; struct json_error *err; };

static int no_memory(struct reader *r)
{
    return json_error_set(r->err, DUP_ENOMEM, "", JSON_NOWHERE, "out of memory");
}

/* The next byte that is no white space; there is one, the bracket that ends the object at last. */
static char next(struct reader *r)
{
    while (r->s[r->at] == ' ' || r->s[r->at] == '\t' || r->s[r->at] == '\n' || r->s[r->at] == '\r')
        r->at++;
    return r->s[r->at];
}

/* Reads the string at r->at; what it holds without its escapes is at *ret_text until the next is read. */
static int read_string(struct reader *r, const char **ret_text, size_t *ret_len)
{
    const char *begin = r->s + r->at + 1, *end = r->s + r->len, *from = begin, *slash;
    const char *quote = memchr(begin, '"', (size_t)(end - begin));
    int escapes = 0;
    while (from < quote && (slash = memchr(from, '\\', (size_t)(quote - from)))) {
        escapes = 1;
        from = slash + 2;
        if (from > quote)
            quote = memchr(from, '"', (size_t)(end - from));
    }
    r->at = (size_t)(quote + 1 - r->s);
    *ret_text = begin;
    *ret_len = (size_t)(quote - begin);
    if (!escapes)
        return 0;
    buf_clear(r->scratch);
    if (scan_unescape(r->scratch, begin, (size_t)(quote - begin)) < 0)
        return no_memory(r);
    *ret_text = r->scratch->data;
    *ret_len = r->scratch->len;
    return 0;
}

static int read_text(struct reader *r, struct json_object **ret)
{
    const char *text;
    size_t len;
    if (read_string(r, &text, &len) < 0)
        return DUP_ENOMEM;
    *ret = json_object_new_string_len(text, (int)len);
    return *ret ? 0 : no_memory(r);
}

/* Decimal digits, fewer than 2^64. */
static int whole(const char *digits, size_t len, uint64_t *ret)
{
    uint64_t value = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned digit = (unsigned)(digits[i] - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return DUP_EJSON;
        value = value * 10 + digit;
    }
    *ret = value;
    return 0;
}

static int read_number(struct reader *r, struct json_object **ret)
{
    size_t begin = r->at, len = scan_number(r->s, r->len, begin, NULL) - begin;
    const char *s = r->s + begin;
    int negative = s[0] == '-';
    uint64_t value;
    r->at += len;
    if (memchr(s, '.', len) || memchr(s, 'e', len) || memchr(s, 'E', len)) {
        buf_clear(r->scratch);
        if (buf_add(r->scratch, s, len) < 0)
            return no_memory(r);
        *ret = json_object_new_double_s(strtod(r->scratch->data, NULL), r->scratch->data); /* shown as it came */
    } else if (whole(s + negative, len - (size_t)negative, &value) < 0 || (negative && value > (uint64_t)INT64_MAX + 1)) {
        return json_error_set(r->err, DUP_EJSON, "", r->before + begin, "a number that fits no 64 bits");
    } else if (value > INT64_MAX && !negative) {
        *ret = json_object_new_uint64(value);
    } else {
        *ret = json_object_new_int64(negative ? (int64_t)(0 - value) : (int64_t)value);
    }
    return *ret ? 0 : no_memory(r);
}

static int read_value(struct reader *r, struct json_object **ret);

static int read_array(struct reader *r, struct json_object **ret)
{
    struct json_object *value;
    int code = (*ret = json_object_new_array_ext(4)) ? 0 : no_memory(r);
    r->at++;
    while (code == 0 && next(r) != ']') {
        r->at += r->s[r->at] == ',';
        if ((code = read_value(r, &value)) == 0 && json_object_array_add(*ret, value) < 0) {
            json_object_put(value);
            code = no_memory(r);
        }
    }
    r->at++;
    return code;
}

/* Gives the value (taken) to the object under a key that it has not. json-c would copy the key without looking. */
static int add(struct json_object *object, const char *key, size_t len, struct json_object *value)
{
    char *copy = malloc(len + 1);
    if (copy) {
        memcpy(copy, key, len);
        copy[len] = '\0';
    }
    if (!copy || json_object_object_add_ex(object, copy, value, JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_ADD_CONSTANT_KEY) < 0) {
        free(copy);
        json_object_put(value);
        return DUP_ENOMEM;
    }
    json_object_get_object(object)->tail->k_is_constant = 0; /* it goes with the object */
    return 0;
}

static int read_member(struct reader *r, struct json_object *object)
{
    const char *key;
    size_t len;
    struct json_object *value, *name;
    int code = read_string(r, &key, &len);
    if (code < 0)
        return code;
    next(r);
    r->at++; /* the colon */
    if (key != r->scratch->data) {
        code = read_value(r, &value);
        return code == 0 && add(object, key, len, value) < 0 ? no_memory(r) : code;
    }
    name = json_object_new_string_len(key, (int)len); /* scratch is the value's from here */
    code = name ? read_value(r, &value) : no_memory(r);
    if (code == 0 && add(object, json_object_get_string(name), len, value) < 0)
        code = no_memory(r);
    json_object_put(name);
    return code;
}

static int read_object(struct reader *r, struct json_object **ret)
{
    int code = (*ret = json_object_new_object()) ? 0 : no_memory(r);
    r->at++;
    while (code == 0 && next(r) != '}') {
        r->at += r->s[r->at] == ',';
        next(r);
        code = read_member(r, *ret);
    }
    r->at++;
    return code;
}

/* On an error there is nothing in *ret that would have to go. */
static int read_value(struct reader *r, struct json_object **ret)
{
    int code = 0;
    *ret = NULL;
    switch (next(r)) {
    case '{': code = read_object(r, ret); break;
    case '[': code = read_array(r, ret); break;
    case '"': code = read_text(r, ret); break;
    case 'n': r->at += 4; break;
    case 't':
    case 'f':
        *ret = json_object_new_boolean(r->s[r->at] == 't');
        r->at += r->s[r->at] == 't' ? 4 : 5;
        code = *ret ? 0 : no_memory(r);
        break;
    default: code = read_number(r, ret);
    }
    if (code < 0) {
        json_object_put(*ret);
        *ret = NULL;
    }
    return code;
}

int tree_build(struct buf *scratch, const char *object, size_t len, size_t at, struct json_object **ret,
               struct json_error *err)
{
    struct reader r = {.s = object, .len = len, .before = at, .scratch = scratch, .err = err};
    struct json_object *tree;
    int code = read_value(&r, &tree);
    if (code == 0)
        *ret = tree;
    return code;
}
