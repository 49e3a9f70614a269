/*
 * credit_scan.h - the words and marks of a short stretch of text, for the credit detector.
 *
 * Unlike dup_tokenize() it keeps punctuation, since a credit is known by the
 * bracket, dash or slash beside a name, and takes any bytes at all: what is
 * not UTF-8 becomes a mark that fits nothing.
 */
#ifndef DUP_CORE_CREDIT_SCAN_H
#define DUP_CORE_CREDIT_SCAN_H

#include <stddef.h>
#include <stdint.h>

enum credit_kind {
    CREDIT_WORD,    /* letters and what follows of letters and digits */
    CREDIT_NUMBER,  /* digits first */
    CREDIT_CHAR,    /* one letter of a script without spaces */
    CREDIT_MARK,    /* anything else but white space */
};

enum {
    CREDIT_UPPER  = 1,  /* first letter is upper case */
    CREDIT_CAPS   = 2,  /* all letters are, and there are two or more */
    CREDIT_LOWER  = 4,  /* first letter is lower case, of a script that has both */
    CREDIT_SPACED = 8,  /* white space before it */
    CREDIT_LINE   = 16, /* first of a line */
};

/* Marks are brought to one character each: '(' for all round and '[' for all square or
 * lenticular brackets with ')' and ']', '-' for dashes, '"' for quotation marks, '\'' for
 * apostrophes, '.' ',' ':' ';' '/' '|' '=' '+' '&' '@' '*' (bullets too), '^' for the copyright
 * sign, '?' for the rest. */
struct credit_token {
    uint32_t hash;         /* of the folded word; 0 for a mark */
    uint32_t begin, end;   /* bytes in the text */
    uint8_t kind, flags;
    char mark;             /* 0 unless CREDIT_MARK */
};

/*
 * Scans text[begin..end) into out, cap tokens at most (the rest is left
 * out); returns their number. begin counts as a line's first byte. The
 * folding table must have been built. Linear time.
 */
size_t credit_scan(const char *text, size_t begin, size_t end, struct credit_token *out, size_t cap);

#endif
