/*
 * Public keys and the verification of signatures, straight on OpenSSL.
 */
#ifndef KEYS_H
#define KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEYS_MAX 64 /* one bit each in a mask of keys */

enum {
	DNSKEY_ZONE = 0x0100, /* RFC 4034 §2.1.1 */
	DNSKEY_SEP = 0x0001,
	DNSKEY_REVOKE = 0x0080, /* RFC 5011 §2.1 */
};

/* A DNSKEY as known to an audit. */
struct key {
	uint8_t *rdata; /* owned by the set */
	uint16_t size;
	uint16_t flags, tag;
	uint8_t protocol, algorithm;
	bool published; /* in the DNSKEY set of the zone that is judged */
	bool previous;	/* in that of the previous zone */
};

struct keyset {
	struct key key[KEYS_MAX];
	size_t count;
};

/*
 * Add a DNSKEY's RDATA unless it is there.  Returns its index, or -1: too
 * short to be one, too many keys, or no memory.
 */
int keyset_add(struct keyset *set, const uint8_t *rdata, size_t size);
int keyset_find(const struct keyset *set, const uint8_t *rdata, size_t size);
void keyset_free(struct keyset *set);

/* RFC 4034 Appendix B. */
uint16_t key_tag(const uint8_t *rdata, size_t size);

/* Bits of the modulus, of the curve, or 0 for what cannot be read. */
unsigned key_modulus_bits(const struct key *key);

/* RFC 3110 §2: the parts of an RSA key.  false: malformed. */
bool key_rsa_parts(const struct key *key, const uint8_t **exponent,
    size_t *exponent_size, const uint8_t **modulus, size_t *modulus_size);

/* Can the public key be loaded?  For algorithms that are supported. */
bool key_usable(const struct key *key);

/*
 * The keys, as a mask, that a DS (or CDS) RDATA names: tag, algorithm and
 * digest (RFC 4034 §5.1.4).  A digest that is not known matches none.
 */
uint64_t ds_matches(const struct keyset *set, const uint8_t *zone,
    const uint8_t *ds, size_t size);

bool algorithm_supported(uint8_t algorithm);

/* Per thread: OpenSSL's state for the keys of a set. */
struct verifier;

struct verifier *verifier_new(void);

/* Forget the keys: another set is to come. */
void verifier_reset(struct verifier *v);
void verifier_free(struct verifier *v);

/* What a signature covers, in two parts, and the signature. */
struct signed_data {
	const uint8_t *head, *body, *signature;
	size_t head_size, body_size, signature_size;
	const uint8_t *inverse; /* for ecdsa_check(), or NULL */
};

/*
 * Does it verify by set->key[index]?
 * 1: yes; 0: no; -1: the key cannot be used (malformed or unsupported).
 */
int verifier_check(struct verifier *v, const struct keyset *set, size_t index,
    const struct signed_data *s);

#endif
