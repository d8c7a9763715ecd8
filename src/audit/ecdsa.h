/*
 * ECDSA verification (FIPS 186-4 §6.4, RFC 6605) for one key and many
 * signatures.
 */
#ifndef ECDSA_H
#define ECDSA_H

#include <stddef.h>
#include <stdint.h>

struct ecdsa_key;

/* nid is the curve, point the DNSKEY's x | y.  NULL: not a point on it. */
struct ecdsa_key *ecdsa_key_new(int nid, const uint8_t *point, size_t size);
void ecdsa_key_free(struct ecdsa_key *k);

/* signature is r | s (RFC 6605 §4).  1: verifies; 0: does not. */
int ecdsa_check(struct ecdsa_key *k, const uint8_t *digest, size_t digest_size,
    const uint8_t *signature, size_t signature_size);

#endif
