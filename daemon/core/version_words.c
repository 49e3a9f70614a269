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
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strlen(words[i]) == n && strncasecmp(words[i], text, n) == 0)
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
