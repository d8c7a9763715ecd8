/*
 * Where an owner stands while a zone streams by in canonical order: the order
 * is checked, and zone cuts and DNAMEs occlude what is below them (RFC 4035
 * §2.3, RFC 6672 §2.4).  Nothing looks back: what occludes an owner comes right
 * before it.  The NSEC3 records with their RRSIGs follow all others in hash
 * order (zonetext(5), section two), where nothing is occluded.
 * The cost is one namekey a new owner; the order of types and RDATA is not
 * looked at: sort-zone --check does that.
 */
#ifndef CUT_H
#define CUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diag.h"
#include "name.h"
#include "namekey.h"
#include "zonetext.h"

struct cut {
	char owner[NAME_TEXT_MAX]; /* the current one, NUL terminated */
	size_t owner_len;
	uint8_t key[NAMEKEY_MAX]; /* its namekey */
	size_t key_len;
	size_t apex_key_len; /* the apex's, a prefix of every key */
	bool apex;	     /* the owner is the apex */
	bool occluded;	     /* it is below a delegation or a DNAME */
	bool delegation;     /* NS was seen here, below the apex */
	bool denial;	     /* in section two */
	/* Private: the highest owner that occludes what is below it. */
	uint8_t cut_key[NAMEKEY_MAX];
	size_t cut_key_len;
	bool cut_set, begun;
};

/* A zone begins.  -1: STATUS_BAD, name is not a name. */
int cut_begin(struct cut *c, const char *zone, struct diag *d);

/*
 * The next record.  1: the first of a new owner; 0: one more of the same;
 * -1: STATUS_BAD, the owner is out of the zone or out of order, or the first is
 * not the apex, with the text "OWNER: ...", which tells to use sort-zone.
 * delegation, and what is occluded from here on, follow from the types of the
 * records given so far.
 */
int cut_record(struct cut *c, const struct zonetext_record *rec, struct diag *d);

/* Would cut_record() find a record of the same owner as the last one? */
bool cut_same_owner(const struct cut *c, const struct zonetext_record *rec);

#endif
