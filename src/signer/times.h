/*
 * When signatures begin, end and are renewed: the Signatures part of a policy
 * in seconds, and the jitter that spreads the work.
 */
#ifndef TIMES_H
#define TIMES_H

#include <stdbool.h>
#include <stdint.h>

#include "diag.h"

struct times {
	int64_t now;
	int64_t also_now; /* where the clock is in doubt; -1: it is not */
	int64_t pass_gap; /* the last pass was not longer ago; at most jitter */
	int64_t inception_offset;
	int64_t validity, validity_denial, validity_keys; /* -1: as validity */
	int64_t jitter;
	int64_t refresh;
	int64_t inception, expiration; /* absolute; -1: from the above */
	uint64_t seed;
};

/* Policy as it is when nobody says otherwise. */
void times_defaults(struct times *t);

/*
 * Before the first signature.  -1: STATUS_USAGE: inception after now (unless
 * absolute), expiration not after now, or validity - jitter not above refresh
 * for one of the three validities: such a signature would be renewed at once.
 */
int times_check(const struct times *t, struct diag *d);

/* Inception and expiration of a new signature, as RFC 1982 numbers. */
struct validity {
	uint32_t inception, expiration;
};

/*
 * Where the clock is in doubt a signature begins and ends so that it is good
 * by both moments that it may be.  One that ran ahead since the last pass is
 * not told from a late pass: so signatures begin there, of the same lifetime.
 *
 * Jitter is a hash of (seed, owner, type), uniform in [-jitter, +jitter] less
 * pass_gap: the same for every -j, and for every key of the RRset.
 */
struct validity times_for(const struct times *t, const char *owner,
    size_t owner_len, uint16_t type);

/* Is it valid at all: begun, not at its end (RFC 4035 §5.3.1)? */
bool times_valid(const struct times *t, uint32_t inception,
    uint32_t expiration);

/*
 * Is an old signature with these ends still good: begun, not due for refresh,
 * and of a lifetime that today's policy gives?
 */
bool times_keep(const struct times *t, uint16_t type, uint32_t inception,
    uint32_t expiration);

#endif
