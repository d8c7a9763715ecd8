/* Records in a sorter, in the order in which the walk wants them. */
#ifndef STORE_H
#define STORE_H

#include "xsort.h"
#include "wname.h"
#include "zonefile.h"

int store_add(struct xsort *s, const struct record *r, struct diag *d);

/*
 * The record of an item; owner is room for its name.  It points into the item
 * and into owner.
 */
void store_get(const struct xsort_item *item, uint8_t owner[WNAME_MAX],
    struct record *r);

#endif
