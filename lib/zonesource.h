/*
 * The records of one or more master files (RFC 1035 §5): $ORIGIN, $TTL
 * (RFC 2308 §4), $INCLUDE, $GENERATE (as BIND has it), TTLs and owners that
 * are left out, every type of IANA's and RFC 3597 for the rest.
 *
 *	zonesource_open(&src, &options, &d);
 *	while ((rc = zonesource_next(src, &rec, &d)) != 0)
 *		if (rc == 1)			rec, zonesource_place(src)
 *		else if (zonesource_ended(src))	report d, give up
 *		else				report d, and go on or not
 *	zonesource_close(src);
 */
#ifndef ZONESOURCE_H
#define ZONESOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diag.h"
#include "name.h"

#define ZONESOURCE_INCLUDE_DEPTH 16
#define ZONESOURCE_INCLUDE_MAX	 65536	   /* files of a zone */
#define ZONESOURCE_GENERATE_MAX	 67108864U /* records of a zone */

struct zonesource;

struct zonesource_options {
	const char *const *paths; /* read one after the other; "-" is stdin */
	size_t count;
	/* Text, absolute without a final dot too.  NULL: the owner of the SOA, which must then be the
	 * first record of the first file. */
	const char *origin;
	/* Something odd that was mended: "place: what".  May be NULL. */
	void (*warn)(void *ctx, const char *text);
	void *ctx;
};

struct zonesource_record {
	const uint8_t *owner; /* wire, lower case */
	size_t owner_len;
	uint32_t ttl; /* at most 2^31-1 */
	uint16_t type; /* neither obsolete nor a meta type */
	const uint8_t *rdata; /* well-formed, in the case that is signed */
	size_t rdata_len;
};

/*
 * options and what they point to must live as long as the source.  The caller
 * owns *out.  Files are opened one by one, as they are reached.
 * -1: STATUS_USAGE for a malformed origin, STATUS_SYSTEM.
 */
int zonesource_open(struct zonesource **out,
    const struct zonesource_options *options, struct diag *d);

/*
 * The next record of class IN; its pointers are valid until the next call.
 * 1: a record; 0: the end of the last file; -1: d says place, what and rule.
 * After a -1 the next call goes on behind what was bad, so that a user sees
 * several errors at once, unless zonesource_ended(): a failed read, say.
 */
int zonesource_next(struct zonesource *src, struct zonesource_record *rec,
    struct diag *d);
bool zonesource_ended(const struct zonesource *src);

/*
 * The owner of the first SOA of a file that can be read twice, as wire into
 * wire: what options.origin has to be where the SOA is not the first record.
 * Its length; 0: there is none, or the file is no regular one (a pipe is not
 * touched).
 */
size_t zonesource_find_origin(const char *path, uint8_t wire[NAME_WIRE_MAX]);

/* The origin as wire, or NULL as long as it is not known. */
const uint8_t *zonesource_origin(const struct zonesource *src);

/* Which of the paths the record came from, by itself or an $INCLUDE: 0 first. */
size_t zonesource_input(const struct zonesource *src);

/* File and first line of the record that was returned last. */
const char *zonesource_file(const struct zonesource *src);
uint64_t zonesource_line(struct zonesource *src);
/* Both: "example.zone:912".  Valid until the next call of any function. */
const char *zonesource_place(struct zonesource *src);

void zonesource_close(struct zonesource *src); /* NULL is allowed */

#endif
