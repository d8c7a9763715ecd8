#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "wname.h"

struct batch *
batch_new(const bool *ignore)
{
	struct batch *b = calloc(1, sizeof(*b));

	if (b != NULL) {
		b->found.ignore = ignore;
		stats_reset(&b->stats);
	}
	return b;
}

void
batch_reset(struct batch *b)
{
	arena_reset(&b->arena);
	findings_reset(&b->found);
	b->owners = b->recs = b->ents = 0;
	b->rows = b->links = b->refs = b->defs = b->digesteds = 0;
	b->failed = false;
	stats_reset(&b->stats);
}

void
batch_free(struct batch *b)
{
	if (b == NULL)
		return;
	arena_free(&b->arena);
	findings_free(&b->found);
	free(b->owner);
	free(b->rec);
	free(b->ent);
	free(b->row);
	free(b->link);
	free(b->ref);
	free(b->def);
	free(b->digested);
	free(b);
}

void *
batch_grow(struct batch *b, void *array, size_t count, size_t *size,
    size_t item)
{
	const size_t want = *size == 0 ? 64 : *size * 2;
	void *grown;

	if (count < *size)
		return array;
	grown = realloc(array, want * item);
	if (grown == NULL) {
		b->failed = true;
		return NULL;
	}
	*size = want;
	return grown;
}

void
stats_reset(struct stats *s)
{
	/* The masks are large and counted. */
	s->records = s->rrsets = s->verified = s->kept = 0;
	s->skipped = 0;
	s->max_ttl = 0;
	s->earliest = INT64_MAX;
	memset(s->life, 0, sizeof(s->life));
	s->masks = 0;
	s->masks_lost = false;
	s->dnskey_mask = s->cds_mask = s->cdnskey_mask = s->signers = 0;
	s->nsec = s->nsec3 = 0;
}

void
stats_mask(struct stats *s, const struct mask *m)
{
	s->signers |= m->keys;
	for (size_t i = 0; i < s->masks; i++) {
		struct mask *known = &s->mask[i];

		if (known->keys == m->keys && known->dnskey == m->dnskey) {
			if (m->ttl > known->ttl)
				known->ttl = m->ttl;
			return;
		}
	}
	if (s->masks == MASKS_MAX)
		s->masks_lost = true;
	else
		s->mask[s->masks++] = *m;
}

void
stats_add(struct stats *a, const struct stats *b)
{
	a->records += b->records;
	a->rrsets += b->rrsets;
	a->verified += b->verified;
	a->kept += b->kept;
	a->skipped += b->skipped;
	if (b->max_ttl > a->max_ttl)
		a->max_ttl = b->max_ttl;
	if (b->earliest < a->earliest) {
		a->earliest = b->earliest;
		memcpy(a->earliest_owner, b->earliest_owner,
		    wname_size(b->earliest_owner));
		a->earliest_type = b->earliest_type;
		a->earliest_at = b->earliest_at;
	}
	for (size_t i = 0; i < LIFE_BUCKETS; i++)
		a->life[i] += b->life[i];
	for (size_t i = 0; i < b->masks; i++)
		stats_mask(a, &b->mask[i]);
	a->masks_lost = a->masks_lost || b->masks_lost;
	a->dnskey_mask |= b->dnskey_mask;
	a->cds_mask |= b->cds_mask;
	a->cdnskey_mask |= b->cdnskey_mask;
	a->nsec += b->nsec;
	a->nsec3 += b->nsec3;
}
