/* The ways in which a verdict is told. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "duration.h"
#include "report.h"
#include "verdict.h"
#include "wname.h"

#define SUBJECT_MAX (WNAME_TEXT_MAX + RTYPE_TEXT_MAX + 4)

/* --- text ------------------------------------------------------------------ */

static void
text_finding(struct verdict *v, const struct finding *f)
{
	const struct check_row *row = check_row(f->check);
	char who[SUBJECT_MAX], where[512];
	const char *colon;

	verdict_subject(v, f, who, sizeof(who));
	verdict_place(v, f->at, where, sizeof(where));
	colon = who[0] != '\0' ? ": " : "";
	switch (row->severity) {
	case SEVERITY_ERROR:
		report_error("%s: %s%s%s (%s) [%s]", where, who, colon,
		    f->text, row->clause, row->id);
		break;
	case SEVERITY_WARNING:
		report_warn("%s: %s%s%s (%s) [%s]", where, who, colon,
		    f->text, row->clause, row->id);
		break;
	case SEVERITY_INFO:
		report_info("%s: %s%s%s (%s) [%s]", where, who, colon,
		    f->text, row->clause, row->id);
		break;
	}
	if (v->count[f->check] == v->set->show && v->set->show > 0)
		report_info("%s: more of [%s] are counted only; --show tells "
			    "more", zonefile_name(v->file, f->at.file),
		    row->id);
}

/* "NAME life 1d=N ...": how many signatures end within which time. */
static void
text_life(const char *name, const struct stats *s)
{
	(void)printf("%s life", name);
	for (size_t i = 0; i < LIFE_BUCKETS; i++)
		if (s->life[i] > 0)
			(void)printf(" %s=%" PRIu64, life_names[i],
			    s->life[i]);
	(void)printf("\n");
}

static void
text_earliest(const struct verdict *v, const char *name,
    const struct stats *s)
{
	char owner[WNAME_TEXT_MAX], when[15], type[RTYPE_TEXT_MAX];

	moment_format(s->earliest, when);
	(void)wname_print(s->earliest_owner, owner);
	rtype_print(v->types, s->earliest_type, type);
	(void)printf("%s earliest=%s of %s %s\n", name, when, owner, type);
}

static void
text_count(const char *key, uint64_t count)
{
	if (count > 0)
		(void)printf(" %s=%" PRIu64, key, count);
}

/* The last line fits a terminal unless there is more to say than "valid". */
static void
text_zone(struct verdict *v, const struct zone *zone, const struct stats *s)
{
	char name[WNAME_TEXT_MAX];

	(void)wname_print(zone->apex, name);
	for (int i = 0; i < CHECK_COUNT; i++) {
		const struct check_row *row = check_row((enum check)i);

		if (v->count[i] > 0)
			(void)printf("%s %s %s %" PRIu64 "\n", name,
			    severity_name(row->severity), row->id,
			    v->count[i]);
	}
	if (s->earliest != INT64_MAX) {
		if (!v->set->quiet)
			text_life(name, s);
		text_earliest(v, name, s);
	}
	(void)printf("%s %s serial=%u records=%" PRIu64 " rrsets=%" PRIu64
	    " verified=%" PRIu64 " kept=%" PRIu64, name,
	    v->status == STATUS_OK ? "valid" : "BAD", zone->serial,
	    s->records, s->rrsets, s->verified, s->kept);
	text_count("skipped", s->skipped);
	text_count("errors", v->errors);
	text_count("warnings", v->warnings);
	(void)printf("\n");
}

/* --- JSON ------------------------------------------------------------------ */

/*
 * A string.  Octets above ASCII come from the input and need be no UTF-8:
 * they are written as the characters of the same number.
 */
static void
json_string(const char *s)
{
	(void)putchar('"');
	for (; *s != '\0'; s++) {
		const unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			(void)printf("\\%c", c);
		else if (c < 0x20 || c >= 0x7f)
			(void)printf("\\u%04x", c);
		else
			(void)putchar(c);
	}
	(void)putchar('"');
}

static void
json_field(const char *name, const char *value)
{
	(void)printf(",\"%s\":", name);
	json_string(value);
}

/* Text of ours, which is UTF-8 and has nothing to escape. */
static void
json_plain(const char *name, const char *value)
{
	(void)printf(",\"%s\":\"%s\"", name, value);
}

static void
json_finding(struct verdict *v, const struct finding *f)
{
	const struct check_row *row = check_row(f->check);
	char owner[WNAME_TEXT_MAX], type[RTYPE_TEXT_MAX];

	(void)printf("{\"finding\":\"%s\",\"severity\":\"%s\"", row->id,
	    severity_name(row->severity));
	json_plain("clause", row->clause);
	json_field("file", zonefile_name(v->file, f->at.file));
	(void)printf(",\"line\":%u", f->at.line);
	if (f->owner != NULL) {
		(void)wname_print(f->owner, owner);
		json_field("owner", owner);
	}
	if (f->type != 0) {
		rtype_print(v->types, f->type, type);
		json_field("type", type);
	}
	json_field("text", f->text);
	(void)printf("}\n");
}

static void
json_zone(struct verdict *v, const struct zone *zone, const struct stats *s)
{
	char name[WNAME_TEXT_MAX], owner[WNAME_TEXT_MAX], type[RTYPE_TEXT_MAX];
	const char *comma = "";

	(void)wname_print(zone->apex, name);
	(void)printf("{\"zone\":");
	json_string(name);
	(void)printf(",\"valid\":%s,\"serial\":%u,\"records\":%" PRIu64
	    ",\"rrsets\":%" PRIu64 ",\"verified\":%" PRIu64 ",\"kept\":%" PRIu64
	    ",\"skipped\":%" PRIu64, v->status == STATUS_OK ? "true" : "false",
	    zone->serial, s->records, s->rrsets, s->verified, s->kept,
	    s->skipped);
	if (s->earliest != INT64_MAX) {
		(void)wname_print(s->earliest_owner, owner);
		rtype_print(v->types, s->earliest_type, type);
		(void)printf(",\"earliest\":%" PRId64, s->earliest);
		json_field("earliest-owner", owner);
		json_field("earliest-type", type);
	}
	(void)printf(",\"life\":{");
	for (size_t i = 0; i < LIFE_BUCKETS; i++)
		(void)printf("%s\"%s\":%" PRIu64, i > 0 ? "," : "",
		    life_names[i], s->life[i]);
	(void)printf("},\"errors\":%" PRIu64 ",\"warnings\":%" PRIu64
	    ",\"counts\":{", v->errors, v->warnings);
	for (int i = 0; i < CHECK_COUNT; i++) {
		if (v->count[i] == 0)
			continue;
		(void)printf("%s\"%s\":%" PRIu64, comma,
		    check_row((enum check)i)->id, v->count[i]);
		comma = ",";
	}
	(void)printf("}}\n");
}

/* --- GitHub Actions -------------------------------------------------------- */

/* Workflow commands escape %, CR and LF, and in properties : and , too. */
static void
github_string(const char *s, bool property)
{
	for (; *s != '\0'; s++) {
		const unsigned char c = (unsigned char)*s;

		if (c == '%' || c < 0x20 ||
		    (property && (c == ':' || c == ',')))
			(void)printf("%%%02X", c);
		else
			(void)putchar(c);
	}
}

static void
github_finding(struct verdict *v, const struct finding *f)
{
	static const char *const commands[] = { "notice", "warning", "error" };
	const struct check_row *row = check_row(f->check);
	char who[SUBJECT_MAX];

	verdict_subject(v, f, who, sizeof(who));
	(void)printf("::%s file=", commands[row->severity]);
	github_string(zonefile_name(v->file, f->at.file), true);
	if (f->at.line > 0)
		(void)printf(",line=%u", f->at.line);
	(void)printf(",title=");
	github_string(row->id, true);
	(void)printf("::");
	github_string(who, false);
	(void)printf("%s", who[0] != '\0' ? ": " : "");
	github_string(f->text, false);
	(void)printf(" (%s)\n", row->clause);
}

/* --- JUnit ----------------------------------------------------------------- */

static void
xml_string(const char *s)
{
	for (; *s != '\0'; s++) {
		const unsigned char c = (unsigned char)*s;

		switch (c) {
		case '<': (void)printf("&lt;"); break;
		case '>': (void)printf("&gt;"); break;
		case '&': (void)printf("&amp;"); break;
		case '"': (void)printf("&quot;"); break;
		default:
			/* XML has no way to write control characters. */
			if (c < 0x20 || c >= 0x7f)
				(void)printf("\\x%02x", c);
			else
				(void)putchar(c);
		}
	}
}

static void
junit_begin(void)
{
	(void)printf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		     "<testsuites>\n");
}

static void
junit_end(void)
{
	(void)printf("</testsuites>\n");
}

static void
junit_finding(struct verdict *v, const struct finding *f)
{
	finding_add(&v->kept, f->check, f->owner, f->type, f->at, "%s",
	    f->text);
}

static void
junit_case(const struct verdict *v, enum check check)
{
	const struct check_row *row = check_row(check);
	char who[SUBJECT_MAX], where[512];
	const bool failure = row->severity == SEVERITY_ERROR;

	(void)printf("<testcase classname=\"audit-zone\" name=\"%s\">",
	    row->id);
	if (v->count[check] == 0) {
		(void)printf("</testcase>\n");
		return;
	}
	if (failure)
		(void)printf("<failure message=\"%s: %" PRIu64 "\">\n",
		    row->clause, v->count[check]);
	else
		(void)printf("<system-out>\n");
	for (const struct finding *f = v->kept.first; f != NULL; f = f->next) {
		if (f->check != check)
			continue;
		verdict_place(v, f->at, where, sizeof(where));
		verdict_subject(v, f, who, sizeof(who));
		xml_string(where);
		(void)printf(": ");
		xml_string(who);
		(void)printf("%s", who[0] != '\0' ? ": " : "");
		xml_string(f->text);
		(void)printf("\n");
	}
	(void)printf("</%s></testcase>\n", failure ? "failure" : "system-out");
}

static void
junit_zone(struct verdict *v, const struct zone *zone, const struct stats *s)
{
	char name[WNAME_TEXT_MAX];
	unsigned failures = 0;

	(void)s;
	for (int i = 0; i < CHECK_COUNT; i++)
		failures += v->count[i] > 0 && check_row((enum check)i)->
		    severity == SEVERITY_ERROR;
	(void)wname_print(zone->apex, name);
	(void)printf("<testsuite name=\"");
	xml_string(name);
	(void)printf("\" tests=\"%d\" failures=\"%u\">\n", CHECK_COUNT,
	    failures);
	for (int i = 0; i < CHECK_COUNT; i++)
		junit_case(v, (enum check)i);
	(void)printf("</testsuite>\n");
}

static const struct formatter formatters[] = {
	[FORMAT_TEXT] = { "text", NULL, text_finding, text_zone, NULL },
	[FORMAT_QUIET] = { "quiet", NULL, text_finding, NULL, NULL },
	[FORMAT_JSON] = { "json", NULL, json_finding, json_zone, NULL },
	[FORMAT_GITHUB] = { "github", NULL, github_finding, NULL, NULL },
	[FORMAT_JUNIT] = { "junit", junit_begin, junit_finding, junit_zone,
		junit_end },
};

const struct formatter *
formatter_get(enum format format)
{
	return &formatters[format];
}
