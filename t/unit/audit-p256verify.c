/* src/audit/p256verify.c and its arithmetic against OpenSSL's big numbers and curve. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <stdbool.h>
#include <stdlib.h>

#include "../../src/audit/p256verify.h"
#include "tap.h"

#ifdef __SIZEOF_INT128__
#include "../../src/audit/p256field.h"

#define RANDOM 20000

static BN_CTX *ctx;
static EC_GROUP *group;
static BIGNUM *n, *p;

/* --- numbers ---------------------------------------------------------------- */

/* Limbs in which carries run on, and others. */
static uint64_t
limb(void)
{
	static const uint64_t edge[] = { 0, 1, 2, 0x7fffffffffffffff,
		0x8000000000000000, 0xffffffff, 0xffffffff00000000,
		0xffffffff00000001, 0xfffffffffffffffe, 0xffffffffffffffff };
	const long r = random();

	if (r % 3 == 0)
		return edge[(r >> 8) % 10];
	return (uint64_t)r << 42 ^ (uint64_t)random() << 21 ^
	    (uint64_t)random();
}

static void
to_octets(const struct p256num *a, uint8_t out[32])
{
	for (int i = 0; i < 32; i++)
		out[i] = (uint8_t)(a->v[3 - i / 8] >> (56 - i % 8 * 8));
}

static BIGNUM *
big(const struct p256num *a)
{
	uint8_t octets[32];

	to_octets(a, octets);
	return BN_bin2bn(octets, 32, NULL);
}

static struct p256num
below(const struct p256modulus *f)
{
	struct p256num a;

	do
		for (int i = 0; i < 4; i++)
			a.v[i] = limb();
	while (!p256_below(&a, &f->m));
	return a;
}

/* x / 2^256 */
static void
shrink(BIGNUM *x, const BIGNUM *m)
{
	BIGNUM *r = BN_new();

	BN_set_bit(r, 256);
	BN_mod_inverse(r, r, m, ctx);
	BN_mod_mul(x, x, r, m, ctx);
	BN_free(r);
}

static bool
same(const struct p256num *got, const BIGNUM *want)
{
	BIGNUM *b = big(got);
	const bool equal = BN_cmp(b, want) == 0;

	BN_free(b);
	return equal;
}

static void
test_field(void)
{
	int bad[6] = { 0 };

	for (int i = 0; i < RANDOM; i++) {
		struct p256num a = below(&p256_p), b = below(&p256_p), out;
		BIGNUM *x = big(&a), *y = big(&b), *z = BN_new();
		uint8_t octets[32];

		p256_add(&out, &a, &b);
		BN_mod_add(z, x, y, p, ctx);
		bad[0] += !same(&out, z);
		p256_sub(&out, &a, &b);
		BN_mod_sub(z, x, y, p, ctx);
		bad[1] += !same(&out, z);
		p256_mul(&out, &a, &b);
		BN_mod_mul(z, x, y, p, ctx);
		shrink(z, p);
		bad[2] += !same(&out, z);
		out = a;
		p256_square(&out, &out);
		BN_mod_sqr(z, x, p, ctx);
		shrink(z, p);
		bad[3] += !same(&out, z);
		to_octets(&a, octets);
		p256_read(&out, octets);
		bad[4] += !p256_equal(&out, &a);
		BN_free(x);
		BN_free(y);

		a = below(&p256_n);
		b = below(&p256_n);
		x = big(&a);
		y = big(&b);
		p256_mul_by(&p256_n, &out, &a, &b);
		BN_mod_mul(z, x, y, n, ctx);
		shrink(z, n);
		bad[5] += !same(&out, z);
		BN_free(x);
		BN_free(y);
		BN_free(z);
	}
	ok(bad[0] == 0, "sums");
	ok(bad[1] == 0, "differences");
	ok(bad[2] == 0, "products");
	ok(bad[3] == 0, "squares");
	ok(bad[4] == 0, "octets");
	ok(bad[5] == 0, "products modulo the order");
	for (int i = 0; i < 2; i++) {
		const struct p256modulus *f = i == 0 ? &p256_p : &p256_n;
		BIGNUM *z = BN_new();

		ok(same(&f->m, i == 0 ? p : n), "the modulus");
		ok(f->m.v[0] * f->factor == UINT64_MAX, "its factor");
		BN_set_bit(z, 512);
		BN_nnmod(z, z, i == 0 ? p : n, ctx);
		ok(same(&f->square, z), "2^512");
		BN_free(z);
	}
}

/* --- signatures --------------------------------------------------------------- */

/* A number near zero or the order, or any. */
static BIGNUM *
scalar(int i)
{
	BIGNUM *s = BN_new();

	if (i >= 16) {
		do
			BN_rand_range(s, n);
		while (BN_is_zero(s));
		return s;
	}
	BN_set_word(s, (BN_ULONG)(i / 2 + 1));
	if (i % 2 != 0)
		BN_sub(s, n, s);
	return s;
}

static EC_POINT *
multiple(const BIGNUM *d, uint8_t xy[64])
{
	EC_POINT *point = EC_POINT_new(group);
	uint8_t octets[65];

	if (EC_POINT_mul(group, point, d, NULL, NULL, ctx) != 1 ||
	    EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED,
		octets, 65, ctx) != 65)
		abort();
	memcpy(xy, octets + 1, 64);
	return point;
}

/* s = (e + r d) / k with r = x(k G) modulo n; false if s is zero. */
static bool
sign(const BIGNUM *d, const BIGNUM *k, const BIGNUM *e, uint8_t sig[64],
    uint8_t inverse[32])
{
	BIGNUM *r, *s = BN_new(), *w = BN_new();
	uint8_t xy[64];
	bool good;

	EC_POINT_free(multiple(k, xy));
	r = BN_bin2bn(xy, 32, NULL);
	BN_nnmod(r, r, n, ctx);
	BN_mod_mul(s, r, d, n, ctx);
	BN_mod_add(s, s, e, n, ctx);
	BN_mod_inverse(w, k, n, ctx);
	BN_mod_mul(s, s, w, n, ctx);
	good = !BN_is_zero(s);
	BN_bn2binpad(r, sig, 32);
	BN_bn2binpad(s, sig + 32, 32);
	if (good)
		BN_bn2binpad(BN_mod_inverse(w, s, n, ctx), inverse, 32);
	BN_free(r);
	BN_free(s);
	BN_free(w);
	return good;
}

/* Each is accepted without and with combs, and refused with a bit changed. */
static void
test_key(const BIGNUM *d, const char *what)
{
	struct p256point *g[2] = { p256point_new(NULL), p256point_new(NULL) };
	uint8_t xy[64], sig[64], inverse[32], digest[32];
	struct p256point *q[2];
	int missed = 0, wrong = 0, tried = 0;

	EC_POINT_free(multiple(d, xy));
	for (int i = 0; i < 2; i++)
		if ((q[i] = p256point_new(xy)) == NULL || g[i] == NULL)
			abort();
	memset(sig, 1, 64);
	for (int i = 0; i < 210; i++) /* the second ones get their combs */
		wrong += p256verify(g[1], q[1], sig, sig, NULL);
	for (int i = 0; i < 20 * 20; i++) {
		BIGNUM *k = scalar(i % 20), *e = scalar(i / 20);

		if (sign(d, k, e, sig, inverse)) {
			BN_bn2binpad(e, digest, 32);
			for (int j = 0; j < 4; j++) {
				missed += !p256verify(g[j % 2], q[j / 2], digest,
				    sig, i % 2 == 0 ? inverse : NULL);
				digest[i % 32] ^= 0x10;
				wrong += p256verify(g[j % 2], q[j / 2], digest,
				    sig, inverse);
				digest[i % 32] ^= 0x10;
				if (tried++ % 100 == 0) { /* still without */
					p256point_free(g[0]);
					p256point_free(q[0]);
					g[0] = p256point_new(NULL);
					q[0] = p256point_new(xy);
				}
			}
		}
		BN_free(k);
		BN_free(e);
	}
	ok(tried > 1000 && missed == 0, "%s: accepted", what);
	ok(wrong == 0, "%s: refused", what);
	for (int i = 0; i < 2; i++) {
		p256point_free(g[i]);
		p256point_free(q[i]);
	}
}

int
main(void)
{
	ctx = BN_CTX_new();
	group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	n = BN_dup(EC_GROUP_get0_order(group));
	p = BN_new();
	EC_GROUP_get_curve(group, p, NULL, NULL, ctx);
	srandom(1);
	test_field();
	for (int i = 0; i < 18; i++) { /* Q = G, -G, 2 G, -2 G ... */
		BIGNUM *d = scalar(i);
		char *what = BN_bn2hex(d);

		test_key(d, what);
		OPENSSL_free(what);
		BN_free(d);
	}
	BN_free(n);
	BN_free(p);
	EC_GROUP_free(group);
	BN_CTX_free(ctx);
	return done();
}

#else

int
main(void)
{
	ok(p256point_new(NULL) == NULL, "no 128-bit numbers: OpenSSL alone");
	return done();
}

#endif
