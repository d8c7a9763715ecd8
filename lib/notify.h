/*
 * NOTIFY (RFC 1996), both sides, as messages: no sockets here.
 */
#ifndef NOTIFY_H
#define NOTIFY_H

#include <stdbool.h>
#include <stdint.h>
#include <libknot/libknot.h>

#include "diag.h"
#include "pool.h"

#define NOTIFY_MESSAGE_MAX 4096 /* what we take */
#define NOTIFY_REPLY_MAX   1024 /* header, question, OPT and TSIG fit */

/* What a receiver goes by. */
struct notify_rules {
	const knot_tsig_key_t *key; /* NULL: no TSIG is known */
	bool needs_tsig;	    /* a message without it is refused */
	/* The index of the zone of that name (lower case), or -1. */
	long (*zone)(const void *ctx, const knot_dname_t *name);
	const void *ctx;
};

enum notify_verdict {
	NOTIFY_IGNORED,	 /* no answer: not a NOTIFY at all */
	NOTIFY_REFUSED,	 /* answered with an error; why says which */
	NOTIFY_ACCEPTED, /* answered; zone is set */
};

struct notify_taken {
	long zone;
	bool signed_by_key;
	uint8_t reply[NOTIFY_REPLY_MAX];
	size_t reply_len; /* 0: send nothing */
	const char *why;
};

/*
 * Judge a message from one of the zone's masters (the caller has looked at
 * the address), and make the answer.  message may be changed.
 */
enum notify_verdict
notify_take(const struct notify_rules *rules, struct pool *pool,
    uint8_t *message, size_t len, struct notify_taken *taken);

#endif
