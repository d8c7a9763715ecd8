#include <arpa/inet.h>
#include <string.h>

#include "hex.h"
#include "name.h"
#include "number.h"
#include "rrfields.h"
#include "rrread.h"
#include "rrtype.h"

struct reading {
	const struct zonelexer_word *at, *end; /* words not yet read */
	const uint8_t *origin;
	uint8_t *out;
	size_t len;
	char type[RRTYPE_TEXT_MAX];
	struct diag *d;
};

static int
bad(struct reading *r, const char *want)
{
	const struct zonelexer_word *w = r->at;

	if (w == r->end)
		return diag_set(r->d, STATUS_BAD, "%s: %s is missing", r->type,
		    want);
	return diag_set(r->d, STATUS_BAD, "%s: '%.*s' is not %s", r->type,
	    (int)(w->len < 100 ? w->len : 100), w->text, want);
}

static int
put(struct reading *r, const uint8_t *p, size_t len)
{
	if (len > RRREAD_MAX - r->len)
		return diag_set(r->d, STATUS_BAD,
		    "%s: RDATA longer than 65535 octets (RFC 1035 §3.2.1)",
		    r->type);
	memcpy(r->out + r->len, p, len);
	r->len += len;
	return 0;
}

static int
put_number(struct reading *r, uint64_t n, size_t octets)
{
	uint8_t p[8];

	for (size_t i = 0; i < octets; i++)
		p[i] = (uint8_t)(n >> 8 * (octets - 1 - i));
	return put(r, p, octets);
}

static int
take_number(struct reading *r, uint64_t max, uint64_t *n)
{
	if (r->at == r->end || number_u64(r->at->text, r->at->len, max, n) == -1)
		return bad(r, "a number in range");
	r->at++;
	return 0;
}

static int
read_number(struct reading *r, size_t octets)
{
	uint64_t n;

	return take_number(r, octets == 8 ? UINT64_MAX :
		(UINT64_C(1) << 8 * octets) - 1, &n) == -1 ? -1 :
	    put_number(r, n, octets);
}

static int
read_type(struct reading *r)
{
	uint16_t type;

	if (r->at == r->end ||
	    rrtype_from_text(r->at->text, r->at->len, &type) == -1)
		return bad(r, "a type");
	r->at++;
	return put_number(r, type, 2);
}

static int
read_name(struct reading *r)
{
	uint8_t wire[NAME_WIRE_MAX];
	int n;

	if (r->at == r->end)
		return bad(r, "a name");
	if ((n = zonelexer_name(r->at, r->origin, wire, r->d)) == -1)
		return -1;
	r->at++;
	return put(r, wire, (size_t)n);
}

static int
read_string(struct reading *r)
{
	uint8_t octets[256];
	int n;

	if (r->at == r->end ||
	    (n = zonelexer_octets(r->at, octets + 1, 255)) == -1)
		return bad(r, "a string of at most 255 octets");
	octets[0] = (uint8_t)n;
	r->at++;
	return put(r, octets, 1 + (size_t)n);
}

static int
read_address(struct reading *r, int family)
{
	uint8_t address[16];
	char text[INET6_ADDRSTRLEN];

	if (r->at == r->end || r->at->len >= sizeof(text))
		return bad(r, "an address");
	memcpy(text, r->at->text, r->at->len);
	text[r->at->len] = '\0';
	if (inet_pton(family, text, address) != 1)
		return bad(r, family == AF_INET ? "an IPv4 address" :
						  "an IPv6 address");
	r->at++;
	return put(r, address, family == AF_INET ? 4 : 16);
}

/*
 * Hexadecimal digits of one word, or of all that are left, from the character
 * at skip on; with dots between if they may be there.
 */
static int
read_hex(struct reading *r, size_t skip, bool all, bool dots)
{
	const struct zonelexer_word *stop = all ? r->end : r->at + 1;
	int high = -1;

	if (r->at == r->end)
		return bad(r, "hexadecimal");
	for (; r->at < stop; r->at++, skip = 0)
		for (size_t i = skip; i < r->at->len; i++) {
			const int value = hex_digit(r->at->text[i]);
			uint8_t octet;

			if (r->at->text[i] == '.' && dots)
				continue;
			if (value == -1)
				return bad(r, "hexadecimal");
			if (high == -1) {
				high = value;
				continue;
			}
			octet = (uint8_t)(high << 4 | value);
			high = -1;
			if (put(r, &octet, 1) == -1)
				return -1;
		}
	if (high != -1) {
		r->at = stop - 1;
		return bad(r, "hexadecimal of whole octets");
	}
	return 0;
}

static int
base64_value(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *p = c != '\0' ? strchr(digits, c) : NULL;

	return p != NULL ? (int)(p - digits) : -1;
}

/* RFC 4648 §4, in one word or in all that are left; zero bits at the end. */
static int
read_base64(struct reading *r, bool all)
{
	const struct zonelexer_word *stop = all ? r->end : r->at + 1;
	uint32_t bits = 0;
	size_t digits = 0, pads = 0;

	if (r->at == r->end)
		return bad(r, "base64");
	for (; r->at < stop; r->at++)
		for (size_t i = 0; i < r->at->len; i++) {
			const int value = base64_value(r->at->text[i]);
			uint8_t octet;

			if (r->at->text[i] == '=') {
				pads++;
				continue;
			}
			if (value == -1 || pads > 0)
				return bad(r, "base64");
			bits = bits << 6 | (uint32_t)value;
			digits++;
			if (digits % 4 == 1)
				continue;
			/* 2, 3, 4 digits: 4, 2, 0 bits too many */
			octet = (uint8_t)(bits >> (8 - 2 * (digits % 4)) % 8);
			if (put(r, &octet, 1) == -1)
				return -1;
		}
	if ((digits + pads) % 4 != 0 || pads > 2) {
		r->at = stop - 1;
		return bad(r, "base64 of whole octets");
	}
	return 0;
}

/* 0x and digits, dots anywhere (RFC 1706 §6). */
static int
read_nsap(struct reading *r)
{
	if (r->at == r->end || r->at->len < 3 || r->at->text[0] != '0' ||
	    (r->at->text[1] | 0x20) != 'x')
		return bad(r, "0x and hexadecimal");
	return read_hex(r, 2, true, true);
}

/* "+" and digits of E.164 as text, else an address in hexadecimal. */
static int
read_atma(struct reading *r)
{
	static const uint8_t e164 = 1, nsap = 0;

	if (r->at == r->end || r->at->len < 2)
		return bad(r, "an ATM address");
	if (*r->at->text != '+')
		return put(r, &nsap, 1) == -1 ? -1 : read_hex(r, 0, false, true);
	if (put(r, &e164, 1) == -1)
		return -1;
	for (size_t i = 1; i < r->at->len; i++) {
		if (r->at->text[i] == '.')
			continue;
		if (r->at->text[i] < '0' || r->at->text[i] > '9')
			return bad(r, "an E.164 address");
		if (put(r, (const uint8_t *)r->at->text + i, 1) == -1)
			return -1;
	}
	r->at++;
	return 0;
}

/* "10 0 1 203.0.113.15" (RFC 8777 §4.3). */
static int
read_relay(struct reading *r)
{
	uint64_t precedence, discovery, kind;

	if (take_number(r, 255, &precedence) == -1 ||
	    take_number(r, 1, &discovery) == -1 ||
	    take_number(r, 3, &kind) == -1 ||
	    put_number(r, precedence, 1) == -1 ||
	    put_number(r, discovery << 7 | kind, 1) == -1)
		return -1;
	switch (kind) {
	case 1:
		return read_address(r, AF_INET);
	case 2:
		return read_address(r, AF_INET6);
	case 3:
		return read_name(r);
	default:
		if (r->at == r->end || !zonelexer_is(r->at, "."))
			return bad(r, "'.', which stands for no relay");
		r->at++;
		return 0;
	}
}

/* "2 HIT key" (RFC 8005 §6); the lengths go before them. */
static int
read_hip(struct reading *r)
{
	const size_t head = r->len;
	uint64_t algorithm;
	size_t hit;

	if (take_number(r, 255, &algorithm) == -1 ||
	    put_number(r, algorithm, 4) == -1 ||
	    read_hex(r, 0, false, false) == -1)
		return -1;
	hit = r->len - head - 4;
	if (read_base64(r, false) == -1)
		return -1;
	if (hit > 255)
		return diag_set(r->d, STATUS_BAD,
		    "HIP: HIT longer than 255 octets (RFC 8005 §5.1)");
	r->out[head] = (uint8_t)hit;
	r->out[head + 1] = (uint8_t)algorithm;
	r->out[head + 2] = (uint8_t)((r->len - head - 4 - hit) >> 8);
	r->out[head + 3] = (uint8_t)(r->len - head - 4 - hit);
	return 0;
}

static int
read_scheme(struct reading *r)
{
	if (r->at == r->end || !zonelexer_is(r->at, "NOTIFY"))
		return read_number(r, 1);
	r->at++;
	return put_number(r, 1, 1);
}

/*
 * draft-eastlake-kitchen-sink: coding, subcoding and data; before its version
 * 02, and in BIND, a meaning stands first.  Base64 is no number below 256.
 */
static int
read_sink(struct reading *r)
{
	uint8_t octet[1];
	uint16_t n;

	if (read_number(r, 1) == -1 || read_number(r, 1) == -1)
		return -1;
	if (r->at < r->end &&
	    number_u16(r->at->text, r->at->len, 255, &n) == 0) {
		octet[0] = (uint8_t)n;
		r->at++;
		if (put(r, octet, 1) == -1)
			return -1;
	}
	return r->at < r->end ? read_base64(r, true) : 0;
}

/* A number, or "node.service" of 32 bits each. */
static int
read_ipn(struct reading *r)
{
	const char *dot;
	uint32_t node, service;

	if (r->at == r->end ||
	    (dot = memchr(r->at->text, '.', r->at->len)) == NULL)
		return read_number(r, 8);
	if (number_u32(r->at->text, (size_t)(dot - r->at->text), UINT32_MAX,
		&node) == -1 ||
	    number_u32(dot + 1, r->at->len - (size_t)(dot + 1 - r->at->text),
		UINT32_MAX, &service) == -1)
		return bad(r, "a number or two with a dot");
	r->at++;
	return put_number(r, (uint64_t)node << 32 | service, 8);
}

static int
read_field(struct reading *r, enum rrfield field)
{
	switch (field) {
	case RRF_U8:
		return read_number(r, 1);
	case RRF_U16:
		return read_number(r, 2);
	case RRF_U32:
		return read_number(r, 4);
	case RRF_U64:
		return read_number(r, 8);
	case RRF_TYPE:
		return read_type(r);
	case RRF_NAME:
	case RRF_LOWER_NAME:
		return read_name(r);
	case RRF_NAMES:
		while (r->at < r->end)
			if (read_name(r) == -1)
				return -1;
		return 0;
	case RRF_STRING:
		return read_string(r);
	case RRF_STRING2:
		return read_string(r) == -1 ? -1 :
		    r->at < r->end	    ? read_string(r) :
					      0;
	case RRF_STRINGS:
		do {
			if (read_string(r) == -1)
				return -1;
		} while (r->at < r->end);
		return 0;
	case RRF_HEX:
		return read_hex(r, 0, true, false);
	case RRF_BASE64_0:
		/* An empty value is "-" (draft-durand-doa-over-dns §3). */
		if (r->at == r->end)
			return 0;
		if (r->end - r->at == 1 && zonelexer_is(r->at, "-")) {
			r->at++;
			return 0;
		}
		return read_base64(r, true);
	case RRF_BASE64:
		return read_base64(r, true);
	case RRF_NSAP:
		return read_nsap(r);
	case RRF_ATMA:
		return read_atma(r);
	case RRF_RELAY:
		return read_relay(r);
	case RRF_HIP:
		return read_hip(r);
	case RRF_IPN:
		return read_ipn(r);
	case RRF_SCHEME:
		return read_scheme(r);
	case RRF_SINK:
		return read_sink(r);
	default:
		return diag_set(r->d, STATUS_BAD,
		    "%s has no text form but \\# (RFC 3597 §5)", r->type);
	}
}

int
rrread(uint16_t type, const struct zonelexer_word *words, size_t count,
    const uint8_t *origin, uint8_t *rdata, struct diag *d)
{
	struct reading r = { words, words + count, origin, rdata, 0, "", d };
	char buf[RRTYPE_TEXT_MAX];

	(void)strcpy(r.type, rrtype_name(type, buf));
	for (const uint8_t *f = rrfields_of(type)->field; *f != RRF_END; f++)
		if (read_field(&r, (enum rrfield)*f) == -1)
			return -1;
	if (r.at != r.end)
		return bad(&r, "expected here: it is one word too many");
	return (int)r.len;
}
