/*
 * Measures the credit detector against labelled articles and phrases.
 * usage: credits [--errors] DATA   where DATA holds the folder corpora of .jsonl.zst files and
 * gold/credits.tsv, gold/credit_phrases.tsv (columns as in its CREDITS.md).
 * Exits 1 when a figure misses its target.
 */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "dup/credit.h"

#define LINE_MAX_BYTES (4u << 20)
#define COLUMNS 8

static const char *const paragraph[] = {
    "The council of the harbour town agreed on a new ferry timetable after two evenings of debate. "
    "Boats will leave every forty minutes in summer, and hourly once the clocks go back.",
    "Residents of the outer islands had asked for a late crossing, and a trial of three months was "
    "granted. A clerk will count passengers at both piers.",
    "The harbour master said the older of the two boats would be overhauled in spring. Until then a "
    "rented vessel takes its place, slower but with more room for bicycles.",
    "Tickets stay at their present price, the chair of the committee added, and children travel free "
    "on Sundays. The next review is due before the winter season ends.",
};

struct options { int errors; const char *data; };

struct score { size_t n, right; };

static void fail(const char *what, const char *which)
{
    fprintf(stderr, "credits: %s: %s\n", what, which);
    exit(2);
}

static char *read_file(const char *path, size_t *ret_len)
{
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    size_t len = 0, got;

    if (!file)
        fail("cannot open", path);
    do {
        char *more = realloc(text, len + (1u << 20) + 1);
        if (!more)
            fail("no memory", path);
        text = more;
        got = fread(text + len, 1, 1u << 20, file);
        len += got;
    } while (got);
    fclose(file);
    text[len] = '\0';
    *ret_len = len;
    return text;
}

/* ---- the labels: rows of tab-separated columns ---- */

struct row { char *column[COLUMNS]; int seen; };
struct rows { struct row *row; size_t n; char *text; };

static struct rows read_rows(const char *data, const char *name)
{
    char path[4096];
    size_t len, cap = 0;
    struct rows rows = { 0 };

    snprintf(path, sizeof path, "%s/%s", data, name);
    rows.text = read_file(path, &len);
    char *line = strtok(rows.text, "\n"); /* the heading */
    while (line && (line = strtok(NULL, "\n"))) {
        if (rows.n == cap) {
            cap = cap ? 2 * cap : 256;
            rows.row = realloc(rows.row, cap * sizeof *rows.row);
            if (!rows.row)
                fail("no memory", name);
        }
        struct row *row = &rows.row[rows.n++];
        memset(row, 0, sizeof *row);
        for (int i = 0; i < COLUMNS && line; i++) {
            row->column[i] = line;
            line = strchr(line, '\t');
            if (line)
                *line++ = '\0';
        }
        for (int i = 0; i < COLUMNS; i++)
            if (!row->column[i])
                row->column[i] = (char *)"";
        line = row->column[0]; /* only to keep going */
    }
    return rows;
}

static int is_named(const char *list, const char *name)
{
    size_t len = strlen(name);

    for (const char *at = list; at; at = strchr(at, '+')) {
        at += *at == '+';
        if (strncmp(at, name, len) == 0 && (at[len] == '+' || at[len] == '\0'))
            return 1;
    }
    return 0;
}

static size_t list_length(const char *list)
{
    size_t n = 1;
    for (; *list; list++)
        n += *list == '+';
    return n;
}

/* The agencies found as a list like the label's; "-" for none. */
static char *found_list(const struct dup_agencies *table, const struct dup_credits *found,
                        char *out, size_t size)
{
    size_t at = 0;

    snprintf(out, size, "-");
    for (size_t i = 0; i < found->n; i++) {
        const char *name = dup_agency_name(table, found->list[i].agency);
        if (at && is_named(out, name))
            continue;
        int n = snprintf(out + at, size - at, "%s%s", at ? "+" : "", name);
        at += (size_t)n < size - at ? (size_t)n : size - at - 1;
    }
    return out;
}

static int same_set(const char *a, const char *b)
{
    char name[128];

    if (list_length(a) != list_length(b))
        return 0;
    for (const char *at = a; at; at = strchr(at, '+')) {
        at += *at == '+';
        size_t len = strcspn(at, "+");
        snprintf(name, sizeof name, "%.*s", (int)len, at);
        if (!is_named(b, name))
            return 0;
    }
    return 1;
}

/* ---- articles ---- */

struct tally { struct score claim, agencies, none; };

static void field(struct json_object *article, const char *key, const char **ret, size_t *ret_len)
{
    struct json_object *value = json_object_object_get(article, key);
    if (value && json_object_is_type(value, json_type_string)) {
        *ret = json_object_get_string(value);
        *ret_len = (size_t)json_object_get_string_len(value);
    }
}

static void judge(const struct dup_agencies *table, const struct options *options,
                  const struct row *row, struct json_object *article, struct tally *tally)
{
    struct dup_credit_input in = { 0 };
    struct dup_credits found;
    char list[512];

    field(article, "body", &in.body, &in.body_len);
    field(article, "byline", &in.byline, &in.byline_len);
    field(article, "title", &in.title, &in.title_len);
    field(article, "url", &in.url, &in.url_len);
    dup_credits_find(table, &in, &found);
    found_list(table, &found, list, sizeof list);

    const char *claim = row->column[2];
    int claim_right = strcmp(claim, dup_claim_word(found.claim)) == 0;
    int list_right = strcmp(claim, "none") == 0 || same_set(row->column[3], list);
    tally->claim.n++;
    tally->claim.right += (size_t)claim_right;
    if (strcmp(claim, "none") == 0) {
        tally->none.n++;
        tally->none.right += found.claim == DUP_CLAIM_NONE;
    } else {
        tally->agencies.n++;
        tally->agencies.right += (size_t)list_right;
    }
    if (options->errors && (!claim_right || !list_right)) {
        printf("%s %s: want %s %s \"%s\", got %s %s", row->column[0], row->column[1], claim,
               row->column[3], row->column[6], dup_claim_word(found.claim), list);
        for (size_t i = 0; i < found.n; i++) {
            const struct dup_credit *c = &found.list[i];
            const char *text = c->place == DUP_PLACE_BYLINE ? in.byline
                               : c->place == DUP_PLACE_TITLE ? in.title : in.body;
            printf(" [%s: %.*s]", dup_place_word(c->place), (int)(c->end - c->begin),
                   text + c->begin);
        }
        printf("\n");
    }
}

static void take_line(const struct dup_agencies *table, const struct options *options,
                      const char *corpus, struct rows *rows, const char *line, struct tally *tally)
{
    struct json_object *article = json_tokener_parse(line), *id;
    if (!article)
        return;
    if (json_object_object_get_ex(article, "id", &id))
        for (size_t i = 0; i < rows->n; i++) {
            struct row *row = &rows->row[i];
            if (!row->seen && strcmp(row->column[1], json_object_get_string(id)) == 0 &&
                strcmp(row->column[0], corpus) == 0) {
                row->seen = 1;
                judge(table, options, row, article, tally);
            }
        }
    json_object_put(article);
}

static void read_corpus(const struct dup_agencies *table, const struct options *options,
                        const char *corpus, struct rows *rows, struct tally *tally)
{
    char path[4096];
    size_t len, filled = 0;
    snprintf(path, sizeof path, "%s/corpora/%s.jsonl.zst", options->data, corpus);
    char *packed = read_file(path, &len), *line = malloc(LINE_MAX_BYTES + 1);
    ZSTD_DCtx *zstd = ZSTD_createDCtx();
    ZSTD_inBuffer in = { packed, len, 0 };

    if (!line || !zstd)
        fail("no memory", path);
    for (;;) {
        ZSTD_outBuffer out = { line, LINE_MAX_BYTES, filled };
        size_t rc = ZSTD_decompressStream(zstd, &out, &in);
        if (ZSTD_isError(rc))
            fail(path, ZSTD_getErrorName(rc));
        int stuck = out.pos == filled;
        filled = out.pos;
        char *begin = line, *feed;
        while ((feed = memchr(begin, '\n', (size_t)(line + filled - begin)))) {
            *feed = '\0';
            take_line(table, options, corpus, rows, begin, tally);
            begin = feed + 1;
        }
        filled -= (size_t)(begin - line);
        memmove(line, begin, filled);
        if (in.pos == in.size && stuck)
            break;
    }
    ZSTD_freeDCtx(zstd);
    free(packed);
    free(line);
}

/* ---- phrases ---- */

static const char *expected(const char *kind)
{
    static const char *const agency[] = {
        "wire_full", "syndication_notice", "copyright", "reporter_signoff", "press_release",
    };
    for (size_t i = 0; i < sizeof agency / sizeof *agency; i++)
        if (strcmp(kind, agency[i]) == 0)
            return "agency";
    return strcmp(kind, "wire_partial_input") == 0 ? "from" : "none";
}

static int has(const char *text, const char *word)
{
    return strstr(text, word) != NULL;
}

/* The text of an XML element, or the value of its literal attribute. */
static void untag(char *text)
{
    char *at = strstr(text, "literal=\""), *open = strchr(text, '>');
    if (!at)
        at = strstr(text, "qcode=\"nprov:");
    if (at) {
        at += strcspn(at, "\"") + 1;
        if (strncmp(at, "nprov:", 6) == 0)
            at += 6;
        memmove(text, at, strlen(at) + 1);
        text[strcspn(text, "\"")] = '\0';
    } else if (open && *text == '<') {
        memmove(text, open + 1, strlen(open));
        text[strcspn(text, "<")] = '\0';
    }
}

static void measure_phrase(const struct dup_agencies *table, const struct options *options,
                           const struct row *row, struct score *score)
{
    struct dup_credit_input in = { 0 };
    struct dup_credits found;
    static char body[16384];
    char phrase[2048], list[512];
    const char *where = row->column[4], *want = expected(row->column[0]);

    if (has(where, "link rel"))
        return;
    snprintf(phrase, sizeof phrase, "%s", row->column[3]);
    const char *head = "", *middle = "", *glued = "", *tail = "";
    in.title = "Harbour town agrees on ferries";
    if (has(where, "NITF") || has(where, "NewsML") || has(where, "RSS") || has(where, "metadata")) {
        untag(phrase);
        in.credit = phrase;
        in.credit_len = strlen(phrase);
    } else if (strncmp(where, "dateline", 8) == 0) {
        head = phrase;
    } else if (strncmp(where, "byline", 6) == 0) {
        in.byline = phrase;
        in.byline_len = strlen(phrase);
    } else if (strcmp(where, "title") == 0) {
        in.title = phrase;
    } else if (has(where, "end of last")) {
        glued = phrase;
    } else if (has(where, "trailing") || has(where, "boilerplate")) {
        tail = phrase;
    } else if (has(where, "caption")) {
        head = phrase;
    } else {
        middle = phrase;
    }
    in.title_len = strlen(in.title);
    int bare = *head && !strpbrk(head, "()-:.") && strlen(head) < 60;
    const char *joint = !*head ? "" : has(where, "caption") ? "\n" : bare ? " - " : " ";
    snprintf(body, sizeof body, "%s%s%s\n%s %s %s\n%s\n%s%s%s%s%s", head, joint, paragraph[0],
             paragraph[1], middle, paragraph[1], paragraph[2], paragraph[3], *glued ? " " : "", glued,
             *tail ? "\n" : "", tail);
    in.body = body;
    in.body_len = strlen(body);
    dup_credits_find(table, &in, &found);
    score->n++;
    int right = strcmp(want, dup_claim_word(found.claim)) == 0;
    score->right += (size_t)right;
    if (options->errors && !right)
        printf("phrase %s, %s, \"%s\": want %s, got %s %s\n", row->column[0], where, row->column[3],
               want, dup_claim_word(found.claim), found_list(table, &found, list, sizeof list));
}

static int report(const char *what, size_t part, size_t whole, double target, int at_most)
{
    double share = whole ? 100.0 * (double)part / (double)whole : 0;
    int met = at_most ? share <= target : share >= target;

    printf("%-44s %5.1f %% (%zu of %zu), target %s %.0f %%%s\n", what, share, part, whole,
           at_most ? "at most" : "at least", target, met ? "" : "  MISSED");
    return met;
}

int main(int argc, char **argv)
{
    struct options options = { 0 };
    struct dup_agencies *table;
    struct tally tally = { 0 };
    struct score phrases = { 0 };
    char message[256];
    size_t len;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--errors") == 0)
            options.errors = 1;
        else
            options.data = argv[i];
    }
    if (!options.data)
        fail("usage", "credits [--errors] DATA");
    char *conf = read_file("conf/agencies.conf", &len);
    if (dup_agencies_parse(conf, len, message, sizeof message, &table) < 0)
        fail("conf/agencies.conf", message);

    struct rows rows = read_rows(options.data, "gold/credits.tsv");
    const char *done[16];
    size_t n_done = 0;
    for (size_t i = 0; i < rows.n; i++) {
        size_t k = 0;
        while (k < n_done && strcmp(done[k], rows.row[i].column[0]) != 0)
            k++;
        if (k < n_done || n_done == sizeof done / sizeof *done)
            continue;
        done[n_done++] = rows.row[i].column[0];
        read_corpus(table, &options, rows.row[i].column[0], &rows, &tally);
    }
    struct rows table_rows = read_rows(options.data, "gold/credit_phrases.tsv");
    for (size_t i = 0; i < table_rows.n; i++)
        measure_phrase(table, &options, &table_rows.row[i], &phrases);

    int met = report("claim right", tally.claim.right, tally.claim.n, 93, 0);
    met &= report("agencies right of those with a claim", tally.agencies.right, tally.agencies.n, 92, 0);
    met &= report("given a claim though labelled none", tally.none.n - tally.none.right,
                  tally.none.n, 2, 1);
    met &= report("phrases: claim right", phrases.right, phrases.n, 95, 0);
    free(rows.row);
    free(rows.text);
    free(table_rows.row);
    free(table_rows.text);
    free(conf);
    dup_agencies_free(table);
    return met ? 0 : 1;
}
