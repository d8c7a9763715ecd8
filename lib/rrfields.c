#include <string.h>

#include "name.h"
#include "rrfields.h"

#define ROW(...) { { __VA_ARGS__, RRF_END } }

/* Types below 266, by number; the RFC is the type's own (IANA). */
static const struct rrfields rows[] = {
	[1] = ROW(RRF_A),					  /* A */
	[2] = ROW(RRF_LOWER_NAME),				  /* NS */
	[5] = ROW(RRF_LOWER_NAME),				  /* CNAME */
	[6] = ROW(RRF_LOWER_NAME, RRF_LOWER_NAME, RRF_U32, RRF_U32, RRF_U32,
	    RRF_U32, RRF_U32),					  /* SOA */
	[7] = ROW(RRF_LOWER_NAME),				  /* MB */
	[8] = ROW(RRF_LOWER_NAME),				  /* MG */
	[9] = ROW(RRF_LOWER_NAME),				  /* MR */
	[12] = ROW(RRF_LOWER_NAME),				  /* PTR */
	[13] = ROW(RRF_STRING, RRF_STRING),			  /* HINFO */
	[14] = ROW(RRF_LOWER_NAME, RRF_LOWER_NAME),		  /* MINFO */
	[15] = ROW(RRF_U16, RRF_LOWER_NAME),			  /* MX */
	[16] = ROW(RRF_STRINGS),				  /* TXT */
	[17] = ROW(RRF_LOWER_NAME, RRF_LOWER_NAME),		  /* RP */
	[18] = ROW(RRF_U16, RRF_LOWER_NAME),			  /* AFSDB */
	[19] = ROW(RRF_STRING),					  /* X25 */
	[20] = ROW(RRF_STRING2),				  /* ISDN */
	[21] = ROW(RRF_U16, RRF_LOWER_NAME),			  /* RT */
	[22] = ROW(RRF_NSAP),					  /* NSAP */
	[25] = ROW(RRF_U16, RRF_U8, RRF_U8, RRF_BASE64_0),	  /* KEY */
	[26] = ROW(RRF_U16, RRF_LOWER_NAME, RRF_LOWER_NAME),	  /* PX */
	[28] = ROW(RRF_AAAA),					  /* AAAA */
	[29] = ROW(RRF_LOC),					  /* LOC */
	[31] = ROW(RRF_HEX),					  /* EID */
	[32] = ROW(RRF_HEX),					  /* NIMLOC */
	[33] = ROW(RRF_U16, RRF_U16, RRF_U16, RRF_LOWER_NAME),	  /* SRV */
	[34] = ROW(RRF_ATMA),					  /* ATMA */
	[35] = ROW(RRF_U16, RRF_U16, RRF_STRING, RRF_STRING, RRF_STRING,
	    RRF_LOWER_NAME),					  /* NAPTR */
	[36] = ROW(RRF_U16, RRF_LOWER_NAME),			  /* KX */
	[37] = ROW(RRF_CERT, RRF_U16, RRF_U8, RRF_BASE64),	  /* CERT */
	[39] = ROW(RRF_LOWER_NAME),				  /* DNAME */
	[40] = ROW(RRF_SINK),					  /* SINK */
	[42] = ROW(RRF_APL),					  /* APL */
	[43] = ROW(RRF_U16, RRF_U8, RRF_U8, RRF_HEX),		  /* DS */
	[44] = ROW(RRF_U8, RRF_U8, RRF_HEX),			  /* SSHFP */
	[45] = ROW(RRF_GATEWAY, RRF_BASE64_0),			  /* IPSECKEY */
	[46] = ROW(RRF_TYPE, RRF_U8, RRF_U8, RRF_U32, RRF_TIME, RRF_TIME,
	    RRF_U16, RRF_LOWER_NAME, RRF_BASE64),		  /* RRSIG */
	[47] = ROW(RRF_NAME, RRF_BITMAP),			  /* NSEC */
	[48] = ROW(RRF_U16, RRF_U8, RRF_U8, RRF_BASE64),	  /* DNSKEY */
	[49] = ROW(RRF_BASE64),					  /* DHCID */
	[50] = ROW(RRF_U8, RRF_U8, RRF_U16, RRF_SALT, RRF_HASH,
	    RRF_BITMAP),					  /* NSEC3 */
	[51] = ROW(RRF_U8, RRF_U8, RRF_U16, RRF_SALT),		  /* NSEC3PARAM */
	[52] = ROW(RRF_U8, RRF_U8, RRF_U8, RRF_HEX),		  /* TLSA */
	[53] = ROW(RRF_U8, RRF_U8, RRF_U8, RRF_HEX),		  /* SMIMEA */
	[55] = ROW(RRF_HIP, RRF_NAMES),				  /* HIP */
	[56] = ROW(RRF_STRINGS),				  /* NINFO */
	[57] = ROW(RRF_U16, RRF_U8, RRF_U8, RRF_BASE64),	  /* RKEY */
	[58] = ROW(RRF_NAME, RRF_NAME),				  /* TALINK */
	[59] = ROW(RRF_U16, RRF_U8, RRF_U8, RRF_HEX),		  /* CDS */
	[60] = ROW(RRF_U16, RRF_U8, RRF_U8, RRF_BASE64),	  /* CDNSKEY */
	[61] = ROW(RRF_BASE64),					  /* OPENPGPKEY */
	[62] = ROW(RRF_U32, RRF_U16, RRF_BITMAP),		  /* CSYNC */
	[63] = ROW(RRF_U32, RRF_U8, RRF_U8, RRF_HEX),		  /* ZONEMD */
	[64] = ROW(RRF_U16, RRF_NAME, RRF_PARAMS),		  /* SVCB */
	[65] = ROW(RRF_U16, RRF_NAME, RRF_PARAMS),		  /* HTTPS */
	[66] = ROW(RRF_TYPE, RRF_SCHEME, RRF_U16, RRF_NAME),	  /* DSYNC */
	[67] = ROW(RRF_BASE64),					  /* HHIT */
	[68] = ROW(RRF_BASE64),					  /* BRID */
	[99] = ROW(RRF_STRINGS),				  /* SPF */
	[104] = ROW(RRF_U16, RRF_LOCATOR),			  /* NID */
	[105] = ROW(RRF_U16, RRF_A),				  /* L32 */
	[106] = ROW(RRF_U16, RRF_LOCATOR),			  /* L64 */
	[107] = ROW(RRF_U16, RRF_NAME),				  /* LP */
	[108] = ROW(RRF_EUI48),					  /* EUI48 */
	[109] = ROW(RRF_EUI64),					  /* EUI64 */
	[256] = ROW(RRF_U16, RRF_U16, RRF_LONG),		  /* URI */
	[257] = ROW(RRF_U8, RRF_TAG, RRF_LONG),			  /* CAA */
	[258] = ROW(RRF_STRINGS),				  /* AVC */
	[259] = ROW(RRF_U32, RRF_U32, RRF_U8, RRF_STRING,
	    RRF_BASE64_0),					  /* DOA */
	[260] = ROW(RRF_RELAY),					  /* AMTRELAY */
	[261] = ROW(RRF_STRINGS),				  /* RESINFO */
	[262] = ROW(RRF_STRINGS),				  /* WALLET */
	[263] = ROW(RRF_STRINGS),				  /* CLA */
	[264] = ROW(RRF_IPN),					  /* IPN */
};

const struct rrfields *
rrfields_of(uint16_t type)
{
	/* TA and DLV (RFC 4431) have the shape of DS. */
	static const struct rrfields ds =
	    ROW(RRF_U16, RRF_U8, RRF_U8, RRF_HEX);
	static const struct rrfields opaque = ROW(RRF_OPAQUE);

	if (type < sizeof(rows) / sizeof(*rows) &&
	    rows[type].field[0] != RRF_END)
		return &rows[type];
	return type == 32768 || type == 32769 ? &ds : &opaque;
}

/* Octets of a fixed size; 0 for the others. */
static int
fixed_size(enum rrfield field)
{
	static const uint8_t size[] = {
		[RRF_U8] = 1, [RRF_U16] = 2, [RRF_U32] = 4, [RRF_U64] = 8,
		[RRF_TIME] = 4, [RRF_SCHEME] = 1, [RRF_TYPE] = 2, [RRF_CERT] = 2, [RRF_A] = 4,
		[RRF_AAAA] = 16, [RRF_LOCATOR] = 8, [RRF_EUI48] = 6,
		[RRF_EUI64] = 8, [RRF_LOC] = 16, [RRF_IPN] = 8,
	};

	return (size_t)field < sizeof(size) ? size[field] : 0;
}

static int
string_length(const uint8_t *p, size_t left)
{
	return left > 0 && left > p[0] ? 1 + p[0] : -1;
}

/* Whole strings to the end, between low and high of them. */
static int
strings_length(const uint8_t *p, size_t left, unsigned low, unsigned high)
{
	size_t n = 0;
	unsigned count = 0;

	while (n < left && count < high) {
		const int len = string_length(p + n, left - n);

		if (len == -1)
			return -1;
		n += (size_t)len;
		count++;
	}
	return n == left && count >= low ? (int)n : -1;
}

static int
names_length(const uint8_t *p, size_t left)
{
	size_t n = 0;

	while (n < left) {
		const int len = name_wire_length(p + n, left - n);

		if (len == -1)
			return -1;
		n += (size_t)len;
	}
	return (int)n;
}

/* RFC 4034 §4.1.2: blocks rise, have 1 to 32 octets, and no zero at the end. */
static int
bitmap_length(const uint8_t *p, size_t left)
{
	size_t n = 0;
	int last = -1;

	while (n < left) {
		size_t size;

		if (left - n < 3 || p[n] <= last)
			return -1;
		last = p[n];
		size = p[n + 1];
		if (size < 1 || size > 32 || left - n - 2 < size ||
		    p[n + 1 + size] == 0)
			return -1;
		n += 2 + size;
	}
	return (int)n;
}

/*
 * A gateway of IPSECKEY or AMTRELAY by its kind: none, A, AAAA, name.  Of a
 * kind to come nothing is known: it takes all.
 */
static int
gateway_length(unsigned kind, const uint8_t *p, size_t left)
{
	switch (kind) {
	case 0:
		return 0;
	case 1:
		return left >= 4 ? 4 : -1;
	case 2:
		return left >= 16 ? 16 : -1;
	case 3:
		return name_wire_length(p, left);
	default:
		return (int)left;
	}
}

static int
apl_length(const uint8_t *p, size_t left)
{
	size_t n = 0;

	while (n < left) {
		if (left - n < 4 || (p[n + 3] & 0x7f) > left - n - 4)
			return -1;
		n += 4 + (size_t)(p[n + 3] & 0x7f);
	}
	return (int)n;
}

/* RFC 9460 §2.2: keys rise. */
static int
params_length(const uint8_t *p, size_t left)
{
	size_t n = 0;
	int last = -1;

	while (n < left) {
		int key, size;

		if (left - n < 4)
			return -1;
		key = p[n] << 8 | p[n + 1];
		size = p[n + 2] << 8 | p[n + 3];
		if (key <= last || (size_t)size > left - n - 4)
			return -1;
		last = key;
		n += 4 + (size_t)size;
	}
	return (int)n;
}

static int
behind(size_t head, int len)
{
	return len == -1 ? -1 : (int)head + len;
}

int
rrfields_length(enum rrfield field, const uint8_t *p, size_t left)
{
	const int size = fixed_size(field);

	if (size > 0)
		return left >= (size_t)size ? size : -1;
	switch (field) {
	case RRF_NAME:
	case RRF_LOWER_NAME:
		return name_wire_length(p, left);
	case RRF_NAMES:
		return names_length(p, left);
	case RRF_STRING:
	case RRF_SALT:
		return string_length(p, left);
	case RRF_TAG:
	case RRF_HASH:
		return left > 0 && p[0] > 0 ? string_length(p, left) : -1;
	case RRF_STRINGS:
		return strings_length(p, left, 1, UINT16_MAX);
	case RRF_STRING2:
		return strings_length(p, left, 1, 2);
	case RRF_HEX:
	case RRF_BASE64:
	case RRF_NSAP:
	case RRF_ATMA:
		return left > 0 ? (int)left : -1;
	case RRF_LONG:
	case RRF_HEX0:
	case RRF_BASE64_0:
	case RRF_OPAQUE:
		return (int)left;
	case RRF_SINK:
		return left >= 2 ? (int)left : -1;
	case RRF_BITMAP:
		return bitmap_length(p, left);
	case RRF_GATEWAY:
		return left < 3 ? -1 :
		    behind(3, gateway_length(p[1], p + 3, left - 3));
	case RRF_RELAY:
		return left < 2 ? -1 :
		    behind(2, gateway_length(p[1] & 0x7f, p + 2, left - 2));
	case RRF_HIP:
		/* HIT length, algorithm, key length in two octets. */
		return left < 4 || p[0] == 0 || p[2] + p[3] == 0 ||
			left - 4 < (size_t)(p[0] + (p[2] << 8 | p[3])) ?
		    -1 : 4 + p[0] + (p[2] << 8 | p[3]);
	case RRF_APL:
		return apl_length(p, left);
	case RRF_PARAMS:
		return params_length(p, left);
	default:
		return -1;
	}
}

bool
rrfields_check(uint16_t type, const uint8_t *rdata, size_t len)
{
	const uint8_t *field = rrfields_of(type)->field;
	size_t n = 0;

	for (; *field != RRF_END; field++) {
		const int size = rrfields_length((enum rrfield)*field,
		    rdata + n, len - n);

		if (size == -1)
			return false;
		n += (size_t)size;
	}
	return n == len;
}

void
rrfields_lower(uint16_t type, uint8_t *rdata, size_t len)
{
	const uint8_t *field = rrfields_of(type)->field;
	size_t n = 0;

	for (; *field != RRF_END; field++) {
		const int size = rrfields_length((enum rrfield)*field,
		    rdata + n, len - n);

		if (size == -1)
			return;
		if (*field == RRF_LOWER_NAME)
			name_lower(rdata + n);
		n += (size_t)size;
	}
}
