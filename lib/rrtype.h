/*
 * RR types by number and mnemonic (IANA, RFC 3597).  One table says for each
 * type how it may appear.
 */
#ifndef RRTYPE_H
#define RRTYPE_H

#include <stddef.h>
#include <stdint.h>

#define RRTYPE_TEXT_MAX 16 /* "NSEC3PARAM", "TYPE65535", and a NUL */

enum {
	RRTYPE_A = 1,
	RRTYPE_NS = 2,
	RRTYPE_CNAME = 5,
	RRTYPE_SOA = 6,
	RRTYPE_PTR = 12,
	RRTYPE_TXT = 16,
	RRTYPE_AAAA = 28,
	RRTYPE_DNAME = 39,
	RRTYPE_DS = 43,
	RRTYPE_RRSIG = 46,
	RRTYPE_NSEC = 47,
	RRTYPE_DNSKEY = 48,
	RRTYPE_NSEC3 = 50,
	RRTYPE_NSEC3PARAM = 51,
	RRTYPE_CDS = 59,
	RRTYPE_CDNSKEY = 60,
	RRTYPE_ZONEMD = 63,
};

enum rrtype_flag {
	RRTYPE_MNEMONIC = 1, /* the stream writes the mnemonic */
	RRTYPE_OBSOLETE = 2, /* MD MF WKS ...: refused in a zone */
	RRTYPE_META = 4,     /* not allowed in a master file */
};

/*
 * Mnemonic (any case) or TYPEn to number.  -1: unknown, or n above 65535.
 */
int rrtype_from_text(const char *s, size_t len, uint16_t *type);

/* As rrtype_from_text(), for the exact form that the stream writes. Faster. */
int rrtype_from_stream(const char *s, size_t len, uint16_t *type);

/* As the stream writes it: mnemonic if RRTYPE_MNEMONIC, else TYPEn.
 * Returns the length. */
size_t rrtype_to_stream(uint16_t type, char buf[RRTYPE_TEXT_MAX]);

/* The mnemonic for people, or TYPEn.  buf serves TYPEn; returns either. */
const char *rrtype_name(uint16_t type, char buf[RRTYPE_TEXT_MAX]);

/* The flags of enum rrtype_flag; 0 for a type without a row. */
unsigned rrtype_flags(uint16_t type);

#endif
