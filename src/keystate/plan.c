#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "duration.h"
#include "plan.h"

#define ROUNDS_MAX 64 /* passes at one moment */

struct run {
	struct model *m;
	struct engine_options opt;
	struct plan *plan;
	const char *only; /* name; or NULL */
	int64_t now;
	unsigned made;	   /* keys made up so far */
	size_t *bucket;	   /* of lanes by zone and id: index + 1, 0 free */
	size_t nbuckets;   /* a power of two */
	bool no_memory;
};

/* --- what is found -------------------------------------------------------- */

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

static const char *
zone_name(struct run *r, const char *name)
{
	struct plan *p = r->plan;
	size_t i;

	for (i = 0; i < p->nzones; i++) {
		if (strcmp(p->zone[i], name) == 0)
			return p->zone[i];
	}
	if (grow(&p->zone, p->nzones, sizeof(*p->zone)) == -1 ||
	    (p->zone[p->nzones] = strdup(name)) == NULL) {
		r->no_memory = true;
		return NULL;
	}
	return p->zone[p->nzones++];
}

/* Where (zone, id) is or belongs. */
static size_t *
bucket_of(struct run *r, const char *zone, const char *id)
{
	const struct plan_key *k;
	uint64_t h = 14695981039346656037ULL;
	const char *s;
	size_t i;

	for (s = id; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211ULL;
	for (s = zone; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211ULL;
	for (i = h & (r->nbuckets - 1); r->bucket[i] != 0;
	    i = (i + 1) & (r->nbuckets - 1)) {
		k = &r->plan->key[r->bucket[i] - 1];
		if (strcmp(k->id, id) == 0 && strcmp(k->zone, zone) == 0)
			break;
	}
	return &r->bucket[i];
}

static int
widen(struct run *r)
{
	const struct plan *p = r->plan;
	size_t *old = r->bucket, i;

	if (p->nkeys * 2 < r->nbuckets)
		return 0;
	r->bucket = calloc(r->nbuckets * 2, sizeof(*r->bucket));
	if (r->bucket == NULL) {
		r->bucket = old;
		return -1;
	}
	r->nbuckets *= 2;
	free(old);
	for (i = 0; i < p->nkeys; i++)
		*bucket_of(r, p->key[i].zone, p->key[i].id) = i + 1;
	return 0;
}

/* The lane of a key, made when it is first needed. */
static size_t
lane(struct run *r, const struct zone *z, const struct keypair *pair)
{
	struct plan *p = r->plan;
	struct plan_key *k;
	const struct zonekey *zk;
	size_t *bucket;

	if (widen(r) == -1) {
		r->no_memory = true;
		return SIZE_MAX;
	}
	bucket = bucket_of(r, z->name, pair->id);
	if (*bucket != 0)
		return *bucket - 1;
	if (grow(&p->key, p->nkeys, sizeof(*p->key)) == -1) {
		r->no_memory = true;
		return SIZE_MAX;
	}
	k = &p->key[p->nkeys];
	*k = (struct plan_key){ .zone = strdup(z->name),
		.id = strdup(pair->id), .type = pair->type,
		.algorithm = pair->algorithm, .tag = pair->tag,
		.state = STATE_GENERATE, .entered = pair->generated };
	if (k->zone == NULL || k->id == NULL) {
		free(k->zone);
		free(k->id);
		r->no_memory = true;
		return SIZE_MAX;
	}
	k->made = strncmp(k->id, "new-", 4) != 0;
	if (!k->made)
		k->tag = 0;
	zk = zone_key(z, pair);
	if (zk != NULL && p->nevents == 0) {
		k->state = zk->state;
		k->sign_only = zk->sign_only;
		k->entered = zk->entered[zk->state];
	}
	*bucket = ++p->nkeys;
	return p->nkeys - 1;
}

static void
add_event(struct run *r, const struct plan_event *e)
{
	struct plan *p = r->plan;

	if (r->only != NULL &&
	    (e->zone == NULL || strcmp(e->zone, r->only) != 0))
		return;
	if (grow(&p->event, p->nevents, sizeof(*p->event)) == -1) {
		r->no_memory = true;
		return;
	}
	p->event[p->nevents] = *e;
	p->event[p->nevents++].at = r->now;
}

/* Its signatures last no longer than that. */
static bool
at_latest(const struct zonekey *k)
{
	return k != NULL && k->fades == 0 && !k->compromised;
}

static void
note_moves(struct run *r, const struct engine_result *res)
{
	const struct engine_transition *t;
	struct plan_event e;
	size_t i;

	for (i = 0; i < res->ntransitions; i++) {
		t = &res->transitions[i];
		e = (struct plan_event){ .kind = PLAN_MOVE,
			.key = lane(r, t->zone, t->pair),
			.zone = zone_name(r, t->zone->name), .from = t->from,
			.to = t->to, .sign_only = t->sign_only,
			.interval = t->interval, .start = t->start,
			.reason = t->reason, .latest = t->interval ==
				INTERVAL_ZSK_RETIRE &&
			    at_latest(zone_key(t->zone, t->pair)) };
		add_event(r, &e);
	}
}

/* A move that a command makes, not a pass. */
static void
note_command(struct run *r, const struct zone *z, const struct keypair *pair,
    enum key_state from, enum key_state to, const char *reason)
{
	struct plan_event e = { .kind = PLAN_MOVE, .from = from, .to = to,
		.reason = reason };

	e.key = lane(r, z, pair);
	e.zone = zone_name(r, z->name);
	add_event(r, &e);
}

/* What is said already is not said with every pass. */
static bool
said(const struct plan *p, const struct plan_event *e)
{
	const struct plan_event *o;
	size_t i, n = 0;

	for (i = p->nevents; i-- > 0 && n < 64; n++) {
		o = &p->event[i];
		if (o->kind == e->kind && o->action == e->action &&
		    o->key == e->key && o->zone == e->zone)
			return true;
	}
	return false;
}

static void
note_action(struct run *r, const struct engine_action *a, enum plan_kind kind)
{
	struct plan_event e = { .kind = kind, .key = SIZE_MAX,
		.action = a->kind, .reason = a->reason };

	if (a->zone == NULL)
		return;
	e.zone = zone_name(r, a->zone->name);
	if (a->pair != NULL)
		e.key = lane(r, a->zone, a->pair);
	if (kind != PLAN_STUCK || !said(r->plan, &e))
		add_event(r, &e);
}

/* Signatures of a retired ZSK that ended in this pass. */
static void
note_renewed(struct run *r)
{
	struct plan_event e = { .kind = PLAN_RENEWED };
	const struct zone *z;
	const struct zonekey *k;
	size_t i, j;

	for (i = 0; i < r->m->nzones; i++) {
		z = r->m->zones[i];
		for (j = 0; j < z->nkeys; j++) {
			k = &z->keys[j];
			if (k->state != STATE_RETIRE || k->sign_only ||
			    k->pair->type != KEY_ZSK ||
			    k->unsigned_.since != r->now)
				continue;
			e.key = lane(r, z, k->pair);
			e.zone = zone_name(r, z->name);
			e.latest = at_latest(k);
			add_event(r, &e);
		}
	}
}

/* --- what people do ------------------------------------------------------- */

static int
make_keys(struct run *r, bool *again, struct diag *d)
{
	struct engine_options opt = r->opt;
	struct engine_needs needs;
	struct keypair *pair;
	char id[24];
	size_t i, j;

	opt.manual_generation = false;
	if (engine_stock(r->m, r->now, 0, &opt, &needs, d) == -1)
		return -1;
	for (i = 0; i < needs.count; i++) {
		for (j = 0; j < needs.need[i].count; j++) {
			snprintf(id, sizeof(id), "new-%u", ++r->made);
			pair = model_add_pair(r->m, id);
			if (pair == NULL)
				goto no_memory;
			pair->repository =
			    strdup(needs.need[i].block->repository);
			pair->policy = strdup(needs.need[i].policy->name);
			pair->type = needs.need[i].block->type;
			pair->algorithm = needs.need[i].block->algorithm;
			pair->bits = needs.need[i].block->bits;
			pair->generated = r->now;
			/* Of its tag nothing can be known but that it fits. */
			pair->tag = (uint16_t)(60000 - r->made);
			if (pair->repository == NULL || pair->policy == NULL)
				goto no_memory;
			*again = true;
		}
	}
	engine_needs_clear(&needs);
	return 0;
no_memory:
	engine_needs_clear(&needs);
	return diag_system(d, "plan");
}

static int
see_ds(struct run *r, const struct engine_action *a, struct diag *d)
{
	struct zonekey *k = zone_key(a->zone, a->pair);
	struct keypair *retired;
	enum key_state from;

	if (k == NULL)
		return 0;
	from = k->state;
	if (engine_ds_seen(r->m, a->zone, k, false, r->now, &retired, d) == -1)
		return -1;
	if (k->state != from)
		note_command(r, a->zone, a->pair, from, k->state,
		    "key ds-seen");
	if (retired != NULL)
		note_command(r, a->zone, retired, STATE_ACTIVE, STATE_RETIRE,
		    "key ds-seen of its successor");
	return 0;
}

/* A shared key's is asked of one zone and owed by all. */
static void
note_rollover(struct run *r, const struct engine_action *a)
{
	struct zone *only = r->only == NULL ? NULL :
					      model_zone(r->m, r->only);
	struct engine_action mine = *a;

	if (only != NULL && zone_key(only, a->pair) != NULL)
		mine.zone = only;
	note_action(r, &mine, PLAN_OWED);
}

/* What a person owes is done.  1: it was, pass again; 0: not; -1: failed. */
static int
do_duty(struct run *r, const struct engine_action *a, struct diag *d)
{
	struct zonekey *k;
	size_t n;

	switch (a->kind) {
	case ACTION_SUBMIT_DS:
		note_action(r, a, PLAN_OWED);
		return see_ds(r, a, d) == -1 ? -1 : 1;
	case ACTION_WITHDRAW_DS:
		k = zone_key(a->zone, a->pair);
		note_action(r, a, PLAN_OWED);
		if (k == NULL ||
		    engine_ds_gone(r->m, a->zone, k, r->now, d) == -1)
			return 0;
		return 1;
	case ACTION_BACKUP:
		if (a->zone == NULL)
			return 0;
		note_action(r, a, PLAN_OWED);
		engine_backup_done(r->m, a->pair->repository, r->now, &n, d);
		return n != 0;
	case ACTION_ROLLOVER:
		if (engine_rollover(r->m, a->zone, a->type, false, r->now,
			d) == -1)
			return 0;
		note_rollover(r, a);
		return 1;
	default:
		return 0;
	}
}

static void
purge(struct run *r, struct keypair *pair)
{
	struct plan_event e = { .kind = PLAN_PURGED };
	struct zone *z;
	struct diag d;
	size_t i;

	for (i = 0; i < r->m->nzones; i++) {
		z = r->m->zones[i];
		if (zone_key(z, pair) == NULL)
			continue;
		e.key = lane(r, z, pair);
		e.zone = zone_name(r, z->name);
		add_event(r, &e);
	}
	(void)engine_purged(r->m, pair, &d);
}

static int
act(struct run *r, const struct engine_result *res, bool *again,
    struct diag *d)
{
	const struct engine_action *a;
	bool lacking = false;
	size_t i;
	int rc;

	for (i = 0; i < res->nactions; i++) {
		a = &res->actions[i];
		rc = do_duty(r, a, d);
		if (rc == -1)
			return -1;
		*again = *again || rc == 1;
		if (a->kind == ACTION_GENERATE)
			lacking = true;
		else if (a->kind == ACTION_REFUSED)
			note_action(r, a, PLAN_STUCK);
	}
	if (lacking && make_keys(r, again, d) == -1)
		return -1;
	for (i = 0; i < res->nactions; i++) {
		a = &res->actions[i];
		if (a->kind == ACTION_GENERATE && (!*again ||
			r->opt.manual_generation))
			note_action(r, a,
			    r->opt.manual_generation ? PLAN_OWED : PLAN_STUCK);
		else if (a->kind == ACTION_NO_POLICY && r->plan->nevents == 0)
			note_action(r, a, PLAN_STUCK);
	}
	/* Last: the pairs and zones that die were named above. */
	for (i = 0; i < res->nactions; i++) {
		a = &res->actions[i];
		if (a->kind == ACTION_PURGE)
			purge(r, a->pair);
	}
	for (i = 0; i < res->nactions; i++) {
		a = &res->actions[i];
		if (a->kind == ACTION_DROP_ZONE)
			model_remove_zone(r->m, a->zone);
	}
	return 0;
}

/* --- running -------------------------------------------------------------- */

/* Passes and duties until this moment is done; *wake is the next one. */
static int
moment(struct run *r, int64_t *wake, struct diag *d)
{
	struct engine_result res;
	bool again = true;
	int n, rc = 0;

	for (n = 0; again && rc == 0; n++) {
		if (n == ROUNDS_MAX)
			return diag_set(d, STATUS_BAD,
			    "the plan does not settle: an error of keystate");
		again = false;
		if (engine_pass(r->m, r->now, &r->opt, &res, d) == -1) {
			engine_result_clear(&res);
			return -1;
		}
		note_moves(r, &res);
		if (n == 0)
			note_renewed(r);
		*wake = res.wake;
		rc = act(r, &res, &again, d);
		engine_result_clear(&res);
		if (r->no_memory)
			rc = diag_system(d, "plan");
	}
	return rc;
}

/*
 * Of the zones that have nothing to do with this one the plan knows nothing;
 * their keys stay, out of use, since they fill the repository.
 */
static int
keep_sharers(struct model *m, const char *name)
{
	const struct zone *z = model_zone(m, name), *o;
	size_t i;

	if (z == NULL)
		return -1;
	for (i = 0; i < m->npairs; i++)
		m->pairs[i]->mark = m->pairs[i]->uses;
	for (i = m->nzones; i-- > 0;) {
		o = m->zones[i];
		if (o != z && (o->policy == NULL || o->policy != z->policy ||
				  !o->policy->share_keys))
			model_remove_zone(m, m->zones[i]);
	}
	for (i = 0; i < m->npairs; i++) {
		if (m->pairs[i]->mark != 0 && m->pairs[i]->uses == 0) {
			free(m->pairs[i]->policy);
			m->pairs[i]->policy = NULL;
		}
	}
	return 0;
}

static int
lanes_of_now(struct run *r)
{
	const struct zone *z;
	size_t i, j;

	for (i = 0; i < r->m->nzones; i++) {
		z = r->m->zones[i];
		if (r->only != NULL && strcmp(z->name, r->only) != 0)
			continue;
		(void)zone_name(r, z->name);
		for (j = 0; j < z->nkeys; j++) {
			if (z->keys[j].state != STATE_DEAD)
				(void)lane(r, z, z->keys[j].pair);
		}
	}
	return r->no_memory ? -1 : 0;
}

int
plan_run(const struct model *m, int64_t now, int64_t until,
    const struct engine_options *opt, const char *zone, size_t events_max,
    struct plan *plan, struct diag *d)
{
	struct run r = { .opt = *opt, .plan = plan, .now = now, .only = zone,
		.nbuckets = 64 };
	int64_t wake;
	int rc = -1;

	*plan = (struct plan){ .from = now, .until = until };
	r.opt.assume_published = true;
	r.opt.accept_clock = true;
	r.opt.only = NULL;
	r.bucket = calloc(r.nbuckets, sizeof(*r.bucket));
	r.m = model_copy(m);
	if (r.m == NULL || r.bucket == NULL) {
		diag_system(d, "plan");
		goto out;
	}
	if (zone != NULL && keep_sharers(r.m, zone) == -1) {
		diag_set(d, STATUS_BAD, "%s: no such zone", zone);
		goto out;
	}
	if (lanes_of_now(&r) == -1) {
		diag_system(d, "plan");
		goto out;
	}
	while (r.now <= until) {
		if (moment(&r, &wake, d) == -1)
			goto out;
		if (plan->nevents > events_max) {
			diag_set(d, STATUS_BAD,
			    "more than %zu events: plan for one --zone, or "
			    "--until less",
			    events_max);
			goto out;
		}
		if (wake == MOMENT_NEVER || wake > until)
			break;
		r.now = wake > r.now ? wake : r.now + 1;
		/* Meanwhile passes had nothing to do. */
		if (r.now - r.m->clock.last > r.opt.interval)
			r.m->clock.last = r.now - r.opt.interval;
	}
	rc = 0;
out:
	free(r.bucket);
	model_free(r.m);
	return rc;
}

void
plan_clear(struct plan *plan)
{
	size_t i;

	for (i = 0; i < plan->nkeys; i++) {
		free(plan->key[i].zone);
		free(plan->key[i].id);
	}
	for (i = 0; i < plan->nzones; i++)
		free(plan->zone[i]);
	free(plan->key);
	free(plan->zone);
	free(plan->event);
	*plan = (struct plan){ 0 };
}

/* --- words ---------------------------------------------------------------- */

const char *
plan_duty(enum action_kind kind)
{
	switch (kind) {
	case ACTION_SUBMIT_DS:
		return "hand in its DS; once it is seen";
	case ACTION_WITHDRAW_DS:
		return "have its DS removed; once it is gone";
	case ACTION_BACKUP:
		return "back up its repository; then";
	case ACTION_ROLLOVER:
		return "its rollover is due";
	case ACTION_GENERATE:
		return "keys are needed";
	default:
		return NULL;
	}
}

void
plan_key_name(const struct plan_key *k, char *buf, size_t size)
{
	if (k->made)
		snprintf(buf, size, "%s %u", key_type_name(k->type), k->tag);
	else
		snprintf(buf, size, "%s %s", key_type_name(k->type), k->id);
}

void
plan_command(const struct plan *plan, const struct plan_event *e, char *buf,
    size_t size)
{
	const struct plan_key *k = e->key == SIZE_MAX ? NULL :
							&plan->key[e->key];
	char which[160] = "";

	if (k != NULL && k->made)
		snprintf(which, sizeof(which), " --cka_id %s", k->id);
	else if (k != NULL)
		snprintf(which, sizeof(which), " --cka_id (%s)", k->id);
	switch (e->action) {
	case ACTION_SUBMIT_DS:
		snprintf(buf, size, "keystate key ds-seen --zone %s%s",
		    e->zone, which);
		break;
	case ACTION_WITHDRAW_DS:
		snprintf(buf, size, "keystate key ds-gone --zone %s%s",
		    e->zone, which);
		break;
	case ACTION_BACKUP:
		snprintf(buf, size, "keystate backup done");
		break;
	case ACTION_ROLLOVER:
		snprintf(buf, size, "keystate key rollover --zone %s%s%s",
		    e->zone, k == NULL ? "" : " --keytype ",
		    k == NULL ? "" : key_type_name(k->type));
		break;
	case ACTION_GENERATE:
		snprintf(buf, size, "keystate key generate");
		break;
	default:
		if (size != 0)
			buf[0] = '\0';
		break;
	}
}
