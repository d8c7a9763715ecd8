#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "rrtype.h"
#include "sort-findings.h"

void
findings_clear(struct findings *f)
{
	for (size_t k = 0; k < f->count; k++) {
		for (size_t i = 0; i < FINDINGS_KEPT; i++) {
			free(f->kinds[k].kept[i].owner);
			free(f->kinds[k].kept[i].what);
			free(f->kinds[k].kept[i].place);
			free(f->kinds[k].kept[i].other);
		}
	}
	memset(f->kinds, 0, sizeof(f->kinds));
	f->count = 0;
	f->errors = f->warnings = 0;
	f->no_memory = false;
}

static struct finding_kind *
kind_of(struct findings *f, const struct zonecheck_finding *found)
{
	struct finding_kind *kind;

	for (size_t k = 0; k < f->count; k++)
		if (strcmp(f->kinds[k].name, found->name) == 0)
			return &f->kinds[k];
	if (f->count == FINDINGS_KINDS)
		return NULL;
	kind = &f->kinds[f->count++];
	kind->name = found->name;
	kind->rule = found->rule;
	kind->error = f->strict || found->severity == ZONECHECK_ERROR;
	return kind;
}

void
findings_add(void *ctx, const struct zonecheck_finding *found)
{
	struct findings *f = ctx;
	struct finding_kind *kind = kind_of(f, found);
	struct finding *kept;

	if (f->strict || found->severity == ZONECHECK_ERROR)
		f->errors++;
	else
		f->warnings++;
	if (kind == NULL || kind->count++ >= FINDINGS_KEPT)
		return;
	kept = &kind->kept[kind->count - 1];
	kept->type = found->type;
	kept->owner = strdup(found->owner);
	kept->what = strdup(found->what);
	if (kept->owner == NULL || kept->what == NULL)
		f->no_memory = true;
}

/* "www.example. CNAME: beside other data (RFC ...)" */
static void
describe(const struct finding_kind *kind, const struct finding *one, char *to,
    size_t size)
{
	char type[RRTYPE_TEXT_MAX];

	/* Cut if too long: the place stands first. */
	(void)snprintf(to, size, "%s%s%s: %s (%s)",
	    one->owner != NULL ? one->owner : "?", one->type != 0 ? " " : "",
	    one->type != 0 ? rrtype_name(one->type, type) : "",
	    one->what != NULL ? one->what : "?", kind->rule);
}

static void
report_kind(const struct finding_kind *kind, const char *zone)
{
	void (*const say)(const char *, ...) =
	    kind->error ? report_error : report_warn;
	char text[DIAG_TEXT_MAX];

	for (size_t i = 0; i < FINDINGS_KEPT && i < kind->count; i++) {
		const struct finding *one = &kind->kept[i];

		describe(kind, one, text, sizeof(text));
		say("%s: %s%s%s", one->place != NULL ? one->place : zone, text,
		    one->other != NULL ? "; another at " : "",
		    one->other != NULL ? one->other : "");
	}
	if (kind->count > FINDINGS_KEPT)
		say("%s: %" PRIu64 " more of this kind: %s", zone,
		    kind->count - FINDINGS_KEPT, kind->name);
}

void
findings_report(const struct findings *f, const char *zone)
{
	for (size_t k = 0; k < f->count; k++)
		report_kind(&f->kinds[k], zone);
}

int
findings_fail(const struct findings *f, struct diag *d)
{
	char text[DIAG_TEXT_MAX / 2];

	for (size_t k = 0; k < f->count; k++) {
		const struct finding *first = &f->kinds[k].kept[0];

		if (!f->kinds[k].error)
			continue;
		describe(&f->kinds[k], first, text, sizeof(text));
		return diag_set(d, STATUS_BAD,
		    "%" PRIu64 " error%s%s%.300s: %s", f->errors,
		    f->errors == 1 ? "" : "s, first",
		    first->place != NULL ? ": " : "",
		    first->place != NULL ? first->place : "", text);
	}
	return diag_set(d, STATUS_BAD, "%" PRIu64 " errors", f->errors);
}
