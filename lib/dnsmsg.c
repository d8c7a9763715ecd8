#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "dnsmsg.h"

void
soa_read(struct soa *soa, const knot_rrset_t *rr)
{
	const knot_rdata_t *rdata = rr->rrs.rdata;

	soa->serial = knot_soa_serial(rdata);
	soa->refresh = knot_soa_refresh(rdata);
	soa->retry = knot_soa_retry(rdata);
	soa->expire = knot_soa_expire(rdata);
}

uint16_t
dnsmsg_id(void)
{
	uint16_t id;

	while (getrandom(&id, sizeof(id), 0) != sizeof(id))
		;
	return id;
}

static size_t
header_and_question(
    uint8_t *buf, uint16_t id, const knot_dname_t *zone, uint16_t type)
{
	const size_t name_len = knot_dname_size(zone);
	size_t len = KNOT_WIRE_HEADER_SIZE;

	memset(buf, 0, KNOT_WIRE_HEADER_SIZE);
	knot_wire_set_id(buf, id);
	knot_wire_set_qdcount(buf, 1);
	memcpy(buf + len, zone, name_len);
	len += name_len;
	knot_wire_write_u16(buf + len, type);
	knot_wire_write_u16(buf + len + 2, KNOT_CLASS_IN);
	return len + 4;
}

/* An SOA of which only owner and serial mean something. */
static size_t
put_soa(uint8_t *at, uint32_t serial)
{
	static const uint8_t head[] = {
		0xc0, KNOT_WIRE_HEADER_SIZE, /* owner: the question's name */
		0, KNOT_RRTYPE_SOA, 0, KNOT_CLASS_IN, 0, 0, 0, 0, /* TTL */
		0, 22, 0, 0 /* two root names */
	};

	memcpy(at, head, sizeof(head));
	memset(at + sizeof(head), 0, 20);
	knot_wire_write_u32(at + sizeof(head), serial);
	return sizeof(head) + 20;
}

size_t
dnsmsg_query(uint8_t *buf, uint16_t id, const knot_dname_t *zone, uint16_t type,
    const uint32_t *have)
{
	size_t len = header_and_question(buf, id, zone, type);

	if (have != NULL) {
		knot_wire_set_nscount(buf, 1);
		len += put_soa(buf + len, *have);
	}
	return len;
}

size_t
dnsmsg_notify(
    uint8_t *buf, uint16_t id, const knot_dname_t *zone, const uint32_t *serial)
{
	size_t len = header_and_question(buf, id, zone, KNOT_RRTYPE_SOA);

	knot_wire_set_opcode(buf, KNOT_OPCODE_NOTIFY);
	knot_wire_set_aa(buf);
	if (serial != NULL) {
		knot_wire_set_ancount(buf, 1);
		len += put_soa(buf + len, *serial);
	}
	return len;
}

bool
dnsmsg_answers(const uint8_t *answer, size_t answer_len, const uint8_t *query,
    size_t query_len, bool allow_none)
{
	const size_t name_len = knot_dname_size(query + KNOT_WIRE_HEADER_SIZE);
	const size_t end = KNOT_WIRE_HEADER_SIZE + name_len + 4;

	(void)query_len;
	if (answer_len < KNOT_WIRE_HEADER_SIZE || !knot_wire_get_qr(answer) ||
	    knot_wire_get_id(answer) != knot_wire_get_id(query) ||
	    knot_wire_get_opcode(answer) != knot_wire_get_opcode(query))
		return false;
	if (knot_wire_get_qdcount(answer) == 0)
		return allow_none;
	/* A name of the same length that differs in case only is the same. */
	return knot_wire_get_qdcount(answer) == 1 && answer_len >= end &&
	    knot_dname_wire_check(answer + KNOT_WIRE_HEADER_SIZE,
		answer + end - 4, NULL) == (int)name_len &&
	    knot_dname_is_case_equal(answer + KNOT_WIRE_HEADER_SIZE,
		query + KNOT_WIRE_HEADER_SIZE) &&
	    memcmp(answer + end - 4, query + end - 4, 4) == 0;
}

const char *
dnsmsg_rcode(unsigned rcode, char buf[16])
{
	const knot_lookup_t *row =
	    knot_lookup_by_id(knot_rcode_names, (int)rcode);

	if (row != NULL)
		return row->name;
	(void)snprintf(buf, 16, "RCODE%u", rcode);
	return buf;
}
