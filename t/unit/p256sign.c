/*
 * RFC 6979 appendix A.2.5: P-256 with SHA-256, signatures byte for byte; then
 * batches of every size against OpenSSL's verification.
 */
#define OPENSSL_API_COMPAT 0x10100000L

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/obj_mac.h>
#include <openssl/sha.h>
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

int
main(void)
{
	vectors();
	edges();
	batches();
	return done();
}
