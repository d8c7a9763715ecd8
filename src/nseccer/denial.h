/*
 * What add-nsec and add-nsec3 share: is a zone theirs, what must not stand in
 * it, the TTL of its chain, where each owner stands, the types it shows.
 */
#ifndef DENIAL_H
#define DENIAL_H

#include <stdbool.h>

#include "cut.h"
#include "typebitmap.h"
#include "zonetext.h"

struct denial {
	const char *zone;
	bool mine;     /* else the zone is another's and passes through */
	uint32_t ttl;  /* of the chain's records; known from the SOA on */
	struct cut cut;
};

/*
 * A zone begins.  In a batch both filters stand in the pipeline; the header's
 * denial= says whose the zone is (none: nobody's, it goes insecure), and
 * without it the filter was called by hand: its own.  ours is nsec or nsec3;
 * zone must live until the zone's end.  -1: STATUS_BAD, denial= is none of
 * these.
 */
int denial_begin(struct denial *dn, const char *zone,
    const struct zonetext_keys *keys, const char *ours, struct diag *d);

/*
 * The next record of a zone that is ours.  As cut_record(); -1 also where the
 * first is not the SOA, and for records that signing makes.
 */
int denial_record(
    struct denial *dn, const struct zonetext_record *rec, struct diag *d);

/* The zone ended.  -1: STATUS_BAD, it had no records. */
int denial_end(const struct denial *dn, struct diag *d);

/*
 * The types of an owner that its denial record shows, RRSIG and NSEC aside:
 * all of them, but at a delegation the parent's own, NS and DS
 * (RFC 4035 §2.3, RFC 5155 §7.1).  At a delegation, set is cut down to them.
 */
void denial_mask_types(struct typebitmap *set, bool delegation);

#endif
