#include <string.h>

#include "reckey.h"
#include "rrtype.h"

/*
 * Inside an owner: SOA, then the types by number, NSEC last; the RRSIGs of an
 * RRset behind it.  Two octets of place, one that says RRSIG, two of type.
 */
static void
put_place(uint8_t at[5], uint16_t type, const uint8_t *rdata, size_t len)
{
	uint16_t covered = type;

	at[2] = 0;
	if (type == RRTYPE_RRSIG && len >= 2) {
		covered = (uint16_t)(rdata[0] << 8 | rdata[1]);
		at[2] = 1;
	}
	if (covered == RRTYPE_NSEC)
		at[0] = at[1] = 0xff;
	else if (covered == RRTYPE_SOA)
		at[0] = at[1] = 0;
	else {
		at[0] = (uint8_t)(covered >> 8);
		at[1] = (uint8_t)covered;
	}
	at[3] = (uint8_t)(type >> 8);
	at[4] = (uint8_t)type;
}

size_t
reckey_make_at(const uint8_t *owner_key, size_t owner_len, uint16_t type,
    const uint8_t *rdata, size_t len, uint8_t *key)
{
	size_t n = 0;

	key[n++] = type == RRTYPE_NSEC3 ||
	    (type == RRTYPE_RRSIG && len >= 2 && rdata[0] == 0 &&
		rdata[1] == RRTYPE_NSEC3);
	memcpy(key + n, owner_key, owner_len);
	n += owner_len;
	/* Below the first octet of any further label: parents go first. */
	key[n++] = 0;
	put_place(key + n, type, rdata, len);
	n += 5;
	if (len > 0)
		memcpy(key + n, rdata, len);
	return n + len;
}

size_t
reckey_make(const uint8_t *owner, uint16_t type, const uint8_t *rdata,
    size_t len, uint8_t *key)
{
	uint8_t owner_key[NAMEKEY_MAX];
	const size_t owner_len = namekey_from_wire(owner, owner_key);

	return reckey_make_at(owner_key, owner_len, type, rdata, len, key);
}

/*
 * In a namekey every label is not empty and ends with 00: two of them in a
 * row, or one at the start (the root), end the owner.
 */
size_t
reckey_owner_part(const uint8_t *key, size_t len)
{
	size_t at = 1;
	const uint8_t *end;

	while (at < len && key[at] != 0) {
		if ((end = memchr(key + at, 0, len - at)) == NULL)
			return len;
		at = (size_t)(end - key) + 1;
	}
	return at;
}

int
reckey_split(const uint8_t *key, size_t len, struct reckey *parts)
{
	const size_t at = len == 0 ? 0 : reckey_owner_part(key, len);

	if (at == 0 || len < at + 6)
		return -1;
	parts->owner_key = key + 1;
	parts->owner_len = at - 1;
	parts->type = (uint16_t)(key[at + 4] << 8 | key[at + 5]);
	parts->rdata = key + at + 6;
	parts->rdata_len = len - at - 6;
	return 0;
}
