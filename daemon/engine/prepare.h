/*
 * prepare.h - the part of an article's way that needs no store.
 *
 * A worker reads the request's fields, tokenises and fingerprints the text; what
 * comes out is all that the engine needs to decide. Any thread, one struct
 * preparer each.
 */
#ifndef DUPD_PREPARE_H
#define DUPD_PREPARE_H

#include "base/buf.h"
#include "core/outlets.h"
#include "dup/credit.h"
#include "dup/fingerprint.h"
#include "proto/article.h"
#include "store/store.h"

/* What all preparers share; borrowed, must outlive them. */
struct prepare_options {
    const struct dup_secret *secret;
    const struct dup_agencies *agencies; /* NULL: no credits are looked for */
    const struct outlets *outlets;       /* NULL: outlets are known by name and host alone */
    size_t body_max;                     /* bytes */
};

#define WORD_LONG 128u /* flag of a token that is longer than the average one of its text */

struct prepared {
    struct article_in in;          /* its strings in `strings`, or the caller's; outlet: its one name; without the body */
    char *strings;                 /* owned */
    char made_id[24];              /* id made of the text's hash when none was given */
    struct dup_tokens body, title; /* arrays in memory; without places, flags also WORD_LONG */
    char outlet_name[HOSTS_MAX + 1]; /* what in.outlet points to when it is not as given */
    uint64_t outlet;               /* hash of the outlet's name; 0 unknown */
    uint64_t text_hash, simhash;
    uint8_t minhash[DUP_LANES];
    uint32_t n_values;
    uint64_t *values;              /* in memory, text order; behind them the text's own, under which the whole of it is posted */
    uint32_t *positions;           /* in memory, first token of each value's shingle */
    struct buf raw;                /* owned; the body, unless it is packed alone */
    struct buf packed;             /* owned; the body, compressed; empty: not yet */
    uint32_t base;                 /* article whose text it is packed against, 0: alone */
    struct probed probed;          /* values, and the text's own, looked up ahead of the writer */
    void *memory;                  /* owned: one block for tokens and values */
    uint8_t claim;
    uint8_t place;                 /* enum dup_place: where its strongest credit stands, */
    struct field printed;          /* and what it says; in the strings of in */
    char agencies[96];             /* short names joined by '+', "" for none */
    char own[AGENCY_NAME];         /* the agency whose own outlet published it, "" for none */
    uint8_t notice;                /* ARTICLE_CORRECTED, ARTICLE_WITHDRAWN or 0 */
};

struct preparer;
struct preparer *preparer_new(void); /* NULL: out of memory */
void preparer_free(struct preparer *preparer);

/*
 * Prepares the article in object, which is not needed afterwards. Errors as article_in_read, and
 * DUP_EUTF8, DUP_EEMPTY for a body without a single word. On an error *ret needs no done.
 */
int prepare_article(struct preparer *preparer, const struct prepare_options *options,
                    struct json_object *object, struct prepared *ret, struct json_error *err);
/* Tokens, fingerprints and values of a bare text and title (may be empty), as prepare_article
 * makes them. */
int prepare_text(struct preparer *preparer, const struct dup_secret *secret, struct str title,
                 struct str text, struct prepared *ret, struct json_error *err);
/* Packs the body, against the text of article base unless that is 0; packed before is packed anew. DUP_ENOMEM. */
int prepared_pack(struct prepared *prepared, uint32_t base, struct str base_text);
void prepared_done(struct prepared *prepared);
/* What prepare_text made of the text that from holds, without making it again. 0 or DUP_ENOMEM. */
int prepared_copy_text(const struct prepared *from, struct prepared *ret);

/* Hash of an outlet's name, case folded for ASCII; 0 for none. */
uint64_t outlet_hash(const char *name, size_t len);
/* The same of any name, alias or host of it. outlets may be NULL. */
uint64_t outlet_hash_any(const struct outlets *outlets, const char *name, size_t len);

#endif
