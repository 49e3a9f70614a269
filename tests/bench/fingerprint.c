/*
 * Goal: how many articles a second one core takes from bytes to all
 * fingerprints, stage by stage, and whether other scripts keep up.
 *
 * The texts are made here: 64 different articles of 500 words a language, so
 * that no branch predictor learns one by heart. Words are drawn from common
 * short ones and from made-up longer ones, with capitals, figures, commas,
 * quotations and lines about as often as in news. Each figure is the best of
 * several rounds, since other programs share the machine.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dup/fingerprint.h"

#define ARTICLES 64
#define WORDS 500
#define ROUNDS 12
#define TEXT_MAX (WORDS * 64)
#define TOKENS_MAX (TEXT_MAX / 2 + 64)

struct language {
    const char *name;
    const char *letters;    /* of which longer words are made, most frequent first */
    const char *common;     /* short words */
    const char *open, *close; /* quotation marks */
    int spaced;
};

static const struct language languages[] = {
    { "English", "etaoinshrdlucmfwypvbgk",
      "the the the of of to to and and a a in in that is was he for it with as his on be at by I "
      "this had not are but from or have an they which one you were her all she there would their "
      "we him been has when who will more no if out so said what up its about into than them can",
      "\"", "\"", 1 },
    { "typography", "etaoinshrdlucmfwypvbgk",
      "the the the of of to to and and a a in in that is was he for it with as his on be at by I "
      "it’s not are but from or have an they which one you were her all she there would don’t "
      "we him been has — who will more no if out so said what up its about into than them can",
      "“", "”", 1 },
    { "French", "esaitnrulodcpmévqfbghjàxèyê",
      "de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il "
      "sont avec son à été cette l’on d’un qu’il", "« ", " »", 1 },
    { "Russian", "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэф",
      "и в не на я что он с как это по но из у за к от так о для же все его было", "«", "»", 1 },
    { "Arabic", "ايلمونرتبةعدسفهكقحجشطصخذزثضظغ",
      "في من على أن إلى التي عن مع هذا كان ما لا بين هذه الذي قد بعد كل أو", "«", "»", 1 },
    { "Hindi", "कारनेीसतमिहलपयदवबोगजुचभूटधथखशषघ", "के में है की से को का और ने पर यह", "“", "”", 1 },
    { "Korean", "이다는에의하고을가지로사도기한인정부서대", "이 그 수 등 것 및 더", "“", "”", 1 },
    { "Chinese", "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会", "", "“", "”", 0 },
    { "Japanese", "のにはをたがでてとしれさいるなもこらりっ日本年人中国会同者一大長カンスアイ", "", "「", "」", 0 },
    { "Thai", "านรกอมสดลยวทคตปงหบพจขชไเแโ", "", "“", "”", 0 },
};

#define LANGUAGES (sizeof languages / sizeof *languages)

static uint64_t seed = 88172645463325252u;

static unsigned draw(unsigned below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)((seed >> 11) % below);
}

/* Length of the UTF-8 character at p. */
static size_t step(const char *p)
{
    size_t n = 1;
    while ((p[n] & 0xc0) == 0x80)
        n++;
    return n;
}

static size_t put(char *text, size_t n, const char *bytes, size_t len)
{
    memcpy(text + n, bytes, len);
    return n + len;
}

static size_t put_letters(char *text, size_t n, const struct language *l, unsigned count)
{
    unsigned letters = 0;

    for (const char *p = l->letters; *p; p += step(p))
        letters++;
    while (count-- > 0) {
        unsigned a = draw(letters), b = draw(letters);
        const char *p = l->letters;
        for (unsigned i = a < b ? a : b; i > 0; i--)
            p += step(p);
        n = put(text, n, p, step(p));
    }
    return n;
}

static size_t put_common(char *text, size_t n, const struct language *l)
{
    unsigned words = 1;

    for (const char *p = l->common; *p; p++)
        words += *p == ' ';
    const char *p = l->common;
    for (unsigned i = draw(words); i > 0; i--)
        p = strchr(p, ' ') + 1;
    return put(text, n, p, strcspn(p, " "));
}

static size_t make_article(const struct language *l, char *text)
{
    size_t n = 0;
    int quoted = 0, sentence = 1;

    for (unsigned w = 0; w < WORDS; w++) {
        size_t begin = n;
        unsigned kind = draw(100);
        if (!quoted && kind == 99) {
            n = put(text, n, l->open, strlen(l->open));
            begin = n;
            quoted = 1;
        }
        if (kind < 2)
            n += (size_t)sprintf(text + n, "%u", draw(3000));
        else if (l->common[0] && kind < 50)
            n = put_common(text, n, l);
        else
            n = put_letters(text, n, l, l->spaced ? 3 + draw(4) + draw(5) : 1);
        if ((sentence || kind > 90) && text[begin] >= 'a' && text[begin] <= 'z')
            text[begin] = (char)(text[begin] - 32);
        sentence = 0;
        unsigned mark = draw(100);
        if (quoted && mark < 12) {
            n = put(text, n, l->close, strlen(l->close));
            quoted = 0;
        }
        if (mark > 94) {
            n = put(text, n, l->spaced ? "." : "。", l->spaced ? 1 : 3);
            if (mark == 99)
                text[n++] = '\n';
            sentence = 1;
        } else if (mark > 89) {
            n = put(text, n, l->spaced ? "," : "，", l->spaced ? 1 : 3);
        }
        if (l->spaced)
            text[n++] = ' ';
    }
    return n;
}

static char text[ARTICLES][TEXT_MAX];
static size_t text_len[ARTICLES];
static uint32_t hash[ARTICLES][TOKENS_MAX], begin_at[TOKENS_MAX], end_at[TOKENS_MAX];
static uint8_t flags[ARTICLES][TOKENS_MAX];
static size_t tokens_n[ARTICLES], shingles_n[ARTICLES];
static uint64_t shingles[ARTICLES][TOKENS_MAX], values[TOKENS_MAX];
static uint32_t positions[TOKENS_MAX], signature[DUP_LANES];
static struct dup_secret secret;
static volatile uint64_t sink; /* keeps the compiler from dropping what nobody reads */

enum stage { TOKENS, SHINGLES, SIMHASH, MINHASH, WINNOW, TEXT_HASH, ALL, STAGES };

static void run(enum stage stage, size_t a)
{
    struct dup_tokens t = { hash[a], begin_at, end_at, flags[a], tokens_n[a], TOKENS_MAX };

    if (stage == TOKENS || stage == ALL) {
        if (dup_tokenize(&secret, text[a], text_len[a], &t, NULL) != 0)
            abort();
        tokens_n[a] = t.n;
    }
    if (stage == SHINGLES || stage == ALL)
        shingles_n[a] = dup_shingles(&secret, &t, shingles[a]);
    if (stage == SIMHASH || stage == ALL)
        sink += dup_simhash(shingles[a], shingles_n[a]);
    if (stage == MINHASH || stage == ALL)
        dup_minhash(shingles[a], shingles_n[a], signature);
    if (stage == WINNOW || stage == ALL)
        sink += dup_winnow(shingles[a], shingles_n[a], values, positions);
    if (stage == TEXT_HASH || stage == ALL)
        sink += dup_text_hash(&secret, &t);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Microseconds an article, the best of all rounds. */
static double measure(enum stage stage)
{
    double best = 1e9;

    for (int round = 0; round < ROUNDS; round++) {
        double start = now();
        for (int again = 0; again < 4; again++)
            for (size_t a = 0; a < ARTICLES; a++)
                run(stage, a);
        double us = (now() - start) * 1e6 / (4 * ARTICLES);
        best = us < best ? us : best;
    }
    return best;
}

int main(void)
{
    static const char *const names[STAGES] = { "tokens", "shingles", "simhash", "minhash",
                                               "winnow", "text hash", "all" };
    double latin = 0;

    dup_secret_default(&secret);
    if (dup_text_setup() != 0)
        return 1;
    printf("%-10s %7s %7s %-10s %9s %12s %8s\n", "language", "bytes", "tokens", "stage", "us",
           "articles/s", "MB/s");
    for (size_t l = 0; l < LANGUAGES; l++) {
        double us[STAGES];
        size_t bytes = 0, tokens = 0;
        for (size_t a = 0; a < ARTICLES; a++) {
            text_len[a] = make_article(&languages[l], text[a]);
            bytes += text_len[a];
        }
        for (int s = 0; s < STAGES; s++)
            us[s] = measure((enum stage)s);
        for (size_t a = 0; a < ARTICLES; a++)
            tokens += tokens_n[a];
        bytes /= ARTICLES;
        tokens /= ARTICLES;
        for (int s = 0; s < STAGES; s++)
            if (l == 0 || s == TOKENS || s == ALL)
                printf("%-10s %7zu %7zu %-10s %9.2f %12.0f %8.0f\n", languages[l].name, bytes,
                       tokens, names[s], us[s], 1e6 / us[s], (double)bytes / us[s]);
        double rate = (double)bytes / us[TOKENS];
        if (l == 0)
            latin = rate;
        else
            printf("%-10s tokenised at %.2f of the English rate per byte\n", languages[l].name,
                   rate / latin);
    }
    return 0;
}
