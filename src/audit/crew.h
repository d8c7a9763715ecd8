/*
 * Threads that each judge a whole small zone, so that many of them keep all
 * cores busy; what they made comes back in the order it was given.
 */
#ifndef CREW_H
#define CREW_H

#include "audit.h"

struct crew;

/* On a thread of the crew: a has a pool without workers. */
typedef void crew_work(void *arg, const struct audit *a, void *task);

/* On the thread that gave the task, whose end it is. */
typedef void crew_done(void *arg, void *task);

/* -1: STATUS_SYSTEM.  a must outlive the crew. */
int crew_open(struct crew **out, const struct audit *a, crew_work *work,
    crew_done *done, void *arg, struct diag *d);

/* Waits for the oldest task if there are enough. */
void crew_give(struct crew *c, void *task);

/* Wait until all are done. */
void crew_drain(struct crew *c);

/* All must be done. */
void crew_close(struct crew *c);

#endif
