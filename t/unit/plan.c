/*
 * A plan says what the passes at its times then do, to the second: 50 random
 * policies, from a start in the middle of things, over two years.  The passes
 * here go by evidence of publications; the plan assumes them.
 */
#include "../../src/keystate/plan.h"

#include <inttypes.h>

#include "../../src/keystate/timing.h"
#include "tap.h"

#define HOUR  INT64_C(3600)
#define DAY   INT64_C(86400)
#define START INT64_C(1700000000)
#define ROUNDS 40

struct line {
	char text[120];
};

struct life {
	struct model *m;
	struct engine_options opt;
	uint64_t rng;
	int64_t now, wake;
	unsigned made;
	struct line *line;
	size_t nlines;
	bool recording;
	const char *failure;
};

static uint64_t
draw(struct life *l)
{
	l->rng ^= l->rng >> 12;
	l->rng ^= l->rng << 25;
	l->rng ^= l->rng >> 27;
	return l->rng * UINT64_C(2685821657736338717);
}

static int64_t
between(struct life *l, int64_t low, int64_t high)
{
	return low + (int64_t)(draw(l) % (uint64_t)(high - low + 1));
}

static void *
need(void *p)
{
	if (p == NULL) {
		perror("plan");
		exit(3);
	}
	return p;
}

/* --- what happened -------------------------------------------------------- */

static void
put(struct line **list, size_t *n, const char *text)
{
	*list = need(reallocarray(*list, *n + 1, sizeof(**list)));
	snprintf((*list)[*n].text, sizeof((*list)[*n].text), "%s", text);
	++*n;
}

static void
moved(struct line **list, size_t *n, int64_t at, const char *zone,
    enum key_type type, uint8_t algorithm, enum key_state from,
    enum key_state to, bool sign_only)
{
	char text[120];

	snprintf(text, sizeof(text), "%" PRId64 " %s %s %u %s %s%s", at, zone,
	    key_type_name(type), algorithm, key_state_name(from),
	    key_state_name(to), sign_only ? " unpublished" : "");
	put(list, n, text);
}

static void
owed(struct line **list, size_t *n, int64_t at, const char *zone,
    enum action_kind kind)
{
	char text[120];

	snprintf(text, sizeof(text), "%" PRId64 " %s owed %d", at, zone, kind);
	put(list, n, text);
}

static int
compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* --- the passes ----------------------------------------------------------- */

/* Signed at once; signatures of a retired ZSK last for Dsgn. */
static void
publish(struct life *l, struct zone *z)
{
	struct signing_key *list;
	struct published_key facts[64] = { 0 };
	struct publication p = { .at = l->now, .rrsets = 7, .keys = facts };
	const struct policy *policy = z->policy;
	const struct zonekey *k;
	uint64_t h = 5381;
	bool unsigned_;
	char id[24];
	size_t n, i;
	struct diag d;

	if (policy == NULL || engine_signconf(z, &list, &n, &unsigned_) == -1)
		return;
	for (i = 0; i < n && i < 64; i++) {
		k = zone_key(z, list[i].pair);
		facts[i].tag = list[i].pair->tag;
		facts[i].algorithm = list[i].pair->algorithm;
		facts[i].dnskey = list[i].publish;
		if (list[i].zsk)
			facts[i].signatures = 7;
		else if (k->state == STATE_RETIRE && !k->compromised &&
		    list[i].pair->type == KEY_ZSK &&
		    l->now < k->entered[STATE_RETIRE] + timing_dsgn(policy))
			facts[i].signatures = 3;
		h = h * 33 + facts[i].tag * 8u + list[i].zsk * 4u +
		    list[i].publish * 2u + list[i].compromised;
	}
	free(list);
	if (n == 0 && !unsigned_)
		return;
	p.nkeys = n;
	p.dnskey_ttl = policy->dnskey_ttl;
	p.negative_ttl = policy->soa_ttl < policy->soa_minimum ?
	    policy->soa_ttl :
	    policy->soa_minimum;
	p.max_ttl = policy->soa_ttl > policy->soa_minimum ?
	    policy->soa_ttl :
	    policy->soa_minimum;
	snprintf(id, sizeof(id), "%" PRIx64, h);
	if (engine_signconf_written(z, id) == -1)
		exit(3);
	p.signconf_id = id;
	if (engine_published(l->m, z, &p, &d) != 0)
		l->failure = "a publication was not taken";
}

static bool
make_keys(struct life *l)
{
	struct engine_options opt = l->opt;
	struct engine_needs needs;
	struct keypair *pair;
	struct diag d;
	char id[16];
	size_t i, j, n = 0;

	opt.manual_generation = false;
	if (engine_stock(l->m, l->now, 0, &opt, &needs, &d) == -1)
		exit(3);
	for (i = 0; i < needs.count; i++) {
		for (j = 0; j < needs.need[i].count; j++, n++) {
			snprintf(id, sizeof(id), "k%u", ++l->made);
			pair = need(model_add_pair(l->m, id));
			pair->repository = need(
			    strdup(needs.need[i].block->repository));
			pair->policy = need(strdup(needs.need[i].policy->name));
			pair->type = needs.need[i].block->type;
			pair->algorithm = needs.need[i].block->algorithm;
			pair->bits = needs.need[i].block->bits;
			pair->generated = l->now;
			pair->tag = (uint16_t)l->made;
		}
	}
	engine_needs_clear(&needs);
	return n != 0;
}

static void
see_ds(struct life *l, const struct engine_action *a)
{
	struct zonekey *k = zone_key(a->zone, a->pair), *old;
	enum key_state from = k->state;
	struct keypair *retired;
	struct diag d;

	if (engine_ds_seen(l->m, a->zone, k, false, l->now, &retired, &d) ==
	    -1) {
		l->failure = "ds-seen was refused";
		return;
	}
	if (!l->recording)
		return;
	if (k->state != from)
		moved(&l->line, &l->nlines, l->now, a->zone->name, KEY_KSK,
		    k->pair->algorithm, from, k->state, false);
	if (retired != NULL) {
		old = zone_key(a->zone, retired);
		moved(&l->line, &l->nlines, l->now, a->zone->name, KEY_KSK,
		    retired->algorithm, STATE_ACTIVE, old->state, false);
	}
}

/* True if something was done. */
static bool
duty(struct life *l, const struct engine_action *a)
{
	struct zonekey *k = NULL;
	struct diag d;
	size_t n;

	if (a->zone != NULL && a->pair != NULL)
		k = zone_key(a->zone, a->pair);
	switch (a->kind) {
	case ACTION_SUBMIT_DS:
		see_ds(l, a);
		break;
	case ACTION_WITHDRAW_DS:
		if (engine_ds_gone(l->m, a->zone, k, l->now, &d) == -1)
			l->failure = "ds-gone was refused";
		break;
	case ACTION_BACKUP:
		if (a->zone == NULL)
			return false;
		engine_backup_done(l->m, NULL, l->now, &n, &d);
		break;
	case ACTION_ROLLOVER:
		if (engine_rollover(l->m, a->zone, a->type, false, l->now,
			&d) == -1)
			return false;
		break;
	case ACTION_GENERATE:
		return make_keys(l);
	case ACTION_PURGE:
		return engine_purged(l->m, a->pair, &d) == 0;
	case ACTION_REFUSED:
		l->failure = a->reason;
		return false;
	default:
		return false;
	}
	if (l->recording)
		owed(&l->line, &l->nlines, l->now, a->zone->name, a->kind);
	return true;
}

static void
pass(struct life *l, bool *again)
{
	struct engine_result r;
	const struct engine_transition *t;
	struct diag d;
	size_t i;
	int n;

	if (engine_pass(l->m, l->now, &l->opt, &r, &d) == -1) {
		l->failure = "a pass failed";
		return;
	}
	for (i = 0; i < r.ntransitions && l->recording; i++) {
		t = &r.transitions[i];
		moved(&l->line, &l->nlines, l->now, t->zone->name,
		    t->pair->type, t->pair->algorithm, t->from, t->to,
		    t->sign_only);
	}
	*again = r.ntransitions != 0;
	/* People first, then the making and the end of keys. */
	for (n = 0; n < 3; n++) {
		for (i = 0; i < r.nactions; i++) {
			if (n == (r.actions[i].kind == ACTION_PURGE	? 2 :
				     r.actions[i].kind == ACTION_GENERATE ?
									  1 :
									  0))
				*again = duty(l, &r.actions[i]) || *again;
		}
	}
	l->wake = r.wake;
	engine_result_clear(&r);
}

static void
moment(struct life *l, int64_t at)
{
	bool again = true;
	size_t i;
	int n;

	l->now = at;
	if (at - l->m->clock.last > l->opt.interval && l->m->clock.last != 0)
		l->m->clock.last = at - l->opt.interval;
	for (n = 0; again && n < ROUNDS && l->failure == NULL; n++) {
		pass(l, &again);
		for (i = 0; i < l->m->nzones && (again || n == 0); i++)
			publish(l, l->m->zones[i]);
		again = again || n == 0;
	}
	if (n == ROUNDS)
		l->failure = "the passes do not settle";
}

/* --- lives ---------------------------------------------------------------- */

static void
block(struct life *l, struct policy *p, enum key_type type, uint8_t algorithm)
{
	struct key_block *b = need(policy_add_block(p));

	b->type = type;
	b->algorithm = algorithm;
	b->bits = algorithm == 8 ? 2048 : 0;
	b->lifetime = between(l, 10, type == KEY_ZSK ? 90 : 400) * DAY;
	if (between(l, 0, 9) == 0)
		b->lifetime = 0;
	b->repository = need(strdup("one"));
	b->standby = between(l, 0, 2) == 0;
	b->manual = between(l, 0, 6) == 0;
}

static void
begin(struct life *l, uint64_t seed)
{
	static const uint8_t algorithms[] = { 8, 13, 15 };
	uint8_t algorithm;
	struct policy *p;
	struct store *s;

	*l = (struct life){ .rng = seed * UINT64_C(0x9E3779B97F4A7C15) };
	(void)draw(l);
	l->m = need(model_new());
	s = need(model_add_store(l->m, "one"));
	s->require_backup = between(l, 0, 3) == 0;
	p = need(model_add_policy(l->m, "p"));
	p->resign = 2 * HOUR;
	p->refresh = 3 * DAY;
	p->validity = p->validity_denial = 14 * DAY;
	p->jitter = 12 * HOUR;
	p->dnskey_ttl = between(l, 60, 2 * DAY);
	p->soa_ttl = between(l, 60, DAY);
	p->soa_minimum = between(l, 60, DAY);
	p->ds_ttl = between(l, 60, 2 * DAY);
	p->propagation_delay = between(l, 0, 12 * HOUR);
	p->parent_propagation_delay = between(l, 0, 12 * HOUR);
	p->publish_safety = between(l, 0, DAY);
	p->retire_safety = between(l, 0, DAY);
	p->purge = between(l, 0, 1) == 0 ? -1 : between(l, 0, 20) * DAY;
	p->share_keys = between(l, 0, 2) == 0;
	algorithm = algorithms[draw(l) % 3];
	block(l, p, KEY_KSK, algorithm);
	block(l, p, KEY_ZSK, algorithm);
	l->opt.interval = between(l, 1, 24) * HOUR;
	l->opt.rollover_notification = -1;
	need(model_add_zone(l->m, "a", "p"));
	if (between(l, 0, 1) == 0)
		need(model_add_zone(l->m, "b", "p"));
	moment(l, START);
}

static void
whim(struct life *l)
{
	struct policy *p = l->m->policies[0];
	struct zone *z = l->m->zones[draw(l) % l->m->nzones];
	enum key_type type = between(l, 0, 1) == 0 ? KEY_KSK : KEY_ZSK;
	struct diag d;

	switch (between(l, 0, 5)) {
	case 0:
	case 1:
		engine_rollover(l->m, z, type, between(l, 0, 1) == 0, l->now,
		    &d);
		break;
	case 2:
		p->blocks[0].algorithm = p->blocks[1].algorithm =
		    p->blocks[0].algorithm == 13 ? 15 : 13;
		p->blocks[0].bits = p->blocks[1].bits = 0;
		break;
	case 3:
		p->dnskey_ttl = between(l, 60, 2 * DAY);
		break;
	case 4:
		p->blocks[1].lifetime = between(l, 10, 60) * DAY;
		break;
	default:
		break;
	}
}

/* Up to a moment in the middle of things. */
static void
live(struct life *l)
{
	int64_t until = START + between(l, 0, 500) * DAY, next;

	while (l->failure == NULL && l->now < until) {
		next = l->now + between(l, 1, 40) * DAY;
		if (l->wake > l->now && l->wake < next)
			next = l->wake;
		moment(l, next);
		if (between(l, 0, 5) == 0)
			whim(l);
	}
	moment(l, l->now + between(l, 0, 6 * HOUR));
}

/* --- the comparison ------------------------------------------------------- */

static void
take_plan(const struct plan *p, struct line **list, size_t *n)
{
	const struct plan_event *e;
	size_t i;

	for (i = 0; i < p->nevents; i++) {
		e = &p->event[i];
		if (e->kind == PLAN_MOVE)
			moved(list, n, e->at, e->zone, p->key[e->key].type,
			    p->key[e->key].algorithm, e->from, e->to,
			    e->sign_only);
		else if (e->kind == PLAN_OWED)
			owed(list, n, e->at, e->zone, e->action);
	}
}

/* The passes at the plan's times, and idle ones between. */
static void
follow(struct life *l, const struct plan *p)
{
	struct engine_result r;
	struct model *copy;
	struct diag d;
	int64_t at;
	size_t i, before;

	l->recording = true;
	moment(l, l->now);
	for (i = 0; i < p->nevents && l->failure == NULL; i++) {
		if (p->event[i].at <= l->now)
			continue;
		if (p->event[i].at > l->now + 1 && between(l, 0, 3) == 0) {
			at = between(l, l->now + 1, p->event[i].at - 1);
			copy = need(model_copy(l->m));
			copy->clock.last = at - 1;
			before = engine_pass(copy, at, &l->opt, &r, &d) == 0 ?
			    r.ntransitions :
			    99;
			if (before != 0)
				l->failure = "an idle pass moved something";
			engine_result_clear(&r);
			model_free(copy);
		}
		moment(l, p->event[i].at);
	}
}

static size_t
differences(const struct line *a, size_t na, const struct line *b, size_t nb)
{
	size_t i = 0, j = 0, n = 0;
	int c;

	while (i < na || j < nb) {
		c = i == na ? 1 :
		    j == nb ? -1 :
			      strcmp(a[i].text, b[j].text);
		if (c == 0) {
			i++;
			j++;
			continue;
		}
		if (++n <= 6)
			printf("# %s only: %s\n", c < 0 ? "plan" : "passes",
			    c < 0 ? a[i].text : b[j].text);
		i += c < 0;
		j += c > 0;
	}
	return n;
}

static size_t
one(uint64_t seed, size_t *events)
{
	struct life l;
	struct plan p;
	struct line *lines = NULL;
	struct diag d;
	size_t n = 0, bad;

	begin(&l, seed);
	live(&l);
	if (plan_run(l.m, l.now, l.now + 730 * DAY, &l.opt, NULL, 100000, &p,
		&d) == -1) {
		printf("# seed %" PRIu64 ": %s\n", seed, d.text);
		return 1;
	}
	take_plan(&p, &lines, &n);
	follow(&l, &p);
	if (n != 0)
		qsort(lines, n, sizeof(*lines), compare);
	if (l.nlines != 0)
		qsort(l.line, l.nlines, sizeof(*l.line), compare);
	bad = differences(lines, n, l.line, l.nlines);
	if (l.failure != NULL) {
		printf("# %s\n", l.failure);
		bad++;
	}
	if (bad != 0)
		printf("# seed %" PRIu64 ", plan from %" PRId64 "\n", seed,
		    p.from);
	*events += n;
	free(lines);
	free(l.line);
	plan_clear(&p);
	model_free(l.m);
	return bad;
}

int
main(int argc, char **argv)
{
	uint64_t seed, first = 1, last = 50;
	size_t events = 0, bad = 0;

	if (argc > 1)
		first = last = strtoull(argv[1], NULL, 10);
	for (seed = first; seed <= last; seed++)
		bad += one(seed, &events) != 0;
	ok(bad == 0, "50 plans are what then happens: %zu are not", bad);
	ok(events > 1000 || argc > 1, "%zu events were compared", events);
	return done();
}
