/*
 * The work on a batch: kept signatures verified, new ones made, lines written.
 * In a signing process only, which holds the keys.
 */
#ifndef WORK_H
#define WORK_H

#include "worker.h"

struct work;

/* ring stays the caller's.  -1: STATUS_SYSTEM. */
int work_new(struct work **out, struct keyring *ring, struct diag *d);
void work_free(struct work *w); /* NULL is allowed */

/*
 * A zone begins: prove its keys (DESIGN §3).  -1: STATUS_BAD, a key that does
 * not match what is published; STATUS_SYSTEM.
 */
int work_zone(struct work *w, const struct zone_request *zone, struct diag *d);

/* The keys of the ring from count on are others from now on. */
void work_forget(struct work *w, size_t count);

/*
 * The lines of a batch into lines, which is emptied first; *o counts them.
 * -1: STATUS_BAD or STATUS_SYSTEM, with owner and type in front.
 */
int work_batch(struct work *w, const char *bytes, size_t len,
    struct text *lines, struct outcome *o, struct diag *d);

#endif
