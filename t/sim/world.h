/*
 * The outside world of a zone: its servers, its parent and every cache there
 * can be.  Written from RFC 4035 and not from keystate's engine; it knows keys
 * by number only, and nothing of states.
 *
 * A server may lag behind by `lag`, and a resolver keeps what it got from any
 * server for its TTL.  DS RRset, DNSKEY RRset and every other RRset are fetched
 * independently, so any version of one may meet any version of another.
 * The resolver is a strict one (RFC 4035 §2.2, RFC 6781 §4.1.4): each algorithm
 * of the DS RRset must lead to a DNSKEY that signs the DNSKEY RRset, and each
 * algorithm of the DNSKEY RRset must have signed every RRset.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORLD_KEYS    48  /* in one RRset */
#define WORLD_RRSETS  3   /* an SOA, data with the largest TTL, denial */
#define WORLD_DEPTH   96  /* versions that may be cached at a time */

struct keyset {
	size_t n;
	uint32_t key[WORLD_KEYS];
};

struct version {
	int64_t from;  /* served since */
	int64_t until; /* replaced; 0: still served */
	int64_t ttl;
	struct keyset keys;    /* DS or DNSKEY: the members; else the signers */
	struct keyset signers; /* DNSKEY: of the RRset */
};

struct versions {
	struct version v[WORLD_DEPTH];
	size_t n;
};

struct world {
	int64_t lag;	    /* until the last server of the zone has it */
	int64_t parent_lag; /* of the parent */
	struct versions ds, dnskey, rrset[WORLD_RRSETS];
	uint8_t (*algorithm)(const void *ctx, uint32_t key);
	const void *ctx;
};

bool keyset_has(const struct keyset *s, uint32_t key);
void keyset_add(struct keyset *s, uint32_t key);
void keyset_remove(struct keyset *s, uint32_t key);

/* From now on this is served.  True if it differs from what was. */
bool world_put(struct versions *vs, const struct version *v, int64_t now,
    int64_t lag);
const struct version *world_current(const struct versions *vs);

/* NULL, or what some resolver would find bogus at now (static text). */
const char *world_check(struct world *w, int64_t now);

#endif
