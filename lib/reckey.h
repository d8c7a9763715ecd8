/*
 * A record as one byte string whose memcmp order is the order of the stream
 * (zonetext(5)): section, owner, place of the type, RDATA.  Equal keys are
 * duplicates.  The record can be made from its key again.
 */
#ifndef RECKEY_H
#define RECKEY_H

#include <stddef.h>
#include <stdint.h>

#include "name.h"
#include "namekey.h"

#define RECKEY_HEAD_MAX (1 + NAMEKEY_MAX + 1 + 5)
#define RECKEY_MAX	((size_t)RECKEY_HEAD_MAX + 65535)

/*
 * owner is a valid wire name in any case; rdata in the case that is signed.
 * Returns the key's length; key has RECKEY_MAX.
 */
size_t reckey_make(const uint8_t *owner, uint16_t type, const uint8_t *rdata,
    size_t len, uint8_t *key);

/* The same with the owner as a namekey. */
size_t reckey_make_at(const uint8_t *owner_key, size_t owner_len, uint16_t type,
    const uint8_t *rdata, size_t len, uint8_t *key);

/* The parts of a key; pointers lead into it. */
struct reckey {
	const uint8_t *owner_key;
	size_t owner_len;
	uint16_t type;
	const uint8_t *rdata;
	size_t rdata_len;
};
/* -1: not a key. */
int reckey_split(const uint8_t *key, size_t len, struct reckey *parts);

/* Section and owner: the part that all records of an owner have in common. */
size_t reckey_owner_part(const uint8_t *key, size_t len);

#endif
