/* Base64 as in zone text and key files (RFC 4648 §4). */
#ifndef BASE64_H
#define BASE64_H

#include <stddef.h>
#include <stdint.h>

/* Characters of size octets, the NUL included. */
#define BASE64_TEXT_SIZE(size) (((size) + 2) / 3 * 4 + 1)

/* One line, padded, NUL at the end; out holds BASE64_TEXT_SIZE(size).
 * Returns the length. */
size_t base64_encode(const uint8_t *bytes, size_t size, char *out);

/*
 * Strict: padded, no blanks, unused bits zero.  0 with *size octets in out, or
 * -1, also when there are more than max.
 */
int base64_decode(const char *s, size_t len, uint8_t *out, size_t max,
    size_t *size);

#endif
