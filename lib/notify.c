#include <string.h>

#include "dnsmsg.h"
#include "notify.h"

struct request {
	const struct notify_rules *rules;
	const knot_pkt_t *pkt;
	struct notify_taken *taken;
	uint16_t tsig_error;
};

/* Header, question and, if they used EDNS, an OPT of ours (RFC 6891 §6.1.1). */
static void
make_reply(struct request *r, uint8_t rcode)
{
	static const uint8_t opt[] = { 0, 0, KNOT_RRTYPE_OPT, 0x04, 0xd0, 0, 0,
		0, 0, 0, 0 };
	uint8_t *reply = r->taken->reply;
	size_t len = KNOT_WIRE_HEADER_SIZE;
	const size_t question = r->pkt->qname_size + 4U;

	memcpy(reply, r->pkt->wire, KNOT_WIRE_HEADER_SIZE);
	knot_wire_set_qr(reply);
	knot_wire_set_aa(reply);
	knot_wire_clear_tc(reply);
	knot_wire_set_rcode(reply, rcode);
	knot_wire_set_ancount(reply, 0);
	knot_wire_set_nscount(reply, 0);
	knot_wire_set_arcount(reply, 0);
	knot_wire_set_qdcount(reply, 0);
	if (r->pkt->qname_size > 0) {
		knot_wire_set_qdcount(reply, 1);
		memcpy(reply + len, r->pkt->wire + len, question);
		len += question;
	}
	if (r->pkt->opt_rr != NULL) {
		knot_wire_set_arcount(reply, 1);
		memcpy(reply + len, opt, sizeof(opt));
		len += sizeof(opt);
	}
	r->taken->reply_len = len;
}

/*
 * RFC 8945 §5.2: what the key says of the message.  -1: tsig_error is set and
 * the message must not be acted on.
 */
static int
check_tsig(struct request *r)
{
	const knot_rrset_t *rr = r->pkt->tsig_rr;
	const knot_tsig_key_t *key = r->rules->key;
	int rc;

	if (!knot_tsig_rdata_is_ok(rr)) {
		r->taken->why = "a malformed TSIG record";
		return -1; /* FORMERR: there is nothing to sign with */
	}
	r->tsig_error = KNOT_RCODE_BADKEY;
	r->taken->why = "signed by a key that we do not know (BADKEY)";
	if (key == NULL || knot_tsig_rdata_alg(rr) != key->algorithm)
		return -1;
	rc = knot_tsig_server_check(rr, r->pkt->wire, r->pkt->size, key);
	switch (rc) {
	case KNOT_EOK:
		r->tsig_error = KNOT_RCODE_NOERROR;
		r->taken->signed_by_key = true;
		return 0;
	case KNOT_TSIG_EBADKEY:
		return -1;
	case KNOT_TSIG_EBADTIME:
		r->tsig_error = KNOT_RCODE_BADTIME;
		r->taken->why = "signed at another time (BADTIME): the clocks "
				"differ";
		return -1;
	default:
		r->tsig_error = KNOT_RCODE_BADSIG;
		r->taken->why = "a wrong signature (BADSIG)";
		return -1;
	}
}

/* RFC 8945 §5.3: sign the answer, or say why not. */
static void
sign_reply(struct request *r)
{
	const knot_rrset_t *rr = r->pkt->tsig_rr;
	struct notify_taken *t = r->taken;
	uint8_t mac[64];
	size_t mac_len = sizeof(mac);
	int rc;

	if (knot_tsig_can_sign(r->tsig_error))
		rc = knot_tsig_sign(t->reply, &t->reply_len, sizeof(t->reply),
		    knot_tsig_rdata_mac(rr), knot_tsig_rdata_mac_length(rr),
		    mac, &mac_len, r->rules->key, r->tsig_error,
		    knot_tsig_rdata_time_signed(rr));
	else
		rc = knot_tsig_add(t->reply, &t->reply_len, sizeof(t->reply),
		    r->tsig_error, rr);
	if (rc != KNOT_EOK)
		t->reply_len = 0;
}

static enum notify_verdict
refuse(struct request *r, uint8_t rcode, const char *why)
{
	make_reply(r, rcode);
	if (why != NULL)
		r->taken->why = why;
	return NOTIFY_REFUSED;
}

static enum notify_verdict
judge(struct request *r)
{
	const knot_pkt_t *pkt = r->pkt;

	if (pkt->tsig_rr != NULL && check_tsig(r) == -1)
		return refuse(r,
		    r->tsig_error == 0 ? KNOT_RCODE_FORMERR
				       : KNOT_RCODE_NOTAUTH,
		    NULL);
	if (pkt->tsig_rr == NULL && r->rules->needs_tsig)
		return refuse(r, KNOT_RCODE_REFUSED, "not signed");
	/* RFC 1996 §3.7: one question, for the SOA. */
	if (knot_pkt_qname(pkt) == NULL ||
	    knot_pkt_qtype(pkt) != KNOT_RRTYPE_SOA ||
	    knot_pkt_qclass(pkt) != KNOT_CLASS_IN)
		return refuse(r, KNOT_RCODE_FORMERR,
		    "the question is not a zone's SOA (RFC 1996 §3.7)");
	r->taken->zone = r->rules->zone(r->rules->ctx, knot_pkt_qname(pkt));
	if (r->taken->zone == -1)
		return refuse(
		    r, KNOT_RCODE_NOTAUTH, "a zone that we do not have");
	make_reply(r, KNOT_RCODE_NOERROR);
	return NOTIFY_ACCEPTED;
}

enum notify_verdict
notify_take(const struct notify_rules *rules, struct pool *pool,
    uint8_t *message, size_t len, struct notify_taken *taken)
{
	struct request r = { .rules = rules, .taken = taken };
	enum notify_verdict verdict;
	knot_pkt_t *pkt;

	taken->zone = -1;
	taken->signed_by_key = false;
	taken->reply_len = 0;
	taken->why = "";
	/* An answer to an answer would go on for ever. */
	if (len < KNOT_WIRE_HEADER_SIZE || len > NOTIFY_MESSAGE_MAX ||
	    knot_wire_get_qr(message) ||
	    knot_wire_get_opcode(message) != KNOT_OPCODE_NOTIFY)
		return NOTIFY_IGNORED;
	pool_reset(pool);
	pkt = knot_pkt_new(message, (uint16_t)len, pool_mm(pool));
	if (pkt == NULL)
		return NOTIFY_IGNORED;
	pkt->size = len;
	r.pkt = pkt;
	if (knot_pkt_parse(pkt, 0) != KNOT_EOK) {
		pkt->qname_size = 0;
		pkt->opt_rr = NULL;
		return refuse(
		    &r, KNOT_RCODE_FORMERR, "a malformed message (RFC 1035)");
	}
	verdict = judge(&r);
	if (pkt->tsig_rr != NULL && taken->reply_len > 0 &&
	    knot_tsig_rdata_is_ok(pkt->tsig_rr))
		sign_reply(&r);
	return verdict;
}
