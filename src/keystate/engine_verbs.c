/*
 * What an operator may ask for or tell.  Every check stands before the first
 * change, so that a refusal leaves the model as it was.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "algorithm.h"
#include "duration.h"
#include "engine_internal.h"

/* A date too early would make waits begin too early. */
static int
refuse_clock(const struct model *m, int64_t now, struct diag *d)
{
	char text[15];

	if (now >= m->clock.last)
		return 0;
	moment_format(m->clock.last, text);
	return diag_set(d, STATUS_SYSTEM,
	    "the clock is not believed: it is behind the last pass, of %s; set "
	    "it right, or enforce --accept-clock",
	    text);
}

static void
set_state(struct zonekey *k, enum key_state to, int64_t now)
{
	if (to == STATE_DEAD && k->state != STATE_DEAD)
		k->pair->live--;
	k->state = to;
	k->entered[to] = now;
	if (to == STATE_ACTIVE && k->pair->first_active == 0)
		k->pair->first_active = now;
}

static int
refuse_policy(const struct zone *z, struct diag *d)
{
	if (z->deleted != 0)
		return diag_set(d, STATUS_BAD, "%s: the zone was deleted",
		    z->name);
	if (z->policy == NULL)
		return diag_set(d, STATUS_BAD,
		    "%s: no policy %s: add it to kasp.xml, then update kasp",
		    z->name, z->policy_name);
	return 0;
}

/* --- key rollover --------------------------------------------------------- */

static bool
rolls(const struct zonekey *k, enum key_type type, bool emergency)
{
	return k->pair->type == type && k->state == STATE_ACTIVE &&
	    !k->sign_only && (k->forced == 0 || (emergency && !k->compromised));
}

static void
force(struct zonekey *k, bool emergency, int64_t now)
{
	if (k->forced == 0)
		k->forced = now;
	k->compromised = k->compromised || emergency;
}

/* Wherever the pair is in use: a shared key is rolled in all its zones. */
static void
force_sharers(struct model *m, const struct keypair *pair, bool emergency,
    int64_t now)
{
	struct zonekey *k;
	size_t i;

	for (i = 0; i < m->nzones; i++) {
		k = zone_key(m->zones[i], pair);
		if (k != NULL && rolls(k, pair->type, emergency))
			force(k, emergency, now);
	}
}

/* A key that no cache knows goes with its private half. */
static void
forget_unused(struct model *m, struct keypair *pair)
{
	struct zone *z;
	size_t i, j;

	for (i = 0; i < m->nzones && pair->uses != 0; i++) {
		z = m->zones[i];
		for (j = z->nkeys; j-- > 0;) {
			if (z->keys[j].pair == pair &&
			    z->keys[j].state == STATE_GENERATE)
				zone_remove_key(z, j);
		}
	}
	if (pair->uses == 0)
		model_remove_pair(m, pair);
}

int
engine_lost(struct model *m, struct keypair *pair, int64_t now, bool *rolled,
    struct diag *d)
{
	struct zonekey *k;
	size_t i;

	*rolled = false;
	if (refuse_clock(m, now, d) == -1)
		return -1;
	for (i = 0; i < m->nzones; i++) {
		k = zone_key(m->zones[i], pair);
		if (k == NULL || k->state == STATE_GENERATE ||
		    k->state == STATE_DEAD)
			continue;
		k->lost = true;
		/* The algorithm that comes begins again, with another key. */
		if (k->state == STATE_ACTIVE && k->sign_only)
			set_state(k, STATE_DEAD, now);
		if (k->state != STATE_ACTIVE)
			continue;
		force(k, false, now);
		*rolled = true;
	}
	forget_unused(m, pair);
	return 0;
}

int
engine_rolled_lately(const struct model *m, const struct zone *z,
    enum key_type type, int64_t now, struct diag *d)
{
	const struct zonekey *k, *o;
	char when[15];
	size_t i, j;

	for (i = 0; i < z->nkeys && zone_shares(z); i++) {
		k = &z->keys[i];
		if (k->pair->live < 2 || !rolls(k, type, false) ||
		    engine_retire_date(m, z, k) <= now)
			continue;
		for (j = 0; j < z->nkeys; j++) {
			o = &z->keys[j];
			if (!key_is(o, type, k->pair->algorithm) ||
			    o->state != STATE_RETIRE ||
			    o->entered[STATE_RETIRE] <
				k->entered[STATE_ACTIVE])
				continue;
			moment_format(o->entered[STATE_RETIRE], when);
			return diag_set(d, STATUS_BAD,
			    "%s: the %s that it shares was rolled at %s, and "
			    "the old one is not gone yet: that was for all "
			    "zones that share it; --force rolls the new one "
			    "too",
			    z->name, key_type_name(type), when);
		}
	}
	return 0;
}

int
engine_rollover(struct model *m, struct zone *z, enum key_type type,
    bool emergency, int64_t now, struct diag *d)
{
	struct zonekey *k;
	size_t i, n = 0, asked = 0;

	if (refuse_clock(m, now, d) == -1 || refuse_policy(z, d) == -1)
		return -1;
	for (i = 0; i < z->nkeys; i++) {
		k = &z->keys[i];
		n += rolls(k, type, emergency);
		asked += k->pair->type == type && k->state == STATE_ACTIVE &&
		    k->forced != 0;
	}
	if (n == 0 && asked != 0)
		return diag_set(d, STATUS_BAD,
		    "%s: its %s is being rolled already; rollover list tells "
		    "what it waits for",
		    z->name, key_type_name(type));
	if (n == 0)
		return diag_set(d, STATUS_BAD,
		    "%s: no active %s to roll", z->name, key_type_name(type));
	for (i = 0; i < z->nkeys; i++) {
		k = &z->keys[i];
		if (!rolls(k, type, emergency))
			continue;
		force(k, emergency, now);
		if (k->pair->live > 1)
			force_sharers(m, k->pair, emergency, now);
	}
	return 0;
}

int
engine_rollover_policy(struct model *m, struct policy *p, enum key_type type,
    bool emergency, int64_t now, struct diag *d)
{
	struct zone *z;
	size_t i, j, n = 0;

	if (refuse_clock(m, now, d) == -1)
		return -1;
	for (i = 0; i < m->nzones; i++) {
		z = m->zones[i];
		if (z->policy != p || z->deleted != 0)
			continue;
		for (j = 0; j < z->nkeys; j++) {
			if (!rolls(&z->keys[j], type, emergency))
				continue;
			force(&z->keys[j], emergency, now);
			n++;
		}
	}
	if (n == 0)
		return diag_set(d, STATUS_BAD,
		    "policy %s: no zone has an active %s to roll", p->name,
		    key_type_name(type));
	return 0;
}

/* --- the parent ----------------------------------------------------------- */

static int
refuse_not_ksk(const struct zone *z, const struct zonekey *k, struct diag *d)
{
	if (k->pair->type != KEY_KSK)
		return diag_set(d, STATUS_BAD,
		    "%s: key %u is a ZSK: only KSKs have a DS", z->name,
		    k->pair->tag);
	return 0;
}

static int
refuse_ds_seen(const struct model *m, const struct zone *z,
    const struct zonekey *k, int64_t now, struct diag *d)
{
	const struct engine_options none = { 0 };
	struct forecast f;
	char when[15];

	if (refuse_not_ksk(z, k, d) == -1 || refuse_policy(z, d) == -1)
		return -1;
	if (z->unsign != 0)
		return diag_set(d, STATUS_BAD,
		    "%s: the zone goes insecure: have the DS removed again",
		    z->name);
	switch (k->state) {
	case STATE_READY:
		if (k->shown.since == 0)
			return diag_set(d, STATUS_BAD,
			    "%s: key %u: the zone was last published without "
			    "it: sign and publish it first",
			    z->name, k->pair->tag);
		break;
	case STATE_DSSUB:
		break;
	case STATE_KEYPUBLISH:
		/* In the place of a lost key, without waiting for its DS. */
		if (!key_anchored(k))
			return 0;
		return diag_set(d, STATUS_BAD,
		    "%s: the DS of key %u was seen already", z->name,
		    k->pair->tag);
	case STATE_ACTIVE:
		/* A change that is under way may still replace it. */
		if (!key_anchored(k) && !zone_in_swap(z))
			return 0;
		return diag_set(d, STATUS_BAD,
		    "%s: key %u is active already", z->name, k->pair->tag);
	case STATE_PUBLISH:
		f = engine_forecast(m, z, k, now, &none);
		moment_format(f.at, when);
		return diag_set(d, STATUS_BAD,
		    "%s: key %u is not ready: caches may not know it before "
		    "%s%s; if its DS stands in the parent, remove it "
		    "(RFC 7583 §3.3.1)",
		    z->name, k->pair->tag, when,
		    f.kind == FORECAST_PUBLICATION ?
			", if the zone is published now" :
			"");
	default:
		return diag_set(d, STATUS_BAD,
		    "%s: key %u is in state %s: ds-seen is for ready and "
		    "dssub",
		    z->name, k->pair->tag, key_state_name(k->state));
	}
	if (key_gated(m, k->pair))
		return diag_set(d, STATUS_BAD,
		    "%s: key %u is not backed up, and repository %s requires "
		    "it: back up, then backup done",
		    z->name, k->pair->tag, k->pair->repository);
	return 0;
}

/*
 * Whom a new KSK in the parent replaces: the oldest active one of its
 * algorithm, else of an algorithm that goes.
 */
static struct zonekey *
oldest_active(const struct model *m, struct zone *z, const struct zonekey *new,
    uint8_t algorithm, bool leaving)
{
	struct zonekey *k, *best = NULL;
	size_t i;

	for (i = 0; i < z->nkeys; i++) {
		k = &z->keys[i];
		if (k == new || k->pair->type != KEY_KSK ||
		    k->state != STATE_ACTIVE)
			continue;
		if (leaving ? zone_targets(z, k->pair->algorithm) :
			      k->pair->algorithm != algorithm)
			continue;
		if (best == NULL || engine_retire_date(m, z, k) <
			engine_retire_date(m, z, best))
			best = k;
	}
	return best;
}

/* Another DS TTL may have been configured since the last pass. */
static int
note_ds_ttl(const struct model *m, struct zone *z, int64_t now,
    struct diag *d)
{
	if (z->policy != NULL && !engine_clock_doubt(m, now) &&
	    ttl_history_set(&z->ds_ttl, z->policy->ds_ttl, now) == -1)
		return diag_system(d, "%s", z->name);
	return 0;
}

/*
 * When the DS RRsets before now leave the caches.  A clock that runs ahead
 * must not make old TTLs forgotten: what the last pass knew counts as well.
 */
static int64_t
ds_clear(const struct model *m, const struct zone *z, int64_t now)
{
	const int64_t ttl = z->policy == NULL ? 0 : z->policy->ds_ttl;
	int64_t clear = ttl_history_clear(&z->ds_ttl, now, ttl), last;

	if (engine_clock_doubt(m, now)) {
		last = m->clock.last;
		last = ttl_history_clear(&z->ds_ttl, last, ttl) - last;
		if (now + last > clear)
			clear = now + last;
	}
	return clear;
}

/*
 * A ready key whose predecessor is lost: that one cannot stay the signer until
 * every cache knows the DS, so nothing changes before (Double-DS).
 */
static bool
beside_lost(const struct zone *z, const struct zonekey *k)
{
	size_t i;

	for (i = 0; i < z->nkeys; i++)
		if (key_is_anchor(&z->keys[i]) &&
		    key_is(&z->keys[i], KEY_KSK, k->pair->algorithm))
			return k->state == STATE_READY;
	return false;
}

int
engine_ds_seen(struct model *m, struct zone *z, struct zonekey *k,
    bool no_retire, int64_t now, struct keypair **retired, struct diag *d)
{
	struct zonekey *old = NULL;
	size_t i;

	if (retired != NULL)
		*retired = NULL;
	if (refuse_clock(m, now, d) == -1 || refuse_ds_seen(m, z, k, now, d) == -1 ||
	    note_ds_ttl(m, z, now, d) == -1)
		return -1;
	if (k->ds_submitted == 0)
		k->ds_submitted = now;
	k->ds_seen = now;
	k->ds_clear = ds_clear(m, z, now);
	k->ds_gone = k->ds_gone_clear = k->ds_withdraw = k->ds_doubt = 0;
	if (k->state == STATE_DSSUB || beside_lost(z, k)) {
		set_state(k, STATE_DSPUBLISH, now);
		return 0;
	}
	if (k->state == STATE_ACTIVE || k->state == STATE_KEYPUBLISH)
		return 0;
	set_state(k, STATE_ACTIVE, now);
	if (no_retire) {
		/* "The old DS was left in the parent" (manual). */
		for (i = 0; i < z->nkeys; i++)
			z->keys[i].ds_doubt = 0;
		return 0;
	}
	old = oldest_active(m, z, k, k->pair->algorithm, false);
	if (old == NULL)
		old = oldest_active(m, z, k, 0, true);
	if (old != NULL) {
		set_state(old, STATE_RETIRE, now);
		if (retired != NULL)
			*retired = old->pair;
	}
	return 0;
}

static void
set_ds_gone(const struct model *m, const struct zone *z, struct zonekey *k,
    int64_t now)
{
	k->ds_gone = now;
	k->ds_gone_clear = ds_clear(m, z, now);
}

/* The tags of the keys out of the zone whose DS may stand in the parent. */
static void
list_stray(const struct zone *z, uint8_t algorithm, char *list, size_t size)
{
	const struct zonekey *k;
	size_t i, n = 0;

	list[0] = '\0';
	for (i = 0; i < z->nkeys && n + 16 < size; i++) {
		k = &z->keys[i];
		if (key_is(k, KEY_KSK, algorithm) && engine_ds_present(k) &&
		    !key_published(k))
			n += (size_t)snprintf(list + n, size - n, " %u",
			    k->pair->tag);
	}
}

int
engine_ds_gone(struct model *m, struct zone *z, struct zonekey *k,
    int64_t now, struct diag *d)
{
	const char *reason;
	char list[160];

	if (refuse_clock(m, now, d) == -1 || refuse_not_ksk(z, k, d) == -1)
		return -1;
	if (k->ds_submitted == 0)
		return diag_set(d, STATUS_BAD,
		    "%s: the DS of key %u was never handed in", z->name,
		    k->pair->tag);
	if (k->ds_gone != 0)
		return diag_set(d, STATUS_BAD,
		    "%s: the DS of key %u is known to be gone", z->name,
		    k->pair->tag);
	k->ds_gone = now;
	reason = engine_unsound(z);
	list_stray(z, k->pair->algorithm, list, sizeof(list));
	k->ds_gone = 0;
	if (reason != NULL)
		return diag_set(d, STATUS_BAD,
		    "%s: with the DS of key %u gone there would be %s: have "
		    "these removed first, and say key ds-gone of each:%s",
		    z->name, k->pair->tag, reason, list);
	if (note_ds_ttl(m, z, now, d) == -1)
		return -1;
	set_ds_gone(m, z, k, now);
	return 0;
}

int
engine_ds_gone_all(struct model *m, struct zone *z, int64_t now,
    struct diag *d)
{
	struct zonekey *k;
	size_t i, n = 0;

	if (refuse_clock(m, now, d) == -1)
		return -1;
	for (i = 0; i < z->nkeys; i++)
		n += engine_ds_present(&z->keys[i]);
	if (n == 0)
		return diag_set(d, STATUS_BAD,
		    "%s: no DS of it is known to stand in the parent",
		    z->name);
	if (note_ds_ttl(m, z, now, d) == -1)
		return -1;
	for (i = 0; i < z->nkeys; i++) {
		k = &z->keys[i];
		if (engine_ds_present(k))
			set_ds_gone(m, z, k, now);
	}
	return 0;
}

static bool
has_successor(const struct zone *z, const struct zonekey *k)
{
	const struct zonekey *o;
	size_t i;

	for (i = 0; i < z->nkeys; i++) {
		o = &z->keys[i];
		if (o != k && key_is(o, KEY_KSK, k->pair->algorithm) &&
		    o->state == STATE_ACTIVE && key_anchored(o))
			return true;
	}
	return false;
}

int
engine_ksk_retire(struct model *m, struct zone *z, struct zonekey *k,
    int64_t now, struct keypair **retired, struct diag *d)
{
	const bool given = k != NULL;
	struct zonekey *o;
	size_t i;

	if (retired != NULL)
		*retired = NULL;
	if (refuse_clock(m, now, d) == -1 || refuse_policy(z, d) == -1 ||
	    (k != NULL && refuse_not_ksk(z, k, d) == -1))
		return -1;
	for (i = 0; i < z->nkeys && !given; i++) {
		o = &z->keys[i];
		if (o->pair->type == KEY_KSK && o->state == STATE_ACTIVE &&
		    (k == NULL || engine_retire_date(m, z, o) <
			    engine_retire_date(m, z, k)))
			k = o;
	}
	if (k == NULL)
		return diag_set(d, STATUS_BAD, "%s: no active KSK", z->name);
	if (k->state != STATE_ACTIVE)
		return diag_set(d, STATUS_BAD,
		    "%s: key %u is in state %s: only an active one retires",
		    z->name, k->pair->tag, key_state_name(k->state));
	if (!has_successor(z, k) && !algorithm_replaced(z,
					k->pair->algorithm))
		return diag_set(d, STATUS_BAD,
		    "%s: key %u is the only active KSK of algorithm %u with a "
		    "DS: a successor must be active first (key rollover, "
		    "ds-seen)",
		    z->name, k->pair->tag, k->pair->algorithm);
	set_state(k, STATE_RETIRE, now);
	if (retired != NULL)
		*retired = k->pair;
	return 0;
}

/* --- backup --------------------------------------------------------------- */

static int
for_repository(struct model *m, const char *repository, struct diag *d)
{
	if (repository != NULL && model_store(m, repository) == NULL)
		return diag_set(d, STATUS_BAD, "no repository %s in conf.xml",
		    repository);
	return 0;
}

static bool
in_repository(const struct keypair *pair, const char *repository)
{
	return repository == NULL ||
	    strcmp(pair->repository, repository) == 0;
}

int
engine_backup_prepare(struct model *m, const char *repository, int64_t now,
    size_t *n, struct diag *d)
{
	struct keypair *pair;
	size_t i;

	*n = 0;
	if (for_repository(m, repository, d) == -1)
		return -1;
	for (i = 0; i < m->npairs; i++) {
		pair = m->pairs[i];
		if (in_repository(pair, repository) && pair->backed_up == 0) {
			pair->backup_prepared = now;
			++*n;
		}
	}
	return 0;
}

static size_t
count_prepared(const struct model *m, const char *repository)
{
	size_t i, n = 0;

	for (i = 0; i < m->npairs; i++)
		n += in_repository(m->pairs[i], repository) &&
		    m->pairs[i]->backup_prepared != 0;
	return n;
}

static int
backup_end(struct model *m, const char *repository, int64_t stamp, size_t *n,
    struct diag *d)
{
	struct keypair *pair;
	size_t i;

	*n = 0;
	if (for_repository(m, repository, d) == -1)
		return -1;
	*n = count_prepared(m, repository);
	if (*n == 0)
		return diag_set(d, STATUS_BAD,
		    "no backup was prepared: backup prepare comes first");
	for (i = 0; i < m->npairs; i++) {
		pair = m->pairs[i];
		if (!in_repository(pair, repository) ||
		    pair->backup_prepared == 0)
			continue;
		if (stamp != 0)
			pair->backed_up = stamp;
		pair->backup_prepared = 0;
	}
	return 0;
}

int
engine_backup_commit(struct model *m, const char *repository, int64_t now,
    size_t *n, struct diag *d)
{
	return backup_end(m, repository, now, n, d);
}

int
engine_backup_rollback(struct model *m, const char *repository, size_t *n,
    struct diag *d)
{
	return backup_end(m, repository, 0, n, d);
}

int
engine_backup_done(struct model *m, const char *repository, int64_t now,
    size_t *n, struct diag *d)
{
	struct keypair *pair;
	size_t i;

	*n = 0;
	if (for_repository(m, repository, d) == -1)
		return -1;
	for (i = 0; i < m->npairs; i++) {
		pair = m->pairs[i];
		if (in_repository(pair, repository) && pair->backed_up == 0) {
			pair->backed_up = now;
			pair->backup_prepared = 0;
			++*n;
		}
	}
	return 0;
}

/* --- key import ----------------------------------------------------------- */

static int
refuse_import(const struct model *m, const struct zone *z,
    const struct engine_import *im, int64_t now, struct diag *d)
{
	const struct zonekey *k;
	bool signed_ = false, same = false;
	size_t i;

	if (refuse_policy(z, d) == -1)
		return -1;
	if (model_pair(m, im->id) != NULL)
		return diag_set(d, STATUS_BAD, "key %s is known already",
		    im->id);
	if (model_store(m, im->repository) == NULL)
		return diag_set(d, STATUS_BAD, "no repository %s in conf.xml",
		    im->repository);
	if (algorithm_by_number(im->algorithm) == NULL)
		return diag_set(d, STATUS_BAD,
		    "algorithm %u does not sign zones", im->algorithm);
	if (im->state < STATE_GENERATE || im->state > STATE_RETIRE)
		return diag_set(d, STATUS_BAD,
		    "a key is imported as generate, publish, ready, active or "
		    "retire");
	if (im->at <= 0 || im->at > now)
		return diag_set(d, STATUS_BAD,
		    "key %s: --time must not lie in the future", im->id);
	if (im->retire != 0 && im->state != STATE_ACTIVE)
		return diag_set(d, STATUS_BAD,
		    "key %s: a retire date is for an active key", im->id);
	for (i = 0; i < z->nkeys; i++) {
		k = &z->keys[i];
		if (k->state == STATE_GENERATE)
			continue;
		if (k->pair->tag == im->tag &&
		    k->pair->algorithm == im->algorithm)
			return diag_set(d, STATUS_BAD,
			    "%s: key %s has tag and algorithm of key %s",
			    z->name, im->id, k->pair->id);
		if (key_live(k)) {
			signed_ = true;
			same = same || k->pair->algorithm == im->algorithm;
		}
	}
	if (z->published != 0 && signed_ && !same &&
	    im->state != STATE_GENERATE)
		return diag_set(d, STATUS_BAD,
		    "%s: no key of algorithm %u is in the zone: a new "
		    "algorithm comes by a change of policy (RFC 6781 §4.1.4)",
		    z->name, im->algorithm);
	return 0;
}

/* What the operator says of a key: as if it had been published since. */
static void
credit(struct zone *z, struct zonekey *k, const struct engine_import *im)
{
	k->state = im->state;
	k->entered[STATE_GENERATE] = im->at;
	k->entered[im->state] = im->at;
	k->retire_fixed = im->retire;
	if (im->state == STATE_GENERATE)
		return;
	k->entered[STATE_PUBLISH] = im->at;
	k->shown = (struct evidence){ im->at, im->at + z->policy->dnskey_ttl };
	if (im->type == KEY_KSK && im->state >= STATE_ACTIVE) {
		k->ds_submitted = k->ds_seen = im->at;
		k->ds_clear = im->at + z->policy->ds_ttl;
	}
}

int
engine_import(struct model *m, struct zone *z, const struct engine_import *im,
    int64_t now, struct diag *d)
{
	struct keypair *pair;
	struct zonekey *k = NULL;

	if (refuse_import(m, z, im, now, d) == -1)
		return -1;
	pair = model_add_pair(m, im->id);
	if (pair == NULL)
		return diag_system(d, "key %s", im->id);
	pair->repository = strdup(im->repository);
	pair->policy = strdup(z->policy_name);
	pair->type = im->type;
	pair->algorithm = im->algorithm;
	pair->bits = im->bits;
	pair->tag = im->tag;
	pair->generated = im->at;
	pair->imported = true;
	if (pair->repository != NULL && pair->policy != NULL)
		k = zone_add_key(z, pair);
	if (k == NULL) {
		model_remove_pair(m, pair);
		return diag_system(d, "key %s", im->id);
	}
	credit(z, k, im);
	if (im->state == STATE_ACTIVE)
		pair->first_active = im->at;
	return 0;
}

/* --- zones ---------------------------------------------------------------- */

int
engine_unsign(struct model *m, struct zone *z, int64_t now, struct diag *d)
{
	const struct zonekey *k;
	size_t i;

	if (refuse_clock(m, now, d) == -1 || refuse_policy(z, d) == -1)
		return -1;
	if (z->unsign != 0)
		return diag_set(d, STATUS_BAD,
		    "%s: goes insecure already", z->name);
	for (i = 0; i < z->nkeys; i++) {
		k = &z->keys[i];
		if (engine_ds_present(k))
			return diag_set(d, STATUS_BAD,
			    "%s: the DS of key %u may stand in the parent: "
			    "have it removed, then key ds-gone (RFC 4035 "
			    "§5.2)",
			    z->name, k->pair->tag);
	}
	z->unsign = now;
	return 0;
}

int
engine_zone_delete(struct model *m, struct zone *z, int64_t now,
    struct diag *d)
{
	if (refuse_clock(m, now, d) == -1)
		return -1;
	if (z->deleted != 0)
		return diag_set(d, STATUS_BAD, "%s: the zone was deleted",
		    z->name);
	z->deleted = now;
	return 0;
}

int
engine_purged(struct model *m, struct keypair *pair, struct diag *d)
{
	struct zone *z;
	size_t i, j;

	for (i = 0; i < m->nzones && pair->live == 0; i++) {
		z = m->zones[i];
		for (j = z->nkeys; j-- > 0;) {
			if (z->keys[j].pair == pair)
				zone_remove_key(z, j);
		}
	}
	if (pair->uses != 0)
		return diag_set(d, STATUS_BAD,
		    "key %s is in use: not purged", pair->id);
	model_remove_pair(m, pair);
	return 0;
}
