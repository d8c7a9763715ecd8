/*
 * Catalog zones (RFC 9432): their members become zones of the zone list, and
 * go again, by keystate zone add and zone delete.
 */
#ifndef FETCHER_CATALOGS_H
#define FETCHER_CATALOGS_H

#include <stdbool.h>

#include "status.h"

struct catalogs_options {
	const char *conf; /* path */
	bool dry_run;	  /* print what would be done */
	bool force;	  /* more removals than MaxRemovals */
};

/*
 * One line a change on stdout: "add" or "delete", or "move" to another
 * catalog, then zone, policy and catalog.  Nothing to do: no line, no write.
 * Reports as it goes; returns the highest status.
 */
enum status catalogs_apply(const struct catalogs_options *options);

#endif
