/*
 * The zone as it was last published: its serial, and whether its content, what
 * signing adds left aside, is what comes now.
 */
#ifndef PUBLISHED_H
#define PUBLISHED_H

#include <stdbool.h>
#include <stdint.h>

#include "zonetext.h"

struct published;

/*
 * Open path, a stream of zone, and read its SOA.  1: opened; 0: there is no
 * such file; -1: STATUS_SYSTEM, or STATUS_BAD when it is no stream of zone.
 */
int published_open(
    struct published **out, const char *path, const char *zone, struct diag *d);

uint32_t published_serial(const struct published *p);

/*
 * Compare the next record of the zone that is to be published with the next
 * one here; the first is the SOA.  Records that signing makes are passed over
 * on both sides.  1: so far the same; 0: they differ; -1: cannot be read.
 */
int published_compare(struct published *p, const char *line, size_t len,
    uint16_t type, struct diag *d);

/* There are no more records.  As published_compare(). */
int published_compare_end(struct published *p, struct diag *d);

/* NULL is allowed. */
void published_close(struct published *p);

#endif
