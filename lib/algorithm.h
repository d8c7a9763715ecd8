/*
 * DNSSEC algorithms as a table: number, mnemonic, key kind, digest, sizes
 * (IANA "DNS Security Algorithm Numbers"; RFC 8624 for the status).
 */
#ifndef ALGORITHM_H
#define ALGORITHM_H

#include <stddef.h>
#include <stdint.h>

enum key_kind {
	KEY_RSA,
	KEY_P256,
	KEY_P384,
	KEY_ED25519,
	KEY_ED448,
};

enum algorithm_digest {
	DIGEST_NONE, /* EdDSA signs the data itself */
	DIGEST_SHA1,
	DIGEST_SHA256,
	DIGEST_SHA384,
	DIGEST_SHA512,
};

enum algorithm_status {
	ALGORITHM_CURRENT, /* signs */
	ALGORITHM_OLD,	   /* 5 and 7: signs, the caller warns */
};

struct algorithm {
	uint8_t number;
	const char *mnemonic; /* "ECDSAP256SHA256" */
	enum key_kind kind;
	enum algorithm_digest digest;
	uint16_t signature_size; /* octets; RSA: 0, that of the modulus */
	uint16_t public_size;	 /* octets in DNSKEY; RSA: 0, it varies */
	enum algorithm_status status;
};

/* The row of 5, 7, 8, 10, 13, 14, 15 or 16; NULL for all others. */
const struct algorithm *algorithm_by_number(unsigned number);

/* As above from "13" or a mnemonic in any case, "RSASHA1-NSEC3-SHA1". */
const struct algorithm *algorithm_by_text(const char *s, size_t len);

/* What a key is for when nobody says: 8 for RSA, else the only one. */
const struct algorithm *algorithm_default(enum key_kind kind);

/* "RSA", "ECDSA" (both curves), "Ed25519", "Ed448"; never NULL. */
const char *key_kind_name(enum key_kind kind);

#endif
