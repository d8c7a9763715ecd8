/*
 * The audit record (audit-record(5)): what was published when, and what of it
 * caches may still hold.  Kept beside the zone, one file a zone.
 */
#ifndef HISTORY_H
#define HISTORY_H

#include "previous.h"
#include "stream.h"
#include "zone.h"

struct history;

/*
 * Read the record at path; keys of which caches may hold something come into
 * zone->keys.  No file: an empty record.  -1: STATUS_SYSTEM, or STATUS_BAD
 * for a file that is no record of this zone.
 */
int history_open(struct history **out, const char *path, struct zone *zone,
    struct diag *d);

/* Has a file of that digest been audited, without a fault? */
bool history_audited(const struct history *h, const char *digest);

/*
 * What the previous zone shows, where the record does not know it: not one of
 * its digests.
 */
void history_previous(struct history *h, const struct previous *p,
    struct findings *found);

/* The parent's DS set, for judging and for the record; more than one call. */
int history_ds(struct history *h, const uint8_t *rdata, size_t size,
    uint32_t ttl, struct diag *d);

/* Judge every pairing that a cache can hold (RFC 6781 §4.1, RFC 7583). */
void history_judge(struct history *h, const struct stats *stats,
    struct findings *found);

/* Key times, for the tracker; 0: never. */
struct key_times {
	int64_t published_first, published_last, used_first, used_last;
};
const struct key_times *history_key(const struct history *h, size_t key);
int64_t history_since(const struct history *h); /* the first audit, or 0 */

/*
 * Add the zone that was just audited without a fault to the record, and write
 * it.  digest is that of the file.  -1: STATUS_SYSTEM.
 */
void history_see(struct history *h, const struct stats *stats,
    const char *digest);
int history_put(const struct history *h, struct stream_out *out,
    struct diag *d);

void history_close(struct history *h);

#endif
