/* Digests of bytes at hand, without per-call look-ups. */
#ifndef DIGEST_H
#define DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "algorithm.h"

#define DIGEST_MAX 64

/* Octets of a digest; 0 for DIGEST_NONE. */
size_t digest_size(enum algorithm_digest digest);

/* Returns digest_size(). */
size_t digest_compute(enum algorithm_digest digest, const void *data,
    size_t len, uint8_t out[DIGEST_MAX]);

#endif
