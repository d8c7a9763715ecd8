/*
 * The process that hears NOTIFY: sockets bound or inherited, access by the
 * master's address, answers at once, and tells the scheduler which zone to look
 * at.  It opens nothing, starts nothing and waits for nobody.
 */
#ifndef FETCHER_LISTEN_H
#define FETCHER_LISTEN_H

#include "config.h"

#define LISTEN_SOCKETS_MAX 64

struct listen_sockets {
	struct listen_socket {
		int fd;
		bool datagram;
	} list[LISTEN_SOCKETS_MAX];
	size_t count;
};

/*
 * The sockets of zonefetch.xml's NotifyListen, UDP and TCP each; any address,
 * port 53, where there is none.  -1: STATUS_SYSTEM, STATUS_USAGE.
 */
int listen_bind(
    struct listen_sockets *s, const struct zonefetch *fetch, struct diag *d);

/* Those handed over by systemd (sd_listen_fds(3)): their count, 0 for none. */
int listen_inherit(struct listen_sockets *s, struct diag *d);

/* The one that inetd hands over in "wait" mode, standard input. */
int listen_inetd(struct listen_sockets *s, struct diag *d);

void listen_close(struct listen_sockets *s);

/* What the listener writes to its pipe for a zone. */
struct listen_event {
	uint32_t zone;	 /* index in config->zone */
	uint32_t master; /* index in config->master */
};

/*
 * The listener's whole life, in a process of its own: until it gets SIGTERM or
 * nobody reads events.  Returns the exit status.
 */
int listen_run(const struct listen_sockets *s,
    const struct fetch_config *config, int events);

#endif
