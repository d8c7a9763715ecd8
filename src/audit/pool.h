/*
 * Worker threads that judge batches; the results come back in the order the
 * batches were given.
 */
#ifndef POOL_H
#define POOL_H

#include "batch.h"
#include "diag.h"
#include "zone.h"

struct pool;

/* Called by the owner of the pool, never by a worker.  -1 ends everything. */
typedef int pool_collect(void *arg, struct batch *b, struct diag *d);

/* workers 0: batches are judged by the caller's own thread. */
int pool_open(struct pool **out, unsigned workers, const struct rtypes *types,
    const bool *ignore, struct diag *d);
void pool_close(struct pool *p);

/*
 * The zone that the next batches belong to, and who takes their results; all
 * earlier batches must have been drained.
 */
void pool_zone(struct pool *p, const struct zone *zone, pool_collect *collect,
    void *arg);

/*
 * An empty batch, the caller's until pool_submit(); waits for the oldest one
 * and collects it if none is free.  NULL: d says why.
 */
struct batch *pool_get(struct pool *p, struct diag *d);

int pool_submit(struct pool *p, struct batch *b, struct diag *d);

/* Give a batch back without its being judged. */
void pool_drop(struct pool *p, struct batch *b);

/* Wait for all and collect them. */
int pool_drain(struct pool *p, struct diag *d);

/* Wait for all and throw the results away. */
void pool_cancel(struct pool *p);

#endif
