/*
 * What RDATA of each type consists of: one row a type, one field a column.
 * Checking, lower-casing, writing as text and (where libzscanner cannot)
 * reading from text all go by these rows.
 */
#ifndef RRFIELDS_H
#define RRFIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rrfield {
	RRF_END,
	RRF_U8,
	RRF_U16,
	RRF_U32,
	RRF_U64,	/* decimal */
	RRF_TIME,	/* 32 bits as YYYYMMDDHHMMSS (RFC 4034 §3.2) */
	RRF_TYPE,	/* 16 bits as a type */
	RRF_CERT,	/* 16 bits: certificate type (RFC 4398 §2.1) */
	RRF_A,
	RRF_AAAA,
	RRF_LOCATOR,	/* 64 bits as x:x:x:x (RFC 6742 §2.1.2) */
	RRF_EUI48,	/* RFC 7043 */
	RRF_EUI64,
	RRF_NAME,	/* signed in the case it stands in */
	RRF_LOWER_NAME,	/* lower case when signed: RFC 4034 §6.2, 6840 §5.1 */
	RRF_NAMES,	/* any number of names, to the end */
	RRF_STRING,	/* <character-string> */
	RRF_TAG,	/* the same, not quoted (RFC 8659 §4.1.1) */
	RRF_STRINGS,	/* one or more, to the end */
	RRF_STRING2,	/* one or two, to the end */
	RRF_LONG,	/* octets to the end, quoted (RFC 7553, RFC 8659) */
	RRF_HEX,	/* to the end, at least one octet */
	RRF_HEX0,	/* to the end, may be empty */
	RRF_BASE64,	/* to the end, at least one octet */
	RRF_BASE64_0,	/* to the end, may be empty; "-" stands for that */
	RRF_SALT,	/* length and octets; "-" for none (RFC 5155 §3.3) */
	RRF_HASH,	/* length and octets in base32hex (RFC 5155 §3.3) */
	RRF_BITMAP,	/* types, to the end (RFC 4034 §4.1.2) */
	RRF_NSAP,	/* to the end, 0x and dots (RFC 1706 §6) */
	RRF_ATMA,	/* to the end (ATM Forum af-dans-0152) */
	RRF_GATEWAY,	/* precedence, kind, algorithm, gateway (RFC 4025) */
	RRF_RELAY,	/* precedence, D and kind, relay (RFC 8777 §4.2) */
	RRF_HIP,	/* lengths, algorithm, HIT, key (RFC 8005 §5) */
	RRF_LOC,	/* RFC 1876 */
	RRF_APL,	/* RFC 3123 */
	RRF_PARAMS,	/* SvcParams (RFC 9460) */
	RRF_SCHEME,	/* 8 bits, NOTIFY is 1 (RFC 9859 §2.2) */
	RRF_SINK,	/* two or three numbers, base64 */
	RRF_IPN,	/* one or two numbers in 64 bits */
	RRF_OPAQUE,	/* no text but RFC 3597's */
};

#define RRFIELDS_MAX 9

struct rrfields {
	uint8_t field[RRFIELDS_MAX + 1]; /* ended by RRF_END */
};

/* The row of a type; a row of RRF_OPAQUE for one without. */
const struct rrfields *rrfields_of(uint16_t type);

/*
 * The length in octets of the field that starts at rdata, or -1 when it does
 * not fit into left octets or is malformed.  A field that reaches to the end
 * has the length left.
 */
int rrfields_length(enum rrfield field, const uint8_t *rdata, size_t left);

/*
 * Is rdata well-formed for its type, nothing missing and nothing left over?
 * With lower, names that are signed in lower case are lowered in place.
 */
bool rrfields_check(uint16_t type, const uint8_t *rdata, size_t len);
void rrfields_lower(uint16_t type, uint8_t *rdata, size_t len);

#endif
