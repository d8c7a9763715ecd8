/*
 * OpenSSL 3.0 spends more on fetching algorithms and on setting up contexts
 * than on some signatures, so every key keeps its context, and digests and
 * P-256 use the low-level functions.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>

#include "ecdsa.h"
#include "keys.h"

#define RSA_BITS_MAX	 4096 /* RFC 3110 §2, RFC 5702 §2 */
#define RSA_EXPONENT_MAX 8    /* octets: as OpenSSL above 3072 bits */

/* OpenSSL's form of one key. */
struct slot {
	enum { SLOT_EMPTY, SLOT_BROKEN, SLOT_RSA, SLOT_ECDSA, SLOT_EDDSA } kind;
	EVP_PKEY *pkey;
	EVP_PKEY_CTX *ctx; /* RSA */
	struct ecdsa_key *ecdsa;
};

/*
 * Zones that share keys come one after another, and what makes a key's
 * verifications cheap is dear to make: ECDSA keys outlive their zone.
 */
#define WARM_KEYS 8

struct verifier {
	struct slot slot[KEYS_MAX];
	struct ecdsa_key *warm[WARM_KEYS]; /* of no slot; the newest first */
	struct p256point *generator; /* or NULL */
	EVP_MD_CTX *eddsa;
	uint8_t *message; /* EdDSA wants it in one piece */
	size_t message_size;
};

struct verifier *
verifier_new(void)
{
	struct verifier *v = calloc(1, sizeof(*v));

	if (v != NULL && (v->eddsa = EVP_MD_CTX_new()) == NULL) {
		free(v);
		return NULL;
	}
	if (v != NULL)
		v->generator = p256point_new(NULL);
	return v;
}

static const EVP_MD *
rsa_digest(uint8_t algorithm)
{
	switch (algorithm) {
	case 5:
	case 7:
		return EVP_sha1();
	case 8:
		return EVP_sha256();
	default:
		return EVP_sha512();
	}
}

static EVP_PKEY *
rsa_key(const struct key *key)
{
	OSSL_PARAM_BLD *build = NULL;
	OSSL_PARAM *params = NULL;
	EVP_PKEY_CTX *ctx = NULL;
	EVP_PKEY *pkey = NULL;
	BIGNUM *n = NULL, *e = NULL;
	const uint8_t *exponent, *modulus;
	size_t exponent_size, modulus_size;

	/* A verification that takes milliseconds is no verifier's duty. */
	if (!key_rsa_parts(key, &exponent, &exponent_size, &modulus,
		&modulus_size) || exponent_size > RSA_EXPONENT_MAX ||
	    key_modulus_bits(key) > RSA_BITS_MAX)
		return NULL;
	n = BN_bin2bn(modulus, (int)modulus_size, NULL);
	e = BN_bin2bn(exponent, (int)exponent_size, NULL);
	build = OSSL_PARAM_BLD_new();
	if (n == NULL || e == NULL || build == NULL ||
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) != 1)
		goto out;
	params = OSSL_PARAM_BLD_to_param(build);
	ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	if (params == NULL || ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pkey = NULL;
out:
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	BN_free(n);
	BN_free(e);
	return pkey;
}

static void
load_rsa(struct slot *slot, const struct key *key)
{
	slot->pkey = rsa_key(key);
	if (slot->pkey == NULL)
		return;
	slot->ctx = EVP_PKEY_CTX_new(slot->pkey, NULL);
	if (slot->ctx != NULL && EVP_PKEY_verify_init(slot->ctx) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(slot->ctx, RSA_PKCS1_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_signature_md(slot->ctx,
		rsa_digest(key->algorithm)) == 1)
		slot->kind = SLOT_RSA;
}

static void
load_eddsa(struct slot *slot, const struct key *key)
{
	const int id = key->algorithm == 15 ? EVP_PKEY_ED25519 : EVP_PKEY_ED448;

	slot->pkey = EVP_PKEY_new_raw_public_key(id, NULL, key->rdata + 4,
	    (size_t)key->size - 4);
	if (slot->pkey != NULL)
		slot->kind = SLOT_EDDSA;
}

/* Of OpenSSL; 0: the algorithm has none that verifies by ecdsa.h. */
static int
curve(const struct key *key)
{
	return key->algorithm == 13   ? NID_X9_62_prime256v1
	       : key->algorithm == 14 ? NID_secp384r1
				      : 0;
}

static void
load_key(struct slot *slot, const struct key *key)
{
	slot->kind = SLOT_BROKEN;
	switch (key->algorithm) {
	case 5:
	case 7:
	case 8:
	case 10:
		load_rsa(slot, key);
		break;
	case 13:
	case 14:
		slot->ecdsa = ecdsa_key_new(curve(key), key->rdata + 4,
		    (size_t)key->size - 4);
		if (slot->ecdsa != NULL)
			slot->kind = SLOT_ECDSA;
		break;
	case 15:
	case 16:
		load_eddsa(slot, key);
		break;
	}
}

static void
unload(struct slot *slot)
{
	EVP_PKEY_CTX_free(slot->ctx);
	EVP_PKEY_free(slot->pkey);
	ecdsa_key_free(slot->ecdsa);
	*slot = (struct slot){ .kind = SLOT_EMPTY };
}

bool
key_usable(const struct key *key)
{
	struct slot slot = { .kind = SLOT_EMPTY };
	bool usable;

	load_key(&slot, key);
	usable = slot.kind != SLOT_BROKEN;
	unload(&slot);
	return usable;
}

/* The key of an earlier zone, if it is at hand. */
static bool
take_warm(struct verifier *v, struct slot *slot, const struct key *key)
{
	for (size_t i = 0; i < WARM_KEYS && v->warm[i] != NULL; i++) {
		if (!ecdsa_key_is(v->warm[i], curve(key), key->rdata + 4,
			(size_t)key->size - 4))
			continue;
		slot->ecdsa = v->warm[i];
		slot->kind = SLOT_ECDSA;
		memmove(&v->warm[i], &v->warm[i + 1],
		    (WARM_KEYS - 1 - i) * sizeof(v->warm[0]));
		v->warm[WARM_KEYS - 1] = NULL;
		return true;
	}
	return false;
}

/* The one that was not asked for the longest makes room. */
static void
keep_warm(struct verifier *v, struct ecdsa_key *key)
{
	ecdsa_key_free(v->warm[WARM_KEYS - 1]);
	memmove(&v->warm[1], &v->warm[0],
	    (WARM_KEYS - 1) * sizeof(v->warm[0]));
	v->warm[0] = key;
}

void
verifier_reset(struct verifier *v)
{
	for (size_t i = 0; i < KEYS_MAX; i++) {
		if (v->slot[i].kind == SLOT_ECDSA) {
			keep_warm(v, v->slot[i].ecdsa);
			v->slot[i].ecdsa = NULL;
		}
		unload(&v->slot[i]);
	}
}

void
verifier_free(struct verifier *v)
{
	if (v == NULL)
		return;
	verifier_reset(v);
	for (size_t i = 0; i < WARM_KEYS; i++)
		ecdsa_key_free(v->warm[i]);
	p256point_free(v->generator);
	EVP_MD_CTX_free(v->eddsa);
	free(v->message);
	free(v);
}

/* Returns the digest's length. */
static size_t
digest(uint8_t algorithm, const struct signed_data *s,
    uint8_t out[SHA512_DIGEST_LENGTH])
{
	union {
		SHA_CTX sha1;
		SHA256_CTX sha256;
		SHA512_CTX sha512;
	} c;

	switch (algorithm) {
	case 5:
	case 7:
		SHA1_Init(&c.sha1);
		SHA1_Update(&c.sha1, s->head, s->head_size);
		SHA1_Update(&c.sha1, s->body, s->body_size);
		SHA1_Final(out, &c.sha1);
		return SHA_DIGEST_LENGTH;
	case 8:
	case 13:
		SHA256_Init(&c.sha256);
		SHA256_Update(&c.sha256, s->head, s->head_size);
		SHA256_Update(&c.sha256, s->body, s->body_size);
		SHA256_Final(out, &c.sha256);
		return SHA256_DIGEST_LENGTH;
	case 14:
		SHA384_Init(&c.sha512);
		SHA384_Update(&c.sha512, s->head, s->head_size);
		SHA384_Update(&c.sha512, s->body, s->body_size);
		SHA384_Final(out, &c.sha512);
		return SHA384_DIGEST_LENGTH;
	default:
		SHA512_Init(&c.sha512);
		SHA512_Update(&c.sha512, s->head, s->head_size);
		SHA512_Update(&c.sha512, s->body, s->body_size);
		SHA512_Final(out, &c.sha512);
		return SHA512_DIGEST_LENGTH;
	}
}

static int
check_eddsa(struct verifier *v, struct slot *slot, const struct signed_data *s)
{
	const size_t size = s->head_size + s->body_size;

	if (size > v->message_size) {
		uint8_t *grown = realloc(v->message, size);

		if (grown == NULL)
			return -1;
		v->message = grown;
		v->message_size = size;
	}
	memcpy(v->message, s->head, s->head_size);
	memcpy(v->message + s->head_size, s->body, s->body_size);
	EVP_MD_CTX_reset(v->eddsa);
	if (EVP_DigestVerifyInit(v->eddsa, NULL, NULL, NULL, slot->pkey) != 1)
		return -1;
	return EVP_DigestVerify(v->eddsa, s->signature, s->signature_size,
	    v->message, size) == 1;
}

int
verifier_check(struct verifier *v, const struct keyset *set, size_t index,
    const struct signed_data *s)
{
	struct slot *slot = &v->slot[index];
	uint8_t md[SHA512_DIGEST_LENGTH];
	size_t size;

	if (slot->kind == SLOT_EMPTY && !take_warm(v, slot, &set->key[index]))
		load_key(slot, &set->key[index]);
	if (slot->kind == SLOT_BROKEN)
		return -1;
	if (slot->kind == SLOT_EDDSA)
		return check_eddsa(v, slot, s);
	size = digest(set->key[index].algorithm, s, md);
	if (slot->kind == SLOT_ECDSA)
		return ecdsa_check(slot->ecdsa, v->generator, md, size,
		    s->signature, s->signature_size, s->inverse);
	return EVP_PKEY_verify(slot->ctx, s->signature, s->signature_size, md,
	    size) == 1;
}
