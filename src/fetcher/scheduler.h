/*
 * What is fetched when: once through a list of zones, or for ever by the SOA
 * timers (RFC 1034 §4.3.5) and NOTIFY; and the command that is run with what
 * came in.
 */
#ifndef FETCHER_SCHEDULER_H
#define FETCHER_SCHEDULER_H

#include "listen.h"
#include "refresh.h"

#define SCHEDULER_WORKERS_MAX 64

struct scheduler_options {
	const char *conf; /* path, to read it again */
	uint32_t workers; /* transfers at a time */
	const char *run;  /* program that is started with the zones that came
			     in; NULL: none */
	bool resign;	  /* it is resign(8), with our options */
	struct refresh_options refresh;
};

/*
 * Each zone once.  zone has count pointers into config->zone.
 * Returns the highest status.
 */
enum status scheduler_once(struct fetch_config *config,
    const struct scheduler_options *options,
    const struct fetch_zone *const *zone, size_t count);

/*
 * Until SIGTERM or SIGINT.  *config is replaced when its files change, and on
 * SIGHUP.
 */
enum status scheduler_serve(struct fetch_config **config,
    const struct scheduler_options *options, struct listen_sockets *sockets);

#endif
