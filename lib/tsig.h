/*
 * TSIG (RFC 8945) over a request and the one or many messages that answer it,
 * on libknot's digest functions.
 */
#ifndef TSIG_H
#define TSIG_H

#include <libknot/libknot.h>

#include "diag.h"

/*
 * A key from its three texts, as zonefetch.xml has them.  Algorithms: hmac-md5
 * (any spelling that starts so), hmac-sha1, -sha224, -sha256, -sha384,
 * -sha512.  The caller frees with tsig_key_free().  -1: STATUS_USAGE.
 */
int tsig_key_set(knot_tsig_key_t *key, const char *name, const char *algorithm,
    const char *secret, struct diag *d);

/*
 * From a file of one line, [ALGORITHM:]NAME:SECRET as kdig -k reads it
 * (hmac-sha256 where none stands).  Others must not be able to read the file.
 * -1: STATUS_USAGE, STATUS_SYSTEM.
 */
int tsig_key_read(knot_tsig_key_t *key, const char *path, struct diag *d);

/* Wipes the secret. */
void tsig_key_free(knot_tsig_key_t *key);

struct tsig;

/* key is borrowed; NULL: nothing is signed, nothing is asked for. */
int tsig_open(struct tsig **out, const knot_tsig_key_t *key, struct diag *d);

/* Sign a request of *len octets in a buffer of size, and begin anew. */
int tsig_sign(
    struct tsig *t, uint8_t *message, size_t *len, size_t size, struct diag *d);

/*
 * Check the next message of the answer, parsed by knot_pkt_parse() (which has
 * taken the TSIG record off).  The first must be signed, and after it at
 * least every hundredth (RFC 8945 §5.3.1); a message without TSIG is only
 * proved by the next one with it.  -1: STATUS_BAD.
 */
int tsig_check(struct tsig *t, const knot_pkt_t *pkt, struct diag *d);

/* The answer is over: was its last message signed?  -1: STATUS_BAD. */
int tsig_finish(const struct tsig *t, struct diag *d);

void tsig_close(struct tsig *t);

/* What a TSIG error code means: "BADTIME: the clocks differ by ...". */
const char *tsig_error_text(unsigned code);

#endif
