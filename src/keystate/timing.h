/*
 * Intervals as a table, and what caches may still hold.  Used by the engine's
 * modules only; engine.h names the intervals.
 */
#ifndef KEYSTATE_TIMING_H
#define KEYSTATE_TIMING_H

#include "engine.h"

struct wait {
	int64_t start; /* of the evidence; 0: it is missing */
	int64_t end;   /* MOMENT_NEVER then */
};

/*
 * Interval i of key k in zone z: when it began and when it ends.  For
 * INTERVAL_KSK_RETIRE k is the successor.  scale: as in engine_options.
 */
struct wait timing_wait(const struct zone *z, const struct zonekey *k,
    enum interval i, const int *scale);

/* Its length if the evidence came at `at`; for forecasts. */
int64_t timing_length(const struct zone *z, enum interval i, int64_t at);

/*
 * Dsgn (RFC 7583 §3.2.1): the longest time until a gradual roll has replaced
 * the last signature of a retired ZSK.
 */
int64_t timing_dsgn(const struct policy *p);

/* max(until + TTL) over what was served up to at; at + fallback if nothing. */
int64_t ttl_history_clear(const struct ttl_history *h, int64_t at,
    int64_t fallback);

/* From at on, ttl is served.  -1: no memory. */
int ttl_history_set(struct ttl_history *h, int64_t ttl, int64_t at);

/* No row's until lies behind now: a clock was set back. */
void ttl_history_clamp(struct ttl_history *h, int64_t now);

#endif
