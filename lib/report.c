#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "report.h"

#define LINE_MAX_BYTES 4096

/* The process's voice: set up by main(), the same for the whole run. */
static struct {
	const char *program;
	int verbosity;
	bool syslog;
} report = { "zonepipe", 1, false };

static const struct facility {
	const char *name;
	int code;
} facilities[] = {
	{ "kern", LOG_KERN }, { "user", LOG_USER }, { "mail", LOG_MAIL },
	{ "daemon", LOG_DAEMON }, { "auth", LOG_AUTH }, { "lpr", LOG_LPR },
	{ "news", LOG_NEWS }, { "uucp", LOG_UUCP }, { "cron", LOG_CRON },
	{ "local0", LOG_LOCAL0 }, { "local1", LOG_LOCAL1 },
	{ "local2", LOG_LOCAL2 }, { "local3", LOG_LOCAL3 },
	{ "local4", LOG_LOCAL4 }, { "local5", LOG_LOCAL5 },
	{ "local6", LOG_LOCAL6 }, { "local7", LOG_LOCAL7 },
};

void
report_open(const char *program)
{
	report.program = program;
}

void
report_verbosity(int level)
{
	report.verbosity = level;
}

int
report_syslog(const char *facility)
{
	for (size_t i = 0; i < sizeof(facilities) / sizeof(*facilities); i++) {
		if (strcmp(facilities[i].name, facility) == 0) {
			openlog(report.program, LOG_PID | LOG_NDELAY, facilities[i].code);
			report.syslog = true;
			return 0;
		}
	}
	return -1;
}

/* Length of the well-formed UTF-8 sequence at s (2 to 4), or 0. */
static size_t
utf8_sequence(const unsigned char *s)
{
	size_t n;

	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		n = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		n = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		n = 4;
	else
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* C1 control characters, overlong forms and surrogates. */
	if ((s[0] == 0xc2 && s[1] < 0xa0) || (s[0] == 0xe0 && s[1] < 0xa0) ||
	    (s[0] == 0xed && s[1] >= 0xa0) || (s[0] == 0xf0 && s[1] < 0x90))
		return 0;
	return n;
}

static void
make_printable(const char *from, char *to, size_t size)
{
	const unsigned char *s = (const unsigned char *)from;
	size_t n = 0, step;

	while (*s != '\0' && n + 5 < size) {
		if (*s >= 0x20 && *s < 0x7f) {
			to[n++] = (char)*s++;
		} else if ((step = utf8_sequence(s)) > 0) {
			memcpy(to + n, s, step);
			n += step;
			s += step;
		} else {
			n += (size_t)snprintf(to + n, size - n, "\\x%02x", *s++);
		}
	}
	to[n] = '\0';
}

static void
say(int priority, const char *level, const char *fmt, va_list ap)
{
	char raw[LINE_MAX_BYTES / 4], line[LINE_MAX_BYTES];

	(void)vsnprintf(raw, sizeof(raw), fmt, ap);
	make_printable(raw, line, sizeof(line));
	/* stderr that cannot be written has nobody left to tell. */
	(void)fprintf(stderr, "%s: %s%s\n", report.program, level, line);
	if (report.syslog)
		syslog(priority, "%s%s", level, line);
}

void
report_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(LOG_ERR, "", fmt, ap);
	va_end(ap);
}

void
report_warn(const char *fmt, ...)
{
	va_list ap;

	if (report.verbosity < 1)
		return;
	va_start(ap, fmt);
	say(LOG_WARNING, "warning: ", fmt, ap);
	va_end(ap);
}

void
report_info(const char *fmt, ...)
{
	va_list ap;

	if (report.verbosity < 2)
		return;
	va_start(ap, fmt);
	say(LOG_INFO, "", fmt, ap);
	va_end(ap);
}

void
report_debug(const char *fmt, ...)
{
	va_list ap;

	if (report.verbosity < 3)
		return;
	va_start(ap, fmt);
	say(LOG_DEBUG, "", fmt, ap);
	va_end(ap);
}

enum status
report_diag(const struct diag *d)
{
	report_error("%s", d->text);
	return d->status;
}
