#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pool.h"
#include "rrtype.h"
#include "serial.h"
#include "xfr.h"

enum state {
	FIRST,	 /* nothing yet */
	SECOND,	 /* the opening SOA was seen: whole, delta or current? */
	WHOLE,	 /* records up to the closing SOA */
	DELETES, /* of a step of a delta, up to its second SOA */
	ADDS,	 /* up to the next step's first SOA or the closing one */
	DONE,
};

struct xfr {
	const knot_dname_t *zone;
	const struct xfr_ops *ops;
	void *ctx;
	struct xfr_limits limits;
	struct xfr_counts counts;
	struct pool *pool;
	struct tsig *tsig;
	uint8_t query[DNSMSG_QUERY_MAX];
	size_t query_len;
	uint16_t type;
	bool has_have, truncated;
	uint32_t have;
	unsigned rcode;
	enum state state;
	enum xfr_style style;
	struct soa soa;	  /* the opening one */
	uint8_t *opening; /* its RDATA */
	size_t opening_len;
	uint32_t opening_ttl;
	uint32_t step; /* the serial that the deltas so far lead to */
};

int
xfr_open(struct xfr **out, const knot_dname_t *zone, uint16_t type,
    const uint32_t *have, const knot_tsig_key_t *key,
    const struct xfr_limits *limits, const struct xfr_ops *ops, void *ctx,
    struct diag *d)
{
	struct xfr *x;

	if ((x = calloc(1, sizeof(*x))) == NULL)
		return diag_system(d, "transfer");
	x->zone = zone;
	x->type = type;
	x->ops = ops;
	x->ctx = ctx;
	x->limits = *limits;
	if (have != NULL) {
		x->has_have = true;
		x->have = *have;
	}
	if ((x->pool = pool_new()) == NULL) {
		diag_system(d, "transfer");
		goto fail;
	}
	if (tsig_open(&x->tsig, key, d) == -1)
		goto fail;
	x->query_len = dnsmsg_query(x->query, dnsmsg_id(), zone, type,
	    type == KNOT_RRTYPE_IXFR ? have : NULL);
	if (tsig_sign(x->tsig, x->query, &x->query_len, sizeof(x->query), d) ==
	    -1)
		goto fail;
	*out = x;
	return 0;
fail:
	xfr_close(x);
	return -1;
}

void
xfr_query(const struct xfr *x, const uint8_t **query, size_t *len)
{
	*query = x->query;
	*len = x->query_len;
}

bool
xfr_answers(const struct xfr *x, const uint8_t *message, size_t len)
{
	return dnsmsg_answers(message, len, x->query, x->query_len, true);
}

void
xfr_close(struct xfr *x)
{
	if (x == NULL)
		return;
	tsig_close(x->tsig);
	pool_free(x->pool);
	free(x->opening);
	free(x);
}

unsigned
xfr_rcode(const struct xfr *x)
{
	return x->rcode;
}

bool
xfr_truncated(const struct xfr *x)
{
	return x->truncated;
}

enum xfr_style
xfr_style(const struct xfr *x)
{
	return x->style;
}

const struct soa *
xfr_soa(const struct xfr *x)
{
	return &x->soa;
}

const struct xfr_counts *
xfr_counts(const struct xfr *x)
{
	return &x->counts;
}

/* ---- records in their order ---- */

static bool
is_opening(const struct xfr *x, const knot_rrset_t *rr)
{
	return rr->rrs.rdata->len == x->opening_len &&
	    memcmp(rr->rrs.rdata->data, x->opening, x->opening_len) == 0;
}

/* One record more for the caller, within the limit. */
static int
hand_on(struct xfr *x, enum xfr_change change, const knot_rrset_t *rr,
    struct diag *d)
{
	x->counts.records++;
	if (x->limits.records != 0 && x->counts.records > x->limits.records)
		return diag_set(d, STATUS_BAD,
		    "more than %" PRIu64 " records (MaxRecords)",
		    x->limits.records);
	return x->ops->record(x->ctx, change, rr, d);
}

static int
begin(struct xfr *x, enum xfr_style style, struct diag *d)
{
	knot_rrset_t soa;
	knot_rdata_t *rdata;
	int rc = -1;

	x->style = style;
	/* libknot's RDATA carry their length in front of them. */
	if ((rdata = calloc(1, sizeof(*rdata) + x->opening_len + 1)) == NULL)
		return diag_system(d, "transfer");
	knot_rdata_init(rdata, (uint16_t)x->opening_len, x->opening);
	knot_rrset_init(&soa, (knot_dname_t *)(uintptr_t)x->zone,
	    KNOT_RRTYPE_SOA, KNOT_CLASS_IN, x->opening_ttl);
	soa.rrs.rdata = rdata;
	soa.rrs.count = 1;
	soa.rrs.size = (uint32_t)knot_rdata_size((uint16_t)x->opening_len);
	if (x->ops->begin(x->ctx, style, &soa, d) == -1)
		goto out;
	if (style == XFR_WHOLE && hand_on(x, XFR_RECORD, &soa, d) == -1)
		goto out;
	rc = 0;
out:
	free(rdata);
	return rc;
}

static int
take_opening(struct xfr *x, const knot_rrset_t *rr, struct diag *d)
{
	if (rr->type != KNOT_RRTYPE_SOA ||
	    !knot_dname_is_case_equal(rr->owner, x->zone))
		return diag_set(d, STATUS_BAD,
		    "the answer does not begin with the zone's SOA "
		    "(RFC 5936 §2.2)");
	soa_read(&x->soa, rr);
	x->opening_len = rr->rrs.rdata->len;
	x->opening_ttl = rr->ttl;
	if ((x->opening = malloc(x->opening_len)) == NULL)
		return diag_system(d, "transfer");
	memcpy(x->opening, rr->rrs.rdata->data, x->opening_len);
	x->state = SECOND;
	return 0;
}

static int
take_delta_soa(struct xfr *x, const knot_rrset_t *rr, struct diag *d)
{
	const uint32_t serial = knot_soa_serial(rr->rrs.rdata);

	if (x->state == DELETES) {
		if (!serial_above(serial, x->step))
			return diag_set(d, STATUS_BAD,
			    "a step of the delta from serial %" PRIu32
			    " to %" PRIu32 " (RFC 1995 §4)",
			    x->step, serial);
		x->step = serial;
		x->state = ADDS;
		return hand_on(x, XFR_ADD, rr, d);
	}
	if (serial != x->step)
		return diag_set(d, STATUS_BAD,
		    "the delta's steps do not join: %" PRIu32 ", then %" PRIu32
		    " (RFC 1995 §4)",
		    x->step, serial);
	if (is_opening(x, rr)) {
		x->state = DONE;
		return 0;
	}
	x->state = DELETES;
	return hand_on(x, XFR_DELETE, rr, d);
}

static int
take_body(struct xfr *x, const knot_rrset_t *rr, bool is_soa, struct diag *d)
{
	if (is_soa && x->state != WHOLE)
		return take_delta_soa(x, rr, d);
	if (is_soa) {
		if (!is_opening(x, rr))
			return diag_set(d, STATUS_BAD,
			    "the closing SOA is not the opening one "
			    "(RFC 5936 §2.2)");
		x->state = DONE;
		return 0;
	}
	if (knot_dname_in_bailiwick(rr->owner, x->zone) < 0) {
		x->counts.out_of_zone++;
		return 0;
	}
	switch (x->state) {
	case DELETES:
		return hand_on(x, XFR_DELETE, rr, d);
	case ADDS:
		return hand_on(x, XFR_ADD, rr, d);
	default:
		return hand_on(x, XFR_RECORD, rr, d);
	}
}

/*
 * RFC 1995 §4: a second SOA with our serial begins a delta; any other record,
 * or the first SOA again, shows a whole zone.
 */
static int
take_second(struct xfr *x, const knot_rrset_t *rr, bool is_soa, struct diag *d)
{
	if (x->type != KNOT_RRTYPE_IXFR || !is_soa || is_opening(x, rr)) {
		x->state = WHOLE;
		return begin(x, XFR_WHOLE, d) == -1
		    ? -1
		    : take_body(x, rr, is_soa, d);
	}
	if (knot_soa_serial(rr->rrs.rdata) != x->have)
		return diag_set(d, STATUS_BAD,
		    "a delta from serial %" PRIu32 ", asked from %" PRIu32
		    " (RFC 1995 §4)",
		    knot_soa_serial(rr->rrs.rdata), x->have);
	x->step = x->have;
	x->state = DELETES;
	return begin(x, XFR_DELTA, d) == -1 ? -1
					    : hand_on(x, XFR_DELETE, rr, d);
}

static int
take_record(struct xfr *x, const knot_rrset_t *rr, struct diag *d)
{
	const bool is_soa = rr->type == KNOT_RRTYPE_SOA &&
	    knot_dname_is_case_equal(rr->owner, x->zone);

	if (rr->rclass != KNOT_CLASS_IN)
		return diag_set(
		    d, STATUS_BAD, "a record of class %u, not IN", rr->rclass);
	if ((rrtype_flags(rr->type) & RRTYPE_META) != 0)
		return diag_set(d, STATUS_BAD,
		    "a record of type %u, which no zone can have "
		    "(RFC 6895 §3.1)",
		    rr->type);
	switch (x->state) {
	case FIRST:
		return take_opening(x, rr, d);
	case SECOND:
		return take_second(x, rr, is_soa, d);
	case DONE:
		return diag_set(d, STATUS_BAD,
		    "records behind the closing SOA (RFC 5936 §2.2)");
	default:
		return take_body(x, rr, is_soa, d);
	}
}

/* ---- messages ---- */

/* Where to look next. */
static const char *
advice(unsigned rcode)
{
	static const struct {
		unsigned rcode;
		const char *text;
	} rows[] = {
		{ KNOT_RCODE_REFUSED,
		    ": it must allow our address or TSIG key to transfer the "
		    "zone" },
		{ KNOT_RCODE_NOTAUTH,
		    ": it does not have the zone, or not for this TSIG key" },
		{ KNOT_RCODE_SERVFAIL,
		    ": its own log says why; an expired zone is one reason" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].rcode == rcode)
			return rows[i].text;
	return "";
}

static int
check_head(struct xfr *x, const knot_pkt_t *pkt, struct diag *d)
{
	char number[16];
	const unsigned rcode = knot_wire_get_rcode(pkt->wire);

	if (!dnsmsg_answers(pkt->wire, pkt->size, x->query, x->query_len,
		x->state != FIRST || rcode != KNOT_RCODE_NOERROR))
		return diag_set(d, STATUS_BAD,
		    "not an answer to our question (RFC 5936 §2.2)");
	/* An error's RCODE can hide the TSIG error that explains it. */
	if (pkt->tsig_rr != NULL && knot_tsig_rdata_is_ok(pkt->tsig_rr) &&
	    knot_tsig_rdata_error(pkt->tsig_rr) != 0 &&
	    rcode != KNOT_RCODE_NOERROR) {
		x->rcode = rcode;
		return diag_set(d, STATUS_BAD,
		    "the master refuses our TSIG: %s (RFC 8945 §5.3.2)",
		    tsig_error_text(knot_tsig_rdata_error(pkt->tsig_rr)));
	}
	if (rcode != KNOT_RCODE_NOERROR) {
		x->rcode = rcode;
		return diag_set(d, STATUS_BAD, "the master answers %s%s",
		    dnsmsg_rcode(x->rcode, number), advice(x->rcode));
	}
	return 0;
}

/* The answer to an SOA query: one SOA, from a server that has the zone. */
static int
take_soa_answer(struct xfr *x, const knot_pkt_t *pkt, struct diag *d)
{
	const knot_pktsection_t *answer = knot_pkt_section(pkt, KNOT_ANSWER);
	const knot_rrset_t *found = NULL, *rr;

	if (knot_wire_get_tc(pkt->wire)) {
		x->truncated = true;
		return diag_set(d, STATUS_BAD, "the answer is truncated");
	}
	for (uint16_t i = 0; i < answer->count; i++) {
		rr = knot_pkt_rr(answer, i);
		if (rr->type != KNOT_RRTYPE_SOA || rr->rclass != KNOT_CLASS_IN)
			continue; /* its RRSIG, say */
		if (found != NULL ||
		    !knot_dname_is_case_equal(rr->owner, x->zone))
			return diag_set(
			    d, STATUS_BAD, "not one SOA of the zone");
		found = rr;
	}
	if (found == NULL)
		return diag_set(d, STATUS_BAD,
		    "the answer has no SOA: the master does not have the zone");
	if (!knot_wire_get_aa(pkt->wire))
		return diag_set(d, STATUS_BAD,
		    "the answer is not authoritative: the master does not have "
		    "the zone, or its copy has expired");
	soa_read(&x->soa, found);
	if (tsig_finish(x->tsig, d) == -1)
		return -1;
	x->state = DONE;
	return 1;
}

static int
take_answers(struct xfr *x, const knot_pkt_t *pkt, struct diag *d)
{
	const knot_pktsection_t *answer = knot_pkt_section(pkt, KNOT_ANSWER);

	if (answer->count == 0)
		return diag_set(
		    d, STATUS_BAD, "a message without records (RFC 5936 §2.2)");
	for (uint16_t i = 0; i < answer->count; i++)
		if (take_record(x, knot_pkt_rr(answer, i), d) == -1)
			return -1;
	/* RFC 1995 §2, §4: the SOA alone says that there is nothing newer. */
	if (x->state == SECOND && x->type == KNOT_RRTYPE_IXFR &&
	    !serial_above(x->soa.serial, x->have)) {
		x->style = XFR_CURRENT;
		x->state = DONE;
	}
	return 0;
}

int
xfr_message(struct xfr *x, uint8_t *message, size_t len, struct diag *d)
{
	knot_pkt_t *pkt;
	int rc;

	x->rcode = 0;
	x->counts.messages++;
	x->counts.bytes += len;
	if (x->state == DONE)
		return diag_set(d, STATUS_BAD,
		    "a message behind the closing SOA (RFC 5936 §2.2)");
	if (x->limits.bytes != 0 && x->counts.bytes > x->limits.bytes)
		return diag_set(d, STATUS_BAD,
		    "more than %" PRIu64 " bytes (MaxBytes)", x->limits.bytes);
	if (len < KNOT_WIRE_HEADER_SIZE || len > DNSMSG_MAX)
		return diag_set(d, STATUS_BAD,
		    "a malformed message: %zu octets (RFC 1035 §4.1.1)", len);
	pool_reset(x->pool);
	pkt = knot_pkt_new(message, (uint16_t)len, pool_mm(x->pool));
	if (pkt == NULL)
		return diag_set(d, STATUS_SYSTEM, "out of memory");
	pkt->size = len;
	if ((rc = knot_pkt_parse(pkt, 0)) != KNOT_EOK)
		return diag_set(d, STATUS_BAD, "a malformed message: %s",
		    knot_strerror(rc));
	if (check_head(x, pkt, d) == -1 || tsig_check(x->tsig, pkt, d) == -1)
		return -1;
	if (x->type == KNOT_RRTYPE_SOA)
		return take_soa_answer(x, pkt, d);
	if (take_answers(x, pkt, d) == -1)
		return -1;
	if (x->state != DONE)
		return 0;
	return tsig_finish(x->tsig, d) == -1 ? -1 : 1;
}
