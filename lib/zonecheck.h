/*
 * What an owner, an RRset or the whole of a zone must be so that it can be
 * signed and served: the checks that a single record does not tell.
 *
 * The zone is fed once, owner by owner in canonical order (RFC 4034 §6.1),
 * without NSEC3 records and their RRSIGs; memory is bounded (names of servers
 * and of addresses are sorted through lib/extsort).  What is wrong is told to
 * the caller, who decides what follows from it.
 */
#ifndef ZONECHECK_H
#define ZONECHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diag.h"

enum zonecheck_severity {
	ZONECHECK_WARNING,
	ZONECHECK_ERROR,
};

struct zonecheck_finding {
	const char *name; /* "cname-other-data": stable, for tests and counts */
	enum zonecheck_severity severity;
	const char *owner; /* canonical text */
	uint16_t type;	   /* the record to look at */
	const char *what;  /* "beside other data" */
	const char *rule;  /* "RFC 1034 §3.6.2" */
};

typedef void zonecheck_found(void *ctx, const struct zonecheck_finding *f);

struct zonecheck_rrset {
	uint16_t type;
	size_t records; /* duplicates not counted */
	size_t duplicates;
	uint32_t ttl_min, ttl_max; /* of all that were given, RRSIG aside */
	size_t octets;		   /* in a message: 12 a record and the RDATA */
};

struct zonecheck;

/* folder: as extsort_open().  -1: STATUS_SYSTEM. */
int zonecheck_open(struct zonecheck **out, const char *folder, struct diag *d);

/*
 * A zone begins; whatever came before is forgotten.  apex is canonical text
 * and copied.  found is called for each finding, with ctx.
 * -1: STATUS_BAD, apex is no name.
 */
int zonecheck_begin(struct zonecheck *zc, const char *apex,
    zonecheck_found *found, void *ctx, struct diag *d);

/*
 * The next owner: its canonical text, and what its lib/namekey adds to the
 * apex's.  Both are copied.  -1: STATUS_SYSTEM.
 */
int zonecheck_owner(struct zonecheck *zc, const char *owner, size_t owner_len,
    const uint8_t *key, size_t key_len, struct diag *d);

/* An RRset of this owner.  RRSIGs need not be fed. */
void zonecheck_rrset(struct zonecheck *zc, const struct zonecheck_rrset *set);

/*
 * A name server of this owner, an NS record's canonical RDATA text.
 * -1: STATUS_SYSTEM, or STATUS_BAD where it is no name.
 */
int zonecheck_server(
    struct zonecheck *zc, const char *name, size_t len, struct diag *d);

/* The zone is complete: what only then can be told.  -1: STATUS_SYSTEM. */
int zonecheck_end(struct zonecheck *zc, struct diag *d);

/* NULL is allowed. */
void zonecheck_close(struct zonecheck *zc);

#endif
