/*
 * Preparing articles: everything that can be done without looking at what is
 * stored, so that it runs on as many threads as there are. Invariant: a
 * prepared article owns all that it points to and depends on no preparer.
 */
#include "engine/prepare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "engine/notice.h"

struct preparer {
    struct dup_tokens tokens;   /* arrays in block, grown for the longest text so far */
    uint64_t *shingles, *values;
    uint32_t *positions;
    void *block;                /* owned */
    size_t cap;
};

struct preparer *preparer_new(void)
{
    return calloc(1, sizeof(struct preparer));
}

void preparer_free(struct preparer *p)
{
    if (p)
        free(p->block);
    free(p);
}

/* Room for a text of len bytes. */
static int reserve(struct preparer *p, size_t len)
{
    size_t need = dup_tokens_max(len);
    if (need <= p->cap)
        return 0;
    need += need / 2 + 1024;
    char *block = malloc(need * (2 * sizeof(uint64_t) + 4 * sizeof(uint32_t) + 1));
    if (!block)
        return DUP_ENOMEM;
    free(p->block);
    p->block = block;
    p->cap = need;
    p->shingles = (uint64_t *)(void *)block;
    p->values = p->shingles + need;
    p->positions = (uint32_t *)(void *)(p->values + need);
    p->tokens.hash = p->positions + need;
    p->tokens.begin = p->tokens.hash + need;
    p->tokens.end = p->tokens.begin + need;
    p->tokens.flags = (uint8_t *)(p->tokens.end + need);
    p->tokens.cap = need;
    return 0;
}

/* Keeps the LIMIT_VALUES least values: chosen by content, so that a copy keeps the same ones. */
static int by_value(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static size_t keep_least(uint64_t *values, uint32_t *positions, size_t n, uint64_t *scratch)
{
    if (n <= LIMIT_VALUES)
        return n;
    memcpy(scratch, values, n * sizeof *scratch);
    qsort(scratch, n, sizeof *scratch, by_value);
    uint64_t most = scratch[LIMIT_VALUES - 1];
    size_t kept = 0;
    for (size_t i = 0; i < n && kept < LIMIT_VALUES; i++) {
        if (values[i] > most)
            continue;
        values[kept] = values[i];
        positions[kept++] = positions[i];
    }
    return kept;
}

static void *take(char **at, const void *from, size_t size)
{
    void *to = *at;
    memcpy(to, from, size);
    *at += size;
    return to;
}

static char *copy_tokens(char *at, const struct dup_tokens *from, struct dup_tokens *to)
{
    to->n = to->cap = from->n;
    to->hash = take(&at, from->hash, from->n * sizeof *from->hash);
    return at;
}

/* Copies of tokens and values, with the text's own, made of its hash, into one block of ret's own. 0 or DUP_ENOMEM. */
static int keep_text(size_t n_values, const uint64_t *values, const uint32_t *positions, const struct dup_tokens *body,
                     const struct dup_tokens *title, struct prepared *ret)
{
    const uint64_t own = ret->text_hash ^ UINT64_C(0x9e3779b97f4a7c15);
    char *at = malloc(n_values * (sizeof *values + sizeof *positions) + sizeof own +
                      (body->n + title->n) * (sizeof *body->hash + sizeof *body->flags));
    if (!at)
        return DUP_ENOMEM;
    ret->memory = at;
    ret->n_values = (uint32_t)n_values;
    ret->values = take(&at, values, n_values * sizeof *values);
    take(&at, &own, sizeof own);
    ret->positions = take(&at, positions, n_values * sizeof *positions);
    at = copy_tokens(at, body, &ret->body);
    at = copy_tokens(at, title, &ret->title);
    ret->body.flags = take(&at, body->flags, body->n);
    ret->title.flags = take(&at, title->flags, title->n);
    return 0;
}

/* A text has at least one token. */
static void mark_long(const struct dup_tokens *t)
{
    const uint32_t *begin = t->begin, *end = t->end;
    uint8_t *restrict flags = t->flags;
    uint32_t bytes = 0, n = (uint32_t)t->n;
    for (uint32_t i = 0; i < n; i++)
        bytes += end[i] - begin[i];
    uint32_t average = bytes / n; /* in whole bytes: none is longer than that and not than the average */
    for (uint32_t i = 0; i < n; i++)
        flags[i] |= (uint8_t)(end[i] - begin[i] > average ? WORD_LONG : 0);
}

/* Body, and title if there is one, in one block. */
static int fingerprint(struct preparer *p, const struct dup_secret *secret, const char *title,
                       size_t title_len, const char *body, size_t body_len, struct prepared *ret,
                       struct json_error *err)
{
    size_t offset = 0;
    int r = reserve(p, body_len);
    if (r < 0)
        return json_error_set(err, r, "", JSON_NOWHERE, "out of memory");
    r = dup_tokenize(secret, body, body_len, &p->tokens, &offset);
    if (r < 0)
        return json_error_set(err, r, "body", r == DUP_EUTF8 ? offset : JSON_NOWHERE,
                              "the body cannot be read: %s", dup_strerror(r));
    if (p->tokens.n == 0)
        return json_error_set(err, DUP_EEMPTY, "body", JSON_NOWHERE,
                              "the body holds no letter and no digit");

    uint32_t hash[LIMIT_TITLE], begin[LIMIT_TITLE], end[LIMIT_TITLE];
    uint8_t flags[LIMIT_TITLE];
    struct dup_tokens head = {hash, begin, end, flags, 0, LIMIT_TITLE};
    if (title_len) {
        r = dup_tokenize(secret, title, title_len, &head, &offset);
        if (r < 0)
            return json_error_set(err, r, "title", r == DUP_EUTF8 ? offset : JSON_NOWHERE,
                                  "the title cannot be read: %s", dup_strerror(r));
    }

    mark_long(&p->tokens);
    size_t shingles = dup_shingles(secret, &p->tokens, p->shingles);
    uint32_t signature[DUP_LANES];
    dup_minhash(p->shingles, shingles, signature);
    for (int i = 0; i < DUP_LANES; i++)
        ret->minhash[i] = (uint8_t)signature[i];
    ret->simhash = dup_simhash(p->shingles, shingles);
    ret->text_hash = dup_text_hash(secret, &p->tokens);
    size_t n = dup_winnow(p->shingles, shingles, p->values, p->positions);
    n = keep_least(p->values, p->positions, n, p->shingles);

    if (keep_text(n, p->values, p->positions, &p->tokens, &head, ret) < 0)
        return json_error_set(err, DUP_ENOMEM, "", JSON_NOWHERE, "out of memory");
    return 0;
}

int prepared_copy_text(const struct prepared *from, struct prepared *ret)
{
    struct prepared copy = {.in.published = DUP_TIME_NONE, .text_hash = from->text_hash, .simhash = from->simhash};
    memcpy(copy.minhash, from->minhash, sizeof copy.minhash);
    int r = keep_text(from->n_values, from->values, from->positions, &from->body, &from->title, &copy);
    if (r == 0)
        *ret = copy;
    return r;
}

int prepare_text(struct preparer *p, const struct dup_secret *secret, struct str title,
                 struct str text, struct prepared *ret, struct json_error *err)
{
    struct prepared made = {.in.published = DUP_TIME_NONE};
    int r = fingerprint(p, secret, title.data, title.len, text.data, text.len, &made, err);
    if (r == 0)
        *ret = made;
    return r;
}

#define PRINTED_MAX 200

/* What the strongest credit says, and where: the first that makes the article's claim. */
static void keep_printed(struct prepared *made, const struct dup_credits *credits)
{
    const struct article_in *in = &made->in;
    size_t i = 0;
    while (i < credits->n && credits->list[i].claim != credits->claim)
        i++;
    if (i == credits->n)
        return;
    const struct dup_credit *credit = &credits->list[i];
    const struct field *field = &in->body;
    if (credit->place == DUP_PLACE_BYLINE)
        field = &in->byline;
    else if (credit->place == DUP_PLACE_FIELD)
        field = &in->credit;
    else if (credit->place == DUP_PLACE_TITLE)
        field = &in->title;
    size_t len = credit->end - credit->begin;
    if (len > PRINTED_MAX) {
        len = PRINTED_MAX;
        while (len && ((unsigned char)field->data[credit->begin + len] & 0xc0) == 0x80)
            len--;
    }
    const char *words = field->data + credit->begin;
    if (len && words[len - 1] == ')' && !memchr(words, '(', len)) /* it stood in brackets */
        len--;
    made->place = (uint8_t)credit->place;
    made->printed = (struct field){words, len};
}

static void find_credits(const struct dup_agencies *agencies, struct prepared *made)
{
    const struct article_in *in = &made->in;
    struct dup_credit_input input = {
        .body = in->body.data, .body_len = in->body.len, .byline = in->byline.data,
        .byline_len = in->byline.len, .credit = in->credit.data, .credit_len = in->credit.len,
        .url = in->url.data, .url_len = in->url.len, .title = in->title.data,
        .title_len = in->title.len};
    struct dup_credits credits;
    dup_credits_find(agencies, &input, &credits);
    made->claim = (uint8_t)credits.claim;
    keep_printed(made, &credits);
    size_t used = 0;
    for (size_t i = 0; i < credits.n; i++) {
        const char *name = dup_agency_name(agencies, credits.list[i].agency);
        int repeated = credits.list[i].claim != credits.claim;
        for (size_t k = 0; k < i && !repeated; k++)
            repeated = credits.list[k].agency == credits.list[i].agency &&
                       credits.list[k].claim == credits.claim;
        size_t len = strlen(name);
        if (repeated || used + len + 2 > sizeof made->agencies)
            continue;
        if (used)
            made->agencies[used++] = '+';
        memcpy(made->agencies + used, name, len + 1);
        used += len;
    }
}

/* Whom any name, host or address means, beside the site that the article stands on; room as in outlets.h. */
static struct outlet find_outlet(const struct outlets *outlets, struct field name, struct field url, char *room)
{
    char host[HOSTS_MAX + 1], site[HOSTS_MAX + 1] = "";
    struct outlet outlet;
    if (name.len && url_host(name.data, name.len, host, sizeof host) == 0)
        name = (struct field){host, strlen(host)};
    if (url.len && url_host(url.data, url.len, site, sizeof site) < 0)
        site[0] = '\0';
    outlets_find(outlets, name.data, name.len, site, strlen(site), room, &outlet);
    if (outlet.name == host) { /* an address by number */
        memcpy(room, host, outlet.len);
        outlet.name = room;
    }
    return outlet;
}

/* Whether the article is signed as the copy of others alone: on an agency's own site that is a reprint. */
static int is_reprint(const struct prepared *made, const char *agency)
{
    size_t len = strlen(agency);
    const char *name = made->agencies;
    if (made->claim != DUP_CLAIM_AGENCY || strcmp(name, "generic") == 0)
        return 0;
    for (size_t n; *name; name += n + (name[n] == '+'))
        if ((n = strcspn(name, "+")) == len && memcmp(name, agency, n) == 0)
            return 0;
    return 1;
}

/* The article's outlet gets its one name: stored, counted and asked for by it. */
static void settle_outlet(const struct outlets *outlets, struct prepared *made)
{
    struct field *given = &made->in.outlet;
    struct outlet outlet = find_outlet(outlets, *given, made->in.url, made->outlet_name);
    if (outlet.name != given->data) {
        memmove(made->outlet_name, outlet.name, outlet.len);
        *given = (struct field){made->outlet_name, outlet.len};
    }
    made->outlet = outlet_hash(given->data, given->len);
    if (outlet.agency && !is_reprint(made, outlet.agency))
        agency_name_keep((struct str){outlet.agency, strlen(outlet.agency)}, made->own);
}

/* Takes the strings but the body out of the JSON that they came in, whose tree is many times their size when a
 * peer wants it to be, and which would wait with them for the writer. */
static int keep_strings(struct prepared *made)
{
    struct article_in *in = &made->in;
    struct field *const fields[] = {&in->id, &in->outlet, &in->url, &in->title, &in->byline,
                                    &in->credit, &in->language, &in->evolved, &made->printed};
    const size_t n = sizeof fields / sizeof *fields;
    size_t len = 0;
    for (size_t i = 0; i < n; i++)
        len += fields[i]->len + 1;
    char *at = made->strings = malloc(len);
    if (!at)
        return DUP_ENOMEM;
    struct article_in kept = *in;
    in->body = (struct field){0};
    for (size_t i = 0; i < n; i++) {
        if (!fields[i]->data)
            continue;
        char *string = take(&at, fields[i]->data, fields[i]->len);
        *at++ = '\0';
        fields[i]->data = string;
    }
    in->object = NULL;
    in->n_owned = 0;
    article_in_done(&kept);
    return 0;
}

int prepare_article(struct preparer *p, const struct prepare_options *options,
                    struct json_object *object, struct prepared *ret, struct json_error *err)
{
    struct prepared made = {0};
    int r = article_in_read(object, options->body_max, &made.in, err);
    if (r < 0)
        return r;
    struct article_in *in = &made.in;
    buf_init(&made.raw, LIMIT_LINE);
    buf_init(&made.packed, LIMIT_LINE);
    buf_init(&made.probed.lists, LIMIT_PROBED);
    r = fingerprint(p, options->secret, in->title.data, in->title.len, in->body.data, in->body.len,
                    &made, err);
    if (r == 0 && (r = buf_add(&made.raw, in->body.data, in->body.len)) < 0)
        json_error_set(err, r, "", JSON_NOWHERE, "out of memory");
    if (r < 0) {
        prepared_done(&made);
        return r;
    }
    if (options->agencies)
        find_credits(options->agencies, &made);
    made.notice = (uint8_t)notice_find(object, in->title.data, in->title.len);
    if ((r = keep_strings(&made)) < 0) {
        prepared_done(&made);
        return json_error_set(err, r, "", JSON_NOWHERE, "out of memory");
    }
    *ret = made;
    settle_outlet(options->outlets, ret);
    if (in->id.len == 0) {
        int len = snprintf(ret->made_id, sizeof ret->made_id, "x%016llx",
                           (unsigned long long)made.text_hash);
        ret->in.id = (struct field){ret->made_id, (size_t)len};
    }
    return 0;
}

int prepared_pack(struct prepared *prepared, uint32_t base, struct str base_text)
{
    int r = store_pack(prepared->raw.data, prepared->raw.len, base_text, &prepared->packed);
    if (r < 0)
        return r;
    prepared->base = base;
    if (!base)
        buf_done(&prepared->raw);
    return 0;
}

void prepared_done(struct prepared *prepared)
{
    article_in_done(&prepared->in);
    free(prepared->strings);
    buf_done(&prepared->raw);
    buf_done(&prepared->packed);
    buf_done(&prepared->probed.lists);
    free(prepared->memory);
    *prepared = (struct prepared){0};
}

uint64_t outlet_hash(const char *name, size_t len)
{
    char folded[LIMIT_FIELD];
    if (len == 0)
        return 0;
    if (len > sizeof folded)
        len = sizeof folded;
    for (size_t i = 0; i < len; i++)
        folded[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]);
    return XXH3_64bits(folded, len) | 1;
}

uint64_t outlet_hash_any(const struct outlets *outlets, const char *name, size_t len)
{
    char room[HOSTS_MAX + 1];
    struct outlet outlet = find_outlet(outlets, (struct field){name, len}, (struct field){0}, room);
    return outlet_hash(outlet.name, outlet.len);
}
