/*
 * The signing processes and the order of their work: batches go out to
 * whichever worker is free, lines come back in the order of the stream.
 * Nothing blocks on one worker while another could go on.
 */
#ifndef POOL_H
#define POOL_H

#include "batch.h"
#include "worker.h"

struct pool;

/*
 * Fork workers processes.  setup->socket is filled in for each; the ring is
 * copied by the fork.  -1: STATUS_SYSTEM.
 */
int pool_start(struct pool **out, unsigned workers,
    const struct worker_setup *setup, struct diag *d);

/*
 * Ask all workers the same thing and wait; nothing may be under way.  facts
 * (may be NULL) gets worker 0's answer, facts_len octets of it at most.
 * -1: the first bad answer, or STATUS_SYSTEM for a worker that died.
 */
int pool_ask(struct pool *p, enum request_kind kind, const void *bytes,
    size_t len, void *facts, size_t facts_len, struct diag *d);

/*
 * Begin a zone in all workers, nothing being under way.  It is not waited for:
 * if a worker does not take the zone (its keys are not proven), its batches
 * fail and the calls below say why.
 */
int pool_zone(struct pool *p, const void *request, size_t len, struct diag *d);

/*
 * Hand over a batch and leave b empty.  Lines that are ready are written to w,
 * in order; total gets what was done.  -1: STATUS of the item that failed (the
 * zone's fault), or STATUS_SYSTEM.
 */
int pool_submit(struct pool *p, struct batch *b, struct zonetext_writer *w,
    struct outcome *total, struct diag *d);

/* Wait for all that is under way, and write it. */
int pool_drain(struct pool *p, struct zonetext_writer *w, struct outcome *total,
    struct diag *d);

/* A zone failed: wait for what is under way and drop it. */
int pool_discard(struct pool *p, struct diag *d);

/* Close the sockets, wait for the workers, free.  -1: one of them failed. */
int pool_stop(struct pool *p, struct diag *d);

#endif
