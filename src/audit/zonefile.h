/*
 * Zone files as audit-zone reads them, with code of its own (DESIGN §5): the
 * stream of zonetext(5), or any master file of RFC 1035 §5.1, told apart by
 * the first line.  It finds records and their fields; RDATA stays text.
 */
#ifndef ZONEFILE_H
#define ZONEFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diag.h"
#include "rtype.h"

#define RECORD_MAX (512 * 1024) /* zonetext(5): the longest line */

/* The TTL of a record that states and inherits none: the SOA's minimum. */
#define RECORD_TTL_NONE UINT32_MAX

struct place {
	uint32_t file; /* index for zonefile_name() */
	uint32_t line;
};

/* Everything it points to is valid until the next call of the reader. */
struct record {
	const uint8_t *owner;  /* wire format, lower case */
	const uint8_t *origin; /* completes relative names in rdata */
	const char *rdata;     /* one line, single spaces, not terminated */
	uint32_t rdata_size;
	uint32_t ttl;
	uint16_t type, class;
	uint16_t covered; /* of an RRSIG, else 0 */
	struct place at;
};

enum zone_event {
	ZONE_ERROR = -1, /* the input cannot be read on: diag says why */
	ZONE_DONE,	 /* a whole end of input */
	ZONE_START,	 /* a zone begins; zonefile_zone() may know its name */
	ZONE_RECORD,
	ZONE_BAD,  /* a record that is none; zonefile_error() says why */
	ZONE_END,  /* the zone is whole */
	ZONE_FAIL, /* the zone failed in a filter: diag has status and reason */
};

struct zonefile;

/*
 * Read fd, which is owned from now on.  origin completes relative names at the
 * start (NULL: unknown).  -1: STATUS_SYSTEM.
 */
int zonefile_open(struct zonefile **out, int fd, const char *name,
    const uint8_t *origin, const struct rtypes *types, struct diag *d);

enum zone_event zonefile_next(struct zonefile *z, struct record *r,
    struct diag *d);

/* Is it a stream?  Known after the first event. */
bool zonefile_is_stream(const struct zonefile *z);

/* The zone's name as the stream's header gives it, or NULL. */
const uint8_t *zonefile_zone(const struct zonefile *z);

/* Does the stream's header say that the zone is to be unsigned? */
bool zonefile_insecure(const struct zonefile *z);
/* No key that caches know is left to sign with. */
bool zonefile_unaided(const struct zonefile *z);

/* Where and what the last ZONE_BAD was. */
const char *zonefile_error(const struct zonefile *z, struct place *at);

/* Did a master file end without a newline: perhaps cut short? */
bool zonefile_cut(const struct zonefile *z);

const char *zonefile_name(const struct zonefile *z, uint32_t file);

/* Digest all octets read from the main file; before the first event. */
int zonefile_digest(struct zonefile *z, struct diag *d);
/* SHA-256 in hexadecimal, after ZONE_DONE. */
void zonefile_digest_text(struct zonefile *z, char text[65]);

void zonefile_close(struct zonefile *z);

#endif
