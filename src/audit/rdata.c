#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ldns/ldns.h>

#include "duration.h"
#include "number.h"
#include "rdata.h"
#include "wname.h"

/*
 * What stands in the RDATA of a type, one letter a field:
 * n name, in lower case when canonical   N name as it stands
 * 1 2 4  number of so many octets        T  seconds, with units perhaps
 * A IPv4   Q IPv6   y type   t time      h  hexadecimal to the end
 * H salt (length octet, - is empty)      X  base32hex (length octet)
 * b base64 to the end   B type bitmap    s  character strings to the end
 * i IPSECKEY (RFC 4025 §2.1)
 * D scheme of DSYNC (RFC 9859 §2.1)
 * r AMTRELAY's D bit, type and relay (RFC 8777 §4)
 */
static const struct {
	uint16_t type;
	const char *fields;
} formats[] = {
	{ TYPE_A, "A" }, { TYPE_NS, "n" }, { TYPE_CNAME, "n" },
	{ TYPE_SOA, "nn4TTTT" }, { TYPE_PTR, "n" }, { TYPE_MX, "2n" },
	{ TYPE_TXT, "s" }, { TYPE_AAAA, "Q" }, { TYPE_SRV, "222n" },
	{ TYPE_DNAME, "n" }, { TYPE_DS, "211h" },
	{ TYPE_RRSIG, "y114tt2nb" }, { TYPE_NSEC, "NB" },
	{ TYPE_DNSKEY, "211b" }, { TYPE_NSEC3, "112HXB" },
	{ TYPE_NSEC3PARAM, "112H" }, { TYPE_CDS, "211h" },
	{ TYPE_CDNSKEY, "211b" }, { TYPE_ZONEMD, "411h" },
	{ 99 /* SPF */, "s" }, { 52 /* TLSA */, "111h" },
	{ 44 /* SSHFP */, "11h" }, { 261 /* RESINFO */, "s" },
	{ 262 /* WALLET */, "s" }, { 263 /* CLA */, "s" },
	{ 66 /* DSYNC */, "yD2N" }, { 61 /* OPENPGPKEY */, "b" },
	{ 45 /* IPSECKEY */, "i" }, { 49 /* DHCID */, "b" }, { 53 /* SMIMEA */, "111h" },
	{ 62 /* CSYNC */, "42B" }, { 258 /* AVC */, "s" },
	{ 56 /* NINFO */, "s" }, { 57 /* RKEY */, "211b" },
	{ 67 /* HHIT */, "b" }, { 68 /* BRID */, "b" },
	{ 260 /* AMTRELAY */, "1r" }, { 32768 /* TA */, "211h" },
};

/* RFC 4034 §6.2 without HINFO and NSEC (RFC 6840 §5.1). */
static const uint16_t lower_types[] = { 2, 3, 4, 5, 6, 7, 8, 9, 12, 14, 15, 17,
	18, 21, 24, 26, 30, 33, 35, 36, 38, 39, 46 };

struct rdata_parser {
	const struct rtypes *types;
	const char *format[256]; /* of the types below 256 */
	bool lower[256];
	char *line; /* what ldns reads */
	size_t line_size;
	ldns_rdf *origin; /* as ldns wants it, of the last call */
	int8_t base64[256], base32[256];
};

/* The text that is left, and the wire that is written. */
struct cursor {
	const char *at, *end;
	uint8_t *wire;
	size_t used;
	const uint8_t *origin;
};

static void
alphabet(int8_t table[256], const char *digits)
{
	memset(table, -1, 256);
	for (int i = 0; digits[i] != '\0'; i++)
		table[(uint8_t)digits[i]] = (int8_t)i;
}

struct rdata_parser *
rdata_parser_new(const struct rtypes *types)
{
	struct rdata_parser *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->types = types;
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (formats[i].type < 256)
			p->format[formats[i].type] = formats[i].fields;
	for (size_t i = 0; i < sizeof(lower_types) / sizeof(*lower_types); i++)
		p->lower[lower_types[i]] = true;
	alphabet(p->base64, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwx"
			    "yz0123456789+/");
	alphabet(p->base32, "0123456789abcdefghijklmnopqrstuv");
	for (int c = 'A'; c <= 'V'; c++)
		p->base32[c] = p->base32[c + 32];
	return p;
}

void
rdata_parser_free(struct rdata_parser *p)
{
	if (p == NULL)
		return;
	ldns_rdf_deep_free(p->origin);
	free(p->line);
	free(p);
}

static const char *
word(struct cursor *c, size_t *len)
{
	const char *start = c->at, *space;

	if (c->at == c->end) {
		*len = 0;
		return start;
	}
	space = memchr(c->at, ' ', (size_t)(c->end - c->at));
	if (space == NULL) {
		*len = (size_t)(c->end - c->at);
		c->at = c->end;
	} else {
		*len = (size_t)(space - c->at);
		c->at = space + 1;
	}
	return start;
}

static int
put(struct cursor *c, const void *bytes, size_t len)
{
	if (c->used + len > RDATA_MAX)
		return -1;
	memcpy(c->wire + c->used, bytes, len);
	c->used += len;
	return 0;
}

static int
put_number(struct cursor *c, uint64_t n, size_t octets)
{
	uint8_t bytes[4];

	for (size_t i = 0; i < octets; i++)
		bytes[i] = (uint8_t)(n >> (8 * (octets - 1 - i)));
	return put(c, bytes, octets);
}

static int
field_number(struct cursor *c, size_t octets)
{
	size_t len;
	const char *s = word(c, &len);
	uint64_t n;

	if (number_u64(s, len, (UINT64_C(1) << (8 * octets)) - 1, &n) == -1)
		return -1;
	return put_number(c, n, octets);
}

static int
field_name(struct cursor *c, bool lower)
{
	uint8_t name[WNAME_MAX];
	size_t len, size;
	const char *s = word(c, &len);

	size = wname_parse(s, len, c->origin, name);
	if (size == 0)
		return -1;
	if (lower)
		wname_lower(name);
	return put(c, name, size);
}

static int
field_address(struct cursor *c, int family, size_t octets)
{
	uint8_t address[16];
	char text[48];
	size_t len;
	const char *s = word(c, &len);

	if (len >= sizeof(text))
		return -1;
	memcpy(text, s, len);
	text[len] = '\0';
	if (inet_pton(family, text, address) != 1)
		return -1;
	return put(c, address, octets);
}

static int
field_type(const struct rdata_parser *p, struct cursor *c)
{
	size_t len;
	const char *s = word(c, &len);
	const int type = rtype_parse(p->types, s, len);

	return type == -1 ? -1 : put_number(c, (uint64_t)type, 2);
}

/*
 * RFC 4034 §3.2: YYYYMMDDHHmmSS, or seconds.  The 32 bits that are kept are
 * those of RFC 1982 arithmetic, so any century will do.
 */
static int
field_time(struct cursor *c)
{
	size_t len;
	const char *s = word(c, &len);
	uint64_t seconds;
	int64_t moment;

	if (len == 14) {
		if (moment_parse(s, len, &moment) == -1)
			return -1;
		return put_number(c, (uint64_t)moment & UINT32_MAX, 4);
	}
	if (number_u64(s, len, UINT32_MAX, &seconds) == -1)
		return -1;
	return put_number(c, seconds, 4);
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Hexadecimal in [s, end), blanks between allowed; octets, or -1. */
static int
hex(struct cursor *c, const char *s, const char *end)
{
	int count = 0, high = -1;

	for (; s < end; s++) {
		const int digit = hex_digit(*s);

		if (*s == ' ')
			continue;
		if (digit == -1)
			return -1;
		if (high == -1) {
			high = digit;
			continue;
		}
		if (put_number(c, (uint64_t)(high << 4 | digit), 1) == -1)
			return -1;
		high = -1;
		count++;
	}
	return high == -1 ? count : -1;
}

static int
field_hex(struct cursor *c)
{
	const char *s = c->at;

	c->at = c->end;
	return s == c->end || hex(c, s, c->end) == -1 ? -1 : 0;
}

static int
field_salt(struct cursor *c)
{
	size_t len;
	const char *s = word(c, &len);

	if (len == 1 && s[0] == '-')
		return put_number(c, 0, 1);
	if (len == 0 || len > 510 || put_number(c, len / 2, 1) == -1)
		return -1;
	return hex(c, s, s + len) == -1 ? -1 : 0;
}

static int
field_base32(const struct rdata_parser *p, struct cursor *c)
{
	size_t len, bits = 0;
	const char *s = word(c, &len);
	uint32_t value = 0;

	/* Whole octets only: 2, 4, 5 or 7 digits in the last group. */
	if (len == 0 || len * 5 / 8 > 255 || len * 5 % 8 >= 5)
		return -1;
	if (put_number(c, len * 5 / 8, 1) == -1)
		return -1;
	for (size_t i = 0; i < len; i++) {
		const int digit = p->base32[(uint8_t)s[i]];

		if (digit == -1)
			return -1;
		value = value << 5 | (uint32_t)digit;
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			if (put_number(c, value >> bits & 0xff, 1) == -1)
				return -1;
		}
	}
	return (value & ((1u << bits) - 1)) != 0 ? -1 : 0;
}

static int
field_base64(const struct rdata_parser *p, struct cursor *c)
{
	uint32_t value = 0;
	size_t digits = 0, pads = 0;

	for (; c->at < c->end; c->at++) {
		const int digit = p->base64[(uint8_t)*c->at];

		if (*c->at == ' ')
			continue;
		if (*c->at == '=') {
			pads++;
			continue;
		}
		if (digit == -1 || pads > 0)
			return -1;
		value = value << 6 | (uint32_t)digit;
		if (++digits % 4 == 0 && put_number(c, value & 0xffffff, 3) == -1)
			return -1;
	}
	if ((digits + pads) % 4 != 0 || pads > 2 || digits == 0)
		return -1;
	if (digits % 4 == 2)
		return put_number(c, value >> 4 & 0xff, 1);
	if (digits % 4 == 3)
		return put_number(c, value >> 2 & 0xffff, 2);
	return 0;
}

/* RFC 4034 §4.1.2: windows of 256 types, empty ones left out. */
static int
field_bitmap(const struct rdata_parser *p, struct cursor *c)
{
	uint8_t bits[32], map[32];
	uint16_t seen[64];
	size_t count = 0;

	/* Usually a handful of small types: one window, no table of 65536. */
	while (c->at < c->end) {
		size_t len;
		const char *s = word(c, &len);
		int type;

		if (len == 0)
			continue; /* a blank at the end */
		type = rtype_parse(p->types, s, len);
		if (type == -1 || count == sizeof(seen) / sizeof(*seen))
			return -1;
		seen[count++] = (uint16_t)type;
	}
	memset(map, 0, sizeof(map)); /* which windows there are */
	for (size_t i = 0; i < count; i++)
		map[seen[i] >> 11] |= (uint8_t)(1u << (seen[i] >> 8 & 7));
	for (unsigned window = 0; window < 256; window++) {
		uint8_t length = 0;

		if ((map[window >> 3] & 1u << (window & 7)) == 0)
			continue;
		memset(bits, 0, sizeof(bits));
		for (size_t i = 0; i < count; i++) {
			const unsigned low = seen[i] & 0xff;

			if (seen[i] >> 8 != window)
				continue;
			bits[low >> 3] |= (uint8_t)(0x80u >> (low & 7));
			if (low / 8 + 1 > length)
				length = (uint8_t)(low / 8 + 1);
		}
		if (put_number(c, window << 8 | length, 2) == -1 ||
		    put(c, bits, length) == -1)
			return -1;
	}
	return 0;
}

/* One character of a string at *s: its value, or -1. */
static int
string_octet(const char **s, const char *end)
{
	int value = 0;

	if (**s != '\\')
		return (uint8_t)*(*s)++;
	++*s;
	if (*s == end)
		return -1;
	if (**s < '0' || **s > '9')
		return (uint8_t)*(*s)++;
	if (end - *s < 3)
		return -1;
	for (int i = 0; i < 3; i++, ++*s) {
		if (**s < '0' || **s > '9')
			return -1;
		value = value * 10 + (**s - '0');
	}
	return value > 255 ? -1 : value;
}

/* RFC 1035 §5.1: character strings of up to 255 octets, quoted or not. */
static int
field_strings(struct cursor *c)
{
	if (c->at == c->end)
		return -1;
	while (c->at < c->end) {
		const size_t length_at = c->used;
		const bool quoted = *c->at == '"';
		bool closed = !quoted;

		if (quoted)
			c->at++;
		if (put_number(c, 0, 1) == -1)
			return -1;
		while (c->at < c->end) {
			int octet;

			if (quoted ? *c->at == '"' : *c->at == ' ') {
				closed = true;
				c->at++;
				break;
			}
			if (!quoted && *c->at == '"')
				return -1;
			octet = string_octet(&c->at, c->end);
			if (octet == -1 || c->used - length_at > 255 ||
			    put_number(c, (uint64_t)octet, 1) == -1)
				return -1;
		}
		if (!closed)
			return -1;
		c->wire[length_at] = (uint8_t)(c->used - length_at - 1);
		if (quoted && c->at < c->end && *c->at++ != ' ')
			return -1;
	}
	return 0;
}

/* RFC 4025 §3.1: precedence, gateway type, algorithm, gateway, perhaps a key. */
static int
field_ipseckey(const struct rdata_parser *p, struct cursor *c)
{
	size_t len;
	const char *s;
	uint8_t type;
	int rc;

	if (field_number(c, 1) == -1 || field_number(c, 1) == -1 ||
	    field_number(c, 1) == -1)
		return -1;
	type = c->wire[c->used - 2];
	switch (type) {
	case 0:
		s = word(c, &len);
		rc = len == 1 && *s == '.' ? 0 : -1;
		break;
	case 1:
		rc = field_address(c, AF_INET, 4);
		break;
	case 2:
		rc = field_address(c, AF_INET6, 16);
		break;
	case 3:
		rc = field_name(c, false);
		break;
	default:
		return -1;
	}
	return rc == -1 || c->at == c->end ? rc : field_base64(p, c);
}

/* RFC 8777 §4.2: discovery flag, relay type, relay. */
static int
field_relay(struct cursor *c)
{
	size_t len;
	const char *s = word(c, &len);
	uint16_t d, type;

	if (number_u16(s, len, 1, &d) == -1)
		return -1;
	s = word(c, &len);
	if (number_u16(s, len, 3, &type) == -1 ||
	    put_number(c, (uint64_t)d << 7 | type, 1) == -1)
		return -1;
	switch (type) {
	case 0:
		s = word(c, &len);
		return len == 1 && *s == '.' ? 0 : -1;
	case 1:
		return field_address(c, AF_INET, 4);
	case 2:
		return field_address(c, AF_INET6, 16);
	}
	return field_name(c, false);
}

static int
field_scheme(struct cursor *c)
{
	if (c->end - c->at > 7 && strncasecmp(c->at, "NOTIFY ", 7) == 0) {
		c->at += 7;
		return put_number(c, 1, 1);
	}
	return field_number(c, 1);
}

/* A number of seconds; those with units are left to ldns. */
static int
field(const struct rdata_parser *p, char kind, struct cursor *c)
{
	switch (kind) {
	case 'n': return field_name(c, true);
	case 'N': return field_name(c, false);
	case '1': return field_number(c, 1);
	case '2': return field_number(c, 2);
	case '4':
	case 'T': return field_number(c, 4);
	case 'A': return field_address(c, AF_INET, 4);
	case 'Q': return field_address(c, AF_INET6, 16);
	case 'y': return field_type(p, c);
	case 't': return field_time(c);
	case 'h': return field_hex(c);
	case 'H': return field_salt(c);
	case 'X': return field_base32(p, c);
	case 'b': return field_base64(p, c);
	case 'B': return field_bitmap(p, c);
	case 's': return field_strings(c);
	case 'r': return field_relay(c);
	case 'i': return field_ipseckey(p, c);
	case 'D': return field_scheme(c);
	}
	return -1;
}

static int
parse_fields(const struct rdata_parser *p, const char *fields,
    struct cursor *c)
{
	for (; *fields != '\0'; fields++)
		if (field(p, *fields, c) == -1)
			return -1;
	return c->at == c->end ? (int)c->used : -1;
}

/* --- ldns ------------------------------------------------------------------ */

static int
set_origin(struct rdata_parser *p, const uint8_t *origin)
{
	const size_t size = wname_size(origin);

	if (p->origin != NULL && ldns_rdf_size(p->origin) == size &&
	    memcmp(ldns_rdf_data(p->origin), origin, size) == 0)
		return 0;
	ldns_rdf_deep_free(p->origin);
	p->origin = ldns_dname_new_frm_data((uint16_t)size, origin);
	return p->origin == NULL ? -1 : 0;
}

static int
ldns_line(struct rdata_parser *p, uint16_t type, const char *text, size_t len)
{
	char mnemonic[RTYPE_TEXT_MAX];
	int n;

	if (len + 64 > p->line_size) {
		char *grown = realloc(p->line, len + 64);

		if (grown == NULL)
			return -1;
		p->line = grown;
		p->line_size = len + 64;
	}
	rtype_print(p->types, type, mnemonic);
	if (ldns_get_rr_type_by_name(mnemonic) != type)
		(void)snprintf(mnemonic, sizeof(mnemonic), "TYPE%u", type);
	n = snprintf(p->line, p->line_size, ". 0 IN %s ", mnemonic);
	memcpy(p->line + n, text, len);
	p->line[(size_t)n + len] = '\0';
	return 0;
}

static int
parse_ldns(struct rdata_parser *p, uint16_t type, struct cursor *c,
    const char **why)
{
	ldns_rr *rr = NULL;
	ldns_status status;
	int rc = -1;

	*why = "no memory";
	if (set_origin(p, c->origin) == -1 ||
	    ldns_line(p, type, c->at, (size_t)(c->end - c->at)) == -1)
		return -1;
	status = ldns_rr_new_frm_str(&rr, p->line, 0, p->origin, NULL);
	if (status != LDNS_STATUS_OK) {
		*why = ldns_get_errorstr_by_id(status);
		return -1;
	}
	*why = "the RDATA does not fit in a message";
	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
		ldns_rdf *rdf = ldns_rr_rdf(rr, i);

		if (type < 256 && p->lower[type] &&
		    ldns_rdf_get_type(rdf) == LDNS_RDF_TYPE_DNAME)
			ldns_dname2canonical(rdf);
		if (put(c, ldns_rdf_data(rdf), ldns_rdf_size(rdf)) == -1)
			goto out;
	}
	rc = (int)c->used;
out:
	ldns_rr_free(rr);
	return rc;
}

/* RFC 3597 §5: \# length hexadecimal, for types that no name stands in. */
static int
parse_generic(struct cursor *c)
{
	size_t len;
	uint16_t size;
	int octets;
	const char *s;

	(void)word(c, &len);
	s = word(c, &len);
	if (number_u16(s, len, RDATA_MAX, &size) == -1)
		return -1;
	octets = hex(c, c->at, c->end);
	return octets == size ? octets : -1;
}

/* Types whose text neither the table nor ldns reads. */
bool
rdata_readable(uint16_t type, const char *text, size_t len)
{
	static const uint16_t unreadable[] = { 30 /* NXT */, 34 /* ATMA */,
		38 /* A6 */, 40 /* SINK */, 100 /* UINFO */, 101 /* UID */,
		102 /* GID */, 103 /* UNSPEC */, 259 /* DOA */, 264 /* IPN */, TYPE_DELEG };

	if (len >= 2 && text[0] == '\\' && text[1] == '#')
		return true;
	for (size_t i = 0; i < sizeof(unreadable) / sizeof(*unreadable); i++)
		if (unreadable[i] == type)
			return false;
	return true;
}

int
rdata_parse(struct rdata_parser *p, uint16_t type, const char *text,
    size_t len, const uint8_t *origin, uint8_t *wire, const char **why)
{
	const char *fields = type < 256 ? p->format[type] : NULL;
	struct cursor c = { text, text + len, wire, 0, origin };
	int rc;

	*why = "malformed RDATA";
	if (len >= 2 && text[0] == '\\' && text[1] == '#') {
		rc = parse_generic(&c);
		if (rc == -1 || type >= 256 || !p->lower[type])
			return rc;
		c = (struct cursor){ text, text + len, wire, 0, origin };
	} else {
		for (size_t i = 0; type >= 256 && i <
		     sizeof(formats) / sizeof(*formats); i++)
			if (formats[i].type == type)
				fields = formats[i].fields;
		if (fields != NULL) {
			rc = parse_fields(p, fields, &c);
			if (rc != -1)
				return rc;
			c = (struct cursor){ text, text + len, wire, 0,
				origin };
		}
	}
	return parse_ldns(p, type, &c, why);
}

int
rdata_bitmap(const uint8_t *bitmap, size_t len, uint16_t *types, size_t max)
{
	int count = 0, window = -1;

	while (len > 0) {
		if (len < 2 || bitmap[0] <= window || bitmap[1] == 0 ||
		    bitmap[1] > 32 || len < 2 + (size_t)bitmap[1] ||
		    bitmap[1 + bitmap[1]] == 0)
			return -1;
		window = bitmap[0];
		for (unsigned i = 0; i < 8u * bitmap[1]; i++) {
			if ((bitmap[2 + i / 8] & 0x80u >> (i & 7)) == 0)
				continue;
			if ((size_t)count < max)
				types[count] = (uint16_t)(window << 8 | i);
			count++;
		}
		len -= 2 + (size_t)bitmap[1];
		bitmap += 2 + bitmap[1];
	}
	return count;
}
