#include "duration.h"
#include "number.h"
#include "tap.h"

static void
test_numbers(void)
{
	static const struct {
		const char *text;
		uint64_t max;
		int rc;
	} rows[] = {
		{ "0", 0, 0 }, { "1", 0, -1 }, { "9", 3, -1 }, { "3", 3, 0 },
		{ "", 9, -1 }, { "-1", 9, -1 }, { "+1", 9, -1 }, { " 1", 9, -1 },
		{ "1 ", 9, -1 }, { "19", 18, -1 }, { "18", 18, 0 },
		{ "18446744073709551615", UINT64_MAX, 0 },
		{ "18446744073709551616", UINT64_MAX, -1 },
		{ "99999999999999999999", UINT64_MAX, -1 },
	};
	size_t size;
	uint64_t n;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ok(number_u64(rows[i].text, strlen(rows[i].text), rows[i].max,
		       &n) == rows[i].rc, "'%s' of at most %llu", rows[i].text,
		    (unsigned long long)rows[i].max);
	ok(number_size("48M", &size) == 0 && size == 48U << 20, "48M");
	ok(number_size("M", &size) == -1 && number_size("", &size) == -1 &&
		number_size("99999999999G", &size) == -1, "no sizes");
}

static void
test_durations(void)
{
	static const struct {
		const char *text;
		int64_t seconds; /* -1: refused */
	} rows[] = {
		{ "P1D", 86400 }, { "PT3600S", 3600 }, { "P1DT12H", 129600 },
		{ "P1Y", 31536000 }, { "P1M", 2678400 }, { "PT1M", 60 },
		{ "P1W", 604800 }, { "P1W2D", 777600 }, { "P0D", 0 },
		{ "P1Y2M3W4DT5H6M7S", 31536000 + 2 * 2678400 + 3 * 604800 +
			4 * 86400 + 5 * 3600 + 6 * 60 + 7 },
		{ "3600", 3600 }, { "", -1 }, { "P", -1 }, { "PT", -1 },
		{ "P1DT", -1 }, { "P1H", -1 }, { "PT1D", -1 }, { "-P1D", -1 },
		{ "P1D2D", -1 }, { "PT1S1M", -1 }, { "P1.5D", -1 },
		{ "p1d", -1 }, { "PTT1S", -1 }, { "P99999999999999999Y", -1 },
		{ "P1DX", -1 }, { "1H", -1 },
	};
	char text[64];
	int64_t got;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const int rc = duration_parse(rows[i].text,
		    strlen(rows[i].text), &got);

		ok(rows[i].seconds == -1 ? rc == -1 :
			rc == 0 && got == rows[i].seconds, "%s",
		    rows[i].text);
	}
	duration_format(777600, text, sizeof(text));
	is(text, "P1W2D", "formatted");
	duration_format(5400, text, sizeof(text));
	is(text, "PT1H30M", "formatted");
	duration_format(0, text, sizeof(text));
	is(text, "PT0S", "formatted");
}

static void
test_moments(void)
{
	char text[15];
	int64_t t;

	ok(moment_parse("20201019180000", 14, &t) == 0 && t == 1603130400,
	    "a date");
	ok(moment_parse("1603130400", 10, &t) == 0 && t == 1603130400,
	    "epoch seconds");
	ok(moment_parse("20201319180000", 14, &t) == -1, "no month 13");
	ok(moment_parse("2020x", 5, &t) == -1, "no letters");
	moment_format(1603130400, text);
	is(text, "20201019180000", "formatted");
}

int
main(void)
{
	test_numbers();
	test_durations();
	test_moments();
	return done();
}
