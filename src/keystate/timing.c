#include "timing.h"

#include <string.h>

/* Which of a key's or zone's facts an interval counts from. */
enum fact {
	FACT_NONE,
	FACT_SHOWN,
	FACT_WITHDRAWN,
	FACT_COMPLETE,
	FACT_UNSIGNED,
	FACT_SIGNED, /* of the zone */
	FACT_DS_SEEN,
	FACT_DS_GONE,
};

enum ttl_kind { TTL_DNSKEY, TTL_ANY, TTL_LARGEST, TTL_DS };
enum delay_kind { DELAY_ZONE, DELAY_PARENT };
enum safety_kind { SAFETY_PUBLISH, SAFETY_RETIRE };

struct interval_row {
	const char *name;
	const char *rule;
	enum fact fact;
	enum ttl_kind ttl;
	enum delay_kind delay;
	enum safety_kind safety;
};

/* TTL_LARGEST includes the DNSKEY RRset: a whole zone must be learned. */
static const struct interval_row rows[INTERVALS] = {
	[INTERVAL_NONE] = { "none", "", .fact = FACT_NONE },
	[INTERVAL_ZSK_PUBLISH] = { "Ipub", "RFC 7583 §3.2.1", FACT_SHOWN,
	    TTL_DNSKEY, DELAY_ZONE, SAFETY_PUBLISH },
	[INTERVAL_ZSK_RETIRE] = { "Iret", "RFC 7583 §3.2.1", FACT_UNSIGNED,
	    TTL_ANY, DELAY_ZONE, SAFETY_RETIRE },
	[INTERVAL_KSK_PUBLISH] = { "IpubC", "RFC 7583 §3.3.1", FACT_SHOWN,
	    TTL_DNSKEY, DELAY_ZONE, SAFETY_PUBLISH },
	[INTERVAL_FIRST_KSK] = { "IpubC-first", "RFC 4035 §5.2", FACT_SIGNED,
	    TTL_LARGEST, DELAY_ZONE, SAFETY_PUBLISH },
	[INTERVAL_KSK_RETIRE] = { "IretK", "RFC 7583 §3.3.1", FACT_DS_SEEN,
	    TTL_DS, DELAY_PARENT, SAFETY_RETIRE },
	[INTERVAL_DS_PUBLISH] = { "IpubP", "RFC 7583 §3.3.2", FACT_DS_SEEN,
	    TTL_DS, DELAY_PARENT, SAFETY_PUBLISH },
	[INTERVAL_KEYPUBLISH] = { "IpubC-standby", "RFC 7583 §3.3.2",
	    FACT_SHOWN, TTL_DNSKEY, DELAY_ZONE, SAFETY_PUBLISH },
	[INTERVAL_ALGORITHM_SIGNATURES] = { "new-RRSIGs", "RFC 6781 §4.1.4",
	    FACT_COMPLETE, TTL_ANY, DELAY_ZONE, SAFETY_PUBLISH },
	[INTERVAL_ALGORITHM_DS] = { "DS-remove", "RFC 6781 §4.1.4",
	    FACT_DS_GONE, TTL_DS, DELAY_PARENT, SAFETY_RETIRE },
	[INTERVAL_ALGORITHM_DNSKEY] = { "DNSKEY-remove", "RFC 6781 §4.1.4",
	    FACT_WITHDRAWN, TTL_DNSKEY, DELAY_ZONE, SAFETY_RETIRE },
	[INTERVAL_UNSIGN] = { "DS-remove-last", "RFC 4035 §5.2", FACT_DS_GONE,
	    TTL_DS, DELAY_PARENT, SAFETY_RETIRE },
	[INTERVAL_LIFETIME] = { "lifetime", "Keys/Lifetime" },
	[INTERVAL_LEAD] = { "lead", "RFC 7583 §3.2.1" },
	[INTERVAL_PURGE] = { "purge", "Keys/Purge" },
};

const char *
engine_interval_name(enum interval i)
{
	return rows[i].name;
}

const char *
engine_interval_rule(enum interval i)
{
	return rows[i].rule;
}

/* What the policy makes the TTL to be, whatever is published now. */
static int64_t
configured_ttl(const struct policy *p, enum ttl_kind kind)
{
	int64_t any = moment_max(p->soa_ttl, p->soa_minimum);

	switch (kind) {
	case TTL_DNSKEY:
		return p->dnskey_ttl;
	case TTL_DS:
		return p->ds_ttl;
	case TTL_LARGEST:
		return moment_max(any, p->dnskey_ttl);
	case TTL_ANY:
	default:
		return any;
	}
}

static int64_t
margins(const struct policy *p, const struct interval_row *row)
{
	int64_t delay = row->delay == DELAY_ZONE ? p->propagation_delay :
						   p->parent_propagation_delay;
	int64_t safety = row->safety == SAFETY_PUBLISH ? p->publish_safety :
							 p->retire_safety;

	return delay + safety;
}

static struct evidence
fact_of(const struct zone *z, const struct zonekey *k, enum fact fact)
{
	switch (fact) {
	case FACT_SHOWN:
		return k->shown;
	case FACT_WITHDRAWN:
		return k->withdrawn;
	case FACT_COMPLETE:
		return k->complete;
	case FACT_UNSIGNED:
		return k->unsigned_;
	case FACT_SIGNED:
		return z->signed_;
	case FACT_DS_SEEN:
		return (struct evidence){ k->ds_seen, k->ds_clear };
	case FACT_DS_GONE:
		return (struct evidence){ k->ds_gone, k->ds_gone_clear };
	case FACT_NONE:
	default:
		return (struct evidence){ 0, 0 };
	}
}

struct wait
timing_wait(const struct zone *z, const struct zonekey *k, enum interval i,
    const int *scale)
{
	const struct interval_row *row = &rows[i];
	struct evidence e = fact_of(z, k, row->fact);
	struct wait w = { .start = e.since, .end = MOMENT_NEVER };
	int64_t length;

	if (e.since == 0)
		return w;
	length = moment_max(e.clear - e.since,
		     configured_ttl(z->policy, row->ttl)) +
	    margins(z->policy, row);
	if (scale != NULL)
		length = length * scale[i] / 1000;
	w.end = e.since + length;
	return w;
}

int64_t
timing_length(const struct zone *z, enum interval i, int64_t at)
{
	const struct interval_row *row = &rows[i];
	const struct ttl_history *h = &z->max_ttl;
	int64_t configured = configured_ttl(z->policy, row->ttl);

	if (row->ttl == TTL_DNSKEY)
		h = &z->dnskey_ttl;
	else if (row->ttl == TTL_DS)
		h = &z->ds_ttl;
	return moment_max(ttl_history_clear(h, at, configured) - at, configured) +
	    margins(z->policy, row);
}

int64_t
timing_dsgn(const struct policy *p)
{
	/*
	 * A signature made just before the key retired, with the most jitter,
	 * is replaced by the first run that finds it within Refresh.
	 */
	int64_t life = moment_max(p->validity, p->validity_denial) + p->jitter -
	    p->refresh + p->resign;

	return moment_max(life, 0);
}

int64_t
ttl_history_clear(const struct ttl_history *h, int64_t at, int64_t fallback)
{
	int64_t clear = 0, until;
	size_t i;

	if (h->count == 0)
		return at + fallback;
	for (i = 0; i < h->count; i++) {
		until = h->span[i].until;
		if (until == 0 || until > at)
			until = at;
		clear = moment_max(clear, until + h->span[i].ttl);
	}
	return clear;
}

int
ttl_history_set(struct ttl_history *h, int64_t ttl, int64_t at)
{
	size_t from, to = 0;

	if (h->count != 0) {
		if (h->span[h->count - 1].ttl == ttl)
			return 0;
		h->span[h->count - 1].until = at;
	}
	/* What has left all caches by now matters to no later event. */
	for (from = 0; from < h->count; from++) {
		if (h->span[from].until + h->span[from].ttl > at)
			h->span[to++] = h->span[from];
	}
	h->count = to;
	return ttl_history_add(h, ttl, 0);
}

void
ttl_history_clamp(struct ttl_history *h, int64_t now)
{
	size_t i;

	for (i = 0; i < h->count; i++) {
		if (h->span[i].until > now)
			h->span[i].until = now;
	}
}
