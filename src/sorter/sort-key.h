/*
 * A record's place in the order of zonetext(5) as a byte string:
 *
 *	section		00, or 01 for NSEC3 records and their RRSIGs
 *	owner		what its lib/namekey adds to the apex's
 *	00		sorts before every label of a name below
 *	kind		three octets: SOA, the types by number, NSEC; an RRSIG
 *			directly behind the type that it covers
 *
 * Inside an RRset the payload tells: the RDATA's text, 00 and the TTL, so that
 * equal records stand beside each other; the canonical order of RDATA is made
 * RRset by RRset (sort-emit.c).
 */
#ifndef SORT_KEY_H
#define SORT_KEY_H

#include "name.h"
#include "namekey.h"
#include "zonetext.h"

#define SORTKEY_TAIL	4 /* 00 and kind */
#define SORTKEY_MAX	(1 + NAMEKEY_MAX + SORTKEY_TAIL)
#define SORTPAYLOAD_MAX (ZONETEXT_LINE_MAX + 5)

struct sortkey {
	uint8_t apex[NAMEKEY_MAX];
	size_t apex_len;
	char owner[NAME_TEXT_MAX]; /* of the latest record */
	size_t owner_len;
	size_t body; /* the length of its key up to the tail */
	uint8_t key[SORTKEY_MAX];
	size_t key_len;
};

/* A zone begins.  -1: STATUS_BAD, apex is no name. */
int sortkey_begin(struct sortkey *k, const char *apex, struct diag *d);

/*
 * Make k->key.  1: done; 0: the owner is not in the zone; -1: STATUS_BAD, the
 * owner is no name or an RRSIG covers nothing, without place.
 */
int sortkey_make(
    struct sortkey *k, const struct zonetext_record *rec, struct diag *d);

/* The payload of a record, into buf of SORTPAYLOAD_MAX.  Returns its length. */
size_t sortkey_payload(const struct zonetext_record *rec, uint8_t *buf);

/* A record as it comes out of the sort. */
struct sorted {
	bool denial;	      /* section two */
	const uint8_t *owner; /* relative key */
	size_t owner_len;
	const uint8_t *kind; /* three octets, to be compared */
	uint16_t type;
	uint16_t covered; /* of an RRSIG */
	uint32_t ttl;
	const char *rdata;
	size_t rdata_len;
};

void sortkey_split(const uint8_t *key, size_t key_len, const uint8_t *payload,
    size_t payload_len, struct sorted *out);

/* The owner's canonical text.  Returns its length. */
size_t sortkey_owner(const struct sortkey *k, const struct sorted *rec,
    char text[NAME_TEXT_MAX]);

#endif
