#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "report.h"
#include "signconf.h"
#include "signer_impl.h"

/*
 * Keys that signconfs named and that are held open for the zones after them,
 * which may share them.  Zones with keys of their own must not pile up theirs.
 */
#define KEYS_HELD 64

/* Keys for the workers to open, whose rings go in step with ours. */
struct wants {
	size_t count;
	struct want want[ZONE_KEYS_MAX];
};

/* Have the workers open what the ring now wants; learn the public halves. */
static int
open_ring(struct signer *s, const struct wants *wants, struct diag *d)
{
	const size_t count = keyring_count(s->ring);
	struct key_fact *facts;

	if (count == s->fact_count)
		return 0;
	facts = realloc(s->facts, count * sizeof(*facts));
	if (facts == NULL)
		return diag_system(d, "%zu keys", count);
	s->facts = facts;
	if (pool_ask(s->pool, REQUEST_OPEN, wants->want,
		wants->count * sizeof(wants->want[0]), facts + s->fact_count,
		(count - s->fact_count) * sizeof(*facts), d) == -1)
		return -1;
	for (size_t i = s->fact_count; i < count; i++)
		if (algorithm_by_number(facts[i].algorithm)->status ==
		    ALGORITHM_OLD)
			report_warn("%s: algorithm %u is no longer safe: move "
				    "to 13 (RFC 8624 §3.1)",
			    keyring_text(s->ring, i), facts[i].algorithm);
	s->fact_count = count;
	return 0;
}

/* One more, of which nothing but the ring's index is known. */
static struct zone_key *
new_key(struct zone_keys *keys, size_t ring, struct diag *d)
{
	struct zone_key *k;

	if (keys->count == ZONE_KEYS_MAX) {
		diag_set(d, STATUS_USAGE, "more than %d keys", ZONE_KEYS_MAX);
		return NULL;
	}
	k = &keys->key[keys->count++];
	memset(k, 0, sizeof(*k));
	k->ring = ring;
	return k;
}

/* A key for the ring's index, or the one that is there already. */
static struct zone_key *
add_key(struct zone_keys *keys, size_t ring, struct diag *d)
{
	struct zone_key *k;

	for (size_t i = 0; i < keys->count; i++)
		if (keys->key[i].ring == ring)
			return &keys->key[i];
	if ((k = new_key(keys, ring, d)) != NULL)
		k->publish = true;
	return k;
}

/* The public half that the store told us. */
static void
fill_public(const struct signer *s, struct zone_keys *keys)
{
	for (size_t i = 0; i < keys->count; i++) {
		struct zone_key *k = &keys->key[i];
		const struct key_fact *fact;

		if (k->ring == NO_RING)
			continue;
		fact = &s->facts[k->ring];
		k->algorithm = fact->algorithm;
		k->pub_size = fact->pub_size;
		memcpy(k->pub, fact->pub, fact->pub_size);
	}
}

static int
want_listed(struct signer *s, const struct cli_list *list, bool ksk,
    struct diag *d)
{
	for (size_t i = 0; i < list->count; i++) {
		struct zone_key *k;
		size_t ring;

		if (keyring_want(s->ring, list->item[i], &ring, d) == -1 ||
		    (k = add_key(&s->base, ring, d)) == NULL)
			return -1;
		if (ksk)
			k->ksk = true;
		else
			k->zsk = true;
	}
	return 0;
}

int
signer_keys_want(struct signer *s, struct diag *d)
{
	if (want_listed(s, &s->o->ksk, true, d) == -1 ||
	    want_listed(s, &s->o->zsk, false, d) == -1)
		return -1;
	return keyring_pins(s->ring, d);
}

int
signer_keys_open(struct signer *s, struct diag *d)
{
	const struct wants none = { 0 };

	if (open_ring(s, &none, d) == -1)
		return -1;
	s->base_count = s->fact_count;
	fill_public(s, &s->base);
	return 0;
}

/* --- signconf ------------------------------------------------------------- */

/* The repository that holds a signconf's key: its own, or the only one. */
static int
find_repository(const struct signer *s, const struct signconf_key *key,
    size_t *index, struct diag *d)
{
	const struct repository_list *list = &s->repositories;
	const struct repository *r;

	if (list->count == 0)
		return diag_set(d, STATUS_USAGE,
		    "a signconf's keys live in the repositories of conf.xml: "
		    "give it with --conf");
	if (key->repository == NULL && list->count > 1)
		return diag_set(d, STATUS_USAGE,
		    "key %s: the signconf names no Repository, and conf.xml "
		    "has %zu",
		    key->locator, list->count);
	r = key->repository == NULL ? &list->item[0] :
				      repository_find(list, key->repository);
	if (r == NULL)
		return diag_set(d, STATUS_USAGE,
		    "key %s: conf.xml has no Repository '%s'", key->locator,
		    key->repository);
	*index = (size_t)(r - list->item);
	return 0;
}

static int
want_key(struct signer *s, const struct signconf_key *key, struct wants *wants,
    size_t *ring, struct diag *d)
{
	const size_t before = keyring_count(s->ring);
	struct want *want = &wants->want[wants->count];
	size_t index = 0;

	if (strlen(key->locator) >= sizeof(want->locator))
		return diag_set(d, STATUS_USAGE, "key %s: too long",
		    key->locator);
	if (find_repository(s, key, &index, d) == -1 ||
	    keyring_want_id(s->ring, &s->repositories.item[index],
		key->locator, key->algorithm, ring, d) == -1)
		return -1;
	if (keyring_count(s->ring) == before)
		return 0;
	memset(want, 0, sizeof(*want));
	want->repository = (uint32_t)index;
	want->algorithm = key->algorithm;
	strcpy(want->locator, key->locator);
	wants->count++;
	return 0;
}

/* A key that signs nothing, but of whose signatures there is something to say. */
static int
note_key(struct zone_keys *keys, const struct signconf_key *key, struct diag *d)
{
	struct zone_key *k = new_key(keys, NO_RING, d);

	if (k == NULL)
		return -1;
	k->algorithm = key->algorithm;
	k->flags = key->flags;
	k->publish = key->publish;
	k->compromised = key->compromised;
	k->lost = key->lost;
	if (base64_decode(key->public_key, strlen(key->public_key), k->pub,
		sizeof(k->pub), &k->pub_size) == -1)
		return diag_set(d, STATUS_USAGE,
		    "key %s: PublicKey is no base64 of a key", key->locator);
	return 0;
}

static int
take_signconf_keys(struct signer *s, const struct signconf *sc,
    struct wants *wants, struct diag *d)
{
	for (size_t i = 0; i < sc->key_count; i++) {
		const struct signconf_key *key = &sc->keys[i];
		struct zone_key *k;
		size_t ring;

		/* A key that signs nothing needs no private half. */
		if (!key->ksk && !key->zsk) {
			if ((key->compromised || key->lost) &&
			    key->public_key != NULL &&
			    note_key(&s->z.keys, key, d) == -1)
				return -1;
			continue;
		}
		if (wants->count == ZONE_KEYS_MAX)
			return diag_set(d, STATUS_USAGE, "more than %d keys",
			    ZONE_KEYS_MAX);
		if (want_key(s, key, wants, &ring, d) == -1 ||
		    (k = add_key(&s->z.keys, ring, d)) == NULL)
			return -1;
		k->flags = key->flags;
		k->ksk |= key->ksk;
		k->zsk |= key->zsk;
		k->publish = key->publish;
		k->compromised |= key->compromised;
	}
	return 0;
}

/* Want the first count keys only, here and in the workers. */
static void
forget_keys(struct signer *s, size_t count)
{
	const uint32_t left = (uint32_t)count;

	keyring_forget(s->ring, count);
	(void)pool_ask(s->pool, REQUEST_FORGET, &left, sizeof(left), NULL, 0,
	    NULL);
	s->fact_count = count;
}

/*
 * A zone that goes insecure has no key; the header must say so too, or a zone
 * would be unsigned by mistake.
 */
static int
check_insecure(const struct signconf *sc, const char *file,
    const struct zonetext_keys *header, struct diag *d)
{
	const char *denial = zonetext_get(header, "denial");

	if (sc->key_count > 0 ||
	    (denial != NULL && strcmp(denial, "none") == 0))
		return 0;
	return diag_set(d, STATUS_BAD, "%s: no Key", file);
}

/* How far the clock can be trusted: jobs(5). */
static int
take_clock(struct times *t, const struct zonetext_keys *header, struct diag *d)
{
	uint64_t also = 0, gap = 0;

	if (zonetext_get_u64(header, "also-now", UINT32_MAX, &also, d) == -1 ||
	    zonetext_get_u64(header, "pass-gap", UINT32_MAX, &gap, d) == -1)
		return -1;
	if (also != 0)
		t->also_now = (int64_t)also;
	t->pass_gap = (int64_t)gap < t->jitter ? (int64_t)gap : t->jitter;
	return 0;
}

static int
take_signconf(struct signer *s, const char *file,
    const struct zonetext_keys *header, struct diag *d)
{
	struct times *t = &s->z.times;
	struct wants wants = { 0 };
	struct signconf *sc;
	int rc = -1;

	if (signconf_read(&sc, file, d) == -1)
		return -1;
	if (strcmp(sc->zone, s->z.name) != 0) {
		diag_set(d, STATUS_USAGE, "%s: of zone %s", file, sc->zone);
		goto out;
	}
	/* Of many zones some have policies without an audit in full. */
	if (s->batch && sc->audit != SIGNCONF_AUDIT_FULL)
		s->z.verify = true;
	t->inception_offset = sc->inception_offset;
	t->validity = sc->validity_default;
	t->validity_denial = sc->validity_denial;
	t->validity_keys = sc->validity_keys;
	t->jitter = sc->jitter;
	t->refresh = sc->refresh;
	if (s->batch && take_clock(t, header, d) == -1)
		goto out;
	if (times_check(t, d) == -1) {
		diag_prefix(d, "%s", file);
		goto out;
	}
	if (check_insecure(sc, file, header, d) == -1)
		goto out;
	if (s->fact_count > s->base_count + KEYS_HELD)
		forget_keys(s, s->base_count);
	if (take_signconf_keys(s, sc, &wants, d) == -1 ||
	    open_ring(s, &wants, d) == -1) {
		/* They must not fail the zones after this one. */
		forget_keys(s, s->fact_count);
		goto out;
	}
	fill_public(s, &s->z.keys);
	rc = 0;
out:
	signconf_free(sc);
	return rc;
}

int
signer_keys_zone(struct signer *s, const struct zonetext_keys *header,
    struct diag *d)
{
	const char *file = s->o->signconf;

	s->z.times = s->o->times;
	s->z.times.seed = s->seed;
	s->z.verify = !s->o->no_verify;
	if (file == NULL && s->batch)
		file = zonetext_get(header, "signconf");
	if (file != NULL) {
		s->z.keys.count = 0;
		return take_signconf(s, file, header, d);
	}
	if (s->base.count == 0)
		return diag_set(d, STATUS_USAGE,
		    "no keys: give --ksk and --zsk, or --signconf");
	s->z.keys = s->base;
	return 0;
}

int
signer_keys_ready(struct signer *s, const struct rrset *dnskeys,
    struct diag *d)
{
	struct zone_state *z = &s->z;
	struct zone_request request = { .verify = s->z.verify };

	if (zone_keys_match(&z->keys, dnskeys, &s->o->rules, d) == -1)
		return -1;
	if (z->previous != NULL &&
	    zone_keys_compare(&z->keys, previous_dnskeys(z->previous), d) == -1)
		return -1;
	memcpy(request.name, z->name, z->name_len + 1);
	request.keys = z->keys;
	if (pool_zone(s->pool, &request, zone_request_size(&request), d) == -1)
		return -1;
	z->dnskey_ttl = dnskeys != NULL ? dnskeys->ttl : 0;
	z->ready = true;
	return 0;
}
