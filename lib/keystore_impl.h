/*
 * What keystore.c and the two kinds of store behind it share.  Only
 * lib/keystore*.c include this.
 */
#ifndef KEYSTORE_IMPL_H
#define KEYSTORE_IMPL_H

#include "keystore.h"

/* What the rows of tables that are sorted by id begin with. */
struct keystore_row {
	uint8_t id[KEY_ID_MAX];
	size_t id_size;
};

/* A private key that the store holds, loaded or not; begins as a keystore_row. */
struct keystore_item {
	uint8_t id[KEY_ID_MAX];
	size_t id_size;
	char *label;	      /* owned; NULL: none */
	unsigned long handle; /* CK_OBJECT_HANDLE */
	enum key_kind kind;
	unsigned bits;	      /* 0: kind and bits are still to be asked */
	struct key *keys;     /* loaded, one for each algorithm asked for */
};

struct keystore_ops {
	/* Fill what key_entry needs beyond id and label. */
	int (*describe)(struct keystore *ks, const struct keystore_item *item,
	    struct key_entry *out, struct diag *d);
	/*
	 * Make the key ready to sign by the algorithm of that number (0: see
	 * keystore_algorithm()): *out gets alg, pub, pub_size and bits; the
	 * rest of struct key is filled by keystore_find().
	 */
	int (*load)(struct keystore *ks, const struct keystore_item *item,
	    unsigned algorithm, struct key **out, struct diag *d);
	int (*sign)(struct key *key, const void *data, size_t len,
	    uint8_t *sig, struct diag *d);
	/* For keys whose batch is above 1. */
	int (*sign_hashes)(struct key *key, const uint8_t *digests, size_t n,
	    uint8_t *sigs, struct diag *d);
	void (*unload)(struct key *key); /* frees it */
	void (*close)(struct keystore *ks); /* frees it */
};

/* Both kinds begin with this. */
struct keystore {
	const struct keystore_ops *ops;
	struct repository repo; /* name, limits */
	struct keystore_item *item; /* sorted by id */
	size_t count;
};

/* Both kinds of key begin with this. */
struct key {
	struct keystore *ks;
	uint8_t id[KEY_ID_MAX];
	size_t id_size;
	const struct algorithm *alg;
	uint8_t pub[DNSKEY_PUBLIC_MAX];
	size_t pub_size;
	unsigned bits;
	size_t signature_size;
	size_t batch; /* set by load() where it is above 1 */
	struct key *next;
};

int keystore_p11_open(struct keystore **out, const struct repository *repo,
    struct diag *d);
int keystore_pem_open(struct keystore **out, const struct repository *repo,
    struct diag *d);

/*
 * Base set-up: copies repo, the PIN aside.  -1: STATUS_SYSTEM.
 */
int keystore_init(struct keystore *ks, const struct keystore_ops *ops,
    const struct repository *repo, struct diag *d);

/*
 * Take one more item, whose label is owned from now on, failing too; sort
 * when all are in.  -1: STATUS_SYSTEM.
 */
int keystore_add(struct keystore *ks, struct keystore_item *item,
    struct diag *d);
void keystore_sort(struct keystore *ks);
/* Take one more item to its place among sorted ones. */
int keystore_insert(struct keystore *ks, struct keystore_item *item,
    struct diag *d);

/*
 * The algorithm of that number for a key that is described so; 0: what its kind
 * suggests.  -1: STATUS_USAGE, it is not for such a key.
 */
int keystore_algorithm(const struct key_entry *entry, unsigned number,
    const struct algorithm **out, struct diag *d);

/* Forget an item and the keys loaded from it. */
void keystore_drop(struct keystore *ks, const struct keystore_item *item);

/* Unload the keys and free the items: for ops->close. */
void keystore_fini(struct keystore *ks);

/* Compares ids, the shorter first. */
int keystore_id_compare(const uint8_t *a, size_t a_size, const uint8_t *b,
    size_t b_size);

/*
 * For tables whose rows of row_size octets begin as a struct keystore_row: sort
 * them; where the first of count sorted ones with that id is, or would be.
 */
void keystore_rows_sort(void *rows, size_t row_size, size_t count);
size_t keystore_rows_place(const void *rows, size_t row_size, size_t count,
    const uint8_t *id, size_t id_size);

/*
 * The first item with that id, or NULL.  More may follow it.
 */
struct keystore_item *keystore_item_by_id(const struct keystore *ks,
    const uint8_t *id, size_t id_size);

#endif
