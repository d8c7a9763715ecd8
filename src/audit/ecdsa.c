#define OPENSSL_SUPPRESS_DEPRECATED
#include <stdlib.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>

#include "ecdsa.h"


struct ecdsa_key {
	EC_KEY *key;
	size_t half; /* octets of r, of s and of the digest that counts */
};

void
ecdsa_key_free(struct ecdsa_key *k)
{
	if (k == NULL)
		return;
	EC_KEY_free(k->key);
	free(k);
}

struct ecdsa_key *
ecdsa_key_new(int nid, const uint8_t *point, size_t size)
{
	struct ecdsa_key *k = calloc(1, sizeof(*k));
	BIGNUM *x = NULL, *y = NULL;

	if (k == NULL)
		return NULL;
	k->key = EC_KEY_new_by_curve_name(nid);
	if (k->key == NULL)
		goto fail;
	k->half = (size_t)(EC_GROUP_order_bits(EC_KEY_get0_group(k->key)) / 8);
	if (size != 2 * k->half)
		goto fail;
	x = BN_bin2bn(point, (int)k->half, NULL);
	y = BN_bin2bn(point + k->half, (int)k->half, NULL);
	/* This checks that the point is on the curve. */
	if (x == NULL || y == NULL ||
	    EC_KEY_set_public_key_affine_coordinates(k->key, x, y) != 1)
		goto fail;
	BN_free(x);
	BN_free(y);
	return k;
fail:
	BN_free(x);
	BN_free(y);
	ecdsa_key_free(k);
	return NULL;
}

/* OpenSSL's own verification: the last word on every refusal. */
static int
check_plainly(struct ecdsa_key *k, const uint8_t *digest, size_t digest_size,
    const uint8_t *signature)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(signature, (int)k->half, NULL);
	BIGNUM *s = BN_bin2bn(signature + k->half, (int)k->half, NULL);
	int rc = 0;

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
ecdsa_check(struct ecdsa_key *k, const uint8_t *digest, size_t digest_size,
    const uint8_t *signature, size_t signature_size)
{
	if (signature_size != 2 * k->half)
		return 0;
	return check_plainly(k, digest, digest_size, signature);
}
