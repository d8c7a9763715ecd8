/*
 * DNS messages that the fetcher sends and the parts of answers it looks at.
 * Parsing of records is libknot's; every length is checked before it is read.
 */
#ifndef DNSMSG_H
#define DNSMSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <libknot/libknot.h>

#include "diag.h"

#define DNSMSG_MAX	 65535
#define DNSMSG_QUERY_MAX 1024 /* header, question, SOA and TSIG fit */

struct soa {
	uint32_t serial, refresh, retry, expire;
};

/* The fields of an SOA record; its RDATA was checked by the parser. */
void soa_read(struct soa *soa, const knot_rrset_t *rr);

/* A message identifier that nobody can guess. */
uint16_t dnsmsg_id(void);

/*
 * A query for the zone.  have, or NULL: the serial that an IXFR starts from
 * (RFC 1995 §3), or that a NOTIFY tells of (RFC 1996 §3.7).
 * Returns the length; buf has DNSMSG_QUERY_MAX.
 */
size_t dnsmsg_query(uint8_t *buf, uint16_t id, const knot_dname_t *zone,
    uint16_t type, const uint32_t *have);
size_t dnsmsg_notify(uint8_t *buf, uint16_t id, const knot_dname_t *zone,
    const uint32_t *serial);

/*
 * Is this the answer to the query: same identifier, opcode and question, QR
 * set?  A question may be missing only if allow_none (RFC 5936 §2.2.2).
 */
bool dnsmsg_answers(const uint8_t *answer, size_t answer_len,
    const uint8_t *query, size_t query_len, bool allow_none);

/* "REFUSED", or a number in buf. */
const char *dnsmsg_rcode(unsigned rcode, char buf[16]);

#endif
