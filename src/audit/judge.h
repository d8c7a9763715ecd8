/*
 * A worker's part: everything that can be told from one owner's records and
 * the zone's apex.
 */
#ifndef JUDGE_H
#define JUDGE_H

#include "zone.h"

#define SIGNATURES_MAX	1024 /* of one RRset: above that no message holds it */
#define OWNER_TYPES_MAX 1024 /* at one owner */

/* Canonical RDATA. */
struct wire {
	const uint8_t *bytes;
	uint32_t size;
	const struct rec *rec;
};

/* The records of one type at one owner, with their signatures. */
struct rrset {
	uint16_t type;
	const struct rec *rec; /* count of them */
	const struct rec *sig; /* sigs of them */
	size_t count, sigs;
	struct wire *wire; /* sorted, without duplicates; NULL: taken over */
	size_t wires;
	uint32_t ttl;
	bool broken; /* a record could not be read: nothing to verify */
	bool kept;   /* all of it stands in the audited previous file */
};

struct judge {
	const struct zone *zone;
	struct rdata_parser *parser;
	struct verifier *verifier;
	struct batch *b;
	const struct owner *o;
	struct arena scratch; /* of one owner */
	uint8_t *rdata;	      /* RDATA_MAX octets to parse into */

	uint16_t types[OWNER_TYPES_MAX]; /* at the owner, ascending */
	size_t types_count;
	bool any_rrsig;
};

int judge_init(struct judge *j, const struct rtypes *types);
void judge_free(struct judge *j);

/* Another zone is to come: forget the keys. */
void judge_zone(struct judge *j, const struct zone *zone);

/* All owners of the batch; findings and results go into it. */
void judge_batch(struct judge *j, struct batch *b);

/* --- what the parts of the judge call of each other ------------------------ */

void judge_find(struct judge *j, enum check check, uint16_t type,
    struct place at, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* Is an RRset of that type signed here (RFC 4035 §2.2)? */
bool judge_signed_here(const struct judge *j, uint16_t type);

/*
 * The record's canonical RDATA in memory of the batch's owner; false when it
 * cannot be read, which is then a finding.
 */
bool judge_wire(struct judge *j, const struct rec *rec, struct wire *wire);

/* signature.c */
void judge_prepare(struct judge *j);
void judge_signatures(struct judge *j, const struct rrset *set);

/* content.c: the rules of single types. */
void judge_content(struct judge *j, const struct rrset *set);
void judge_owner_rules(struct judge *j);

/* denial.c */
void judge_nsec(struct judge *j, const struct rrset *set);
void judge_nsec3(struct judge *j, const struct rrset *set);
void judge_rows(struct judge *j);
void judge_ent(struct judge *j, const struct ent *ent);
uint64_t types_digest(const uint16_t *types, size_t count);

#endif
