#include <stdio.h>
#include <time.h>

#include "show.h"

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
