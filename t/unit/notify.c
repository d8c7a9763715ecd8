/* lib/notify, lib/dnsmsg: NOTIFY as a master sends it, and as others do. */
#include "dnsmsg.h"
#include "name.h"
#include "notify.h"
#include "tap.h"
#include "tsig.h"

static const uint8_t zone[] = "\7example";
static knot_tsig_key_t key, same_name, other_name;
static struct pool *pool;
static struct notify_taken taken;
static uint8_t message[NOTIFY_MESSAGE_MAX + 1];
static size_t len;

static long
find(const void *ctx, const knot_dname_t *name)
{
	return knot_dname_is_equal(name, ctx) ? 7 : -1;
}

static const struct notify_rules open_rules = { NULL, false, find, zone };
static const struct notify_rules key_rules = { &key, false, find, zone };
static const struct notify_rules strict_rules = { &key, true, find, zone };

static void
make(void)
{
	const uint32_t serial = 5;

	len = dnsmsg_notify(message, 4711, zone, &serial);
}

static void
sign(const knot_tsig_key_t *k)
{
	uint8_t mac[64];
	size_t mac_len = sizeof(mac);

	if (knot_tsig_sign(message, &len, sizeof(message), NULL, 0, mac,
		&mac_len, k, 0, 0) != KNOT_EOK)
		exit(1);
}

static enum notify_verdict
take(const struct notify_rules *rules)
{
	return notify_take(rules, pool, message, len, &taken);
}

static unsigned
rcode(void)
{
	return taken.reply_len < KNOT_WIRE_HEADER_SIZE
	    ? 99
	    : knot_wire_get_rcode(taken.reply);
}

/* The TSIG error of the answer, 99 for no TSIG. */
static unsigned
tsig_error(void)
{
	knot_pkt_t *pkt =
	    knot_pkt_new(taken.reply, (uint16_t)taken.reply_len, NULL);
	unsigned error = 99;

	if (pkt == NULL)
		exit(1);
	pkt->size = taken.reply_len;
	if (knot_pkt_parse(pkt, 0) == KNOT_EOK && pkt->tsig_rr != NULL)
		error = knot_tsig_rdata_error(pkt->tsig_rr);
	knot_pkt_free(pkt);
	return error;
}

static void
test_plain(void)
{
	make();
	ok(take(&open_rules) == NOTIFY_ACCEPTED && taken.zone == 7,
	    "a NOTIFY is taken");
	ok(rcode() == 0 && knot_wire_get_qr(taken.reply) &&
		knot_wire_get_id(taken.reply) == 4711 &&
		knot_wire_get_opcode(taken.reply) == KNOT_OPCODE_NOTIFY,
	    "and answered");
	ok(knot_wire_get_ancount(taken.reply) == 0 &&
		taken.reply_len == KNOT_WIRE_HEADER_SIZE + sizeof(zone) + 4,
	    "with the question alone");
	ok(dnsmsg_answers(
	       taken.reply, taken.reply_len, message, len, false),
	    "which a sender takes for the answer");
	ok(!taken.signed_by_key, "nobody signed it");
	make();
	knot_wire_set_qr(message);
	ok(take(&open_rules) == NOTIFY_IGNORED && taken.reply_len == 0,
	    "an answer gets no answer");
	make();
	knot_wire_set_opcode(message, KNOT_OPCODE_QUERY);
	ok(take(&open_rules) == NOTIFY_IGNORED, "nor a query");
	make();
	len = KNOT_WIRE_HEADER_SIZE - 1;
	ok(take(&open_rules) == NOTIFY_IGNORED, "nor half a header");
	make();
	len = NOTIFY_MESSAGE_MAX + 1;
	ok(take(&open_rules) == NOTIFY_IGNORED, "nor what is too long");
}

static void
test_refused(void)
{
	static const struct {
		size_t at; /* behind the header and the name */
		uint8_t value;
		unsigned rcode;
		const char *what;
	} rows[] = {
		{ 1, 1, KNOT_RCODE_FORMERR, "another type" },
		{ 3, 3, KNOT_RCODE_FORMERR, "another class" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		make();
		message[KNOT_WIRE_HEADER_SIZE + sizeof(zone) + rows[i].at] =
		    rows[i].value;
		ok(take(&open_rules) == NOTIFY_REFUSED &&
			rcode() == rows[i].rcode,
		    "%s: %s", rows[i].what, taken.why);
	}
	make();
	message[KNOT_WIRE_HEADER_SIZE + 1] = 'x';
	ok(take(&open_rules) == NOTIFY_REFUSED &&
		rcode() == KNOT_RCODE_NOTAUTH,
	    "another zone: %s", taken.why);
	make();
	for (size_t n = len; n > KNOT_WIRE_HEADER_SIZE; n--) {
		make();
		len = n - 1;
		if (take(&open_rules) == NOTIFY_REFUSED &&
		    rcode() == KNOT_RCODE_FORMERR)
			continue;
		ok(0, "cut to %zu octets", n - 1);
	}
	ok(rcode() == KNOT_RCODE_FORMERR, "cut at every octet: FORMERR");
	make();
	knot_wire_set_qdcount(message, 0);
	knot_wire_set_ancount(message, 0);
	len = KNOT_WIRE_HEADER_SIZE;
	ok(take(&open_rules) == NOTIFY_REFUSED &&
		rcode() == KNOT_RCODE_FORMERR &&
		taken.reply_len == KNOT_WIRE_HEADER_SIZE,
	    "no question");
}

static void
test_edns(void)
{
	static const uint8_t opt[] = { 0, 0, 41, 4, 0xd0, 0, 0, 0, 0, 0, 0 };
	knot_pkt_t *pkt;

	make();
	memcpy(message + len, opt, sizeof(opt));
	len += sizeof(opt);
	knot_wire_set_arcount(message, 1);
	ok(take(&open_rules) == NOTIFY_ACCEPTED, "with EDNS");
	pkt = knot_pkt_new(taken.reply, (uint16_t)taken.reply_len, NULL);
	if (pkt == NULL)
		exit(1);
	pkt->size = taken.reply_len;
	ok(knot_pkt_parse(pkt, 0) == KNOT_EOK && pkt->opt_rr != NULL,
	    "the answer has it too (RFC 6891)");
	knot_pkt_free(pkt);
}

static void
test_tsig(void)
{
	make();
	ok(take(&strict_rules) == NOTIFY_REFUSED &&
		rcode() == KNOT_RCODE_REFUSED,
	    "unsigned where that is not enough: %s", taken.why);
	make();
	ok(take(&key_rules) == NOTIFY_ACCEPTED && tsig_error() == 99,
	    "unsigned where it is");
	make();
	sign(&key);
	ok(take(&strict_rules) == NOTIFY_ACCEPTED && taken.signed_by_key &&
		tsig_error() == 0,
	    "signed, and so is the answer");
	make();
	sign(&key);
	ok(take(&open_rules) == NOTIFY_REFUSED &&
		rcode() == KNOT_RCODE_NOTAUTH &&
		tsig_error() == KNOT_RCODE_BADKEY,
	    "no key is known: %s", taken.why);
	make();
	sign(&other_name);
	ok(take(&key_rules) == NOTIFY_REFUSED &&
		tsig_error() == KNOT_RCODE_BADKEY,
	    "another key: %s", taken.why);
	make();
	sign(&same_name);
	ok(take(&key_rules) == NOTIFY_REFUSED &&
		rcode() == KNOT_RCODE_NOTAUTH &&
		tsig_error() == KNOT_RCODE_BADSIG && !taken.signed_by_key,
	    "another secret: %s", taken.why);
}

/* Whatever bit changes, a signed message is not taken for signed. */
static void
test_flips(void)
{
	unsigned accepted = 0;
	size_t bits;

	make();
	sign(&key);
	bits = len * 8;
	for (size_t i = 0; i < bits; i++) {
		make();
		sign(&key);
		message[i / 8] ^= (uint8_t)(1 << i % 8);
		if (take(&strict_rules) == NOTIFY_ACCEPTED)
			accepted++;
	}
	/* RFC 8945 §4.3.1: the identifier is not covered, names have no case */
	ok(bits > 1000 && accepted <= 16 + 8 * sizeof(zone),
	    "%zu bits changed, %u of no meaning", bits, accepted);
	for (size_t i = KNOT_WIRE_HEADER_SIZE * 8; i < bits; i++) {
		make();
		sign(&key);
		message[i / 8] ^= (uint8_t)(1 << i % 8);
		if ((i % 8 != 5) && take(&strict_rules) == NOTIFY_ACCEPTED)
			ok(0, "accepted with bit %zu changed", i);
	}
}

static void
test_dnsmsg(void)
{
	uint8_t query[DNSMSG_QUERY_MAX], answer[DNSMSG_QUERY_MAX];
	const uint32_t have = 1;
	size_t n = dnsmsg_query(query, 99, zone, KNOT_RRTYPE_IXFR, &have);
	char number[16];

	memcpy(answer, query, n);
	ok(!dnsmsg_answers(answer, n, query, n, false),
	    "a query is no answer to itself");
	knot_wire_set_qr(answer);
	ok(dnsmsg_answers(answer, n, query, n, false), "an answer");
	ok(!dnsmsg_answers(answer, 11, query, n, true), "half a header");
	answer[0] ^= 1;
	ok(!dnsmsg_answers(answer, n, query, n, false), "another identifier");
	answer[0] ^= 1;
	answer[14] ^= 1;
	ok(!dnsmsg_answers(answer, n, query, n, false), "another question");
	answer[14] ^= 1;
	knot_wire_set_qdcount(answer, 0);
	ok(!dnsmsg_answers(answer, n, query, n, false) &&
		dnsmsg_answers(answer, n, query, n, true),
	    "no question, where that may be");
	is(dnsmsg_rcode(5, number), "REFUSED", "a code by name");
	ok(strcmp(dnsmsg_rcode(3841, number), "") != 0, "and by number: %s",
	    number);
}

int
main(void)
{
	struct diag d;

	if ((pool = pool_new()) == NULL ||
	    tsig_key_set(&key, "key.", "hmac-sha256", "c2VjcmV0", &d) == -1 ||
	    tsig_key_set(&same_name, "key.", "hmac-sha256", "b3RoZXI=", &d) ==
		-1 ||
	    tsig_key_set(&other_name, "yek.", "hmac-sha256", "c2VjcmV0", &d) ==
		-1)
		return 1;
	test_plain();
	test_refused();
	test_edns();
	test_tsig();
	test_flips();
	test_dnsmsg();
	tsig_key_free(&key);
	tsig_key_free(&same_name);
	tsig_key_free(&other_name);
	pool_free(pool);
	return done();
}
