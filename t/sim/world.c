#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
keyset_has(const struct keyset *s, uint32_t key)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		if (s->key[i] == key)
			return true;
	}
	return false;
}

void
keyset_add(struct keyset *s, uint32_t key)
{
	if (keyset_has(s, key))
		return;
	if (s->n == WORLD_KEYS) {
		fprintf(stderr, "world: too many keys in one RRset\n");
		abort();
	}
	s->key[s->n++] = key;
}

void
keyset_remove(struct keyset *s, uint32_t key)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		if (s->key[i] == key) {
			s->key[i] = s->key[--s->n];
			return;
		}
	}
}

static bool
keyset_equal(const struct keyset *a, const struct keyset *b)
{
	size_t i;

	if (a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++) {
		if (!keyset_has(b, a->key[i]))
			return false;
	}
	return true;
}

/* No resolver can have it any more. */
static bool
forgotten(const struct version *v, int64_t now, int64_t lag)
{
	return v->until != 0 && v->until + lag + v->ttl <= now;
}

static void
forget(struct versions *vs, int64_t now, int64_t lag)
{
	size_t from, to = 0;

	for (from = 0; from < vs->n; from++) {
		if (!forgotten(&vs->v[from], now, lag))
			vs->v[to++] = vs->v[from];
	}
	vs->n = to;
}

const struct version *
world_current(const struct versions *vs)
{
	return vs->n == 0 ? NULL : &vs->v[vs->n - 1];
}

bool
world_put(struct versions *vs, const struct version *v, int64_t now,
    int64_t lag)
{
	struct version *last = vs->n == 0 ? NULL : &vs->v[vs->n - 1];

	if (last != NULL && last->ttl == v->ttl &&
	    keyset_equal(&last->keys, &v->keys) &&
	    keyset_equal(&last->signers, &v->signers))
		return false;
	if (last != NULL)
		last->until = now;
	forget(vs, now, lag);
	if (vs->n == WORLD_DEPTH) {
		fprintf(stderr, "world: too many versions in caches\n");
		abort();
	}
	vs->v[vs->n] = *v;
	vs->v[vs->n].from = now;
	vs->v[vs->n++].until = 0;
	return true;
}

/* One key that is in the DS RRset, in the DNSKEY RRset, and signed it. */
static bool
anchored(const struct world *w, const struct version *ds,
    const struct version *dnskey, uint8_t algorithm)
{
	size_t i;
	uint32_t k;

	for (i = 0; i < ds->keys.n; i++) {
		k = ds->keys.key[i];
		if (w->algorithm(w->ctx, k) == algorithm &&
		    keyset_has(&dnskey->keys, k) &&
		    keyset_has(&dnskey->signers, k))
			return true;
	}
	return false;
}

static const char *
check_ds(const struct world *w, const struct version *ds,
    const struct version *dnskey)
{
	size_t i;

	for (i = 0; i < ds->keys.n; i++) {
		if (!anchored(w, ds, dnskey,
			w->algorithm(w->ctx, ds->keys.key[i])))
			return dnskey->keys.n == 0 ?
			    "a DS, and an unsigned zone in a cache" :
			    "a DS RRset that leads to no DNSKEY";
	}
	return NULL;
}

/* RFC 4035 §5.3.1: a signature by a key of the DNSKEY RRset, by algorithm. */
static bool
verified(const struct world *w, const struct version *dnskey,
    const struct version *rrset, uint8_t algorithm)
{
	size_t i;
	uint32_t k;

	for (i = 0; i < rrset->keys.n; i++) {
		k = rrset->keys.key[i];
		if (w->algorithm(w->ctx, k) == algorithm &&
		    keyset_has(&dnskey->keys, k))
			return true;
	}
	return false;
}

static const char *
check_rrset(const struct world *w, const struct version *dnskey,
    const struct version *rrset)
{
	size_t i;

	for (i = 0; i < dnskey->keys.n; i++) {
		if (!verified(w, dnskey, rrset,
			w->algorithm(w->ctx, dnskey->keys.key[i])))
			return rrset->keys.n == 0 ?
			    "an unsigned RRset in a cache" :
			    "an RRset without a signature that the DNSKEY "
			    "RRset verifies";
	}
	return NULL;
}

const char *
world_check(struct world *w, int64_t now)
{
	const char *bad = NULL;
	bool secure = false;
	size_t i, j, r;

	forget(&w->ds, now, w->parent_lag);
	forget(&w->dnskey, now, w->lag);
	for (r = 0; r < WORLD_RRSETS; r++)
		forget(&w->rrset[r], now, w->lag);
	for (i = 0; i < w->ds.n && bad == NULL; i++) {
		/* Proven insecure: nothing is validated (RFC 4035 §5.2). */
		if (w->ds.v[i].keys.n == 0)
			continue;
		secure = true;
		for (j = 0; j < w->dnskey.n && bad == NULL; j++)
			bad = check_ds(w, &w->ds.v[i], &w->dnskey.v[j]);
	}
	for (j = 0; secure && j < w->dnskey.n; j++) {
		for (r = 0; r < WORLD_RRSETS; r++) {
			for (i = 0; i < w->rrset[r].n && bad == NULL; i++)
				bad = check_rrset(w, &w->dnskey.v[j],
				    &w->rrset[r].v[i]);
		}
	}
	return bad;
}
