#include <stdio.h>
#include <string.h>

#include "policycheck.h"

struct check_state {
	const struct zone *zone;
	const struct policy *policy;
	const struct stats *stats;
	const struct history *history;
	struct findings *found;
	uint64_t zsk_used; /* keys that sign more than the DNSKEY set */
};

static void
check_soa(struct check_state *c)
{
	const struct zone *z = c->zone;
	const struct policy *p = c->policy;

	if (!z->soa_known)
		return;
	if (p->soa_ttl >= 0 && z->soa_ttl != p->soa_ttl)
		finding_add(c->found, CHECK_POLICY_SOA_TTL, z->apex, TYPE_SOA,
		    z->soa_at, "TTL %u, the policy says %lld", z->soa_ttl,
		    (long long)p->soa_ttl);
	if (p->soa_minimum >= 0 && z->minimum != p->soa_minimum)
		finding_add(c->found, CHECK_POLICY_SOA_MINIMUM, z->apex,
		    TYPE_SOA, z->soa_at, "minimum %u, the policy says %lld",
		    z->minimum, (long long)p->soa_minimum);
}

static void
check_denial(struct check_state *c)
{
	const struct zone *z = c->zone;
	const struct policy *p = c->policy;

	if (p->nsec3 ? c->stats->nsec > 0 :
		       c->stats->nsec3 > 0 || z->chains > 0)
		finding_add(c->found, CHECK_POLICY_DENIAL, z->apex, 0,
		    z->soa_at, "the policy says %s only",
		    p->nsec3 ? "NSEC3" : "NSEC");
	if (p->nsec3 && p->signconf && p->kasp &&
	    p->salt_size != p->salt_length)
		finding_add(c->found, CHECK_POLICY_SALT, z->apex, 0,
		    z->soa_at, "signconf has a salt of %zu octets, the policy "
		    "says %zu", p->salt_size, p->salt_length);
	for (size_t i = 0; p->nsec3 && i < z->chains; i++) {
		const struct chain *n = &z->chain[i];

		if (n->algorithm == p->nsec3_algorithm &&
		    n->iterations == p->iterations &&
		    (!p->signconf || (n->salt_size == p->salt_size &&
		    memcmp(n->salt, p->salt, p->salt_size) == 0)))
			continue;
		finding_add(c->found, CHECK_POLICY_NSEC3, z->apex,
		    TYPE_NSEC3PARAM, z->soa_at, "algorithm %u, %u iterations, "
		    "a salt of %u octets: not what the policy says",
		    n->algorithm, n->iterations, n->salt_size);
	}
}

/* Of an algorithm and size that the policy has. */
static bool
allowed(const struct policy *p, const struct key *k)
{
	const bool sep = (k->flags & DNSKEY_SEP) != 0;

	for (size_t i = 0; i < p->blocks; i++) {
		const struct policy_block *b = &p->block[i];

		if (b->ksk == sep && b->algorithm == k->algorithm &&
		    (b->bits == 0 || k->algorithm > 10 ||
		    key_modulus_bits(k) == b->bits))
			return true;
	}
	return false;
}

static bool
exempt(const struct check_state *c, size_t i)
{
	return (c->zone->input_keys & UINT64_C(1) << i) != 0 ||
	    (c->history != NULL &&
	    history_key(c->history, i)->published_first != 0);
}

static void
check_keys(struct check_state *c)
{
	const struct zone *z = c->zone;
	const struct policy *p = c->policy;
	bool sep = false, plain = false, new = false;

	for (size_t i = 0; i < z->keys.count; i++) {
		const struct key *k = &z->keys.key[i];

		if (!k->published)
			continue;
		if ((k->flags & DNSKEY_SEP) != 0)
			sep = true;
		else
			plain = true;
		if (exempt(c, i))
			continue;
		new = true;
		if (p->kasp && !allowed(p, k))
			finding_add(c->found, CHECK_POLICY_KEY, z->apex,
			    TYPE_DNSKEY, z->dnskey_at, "key %u: algorithm %u, "
			    "%u bits: no such key in the policy", k->tag,
			    k->algorithm, key_modulus_bits(k));
	}
	if (new && p->dnskey_ttl >= 0 && z->dnskey_ttl != p->dnskey_ttl)
		finding_add(c->found, CHECK_POLICY_DNSKEY_TTL, z->apex,
		    TYPE_DNSKEY, z->dnskey_at, "TTL %u, the policy says %lld",
		    z->dnskey_ttl, (long long)p->dnskey_ttl);
	for (size_t i = 0; i < p->keys; i++) /* one key for both */
		if (p->key[i].ksk && p->key[i].zsk)
			sep = plain = true;
	if (!sep || !plain)
		finding_add(c->found, CHECK_POLICY_KSK_ZSK, z->apex,
		    TYPE_DNSKEY, z->dnskey_at, "no DNSKEY %s the SEP flag",
		    sep ? "without" : "with");
}

bool
policy_is_key(const struct key *k, const struct policy_key *row)
{
	if (k->algorithm != row->algorithm || k->flags != row->flags)
		return false;
	return row->public_key == NULL ||
	    ((size_t)k->size - 4 == row->public_size &&
	    memcmp(k->rdata + 4, row->public_key, row->public_size) == 0);
}

/* The DNSKEY set is what signconf publishes, and what the input has. */
static void
check_key_set(struct check_state *c)
{
	const struct zone *z = c->zone;
	uint64_t left = z->published & ~z->input_keys;
	enum check check = CHECK_POLICY_KEY_SET;

	/* OpenDNSSEC's signconf names keys by their place in a token only. */
	for (size_t i = 0; i < c->policy->keys; i++)
		if (c->policy->key[i].publish &&
		    c->policy->key[i].public_key == NULL)
			check = CHECK_POLICY_KEY_LIST;
	for (size_t i = 0; i < c->policy->keys; i++) {
		const struct policy_key *row = &c->policy->key[i];
		bool found = !row->publish;

		for (size_t k = 0; !found && k < z->keys.count; k++) {
			const uint64_t bit = UINT64_C(1) << k;

			if (((left | (z->input_keys & z->published)) & bit) ==
			    0 || !policy_is_key(&z->keys.key[k], row))
				continue;
			left &= ~bit;
			found = true;
		}
		if (!found)
			finding_add(c->found, check, z->apex,
			    TYPE_DNSKEY, z->dnskey_at, "signconf publishes a "
			    "key with flags %u and algorithm %u that is not "
			    "there", row->flags, row->algorithm);
	}
	for (size_t k = 0; k < z->keys.count; k++)
		if ((left & UINT64_C(1) << k) != 0)
			finding_add(c->found, check, z->apex,
			    TYPE_DNSKEY, z->dnskey_at, "key %u is not one that "
			    "signconf publishes", z->keys.key[k].tag);
}

/* --- the tracker ----------------------------------------------------------- */

/* The least of the policy's blocks; 0: none, or for ever. */
static int64_t
least_lifetime(const struct policy *p, bool ksk)
{
	int64_t least = 0;

	for (size_t i = 0; i < p->blocks; i++)
		if (p->block[i].ksk == ksk && p->block[i].lifetime > 0 &&
		    (least == 0 || p->block[i].lifetime < least))
			least = p->block[i].lifetime;
	return least;
}

static void
track_lifetime(struct check_state *c, size_t i, bool used)
{
	const struct key *k = &c->zone->keys.key[i];
	const bool ksk = (k->flags & DNSKEY_SEP) != 0;
	const int64_t since = history_key(c->history, i)->used_first;
	const int64_t most = least_lifetime(c->policy, ksk);
	const int64_t age = c->zone->set->now - since;

	if (used && since != 0 && most != 0 && age > most + c->policy->interval)
		finding_add(c->found, ksk ? CHECK_TRACK_KSK_LIFETIME :
		    CHECK_TRACK_ZSK_LIFETIME, c->zone->apex, TYPE_DNSKEY,
		    c->zone->dnskey_at, "key %u is in use for %lld s, the "
		    "policy says %lld s", k->tag, (long long)age,
		    (long long)most);
}

/* A ZSK that begins to sign before all caches can know it. */
static void
track_prepublication(struct check_state *c, size_t i, bool used)
{
	const struct key *k = &c->zone->keys.key[i];
	const struct key_times *t = history_key(c->history, i);
	const int64_t now = c->zone->set->now, ttl = c->zone->dnskey_ttl;

	/* Nothing is known of the time before the first audit. */
	if (!used || (k->flags & DNSKEY_SEP) != 0 || t->used_first != 0 ||
	    history_since(c->history) == 0 ||
	    now - history_since(c->history) < ttl)
		return;
	if (t->published_first == 0 || now - t->published_first < ttl)
		finding_add(c->found, CHECK_TRACK_PREPUBLISHED, c->zone->apex,
		    TYPE_DNSKEY, c->zone->dnskey_at, "key %u signs, but was "
		    "not published for the DNSKEY TTL of %lld s before",
		    k->tag, (long long)ttl);
}

static void
track(struct check_state *c)
{
	const struct zone *z = c->zone;
	uint32_t standby = 0, ready = 0;

	for (size_t i = 0; i < z->keys.count; i++) {
		const struct key *k = &z->keys.key[i];
		const uint64_t bit = UINT64_C(1) << i;
		const bool ksk = (k->flags & DNSKEY_SEP) != 0;
		const bool used = ((ksk ? c->stats->signers : c->zsk_used) &
		    bit) != 0;

		if (!k->published)
			continue;
		track_lifetime(c, i, used);
		track_prepublication(c, i, used);
		ready += !ksk && !used &&
		    history_key(c->history, i)->used_first == 0;
	}
	for (size_t i = 0; i < c->policy->blocks; i++) {
		const struct policy_block *b = &c->policy->block[i];

		if (!b->ksk && (standby == 0 || b->standby < standby))
			standby = b->standby;
	}
	if (ready < standby)
		finding_add(c->found, CHECK_TRACK_STANDBY, z->apex,
		    TYPE_DNSKEY, z->dnskey_at, "%u prepublished ZSKs, the "
		    "policy says %u", ready, standby);
}

void
policy_check(const struct zone *zone, const struct stats *stats,
    const struct history *history, struct findings *found)
{
	struct check_state c = { .zone = zone, .policy = zone->policy,
		.stats = stats, .history = history, .found = found };

	for (size_t i = 0; i < stats->masks; i++)
		if (!stats->mask[i].dnskey)
			c.zsk_used |= stats->mask[i].keys;
	check_soa(&c);
	if (!zone->signed_)
		return;
	check_denial(&c);
	check_keys(&c);
	if (c.policy->signconf && c.policy->keys > 0)
		check_key_set(&c);
	if (c.policy->kasp && history != NULL)
		track(&c);
}
