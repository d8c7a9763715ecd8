/*
 * The zone as it is published now, read beside the new one: what stands in
 * both need not be verified twice, and what has changed is told.
 */
#ifndef PREVIOUS_H
#define PREVIOUS_H

#include "batch.h"
#include "diag.h"
#include "zone.h"

struct previous;

/*
 * Open the file, digest it and read its apex: its DNSKEYs come into
 * zone->keys, marked as previous.  zone->apex is set.
 * -1: the file cannot be read.
 */
int previous_open(struct previous **out, const char *path, struct zone *zone,
    struct diag *d);

/* SHA-256 of the whole file, in hexadecimal. */
const char *previous_digest(const struct previous *p);

/*
 * Whether the file is one that this program has audited: its signatures are
 * then taken over.
 */
void previous_trust(struct previous *p, bool audited);

/* The SOA of the previous zone; false: it has none. */
bool previous_soa(const struct previous *p, uint32_t *serial,
    const uint8_t **mname);

/*
 * Mark those of an owner's records whose RRset stands so in the previous zone.
 * Owners come in canonical order; key and section as in store.h.
 */
int previous_compare(struct previous *p, bool nsec3, const uint8_t *key,
    size_t key_size, struct rec *rec, size_t count, struct diag *d);

/* To the end of the previous zone.  Fails if the file changed meanwhile. */
int previous_finish(struct previous *p, struct diag *d);

/* After that: records other than DNSSEC's, and how many are gone or new. */
struct previous_counts {
	uint64_t records, removed;
	bool changed;	 /* any RRset but the SOA differs */
	bool ns_changed; /* of the apex */
};
const struct previous_counts *previous_counts(const struct previous *p);

/*
 * The keys that signed the previous zone, as its RRSIGs say; their RRsets with
 * the largest TTLs.
 */
const struct stats *previous_stats(const struct previous *p);

void previous_close(struct previous *p);

#endif
