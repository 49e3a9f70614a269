/*
 * credit_sieve.h - whether a stretch of text can hold a credit at all.
 *
 * Every credit needs a name of an agency, or one of the few phrases that
 * stand for themselves. The sieve keeps the most telling word of each, and
 * goes over a text eight bytes at a time; only what it does not let fall is
 * scanned (credit_scan.h). It errs on one side only: what it lets fall holds
 * no credit.
 */
#ifndef DUP_CORE_CREDIT_SIEVE_H
#define DUP_CORE_CREDIT_SIEVE_H

#include <stddef.h>
#include <stdint.h>

#define CREDIT_SIEVE_BITS (1u << 17)

struct credit_sieve {
    uint64_t any[CREDIT_SIEVE_BITS / 64];    /* words in any case; */
    uint64_t strong[CREDIT_SIEVE_BITS / 64]; /* of these, those that are not weak */
    uint64_t exact[CREDIT_SIEVE_BITS / 64];  /* codes that count in capitals only */
};

/* How a word passes: in any case, in capitals only, or only beside another weak one ("Daily", "News"). */
enum credit_sieve_kind { CREDIT_SIEVE_STRONG, CREDIT_SIEVE_EXACT, CREDIT_SIEVE_WEAK };

/* Adds the word text[0..len), which is one token of credit_scan(). */
void credit_sieve_add(struct credit_sieve *s, const char *text, size_t len, enum credit_sieve_kind kind);

/*
 * The end of the last word in text[begin..end) that passes, or 0: there is none. All of text[0..len) may be
 * read. Where most of the text is not ASCII it says end if any word passes. Of running text in ASCII
 * only capitalised words are looked at, and those beside a mark.
 */
size_t credit_sieve_last(const struct credit_sieve *s, const char *text, size_t len, size_t begin,
                         size_t end, int running);

#endif
