/*
 * Numbers modulo the prime of P-256 and modulo its order (FIPS 186-4 §D.1.2.3),
 * in Montgomery's form: a stands for a / 2^256.  Variable time: for public
 * numbers only.  Results are below the modulus if the arguments are.
 * Only p256verify.c and its test include this.
 */
#ifndef P256FIELD_H
#define P256FIELD_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifdef __x86_64__
#include <immintrin.h>
#endif

__extension__ typedef unsigned __int128 uint128;

/* Four limbs, the lowest first. */
struct p256num {
	uint64_t v[4];
};

struct p256modulus {
	struct p256num m;
	struct p256num square; /* 2^512 modulo m: makes Montgomery's form */
	uint64_t factor;       /* -1 / m modulo 2^64 */
};

/* The prime, 2^256 - 2^224 + 2^192 + 2^96 - 1. */
static const struct p256modulus p256_p = {
	{ { 0xffffffffffffffff, 0x00000000ffffffff, 0, 0xffffffff00000001 } },
	{ { 3, 0xfffffffbffffffff, 0xfffffffffffffffe, 0x00000004fffffffd } },
	1
};

static const struct p256modulus p256_n = {
	{ { 0xf3b9cac2fc632551, 0xbce6faada7179e84, 0xffffffffffffffff,
	    0xffffffff00000000 } },
	{ { 0x83244c95be79eea2, 0x4699799c49bd6fa6, 0x2845b2392b6bec59,
	    0x66e12d94f3d95620 } },
	0xccd1c8aaee00bc4f
};

static inline bool
p256_is_zero(const struct p256num *a)
{
	return (a->v[0] | a->v[1] | a->v[2] | a->v[3]) == 0;
}

static inline bool
p256_equal(const struct p256num *a, const struct p256num *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/*
 * *out = a + b + carry, and a - b - borrow; the new carry or borrow, 0 or 1.
 * GCC 12 makes of 128-bit sums twice as many instructions as there need be.
 */
static inline uint8_t
p256_addc(uint8_t carry, uint64_t a, uint64_t b, uint64_t *out)
{
#ifdef __x86_64__
	unsigned long long sum;
	const uint8_t c = _addcarry_u64(carry, a, b, &sum);

	*out = sum;
	return c;
#else
	const uint128 sum = (uint128)a + b + carry;

	*out = (uint64_t)sum;
	return (uint8_t)(sum >> 64);
#endif
}

static inline uint8_t
p256_subb(uint8_t borrow, uint64_t a, uint64_t b, uint64_t *out)
{
#ifdef __x86_64__
	unsigned long long difference;
	const uint8_t c = _subborrow_u64(borrow, a, b, &difference);

	*out = difference;
	return c;
#else
	const uint128 difference = (uint128)a - b - borrow;

	*out = (uint64_t)difference;
	return (uint8_t)(difference >> 64 & 1);
#endif
}

/* out = a - b; the borrow, 0 or 1. */
static inline uint8_t
p256_sub_raw(struct p256num *out, const struct p256num *a,
    const struct p256num *b)
{
	uint8_t c = p256_subb(0, a->v[0], b->v[0], &out->v[0]);

	c = p256_subb(c, a->v[1], b->v[1], &out->v[1]);
	c = p256_subb(c, a->v[2], b->v[2], &out->v[2]);
	return p256_subb(c, a->v[3], b->v[3], &out->v[3]);
}

/* out = a + b; the carry, 0 or 1. */
static inline uint8_t
p256_add_raw(struct p256num *out, const struct p256num *a,
    const struct p256num *b)
{
	uint8_t c = p256_addc(0, a->v[0], b->v[0], &out->v[0]);

	c = p256_addc(c, a->v[1], b->v[1], &out->v[1]);
	c = p256_addc(c, a->v[2], b->v[2], &out->v[2]);
	return p256_addc(c, a->v[3], b->v[3], &out->v[3]);
}

static inline bool
p256_below(const struct p256num *a, const struct p256num *b)
{
	struct p256num t;

	return p256_sub_raw(&t, a, b) == 1;
}

/* What is below twice the modulus (carry is its bit 256) to below it. */
static inline void
p256_reduce(struct p256num *a, uint8_t carry, const struct p256num *m)
{
	struct p256num t;
	const bool keep = carry < p256_sub_raw(&t, a, m);

	a->v[0] = keep ? a->v[0] : t.v[0];
	a->v[1] = keep ? a->v[1] : t.v[1];
	a->v[2] = keep ? a->v[2] : t.v[2];
	a->v[3] = keep ? a->v[3] : t.v[3];
}

static inline void
p256_add(struct p256num *out, const struct p256num *a, const struct p256num *b)
{
	const uint8_t carry = p256_add_raw(out, a, b);

	p256_reduce(out, carry, &p256_p.m);
}

static inline void
p256_sub(struct p256num *out, const struct p256num *a, const struct p256num *b)
{
	const uint64_t mask = 0 - (uint64_t)p256_sub_raw(out, a, b);
	const struct p256num back = { { mask, mask & 0xffffffff, 0,
	    mask & 0xffffffff00000001 } };

	(void)p256_add_raw(out, out, &back);
}

/* Three limbs that products are summed up in. */
struct p256sum {
	uint64_t low, middle, high;
};

static inline void
p256_gather(struct p256sum *c, uint64_t a, uint64_t b)
{
	const uint128 product = (uint128)a * b;
	uint8_t carry = p256_addc(0, c->low, (uint64_t)product, &c->low);

	carry = p256_addc(carry, c->middle, (uint64_t)(product >> 64),
	    &c->middle);
	(void)p256_addc(carry, c->high, 0, &c->high);
}

/* The lowest limb, which is done. */
static inline uint64_t
p256_shift(struct p256sum *c)
{
	const uint64_t low = c->low;

	c->low = c->middle;
	c->middle = c->high;
	c->high = 0;
	return low;
}

/* The product, column by column. */
static inline void
p256_product(uint64_t out[8], const struct p256num *a, const struct p256num *b)
{
	struct p256sum c = { 0, 0, 0 };

#pragma GCC unroll 7
	for (int column = 0; column < 7; column++) {
#pragma GCC unroll 4
		for (int i = 0; i < 4; i++)
			if (column - i >= 0 && column - i < 4)
				p256_gather(&c, a->v[i], b->v[column - i]);
		out[column] = p256_shift(&c);
	}
	out[7] = c.low;
}

/*
 * out = a * b / 2^256 modulo the prime.  A step of Montgomery's reduction adds
 * the multiple of the prime that clears the lowest limb, m, and goes down by a
 * limb: as the prime is 2^192 (2^64 - 2^32 + 1) + 2^96 - 1, that takes one
 * multiplication.
 */
static inline void
p256_mul(struct p256num *out, const struct p256num *a, const struct p256num *b)
{
	uint64_t t[8];
	uint8_t c;

	p256_product(t, a, b);
#pragma GCC unroll 4
	for (int i = 0; i < 4; i++) {
		const uint64_t m = t[0];
		const uint128 high = (uint128)m * 0xffffffff00000001;

		c = p256_addc(0, t[1], m << 32, &t[0]);
		c = p256_addc(c, t[2], m >> 32, &t[1]);
		c = p256_addc(c, t[3], (uint64_t)high, &t[2]);
		t[3] = (uint64_t)(high >> 64) + c;
	}
	c = p256_addc(0, t[0], t[4], &out->v[0]);
	c = p256_addc(c, t[1], t[5], &out->v[1]);
	c = p256_addc(c, t[2], t[6], &out->v[2]);
	c = p256_addc(c, t[3], t[7], &out->v[3]);
	p256_reduce(out, c, &p256_p.m);
}

/* Squaring with each product once was no faster. */
static inline void
p256_square(struct p256num *out, const struct p256num *a)
{
	p256_mul(out, a, a);
}

/* out = a * b / 2^256 modulo any modulus. */
static inline void
p256_mul_by(const struct p256modulus *f, struct p256num *out,
    const struct p256num *a, const struct p256num *b)
{
	uint64_t t[8];
	uint8_t c = 0;

	p256_product(t, a, b);
	for (int i = 0; i < 4; i++) {
		const uint64_t m = t[i] * f->factor;
		uint128 sum = 0;

		for (int j = 0; j < 4; j++) {
			sum += (uint128)m * f->m.v[j] + t[i + j];
			t[i + j] = (uint64_t)sum;
			sum >>= 64;
		}
		c = p256_addc(c, t[i + 4], (uint64_t)sum, &t[i + 4]);
	}
	memcpy(out->v, t + 4, sizeof(out->v));
	p256_reduce(out, c, &f->m);
}

/* 32 octets, the highest first, and back. */
static inline void
p256_read(struct p256num *out, const uint8_t bytes[32])
{
#pragma GCC unroll 4
	for (int i = 0; i < 4; i++) {
		out->v[3 - i] = 0;
		for (int j = 0; j < 8; j++)
			out->v[3 - i] =
			    out->v[3 - i] << 8 | bytes[8 * i + j];
	}
}

static inline void
p256_write(uint8_t bytes[32], const struct p256num *a)
{
	for (int i = 0; i < 32; i++)
		bytes[i] = (uint8_t)(a->v[3 - i / 8] >> (56 - i % 8 * 8));
}

#endif
