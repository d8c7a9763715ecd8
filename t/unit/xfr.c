/*
 * lib/xfr, lib/tsig: transfers as a master would send them, and everything
 * that can go wrong with them on the way: every message lost, doubled, moved,
 * every octet changed.
 */
#include <stdlib.h>
#include <string.h>

#include "name.h"
#include "tap.h"
#include "tsig.h"
#include "xfr.h"

#define MESSAGES_MAX 256

/* What a master sends, as messages. */
struct script {
	struct message {
		uint8_t wire[1200];
		size_t len;
	} list[MESSAGES_MAX];
	size_t count;
	const uint8_t *query;
	size_t query_len;
	/* the server's side of TSIG */
	const knot_tsig_key_t *key;
	uint8_t mac[64];
	size_t mac_len;
	uint8_t unsigned_wire[100 * 1200];
	size_t unsigned_len;
};

static const uint8_t zone[] = "\7example";
static knot_tsig_key_t key, other_key;
static const struct xfr_limits no_limits;
static struct script script;

/* ---- the receiver's side: an order-dependent hash of all records ---- */

struct seen {
	enum xfr_style style;
	uint64_t hash;
	unsigned records;
};

static uint64_t
mix(uint64_t h, const void *bytes, size_t len)
{
	const uint8_t *b = bytes;

	while (len-- > 0)
		h = (h ^ *b++) * UINT64_C(1099511628211);
	return h;
}

static int
on_begin(
    void *ctx, enum xfr_style style, const knot_rrset_t *soa, struct diag *d)
{
	struct seen *s = ctx;

	(void)soa;
	(void)d;
	s->style = style;
	return 0;
}

static int
on_record(
    void *ctx, enum xfr_change change, const knot_rrset_t *rr, struct diag *d)
{
	struct seen *s = ctx;

	(void)d;
	s->records++;
	s->hash = mix(s->hash, &change, sizeof(change));
	s->hash = mix(s->hash, rr->owner, knot_dname_size(rr->owner));
	s->hash = mix(s->hash, &rr->type, sizeof(rr->type));
	s->hash = mix(s->hash, &rr->ttl, sizeof(rr->ttl));
	s->hash = mix(s->hash, rr->rrs.rdata->data, rr->rrs.rdata->len);
	return 0;
}

static const struct xfr_ops ops = { on_begin, on_record };

/* ---- the sender's side ---- */

static struct message *
message_new(struct script *s)
{
	struct message *m = &s->list[s->count++];
	const size_t question = knot_dname_size(zone) + 4;

	memset(m->wire, 0, KNOT_WIRE_HEADER_SIZE);
	memcpy(m->wire, s->query, 2);
	knot_wire_set_qr(m->wire);
	knot_wire_set_aa(m->wire);
	m->len = KNOT_WIRE_HEADER_SIZE;
	if (s->count == 1) { /* RFC 5936 §2.2.2: later ones may leave it out */
		knot_wire_set_qdcount(m->wire, 1);
		memcpy(m->wire + m->len, s->query + m->len, question);
		m->len += question;
	}
	return m;
}

static void
put(struct message *m, const char *owner, uint16_t type, const void *rdata,
    size_t len)
{
	uint8_t *at = m->wire + m->len;
	const int n = name_from_text(owner, strlen(owner), at);

	at += n;
	knot_wire_write_u16(at, type);
	knot_wire_write_u16(at + 2, KNOT_CLASS_IN);
	knot_wire_write_u32(at + 4, 300);
	knot_wire_write_u16(at + 8, (uint16_t)len);
	memcpy(at + 10, rdata, len);
	m->len += (size_t)n + 10 + len;
	knot_wire_add_ancount(m->wire, 1);
}

static void
put_soa(struct message *m, uint32_t serial)
{
	uint8_t rdata[2 + 20] = { 0 };

	knot_wire_write_u32(rdata + 2, serial);
	put(m, "example.", KNOT_RRTYPE_SOA, rdata, sizeof(rdata));
}

static void
put_a(struct message *m, const char *owner, unsigned n)
{
	const uint8_t rdata[4] = { 192, 0, 2, (uint8_t)n };

	put(m, owner, KNOT_RRTYPE_A, rdata, 4);
}

/* Sign m, or only remember it for the next signature. */
static void
sign(struct script *s, struct message *m, bool now)
{
	size_t len = sizeof(s->mac);
	uint8_t mac[64];

	if (s->key == NULL)
		return;
	memcpy(s->unsigned_wire + s->unsigned_len, m->wire, m->len);
	s->unsigned_len += m->len;
	if (!now)
		return;
	if (m == s->list)
		(void)knot_tsig_sign(m->wire, &m->len, sizeof(m->wire), s->mac,
		    s->mac_len, mac, &len, s->key, 0, 0);
	else
		(void)knot_tsig_sign_next(m->wire, &m->len, sizeof(m->wire),
		    s->mac, s->mac_len, mac, &len, s->key, s->unsigned_wire,
		    s->unsigned_len);
	memcpy(s->mac, mac, len);
	s->mac_len = len;
	s->unsigned_len = 0;
}

/* Take the MAC of the query, which is its last record but six octets. */
static void
script_start(struct script *s, const struct xfr *x, const knot_tsig_key_t *k)
{
	memset(s, 0, sizeof(*s));
	xfr_query(x, &s->query, &s->query_len);
	s->key = k;
	if (k != NULL) {
		s->mac_len = 32;
		memcpy(s->mac, s->query + s->query_len - 6 - 32, 32);
	}
}

/* A whole zone of five messages, every_nth of them signed, and the last. */
static void
whole_zone(struct script *s, unsigned every_nth)
{
	for (unsigned i = 0; i < 5; i++) {
		struct message *m = message_new(s);
		char owner[32];

		if (i == 0)
			put_soa(m, 7);
		for (unsigned j = 0; j < 3; j++) {
			(void)snprintf(
			    owner, sizeof(owner), "h%u.example.", i * 3 + j);
			put_a(m, owner, i);
		}
		if (i == 4)
			put_soa(m, 7);
		sign(s, m, i == 4 || i % every_nth == 0);
	}
}

/* Feed the messages; 1: taken as whole; 0: not ended; -1: refused. */
static int
feed(struct xfr *x, const struct script *s, struct diag *d)
{
	uint8_t copy[1200];
	int rc = 0;

	for (size_t i = 0; i < s->count; i++) {
		memcpy(copy, s->list[i].wire, s->list[i].len);
		if ((rc = xfr_message(x, copy, s->list[i].len, d)) == -1)
			return -1;
		if (rc == 1 && i + 1 < s->count)
			return xfr_message(x, copy, s->list[i].len, d);
	}
	return rc;
}

typedef void change(struct script *s, size_t n);
typedef void build(struct script *s, unsigned n);

/*
 * One transfer: what build() makes, then change()d.  The random identifier of
 * the query makes each one different.
 */
static int
run(uint16_t type, const uint32_t *have, const knot_tsig_key_t *k, build *make,
    unsigned arg, change *alter, size_t n, struct seen *seen, struct diag *d)
{
	struct xfr *x;
	int rc;

	memset(seen, 0, sizeof(*seen));
	d->text[0] = '\0';
	if (xfr_open(&x, zone, type, have, k, &no_limits, &ops, seen, d) == -1)
		return -1;
	script_start(&script, x, k);
	make(&script, arg);
	if (alter != NULL)
		alter(&script, n);
	rc = feed(x, &script, d);
	xfr_close(x);
	return rc;
}

#define AXFR(K, ARG, ALTER, N)                                                 \
	run(KNOT_RRTYPE_AXFR, NULL, K, whole_zone, ARG, ALTER, N, &seen, &d)

/* ---- alterations ---- */

static void
lose(struct script *s, size_t n)
{
	memmove(&s->list[n], &s->list[n + 1],
	    (s->count - n - 1) * sizeof(*s->list));
	s->count--;
}

static void
twice(struct script *s, size_t n)
{
	memmove(
	    &s->list[n + 1], &s->list[n], (s->count - n) * sizeof(*s->list));
	s->count++;
}

static void
swap(struct script *s, size_t n)
{
	const struct message m = s->list[n];

	s->list[n] = s->list[n + 1];
	s->list[n + 1] = m;
}

/* Octet n / 8 of all, its bit n % 8. */
static void
flip(struct script *s, size_t n)
{
	size_t octet = n / 8, i = 0;

	while (octet >= s->list[i].len)
		octet -= s->list[i++].len;
	s->list[i].wire[octet] ^= (uint8_t)(1 << n % 8);
}

static void
cut(struct script *s, size_t n)
{
	size_t i = 0;

	while (n >= s->list[i].len)
		n -= s->list[i++].len;
	s->list[i].len = n;
	s->count = i + 1;
}

/* Take the signature off message n (its last record). */
static void
unsign(struct script *s, size_t n)
{
	/* key 5, fixed 10, algorithm 13, time 6, fudge 2, MAC 2+32, rest 6 */
	s->list[n].len -= 5 + 10 + 13 + 6 + 2 + 2 + 32 + 6;
	knot_wire_set_arcount(s->list[n].wire, 0);
}

static size_t
octets(const struct script *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->count; i++)
		n += s->list[i].len;
	return n;
}

/* ---- tests ---- */

static void
test_whole(void)
{
	struct seen seen, good;
	struct diag d;
	unsigned taken = 0;
	size_t all;

	ok(AXFR(NULL, 1, NULL, 0) == 1 && seen.records == 16 &&
		seen.style == XFR_WHOLE,
	    "a whole zone without TSIG");
	good = seen;
	for (size_t i = 0; i < 5; i++)
		if (AXFR(NULL, 1, lose, i) == 1 && (i == 0 || i == 4))
			taken++;
	ok(taken == 0, "without its first or last message it is not whole");

	for (unsigned nth = 1; nth < 5; nth++) {
		ok(AXFR(&key, nth, NULL, 0) == 1 && seen.hash == good.hash,
		    "every %uth message signed", nth);
		taken = 0;
		for (size_t i = 0; i < 5; i++)
			taken += AXFR(&key, nth, lose, i) == 1;
		ok(taken == 0, "  no message may be lost");
		for (size_t i = 0; i < 5; i++)
			taken += AXFR(&key, nth, twice, i) == 1;
		ok(taken == 0, "  nor doubled");
		for (size_t i = 0; i < 4; i++)
			taken += AXFR(&key, nth, swap, i) == 1;
		ok(taken == 0, "  nor moved");
		(void)AXFR(&key, nth, NULL, 0);
		all = octets(&script);
		for (size_t i = 0; i < all; i++)
			taken += AXFR(&key, nth, cut, i) == 1;
		ok(taken == 0, "  nor cut at any of %zu octets", all);
		for (size_t i = 0; i < all * 8; i++) {
			/* The case of the key's and algorithm's name says
			 * nothing: RFC 8945 §4.3.3 lower-cases both. */
			if (AXFR(&key, nth, flip, i) == 1)
				taken += seen.hash != good.hash || i % 8 != 5;
		}
		ok(taken == 0, "  nor changed in any of %zu bits", all * 8);
	}
	for (size_t i = 0; i < 5; i++)
		taken += AXFR(&key, 1, unsign, i) == 1;
	ok(taken == 0, "a signature may not be taken off");
	ok(AXFR(&key, 1, unsign, 4) == -1 &&
		strstr(d.text, "last message is not signed") != NULL,
	    "%s", d.text);
	ok(AXFR(&key, 1, unsign, 0) == -1 &&
		strstr(d.text, "is not signed, our query was") != NULL,
	    "%s", d.text);
}

static void
with_other_key(struct script *s, unsigned n)
{
	s->key = &other_key;
	whole_zone(s, n);
}

static void
many_messages(struct script *s, unsigned n)
{
	for (unsigned i = 0; i < n + 2; i++) {
		struct message *m = message_new(s);

		if (i == 0)
			put_soa(m, 7);
		put_a(m, "a.example.", i);
		if (i == n + 1)
			put_soa(m, 7);
		sign(s, m, i == 0 || i == n + 1);
	}
}

static void
test_tsig(void)
{
	struct seen seen;
	struct diag d;
	knot_tsig_key_t bad;

	ok(run(KNOT_RRTYPE_AXFR, NULL, &key, with_other_key, 1, NULL, 0, &seen,
	       &d) == -1 &&
		strstr(d.text, "TSIG: the MAC is wrong") != NULL,
	    "%s", d.text);
	ok(run(KNOT_RRTYPE_AXFR, NULL, &key, many_messages, 99, NULL, 0, &seen,
	       &d) == 1 &&
		seen.records == 102,
	    "99 messages without TSIG are allowed");
	ok(run(KNOT_RRTYPE_AXFR, NULL, &key, many_messages, 100, NULL, 0, &seen,
	       &d) == -1 &&
		strstr(d.text, "more than 99 messages") != NULL,
	    "%s", d.text);
	ok(tsig_key_set(&bad, "key", "hmac-sha257", "AAAA", &d) == -1 &&
		d.status == STATUS_USAGE,
	    "%s", d.text);
	ok(tsig_key_set(&bad, "key", "hmac-sha256", "", &d) == -1, "%s",
	    d.text);
	ok(tsig_key_set(&bad, "key..x", "hmac-sha256", "AAAA", &d) == -1, "%s",
	    d.text);
}

/* ---- order of records ---- */

static void
closing_differs(struct script *s, unsigned n)
{
	struct message *m = message_new(s);

	put_soa(m, 7);
	put_a(m, "a.example.", 1);
	put_soa(m, n);
}

static void
records_behind(struct script *s, unsigned n)
{
	closing_differs(s, 7);
	put_a(&s->list[0], "b.example.", n);
}

static void
no_soa_first(struct script *s, unsigned n)
{
	struct message *m = message_new(s);

	put_a(m, "a.example.", n);
	put_soa(m, 7);
}

static void
out_of_zone(struct script *s, unsigned n)
{
	struct message *m = message_new(s);

	put_soa(m, 7);
	put_a(m, "a.example.", n);
	put_a(m, "a.other.", n);
	put_a(m, "aexample.", n);
	put_soa(m, 7);
}

static void
with_meta(struct script *s, unsigned n)
{
	struct message *m = message_new(s);

	put_soa(m, 7);
	put(m, "a.example.", (uint16_t)n, "data", 4);
	put_soa(m, 7);
}

static void
error_answer(struct script *s, unsigned rcode)
{
	struct message *m = message_new(s);

	knot_wire_set_rcode(m->wire, (uint8_t)rcode);
}

static void
test_order(void)
{
	struct seen seen;
	struct diag d;

#define REFUSED(MAKE, ARG, TEXT)                                               \
	ok(run(KNOT_RRTYPE_AXFR, NULL, NULL, MAKE, ARG, NULL, 0, &seen, &d) == \
		    -1 &&                                                      \
		strstr(d.text, TEXT) != NULL,                                  \
	    "%s", d.text)
	REFUSED(closing_differs, 8, "closing SOA is not the opening one");
	REFUSED(records_behind, 1, "records behind the closing SOA");
	REFUSED(no_soa_first, 1, "does not begin with the zone's SOA");
	REFUSED(with_meta, KNOT_RRTYPE_ANY, "which no zone can have");
	REFUSED(error_answer, KNOT_RCODE_REFUSED, "answers REFUSED");
	ok(run(KNOT_RRTYPE_AXFR, NULL, NULL, out_of_zone, 1, NULL, 0, &seen,
	       &d) == 1 &&
		seen.records == 2,
	    "records outside the zone are left out");
}

/* A delta of n steps from 1, in as few messages as it takes. */
static void
delta(struct script *s, unsigned n)
{
	struct message *m = message_new(s);

	put_soa(m, 1 + n);
	for (unsigned i = 1; i <= n; i++) {
		if (m->len > 900)
			m = message_new(s);
		put_soa(m, i);
		put_a(m, "a.example.", i);
		put_soa(m, i + 1);
		put_a(m, "a.example.", i + 1);
	}
	put_soa(m, 1 + n);
}

static void
delta_gap(struct script *s, unsigned n)
{
	struct message *m = message_new(s);

	put_soa(m, 9);
	put_soa(m, 1);
	put_soa(m, 3);
	put_soa(m, n);
	put_soa(m, 9);
	put_soa(m, 9);
}

static void
soa_alone(struct script *s, unsigned n)
{
	put_soa(message_new(s), n);
}

static void
empty_zone(struct script *s, unsigned n)
{
	put_soa(message_new(s), n);
	put_soa(message_new(s), n);
}

static void
test_delta(void)
{
	struct seen seen;
	struct diag d;
	const uint32_t have = 1, two = 2;

#define IXFR(HAVE, MAKE, ARG)                                                  \
	run(KNOT_RRTYPE_IXFR, HAVE, NULL, MAKE, ARG, NULL, 0, &seen, &d)
	ok(IXFR(&have, delta, 1) == 1 && seen.style == XFR_DELTA &&
		seen.records == 4,
	    "one step");
	ok(IXFR(&have, delta, 100) == 1 && seen.records == 400, "100 steps");
	ok(IXFR(&have, whole_zone, 1) == 1 && seen.style == XFR_WHOLE,
	    "a whole zone in answer to IXFR");
	ok(IXFR(&two, delta, 3) == -1 && strstr(d.text, "asked from 2") != NULL,
	    "%s", d.text);
	ok(IXFR(&have, delta_gap, 4) == -1 &&
		strstr(d.text, "do not join: 3, then 4") != NULL,
	    "%s", d.text);
	ok(IXFR(&have, delta_gap, 3) == 1, "a joined one");
	ok(IXFR(&have, soa_alone, 1) == 1, "the SOA alone: nothing newer");
	ok(IXFR(&have, soa_alone, 5) == 0,
	    "a newer SOA alone is only the beginning");
	ok(IXFR(&have, empty_zone, 5) == 1 && seen.style == XFR_WHOLE &&
		seen.records == 1,
	    "an SOA twice is a zone of one record");
}

static void
test_limits(void)
{
	struct xfr_limits limits = { 15, 0 };
	struct seen seen;
	struct diag d;
	struct xfr *x;

	for (unsigned i = 0; i < 4; i++) {
		if (i == 2)
			limits = (struct xfr_limits){ 0, octets(&script) - 1 };
		(void)xfr_open(&x, zone, KNOT_RRTYPE_AXFR, NULL, NULL, &limits,
		    &ops, &seen, &d);
		script_start(&script, x, NULL);
		whole_zone(&script, 1);
		ok(feed(x, &script, &d) == (i % 2 == 0 ? -1 : 1),
		    "limits %ju %ju", (uintmax_t)limits.records,
		    (uintmax_t)limits.bytes);
		xfr_close(x);
		limits.records += limits.records != 0;
		limits.bytes += limits.bytes != 0;
	}
}

int
main(void)
{
	struct diag d;

	if (tsig_key_set(&key, "key", "hmac-sha256", "c2VjcmV0", &d) == -1 ||
	    tsig_key_set(&other_key, "key.", "HMAC-SHA256.", "c2VjcmV1", &d) ==
		-1) {
		printf("Bail out! %s\n", d.text);
		return 1;
	}
	test_whole();
	test_tsig();
	test_order();
	test_delta();
	test_limits();
	tsig_key_free(&key);
	tsig_key_free(&other_key);
	return done();
}
