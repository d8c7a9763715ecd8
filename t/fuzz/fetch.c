/*
 * Messages from a hostile master through lib/xfr, lib/tsig, lib/reckey and
 * lib/rrtext: fetch [SECONDS [SEED]].  Messages are made by a small grammar
 * (names with and without pointers, every RR type, lengths that lie) and then
 * mutated; each goes in as the answer to an SOA query, an AXFR or an IXFR.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "name.h"
#include "reckey.h"
#include "rrtext.h"
#include "tsig.h"
#include "xfr.h"

static const uint8_t zone[] = "\7example";
static const struct xfr_limits no_limits;
static uint64_t state;

static uint32_t
rnd(uint32_t below)
{
	state = state * UINT64_C(6364136223846793005) + 1442695040888963407U;
	return (uint32_t)((state >> 33) % below);
}

/* ---- what a record goes through ---- */

struct sink {
	struct rrtext *text;
	uint8_t key[RECKEY_MAX];
	char line[RRTEXT_SIZE];
	uint64_t records;
};

static int
on_begin(
    void *ctx, enum xfr_style style, const knot_rrset_t *soa, struct diag *d)
{
	(void)ctx;
	(void)style;
	(void)d;
	return knot_soa_serial(soa->rrs.rdata) == 0x80000000U ? -1 : 0;
}

static int
on_record(
    void *ctx, enum xfr_change change, const knot_rrset_t *rr, struct diag *d)
{
	struct sink *s = ctx;
	knot_rdata_t *rdata = rr->rrs.rdata;
	struct reckey parts;
	uint8_t wire[NAME_WIRE_MAX];
	char owner[NAME_TEXT_MAX];
	size_t len;

	(void)change;
	s->records++;
	if (rrtext_canonical(rr->type, rdata->data, rdata->len, d) == -1)
		return 0;
	len = reckey_make(rr->owner, rr->type, rdata->data, rdata->len, s->key);
	if (reckey_split(s->key, len, &parts) == -1 || parts.type != rr->type ||
	    parts.rdata_len != rdata->len ||
	    memcmp(parts.rdata, rdata->data, rdata->len) != 0 ||
	    namekey_to_wire(parts.owner_key, parts.owner_len, wire) == -1 ||
	    !knot_dname_is_case_equal(wire, rr->owner))
		abort(); /* a key must give its record back */
	len = name_to_text(wire, true, owner);
	(void)rrtext_write_line(s->text, owner, len, rr->ttl, rr->type,
	    rdata->data, rdata->len, s->line, sizeof(s->line), d);
	return 0;
}

static const struct xfr_ops ops = { on_begin, on_record };

/* ---- making messages ---- */

static size_t
put_name(uint8_t *at, size_t pos)
{
	static const char *const names[] = { "example.", "www.example.", ".",
		"a.b.c.d.e.f.example.", "other.", "*.example." };
	const char *name = names[rnd(sizeof(names) / sizeof(*names))];

	switch (rnd(60)) {
	case 0: /* a pointer anywhere */
		at[0] = (uint8_t)(0xc0 | rnd((uint32_t)pos + 8) >> 8);
		at[1] = (uint8_t)rnd((uint32_t)pos + 8);
		return 2;
	case 1 ... 30: /* the question's name */
		at[0] = 0xc0;
		at[1] = KNOT_WIRE_HEADER_SIZE;
		return 2;
	default:
		return (size_t)name_from_text(name, strlen(name), at);
	}
}

static size_t
put_record(uint8_t *wire, size_t at, uint16_t type)
{
	size_t rdata, len;

	at += put_name(wire + at, at);
	knot_wire_write_u16(wire + at, type);
	knot_wire_write_u16(wire + at + 2, rnd(400) == 0 ? 3 : 1);
	knot_wire_write_u32(wire + at + 4, rnd(200) == 0 ? 0xffffffff : 300);
	rdata = at + 10;
	len = 0;
	switch (type) {
	case KNOT_RRTYPE_SOA:
		len = put_name(wire + rdata, rdata);
		len += put_name(wire + rdata + len, rdata + len);
		memset(wire + rdata + len, 0, 20);
		knot_wire_write_u32(wire + rdata + len, rnd(4));
		len += 20;
		break;
	case KNOT_RRTYPE_NS:
	case KNOT_RRTYPE_CNAME:
		len = put_name(wire + rdata, rdata);
		break;
	case KNOT_RRTYPE_MX:
		len = 2 + put_name(wire + rdata + 2, rdata + 2);
		break;
	default:
		len = rnd(70);
		for (size_t i = 0; i < len; i++)
			wire[rdata + i] = (uint8_t)rnd(rnd(2) ? 256 : 8);
		break;
	}
	if (rnd(200) == 0) /* a length that lies */
		len = rnd(300);
	knot_wire_write_u16(wire + at + 8, (uint16_t)len);
	return rdata + len;
}

static size_t
put_soa(uint8_t *wire, size_t at)
{
	static const uint8_t head[] = { 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0,
		0, 6, 0, 1, 0, 0, 1, 0, 0, 22, 0, 0 };

	memcpy(wire + at, head, sizeof(head));
	at += sizeof(head);
	memset(wire + at, 0, 20);
	knot_wire_write_u32(wire + at, rnd(4));
	return at + 20;
}

static size_t
make_message(uint8_t *wire, const uint8_t *query, size_t query_len)
{
	const size_t question = knot_dname_size(zone) + 4;
	const unsigned records = 1 + rnd(6);
	size_t at = KNOT_WIRE_HEADER_SIZE;

	(void)query_len;
	memset(wire, 0, KNOT_WIRE_HEADER_SIZE);
	memcpy(wire, query, 2);
	wire[2] = 0x84;
	if (rnd(8) != 0) {
		knot_wire_set_qdcount(wire, 1);
		memcpy(wire + at, query + at, question);
		at += question;
	}
	for (unsigned i = 0; i < records; i++) {
		const uint16_t type = rnd(3) == 0 || i == 0
		    ? KNOT_RRTYPE_SOA
		    : (uint16_t)rnd(rnd(10) == 0 ? 65536 : 70);

		at = put_record(wire, at, type);
		if (i == 0 && at > KNOT_WIRE_HEADER_SIZE + question) {
			/* begin as one must: the zone's own SOA */
			at = KNOT_WIRE_HEADER_SIZE +
			    (knot_wire_get_qdcount(wire) ? question : 0);
			at = put_soa(wire, at);
		}
	}
	knot_wire_set_ancount(wire, (uint16_t)records);
	if (rnd(6) == 0) {
		at = put_record(
		    wire, at, rnd(2) ? KNOT_RRTYPE_TSIG : KNOT_RRTYPE_OPT);
		knot_wire_set_arcount(wire, 1);
	}
	return at;
}

static size_t
mutate(uint8_t *wire, size_t len)
{
	for (unsigned n = rnd(3) != 0 ? 0 : rnd(6); n > 0 && len > 1; n--) {
		const size_t at = rnd((uint32_t)len);

		switch (rnd(5)) {
		case 0:
			wire[at] ^= (uint8_t)(1 << rnd(8));
			break;
		case 1:
			wire[at] = (uint8_t)rnd(256);
			break;
		case 2:
			wire[at] = rnd(2) ? 0xff : 0;
			break;
		case 3:
			len = at + 1;
			break;
		default: /* twice the same octets */
			memmove(wire + at + 7, wire + at, len - at);
			len += 7;
			break;
		}
	}
	return len;
}

static void
sign_maybe(struct xfr *x, const knot_tsig_key_t *key, uint8_t *wire,
    size_t *len, const uint8_t *query, size_t query_len)
{
	uint8_t mac[64];
	size_t mac_len = sizeof(mac);

	(void)x;
	if (key == NULL || rnd(4) == 0 || *len < KNOT_WIRE_HEADER_SIZE)
		return;
	(void)knot_tsig_sign(wire, len, 8192, query + query_len - 6 - 32, 32,
	    mac, &mac_len, key, 0, 0);
}

static void
one(struct sink *sink, const knot_tsig_key_t *key)
{
	static const uint16_t types[] = { KNOT_RRTYPE_SOA, KNOT_RRTYPE_AXFR,
		KNOT_RRTYPE_IXFR };
	const uint16_t type = types[rnd(3)];
	const uint32_t have = rnd(3);
	const knot_tsig_key_t *k = rnd(3) == 0 ? key : NULL;
	const uint8_t *query;
	uint8_t wire[8192], *copy;
	size_t query_len, len;
	struct diag d;
	struct xfr *x;
	int rc = 0;

	if (xfr_open(&x, zone, type, &have, k, &no_limits, &ops, sink, &d) ==
	    -1)
		abort();
	xfr_query(x, &query, &query_len);
	for (unsigned n = 1 + rnd(4); n > 0 && rc == 0; n--) {
		len = make_message(wire, query, query_len);
		if (rnd(2) == 0)
			sign_maybe(x, k, wire, &len, query, query_len);
		len = mutate(wire, len);
		sign_maybe(x, k, wire, &len, query, query_len);
		/* on the heap and no longer than it is: ASan sees overruns */
		if ((copy = malloc(len)) == NULL)
			abort();
		memcpy(copy, wire, len);
		(void)xfr_answers(x, copy, len);
		rc = xfr_message(x, copy, len, &d);
		free(copy);
	}
	xfr_close(x);
}

int
main(int argc, char **argv)
{
	const time_t until = time(NULL) + (argc > 1 ? atoi(argv[1]) : 5);
	struct sink *sink = calloc(1, sizeof(*sink));
	knot_tsig_key_t key;
	struct diag d;
	uint64_t runs = 0;

	state = argc > 2 ? strtoull(argv[2], NULL, 10) : (uint64_t)time(NULL);
	printf("fetch: seed %llu\n", (unsigned long long)state);
	if (sink == NULL || rrtext_new(&sink->text, &d) == -1 ||
	    tsig_key_set(&key, "key.", "hmac-sha256", "c2VjcmV0", &d) == -1)
		return 1;
	while (time(NULL) < until)
		for (int i = 0; i < 1000; i++, runs++)
			one(sink, &key);
	printf("fetch: %llu transfers, %llu records, nothing found\n",
	    (unsigned long long)runs, (unsigned long long)sink->records);
	rrtext_free(sink->text);
	free(sink);
	tsig_key_free(&key);
	return 0;
}
