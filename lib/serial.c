#include <string.h>
#include <time.h>

#include "serial.h"

int
serial_mode_from_text(const char *text, enum serial_mode *mode)
{
	static const struct {
		const char *name;
		enum serial_mode mode;
	} modes[] = {
		{ "unixtime", SERIAL_UNIXTIME },
		{ "counter", SERIAL_COUNTER },
		{ "datecounter", SERIAL_DATECOUNTER },
		{ "keep", SERIAL_KEEP },
	};

	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		if (strcmp(modes[i].name, text) == 0) {
			*mode = modes[i].mode;
			return 0;
		}
	}
	return -1;
}

bool
serial_above(uint32_t a, uint32_t b)
{
	const uint32_t step = a - b;

	return step != 0 && step <= SERIAL_STEP_MAX;
}

/* YYYYMMDD00 of now. */
static int
date_serial(int64_t now, uint32_t *serial, struct diag *d)
{
	const time_t t = (time_t)now;
	struct tm tm;
	int64_t date;

	if (gmtime_r(&t, &tm) == NULL)
		goto bad;
	date = (int64_t)(tm.tm_year + 1900) * 10000 + (tm.tm_mon + 1) * 100 +
	    tm.tm_mday;
	if (date < 0 || date * 100 > UINT32_MAX)
		goto bad;
	*serial = (uint32_t)(date * 100);
	return 0;
bad:
	return diag_set(d, STATUS_USAGE,
	    "now is %lld: YYYYMMDDnn of that "
	    "does not fit a serial of 32 bits",
	    (long long)now);
}

int
serial_next(enum serial_mode mode, int64_t now, uint32_t input,
    const uint32_t *last, uint32_t *serial, bool *passes_input, struct diag *d)
{
	const uint32_t published = last != NULL ? *last : input;
	uint32_t wish = input;

	if (mode == SERIAL_DATECOUNTER && date_serial(now, &wish, d) == -1)
		return -1;
	if (mode == SERIAL_UNIXTIME)
		wish = (uint32_t)now; /* modulo 2^32, as serials go round */
	/* Too far ahead is behind: then the next number, not a second lap. */
	if (!serial_above(wish, published) || !serial_above(wish, input)) {
		wish =
		    serial_above(input, published) ? input + 1 : published + 1;
		if (!serial_above(wish, published))
			wish = published + 1;
	}
	*serial = wish;
	*passes_input = serial_above(wish, input);
	return 0;
}
