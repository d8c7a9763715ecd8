/* plan: what will happen, and what is owed when. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fades.h"
#include "plan.h"
#include "show.h"
#include "verb.h"

#define YEAR	   INT64_C(31536000)
#define EVENTS_MAX 200000

static int
put_text(const struct plan *p, FILE *to)
{
	const unsigned columns = show_columns();
	char *text = NULL, *line, *next;
	size_t len;
	FILE *memory;

	if (columns == 0) {
		plan_text(p, to);
		return 0;
	}
	if ((memory = open_memstream(&text, &len)) == NULL)
		return -1;
	plan_text(p, memory);
	if (fclose(memory) == EOF) {
		free(text);
		return -1;
	}
	for (line = text; *line != '\0'; line = next) {
		next = line + strcspn(line, "\n");
		if (*next != '\0')
			*next++ = '\0';
		show_folded(line, columns, 4);
	}
	free(text);
	return 0;
}

static int
put_svg(const struct plan *p, FILE *to)
{
	plan_svg(p, to);
	return 0;
}

static const struct format {
	const char *name;
	int (*put)(const struct plan *p, FILE *to);
} formats[] = {
	{ "text", put_text },
	{ "json", plan_json },
	{ "svg", put_svg },
};

static const struct format *
chosen(const struct session *s)
{
	const char *name = s->o.format;

	if (name == NULL)
		name = s->o.json ? "json" : "text";
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	}
	return NULL;
}

static enum status
plan(struct session *s, int argc, char **operands, struct diag *d)
{
	const struct format *f = chosen(s);
	const int64_t ahead = s->o.until > 0 ? s->o.until : YEAR;
	const struct zone *z = NULL;
	struct plan p = { 0 };
	enum status rc = STATUS_OK;

	(void)argc;
	(void)operands;
	if (f == NULL) {
		diag_set(d, STATUS_USAGE,
		    "--format: %s is none of text, json and svg", s->o.format);
		return verb_failed(d);
	}
	if (ahead > 20 * YEAR) {
		diag_set(d, STATUS_USAGE, "--until: at most P20Y");
		return verb_failed(d);
	}
	if (s->o.zone != NULL && (z = session_zone(s, d)) == NULL)
		return verb_failed(d);
	fades_find(s, z);
	if (plan_run(s->m, s->now, s->now + ahead, &s->engine,
		z == NULL ? NULL : z->name, EVENTS_MAX, &p, d) == -1)
		rc = verb_failed(d);
	else if (f->put(&p, stdout) == -1 || ferror(stdout)) {
		diag_set(d, STATUS_SYSTEM, "stdout: the plan was not written");
		rc = verb_failed(d);
	}
	plan_clear(&p);
	return rc;
}

const struct verb plan_verbs[] = {
	{ "plan", "z,until,format,json",
	    NEEDS_CONF | NEEDS_KASP | NEEDS_ZONELIST | NEEDS_READ,
	    "What will happen, and what you owe when.", plan },
	{ NULL, NULL, 0, NULL, NULL },
};
