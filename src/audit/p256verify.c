#include <stdlib.h>
#include <string.h>

#include "p256verify.h"

#ifdef __SIZEOF_INT128__

#include "p256field.h"

/* A comb costs as much to make as it saves in so many verifications. */
#define COMB_AFTER 200

/* Not the point at infinity. */
struct affine {
	struct p256num x, y;
};

/* Jacobian coordinates: x / z^2, y / z^3; z = 0 is the point at infinity. */
struct point {
	struct p256num x, y, z;
};

/* Odd multiples, 1 to 15, of 2^(32 piece) times the point. */
#define PIECES	   8
#define PIECE_BITS 32
#define ODD	   8
#define NAF_WIDTH  5
#define NAF_MAX	   (PIECE_BITS + 1) /* digits of a piece, and its carry */

/* Multiples 1 to 128 of 2^(8 window) times the point, and one for the carry. */
#define WINDOWS	  32
#define WINDOW	  128
#define COMB_SIZE (WINDOWS * WINDOW + 1)

struct p256point {
	struct affine odd[PIECES][ODD]; /* the first is the point itself */
	struct affine *comb; /* or NULL */
	unsigned used;
};

static const struct p256num one = { { 1, 0xffffffff00000000,
    0xffffffffffffffff, 0x00000000fffffffe } };

/* --- points ---------------------------------------------------------------- */

/* a^(2^count) */
static void
square_often(struct p256num *a, int count)
{
	while (count-- > 0)
		p256_square(a, a);
}

/*
 * a^(p - 2), which is 1 / a; p - 2 in hex is ffffffff 00000001 00000000
 * 00000000 00000000 ffffffff ffffffff fffffffd.
 */
static void
invert(struct p256num *out, const struct p256num *a)
{
	struct p256num ones[6] = { *a }; /* a^(2^1 - 1), ^(2^2 - 1), ^(2^4 - 1) */
	struct p256num t;

	for (int i = 1; i < 6; i++) {
		t = ones[i - 1];
		square_often(&t, 1 << (i - 1));
		p256_mul(&ones[i], &t, &ones[i - 1]);
	}
	t = ones[5];
	square_often(&t, 32);
	p256_mul(&t, &t, a);
	square_often(&t, 128);
	p256_mul(&t, &t, &ones[5]);
	for (int i = 5; i >= 1; i--) {
		square_often(&t, 1 << i);
		p256_mul(&t, &t, &ones[i]);
	}
	square_often(&t, 2);
	p256_mul(out, &t, a);
}

/* Hankerson, Menezes, Vanstone, algorithm 3.21: a is -3. */
static void
twice(struct point *out, const struct point *a)
{
	struct p256num delta, gamma, beta, alpha, t;

	p256_square(&delta, &a->z);
	p256_square(&gamma, &a->y);
	p256_mul(&beta, &a->x, &gamma);
	p256_sub(&t, &a->x, &delta);
	p256_add(&alpha, &a->x, &delta);
	p256_mul(&alpha, &alpha, &t);
	p256_add(&t, &alpha, &alpha);
	p256_add(&alpha, &alpha, &t);

	p256_add(&t, &a->y, &a->z);
	p256_square(&t, &t);
	p256_sub(&t, &t, &gamma);
	p256_sub(&out->z, &t, &delta);

	p256_add(&beta, &beta, &beta);
	p256_add(&beta, &beta, &beta); /* 4 beta */
	p256_square(&t, &alpha);
	p256_sub(&t, &t, &beta);
	p256_sub(&out->x, &t, &beta);

	p256_sub(&t, &beta, &out->x);
	p256_mul(&t, &t, &alpha);
	p256_square(&gamma, &gamma);
	for (int i = 0; i < 3; i++)
		p256_add(&gamma, &gamma, &gamma);
	p256_sub(&out->y, &t, &gamma);
}

/* acc += (negative ? -b : b); algorithm 3.22. */
static void
add(struct point *acc, const struct affine *b, bool negative)
{
	static const struct p256num zero;
	struct p256num zz, h, r, hh, hhh, v, t, y = b->y;

	if (negative)
		p256_sub(&y, &zero, &b->y);
	if (p256_is_zero(&acc->z)) {
		*acc = (struct point){ b->x, y, one };
		return;
	}
	p256_square(&zz, &acc->z);
	p256_mul(&h, &b->x, &zz);
	p256_sub(&h, &h, &acc->x);
	p256_mul(&t, &zz, &acc->z);
	p256_mul(&r, &y, &t);
	p256_sub(&r, &r, &acc->y);
	if (p256_is_zero(&h)) { /* the same x: the same point, or its negative */
		if (p256_is_zero(&r))
			twice(acc, acc);
		else
			*acc = (struct point){ one, one, zero };
		return;
	}
	p256_square(&hh, &h);
	p256_mul(&hhh, &hh, &h);
	p256_mul(&v, &acc->x, &hh);
	p256_mul(&acc->z, &acc->z, &h);
	p256_square(&t, &r);
	p256_sub(&t, &t, &hhh);
	p256_sub(&t, &t, &v);
	p256_sub(&acc->x, &t, &v);
	p256_sub(&t, &v, &acc->x);
	p256_mul(&t, &t, &r);
	p256_mul(&hhh, &hhh, &acc->y);
	p256_sub(&acc->y, &t, &hhh);
}

/*
 * To affine coordinates, with one inversion for all (Montgomery's trick); none
 * is the point at infinity.  product has room for n.
 */
static void
make_affine(struct affine *out, const struct point *p, struct p256num *product,
    size_t n)
{
	struct p256num all, inverse, square;

	product[0] = p[0].z;
	for (size_t i = 1; i < n; i++)
		p256_mul(&product[i], &product[i - 1], &p[i].z);
	invert(&all, &product[n - 1]);
	for (size_t i = n; i-- > 0;) {
		inverse = all;
		if (i > 0)
			p256_mul(&inverse, &all, &product[i - 1]);
		p256_mul(&all, &all, &p[i].z);
		p256_square(&square, &inverse);
		p256_mul(&out[i].x, &p[i].x, &square);
		p256_mul(&square, &square, &inverse);
		p256_mul(&out[i].y, &p[i].y, &square);
	}
}

/* --- tables ---------------------------------------------------------------- */

static void
make_odd(struct p256point *q)
{
	const struct affine *base = &q->odd[0][0];
	struct point p[PIECES * ODD], start[PIECES * 2];
	struct p256num product[PIECES * ODD];
	struct affine first[PIECES * 2]; /* 2^(32 piece), and twice that */

	start[0] = (struct point){ base->x, base->y, one };
	for (int i = 0; i < PIECES; i++) {
		twice(&start[2 * i + 1], &start[2 * i]);
		if (i + 1 == PIECES)
			break;
		start[2 * i + 2] = start[2 * i + 1];
		for (int bit = 1; bit < PIECE_BITS; bit++)
			twice(&start[2 * i + 2], &start[2 * i + 2]);
	}
	make_affine(first, start, product, (size_t)PIECES * 2);
	for (int i = 0; i < PIECES; i++) {
		struct point *row = &p[i * ODD];

		row[0] = start[2 * i];
		for (int k = 1; k < ODD; k++) {
			row[k] = row[k - 1];
			add(&row[k], &first[2 * i + 1], false);
		}
	}
	make_affine(q->odd[0], p, product, (size_t)PIECES * ODD);
}

static void
fill_comb(struct affine *comb, struct point *p, struct p256num *product,
    const struct affine *base)
{
	struct affine first[WINDOWS + 1];
	struct point t = { base->x, base->y, one };

	for (int i = 0; i <= WINDOWS; i++) {
		p[i] = t;
		for (int bit = 0; bit < 8; bit++)
			twice(&t, &t);
	}
	make_affine(first, p, product, WINDOWS + 1);
	for (int i = 0; i < WINDOWS; i++) {
		struct point *row = &p[i * WINDOW];

		row[0] = (struct point){ first[i].x, first[i].y, one };
		for (int k = 1; k < WINDOW; k++) {
			row[k] = row[k - 1];
			add(&row[k], &first[i], false);
		}
	}
	p[WINDOWS * WINDOW] =
	    (struct point){ first[WINDOWS].x, first[WINDOWS].y, one };
	make_affine(comb, p, product, COMB_SIZE);
}

/* Without memory for it the point goes on as it is. */
static void
make_comb(struct p256point *q)
{
	struct affine *comb = malloc(COMB_SIZE * sizeof(*comb));
	struct point *p = malloc(COMB_SIZE * sizeof(*p));
	struct p256num *product = malloc(COMB_SIZE * sizeof(*product));

	if (comb != NULL && p != NULL && product != NULL) {
		fill_comb(comb, p, product, &q->odd[0][0]);
		q->comb = comb;
		comb = NULL;
	}
	free(comb);
	free(p);
	free(product);
}

/* y^2 = x^3 - 3 x + b, of numbers below the prime. */
static bool
on_curve(const struct affine *a)
{
	static const struct p256num b = { { 0xd89cdf6229c4bddf,
	    0xacf005cd78843090, 0xe5a220abf7212ed6, 0xdc30061d04874834 } };
	struct p256num left, right, t;

	p256_square(&left, &a->y);
	p256_square(&right, &a->x);
	p256_mul(&right, &right, &a->x);
	p256_add(&t, &a->x, &a->x);
	p256_add(&t, &t, &a->x);
	p256_sub(&right, &right, &t);
	p256_add(&right, &right, &b);
	return p256_equal(&left, &right);
}

static bool
read_coordinate(struct p256num *out, const uint8_t bytes[P256_SIZE])
{
	struct p256num n;

	p256_read(&n, bytes);
	p256_mul(out, &n, &p256_p.square);
	return p256_below(&n, &p256_p.m);
}

struct p256point *
p256point_new(const uint8_t *xy)
{
	static const uint8_t generator[2 * P256_SIZE] = {
		0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc,
		0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81,
		0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98,
		0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b,
		0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce,
		0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68,
		0x37, 0xbf, 0x51, 0xf5,
	};
	struct p256point *q;
	struct affine base;

	if (xy == NULL)
		xy = generator;
	if (!read_coordinate(&base.x, xy) ||
	    !read_coordinate(&base.y, xy + P256_SIZE) || !on_curve(&base) ||
	    (q = calloc(1, sizeof(*q))) == NULL)
		return NULL;
	q->odd[0][0] = base;
	return q;
}

void
p256point_free(struct p256point *q)
{
	if (q == NULL)
		return;
	free(q->comb);
	free(q);
}

/* --- multiples -------------------------------------------------------------- */

/* Digits that are 0 or odd and below 16, four zeros at least after each. */
static void
naf(int16_t digit[NAF_MAX], uint64_t n)
{
	for (int i = 0; i < NAF_MAX; i++) {
		int d = 0;

		if ((n & 1) != 0) {
			d = (int)(n & ((1 << NAF_WIDTH) - 1));
			if (d >= 1 << (NAF_WIDTH - 1))
				d -= 1 << NAF_WIDTH;
			n -= (uint64_t)(int64_t)d;
		}
		digit[i] = (int16_t)d;
		n >>= 1;
	}
}

/* The digits of all pieces, of both numbers, share the doublings. */
static void
add_by_odd(struct point *acc, struct p256point *const q[2],
    const struct p256num *const u[2])
{
	int16_t digit[2 * PIECES][NAF_MAX];
	const struct p256point *from[2 * PIECES];
	int rows = 0, piece[2 * PIECES];

	for (int i = 0; i < 2 * PIECES; i++) {
		const int bit = i % PIECES * PIECE_BITS;

		if (q[i / PIECES]->comb != NULL)
			continue;
		from[rows] = q[i / PIECES];
		piece[rows] = i % PIECES;
		naf(digit[rows++], u[i / PIECES]->v[bit / 64] >> bit % 64 &
			UINT32_MAX);
	}
	for (int bit = NAF_MAX; bit-- > 0;) {
		twice(acc, acc);
		for (int i = 0; i < rows; i++) {
			const int d = digit[i][bit];

			if (d != 0)
				add(acc, &from[i]->odd[piece[i]]
					[(d < 0 ? -d : d) / 2], d < 0);
		}
	}
}

/* Digits from -127 to 128, a table each. */
static void
add_by_comb(struct point *acc, const struct affine *comb,
    const struct p256num *u)
{
	int carry = 0;

	for (int i = 0; i < WINDOWS; i++) {
		int d = (int)(u->v[i / 8] >> (i % 8 * 8) & 0xff) + carry;

		carry = d > WINDOW;
		d -= carry << 8;
		if (d != 0)
			add(acc, &comb[i * WINDOW + (d < 0 ? -d : d) - 1],
			    d < 0);
	}
	if (carry != 0)
		add(acc, &comb[WINDOWS * WINDOW], false);
}

/* --- verification ------------------------------------------------------------ */

/* As it is read, not in Montgomery's form. */
static const struct p256num unit = { { 1, 0, 0, 0 } };

/* 0 < a < n: FIPS 186-4 §6.4, first step. */
static bool
in_range(const struct p256num *a)
{
	return !p256_is_zero(a) && p256_below(a, &p256_n.m);
}

/* a^(n - 2), which is 1 / a modulo the order; both in Montgomery's form. */
static void
invert_scalar(struct p256num *out, const struct p256num *a)
{
	struct p256num t;

	p256_mul_by(&p256_n, &t, &unit, &p256_n.square);
	for (int bit = 256; bit-- > 0;) {
		const uint64_t limb =
		    p256_n.m.v[bit / 64] - (bit < 64 ? 2 : 0);

		p256_mul_by(&p256_n, &t, &t, &t);
		if ((limb >> bit % 64 & 1) != 0)
			p256_mul_by(&p256_n, &t, &t, a);
	}
	*out = t;
}

/* With p[i] = a[0] ... a[i]: 1/a[i] = p[i-1] 1/p[i], 1/p[i-1] = a[i] 1/p[i]. */
int
p256_inverses(uint8_t (*numbers)[P256_SIZE], size_t count)
{
	struct p256num *a, *product, all, t;

	if (count == 0)
		return 0;
	if ((a = calloc(2 * count, sizeof(*a))) == NULL)
		return -1;
	product = a + count;
	for (size_t i = 0; i < count; i++) {
		p256_read(&t, numbers[i]);
		p256_mul_by(&p256_n, &a[i], in_range(&t) ? &t : &unit,
		    &p256_n.square);
		product[i] = a[i];
		if (i > 0)
			p256_mul_by(&p256_n, &product[i], &a[i],
			    &product[i - 1]);
	}
	invert_scalar(&all, &product[count - 1]);
	for (size_t i = count; i-- > 0;) {
		t = all;
		if (i > 0)
			p256_mul_by(&p256_n, &t, &all, &product[i - 1]);
		p256_mul_by(&p256_n, &all, &all, &a[i]);
		p256_mul_by(&p256_n, &t, &t, &unit);
		p256_write(numbers[i], &t);
	}
	free(a);
	return 0;
}

/* w = 1 / s, in Montgomery's form, by whoever made it; s is in range. */
static bool
take_inverse(struct p256num *w, const struct p256num *s, const uint8_t *inverse)
{
	struct p256num t;

	if (inverse != NULL) {
		p256_read(&t, inverse);
		if (!p256_below(&t, &p256_n.m))
			return false;
		p256_mul_by(&p256_n, w, &t, &p256_n.square);
	} else {
		p256_mul_by(&p256_n, &t, s, &p256_n.square);
		invert_scalar(w, &t);
	}
	p256_mul_by(&p256_n, &t, s, w);
	return p256_equal(&t, &unit);
}

/* Is x of the point, modulo the order, r? */
static bool
has_x(const struct point *a, const struct p256num *r)
{
	struct p256num zz, x = *r, t;

	if (p256_is_zero(&a->z))
		return false;
	p256_square(&zz, &a->z);
	for (int i = 0; i < 2; i++) {
		p256_mul(&t, &x, &p256_p.square);
		p256_mul(&t, &t, &zz);
		if (p256_equal(&t, &a->x))
			return true;
		/* x may have been r + n, if that is below the prime. */
		if (p256_add_raw(&x, &x, &p256_n.m) != 0 ||
		    !p256_below(&x, &p256_p.m))
			return false;
	}
	return false;
}

static void
prepare(struct p256point *q)
{
	if (q->comb != NULL)
		return;
	if (q->used++ == 0)
		make_odd(q);
	if (q->used > COMB_AFTER)
		make_comb(q);
}

int
p256verify(struct p256point *g, struct p256point *q,
    const uint8_t digest[P256_SIZE], const uint8_t signature[2 * P256_SIZE],
    const uint8_t *inverse)
{
	struct p256point *const both[2] = { g, q };
	struct p256num r, s, e, w, u1, u2;
	const struct p256num *const u[2] = { &u1, &u2 };
	struct point acc = { one, one, { { 0 } } };

	p256_read(&r, signature);
	p256_read(&s, signature + P256_SIZE);
	if (!in_range(&r) || !in_range(&s) || !take_inverse(&w, &s, inverse))
		return 0;
	p256_read(&e, digest);
	p256_reduce(&e, 0, &p256_n.m);
	p256_mul_by(&p256_n, &u1, &e, &w);
	p256_mul_by(&p256_n, &u2, &r, &w);
	prepare(g);
	prepare(q);
	if (g->comb == NULL || q->comb == NULL)
		add_by_odd(&acc, both, u);
	for (int i = 0; i < 2; i++)
		if (both[i]->comb != NULL)
			add_by_comb(&acc, both[i]->comb, u[i]);
	return has_x(&acc, &r);
}

#else

struct p256point *
p256point_new(const uint8_t *xy)
{
	(void)xy;
	return NULL;
}

void
p256point_free(struct p256point *point)
{
	(void)point;
}

int
p256verify(struct p256point *generator, struct p256point *key,
    const uint8_t digest[P256_SIZE], const uint8_t signature[2 * P256_SIZE],
    const uint8_t *inverse)
{
	(void)generator;
	(void)key;
	(void)digest;
	(void)signature;
	(void)inverse;
	return 0;
}

int
p256_inverses(uint8_t (*numbers)[P256_SIZE], size_t count)
{
	(void)numbers;
	(void)count;
	return -1;
}

#endif
