/*
 * Preloaded into keystate: a kernel that does not say whether its clock is
 * right, as a container whose seccomp filter refuses adjtimex(2), or one that
 * says so: NOCLOCK is the errno, or 0 for a clock that is not synchronised.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>

int
adjtimex(struct timex *tx)
{
	const char *refusal = getenv("NOCLOCK");
	const int error = refusal == NULL ? 0 : atoi(refusal);

	memset(tx, 0, sizeof(*tx));
	if (error == 0) {
		tx->status = STA_UNSYNC;
		return TIME_ERROR;
	}
	errno = error;
	return -1;
}
