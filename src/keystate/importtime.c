#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "duration.h"
#include "importtime.h"

/* Digits at *s, least to most of them, into *value. */
static bool
digits(const char **s, size_t least, size_t most, unsigned *value)
{
	size_t n = 0;

	for (*value = 0; n < most && **s >= '0' && **s <= '9'; n++, (*s)++)
		*value = *value * 10 + (unsigned)(**s - '0');
	return n >= least;
}

static bool
month(const char **s, unsigned *value)
{
	static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";

	for (unsigned m = 0; m < 12; m++)
		if (strncasecmp(*s, names + 3 * m, 3) == 0) {
			*s += 3;
			*value = m + 1;
			return true;
		}
	return digits(s, 1, 2, value);
}

static bool
separator(const char **s, const char *any)
{
	if (**s == '\0' || strchr(any, **s) == NULL)
		return false;
	(*s)++;
	return true;
}

struct date {
	unsigned year, month, day, hour, minute, second;
};

/* 20091030[10[00[00]]] */
static bool
compact(const char *s, struct date *t)
{
	return digits(&s, 4, 4, &t->year) && digits(&s, 2, 2, &t->month) &&
	    digits(&s, 2, 2, &t->day) &&
	    (*s == '\0' || digits(&s, 2, 2, &t->hour)) &&
	    (*s == '\0' || digits(&s, 2, 2, &t->minute)) &&
	    (*s == '\0' || digits(&s, 2, 2, &t->second)) && *s == '\0';
}

static bool
clock_time(const char *s, struct date *t)
{
	if (*s == '\0')
		return true;
	if (!separator(&s, ": ") || !digits(&s, 1, 2, &t->hour))
		return false;
	if (*s != '\0' &&
	    (!separator(&s, ":") || !digits(&s, 2, 2, &t->minute)))
		return false;
	if (*s != '\0' &&
	    (!separator(&s, ":") || !digits(&s, 2, 2, &t->second)))
		return false;
	return *s == '\0';
}

static bool
dashed(const char *s, struct date *t)
{
	const bool year_first = strspn(s, "0123456789") == 4;
	bool good;

	if (year_first)
		good = digits(&s, 4, 4, &t->year) && separator(&s, "-") &&
		    month(&s, &t->month) && separator(&s, "-") &&
		    digits(&s, 1, 2, &t->day);
	else
		good = digits(&s, 1, 2, &t->day) && separator(&s, "-") &&
		    month(&s, &t->month) && separator(&s, "-") &&
		    digits(&s, 4, 4, &t->year);
	return good && clock_time(s, t);
}

static void
two(char *to, unsigned n)
{
	to[0] = (char)('0' + n / 10 % 10);
	to[1] = (char)('0' + n % 10);
}

int
importtime_parse(const char *text, int64_t *moment)
{
	struct date t = { 0 };
	char fourteen[14];

	if (!compact(text, &t)) {
		memset(&t, 0, sizeof(t));
		if (!dashed(text, &t))
			return -1;
	}
	two(fourteen, t.year / 100);
	two(fourteen + 2, t.year);
	two(fourteen + 4, t.month);
	two(fourteen + 6, t.day);
	two(fourteen + 8, t.hour);
	two(fourteen + 10, t.minute);
	two(fourteen + 12, t.second);
	return moment_parse(fourteen, sizeof(fourteen), moment);
}
