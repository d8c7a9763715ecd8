/* Processes that fetch one zone each, confined, and report back. */
#ifndef FETCHER_WORKER_H
#define FETCHER_WORKER_H

#include <sys/types.h>

#include "refresh.h"

struct worker {
	pid_t pid; /* 0: no such worker */
	int fd;	   /* where its result comes from */
	char zone[NAME_TEXT_MAX];
};

/*
 * Start a process that refreshes the zone.  inherited: descriptors that it
 * must not keep.  -1: STATUS_SYSTEM.
 */
int worker_start(struct worker *w, const struct fetch_config *config,
    const struct fetch_zone *zone, const struct refresh_options *options,
    const int *inherited, size_t inherited_count, struct diag *d);

/*
 * Its process has ended: take the result and free the worker.
 * -1: it came to a bad end; d says how.
 */
int worker_result(struct worker *w, int wait_status,
    struct refresh_result *result, struct diag *d);

#endif
