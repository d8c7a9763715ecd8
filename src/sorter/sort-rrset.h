/*
 * An RRset as it comes out of the sort, on its way to the stream: its records'
 * text as given, their lines, and where there are several their wire form, by
 * which they are ordered.
 */
#ifndef SORT_RRSET_H
#define SORT_RRSET_H

#include "rrtext.h"
#include "rrtype.h"
#include "sort-key.h"

struct rr {
	size_t text, text_len; /* its RDATA in texts */
	size_t line, line_len; /* its line in lines */
	size_t wire, wire_len; /* its RDATA in wires */
	uint32_t ttl;
};

struct bytes {
	char *at;
	size_t used, room;
};

/* The RRset being collected, and the owner that it belongs to. */
struct rrset {
	char owner[NAME_TEXT_MAX];
	size_t owner_len;
	uint8_t owner_key[NAMEKEY_MAX];
	size_t owner_key_len;
	bool has_owner, denial;
	uint8_t kind[3];
	uint16_t type;
	struct bytes texts, lines, wires;
	struct rr *rr;
	size_t count, room;
	size_t duplicates;
	uint32_t ttl_min, ttl_max;
	bool too_long;
	uint16_t middle_type; /* of the records' middle, made for it lately */
	size_t middle_len;    /* 0: none was made */
	char middle[4 + RRTYPE_TEXT_MAX + 1];
};

void rrset_free(struct rrset *set); /* what it holds, not itself */
/* Ready for the next RRset; the owner stays. */
void rrset_clear(struct rrset *set);

/*
 * One more record of the RRset.  The same again is counted, not kept; of an
 * RRset that is far too long the rest is dropped and too_long set.
 * -1: STATUS_SYSTEM.
 */
int rrset_collect(struct rrset *set, const struct sorted *rec, struct diag *d);

/*
 * All was collected: one TTL, RDATA in canonical order, each only once, and
 * the lines.  *lowered counts the records whose TTL changed.
 * -1: STATUS_SYSTEM, or STATUS_BAD for RDATA that does not fit its type.
 */
int rrset_complete(
    struct rrset *set, struct rrtext *text, uint64_t *lowered, struct diag *d);

#endif
