/*
 * The keys that a run wants, named before any store is opened.  A store that
 * several keys name is opened once; a PIN is read once.
 *
 *	keyring_new(&ring, pin_file, d);
 *	keyring_want(ring, "13:pkcs11:token=demo;object=zsk", &zsk, d);
 *	keyring_pins(ring, d);			before the fork: asks
 *	... fork ...
 *	keyring_open(ring, d);			in each worker
 *	key_sign(keyring_key(ring, zsk), ...);
 *	keyring_close(ring);			wanted keys and PINs stay
 *	keyring_free(ring);
 */
#ifndef KEYRING_H
#define KEYRING_H

#include <stddef.h>
#include <stdint.h>

#include "diag.h"
#include "keystore.h"

struct keyring;

/*
 * pin_file: for tokens whose URI or repository names no PIN, or NULL: then the
 * PIN is asked on the terminal.  -1: STATUS_SYSTEM.
 */
int keyring_new(struct keyring **out, const char *pin_file, struct diag *d);

/*
 * Want the key of "[ALG:]URI": a number or mnemonic; then a pkcs11: URI
 * (RFC 7512: token, object, id, serial, manufacturer, model, slot-id; query
 * module-path, module-name, pin-source) or file:PATH of a PKCS#8 PEM.  Without
 * ALG an EC or Ed key tells it and an RSA key is for 8.
 * *index names it from now on; the same text gets the same index.
 * -1: STATUS_USAGE.
 */
int keyring_want(struct keyring *ring, const char *text, size_t *index,
    struct diag *d);

/*
 * Want the key of a signconf: locator is the hex CKA_ID in repo, which is
 * copied.  The same repository, locator and algorithm get the same index.
 */
int keyring_want_id(struct keyring *ring, const struct repository *repo,
    const char *locator, unsigned algorithm, size_t *index, struct diag *d);

size_t keyring_count(const struct keyring *ring);

/* How the key was asked for, for messages: no PIN in it. */
const char *keyring_text(const struct keyring *ring, size_t index);

/* Read every PIN now: files, or the terminal.  -1: STATUS_USAGE. */
int keyring_pins(struct keyring *ring, struct diag *d);

/*
 * Open every store and find every wanted key; keyring_pins() if it was not
 * called.  More keys may be wanted and opened later.
 * -1: as keystore_open() and keystore_find(); what was opened stays open.  A
 * store that refused us (STATUS_USAGE: a wrong PIN, say) is not asked again.
 */
int keyring_open(struct keyring *ring, struct diag *d);

/* Want only the first count keys; those that came later are unloaded. */
void keyring_forget(struct keyring *ring, size_t count);

/* The key; NULL unless open.  It lives until keyring_close(). */
struct key *keyring_key(const struct keyring *ring, size_t index);

/* Close every store.  The ring may be carried over a fork and opened again. */
void keyring_close(struct keyring *ring);

/* Close, wipe, free.  NULL is allowed. */
void keyring_free(struct keyring *ring);

#endif
