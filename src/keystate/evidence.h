/*
 * What a published file shows: from the facts of its job line or, where these
 * are not all there, from the file itself.
 */
#ifndef KEYSTATE_EVIDENCE_H
#define KEYSTATE_EVIDENCE_H

#include "engine.h"
#include "zonetext.h"

/*
 * When the last signatures by a key end; 0: it made none.  Those over NSEC3
 * and NSEC3PARAM go with their salt.  The SOA's is left out: it goes with
 * whatever goes first.
 */
struct signature_ends {
	int64_t chain, other;
};

struct evidence_file {
	struct publication p; /* keys are owned by this struct */
	int64_t earliest;     /* expiration of a signature; 0: none */
	struct published_key *keys;
	struct signature_ends *ends; /* beside keys; of a file alone */
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

/*
 * When the signature of the DNSKEY RRset by that key ends in a published file;
 * 0: there is none, or it cannot be read.
 */
int64_t evidence_dnskey_end(const char *path, uint16_t tag, uint8_t algorithm);

void evidence_clear(struct evidence_file *e);

#endif
