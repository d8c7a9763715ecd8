/*
 * Hashed owner names (RFC 5155 §5): SHA-1 over name and salt, iterated.
 */
#ifndef NSEC3HASH_H
#define NSEC3HASH_H

#include <stddef.h>
#include <stdint.h>

#define NSEC3HASH_SIZE	    20
#define NSEC3HASH_TEXT	    32   /* base32hex, no padding, of so many octets */
#define NSEC3HASH_SALT_MAX  255  /* RFC 5155 §3.1.4 */
#define NSEC3HASH_ITERATIONS_MAX 2500 /* RFC 5155 §10.3, for the largest key */

struct nsec3hash {
	uint8_t salt[NSEC3HASH_SALT_MAX];
	size_t salt_len;
	uint16_t iterations; /* additional ones: 0 hashes once (RFC 9276) */
};

/* name is a wire name in lower case. */
void nsec3hash_name(const struct nsec3hash *params, const uint8_t *name,
    size_t len, uint8_t hash[NSEC3HASH_SIZE]);

/* The label: 32 characters in lower case, no NUL (RFC 4648 §7). */
void nsec3hash_text(const uint8_t hash[NSEC3HASH_SIZE],
    char text[NSEC3HASH_TEXT]);

#endif
