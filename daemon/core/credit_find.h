/*
 * credit_find.h - what the parts of the credit detector share.
 *
 * Each part is handed a scanned stretch of one field and notes what it
 * finds; credit.c decides which stretches are worth looking at.
 */
#ifndef DUP_CORE_CREDIT_FIND_H
#define DUP_CORE_CREDIT_FIND_H

#include "core/agencies.h"

#define CREDIT_TOKENS 192   /* of one stretch; what is beyond is not seen */

struct credit_find {
    const struct dup_agencies *a;
    const char *text;       /* the field */
    struct credit_token *t; /* n tokens of the stretch; the first has CREDIT_LINE */
    size_t n;
    enum dup_place place;
    int cut;                /* the stretch is only the end of a line */
    uint32_t host;          /* the agency whose site the article stands on, or 0 */
    struct dup_credits *out;
};

#define CREDIT_NAMES 8

/* Agencies named in a row: "AFP, Reuters and the AP". */
struct credit_names {
    uint32_t agency[CREDIT_NAMES];
    size_t n;
    size_t end;             /* token after the last */
    int generic;            /* one of them is "agencies" */
    int homonym;            /* one of them means other things too */
};

/* Names that begin at token i, fillers passed over ("the news agency AFP"), whose agency
 * counts in one of the shapes (SHAPE_...). 0 when there are none. */
int credit_names_at(const struct credit_find *f, size_t i, size_t hi, unsigned shapes,
                    struct credit_names *ret);

/* Whether nothing but closing marks stands in [i, hi). */
int credit_at_end(const struct credit_find *f, size_t i, size_t hi);

/* Whether the capitals before token i spell the code: "Aam Aadmi Party (AAP". */
int credit_spelled_out(const struct credit_find *f, size_t i, const struct credit_token *code);

/* The token after the word that ends a dispatch's dateline, where names end at token i: 新华社北京4月24日电,
 * 中央社記者高華謙台北5日電, 新华社电; 0 if there is none. */
size_t credit_cabled(const struct credit_find *f, size_t i, size_t hi);

/* Whether something begins at token i: a line, or what follows a mark that parts. */
int credit_is_boundary(const struct credit_find *f, size_t i);

/* Notes one credit with the phrase of tokens [i, j); a full list and repeats are passed over. */
void credit_note(struct credit_find *f, enum dup_claim claim, uint32_t agency, size_t i, size_t j);
void credit_note_names(struct credit_find *f, enum dup_claim claim,
                       const struct credit_names *names, size_t i, size_t j);

/*
 * What stands between brackets, tokens [lo, hi) without them: (Reuters),
 * (dpa/lni), (With PTI inputs), (Von A B, dpa). DUP_CLAIM_NONE, or the claim
 * with its names in *ret.
 */
enum dup_claim credit_bracket(const struct credit_find *f, size_t lo, size_t hi,
                              struct credit_names *ret);

/* The token that closes the bracket at i, or 0 when none of the next max does. */
size_t credit_close(const struct credit_find *f, size_t i, size_t max);

/* The dateline and what else credits the text at its start: f holds the head of the body. */
void credit_find_head(struct credit_find *f);

/* The first token at or after i that is none of the marks, hi at most. */
size_t credit_skip(const struct credit_find *f, size_t i, size_t hi, const char *marks);

/* What names by themselves claim: "agencies" at the end of a text says it in a weaker sense only. */
enum dup_claim credit_own_claim(const struct credit_find *f, const struct credit_names *names);

/* One line of the tail, or with whole = 0 only the end of one. */
void credit_find_line(struct credit_find *f, int whole);

/* A line that is nothing but a credit ("AFP", "Von A B, dpa", "abc/dpa"), tokens [lo, hi). */
int credit_own_line(struct credit_find *f, size_t lo, size_t hi);

/* Whether nothing stands in [i, hi) but what agencies leave behind their name: "PTI SMN", "Lusa/Fim". */
int credit_is_left_behind(const struct credit_find *f, size_t i, size_t hi);

/* The byline field, or the extractor's credit field. */
void credit_find_byline(struct credit_find *f);
void credit_find_field(struct credit_find *f);

/* A title that names its agency in a bracket or after a slash at the end, or first with a dash. */
void credit_find_title(struct credit_find *f);

#endif
