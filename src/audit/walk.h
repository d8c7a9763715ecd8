/*
 * The walk over a zone in canonical order: what depends on more than one owner
 * (cuts, empty non-terminals, the chains), and the batches for the workers.
 */
#ifndef WALK_H
#define WALK_H

#include "compare.h"
#include "diag.h"
#include "pool.h"
#include "previous.h"
#include "verdict.h"
#include "zonefile.h"

struct walk;

/*
 * Begin a zone.  zone->apex is set; zone, verdict, previous and compare (both
 * may be NULL) must outlive the walk.
 */
int walk_open(struct walk **out, struct zone *zone, struct pool *pool,
    struct verdict *verdict, struct previous *previous,
    struct compare *compare, struct diag *d);

/* The next record in canonical order; copied. */
int walk_record(struct walk *w, const struct record *r, struct diag *d);

/* The zone is over: whatever could not be told before. */
int walk_finish(struct walk *w, struct diag *d);

/* Of the whole zone, after walk_finish(). */
const struct stats *walk_stats(const struct walk *w);

void walk_close(struct walk *w);

#endif
