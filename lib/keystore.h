/*
 * Private keys, wherever they live: one small interface with PKCS#11 tokens
 * (keystore_p11.c) and folders or files of PKCS#8 PEM (keystore_pem.c) behind.
 * Making, importing and removing keys is keystore_admin.h.
 *
 * Fork.  A process that holds a PKCS#11 store open must not use it in a child:
 * the module would not know it.  Allowed: fork first and open in each worker;
 * or open, look, prove and close, then fork, then open again in each worker.
 * Key files may be opened before the fork and used on both sides.  A struct
 * keyring that is not open may always be carried over a fork, with the PINs it
 * holds: the terminal is asked once, in the parent.
 *
 * Threads: none.  One process uses a store from one thread.
 */
#ifndef KEYSTORE_H
#define KEYSTORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "algorithm.h"
#include "diag.h"
#include "dnskey.h"
#include "repository.h"

#define KEY_ID_MAX	  64  /* octets of a CKA_ID */
#define KEY_SIGNATURE_MAX 512 /* RSA of 4096 bits */

struct keystore;
struct key;

/* --- one store ----------------------------------------------------------- */

/*
 * Open a token or a folder.  For a token: under the token lock (keylock.h)
 * the module is loaded and the PIN presented; then the token's private keys
 * are swept once into a table.  repo is not kept.
 * -1: STATUS_USAGE for a module, token or folder that does not exist, a wrong
 * PIN; STATUS_SYSTEM for a lock or token in trouble.
 */
int keystore_open(struct keystore **out, const struct repository *repo,
    struct diag *d);

/* Logs out, unloads the module, wipes and frees, the keys too. NULL allowed. */
void keystore_close(struct keystore *ks);

/* The name its repository has, for messages. */
const char *keystore_name(const struct keystore *ks);

/* What identifies a key in a store; all that is given must fit. */
struct key_query {
	const uint8_t *id; /* CKA_ID, or NULL */
	size_t id_size;
	const char *label;  /* CKA_LABEL, or NULL */
	unsigned algorithm; /* 0: algorithm_default() of its kind */
};

/*
 * The key that fits the query.  *out belongs to ks and lives until it closes
 * or keystore_unload().
 * -1: STATUS_USAGE if none or several fit, or the key is not of the algorithm;
 * STATUS_SYSTEM.
 */
int keystore_find(struct keystore *ks, const struct key_query *query,
    struct key **out, struct diag *d);

/*
 * Forget what was loaded of a key; it dies, and can be found again.  A key
 * that is ready to sign takes some 20 KB: who only looks at many wants this.
 */
void keystore_unload(struct key *key);

/* Whether the store holds a private key with that id. */
bool keystore_has(const struct keystore *ks, const uint8_t *id,
    size_t id_size);

struct key_entry {
	uint8_t id[KEY_ID_MAX];
	size_t id_size;
	const char *label; /* "" if none; lives as long as the store */
	bool supported;	   /* else a kind that signs no zone; kind is not set */
	enum key_kind kind;
	unsigned bits; /* of the modulus or the curve; 0 if not known */
};

/*
 * How many private keys the store holds, and the n-th of them by id.  -1 if it
 * cannot be read; id and label are filled even so.
 */
size_t keystore_count(const struct keystore *ks);
int keystore_entry(struct keystore *ks, size_t n, struct key_entry *out,
    struct diag *d);

/* --- one key ------------------------------------------------------------- */

const struct algorithm *key_algorithm(const struct key *key);
const uint8_t *key_id(const struct key *key, size_t *size);

/* The key material of its DNSKEY; lives as long as key. */
const uint8_t *key_public(const struct key *key, size_t *size);

/* Modulus or curve size. */
unsigned key_bits(const struct key *key);

/* Octets that every signature of this key has; at most KEY_SIGNATURE_MAX. */
size_t key_signature_size(const struct key *key);

/*
 * The hot path.  data: RRSIG RDATA without the signature, then the canonical
 * RRset (RFC 4034 §3.1.8.1); it is hashed here.  sig gets
 * key_signature_size() octets as DNSSEC wants them: RSA PKCS#1 v1.5
 * (RFC 3110, 5702), r | s of ECDSA (RFC 6605), EdDSA raw (RFC 8080).
 * -1: STATUS_SYSTEM.
 */
int key_sign(struct key *key, const void *data, size_t len,
    uint8_t sig[KEY_SIGNATURE_MAX], struct diag *d);

/*
 * Many signatures at once.  key_batch() is how many key_sign_hashes() takes;
 * where it is 1 there is nothing to gain (tokens, and all but P-256 in files,
 * which gets 2.3 times as fast) and only key_sign() may be used.
 * key_hash() hashes what key_sign() would: digest gets its result, whose size
 * is returned.  key_sign_hashes() signs n digests that stand one behind the
 * other into n signatures of key_signature_size() octets, the same as
 * key_sign() makes: those of P-256 keys in files depend on key and data only
 * (RFC 6979).
 * -1: STATUS_SYSTEM.
 */
#define KEY_HASH_MAX 64
size_t key_batch(const struct key *key);
size_t key_hash(const struct key *key, const void *data, size_t len,
    uint8_t digest[KEY_HASH_MAX]);
int key_sign_hashes(struct key *key, const uint8_t *digests, size_t n,
    uint8_t *sigs, struct diag *d);

/*
 * Key proof (DESIGN §3): sign a fresh nonce, which must verify under pub, the
 * key material that the zone's DNSKEY publishes.
 * -1: STATUS_BAD if it does not, STATUS_SYSTEM.
 */
int key_prove(struct key *key, const uint8_t *pub, size_t pub_size,
    struct diag *d);

#endif
