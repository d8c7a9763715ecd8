#include <stdlib.h>
#include <string.h>

#include "dbtext.h"
#include "hex.h"
#include "number.h"

/* ---- writing ---- */

/*
 * Days since 1970-01-01 and back, proleptic Gregorian (the algorithm of Howard
 * Hinnant's "chrono-Compatible Low-Level Date Algorithms"): gmtime_r() for a
 * million fields would take most of a pass.
 */
static void
civil(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
	const int64_t z = days + 719468;
	const int64_t era = z / 146097;
	const unsigned doe = (unsigned)(z - era * 146097);
	const unsigned yoe =
	    (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	const unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	const unsigned mp = (5 * doy + 2) / 153;

	*day = doy - (153 * mp + 2) / 5 + 1;
	*month = mp < 10 ? mp + 3 : mp - 9;
	*year = (int64_t)yoe + era * 400 + (*month <= 2);
}

static int64_t
days_from_civil(int64_t year, unsigned month, unsigned day)
{
	const int64_t y = year - (month <= 2);
	const int64_t era = y / 400;
	const unsigned yoe = (unsigned)(y - era * 400);
	const unsigned doy =
	    (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	const unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

	return era * 146097 + (int64_t)doe - 719468;
}

#define MOMENT_LAST INT64_C(253402300799) /* 9999-12-31 23:59:59 */

static void
two(char *to, unsigned n)
{
	to[0] = (char)('0' + n / 10);
	to[1] = (char)('0' + n % 10);
}

void
dbtext_moment(struct textbuf *t, int64_t moment)
{
	int64_t year;
	unsigned month, day, second;
	char text[14];

	if (moment <= 0) {
		textbuf_put(t, "-", 1);
		return;
	}
	if (moment > MOMENT_LAST) /* "never": the last day there is */
		moment = MOMENT_LAST;
	civil(moment / 86400, &year, &month, &day);
	second = (unsigned)(moment % 86400);
	two(text, (unsigned)(year / 100));
	two(text + 2, (unsigned)(year % 100));
	two(text + 4, month);
	two(text + 6, day);
	two(text + 8, second / 3600);
	two(text + 10, second / 60 % 60);
	two(text + 12, second % 60);
	textbuf_put(t, text, sizeof(text));
}

void
dbtext_name(struct textbuf *t, const char *s)
{
	static const char hex[] = "0123456789ABCDEF";

	if (s == NULL || *s == '\0') {
		textbuf_put(t, s == NULL ? "-" : "%", 1);
		return;
	}
	if (strcmp(s, "-") == 0) {
		textbuf_put(t, "%2D", 3);
		return;
	}
	for (; *s != '\0'; s++) {
		const unsigned char c = (unsigned char)*s;
		size_t plain = 0;

		while ((unsigned char)s[plain] > 0x20 &&
		    (unsigned char)s[plain] < 0x7f && s[plain] != '%')
			plain++;
		if (plain > 0) {
			textbuf_put(t, s, plain);
			s += plain - 1;
			continue;
		}
		textbuf_put(
		    t, (const char[]){ '%', hex[c >> 4], hex[c & 15] }, 3);
	}
}

/* ---- fields ---- */

static bool
digits(const char *s, size_t n)
{
	while (n-- > 0)
		if (s[n] < '0' || s[n] > '9')
			return false;
	return true;
}

static unsigned
take(const char *s, size_t n)
{
	unsigned value = 0;

	while (n-- > 0)
		value = value * 10 + (unsigned)(*s++ - '0');
	return value;
}

int
dbfield_moment(const char *s, size_t len, int64_t *to)
{
	static const unsigned char last[] = { 31, 29, 31, 30, 31, 30, 31, 31,
		30, 31, 30, 31 };
	unsigned year, month, day, hour, minute, second;

	if (len == 1 && *s == '-') {
		*to = 0;
		return 0;
	}
	if (len != 14 || !digits(s, len))
		return -1;
	year = take(s, 4);
	month = take(s + 4, 2);
	day = take(s + 6, 2);
	hour = take(s + 8, 2);
	minute = take(s + 10, 2);
	second = take(s + 12, 2);
	if (year < 1970 || month < 1 || month > 12 || day < 1 ||
	    day > last[month - 1] || hour > 23 || minute > 59 || second > 59)
		return -1;
	*to = days_from_civil(year, month, day) * 86400 +
	    (int64_t)(hour * 3600 + minute * 60 + second);
	return 0;
}

/* As dbtext_name() writes them: in upper case. */
static int
hex_value(char c)
{
	return c >= 'a' && c <= 'f' ? -1 : hex_digit(c);
}

int
dbfield_name(const char *s, size_t len, char **to)
{
	char *text;
	size_t n = 0;

	*to = NULL;
	if (len == 1 && *s == '-')
		return 0;
	if (len == 0 || (text = malloc(len + 1)) == NULL)
		return -1;
	if (len == 1 && *s == '%')
		len = 0; /* the empty text */
	for (size_t i = 0; i < len; i++) {
		const unsigned char c = (unsigned char)s[i];

		if (c != '%' && c > 0x20 && c < 0x7f) {
			text[n++] = s[i];
			continue;
		}
		if (c != '%' || len - i < 3 || hex_value(s[i + 1]) == -1 ||
		    hex_value(s[i + 2]) == -1 ||
		    (s[i + 1] == '0' && s[i + 2] == '0')) {
			free(text);
			return -1;
		}
		text[n++] =
		    (char)(hex_value(s[i + 1]) << 4 | hex_value(s[i + 2]));
		i += 2;
	}
	text[n] = '\0';
	*to = text;
	return 0;
}

/* ---- columns ---- */

static int
read_number(const char *s, size_t len, uint64_t max, uint64_t *n)
{
	return number_u64(s, len, max, n);
}

static int
read_column(const struct dbcolumn *c, const char *s, size_t len, void *to)
{
	uint64_t n = 0;

	switch (c->type) {
	case DBCOLUMN_NAME:
		return dbfield_name(s, len, to);
	case DBCOLUMN_MOMENT:
		return dbfield_moment(s, len, to);
	case DBCOLUMN_U8:
		if (read_number(s, len, UINT8_MAX, &n) == -1)
			return -1;
		*(uint8_t *)to = (uint8_t)n;
		return 0;
	case DBCOLUMN_U16:
		if (read_number(s, len, UINT16_MAX, &n) == -1)
			return -1;
		*(uint16_t *)to = (uint16_t)n;
		return 0;
	case DBCOLUMN_U32:
		if (read_number(s, len, UINT32_MAX, &n) == -1)
			return -1;
		*(uint32_t *)to = (uint32_t)n;
		return 0;
	case DBCOLUMN_BOOL:
		if (read_number(s, len, 1, &n) == -1)
			return -1;
		*(bool *)to = n == 1;
		return 0;
	case DBCOLUMN_CUSTOM:
		return c->read(s, len, to);
	}
	return -1;
}

int
dbcolumns_read(const struct dbcolumn *columns, size_t count, char *line,
    void *const *bases, struct diag *d)
{
	for (size_t i = 0; i < count; i++) {
		const struct dbcolumn *c = &columns[i];
		const size_t len = strcspn(line, "\t");
		const bool last = line[len] == '\0';

		line[len] = '\0';
		if (last != (i + 1 == count))
			return diag_set(d, STATUS_BAD, "%s than %zu fields",
			    last ? "fewer" : "more", count);
		if (read_column(
			c, line, len, (char *)bases[c->base] + c->offset) == -1)
			return diag_set(d, STATUS_BAD,
			    "column %s: '%s' is malformed (keys.db(5))",
			    c->name, line);
		line += len + 1;
	}
	return 0;
}

void
dbcolumns_write(const struct dbcolumn *columns, size_t count, struct textbuf *t,
    const void *const *bases)
{
	for (size_t i = 0; i < count; i++) {
		const struct dbcolumn *c = &columns[i];
		const void *from = (const char *)bases[c->base] + c->offset;
		const char *text;

		if (i > 0)
			textbuf_put(t, "\t", 1);
		switch (c->type) {
		case DBCOLUMN_NAME:
			memcpy(&text, from, sizeof(text));
			dbtext_name(t, text);
			break;
		case DBCOLUMN_MOMENT:
			dbtext_moment(t, *(const int64_t *)from);
			break;
		case DBCOLUMN_U8:
			textbuf_u64(t, *(const uint8_t *)from);
			break;
		case DBCOLUMN_U16:
			textbuf_u64(t, *(const uint16_t *)from);
			break;
		case DBCOLUMN_U32:
			textbuf_u64(t, *(const uint32_t *)from);
			break;
		case DBCOLUMN_BOOL:
			textbuf_put(t, *(const bool *)from ? "1" : "0", 1);
			break;
		case DBCOLUMN_CUSTOM:
			c->write(t, from);
			break;
		}
	}
	textbuf_put(t, "\n", 1);
}

void
dbcolumns_header(const struct dbcolumn *columns, size_t count, struct textbuf *t)
{
	for (size_t i = 0; i < count; i++) {
		textbuf_put(t, i == 0 ? ";" : "\t", 1);
		textbuf_puts(t, columns[i].name);
	}
	textbuf_put(t, "\n", 1);
}
