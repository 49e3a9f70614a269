/*
 * dup/credit.h - what an article says about where its text comes from.
 *
 * Two claims are kept apart: the text is an agency's own copy (dateline
 * "LONDON (Reuters) -", byline PTI, "published from a syndicated feed"), or
 * it was made from agency copy ("With inputs from agencies"). Photo credits,
 * sourcing ("told Reuters"), teasers and homonyms are neither. Shape and
 * position decide; agencies, names and phrases come from a table
 * (conf/agencies.conf, agencies.conf(5)).
 */
#ifndef DUP_CREDIT_H
#define DUP_CREDIT_H

#include <stddef.h>
#include <stdint.h>

enum dup_claim { DUP_CLAIM_NONE, DUP_CLAIM_FROM, DUP_CLAIM_AGENCY };
enum dup_place { DUP_PLACE_NONE, DUP_PLACE_BYLINE, DUP_PLACE_DATELINE, DUP_PLACE_START,
                 DUP_PLACE_END, DUP_PLACE_INLINE, DUP_PLACE_FIELD,
                 DUP_PLACE_TITLE };

/* Never NULL; any thread. */
const char *dup_claim_word(enum dup_claim claim);  /* "none", "from", "agency" */
const char *dup_place_word(enum dup_place place);  /* "byline", ... */

#define DUP_CREDITS_MAX 8      /* credits kept of an article; further ones are left out */
#define DUP_AGENCY_GENERIC 0   /* "agencies", no name given */

struct dup_credit {
    enum dup_claim claim;
    enum dup_place place;
    uint32_t agency;           /* index in the table; DUP_AGENCY_GENERIC for "agencies" */
    uint32_t begin, end;       /* bytes of the phrase in the field it stands in */
};

/* The article as the detector sees it; all borrowed, NULL with length 0 for absent. */
struct dup_credit_input {
    const char *body, *byline, *credit /* extractor's source field */, *url, *title;
    size_t body_len, byline_len, credit_len, url_len, title_len;
};

struct dup_credits {
    enum dup_claim claim;      /* the article's: agency before from before none */
    size_t n;
    struct dup_credit list[DUP_CREDITS_MAX];
};

/* The table of agencies; immutable once loaded, shared by all threads. */
struct dup_agencies;

/*
 * Parses the text of agencies.conf. On DUP_EINVAL message (size bytes, may
 * be NULL) holds a sentence with the line. DUP_ENOMEM.
 */
int dup_agencies_parse(const char *text, size_t len, char *message, size_t size,
                       struct dup_agencies **ret);
void dup_agencies_free(struct dup_agencies *agencies); /* NULL is allowed; no thread may use it any more */
/* Agencies in the table, DUP_AGENCY_GENERIC included. */
size_t dup_agencies_count(const struct dup_agencies *agencies);
/* Short name ("AFP"; "generic" for DUP_AGENCY_GENERIC); NULL past the last. */
const char *dup_agency_name(const struct dup_agencies *agencies, uint32_t agency);

/* Finds the credits of an article. Never fails: no credit is claim none. Any thread. */
void dup_credits_find(const struct dup_agencies *agencies, const struct dup_credit_input *in,
                      struct dup_credits *ret);

#endif
