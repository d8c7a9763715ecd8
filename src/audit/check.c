#include <string.h>

#include "check.h"

static const struct check_row rows[CHECK_COUNT] = {
#define CHECK(name, id, severity, clause, text) \
	[CHECK_##name] = { id, SEVERITY_##severity, clause, text },
#include "checks.def"
#undef CHECK
};

const struct check_row *
check_row(enum check check)
{
	return &rows[check];
}

const char *
severity_name(enum severity severity)
{
	static const char *const names[] = { "info", "warning", "error" };

	return names[severity];
}

enum check
check_find(const char *id)
{
	for (int i = 0; i < CHECK_COUNT; i++)
		if (strcmp(rows[i].id, id) == 0)
			return (enum check)i;
	return CHECK_COUNT;
}

void
check_list(FILE *to)
{
	for (int i = 0; i < CHECK_COUNT; i++)
		(void)fprintf(to, "%s\t%s\t%s\t%s\n", rows[i].id,
		    severity_name(rows[i].severity), rows[i].clause,
		    rows[i].text);
}
