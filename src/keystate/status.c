/* The rows of status as text, JSON and metrics. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "show.h"
#include "status.h"

void
status_date(int64_t moment, char buf[20])
{
	const time_t t = (time_t)moment;
	struct tm tm;

	if (moment == 0 || moment == MOMENT_NEVER ||
	    gmtime_r(&t, &tm) == NULL ||
	    strftime(buf, 20, "%Y-%m-%d %H:%M", &tm) == 0)
		(void)snprintf(buf, 20, "-");
}

/* ---- text ---- */

#define NAME_COLUMNS 23 /* a row of these fits 80 columns */

/* "9d 13h", "2h 05m", "7m"; "over" for what is past. */
static void
span_text(int64_t now, int64_t moment, char buf[24])
{
	const int64_t left = moment - now;

	if (moment == 0 || moment == MOMENT_NEVER)
		(void)snprintf(buf, 24, "-");
	else if (left <= 0)
		(void)snprintf(buf, 24, "over");
	else if (left >= 86400)
		(void)snprintf(buf, 24, "%" PRId64 "d %02dh", left / 86400,
		    (int)(left / 3600 % 24));
	else if (left >= 3600)
		(void)snprintf(buf, 24, "%dh %02dm", (int)(left / 3600),
		    (int)(left / 60 % 60));
	else
		(void)snprintf(buf, 24, "%dm", (int)(left / 60));
}

static void
text_row(const struct status_list *l, const struct status_zone *r, int width,
    FILE *to)
{
	const struct zone *z = r->zone;
	char published[20], due[24], expires[24], next[24];

	status_date(z->published, published);
	span_text(l->now, r->due, due);
	span_text(l->now, r->facts->earliest, expires);
	span_text(l->now, r->next, next);
	if (strlen(z->name) > (size_t)width)
		(void)fprintf(to, "%s\n", z->name);
	(void)fprintf(to, "%-*s %10u %-16s %8s %10s %8s\n", width,
	    strlen(z->name) > (size_t)width ? "" : z->name, z->serial,
	    published, r->why != NULL ? "now" : due, expires, next);
	if (r->owed != NULL)
		(void)fprintf(to, "  owed: %s\n", r->owed);
	if (r->expired)
		(void)fprintf(to, "  EXPIRED: its signatures are over\n");
	if (r->facts->error != NULL)
		(void)fprintf(to, "  failed %u times: %s\n",
		    r->facts->failures, r->facts->error);
}

void
status_text(const struct status_list *l, FILE *to)
{
	int width = 4;

	for (size_t i = 0; i < l->count; i++) {
		const int len = (int)strlen(l->zone[i].zone->name);

		if (len > width)
			width = len < NAME_COLUMNS ? len : NAME_COLUMNS;
	}
	(void)fprintf(to, "%-*s %10s %-16s %8s %10s %8s\n", width, "ZONE",
	    "SERIAL", "PUBLISHED (UTC)", "DUE IN", "EXPIRES IN", "KEYS IN");
	for (size_t i = 0; i < l->count; i++)
		text_row(l, &l->zone[i], width, to);
	(void)fprintf(to,
	    "%zu zones: %zu due, %zu failing, %zu expired, %zu never "
	    "published\n",
	    l->count, l->due, l->failing, l->expired, l->never);
}

/* ---- JSON ---- */

static json_t *
text_or_null(const char *text)
{
	return text == NULL ? json_null() : json_string(text);
}

static json_t *
json_row(const struct status_zone *r)
{
	return json_pack(
	    "{s:s, s:s, s:I, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:i, s:o}",
	    "zone", r->zone->name, "policy", r->zone->policy_name, "serial",
	    (json_int_t)r->zone->serial, "published",
	    show_moment(r->zone->published), "due", show_moment(r->due),
	    "due-now", text_or_null(r->why), "expires",
	    show_moment(r->facts->earliest), "expired", (int)r->expired,
	    "keys-change", show_moment(r->next), "owed", text_or_null(r->owed),
	    "failures", (int)r->facts->failures, "error",
	    text_or_null(r->facts->error));
}

void
status_json(const struct status_list *l)
{
	json_t *zones = json_array();

	for (size_t i = 0; i < l->count; i++)
		(void)json_array_append_new(zones, json_row(&l->zone[i]));
	show_json(json_pack("{s:o, s:o}", "now", show_moment(l->now), "zones",
	    zones));
}

/* ---- metrics: Prometheus' text format ---- */

/* A label's value: backslash, quote and newline are escaped. */
static void
put_label(const char *s, FILE *to)
{
	for (; *s != '\0'; s++) {
		if (*s == '\\' || *s == '"')
			(void)fputc('\\', to);
		if (*s == '\n')
			(void)fputs("\\n", to);
		else
			(void)fputc(*s, to);
	}
}

enum value { SERIAL, PUBLISHED, DUE, DUE_NOW, EXPIRES, CHANGE, OWED, FAILURES };

static const struct metric {
	enum value value;
	const char *name, *help;
} metrics[] = {
	{ SERIAL, "serial", "SOA serial as published" },
	{ PUBLISHED, "published_timestamp_seconds",
	    "when it was published last" },
	{ DUE, "due_timestamp_seconds", "when its signatures are renewed" },
	{ DUE_NOW, "due", "1 if it must be signed now" },
	{ EXPIRES, "expiration_timestamp_seconds",
	    "when its first signature expires" },
	{ CHANGE, "key_change_timestamp_seconds",
	    "when one of its keys changes state next" },
	{ OWED, "owed", "1 if its keys wait for a person" },
	{ FAILURES, "failures", "failed runs in a row" },
};

static int64_t
value_of(const struct status_zone *r, enum value v)
{
	switch (v) {
	case SERIAL:
		return r->zone->serial;
	case PUBLISHED:
		return r->zone->published;
	case DUE:
		return r->due;
	case DUE_NOW:
		return r->why != NULL;
	case EXPIRES:
		return r->facts->earliest;
	case CHANGE:
		return r->next;
	case OWED:
		return r->owed != NULL;
	case FAILURES:
		return r->facts->failures;
	}
	return 0;
}

/* A moment that is not known is left out. */
static bool
is_told(enum value v, int64_t n)
{
	return n != 0 || v == DUE_NOW || v == OWED || v == FAILURES;
}

static void
put_metric(const struct status_list *l, const struct metric *m, FILE *to)
{
	(void)fprintf(to,
	    "# HELP zonepipe_zone_%s %s\n# TYPE zonepipe_zone_%s gauge\n",
	    m->name, m->help, m->name);
	for (size_t i = 0; i < l->count; i++) {
		const int64_t n = value_of(&l->zone[i], m->value);

		if (!is_told(m->value, n))
			continue;
		(void)fprintf(to, "zonepipe_zone_%s{zone=\"", m->name);
		put_label(l->zone[i].zone->name, to);
		(void)fprintf(to, "\"} %" PRId64 "\n", n);
	}
}

static void
put_keys(const struct model *m, FILE *to)
{
	size_t n[2][KEY_STATES] = { 0 };

	for (size_t i = 0; i < m->nzones; i++)
		for (size_t k = 0; k < m->zones[i]->nkeys; k++) {
			const struct zonekey *key = &m->zones[i]->keys[k];

			n[key->pair->type == KEY_KSK][key->state]++;
		}
	(void)fprintf(to,
	    "# HELP zonepipe_keys keys of zones\n# TYPE zonepipe_keys "
	    "gauge\n");
	for (int type = 0; type < 2; type++)
		for (int state = STATE_GENERATE; state < KEY_STATES; state++)
			(void)fprintf(to,
			    "zonepipe_keys{type=\"%s\",state=\"%s\"} %zu\n",
			    type == 1 ? "KSK" : "ZSK",
			    key_state_name((enum key_state)state),
			    n[type][state]);
}

void
status_metrics(const struct status_list *l, const struct model *m, FILE *to)
{
	(void)fprintf(to,
	    "# HELP zonepipe_status_timestamp_seconds when this was written\n"
	    "# TYPE zonepipe_status_timestamp_seconds gauge\n"
	    "zonepipe_status_timestamp_seconds %" PRId64 "\n"
	    "# HELP zonepipe_zones zones of the zone list\n"
	    "# TYPE zonepipe_zones gauge\nzonepipe_zones %zu\n",
	    l->now, l->count);
	for (size_t i = 0; i < sizeof(metrics) / sizeof(*metrics); i++)
		put_metric(l, &metrics[i], to);
	put_keys(m, to);
}
