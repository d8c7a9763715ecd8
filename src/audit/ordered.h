/*
 * The records of one more zone file in canonical order, whatever the file: the
 * previous zone, the unsigned one.  What cannot be read is left out.
 */
#ifndef ORDERED_H
#define ORDERED_H

#include "settings.h"
#include "zonefile.h"

struct ordered;

/*
 * fd is owned.  memory is for sorting a master file.  -1: STATUS_SYSTEM, or
 * STATUS_BAD for a truncated stream or several zones.
 */
int ordered_open(struct ordered **out, int fd, const char *name,
    const uint8_t *origin, const struct rtypes *types,
    const struct settings *set, size_t memory, struct diag *d);

/* Valid until the next call.  1, 0 at the end, -1. */
int ordered_next(struct ordered *o, struct record *r, struct diag *d);

void ordered_close(struct ordered *o);

#endif
