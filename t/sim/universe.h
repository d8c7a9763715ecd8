/*
 * keystate's engine in a simulated world: a signer, a parent, operators with
 * their habits, failures, clocks, and changes of policy.
 */
#ifndef SIM_UNIVERSE_H
#define SIM_UNIVERSE_H

#include "../../src/keystate/engine.h"

struct coverage {
	uint64_t moves[KEY_TYPES][KEY_STATES][KEY_STATES];
	uint64_t shown[2];	/* new algorithm published; old one withdrawn */
	uint64_t ended[INTERVALS];
	uint64_t rollovers;	/* a successor became active */
	uint64_t algorithms, emergencies, shared, ttl_lowered, ttl_raised,
	    failed, stale, crashed, early_ds_seen, clock_jumps, outages,
	    unsigned_, policy_moves, resized, manual, backups, collisions,
	    no_retire, blocked, refused, purged, idle, passes, publications,
	    renewed;
	int64_t seconds;	/* simulated */
};

struct universe_setup {
	uint64_t seed;
	int64_t seconds;
	const int *scale;	/* of intervals, per mille; NULL */
	bool eager;		/* nobody waits, nothing fails, and margins are
				 * used up: intervals are tested to the second */
	bool trace;		/* every event to stderr */
};

/*
 * Run one universe.  false: something broke; what and when, in `why`.
 */
bool universe_run(const struct universe_setup *setup, struct coverage *c,
    char why[256]);

#endif
