/*
 * ECDSA verification on P-256 (FIPS 186-4 §6.4) where many signatures are by
 * few keys: multiples of a key's point are kept, and more of them the more the
 * key is used.  OpenSSL keeps such a table for the curve's generator only.
 *
 * Measured, one core of a busy EPYC, us a signature: ECDSA_do_verify of OpenSSL
 * 3.0.22 47; here 19 for a key's first 200, and 60 once before them; 12 beyond,
 * and some 1,500 once.
 *
 * For public numbers only: its time depends on them.  It is sure of what it
 * accepts; what it does not accept, OpenSSL should be asked about, so that an
 * error of ours is slow, not wrong.
 */
#ifndef P256VERIFY_H
#define P256VERIFY_H

#include <stddef.h>
#include <stdint.h>

#define P256_SIZE 32 /* octets of a number and of SHA-256 */

/* A point that signatures are verified with: the generator, or a public key. */
struct p256point;

/*
 * xy: its 2 * P256_SIZE octets, or NULL for the generator.  NULL: not a point
 * of the curve, no memory, or a machine whose compiler has no 128-bit numbers.
 */
struct p256point *p256point_new(const uint8_t *xy);
void p256point_free(struct p256point *point); /* NULL is allowed */

/*
 * Is signature, r | s, one of digest by the key?  inverse is 1 / s modulo the
 * order, from p256_inverses(), and is not trusted; NULL: it is made here.
 * 1: yes; 0: not that it could see, or no memory.
 */
int p256verify(struct p256point *generator, struct p256point *key,
    const uint8_t digest[P256_SIZE], const uint8_t signature[2 * P256_SIZE],
    const uint8_t *inverse);

/*
 * Each of count numbers, P256_SIZE octets, is replaced by its inverse modulo
 * the order, for the price of one; a number that has none by anything.
 * -1: no memory, or no 128-bit numbers; they are as they were.
 */
int p256_inverses(uint8_t (*numbers)[P256_SIZE], size_t count);

#endif
