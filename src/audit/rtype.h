/*
 * Type mnemonics both ways.  The names are ldns's, and those of a few types
 * that it does not know.
 */
#ifndef RTYPE_H
#define RTYPE_H

#include <stddef.h>
#include <stdint.h>

#define RTYPE_TEXT_MAX 16

enum {
	TYPE_A = 1, TYPE_NS = 2, TYPE_CNAME = 5, TYPE_SOA = 6, TYPE_PTR = 12,
	TYPE_MX = 15, TYPE_TXT = 16, TYPE_AAAA = 28, TYPE_SRV = 33,
	TYPE_DNAME = 39, TYPE_DS = 43, TYPE_RRSIG = 46, TYPE_NSEC = 47,
	TYPE_DNSKEY = 48, TYPE_NSEC3 = 50, TYPE_NSEC3PARAM = 51,
	TYPE_CDS = 59, TYPE_CDNSKEY = 60, TYPE_ZONEMD = 63,
	TYPE_DELEG = 61440,
};

struct rtypes;

/* NULL: no memory. */
struct rtypes *rtypes_new(void);
void rtypes_free(struct rtypes *t);

/* The number of a mnemonic or TYPEn, in any case; -1: none. */
int rtype_parse(const struct rtypes *t, const char *s, size_t len);

/* The mnemonic, or TYPEn. */
void rtype_print(const struct rtypes *t, uint16_t type,
    char text[RTYPE_TEXT_MAX]);

#endif
