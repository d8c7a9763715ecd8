/* Figures of the zones that were judged, in the Prometheus text format. */
#ifndef METRICS_H
#define METRICS_H

#include "diag.h"
#include "verdict.h"

struct metrics;

/* NULL: no memory. */
struct metrics *metrics_new(void);
void metrics_free(struct metrics *m);

/* Note a zone's verdict, on any thread.  -1: STATUS_SYSTEM. */
int metrics_add(struct metrics *m, const struct verdict *v,
    const struct zone *zone, const struct stats *stats, struct diag *d);

/* Put the file in place, atomically; zones in the order of their names. */
int metrics_write(struct metrics *m, const char *path, int64_t now,
    struct diag *d);

#endif
