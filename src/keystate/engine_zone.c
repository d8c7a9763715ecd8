/*
 * One zone in a pass: its first keys, algorithms that come and go (RFC 6781
 * §4.1.4, conservative), the way back to insecure, and what a person owes it.
 */
#include <string.h>

#include "engine_internal.h"

void
key_retire(struct pass *ps, struct zone *z, struct zonekey *k,
    const char *reason)
{
	pass_state(ps, z, k, STATE_RETIRE, INTERVAL_NONE, 0, reason);
	/* Only a publication from now on can show that none is left. */
	k->unsigned_ = (struct evidence){ 0, 0 };
	k->complete = (struct evidence){ 0, 0 };
}

void
keys_discard(struct pass *ps, struct zone *z, enum key_type type,
    uint8_t algorithm, bool all)
{
	struct zonekey *k;
	size_t i;

	for (i = 0; i < z->nkeys; i++) {
		k = &z->keys[i];
		if (key_is(k, type, algorithm) &&
		    (k->lost || (all && !k->pair->imported)) &&
		    (k->state == STATE_PUBLISH || k->state == STATE_READY) &&
		    k->ds_submitted == 0 && !key_usable(z, k))
			pass_state(ps, z, k, STATE_DEAD, INTERVAL_NONE, 0,
			    k->lost ? "lost before it was used" :
				"unused, and not what the policy asks for");
	}
}

/* Take want keys and publish them. */
bool
key_supply(struct pass *ps, struct zone *z, const struct key_block *b,
    size_t want)
{
	ptrdiff_t i;

	while (want-- > 0) {
		i = stock_take(ps, z, b, false);
		if (i == -1)
			return false;
		pass_state(ps, z, &z->keys[i], STATE_PUBLISH, INTERVAL_NONE, 0,
		    "needed");
	}
	return true;
}

static bool
signs(const struct zonekey *k)
{
	return k->pair->type == KEY_ZSK && k->state == STATE_ACTIVE;
}

/* --- the first keys of a zone --------------------------------------------- */

static size_t
count_published(const struct zone *z, const struct key_block *b)
{
	size_t i, n = 0;

	for (i = 0; i < z->nkeys; i++) {
		if (key_is(&z->keys[i], b->type, b->algorithm) &&
		    key_published(&z->keys[i]) &&
		    z->keys[i].state != STATE_RETIRE)
			n++;
	}
	return n;
}

static size_t
count_wanted(const struct zone *z, const struct key_block *b)
{
	size_t want = b->type == KEY_ZSK ? 1 + (size_t)b->standby : 1;
	size_t have = count_published(z, b);

	return want > have ? want - have : 0;
}

/* The oldest published ZSK of the algorithm: no cache knows another. */
static struct zonekey *
first_zsk(struct zone *z, uint8_t algorithm)
{
	struct zonekey *k, *best = NULL;
	size_t i;

	for (i = 0; i < z->nkeys; i++) {
		k = &z->keys[i];
		if (!key_is(k, KEY_ZSK, algorithm) || k->sign_only ||
		    (k->state != STATE_PUBLISH && k->state != STATE_READY) ||
		    !key_usable(z, k))
			continue;
		if (best == NULL || (best->state == STATE_PUBLISH &&
					k->state == STATE_READY))
			best = k;
	}
	return best;
}

/* Chosen for a first pass that waited, before the policy changed. */
static void
forget_untargeted(struct pass *ps, struct zone *z)
{
	struct zonekey *k;
	size_t i;

	for (i = 0; i < z->nkeys; i++) {
		k = &z->keys[i];
		if ((k->state == STATE_PUBLISH || k->state == STATE_READY) &&
		    !zone_targets(z, k->pair->algorithm) &&
		    k->ds_submitted == 0)
			pass_state(ps, z, k, STATE_DEAD, INTERVAL_NONE, 0,
			    "unused, and not what the policy asks for");
	}
}

/*
 * All keys of all algorithms at once, or nothing: DNSKEYs without signatures
 * would make no zone.  A ZSK is active at once, since no cache knows any key
 * of the zone and no DS asks for one (manual, first pass of a zone).
 */
static void
start(struct pass *ps, struct zone *z)
{
	const struct policy *p = z->policy;
	const struct key_block *b;
	struct zonekey *k;
	bool lacking = false;
	size_t i, want;

	forget_untargeted(ps, z);
	for (i = 0; i < p->nblocks; i++) {
		b = &p->blocks[i];
		if (!zone_targets(z, b->algorithm))
			continue;
		want = count_wanted(z, b);
		if (stock_available(ps, z, b, want) < want) {
			pass_note(ps, ACTION_GENERATE, z, NULL, b->type, 0);
			lacking = true;
		}
	}
	if (lacking)
		return;
	for (i = 0; i < p->nblocks; i++) {
		b = &p->blocks[i];
		if (zone_targets(z, b->algorithm) &&
		    !key_supply(ps, z, b, count_wanted(z, b)))
			return;
	}
	for (i = 0; i < p->nblocks; i++) {
		b = &p->blocks[i];
		if (b->type != KEY_ZSK || !zone_targets(z, b->algorithm))
			continue;
		k = first_zsk(z, b->algorithm);
		if (k == NULL)
			return;
		if (key_gated(ps->m, k->pair)) {
			pass_note(ps, ACTION_BACKUP, z, k->pair, KEY_ZSK,
			    k->entered[k->state]);
			return;
		}
	}
	for (i = 0; i < p->nblocks; i++) {
		b = &p->blocks[i];
		if (b->type != KEY_ZSK || !zone_targets(z, b->algorithm))
			continue;
		k = first_zsk(z, b->algorithm);
		if (k->pair->backed_up == 0)
			pass_tell(ps, ACTION_NO_BACKUP, z, k->pair, ps->now);
		pass_state(ps, z, k, STATE_ACTIVE, INTERVAL_NONE, 0,
		    "first key of the zone");
	}
}

/* --- an algorithm that comes ---------------------------------------------- */

/*
 * First signatures by an unpublished ZSK; once no cache holds an RRset without
 * them, both DNSKEYs; the KSK then goes the ordinary way to the parent.
 */
static void
introduce(struct pass *ps, struct zone *z, uint8_t algorithm)
{
	const struct key_block *zb = policy_block(z->policy, KEY_ZSK,
	    algorithm);
	const struct key_block *kb = policy_block(z->policy, KEY_KSK,
	    algorithm);
	struct zonekey *k;
	struct wait w;
	ptrdiff_t i, ksk;

	for (i = 0; i < (ptrdiff_t)z->nkeys; i++) {
		if (key_is(&z->keys[i], KEY_ZSK, algorithm) &&
		    z->keys[i].state == STATE_ACTIVE)
			break;
	}
	if (i == (ptrdiff_t)z->nkeys) {
		i = stock_take(ps, z, zb, false);
		if (i == -1 || key_gated(ps->m, z->keys[i].pair))
			return;
		k = &z->keys[i];
		if (k->pair->backed_up == 0)
			pass_tell(ps, ACTION_NO_BACKUP, z, k->pair, ps->now);
		k->sign_only = true;
		pass_state(ps, z, k, STATE_ACTIVE, INTERVAL_NONE, 0,
		    "new algorithm: signatures first");
	}
	if (!pass_waited(ps, z, &z->keys[i], INTERVAL_ALGORITHM_SIGNATURES,
		&w))
		return;
	ksk = stock_take(ps, z, kb, false);
	if (ksk == -1)
		return;
	pass_sign_only(ps, z, &z->keys[i], false,
	    INTERVAL_ALGORITHM_SIGNATURES, w.start,
	    "new algorithm: every cache has its signatures");
	z->keys[i].entered[STATE_PUBLISH] = ps->now;
	pass_state(ps, z, &z->keys[ksk], STATE_PUBLISH,
	    INTERVAL_ALGORITHM_SIGNATURES, w.start, "new algorithm");
}

/* --- an algorithm that goes ----------------------------------------------- */

/* Some algorithm that stays has a KSK that every cache knows. */
static bool
another_in_place(const struct zone *z)
{
	const struct zonekey *k;
	size_t i;

	for (i = 0; i < z->nkeys; i++) {
		k = &z->keys[i];
		if (k->pair->type == KEY_KSK && k->shown.since != 0 &&
		    (k->state == STATE_READY || k->state == STATE_ACTIVE) &&
		    zone_targets(z, k->pair->algorithm))
			return true;
	}
	return false;
}

/* Every DS of the algorithm has left every cache. */
static bool
ds_all_gone(struct pass *ps, const struct zone *z, uint8_t algorithm,
    struct wait *w)
{
	const struct zonekey *k;
	struct wait one;
	bool gone = true;
	size_t i;

	*w = (struct wait){ 0, 0 };
	for (i = 0; i < z->nkeys; i++) {
		k = &z->keys[i];
		if (!key_is(k, KEY_KSK, algorithm) || k->ds_submitted == 0)
			continue;
		if (k->ds_gone == 0) {
			gone = false;
		} else if (!pass_waited(ps, z, k, INTERVAL_ALGORITHM_DS,
			       &one)) {
			gone = false;
		} else if (one.end > w->end) {
			*w = one;
		}
	}
	return gone;
}

static bool
has_live(const struct zone *z, uint8_t algorithm)
{
	size_t i;

	for (i = 0; i < z->nkeys; i++) {
		if (z->keys[i].pair->algorithm == algorithm &&
		    key_live(&z->keys[i]))
			return true;
	}
	return false;
}

/* A ZSK of it is on its ordinary way out, and needs the DNSKEY RRset. */
static bool
has_retiring(const struct zone *z, uint8_t algorithm)
{
	size_t i;

	for (i = 0; i < z->nkeys; i++) {
		if (key_is(&z->keys[i], KEY_ZSK, algorithm) &&
		    z->keys[i].state == STATE_RETIRE &&
		    !z->keys[i].sign_only)
			return true;
	}
	return false;
}

/* The signatures go once no cache has a DNSKEY of the algorithm. */
static void
end_signatures(struct pass *ps, struct zone *z, uint8_t algorithm)
{
	struct zonekey *k;
	struct wait w;
	size_t i;

	for (i = 0; i < z->nkeys; i++) {
		k = &z->keys[i];
		if (!key_is(k, KEY_ZSK, algorithm) ||
		    k->state != STATE_RETIRE || !k->sign_only)
			continue;
		if (k->entered[STATE_PUBLISH] == 0 && k->shown.since == 0 &&
		    k->withdrawn.since == 0)
			pass_state(ps, z, k, STATE_DEAD, INTERVAL_NONE, 0,
			    "old algorithm: never published");
		else if (pass_waited(ps, z, k, INTERVAL_ALGORITHM_DNSKEY, &w))
			pass_state(ps, z, k, STATE_DEAD,
			    INTERVAL_ALGORITHM_DNSKEY, w.start,
			    "old algorithm: its DNSKEYs have left every cache");
	}
}

static void
leave(struct pass *ps, struct zone *z, uint8_t algorithm)
{
	const char *why = "old algorithm: its DS has left every cache";
	struct zonekey *k;
	struct wait w;
	size_t i;

	if (!has_live(z, algorithm) || has_retiring(z, algorithm) ||
	    !another_in_place(z) || !ds_all_gone(ps, z, algorithm, &w))
		return;
	for (i = 0; i < z->nkeys; i++) {
		k = &z->keys[i];
		if (k->pair->algorithm != algorithm || k->state == STATE_DEAD)
			continue;
		if (signs(k)) {
			key_retire(ps, z, k, why);
			pass_sign_only(ps, z, k, true, INTERVAL_ALGORITHM_DS,
			    w.start, why);
		} else if (k->state != STATE_RETIRE || !k->sign_only) {
			pass_state(ps, z, k, STATE_DEAD,
			    INTERVAL_ALGORITHM_DS, w.start, why);
		}
	}
	end_signatures(ps, z, algorithm);
}

/* --- the ends of a zone --------------------------------------------------- */

static void
kill_all(struct pass *ps, struct zone *z, enum interval i, int64_t from,
    const char *reason)
{
	size_t j;

	for (j = 0; j < z->nkeys; j++) {
		if (z->keys[j].state != STATE_DEAD)
			pass_state(ps, z, &z->keys[j], STATE_DEAD, i, from,
			    reason);
	}
}

static void
go_insecure(struct pass *ps, struct zone *z)
{
	struct wait w, last = { 0, 0 };
	struct zonekey *k;
	bool gone = true;
	size_t i;

	for (i = 0; i < z->nkeys; i++) {
		k = &z->keys[i];
		if (k->ds_submitted == 0)
			continue;
		if (!pass_waited(ps, z, k, INTERVAL_UNSIGN, &w))
			gone = false;
		else if (w.end > last.end)
			last = w;
	}
	if (gone)
		kill_all(ps, z, INTERVAL_UNSIGN, last.start,
		    "no cache has a DS of the zone");
}

/* --- what is owed --------------------------------------------------------- */

static void
owed_by_parent(struct pass *ps, struct zone *z, struct zonekey *k)
{
	bool wanted = engine_ds_wanted(z, k);

	if (wanted && !k->lost && k->ds_seen == 0 && k->ds_doubt == 0)
		pass_note(ps, ACTION_SUBMIT_DS, z, k->pair, KEY_KSK,
		    k->ds_submitted);
	if (!wanted && engine_ds_present(k))
		pass_note(ps, ACTION_WITHDRAW_DS, z, k->pair, KEY_KSK,
		    k->ds_withdraw);
}

/*
 * Once removal or replacement of a DS was asked for, it may be gone any time.
 * If the key is wanted after all, only a new ds-seen tells.
 */
static void
ask_parent(struct pass *ps, struct zone *z)
{
	struct zonekey *k;
	bool wanted, again, swap = zone_in_swap(z);
	size_t i;

	for (i = 0; i < z->nkeys; i++) {
		k = &z->keys[i];
		if (k->pair->type != KEY_KSK || !engine_ds_present(k))
			continue;
		wanted = engine_ds_wanted(z, k);
		again = wanted && !k->lost && (k->ds_withdraw != 0 ||
				      (k->ds_doubt != 0 && !swap &&
					  (k->state == STATE_ACTIVE ||
					      k->state == STATE_READY)));
		if (!again && (wanted || k->ds_withdraw != 0))
			continue;
		pass_touch(ps, z);
		ps->changed = true;
		k->ds_withdraw = wanted ? 0 : ps->now;
		if (again) {
			k->ds_submitted = ps->now;
			k->ds_seen = k->ds_doubt = 0;
		}
	}
}

/* A shared key is rolled in all its zones at once: one question for all. */
static bool
asked_already(struct pass *ps, const struct zone *z, const struct zonekey *k)
{
	struct share *s = &ps->shares[k->pair->mark];

	if (!zone_shares(z))
		return false;
	if (s->asked == ps->sweep)
		return true;
	s->asked = ps->sweep;
	return false;
}

/* Until another one is on its way to every cache, it says what is at stake. */
static void
owed_to_lost(struct pass *ps, struct zone *z, struct zonekey *k)
{
	const struct zonekey *o;
	size_t i;

	if (!key_is_anchor(k))
		return;
	for (i = 0; i < z->nkeys; i++) {
		o = &z->keys[i];
		if (!o->lost && key_is(o, KEY_KSK, k->pair->algorithm) &&
		    engine_ds_present(o) && key_anchored(o))
			return;
	}
	pass_note(ps, ACTION_LOST, z, k->pair, KEY_KSK,
	    k->vouches != 0 && pass_reached(ps, k->vouches) ? k->vouches :
							       k->forced);
}

static void
owed_by_date(struct pass *ps, struct zone *z, struct zonekey *k)
{
	const struct key_block *b = policy_block(z->policy, k->pair->type,
	    k->pair->algorithm);
	int64_t notice = ps->opt->rollover_notification, at;

	if (k->state != STATE_ACTIVE || b == NULL)
		return;
	at = engine_retire_date(ps->m, z, k);
	if (at == MOMENT_NEVER)
		return;
	if (engine_rolled_by_hand(z, k) && pass_reached(ps, at) &&
	    !asked_already(ps, z, k))
		pass_note(ps, ACTION_ROLLOVER, z, k->pair, k->pair->type, at);
	if (notice >= 0 && k->pair->type == KEY_KSK && at > ps->now &&
	    at - notice <= ps->now)
		pass_note(ps, ACTION_EXPECTED, z, k->pair, KEY_KSK, at);
}

/* RequireBackup alone keeps it from its next state. */
static bool
gate_holds(const struct zonekey *k)
{
	return (k->pair->type == KEY_KSK && k->state == STATE_READY &&
		   k->ds_submitted == 0) ||
	    (k->state == STATE_GENERATE && k->entered[STATE_GENERATE] != 0);
}

static void
owed(struct pass *ps, struct zone *z)
{
	struct zonekey *k;
	size_t i;

	for (i = 0; i < z->nkeys; i++) {
		k = &z->keys[i];
		if (k->pair->type == KEY_KSK) {
			owed_by_parent(ps, z, k);
			owed_to_lost(ps, z, k);
		}
		if (z->policy != NULL && z->deleted == 0)
			owed_by_date(ps, z, k);
		if (gate_holds(k) && key_gated(ps->m, k->pair))
			pass_note(ps, ACTION_BACKUP, z, k->pair,
			    k->pair->type, k->entered[k->state]);
		if (key_published(k) && !key_waits_for_ds(k) &&
		    k->shown.since == 0)
			pass_note(ps, ACTION_UNPUBLISHED, z, k->pair,
			    k->pair->type, k->entered[k->state]);
	}
}

/* --- the zone ------------------------------------------------------------- */

static void
advance_algorithm(struct pass *ps, struct zone *z, uint8_t algorithm)
{
	bool in_place = false;
	size_t i;

	zsk_moves(ps, z, algorithm);
	ksk_moves(ps, z, algorithm);
	end_signatures(ps, z, algorithm);
	for (i = 0; i < z->nkeys; i++) {
		if (signs(&z->keys[i]) && !z->keys[i].sign_only &&
		    z->keys[i].pair->algorithm == algorithm)
			in_place = true;
	}
	if (zone_targets(z, algorithm) && !in_place) {
		introduce(ps, z, algorithm);
		return;
	}
	if (in_place) {
		zsk_roll(ps, z, algorithm);
		ksk_roll(ps, z, algorithm);
	}
	if (!zone_targets(z, algorithm))
		leave(ps, z, algorithm);
}

static void
advance_keys(struct pass *ps, struct zone *z)
{
	bool algorithm[256] = { false }, started = false;
	size_t i;

	for (i = 0; i < z->nkeys; i++)
		started = started || signs(&z->keys[i]);
	if (!started)
		start(ps, z);
	for (i = 0; i < z->policy->nblocks; i++)
		algorithm[z->policy->blocks[i].algorithm] =
		    zone_targets(z, z->policy->blocks[i].algorithm);
	started = false;
	for (i = 0; i < z->nkeys; i++) {
		started = started || signs(&z->keys[i]);
		if (key_live(&z->keys[i]))
			algorithm[z->keys[i].pair->algorithm] = true;
	}
	if (!started)
		return;
	for (i = 0; i < 256; i++) {
		if (algorithm[i])
			advance_algorithm(ps, z, (uint8_t)i);
	}
}

void
zone_advance(struct pass *ps, struct zone *z)
{
	z->frozen = engine_frozen(z, ps->now);
	if (z->deleted != 0) {
		kill_all(ps, z, INTERVAL_NONE, 0, "the zone was deleted");
		if (z->nkeys == 0)
			pass_note(ps, ACTION_DROP_ZONE, z, NULL, KEY_ZSK, 0);
	} else if (z->policy == NULL || !zone_targets_any(z)) {
		/* A policy without a whole set of keys moves nothing. */
		pass_note(ps, ACTION_NO_POLICY, z, NULL, KEY_ZSK, 0);
	} else {
		if (ttl_history_set(&z->ds_ttl, z->policy->ds_ttl, ps->now) ==
		    -1)
			ps->no_memory = true;
		if (z->unsign != 0)
			go_insecure(ps, z);
		else
			advance_keys(ps, z);
	}
	ask_parent(ps, z);
	z->frozen = engine_frozen(z, ps->now);
	owed(ps, z);
}
