/* A plan for programs. */
#include <jansson.h>
#include <time.h>

#include "plan.h"

static json_t *
moment(int64_t at)
{
	const time_t t = (time_t)at;
	struct tm tm;
	char text[32];

	if (at == 0 || gmtime_r(&t, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return json_null();
	return json_string(text);
}

static const char *
kind_name(enum plan_kind kind)
{
	static const char *const names[] = { [PLAN_MOVE] = "transition",
		[PLAN_RENEWED] = "renewed", [PLAN_OWED] = "owed",
		[PLAN_PURGED] = "purged", [PLAN_STUCK] = "stuck" };

	return names[kind];
}

/* As enforce --json names them. */
static const char *
duty_name(enum action_kind kind)
{
	switch (kind) {
	case ACTION_SUBMIT_DS:
		return "submit-ds";
	case ACTION_WITHDRAW_DS:
		return "withdraw-ds";
	case ACTION_BACKUP:
		return "backup";
	case ACTION_ROLLOVER:
		return "rollover";
	case ACTION_GENERATE:
		return "generate";
	case ACTION_NO_POLICY:
		return "no-policy";
	default:
		return "refused";
	}
}

static void
set(json_t *o, const char *name, json_t *value)
{
	(void)json_object_set_new(o, name, value);
}

static json_t *
event_json(const struct plan *p, const struct plan_event *e)
{
	const struct plan_key *k;
	json_t *o = json_object();
	char command[512];

	set(o, "at", moment(e->at));
	set(o, "event", json_string(kind_name(e->kind)));
	set(o, "zone", json_string(e->zone));
	if (e->key != SIZE_MAX) {
		k = &p->key[e->key];
		set(o, "keytype", json_string(key_type_name(k->type)));
		set(o, "id", json_string(k->id));
		set(o, "algorithm", json_integer(k->algorithm));
		set(o, "tag", k->made ? json_integer(k->tag) : json_null());
	}
	if (e->kind == PLAN_MOVE) {
		set(o, "from", json_string(key_state_name(e->from)));
		set(o, "to", json_string(key_state_name(e->to)));
		set(o, "sign_only", json_boolean(e->sign_only));
		if (e->interval != INTERVAL_NONE) {
			set(o, "interval",
			    json_string(engine_interval_name(e->interval)));
			set(o, "rule",
			    json_string(engine_interval_rule(e->interval)));
			set(o, "start", moment(e->start));
		}
	}
	if (e->latest)
		set(o, "latest", json_true());
	if (e->reason != NULL)
		set(o, "reason", json_string(e->reason));
	if (e->kind == PLAN_OWED || e->kind == PLAN_STUCK)
		set(o, "action", json_string(duty_name(e->action)));
	if (e->kind == PLAN_OWED) {
		plan_command(p, e, command, sizeof(command));
		set(o, "duty", json_string(plan_duty(e->action)));
		set(o, "command", json_string(command));
	}
	return o;
}

int
plan_json(const struct plan *p, FILE *to)
{
	json_t *events = json_array(), *root = json_object();
	size_t i;
	int rc = -1;

	for (i = 0; i < p->nevents; i++)
		(void)json_array_append_new(events,
		    event_json(p, &p->event[i]));
	set(root, "from", moment(p->from));
	set(root, "until", moment(p->until));
	set(root, "events", events);
	if (json_array_size(events) == p->nevents &&
	    json_dumpf(root, to, JSON_INDENT(2)) == 0 && fputc('\n', to) != EOF)
		rc = 0;
	json_decref(root);
	return rc;
}
