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

/* out = a - b; the borrow, 0 or 1. */
static inline uint64_t
p256_sub_raw(struct p256num *out, const struct p256num *a,
    const struct p256num *b)
{
	uint64_t borrow = 0;

#pragma GCC unroll 4
	for (int i = 0; i < 4; i++) {
		const uint128 t = (uint128)a->v[i] - b->v[i] - borrow;

		out->v[i] = (uint64_t)t;
		borrow = (uint64_t)(t >> 64) & 1;
	}
	return borrow;
}

/* out = a + b; the carry, 0 or 1. */
static inline uint64_t
p256_add_raw(struct p256num *out, const struct p256num *a,
    const struct p256num *b)
{
	uint64_t carry = 0;

#pragma GCC unroll 4
	for (int i = 0; i < 4; i++) {
		const uint128 t = (uint128)a->v[i] + b->v[i] + carry;

		out->v[i] = (uint64_t)t;
		carry = (uint64_t)(t >> 64);
	}
	return carry;
}

static inline bool
p256_below(const struct p256num *a, const struct p256num *b)
{
	struct p256num t;

	return p256_sub_raw(&t, a, b) == 1;
}

/* What is below twice the modulus (carry is its bit 256) to below it. */
static inline void
p256_reduce(struct p256num *a, uint64_t carry, const struct p256num *m)
{
	struct p256num t;
	const uint64_t borrow = p256_sub_raw(&t, a, m);
	/* all ones: keep a */
	const uint64_t keep = 0 - (uint64_t)(carry < borrow);

#pragma GCC unroll 4
	for (int i = 0; i < 4; i++)
		a->v[i] = (a->v[i] & keep) | (t.v[i] & ~keep);
}

static inline void
p256_add(struct p256num *out, const struct p256num *a, const struct p256num *b)
{
	const uint64_t carry = p256_add_raw(out, a, b);

	p256_reduce(out, carry, &p256_p.m);
}

static inline void
p256_sub(struct p256num *out, const struct p256num *a, const struct p256num *b)
{
	const uint64_t mask = 0 - p256_sub_raw(out, a, b);
	const struct p256num back = { { mask, mask & 0xffffffff, 0,
	    mask & 0xffffffff00000001 } };

	(void)p256_add_raw(out, out, &back);
}

/* t[0..4) += a * b, the carry to t[4] and t[5]. */
static inline void
p256_mul_row(uint64_t t[6], const struct p256num *a, uint64_t b)
{
	uint128 c = 0;

#pragma GCC unroll 4
	for (int j = 0; j < 4; j++) {
		c += (uint128)a->v[j] * b + t[j];
		t[j] = (uint64_t)c;
		c >>= 64;
	}
	c += t[4];
	t[4] = (uint64_t)c;
	t[5] = (uint64_t)(c >> 64);
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
	uint64_t t[6] = { 0 };

#pragma GCC unroll 4
	for (int i = 0; i < 4; i++) {
		uint128 c, high;
		uint64_t m;

		p256_mul_row(t, a, b->v[i]);
		m = t[0];
		high = (uint128)m * 0xffffffff00000001;
		c = (uint128)t[1] + (m << 32);
		t[0] = (uint64_t)c;
		c = (c >> 64) + t[2] + (m >> 32);
		t[1] = (uint64_t)c;
		c = (c >> 64) + t[3] + (uint64_t)high;
		t[2] = (uint64_t)c;
		c = (c >> 64) + t[4] + (uint64_t)(high >> 64);
		t[3] = (uint64_t)c;
		t[4] = t[5] + (uint64_t)(c >> 64);
	}
	memcpy(out->v, t, sizeof(out->v));
	p256_reduce(out, t[4], &p256_p.m);
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
	uint64_t t[6] = { 0 };

#pragma GCC unroll 4
	for (int i = 0; i < 4; i++) {
		p256_mul_row(t, a, b->v[i]);
		/* t[5] is 0 or 1 here; the row below adds to both */
		const uint64_t top = t[5];

		p256_mul_row(t, &f->m, t[0] * f->factor);
		t[5] += top;
		memmove(t, t + 1, 5 * sizeof(t[0]));
	}
	memcpy(out->v, t, sizeof(out->v));
	p256_reduce(out, t[4], &f->m);
}

/* 32 octets, the highest first. */
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

#endif
