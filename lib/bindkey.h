/*
 * BIND's private key files, K*.private, "Private-key-format: v1.x".
 */
#ifndef BINDKEY_H
#define BINDKEY_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>

#include "algorithm.h"
#include "diag.h"

/* Whether the text begins as such a file does. */
bool bindkey_is(const char *text, size_t len);

/*
 * Read one of algorithm 5, 7, 8, 10, 13, 14, 15 or 16; *alg says which.  Dates
 * and other fields are not looked at.  The caller owns *out.
 * -1: STATUS_USAGE, place and line in front.
 */
int bindkey_parse(EVP_PKEY **out, const struct algorithm **alg,
    const char *text, size_t len, const char *place, struct diag *d);

#endif
