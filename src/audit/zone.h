/*
 * What is known of the zone that is judged once its apex has been read; the
 * workers only read it.
 */
#ifndef ZONE_H
#define ZONE_H

#include "batch.h"
#include "keys.h"
#include "policy.h"
#include "rdata.h"
#include "settings.h"
#include "wname.h"

#define SALT_MAX 255
/* RFC 5155 §10.3: for keys of 2048 bits.  More is an error and not hashed. */
#define ITERATIONS_HASHED 500

struct chain {
	uint8_t algorithm;
	uint16_t iterations;
	uint8_t salt_size, salt[SALT_MAX];
};

/* Are names hashed for that chain? */
static inline bool
chain_hashed(const struct chain *c)
{
	return c->algorithm == 1 && c->iterations <= ITERATIONS_HASHED;
}

#define DIGESTS_MAX 16

/* A ZONEMD record. */
struct zone_digest {
	uint32_t serial;
	uint8_t scheme, algorithm, size;
	uint8_t bytes[64];
	struct place at;
};

struct zone {
	const struct settings *set;
	const struct rtypes *types;
	uint8_t apex[WNAME_MAX];
	unsigned apex_labels;

	const struct policy *policy; /* or NULL */
	bool partial;		     /* verify a sample of the owners */
	bool insecure;		     /* it is meant to be unsigned */
	bool unaided; /* no key that caches know is left to sign with */
	bool compared, input_signed; /* with an unsigned zone */
	uint64_t input_keys;	     /* its DNSKEYs */
	uint32_t dnskey_ttl;
	struct place dnskey_at;

	bool soa_known;
	uint32_t soa_ttl, serial, expire, minimum;
	struct place soa_at;
	uint8_t soa_mname[WNAME_MAX];
	uint32_t denial_ttl; /* RFC 9077 */

	struct keyset keys;
	uint64_t published; /* keys of the DNSKEY set */
	uint64_t usable;    /* of those: ZONE bit, protocol 3 */
	bool signed_;	    /* there is a DNSKEY */
	uint8_t algorithms[KEYS_MAX]; /* each must sign everything */
	size_t algorithms_count;
	bool algorithm_known[256]; /* in the DNSKEY set at all */
	bool standby_algorithm[256]; /* signconf has only standby keys of it */

	bool stream; /* comes in the order of zonetext(5) */
	bool nsec;   /* the apex has one */
	struct chain chain[CHAINS_MAX];
	size_t chains;
	struct zone_digest digest[DIGESTS_MAX];
	size_t digests;
};

/* RFC 1982 arithmetic: the moment nearest to now that t stands for. */
static inline int64_t
moment_near(uint32_t t, int64_t now)
{
	return now + (int32_t)(t - (uint32_t)now);
}

#endif
