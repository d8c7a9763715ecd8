#define OPENSSL_SUPPRESS_DEPRECATED
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/obj_mac.h>

#include "ecdsa.h"

#define HALF_MAX 48 /* P-384's */

struct ecdsa_key {
	int nid;
	uint8_t point[2 * HALF_MAX]; /* as it was given */
	size_t half; /* octets of r and of s */
	struct p256point *p256; /* or NULL */
	EC_KEY *key; /* beside p256 only when OpenSSL had to be asked */
};

void
ecdsa_key_free(struct ecdsa_key *k)
{
	if (k == NULL)
		return;
	EC_KEY_free(k->key);
	p256point_free(k->p256);
	free(k);
}

/*
 * The curves' cofactor is 1, so a point on the curve is a good public key:
 * EC_KEY_check_key() would multiply it by the order for nothing.  OpenSSL
 * reduces coordinates, FIPS 186-4 §D.1 and SEC 1 §3.2.2.1 refuse large ones.
 */
static bool
set_point(EC_KEY *key, const BIGNUM *x, const BIGNUM *y)
{
	const EC_GROUP *group = EC_KEY_get0_group(key);
	EC_POINT *point = EC_POINT_new(group);
	BIGNUM *p = BN_new();
	const bool good = point != NULL && p != NULL &&
	    EC_GROUP_get_curve(group, p, NULL, NULL, NULL) == 1 &&
	    BN_cmp(x, p) < 0 && BN_cmp(y, p) < 0 &&
	    EC_POINT_set_affine_coordinates(group, point, x, y, NULL) == 1 &&
	    EC_KEY_set_public_key(key, point) == 1;

	BN_free(p);
	EC_POINT_free(point);
	return good;
}

/* OpenSSL's form of the key. */
static int
load(struct ecdsa_key *k)
{
	BIGNUM *x = BN_bin2bn(k->point, (int)k->half, NULL);
	BIGNUM *y = BN_bin2bn(k->point + k->half, (int)k->half, NULL);

	k->key = EC_KEY_new_by_curve_name(k->nid);
	if (k->key != NULL &&
	    (x == NULL || y == NULL || !set_point(k->key, x, y))) {
		EC_KEY_free(k->key);
		k->key = NULL;
	}
	BN_free(x);
	BN_free(y);
	return k->key == NULL ? -1 : 0;
}

struct ecdsa_key *
ecdsa_key_new(int nid, const uint8_t *point, size_t size)
{
	struct ecdsa_key *k = calloc(1, sizeof(*k));

	if (k == NULL)
		return NULL;
	k->nid = nid;
	k->half = nid == NID_X9_62_prime256v1 ? P256_SIZE : HALF_MAX;
	if (size != 2 * k->half)
		goto fail;
	memcpy(k->point, point, size);
	if (nid == NID_X9_62_prime256v1)
		k->p256 = p256point_new(point);
	if (k->p256 == NULL && load(k) == -1)
		goto fail;
	return k;
fail:
	ecdsa_key_free(k);
	return NULL;
}

bool
ecdsa_key_is(const struct ecdsa_key *k, int nid, const uint8_t *point,
    size_t size)
{
	return k->nid == nid && size == 2 * k->half &&
	    memcmp(k->point, point, size) == 0;
}

/* OpenSSL's own verification: the last word on every refusal. */
static int
check_plainly(struct ecdsa_key *k, const uint8_t *digest,
    size_t digest_size, const uint8_t *signature)
{
	ECDSA_SIG *sig;
	BIGNUM *r, *s;
	int rc = 0;

	if (k->key == NULL && load(k) == -1)
		return 0;
	sig = ECDSA_SIG_new();
	r = BN_bin2bn(signature, (int)k->half, NULL);
	s = BN_bin2bn(signature + k->half, (int)k->half, NULL);
	if (sig == NULL || r == NULL || s == NULL ||
	    ECDSA_SIG_set0(sig, r, s) != 1) {
		BN_free(r);
		BN_free(s);
	} else {
		rc = ECDSA_do_verify(digest, (int)digest_size, sig,
		    k->key) == 1;
	}
	ECDSA_SIG_free(sig);
	return rc;
}

int
ecdsa_check(struct ecdsa_key *k, struct p256point *generator,
    const uint8_t *digest, size_t digest_size, const uint8_t *signature,
    size_t signature_size, const uint8_t *inverse)
{
	if (signature_size != 2 * k->half)
		return 0;
	if (k->p256 != NULL && generator != NULL && digest_size == P256_SIZE &&
	    p256verify(generator, k->p256, digest, signature, inverse))
		return 1;
	return check_plainly(k, digest, digest_size, signature);
}
