/*
 * version_words.h - words by which a headline says that it is a later version.
 */
#ifndef DUPD_VERSION_WORDS_H
#define DUPD_VERSION_WORDS_H

#include <stddef.h>

/* Whether a title opens with, or has in brackets, a word for a later version
 * ("UPDATE 2-", "CORRECTED", "(Lead)"). title may be NULL. */
int version_words_found(const char *title, size_t len);

enum { VERSION_CORRECTS = 1, VERSION_WITHDRAWS = 2 };
/* What a title says of the version before, in the same places: "CORRECTED", "Correction:" and the
 * like, or "KILL", "WITHDRAWN:", "(Retracted)". 0 when it says neither. title may be NULL. */
int version_words_notice(const char *title, size_t len);

#endif
