/*
 * Records that must wait until something that belongs before them is known:
 * glue, until the NSEC record of the owner before it can be written.  They
 * wait in memory of a fixed size, and from there on in an unlinked file.
 */
#ifndef HOLDBACK_H
#define HOLDBACK_H

#include <stddef.h>
#include <stdint.h>

#include "diag.h"
#include "zonetext.h"

#define HOLDBACK_MEMORY ((size_t)1024 * 1024)

struct holdback;

/*
 * folder is where to spill, or NULL: $TMPDIR, else /var/tmp; it is not touched
 * before it is needed.  -1: STATUS_SYSTEM.
 */
int holdback_open(struct holdback **out, const char *folder, struct diag *d);

/* Keep a copy of the record.  -1: STATUS_SYSTEM, it could not be spilled. */
int holdback_put(
    struct holdback *h, const struct zonetext_record *rec, struct diag *d);

/* Write all of them in the order they came, and forget them.
 * -1: STATUS_SYSTEM, a read failed. */
int
holdback_release(struct holdback *h, struct zonetext_writer *w, struct diag *d);

/* Forget all of them. */
void holdback_clear(struct holdback *h);

/* How many are held. */
uint64_t holdback_count(const struct holdback *h);

/* NULL is allowed. */
void holdback_close(struct holdback *h);

#endif
