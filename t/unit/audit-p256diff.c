/*
 * src/audit/p256verify.c against OpenSSL's ECDSA_do_verify(): both are asked
 * about the same, made so that carries run on, digits are at their ends and
 * sums meet the point at infinity or a doubling half-way.
 *
 * Its argument is a number of keys (20 without), a second one the seed; by hand
 * `build/release/t/unit/audit-p256diff 5000 7`.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/obj_mac.h>
#include <stdbool.h>
#include <stdlib.h>

#include "../../src/audit/p256verify.h"
#include "tap.h"

#define KEYS	  20
#define CASES	  24  /* a key; each is changed in some ways, too */
#define MANY	  201 /* verifications until a point has its comb */
#define COMB_ROWS 32
#define COMB_ROW  128

static BN_CTX *ctx;
static EC_GROUP *group;
static const BIGNUM *n;
static BIGNUM *p;

struct pair {
	EC_POINT *q;
	BIGNUM *d; /* q = d G, or NULL: not known */
	EC_KEY *ec;
	struct p256point *plain, *comb;
};

struct tally {
	unsigned valid, refused, missed, wrong;
};

/* With odd multiples and with a comb; plain ones are made anew for each key. */
static struct p256point *generator[2];

/* --- numbers ---------------------------------------------------------------- */

static uint64_t
any(void)
{
	return (uint64_t)random() << 42 ^ (uint64_t)random() << 21 ^
	    (uint64_t)random();
}

/* 256 bits that are hard on limbs, on combs, on odd multiples, or not at all. */
static BIGNUM *
hard(void)
{
	static const uint64_t limbs[] = { 0, 1, 0x7fffffffffffffff,
		0x8000000000000000, 0xffffffff, 0x100000000, 0xffffffff00000000,
		0xffffffff00000001, 0xfffffffffffffffe, 0xffffffffffffffff,
		0xbce6faada7179e84, 0xf3b9cac2fc632551 };
	static const uint8_t octets[] = { 0, 1, 0x7f, 0x80, 0x81, 0xff, 0xf0,
		0x0f, 0x10, 0x11, 0x1f };
	const uint64_t how = any() % 6;
	BIGNUM *x = BN_new();
	uint8_t out[32];

	for (int i = 0; i < 32; i++)
		out[i] = how == 0 ? octets[any() % sizeof(octets)]
				  : (uint8_t)any();
	for (int i = 0; how == 1 && i < 4; i++) {
		const uint64_t limb = limbs[any() % 12];

		for (int j = 0; j < 8; j++)
			out[8 * i + j] = (uint8_t)(limb >> (56 - 8 * j));
	}
	BN_bin2bn(out, 32, x);
	if (how == 2) /* near zero */
		BN_set_word(x, (BN_ULONG)(any() % 40));
	if (how == 3) { /* of few bits */
		BN_zero(x);
		for (uint64_t bits = any() % 3 + 1; bits > 0; bits--)
			BN_set_bit(x, (int)(any() % 256));
	}
	if (how == 4) { /* a digit of some window, and what is beside it */
		BN_set_word(x, (BN_ULONG)(any() % 256 + 1));
		BN_lshift(x, x, (int)(any() % 32 * 8));
		if (any() % 2 == 0)
			BN_sub_word(x, 1);
		BN_mask_bits(x, 256);
	}
	return x;
}

/* Below the order; often counted from its end. */
static BIGNUM *
scalar(void)
{
	BIGNUM *x = hard();

	BN_nnmod(x, x, n, ctx);
	if (any() % 3 == 0 && !BN_is_zero(x))
		BN_sub(x, n, x);
	return x;
}

static BIGNUM *
nonzero(void)
{
	BIGNUM *x = scalar();

	while (BN_is_zero(x)) {
		BN_free(x);
		x = scalar();
	}
	return x;
}

static void
octets_of(const BIGNUM *x, uint8_t out[32])
{
	if (BN_bn2binpad(x, out, 32) != 32)
		abort();
}

/* --- keys ------------------------------------------------------------------- */

/* A point with a hard x, of which nobody knows the multiple of G. */
static EC_POINT *
hard_point(void)
{
	EC_POINT *q = EC_POINT_new(group);
	BIGNUM *x = hard();

	BN_nnmod(x, x, p, ctx);
	if (any() % 4 == 0) { /* from n to p, where x is not r */
		BN_set_word(x, (BN_ULONG)(any() % 1000));
		BN_add(x, x, n);
	}
	while (EC_POINT_set_compressed_coordinates(group, q, x,
		   (int)(any() % 2), ctx) != 1)
		BN_mod_add(x, x, BN_value_one(), p, ctx);
	BN_free(x);
	return q;
}

static void
warm(struct p256point *g, struct p256point *q)
{
	uint8_t ones[64];

	memset(ones, 1, sizeof(ones));
	for (int i = 0; i < MANY; i++)
		if (p256verify(g, q, ones, ones, NULL) != 0)
			abort();
}

/* q is there; it gets its comb if it is to be used much. */
static void
pair_load(struct pair *k, bool comb)
{
	uint8_t octets[65];

	k->ec = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
	if (EC_KEY_set_public_key(k->ec, k->q) != 1 ||
	    EC_POINT_point2oct(group, k->q, POINT_CONVERSION_UNCOMPRESSED,
		octets, 65, ctx) != 65)
		abort();
	p256point_free(generator[0]);
	generator[0] = p256point_new(NULL);
	k->plain = p256point_new(octets + 1);
	k->comb = p256point_new(octets + 1);
	if (k->plain == NULL || k->comb == NULL || generator[0] == NULL)
		abort();
	if (comb)
		warm(generator[1], k->comb);
}

static void
pair_new(struct pair *k, unsigned i)
{
	k->d = NULL;
	if (i % 3 == 0) {
		k->q = hard_point();
	} else {
		k->q = EC_POINT_new(group);
		k->d = nonzero();
		if (i % 3 == 1)
			BN_mod_inverse(k->d, k->d, n, ctx);
		if (EC_POINT_mul(group, k->q, k->d, NULL, NULL, ctx) != 1)
			abort();
	}
	pair_load(k, true);
}

static void
pair_free(struct pair *k)
{
	EC_POINT_free(k->q);
	BN_free(k->d);
	EC_KEY_free(k->ec);
	p256point_free(k->plain);
	p256point_free(k->comb);
}

/* --- verdicts --------------------------------------------------------------- */

/* Both say the same of it, whose inverse ever comes along; true: it is valid. */
static bool
compare_with(struct pair *k, const BIGNUM *e, const BIGNUM *r,
    const BIGNUM *s, const BIGNUM *inverse_of, bool wrong, struct tally *t)
{
	uint8_t digest[32], sig[64], inverse[32] = { 0 };
	ECDSA_SIG *theirs = ECDSA_SIG_new();
	BIGNUM *w = BN_new();
	bool valid;

	octets_of(e, digest);
	octets_of(r, sig);
	octets_of(s, sig + 32);
	if (BN_mod_inverse(w, inverse_of, n, ctx) != NULL)
		octets_of(w, inverse);
	if (ECDSA_SIG_set0(theirs, BN_dup(r), BN_dup(s)) != 1)
		abort();
	valid = ECDSA_do_verify(digest, 32, theirs, k->ec) == 1;
	for (int i = 0; i < 4; i++) {
		struct p256point *q = i / 2 == 0 ? k->plain : k->comb;
		const bool ours = p256verify(generator[i % 2], q, digest, sig,
				      (i ^ i / 2) % 2 == 0 ? inverse : NULL) == 1;

		t->missed += valid && !ours && !wrong;
		t->wrong += ours && !valid;
		if (ours != valid && !wrong)
			printf("# way %d: e %s r %s s %s\n", i, BN_bn2hex(e),
			    BN_bn2hex(r), BN_bn2hex(s));
	}
	t->valid += valid;
	t->refused += !valid;
	BN_free(w);
	ECDSA_SIG_free(theirs);
	return valid;
}

static bool
compare(struct pair *k, const BIGNUM *e, const BIGNUM *r, const BIGNUM *s,
    struct tally *t)
{
	return compare_with(k, e, r, s, s, false, t);
}

/* What is beside a valid signature: often not one, OpenSSL tells. */
static void
compare_beside(struct pair *k, const BIGNUM *e, const BIGNUM *r,
    const BIGNUM *s, struct tally *t)
{
	BIGNUM *x = BN_new();

	BN_sub(x, n, s);
	compare(k, e, r, x, t);
	BN_add(x, e, n); /* the same digest modulo the order */
	if (BN_num_bits(x) <= 256)
		compare(k, x, r, s, t);
	BN_add(x, r, n); /* r must be below the order */
	if (BN_num_bits(x) <= 256)
		compare(k, e, x, s, t);
	BN_add(x, s, n);
	if (BN_num_bits(x) <= 256)
		compare(k, e, r, x, t);
	BN_sub(x, p, n); /* 2^128 and a bit: r on either side of it */
	BN_mod_sub(x, r, x, n, ctx);
	compare(k, e, x, s, t);
	BN_copy(x, any() % 2 == 0 ? e : r);
	if (BN_mask_bits(x, (int)(any() % 255)) == 1)
		compare(k, any() % 2 == 0 ? x : e, r, s, t);
	compare(k, e, s, r, t);
	BN_mod_add(x, s, BN_value_one(), n, ctx);
	compare_with(k, e, r, x, s, true, t); /* by a trusted 1/s it would be */
	BN_free(x);
}

/* x modulo the order, of R = u1 G + u2 Q; NULL: infinity, or zero. */
static BIGNUM *
commitment(const struct pair *k, const BIGNUM *u1, const BIGNUM *u2)
{
	EC_POINT *sum = EC_POINT_new(group);
	BIGNUM *r = NULL;

	if (EC_POINT_mul(group, sum, u1, k->q, u2, ctx) != 1)
		abort();
	if (!EC_POINT_is_at_infinity(group, sum)) {
		r = BN_new();
		if (EC_POINT_get_affine_coordinates(group, sum, r, NULL,
			ctx) != 1)
			abort();
		BN_nnmod(r, r, n, ctx);
	}
	EC_POINT_free(sum);
	return r;
}

/* The digest and the signature of which u1 and u2 come: s = r / u2, e = u1 s. */
static void
by_scalars(struct pair *k, const BIGNUM *u1, const BIGNUM *u2, bool beside,
    struct tally *t)
{
	BIGNUM *r, *s = BN_new(), *e = BN_new();
	bool sum = true, valid;

	if ((r = commitment(k, u1, u2)) == NULL) {
		sum = false;
		r = nonzero();
	}
	BN_mod_inverse(s, u2, n, ctx);
	BN_mod_mul(s, s, r, n, ctx);
	BN_mod_mul(e, u1, s, n, ctx);
	valid = compare(k, e, r, s, t);
	if (valid != sum && !BN_is_zero(r))
		abort(); /* this test is wrong, or OpenSSL is */
	if (beside)
		compare_beside(k, e, r, s, t);
	BN_free(r);
	BN_free(s);
	BN_free(e);
}

/*
 * u1 = c - u2 d: the sum is c G, and partial sums cancel out.  For c = 0 u2 gets
 * a bit more, which is added to the point at infinity if it is added last.
 */
static void
oppose(BIGNUM *u1, BIGNUM *u2, const BIGNUM *d)
{
	const uint64_t c = any() % 3;
	BIGNUM *x = BN_new();

	if (c == 0)
		BN_mask_bits(u2, (int)(any() % 31 * 8 + 7));
	BN_mod_mul(x, u2, d, n, ctx);
	BN_set_word(u1, (BN_ULONG)c);
	BN_mod_sub(u1, u1, x, n, ctx);
	BN_set_word(x, (BN_ULONG)(any() % 128 + 1));
	BN_lshift(x, x, (int)(BN_num_bits(u2) + 8) / 8 * 8);
	if (c == 0 && BN_cmp(x, n) < 0)
		BN_add(u2, u2, x);
	BN_free(x);
}

static void
test_scalars(unsigned keys)
{
	struct tally t = { 0, 0, 0, 0 };

	for (unsigned i = 0; i < keys; i++) {
		struct pair k;

		pair_new(&k, i);
		for (int c = 0; c < CASES; c++) {
			BIGNUM *u1 = scalar(), *u2 = nonzero();

			if (any() % 8 == 0)
				BN_copy(u1, u2);
			if (k.d != NULL && any() % 4 == 0)
				oppose(u1, u2, k.d);
			if (BN_is_zero(u2))
				BN_one(u2);
			by_scalars(&k, u1, u2, c % 4 == 0, &t);
			BN_free(u1);
			BN_free(u2);
		}
		pair_free(&k);
	}
	printf("# %u keys: %u valid, %u refused\n", keys, t.valid, t.refused);
	ok(t.valid >= keys * CASES / 2 && t.refused > keys, "both are met");
	ok(t.missed == 0, "what is valid is seen");
	ok(t.wrong == 0, "what OpenSSL refuses is not valid");
}

/* --- points ----------------------------------------------------------------- */

/* Q = (s R - e G) / r: for this key e, r and s come out at R. */
static void
key_for(struct pair *k, const EC_POINT *sum, const BIGNUM *e, const BIGNUM *r,
    const BIGNUM *s)
{
	BIGNUM *minus = BN_new(), *w = BN_new();

	BN_mod_sub(minus, minus, e, n, ctx); /* from zero */
	BN_mod_inverse(w, r, n, ctx);
	k->d = NULL;
	k->q = EC_POINT_new(group);
	if (EC_POINT_mul(group, k->q, minus, sum, s, ctx) != 1 ||
	    EC_POINT_mul(group, k->q, NULL, k->q, w, ctx) != 1 ||
	    EC_POINT_is_at_infinity(group, k->q))
		abort();
	pair_load(k, any() % 16 == 0);
	BN_free(minus);
	BN_free(w);
}

/*
 * Which r are the x of R?  x modulo the order alone; not x itself where it is
 * not below the order, nor r of which r + n is x modulo the prime or 2^256.
 */
static void
by_point(struct tally *t)
{
	EC_POINT *sum = hard_point();
	BIGNUM *x = BN_new(), *e = hard(), *s = nonzero(), *r[4];
	struct pair k;

	if (EC_POINT_get_affine_coordinates(group, sum, x, NULL, ctx) != 1)
		abort();
	for (int i = 0; i < 4; i++)
		r[i] = BN_dup(x);
	BN_nnmod(r[0], x, n, ctx);
	BN_add(r[2], x, p);
	BN_sub(r[2], r[2], n);
	BN_zero(r[3]);
	BN_set_bit(r[3], 256);
	BN_add(r[3], r[3], x);
	BN_sub(r[3], r[3], n);
	for (int i = 0; i < 4; i++) {
		/* r[1], which is not in range, goes with r[0]'s key. */
		const BIGNUM *base = i == 1 ? r[0] : r[i];

		if (BN_num_bits(r[i]) <= 256 && !BN_is_zero(base) &&
		    BN_cmp(base, n) < 0) {
			key_for(&k, sum, e, base, s);
			if (compare(&k, e, r[i], s, t) !=
			    (BN_cmp(r[i], r[0]) == 0))
				abort(); /* this test is wrong, or OpenSSL */
			compare_beside(&k, e, r[i], s, t);
			pair_free(&k);
		}
	}
	for (int i = 0; i < 4; i++)
		BN_free(r[i]);
	BN_free(x);
	BN_free(e);
	BN_free(s);
	EC_POINT_free(sum);
}

static void
test_sums(unsigned count)
{
	struct tally t = { 0, 0, 0, 0 };

	while (count-- > 0)
		by_point(&t);
	printf("# sums: %u valid, %u refused\n", t.valid, t.refused);
	ok(t.missed == 0, "the x of a sum is seen");
	ok(t.wrong == 0, "another is not");
}

/* Every entry of both combs, as the only one that is used. */
static void
test_combs(void)
{
	struct tally t = { 0, 0, 0, 0 };
	BIGNUM *u1 = BN_new(), *u2 = BN_new();
	struct pair k;

	pair_new(&k, 0);
	for (unsigned i = 0; i < COMB_ROWS * COMB_ROW; i++) {
		/* Another entry of G's than of Q's: 1009 is prime to 4096. */
		const unsigned j = i * 1009 % (COMB_ROWS * COMB_ROW);

		BN_set_word(u2, i % COMB_ROW + 1);
		BN_lshift(u2, u2, (int)(i / COMB_ROW * 8));
		BN_set_word(u1, j % COMB_ROW + 1);
		BN_lshift(u1, u1, (int)(j / COMB_ROW * 8));
		by_scalars(&k, u1, u2, false, &t);
	}
	ok(t.valid == COMB_ROWS * COMB_ROW && t.missed == 0 && t.wrong == 0,
	    "every entry of a comb");
	BN_free(u1);
	BN_free(u2);
	pair_free(&k);
}

/* A point is what OpenSSL says is one, hard coordinates or not. */
static void
test_points(unsigned count)
{
	unsigned differ = 0, good = 0;

	for (unsigned i = 0; i < count; i++) {
		uint8_t octets[65] = { 4 };
		EC_POINT *q = i % 2 == 0 ? hard_point() : EC_POINT_new(group);
		BIGNUM *x = hard(), *y = hard();
		struct p256point *ours;
		bool theirs;

		if (i % 2 == 0 &&
		    EC_POINT_get_affine_coordinates(group, q, x, y, ctx) != 1)
			abort();
		if (i % 8 == 0) /* one octet off */
			BN_add_word(y, (BN_ULONG)(any() % 255 + 1));
		if (i % 8 == 2 && BN_num_bits(x) < 224)
			BN_add(x, x, p); /* not reduced */
		if (i % 8 == 4)
			BN_sub(y, p, y); /* the other one */
		if (BN_num_bits(y) > 256)
			BN_copy(y, p);
		octets_of(x, octets + 1);
		octets_of(y, octets + 33);
		theirs = EC_POINT_oct2point(group, q, octets, 65, ctx) == 1;
		ours = p256point_new(octets + 1);
		differ += theirs != (ours != NULL);
		good += theirs;
		p256point_free(ours);
		EC_POINT_free(q);
		BN_free(x);
		BN_free(y);
	}
	ok(good > count / 8 && good < count && differ == 0,
	    "what is a point: %u of %u", good, count);
}

int
main(int argc, char **argv)
{
	const unsigned keys = argc > 1 ? (unsigned)atoi(argv[1]) : KEYS;

	ctx = BN_CTX_new();
	group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	n = EC_GROUP_get0_order(group);
	p = BN_new();
	EC_GROUP_get_curve(group, p, NULL, NULL, ctx);
	srandom(argc > 2 ? (unsigned)atoi(argv[2]) : 1);
	if ((generator[1] = p256point_new(NULL)) == NULL) {
		ok(1, "# SKIP no 128-bit numbers: OpenSSL alone verifies");
		return done();
	}
	generator[0] = p256point_new(NULL);
	warm(generator[1], generator[0]);
	p256point_free(generator[0]);
	generator[0] = NULL;
	test_scalars(keys);
	test_sums(keys * 4);
	test_combs();
	test_points(keys * 20);
	for (int i = 0; i < 2; i++)
		p256point_free(generator[i]);
	BN_free(p);
	EC_GROUP_free(group);
	BN_CTX_free(ctx);
	return done();
}
