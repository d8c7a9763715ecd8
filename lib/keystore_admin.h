/*
 * Making, importing and removing keys, and making tokens.  Apart from
 * keystore.h, so that a program that only signs links none of it.
 */
#ifndef KEYSTORE_ADMIN_H
#define KEYSTORE_ADMIN_H

#include "keystore.h"

/* The key to be made, or what an imported one is to be called. */
struct key_spec {
	enum key_kind kind;
	unsigned bits;	   /* RSA: 1024 to 4096; else not used */
	const uint8_t *id; /* CKA_ID, or NULL: 16 random octets */
	size_t id_size;
	const char *label; /* NULL: the id in hex */
	/*
	 * For an import: an id that is NULL is made of this text and the key
	 * and not random.  A key that the store has by that id already is the
	 * one: who was killed and begins again makes no second copy.
	 */
	const char *owner;
};

/*
 * Generate a key pair; id gets what it is called.  The store knows it from
 * then on.
 * -1: STATUS_USAGE for bits out of range, an id that is taken, a store that is
 * full (Capacity) or cannot make that kind; STATUS_SYSTEM.
 */
int keystore_generate(struct keystore *ks, const struct key_spec *spec,
    uint8_t id[KEY_ID_MAX], size_t *id_size, struct diag *d);

/*
 * Import the private key in a file: PKCS#8 PEM, or BIND's K*.private.  spec's
 * kind and bits are not used.  *fresh, if not NULL, says whether the store did
 * not have it (spec's owner).  alg, if not NULL, gets the algorithm that the
 * file names, or NULL if it names none.
 * -1: as above, and for a file that is not such a key, or that others can
 * read.
 */
int keystore_import(struct keystore *ks, const char *path,
    const struct key_spec *spec, uint8_t id[KEY_ID_MAX], size_t *id_size,
    bool *fresh, const struct algorithm **alg, struct diag *d);

/*
 * Remove the private key and its public key.  Handles from keystore_find() to
 * it are no longer valid.  -1: STATUS_USAGE if there is none, STATUS_SYSTEM.
 */
int keystore_remove(struct keystore *ks, const uint8_t *id, size_t id_size,
    struct diag *d);

/*
 * Random octets of the store's own generator: the token's, or OpenSSL's.
 */
int keystore_random(struct keystore *ks, uint8_t *buf, size_t size,
    struct diag *d);

#define KEYSTORE_TEXT_MAX 65

/* What a store says of itself; strings are "" where it says nothing. */
struct keystore_info {
	char module[256]; /* library, or folder */
	char label[KEYSTORE_TEXT_MAX];
	char manufacturer[KEYSTORE_TEXT_MAX];
	char model[KEYSTORE_TEXT_MAX];
	char serial[KEYSTORE_TEXT_MAX];
	char library[2 * KEYSTORE_TEXT_MAX]; /* description and version */
};

int keystore_info(struct keystore *ks, struct keystore_info *out,
    struct diag *d);

/*
 * Make the store that repo tells of where it is missing: a token of that label
 * in a free slot, with the security officer's PIN and the user's; or the
 * folder, mode 0700.  *made says whether it had to be made: a token that is
 * there is left alone, whatever its PINs.
 * -1: STATUS_USAGE if no slot is free or a PIN is refused, STATUS_SYSTEM.
 */
int keystore_create(const struct repository *repo, const char *so_pin,
    const char *pin, bool *made, struct diag *d);

#endif
