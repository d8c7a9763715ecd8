/* What keystore_admin.c and the two kinds of store behind it share. */
#ifndef KEYSTORE_ADMIN_IMPL_H
#define KEYSTORE_ADMIN_IMPL_H

#include <openssl/evp.h>

#include "keystore_admin.h"
#include "keystore_impl.h"

#define RSA_BITS_MIN  1024
#define RSA_BITS_MAX  4096
#define KEY_LABEL_MAX 255

/* A key's name, checked: nothing in the store has that id. */
struct new_key {
	uint8_t id[KEY_ID_MAX];
	size_t id_size;
	const char *label;
};

struct keystore_admin_ops {
	/* Both also put the key into the store's table. */
	int (*generate)(struct keystore *ks, enum key_kind kind, unsigned bits,
	    const struct new_key *key, struct diag *d);
	int (*import)(struct keystore *ks, const EVP_PKEY *pkey,
	    enum key_kind kind, const struct new_key *key, struct diag *d);
	int (*remove)(struct keystore *ks, const struct keystore_item *item,
	    struct diag *d);
	int (*random)(struct keystore *ks, uint8_t *buf, size_t size,
	    struct diag *d);
	int (*info)(struct keystore *ks, struct keystore_info *out,
	    struct diag *d);
	int (*create)(const struct repository *repo, const char *so_pin,
	    const char *pin, bool *made, struct diag *d);
};

extern const struct keystore_admin_ops keystore_p11_admin;
extern const struct keystore_admin_ops keystore_pem_admin;

#endif
