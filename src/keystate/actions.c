#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actions.h"
#include "lost.h"
#include "material.h"
#include "report.h"
#include "show.h"

/* ---- transitions ---- */

void
actions_transitions(struct session *s, const struct engine_result *r)
{
	for (size_t i = 0; i < r->ntransitions; i++) {
		const struct engine_transition *t = &r->transitions[i];
		const char *type = key_type_name(t->pair->type);
		const char *from = key_state_name(t->from);
		const char *to = key_state_name(t->to);
		const char *interval = t->interval == INTERVAL_NONE
		    ? NULL
		    : engine_interval_name(t->interval);

		if (!s->o.dry_run)
			database_history(s->db, t->at, t->zone->name, type,
			    t->pair->id,
			    t->from == t->to
				? (t->sign_only ? "sign-only" : "sign-all")
				: "state",
			    from, to, interval, t->start, t->reason);
		report_info("zone %s: %s %s (tag %u): %s -> %s%s%s%s: %s",
		    t->zone->name, type, t->pair->id, t->pair->tag, from, to,
		    t->from == t->to && t->sign_only ? " (signs only)" : "",
		    interval != NULL ? " after " : "",
		    interval != NULL ? interval : "", t->reason);
	}
}

/* ---- the DS set ---- */

int
actions_ds_set(const struct session *s, const struct zone *z, bool ds,
    struct textbuf *to, struct diag *d)
{
	const uint32_t ttl = z->policy == NULL
	    ? 3600
	    : (uint32_t)(ds ? z->policy->ds_ttl : z->policy->dnskey_ttl);
	int rc = 0;

	for (size_t i = 0; i < z->nkeys && rc == 0; i++) {
		const struct zonekey *k = &z->keys[i];

		if (k->pair->type != KEY_KSK || !engine_ds_wanted(z, k))
			continue;
		rc = ds ? material_put_ds(
			      s, to, z->name, ttl, "DS", DS_SHA256, k->pair, d)
			: material_put_dnskey(
			      s, to, z->name, ttl, "DNSKEY", k->pair, d);
	}
	if (rc == 0 && to->failed)
		rc = diag_set(d, STATUS_SYSTEM, "out of memory");
	return rc;
}

/* A text of several lines, each a message of its own, blanks for tabs. */
static void
tell_lines(struct textbuf *t)
{
	const char *at = t->buf, *end = t->buf + t->len;

	for (size_t i = 0; i < t->len; i++)
		if (t->buf[i] == '\t')
			t->buf[i] = ' ';

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		if (newline == NULL)
			break;
		report_info("%.*s", (int)(newline - at), at);
		at = newline + 1;
	}
}

/* ---- actions, one function each ---- */

static void
tell_submit_ds(struct session *s, const struct engine_action *a)
{
	struct textbuf dnskeys = { 0 }, ds = { 0 };
	struct diag d;

	if (!a->first) {
		report_debug("zone %s: still waiting for key ds-seen of %s",
		    a->zone->name, a->pair->id);
		return;
	}
	if (actions_ds_set(s, a->zone, false, &dnskeys, &d) == -1 ||
	    actions_ds_set(s, a->zone, true, &ds, &d) == -1) {
		report_error("zone %s: %s", a->zone->name, d.text);
	} else {
		report_info("DS Record set has changed, the current set looks "
			    "like:");
		tell_lines(&dnskeys);
		tell_lines(&ds);
		report_warn(
		    "KSK Retirement reached; please submit "
		    "the new DS for %s and use keystate key ds-seen to roll "
		    "the key.",
		    a->zone->name);
		report_info(
		    "Once the new DS records are seen in DNS please "
		    "issue the ds-seen command for zone %s with the following "
		    "cka_ids, %s: keystate key ds-seen --zone %s --cka_id %s",
		    a->zone->name, a->pair->id, a->zone->name, a->pair->id);
	}
	textbuf_free(&dnskeys);
	textbuf_free(&ds);
}

static void
tell_withdraw_ds(struct session *s, const struct engine_action *a)
{
	(void)s;
	if (a->first)
		report_info(
		    "zone %s: have the DS of key %s (tag %u) taken out "
		    "of the parent; then: keystate key ds-gone --zone %s "
		    "--cka_id %s",
		    a->zone->name, a->pair->id, a->pair->tag, a->zone->name,
		    a->pair->id);
	else
		report_debug("zone %s: still waiting for key ds-gone of %s",
		    a->zone->name, a->pair->id);
}

static void
tell_backup(struct session *s, const struct engine_action *a)
{
	(void)s;
	if (a->zone != NULL)
		report_error(
		    "Trying to make non-backed up %s active "
		    "when RequireBackup flag is set: zone %s waits for %s: "
		    "back up repository %s, then keystate backup done",
		    key_type_name(a->pair->type), a->zone->name, a->pair->id,
		    a->pair->repository);
	else
		report_debug("key %s in repository %s is not backed up",
		    a->pair->id, a->pair->repository);
}

/* Is z one of the zones that a shared key's rollover is asked for? */
static bool
shares(const struct zone *z, const struct engine_action *a)
{
	const struct zonekey *k = zone_key(z, a->pair);

	return a->zone->policy != NULL && a->zone->policy->share_keys &&
	    z->policy == a->zone->policy && z->deleted == 0 && k != NULL &&
	    k->state == STATE_ACTIVE;
}

#define NAMED_MAX 10

/* How many zones share it; the names of the first of them. */
static size_t
name_sharers(const struct model *m, const struct engine_action *a,
    struct textbuf *t)
{
	size_t n = 0;

	for (size_t i = 0; i < m->nzones; i++) {
		if (!shares(m->zones[i], a) || n++ > NAMED_MAX)
			continue;
		if (n > 1)
			textbuf_puts(t, " ");
		textbuf_puts(t, n > NAMED_MAX ? "..." : m->zones[i]->name);
	}
	return n;
}

static void
tell_rollover(struct session *s, const struct engine_action *a)
{
	struct textbuf t = { 0 };
	size_t zones;

	zones = name_sharers(s->m, a, &t);
	textbuf_put(&t, "", 1);
	if (zones > 1 && !t.failed)
		report_warn("policy %s: manual rollover due for %s %s, which "
			    "%zu zones share (%s): once for all, keystate key "
			    "rollover --zone %s --keytype %s",
		    a->zone->policy_name, key_type_name(a->type), a->pair->id,
		    zones, t.buf, a->zone->name, key_type_name(a->type));
	else
		report_warn("zone %s: manual rollover due for %s %s: keystate "
			    "key rollover --zone %s --keytype %s",
		    a->zone->name, key_type_name(a->type), a->pair->id,
		    a->zone->name, key_type_name(a->type));
	textbuf_free(&t);
}

static void
tell_lost(struct session *s, const struct engine_action *a)
{
	const struct zonekey *k = zone_key(a->zone, a->pair);
	struct textbuf t = { 0 };

	(void)s;
	if (!a->first || k == NULL) {
		report_debug("zone %s: still waits for a DS in the place of "
			     "that of %s, which is lost",
		    a->zone->name, a->pair->id);
		return;
	}
	lost_warn(a->zone, k, &t);
	if (!t.failed)
		report_warn("%s", t.buf);
	textbuf_free(&t);
}

static void
tell_generate(struct session *s, const struct engine_action *a)
{
	report_warn("Not enough keys to satisfy %s policy for zone %s%s",
	    a->type == KEY_KSK ? "ksk" : "zsk", a->zone->name,
	    s->engine.manual_generation && !s->held ? ": keystate key generate" : "");
}

static void
tell_blocked(struct session *s, const struct engine_action *a)
{
	(void)s;
	report_info("zone %s: shared key %s waits for zone %s", a->zone->name,
	    a->pair->id, a->other != NULL ? a->other->name : "?");
}

static void
tell_not_ready(struct session *s, const struct engine_action *a)
{
	(void)s;
	report_warn(
	    "key rollover not completed as there are no keys "
	    "in the ready state: keystate will try again when it runs next: "
	    "zone %s, %s",
	    a->zone->name, key_type_name(a->type));
}

static void
tell_no_backup(struct session *s, const struct engine_action *a)
{
	if (s->told_no_backup[a->pair->type] == a->pair)
		return;
	s->told_no_backup[a->pair->type] = a->pair;
	report_warn(
	    "Making non-backed up %s active, PLEASE make "
	    "sure that you know the potential problems of using keys which "
	    "are not recoverable: zone %s, key %s",
	    key_type_name(a->pair->type), a->zone->name, a->pair->id);
}

static void
tell_expected(struct session *s, const struct engine_action *a)
{
	char date[32];

	(void)s;
	session_date(a->since, date);
	report_info(
	    "Rollover of KSK expected at %s for %s", date, a->zone->name);
}

static void
tell_collision(struct session *s, const struct engine_action *a)
{
	(void)s;
	report_warn("zone %s: key %s is not used: tag %u and algorithm %u are "
		    "those of another key of the zone",
	    a->zone->name, a->pair->id, a->pair->tag, a->pair->algorithm);
}

static void
tell_no_policy(struct session *s, const struct engine_action *a)
{
	if (!session_in_use(s, a->zone))
		report_warn("zone %s: not in %s: left as it is; update "
			    "zonelist deletes it",
		    a->zone->name, s->conf->zonelist_file);
	else
		report_error("zone %s: there is no policy %s in %s: left as it "
			     "is",
		    a->zone->name, a->zone->policy_name, s->conf->policy_file);
}

static void
tell_unpublished(struct session *s, const struct engine_action *a)
{
	(void)s;
	report_debug("zone %s: key %s waits for the zone to be published",
	    a->zone->name, a->pair->id);
}

static void
tell_refused(struct session *s, const struct engine_action *a)
{
	(void)s;
	report_error("zone %s: a change was undone that would break the zone: "
		     "%s",
	    a->zone->name, a->reason != NULL ? a->reason : "?");
}

/* The caller carries these out. */
static void
tell_nothing(struct session *s, const struct engine_action *a)
{
	(void)s;
	(void)a;
}

static const struct action_row {
	const char *name;
	void (*tell)(struct session *s, const struct engine_action *a);
	/* Of what many zones may have, the first few are told; all are there: */
	const char *rest;
} rows[] = {
	[ACTION_SIGNCONF] = { "signconf", tell_nothing },
	[ACTION_PURGE] = { "purge", tell_nothing },
	[ACTION_DROP_ZONE] = { "drop-zone", tell_nothing },
	[ACTION_SUBMIT_DS] = { "submit-ds", tell_submit_ds },
	[ACTION_WITHDRAW_DS] = { "withdraw-ds", tell_withdraw_ds },
	[ACTION_BACKUP] = { "backup", tell_backup,
	    "keystate backup list" },
	[ACTION_ROLLOVER] = { "rollover", tell_rollover,
	    "keystate plan" },
	[ACTION_LOST] = { "lost", tell_lost },
	[ACTION_GENERATE] = { "generate", tell_generate,
	    "resign --status" },
	[ACTION_BLOCKED] = { "blocked", tell_blocked },
	[ACTION_NOT_READY] = { "not-ready", tell_not_ready,
	    "resign --status" },
	[ACTION_NO_BACKUP] = { "no-backup", tell_no_backup,
	    "keystate key list -v" },
	[ACTION_EXPECTED] = { "expected", tell_expected },
	[ACTION_COLLISION] = { "collision", tell_collision,
	    "keystate key list -v" },
	[ACTION_NO_POLICY] = { "no-policy", tell_no_policy,
	    "keystate zone list" },
	[ACTION_UNPUBLISHED] = { "unpublished", tell_unpublished },
	[ACTION_REFUSED] = { "refused", tell_refused },
};

const char *
action_name(enum action_kind kind)
{
	return rows[kind].name;
}

#define SAID_ACTIONS 6 /* a KSK and a ZSK of three zones */

/* Would it say nothing in any case? */
static bool
is_silent(const struct session *s, const struct engine_action *a)
{
	switch (a->kind) {
	case ACTION_BACKUP:
		return a->zone == NULL; /* debug */
	case ACTION_NO_BACKUP: /* zones may share it */
		return s->told_no_backup[a->pair->type] == a->pair;
	case ACTION_GENERATE:
		return s->no_stock; /* stock.c said why */
	default:
		return false;
	}
}

void
actions_tell(struct session *s, const struct engine_result *r)
{
	size_t said[sizeof(rows) / sizeof(rows[0])] = { 0 };

	for (size_t i = 0; i < r->nactions; i++) {
		const struct engine_action *a = &r->actions[i];

		if (rows[a->kind].rest != NULL &&
		    (is_silent(s, a) || (!s->o.verbose &&
			++said[a->kind] > SAID_ACTIONS)))
			continue;
		rows[a->kind].tell(s, a);
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (said[i] > SAID_ACTIONS)
			report_warn("and %zu more of that kind (%s): see %s",
			    said[i] - SAID_ACTIONS, rows[i].name,
			    rows[i].rest);
}

size_t
actions_errors(const struct engine_result *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->nactions; i++)
		n += r->actions[i].kind == ACTION_REFUSED;
	return n;
}

/* ---- JSON ---- */

static json_t *
transition_json(const struct engine_transition *t)
{
	json_t *o = json_pack("{s:s, s:s, s:s, s:i, s:s, s:s, s:b, s:s}",
	    "zone", t->zone->name, "keytype", key_type_name(t->pair->type),
	    "id", t->pair->id, "tag", (int)t->pair->tag, "from",
	    key_state_name(t->from), "to", key_state_name(t->to), "sign_only",
	    (int)t->sign_only, "reason", t->reason);

	(void)json_object_set_new(o, "at", show_moment(t->at));
	(void)json_object_set_new(o, "start", show_moment(t->start));
	(void)json_object_set_new(o, "interval",
	    t->interval == INTERVAL_NONE
		? json_null()
		: json_string(engine_interval_name(t->interval)));
	return o;
}

static json_t *
sharers_json(const struct model *m, const struct engine_action *a)
{
	json_t *zones = json_array();

	for (size_t i = 0; i < m->nzones; i++)
		if (shares(m->zones[i], a))
			(void)json_array_append_new(
			    zones, json_string(m->zones[i]->name));
	return zones;
}

static json_t *
action_json(const struct model *m, const struct engine_action *a)
{
	json_t *o = json_pack(
	    "{s:s, s:b}", "action", rows[a->kind].name, "first", (int)a->first);

	(void)json_object_set_new(o, "zone",
	    a->zone == NULL ? json_null() : json_string(a->zone->name));
	(void)json_object_set_new(
	    o, "id", a->pair == NULL ? json_null() : json_string(a->pair->id));
	(void)json_object_set_new(
	    o, "keytype", json_string(key_type_name(a->type)));
	(void)json_object_set_new(o, "since", show_moment(a->since));
	if (a->kind == ACTION_ROLLOVER && shares(a->zone, a))
		(void)json_object_set_new(o, "zones", sharers_json(m, a));
	if (a->other != NULL)
		(void)json_object_set_new(
		    o, "blocked_by", json_string(a->other->name));
	if (a->reason != NULL)
		(void)json_object_set_new(o, "reason", json_string(a->reason));
	return o;
}

json_t *
actions_json(const struct session *s, const struct engine_result *r)
{
	json_t *transitions = json_array(), *actions = json_array();

	for (size_t i = 0; i < r->ntransitions; i++)
		(void)json_array_append_new(
		    transitions, transition_json(&r->transitions[i]));
	for (size_t i = 0; i < r->nactions; i++)
		(void)json_array_append_new(
		    actions, action_json(s->m, &r->actions[i]));
	return json_pack("{s:o, s:o, s:o, s:o, s:b}", "now",
	    show_moment(s->now), "transitions", transitions, "actions", actions,
	    "wake", show_moment(r->wake), "clock_frozen", (int)r->clock_frozen);
}
