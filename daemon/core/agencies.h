/*
 * agencies.h - the table behind dup_credits_find(): names, phrases, domains.
 *
 * Names and phrases are sequences of folded words in one trie, each node
 * with the entries that end there. Marks within a name (France-Presse, РИА
 * «Новости») are passed over. Agency 0 is the generic one.
 */
#ifndef DUP_CORE_AGENCIES_H
#define DUP_CORE_AGENCIES_H

#include <stddef.h>
#include <stdint.h>

#include "core/credit_scan.h"
#include "core/credit_sieve.h"
#include "dup/credit.h"

/* What an entry is: bits, to ask for several at once. The words are the keys of agencies.conf. */
#define AGENCIES_PHRASES(X)                                                     \
    X(AGENCIES_WITH, 1, "with")           /* names follow: made with theirs */  \
    X(AGENCIES_GAVE, 2, "gave")           /* names precede: made with theirs */ \
    X(AGENCIES_MIXED, 3, "mixed")         /* alone: made from agency copy */    \
    X(AGENCIES_SOURCE, 4, "source")       /* names follow: their copy */        \
    X(AGENCIES_FEED, 5, "feed")           /* alone: an agency's copy */         \
    X(AGENCIES_PROVIDED, 6, "provided")   /* any name follows: its copy */      \
    X(AGENCIES_COPYRIGHT, 7, "copyright") /* names follow: their copy */        \
    X(AGENCIES_PHOTO, 8, "photo")         /* a picture's credit follows */      \
    X(AGENCIES_BY, 9, "by")               /* opens a byline */                  \
    X(AGENCIES_FILL, 10, "fill")          /* may stand beside a name */         \
    X(AGENCIES_AND, 11, "and")            /* joins names */                     \
    X(AGENCIES_LINK, 12, "link")          /* lower case within a place name */  \
    X(AGENCIES_SIGNOFF, 13, "signoff")    /* opens a reporter sign-off */       \
    X(AGENCIES_EDITED, 14, "edited")      /* its second half */                 \
    X(AGENCIES_CABLED, 15, "cabled")      /* ends a Chinese dateline */         \
    X(AGENCIES_HALF, 17, "half")          /* opens one, if edited follows */    \
    X(AGENCIES_COMMON, 18, "common")      /* too common to tell of an agency */ \
    X(AGENCIES_END, 19, "end")            /* behind a name: the text ends */    \
    X(AGENCIES_SENT, 20, "sent")          /* a place follows, then a reporter */

enum {
    AGENCIES_NAME = 1,
#define X(name, bit, word) name = 1 << (bit),
    AGENCIES_PHRASES(X)
#undef X
    AGENCIES_OWN = 1 << 16, /* a phrase that names one agency by itself */
};

/* Where a name counts. */
enum { SHAPE_DATELINE = 1, SHAPE_BYLINE = 2, SHAPE_TAIL = 4, SHAPE_SOURCE = 8, SHAPE_BRACKET = 16, SHAPE_ALL = 31 };

struct agency {
    char *name;       /* owned */
    uint8_t shapes;
    uint8_t homonym;  /* its name means other things too: only the full shape counts */
    uint8_t portal;   /* a news site that calls itself an agency: its name on its own pages says nothing */
};

struct agencies_hit {
    unsigned kind;    /* one of the bits */
    uint32_t agency;  /* of AGENCIES_NAME and AGENCIES_OWN */
    size_t next;      /* token after it */
    int code;         /* matched a code, in its exact case */
};

#define AGENCIES_SIEVE (1u << 16)

struct dup_agencies {
    struct agency *agencies;  /* owned, n of them; 0 is generic */
    size_t n, cap;
    uint32_t signoff;         /* agency of a sign-off that names none */
    struct agencies_edge *edges;    /* owned; open addressing, mask + 1 slots */
    size_t mask, n_edges;
    uint32_t *first;          /* owned; first entry of each node, or 0 */
    size_t n_nodes, cap_nodes;
    struct agencies_entry *entries; /* owned; 0 is unused */
    size_t n_entries, cap_entries;
    struct agencies_domain *domains; /* owned; sorted once loaded */
    size_t n_domains, cap_domains;
    uint64_t sieve[AGENCIES_SIEVE / 64]; /* first words that occur, by hash */
    struct credit_sieve words;           /* the most telling words */
    struct agencies_phrase *phrases;     /* owned; until sealed */
    size_t n_phrases, cap_phrases;
};

/*
 * The longest entry of the wanted kinds that begins at token i of the n in t
 * (scanned from text); 0 when there is none.
 */
int agencies_match(const struct dup_agencies *a, const char *text, const struct credit_token *t,
                   size_t i, size_t n, unsigned wanted, struct agencies_hit *ret);

/* The agency of a host name, any number of labels before its domain; 0 when it is no agency's. */
uint32_t agencies_of_host(const struct dup_agencies *a, const char *host, size_t len);

/* For the parser. exact: the case counts. 0, DUP_ENOMEM, or DUP_EINVAL with *ret_other set to
 * the agency that has the name already, or for a phrase without words to UINT32_MAX. */
int agencies_add(struct dup_agencies *a, const char *phrase, size_t len, unsigned kind,
                 uint32_t agency, int exact, uint32_t *ret_other);
int agencies_add_domain(struct dup_agencies *a, const char *host, size_t len, uint32_t agency);
void agencies_seal(struct dup_agencies *a); /* after the last addition */

#endif
