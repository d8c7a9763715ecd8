/*
 * The RDATA of an SOA as the stream writes it: seven words, single spaces.
 */
#ifndef SOATEXT_H
#define SOATEXT_H

#include <stddef.h>
#include <stdint.h>

#include "diag.h"
#include "zonetext.h"

struct soatext {
	size_t serial_at, serial_len; /* where in the RDATA it stands */
	size_t minimum_at;	      /* to the end of the RDATA */
	uint32_t serial;
	uint32_t minimum;
};

/*
 * Parse rec, which must be the SOA of zone: what the first record of a zone
 * must be (zonetext(5)).  -1: STATUS_BAD, text without place.
 */
int soatext_parse(const struct zonetext_record *rec, const char *zone,
    struct soatext *soa, struct diag *d);

/*
 * RFC 9077: the TTL of NSEC and NSEC3 records is the lesser of the SOA's TTL
 * and its minimum field.
 */
uint32_t soatext_denial_ttl(
    const struct zonetext_record *rec, const struct soatext *soa);

#endif
