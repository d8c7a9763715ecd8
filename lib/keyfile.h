/*
 * Private keys as OpenSSL objects: from PEM files, and what DNSSEC asks of
 * them.
 */
#ifndef KEYFILE_H
#define KEYFILE_H

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

/* secretfile_read(), then keyfile_parse_pem(). */
int keyfile_read_pem(EVP_PKEY **out, int dirfd, const char *path, bool follow,
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

#endif
