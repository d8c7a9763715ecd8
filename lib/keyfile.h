/*
 * Private keys as OpenSSL objects: from PEM files, and what DNSSEC asks of
 * them.
 */
#ifndef KEYFILE_H
#define KEYFILE_H

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "algorithm.h"
#include "diag.h"
#include "dnskey.h"

/*
 * The first private key of a PEM text, PKCS#8 or the older forms, not
 * encrypted.  The caller owns *out.  -1: STATUS_USAGE, place in front.
 */
int keyfile_parse_pem(EVP_PKEY **out, const char *text, size_t len,
    const char *place, struct diag *d);

/* Kind and size of modulus or curve.  -1: a kind that signs no zone. */
int keyfile_describe(const EVP_PKEY *pkey, enum key_kind *kind,
    unsigned *bits);

/*
 * The key material of its DNSKEY.  -1: STATUS_USAGE for RSA that does not fit
 * DNSKEY_PUBLIC_MAX, STATUS_SYSTEM.
 */
int keyfile_public(const EVP_PKEY *pkey, enum key_kind kind,
    uint8_t out[DNSKEY_PUBLIC_MAX], size_t *size, struct diag *d);

/*
 * A key from a file, in the form in which it signs: one of both is not NULL.
 * P-256 and P-384 in PKCS#8 are read without OpenSSL 3's decoders: 6 us in
 * place of 440, which is what signing a small zone takes.
 */
struct keyfile {
	EC_KEY *ec; /* P-256, P-384 */
	EVP_PKEY *pkey; /* all others */
	bool supported; /* else it signs no zone, and kind is not set */
	enum key_kind kind;
	unsigned bits; /* of modulus or curve */
};

/* What keyfile_parse_pem() takes, and as it refuses.  The caller owns *out. */
int keyfile_parse(struct keyfile *out, const char *text, size_t len,
    const char *place, struct diag *d);

/* secretfile_read(), then keyfile_parse(). */
int keyfile_read(struct keyfile *out, int dirfd, const char *path, bool follow,
    const char *place, struct diag *d);

/* As keyfile_public(), of one that is supported. */
int keyfile_material(const struct keyfile *f, uint8_t out[DNSKEY_PUBLIC_MAX],
    size_t *size, struct diag *d);

void keyfile_free(struct keyfile *f); /* wipes; not f itself */

#endif
