/*
 * signconf/ZONE.xml: which keys sign what in a zone, and for how long.
 * Written by keystate, read by sign-rrsets, audit-zone and resign; the
 * elements are OpenDNSSEC 1.1's (interfaces §3), ours on top.
 */
#ifndef SIGNCONF_H
#define SIGNCONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diag.h"

#define SIGNCONF_ID_SIZE     65	 /* SHA-256 in hex and a NUL */
#define SIGNCONF_LOCATOR_MAX 128 /* hex digits of a CKA_ID */
#define SIGNCONF_KEYS_MAX    64	 /* in one zone */
#define SIGNCONF_SALT_MAX    255 /* octets (RFC 5155 §3.1.4) */

enum signconf_serial {
	SIGNCONF_COUNTER,
	SIGNCONF_DATECOUNTER,
	SIGNCONF_UNIXTIME,
	SIGNCONF_KEEP,
};

enum signconf_audit {
	SIGNCONF_AUDIT_NONE,
	SIGNCONF_AUDIT_FULL,
	SIGNCONF_AUDIT_PARTIAL,
};

struct signconf_key {
	uint16_t flags; /* 257: SEP, 256 */
	uint8_t algorithm;
	char *locator;	  /* CKA_ID, lower case hex, even length */
	char *repository; /* ours: conf.xml's name, or NULL: search all */
	char *public_key; /* ours: DNSKEY public key in base64, or NULL */
	bool ksk;	  /* signs the DNSKEY RRset */
	bool zsk;	  /* signs all the rest */
	bool publish;	  /* stands in the DNSKEY RRset */
	bool compromised; /* ours: keep no signature that it made */
	bool lost; /* ours, a KSK: keep that of the DNSKEY RRset while valid */
};

struct signconf {
	char *zone;		 /* absolute canonical text (name.h) */
	int64_t resign, refresh; /* seconds, as all durations here */
	int64_t validity_default;
	int64_t validity_denial; /* NSEC, NSEC3; = default if not stated */
	int64_t validity_keys;	 /* DNSKEY, CDS, CDNSKEY; likewise */
	int64_t jitter;
	int64_t inception_offset; /* before now; a minus sign is dropped */

	bool nsec3;
	bool opt_out;
	uint8_t nsec3_algorithm;
	uint16_t iterations;
	uint8_t salt[SIGNCONF_SALT_MAX];
	size_t salt_len;
	uint32_t nsec3param_ttl;

	uint32_t dnskey_ttl;
	struct signconf_key *keys;
	size_t key_count;

	uint32_t soa_ttl, soa_minimum;
	enum signconf_serial serial;
	enum signconf_audit audit;

	char id[SIGNCONF_ID_SIZE]; /* of the bytes read or written */
};

/*
 * Read the file at path.  *out is the caller's, freed with signconf_free().
 * -1: STATUS_SYSTEM (cannot be read), STATUS_USAGE (file:line: element: what).
 */
int signconf_read(struct signconf **out, const char *path, struct diag *d);

void signconf_free(struct signconf *sc);

/*
 * The canonical text of sc in *text (malloc'd, *len bytes), and its id in id.
 * Equal contents give equal bytes.  -1: STATUS_SYSTEM (no memory).
 */
int signconf_text(const struct signconf *sc, char **text, size_t *len,
    char id[SIGNCONF_ID_SIZE], struct diag *d);

/*
 * Put the canonical text at path, mode 0644, atomically, unless the file holds
 * these bytes already.  *changed says which; id as in signconf_text().
 * -1: STATUS_SYSTEM; the file is then what it was.
 */
int signconf_write(const struct signconf *sc, const char *path, bool *changed,
    char id[SIGNCONF_ID_SIZE], struct diag *d);

/* "counter", "datecounter", "unixtime", "keep". */
const char *signconf_serial_name(enum signconf_serial serial);

#endif
