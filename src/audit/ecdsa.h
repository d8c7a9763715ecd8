/*
 * ECDSA verification (FIPS 186-4 §6.4, RFC 6605): P-256 by p256verify.h,
 * P-384 and whatever is refused by OpenSSL, which has the last word.
 */
#ifndef ECDSA_H
#define ECDSA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "p256verify.h"

struct ecdsa_key;

/* nid is the curve, point the DNSKEY's x | y.  NULL: not a point on it. */
struct ecdsa_key *ecdsa_key_new(int nid, const uint8_t *point, size_t size);
void ecdsa_key_free(struct ecdsa_key *k);

/* Is it the key of that curve and point? */
bool ecdsa_key_is(const struct ecdsa_key *k, int nid, const uint8_t *point,
    size_t size);

/*
 * signature is r | s (RFC 6605 §4).  generator, p256point_new(NULL), and
 * inverse, 1/s modulo the order of P-256 in P256_SIZE octets, save time and may
 * be NULL.  1: verifies; 0: does not.
 */
int ecdsa_check(struct ecdsa_key *k, struct p256point *generator,
    const uint8_t *digest, size_t digest_size, const uint8_t *signature,
    size_t signature_size, const uint8_t *inverse);

#endif
