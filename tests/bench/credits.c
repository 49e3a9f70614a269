/*
 * Goal: finding an article's credits costs a tenth of its fingerprints at most.
 * usage: credits [AGENCIES]   (conf/agencies.conf)
 *
 * Both are timed over the same invented articles of 500 words, in lines of two sentences. One in eight
 * has a byline, a dateline and a line at the end that credit agencies, about as many as among real
 * articles. Each figure is the
 * best of several rounds, since other programs share the machine. Exits 1 above the tenth.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dup/credit.h"
#include "dup/fingerprint.h"

#define ARTICLES 64
#define WORDS 500
#define CREDITED 8
#define ROUNDS 40
#define TEXT_MAX (WORDS * 32)
#define SHARE_MAX 10.0 /* percent */

struct language { const char *name, *words, *dateline, *byline, *tail; };

static const struct language languages[] = {
    { "English",
      "the of to and in that harbour council ferry said was for on with islands winter boats Monday agreed passengers "
      "would timetable crossing Minister Alder price spring after evenings residents",
      "PORT ALDER, Nov 3 (Reuters) - ", "By Ann Field, Associated Press", "(With inputs from PTI)" },
    { "Spanish",
      "el la de que en los ferris puerto ayuntamiento dijo para con las islas invierno barcos lunes acordó pasajeros "
      "horario travesía Ministro Alder precio primavera después vecinos según",
      "Puerto Alder, 3 nov (EFE).- ", "Agencia EFE", "Con información de AFP" },
    { "Russian",
      "и в на что паром порт совет сказал для зимой острова лодки понедельник пассажиры расписание переправа Министр "
      "Альдер цена весной после жители будет был",
      "МОСКВА, 3 ноя - РИА Новости. ", "РИА Новости", "Источник: ТАСС" },
    { "Arabic", "في من على أن إلى الميناء المجلس قال العبارة الجزر الشتاء القوارب الاثنين الركاب الجدول السعر الربيع السكان",
      "القاهرة (رويترز) - ", "رويترز", "المصدر: وكالات" },
};

static uint64_t seed = 88172645463325252u;

static unsigned draw(unsigned below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)((seed >> 11) % below);
}

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

struct text { char body[TEXT_MAX]; size_t len; const char *byline; };
static struct text texts[ARTICLES];
static struct dup_secret secret;

static void make(const struct language *l, struct text *text, int credited)
{
    const char *words[64] = { l->words };
    size_t lengths[64] = { 0 }, n = 0, len = 0;

    for (const char *at = l->words; *at; at += strspn(at, " ")) {
        words[n] = at;
        lengths[n++] = strcspn(at, " ");
        at += lengths[n - 1];
    }
    if (credited)
        len = (size_t)sprintf(text->body, "%s", l->dateline);
    for (int i = 0; i < WORDS; i++) {
        unsigned k = draw((unsigned)n);
        memcpy(text->body + len, words[k], lengths[k]);
        len += lengths[k];
        if (i % 17 == 16)
            text->body[len++] = '.';
        text->body[len++] = i % 34 == 33 ? '\n' : ' ';
    }
    text->len = len + (size_t)sprintf(text->body + len, ".\n%s", credited ? l->tail : "The board meets again in May.");
    text->byline = credited ? l->byline : "Ann Field";
}

static void fail(const char *what)
{
    fprintf(stderr, "credits: %s\n", what);
    exit(2);
}

static struct dup_agencies *load(const char *path)
{
    static char text[4u << 20];
    char message[256] = "cannot be read";
    struct dup_agencies *table;
    FILE *file = fopen(path, "rb");
    size_t len = file ? fread(text, 1, sizeof text, file) : 0;

    if (!file || dup_agencies_parse(text, len, message, sizeof message, &table) < 0)
        fail(message);
    fclose(file);
    return table;
}

static void fingerprint(struct dup_tokens *tokens, uint64_t *shingles, uint64_t *values, uint32_t *positions,
                        const struct text *text)
{
    uint32_t signature[DUP_LANES];

    if (dup_tokenize(&secret, text->body, text->len, tokens, NULL) < 0)
        fail("a text cannot be read");
    size_t n = dup_shingles(&secret, tokens, shingles);
    dup_minhash(shingles, n, signature);
    volatile uint64_t kept = dup_simhash(shingles, n) + dup_text_hash(&secret, tokens) +
                             dup_winnow(shingles, n, values, positions) + signature[0];
    (void)kept;
}

int main(int argc, char **argv)
{
    struct dup_agencies *table = load(argc > 1 ? argv[1] : "conf/agencies.conf");
    size_t cap = dup_tokens_max(TEXT_MAX);
    uint64_t *shingles = calloc(2 * cap, sizeof *shingles);
    uint32_t *positions = calloc(4 * cap, sizeof *positions);
    uint8_t *flags = calloc(cap, 1);
    struct dup_tokens tokens = { .cap = cap, .flags = flags };
    int met = 1;

    if (!shingles || !positions || !flags || dup_text_setup() < 0)
        fail("out of memory");
    dup_secret_default(&secret);
    tokens.hash = positions + cap;
    tokens.begin = positions + 2 * cap;
    tokens.end = positions + 3 * cap;
    printf("%-10s %18s %13s %8s\n", "language", "fingerprints us", "credits us", "share");
    for (size_t l = 0; l < sizeof languages / sizeof *languages; l++) {
        double best[2] = { 1e9, 1e9 };
        size_t claims = 0;
        for (int i = 0; i < ARTICLES; i++)
            make(&languages[l], &texts[i], i % CREDITED == 0);
        for (int round = 0; round < ROUNDS; round++) {
            double start = now_us();
            for (int i = 0; i < ARTICLES; i++)
                fingerprint(&tokens, shingles, shingles + cap, positions, &texts[i]);
            double middle = now_us();
            claims = 0;
            for (int i = 0; i < ARTICLES; i++) {
                struct dup_credit_input in = { .body = texts[i].body, .body_len = texts[i].len, .byline = texts[i].byline,
                                               .byline_len = strlen(texts[i].byline), .title = "Harbour town agrees on ferries",
                                               .title_len = 30 };
                struct dup_credits found;
                dup_credits_find(table, &in, &found);
                claims += found.claim != DUP_CLAIM_NONE;
            }
            double end = now_us();
            best[0] = middle - start < best[0] ? middle - start : best[0];
            best[1] = end - middle < best[1] ? end - middle : best[1];
        }
        if (claims != ARTICLES / CREDITED)
            fail("the credits are not those that were put in");
        double share = 100 * best[1] / best[0];
        printf("%-10s %18.2f %13.2f %7.1f%%\n", languages[l].name, best[0] / ARTICLES, best[1] / ARTICLES, share);
        met &= share <= SHARE_MAX;
    }
    printf("target: at most %.0f %%%s\n", SHARE_MAX, met ? "" : ", MISSED");
    free(shingles);
    free(positions);
    free(flags);
    dup_agencies_free(table);
    return met ? 0 : 1;
}
