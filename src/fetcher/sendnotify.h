/* NOTIFY to secondaries, for those whose NotifyCommand has nothing better. */
#ifndef FETCHER_SENDNOTIFY_H
#define FETCHER_SENDNOTIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "diag.h"

struct sendnotify_options {
	const char *key_file; /* TSIG, tsig_key_read(); NULL: unsigned */
	bool has_serial;
	uint32_t serial; /* told in the message */
	unsigned tries;
	int64_t wait_ms;
};

/*
 * Tell every server (ADDRESS or ADDRESS#PORT) that the zone has changed, over
 * UDP, and over TCP to one that does not answer.  Reports each failure;
 * returns the highest status.
 */
enum status sendnotify(const char *zone, char **server, int count,
    const struct sendnotify_options *options);

#endif
