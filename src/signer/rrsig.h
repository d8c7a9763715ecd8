/*
 * The RDATA of an RRSIG as the stream writes it (RFC 4034 §3.2), split.
 */
#ifndef RRSIG_H
#define RRSIG_H

#include <stddef.h>
#include <stdint.h>

#include "diag.h"

struct rrsig {
	uint16_t covered;
	uint8_t algorithm;
	uint8_t labels;
	uint32_t original_ttl;
	uint32_t expiration, inception; /* RFC 1982 numbers (RFC 4034 §3.1.5) */
	uint16_t tag;
	const char *signer; /* points into the text */
	size_t signer_len;
	const char *signature; /* base64 */
	size_t signature_len;
};

/* -1: STATUS_BAD: not an RRSIG as the stream writes it. */
int rrsig_split(const char *rdata, size_t len, struct rrsig *out,
    struct diag *d);

/* a - b in RFC 1982 arithmetic. */
int64_t serial_difference(uint32_t a, uint32_t b);

#endif
