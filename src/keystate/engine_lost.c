/*
 * Keys whose private half is lost: who signs in their place, and what must stay
 * as it is published meanwhile.
 */
#include "engine_internal.h"

/* Caches may still hold signatures by a ZSK of the algorithm that is lost. */
bool
zone_lost_zsk(const struct zone *z, uint8_t algorithm)
{
	const struct zonekey *k;
	size_t i;

	for (i = 0; i < z->nkeys; i++) {
		k = &z->keys[i];
		if (k->lost && key_is(k, KEY_ZSK, algorithm) &&
		    (k->state == STATE_ACTIVE || k->state == STATE_RETIRE))
			return true;
	}
	return false;
}

static bool
signs_zone(const struct zonekey *k, uint8_t algorithm)
{
	return key_is(k, KEY_ZSK, algorithm) && k->state == STATE_ACTIVE &&
	    !k->lost;
}

const struct zonekey *
engine_stand_in(const struct zone *z, uint8_t algorithm)
{
	const struct zonekey *k, *best = NULL;
	bool lacking = false;
	size_t i;

	for (i = 0; i < z->nkeys; i++) {
		k = &z->keys[i];
		if (signs_zone(k, algorithm))
			return NULL;
		lacking = lacking || (k->lost && k->state == STATE_ACTIVE &&
			key_is(k, KEY_ZSK, algorithm));
	}
	for (i = 0; i < z->nkeys && lacking; i++) {
		k = &z->keys[i];
		if (!key_is(k, KEY_KSK, algorithm) || k->lost ||
		    !key_published(k))
			continue;
		/* Active and ready ones are in every cache. */
		if (k->state == STATE_ACTIVE)
			return k;
		if (best == NULL || k->state == STATE_READY)
			best = k;
	}
	return best;
}

bool
key_is_anchor(const struct zonekey *k)
{
	return k->lost && k->pair->type == KEY_KSK && engine_ds_present(k) &&
	    (k->state == STATE_ACTIVE || k->state == STATE_RETIRE ||
		k->state == STATE_READY);
}

/* Whoever got a DS of the algorithm got one that leads to o. */
static bool
takes_over(const struct zone *z, const struct zonekey *o, int64_t now)
{
	if (o->lost || o->pair->type != KEY_KSK)
		return false;
	if (o->state == STATE_KEYPUBLISH)
		return true;
	return o->state == STATE_ACTIVE && key_anchored(o) &&
	    (o->entered[STATE_DSREADY] != 0 ||
		timing_wait(z, o, INTERVAL_KSK_RETIRE, NULL).end <= now);
}

/* Caches may hold a DS of it, and a DNSKEY RRset that it signed can be had. */
static bool
is_needed(const struct zone *z, const struct zonekey *k, int64_t now)
{
	if (!k->lost || k->pair->type != KEY_KSK || k->vouches <= now ||
	    k->state == STATE_DEAD)
		return false;
	if (engine_ds_present(k))
		return key_is_anchor(k);
	return k->ds_gone != 0 &&
	    timing_wait(z, k, INTERVAL_ALGORITHM_DS, NULL).end > now;
}

bool
engine_frozen(const struct zone *z, int64_t now)
{
	size_t i, j;

	if (z->policy == NULL || z->deleted != 0)
		return false;
	for (i = 0; i < z->nkeys; i++) {
		if (!is_needed(z, &z->keys[i], now))
			continue;
		for (j = 0; j < z->nkeys; j++)
			if (z->keys[j].pair->algorithm ==
				z->keys[i].pair->algorithm &&
			    takes_over(z, &z->keys[j], now))
				break;
		if (j == z->nkeys)
			return true;
	}
	return false;
}

int64_t
engine_dnskey_ttl(const struct zone *z)
{
	if (z->frozen && z->dnskey_ttl.count != 0)
		return z->dnskey_ttl.span[z->dnskey_ttl.count - 1].ttl;
	return z->policy->dnskey_ttl;
}

int64_t
engine_lost_exchange(const struct zone *z, const struct zonekey *k)
{
	return k->vouches - z->policy->propagation_delay -
	    timing_length(z, INTERVAL_DS_PUBLISH, k->vouches);
}

int64_t
engine_lost_insecure(const struct zone *z, const struct zonekey *k)
{
	return k->vouches - timing_length(z, INTERVAL_UNSIGN, k->vouches);
}

bool
engine_unaided(const struct zone *z)
{
	const struct zonekey *k, *in;
	size_t i;

	for (i = 0; i < z->nkeys; i++) {
		k = &z->keys[i];
		if (!k->lost || k->pair->type != KEY_ZSK ||
		    k->state != STATE_ACTIVE)
			continue;
		in = engine_stand_in(z, k->pair->algorithm);
		if (in != NULL && in->state != STATE_ACTIVE &&
		    in->state != STATE_READY)
			return true;
	}
	return false;
}
