/*
 * What kasp.xml, signconf and conf.xml ask of a signed zone.  Read here, with
 * libxml2, and not by the signing side's modules: a value that one of them
 * misreads shows as a finding.
 */
#ifndef POLICY_H
#define POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diag.h"

#define POLICY_KEYS_MAX 64
#define POLICY_SALT_MAX 255

enum serial_mode { SERIAL_UNKNOWN, SERIAL_KEEP, SERIAL_OTHER };

/* A key of signconf. */
struct policy_key {
	uint16_t flags;
	uint8_t algorithm;
	bool ksk, zsk, publish;
	bool lost;	     /* ours: see signconf.xml(5) */
	uint8_t *public_key; /* ours: of the DNSKEY, or NULL; owned */
	size_t public_size;
};

/* A KSK or ZSK block of kasp.xml. */
struct policy_block {
	bool ksk;
	uint8_t algorithm;
	uint32_t bits;	  /* 0: any */
	int64_t lifetime; /* 0: for ever */
	uint32_t standby;
};

struct policy {
	bool signconf, kasp; /* which of them was read */

	/* Of kasp.xml where both have them; seconds. */
	int64_t resign, refresh, validity, validity_denial, validity_keys;
	int64_t jitter, inception_offset;
	int64_t dnskey_ttl, soa_ttl, soa_minimum;
	enum serial_mode serial;
	bool nsec3, opt_out;
	uint8_t nsec3_algorithm;
	uint16_t iterations;
	int64_t propagation; /* of the zone; -1: not known */
	bool partial;	     /* <Audit><Partial/> */

	uint8_t salt[POLICY_SALT_MAX]; /* of signconf */
	size_t salt_size;
	struct policy_key key[POLICY_KEYS_MAX];
	size_t keys;

	size_t salt_length; /* of kasp.xml */
	struct policy_block block[POLICY_KEYS_MAX];
	size_t blocks;
	int64_t interval; /* of conf.xml's enforcer; 0: not known */
};

/* All start from policy_init().  -1: STATUS_USAGE or STATUS_SYSTEM. */
void policy_init(struct policy *p);
/* zone, when not NULL, is set to the zone's name, owned by the caller. */
int policy_signconf(struct policy *p, const char *path, char **zone,
    struct diag *d);

/* After policy_signconf(): name is the policy's. */
int policy_kasp(struct policy *p, const char *path, const char *name,
    struct diag *d);
void policy_free(struct policy *p);

/* A zone of the zone list.  Strings are owned. */
struct listed_zone {
	char *name, *policy, *signconf, *input, *output;
};

struct configuration {
	char *kasp, *zonelist; /* paths */
	int64_t interval;
	struct listed_zone *zone;
	size_t zones;
};

int configuration_read(struct configuration *c, const char *path,
    struct diag *d);
void configuration_free(struct configuration *c);

#endif
