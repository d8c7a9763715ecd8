/*
 * ZONEMD (RFC 8976): the digest over all records of the zone in canonical
 * order, which is not the order of a stream: they are sorted once more.
 */
#ifndef ZONEMD_H
#define ZONEMD_H

#include "batch.h"
#include "diag.h"
#include "zone.h"

struct zonemd;

int zonemd_open(struct zonemd **out, const struct zone *zone, size_t memory,
    struct diag *d);
void zonemd_close(struct zonemd *z);

int zonemd_add(struct zonemd *z, const struct digested *r, struct diag *d);

/* All records are in: verify. */
int zonemd_finish(struct zonemd *z, struct findings *found, struct diag *d);

/*
 * A worker's part: the record as it is digested, in b's arena.  rdata is
 * canonical.  NULL: no memory.
 */
struct digested *zonemd_digested(struct batch *b, const uint8_t *owner,
    const struct rec *rec, const uint8_t *rdata, size_t size);

#endif
