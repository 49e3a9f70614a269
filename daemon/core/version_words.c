/*
 * version_words.c - reads version words in headlines.
 *
 * Agencies mark a later version of a story in its slug or headline: "UPDATE
 * 2-", "CORRECTED", "REFILE-", "(Adds details)", "2nd LD". Any of these
 * words occurs in plain headlines too ("Lead poisoning", "Apple update"), so
 * they count only in the places that agencies put them: at the start before
 * a number, a colon or a dash, in capitals, or inside brackets. Invariant:
 * nothing here decides, it is one sign among others.
 */
#include "core/version_words.h"

#include <ctype.h>
#include <string.h>

#include "core/evidence.h"

static const char *const words[] = {
    "update", "updated", "updates", "corrected", "correction", "corrects", "refile", "refiled",
    "wrapup", "wrap", "adds", "lead", "ld", "recast", "recasts", "rewrite", "writethru", "repeat",
    "rpt", "amended", "final", "urgent", "newseries", "aktualisiert", "actualizado",
    "actualizacion", "actualiza", "atualizado", "aggiornamento", "aggiornato", "maj", "korrektur",
};

/* A word of the list at text, or 0; its length otherwise. */
static size_t word_at(const char *text, size_t len)
{
    size_t n = 0;

    while (n < len && isalpha((unsigned char)text[n]))
        n++;
    if (n == 0)
        return 0;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (words[i][0] == tolower((unsigned char)text[0]) && strlen(words[i]) == n && strncasecmp(words[i], text, n) == 0)
            return n;
    return 0;
}

static int is_capitals(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (islower((unsigned char)text[i]))
            return 0;
    return 1;
}

int version_words_found(const char *title, size_t len)
{
    size_t n;

    if (title == NULL || len == 0)
        return 0;
    n = word_at(title, len);
    if (n > 0 && n < len) {
        size_t next = n;

        while (next < len && title[next] == ' ')
            next++;
        if (is_capitals(title, n) ||
            (next < len && (strchr(":-/(", title[next]) != NULL || isdigit((unsigned char)title[next]))))
            return 1;
    }
    for (size_t i = 0; i + 1 < len; i++)
        if ((title[i] == '(' || title[i] == '[') && word_at(title + i + 1, len - i - 1) > 0)
            return 1;
    return 0;
}

static const struct { const char *word; int notice; } notices[] = {
    {"corrected", VERSION_CORRECTS}, {"correction", VERSION_CORRECTS}, {"corrects", VERSION_CORRECTS},
    {"korrektur", VERSION_CORRECTS}, {"berichtigung", VERSION_CORRECTS}, {"correctif", VERSION_CORRECTS},
    {"rectificatif", VERSION_CORRECTS}, {"rettifica", VERSION_CORRECTS}, {"corrige", VERSION_CORRECTS},
    {"kill", VERSION_WITHDRAWS}, {"killed", VERSION_WITHDRAWS}, {"withdrawn", VERSION_WITHDRAWS},
    {"withdrawal", VERSION_WITHDRAWS}, {"withdraws", VERSION_WITHDRAWS}, {"retracted", VERSION_WITHDRAWS},
    {"retraction", VERSION_WITHDRAWS}, {"retracts", VERSION_WITHDRAWS}, {"annule", VERSION_WITHDRAWS},
};

/* Words that may stand before one of those. */
static const char *const before[] = {"mandatory", "bulletin", "editors", "eds", "attention", "advisory"};

static size_t letters(const char *text, size_t len)
{
    size_t n = 0;

    while (n < len && isalpha((unsigned char)text[n]))
        n++;
    return n;
}

static int notice_of(const char *word, size_t n)
{
    for (size_t i = 0; i < sizeof notices / sizeof *notices; i++)
        if (strlen(notices[i].word) == n && strncasecmp(notices[i].word, word, n) == 0)
            return notices[i].notice;
    return 0;
}

static int goes_before(const char *word, size_t n)
{
    for (size_t i = 0; i < sizeof before / sizeof *before; i++)
        if (strlen(before[i]) == n && strncasecmp(before[i], word, n) == 0)
            return 1;
    return word_at(word, n) == n;
}

/* Whether a word of n letters at the start of text is set off from what follows: by a mark, or by
 * being in capitals while the next word is not. */
static int is_set_off(const char *text, size_t n, size_t len)
{
    size_t next = n;

    while (next < len && text[next] == ' ')
        next++;
    if (next == len)
        return 0;
    if (strchr(":-/(", text[next]) != NULL || strncmp(text + next, "\xe2\x80\x93", 3) == 0 ||
        strncmp(text + next, "\xe2\x80\x94", 3) == 0)
        return 1;
    size_t following = letters(text + next, len - next);
    return next > n && is_capitals(text, n) && !(following > 0 && is_capitals(text + next, following));
}

/* "(KILL)", "(Corrects the name)": what corrects may say what. */
static int notice_in_brackets(const char *title, size_t len)
{
    for (size_t i = 0; i + 1 < len; i++) {
        if (title[i] != '(' && title[i] != '[')
            continue;
        size_t n = letters(title + i + 1, len - i - 1), end = i + 1 + n;
        int notice = notice_of(title + i + 1, n), closed = end < len && strchr(")]:-,", title[end]) != NULL;
        if (notice == VERSION_CORRECTS || (notice && closed))
            return notice;
    }
    return 0;
}

/* "Ferry line to reopen, KILL". */
static int notice_at_end(const char *title, size_t len)
{
    size_t begin = len;

    while (begin > 0 && isalpha((unsigned char)title[begin - 1]))
        begin--;
    if (begin < 2 || title[begin - 1] != ' ' || strchr(",-", title[begin - 2]) == NULL ||
        !is_capitals(title + begin, len - begin))
        return 0;
    return notice_of(title + begin, len - begin);
}

int version_words_notice(const char *title, size_t len)
{
    size_t at = 0;

    if (title == NULL)
        return 0;
    for (int words_seen = 0; words_seen < 4; words_seen++) {
        size_t n = letters(title + at, len - at);
        int notice = notice_of(title + at, n);
        if (notice && is_set_off(title + at, n, len - at))
            return notice;
        if (n == 0 || !goes_before(title + at, n))
            break;
        at += n;
        while (at < len && strchr(" :-/0123456789", title[at]) != NULL)
            at++;
    }
    int notice = notice_in_brackets(title, len);
    return notice ? notice : notice_at_end(title, len);
}
