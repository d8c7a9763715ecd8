#include <stdlib.h>
#include <string.h>

#include "duration.h"
#include "history_int.h"

int
history_open(struct history **out, const char *path, struct zone *zone,
    struct diag *d)
{
	struct history *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return diag_system(d, "audit record");
	h->zone = zone;
	if (path != NULL && history_read(h, path, d) == -1) {
		history_close(h);
		return -1;
	}
	*out = h;
	return 0;
}

void
history_close(struct history *h)
{
	free(h);
}

bool
history_audited(const struct history *h, const char *digest)
{
	for (size_t i = 0; i < h->audited_count; i++)
		if (strcmp(h->audited[i].digest, digest) == 0)
			return true;
	return false;
}

const struct key_times *
history_key(const struct history *h, size_t key)
{
	return &h->key[key];
}

int64_t
history_since(const struct history *h)
{
	return h->since;
}

/* RFC 1035 §3.2.1: at that moment it is in no cache any more. */
int64_t
span_end(const struct history *h, bool current, int64_t last, uint32_t ttl)
{
	const struct settings *set = h->zone->set;

	return (current ? set->now : last) + ttl + set->propagation;
}

/*
 * A span of the kind with these keys, or a new one; NULL: no room.  A TTL that
 * was lowered ends by itself: with it begins another span.
 */
static struct span *
span_find(struct history *h, bool dnskey, uint64_t keys, uint64_t signers,
    uint32_t ttl)
{
	struct span *oldest = &h->span[0];

	for (size_t i = 0; i < h->spans; i++) {
		struct span *s = &h->span[i];

		if (s->dnskey == dnskey && s->keys == keys &&
		    s->signers == signers && s->ttl == ttl)
			return s;
		if (!s->current && s->last < oldest->last)
			oldest = s;
	}
	if (h->spans < SPANS_MAX)
		oldest = &h->span[h->spans++];
	else if (oldest->current)
		return NULL;
	*oldest = (struct span){ .dnskey = dnskey, .keys = keys,
		.signers = signers, .ttl = ttl, .first = h->zone->set->now };
	return oldest;
}

static void
span_see(struct history *h, bool dnskey, uint64_t keys, uint64_t signers,
    uint32_t ttl)
{
	struct span *s = span_find(h, dnskey, keys, signers, ttl);

	if (s == NULL)
		return;
	s->last = h->zone->set->now;
	s->current = true;
}

/* Take what the masks of a zone say into the spans. */
static void
see_zone(struct history *h, const struct stats *s, uint64_t dnskeys)
{
	for (size_t i = 0; i < s->masks; i++) {
		const struct mask *m = &s->mask[i];

		if (m->dnskey)
			span_see(h, true, dnskeys, m->keys, m->ttl);
		else
			span_see(h, false, m->keys, 0, m->ttl);
	}
}

void
history_previous(struct history *h, const struct previous *p,
    struct findings *found)
{
	const struct zone *z = h->zone;
	uint64_t dnskeys = 0;

	if (history_audited(h, previous_digest(p)))
		return;
	for (size_t i = 0; i < z->keys.count; i++)
		if (z->keys.key[i].previous)
			dnskeys |= UINT64_C(1) << i;
	see_zone(h, previous_stats(p), dnskeys);
	if (h->audited_count == 0)
		finding_add(found, CHECK_PREVIOUS_ONLY, NULL, 0,
		    (struct place){ 0, 0 }, "what was published before the "
		    "previous zone is not known: keep an audit record "
		    "(--record)");
}

int
history_ds(struct history *h, const uint8_t *rdata, size_t size, uint32_t ttl,
    struct diag *d)
{
	struct ds_set *set = NULL;

	for (size_t i = 0; i < h->ds_sets; i++)
		if (h->ds[i].given)
			set = &h->ds[i];
	if (set == NULL) {
		if (h->ds_sets == DS_SETS_MAX) { /* the oldest goes */
			memmove(h->ds, h->ds + 1,
			    (DS_SETS_MAX - 1) * sizeof(*h->ds));
			h->ds_sets--;
		}
		set = &h->ds[h->ds_sets++];
		*set = (struct ds_set){ .given = true, .current = true,
			.first = h->zone->set->now,
			.last = h->zone->set->now };
	}
	if (size > DS_SIZE_MAX || set->count == DS_MAX)
		return diag_set(d, STATUS_USAGE, "--parent-ds: too many DS, or "
		    "too long a digest");
	memcpy(set->rdata[set->count], rdata, size);
	set->size[set->count++] = (uint8_t)size;
	if (ttl > set->ttl)
		set->ttl = ttl;
	return 0;
}

/* --- the pairings ---------------------------------------------------------- */

static uint64_t
ds_keys(const struct history *h, const struct ds_set *set)
{
	uint64_t keys = 0;

	for (size_t i = 0; i < set->count; i++)
		keys |= ds_matches(&h->zone->keys, h->zone->apex,
		    set->rdata[i], set->size[i]);
	return keys;
}

static void
until(const struct history *h, bool current, int64_t last, uint32_t ttl,
    char text[32])
{
	const int64_t left = span_end(h, current, last, ttl) -
	    h->zone->set->now;

	duration_format(left, text, 32);
}

/* An old DNSKEY set with the new signatures. */
static void
judge_new_signatures(const struct history *h, const struct span *old,
    const struct stats *s, struct findings *found)
{
	char text[32];

	if (h->zone->unaided) /* it cannot be helped */
		return;
	until(h, old->current, old->last, old->ttl, text);
	for (size_t i = 0; i < s->masks; i++) {
		const struct mask *m = &s->mask[i];

		if (m->dnskey || m->keys == 0 || (m->keys & old->keys) != 0)
			continue;
		finding_add(found, CHECK_CACHE_OLD_DNSKEY, m->owner, m->type,
		    m->at, "no key that signs this was in a DNSKEY set that "
		    "caches may hold for %s more", text);
	}
}

/* Old signatures with the new DNSKEY set. */
static void
judge_old_signatures(const struct history *h, const struct span *old,
    struct place at, struct findings *found)
{
	char text[32];

	if (old->keys == 0 || (old->keys & h->zone->usable) != 0)
		return;
	until(h, old->current, old->last, old->ttl, text);
	finding_add(found, CHECK_CACHE_OLD_SIGNATURES, h->zone->apex,
	    TYPE_DNSKEY, at, "caches may hold signatures for %s more whose key "
	    "is gone from the DNSKEY set", text);
}

/* RFC 4035 §2.2: every algorithm of the DS set signs the DNSKEY RRset. */
static void
judge_ds_algorithms(const struct history *h, const struct ds_set *set,
    uint64_t signers, struct place at, struct findings *found)
{
	bool told[256] = { false };

	for (size_t i = 0; i < set->count; i++) {
		const uint8_t algorithm = set->rdata[i][2];
		bool signs = h->zone->standby_algorithm[algorithm];

		if (set->size[i] < 4 || told[algorithm])
			continue;
		told[algorithm] = true;
		for (size_t k = 0; k < h->zone->keys.count; k++)
			signs = signs || ((signers & UINT64_C(1) << k) != 0 &&
			    h->zone->keys.key[k].algorithm == algorithm);
		if (!signs)
			finding_add(found, CHECK_DS_ALGORITHM, h->zone->apex,
			    TYPE_DNSKEY, at, "the parent has a DS of algorithm "
			    "%u, which does not sign the DNSKEY set",
			    algorithm);
	}
}

/* The parent's DS sets with the new DNSKEY set, and with old ones. */
static void
judge_ds(const struct history *h, const struct ds_set *set,
    const struct stats *s, struct place at, struct findings *found)
{
	const uint64_t keys = ds_keys(h, set);
	const uint64_t signers = s->dnskey_mask & h->zone->usable;
	char text[32];

	if ((keys & signers) == 0) {
		until(h, set->current, set->last, set->ttl, text);
		if (set->given)
			finding_add(found, CHECK_DS_CHAIN, h->zone->apex,
			    TYPE_DNSKEY, at, "no DS of the parent names a key "
			    "that signs the DNSKEY set");
		else
			finding_add(found, CHECK_CACHE_OLD_DS, h->zone->apex,
			    TYPE_DNSKEY, at, "caches may hold a DS set for %s "
			    "more that names no key that signs the DNSKEY set",
			    text);
		return;
	}
	if (!set->given)
		return;
	judge_ds_algorithms(h, set, signers, at, found);
	for (size_t i = 0; i < h->spans; i++) {
		const struct span *old = &h->span[i];

		if (!old->dnskey || span_end(h, old->current, old->last,
			old->ttl) <= h->zone->set->now ||
		    (keys & old->keys & old->signers) != 0)
			continue;
		until(h, old->current, old->last, old->ttl, text);
		finding_add(found, CHECK_CACHE_DS, h->zone->apex, TYPE_DNSKEY,
		    at, "caches may hold a DNSKEY set for %s more that no DS "
		    "of the parent leads to", text);
	}
}

static bool
same_set(const struct ds_set *a, const struct ds_set *b)
{
	size_t found = 0;

	for (size_t i = 0; i < a->count; i++)
		for (size_t k = 0; k < b->count; k++)
			if (a->size[i] == b->size[k] && memcmp(a->rdata[i],
				b->rdata[k], a->size[i]) == 0) {
				found++;
				break;
			}
	return a->count == b->count && found == a->count;
}

/* The set that was given now ends what the record calls current. */
static void
merge_ds(struct history *h)
{
	struct ds_set *given = NULL;

	for (size_t i = 0; i < h->ds_sets; i++)
		if (h->ds[i].given)
			given = &h->ds[i];
	for (size_t i = 0; given != NULL && i < h->ds_sets; i++) {
		struct ds_set *set = &h->ds[i];

		if (set->given)
			continue;
		if (same_set(set, given)) {
			if (set->first < given->first)
				given->first = set->first;
			set->count = 0; /* not written again */
		} else if (set->current) {
			set->current = false;
			set->last = h->zone->set->now;
		}
	}
}

void
history_judge(struct history *h, const struct stats *stats,
    struct findings *found)
{
	struct place at = { 0, 0 };

	for (size_t i = 0; i < stats->masks; i++)
		if (stats->mask[i].dnskey)
			at = stats->mask[i].at;
	if (stats->masks_lost)
		finding_add(found, CHECK_PREVIOUS_ONLY, NULL, 0, at,
		    "too many ways in which keys sign: not all are judged");
	merge_ds(h);
	for (size_t i = 0; i < h->spans; i++) {
		const struct span *old = &h->span[i];

		/* RFC 6781 §4.4: without a DS nothing is validated. */
		if ((h->zone->insecure && !h->zone->signed_) ||
		    span_end(h, old->current, old->last, old->ttl) <=
		    h->zone->set->now)
			continue;
		if (old->dnskey)
			judge_new_signatures(h, old, stats, found);
		else
			judge_old_signatures(h, old, at, found);
	}
	for (size_t i = 0; i < h->ds_sets; i++)
		if (h->ds[i].count > 0 && span_end(h, h->ds[i].current,
			h->ds[i].last, h->ds[i].ttl) > h->zone->set->now)
			judge_ds(h, &h->ds[i], stats, at, found);
}

/* --- the record grows ------------------------------------------------------ */

static void
see_keys(struct history *h, const struct stats *stats)
{
	const int64_t now = h->zone->set->now;

	for (size_t i = 0; i < h->zone->keys.count; i++) {
		const uint64_t bit = UINT64_C(1) << i;
		struct key_times *t = &h->key[i];

		if ((h->zone->published & bit) != 0) {
			if (t->published_first == 0)
				t->published_first = now;
			t->published_last = now;
		}
		if ((stats->signers & bit) != 0) {
			if (t->used_first == 0)
				t->used_first = now;
			t->used_last = now;
		}
	}
}

void
history_see(struct history *h, const struct stats *stats, const char *digest)
{
	const int64_t now = h->zone->set->now;
	struct audited *a;

	/* Whatever was published until now ends, unless it is seen again. */
	for (size_t i = 0; i < h->spans; i++) {
		if (h->span[i].current)
			h->span[i].last = now;
		h->span[i].current = false;
	}
	see_zone(h, stats, h->zone->usable);
	see_keys(h, stats);
	if (h->since == 0)
		h->since = now;
	for (size_t i = 0; i < h->audited_count; i++) {
		if (strcmp(h->audited[i].digest, digest) == 0) {
			memmove(&h->audited[i], &h->audited[i + 1],
			    (h->audited_count - i - 1) * sizeof(*h->audited));
			h->audited_count--;
			break;
		}
	}
	if (h->audited_count == AUDITED_MAX) {
		memmove(h->audited, h->audited + 1,
		    (AUDITED_MAX - 1) * sizeof(*h->audited));
		h->audited_count--;
	}
	a = &h->audited[h->audited_count++];
	*a = (struct audited){ .serial = h->zone->serial, .time = now };
	(void)strcpy(a->digest, digest);
}
