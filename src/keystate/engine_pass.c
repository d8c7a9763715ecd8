/*
 * One pass over the model.
 */
#include <stdlib.h>
#include <string.h>

#include "engine_internal.h"

/* More sweeps than any chain of transitions is long. */
#define SWEEPS_MAX 64

/* No duration of a policy is longer: sums of a few cannot overflow. */
#define DURATION_MAX INT64_C(100000000000)

static int
grow(void *list, size_t n, size_t size)
{
	void **p = list;
	void *q;

	if (n != 0 && (n & (n - 1)) != 0)
		return 0;
	q = reallocarray(*p, n == 0 ? 1 : n * 2, size);
	if (q == NULL)
		return -1;
	*p = q;
	return 0;
}

/* --- time ----------------------------------------------------------------- */

bool
pass_reached(struct pass *ps, int64_t when)
{
	if (when <= ps->now)
		return true;
	if (when < ps->wake)
		ps->wake = when;
	return false;
}

bool
pass_waited(struct pass *ps, const struct zone *z, const struct zonekey *k,
    enum interval i, struct wait *w)
{
	*w = timing_wait(z, k, i, ps->opt->scale);
	return pass_reached(ps, w->end);
}

/* --- what a pass does ----------------------------------------------------- */

/* Keep the zone as it was, so that an unsound change can be undone. */
void
pass_touch(struct pass *ps, struct zone *z)
{
	struct saved *s;

	if (ps->probe) {
		ps->changed = true;
		return;
	}
	if (z->mark != 0)
		return;
	if (grow(&ps->saved, ps->nsaved, sizeof(*ps->saved)) == -1) {
		ps->no_memory = true;
		return;
	}
	s = &ps->saved[ps->nsaved];
	*s = (struct saved){ .zone = z, .nkeys = z->nkeys };
	s->keys = calloc(z->nkeys + 1, sizeof(*s->keys));
	if (s->keys == NULL) {
		ps->no_memory = true;
		return;
	}
	if (z->nkeys != 0)
		memcpy(s->keys, z->keys, z->nkeys * sizeof(*s->keys));
	z->mark = ++ps->nsaved;
}

static void
log_transition(struct pass *ps, const struct engine_transition *t)
{
	struct engine_result *r = ps->r;

	ps->changed = true;
	if (grow(&r->transitions, r->ntransitions,
		sizeof(*r->transitions)) == -1) {
		ps->no_memory = true;
		return;
	}
	r->transitions[r->ntransitions++] = *t;
}

void
pass_state(struct pass *ps, struct zone *z, struct zonekey *k,
    enum key_state to, enum interval i, int64_t start, const char *reason)
{
	const struct engine_transition t = {
		.zone = z,
		.pair = k->pair,
		.from = k->state,
		.to = to,
		.sign_only = k->sign_only,
		.at = ps->now,
		.interval = i,
		.start = start,
		.reason = reason,
	};

	pass_touch(ps, z);
	if (ps->probe)
		return;
	log_transition(ps, &t);
	share_count(ps, z, k, -1);
	if (to == STATE_DEAD && k->state != STATE_DEAD)
		k->pair->live--;
	k->state = to;
	k->entered[to] = ps->now;
	if (to == STATE_ACTIVE && k->pair->first_active == 0)
		k->pair->first_active = ps->now;
	share_count(ps, z, k, 1);
}

void
pass_sign_only(struct pass *ps, struct zone *z, struct zonekey *k,
    bool sign_only, enum interval i, int64_t start, const char *reason)
{
	const struct engine_transition t = {
		.zone = z,
		.pair = k->pair,
		.from = k->state,
		.to = k->state,
		.sign_only = sign_only,
		.at = ps->now,
		.interval = i,
		.start = start,
		.reason = reason,
	};

	pass_touch(ps, z);
	if (ps->probe)
		return;
	log_transition(ps, &t);
	k->sign_only = sign_only;
}

static void
add_action(struct pass *ps, struct engine_action **list, size_t *n,
    const struct engine_action *a)
{
	if (grow(list, *n, sizeof(**list)) == -1) {
		ps->no_memory = true;
		return;
	}
	(*list)[*n] = *a;
	(*list)[*n].first = a->since > ps->previous || a->since == ps->now;
	++*n;
}

void
pass_note(struct pass *ps, enum action_kind kind, struct zone *z,
    struct keypair *pair, enum key_type type, int64_t since)
{
	const struct engine_action a = {
		.kind = kind,
		.zone = z,
		.pair = pair,
		.type = type,
		.since = since,
	};

	add_action(ps, &ps->notes, &ps->nnotes, &a);
}

void
pass_tell(struct pass *ps, enum action_kind kind, struct zone *z,
    struct keypair *pair, int64_t since)
{
	const struct engine_action a = {
		.kind = kind,
		.zone = z,
		.pair = pair,
		.type = pair == NULL ? KEY_ZSK : pair->type,
		.since = since,
	};

	add_action(ps, &ps->r->actions, &ps->r->nactions, &a);
}

/* --- sweeps --------------------------------------------------------------- */

int
pass_sweeps(struct pass *ps, struct diag *d)
{
	struct model *m = ps->m;
	struct zone *z;
	size_t i, n;

	for (i = 0; i < m->nzones; i++)
		m->zones[i]->mark = 0;
	for (n = 0; n < SWEEPS_MAX; n++) {
		ps->changed = false;
		ps->wake = MOMENT_NEVER;
		ps->nnotes = 0;
		ps->sweep++;
		for (i = 0; i < m->nzones; i++) {
			z = m->zones[i];
			if (ps->opt->only != NULL && z != ps->opt->only)
				continue;
			zone_advance(ps, z);
			if (ps->opt->assume_published && z->policy != NULL &&
			    evidence_assume(z, ps->now, &ps->wake,
				&ps->changed) == -1)
				ps->no_memory = true;
			if (ps->no_memory)
				return diag_system(d, "%s", z->name);
		}
		if (!ps->changed)
			return 0;
	}
	return diag_set(d, STATUS_BAD,
	    "the states of the keys do not settle: an error of keystate");
}

/* A change that would break a zone is undone, and said. */
static void
refuse_unsound(struct pass *ps)
{
	const char *reason;
	struct saved *s;
	bool any = false;
	size_t i, j;

	for (i = 0; i < ps->nsaved; i++) {
		s = &ps->saved[i];
		reason = engine_unsound(s->zone);
		if (reason == NULL)
			continue;
		any = true;
		while (s->zone->nkeys > s->nkeys)
			zone_remove_key(s->zone, s->zone->nkeys - 1);
		for (j = 0; j < s->nkeys; j++)
			s->zone->keys[j] = s->keys[j];
		for (j = 0; j < ps->r->ntransitions; j++) {
			if (ps->r->transitions[j].zone == s->zone)
				ps->r->transitions[j].reason = NULL;
		}
		pass_tell(ps, ACTION_REFUSED, s->zone, NULL, ps->now);
		ps->r->actions[ps->r->nactions - 1].reason = reason;
	}
	if (!any)
		return;
	model_link(ps->m);
	for (i = j = 0; i < ps->r->ntransitions; i++) {
		if (ps->r->transitions[i].reason != NULL)
			ps->r->transitions[j++] = ps->r->transitions[i];
	}
	ps->r->ntransitions = j;
}

/* --- what follows from the states ----------------------------------------- */

/*
 * Nothing of the key is left: a publication after its death shows neither
 * DNSKEY nor signature, and its DS is in no cache.
 */
static bool
purgeable(struct pass *ps, const struct zone *z, const struct zonekey *k)
{
	struct wait w;

	if (k->state != STATE_DEAD || engine_ds_present(k) ||
	    z->policy == NULL || z->policy->purge < 0)
		return false;
	if (k->ds_gone != 0 && !pass_waited(ps, z, k, INTERVAL_UNSIGN, &w))
		return false;
	if (!pass_reached(ps, k->entered[STATE_DEAD] + z->policy->purge))
		return false;
	if (z->deleted != 0 || !key_was_used(k))
		return true;
	return z->published > k->entered[STATE_DEAD] && k->shown.since == 0 &&
	    (k->pair->type == KEY_KSK || k->unsigned_.since != 0);
}

static void
find_purges(struct pass *ps)
{
	struct model *m = ps->m;
	struct keypair *pair;
	struct zone *z;
	size_t i, j;

	for (i = 0; i < m->npairs; i++)
		m->pairs[i]->mark = 0;
	for (i = 0; i < m->nzones; i++) {
		z = m->zones[i];
		for (j = 0; j < z->nkeys; j++)
			z->keys[j].pair->mark += purgeable(ps, z, &z->keys[j]);
	}
	for (i = 0; i < m->npairs; i++) {
		pair = m->pairs[i];
		if (pair->uses != 0 && pair->mark == pair->uses)
			pass_tell(ps, ACTION_PURGE, NULL, pair, 0);
		else if ((pair->uses == 0 || pair->live != 0) &&
		    key_gated(m, pair))
			pass_tell(ps, ACTION_BACKUP, NULL, pair,
			    pair->generated);
	}
}

static void
find_signconfs(struct pass *ps)
{
	struct zone *z;
	size_t i;

	for (i = 0; i < ps->m->nzones; i++) {
		z = ps->m->zones[i];
		if (ps->opt->only != NULL && z != ps->opt->only)
			continue;
		if (z->deleted == 0 &&
		    (z->mark != 0 || z->signconf_id == NULL))
			pass_tell(ps, ACTION_SIGNCONF, z, NULL, ps->now);
	}
}

static int
check_policies(const struct model *m, struct diag *d)
{
	const struct policy *p;
	size_t i, j;

	for (i = 0; i < m->npolicies; i++) {
		p = m->policies[i];
		const int64_t all[] = { p->resign, p->refresh, p->validity,
			p->validity_denial, p->validity_keys, p->jitter,
			p->dnskey_ttl, p->retire_safety, p->publish_safety,
			p->propagation_delay, p->soa_ttl, p->soa_minimum,
			p->parent_propagation_delay, p->ds_ttl };

		for (j = 0; j < sizeof(all) / sizeof(all[0]); j++) {
			if (all[j] < 0 || all[j] > DURATION_MAX)
				break;
		}
		if (j < sizeof(all) / sizeof(all[0]) ||
		    p->purge > DURATION_MAX)
			return diag_set(d, STATUS_BAD,
			    "policy %s: a duration is out of range", p->name);
		for (j = 0; j < p->nblocks; j++) {
			if (p->blocks[j].lifetime < 0 ||
			    p->blocks[j].lifetime > DURATION_MAX)
				return diag_set(d, STATUS_BAD,
				    "policy %s: a Lifetime is out of range",
				    p->name);
		}
	}
	return 0;
}

void
pass_close(struct pass *ps)
{
	size_t i;

	for (i = 0; i < ps->nsaved; i++)
		free(ps->saved[i].keys);
	free(ps->saved);
	free(ps->notes);
	stock_close(ps);
}

int
engine_pass(struct model *m, int64_t now, const struct engine_options *opt,
    struct engine_result *result, struct diag *d)
{
	struct pass ps = { .m = m, .now = now, .opt = opt, .r = result };
	size_t i;
	int rc = -1;

	*result = (struct engine_result){ .wake = MOMENT_NEVER };
	if (check_policies(m, d) == -1)
		return -1;
	ps.previous = m->clock.last;
	if (!clock_accept(&ps))
		return 0;
	if (clock_tick(&ps) == -1 || stock_open(&ps) == -1) {
		diag_system(d, "pass");
		goto out;
	}
	ps.gap = pass_clock_gap(&m->clock, now, opt->interval);
	if (pass_sweeps(&ps, d) == -1)
		goto out;
	for (i = 0; i < ps.nnotes; i++)
		add_action(&ps, &result->actions, &result->nactions,
		    &ps.notes[i]);
	refuse_unsound(&ps);
	find_signconfs(&ps);
	find_purges(&ps);
	result->wake = ps.wake;
	if (ps.no_memory)
		diag_system(d, "pass");
	else
		rc = 0;
out:
	pass_close(&ps);
	return rc;
}

void
engine_result_clear(struct engine_result *result)
{
	free(result->transitions);
	free(result->actions);
	*result = (struct engine_result){ .wake = MOMENT_NEVER };
}
