/*
 * From lines of the stream to the octets that a signature signs
 * (RFC 4034 §3.1.8.1, §6.2), and from a signature to its RRSIG line.
 */
#ifndef WIRE_H
#define WIRE_H

#include "batch.h"
#include "keystore.h"

struct wire;

/* Scratch space for one worker.  -1: STATUS_SYSTEM. */
int wire_new(struct wire **out, struct diag *d);
void wire_free(struct wire *w);

/*
 * Take the RRset of an item.  -1: STATUS_BAD, with the owner and type in front:
 * RDATA that cannot be read, is not in canonical form, or records not in
 * canonical order or twice (RFC 4034 §6.3).
 */
int wire_rrset(struct wire *w, const struct item *head, const char *text,
    struct diag *d);

/* What all signatures of the set taken last share. */
struct signing {
	uint16_t tag;
	uint8_t algorithm;
	uint32_t inception, expiration;
	const uint8_t *signer; /* wire name in lower case */
	size_t signer_len;
};

/*
 * The octets to be signed; valid until the next call.  -1: STATUS_SYSTEM.
 */
int wire_tbs(struct wire *w, const struct signing *s, const uint8_t **data,
    size_t *len, struct diag *d);

/*
 * Append the RRSIG line of the item, with newline, to out.  zone is the
 * signer's name as canonical text.
 */
int wire_rrsig_line(const struct item *head, const char *text,
    const struct signing *s, const char *zone, const uint8_t *sig,
    size_t sig_len, struct text *out, struct diag *d);

/* Base64 of a signature to octets.  Returns the length, or -1. */
int wire_signature(const char *base64, size_t len, uint8_t *out, size_t max);

#endif
