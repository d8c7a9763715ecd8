/*
 * src/audit/ecdsa.c against OpenSSL's EVP interface and against cases that the
 * equations make by hand.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/params.h>
#include <stdbool.h>
#include <stdint.h>

#include "../../src/audit/ecdsa.h"
#include "tap.h"

#define HALF_MAX 48
#define MANY	 210 /* verifications until a point has its comb */

struct curve {
	int nid;
	const char *name;
	size_t half;
	EC_GROUP *group;
	const BIGNUM *n, *p;
	BN_CTX *ctx;
};

/* A key of which the private half is known: Q = d G. */
struct pair {
	BIGNUM *d;
	EC_POINT *q;
	uint8_t point[2 * HALF_MAX];
	EVP_PKEY *evp;
	struct ecdsa_key *plain, *fast; /* fast has its comb */
};

static struct p256point *generator; /* has its comb, after the first pair */

static BIGNUM *
new(void)
{
	BIGNUM *n = BN_new();

	if (n == NULL)
		abort();
	return n;
}

static BIGNUM *
random_below(const BIGNUM *n)
{
	BIGNUM *r = new();

	do
		if (BN_rand_range(r, n) != 1)
			abort();
	while (BN_is_zero(r));
	return r;
}

static void
encode(const struct curve *c, const BIGNUM *a, const BIGNUM *b, uint8_t *to)
{
	if (BN_bn2binpad(a, to, (int)c->half) == -1 ||
	    BN_bn2binpad(b, to + c->half, (int)c->half) == -1)
		abort();
}

static void
point_octets(const struct curve *c, const EC_POINT *p, uint8_t *to)
{
	BIGNUM *x = new(), *y = new();

	if (EC_POINT_get_affine_coordinates(c->group, p, x, y, c->ctx) != 1)
		abort();
	encode(c, x, y, to);
	BN_free(x);
	BN_free(y);
}

/* The other reader: providers, not the EC_KEY of old. */
static EVP_PKEY *
evp_key(const struct curve *c, const uint8_t *point)
{
	uint8_t octets[1 + 2 * HALF_MAX] = { 4 };
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;
	OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
		    (char *)(uintptr_t)c->name, 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, octets,
		    1 + 2 * c->half),
		OSSL_PARAM_END
	};

	memcpy(octets + 1, point, 2 * c->half);
	if (EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static int
evp_check(const struct curve *c, EVP_PKEY *key, const uint8_t *digest,
    const uint8_t *signature)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	unsigned char *der = NULL;
	int len, rc;

	if (ECDSA_SIG_set0(sig, BN_bin2bn(signature, (int)c->half, NULL),
		BN_bin2bn(signature + c->half, (int)c->half, NULL)) != 1)
		abort();
	len = i2d_ECDSA_SIG(sig, &der);
	rc = EVP_PKEY_verify_init(ctx) == 1 &&
	    EVP_PKEY_verify(ctx, der, (size_t)len, digest, c->half) == 1;
	OPENSSL_free(der);
	ECDSA_SIG_free(sig);
	EVP_PKEY_CTX_free(ctx);
	return rc;
}

static void
pair_load(const struct curve *c, struct pair *k)
{
	uint8_t digest[HALF_MAX] = { 1 }, signature[2 * HALF_MAX] = { 1 };

	point_octets(c, k->q, k->point);
	k->evp = evp_key(c, k->point);
	k->plain = ecdsa_key_new(c->nid, k->point, 2 * c->half);
	k->fast = ecdsa_key_new(c->nid, k->point, 2 * c->half);
	ok(k->evp != NULL && k->plain != NULL && k->fast != NULL,
	    "%s: a key", c->name);
	for (int i = 0; i < MANY; i++)
		if (ecdsa_check(k->fast, generator, digest, c->half, signature,
			2 * c->half, NULL) != 0)
			abort();
}

static void
pair_new(const struct curve *c, struct pair *k)
{
	k->d = random_below(c->n);
	k->q = EC_POINT_new(c->group);
	if (EC_POINT_mul(c->group, k->q, k->d, NULL, NULL, c->ctx) != 1)
		abort();
	pair_load(c, k);
}

static void
pair_free(struct pair *k)
{
	BN_free(k->d);
	EC_POINT_free(k->q);
	EVP_PKEY_free(k->evp);
	ecdsa_key_free(k->plain);
	ecdsa_key_free(k->fast);
}

/* Without OpenSSL behind it: no table, odd multiples, combs, and mixed. */
static void
by_ourselves(const struct pair *k, const uint8_t *digest,
    const uint8_t *signature, const uint8_t *inverse, int want)
{
	struct p256point *g = p256point_new(NULL);
	struct p256point *q = p256point_new(k->point);
	int got = 0;

	if (g == NULL || q == NULL)
		abort();
	got += p256verify(g, q, digest, signature, NULL);
	got += p256verify(g, q, digest, signature, inverse);
	got += p256verify(generator, q, digest, signature, inverse);
	for (int i = 0; i < MANY; i++)
		got += p256verify(generator, q, digest, signature, inverse);
	got += p256verify(g, q, digest, signature, NULL);
	ok(got == (4 + MANY) * want, "by ourselves");
	p256point_free(g);
	p256point_free(q);
}

/* One case: with and without a comb, with no, the right and a wrong 1/s. */
static void
verdict(const struct curve *c, const struct pair *k, const BIGNUM *e,
    const BIGNUM *r, const BIGNUM *s, int want, const char *what)
{
	uint8_t digest[HALF_MAX], signature[2 * HALF_MAX];
	uint8_t inverse[HALF_MAX] = { 0 }, wrong[HALF_MAX] = { 7 };
	BIGNUM *w = new();
	int got = 0;

	if (BN_bn2binpad(e, digest, (int)c->half) == -1)
		abort();
	encode(c, r, s, signature);
	if (BN_mod_inverse(w, s, c->n, c->ctx) != NULL)
		(void)BN_bn2binpad(w, inverse, (int)c->half);
	for (int i = 0; i < 2; i++) {
		struct ecdsa_key *key = i == 0 ? k->plain : k->fast;

		got += ecdsa_check(key, generator, digest, c->half, signature,
		    2 * c->half, NULL);
		got += ecdsa_check(key, generator, digest, c->half, signature,
		    2 * c->half, inverse);
		got += ecdsa_check(key, generator, digest, c->half, signature,
		    2 * c->half, wrong);
	}
	ok(got == 6 * want, "%s: %s", c->name, what);
	if (generator != NULL && c->half == P256_SIZE)
		by_ourselves(k, digest, signature, inverse, want);
	ok(evp_check(c, k->evp, digest, signature) == want,
	    "%s: OpenSSL says so too", c->name);
	BN_free(w);
}

/* s = (e + r d) / k with r = x(k G). */
static void
sign(const struct curve *c, const struct pair *k, const BIGNUM *e, BIGNUM *r,
    BIGNUM *s)
{
	BIGNUM *nonce = random_below(c->n);
	EC_POINT *point = EC_POINT_new(c->group);

	if (EC_POINT_mul(c->group, point, nonce, NULL, NULL, c->ctx) != 1 ||
	    EC_POINT_get_affine_coordinates(c->group, point, r, NULL,
		c->ctx) != 1 ||
	    BN_nnmod(r, r, c->n, c->ctx) != 1 ||
	    BN_mod_mul(s, r, k->d, c->n, c->ctx) != 1 ||
	    BN_mod_add(s, s, e, c->n, c->ctx) != 1 ||
	    BN_mod_inverse(nonce, nonce, c->n, c->ctx) == NULL ||
	    BN_mod_mul(s, s, nonce, c->n, c->ctx) != 1)
		abort();
	BN_free(nonce);
	EC_POINT_free(point);
}

static void
test_ranges(const struct curve *c, const struct pair *k)
{
	BIGNUM *e = random_below(c->n), *r = new(), *s = new(), *x = new();
	BIGNUM *largest = new();

	sign(c, k, e, r, s);
	verdict(c, k, e, r, s, 1, "a valid signature");
	BN_sub(x, c->n, s);
	verdict(c, k, e, r, x, 1, "n - s is as valid: no low-s rule in DNSSEC");
	BN_zero(x);
	verdict(c, k, e, x, s, 0, "r = 0");
	verdict(c, k, e, r, x, 0, "s = 0");
	verdict(c, k, e, x, x, 0, "r = s = 0");
	verdict(c, k, e, c->n, s, 0, "r = n");
	verdict(c, k, e, r, c->n, 0, "s = n");
	BN_copy(x, c->n);
	BN_sub_word(x, 1);
	verdict(c, k, e, x, s, 0, "r = n - 1");
	verdict(c, k, e, r, x, 0, "s = n - 1");
	BN_add_word(x, 2);
	verdict(c, k, e, x, s, 0, "r = n + 1");
	verdict(c, k, e, r, x, 0, "s = n + 1");
	verdict(c, k, e, c->p, s, 0, "r = p");
	BN_one(x);
	verdict(c, k, e, x, x, 0, "r = s = 1");
	BN_lshift(largest, x, (int)c->half * 8);
	BN_sub_word(largest, 1);
	verdict(c, k, e, largest, s, 0, "r = all ones");
	verdict(c, k, e, r, largest, 0, "s = all ones");
	verdict(c, k, e, s, r, 0, "r and s the other way around");
	BN_mod_add(x, e, BN_value_one(), c->n, c->ctx);
	verdict(c, k, x, r, s, 0, "another digest");
	BN_zero(e);
	sign(c, k, e, r, s);
	verdict(c, k, e, r, s, 1, "a digest of zero");
	verdict(c, k, largest, r, s, 0, "and not one of all ones");
	sign(c, k, largest, r, s);
	verdict(c, k, largest, r, s, 1, "a digest above n");
	BN_free(e);
	BN_free(r);
	BN_free(s);
	BN_free(x);
	BN_free(largest);
}

/* u1 G and u2 Q that are opposite, or the same. */
static void
test_sums(const struct curve *c, const struct pair *k)
{
	BIGNUM *e = new(), *r = new(), *s = random_below(c->n);
	BIGNUM *nonce = random_below(c->n);
	EC_POINT *point = EC_POINT_new(c->group);

	if (EC_POINT_mul(c->group, point, nonce, NULL, NULL, c->ctx) != 1 ||
	    EC_POINT_get_affine_coordinates(c->group, point, r, NULL,
		c->ctx) != 1 ||
	    BN_nnmod(r, r, c->n, c->ctx) != 1)
		abort();
	/* e = -r d: the sum is the point at infinity. */
	BN_mod_mul(e, r, k->d, c->n, c->ctx);
	BN_sub(e, c->n, e);
	verdict(c, k, e, r, s, 0, "a sum that is the point at infinity");
	/* e = r d and s = 2 r d / nonce: both are the same point. */
	BN_mod_mul(e, r, k->d, c->n, c->ctx);
	BN_mod_lshift1(s, e, c->n, c->ctx);
	BN_mod_inverse(nonce, nonce, c->n, c->ctx);
	BN_mod_mul(s, s, nonce, c->n, c->ctx);
	verdict(c, k, e, r, s, 1, "a sum that is a doubling");
	BN_free(e);
	BN_free(r);
	BN_free(s);
	BN_free(nonce);
	EC_POINT_free(point);
}

/*
 * A point R whose x is above n, so that r = x - n; Q = (s R - e G) / r is the
 * key of which (r, s) is a valid signature.
 */
static void
test_wrapped(const struct curve *c)
{
	BIGNUM *x = BN_dup(c->n), *r = new(), *s = random_below(c->n);
	BIGNUM *e = random_below(c->n), *minus = new(), *w = new();
	EC_POINT *big = EC_POINT_new(c->group), *sum = EC_POINT_new(c->group);
	struct pair k = { .d = NULL, .q = EC_POINT_new(c->group) };

	do
		BN_add_word(x, 1);
	while (EC_POINT_set_compressed_coordinates(c->group, big, x, 0,
	    c->ctx) != 1);
	BN_sub(r, x, c->n);
	BN_sub(minus, c->n, e);
	BN_mod_inverse(w, r, c->n, c->ctx);
	if (BN_cmp(x, c->p) >= 0 ||
	    EC_POINT_mul(c->group, sum, minus, big, s, c->ctx) != 1 ||
	    EC_POINT_mul(c->group, k.q, NULL, sum, w, c->ctx) != 1)
		abort();
	pair_load(c, &k);
	verdict(c, &k, e, r, s, 1, "an x above n, taken modulo n");
	verdict(c, &k, e, x, s, 0, "and not as it is");
	pair_free(&k);
	BN_free(x);
	BN_free(r);
	BN_free(s);
	BN_free(e);
	BN_free(minus);
	BN_free(w);
	EC_POINT_free(big);
	EC_POINT_free(sum);
}

static void
refused(const struct curve *c, const BIGNUM *x, const BIGNUM *y,
    const char *what)
{
	uint8_t point[2 * HALF_MAX];
	struct ecdsa_key *k;
	EVP_PKEY *evp;

	encode(c, x, y, point);
	k = ecdsa_key_new(c->nid, point, 2 * c->half);
	evp = evp_key(c, point);
	ok(k == NULL, "%s: no key: %s", c->name, what);
	ok(evp == NULL, "%s: nor for OpenSSL", c->name);
	ecdsa_key_free(k);
	EVP_PKEY_free(evp);
}

static void
test_keys(const struct curve *c, const struct pair *k)
{
	BIGNUM *x = new(), *y = new(), *z = new();
	EC_POINT *point = EC_POINT_new(c->group);

	for (size_t size = 0; size <= 2 * c->half + 1; size++) {
		uint8_t octets[2 * HALF_MAX + 1] = { 0 };
		struct ecdsa_key *key;

		if (size == 2 * c->half)
			continue;
		memcpy(octets, k->point, 2 * c->half);
		key = ecdsa_key_new(c->nid, octets, size);
		if (key != NULL)
			ok(0, "%s: a key of %zu octets", c->name, size);
		ecdsa_key_free(key);
	}
	refused(c, x, y, "x = y = 0");
	EC_POINT_get_affine_coordinates(c->group, k->q, x, y, c->ctx);
	BN_add_word(y, 1);
	refused(c, x, y, "a point beside the curve");
	BN_sub_word(y, 1);
	refused(c, y, x, "x and y the other way around");
	refused(c, c->p, y, "x = p");
	refused(c, x, c->p, "y = p");
	/* A small x has another form, x + p, in as many octets. */
	BN_zero(x);
	do
		BN_add_word(x, 1);
	while (EC_POINT_set_compressed_coordinates(c->group, point, x, 0,
	    c->ctx) != 1);
	EC_POINT_get_affine_coordinates(c->group, point, x, y, c->ctx);
	BN_add(z, x, c->p);
	ok((size_t)BN_num_bytes(z) == c->half, "%s: x + p fits", c->name);
	refused(c, z, y, "x + p for x");
	BN_free(x);
	BN_free(y);
	BN_free(z);
	EC_POINT_free(point);
}

static void
test_sizes(const struct curve *c, const struct pair *k)
{
	uint8_t digest[HALF_MAX] = { 9 }, signature[2 * HALF_MAX + 1] = { 0 };
	BIGNUM *e = BN_bin2bn(digest, (int)c->half, NULL);
	BIGNUM *r = new(), *s = new();
	int accepted = 0;

	sign(c, k, e, r, s);
	encode(c, r, s, signature);
	for (size_t size = 0; size <= 2 * c->half + 1; size++)
		if (ecdsa_check(k->fast, generator, digest, c->half, signature, size,
			NULL) == 1)
			accepted += size == 2 * c->half ? 1 : 100;
	ok(accepted == 1, "%s: a signature of its size only", c->name);
	BN_free(e);
	BN_free(r);
	BN_free(s);
}

/* Signatures and keys at random, each with one bit changed too. */
static void
test_random(const struct curve *c, const struct pair *k)
{
	int differ = 0;

	for (unsigned i = 0; i < 300; i++) {
		BIGNUM *e = random_below(c->n), *r = new(), *s = new();
		uint8_t digest[HALF_MAX], signature[2 * HALF_MAX];
		struct ecdsa_key *key = i % 2 == 0 ? k->plain : k->fast;

		sign(c, k, e, r, s);
		(void)BN_bn2binpad(e, digest, (int)c->half);
		encode(c, r, s, signature);
		differ += ecdsa_check(key, generator, digest, c->half, signature,
		    2 * c->half, NULL) != 1;
		signature[i * 7 % (2 * c->half)] ^= (uint8_t)(1 << i % 8);
		differ += ecdsa_check(key, generator, digest, c->half, signature,
		    2 * c->half, NULL) !=
		    evp_check(c, k->evp, digest, signature);
		BN_free(e);
		BN_free(r);
		BN_free(s);
	}
	ok(differ == 0, "%s: 300 signatures, right and with a bit changed",
	    c->name);
}

static void
test_curve(struct curve *c)
{
	struct pair k;
	BIGNUM *p = new();

	c->group = EC_GROUP_new_by_curve_name(c->nid);
	c->ctx = BN_CTX_new();
	c->n = EC_GROUP_get0_order(c->group);
	EC_GROUP_get_curve(c->group, p, NULL, NULL, c->ctx);
	c->p = p;
	pair_new(c, &k);
	test_ranges(c, &k);
	test_sums(c, &k);
	test_wrapped(c);
	test_keys(c, &k);
	test_sizes(c, &k);
	test_random(c, &k);
	pair_free(&k);
	BN_free(p);
	BN_CTX_free(c->ctx);
	EC_GROUP_free(c->group);
}

/* Montgomery's trick on numbers of which some have no inverse. */
static void
test_inverses(void)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	const BIGNUM *n = EC_GROUP_get0_order(group);
	BN_CTX *ctx = BN_CTX_new();
	static uint8_t numbers[200][P256_SIZE], before[200][P256_SIZE];
	BIGNUM *x = new();
	int wrong = 0;

	ok(p256_inverses(numbers, 0) == 0, "no numbers");
	for (unsigned count = 1; count <= 200; count += 33) {
		for (unsigned i = 0; i < count; i++) {
			BIGNUM *r = random_below(n);

			if (i % 11 == 3)
				BN_zero(r);
			if (i % 11 == 5)
				BN_copy(r, n);
			if (i % 11 == 6)
				BN_one(r);
			if (i % 11 == 7)
				BN_sub(r, n, BN_value_one());
			(void)BN_bn2binpad(r, numbers[i], P256_SIZE);
			if (i % 11 == 8)
				memset(numbers[i], 0xff, P256_SIZE);
			BN_free(r);
		}
		memcpy(before, numbers, sizeof(before));
		wrong += p256_inverses(numbers, count) != 0;
		for (unsigned i = 0; i < count; i++) {
			BIGNUM *a = BN_bin2bn(before[i], P256_SIZE, NULL);
			BIGNUM *b = BN_bin2bn(numbers[i], P256_SIZE, NULL);

			/* What has none may be anything: it is tried first. */
			if (!BN_is_zero(a) && BN_cmp(a, n) < 0) {
				BN_mod_mul(x, a, b, n, ctx);
				wrong += !BN_is_one(x);
			}
			BN_free(a);
			BN_free(b);
		}
	}
	ok(wrong == 0, "each number times its inverse is 1");
	BN_free(x);
	BN_CTX_free(ctx);
	EC_GROUP_free(group);
}

int
main(void)
{
	struct curve p256 = { .nid = NID_X9_62_prime256v1, .name = "P-256",
		.half = 32 };
	struct curve p384 = { .nid = NID_secp384r1, .name = "P-384",
		.half = 48 };

	generator = p256point_new(NULL); /* NULL: a compiler without 128 bits */
	test_curve(&p256);
	test_curve(&p384);
	if (generator != NULL)
		test_inverses();
	p256point_free(generator);
	return done();
}
