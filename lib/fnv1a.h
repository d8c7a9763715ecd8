/* FNV-1a: a hash for tables and file names, no secret and no protection. */
#ifndef FNV1A_H
#define FNV1A_H

#include <stdint.h>

static inline uint64_t
fnv1a(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325U;

	for (; *text != '\0'; text++)
		hash = (hash ^ (uint8_t)*text) * 0x100000001b3U;
	return hash;
}

#endif
