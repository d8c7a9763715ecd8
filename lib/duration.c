#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "duration.h"
#include "number.h"

#define DURATION_MAX ((int64_t)1 << 62)

static const struct unit {
	char designator;
	bool time; /* stands behind the T */
	int64_t seconds;
} units[] = {
	{ 'Y', false, 365 * 86400 },
	{ 'M', false, 31 * 86400 },
	{ 'W', false, 7 * 86400 },
	{ 'D', false, 86400 },
	{ 'H', true, 3600 },
	{ 'M', true, 60 },
	{ 'S', true, 1 },
};
#define UNITS (sizeof(units) / sizeof(*units))

int
duration_parse(const char *s, size_t len, int64_t *out)
{
	const char *end = s + len;
	int64_t total = 0;
	uint64_t n;
	size_t unit = 0;
	bool time = false, any = false;

	if (len == 0)
		return -1;
	if (*s != 'P') {
		if (number_u64(s, len, DURATION_MAX, &n) == -1)
			return -1;
		*out = (int64_t)n;
		return 0;
	}
	for (s++; s < end;) {
		const char *digits = s;

		if (*s == 'T' && !time) {
			time = true;
			any = false; /* a T must be followed by something */
			s++;
			continue;
		}
		while (s < end && *s >= '0' && *s <= '9')
			s++;
		if (s == end ||
		    number_u64(digits, (size_t)(s - digits), DURATION_MAX,
			&n) == -1)
			return -1;
		while (unit < UNITS &&
		    (units[unit].designator != *s || units[unit].time != time))
			unit++;
		if (unit == UNITS ||
		    (int64_t)n > (DURATION_MAX - total) / units[unit].seconds)
			return -1;
		total += (int64_t)n * units[unit].seconds;
		unit++;
		any = true;
		s++;
	}
	if (!any)
		return -1;
	*out = total;
	return 0;
}

void
duration_format(int64_t seconds, char *buf, size_t size)
{
	char part[24];
	bool time = false;

	if (seconds == 0) {
		(void)snprintf(buf, size, "PT0S");
		return;
	}
	(void)snprintf(buf, size, "P");
	for (size_t i = 2; i < UNITS; i++) { /* from weeks: no approximation */
		const int64_t n = seconds / units[i].seconds;

		if (n == 0)
			continue;
		seconds -= n * units[i].seconds;
		(void)snprintf(part, sizeof(part), "%s%lld%c",
		    units[i].time && !time ? "T" : "", (long long)n,
		    units[i].designator);
		time = units[i].time;
		(void)strncat(buf, part, size - strlen(buf) - 1);
	}
}

int
moment_parse(const char *s, size_t len, int64_t *out)
{
	static const int month_days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30,
		31, 30, 31 };
	struct tm tm;
	uint64_t n;

	if (number_u64(s, len, INT64_MAX / 4, &n) == -1)
		return -1;
	if (len != 14 && len != 8) {
		*out = (int64_t)n;
		return 0;
	}
	if (len == 8)
		n *= 1000000;
	memset(&tm, 0, sizeof(tm));
	tm.tm_sec = (int)(n % 100);
	tm.tm_min = (int)(n / 100 % 100);
	tm.tm_hour = (int)(n / 10000 % 100);
	tm.tm_mday = (int)(n / 1000000 % 100);
	tm.tm_mon = (int)(n / 100000000 % 100) - 1;
	tm.tm_year = (int)(n / 10000000000) - 1900;
	if (tm.tm_mon < 0 || tm.tm_mon > 11 || tm.tm_mday < 1 ||
	    tm.tm_mday > month_days[tm.tm_mon] || tm.tm_hour > 23 ||
	    tm.tm_min > 59 || tm.tm_sec > 60 || tm.tm_year < 70)
		return -1;
	*out = (int64_t)timegm(&tm);
	return 0;
}

void
moment_format(int64_t t, char buf[15])
{
	const time_t when = (time_t)t;
	struct tm tm;

	if (gmtime_r(&when, &tm) == NULL || tm.tm_year < -1900 ||
	    tm.tm_year > 9999 - 1900 ||
	    strftime(buf, 15, "%Y%m%d%H%M%S", &tm) != 14)
		memcpy(buf, "00000000000000", 15);
}
