/* One run of read-zone: zone after zone into one stream. */
#ifndef READZONE_H
#define READZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "zonetext.h"

struct readzone_options {
	bool keep_dnssec, strip, strict;
};

struct readzone_job {
	const char *origin; /* text, or NULL: the owner of the SOA */
	const char *const *paths;
	size_t count;
	struct zonetext_keys keys; /* of the header; the caller frees them */
};

struct readzone;

/* o and w stay the caller's.  -1: STATUS_SYSTEM. */
int readzone_new(struct readzone **out, const struct readzone_options *o,
    struct zonetext_writer *w, struct diag *d);

/*
 * Read one zone and write it; inputs= is set if it is not.  A zone that fails
 * is written as ";fail", said on stderr and counted: that is no error here.
 * -1: the stream cannot go on, as not even the zone's name is known.
 */
int readzone_zone(struct readzone *rz, struct readzone_job *job,
    struct diag *d);

/*
 * All zones of a job list: path or "-".  -1: as above; the list cannot be
 * read, or a line has no zone's name.
 */
int readzone_jobs(struct readzone *rz, const char *path, struct diag *d);

/* For readzone_jobs(): the zone fails before it is read. */
void readzone_refuse(struct readzone *rz, const char *zone,
    const struct diag *d);

/* The highest status of a zone; how many came through. */
enum status readzone_status(const struct readzone *rz);
uint64_t readzone_good(const struct readzone *rz);
void readzone_free(struct readzone *rz); /* NULL is allowed */

#endif
