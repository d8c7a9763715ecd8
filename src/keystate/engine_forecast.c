/*
 * When a key will move next, for listings.
 */
#include "engine_internal.h"

static struct forecast
at(enum key_state to, int64_t when, enum interval i)
{
	return (struct forecast){ .kind = FORECAST_AT, .to = to, .at = when,
		.interval = i };
}

static struct forecast
of_kind(enum forecast_kind kind)
{
	return (struct forecast){ .kind = kind };
}

/* After interval i, if the evidence that it counts from comes at `from`. */
static struct forecast
if_published(const struct zone *z, enum key_state to, enum interval i,
    int64_t from)
{
	return (struct forecast){ .kind = FORECAST_PUBLICATION, .to = to,
		.at = from + timing_length(z, i, from), .interval = i };
}

static struct forecast
after(const struct zone *z, const struct zonekey *k, enum key_state to,
    enum interval i, int64_t from, const int *scale)
{
	struct wait w = timing_wait(z, k, i, scale);

	return w.start == 0 ? if_published(z, to, i, from) :
			      at(to, w.end, i);
}

static struct forecast
ksk_published(const struct zone *z, const struct zonekey *k, int64_t now,
    const int *scale)
{
	struct forecast f = after(z, k, STATE_READY, INTERVAL_KSK_PUBLISH,
	    now, scale);
	struct forecast g = after(z, k, STATE_READY, INTERVAL_FIRST_KSK, now,
	    scale);

	if (f.kind == FORECAST_PUBLICATION && f.at >= g.at)
		return f;
	return g.kind == FORECAST_PUBLICATION || g.at > f.at ? g : f;
}

/* The earliest successor in the parent decides. */
static struct forecast
ksk_retired(const struct zone *z, const struct zonekey *k, const int *scale)
{
	const struct zonekey *o;
	struct forecast f = of_kind(FORECAST_DS_GONE);
	struct wait w;
	size_t i;

	for (i = 0; i < z->nkeys; i++) {
		o = &z->keys[i];
		if (o == k || !key_is(o, KEY_KSK, k->pair->algorithm) ||
		    o->state != STATE_ACTIVE || !key_anchored(o))
			continue;
		w = timing_wait(z, o, INTERVAL_KSK_RETIRE, scale);
		if (w.start != 0 && (f.kind != FORECAST_AT || w.end < f.at))
			f = at(STATE_DEAD, w.end, INTERVAL_KSK_RETIRE);
	}
	return f;
}

static struct forecast
zsk_retired(const struct zone *z, const struct zonekey *k, int64_t now,
    const int *scale)
{
	int64_t gone = k->entered[STATE_RETIRE] + timing_dsgn(z->policy);

	if (k->sign_only)
		return after(z, k, STATE_DEAD, INTERVAL_ALGORITHM_DNSKEY, now,
		    scale);
	return after(z, k, STATE_DEAD, INTERVAL_ZSK_RETIRE,
	    gone > now ? gone : now, scale);
}

static struct forecast
active(const struct model *m, const struct zone *z, const struct zonekey *k,
    int64_t now, const int *scale)
{
	int64_t when = engine_retire_date(m, z, k);

	if (k->sign_only)
		return after(z, k, STATE_ACTIVE,
		    INTERVAL_ALGORITHM_SIGNATURES, now, scale);
	if (when == MOMENT_NEVER)
		return of_kind(FORECAST_NONE);
	return at(STATE_RETIRE, when, INTERVAL_LIFETIME);
}

struct forecast
engine_forecast(const struct model *m, const struct zone *z,
    const struct zonekey *k, int64_t now, const struct engine_options *opt)
{
	bool ksk = k->pair->type == KEY_KSK;
	const int *scale = opt->scale;

	if (z->policy == NULL || z->deleted != 0)
		return of_kind(FORECAST_NONE);
	switch (k->state) {
	case STATE_PUBLISH:
		return ksk ? ksk_published(z, k, now, scale) :
			     after(z, k, STATE_READY, INTERVAL_ZSK_PUBLISH,
				 now, scale);
	case STATE_READY:
		if (key_gated(m, k->pair))
			return of_kind(FORECAST_BACKUP);
		return of_kind(ksk ? FORECAST_DS_SEEN : FORECAST_ROLLOVER);
	case STATE_ACTIVE:
		return active(m, z, k, now, scale);
	case STATE_RETIRE:
		return ksk ? ksk_retired(z, k, scale) :
			     zsk_retired(z, k, now, scale);
	case STATE_DSSUB:
		return of_kind(FORECAST_DS_SEEN);
	case STATE_DSPUBLISH:
		return after(z, k, STATE_DSREADY, INTERVAL_DS_PUBLISH, now,
		    scale);
	case STATE_DSREADY:
		return of_kind(FORECAST_WHEN_REQUIRED);
	case STATE_KEYPUBLISH:
		return after(z, k, STATE_ACTIVE, INTERVAL_KEYPUBLISH, now,
		    scale);
	case STATE_GENERATE:
	case STATE_DEAD:
	default:
		return of_kind(FORECAST_NONE);
	}
}
