/*
 * Questions about one key, and the rules that hold for a zone's keys together.
 */
#include <string.h>

#include "engine_internal.h"

bool
key_is(const struct zonekey *k, enum key_type type, uint8_t algorithm)
{
	return k->pair->type == type && k->pair->algorithm == algorithm;
}

bool
key_published(const struct zonekey *k)
{
	switch (k->state) {
	case STATE_PUBLISH:
	case STATE_READY:
	case STATE_ACTIVE:
	case STATE_RETIRE:
	case STATE_KEYPUBLISH:
		return !k->sign_only;
	default:
		return false;
	}
}

bool
key_live(const struct zonekey *k)
{
	return k->state != STATE_GENERATE && k->state != STATE_DEAD;
}

bool
key_waits_for_ds(const struct zonekey *k)
{
	return k->state == STATE_DSSUB || k->state == STATE_DSPUBLISH ||
	    k->state == STATE_DSREADY;
}

bool
zone_shares(const struct zone *z)
{
	return z->policy != NULL && z->policy->share_keys && z->deleted == 0 &&
	    z->unsign == 0;
}

bool
zone_targets(const struct zone *z, uint8_t algorithm)
{
	return policy_block(z->policy, KEY_KSK, algorithm) != NULL &&
	    policy_block(z->policy, KEY_ZSK, algorithm) != NULL;
}

bool
zone_targets_any(const struct zone *z)
{
	size_t i;

	for (i = 0; i < z->policy->nblocks; i++) {
		if (zone_targets(z, z->policy->blocks[i].algorithm))
			return true;
	}
	return false;
}

/*
 * The key is what the policy asks for now.  A key made for another policy does
 * not: the zone's change of policy is a rollover.  Nor does one that other
 * zones use although the policy no longer shares.
 */
bool
key_conforms(const struct zone *z, const struct zonekey *k)
{
	const struct keypair *pair = k->pair;
	const struct key_block *b = policy_block(z->policy, pair->type,
	    pair->algorithm);

	if (b == NULL || (b->bits != 0 && b->bits != pair->bits))
		return false;
	if (strcmp(b->repository, pair->repository) != 0)
		return false;
	if (pair->policy == NULL || strcmp(pair->policy, z->policy_name) != 0)
		return false;
	return z->policy->share_keys || pair->live <= 1;
}

/* It may take over: it conforms, or its algorithm goes and nothing does. */
bool
key_usable(const struct zone *z, const struct zonekey *k)
{
	if (k->compromised || k->lost || k->forced != 0)
		return false;
	return policy_block(z->policy, k->pair->type, k->pair->algorithm) ==
	    NULL ||
	    key_conforms(z, k);
}

/* Some cache or the parent may have seen it. */
bool
key_was_used(const struct zonekey *k)
{
	return k->entered[STATE_PUBLISH] != 0 ||
	    k->entered[STATE_ACTIVE] != 0 ||
	    k->entered[STATE_KEYPUBLISH] != 0 || k->ds_submitted != 0;
}

bool
key_gated(const struct model *m, const struct keypair *pair)
{
	const struct store *s;

	if (pair->backed_up != 0)
		return false;
	s = model_store(m, pair->repository);
	return s != NULL && s->require_backup;
}

/* A tag and algorithm that caches or the parent may know from another key. */
bool
key_collides(const struct zone *z, const struct zonekey *k)
{
	const struct zonekey *o;
	size_t i;

	for (i = 0; i < z->nkeys; i++) {
		o = &z->keys[i];
		if (o == k || o->state == STATE_GENERATE ||
		    (o->state == STATE_DEAD && !key_was_used(o)))
			continue;
		if (o->pair->tag == k->pair->tag &&
		    o->pair->algorithm == k->pair->algorithm)
			return true;
	}
	return false;
}

/* How long before its use a key must be published. */
int64_t
zone_lead(const struct zone *z, int64_t now, int64_t gap)
{
	return timing_length(z, INTERVAL_ZSK_PUBLISH, now) + gap;
}

int64_t
engine_retire_date(const struct model *m, const struct zone *z,
    const struct zonekey *k)
{
	const struct key_block *b;
	int64_t from = k->entered[STATE_ACTIVE], at = MOMENT_NEVER;

	(void)m;
	if (k->forced != 0)
		return k->forced;
	if (z->policy == NULL)
		return k->retire_fixed != 0 ? k->retire_fixed : MOMENT_NEVER;
	b = policy_block(z->policy, k->pair->type, k->pair->algorithm);
	/* An algorithm that goes is not rolled: its keys end with it. */
	if (b != NULL && !key_conforms(z, k))
		return from;
	if (k->retire_fixed != 0)
		return k->retire_fixed;
	if (b != NULL && b->lifetime != 0) {
		if (zone_shares(z) && k->pair->first_active != 0)
			from = k->pair->first_active;
		at = from + b->lifetime;
	}
	return at;
}

bool
engine_rolled_by_hand(const struct zone *z, const struct zonekey *k)
{
	const struct key_block *b = z->policy == NULL ?
	    NULL :
	    policy_block(z->policy, k->pair->type, k->pair->algorithm);

	/* One that is not published yet cannot be rolled (engine_rollover()). */
	return b != NULL && b->manual && k->state == STATE_ACTIVE &&
	    !k->sign_only && k->forced == 0 && k->retire_fixed == 0;
}

bool
engine_ds_present(const struct zonekey *k)
{
	return k->ds_submitted != 0 && k->ds_gone == 0;
}

bool
key_anchored(const struct zonekey *k)
{
	return k->ds_seen != 0 && k->ds_gone == 0 && k->ds_withdraw == 0 &&
	    k->ds_doubt == 0;
}

/* A DS was asked for and not seen: the parent's set is about to change. */
bool
zone_in_swap(const struct zone *z)
{
	const struct zonekey *k;
	size_t i;

	for (i = 0; i < z->nkeys; i++) {
		k = &z->keys[i];
		if (k->pair->type == KEY_KSK && k->state == STATE_READY &&
		    engine_ds_present(k) && k->ds_seen == 0 &&
		    k->ds_doubt == 0)
			return true;
	}
	return false;
}

/* The algorithm goes, and one that stays is in the parent already. */
bool
algorithm_replaced(const struct zone *z, uint8_t algorithm)
{
	const struct zonekey *k;
	size_t i;

	if (z->policy == NULL || zone_targets(z, algorithm))
		return false;
	for (i = 0; i < z->nkeys; i++) {
		k = &z->keys[i];
		if (k->pair->type == KEY_KSK && k->state == STATE_ACTIVE &&
		    key_anchored(k) && zone_targets(z, k->pair->algorithm))
			return true;
	}
	return false;
}

static bool
known(const struct zonekey *k)
{
	return k->state == STATE_READY || k->state == STATE_ACTIVE ||
	    k->state == STATE_RETIRE;
}

/*
 * It is the only DS of its algorithm whose key every cache knows, and others
 * would remain that lead to no DNSKEY: they must go first.
 */
static bool
backs_others(const struct zone *z, const struct zonekey *k)
{
	const struct zonekey *o;
	bool others = false;
	size_t i;

	for (i = 0; i < z->nkeys; i++) {
		o = &z->keys[i];
		if (o == k || !key_is(o, KEY_KSK, k->pair->algorithm) ||
		    !engine_ds_present(o))
			continue;
		if (known(o) && key_anchored(o))
			return false;
		if (known(o))
			continue;
		others = true;
	}
	return others && known(k);
}

bool
engine_ds_wanted(const struct zone *z, const struct zonekey *k)
{
	const struct keypair *pair = k->pair;

	if (pair->type != KEY_KSK || !engine_ds_present(k) ||
	    z->deleted != 0 || z->unsign != 0)
		return false;
	/* What was asked to go is not asked for again with its algorithm. */
	if (k->ds_withdraw != 0)
		return (k->state == STATE_READY || k->state == STATE_ACTIVE) &&
		    z->policy != NULL && zone_targets(z, pair->algorithm);
	switch (k->state) {
	case STATE_READY:
	case STATE_ACTIVE:
	case STATE_KEYPUBLISH:
		return !algorithm_replaced(z, pair->algorithm) ||
		    backs_others(z, k);
	case STATE_RETIRE:
		return backs_others(z, k);
	case STATE_DSSUB:
	case STATE_DSPUBLISH:
	case STATE_DSREADY:
		if (k->lost || algorithm_replaced(z, pair->algorithm) ||
		    (k->ds_doubt != 0 && !zone_in_swap(z)))
			return false;
		return z->policy == NULL || key_conforms(z, k) ||
		    policy_block(z->policy, KEY_KSK, pair->algorithm) == NULL;
	default:
		return false;
	}
}

bool
engine_ds_last(const struct zone *z, const struct zonekey *k)
{
	size_t i;

	if (!engine_ds_wanted(z, k) || !key_anchored(k))
		return false;
	for (i = 0; i < z->nkeys; i++) {
		if (&z->keys[i] != k && engine_ds_wanted(z, &z->keys[i]) &&
		    key_anchored(&z->keys[i]))
			return false;
	}
	return true;
}

/* --- what must hold ------------------------------------------------------- */

struct tally {
	bool ksk, zsk;	 /* published */
	bool signer;	 /* an active ZSK, or one that signs unpublished */
	bool ds;	 /* a DS may stand in the parent */
	bool ds_backed;	 /* and one of these has its key published */
	bool ds_seen;
};

const char *
engine_unsound(const struct zone *z)
{
	struct tally tally[256] = { 0 };
	bool signed_ = false;
	struct tally *t;
	const struct zonekey *k;
	size_t i, j;

	if (z->deleted != 0 || z->unsign != 0)
		return NULL;
	for (i = 0; i < z->nkeys; i++) {
		k = &z->keys[i];
		t = &tally[k->pair->algorithm];
		if (key_published(k) && k->pair->type == KEY_KSK)
			t->ksk = true;
		if (key_published(k) && k->pair->type == KEY_ZSK)
			t->zsk = true;
		if (k->pair->type == KEY_ZSK &&
		    (k->state == STATE_ACTIVE ||
			(k->state == STATE_RETIRE && k->sign_only)))
			t->signer = signed_ = true;
		if (engine_ds_present(k)) {
			t->ds = true;
			t->ds_seen = t->ds_seen || k->ds_seen != 0;
			t->ds_backed = t->ds_backed || key_published(k);
		}
		for (j = 0; j < i; j++) {
			if (key_live(k) && key_live(&z->keys[j]) &&
			    k->pair->tag == z->keys[j].pair->tag &&
			    k->pair->algorithm == z->keys[j].pair->algorithm)
				return "two keys of one tag and algorithm";
		}
	}
	for (i = 0; i < 256; i++) {
		t = &tally[i];
		if (t->ds_seen && !t->ds_backed)
			return "a DS in the parent without its key in the zone";
		if (!signed_ || (!t->ksk && !t->zsk))
			continue;
		if (!t->ksk || !t->zsk)
			return "an algorithm with keys of one type only";
		if (!t->signer)
			return "an algorithm without an active ZSK";
	}
	return NULL;
}
