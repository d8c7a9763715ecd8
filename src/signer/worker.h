/*
 * A signing process: it alone opens key stores and holds private keys.  Talks
 * with the parent over one socket, request and reply in turn.
 */
#ifndef WORKER_H
#define WORKER_H

#include <stddef.h>

#include "batch.h"
#include "keyring.h"
#include "signkeys.h"

enum request_kind {
	REQUEST_OPEN,	/* struct want each: more keys for the ring, which is
			 * opened; reply: struct key_fact each of those that
			 * were not open before */
	REQUEST_FORGET, /* all but the first uint32_t keys: keyring_forget() */
	REQUEST_ZONE,	/* struct zone_request, as far as it has keys: prove
			 * them, begin a zone; reply: struct outcome */
	REQUEST_BATCH,	/* a batch; reply: struct outcome and the lines; of a
			 * zone that could not begin, why */
};

struct request {
	uint32_t kind; /* enum request_kind */
	uint32_t len;  /* octets that follow */
};

/* The answer to the first two: status, then a message or facts. */
struct reply {
	uint32_t status;
	uint32_t len;
};

struct want {
	uint32_t repository; /* index in the list of conf.xml */
	uint32_t algorithm;
	char locator[KEY_ID_MAX * 2 + 1];
};

struct key_fact {
	uint8_t algorithm;
	uint8_t pub[DNSKEY_PUBLIC_MAX];
	uint32_t pub_size;
};

struct zone_request {
	char name[1024]; /* of the zone, canonical text */
	bool verify;	 /* every new signature */
	struct zone_keys keys;
};

/* Its octets without the keys that it has not. */
static inline size_t
zone_request_size(const struct zone_request *z)
{
	return offsetof(struct zone_request, keys.key) +
	    z->keys.count * sizeof(z->keys.key[0]);
}

struct worker_setup {
	struct keyring *ring;
	const struct repository_list *repositories; /* or NULL */
	int socket;
};

/* Serve until the parent closes the socket.  Returns the exit status. */
int worker_run(const struct worker_setup *setup);

#endif
