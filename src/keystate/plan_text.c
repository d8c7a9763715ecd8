/* A plan for people at a terminal: a line an event, duties marked. */
#include <string.h>
#include <time.h>

#include "plan.h"

static void
put_date(int64_t at, FILE *to)
{
	const time_t t = (time_t)at;
	struct tm tm;
	char text[32] = "?";

	if (localtime_r(&t, &tm) != NULL)
		(void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	fputs(text, to);
}

static void
put_move(const struct plan_event *e, FILE *to)
{
	if (e->from == e->to)
		fprintf(to, "%s", e->sign_only ?
			"DNSKEY out of the zone, signs on" :
			"DNSKEY into the zone");
	else if (e->sign_only && e->to == STATE_ACTIVE)
		fprintf(to, "%s -> active, unpublished",
		    key_state_name(e->from));
	else
		fprintf(to, "%s -> %s%s", key_state_name(e->from),
		    key_state_name(e->to), e->latest ? " at the latest" : "");
	if (e->interval != INTERVAL_NONE) {
		fprintf(to, " (%s, %s", engine_interval_name(e->interval),
		    engine_interval_rule(e->interval));
		if (e->start != 0) {
			fputs(", since ", to);
			put_date(e->start, to);
		}
		fputc(')', to);
	} else if (e->reason != NULL) {
		fprintf(to, " (%s)", e->reason);
	}
}

static void
put_owed(const struct plan *p, const struct plan_event *e, FILE *to)
{
	char command[512];

	plan_command(p, e, command, sizeof(command));
	fprintf(to, "%s: %s", plan_duty(e->action), command);
}

static void
put_stuck(const struct plan_event *e, FILE *to)
{
	if (e->reason != NULL)
		fprintf(to, "cannot go on: there would be %s", e->reason);
	else if (e->action == ACTION_NO_POLICY)
		fputs("stays as it is: its policy does not exist", to);
	else
		fputs("cannot go on: no key can be made (capacity)", to);
}

void
plan_text(const struct plan *p, FILE *to)
{
	const struct plan_event *e;
	char name[64];
	size_t i;

	fputs("From ", to);
	put_date(p->from, to);
	fputs(" to ", to);
	put_date(p->until, to);
	fputs(", if each pass is signed and published at once\n"
	      "and each action of yours (*) done on its date:\n\n",
	    to);
	for (i = 0; i < p->nevents; i++) {
		e = &p->event[i];
		fputc(e->kind == PLAN_OWED || e->kind == PLAN_STUCK ? '*' :
								      ' ',
		    to);
		fputc(' ', to);
		put_date(e->at, to);
		fprintf(to, "  %s", e->zone);
		if (e->key != SIZE_MAX) {
			plan_key_name(&p->key[e->key], name, sizeof(name));
			fprintf(to, "  %s", name);
		}
		fputs("  ", to);
		switch (e->kind) {
		case PLAN_MOVE:
			put_move(e, to);
			break;
		case PLAN_RENEWED:
			fprintf(to, "the last signature by it is replaced%s "
				    "(Dsgn, RFC 7583 §3.2.1)",
			    e->latest ? " at the latest" : "");
			break;
		case PLAN_OWED:
			put_owed(p, e, to);
			break;
		case PLAN_PURGED:
			fputs("purged", to);
			break;
		case PLAN_STUCK:
			put_stuck(e, to);
			break;
		}
		fputc('\n', to);
	}
	if (p->nevents == 0)
		fputs("  nothing happens\n", to);
}
