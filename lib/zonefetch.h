/*
 * zonefetch.xml: masters, TSIG key, where to listen for NOTIFY
 * (interfaces §3, zonefetch.xml(5)).
 */
#ifndef ZONEFETCH_H
#define ZONEFETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "xmlfile.h"

/* Ours: transfer over TLS (RFC 9103).  Strings are NULL where absent. */
struct zonefetch_tls {
	char *name; /* in the master's certificate */
	char *ca;   /* PEM file */
	char **pin; /* base64 of the SHA-256 of the master's public key */
	size_t pin_count;
	char *certificate, *key; /* of ours, PEM files */
};

struct zonefetch_peer {
	char *address; /* IPv4 or IPv6 text; NULL: any (listening only) */
	int family;    /* AF_INET, AF_INET6; AF_UNSPEC with NULL */
	uint16_t port; /* 53, with TLS 853, where not stated */
	struct zonefetch_tls *tls; /* NULL: none; a master's only */
};

struct zonefetch {
	struct zonefetch_peer *listen;
	size_t listen_count;
	struct zonefetch_peer *master; /* each with its own port */
	size_t master_count;
	char *tsig_name; /* NULL: no TSIG; else all three are set */
	char *tsig_algorithm;
	char *tsig_secret;	/* base64; wiped when freed */
	bool notify_needs_tsig; /* ours: RequireNotifyTSIG */
	uint64_t max_records;	/* ours; 0: no limit */
	uint64_t max_bytes; /* ours; of a transfer's messages; 0: no limit */
};

/* As conf_read(). */
int zonefetch_read(struct zonefetch **out, const char *path,
    const struct xmllog *log, struct diag *d);

void zonefetch_free(struct zonefetch *zf);

#endif
