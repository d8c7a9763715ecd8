/*
 * ISO 8601 durations and moments, as OpenDNSSEC's configuration writes them.
 * A month is 31 days and a year 365 days (interfaces §0).
 */
#ifndef DURATION_H
#define DURATION_H

#include <stddef.h>
#include <stdint.h>

/*
 * The full mixed form, PnYnMnWnDTnHnMnS: designators in that order, each at
 * most once, at least one, none after an empty T; "P0D" is 0.  A bare number
 * is seconds.  No sign: nothing in a policy lasts a negative time.
 * 0 with seconds in *out (below 2^62), or -1 with *out untouched.
 */
int duration_parse(const char *s, size_t len, int64_t *out);

/*
 * The shortest of weeks, days, hours, minutes and seconds that is exact:
 * "P1W2D", "PT1H30M", "PT0S".  For people; cut if size is below 32.
 */
void duration_format(int64_t seconds, char *buf, size_t size);

/*
 * A moment: YYYYMMDDHHMMSS or YYYYMMDD in UTC, or seconds since the epoch
 * (any other number of digits).  0 with epoch seconds, or -1.
 */
int moment_parse(const char *s, size_t len, int64_t *out);

/* YYYYMMDDHHMMSS in UTC (RFC 4034 §3.2), 14 digits and a NUL. */
void moment_format(int64_t t, char buf[15]);

#endif
