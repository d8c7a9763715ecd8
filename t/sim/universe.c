#include "universe.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

#define MINUTE INT64_C(60)
#define HOUR   INT64_C(3600)
#define DAY    INT64_C(86400)
#define START  INT64_C(1700000000)

#define ZONES	 3
#define EVENTS	 512
#define SETTLE	 40
#define SIGNATURES WORLD_KEYS

/* --- what happens --------------------------------------------------------- */

enum event_kind {
	EVENT_PASS,
	EVENT_SIGN,	  /* a run of the signer */
	EVENT_RECORD,	  /* a publication becomes known */
	EVENT_DS_IN,	  /* the parent takes a DS */
	EVENT_DS_OUT,	  /* and removes one */
	EVENT_DS_SEEN,	  /* the operator says so */
	EVENT_DS_GONE,
	EVENT_KSK_RETIRE,
	EVENT_BACKUP,
	EVENT_ROLLOVER,	  /* ManualRollover is due */
	EVENT_GENERATE,	  /* key generate, by hand */
	EVENT_WHIM,	  /* the operator does something */
	EVENT_CLOCK,	  /* the clock is right again */
	EVENT_READD,	  /* an unsigned zone is to be signed again */
};

struct event {
	int64_t at;
	enum event_kind kind;
	int zone;
	uint32_t key;
	bool flag;
};

struct signature {
	uint32_t key;
	int64_t expires;
};

struct rrset {
	struct signature sig[SIGNATURES];
	size_t n;
	int64_t ttl;
};

/* One zone as its master and its parent have it. */
struct place {
	struct world world;
	struct zone *zone;	/* NULL: not keystate's at the moment */
	char name[16];
	struct rrset rrset[WORLD_RRSETS];
	int64_t data_ttl;	/* largest of the zone's data */
	int64_t input_ttl;	/* of the unsigned zone served before */
	char old_id[24];	/* signconf that the zone is signed by */
	bool need_sign;
	int64_t next_sign;	/* a signature needs renewal */
	bool leaving;		/* the operator wants it insecure */
	/* A publication that was made and is not known yet. */
	struct publication unknown;
	struct published_key unknown_keys[WORLD_KEYS];
	bool has_unknown;
};

enum habit { HABIT_TIGHT, HABIT_NORMAL, HABIT_LAZY };

struct universe {
	const struct universe_setup *setup;
	struct coverage *c;
	char *why;
	bool broken;
	uint64_t rng;
	int64_t now;		/* true time */
	int64_t offset;		/* of keystate's clock */
	struct model *m;
	struct engine_options opt;
	struct place place[ZONES];
	int nplaces;
	struct event event[EVENTS];
	size_t nevents;
	uint8_t *algorithm;	/* of key number */
	uint32_t nkeys;
	enum habit habit;
	bool swap;		/* DS: new in and old out at once */
	bool cron;		/* passes at whole intervals only */
	bool small_tags;
	int64_t wake;
	int64_t lag, parent_lag;
};

/* --- chance --------------------------------------------------------------- */

static uint64_t
draw(struct universe *u)
{
	/* xorshift64* */
	u->rng ^= u->rng >> 12;
	u->rng ^= u->rng << 25;
	u->rng ^= u->rng >> 27;
	return u->rng * UINT64_C(2685821657736338717);
}

static int64_t
between(struct universe *u, int64_t low, int64_t high)
{
	return low + (int64_t)(draw(u) % (uint64_t)(high - low + 1));
}

static bool
chance(struct universe *u, int percent)
{
	return between(u, 0, 99) < percent;
}

static int64_t
pick(struct universe *u, const int64_t *list, size_t n)
{
	return list[draw(u) % n];
}

/* How long a person takes. */
static int64_t
patience(struct universe *u)
{
	switch (u->habit) {
	case HABIT_TIGHT:
		return 0;
	case HABIT_NORMAL:
		return between(u, 0, 6 * HOUR);
	case HABIT_LAZY:
	default:
		return between(u, 0, 5 * DAY);
	}
}

/* --- bookkeeping ---------------------------------------------------------- */

static void __attribute__((format(printf, 2, 3)))
trace(struct universe *u, const char *fmt, ...)
{
	va_list ap;

	if (!u->setup->trace)
		return;
	fprintf(stderr, "%12" PRId64 " ", u->now - START);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

static void __attribute__((format(printf, 2, 3)))
broke(struct universe *u, const char *fmt, ...)
{
	char what[160];
	va_list ap;

	if (u->broken)
		return;
	u->broken = true;
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	snprintf(u->why, 256, "seed %" PRIu64 " at %" PRId64 ": %s",
	    u->setup->seed, u->now - START, what);
	trace(u, "BROKEN %s", what);
}

static void *
need(void *p)
{
	if (p == NULL) {
		perror("sim");
		exit(3);
	}
	return p;
}

static uint32_t
number(const struct keypair *pair)
{
	return (uint32_t)strtoul(pair->id + 1, NULL, 10);
}

static uint8_t
algorithm_of(const void *ctx, uint32_t key)
{
	const struct universe *u = ctx;

	return u->algorithm[key];
}

static struct zonekey *
key_of(struct universe *u, int zone, uint32_t key)
{
	struct place *pl = &u->place[zone];
	char id[16];
	struct keypair *pair;

	if (pl->zone == NULL)
		return NULL;
	snprintf(id, sizeof(id), "k%u", key);
	pair = model_pair(u->m, id);
	return pair == NULL ? NULL : zone_key(pl->zone, pair);
}

static void
schedule(struct universe *u, int64_t at, enum event_kind kind, int zone,
    uint32_t key, bool flag)
{
	size_t i;

	for (i = 0; i < u->nevents; i++) {
		if (u->event[i].kind == kind && u->event[i].zone == zone &&
		    u->event[i].key == key)
			return;
	}
	if (u->nevents == EVENTS) {
		broke(u, "too many events");
		return;
	}
	u->event[u->nevents++] = (struct event){ .at = at, .kind = kind,
		.zone = zone, .key = key, .flag = flag };
}

static int64_t
clock_now(const struct universe *u)
{
	return u->now + u->offset;
}

static void
check_world(struct universe *u, int zone)
{
	const char *bad = world_check(&u->place[zone].world, u->now);

	if (bad != NULL)
		broke(u, "%s: %s", u->place[zone].name, bad);
}

/* --- policies ------------------------------------------------------------- */

static const int64_t ttls[] = { MINUTE, 5 * MINUTE, HOUR, 4 * HOUR, DAY,
	2 * DAY };

static void
draw_block(struct universe *u, struct policy *p, enum key_type type,
    uint8_t algorithm)
{
	static const int64_t zsk_lives[] = { 5 * DAY, 14 * DAY, 30 * DAY,
		30 * DAY, 90 * DAY, 0 };
	static const int64_t ksk_lives[] = { 20 * DAY, 60 * DAY, 120 * DAY,
		365 * DAY, 0 };
	struct key_block *b = need(policy_add_block(p));

	b->type = type;
	b->algorithm = algorithm;
	b->bits = algorithm < 12 ? (chance(u, 50) ? 1024 : 2048) : 0;
	b->lifetime = type == KEY_ZSK ?
	    pick(u, zsk_lives, sizeof(zsk_lives) / sizeof(*zsk_lives)) :
	    pick(u, ksk_lives, sizeof(ksk_lives) / sizeof(*ksk_lives));
	b->repository = need(strdup(chance(u, 80) ? "one" : "two"));
	b->standby = chance(u, 40) ? (uint32_t)between(u, 1, 2) : 0;
	b->manual = chance(u, 15);
}

static uint8_t
draw_algorithm(struct universe *u)
{
	static const int64_t all[] = { 8, 10, 13, 14, 15, 16 };

	return (uint8_t)pick(u, all, sizeof(all) / sizeof(*all));
}

static void
draw_policy(struct universe *u, const char *name, int64_t dp, int64_t dpp,
    int64_t sp, int64_t sr)
{
	struct policy *p = need(model_add_policy(u->m, name));
	uint8_t algorithm = draw_algorithm(u);
	const size_t n = sizeof(ttls) / sizeof(*ttls);

	p->resign = 2 * HOUR;
	p->refresh = 3 * DAY;
	p->validity = p->validity_denial = 14 * DAY;
	p->jitter = 12 * HOUR;
	p->dnskey_ttl = pick(u, ttls, n);
	p->soa_ttl = pick(u, ttls, n);
	p->soa_minimum = pick(u, ttls, n);
	p->ds_ttl = pick(u, ttls, n);
	p->propagation_delay = dp;
	p->parent_propagation_delay = dpp;
	p->publish_safety = sp;
	p->retire_safety = sr;
	p->purge = chance(u, 70) ? between(u, 0, 14) * DAY : -1;
	p->share_keys = chance(u, 35);
	draw_block(u, p, KEY_KSK, algorithm);
	draw_block(u, p, KEY_ZSK, algorithm);
	if (chance(u, 10)) {
		algorithm = algorithm == 13 ? 15 : 13;
		draw_block(u, p, KEY_KSK, algorithm);
		draw_block(u, p, KEY_ZSK, algorithm);
	}
}

static void
change_algorithm(struct universe *u, struct policy *p)
{
	uint8_t new = draw_algorithm(u);
	size_t i;

	for (i = 0; i < p->nblocks; i++) {
		if (p->blocks[i].algorithm == new)
			return;
	}
	for (i = 0; i < p->nblocks; i++) {
		if (p->blocks[i].algorithm != p->blocks[0].algorithm)
			continue;
	}
	trace(u, "policy %s: algorithm %u", p->name, new);
	for (i = p->nblocks; i-- > 0;) {
		if (i >= 2)
			free(p->blocks[i].repository);
	}
	p->nblocks = 2;
	p->blocks[0].algorithm = p->blocks[1].algorithm = new;
	p->blocks[0].bits = p->blocks[1].bits = new < 12 ? 2048 : 0;
	u->c->algorithms++;
}

/* --- keys ----------------------------------------------------------------- */

static void
make_key(struct universe *u, const struct engine_need *n)
{
	struct keypair *pair;
	char id[16];

	u->algorithm = need(realloc(u->algorithm, u->nkeys + 1));
	u->algorithm[u->nkeys] = n->block->algorithm;
	snprintf(id, sizeof(id), "k%u", u->nkeys++);
	pair = need(model_add_pair(u->m, id));
	pair->repository = need(strdup(n->block->repository));
	pair->policy = need(strdup(n->policy->name));
	pair->type = n->block->type;
	pair->algorithm = n->block->algorithm;
	pair->bits = n->block->bits;
	pair->tag = (uint16_t)(draw(u) % (u->small_tags ? 400 : 65536));
	pair->generated = clock_now(u);
}

static bool
generate(struct universe *u, bool by_hand)
{
	struct engine_options opt = u->opt;
	struct engine_needs needs;
	struct diag d;
	size_t i, j, n = 0;

	if (by_hand)
		opt.manual_generation = false;
	if (engine_stock(u->m, clock_now(u), u->opt.interval, &opt, &needs,
		&d) == -1) {
		broke(u, "stock: %s", d.text);
		return false;
	}
	for (i = 0; i < needs.count; i++) {
		for (j = 0; j < needs.need[i].count; j++, n++)
			make_key(u, &needs.need[i]);
	}
	engine_needs_clear(&needs);
	return n != 0;
}

/* --- the signer ----------------------------------------------------------- */

static bool
lists(const struct signing_key *list, size_t n, uint32_t key, bool *signs,
    bool *kept)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (number(list[i].pair) != key)
			continue;
		*signs = list[i].zsk;
		/* Retired, still published, not compromised. */
		*kept = list[i].pair->type == KEY_ZSK && list[i].publish &&
		    !list[i].zsk && !list[i].compromised;
		return true;
	}
	return false;
}

/* Keep what may be kept, make what is missing. */
static void
sign_rrset(struct universe *u, struct rrset *r, bool fresh,
    const struct signing_key *list, size_t n)
{
	const struct policy *p = u->m->policies[0];
	struct rrset out = { .ttl = r->ttl };
	bool have[256] = { false }, signs, kept;
	uint32_t key;
	size_t i, j;

	for (i = 0; i < r->n; i++) {
		key = r->sig[i].key;
		if (fresh || r->sig[i].expires <= u->now + p->refresh ||
		    !lists(list, n, key, &signs, &kept) || !(signs || kept))
			continue;
		out.sig[out.n++] = r->sig[i];
		if (kept)
			have[u->algorithm[key]] = true;
	}
	for (i = 0; i < n; i++) {
		if (!list[i].zsk)
			continue;
		key = number(list[i].pair);
		for (j = 0; j < out.n && out.sig[j].key != key; j++)
			;
		/* A signature kept by a retired key serves until Refresh. */
		if (j < out.n || (have[u->algorithm[key]] && list[i].publish))
			continue;
		out.sig[out.n++] = (struct signature){ .key = key,
			.expires = u->now + p->validity +
			    between(u, -p->jitter, p->jitter) };
	}
	*r = out;
}

static void
put_rrset(struct universe *u, struct place *pl, size_t i)
{
	struct rrset *r = &pl->rrset[i];
	struct version v = { .ttl = r->ttl };
	size_t j;

	for (j = 0; j < r->n; j++)
		keyset_add(&v.keys, r->sig[j].key);
	world_put(&pl->world.rrset[i], &v, u->now, pl->world.lag);
}

static int64_t
negative_ttl(const struct policy *p)
{
	return p->soa_ttl < p->soa_minimum ? p->soa_ttl : p->soa_minimum;
}

static void
put_dnskeys(struct universe *u, struct place *pl,
    const struct signing_key *list, size_t n)
{
	struct version v = { .ttl = pl->zone->policy->dnskey_ttl };
	size_t i;

	for (i = 0; i < n; i++) {
		if (list[i].publish)
			keyset_add(&v.keys, number(list[i].pair));
		if (list[i].publish && list[i].ksk)
			keyset_add(&v.signers, number(list[i].pair));
	}
	if (v.keys.n == 0)
		v.ttl = negative_ttl(pl->zone->policy);
	world_put(&pl->world.dnskey, &v, u->now, pl->world.lag);
}

/* What the file just published shows, into pl->unknown. */
static void
facts(struct universe *u, struct place *pl)
{
	struct publication *p = &pl->unknown;
	const struct version *dnskey = world_current(&pl->world.dnskey);
	struct published_key *f;
	struct keyset all = dnskey->keys;
	char id[16];
	size_t i, r, j;

	for (r = 0; r < WORLD_RRSETS; r++) {
		for (j = 0; j < pl->rrset[r].n; j++)
			keyset_add(&all, pl->rrset[r].sig[j].key);
	}
	*p = (struct publication){ .keys = pl->unknown_keys };
	for (i = 0; i < all.n; i++) {
		f = &pl->unknown_keys[p->nkeys++];
		snprintf(id, sizeof(id), "k%u", all.key[i]);
		f->tag = need(model_pair(u->m, id)) == NULL ?
		    0 :
		    model_pair(u->m, id)->tag;
		f->algorithm = u->algorithm[all.key[i]];
		f->dnskey = keyset_has(&dnskey->keys, all.key[i]);
		f->signatures = 0;
		for (r = 0; r < WORLD_RRSETS; r++) {
			for (j = 0; j < pl->rrset[r].n; j++)
				f->signatures += pl->rrset[r].sig[j].key ==
				    all.key[i];
		}
	}
	p->rrsets = all.n == 0 ? 0 : WORLD_RRSETS;
	p->dnskey_ttl = dnskey->keys.n == 0 ? 0 : dnskey->ttl;
	p->negative_ttl = negative_ttl(pl->zone->policy);
	for (r = 0; r < WORLD_RRSETS; r++) {
		if (pl->rrset[r].ttl > p->max_ttl)
			p->max_ttl = pl->rrset[r].ttl;
	}
	p->input_ttl = pl->input_ttl;
	p->signconf_id = pl->old_id;
	pl->has_unknown = true;
}

static void
record(struct universe *u, int zone)
{
	struct place *pl = &u->place[zone];
	struct diag d;

	if (!pl->has_unknown || pl->zone == NULL)
		return;
	pl->unknown.at = clock_now(u);
	switch (engine_published(u->m, pl->zone, &pl->unknown, &d)) {
	case -1:
		broke(u, "published: %s", d.text);
		return;
	case 1:
		schedule(u, u->now + HOUR, EVENT_RECORD, zone, 0, false);
		return;
	default:
		break;
	}
	pl->has_unknown = false;
	u->c->publications++;
}

static void
next_renewal(struct universe *u, struct place *pl)
{
	size_t r, j;

	pl->next_sign = MOMENT_NEVER;
	for (r = 0; r < WORLD_RRSETS; r++) {
		for (j = 0; j < pl->rrset[r].n; j++) {
			if (pl->rrset[r].sig[j].expires < pl->next_sign)
				pl->next_sign = pl->rrset[r].sig[j].expires;
		}
	}
	if (pl->next_sign != MOMENT_NEVER)
		pl->next_sign -= u->m->policies[0]->refresh;
}

static void
sign(struct universe *u, int zone)
{
	struct place *pl = &u->place[zone];
	struct signing_key *list;
	bool unsigned_;
	size_t n, r;

	/* resign reconciles first. */
	record(u, zone);
	if (engine_signconf(pl->zone, &list, &n, &unsigned_) == -1)
		exit(3);
	if (n == 0 && !unsigned_) {
		free(list);
		pl->need_sign = false;
		return;
	}
	pl->rrset[0].ttl = pl->zone->policy->soa_ttl;
	pl->rrset[1].ttl = pl->data_ttl;
	pl->rrset[2].ttl = pl->zone->policy->soa_minimum;
	for (r = 0; r < WORLD_RRSETS; r++) {
		sign_rrset(u, &pl->rrset[r], r == 0, list, n);
		put_rrset(u, pl, r);
	}
	put_dnskeys(u, pl, list, n);
	free(list);
	snprintf(pl->old_id, sizeof(pl->old_id), "%s",
	    pl->zone->signconf_id != NULL ? pl->zone->signconf_id : "");
	trace(u, "%s: published, %zu keys", pl->name, n);
	pl->need_sign = false;
	facts(u, pl);
	next_renewal(u, pl);
	check_world(u, zone);
}

/* A run of the signer, and what may become of it. */
static void
run_signer(struct universe *u, int zone)
{
	struct place *pl = &u->place[zone];

	if (pl->zone == NULL)
		return;
	if (!u->setup->eager && chance(u, 3)) {
		u->c->failed++;
		trace(u, "%s: publication fails", pl->name);
		schedule(u, u->now + between(u, HOUR, 4 * DAY), EVENT_SIGN,
		    zone, 0, false);
		pl->need_sign = false;
		return;
	}
	sign(u, zone);
	if (!u->setup->eager && chance(u, 3)) {
		u->c->crashed++;
		trace(u, "%s: but nobody wrote it down", pl->name);
		schedule(u, u->now + between(u, MINUTE, DAY), EVENT_RECORD,
		    zone, 0, false);
		return;
	}
	record(u, zone);
}

/* --- the parent ----------------------------------------------------------- */

static void
put_ds(struct universe *u, int zone, const struct keyset *keys)
{
	struct place *pl = &u->place[zone];
	struct version v = { .keys = *keys,
		.ttl = pl->zone->policy->ds_ttl };

	world_put(&pl->world.ds, &v, u->now, pl->world.parent_lag);
	check_world(u, zone);
}

static struct keyset
current_ds(const struct place *pl)
{
	const struct version *v = world_current(&pl->world.ds);

	return v == NULL ? (struct keyset){ 0 } : v->keys;
}

/*
 * "The new records replace any existing records": the DS of what the key
 * replaces goes with the same change.
 */
static void
ds_in(struct universe *u, int zone, uint32_t key)
{
	struct place *pl = &u->place[zone];
	struct keyset set = current_ds(pl);
	struct zonekey *k = key_of(u, zone, key), *o;
	bool standby, same = false;
	size_t i;

	if (k == NULL || pl->leaving || !engine_ds_wanted(pl->zone, k) ||
	    k->ds_seen != 0 || k->ds_doubt != 0)
		return;
	standby = k->state != STATE_READY && k->state != STATE_ACTIVE;
	trace(u, "%s: DS of k%u into the parent", pl->name, key);
	for (i = 0; i < pl->zone->nkeys; i++) {
		o = &pl->zone->keys[i];
		same = same || (o != k && o->pair->type == KEY_KSK &&
			o->state == STATE_ACTIVE &&
			o->pair->algorithm == k->pair->algorithm);
	}
	keyset_add(&set, key);
	for (i = 0; i < pl->zone->nkeys && u->swap && !standby; i++) {
		o = &pl->zone->keys[i];
		if (o == k || o->pair->type != KEY_KSK ||
		    !keyset_has(&set, number(o->pair)) ||
		    k->state != STATE_READY)
			continue;
		if (same ? o->pair->algorithm != k->pair->algorithm ||
			    o->state != STATE_ACTIVE :
			   policy_block(pl->zone->policy, KEY_KSK,
			       o->pair->algorithm) != NULL)
			continue;
		trace(u, "%s: DS of k%u out", pl->name, number(o->pair));
		keyset_remove(&set, number(o->pair));
		schedule(u, u->now + patience(u), EVENT_DS_GONE, zone,
		    number(o->pair), false);
	}
	put_ds(u, zone, &set);
	schedule(u, u->now + patience(u), EVENT_DS_SEEN, zone, key,
	    !u->swap && chance(u, 40));
}

static void
ds_out(struct universe *u, int zone, uint32_t key)
{
	struct place *pl = &u->place[zone];
	struct keyset set = current_ds(pl);
	struct zonekey *k = key_of(u, zone, key);

	if (k == NULL || !engine_ds_present(k) ||
	    (engine_ds_wanted(pl->zone, k) && !pl->leaving))
		return;
	trace(u, "%s: DS of k%u out of the parent", pl->name, key);
	if (pl->leaving)
		set.n = 0;
	keyset_remove(&set, key);
	put_ds(u, zone, &set);
	schedule(u, u->now + patience(u), EVENT_DS_GONE, zone, key, false);
}

static void
ds_seen(struct universe *u, int zone, uint32_t key, bool no_retire)
{
	struct zonekey *k = key_of(u, zone, key);
	struct keypair *retired = NULL;
	struct keyset set = current_ds(&u->place[zone]);
	struct diag d;

	if (k == NULL || !keyset_has(&set, key))
		return;
	if (engine_ds_seen(u->m, u->place[zone].zone, k, no_retire,
		clock_now(u), &retired, &d) == -1) {
		trace(u, "ds-seen k%u: %s", key, d.text);
		u->c->refused++;
		/* The DS stands there: say it again later. */
		if (!u->place[zone].leaving &&
		    (k->state == STATE_READY || k->state == STATE_DSSUB))
			schedule(u, u->now + DAY, EVENT_DS_SEEN, zone, key,
			    no_retire);
		return;
	}
	trace(u, "ds-seen k%u%s, retired %s", key,
	    no_retire ? " --no-retire" : "",
	    retired == NULL ? "none" : retired->id);
	u->c->rollovers += retired != NULL;
	if (no_retire && k->state == STATE_ACTIVE) {
		u->c->no_retire++;
		schedule(u, u->now + patience(u), EVENT_KSK_RETIRE, zone, 0,
		    false);
	}
}

static void
try_unsign(struct universe *u, int zone)
{
	struct place *pl = &u->place[zone];
	struct diag d;
	size_t i;

	if (pl->zone == NULL || !pl->leaving || current_ds(pl).n != 0)
		return;
	if (pl->zone->unsign == 0) {
		if (engine_unsign(u->m, pl->zone, clock_now(u), &d) == -1) {
			u->c->refused++;
			engine_ds_gone_all(u->m, pl->zone, clock_now(u), &d);
		} else {
			trace(u, "%s: unsign", pl->name);
		}
		return;
	}
	/* Unsigned and seen so: it can be dropped. */
	for (i = 0; i < pl->zone->nkeys; i++) {
		if (pl->zone->keys[i].state != STATE_DEAD ||
		    pl->zone->keys[i].shown.since != 0)
			return;
	}
	if (pl->zone->deleted == 0 && pl->rrset[1].n == 0) {
		if (engine_zone_delete(u->m, pl->zone, clock_now(u), &d) == -1)
			return;
		u->c->unsigned_++;
		if (pl->zone->policy->purge < 0)
			pl->zone->policy->purge = 0;
	}
}

static void
ds_gone(struct universe *u, int zone, uint32_t key)
{
	struct zonekey *k = key_of(u, zone, key);
	struct keyset set = current_ds(&u->place[zone]);
	struct diag d;

	if (k == NULL || keyset_has(&set, key))
		return;
	if (u->place[zone].leaving) {
		if (set.n == 0 && engine_ds_gone_all(u->m, u->place[zone].zone, clock_now(u),
			&d) == -1)
			u->c->refused++;
		try_unsign(u, zone);
		return;
	}
	if (engine_ds_gone(u->m, u->place[zone].zone, k, clock_now(u), &d) ==
	    -1) {
		trace(u, "ds-gone k%u: %s", key, d.text);
		u->c->refused++;
		if (k->ds_gone == 0)
			schedule(u, u->now + DAY, EVENT_DS_GONE, zone, key,
			    false);
		return;
	}
	trace(u, "ds-gone k%u", key);
}

static void
ksk_retire(struct universe *u, int zone)
{
	struct keypair *retired;
	struct diag d;

	if (u->place[zone].zone == NULL)
		return;
	if (engine_ksk_retire(u->m, u->place[zone].zone, NULL, clock_now(u),
		&retired, &d) == -1) {
		u->c->refused++;
		return;
	}
	trace(u, "ksk-retire %s", retired->id);
	u->c->rollovers++;
}

/* --- whims ---------------------------------------------------------------- */

static void
early_ds_seen(struct universe *u, int zone)
{
	struct zone *z = u->place[zone].zone;
	struct zonekey before;
	struct diag d;
	size_t i;

	for (i = 0; i < z->nkeys; i++) {
		if (z->keys[i].pair->type != KEY_KSK ||
		    z->keys[i].state != STATE_PUBLISH)
			continue;
		before = z->keys[i];
		u->c->early_ds_seen++;
		if (engine_ds_seen(u->m, z, &z->keys[i], false, clock_now(u),
			NULL, &d) != -1 ||
		    memcmp(&before, &z->keys[i], sizeof(before)) != 0)
			broke(u, "ds-seen of a key in publish was taken");
		return;
	}
}

static void
roll(struct universe *u, int zone)
{
	enum key_type type = chance(u, 50) ? KEY_KSK : KEY_ZSK;
	bool emergency = chance(u, 60);
	struct diag d;

	if (engine_rollover(u->m, u->place[zone].zone, type, emergency,
		clock_now(u), &d) == -1) {
		u->c->refused++;
		return;
	}
	u->c->emergencies += emergency;
	trace(u, "%s: %s rollover%s", u->place[zone].name,
	    key_type_name(type), emergency ? ", emergency" : "");
}

/* A policy file is edited: TTLs, lifetimes, sizes, stores, sharing. */
static void
edit_policy(struct universe *u, struct policy *p)
{
	int64_t *const ttl[] = { &p->dnskey_ttl, &p->soa_ttl,
		&p->soa_minimum, &p->ds_ttl };
	int64_t *t = ttl[draw(u) % 4], old = *t;
	struct key_block *b = &p->blocks[draw(u) % p->nblocks];
	int i;

	switch (between(u, 0, 6)) {
	case 0:
	case 1:
	case 2:
		*t = pick(u, ttls, sizeof(ttls) / sizeof(*ttls));
		u->c->ttl_lowered += *t < old;
		u->c->ttl_raised += *t > old;
		trace(u, "policy %s: a TTL of %" PRId64 " becomes %" PRId64,
		    p->name, old, *t);
		if (t == &p->ds_ttl) {
			for (i = 0; i < u->nplaces; i++) {
				struct keyset set = current_ds(&u->place[i]);

				if (u->place[i].zone != NULL &&
				    u->place[i].zone->policy == p)
					put_ds(u, i, &set);
			}
		} else {
			for (i = 0; i < u->nplaces; i++)
				u->place[i].need_sign = true;
		}
		break;
	case 3:
		b->bits = b->algorithm < 12 ? 1024 + 2048 - b->bits : 0;
		u->c->resized++;
		trace(u, "policy %s: other bits", p->name);
		break;
	case 4:
		free(b->repository);
		b->repository = need(strdup(chance(u, 50) ? "one" : "two"));
		u->c->resized++;
		trace(u, "policy %s: other store", p->name);
		break;
	case 5:
		b->lifetime = between(u, 3, 100) * DAY;
		b->standby = (uint32_t)between(u, 0, 2);
		trace(u, "policy %s: life %" PRId64 ", standby %u", p->name,
		    b->lifetime, b->standby);
		break;
	default:
		p->share_keys = !p->share_keys;
		trace(u, "policy %s: sharing %d", p->name, p->share_keys);
		break;
	}
}

static void
move_zone(struct universe *u, int zone)
{
	struct zone *z = u->place[zone].zone;
	struct policy *p = u->m->policies[draw(u) % u->m->npolicies];
	struct keyset set = current_ds(&u->place[zone]);

	if (z->policy == p)
		return;
	trace(u, "%s: to policy %s", z->name, p->name);
	free(z->policy_name);
	z->policy_name = need(strdup(p->name));
	model_link(u->m);
	u->c->policy_moves++;
	u->place[zone].need_sign = true;
	put_ds(u, zone, &set);
}

static void
go_insecure(struct universe *u, int zone)
{
	struct place *pl = &u->place[zone];
	size_t i;

	if (pl->zone->published == 0)
		return;
	trace(u, "%s: is to go insecure", pl->name);
	pl->leaving = true;
	for (i = 0; i < pl->zone->nkeys; i++) {
		if (!engine_ds_present(&pl->zone->keys[i]))
			continue;
		schedule(u, u->now + patience(u), EVENT_DS_OUT, zone,
		    number(pl->zone->keys[i].pair), false);
		return;
	}
}

static void
data_ttl(struct universe *u, int zone)
{
	struct place *pl = &u->place[zone];
	int64_t old = pl->data_ttl;

	pl->data_ttl = pick(u, ttls, sizeof(ttls) / sizeof(*ttls));
	pl->need_sign = true;
	u->c->ttl_lowered += pl->data_ttl < old;
	u->c->ttl_raised += pl->data_ttl > old;
}

/*
 * For a while keystate's clock is wrong: far ahead, or behind.  A pass and a
 * publication happen under it.
 */
static void
jump(struct universe *u)
{
	u->offset = chance(u, 50) ? between(u, 3 * DAY, 400 * DAY) :
				    -between(u, HOUR, 400 * DAY);
	u->c->clock_jumps++;
	/* An idle pass was just before: the guard can only see what it can. */
	if (u->m->clock.suspect == 0)
		u->m->clock.last = u->now;
	trace(u, "clock wrong by %" PRId64, u->offset);
	schedule(u, u->now + between(u, MINUTE, 50 * MINUTE), EVENT_CLOCK, 0,
	    0, false);
}

static void
whim(struct universe *u)
{
	int zone = (int)(draw(u) % (uint64_t)u->nplaces);
	struct policy *p = u->m->policies[draw(u) % u->m->npolicies];

	schedule(u, u->now + between(u, HOUR, 30 * DAY), EVENT_WHIM, 0, 0,
	    false);
	if (u->place[zone].zone == NULL || u->place[zone].leaving ||
	    u->offset != 0)
		return;
	switch (between(u, 0, u->setup->eager ? 82 : 99)) {
	case 0 ... 9:
		early_ds_seen(u, zone);
		break;
	case 10 ... 39:
		roll(u, zone);
		break;
	case 40 ... 49:
		if (chance(u, 30))
			change_algorithm(u, p);
		break;
	case 50 ... 64:
		edit_policy(u, p);
		break;
	case 65 ... 74:
		data_ttl(u, zone);
		break;
	case 75 ... 79:
		if (chance(u, 30))
			move_zone(u, zone);
		break;
	case 80 ... 82:
		if (chance(u, 50))
			go_insecure(u, zone);
		break;
	case 83 ... 91:
		jump(u);
		break;
	default:
		u->c->outages++;
		u->wake = u->now + between(u, DAY, 45 * DAY);
		break;
	}
}

/* --- a pass and what follows it ------------------------------------------- */

static int
zone_number(struct universe *u, const struct zone *z)
{
	int i;

	for (i = 0; i < u->nplaces; i++) {
		if (u->place[i].zone == z)
			return i;
	}
	return -1;
}

static void
count(struct universe *u, const struct engine_result *r)
{
	const struct engine_transition *t;
	size_t i;

	for (i = 0; i < r->ntransitions; i++) {
		t = &r->transitions[i];
		trace(u, "%s: k%u %s %s -> %s%s (%s %s)", t->zone->name,
		    number(t->pair), key_type_name(t->pair->type),
		    key_state_name(t->from), key_state_name(t->to),
		    t->sign_only ? " unpublished" : "", t->reason,
		    engine_interval_name(t->interval));
		if (t->from == t->to)
			u->c->shown[t->sign_only]++;
		else
			u->c->moves[t->pair->type][t->from][t->to]++;
		u->c->ended[t->interval]++;
		if (t->to == STATE_RETIRE)
			u->c->rollovers++;
		/* A standby that is called up as soon as it may be. */
		if (t->to == STATE_DSREADY && u->setup->eager &&
		    chance(u, 50))
			schedule(u, u->now, EVENT_ROLLOVER,
			    zone_number(u, t->zone), KEY_KSK, false);
		if (t->to == STATE_ACTIVE && t->pair->live > 1)
			u->c->shared++;
	}
}

static void
write_signconf(struct universe *u, int zone)
{
	struct place *pl = &u->place[zone];
	struct signing_key *list;
	uint64_t h = UINT64_C(1469598103934665603);
	char id[24];
	bool unsigned_;
	size_t n, i;

	if (engine_signconf(pl->zone, &list, &n, &unsigned_) == -1)
		exit(3);
	for (i = 0; i < n; i++)
		h = (h ^ ((uint64_t)number(list[i].pair) * 8 + list[i].zsk * 4 +
			     list[i].publish * 2 + list[i].compromised)) *
		    UINT64_C(1099511628211);
	free(list);
	snprintf(id, sizeof(id), "%016" PRIx64 "%d", h, unsigned_);
	if (n == 0 && !unsigned_)
		return;
	if (pl->zone->signconf_id == NULL ||
	    strcmp(pl->zone->signconf_id, id) != 0) {
		if (engine_signconf_written(pl->zone, id) == -1)
			exit(3);
		pl->need_sign = true;
	}
}

static void
drop_zone(struct universe *u, int zone)
{
	struct place *pl = &u->place[zone];

	trace(u, "%s: dropped", pl->name);
	model_remove_zone(u->m, pl->zone);
	pl->zone = NULL;
	pl->has_unknown = false;
	schedule(u, u->now + between(u, HOUR, 30 * DAY), EVENT_READD, zone, 0,
	    false);
}

static bool
purge(struct universe *u, struct keypair *pair)
{
	struct diag d;
	int i;

	/* A publication that nobody recorded yet may show it. */
	for (i = 0; i < u->nplaces; i++) {
		if (u->place[i].has_unknown)
			return false;
	}
	trace(u, "purge k%u", number(pair));
	if (engine_purged(u->m, pair, &d) == -1)
		broke(u, "purge: %s", d.text);
	else
		u->c->purged++;
	return !u->broken;
}

/* True if the pass is to be repeated at once. */
static bool
act(struct universe *u, const struct engine_action *a)
{
	int zone = zone_number(u, a->zone);
	uint32_t key = a->pair == NULL ? 0 : number(a->pair);
	struct keyset set;

	switch (a->kind) {
	case ACTION_SIGNCONF:
		write_signconf(u, zone);
		return false;
	case ACTION_PURGE:
		return purge(u, a->pair);
	case ACTION_DROP_ZONE:
		drop_zone(u, zone);
		return true;
	case ACTION_SUBMIT_DS:
		schedule(u, u->now + patience(u), EVENT_DS_IN, zone, key,
		    false);
		return false;
	case ACTION_WITHDRAW_DS:
		set = current_ds(&u->place[zone]);
		schedule(u, u->now + patience(u),
		    keyset_has(&set, key) ? EVENT_DS_OUT : EVENT_DS_GONE, zone,
		    key, false);
		return false;
	case ACTION_BACKUP:
		schedule(u, u->now + patience(u), EVENT_BACKUP, 0, 0,
		    chance(u, 30));
		return false;
	case ACTION_ROLLOVER:
		schedule(u, u->now + patience(u), EVENT_ROLLOVER, zone,
		    (uint32_t)a->type, false);
		return false;
	case ACTION_GENERATE:
		if (!u->opt.manual_generation)
			return generate(u, false);
		schedule(u, u->now + patience(u), EVENT_GENERATE, 0, 0,
		    false);
		return false;
	case ACTION_COLLISION:
		u->c->collisions++;
		return false;
	case ACTION_BLOCKED:
		u->c->blocked++;
		return false;
	case ACTION_REFUSED:
		broke(u, "%s: refused: %s", a->zone->name, a->reason);
		return false;
	default:
		return false;
	}
}

static void
check_sound(struct universe *u)
{
	const char *why;
	size_t i;

	for (i = 0; i < u->m->nzones; i++) {
		why = engine_unsound(u->m->zones[i]);
		if (why != NULL)
			broke(u, "%s: %s", u->m->zones[i]->name, why);
	}
}

/* Nothing may happen in a pass before the engine's own wake-up. */
static void
check_idle(struct universe *u, const struct engine_result *r)
{
	struct engine_result idle;
	struct engine_options opt = u->opt;
	struct model *copy;
	int64_t at, from = clock_now(u);
	struct diag d;

	if (r->clock_frozen || r->wake <= from + 1 || !chance(u, 2))
		return;
	at = r->wake == MOMENT_NEVER ? from + 3 * DAY : r->wake;
	at = between(u, from + 1, at - 1);
	opt.interval = u->opt.interval;
	copy = need(model_copy(u->m));
	copy->clock.last = at - 1;
	if (engine_pass(copy, at, &opt, &idle, &d) == -1)
		broke(u, "idle pass: %s", d.text);
	else if (idle.ntransitions != 0)
		broke(u, "a pass %" PRId64 " s before the wake-up moved %s",
		    r->wake - at,
		    key_state_name(idle.transitions[0].from));
	engine_result_clear(&idle);
	model_free(copy);
	u->c->idle++;
}

static void
set_wake(struct universe *u, const struct engine_result *r)
{
	int64_t wake = r->wake;

	if (wake != MOMENT_NEVER) {
		wake -= u->offset;
		if (u->cron) {
			wake += u->opt.interval - 1;
			wake -= wake % u->opt.interval;
		} else if (u->habit == HABIT_LAZY && chance(u, 30)) {
			wake += between(u, 0, 2 * DAY);
		}
		if (wake <= u->now)
			wake = u->now + 1;
	}
	u->wake = wake;
}

/* Passes, signing and recording until nothing more happens at this second. */
static void
settle(struct universe *u)
{
	struct engine_result r;
	struct diag d;
	bool again;
	int i, n;
	size_t j;

	/* Idle passes happened meanwhile, but for an outage. */
	if (u->offset == 0 && u->now - u->m->clock.last > u->opt.interval &&
	    u->m->clock.suspect == 0 && u->m->clock.last != 0 &&
	    !chance(u, 1))
		u->m->clock.last = u->now - u->opt.interval;
	for (n = 0; n < SETTLE && !u->broken; n++) {
		again = false;
		u->c->passes++;
		if (engine_pass(u->m, clock_now(u), &u->opt, &r, &d) == -1) {
			broke(u, "pass: %s", d.text);
			return;
		}
		count(u, &r);
		for (j = 0; j < r.nactions; j++)
			again = act(u, &r.actions[j]) || again;
		check_sound(u);
		for (i = 0; i < u->nplaces; i++) {
			if (u->place[i].zone != NULL && u->place[i].need_sign) {
				run_signer(u, i);
				again = true;
			}
		}
		if (!again)
			check_idle(u, &r);
		set_wake(u, &r);
		engine_result_clear(&r);
		if (!again)
			return;
	}
	if (!u->broken)
		broke(u, "does not settle");
}

/* --- time ----------------------------------------------------------------- */

static void
add_zone(struct universe *u, int i)
{
	struct place *pl = &u->place[i];
	struct policy *p = u->m->policies[draw(u) % u->m->npolicies];
	struct version plain = { .ttl = negative_ttl(p) };
	size_t r;

	pl->zone = need(model_add_zone(u->m, pl->name, p->name));
	pl->leaving = false;
	pl->zone->added = clock_now(u);
	trace(u, "%s: added, policy %s", pl->name, p->name);
	/* The unsigned zone that was served until now. */
	pl->input_ttl = 0;
	for (r = 0; r < WORLD_RRSETS; r++) {
		if (pl->world.rrset[r].n == 0) {
			pl->rrset[r].ttl = pick(u, ttls,
			    sizeof(ttls) / sizeof(*ttls));
			put_rrset(u, pl, r);
		}
		if (pl->rrset[r].ttl > pl->input_ttl)
			pl->input_ttl = pl->rrset[r].ttl;
	}
	plain.ttl = pl->input_ttl;
	world_put(&pl->world.dnskey, &plain, u->now, u->lag);
	put_ds(u, i, &(struct keyset){ 0 });
}

static void
happen(struct universe *u, const struct event *e)
{
	struct diag d;
	size_t n;

	switch (e->kind) {
	case EVENT_SIGN:
		if (u->place[e->zone].zone != NULL)
			u->place[e->zone].need_sign = true;
		break;
	case EVENT_RECORD:
		record(u, e->zone);
		break;
	case EVENT_DS_IN:
		ds_in(u, e->zone, e->key);
		break;
	case EVENT_DS_OUT:
		ds_out(u, e->zone, e->key);
		break;
	case EVENT_DS_SEEN:
		ds_seen(u, e->zone, e->key, e->flag);
		break;
	case EVENT_DS_GONE:
		ds_gone(u, e->zone, e->key);
		break;
	case EVENT_KSK_RETIRE:
		ksk_retire(u, e->zone);
		break;
	case EVENT_BACKUP:
		u->c->backups++;
		if (e->flag &&
		    engine_backup_prepare(u->m, NULL, clock_now(u), &n, &d) ==
			0)
			engine_backup_commit(u->m, NULL, clock_now(u), &n, &d);
		else
			engine_backup_done(u->m, NULL, clock_now(u), &n, &d);
		break;
	case EVENT_ROLLOVER:
		if (u->place[e->zone].zone != NULL &&
		    engine_rollover(u->m, u->place[e->zone].zone,
			(enum key_type)e->key, false, clock_now(u), &d) == 0)
			u->c->manual++;
		break;
	case EVENT_GENERATE:
		generate(u, true);
		break;
	case EVENT_WHIM:
		whim(u);
		break;
	case EVENT_CLOCK:
		u->offset = 0;
		for (n = 0; n < (size_t)u->nplaces; n++)
			record(u, (int)n);
		break;
	case EVENT_READD:
		add_zone(u, e->zone);
		break;
	case EVENT_PASS:
		break;
	}
}

static void
create(struct universe *u)
{
	static const int64_t delays[] = { 0, MINUTE, HOUR, 12 * HOUR };
	static const int64_t safeties[] = { 0, 0, HOUR, DAY };
	int64_t dp = pick(u, delays, 4), dpp = pick(u, delays, 4);
	int64_t sp = pick(u, safeties, 4);
	int64_t sr = u->setup->eager || chance(u, 60) ?
	    sp :
	    pick(u, safeties, 4);
	int64_t least = sp < sr ? sp : sr;
	struct store *s;
	int i;

	u->m = need(model_new());
	u->lag = dp + least;
	u->parent_lag = dpp + least;
	u->habit = u->setup->eager ?
	    HABIT_TIGHT :
	    (enum habit)between(u, HABIT_TIGHT, HABIT_LAZY);
	u->swap = chance(u, 50);
	u->cron = !u->setup->eager && chance(u, 30);
	u->small_tags = chance(u, 10);
	u->opt.interval = chance(u, 50) ? HOUR : DAY;
	u->opt.rollover_notification = -1;
	u->opt.manual_generation = chance(u, 10);
	u->opt.scale = u->setup->scale;
	s = need(model_add_store(u->m, "one"));
	s->require_backup = chance(u, 20);
	need(model_add_store(u->m, "two"));
	draw_policy(u, "p", dp, dpp, sp, sr);
	draw_policy(u, "q", dp, dpp, sp, sr);
	u->nplaces = (int)between(u, 1, ZONES);
	for (i = 0; i < u->nplaces; i++) {
		u->place[i].world.lag = u->lag;
		u->place[i].world.parent_lag = u->parent_lag;
		u->place[i].world.algorithm = algorithm_of;
		u->place[i].world.ctx = u;
		u->place[i].next_sign = MOMENT_NEVER;
		u->place[i].data_ttl = pick(u, ttls,
		    sizeof(ttls) / sizeof(*ttls));
		snprintf(u->place[i].name, sizeof(u->place[i].name), "z%d", i);
		add_zone(u, i);
	}
	schedule(u, u->now + between(u, 0, 60 * DAY), EVENT_WHIM, 0, 0,
	    false);
}

/* The next moment at which anything happens. */
static int64_t
next_moment(const struct universe *u)
{
	int64_t at = u->wake;
	size_t i;
	int j;

	for (i = 0; i < u->nevents; i++) {
		if (u->event[i].at < at)
			at = u->event[i].at;
	}
	for (j = 0; j < u->nplaces; j++) {
		if (u->place[j].zone != NULL && u->place[j].next_sign < at)
			at = u->place[j].next_sign;
	}
	return at;
}

static void
happen_all(struct universe *u)
{
	struct event e;
	size_t i;
	int j;

	for (i = 0; i < u->nevents && !u->broken;) {
		if (u->event[i].at > u->now) {
			i++;
			continue;
		}
		e = u->event[i];
		u->event[i] = u->event[--u->nevents];
		happen(u, &e);
		i = 0;
	}
	for (j = 0; j < u->nplaces; j++) {
		if (u->place[j].zone == NULL)
			continue;
		if (u->place[j].next_sign <= u->now) {
			u->place[j].need_sign = true;
			u->place[j].next_sign = MOMENT_NEVER;
			u->c->renewed++;
		}
		try_unsign(u, j);
	}
}

bool
universe_run(const struct universe_setup *setup, struct coverage *c,
    char why[256])
{
	struct universe *u = need(calloc(1, sizeof(*u)));
	int64_t at;
	size_t still = 0;
	bool good;

	u->setup = setup;
	u->c = c;
	u->why = why;
	u->now = START;
	u->rng = setup->seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
	(void)draw(u);
	create(u);
	settle(u);
	while (!u->broken && u->now < START + setup->seconds) {
		at = next_moment(u);
		if (at > START + setup->seconds)
			at = START + setup->seconds;
		/* What is owed, done, and owed again at once. */
		still = at > u->now ? 0 : still + 1;
		if (still > 1000)
			broke(u, "time stands still");
		if (at > u->now)
			u->now = at;
		happen_all(u);
		if (!u->broken)
			settle(u);
	}
	c->seconds += u->now - START;
	good = !u->broken;
	model_free(u->m);
	free(u->algorithm);
	free(u);
	return good;
}
