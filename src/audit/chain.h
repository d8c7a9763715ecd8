/*
 * The NSEC3 chains of a zone against its names: rows, one a name, sorted by
 * hash, are merged with the records, which come in hash order.
 */
#ifndef CHAIN_H
#define CHAIN_H

#include "batch.h"
#include "diag.h"
#include "zone.h"

struct chains;

int chains_open(struct chains **out, const struct zone *zone,
    size_t memory, struct diag *d);
void chains_close(struct chains *c);

/* An empty non-terminal, in the order of ids; parent is its nearest one + 1. */
int chains_ent(struct chains *c, uint32_t parent, struct diag *d);

int chains_row(struct chains *c, const struct row *row, struct diag *d);

/* All rows are in: the records come.  */
int chains_start(struct chains *c, struct diag *d);
int chains_link(struct chains *c, const struct link *link,
    struct findings *found, struct diag *d);
int chains_finish(struct chains *c, struct findings *found, struct diag *d);

#endif
