#include "serial.h"
#include "tap.h"

static void
test_compare(void)
{
	ok(serial_above(1, 0) && !serial_above(0, 1), "1 > 0");
	ok(!serial_above(7, 7), "equal is not above");
	ok(serial_above(0, 4294967295U), "0 > 2^32-1");
	ok(serial_above(2147483647U, 0), "2^31-1 > 0");
	ok(!serial_above(2147483648U, 0) && !serial_above(0, 2147483648U),
	    "2^31 and 0: neither (RFC 1982 §3.2)");
	ok(serial_above(100, 4294967196U), "100 > 2^32-100");
}

#define NONE 0
#define NOW  1767225600 /* 2026-01-01 */

static void
test_next(void)
{
	static const struct {
		enum serial_mode mode;
		int64_t now;
		uint32_t input;
		int has_last;
		uint32_t last, want;
		int passes;
		const char *what;
	} rows[] = {
		{ SERIAL_COUNTER, NOW, 5, 0, 0, 6, 1, "counter, first time" },
		{ SERIAL_COUNTER, NOW, 5, 1, 7, 8, 1, "counter, last ahead" },
		{ SERIAL_COUNTER, NOW, 9, 1, 7, 10, 1, "counter, input ahead" },
		{ SERIAL_COUNTER, NOW, 7, 1, 4294967295U, 8, 1,
		    "counter, input ahead over the end" },
		{ SERIAL_COUNTER, NOW, 4294967290U, 1, 4294967295U, 0, 1,
		    "counter goes round to 0, a serial like others" },
		{ SERIAL_COUNTER, NOW, 3000000000U, 0, 0, 3000000001U, 1,
		    "a first counter above 2^31 [bug]" },
		{ SERIAL_COUNTER, NOW, 3, 1, 0, 4, 1,
		    "a last serial of 0 counts as one [bug]" },
		{ SERIAL_COUNTER, NOW, 2147483653U, 1, 5, 6, 0,
		    "2^31 apart: above the published one" },
		{ SERIAL_COUNTER, NOW, 2147483652U, 1, 5, 6, 0,
		    "input 2^31-1 ahead: no number is above both" },
		{ SERIAL_COUNTER, NOW, 2147483651U, 1, 5, 2147483652U, 1,
		    "input 2^31-2 ahead: one number is" },
		{ SERIAL_COUNTER, NOW, 5, 1, 2147483652U, 2147483653U, 0,
		    "last 2^31-1 ahead of input" },
		{ SERIAL_UNIXTIME, NOW, 5, 0, 0, NOW, 1, "unixtime" },
		{ SERIAL_UNIXTIME, NOW, 5, 1, NOW, NOW + 1, 1,
		    "unixtime twice in a second" },
		{ SERIAL_UNIXTIME, NOW, 2026010100, 0, 0, 2026010101, 1,
		    "unixtime behind a date" },
		{ SERIAL_UNIXTIME, NOW, 1, 1, 2026010100, 2026010101, 1,
		    "unixtime behind a published date" },
		{ SERIAL_UNIXTIME, 4294967296 + 9, 3, 1, 4294967200U, 9, 1,
		    "unixtime after 2106" },
		{ SERIAL_DATECOUNTER, NOW, 5, 0, 0, 2026010100, 1,
		    "datecounter, first of the day is 00" },
		{ SERIAL_DATECOUNTER, NOW, 5, 1, 2026010100, 2026010101, 1,
		    "datecounter, second" },
		{ SERIAL_DATECOUNTER, NOW, 5, 1, 2026010199, 2026010200, 1,
		    "datecounter runs past 99" },
		{ SERIAL_DATECOUNTER, NOW - 1, 5, 1, 2025123100, 2025123101, 1,
		    "datecounter: the day is UTC's" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint32_t serial = 0;
		bool passes = false;
		const int rc = serial_next(rows[i].mode, rows[i].now,
		    rows[i].input, rows[i].has_last ? &rows[i].last : NULL,
		    &serial, &passes, NULL);

		ok(rc == 0 && serial == rows[i].want &&
			passes == (rows[i].passes != 0),
		    "%s (%u)", rows[i].what, serial);
	}
}

/* What must hold for any input, tried at the edges of the circle. */
static void
test_bounds(void)
{
	static const uint32_t edge[] = { 0, 1, 2, 2147483646U, 2147483647U,
		2147483648U, 2147483649U, 4294967294U, 4294967295U,
		2026010100 };
	int bad = 0;

	for (size_t i = 0; i < 10; i++)
		for (size_t l = 0; l < 10; l++)
			for (size_t n = 0; n < 10; n++) {
				uint32_t serial;
				bool passes;

				if (serial_next(SERIAL_UNIXTIME, edge[n],
					edge[i], &edge[l], &serial, &passes,
					NULL) == -1 ||
				    !serial_above(serial, edge[l]) ||
				    passes != serial_above(serial, edge[i]))
					bad++;
			}
	ok(bad == 0, "always above the published one");
}

int
main(void)
{
	enum serial_mode mode;
	uint32_t serial;
	bool passes;

	test_compare();
	test_next();
	test_bounds();
	ok(serial_next(SERIAL_DATECOUNTER, INT64_MAX, 1, NULL, &serial, &passes,
	       NULL) == -1,
	    "a year without date");
	ok(serial_next(SERIAL_DATECOUNTER, 95617584000, 1, NULL, &serial,
	       &passes, NULL) == -1,
	    "a year of five digits");
	ok(serial_mode_from_text("keep", &mode) == 0 && mode == SERIAL_KEEP,
	    "a mode");
	ok(serial_mode_from_text("Keep", &mode) == -1, "no mode");
	return done();
}
