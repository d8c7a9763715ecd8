#include <string.h>

#include "rrtype.h"
#include "sort-key.h"

/* Kinds: SOA, then a place for each type, then NSEC. */
enum { KIND_SOA = 0, KIND_TYPE = 1, KIND_NSEC = 65537 };

int
sortkey_begin(struct sortkey *k, const char *apex, struct diag *d)
{
	const int len = namekey_from_text(apex, strlen(apex), k->apex);

	if (len == -1)
		return diag_set(d, STATUS_BAD, "the zone's name is no name");
	k->apex_len = (size_t)len;
	k->owner_len = 0;
	return 0;
}

/* The key's owner part.  1, 0 or -1 as sortkey_make(). */
static int
make_owner(struct sortkey *k, const struct zonetext_record *rec, struct diag *d)
{
	uint8_t name[NAMEKEY_MAX];
	int len;

	k->owner_len = 0;
	if (rec->owner_len >= sizeof(k->owner) ||
	    (len = namekey_from_text(rec->owner, rec->owner_len, name)) == -1)
		return diag_set(d, STATUS_BAD,
		    "the owner is no name "
		    "(RFC 1035 §2.3.4)");
	if ((size_t)len < k->apex_len ||
	    memcmp(name, k->apex, k->apex_len) != 0)
		return 0;
	memcpy(k->owner, rec->owner, rec->owner_len);
	k->owner_len = rec->owner_len;
	k->body = 1 + (size_t)len - k->apex_len;
	memcpy(k->key + 1, name + k->apex_len, k->body - 1);
	return 1;
}

/* The first word of an RRSIG's RDATA. */
static int
type_covered(const struct zonetext_record *rec, uint16_t *type)
{
	const char *space = memchr(rec->rdata, ' ', rec->rdata_len);

	if (space == NULL)
		return -1;
	return rrtype_from_stream(
	    rec->rdata, (size_t)(space - rec->rdata), type);
}

int
sortkey_make(
    struct sortkey *k, const struct zonetext_record *rec, struct diag *d)
{
	uint16_t type = rec->type;
	uint32_t kind;
	uint8_t *tail;
	int rc;

	if ((rec->owner_len != k->owner_len ||
		memcmp(rec->owner, k->owner, k->owner_len) != 0) &&
	    (rc = make_owner(k, rec, d)) != 1)
		return rc;
	if (rec->type == RRTYPE_RRSIG && type_covered(rec, &type) == -1)
		return diag_set(d, STATUS_BAD,
		    "an RRSIG that covers no type (RFC 4034 §3.1.1)");
	kind = type == RRTYPE_SOA ? KIND_SOA
	    : type == RRTYPE_NSEC ? KIND_NSEC
				  : (uint32_t)type + KIND_TYPE;
	kind = kind << 1 | (rec->type == RRTYPE_RRSIG);
	k->key[0] = type == RRTYPE_NSEC3;
	tail = k->key + k->body;
	tail[0] = 0;
	tail[1] = (uint8_t)(kind >> 16);
	tail[2] = (uint8_t)(kind >> 8);
	tail[3] = (uint8_t)kind;
	k->key_len = k->body + SORTKEY_TAIL;
	return 1;
}

size_t
sortkey_payload(const struct zonetext_record *rec, uint8_t *buf)
{
	uint8_t *p = buf + rec->rdata_len;

	memcpy(buf, rec->rdata, rec->rdata_len);
	*p++ = 0;
	*p++ = (uint8_t)(rec->ttl >> 24);
	*p++ = (uint8_t)(rec->ttl >> 16);
	*p++ = (uint8_t)(rec->ttl >> 8);
	*p++ = (uint8_t)rec->ttl;
	return (size_t)(p - buf);
}

void
sortkey_split(const uint8_t *key, size_t key_len, const uint8_t *payload,
    size_t payload_len, struct sorted *out)
{
	const uint8_t *ttl = payload + payload_len - 4;
	uint32_t kind;

	out->denial = key[0] != 0;
	out->owner = key + 1;
	out->owner_len = key_len - 1 - SORTKEY_TAIL;
	out->kind = key + key_len - 3;
	kind = (uint32_t)out->kind[0] << 16 | (uint32_t)out->kind[1] << 8 |
	    out->kind[2];
	out->covered = kind >> 1 == KIND_SOA ? RRTYPE_SOA
	    : kind >> 1 == KIND_NSEC	     ? RRTYPE_NSEC
				     : (uint16_t)((kind >> 1) - KIND_TYPE);
	out->type = (kind & 1) != 0 ? RRTYPE_RRSIG : out->covered;
	out->ttl = (uint32_t)ttl[0] << 24 | (uint32_t)ttl[1] << 16 |
	    (uint32_t)ttl[2] << 8 | ttl[3];
	out->rdata = (const char *)payload;
	out->rdata_len = payload_len - 5;
}

size_t
sortkey_owner(
    const struct sortkey *k, const struct sorted *rec, char text[NAME_TEXT_MAX])
{
	uint8_t key[2 * NAMEKEY_MAX], wire[NAME_WIRE_MAX];

	memcpy(key, k->apex, k->apex_len);
	memcpy(key + k->apex_len, rec->owner, rec->owner_len);
	/* It was made from a name, so it is one. */
	if (namekey_to_wire(key, k->apex_len + rec->owner_len, wire) == -1)
		wire[0] = 0;
	return name_to_text(wire, true, text);
}
