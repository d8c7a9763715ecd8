/*
 * RFC 6979 appendix A.2.5: P-256 with SHA-256, signatures byte for byte; then
 * batches of every size against OpenSSL's verification.
 */
#define OPENSSL_API_COMPAT 0x10100000L

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/obj_mac.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "hex.h"
#include "p256sign.h"
#include "tap.h"

static const struct {
	const char *message, *rs;
} rfc6979[] = {
	{ "sample",
	    "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
	    "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8" },
	{ "test",
	    "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367"
	    "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083" },
};

static EC_KEY *
key(const char *private)
{
	EC_KEY *ec = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
	EC_POINT *point = EC_POINT_new(EC_KEY_get0_group(ec));
	BIGNUM *x = NULL;

	BN_hex2bn(&x, private);
	if (EC_POINT_mul(EC_KEY_get0_group(ec), point, x, NULL, NULL, NULL) !=
		1 ||
	    EC_KEY_set_private_key(ec, x) != 1 ||
	    EC_KEY_set_public_key(ec, point) != 1)
		abort();
	EC_POINT_free(point);
	BN_free(x);
	return ec;
}

static int
verifies(EC_KEY *ec, const uint8_t *hash, const uint8_t *sig)
{
	ECDSA_SIG *s = ECDSA_SIG_new();
	int good;

	ECDSA_SIG_set0(s, BN_bin2bn(sig, 32, NULL),
	    BN_bin2bn(sig + 32, 32, NULL));
	good = ECDSA_do_verify(hash, 32, s, ec) == 1;
	ECDSA_SIG_free(s);
	return good;
}

static void
vectors(void)
{
	EC_KEY *ec = key("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A"
			 "622B120F6721");
	uint8_t hash[64], sig[128];
	struct p256sign *p;
	char hex[129];

	ok(p256sign_new(&p) == 0, "RFC 6979's key");
	for (size_t i = 0; i < 2; i++) {
		SHA256((const uint8_t *)rfc6979[i].message,
		    strlen(rfc6979[i].message), hash + 32 * i);
		ok(p256sign_make(p, ec, hash + 32 * i, 1, sig) == 0, "signs");
		hex_encode(sig, 64, hex);
		is(hex, rfc6979[i].rs, rfc6979[i].message);
	}
	ok(p256sign_make(p, ec, hash, 2, sig) == 0, "both at once");
	for (size_t i = 0; i < 2; i++) {
		hex_encode(sig + 64 * i, 64, hex);
		is(hex, rfc6979[i].rs, "the same two");
	}
	p256sign_free(p);
	EC_KEY_free(ec);
}

/* Digests that a hash would hardly give: around zero and the order. */
static void
edges(void)
{
	static const char *const hashes[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0000000000000000000000000000000000000000000000000000000000000001",
		"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550",
		"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
		"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632552",
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	};
	static const char *const keys[] = { "1", "2",
		"FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632550" };
	uint8_t hash[32], sig[64];
	size_t n;

	for (size_t k = 0; k < 3; k++) {
		EC_KEY *ec = key(keys[k]);
		struct p256sign *p;

		if (p256sign_new(&p) == -1)
			abort();
		for (size_t i = 0; i < 6; i++) {
			hex_decode(hashes[i], 64, hash, 32, &n);
			ok(p256sign_make(p, ec, hash, 1, sig) == 0 &&
				verifies(ec, hash, sig),
			    "key %zu, digest %zu", k, i);
		}
		p256sign_free(p);
		EC_KEY_free(ec);
	}
}

static void
batches(void)
{
	static uint8_t hash[64 * 32], sig[64 * 64], alone[64];
	EC_KEY *ec = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
	struct p256sign *p;

	if (EC_KEY_generate_key(ec) != 1 || p256sign_new(&p) == -1)
		abort();
	for (size_t n = 1; n <= 64; n++) {
		int good = 1;

		for (size_t i = 0; i < n * 32; i += 32)
			SHA256((const uint8_t *)&i, sizeof(i), hash + i);
		SHA256((const uint8_t *)&n, sizeof(n), hash);
		if (p256sign_make(p, ec, hash, n, sig) == -1)
			good = 0;
		for (size_t i = 0; i < n; i++) {
			good = good && verifies(ec, hash + 32 * i,
					   sig + 64 * i);
			good = good &&
			    p256sign_make(p, ec, hash + 32 * i, 1, alone) == 0 &&
			    memcmp(alone, sig + 64 * i, 64) == 0;
		}
		ok(good, "%zu at once: each verifies, and is as alone", n);
	}
	p256sign_free(p);
	EC_KEY_free(ec);
}

/* --- what is left of a nonce --------------------------------------------- */

/* While it is watched OpenSSL's memory is from here, and stays when freed. */
static _Alignas(16) uint8_t heap[8 << 20];
static size_t heap_used;
static bool watched;
static _Alignas(4096) uint8_t stack[1 << 20];

#define LEFT 5 /* signatures: enough for the batch's own way */

struct watch {
	struct p256sign *p;
	EC_KEY *ec;
	size_t n;
	int rc;
	uint8_t hash[LEFT * 32], sig[LEFT * 64];
};

static bool
of_heap(const void *p)
{
	return (uintptr_t)p - (uintptr_t)heap < sizeof(heap);
}

static void *
watched_malloc(size_t size, const char *file, int line)
{
	uint8_t *p = heap + heap_used;

	(void)file;
	(void)line;
	if (!watched)
		return malloc(size);
	if (heap_used + size + 32 > sizeof(heap))
		abort();
	memcpy(p, &size, sizeof(size)); /* for watched_realloc() */
	heap_used += 16 + (size + 15) / 16 * 16;
	return p + 16;
}

static void
watched_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	if (!of_heap(p))
		free(p);
}

static void *
watched_realloc(void *p, size_t size, const char *file, int line)
{
	size_t before;
	void *grown;

	if (p == NULL)
		return watched_malloc(size, file, line);
	if (!of_heap(p))
		return realloc(p, size);
	memcpy(&before, (uint8_t *)p - 16, sizeof(before));
	if ((grown = watched_malloc(size, file, line)) != NULL)
		memcpy(grown, p, before < size ? before : size);
	return grown;
}

static void *
make_watched(void *arg)
{
	struct watch *w = arg;

	watched = true;
	w->rc = p256sign_make(w->p, w->ec, w->hash, w->n, w->sig);
	watched = false;
	return NULL;
}

/* memcmp() and memmem() of the sanitizers refuse a stack that was left. */
__attribute__((no_sanitize("address"))) static bool
holds(const uint8_t *memory, size_t size, const uint8_t secret[32])
{
	for (size_t at = 0; at + 32 <= size; at += 4) {
		size_t i = 0;

		while (i < 32 && memory[at + i] == secret[i])
			i++;
		if (i == 32)
			return true;
	}
	return false;
}

/* In limbs as they are in memory, in octets, and in SHA-256's words. */
static int
leaks(const char *what, const BIGNUM *secret)
{
	uint8_t form[3][32];
	int found = 0;

	if (BN_bn2lebinpad(secret, form[0], 32) != 32 ||
	    BN_bn2binpad(secret, form[1], 32) != 32)
		abort();
	for (size_t i = 0; i < 32; i++)
		form[2][i] = form[1][i / 4 * 4 + 3 - i % 4];
	for (int i = 0; i < 3; i++) {
		const bool on_stack = holds(stack, sizeof(stack), form[i]);
		const bool on_heap = holds(heap, heap_used, form[i]);

		if (on_stack || on_heap)
			printf("# %s, form %d, is left%s%s\n", what, i,
			    on_stack ? " on the stack" : "",
			    on_heap ? " in the heap" : "");
		found += on_stack + on_heap;
	}
	return found;
}

/* Of a number modulo m: itself, its inverse, and both in Montgomery form. */
static int
leaks_modulo(const char *what, const BIGNUM *number, const BIGNUM *m,
    BN_CTX *ctx)
{
	BIGNUM *a = BN_dup(number), *shift = BN_new();
	int found = 0;

	BN_set_bit(shift, 256);
	for (int i = 0; i < 2; i++) {
		found += leaks(what, a);
		BN_mod_mul(a, a, shift, m, ctx);
		found += leaks(what, a);
		BN_mod_inverse(a, number, m, ctx);
	}
	BN_free(a);
	BN_free(shift);
	return found;
}

/* k = (hash + r d) / s */
static BIGNUM *
nonce_of(const EC_KEY *ec, const uint8_t *hash, const uint8_t *sig, BN_CTX *ctx)
{
	const BIGNUM *n = EC_GROUP_get0_order(EC_KEY_get0_group(ec));
	BIGNUM *k = BN_bin2bn(sig, 32, NULL), *s = BN_bin2bn(sig + 32, 32, NULL);
	BIGNUM *e = BN_bin2bn(hash, 32, NULL);

	BN_mod_mul(k, k, EC_KEY_get0_private_key(ec), n, ctx);
	BN_mod_add(k, k, e, n, ctx);
	BN_mod_inverse(s, s, n, ctx);
	BN_mod_mul(k, k, s, n, ctx);
	BN_free(s);
	BN_free(e);
	return k;
}

static int
leaks_of(const struct watch *w, size_t i, BN_CTX *ctx)
{
	const EC_GROUP *group = EC_KEY_get0_group(w->ec);
	EC_POINT *point = EC_POINT_new(group);
	BIGNUM *k = nonce_of(w->ec, w->hash + 32 * i, w->sig + 64 * i, ctx);
	BIGNUM *p = BN_new(), *xyz[3] = { BN_new(), BN_new(), BN_new() };
	static const char *const names[] = { "X", "Y", "Z" };
	int found = leaks_modulo("k", k, EC_GROUP_get0_order(group), ctx);

	EC_GROUP_get_curve(group, p, NULL, NULL, ctx);
	if (EC_POINT_mul(group, point, k, NULL, NULL, ctx) != 1 ||
	    EC_POINT_get_Jprojective_coordinates_GFp(group, point, xyz[0],
		xyz[1], xyz[2], ctx) != 1)
		abort();
	for (int c = 0; c < 3; c++) {
		found += leaks_modulo(names[c], xyz[c], p, ctx);
		BN_free(xyz[c]);
	}
	BN_free(k);
	BN_free(p);
	EC_POINT_free(point);
	return found;
}

/* p256sign.h: nothing is kept from one call to the next. */
static void
nothing_left(size_t n)
{
	struct watch w = { .n = n,
		.ec = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1) };
	BN_CTX *ctx = BN_CTX_new();
	pthread_attr_t attr;
	pthread_t thread;
	int found = 0;

	if (EC_KEY_generate_key(w.ec) != 1)
		abort();
	memset(stack, 0, sizeof(stack));
	heap_used = 0;
	watched = true;
	if (p256sign_new(&w.p) == -1)
		abort();
	watched = false;
	for (size_t i = 0; i < n; i++)
		SHA256((const uint8_t *)&i, sizeof(i), w.hash + 32 * i);
	if (pthread_attr_init(&attr) != 0 ||
	    pthread_attr_setstack(&attr, stack, sizeof(stack)) != 0 ||
	    pthread_create(&thread, &attr, make_watched, &w) != 0 ||
	    pthread_join(thread, NULL) != 0 || w.rc == -1)
		abort();
	(void)pthread_attr_destroy(&attr);
	for (size_t i = 0; i < n; i++)
		found += leaks_of(&w, i, ctx);
	ok(found == 0, "%zu at once: nothing of a nonce is left", n);
	found = leaks("d", EC_KEY_get0_private_key(w.ec));
	ok(found == 0, "%zu at once: nor of the key", n);
	p256sign_free(w.p);
	EC_KEY_free(w.ec);
	BN_CTX_free(ctx);
}

int
main(void)
{
	/* Refused after OpenSSL's first allocation. */
	if (CRYPTO_set_mem_functions(watched_malloc, watched_realloc,
		watched_free) != 1)
		abort();
	vectors();
	edges();
	batches();
	nothing_left(1);
	nothing_left(LEFT);
	return done();
}
