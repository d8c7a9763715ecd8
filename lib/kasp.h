/*
 * kasp.xml: the policies (interfaces §2, kasp.xml(5)).  Durations are seconds.
 */
#ifndef KASP_H
#define KASP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "signconf.h"
#include "xmlfile.h"

/* A KSK or ZSK block; one for each (type, algorithm). */
struct kasp_key {
	bool ksk; /* else ZSK */
	uint8_t algorithm;
	uint32_t bits;	  /* 0: not stated; RSA then gets KASP_RSA_BITS */
	int64_t lifetime; /* 0: for ever */
	char *repository; /* a name in conf.xml */
	uint32_t standby;
	bool manual_rollover;
	bool rfc5011; /* stored, not used */
};

#define KASP_RSA_BITS 2048
#define KASP_MAX_SHRINK 20 /* percent, where the policy says nothing */

struct kasp_server {
	char *address; /* IPv4 or IPv6 */
	uint16_t port;
};

struct kasp_policy {
	char *name;
	char *description;

	int64_t resign, refresh;
	int64_t validity_default, validity_denial, validity_keys;
	int64_t jitter, inception_offset;
	int64_t max_zone_ttl; /* 0: not stated */

	bool nsec3, opt_out;
	uint32_t nsec3param_ttl;
	int64_t resalt;
	uint8_t nsec3_algorithm;
	uint16_t iterations;
	uint8_t salt_length; /* octets */

	uint32_t dnskey_ttl;
	int64_t retire_safety, publish_safety;
	bool share_keys;
	int64_t purge;	      /* -1: never */
	struct kasp_key *key; /* in the order of the file */
	size_t key_count;

	int64_t zone_propagation_delay;
	uint32_t soa_ttl, soa_minimum;
	enum signconf_serial serial;
	struct kasp_server *served_by; /* ours: who must serve a new serial */
	size_t served_by_count;
	uint8_t max_shrink; /* ours: percent of a zone that may be gone */

	int64_t parent_propagation_delay;
	uint32_t ds_ttl, parent_soa_ttl, parent_soa_minimum;

	enum signconf_audit audit;
	long line; /* of <Policy> */
};

struct kasp {
	struct kasp_policy *policy; /* in the order of the file */
	size_t count;
};

/*
 * Read and check the file against its schema; names are unique, every policy
 * has a KSK and a ZSK block.  The caller frees with kasp_free().
 * log: where all findings go, or NULL; d gets the first error.
 * -1: STATUS_USAGE or STATUS_SYSTEM.
 */
int kasp_read(struct kasp **out, const char *path, const struct xmllog *log,
    struct diag *d);

/* The same from a parsed document; errors are noted in f, not returned. */
struct kasp *kasp_from_doc(struct xmlfile *f, xmlDoc *doc);

void kasp_free(struct kasp *kasp);

/* The policy of that name, or NULL. */
const struct kasp_policy *kasp_find(const struct kasp *kasp, const char *name);

#endif
