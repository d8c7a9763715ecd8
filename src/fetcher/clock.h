/* Time as the fetcher uses it: milliseconds of a clock that never jumps. */
#ifndef FETCHER_CLOCK_H
#define FETCHER_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t
clock_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

#endif
