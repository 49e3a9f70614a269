/*
 * fuzz.h - what the fuzz targets share. A target states what must hold whatever the bytes: CHECK
 * ends the run with the sentence, as a sanitizer would.
 */
#ifndef DUPD_FUZZ_H
#define DUPD_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(holds)                                                                            \
    do {                                                                                        \
        if (!(holds)) {                                                                         \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #holds);          \
            abort();                                                                            \
        }                                                                                       \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The shipped conf/agencies.conf, from the project's root; parsed once. */
const struct dup_agencies *fuzz_agencies(void);
/* The whole text of a file in memory of its own. */
char *fuzz_read(const char *path, size_t *ret_len);

#endif
