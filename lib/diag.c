#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "diag.h"

int
diag_set(struct diag *d, enum status status, const char *fmt, ...)
{
	va_list ap;

	if (d == NULL)
		return -1;
	d->status = status;
	va_start(ap, fmt);
	/* Cutting a message is fine: the place stands first. */
	(void)vsnprintf(d->text, sizeof(d->text), fmt, ap);
	va_end(ap);
	return -1;
}

int
diag_system(struct diag *d, const char *fmt, ...)
{
	const int err = errno;
	char what[DIAG_TEXT_MAX / 2];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return diag_set(d, STATUS_SYSTEM, "%s: %s", what, strerror(err));
}

int
diag_prefix(struct diag *d, const char *fmt, ...)
{
	char place[DIAG_TEXT_MAX / 2], what[DIAG_TEXT_MAX];
	va_list ap;

	if (d == NULL)
		return -1;
	va_start(ap, fmt);
	(void)vsnprintf(place, sizeof(place), fmt, ap);
	va_end(ap);
	memcpy(what, d->text, sizeof(what));
	what[sizeof(what) - 1] = '\0';
	return diag_set(d, d->status, "%s: %s", place, what);
}
