/*
 * What add-nsec and add-nsec3 share: is a zone theirs, the types at an owner,
 * what must not stand in their input.
 */
#ifndef DENIAL_H
#define DENIAL_H

#include <stdbool.h>

#include "cut.h"
#include "typebitmap.h"
#include "zonetext.h"

/*
 * In a batch both filters stand in the pipeline; the header's denial= says
 * whose the zone is (none: nobody's, it goes insecure), and without it the
 * filter was called by hand: true.  -1: STATUS_BAD, denial= is none of these.
 */
int denial_is_ours(const struct zonetext_keys *keys, const char *ours,
    bool *mine, struct diag *d);

/*
 * Records that signing makes may not be there yet.  -1: STATUS_BAD.
 */
int denial_check_type(const struct zonetext_record *rec, struct diag *d);

/*
 * The types of an owner that its denial record shows, RRSIG and NSEC aside:
 * all of them, but at a delegation the parent's own, NS and DS
 * (RFC 4035 §2.3, RFC 5155 §7.1).  At a delegation, set is cut down to them.
 */
void denial_mask_types(struct typebitmap *set, bool delegation);

#endif
