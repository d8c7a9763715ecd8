/*
 * The version of a zone that we hold: INPUT.axfr (fetched, not yet signed) or
 * INPUT, and what is written about it in INPUT.fetch, fetch-zone(1).
 */
#ifndef FETCHER_HELD_H
#define FETCHER_HELD_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "config.h"

#define HELD_ARRIVED ".axfr"	/* as OpenDNSSEC named it */
#define HELD_STATE   ".fetch"	/* what we know about it */
#define HELD_EXPIRED ".expired" /* past SOA expire */

struct held {
	bool present;	 /* some version is there */
	bool has_serial; /* and its serial is known */
	bool ours;	 /* it is the file that a transfer wrote, unchanged */
	bool state;	 /* INPUT.fetch is there; the fields below are set */
	uint32_t serial;
	char path[PATH_MAX]; /* the version */
	/* INPUT.fetch */
	struct soa soa;
	int64_t checked;  /* when a master last confirmed it, epoch seconds */
	int64_t received; /* when it was transferred */
	uint64_t records;
	int64_t size, mtime_ns; /* of the file that was written */
};

/* Look at the files.  -1: STATUS_SYSTEM. */
int held_read(struct held *h, const struct fetch_zone *zone, struct diag *d);

/* INPUT.axfr in path.  -1: too long. */
int held_arrived_path(
    char path[PATH_MAX], const struct fetch_zone *zone, struct diag *d);

/* A transfer was put in place at INPUT.axfr: note it. */
int held_arrived(struct held *h, const struct fetch_zone *zone,
    const struct soa *soa, uint64_t records, int64_t now, struct diag *d);

/* A master says that what we hold is current. */
int held_confirmed(struct held *h, const struct fetch_zone *zone,
    const struct soa *soa, int64_t now, struct diag *d);

/* SOA expire (RFC 1034 §4.3.5) has run out: nobody confirmed it since. */
bool held_expired(const struct held *h, int64_t now);

/* Move it out of the way, to INPUT.expired. */
int held_remove_expired(
    struct held *h, const struct fetch_zone *zone, struct diag *d);

#endif
