/*
 * DNSKEY RDATA and what follows from it: key tag, DS (RFC 4034, 4509, 6605).
 * Public data only.
 */
#ifndef DNSKEY_H
#define DNSKEY_H

#include <stddef.h>
#include <stdint.h>

#include "diag.h"

/* 4096-bit modulus, its exponent (up to 16 octets here) and the lengths. */
#define DNSKEY_PUBLIC_MAX 544
#define DNSKEY_RDATA_MAX  (4 + DNSKEY_PUBLIC_MAX)
#define DS_DIGEST_MAX	  48
#define DS_RDATA_MAX	  (4 + DS_DIGEST_MAX)

enum {
	DNSKEY_ZONE = 256,   /* RFC 4034 §2.1.1 */
	DNSKEY_REVOKE = 128, /* RFC 5011 §3 */
	DNSKEY_SEP = 1,
};

enum {
	DS_SHA1 = 1,
	DS_SHA256 = 2,
	DS_SHA384 = 4,
};

/*
 * Flags, protocol 3, algorithm, key material.  pub_size is at most
 * DNSKEY_PUBLIC_MAX.  Returns the length.
 */
size_t dnskey_rdata(uint16_t flags, uint8_t algorithm, const uint8_t *pub,
    size_t pub_size, uint8_t out[DNSKEY_RDATA_MAX]);

/* The key tag of DNSKEY RDATA of at least 4 octets (RFC 4034 app. B). */
uint16_t dnskey_tag(const uint8_t *rdata, size_t len);

/*
 * DS RDATA.  owner is a wire name in canonical form (lower case, RFC 4034
 * §5.1.4); digest is 1, 2 or 4.  *size gets the length.
 * -1: STATUS_USAGE for another digest, STATUS_SYSTEM.
 */
int dnskey_ds(const uint8_t *owner, size_t owner_len, const uint8_t *rdata,
    size_t rdata_len, uint8_t digest, uint8_t out[DS_RDATA_MAX], size_t *size,
    struct diag *d);

/* One unsigned number within RSA key material. */
struct dnskey_number {
	const uint8_t *bytes;
	size_t size;
};

/*
 * RFC 3110 §2: length of the exponent, exponent, modulus.  The numbers point
 * into pub.  -1: cut short, zero, or a leading zero octet.
 */
int dnskey_rsa_split(const uint8_t *pub, size_t pub_size,
    struct dnskey_number *exponent, struct dnskey_number *modulus);

/*
 * The reverse; leading zero octets are left out (RFC 3110 §2).
 * -1 if it does not fit DNSKEY_PUBLIC_MAX.
 */
int dnskey_rsa_join(struct dnskey_number exponent,
    struct dnskey_number modulus, uint8_t out[DNSKEY_PUBLIC_MAX],
    size_t *size);

#endif
