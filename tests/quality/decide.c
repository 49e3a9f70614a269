/*
 * decide.c - measures the decision on labelled pairs of real articles.
 *
 *     decide DIRECTORY [--errors] [--evidence] [--label LABEL]
 *
 * DIRECTORY holds corpora/NAME.jsonl.zst, gold/pairs.tsv and gold/strict.tsv
 * (their form: docs/QUALITY.md). Every corpus is gone through in the order of
 * publication with an index in memory that counts stories as the daemon does:
 * a copy adds only values that its cluster lacks. A pair is decided as its
 * later article comes. Invariant: no label is read before all decisions fall.
 */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <json-c/json.h>
#include <xxhash.h>
#include <zstd.h>

#include "core/rules.h"
#include "dup/fingerprint.h"

#define STORIES 64          /* stories kept for one value */
#define HEADS_TRIED 8
#define PAIRS_MAX 20000
#define TEXT_MAX (1u << 20)

struct item {
    const char *corpus, *id, *outlet, *title, *body;
    int64_t published;
    uint64_t outlet_hash;
    struct dup_tokens tokens, title_tokens;
    uint64_t *values;
    uint32_t *positions, n_values;
    uint32_t cluster;              /* item that heads it */
    uint32_t order;                /* place in the stream */
};

struct value {
    uint64_t value;
    uint32_t total, heads[STORIES];
};

struct pair {
    uint32_t later, earlier;
    uint8_t *stories_later, *stories_earlier;
    char label[16];
    int confidence, strict;
    struct dup_decision decision;
    struct evidence evidence;
};

static struct item *items;
static size_t n_items, cap_items;
static struct value *values;
static size_t n_values, cap_values;
static struct pair pairs[PAIRS_MAX];
static size_t n_pairs;
static struct dup_secret secret;
static struct dup_comparer *comparer;
static struct dup_comparison comparison;

static void die(const char *what)
{
    fprintf(stderr, "decide: %s\n", what);
    exit(1);
}

static void *need(void *block)
{
    if (block == NULL)
        die("out of memory");
    return block;
}

static const char *text_of(struct json_object *object, const char *name)
{
    struct json_object *value = NULL;

    if (!json_object_object_get_ex(object, name, &value) || value == NULL)
        return "";
    return need(strdup(json_object_get_string(value)));
}

static int64_t time_of(const char *text)
{
    struct tm tm = {0};
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);

    return rest == NULL ? DUP_TIME_NONE : (int64_t)timegm(&tm) * 1000;
}

static void tokenise(const char *text, struct dup_tokens *ret)
{
    size_t len = strlen(text), cap = dup_tokens_max(len);
    struct dup_tokens t = {.cap = cap};

    t.hash = need(malloc((cap + 1) * sizeof *t.hash));
    t.begin = need(malloc((cap + 1) * sizeof *t.begin));
    t.end = need(malloc((cap + 1) * sizeof *t.end));
    t.flags = need(malloc(cap + 1));
    if (dup_tokenize(&secret, text, len, &t, NULL) != 0)
        die("a text that is not UTF-8");
    t.hash = need(realloc(t.hash, (t.n + 1) * sizeof *t.hash));
    t.begin = need(realloc(t.begin, (t.n + 1) * sizeof *t.begin));
    t.end = need(realloc(t.end, (t.n + 1) * sizeof *t.end));
    t.flags = need(realloc(t.flags, t.n + 1));
    *ret = t;
}

static void read_article(const char *corpus, const char *line)
{
    struct json_object *object = json_tokener_parse(line);
    struct item *it;
    uint64_t *shingles;
    size_t n;

    if (object == NULL)
        die("a line that is not JSON");
    if (n_items == cap_items) {
        cap_items = cap_items > 0 ? 2 * cap_items : 4096;
        items = need(realloc(items, cap_items * sizeof *items));
    }
    it = &items[n_items++];
    *it = (struct item){.corpus = corpus, .id = text_of(object, "id"),
                        .outlet = text_of(object, "outlet"), .title = text_of(object, "title"),
                        .body = text_of(object, "body")};
    it->published = time_of(text_of(object, "published"));
    it->outlet_hash = *it->outlet != '\0' ? XXH3_64bits(it->outlet, strlen(it->outlet)) | 1 : 0;
    tokenise(it->body, &it->tokens);
    tokenise(it->title, &it->title_tokens);
    shingles = need(malloc((it->tokens.n + 1) * 2 * sizeof *shingles));
    it->positions = need(malloc((it->tokens.n + 1) * sizeof *it->positions));
    n = dup_shingles(&secret, &it->tokens, shingles);
    it->values = need(malloc((n + 1) * sizeof *it->values));
    it->n_values = (uint32_t)dup_winnow(shingles, n, it->values, it->positions);
    free(shingles);
    json_object_put(object);
}

static void read_corpus(const char *path, const char *corpus)
{
    FILE *file = fopen(path, "rb");
    ZSTD_DStream *stream = ZSTD_createDStream();
    char *line = need(malloc(TEXT_MAX)), *in = need(malloc(ZSTD_DStreamInSize())), out[65536];
    size_t len = 0, got;

    if (file == NULL || stream == NULL)
        die(path);
    while ((got = fread(in, 1, ZSTD_DStreamInSize(), file)) > 0) {
        ZSTD_inBuffer input = {in, got, 0};

        while (input.pos < input.size) {
            ZSTD_outBuffer output = {out, sizeof out, 0};

            if (ZSTD_isError(ZSTD_decompressStream(stream, &output, &input)))
                die(path);
            for (size_t i = 0; i < output.pos; i++) {
                if (out[i] != '\n' && len + 1 < TEXT_MAX) {
                    line[len++] = out[i];
                    continue;
                }
                line[len] = '\0';
                read_article(corpus, line);
                len = 0;
            }
        }
    }
    fclose(file);
    ZSTD_freeDStream(stream);
    free(line);
    free(in);
}

static int by_time(const void *left, const void *right)
{
    const struct item *l = left, *r = right;
    int names = strcmp(l->corpus, r->corpus);

    if (names != 0)
        return names;
    if (l->published != r->published)
        return l->published < r->published ? -1 : 1;
    return strcmp(l->id, r->id);
}

/* ---- ids ---- */

static uint32_t *by_id;
static size_t id_mask;

static void index_ids(void)
{
    size_t slots = 1024;

    while (slots < 2 * n_items)
        slots *= 2;
    id_mask = slots - 1;
    by_id = need(calloc(slots, sizeof *by_id));
    for (uint32_t i = 0; i < n_items; i++) {
        size_t at = XXH3_64bits(items[i].id, strlen(items[i].id)) & id_mask;

        while (by_id[at] != 0)
            at = (at + 1) & id_mask;
        by_id[at] = i + 1;
        items[i].order = i;
        items[i].cluster = i;
    }
}

static uint32_t item_of(const char *id)
{
    size_t at = XXH3_64bits(id, strlen(id)) & id_mask;

    for (; by_id[at] != 0; at = (at + 1) & id_mask)
        if (strcmp(items[by_id[at] - 1].id, id) == 0)
            return by_id[at] - 1;
    return UINT32_MAX;
}

static void add_pair(const char *a, const char *b, const char *label, int confidence, int strict)
{
    uint32_t i = item_of(a), j = item_of(b);
    struct pair *p;

    if (i == UINT32_MAX || j == UINT32_MAX)
        return;
    if (n_pairs == PAIRS_MAX)
        die("too many pairs");
    p = &pairs[n_pairs++];
    p->later = i > j ? i : j;
    p->earlier = i > j ? j : i;
    snprintf(p->label, sizeof p->label, "%s", label);
    p->confidence = confidence;
    p->strict = strict;
}

static void read_pairs(const char *directory, const char *name, int strict)
{
    char path[4096], line[8192];
    FILE *file;

    snprintf(path, sizeof path, "%s/gold/%s", directory, name);
    file = fopen(path, "r");
    if (file == NULL)
        die(path);
    while (fgets(line, sizeof line, file) != NULL) {
        char corpus[64], a[256], b[256], label[16] = "COPY";
        int confidence = 3;
        int n = strict ? sscanf(line, "%63[^\t]\t%255[^\t]\t%255[^\t]", corpus, a, b)
                       : sscanf(line, "%63[^\t]\t%255[^\t]\t%255[^\t]\t%15[^\t]\t%d", corpus, a, b,
                                label, &confidence);

        if (n == (strict ? 3 : 5))
            add_pair(a, b, label, confidence, strict);
    }
    fclose(file);
}

/* ---- the index ---- */

static struct value *value_of(uint64_t value)
{
    size_t at = (value * UINT64_C(0x9e3779b97f4a7c15)) >> 20 & (cap_values - 1);

    while (values[at].total != 0 && values[at].value != value)
        at = (at + 1) & (cap_values - 1);
    return &values[at];
}

static void post(uint64_t value, uint32_t head)
{
    struct value *v = value_of(value);

    for (uint32_t i = 0; i < v->total && i < STORIES; i++)
        if (items[v->heads[i]].cluster == items[head].cluster)
            return;
    v->value = value;
    if (v->total < STORIES)
        v->heads[v->total] = head;
    v->total++;
    if (++n_values * 4 > cap_values * 3)
        die("index full");
}

/* Story counts by token: a selected shingle's own within it, between two the lesser. */
static void spread_stories(const struct item *it, uint8_t *stories)
{
    size_t at = 0, n = it->tokens.n;
    uint32_t before = 0;

    memset(stories, 0, n);
    for (uint32_t i = 0; i < it->n_values; i++) {
        uint32_t total = value_of(it->values[i])->total, count = total < 255 ? total : 255;
        size_t from = it->positions[i], to = from + DUP_SHINGLE_WORDS;

        for (; at < from && at < n; at++)
            stories[at] = (uint8_t)(i > 0 && before < count ? before : i > 0 ? count : 0);
        for (size_t k = from; k < to && k < n; k++)
            stories[k] = (uint8_t)(k < at && stories[k] < count ? stories[k] : count);
        at = at > to ? at : to < n ? to : n;
        before = count;
    }
}

static struct dup_side side_of(const struct item *it, const uint8_t *stories)
{
    return (struct dup_side){.body = &it->tokens, .title = &it->title_tokens, .stories = stories,
                             .title_text = it->title, .title_len = strlen(it->title),
                             .outlet = it->outlet_hash, .published = it->published};
}

static void decide(const struct item *a, const uint8_t *stories_a, const struct item *b,
                   const uint8_t *stories_b, struct dup_decision *ret)
{
    struct dup_side left = side_of(a, stories_a), right = side_of(b, stories_b);

    if (dup_compare(comparer, &a->tokens, &b->tokens, &comparison) != 0 ||
        dup_relate(comparer, &left, &right, &comparison, ret) != 0)
        die("out of memory");
}

struct ranked {
    uint32_t head;
    double weight;
};

static int by_weight(const void *left, const void *right)
{
    const struct ranked *l = left, *r = right;

    if (l->weight != r->weight)
        return l->weight > r->weight ? -1 : 1;
    return l->head < r->head ? -1 : l->head > r->head;
}

static size_t rank(const struct item *it, struct ranked *ret, size_t cap)
{
    size_t n = 0;

    for (uint32_t i = 0; i < it->n_values; i++) {
        const struct value *v = value_of(it->values[i]);

        for (uint32_t k = 0; v->total <= STORIES && k < v->total; k++) {
            size_t at = 0;

            while (at < n && ret[at].head != v->heads[k])
                at++;
            if (at == n && n == cap)
                continue;
            if (at == n)
                ret[n++] = (struct ranked){v->heads[k], 0.0};
            ret[at].weight += 1.0 / v->total;
        }
    }
    qsort(ret, n, sizeof *ret, by_weight);
    return n;
}

/* One article of the stream: decides its pairs, then files it. */
static void arrive(uint32_t i, uint8_t *stories, uint8_t *other)
{
    static struct ranked ranked[4096];
    struct item *it = &items[i];
    size_t n = rank(it, ranked, sizeof ranked / sizeof ranked[0]);
    double best = -1.0;

    spread_stories(it, stories);
    for (size_t k = 0; k < n_pairs; k++) {
        struct pair *p = &pairs[k];

        if (p->later != i)
            continue;
        spread_stories(&items[p->earlier], other);
        p->stories_later = memcpy(need(malloc(it->tokens.n + 1)), stories, it->tokens.n);
        p->stories_earlier = memcpy(need(malloc(items[p->earlier].tokens.n + 1)), other,
                                    items[p->earlier].tokens.n);
    }
    for (size_t k = 0; k < n && k < HEADS_TRIED; k++) {
        const struct item *head = &items[ranked[k].head];
        struct dup_decision decision;

        spread_stories(head, other);
        decide(it, stories, head, other, &decision);
        if (dup_relation_joins(decision.relation) &&
            decision.share_shorter + decision.share_longer > best) {
            best = decision.share_shorter + decision.share_longer;
            it->cluster = head->cluster;
        }
    }
    for (uint32_t k = 0; k < it->n_values; k++)
        post(it->values[k], i);
}

static void run_streams(void)
{
    size_t longest = 0, total = 0;
    uint8_t *stories, *other;

    for (size_t i = 0; i < n_items; i++) {
        longest = items[i].tokens.n > longest ? items[i].tokens.n : longest;
        total += items[i].n_values;
    }
    for (cap_values = 1024; cap_values < 2 * total; cap_values *= 2)
        ;
    values = need(calloc(cap_values, sizeof *values));
    stories = need(malloc(longest + 1));
    other = need(malloc(longest + 1));
    for (uint32_t i = 0; i < n_items; i++)
        arrive(i, stories, other);
    free(stories);
    free(other);
}
