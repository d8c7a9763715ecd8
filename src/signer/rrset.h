/*
 * One RRset as lines of the stream, each with its newline, and in a signed
 * zone the RRSIG lines behind it.
 */
#ifndef RRSET_H
#define RRSET_H

#include "zonetext.h"

struct text {
	char *bytes; /* owned */
	size_t len, size;
};

struct rrset {
	struct text text; /* starts with the owner */
	size_t owner_len;
	uint32_t ttl;
	uint16_t type;
	uint32_t records;
	struct text sigs;
	uint32_t sig_records;
	uint32_t sig_max_ttl;
};

/* Append.  -1: STATUS_SYSTEM. */
int text_append(struct text *t, const void *bytes, size_t len, struct diag *d);
/* Room for at least size octets in all. */
int text_reserve(struct text *t, size_t size, struct diag *d);
int text_append_line(struct text *t, const char *line, size_t len,
    struct diag *d);
void text_free(struct text *t);

/* Same owner? */
bool rrset_same_owner(const struct rrset *a, const struct rrset *b);

/* Empty set and start it anew with rec. */
int rrset_start(struct rrset *set, const struct zonetext_record *rec,
    struct diag *d);

/*
 * Take the next record of the stream if it belongs to set: one more of its
 * records, or an RRSIG that covers it.  1: taken; 0: the set is complete, and
 * rec starts the next one; -1: STATUS_BAD for another TTL than the first
 * record's (RFC 2181 §5.2), STATUS_SYSTEM.
 */
int rrset_take(struct rrset *set, const struct zonetext_record *rec,
    struct diag *d);

void rrset_free(struct rrset *set);

/*
 * Where a set stands in the stream (DESIGN §1): section two after section one,
 * names in canonical order, SOA first, NSEC last, else by type number.
 */
struct position {
	const uint8_t *name; /* a namekey, not owned */
	size_t name_len;
	unsigned section;
	unsigned rank; /* of the type */
};

/* The position of a set of that type at the name, which must outlive it. */
struct position position_of(
    uint16_t type, const uint8_t *name, size_t name_len);
int position_compare(const struct position *a, const struct position *b);

#endif
