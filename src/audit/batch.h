/*
 * The unit of work: some owners in canonical order with their records, and
 * what a worker found in them.  The walk (walk.h) fills it, a worker judges it
 * (judge.h), and the walk takes the results in order (collect.h).
 */
#ifndef BATCH_H
#define BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "finding.h"
#include "zonefile.h"

#define BATCH_BYTES  (96 * 1024)
#define BATCH_OWNERS 1024
#define OWNER_BYTES  (32 * 1024 * 1024) /* above that nobody serves it */
#define HASH_SIZE    20
#define CHAINS_MAX   4
#define MASKS_MAX    256
#define LIFE_BUCKETS 8

enum owner_kind {
	OWNER_AUTHORITATIVE,
	OWNER_DELEGATION,  /* NS, not the apex */
	OWNER_BELOW,	   /* a delegation: glue and occluded data */
	OWNER_BELOW_DNAME, /* RFC 6672 §2.4 */
	OWNER_NSEC3,	   /* of the chain's own section */
};

struct rec {
	const char *rdata;
	const uint8_t *origin;
	uint32_t rdata_size, ttl;
	uint16_t type, covered, class;
	const uint8_t *inverse; /* of an ECDSA signature's s, or NULL */
	bool kept; /* its RRset stands so in the audited previous file */
	struct place at;
};

struct owner {
	const uint8_t *name;
	enum owner_kind kind;
	bool apex;
	uint32_t first, count; /* of the batch's records */
	uint32_t ent;	       /* of the nearest empty non-terminal, + 1 */
	bool sampled;	       /* a partial audit verifies it */
};

/* An empty non-terminal whose names below have all been seen. */
struct ent {
	const uint8_t *name;
	struct place at;
	uint32_t id;
	bool needed; /* a name below is authoritative or secure */
};

/* A name that an NSEC3 chain must, or may, have. */
enum row_kind {
	ROW_NAME,     /* authoritative or a secure delegation */
	ROW_INSECURE, /* may be left out under opt-out */
	ROW_ENT,      /* above a ROW_NAME */
	ROW_ENT_OPEN, /* above insecure delegations only */
};

struct row {
	uint8_t hash[HASH_SIZE];
	uint8_t chain, kind;
	uint32_t ent;
	uint64_t types; /* digest of the bitmap it must have */
	struct place at;
	const uint8_t *name;
};

/* An NSEC3 record. */
struct link {
	uint8_t hash[HASH_SIZE], next[HASH_SIZE];
	uint8_t chain, flags;
	uint64_t types;
	struct place at;
	const uint8_t *name;
};

/* A name whose address (or lack of an alias) somebody relies on. */
struct ref {
	enum check check; /* that fails when it is not so */
	uint16_t type;
	const uint8_t *owner, *target;
	struct place at;
};

/* A record as ZONEMD digests it: owner's key, 00, type and RDATA. */
struct digested {
	const uint8_t *key;
	uint32_t key_size, ttl, line;
	uint16_t name_size;
	bool digest, compare; /* what it is for */
};

/* What is at a name, for those who refer to it. */
struct def {
	const uint8_t *name;
	uint8_t flags; /* DEF_* */
};

enum { DEF_ADDRESS = 1, DEF_ALIAS = 2, DEF_DELEGATION = 4, DEF_NAME = 8 };

/* RRsets that are validly signed by the same keys: one of them as example. */
struct mask {
	uint64_t keys;
	bool dnskey; /* the DNSKEY RRset, by which the DS chains */
	uint16_t type;
	struct place at;
	uint8_t owner[255];
	uint32_t ttl; /* the largest of these RRsets */
};

struct stats {
	uint64_t records, rrsets, verified, kept, skipped;
	uint32_t max_ttl;
	int64_t earliest; /* expiration; INT64_MAX: no signature */
	uint8_t earliest_owner[255];
	uint16_t earliest_type;
	struct place earliest_at;
	uint64_t life[LIFE_BUCKETS];
	struct mask mask[MASKS_MAX];
	size_t masks;
	bool masks_lost;
	uint64_t dnskey_mask, cds_mask, cdnskey_mask;
	uint64_t signers;  /* keys that made a valid signature */
	uint64_t nsec, nsec3; /* records */
};

struct batch {
	struct arena arena; /* of the records and of the results but findings */
	struct owner *owner;
	struct rec *rec;
	struct ent *ent;
	size_t owners, owners_size, recs, recs_size, ents, ents_size;

	struct findings found;
	struct row *row;
	struct link *link;
	struct ref *ref;
	struct def *def;
	struct digested *digested;
	size_t digesteds, digesteds_size;
	size_t rows, rows_size, links, links_size, refs, refs_size, defs,
	    defs_size;
	struct stats stats;
	bool failed; /* no memory */
	int state;   /* the pool's */
	struct batch *next;
};

struct batch *batch_new(const bool *ignore);
void batch_reset(struct batch *b);
void batch_free(struct batch *b);

/* Room for one more; the array, perhaps moved, or NULL: no memory. */
void *batch_grow(struct batch *b, void *array, size_t count, size_t *size,
    size_t item);

/* batch_push_row(b): one more element, zeroed; NULL: no memory. */
#define BATCH_PUSH(what)                                                   \
	static inline struct what *batch_push_##what(struct batch *b)      \
	{                                                                  \
		struct what *array = batch_grow(b, b->what, b->what##s,    \
		    &b->what##s_size, sizeof(*array));                     \
                                                                           \
		if (array == NULL)                                         \
			return NULL;                                       \
		b->what = array;                                           \
		array[b->what##s] = (struct what){ 0 };                    \
		return &array[b->what##s++];                               \
	}

BATCH_PUSH(owner)
BATCH_PUSH(rec)
BATCH_PUSH(ent)
BATCH_PUSH(row)
BATCH_PUSH(link)
BATCH_PUSH(ref)
BATCH_PUSH(def)
BATCH_PUSH(digested)

/* The sum of both, in a. */
void stats_add(struct stats *a, const struct stats *b);
void stats_reset(struct stats *s);

/* Count an RRset that these keys sign. */
void stats_mask(struct stats *s, const struct mask *m);

#endif
