/*
 * How a key is named on a command line: "[ALG:]URI", URI either pkcs11:
 * (RFC 7512) or file:PATH.
 */
#ifndef KEYURI_H
#define KEYURI_H

#include <stddef.h>
#include <stdint.h>

#include "diag.h"

#define KEYURI_ID_MAX 64

struct p11_kit_uri;

struct keyuri {
	unsigned algorithm; /* 0: not given */
	char *file;	    /* file:PATH; all below is then empty */
	char *uri;	    /* the pkcs11: URI itself, normalised, no PIN */
	char *module;	    /* module-path or module-name, or NULL */
	char *token;	    /* label, or NULL */
	char *object;	    /* CKA_LABEL, or NULL */
	uint8_t id[KEYURI_ID_MAX];
	size_t id_size;	   /* 0: not given */
	char *pin_file;	   /* from pin-source, or NULL */
};

/*
 * Parse.  The caller clears *out.  -1: STATUS_USAGE: malformed, an unknown
 * algorithm, an attribute that is not known, a pin-value (a secret on a
 * command line), a pin-source other than a file.
 */
int keyuri_parse(struct keyuri *out, const char *text, struct diag *d);

/*
 * As above, for a token and not a key: object and id need not be there.
 */
int keyuri_parse_token(struct keyuri *out, const char *text, struct diag *d);

void keyuri_clear(struct keyuri *uri);

#endif
