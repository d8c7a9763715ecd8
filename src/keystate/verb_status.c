/* status: what is published, until when, and what comes next. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "atomicfile.h"
#include "due.h"
#include "fades.h"
#include "status.h"
#include "verb.h"

#define DAY	   INT64_C(86400)
#define AHEAD	   (120 * DAY) /* of the key timelines */
#define DRAWN_MAX  40	       /* zones whose keys are drawn */
#define EVENTS_MAX 20000

/* ---- gathering ---- */

/* What a key waits for a person to do. */
static const char *
duty(enum forecast_kind kind)
{
	switch (kind) {
	case FORECAST_DS_SEEN:
		return "key ds-seen";
	case FORECAST_DS_GONE:
		return "key ds-gone";
	case FORECAST_BACKUP:
		return "backup done";
	default:
		return NULL;
	}
}

static void
look_at_keys(const struct session *s, struct status_zone *row)
{
	for (size_t i = 0; i < row->zone->nkeys; i++) {
		const struct zonekey *k = &row->zone->keys[i];
		const struct forecast f =
		    engine_forecast(s->m, row->zone, k, s->now, &s->engine);
		const bool by_hand = f.kind == FORECAST_AT && f.at <= s->now &&
		    engine_rolled_by_hand(row->zone, k);

		if (row->owed == NULL)
			row->owed = by_hand ? "key rollover" : duty(f.kind);
		if (by_hand)
			continue;
		if (f.kind == FORECAST_AT && f.at != 0 &&
		    f.at != MOMENT_NEVER &&
		    (row->next == 0 || f.at < row->next))
			row->next = f.at;
	}
}

static void
count(struct status_list *l, const struct status_zone *row)
{
	int64_t left = row->facts->earliest - l->now;

	l->failing += row->facts->failures > 0;
	l->expired += row->expired;
	l->due += row->why != NULL;
	if (row->facts->earliest == 0) {
		l->never++;
		return;
	}
	left = left <= 0 ? 0 : left / DAY + 1;
	l->days[left < STATUS_DAYS ? left : STATUS_DAYS - 1]++;
}

static void
gather(struct session *s, const struct zone *only, struct status_list *l)
{
	for (size_t i = 0; i < s->m->nzones; i++) {
		const struct zone *z = s->m->zones[i];
		struct status_zone *row = &l->zone[l->count];
		int64_t next;

		memset(row, 0, sizeof(*row));
		row->zone = z;
		row->facts = strmap_get(&s->db->facts, z->name);
		if ((only != NULL && z != only) || row->facts == NULL ||
		    !session_in_use(s, z) || z->policy == NULL)
			continue;
		row->why = due_reason(s, z, row->facts);
		next = due_next(s, z, row->facts);
		row->due = next == MOMENT_NEVER ? 0 : next;
		row->expired =
		    row->facts->earliest != 0 && row->facts->earliest <= s->now;
		look_at_keys(s, row);
		count(l, row);
		l->count++;
	}
}

/* ---- files ---- */

struct page {
	const struct status_list *list;
	const struct plan *plan;
	const struct model *model;
};

static void
put_html(const struct page *p, FILE *to)
{
	status_html(p->list, p->plan, to);
}

static void
put_metrics(const struct page *p, FILE *to)
{
	status_metrics(p->list, p->model, to);
}

/* Whole or not at all: a web server or a collector may read it any time. */
static int
write_file(const char *path, void (*put)(const struct page *p, FILE *to),
    const struct page *p, struct diag *d)
{
	struct atomicfile *af;
	FILE *to = NULL;
	int fd;

	if (atomicfile_open(&af, path, 0644, d) == -1)
		return -1;
	if ((fd = dup(atomicfile_fd(af))) == -1 ||
	    (to = fdopen(fd, "w")) == NULL) {
		diag_system(d, "%s", path);
		if (fd != -1)
			(void)close(fd);
		atomicfile_abandon(af);
		return -1;
	}
	put(p, to);
	if (ferror(to) | fclose(to)) {
		diag_system(d, "%s: write", path);
		atomicfile_abandon(af);
		return -1;
	}
	return atomicfile_commit_unsynced(af, d);
}

/* The keys' timelines, where there are few enough to look at. */
static int
write_html(
    struct session *s, const struct zone *only, struct page *p, struct diag *d)
{
	struct plan plan = { 0 };
	int rc;

	if (p->list->count > 0 && p->list->count <= DRAWN_MAX)
		fades_find(s, only);
	if (p->list->count > 0 && p->list->count <= DRAWN_MAX &&
	    plan_run(s->m, s->now, s->now + AHEAD, &s->engine,
		only == NULL ? NULL : only->name, EVENTS_MAX, &plan, d) == 0)
		p->plan = &plan;
	rc = write_file(s->o.html, put_html, p, d);
	p->plan = NULL;
	plan_clear(&plan);
	return rc;
}

/* ---- the verb ---- */

static enum status
status(struct session *s, int argc, char **operands, struct diag *d)
{
	struct status_list l = { .now = s->now };
	struct page p = { &l, NULL, s->m };
	struct zone *only = NULL;
	enum status rc;

	(void)argc;
	(void)operands;
	if (s->o.zone != NULL && (only = session_zone(s, d)) == NULL)
		return verb_failed(d);
	if ((l.zone = calloc(s->m->nzones + 1, sizeof(*l.zone))) == NULL) {
		diag_system(d, "status");
		return verb_failed(d);
	}
	gather(s, only, &l);
	rc = l.expired > 0 || l.failing > 0 ? STATUS_BAD : STATUS_OK;
	d->text[0] = '\0';
	if (s->o.metrics != NULL &&
	    write_file(s->o.metrics, put_metrics, &p, d) == -1)
		rc = verb_failed(d);
	else if (s->o.html != NULL && write_html(s, only, &p, d) == -1)
		rc = verb_failed(d);
	else if (s->o.json)
		status_json(&l);
	else if (s->o.html == NULL && s->o.metrics == NULL)
		status_text(&l, stdout);
	free(l.zone);
	return rc;
}

const struct verb status_verbs[] = {
	{ "status", "z,html,metrics",
	    NEEDS_CONF | NEEDS_KASP | NEEDS_ZONELIST | NEEDS_READ,
	    "What is published, until when, and what comes next.", status },
	{ NULL, NULL, 0, NULL, NULL },
};
