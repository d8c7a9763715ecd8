/*
 * ZSKs: pre-publication (RFC 7583 §3.2.1), with a gradual change of
 * signatures: a retired ZSK stays published until evidence shows that the last
 * signature by it has gone.
 */
#include "engine_internal.h"

static bool
active_exists(const struct zone *z, uint8_t algorithm)
{
	size_t i;

	for (i = 0; i < z->nkeys; i++) {
		if (key_is(&z->keys[i], KEY_ZSK, algorithm) &&
		    z->keys[i].state == STATE_ACTIVE && !z->keys[i].sign_only)
			return true;
	}
	return false;
}

void
zsk_moves(struct pass *ps, struct zone *z, uint8_t algorithm)
{
	struct zonekey *k;
	struct wait w;
	size_t i;

	for (i = 0; i < z->nkeys; i++) {
		k = &z->keys[i];
		if (!key_is(k, KEY_ZSK, algorithm))
			continue;
		if (k->state == STATE_PUBLISH &&
		    pass_waited(ps, z, k, INTERVAL_ZSK_PUBLISH, &w))
			pass_state(ps, z, k, STATE_READY, INTERVAL_ZSK_PUBLISH,
			    w.start, "known to every cache");
		else if (k->state == STATE_READY && k->shown.since == 0)
			pass_state(ps, z, k, STATE_PUBLISH, INTERVAL_NONE, 0,
			    "the zone was published without it");
		else if (k->state == STATE_RETIRE && !k->sign_only &&
		    active_exists(z, algorithm) &&
		    pass_waited(ps, z, k, INTERVAL_ZSK_RETIRE, &w))
			pass_state(ps, z, k, STATE_DEAD, INTERVAL_ZSK_RETIRE,
			    w.start, "its signatures have left every cache");
	}
}

/* Due by date, and not held back by ManualRollover. */
static bool
due(struct pass *ps, struct zone *z, const struct zonekey *k, bool *held)
{
	int64_t at = engine_retire_date(ps->m, z, k);

	if (k->state != STATE_ACTIVE || k->sign_only ||
	    !pass_reached(ps, at))
		return false;
	if (engine_rolled_by_hand(z, k)) {
		*held = true;
		return false;
	}
	return true;
}

/*
 * A shared key takes over in all its zones at once, or in this one when it
 * has done so elsewhere.  An emergency waits for nobody, nor does a key in the
 * place of a lost one.
 */
static bool
blocked(struct pass *ps, const struct zone *z, const struct zonekey *next,
    bool urgent)
{
	const struct share *s = &ps->shares[next->pair->mark];

	return zone_shares(z) && !urgent && s->active == 0 &&
	    s->waiting != 0;
}

static void
name_blocker(struct pass *ps, const struct keypair *pair)
{
	const struct zonekey *k;
	struct zone *z;
	size_t i;

	for (i = 0; i < ps->m->nzones; i++) {
		z = ps->m->zones[i];
		k = zone_shares(z) ? zone_key(z, pair) : NULL;
		if (k != NULL && (k->state == STATE_GENERATE ||
				     k->state == STATE_PUBLISH)) {
			ps->notes[ps->nnotes - 1].other = z;
			return;
		}
	}
}

static struct zonekey *
successor(struct zone *z, uint8_t algorithm)
{
	struct zonekey *k, *best = NULL;
	size_t i;

	for (i = 0; i < z->nkeys; i++) {
		k = &z->keys[i];
		if (!key_is(k, KEY_ZSK, algorithm) ||
		    k->state != STATE_READY || !key_usable(z, k))
			continue;
		if (best == NULL ||
		    k->entered[STATE_READY] < best->entered[STATE_READY])
			best = k;
	}
	return best;
}

/* Another active key, not due, that every cache knows already. */
static bool
relieved(struct pass *ps, struct zone *z, uint8_t algorithm)
{
	struct zonekey *k;
	struct wait w;
	bool held = false;
	size_t i;

	for (i = 0; i < z->nkeys; i++) {
		k = &z->keys[i];
		if (key_is(k, KEY_ZSK, algorithm) &&
		    k->state == STATE_ACTIVE && !k->sign_only &&
		    !due(ps, z, k, &held) && key_usable(z, k) &&
		    pass_waited(ps, z, k, INTERVAL_ZSK_PUBLISH, &w))
			return true;
	}
	return false;
}

static void
retire_due(struct pass *ps, struct zone *z, uint8_t algorithm,
    const struct zonekey *except)
{
	struct zonekey *k;
	bool held = false;
	size_t i;

	for (i = 0; i < z->nkeys; i++) {
		k = &z->keys[i];
		if (k != except && key_is(k, KEY_ZSK, algorithm) &&
		    due(ps, z, k, &held))
			key_retire(ps, z, k, "replaced");
	}
}

static void
switch_keys(struct pass *ps, struct zone *z, uint8_t algorithm,
    const struct zonekey *old, bool emergency)
{
	struct zonekey *next;

	if (relieved(ps, z, algorithm)) {
		retire_due(ps, z, algorithm, NULL);
		return;
	}
	next = successor(z, algorithm);
	if (next == NULL) {
		pass_note(ps, ACTION_NOT_READY, z, old->pair, KEY_ZSK, 0);
	} else if (key_gated(ps->m, next->pair)) {
		pass_note(ps, ACTION_BACKUP, z, next->pair, KEY_ZSK,
		    next->entered[STATE_READY]);
	} else if (blocked(ps, z, next, emergency || old->lost)) {
		pass_note(ps, ACTION_BLOCKED, z, next->pair, KEY_ZSK, 0);
		if (!ps->no_memory)
			name_blocker(ps, next->pair);
	} else {
		if (next->pair->backed_up == 0)
			pass_tell(ps, ACTION_NO_BACKUP, z, next->pair,
			    ps->now);
		pass_state(ps, z, next, STATE_ACTIVE, INTERVAL_NONE, 0,
		    old->lost ? "its predecessor is lost" :
		    emergency ? "emergency rollover" :
				"rollover");
		retire_due(ps, z, algorithm, next);
	}
}

void
zsk_roll(struct pass *ps, struct zone *z, uint8_t algorithm)
{
	const struct key_block *b = policy_block(z->policy, KEY_ZSK,
	    algorithm);
	const struct zonekey *old = NULL;
	struct zonekey *k;
	bool held = false, emergency = false;
	int64_t lead = zone_lead(z, ps->now, ps->gap), at;
	size_t i, have = 0;

	keys_discard(ps, z, KEY_ZSK, algorithm, true);
	for (i = 0; i < z->nkeys; i++) {
		k = &z->keys[i];
		if (!key_is(k, KEY_ZSK, algorithm) || !due(ps, z, k, &held))
			continue;
		if (old == NULL || k->lost)
			old = k;
		emergency = emergency || k->compromised;
	}
	if (old != NULL)
		switch_keys(ps, z, algorithm, old, emergency);
	if (b == NULL || !zone_targets(z, algorithm))
		return;
	for (i = 0; i < z->nkeys; i++) {
		k = &z->keys[i];
		if (!key_is(k, KEY_ZSK, algorithm) || k->sign_only)
			continue;
		if ((k->state == STATE_PUBLISH || k->state == STATE_READY) &&
		    key_usable(z, k))
			have++;
		if (k->state != STATE_ACTIVE)
			continue;
		at = engine_retire_date(ps->m, z, k);
		if (at == MOMENT_NEVER || !pass_reached(ps, at - lead))
			have++;
	}
	if (have < 1 + (size_t)b->standby)
		key_supply(ps, z, b, 1 + b->standby - have);
}
