/* What lib/keystore_p11*.c share. */
#ifndef KEYSTORE_P11_H
#define KEYSTORE_P11_H

#include <p11-kit/pkcs11.h>
#include <stdbool.h>
#include <sys/types.h>

#include "keystore_impl.h"

/* CKA_EC_POINT of P-384, with the wrapping that most tokens give it. */
#define P11_POINT_MAX 100

/*
 * A public key object, found by the CKA_ID it shares with its private key;
 * begins as a keystore_row.
 */
struct p11_public {
	uint8_t id[KEY_ID_MAX];
	size_t id_size;
	uint8_t point[P11_POINT_MAX];
	size_t point_size; /* 0: to be asked for */
	CK_OBJECT_HANDLE handle;
};

struct p11_store {
	struct keystore base;
	CK_FUNCTION_LIST *f; /* NULL: not loaded */
	bool initialized;
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session;
	bool in_session;
	pid_t pid; /* of the process that opened it */
	struct p11_public *public; /* sorted by id */
	size_t public_count;
	bool public_swept; /* else they are swept at the next use */
};

/* How PKCS#11 names the curves; rows for enum key_kind but KEY_RSA. */
struct p11_curve {
	enum key_kind kind;
	CK_KEY_TYPE type;
	CK_MECHANISM_TYPE generate;
	unsigned bits;
	size_t public_size; /* of CKA_EC_POINT, unwrapped */
	const uint8_t *params; /* CKA_EC_PARAMS, DER */
	size_t params_size;
};

/* The n-th way to name a kind, the preferred first; NULL behind the last. */
const struct p11_curve *p11_curve_of(enum key_kind kind, size_t n);

/* The curve of a key of that CKA_KEY_TYPE and CKA_EC_PARAMS, or NULL. */
const struct p11_curve *p11_curve_by_params(CK_KEY_TYPE type,
    const uint8_t *params, size_t size);

/* Whether ks is a struct p11_store. */
bool keystore_is_p11(const struct keystore *ks);

/* Says what failed and why; the status fits the reason.  Returns -1. */
int p11_error(struct diag *d, CK_RV rv, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The library that a repository means: its own, or SoftHSM's. */
const char *p11_module_path(const struct repository *repo);

/* Load and initialize into ps->f.  The caller holds the token lock. */
int p11_load(struct p11_store *ps, const char *module, struct diag *d);

/* Undo p11_load() and everything after it. */
void p11_unload(struct p11_store *ps);

/*
 * Load the module, find the token that ps->base.repo tells of and log in, all
 * under the token lock.  pin NULL: the token's own PIN pad.
 */
int p11_start(struct p11_store *ps, const char *pin, struct diag *d);

/*
 * The PIN, where repo does not hold it: from its file or the terminal, into
 * *own, which the caller wipes; else *own is left.  It is read before the
 * token lock is taken: a person at a prompt must not hold everybody up.
 */
int p11_pin(char **own, const struct repository *repo, struct diag *d);

/* Every slot with a token (or any slot); the caller frees *out. */
int p11_slots(struct p11_store *ps, bool with_token, CK_SLOT_ID **out,
    CK_ULONG *count, struct diag *d);

/* Compares a blank-padded label with a C string. */
bool p11_label_is(const CK_UTF8CHAR padded[32], const char *label);

/* One attribute of at most max octets; *size 0 if the object has none. */
int p11_value(struct p11_store *ps, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, void *buf, size_t max, size_t *size,
    struct diag *d);

/* Fill the tables with all keys that the token holds.  The caller is logged in. */
int p11_sweep(struct p11_store *ps, struct diag *d);

/* Sweep the public keys again at the next use. */
void p11_forget_public(struct p11_store *ps);

/*
 * The public key object of that id, or NULL if the token has none; until the
 * next one is added or dropped.
 */
int p11_find_public(struct p11_store *ps, const uint8_t *id, size_t id_size,
    const struct p11_public **out, struct diag *d);

/*
 * One public key object more: a sweep asks the token for all that it holds,
 * and SoftHSM reads a file for each.  -1: STATUS_SYSTEM.
 */
int p11_add_public(struct p11_store *ps, CK_OBJECT_HANDLE handle,
    struct diag *d);

/* Forget one public key object, which is about to be destroyed. */
void p11_drop_public(struct p11_store *ps, CK_OBJECT_HANDLE handle);

/* Put the private key object into the table: id and label are read. */
int p11_add_private(struct p11_store *ps, CK_OBJECT_HANDLE handle,
    struct diag *d);

#endif
