/*
 * Names that NS and MX records rely on, against the names that the zone has:
 * both are sorted and merged, since either may stand before the other.
 */
#ifndef REFS_H
#define REFS_H

#include "batch.h"
#include "diag.h"
#include "zone.h"

struct refs;

int refs_open(struct refs **out, const struct zone *zone, size_t memory,
    struct diag *d);
void refs_close(struct refs *r);

int refs_ref(struct refs *r, const struct ref *ref, struct diag *d);
int refs_def(struct refs *r, const struct def *def, struct diag *d);

/* All are in. */
int refs_finish(struct refs *r, struct findings *found, struct diag *d);

#endif
