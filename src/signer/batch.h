/*
 * What the parent hands a worker: whole RRsets as lines of the stream, each
 * with what to do to it; and what comes back: the lines to write.
 */
#ifndef BATCH_H
#define BATCH_H

#include "rrset.h"

#define BATCH_BYTES ((size_t)64 * 1024) /* or one RRset, if that is larger */
#define ZONE_KEYS_MAX 32		/* keys that a zone can have at once */

/* A kept signature that must be verified, and who signs if it does not. */
struct kept_check {
	uint8_t key;	  /* index of the zone's keys: who made it */
	uint8_t fallback; /* index of the key that signs instead */
};

/* One RRset.  In the batch: this head, then text, then the kept sigs. */
struct item {
	uint32_t text_len, sigs_len;
	uint32_t records, sig_records;
	uint32_t ttl, sig_max_ttl;
	uint32_t owner_len;
	uint32_t inception, expiration;	 /* of new signatures */
	uint32_t earliest;		 /* expiration of what is kept */
	uint32_t kept_by;		 /* bit set of zone key indices */
	uint16_t type;
	uint8_t sign_count;		 /* new signatures to make */
	uint8_t check_count;		 /* kept signatures to verify; all or 0 */
	uint8_t sign[ZONE_KEYS_MAX];	 /* indices of the zone's keys */
	struct kept_check check[ZONE_KEYS_MAX];
};

/* What was done to a batch, and behind it len octets of lines. */
struct outcome {
	uint32_t len;
	uint32_t status; /* enum status; not 0: the lines are a message */
	uint64_t records, made, kept;
	uint32_t max_ttl;
	uint32_t earliest;  /* expiration, SOA's left out; valid if any */
	uint32_t any;	    /* signatures in here, SOA's left out */
	uint32_t by;	    /* who made them: bit set of zone key indices */
	/* DNSKEY left out, which the KSKs alone sign: */
	uint64_t rrsets;    /* signed ones */
	uint64_t by_key[ZONE_KEYS_MAX]; /* signatures of each key */
};

struct batch {
	struct text bytes;
	bool work; /* something to sign or to verify */
};

/* Append an item: head's lengths and counts are taken from set and sigs. */
int batch_add(struct batch *b, struct item *head, const struct rrset *set,
    const struct text *sigs, struct diag *d);

/*
 * Step through a batch.  Returns false at its end; text and sigs point into
 * it.  Batches are made by this program alone: a malformed one is a bug, and
 * ends the walk.
 */
struct batch_walk {
	const char *at;
	size_t left;
};
bool batch_next(struct batch_walk *walk, struct item *head, const char **text,
    const char **sigs);

/* Count what an item contributes, new and checked signatures aside. */
void outcome_count(struct outcome *o, const struct item *head);

/* Count a signature of the zone's key over a set of that type. */
void outcome_signature(struct outcome *o, uint8_t key, uint16_t type);

/*
 * When a signature over a set of that type ends.  The SOA's is the parent's to
 * count: of a zone that is not published anew another one stands.
 */
void outcome_expiration(
    struct outcome *o, uint16_t type, uint32_t expiration);

/* Add b's counts to a's. */
void outcome_add(struct outcome *a, const struct outcome *b);

#endif
