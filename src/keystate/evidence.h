/*
 * What a published file shows: from the facts of its job line or, where these
 * are not all there, from the file itself.
 */
#ifndef KEYSTATE_EVIDENCE_H
#define KEYSTATE_EVIDENCE_H

#include "engine.h"
#include "zonetext.h"

struct evidence_file {
	struct publication p; /* keys are owned by this struct */
	int64_t earliest;     /* expiration of a signature; 0: none */
	struct published_key *keys;
	size_t nkeys;
};

/*
 * From facts.  1: all were there; 0: some are missing; -1: malformed.
 */
int evidence_from_facts(
    struct evidence_file *e, const struct zonetext_keys *facts, struct diag *d);

/*
 * Read a published file, a stream of one zone (zonetext(5)), of that absolute
 * name.  -1: STATUS_BAD (no such stream, another zone), STATUS_SYSTEM.
 */
int evidence_from_file(struct evidence_file *e, const char *path,
    const char *zone, struct diag *d);

void evidence_clear(struct evidence_file *e);

#endif
