/*
 * The key of all hashes. XXH3 takes it as its secret, of which it uses every
 * byte for long inputs and the first 72 or so for a word; so all of it must
 * look random even when the seed is a short phrase. Invariant: the same seed
 * gives the same secret on every machine and for ever, because the values
 * made with it are stored.
 */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <string.h>

#include "dup/error.h"
#include "dup/text.h"

static const char default_seed[] = "dupd public fingerprint secret, version 1";

int dup_secret_derive(struct dup_secret *secret, const void *seed, size_t len)
{
    if (!seed || len == 0)
        return DUP_EINVAL;
    for (size_t at = 0; at < DUP_SECRET_SIZE; at += sizeof(XXH128_canonical_t)) {
        XXH128_canonical_t bytes;
        XXH128_canonicalFromHash(&bytes, XXH3_128bits_withSeed(seed, len, at + 1));
        memcpy(secret->bytes + at, &bytes, sizeof bytes);
    }
    return 0;
}

void dup_secret_default(struct dup_secret *secret)
{
    (void)dup_secret_derive(secret, default_seed, sizeof default_seed - 1);
}
