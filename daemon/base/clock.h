/*
 * clock.h - the time of day and elapsed time, replaceable in tests.
 */
#ifndef DUPD_CLOCK_H
#define DUPD_CLOCK_H

#include <stdint.h>

int64_t clock_now_ms(void);      /* ms since 1970, UTC */
uint64_t clock_elapsed_us(void); /* monotonic, from an arbitrary start */
uint64_t clock_thread_us(void);  /* of the processor, that the calling thread has had */

/* From now on clock_now_ms() says ms (a test's virtual clock); INT64_MIN undoes it. */
void clock_set_now_ms(int64_t ms);

#endif
