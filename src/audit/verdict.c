#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "duration.h"
#include "report.h"
#include "verdict.h"
#include "wname.h"

/* "owner TYPE", as far as there is one. */
static void
subject(const struct verdict *v, const struct finding *f, char *text,
    size_t size)
{
	char owner[WNAME_TEXT_MAX], type[RTYPE_TEXT_MAX];

	text[0] = '\0';
	if (f->owner == NULL)
		return;
	(void)wname_print(f->owner, owner);
	if (f->type == 0) {
		(void)snprintf(text, size, "%s: ", owner);
		return;
	}
	rtype_print(v->types, f->type, type);
	(void)snprintf(text, size, "%s %s: ", owner, type);
}

static void
tell(const struct verdict *v, const struct finding *f,
    const struct check_row *row)
{
	char who[WNAME_TEXT_MAX + RTYPE_TEXT_MAX + 4], where[512];

	subject(v, f, who, sizeof(who));
	if (f->at.line > 0)
		(void)snprintf(where, sizeof(where), "%s:%u",
		    zonefile_name(v->file, f->at.file), f->at.line);
	else
		(void)snprintf(where, sizeof(where), "%s",
		    zonefile_name(v->file, f->at.file));
	switch (row->severity) {
	case SEVERITY_ERROR:
		report_error("%s: %s%s (%s) [%s]", where, who, f->text,
		    row->clause, row->id);
		break;
	case SEVERITY_WARNING:
		report_warn("%s: %s%s (%s) [%s]", where, who, f->text,
		    row->clause, row->id);
		break;
	case SEVERITY_INFO:
		report_info("%s: %s%s (%s) [%s]", where, who, f->text,
		    row->clause, row->id);
		break;
	}
}

void
verdict_take(void *arg, const struct finding *f)
{
	struct verdict *v = arg;
	const struct check_row *row = check_row(f->check);

	if (v->set->ignore[f->check])
		return;
	v->count[f->check]++;
	if (row->severity == SEVERITY_ERROR)
		v->errors++;
	if (row->severity == SEVERITY_WARNING)
		v->warnings++;
	if (row->severity == SEVERITY_ERROR && v->status == STATUS_OK)
		v->status = STATUS_BAD;
	if (v->count[f->check] <= v->set->show)
		tell(v, f, row);
	else if (v->count[f->check] == v->set->show + 1)
		report_warn("%s: more of [%s] are only counted; --show tells "
			    "more", zonefile_name(v->file, f->at.file),
		    row->id);
}

static void
counts(const struct verdict *v, const char *zone)
{
	for (int i = 0; i < CHECK_COUNT; i++) {
		const struct check_row *row = check_row((enum check)i);

		if (v->count[i] > 0)
			(void)printf("%s %s %s %" PRIu64 "\n", zone,
			    severity_name(row->severity), row->id,
			    v->count[i]);
	}
}

void
verdict_close(struct verdict *v, const struct zone *zone,
    const struct stats *s)
{
	char name[WNAME_TEXT_MAX], owner[WNAME_TEXT_MAX], when[15] = "-";
	char type[RTYPE_TEXT_MAX] = "-";

	(void)wname_print(zone->apex, name);
	(void)strcpy(owner, "-");
	if (s->earliest != INT64_MAX) {
		moment_format(s->earliest, when);
		(void)wname_print(s->earliest_owner, owner);
		rtype_print(v->types, s->earliest_type, type);
	}
	counts(v, name);
	(void)printf("%s %s serial=%u records=%" PRIu64 " rrsets=%" PRIu64
	    " verified=%" PRIu64 " kept=%" PRIu64 " skipped=%" PRIu64
	    " earliest=%s of %s %s "
	    "errors=%" PRIu64 " warnings=%" PRIu64 "\n", name,
	    v->status == STATUS_OK ? "valid" : "BAD", zone->serial, s->records,
	    s->rrsets, s->verified, s->kept, s->skipped, when, owner, type, v->errors,
	    v->warnings);
}

void
verdict_free(struct verdict *v)
{
	(void)v;
}
