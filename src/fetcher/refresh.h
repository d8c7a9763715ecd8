/* One zone: ask the masters, fetch what is newer, put it in place. */
#ifndef FETCHER_REFRESH_H
#define FETCHER_REFRESH_H

#include <stdbool.h>

#include "config.h"
#include "dnsio.h"

enum refresh_outcome {
	REFRESH_CURRENT, /* a master confirmed what we hold */
	REFRESH_FETCHED, /* INPUT.axfr is new */
	REFRESH_FAILED,
	REFRESH_EXPIRED, /* failed, and what we held is past its SOA expire */
};

struct refresh_options {
	bool force;   /* take the zone whatever its serial */
	bool no_ixfr; /* always the whole zone */
	struct dnsio_limits limits;
	unsigned udp_tries;
	int64_t udp_wait_ms;
	size_t memory; /* for sorting */
	const char *spill;
	int64_t now;	     /* -1: the clock */
	size_t first_master; /* ask this one first: it sent a NOTIFY */
};

struct refresh_result {
	enum refresh_outcome outcome;
	enum status status; /* if failed: for the exit status */
	struct soa soa;	    /* of what we hold now, if has_soa */
	bool has_soa;
	int64_t checked; /* when that was last confirmed */
	enum xfr_style style;
	uint64_t records; /* in the file */
	struct xfr_counts counts;
	size_t master; /* that answered */
};

/*
 * Reports as it goes (report.h): what each master said that is wrong, as
 * warnings; the failure of the zone, as an error.
 */
void
refresh_zone(const struct fetch_config *config, const struct fetch_zone *zone,
    const struct refresh_options *options, struct refresh_result *result);

#endif
