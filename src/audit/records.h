/*
 * Audit records of many zones, put in place together: one wait for the disk,
 * not one a zone.
 */
#ifndef RECORDS_H
#define RECORDS_H

#include <stdbool.h>

#include "diag.h"
#include "stream.h"

struct records;

/* NULL: no memory. */
struct records *records_new(void);

/*
 * Write a file beside path by fn(arg, out, d); it is put in place with the
 * others by records_flush(), which comes by itself now and then.  Any thread
 * may call this.
 * -1: what fn says, or STATUS_SYSTEM.
 */
int records_add(struct records *r, const char *path,
    int (*fn)(void *arg, struct stream_out *out, struct diag *d), void *arg,
    struct diag *d);

/* -1: STATUS_SYSTEM; the others are in place all the same. */
int records_flush(struct records *r, struct diag *d);

/* Files that were not put in place are removed. */
void records_free(struct records *r);

#endif
