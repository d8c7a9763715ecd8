/*
 * KSKs: Double-KSK rollover (RFC 7583 §3.3.1) with ds-seen by the operator,
 * and standby keys whose DS is in the parent before their DNSKEY is in the
 * zone (Double-DS, §3.3.2).
 */
#include "engine_internal.h"

/*
 * Its DS went after that was asked for, or after that of a successor was.  One
 * that was said to be gone before is not relied on: it may stand there still.
 */
static bool
asked_to_go(const struct zonekey *k)
{
	return k->ds_gone != 0 &&
	    ((k->ds_withdraw != 0 && k->ds_gone >= k->ds_withdraw) ||
		(k->ds_doubt != 0 && k->ds_gone >= k->ds_doubt));
}

/*
 * The DS of `k` need not be answered any more: every cache that has a DS of
 * this algorithm has one of another published KSK, or the DS of k itself has
 * left all caches.
 */
static bool
replaced(struct pass *ps, const struct zone *z, const struct zonekey *k,
    enum interval *i, struct wait *w)
{
	const struct zonekey *o;
	bool other = false;
	size_t j;

	for (j = 0; j < z->nkeys; j++) {
		o = &z->keys[j];
		if (o == k || !key_is(o, KEY_KSK, k->pair->algorithm) ||
		    o->state != STATE_ACTIVE || o->shown.since == 0)
			continue;
		other = true;
		if (!key_anchored(o))
			continue;
		/* A standby's DS was known before its key was published. */
		if (o->entered[STATE_DSREADY] != 0) {
			*i = INTERVAL_KEYPUBLISH;
			w->start = o->shown.since;
			return true;
		}
		if (pass_waited(ps, z, o, INTERVAL_KSK_RETIRE, w)) {
			*i = INTERVAL_KSK_RETIRE;
			return true;
		}
	}
	*i = INTERVAL_ALGORITHM_DS;
	return other && asked_to_go(k) &&
	    pass_waited(ps, z, k, INTERVAL_ALGORITHM_DS, w);
}

/* Known as a key, and the unsigned zone forgotten. */
static bool
learned(struct pass *ps, const struct zone *z, const struct zonekey *k,
    enum interval *i, struct wait *w)
{
	struct wait first;
	bool known = pass_waited(ps, z, k, INTERVAL_KSK_PUBLISH, w);
	bool zone = pass_waited(ps, z, k, INTERVAL_FIRST_KSK, &first);

	*i = INTERVAL_KSK_PUBLISH;
	if (known && zone && first.end > w->end) {
		*i = INTERVAL_FIRST_KSK;
		*w = first;
	}
	return known && zone;
}

static void
move(struct pass *ps, struct zone *z, struct zonekey *k)
{
	enum interval i;
	struct wait w;

	switch (k->state) {
	case STATE_PUBLISH:
		if (learned(ps, z, k, &i, &w))
			pass_state(ps, z, k, STATE_READY, i, w.start,
			    "known to every cache");
		break;
	case STATE_READY:
		if (k->shown.since == 0 && !engine_ds_present(k))
			pass_state(ps, z, k, STATE_PUBLISH, INTERVAL_NONE, 0,
			    "the zone was published without it");
		break;
	case STATE_RETIRE:
		/* It may have signed in that one's place: engine_stand_in(). */
		if (!zone_lost_zsk(z, k->pair->algorithm) &&
		    replaced(ps, z, k, &i, &w))
			pass_state(ps, z, k, STATE_DEAD, i, w.start,
			    "no cache needs it for a DS");
		break;
	case STATE_DSSUB:
	case STATE_DSPUBLISH:
	case STATE_DSREADY:
	case STATE_KEYPUBLISH:
		if (k->ds_gone != 0)
			pass_state(ps, z, k, STATE_DEAD, INTERVAL_NONE, 0,
			    "its DS was withdrawn");
		else if (k->state == STATE_DSPUBLISH &&
		    pass_waited(ps, z, k, INTERVAL_DS_PUBLISH, &w))
			pass_state(ps, z, k, STATE_DSREADY,
			    INTERVAL_DS_PUBLISH, w.start,
			    "its DS is known to every cache");
		break;
	default:
		break;
	}
}

static bool
due(struct pass *ps, struct zone *z, const struct zonekey *k)
{
	return k->state == STATE_ACTIVE &&
	    pass_reached(ps, engine_retire_date(ps->m, z, k));
}

/* A standby that was called up takes over, without the parent. */
static void
take_over(struct pass *ps, struct zone *z, struct zonekey *k)
{
	struct zonekey *o;
	struct wait w;
	size_t i;

	if (!pass_waited(ps, z, k, INTERVAL_KEYPUBLISH, &w) ||
	    !key_anchored(k))
		return;
	if (key_gated(ps->m, k->pair)) {
		pass_note(ps, ACTION_BACKUP, z, k->pair, KEY_KSK,
		    k->entered[STATE_KEYPUBLISH]);
		return;
	}
	if (k->pair->backed_up == 0)
		pass_tell(ps, ACTION_NO_BACKUP, z, k->pair, ps->now);
	pass_state(ps, z, k, STATE_ACTIVE, INTERVAL_KEYPUBLISH, w.start,
	    "standby known to every cache");
	for (i = 0; i < z->nkeys; i++) {
		o = &z->keys[i];
		if (o != k && key_is(o, KEY_KSK, k->pair->algorithm) &&
		    (due(ps, z, o) || (o->lost && o->state == STATE_READY)))
			key_retire(ps, z, o,
			    o->lost ? "lost, and replaced" :
				      "replaced by a standby key");
	}
}

void
ksk_moves(struct pass *ps, struct zone *z, uint8_t algorithm)
{
	size_t i;

	for (i = 0; i < z->nkeys; i++) {
		if (!key_is(&z->keys[i], KEY_KSK, algorithm))
			continue;
		move(ps, z, &z->keys[i]);
		if (z->keys[i].state == STATE_KEYPUBLISH)
			take_over(ps, z, &z->keys[i]);
	}
}

/* What the KSKs of one algorithm are at. */
struct situation {
	bool active;	/* one is */
	bool anchored;	/* and its DS is in the parent */
	bool lasting;	/* one is that need not be rolled yet */
	bool forced;	/* the operator wants it rolled */
	bool lost;	/* one is whose DS may stand in the parent */
	bool ready;	/* a successor waits for the parent */
	bool coming;	/* a standby was called up */
	size_t have;	/* keys that will last */
	size_t standby;
	struct zonekey *reserve; /* a standby that could be called up */
};

/*
 * An algorithm that goes is in the parent yet, so that one that stays must get
 * there: a key whose DS was said to be gone will not, since a DS is not asked
 * for twice (it would stand in the parent before keystate knows).
 */
static bool
old_algorithm_anchored(const struct zone *z)
{
	const struct zonekey *k;
	size_t i;

	for (i = 0; i < z->nkeys; i++) {
		k = &z->keys[i];
		if (k->pair->type == KEY_KSK && key_anchored(k) &&
		    !zone_targets(z, k->pair->algorithm))
			return true;
	}
	return false;
}

static struct situation
situation(struct pass *ps, struct zone *z, uint8_t algorithm)
{
	struct situation s = { 0 };
	bool goes = old_algorithm_anchored(z);
	int64_t lead = zone_lead(z, ps->now, ps->gap), at;
	struct zonekey *k;
	size_t i;

	for (i = 0; i < z->nkeys; i++) {
		k = &z->keys[i];
		if (!key_is(k, KEY_KSK, algorithm))
			continue;
		if (k->lost) {
			s.lost = s.lost || key_is_anchor(k);
			s.active = s.active || k->state == STATE_ACTIVE;
			s.forced = s.forced || k->state == STATE_ACTIVE;
			continue;
		}
		switch (k->state) {
		case STATE_ACTIVE:
			s.active = true;
			s.anchored = s.anchored || key_anchored(k);
			s.forced = s.forced || k->forced != 0 ||
			    (k->retire_fixed != 0 &&
				pass_reached(ps, k->retire_fixed));
			at = engine_retire_date(ps->m, z, k);
			if (k->ds_gone != 0 && goes)
				break;
			if (at == MOMENT_NEVER || !pass_reached(ps, at - lead)) {
				s.lasting = true;
				s.have++;
			}
			break;
		case STATE_READY:
			s.ready = true;
			/* FALLTHROUGH */
		case STATE_PUBLISH:
			s.have += key_usable(z, k);
			break;
		case STATE_KEYPUBLISH:
			s.coming = true;
			s.have += key_usable(z, k);
			break;
		case STATE_DSREADY:
			if (key_usable(z, k) && key_anchored(k) &&
			    s.reserve == NULL)
				s.reserve = k;
			/* FALLTHROUGH */
		case STATE_DSSUB:
		case STATE_DSPUBLISH:
			s.standby += key_usable(z, k);
			break;
		default:
			break;
		}
	}
	return s;
}

/*
 * "The new records replace any existing records" (manual, second step for
 * KSKs): until ds-seen the DSs that k replaces may be there or not.
 */
static void
doubt_others(struct zone *z, const struct zonekey *k, int64_t now)
{
	struct zonekey *o;
	bool same = false, goes;
	size_t i;

	for (i = 0; i < z->nkeys; i++) {
		o = &z->keys[i];
		same = same || (o != k && o->state == STATE_ACTIVE &&
			key_is(o, KEY_KSK, k->pair->algorithm));
	}
	for (i = 0; i < z->nkeys; i++) {
		o = &z->keys[i];
		if (o == k || o->pair->type != KEY_KSK ||
		    !engine_ds_present(o) || o->ds_doubt != 0)
			continue;
		goes = same ? o->state == STATE_ACTIVE &&
			o->pair->algorithm == k->pair->algorithm :
			!zone_targets(z, o->pair->algorithm);
		if (goes)
			o->ds_doubt = now;
	}
}

/*
 * Ask for the DS of ready keys.  With ManualRollover a successor's waits for
 * the operator to want the rollover.
 */
static void
submit(struct pass *ps, struct zone *z, uint8_t algorithm,
    const struct situation *s)
{
	const struct key_block *b = policy_block(z->policy, KEY_KSK,
	    algorithm);
	struct zonekey *k;
	size_t i;

	if (b != NULL && b->manual && s->active && !s->forced)
		return;
	for (i = 0; i < z->nkeys; i++) {
		k = &z->keys[i];
		if (!key_is(k, KEY_KSK, algorithm) ||
		    k->state != STATE_READY || k->ds_submitted != 0 ||
		    key_gated(ps->m, k->pair))
			continue;
		pass_touch(ps, z);
		k->ds_submitted = ps->now;
		if (!s->lost) /* beside that one's DS, not in its place */
			doubt_others(z, k, ps->now);
		ps->changed = true;
	}
}

/*
 * Standby keys get their DS into the parent only beside one that is there: a
 * DS RRset of theirs alone would lead to no DNSKEY (RFC 4035 §5.2).
 */
static void
stand_by(struct pass *ps, struct zone *z, const struct key_block *b,
    size_t wanted)
{
	struct zonekey *k;
	ptrdiff_t i;

	while (wanted-- > 0) {
		i = stock_take(ps, z, b, true);
		if (i == -1)
			return;
		k = &z->keys[i];
		if (key_gated(ps->m, k->pair))
			return;
		pass_state(ps, z, k, STATE_DSSUB, INTERVAL_NONE, 0,
		    "standby key");
		k->ds_submitted = ps->now;
	}
}

/* --- in the place of a lost one ------------------------------------------ */

/* Its DS is asked for before its DNSKEY is published. */
static void
ds_first(struct pass *ps, struct zone *z, struct zonekey *k)
{
	if (key_gated(ps->m, k->pair)) {
		pass_note(ps, ACTION_BACKUP, z, k->pair, KEY_KSK,
		    k->entered[k->state]);
		return;
	}
	pass_state(ps, z, k, STATE_DSSUB, INTERVAL_NONE, 0,
	    "in the place of a lost key, whose DNSKEY RRset stays meanwhile");
	k->ds_submitted = ps->now;
}

/*
 * Nobody can sign another DNSKEY RRset for the DS of the lost key, so that of
 * the next one goes into the parent first.  Once every cache has it, or when
 * the last signature by the lost key has ended, its DNSKEY is published.
 */
static void
replace_lost(struct pass *ps, struct zone *z, const struct key_block *b,
    uint8_t algorithm)
{
	struct zonekey *k;
	bool coming = false;
	ptrdiff_t taken;
	size_t i;

	for (i = 0; i < z->nkeys; i++) {
		k = &z->keys[i];
		if (!key_is(k, KEY_KSK, algorithm) || !key_usable(z, k))
			continue;
		/* It cannot come into the zone before its DS has come. */
		if (z->frozen && k->shown.since == 0 && k->ds_submitted == 0 &&
		    (k->state == STATE_PUBLISH || k->state == STATE_READY))
			ds_first(ps, z, k);
		if (key_waits_for_ds(k) && k->ds_gone == 0 &&
		    (!z->frozen ||
			(k->state == STATE_DSREADY && key_anchored(k))))
			pass_state(ps, z, k, STATE_KEYPUBLISH, INTERVAL_NONE, 0,
			    "in the place of a lost key");
		coming = coming || key_waits_for_ds(k) ||
		    (key_live(k) && k->state != STATE_RETIRE);
	}
	if (coming || b == NULL || !zone_targets(z, algorithm))
		return;
	taken = stock_take(ps, z, b, true);
	if (taken != -1)
		ds_first(ps, z, &z->keys[taken]);
}

void
ksk_roll(struct pass *ps, struct zone *z, uint8_t algorithm)
{
	const struct key_block *b = policy_block(z->policy, KEY_KSK,
	    algorithm);
	struct situation s;

	s = situation(ps, z, algorithm);
	keys_discard(ps, z, KEY_KSK, algorithm, s.active);
	s = situation(ps, z, algorithm);
	submit(ps, z, algorithm, &s);
	if (s.lost && !s.anchored) {
		replace_lost(ps, z, b, algorithm);
		return;
	}
	if (s.forced && !s.lasting && !s.ready && !s.coming &&
	    s.reserve != NULL) {
		pass_state(ps, z, s.reserve, STATE_KEYPUBLISH, INTERVAL_NONE,
		    0, "standby key called up");
		s = situation(ps, z, algorithm);
	}
	if (b == NULL || !zone_targets(z, algorithm))
		return;
	if (s.have == 0)
		key_supply(ps, z, b, 1);
	if (s.anchored && s.standby < b->standby)
		stand_by(ps, z, b, b->standby - s.standby);
}
