#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include <libknot/libknot.h>

#include "name.h"
#include "rrfields.h"
#include "rrtext_write.h"
#include "rrtype.h"

static const char hex_digits[] = "0123456789ABCDEF";

size_t
rrtext_decimal(uint64_t n, char *p)
{
	char digits[20];
	size_t i = sizeof(digits), len;

	do {
		digits[--i] = (char)('0' + n % 10);
		n /= 10;
	} while (n != 0);
	len = sizeof(digits) - i;
	memcpy(p, digits + i, len);
	return len;
}

static int
room(const struct rrtext_out *out, size_t n)
{
	return (size_t)(out->end - out->p) >= n ? 0 : -1;
}

static uint64_t
number(const uint8_t *p, size_t octets)
{
	uint64_t n = 0;

	while (octets-- > 0)
		n = n << 8 | *p++;
	return n;
}

static int
put_number(struct rrtext_out *out, uint64_t n)
{
	if (room(out, 20) == -1)
		return -1;
	out->p += rrtext_decimal(n, out->p);
	return 0;
}

static int
put_hex(struct rrtext_out *out, const uint8_t *p, size_t len)
{
	if (room(out, 2 * len) == -1)
		return -1;
	for (size_t i = 0; i < len; i++) {
		*out->p++ = hex_digits[p[i] >> 4];
		*out->p++ = hex_digits[p[i] & 15];
	}
	return 0;
}

int
rrtext_write_generic(struct rrtext_out *out, const uint8_t *rdata, size_t len)
{
	if (room(out, 32) == -1)
		return -1;
	memcpy(out->p, "\\# ", 3);
	out->p += 3;
	out->p += rrtext_decimal(len, out->p);
	if (len == 0)
		return 0;
	*out->p++ = ' ';
	return put_hex(out, rdata, len);
}

/* RFC 4648 §4. */
static int
put_base64(struct rrtext_out *out, const uint8_t *p, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	char *to = out->p;

	if (room(out, (len + 2) / 3 * 4) == -1)
		return -1;
	for (; len >= 3; len -= 3, p += 3) {
		*to++ = digits[p[0] >> 2];
		*to++ = digits[(p[0] & 3) << 4 | p[1] >> 4];
		*to++ = digits[(p[1] & 15) << 2 | p[2] >> 6];
		*to++ = digits[p[2] & 63];
	}
	if (len > 0) {
		*to++ = digits[p[0] >> 2];
		*to++ = digits[(p[0] & 3) << 4 | (len == 2 ? p[1] >> 4 : 0)];
		*to++ = len == 2 ? digits[(p[1] & 15) << 2] : '=';
		*to++ = '=';
	}
	out->p = to;
	return 0;
}

/* RFC 4648 §7, lower case, no padding (RFC 5155 §3.3). */
static int
put_base32(struct rrtext_out *out, const uint8_t *p, size_t len)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuv";
	uint32_t bits = 0;
	unsigned have = 0;

	if (room(out, len * 8 / 5 + 1) == -1)
		return -1;
	while (len-- > 0) {
		bits = bits << 8 | *p++;
		for (have += 8; have >= 5; have -= 5)
			*out->p++ = digits[bits >> (have - 5) & 31];
	}
	if (have > 0)
		*out->p++ = digits[bits << (5 - have) & 31];
	return 0;
}

static int
put_name(struct rrtext_out *out, const uint8_t *wire)
{
	if (room(out, NAME_TEXT_MAX) == -1)
		return -1;
	out->p += name_to_text(wire, false, out->p);
	return 0;
}

/* Octets between quotes (RFC 1035 §5.1). */
static int
put_quoted(struct rrtext_out *out, const uint8_t *p, size_t len)
{
	char *to = out->p;

	if (room(out, 4 * len + 2) == -1)
		return -1;
	*to++ = '"';
	while (len-- > 0) {
		const uint8_t c = *p++;

		if (c < 0x20 || c >= 0x7f) {
			*to++ = '\\';
			*to++ = (char)('0' + c / 100);
			*to++ = (char)('0' + c / 10 % 10);
			*to++ = (char)('0' + c % 10);
		} else {
			if (c == '"' || c == '\\')
				*to++ = '\\';
			*to++ = (char)c;
		}
	}
	*to++ = '"';
	out->p = to;
	return 0;
}

static int
put_strings(struct rrtext_out *out, const uint8_t *p, size_t len)
{
	for (size_t n = 0; n < len; n += 1U + p[n]) {
		if (n > 0) {
			if (room(out, 1) == -1)
				return -1;
			*out->p++ = ' ';
		}
		if (put_quoted(out, p + n + 1, p[n]) == -1)
			return -1;
	}
	return 0;
}

/* A CAA tag is letters and digits (RFC 8659 §4.1); others have no text. */
static int
put_tag(struct rrtext_out *out, const uint8_t *p, size_t len)
{
	if (room(out, len) == -1)
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (!((p[i] >= '0' && p[i] <= '9') ||
			((p[i] | 0x20) >= 'a' && (p[i] | 0x20) <= 'z')))
			return -1;
		*out->p++ = (char)p[i];
	}
	out->doubtful = true;
	return 0;
}

static char *
two_digits(char *p, unsigned n)
{
	*p++ = (char)('0' + n / 10);
	*p++ = (char)('0' + n % 10);
	return p;
}

/*
 * Seconds since 1970 as YYYYMMDDHHMMSS.  Days are counted from 0000-03-01, so
 * that a leap day is the last of its year.
 */
static int
put_time(struct rrtext_out *out, uint32_t t)
{
	const uint32_t day = t / 86400 + 719468, second = t % 86400;
	const uint32_t era = day / 146097, of_era = day % 146097;
	const uint32_t year = (of_era - of_era / 1460 + of_era / 36524 -
				  of_era / 146096) / 365;
	const uint32_t of_year = of_era - (365 * year + year / 4 - year / 100);
	const uint32_t month = (5 * of_year + 2) / 153;
	const uint32_t y = year + era * 400 + (month >= 10 ? 1 : 0);
	char *p = out->p;

	if (room(out, 14) == -1)
		return -1;
	p = two_digits(p, y / 100);
	p = two_digits(p, y % 100);
	p = two_digits(p, month < 10 ? month + 3 : month - 9);
	p = two_digits(p, of_year - (153 * month + 2) / 5 + 1);
	p = two_digits(p, second / 3600);
	p = two_digits(p, second / 60 % 60);
	out->p = two_digits(p, second % 60);
	return 0;
}

static int
put_type(struct rrtext_out *out, uint16_t type)
{
	if (room(out, RRTYPE_TEXT_MAX) == -1)
		return -1;
	out->p += rrtype_to_stream(type, out->p);
	return 0;
}

static int
put_bitmap(struct rrtext_out *out, const uint8_t *p, size_t len)
{
	bool first = true;

	for (size_t n = 0; n < len; n += 2U + p[n + 1])
		for (unsigned i = 0; i < p[n + 1] * 8U; i++) {
			if ((p[n + 2 + i / 8] & 0x80 >> i % 8) == 0)
				continue;
			if (room(out, RRTYPE_TEXT_MAX + 1) == -1)
				return -1;
			if (!first)
				*out->p++ = ' ';
			first = false;
			out->p += rrtype_to_stream((uint16_t)(p[n] << 8 | i),
			    out->p);
		}
	return 0;
}

static int
put_address(struct rrtext_out *out, int family, const uint8_t *p)
{
	if (room(out, INET6_ADDRSTRLEN) == -1)
		return -1;
	if (family == AF_INET) {
		for (unsigned i = 0; i < 4; i++) {
			if (i > 0)
				*out->p++ = '.';
			out->p += rrtext_decimal(p[i], out->p);
		}
		return 0;
	}
	if (inet_ntop(family, p, out->p, INET6_ADDRSTRLEN) == NULL)
		return -1;
	out->p += strlen(out->p);
	return 0;
}

/* Groups of octets in hexadecimal with a separator between. */
static int
put_groups(struct rrtext_out *out, const uint8_t *p, size_t len, size_t group,
    char separator)
{
	for (size_t i = 0; i < len; i += group) {
		if (room(out, 2 * group + 1) == -1)
			return -1;
		if (i > 0)
			*out->p++ = separator;
		(void)put_hex(out, p + i, group);
	}
	return 0;
}

/* "precedence kind algorithm gateway" (RFC 4025 §3.1). */
static int
put_gateway(struct rrtext_out *out, const uint8_t *p)
{
	if (room(out, 16) == -1)
		return -1;
	out->doubtful = true; /* an empty key, algorithm 0 */
	out->p += snprintf(out->p, 16, "%u %u %u ", p[0], p[1], p[2]);
	switch (p[1]) {
	case 1:
		return put_address(out, AF_INET, p + 3);
	case 2:
		return put_address(out, AF_INET6, p + 3);
	case 3:
		return put_name(out, p + 3);
	default:
		if (room(out, 1) == -1)
			return -1;
		*out->p++ = '.';
		return 0;
	}
}

/* "[!]family:address/prefix" (RFC 3123 §5). */
static int
put_apl(struct rrtext_out *out, const uint8_t *p, size_t len)
{
	out->doubtful = true; /* octets that the prefix does not cover */
	for (size_t n = 0; n < len; n += 4U + (p[n + 3] & 0x7f)) {
		const unsigned family = p[n] << 8 | p[n + 1];
		const size_t size = p[n + 3] & 0x7f;
		uint8_t address[16] = { 0 };

		if (family < 1 || family > 2 || size > (family == 1 ? 4 : 16) ||
		    room(out, 8) == -1)
			return -1;
		memcpy(address, p + n + 4, size);
		if (n > 0)
			*out->p++ = ' ';
		if ((p[n + 3] & 0x80) != 0)
			*out->p++ = '!';
		*out->p++ = (char)('0' + family);
		*out->p++ = ':';
		if (put_address(out, family == 1 ? AF_INET : AF_INET6,
			address) == -1 || room(out, 8) == -1)
			return -1;
		*out->p++ = '/';
		out->p += rrtext_decimal(p[n + 2], out->p);
	}
	return 0;
}

/*
 * What libknot expects of the parameters that it knows (RFC 9460 §7): it may
 * not be shown others.
 */
static bool
param_is_sound(unsigned key, const uint8_t *p, size_t len)
{
	switch (key) {
	case 0:
		return len > 0 && len % 2 == 0;
	case 1:
		return rrfields_length(RRF_STRINGS, p, len) == (int)len;
	case 2:
		return len == 0;
	case 3:
		return len == 2;
	case 4:
		return len > 0 && len % 4 == 0;
	case 6:
		return len > 0 && len % 16 == 0;
	default:
		return true;
	}
}

/* Whole RDATA through libknot, for types of more than one way to write. */
static int
put_knot(struct rrtext_out *out, uint16_t type, const uint8_t *rdata,
    size_t len)
{
	static const uint8_t root[1] = { 0 };
	knot_dump_style_t style = KNOT_DUMP_STYLE_DEFAULT;
	union {
		knot_rdata_t rdata;
		uint8_t room[sizeof(knot_rdata_t) + UINT16_MAX];
	} one;
	knot_rrset_t set = { .owner = (knot_dname_t *)(uintptr_t)root,
		.type = type, .rclass = KNOT_CLASS_IN };
	int n;

	out->doubtful = true;
	one.rdata.len = (uint16_t)len;
	memcpy(one.rdata.data, rdata, len);
	set.rrs.count = 1;
	set.rrs.size = (uint32_t)knot_rdata_size((uint16_t)len);
	set.rrs.rdata = &one.rdata;
	style.wrap = false;
	n = knot_rrset_txt_dump_data(&set, 0, out->p,
	    (size_t)(out->end - out->p), &style);
	if (n <= 0)
		return -1;
	out->p += n;
	return 0;
}

/* LOC, SVCB, HTTPS: checked, then written by libknot. */
static int
put_special(struct rrtext_out *out, uint16_t type, const uint8_t *rdata,
    size_t len)
{
	size_t n = 2;

	if (rrfields_of(type)->field[0] == RRF_LOC)
		return put_knot(out, type, rdata, len);
	n += (size_t)name_wire_length(rdata + 2, len - 2);
	while (n < len) {
		const size_t size = (size_t)number(rdata + n + 2, 2);

		if (!param_is_sound((unsigned)number(rdata + n, 2),
			rdata + n + 4, size))
			return -1;
		n += 4 + size;
	}
	return put_knot(out, type, rdata, len);
}

static int
put_field(struct rrtext_out *out, enum rrfield field, const uint8_t *p,
    size_t len)
{
	switch (field) {
	case RRF_U8:
	case RRF_U16:
	case RRF_U32:
	case RRF_CERT:
		return put_number(out, number(p, len));
	case RRF_TIME:
		return put_time(out, (uint32_t)number(p, 4));
	case RRF_TYPE:
		return put_type(out, (uint16_t)number(p, 2));
	case RRF_A:
		return put_address(out, AF_INET, p);
	case RRF_AAAA:
		return put_address(out, AF_INET6, p);
	case RRF_NAME:
	case RRF_LOWER_NAME:
		return put_name(out, p);
	case RRF_STRING:
	case RRF_STRINGS:
		return put_strings(out, p, len);
	case RRF_TAG:
		return put_tag(out, p + 1, len - 1);
	case RRF_LONG:
		out->doubtful = true;
		return put_quoted(out, p, len);
	case RRF_HEX:
		return put_hex(out, p, len);
	case RRF_BASE64_0:
		out->doubtful = true;
		return put_base64(out, p, len);
	case RRF_BASE64:
		return put_base64(out, p, len);
	case RRF_SALT:
		if (len > 1)
			return put_hex(out, p + 1, len - 1);
		if (room(out, 1) == -1)
			return -1;
		*out->p++ = '-';
		return 0;
	case RRF_HASH:
		/* libzscanner reads whole groups of eight digits only. */
		out->doubtful |= (len - 1) % 5 != 0;
		return put_base32(out, p + 1, len - 1);
	case RRF_BITMAP:
		return put_bitmap(out, p, len);
	case RRF_LOCATOR:
		return put_groups(out, p, len, 2, ':');
	case RRF_EUI48:
	case RRF_EUI64:
		return put_groups(out, p, len, 1, '-');
	case RRF_GATEWAY:
		return put_gateway(out, p);
	case RRF_APL:
		return put_apl(out, p, len);
	default:
		return -1; /* only in types that go as \# */
	}
}

int
rrtext_write_fields(struct rrtext_out *out, uint16_t type,
    const uint8_t *rdata, size_t len)
{
	const uint8_t *field = rrfields_of(type)->field;
	char *const start = out->p;
	size_t n = 0;

	for (; *field != RRF_END; field++) {
		const int size =
		    rrfields_length((enum rrfield)*field, rdata + n, len - n);

		if (size == -1)
			return -1;
		if (*field == RRF_PARAMS || *field == RRF_LOC) {
			out->p = start;
			return n + (size_t)size != len ? -1 :
			    put_special(out, type, rdata, len);
		}
		if (n > 0 && (size > 0 || *field == RRF_LONG)) {
			if (room(out, 1) == -1)
				return -1;
			*out->p++ = ' ';
		}
		if (put_field(out, (enum rrfield)*field, rdata + n,
			(size_t)size) == -1)
			return -1;
		n += (size_t)size;
	}
	/* Empty RDATA, of APL say, has no text but \# 0. */
	return n == len && n > 0 ? 0 : -1;
}
