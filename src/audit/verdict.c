#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verdict.h"
#include "wname.h"

const char *const life_names[LIFE_BUCKETS] = { "expired", "1h", "1d", "3d",
	"7d", "14d", "30d", "more" };

int
format_parse(const char *name, enum format *out)
{
	for (int i = FORMAT_TEXT; i <= FORMAT_JUNIT; i++) {
		if (strcmp(formatter_get((enum format)i)->name, name) == 0) {
			*out = (enum format)i;
			return 0;
		}
	}
	return -1;
}

void
verdict_begin(enum format format)
{
	if (formatter_get(format)->begin != NULL)
		formatter_get(format)->begin();
}

void
verdict_end(enum format format)
{
	if (formatter_get(format)->end != NULL)
		formatter_get(format)->end();
}

void
verdict_open(struct verdict *v, enum format format, const struct settings *set,
    const struct rtypes *types, const struct zonefile *file)
{
	*v = (struct verdict){ .format = format, .set = set, .types = types,
		.file = file };
}

void
verdict_place(const struct verdict *v, struct place at, char *text, size_t size)
{
	const char *name = zonefile_name(v->file, at.file);

	if (at.line > 0)
		(void)snprintf(text, size, "%s:%u", name, at.line);
	else
		(void)snprintf(text, size, "%s", name);
}

void
verdict_subject(const struct verdict *v, const struct finding *f, char *text,
    size_t size)
{
	char owner[WNAME_TEXT_MAX], type[RTYPE_TEXT_MAX];

	text[0] = '\0';
	if (f->owner == NULL)
		return;
	(void)wname_print(f->owner, owner);
	if (f->type == 0) {
		(void)snprintf(text, size, "%s", owner);
		return;
	}
	rtype_print(v->types, f->type, type);
	(void)snprintf(text, size, "%s %s", owner, type);
}

/* For a job line: one message says it, the number says how bad it is. */
static void
take_reason(struct verdict *v, const struct finding *f)
{
	char who[WNAME_TEXT_MAX + RTYPE_TEXT_MAX + 2];

	if (v->reason[0] != '\0')
		return;
	verdict_subject(v, f, who, sizeof(who));
	(void)snprintf(v->reason, sizeof(v->reason), "%.200s%s%.200s [%s]",
	    who, who[0] != '\0' ? ": " : "", f->text, check_row(f->check)->id);
}

void
verdict_take(void *arg, const struct finding *f)
{
	struct verdict *v = arg;
	const struct check_row *row = check_row(f->check);
	const struct formatter *formatter = formatter_get(v->format);

	if (v->set->ignore[f->check])
		return;
	v->count[f->check]++;
	if (row->severity == SEVERITY_WARNING)
		v->warnings++;
	if (row->severity == SEVERITY_ERROR) {
		v->errors++;
		if (v->status == STATUS_OK)
			v->status = STATUS_BAD;
		take_reason(v, f);
	}
	if (v->count[f->check] <= v->set->show && formatter->finding != NULL)
		formatter->finding(v, f);
}

void
verdict_close(struct verdict *v, const struct zone *zone,
    const struct stats *stats)
{
	const struct formatter *formatter = formatter_get(v->format);

	if (formatter->zone != NULL)
		formatter->zone(v, zone, stats);
}

void
verdict_free(struct verdict *v)
{
	findings_free(&v->kept);
}
