#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "show.h"

#define COLUMNS_LEAST 40

unsigned
show_columns(void)
{
	struct winsize w = { 0 };

	if (!isatty(STDOUT_FILENO))
		return 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == -1 || w.ws_col == 0)
		return 80;
	return w.ws_col < COLUMNS_LEAST ? COLUMNS_LEAST : w.ws_col;
}

/* How much of text stands in so many columns, cut at a blank; all, if it fits. */
static size_t
fitting(const char *text, unsigned columns)
{
	const char *command = strstr(text, "keystate ");
	size_t i, blank = 0;
	unsigned width = 0;

	for (i = 0; text[i] != '\0'; i++) {
		/* UTF-8: the first octet of a character counts. */
		width += ((unsigned char)text[i] & 0xc0) != 0x80;
		if (width > columns)
			break;
		if (text[i] == ' ' && i > 0)
			blank = i;
	}
	if (text[i] == '\0' || command == text)
		return strlen(text);
	if (command != NULL && blank > (size_t)(command - text))
		blank = (size_t)(command - text) - 1;
	return blank > 0 ? blank : strlen(text);
}

void
show_folded(const char *line, unsigned columns, unsigned indent)
{
	size_t n = columns == 0 ? strlen(line) : fitting(line, columns);

	(void)printf("%.*s\n", (int)n, line);
	for (line += n; *line != '\0'; line += n) {
		line += strspn(line, " ");
		n = fitting(line, columns - indent);
		(void)printf("%*s%.*s\n", (int)indent, "", (int)n, line);
	}
}

void
show_row(unsigned columns, unsigned indent, const char *format, ...)
{
	va_list args;
	char *row;
	int len;

	va_start(args, format);
	len = vasprintf(&row, format, args);
	va_end(args);
	if (len == -1)
		return; /* no memory for a line: nor for anything after it */
	show_folded(row, columns, indent);
	free(row);
}

void
show_json(json_t *value)
{
	if (json_dumpf(value, stdout, JSON_INDENT(2)) == 0)
		(void)printf("\n");
	json_decref(value);
}

json_t *
show_moment(int64_t moment)
{
	const time_t t = (time_t)moment;
	char text[32];
	struct tm tm;

	if (moment == 0 || moment == MOMENT_NEVER ||
	    gmtime_r(&t, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return json_null();
	return json_string(text);
}

void
show_next(const struct session *s, const struct zone *z,
    const struct zonekey *k, char *buf, size_t size)
{
	static const char *const words[] = {
		[FORECAST_NONE] = "(not scheduled)",
		[FORECAST_AT] = "",
		[FORECAST_DS_SEEN] = "waiting for ds-seen",
		[FORECAST_ROLLOVER] = "next rollover",
		[FORECAST_WHEN_REQUIRED] = "When required",
		[FORECAST_PUBLICATION] = "waiting for publication",
		[FORECAST_DS_GONE] = "waiting for ds-gone",
		[FORECAST_BACKUP] = "waiting for backup",
	};
	const struct forecast f =
	    engine_forecast(s->m, z, k, s->now, &s->engine);
	char date[32];

	if (f.kind != FORECAST_AT || f.at == 0 || f.at == MOMENT_NEVER) {
		(void)snprintf(buf, size, "%s",
		    f.kind == FORECAST_AT ? words[FORECAST_NONE]
					  : words[f.kind]);
		return;
	}
	session_date(f.at, date);
	(void)snprintf(buf, size, "%s", date);
}
