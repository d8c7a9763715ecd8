/* enforce: one pass; clock: is there a time to go by? */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "actions.h"
#include "dscommand.h"
#include "due.h"
#include "purge.h"
#include "report.h"
#include "show.h"
#include "signconfs.h"
#include "stock.h"
#include "verb.h"

/* ---- clock ---- */

/*
 * A kernel that says its clock is not synchronised signs nothing by it.  One
 * that may not say, in a container, is the host's: there the database's own
 * memory of time (MaxClockStep) is what guards.
 */
static int
check_clock(const struct session *s, struct diag *d)
{
	int synchronised;

	if (s->o.now != 0 || s->o.accept_clock ||
	    (synchronised = session_clock_synchronised()) == 1)
		return 0;
	if (synchronised == 0)
		return diag_set(d, STATUS_SYSTEM,
		    "the kernel says that the clock is not synchronised: "
		    "start NTP, or --accept-clock");
	report_warn("the kernel does not say whether the clock is synchronised "
		    "(%s), as in some containers: see that the host's is, and "
		    "say so with --accept-clock",
	    strerror(errno));
	return 0;
}

static enum status
clock_verb(struct session *s, int argc, char **operands, struct diag *d)
{
	(void)argc;
	(void)operands;
	if (check_clock(s, d) == -1)
		return verb_failed(d);
	(void)printf("%" PRId64 "\n", s->now);
	return STATUS_OK;
}

/* ---- what the engine asks to be done ---- */

static void
worsen(enum status *worst, enum status status)
{
	if (status > *worst)
		*worst = status;
}

/* Purging goes before the commit: a key that is gone twice is still gone. */
static void
do_purges(struct session *s, const struct engine_result *r,
    enum status *worst)
{
	char why[DIAG_TEXT_MAX] = "";
	struct diag d;

	for (size_t i = 0; i < r->nactions; i++) {
		const struct engine_action *a = &r->actions[i];
		char id[SIGNCONF_LOCATOR_MAX + 1];

		if (a->kind != ACTION_PURGE)
			continue;
		(void)snprintf(id, sizeof(id), "%s", a->pair->id);
		if (purge_pair(s, a->pair, &d) == 0) {
			report_info("key %s purged", id);
			continue;
		}
		/* A signconf that names it is written in this pass. */
		if (d.status == STATUS_BAD) {
			report_debug("%s", d.text);
			continue;
		}
		worsen(worst, d.status);
		if (strcmp(why, d.text) != 0)
			report_error("dead key %s stays: %s", id, d.text);
		(void)snprintf(why, sizeof(why), "%s", d.text);
	}
}

static bool
asks_for_submission(const struct engine_result *r, const struct zone *z)
{
	for (size_t i = 0; i < r->nactions; i++)
		if (r->actions[i].kind == ACTION_SUBMIT_DS &&
		    r->actions[i].zone == z && r->actions[i].first)
			return true;
	return false;
}

/* At least once: run before the commit that remembers it, and after a failure
 * in every pass until it succeeds. */
static void
do_ds_commands(struct session *s, const struct engine_result *r,
    enum status *worst)
{
	struct diag d;

	if (s->conf->ds_submit_command == NULL || s->o.dry_run)
		return;
	for (size_t i = 0; i < s->m->nzones; i++) {
		struct zone *z = s->m->zones[i];
		struct zone_facts *facts = strmap_get(&s->db->facts, z->name);

		if (facts == NULL ||
		    (!facts->submit_failed && !asks_for_submission(r, z)))
			continue;
		facts->submit_failed = dscommand_run(s, z, &d) == -1;
		if (facts->submit_failed) {
			report_error("%s", d.text);
			worsen(worst, STATUS_SYSTEM);
		}
	}
}

static void
drop_zones(struct session *s)
{
	size_t i = 0;

	while (i < s->m->nzones) {
		struct zone *z = s->m->zones[i];

		if (z->deleted == 0 || z->nkeys > 0) {
			i++;
			continue;
		}
		report_debug("zone %s: forgotten", z->name);
		database_forget_zone(s->db, z->name);
		model_remove_zone(s->m, z);
	}
}

/* ---- the pass ---- */

static void
tell_zones(const struct session *s)
{
	for (size_t i = 0; i < s->m->nzones; i++) {
		const struct zone *z = s->m->zones[i];
		const struct zone_facts *facts =
		    strmap_get(&s->db->facts, z->name);

		if (facts == NULL || !facts->listed || !facts->fresh)
			continue;
		report_info("Zone %s found.", z->name);
		report_debug(
		    "Policy for %s set to %s.", z->name, z->policy_name);
		report_debug("Config will be output to %s.", z->signconf);
	}
}

static void
mark_zones_known(struct session *s)
{
	for (size_t i = 0; i < s->m->nzones; i++) {
		struct zone_facts *facts =
		    strmap_get(&s->db->facts, s->m->zones[i]->name);

		if (facts != NULL && facts->listed)
			facts->fresh = false;
	}
}

static void
tell_clock(const struct engine_result *r)
{
	char date[32];

	if (!r->clock_frozen)
		return;
	session_date(r->clock_retry, date);
	report_warn("the clock jumped: no key changes its state before a pass "
		    "at %s agrees, or --accept-clock",
	    date);
}

static void
tell_result(const struct session *s, const struct engine_result *r)
{
	char date[32];

	if (s->o.json) {
		show_json(actions_json(s, r));
		return;
	}
	if (r->wake == MOMENT_NEVER || r->wake == 0)
		return;
	session_date(r->wake, date);
	report_debug("next change at %s", date);
}

/*
 * The order makes a crash harmless: what is done outside is done before the
 * commit if it may be done twice, and after it if the next pass makes it good.
 */
static int
pass(struct session *s, struct engine_result *r, enum status *worst,
    struct diag *d)
{
	struct signconfs sc = { 0 };
	int64_t salt;
	int rc = -1;

	tell_zones(s);
	mark_zones_known(s);
	if (stock_salts(s, d) == -1 || stock_fill(s, worst, d) == -1)
		return -1;
	if (engine_pass(s->m, s->now, &s->engine, r, d) == -1)
		return -1;
	salt = stock_salts_next(s);
	if (!r->clock_frozen && salt < r->wake)
		r->wake = salt;
	tell_clock(r);
	actions_transitions(s, r);
	actions_tell(s, r);
	if (signconfs_compose(&sc, s, s->engine.only, d) == -1)
		goto out;
	do_ds_commands(s, r, worst);
	tell_result(s, r);
	do_purges(s, r, worst); /* actions point to pairs until here */
	drop_zones(s);
	if (session_commit(s, d) == -1)
		goto out;
	if (!s->o.dry_run)
		signconfs_write(&sc);
	rc = 0;
out:
	if (sc.failed > 0)
		worsen(worst, STATUS_SYSTEM);
	signconfs_clear(&sc);
	return rc;
}

#define NEEDS_ENFORCE (NEEDS_ALL | NEEDS_SYSLOG)

/*
 * What the pass did not reach is due all the same, by what was committed.  It
 * is the same process that tells, since to read everything anew is dear.
 */
static enum status
list_due(struct session *s, bool passed, struct diag *d)
{
	if (!passed) {
		(void)report_diag(d);
		d->text[0] = '\0';
		if (session_reload(s, NEEDS_ENFORCE, d) == -1)
			return verb_failed(d);
	}
	return due_list(s, s->o.due, d);
}

static enum status
enforce(struct session *s, int argc, char **operands, struct diag *d)
{
	struct engine_result r = { 0 };
	enum status worst = STATUS_OK, before = STATUS_OK;
	struct zone *only;
	int rc;

	(void)argc;
	(void)operands;
	if (s->o.reconcile) {
		before = published_reconcile(s, d);
		if (d->text[0] != '\0')
			(void)report_diag(d);
		d->text[0] = '\0';
	}
	if (s->o.zone != NULL) {
		if ((only = session_zone(s, d)) == NULL)
			return verb_failed(d);
		s->engine.only = only;
	}
	rc = pass(s, &r, &worst, d);
	worsen(&worst, before);
	if (actions_errors(&r) > 0)
		worsen(&worst, STATUS_BAD);
	engine_result_clear(&r);
	if (rc == -1)
		worsen(&worst, verb_failed(d));
	if (s->o.due != NULL)
		worsen(&worst, list_due(s, rc == 0, d));
	return worst;
}

const struct verb pass_verbs[] = {
	{ "enforce",
	    "za,dry-run,assume-published,accept-clock,reconcile,due",
	    NEEDS_ENFORCE,
	    "One pass: make keys, move states, write signconf files.",
	    enforce },
	{ "clock", ",accept-clock", 0,
	    "Print the time, if the kernel says that it is right.",
	    clock_verb },
	{ NULL, NULL, 0, NULL, NULL },
};
