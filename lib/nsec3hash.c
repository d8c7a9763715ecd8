#include <string.h>

#include "digest.h"
#include "name.h"
#include "nsec3hash.h"

void
nsec3hash_name(const struct nsec3hash *params, const uint8_t *name, size_t len,
    uint8_t hash[NSEC3HASH_SIZE])
{
	uint8_t data[NAME_WIRE_MAX + NSEC3HASH_SALT_MAX];
	uint8_t digest[DIGEST_MAX];

	memcpy(data, name, len);
	for (unsigned i = 0; i <= params->iterations; i++) {
		memcpy(data + len, params->salt, params->salt_len);
		(void)digest_compute(DIGEST_SHA1, data,
		    len + params->salt_len, digest);
		memcpy(data, digest, NSEC3HASH_SIZE);
		len = NSEC3HASH_SIZE;
	}
	memcpy(hash, digest, NSEC3HASH_SIZE);
}

void
nsec3hash_text(const uint8_t hash[NSEC3HASH_SIZE], char text[NSEC3HASH_TEXT])
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuv";

	/* 20 octets are four groups of 40 bits: eight digits each. */
	for (unsigned group = 0; group < 4; group++) {
		uint64_t bits = 0;

		for (unsigned i = 0; i < 5; i++)
			bits = bits << 8 | *hash++;
		for (int shift = 35; shift >= 0; shift -= 5)
			*text++ = digits[bits >> shift & 31];
	}
}
