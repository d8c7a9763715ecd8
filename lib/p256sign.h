/*
 * ECDSA on P-256 with SHA-256, many signatures at once: the two inversions
 * that make up half of the time of one signature are done once for all.
 * The nonces are those of RFC 6979, so a signature depends on key and data
 * only: two runs give the same zone, and no random number can be a bad one.
 */
#ifndef P256SIGN_H
#define P256SIGN_H

#include <openssl/ec.h>
#include <stddef.h>
#include <stdint.h>

#define P256SIGN_BATCH	   64 /* at most at once */
#define P256SIGN_HASH	   32
#define P256SIGN_SIGNATURE 64

struct p256sign;

/*
 * Buffers and constants, 20 KB, that any number of keys share.  Nothing is kept
 * from one call to the next, so they may be used on both sides of a fork.
 * -1: no memory.
 */
int p256sign_new(struct p256sign **out);

/*
 * Sign n digests (n * 32 octets, n from 1 to P256SIGN_BATCH) with the private
 * key in ec into n signatures r | s (n * 64 octets; RFC 6605 §4).
 * -1: OpenSSL failed, no memory; the error is in its queue.
 */
int p256sign_make(struct p256sign *p, EC_KEY *ec, const uint8_t *hash,
    size_t n, uint8_t *sig);

void p256sign_free(struct p256sign *p); /* wipes; NULL is allowed */

#endif
