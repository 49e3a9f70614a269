/*
 * generate - articles for the benches: NDJSON on stdout, the same for the same seed.
 *
 * An original is a function of its number alone (words drawn from a Zipf
 * distribution over 65,536 invented words, in sentences, quotes and
 * paragraphs), so a copy is made by making its original again: no text is
 * kept, whatever the count. Copies are exact, edited (a tenth of the words
 * changed, left out or put in) or cut (to 20-60 %, in one piece or by
 * paragraphs), of an original among the last 50,000 nine times in ten,
 * and in half of the cases of a wire story (every 16th original), so that
 * some stories run in many papers.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WORDS 65536u      /* size of the vocabulary */
#define SLOT 16           /* bytes of a word's slot */
#define PHRASES 512       /* stock phrases, of 3 to 7 words */
#define PLACES 4096u
#define OUTLETS 2000u
#define RECENT 50000u     /* originals that most copies are taken from */
#define TOKENS_MAX 20000
#define DAY_MS 86400000LL
#define START_MS 1767225600000LL /* 2026-01-01 */

enum kind { NEW, EXACT, EDITED, CUT, KINDS };
static const char *const kind_word[KINDS] = { "new", "exact", "edited", "cut" };

/* One word of a text with what stands around it. */
struct token {
    uint32_t word;   /* index in the vocabulary, or the number itself */
    uint16_t flags;
};
enum { CAPITAL = 1, NUMBER = 2, COMMA = 4, STOP = 8, PARAGRAPH = 16, OPEN = 32, CLOSE = 64 };

struct text {
    struct token *tokens;
    size_t n;
};

struct rng {
    uint64_t state;
};

struct vocabulary {
    char slot[WORDS][SLOT];     /* lower case, zero-padded */
    uint8_t len[WORDS];
    uint32_t keep[WORDS];       /* alias method (Walker 1977): chance of the row itself, in 2^-32 */
    uint32_t other[WORDS];      /* and the word taken else */
    uint32_t phrase[PHRASES][7];
    uint8_t phrase_len[PHRASES];
};

struct options {
    uint64_t count, skip, seed, per_day;
    unsigned words, share[KINDS], furnished, credited;
    const char *labels;
};

static struct vocabulary vocabulary;

/* splitmix64 (Steele, Lea, Flood 2014) */
static inline uint64_t next(struct rng *rng)
{
    uint64_t z = (rng->state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static inline uint32_t below(struct rng *rng, uint32_t n)
{
    return (uint32_t)(((next(rng) >> 32) * n) >> 32);
}

/* A generator for one purpose (stream) and one number of it. */
static struct rng rng_for(uint64_t seed, uint64_t stream, uint64_t number)
{
    struct rng rng = { seed ^ (stream * UINT64_C(0xd1342543de82ef95)) ^ (number * UINT64_C(0xaf251af3b0f025b5)) };
    next(&rng);
    return rng;
}

static inline uint32_t zipf(struct rng *rng)
{
    uint64_t r = next(rng);
    uint32_t row = (uint32_t)(r & (WORDS - 1));
    return (uint32_t)(r >> 32) < vocabulary.keep[row] ? row : vocabulary.other[row];
}

/* The alias table of weights 1 / (rank + 2.7), Zipf's law as Mandelbrot flattened it. */
static int weigh(void)
{
    double *weight = malloc(WORDS * sizeof *weight);
    uint32_t *small = malloc(WORDS * sizeof *small), *large = malloc(WORDS * sizeof *large);
    size_t n_small = 0, n_large = 0;
    int rc = -1;

    if (!weight || !small || !large)
        goto out;
    double sum = 0;
    for (uint32_t i = 0; i < WORDS; i++)
        sum += weight[i] = 1 / (i + 2.7);
    for (uint32_t i = 0; i < WORDS; i++) {
        weight[i] *= WORDS / sum;
        if (weight[i] < 1)
            small[n_small++] = i;
        else
            large[n_large++] = i;
        vocabulary.keep[i] = UINT32_MAX;
        vocabulary.other[i] = i;
    }
    while (n_small > 0 && n_large > 0) {
        uint32_t s = small[--n_small], l = large[n_large - 1];
        vocabulary.keep[s] = (uint32_t)(weight[s] * 4294967295.0);
        vocabulary.other[s] = l;
        weight[l] -= 1 - weight[s];
        if (weight[l] < 1) {
            n_large--;
            small[n_small++] = l;
        }
    }
    rc = 0;
out:
    free(weight);
    free(small);
    free(large);
    return rc;
}

static uint64_t word_hash(const char *word)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    while (*word)
        hash = (hash ^ (unsigned char)*word++) * UINT64_C(0x100000001b3);
    return hash ^ (hash >> 29);
}

/* Invents the words, all different, the frequent ones short. One in fifty has an accent. */
static int invent(uint64_t seed)
{
    static const char *const onset[] = { "b", "br", "c", "ch", "d", "d", "f", "f", "g", "g", "h", "h", "j", "l", "l", "m",
                                         "m", "n", "n", "p", "p", "r", "r", "s", "s", "st", "t", "t", "th", "v", "w", "" };
    static const char *const nucleus[] = { "a", "e", "i", "o", "u", "a", "e", "i", "o", "e", "ea", "ou", "a", "e", "i", "y" };
    static const char *const coda[] = { "", "", "", "", "", "n", "r", "s", "t", "l", "m", "d", "", "", "n", "ng" };
    static const char *const accent[] = { "é", "ö", "ü", "ñ" };
    size_t mask = WORDS * 4 - 1;
    uint32_t *seen = calloc(mask + 1, sizeof *seen); /* open addressing: index + 1 */
    struct rng rng = rng_for(seed, 1, 0);

    if (!seen)
        return -1;
    for (uint32_t i = 0; i < WORDS;) {
        char word[64] = "";
        unsigned syllables = i < 300 ? 1 : i < 4000 ? 2 : 2 + (below(&rng, 3) > 0);
        for (unsigned s = 0; s < syllables; s++) {
            strcat(word, onset[below(&rng, 32)]);
            strcat(word, i > 200 && below(&rng, 100) == 0 ? accent[below(&rng, 4)] : nucleus[below(&rng, 16)]);
            strcat(word, coda[below(&rng, 16)]);
        }
        size_t len = strlen(word);
        if (len == 0 || len >= SLOT)
            continue;
        size_t at = (size_t)word_hash(word) & mask;
        while (seen[at] && strcmp(vocabulary.slot[seen[at] - 1], word) != 0)
            at = (at + 1) & mask;
        if (seen[at])
            continue;
        seen[at] = i + 1;
        memcpy(vocabulary.slot[i], word, len);
        vocabulary.len[i] = (uint8_t)len;
        i++;
    }
    free(seen);
    for (unsigned p = 0; p < PHRASES; p++) {
        vocabulary.phrase_len[p] = (uint8_t)(3 + below(&rng, 5));
        for (unsigned w = 0; w < 7; w++)
            vocabulary.phrase[p][w] = zipf(&rng);
    }
    return 0;
}

static inline void add(struct text *text, uint32_t word, unsigned flags)
{
    if (text->n < TOKENS_MAX)
        text->tokens[text->n++] = (struct token){ word, (uint16_t)flags };
}

/* One sentence: words, now and then a name, a number, a stock phrase, quotation marks. */
static void sentence(struct rng *rng, struct text *text, const uint32_t names[4])
{
    size_t start = text->n, length = 8 + below(rng, 22);
    int quoted = below(rng, 8) == 0;

    while (text->n - start < length) {
        uint32_t r = (uint32_t)(next(rng) >> 40) & 0xff;
        if (r < 9) {
            add(text, names[below(rng, 4)], CAPITAL);
        } else if (r < 14) {
            uint32_t size = below(rng, 4);
            add(text, size == 0 ? 1990 + below(rng, 40) : size == 1 ? below(rng, 100000) : below(rng, 300), NUMBER);
        } else if (r < 18) {
            unsigned p = below(rng, PHRASES);
            for (unsigned w = 0; w < vocabulary.phrase_len[p]; w++)
                add(text, vocabulary.phrase[p][w], 0);
        } else {
            add(text, zipf(rng), r > 240 ? COMMA : 0);
        }
    }
    text->tokens[start].flags |= CAPITAL;
    struct token *last = &text->tokens[text->n - 1];
    last->flags = (uint16_t)((last->flags & ~COMMA) | STOP);
    if (quoted) {
        text->tokens[start].flags |= OPEN;
        last->flags |= CLOSE;
    }
}

/* The text of an original, about as many words as asked. */
static void original(const struct options *options, uint64_t number, struct text *text)
{
    struct rng rng = rng_for(options->seed, 2, number);
    size_t length = options->words / 2 + below(&rng, options->words + 1);
    uint32_t names[4];

    for (unsigned i = 0; i < 4; i++)
        names[i] = 3000 + below(&rng, WORDS - 3000);
    text->n = 0;
    while (text->n < length && text->n + 64 < TOKENS_MAX) {
        for (uint32_t s = 1 + below(&rng, 3); s > 0; s--)
            sentence(&rng, text, names);
        text->tokens[text->n - 1].flags |= PARAGRAPH;
    }
}

/* A tenth of the words: another, left out, or one more. Marks around a word stay. */
static void edit(struct rng *rng, const struct text *from, struct text *to)
{
    to->n = 0;
    for (size_t i = 0; i < from->n; i++) {
        struct token token = from->tokens[i];
        uint32_t r = below(rng, 60);
        if (r < 3) {
            token.word = zipf(rng);
            token.flags &= (uint16_t)~NUMBER;
        } else if (r == 3 && !(token.flags & (STOP | OPEN))) {
            continue;
        } else if (r == 4 || r == 5) {
            add(to, zipf(rng), token.flags & (CAPITAL | OPEN));
            token.flags &= (uint16_t)~(CAPITAL | OPEN);
        }
        add(to, token.word, token.flags);
    }
}

/* Keeps 20-60 %: the first part, a middle part, or the first paragraph and some of the others. */
static void cut(struct rng *rng, const struct text *from, struct text *to)
{
    size_t keep = from->n * (20 + below(rng, 41)) / 100, begin = 0;

    to->n = 0;
    switch (below(rng, 3)) {
    case 1:
        begin = below(rng, (uint32_t)(from->n - keep + 1));
        /* fall through */
    case 0:
        memcpy(to->tokens, from->tokens + begin, keep * sizeof *to->tokens);
        to->n = keep;
        break;
    default:
        for (size_t i = 0; i < from->n && to->n < keep;) {
            size_t end = i;
            while (end + 1 < from->n && !(from->tokens[end].flags & PARAGRAPH))
                end++;
            end++;
            if (i == 0 || below(rng, 100) < 45) {
                memcpy(to->tokens + to->n, from->tokens + i, (end - i) * sizeof *to->tokens);
                to->n += end - i;
            }
            i = end;
        }
    }
    if (to->n == 0)
        add(to, from->tokens[0].word, CAPITAL);
    to->tokens[to->n - 1].flags |= STOP;
}

/* What an outlet puts under its texts: one to three paragraphs, always the same. */
static void furnish(const struct options *options, uint32_t outlet, struct text *text)
{
    struct rng rng = rng_for(options->seed, 3, outlet);
    uint32_t names[4];

    for (unsigned i = 0; i < 4; i++)
        names[i] = 3000 + below(&rng, WORDS - 3000);
    if (text->n + 200 > TOKENS_MAX)
        return;
    for (uint32_t p = 1 + below(&rng, 3); p > 0; p--) {
        text->tokens[text->n - 1].flags |= PARAGRAPH;
        for (uint32_t s = 1 + below(&rng, 2); s > 0; s--)
            sentence(&rng, text, names);
    }
}

static inline char *put(char *out, const char *string)
{
    size_t len = strlen(string);
    memcpy(out, string, len);
    return out + len;
}

static char *put_number(char *out, uint64_t value)
{
    char digits[20];
    size_t n = 0;
    do
        digits[n++] = (char)('0' + value % 10);
    while ((value /= 10) > 0);
    while (n > 0)
        *out++ = digits[--n];
    return out;
}

static inline char *put_word(char *out, uint32_t word, int capital)
{
    memcpy(out, vocabulary.slot[word], SLOT); /* one store; what follows is written over */
    if (capital && *out >= 'a' && *out <= 'z')
        *out = (char)(*out - 'a' + 'A');
    return out + vocabulary.len[word];
}

/* As it stands inside a JSON string. At most 32 bytes a token. */
static char *put_text(char *out, const struct text *text)
{
    for (size_t i = 0; i < text->n; i++) {
        struct token token = text->tokens[i];
        if (token.flags & OPEN)
            out = put(out, "\\\"");
        if (token.flags & NUMBER)
            out = put_number(out, token.word);
        else
            out = put_word(out, token.word, token.flags & CAPITAL);
        if (token.flags & (COMMA | STOP | CLOSE)) {
            if (token.flags & COMMA)
                *out++ = ',';
            if (token.flags & STOP)
                *out++ = '.';
            if (token.flags & CLOSE)
                out = put(out, "\\\"");
        }
        if (i + 1 == text->n)
            break;
        if (token.flags & PARAGRAPH)
            out = put(out, "\\n\\n");
        else
            *out++ = ' ';
    }
    return out;
}

static char *put_outlet(char *out, uint32_t outlet)
{
    out = put_word(out, 5000 + outlet * 7, 0);
    out = put(out, outlet % 3 == 0 ? "post" : outlet % 3 == 1 ? "times" : "news");
    return put(out, ".example");
}

static char *put_id(char *out, const struct options *options, enum kind kind, uint64_t number)
{
    *out++ = 'g';
    out = put_number(out, options->seed);
    *out++ = '-';
    *out++ = kind == NEW ? 'o' : 'c';
    return put_number(out, number);
}

/* A headline of 5 to 10 words; half of the copies keep their original's. */
static char *put_title(char *out, struct rng *rng)
{
    for (uint32_t n = 5 + below(rng, 6), i = 0; i < n; i++) {
        if (i > 0)
            *out++ = ' ';
        out = put_word(out, zipf(rng), i == 0 || below(rng, 5) == 0);
    }
    return out;
}

static char *put_time(char *out, int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    return out + strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* Few outlets publish much, most little. */
static uint32_t pick_outlet(struct rng *rng)
{
    double r = (double)(next(rng) >> 11) * 0x1p-53;
    return (uint32_t)(r * r * OUTLETS);
}

/* The original that a copy is taken from, of those so far. */
static uint64_t pick_source(struct rng *rng, uint64_t originals)
{
    uint64_t source;

    if (originals <= RECENT || below(rng, 10) == 0) {
        source = next(rng) % originals;
    } else {
        double r = (double)(next(rng) >> 11) * 0x1p-53;
        source = originals - 1 - (uint64_t)(r * r * RECENT);
    }
    return below(rng, 2) == 0 ? source - source % 16 : source;
}

static enum kind pick_kind(const struct options *options, struct rng *rng)
{
    uint32_t r = below(rng, options->share[NEW] + options->share[EXACT] + options->share[EDITED] + options->share[CUT]);
    enum kind kind = NEW;

    while (r >= options->share[kind])
        r -= options->share[kind++];
    return kind;
}

/* Most stories are some agency's; of their prints so many sign with it, and some with "Agencies". */
static char *put_byline(char *out, const struct options *options, uint64_t source, struct rng *rng)
{
    static const char *const agencies[] = {"Reuters", "AP", "AFP", "PTI", "dpa", "EFE", "ANI", "Xinhua"};
    uint32_t r = options->credited ? below(rng, 100) : 100;

    if (r < options->credited && source % 4 != 0)
        return put(out, r % 8 == 0 ? "Agencies" : agencies[source % 8]);
    out = put_word(out, 4000 + below(rng, 20000), 1);
    *out++ = ' ';
    return put_word(out, 4000 + below(rng, 20000), 1);
}

static char *put_article(char *out, const struct options *options, uint64_t index, enum kind kind, uint64_t number,
                         uint64_t source, struct rng *rng, const struct text *text, uint32_t outlet)
{
    struct rng title = rng_for(options->seed, 4, kind == NEW || below(rng, 2) == 0 ? source : index + (UINT64_C(1) << 48));
    int64_t published = START_MS + (int64_t)((double)index * (double)DAY_MS / (double)options->per_day);

    out = put(out, "{\"id\":\"");
    out = put_id(out, options, kind, number);
    out = put(out, "\",\"outlet\":\"");
    out = put_outlet(out, outlet);
    out = put(out, "\",\"url\":\"https://");
    out = put_outlet(out, outlet);
    *out++ = '/';
    out = put_number(out, index);
    out = put(out, "\",\"title\":\"");
    out = put_title(out, &title);
    out = put(out, "\",\"byline\":\"");
    out = put_byline(out, options, source, rng);
    out = put(out, "\",\"published\":\"");
    out = put_time(out, published);
    out = put(out, "\",\"language\":\"en\",\"body\":\"");
    out = put_text(out, text);
    return put(out, "\"}\n");
}

static int generate(const struct options *options, FILE *labels)
{
    struct text text = { calloc(TOKENS_MAX, sizeof(struct token)), 0 };
    struct text source_text = { calloc(TOKENS_MAX, sizeof(struct token)), 0 };
    size_t cap = (4u << 20) + TOKENS_MAX * 32 + 4096, len = 0;
    char *buffer = malloc(cap);
    uint64_t originals = 0, copies = 0;
    int rc = -1;

    if (!text.tokens || !source_text.tokens || !buffer)
        goto out;
    for (uint64_t index = 0; index < options->skip + options->count; index++) {
        struct rng rng = rng_for(options->seed, 5, index);
        enum kind kind = originals == 0 ? NEW : pick_kind(options, &rng);
        uint64_t number = kind == NEW ? originals++ : copies++;
        if (index < options->skip)
            continue;
        uint64_t source = kind == NEW ? number : pick_source(&rng, originals);
        uint32_t outlet = pick_outlet(&rng);
        original(options, source, kind == NEW || kind == EXACT ? &text : &source_text);
        if (kind == EDITED)
            edit(&rng, &source_text, &text);
        else if (kind == CUT)
            cut(&rng, &source_text, &text);
        if (below(&rng, 100) < options->furnished)
            furnish(options, outlet, &text);
        char *end = put_article(buffer + len, options, index, kind, number, source, &rng, &text, outlet);
        len = (size_t)(end - buffer);
        if (labels) {
            char id[64];
            *put_id(id, options, kind, number) = 0;
            fprintf(labels, "%s\t%s", id, kind_word[kind]);
            *put_id(id, options, NEW, source) = 0;
            fprintf(labels, "\t%s\n", id);
        }
        if (len >= 1u << 20 || index + 1 == options->skip + options->count) {
            if (fwrite(buffer, 1, len, stdout) != len)
                goto out;
            len = 0;
        }
    }
    rc = fflush(stdout) != 0 ? -1 : 0;
out:
    free(text.tokens);
    free(source_text.tokens);
    free(buffer);
    return rc;
}

static _Noreturn void usage(FILE *out, int code)
{
    fputs("usage: generate [--count N] [--skip N] [--seed S] [--words 500] [--per-day 1000000]\n"
          "                [--new 60] [--exact 15] [--edited 15] [--cut 10] [--furnished PERCENT] [--credited PERCENT] [--labels FILE]\n"
          "Articles as NDJSON on standard output. FILE gets a line an article: id, kind, id of its original.\n"
          "--skip leaves out the first N of what would have been written.\n", out);
    exit(code);
}

static uint64_t number_of(const char *string)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(string, &end, 10);
    if (errno || end == string || *end || *string == '-')
        usage(stderr, 2);
    return value;
}

int main(int argc, char **argv)
{
    static const struct option known[] = {
        { "count", 1, NULL, 'n' }, { "skip", 1, NULL, 'k' }, { "seed", 1, NULL, 's' }, { "words", 1, NULL, 'w' },
        { "per-day", 1, NULL, 'd' }, { "new", 1, NULL, '0' + NEW }, { "exact", 1, NULL, '0' + EXACT },
        { "edited", 1, NULL, '0' + EDITED }, { "cut", 1, NULL, '0' + CUT }, { "furnished", 1, NULL, 'f' },
        { "credited", 1, NULL, 'c' }, { "labels", 1, NULL, 'l' }, { "help", 0, NULL, 'h' }, { NULL, 0, NULL, 0 },
    };
    struct options options = { .count = 1000, .seed = 1, .per_day = 1000000, .words = 500, .share = { 60, 15, 15, 10 } };
    FILE *labels = NULL;
    int c;

    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (c) {
        case 'n': options.count = number_of(optarg); break;
        case 'k': options.skip = number_of(optarg); break;
        case 's': options.seed = number_of(optarg); break;
        case 'w': options.words = (unsigned)number_of(optarg); break;
        case 'd': options.per_day = number_of(optarg); break;
        case 'f': options.furnished = (unsigned)number_of(optarg); break;
        case 'c': options.credited = (unsigned)number_of(optarg); break;
        case 'l': options.labels = optarg; break;
        case 'h': usage(stdout, 0);
        case '0' + NEW: case '0' + EXACT: case '0' + EDITED: case '0' + CUT:
            options.share[c - '0'] = (unsigned)number_of(optarg); break;
        default: usage(stderr, 2);
        }
    }
    if (optind < argc || options.words < 20 || options.words > 10000 || options.per_day == 0 ||
        options.share[NEW] == 0 || options.furnished > 100 || options.credited > 100)
        usage(stderr, 2);
    if (options.labels && !(labels = fopen(options.labels, "w"))) {
        fprintf(stderr, "generate: %s: %s\n", options.labels, strerror(errno));
        return 1;
    }
    int rc = weigh() || invent(options.seed) || generate(&options, labels);
    if (labels && fclose(labels) != 0)
        rc = -1;
    if (rc)
        fprintf(stderr, "generate: %s\n", strerror(errno));
    return rc ? 1 : 0;
}
