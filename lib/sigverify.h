/*
 * Does a signature verify under a public key?  Public data only, and no key
 * store behind it: the judge must not depend on what it judges.
 */
#ifndef SIGVERIFY_H
#define SIGVERIFY_H

#include <stddef.h>
#include <stdint.h>

#include "algorithm.h"
#include "diag.h"

struct sigverify;

/*
 * Prepare for many signatures of one key: pub is the key material of its
 * DNSKEY.  The caller owns *out; one process, one thread at a time; it may be
 * used on both sides of a fork.
 * -1: STATUS_BAD if pub is no key of that algorithm, STATUS_SYSTEM.
 */
int sigverify_new(struct sigverify **out, const struct algorithm *alg,
    const uint8_t *pub, size_t pub_size, struct diag *d);

/*
 * sig is the signature field of the RRSIG, data what it signs (RFC 4034
 * §3.1.8.1).  1: it verifies; 0: it does not; -1: STATUS_SYSTEM.
 */
int sigverify_check(struct sigverify *v, const void *data, size_t len,
    const uint8_t *sig, size_t sig_len, struct diag *d);

void sigverify_free(struct sigverify *v); /* NULL is allowed */

#endif
