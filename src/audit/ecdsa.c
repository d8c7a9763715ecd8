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

/* 0 < n < order (FIPS 186-4 §6.4, first step). */
static bool
in_range(const BIGNUM *n, const BIGNUM *order)
{
	return !BN_is_zero(n) && !BN_is_negative(n) && BN_cmp(n, order) < 0;
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

/* --- many inverses --------------------------------------------------------- */

struct inverter {
	EC_GROUP *group;
	BN_MONT_CTX *mont;
	BN_CTX *ctx;
	BIGNUM **product, **number; /* in Montgomery's form */
	size_t size;
	BIGNUM *all, *next;
};

struct inverter *
inverter_new(void)
{
	struct inverter *v = calloc(1, sizeof(*v));

	if (v == NULL)
		return NULL;
	v->group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	v->mont = BN_MONT_CTX_new();
	v->ctx = BN_CTX_new();
	v->all = BN_new();
	v->next = BN_new();
	if (v->group == NULL || v->mont == NULL || v->ctx == NULL ||
	    v->all == NULL || v->next == NULL || BN_MONT_CTX_set(v->mont,
		EC_GROUP_get0_order(v->group), v->ctx) != 1) {
		inverter_free(v);
		return NULL;
	}
	return v;
}

void
inverter_free(struct inverter *v)
{
	if (v == NULL)
		return;
	for (size_t i = 0; i < v->size; i++) {
		BN_free(v->product[i]);
		BN_free(v->number[i]);
	}
	free(v->product);
	free(v->number);
	BN_free(v->all);
	BN_free(v->next);
	BN_CTX_free(v->ctx);
	BN_MONT_CTX_free(v->mont);
	EC_GROUP_free(v->group);
	free(v);
}

static int
inverter_grow(struct inverter *v, size_t count)
{
	BIGNUM **product, **number;

	if (count <= v->size)
		return 0;
	product = realloc(v->product, count * sizeof(*product));
	if (product == NULL)
		return -1;
	v->product = product;
	number = realloc(v->number, count * sizeof(*number));
	if (number == NULL)
		return -1;
	v->number = number;
	for (; v->size < count; v->size++) {
		product[v->size] = BN_new();
		number[v->size] = BN_new();
		if (product[v->size] == NULL || number[v->size] == NULL) {
			BN_free(product[v->size]);
			BN_free(number[v->size]);
			return -1;
		}
	}
	return 0;
}

/*
 * Montgomery's trick: with p[i] = n[0] ... n[i], 1/n[i] = p[i-1] * 1/p[i] and
 * 1/p[i-1] = n[i] * 1/p[i].  Numbers out of range count as 1.
 */
int
inverter_run(struct inverter *v, uint8_t (*numbers)[P256_SIZE], size_t count)
{
	const BIGNUM *order = EC_GROUP_get0_order(v->group);
	BIGNUM *n;

	if (count == 0)
		return 0;
	if (inverter_grow(v, count) == -1)
		return -1;
	for (size_t i = 0; i < count; i++) {
		n = v->number[i];
		if (BN_bin2bn(numbers[i], P256_SIZE, n) == NULL)
			return -1;
		if (!in_range(n, order) && BN_one(n) != 1)
			return -1;
		if (BN_to_montgomery(n, n, v->mont, v->ctx) != 1)
			return -1;
		if (i == 0 ? BN_copy(v->product[0], n) == NULL :
			     BN_mod_mul_montgomery(v->product[i],
				 v->product[i - 1], n, v->mont, v->ctx) != 1)
			return -1;
	}
	if (BN_from_montgomery(v->all, v->product[count - 1], v->mont,
		v->ctx) != 1 ||
	    BN_mod_inverse(v->all, v->all, order, v->ctx) == NULL ||
	    BN_to_montgomery(v->all, v->all, v->mont, v->ctx) != 1)
		return -1;
	for (size_t i = count; i-- > 0;) {
		if (i > 0 ? BN_mod_mul_montgomery(v->next, v->all,
				v->product[i - 1], v->mont, v->ctx) != 1 :
			    BN_copy(v->next, v->all) == NULL)
			return -1;
		if (BN_mod_mul_montgomery(v->all, v->all, v->number[i],
			v->mont, v->ctx) != 1 ||
		    BN_from_montgomery(v->next, v->next, v->mont,
			v->ctx) != 1 ||
		    BN_bn2binpad(v->next, numbers[i], P256_SIZE) == -1)
			return -1;
	}
	return 0;
}
