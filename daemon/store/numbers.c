/*
 * Numbers for keys: outlets and agencies in the ledger, where a hash of eight bytes would be most of
 * an entry. Invariant: a number leads to the key that it was given to.
 */
#include "store/numbers.h"

#include <stdlib.h>

#include "dup/error.h"

void numbers_init(struct numbers *numbers, uint32_t most)
{
    *numbers = (struct numbers){.most = most};
    pthread_mutex_init(&numbers->lock, NULL);
    map_init(&numbers->map);
}

void numbers_done(struct numbers *numbers)
{
    map_done(&numbers->map);
    free(numbers->keys);
    pthread_mutex_destroy(&numbers->lock);
}

static int add(struct numbers *numbers, uint64_t key, uint32_t *ret)
{
    size_t n = numbers->map.n;
    int is_new;
    if (n >= numbers->most)
        return DUP_EBUSY;
    if (n == 0 || (n >= 64 && (n & (n - 1)) == 0)) {
        uint64_t *keys = realloc(numbers->keys, (n < 64 ? 64 : 2 * n) * sizeof *keys);
        if (!keys)
            return DUP_ENOMEM;
        numbers->keys = keys;
    }
    uint32_t *number = map_put(&numbers->map, key, &is_new);
    if (!number)
        return DUP_ENOMEM;
    numbers->keys[n] = key;
    *ret = *number = (uint32_t)n + 1;
    return 0;
}

int numbers_give(struct numbers *numbers, uint64_t key, uint32_t *ret)
{
    int r = 0;
    *ret = 0;
    if (!key)
        return 0;
    pthread_mutex_lock(&numbers->lock);
    const uint32_t *known = map_get(&numbers->map, key);
    if (known)
        *ret = *known;
    else
        r = add(numbers, key, ret);
    pthread_mutex_unlock(&numbers->lock);
    return r;
}

uint64_t numbers_key(struct numbers *numbers, uint32_t number)
{
    pthread_mutex_lock(&numbers->lock);
    uint64_t key = number ? numbers->keys[number - 1] : 0;
    pthread_mutex_unlock(&numbers->lock);
    return key;
}

uint32_t numbers_given(struct numbers *numbers)
{
    pthread_mutex_lock(&numbers->lock);
    uint32_t n = (uint32_t)numbers->map.n;
    pthread_mutex_unlock(&numbers->lock);
    return n;
}
