/* Clocks. The virtual one is atomic because workers read it while a test sets it. */
#include "base/clock.h"

#include <stdatomic.h>
#include <time.h>

static _Atomic int64_t virtual_now = INT64_MIN;

int64_t clock_now_ms(void)
{
    int64_t set = atomic_load_explicit(&virtual_now, memory_order_relaxed);
    if (set != INT64_MIN)
        return set;
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static uint64_t read_us(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

uint64_t clock_elapsed_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

uint64_t clock_thread_us(void)
{
    return read_us(CLOCK_THREAD_CPUTIME_ID);
}

void clock_set_now_ms(int64_t ms)
{
    atomic_store_explicit(&virtual_now, ms, memory_order_relaxed);
}
