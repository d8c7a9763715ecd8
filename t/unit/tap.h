/* TAP for unit tests: the plan is printed at the end, by done(). */
#ifndef TAP_H
#define TAP_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int tap_count, tap_failed;

#define ok(condition, ...)                                                   \
	do {                                                                 \
		const int tap_good = (condition) != 0;                       \
		printf("%sok %d - ", tap_good ? "" : "not ", ++tap_count);   \
		printf(__VA_ARGS__);                                         \
		printf("\n");                                                \
		if (!tap_good) {                                             \
			tap_failed++;                                        \
			printf("# %s:%d: %s\n", __FILE__, __LINE__,          \
			    #condition);                                     \
		}                                                            \
	} while (0)

/* Equal strings; shows both when they differ. */
static inline void
is(const char *got, const char *want, const char *what)
{
	const int same = got != NULL && want != NULL && strcmp(got, want) == 0;

	printf("%sok %d - %s\n", same ? "" : "not ", ++tap_count, what);
	if (!same) {
		tap_failed++;
		printf("# got:  %s\n# want: %s\n", got ? got : "(null)",
		    want ? want : "(null)");
	}
}

static inline int
done(void)
{
	printf("1..%d\n", tap_count);
	return fflush(stdout) != 0 || tap_failed > 0;
}

#endif
