/* What signer.c and signer_keys.c share: the state of a run and of a zone. */
#ifndef SIGNER_IMPL_H
#define SIGNER_IMPL_H

#include "cut.h"
#include "decide.h"
#include "name.h"
#include "previous.h"
#include "signer.h"

#define HELD_MAX 64 /* sets of an apex up to DNSKEY: at most 48 types */

/* The first expiration of a signature over the SOA. */
struct soa_end {
	bool any;
	uint32_t expiration;
};

struct zone_state {
	char name[NAME_TEXT_MAX];
	size_t name_len;
	struct times times;
	struct zone_keys keys;
	struct decision_rules rules;
	bool ready; /* keys are matched, and being proven */
	struct previous *previous;

	struct rrset set;	     /* being put together */
	struct rrset held[HELD_MAX]; /* of the owner, until it is known */
	size_t held_count;
	struct cut cut; /* at the owner of set */
	unsigned rank;	/* of set's type, to see that the next is higher */

	struct batch batch;
	struct text kept;
	struct outcome total;
	uint64_t kept_submitted, dropped_here;
	bool changed, soa_seen;
	bool verify; /* what is made or kept: no audit in full follows */
	uint32_t serial, dnskey_ttl, negative_ttl;
	struct soa_end soa_end, soa_end_old; /* of this SOA; of the published one */
};

struct signer {
	const struct signer_options *o;
	bool batch;
	struct keyring *ring;
	struct repository_list repositories;
	struct pool *pool;
	struct key_fact *facts; /* of the ring's keys */
	size_t fact_count, base_count; /* base_count: the command line's */
	struct zone_keys base; /* the keys of the command line */
	uint16_t only;	       /* 0: all types */
	uint64_t seed;
	bool broken; /* a worker died: the run is over */
	struct zone_state z;
};

/* Want the keys of the command line, and read the PINs: before the fork. */
int signer_keys_want(struct signer *s, struct diag *d);

/* Have the workers open them. */
int signer_keys_open(struct signer *s, struct diag *d);

/*
 * The keys and the times of the zone that begins: from its signconf, or the
 * command line.
 */
int signer_keys_zone(struct signer *s, const struct zonetext_keys *header,
    struct diag *d);

/*
 * Match them with the apex DNSKEY RRset (or NULL), and have them proven: that
 * they are not is said with the first batch.
 */
int signer_keys_ready(struct signer *s, const struct rrset *dnskeys,
    struct diag *d);

#endif
