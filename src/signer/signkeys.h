/*
 * The keys of one zone: which key signs what, and which DNSKEY it is.
 * Public facts only; private keys are opened in the workers.
 */
#ifndef SIGNKEYS_H
#define SIGNKEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "batch.h"
#include "dnskey.h"

#define NO_RING SIZE_MAX

struct zone_key {
	size_t ring; /* index in the keyring, or NO_RING: verifies only */
	uint8_t algorithm;
	uint16_t flags;
	uint16_t tag;
	bool ksk;	   /* signs DNSKEY, CDS, CDNSKEY */
	bool zsk;	   /* signs all the rest */
	bool publish;	   /* must stand in the DNSKEY RRset */
	bool compromised;  /* nothing that it signed is kept */
	bool lost;	   /* its signature of DNSKEY is kept while valid */
	bool in_zone;	   /* stands in the DNSKEY RRset */
	bool in_previous;  /* stood in the previous one with these octets */
	uint8_t pub[DNSKEY_PUBLIC_MAX];
	size_t pub_size;
};

struct zone_keys {
	size_t count;
	struct zone_key key[ZONE_KEYS_MAX];
};

/* What the command line allows. */
struct key_rules {
	bool allow_unpublished;	    /* a signing key not in the DNSKEY RRset */
	bool allow_unsigned;	    /* a DNSKEY algorithm that no key signs */
};

/*
 * Match the keys with the DNSKEY RRset dnskeys (lines of the stream; NULL: the
 * zone has none).  Sets tag, flags and in_zone; adds the other DNSKEYs as keys
 * that only verify.
 * -1: STATUS_BAD: a key that must be published is not, an algorithm of the set
 * has no KSK or no ZSK (RFC 4035 §2.2, RFC 6840 §5.11), two keys of one tag
 * and algorithm, too many keys.
 */
int zone_keys_match(struct zone_keys *keys, const struct rrset *dnskeys,
    const struct key_rules *rules, struct diag *d);

/* Set in_previous from the previous zone's DNSKEY RRset, which may be NULL. */
int zone_keys_compare(struct zone_keys *keys, const struct rrset *previous,
    struct diag *d);

/* The key of that tag and algorithm, or -1. */
int zone_keys_find(const struct zone_keys *keys, uint16_t tag,
    uint8_t algorithm);

/* "TAG/ALG,TAG/ALG" of the keys in the bit set, for the facts on ";end". */
void zone_keys_list(const struct zone_keys *keys, uint32_t set, char *buf,
    size_t size);

#endif
