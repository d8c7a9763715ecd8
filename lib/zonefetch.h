/*
 * zonefetch.xml: masters, TSIG key, where to listen for NOTIFY
 * (interfaces §3, zonefetch.xml(5)).
 */
#ifndef ZONEFETCH_H
#define ZONEFETCH_H

#include <stdint.h>

#include "xmlfile.h"

struct zonefetch_peer {
	char *address; /* IPv4 or IPv6 text; NULL: any (listening only) */
	int family;    /* AF_INET, AF_INET6; AF_UNSPEC with NULL */
	uint16_t port; /* 53 where not stated */
};

struct zonefetch {
	struct zonefetch_peer *listen;
	size_t listen_count;
	struct zonefetch_peer *master; /* each with its own port */
	size_t master_count;
	char *tsig_name; /* NULL: no TSIG; else all three are set */
	char *tsig_algorithm;
	char *tsig_secret; /* base64; wiped when freed */
};

/* As conf_read(). */
int zonefetch_read(struct zonefetch **out, const char *path,
    const struct xmllog *log, struct diag *d);

void zonefetch_free(struct zonefetch *zf);

#endif
