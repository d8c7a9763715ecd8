/* OpenSSL's elliptic curves, set up once a process. */
#ifndef CURVE_H
#define CURVE_H

#include <openssl/ec.h>

/*
 * A new key on P-256 or P-384 (NID_X9_62_prime256v1, NID_secp384r1), as
 * EC_KEY_new_by_curve_name() makes it: that sets up the curve's numbers each
 * time, 13 us, and this copies them, 1 us.  NULL: no memory.
 */
EC_KEY *curve_key_new(int nid);

#endif
