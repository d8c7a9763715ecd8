#include <string.h>

#include "decide.h"
#include "name.h"
#include "rrsig.h"
#include "rrtype.h"

#define SIGNATURES_MAX 64 /* of one set that are looked at; more are dropped */

/* An old signature that may stay. */
struct candidate {
	const char *line;
	size_t len; /* with newline */
	struct rrsig rrsig;
	uint32_t ttl;
	uint8_t key; /* index of the zone's keys */
	bool signs;  /* that key signs sets of this type today */
};

/* DNSKEY and what a parent reads from it are the KSKs' (RFC 7344 §4.1). */
static bool
is_key_type(uint16_t type)
{
	return type == RRTYPE_DNSKEY || type == RRTYPE_CDS ||
	    type == RRTYPE_CDNSKEY;
}

static bool
signs_type(const struct zone_key *k, uint16_t type)
{
	return k->ring != NO_RING && (is_key_type(type) ? k->ksk : k->zsk);
}

/* RFC 4034 §3.1.3: a wildcard label is not counted. */
static unsigned
labels_field(const struct rrset *set)
{
	return name_labels(set->text.bytes, set->owner_len) -
	    (name_is_wildcard(set->text.bytes, set->owner_len) ? 1 : 0);
}

/*
 * A KSK that signs the rest no more did so for a lost ZSK: the next one takes
 * over all of it at once, so that keystate knows when the KSK may go.
 */
static bool
stood_in(const struct zone_key *k)
{
	return k->ksk && !k->zsk;
}

/*
 * A retired, still published ZSK: what it signed stays until it is due, so
 * that a roll spreads over the refresh period.
 */
static bool
may_linger(const struct decision_rules *rules, const struct zone_key *k,
    uint16_t type)
{
	return !rules->immediate && !is_key_type(type) && k->in_zone &&
	    !stood_in(k) &&
	    (k->flags & (DNSKEY_ZONE | DNSKEY_REVOKE)) == DNSKEY_ZONE;
}

static bool
is_candidate(const struct decision_rules *rules, const struct rrset *set,
    const struct zonetext_record *rec, struct candidate *c)
{
	const struct rrsig *sig = &c->rrsig;
	const struct zone_key *k;
	bool last;
	int key;

	if (rrsig_split(rec->rdata, rec->rdata_len, &c->rrsig, NULL) == -1 ||
	    sig->covered != set->type || sig->labels != labels_field(set) ||
	    sig->original_ttl != set->ttl || rec->ttl != set->ttl ||
	    sig->signer_len != rules->zone_len ||
	    memcmp(sig->signer, rules->zone, rules->zone_len) != 0)
		return false;
	key = zone_keys_find(rules->keys, sig->tag, sig->algorithm);
	if (key == -1)
		return false;
	k = &rules->keys->key[key];
	/* There will be no other by the KSK that the DS in the parent names. */
	last = k->lost && is_key_type(set->type);
	if (last ? !times_valid(rules->times, sig->inception, sig->expiration) :
		   !times_keep(rules->times, set->type, sig->inception,
		       sig->expiration))
		return false;
	c->key = (uint8_t)key;
	c->signs = signs_type(k, set->type) || last;
	return !k->compromised &&
	    (c->signs || may_linger(rules, k, set->type));
}

/* The candidates of old, one a key. */
static size_t
collect(const struct decision_rules *rules, const struct rrset *set,
    const struct rrset *old, struct candidate *list)
{
	const char *line = old->sigs.bytes;
	const char *end = line + old->sigs.len;
	uint32_t seen = 0;
	size_t n = 0;

	while (line < end && n < SIGNATURES_MAX) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		struct zonetext_record rec;
		struct candidate *c = &list[n];

		c->line = line;
		c->len = (size_t)(newline - line) + 1;
		if (zonetext_split(line, c->len - 1, &rec, NULL) == 0 &&
		    is_candidate(rules, set, &rec, c) &&
		    (seen >> c->key & 1) == 0) {
			seen |= (uint32_t)1 << c->key;
			c->ttl = rec.ttl;
			n++;
		}
		line = newline + 1;
	}
	return n;
}

/* Has a key of this algorithm, or this very key, a signature that stays? */
static bool
is_covered(const struct decision_rules *rules, const struct candidate *list,
    size_t n, size_t key)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].key == key ||
		    (!list[i].signs &&
			rules->keys->key[list[i].key].algorithm ==
			    rules->keys->key[key].algorithm))
			return true;
	return false;
}

/*
 * A lingering signature is superfluous where a signing key of its algorithm
 * has one, and useless where none of that algorithm signs any more.
 */
static size_t
drop_superfluous(const struct decision_rules *rules, const struct rrset *set,
    struct candidate *list, size_t n)
{
	size_t left = 0;

	for (size_t i = 0; i < n; i++) {
		const uint8_t algorithm =
		    rules->keys->key[list[i].key].algorithm;
		bool needed = list[i].signs, signer = false;

		for (size_t k = 0; k < rules->keys->count && !needed; k++)
			signer |= rules->keys->key[k].algorithm == algorithm &&
			    signs_type(&rules->keys->key[k], set->type);
		for (size_t j = 0; j < n && signer; j++)
			if (list[j].signs &&
			    rules->keys->key[list[j].key].algorithm ==
				algorithm)
				signer = false;
		if (needed || signer)
			list[left++] = list[i];
	}
	return left;
}

/* Who signs in place of a kept signature that does not verify. */
static uint8_t
fallback_for(const struct decision_rules *rules, uint16_t type, uint8_t key)
{
	const struct zone_keys *keys = rules->keys;

	if (signs_type(&keys->key[key], type))
		return key;
	for (size_t k = 0; k < keys->count; k++)
		if (keys->key[k].algorithm == keys->key[key].algorithm &&
		    signs_type(&keys->key[k], type))
			return (uint8_t)k;
	return key; /* not reached: drop_superfluous() saw a signer */
}

static int
keep(const struct decision_rules *rules, uint16_t type,
    const struct candidate *list, size_t n, struct item *head,
    struct text *kept, struct diag *d)
{
	bool check = rules->check_kept;

	/* A key that was not published then could not be compared. */
	for (size_t i = 0; i < n; i++)
		check |= !rules->keys->key[list[i].key].in_previous;
	for (size_t i = 0; i < n; i++) {
		const struct candidate *c = &list[i];

		if (text_append(kept, c->line, c->len, d) == -1)
			return -1;
		if (i == 0 || serial_difference(c->rrsig.expiration,
				  head->earliest) < 0)
			head->earliest = c->rrsig.expiration;
		if (c->ttl > head->sig_max_ttl)
			head->sig_max_ttl = c->ttl;
		head->sig_records++;
		head->kept_by |= (uint32_t)1 << c->key;
		if (check) {
			head->check[i].key = c->key;
			head->check[i].fallback =
			    fallback_for(rules, type, c->key);
			head->check_count++;
		}
	}
	return 0;
}

void
decide_unsigned(struct item *head, struct text *kept)
{
	memset(head, 0, sizeof(*head));
	kept->len = 0;
}

int
decide(const struct decision_rules *rules, const struct rrset *set,
    const struct rrset *old, struct item *head, struct text *kept,
    struct diag *d)
{
	struct candidate list[SIGNATURES_MAX];
	struct validity v;
	size_t n = 0;
	bool signer = false;

	decide_unsigned(head, kept);
	if (rules->keys->count == 0)
		return 0; /* a zone that goes insecure: signconf.xml(5) */
	if (old != NULL) {
		n = collect(rules, set, old, list);
		n = drop_superfluous(rules, set, list, n);
	}
	if (keep(rules, set->type, list, n, head, kept, d) == -1)
		return -1;
	for (size_t k = 0; k < rules->keys->count; k++) {
		if (!signs_type(&rules->keys->key[k], set->type))
			continue;
		signer = true;
		if (!is_covered(rules, list, n, k))
			head->sign[head->sign_count++] = (uint8_t)k;
	}
	if (!signer && n == 0)
		return diag_set(d, STATUS_BAD, "no %s to sign it with",
		    is_key_type(set->type) ? "KSK" : "ZSK");
	v = times_for(rules->times, set->text.bytes, set->owner_len,
	    set->type);
	head->inception = v.inception;
	head->expiration = v.expiration;
	return 0;
}
