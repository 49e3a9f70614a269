/*
 * numbers.h - small numbers for keys of 64 bits, from 1 in the order in which they come.
 *
 * Any thread, except for numbers_init and numbers_done. Key 0 has number 0.
 */
#ifndef DUPD_NUMBERS_H
#define DUPD_NUMBERS_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"

struct numbers {
    pthread_mutex_t lock;
    struct map map;               /* key to number */
    uint64_t *keys;               /* owned; of number 1 and up, room for a power of two */
    uint32_t most;                /* that are given */
};

void numbers_init(struct numbers *numbers, uint32_t most);
void numbers_done(struct numbers *numbers);
/* DUP_EBUSY: so many have been given. DUP_ENOMEM. */
int numbers_give(struct numbers *numbers, uint64_t key, uint32_t *ret);
uint64_t numbers_key(struct numbers *numbers, uint32_t number); /* one that was given */
uint32_t numbers_given(struct numbers *numbers);

#endif
