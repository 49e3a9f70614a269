/*
 * scan.h - what the two gaits of the tokeniser share.
 *
 * They hand over only right after a space, where no token, no joiner and no
 * sentence mark can be pending, so that this is all the state there is.
 */
#ifndef DUP_CORE_SCAN_H
#define DUP_CORE_SCAN_H

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <stddef.h>
#include <stdint.h>

#include "core/quote.h"
#include "dup/text.h"

/* Folded bytes of the open token, in the slow gait. Longer ones go through the hash's
 * own buffer; WORD_KEEP bytes stay behind because a jamo may change the last three. */
#define WORD_BYTES 256
#define WORD_KEEP 8
#define WORD_APPEND 192 /* most that one character adds, and slack for wide copies */

struct word {
    size_t len;
    int streaming;
    unsigned char bytes[WORD_BYTES + WORD_APPEND];
    XXH3_state_t state;
};

struct scan {
    const struct dup_secret *secret;
    const unsigned char *text;
    size_t len;
    struct dup_tokens out;
    uint8_t fresh; /* DUP_TOKEN_SENTENCE, DUP_TOKEN_LINE for the next token */
    struct quotes quotes;
    struct word word;
};

static inline uint32_t scan_hash(const struct dup_secret *secret, const unsigned char *bytes, size_t len)
{
    return (uint32_t)XXH3_64bits_withSecret(bytes, len, secret->bytes, DUP_SECRET_SIZE);
}

/*
 * Takes characters from *at on, to the end of the text or to just after a
 * space that ASCII follows. 0 with *at where it stopped, DUP_ETOOBIG, or
 * DUP_EUTF8 with *at on what is no character.
 */
int scan_slowly(struct scan *s, size_t *at);

#endif
