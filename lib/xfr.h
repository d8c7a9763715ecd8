/*
 * The answer to an SOA query, an AXFR (RFC 5936) or an IXFR (RFC 1995), fed
 * message by message: parsed, its TSIG checked, its order checked, its records
 * handed on.  No input or output of its own, so that tests and the fuzzer call
 * it directly.
 */
#ifndef XFR_H
#define XFR_H

#include <stdbool.h>
#include <stdint.h>

#include "dnsmsg.h"
#include "tsig.h"

enum xfr_style {
	XFR_UNKNOWN, /* nothing was seen that tells */
	XFR_CURRENT, /* the master has nothing newer than we */
	XFR_WHOLE,   /* the whole zone */
	XFR_DELTA,   /* differences to what we hold */
};

enum xfr_change {
	XFR_RECORD, /* a record of the whole zone */
	XFR_DELETE,
	XFR_ADD,
};

struct xfr_ops {
	/* The style and the new SOA are known; records follow. */
	int (*begin)(void *ctx, enum xfr_style style, const knot_rrset_t *soa,
	    struct diag *d);
	/*
	 * A record in the zone, of one RR.  The SOA of a whole zone comes once,
	 * first; those of a delta's steps come as deleted and added.
	 */
	int (*record)(void *ctx, enum xfr_change change, const knot_rrset_t *rr,
	    struct diag *d);
};

/* 0: no limit. */
struct xfr_limits {
	uint64_t records;
	uint64_t bytes; /* of messages */
};

struct xfr_counts {
	uint64_t records;     /* handed on */
	uint64_t out_of_zone; /* left out */
	uint64_t bytes, messages;
};

struct xfr;

/*
 * type is SOA, AXFR or IXFR; have is the serial that we hold, NULL for none
 * (an IXFR needs it).  zone, key and ops are borrowed.  ops may be NULL for
 * SOA.
 */
int xfr_open(struct xfr **out, const knot_dname_t *zone, uint16_t type,
    const uint32_t *have, const knot_tsig_key_t *key,
    const struct xfr_limits *limits, const struct xfr_ops *ops, void *ctx,
    struct diag *d);

/* The query to send, signed; valid until xfr_close(). */
void xfr_query(const struct xfr *x, const uint8_t **query, size_t *len);

/* Is that datagram the answer (and not an old or forged one)? */
bool xfr_answers(const struct xfr *x, const uint8_t *message, size_t len);

/*
 * The next message; its octets may be changed.  1: that was the last, all is
 * whole and proved; 0: more must come; -1: refused.  STATUS_BAD: what the
 * master sends is wrong.
 */
int xfr_message(struct xfr *x, uint8_t *message, size_t len, struct diag *d);

/* After a -1: the master's RCODE if that was the reason, else 0. */
unsigned xfr_rcode(const struct xfr *x);
/* The answer was cut to fit a datagram: ask again over TCP. */
bool xfr_truncated(const struct xfr *x);
enum xfr_style xfr_style(const struct xfr *x);
/* The newest SOA, once a message with it was accepted. */
const struct soa *xfr_soa(const struct xfr *x);
const struct xfr_counts *xfr_counts(const struct xfr *x);
void xfr_close(struct xfr *x);

#endif
