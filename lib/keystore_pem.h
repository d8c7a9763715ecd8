/* What keystore_pem.c and keystore_pem_admin.c share. */
#ifndef KEYSTORE_PEM_H
#define KEYSTORE_PEM_H

#include <limits.h>
#include <stdbool.h>

#include "keystore_impl.h"

#define PEM_NAME_SIZE (2 * KEY_ID_MAX + (int)sizeof(".pem"))

struct pem_store {
	struct keystore base;
	bool folder; /* else repo.directory is one file */
	int dirfd;   /* of the folder, or -1 */
	struct p256sign *p256; /* for all its P-256 keys; NULL: none loaded */
	bool litter; /* killed writers left something behind there */
};

/* Whether ks is a struct pem_store. */
bool keystore_is_pem(const struct keystore *ks);

/* The file of a key inside its folder: "a1b2.pem". */
void keystore_pem_name(const uint8_t *id, size_t id_size,
    char name[PEM_NAME_SIZE]);

#endif
