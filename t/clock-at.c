/*
 * Preloaded into dnssec-verify, which takes no time: it is CLOCK_AT, in epoch
 * seconds.  libfaketime hangs there: BIND's jemalloc asks for the time while
 * it starts, before libfaketime found the function to ask.  This one asks the
 * kernel.
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

int
clock_gettime(clockid_t id, struct timespec *ts)
{
	const char *at = getenv("CLOCK_AT");
	long rc = syscall(SYS_clock_gettime, id, ts);

	if (rc == 0 && at != NULL &&
	    (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) {
		ts->tv_sec = strtoll(at, NULL, 10);
		ts->tv_nsec = 0;
	}
	return (int)rc;
}

time_t
time(time_t *t)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	if (t != NULL)
		*t = ts.tv_sec;
	return ts.tv_sec;
}

int
gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	struct timespec ts = { 0 };
	int rc = clock_gettime(CLOCK_REALTIME, &ts);

	(void)zone;
	tv->tv_sec = ts.tv_sec;
	tv->tv_usec = ts.tv_nsec / 1000;
	return rc;
}
