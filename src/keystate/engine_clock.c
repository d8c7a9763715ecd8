/*
 * The clock guard, and the gaps between passes.
 *
 * A pass earlier than the last one, or later by more than MaxClockStep, is not
 * believed: it moves nothing.  A second one an hour later by the same clock is.
 */
#include "engine_internal.h"

#define GAP_MEMORY   (30 * INT64_C(86400))
#define CLOCK_STEP   (2 * INT64_C(86400)) /* MaxClockStep's default, P2D */
#define CLOCK_SECOND INT64_C(3600)

static void
clamp(int64_t *t, int64_t now)
{
	if (*t > now)
		*t = now;
}

static void
clamp_evidence(struct evidence *e, int64_t now)
{
	if (e->since > now) {
		e->clear -= e->since - now;
		e->since = now;
	}
}

static void
clamp_key(struct zonekey *k, int64_t now)
{
	int i;

	for (i = 0; i < KEY_STATES; i++)
		clamp(&k->entered[i], now);
	clamp(&k->forced, now);
	clamp_evidence(&k->shown, now);
	clamp_evidence(&k->withdrawn, now);
	clamp_evidence(&k->complete, now);
	clamp_evidence(&k->unsigned_, now);
	clamp(&k->ds_submitted, now);
	clamp(&k->ds_withdraw, now);
	clamp(&k->ds_doubt, now);
	if (k->ds_seen > now) {
		k->ds_clear -= k->ds_seen - now;
		k->ds_seen = now;
	}
	if (k->ds_gone > now) {
		k->ds_gone_clear -= k->ds_gone - now;
		k->ds_gone = now;
	}
}

/*
 * Nothing can have happened later than now: what a wrong clock recorded as
 * later happened before, so counting from now on is safe.
 */
static void
clamp_model(struct model *m, int64_t now)
{
	struct zone *z;
	size_t i, j;

	for (i = 0; i < m->npairs; i++) {
		clamp(&m->pairs[i]->generated, now);
		clamp(&m->pairs[i]->backup_prepared, now);
		clamp(&m->pairs[i]->backed_up, now);
		clamp(&m->pairs[i]->first_active, now);
	}
	for (i = 0; i < m->nzones; i++) {
		z = m->zones[i];
		clamp(&z->added, now);
		clamp(&z->deleted, now);
		clamp(&z->unsign, now);
		clamp(&z->published, now);
		clamp_evidence(&z->signed_, now);
		ttl_history_clamp(&z->dnskey_ttl, now);
		ttl_history_clamp(&z->max_ttl, now);
		ttl_history_clamp(&z->ds_ttl, now);
		for (j = 0; j < z->nkeys; j++)
			clamp_key(&z->keys[j], now);
	}
}

static int64_t
max_step(const struct pass_clock *c)
{
	return c->max_step == 0 ? CLOCK_STEP : c->max_step;
}

int64_t
engine_clock_step(const struct model *m)
{
	return max_step(&m->clock);
}

bool
engine_clock_doubt(const struct model *m, int64_t now)
{
	const struct pass_clock *c = &m->clock;

	return c->last != 0 &&
	    (now < c->last || now - c->last > max_step(c));
}

/* Forward for an hour to MaxClockStep since the first doubtful pass. */
static bool
confirmed(const struct pass_clock *c, int64_t now, int64_t step)
{
	return c->suspect != 0 && now >= c->suspect + CLOCK_SECOND &&
	    now - c->suspect <= step;
}

bool
clock_accept(struct pass *ps)
{
	struct pass_clock *c = &ps->m->clock;
	int64_t step = max_step(c);

	if (!engine_clock_doubt(ps->m, ps->now)) {
		c->suspect = 0;
	} else if (ps->opt->accept_clock || confirmed(c, ps->now, step)) {
		if (ps->now < c->last) {
			c->ngaps = 0;
			c->last = ps->now;
		}
		c->suspect = 0;
	} else {
		if (c->suspect == 0 || ps->now < c->suspect ||
		    ps->now - c->suspect > step)
			c->suspect = ps->now;
		ps->r->clock_frozen = true;
		ps->r->clock_retry = c->suspect + CLOCK_SECOND;
		ps->r->wake = ps->r->clock_retry;
		return false;
	}
	clamp_model(ps->m, ps->now);
	return true;
}

int
clock_tick(struct pass *ps)
{
	struct pass_clock *c = &ps->m->clock;
	int64_t gap = c->last == 0 ? 0 : ps->now - c->last;
	size_t i, n = 0;

	c->last = ps->now;
	/* A gap matters while none later was as long. */
	for (i = 0; i < c->ngaps; i++) {
		if (c->gaps[i].length > gap &&
		    c->gaps[i].at > ps->now - GAP_MEMORY)
			c->gaps[n++] = c->gaps[i];
	}
	c->ngaps = n;
	/* The interval of conf.xml is counted anyway. */
	if (gap <= ps->opt->interval)
		return 0;
	return pass_clock_add_gap(c, gap, ps->now);
}

int64_t
pass_clock_gap(const struct pass_clock *c, int64_t now, int64_t interval)
{
	int64_t gap = interval;
	size_t i;

	for (i = 0; i < c->ngaps; i++) {
		if (c->gaps[i].at > now - GAP_MEMORY &&
		    c->gaps[i].length > gap)
			gap = c->gaps[i].length;
	}
	return gap;
}
