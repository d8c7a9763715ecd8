/* RRSIGs: what they say of themselves, and whether they verify. */
#include <string.h>

#include <openssl/evp.h>

#include "ecdsa.h"
#include "judge.h"
#include "policycheck.h"

#define LIFETIME_MAX (366 * 86400)
#define SAME_TAG_MAX 8 /* keys tried for one signature */
#define FAILURES_MAX 16 /* verifications of one RRset that may fail */

struct sig {
	const struct rec *rec;
	uint8_t algorithm, labels;
	uint32_t ttl;
	int64_t expiration, inception;
	uint16_t tag;
	const uint8_t *wire; /* the RDATA; the signature starts at `head` */
	size_t size, head;
};

/* Upper ends of the buckets of remaining life, in seconds; the last is open. */
static const int64_t life_ends[LIFE_BUCKETS - 1] = { 0, 3600, 86400,
	3 * 86400, 7 * 86400, 14 * 86400, 30 * 86400 };

static bool
decode(struct judge *j, const struct rec *rec, struct sig *s)
{
	struct wire w;
	size_t signer;

	if (!judge_wire(j, rec, &w))
		return false;
	signer = w.size < 18 ? 0 : wname_length(w.bytes + 18, w.size - 18);
	if (signer == 0 || w.size == 18 + signer) {
		judge_find(j, CHECK_SYNTAX, TYPE_RRSIG, rec->at,
		    "an RRSIG without a signature");
		return false;
	}
	*s = (struct sig){ .rec = rec, .wire = w.bytes, .size = w.size,
		.head = 18 + signer };
	s->algorithm = w.bytes[2];
	s->labels = w.bytes[3];
	s->ttl = (uint32_t)w.bytes[4] << 24 | (uint32_t)w.bytes[5] << 16 |
	    (uint32_t)w.bytes[6] << 8 | w.bytes[7];
	s->expiration = moment_near((uint32_t)w.bytes[8] << 24 |
	    (uint32_t)w.bytes[9] << 16 | (uint32_t)w.bytes[10] << 8 |
	    w.bytes[11], j->zone->set->now);
	s->inception = moment_near((uint32_t)w.bytes[12] << 24 |
	    (uint32_t)w.bytes[13] << 16 | (uint32_t)w.bytes[14] << 8 |
	    w.bytes[15], j->zone->set->now);
	s->tag = (uint16_t)(w.bytes[16] << 8 | w.bytes[17]);
	return true;
}

static void
count_life(struct judge *j, const struct rrset *set, const struct sig *s)
{
	struct stats *st = &j->b->stats;
	const int64_t left = s->expiration - j->zone->set->now;
	size_t i = 0;

	while (i < LIFE_BUCKETS - 1 && left > life_ends[i])
		i++;
	st->life[i]++;
	if (s->expiration < st->earliest) {
		st->earliest = s->expiration;
		memcpy(st->earliest_owner, j->o->name, wname_size(j->o->name));
		st->earliest_type = set->type;
		st->earliest_at = s->rec->at;
	}
}

/*
 * By a KSK that signconf says is lost, over what KSKs sign: nobody can make it
 * anew, and it stays for as long as it is valid.
 */
static bool
is_last(const struct judge *j, uint16_t type, const struct sig *s)
{
	const struct policy *p = j->zone->policy;
	const struct keyset *keys = &j->zone->keys;

	if (type != TYPE_DNSKEY && type != TYPE_CDS && type != TYPE_CDNSKEY)
		return false;
	for (size_t i = 0; i < p->keys; i++)
		for (size_t k = 0; p->key[i].lost && k < keys->count; k++)
			if (keys->key[k].tag == s->tag &&
			    keys->key[k].algorithm == s->algorithm &&
			    policy_is_key(&keys->key[k], &p->key[i]))
				return true;
	return false;
}

/* What the policy says of times (interfaces §8, checks 15 to 17). */
static void
check_policy(struct judge *j, const struct rrset *set, const struct sig *s)
{
	const struct policy *p = j->zone->policy;
	const int64_t now = j->zone->set->now;
	const int64_t life = s->expiration - s->inception;
	int64_t validity = p->validity;

	if (set->type == TYPE_NSEC || set->type == TYPE_NSEC3)
		validity = p->validity_denial;
	if (set->type == TYPE_DNSKEY || set->type == TYPE_CDS ||
	    set->type == TYPE_CDNSKEY)
		validity = p->validity_keys;
	validity += p->inception_offset;
	if (s->inception > now - p->inception_offset)
		judge_find(j, CHECK_POLICY_INCEPTION, set->type, s->rec->at,
		    "the inception is %lld s ago, the offset %lld s",
		    (long long)(now - s->inception),
		    (long long)p->inception_offset);
	if (is_last(j, set->type, s))
		return;
	if (now > s->expiration - p->refresh + p->resign)
		judge_find(j, CHECK_POLICY_REFRESH, set->type, s->rec->at,
		    "the signature ends in %lld s, Refresh is %lld s",
		    (long long)(s->expiration - now), (long long)p->refresh);
	if (life < validity - p->jitter || life > validity + p->jitter)
		judge_find(j, CHECK_POLICY_LIFETIME, set->type, s->rec->at,
		    "it lives %lld s, the policy says %lld s, give or take "
		    "%lld s", (long long)life, (long long)validity,
		    (long long)p->jitter);
}

/* RFC 4035 §5.3.1; false: no validator takes it now. */
static bool
check_times(struct judge *j, const struct rrset *set, const struct sig *s)
{
	const int64_t now = j->zone->set->now;

	/* RFC 4034 §3.1.5: the difference in serial arithmetic. */
	if (s->expiration < s->inception) {
		judge_find(j, CHECK_RRSIG_INVERTED, set->type, s->rec->at,
		    "the signature expires before its inception");
		return false;
	}
	if (s->expiration < now) {
		judge_find(j, CHECK_RRSIG_EXPIRED, set->type, s->rec->at,
		    "signature expired %lld s ago",
		    (long long)(now - s->expiration));
		return false;
	}
	if (s->inception > now) {
		judge_find(j, CHECK_RRSIG_FUTURE, set->type, s->rec->at,
		    "signature valid in %lld s only",
		    (long long)(s->inception - now));
		return false;
	}
	if (s->expiration - s->inception > LIFETIME_MAX)
		judge_find(j, CHECK_RRSIG_LIFETIME, set->type, s->rec->at,
		    "the signature lives %lld days", (long long)
		    (s->expiration - s->inception) / 86400);
	if (j->zone->policy != NULL && j->zone->policy->validity > 0)
		check_policy(j, set, s);
	return true;
}

static unsigned
labels_here(const struct judge *j)
{
	const unsigned labels = wname_labels(j->o->name);
	const bool wildcard = j->o->name[0] == 1 && j->o->name[1] == '*';

	return wildcard ? labels - 1 : labels;
}

/* What must fit the RRset; false: no validator takes it. */
static bool
check_fields(struct judge *j, const struct rrset *set, const struct sig *s)
{
	bool valid = true;

	if (s->labels != labels_here(j)) {
		judge_find(j, CHECK_RRSIG_LABELS, set->type, s->rec->at,
		    "labels is %u, the owner has %u", s->labels,
		    labels_here(j));
		valid = false;
	}
	if (!wname_equal(s->wire + 18, j->zone->apex)) {
		char signer[WNAME_TEXT_MAX];

		(void)wname_print(s->wire + 18, signer);
		judge_find(j, CHECK_RRSIG_SIGNER, set->type, s->rec->at,
		    "the signer is %s", signer);
		valid = false;
	}
	if (s->ttl != set->ttl) {
		judge_find(j, CHECK_RRSIG_ORIGINAL_TTL, set->type, s->rec->at,
		    "the original TTL is %u, the RRset's TTL %u", s->ttl,
		    set->ttl);
		/* RFC 4035 §5.3.3: the answer's TTL may only be lower. */
		if (set->ttl > s->ttl)
			valid = false;
	}
	if (s->rec->ttl != set->ttl)
		judge_find(j, CHECK_RRSIG_TTL, set->type, s->rec->at,
		    "the RRSIG's TTL is %u, the RRset's %u", s->rec->ttl,
		    set->ttl);
	return valid;
}

/* The octets that are signed, behind the RRSIG's own (RFC 4034 §3.1.8.1). */
static uint8_t *
signed_body(struct judge *j, const struct rrset *set, uint32_t ttl,
    unsigned labels, size_t *size)
{
	uint8_t owner[WNAME_MAX + 2], *body, *p;
	const uint8_t *name = j->o->name;
	unsigned have = wname_labels(name);
	size_t owner_size = wname_size(name);

	/* RFC 4035 §5.3.2: fewer labels mean that a wildcard was signed. */
	if (labels < labels_here(j)) {
		for (; have > labels; have--)
			name += 1 + *name;
		owner[0] = 1;
		owner[1] = '*';
		owner_size = wname_size(name) + 2;
		memcpy(owner + 2, name, owner_size - 2);
	} else {
		memcpy(owner, name, owner_size);
	}
	*size = 0;
	for (size_t i = 0; i < set->wires; i++)
		*size += owner_size + 10 + set->wire[i].size;
	body = p = arena_alloc(&j->scratch, *size + 1);
	if (body == NULL) {
		j->b->failed = true;
		return NULL;
	}
	for (size_t i = 0; i < set->wires; i++) {
		const struct wire *w = &set->wire[i];
		const uint8_t fixed[10] = { (uint8_t)(set->type >> 8),
			(uint8_t)set->type, 0, 1, (uint8_t)(ttl >> 24),
			(uint8_t)(ttl >> 16), (uint8_t)(ttl >> 8),
			(uint8_t)ttl, (uint8_t)(w->size >> 8),
			(uint8_t)w->size };

		memcpy(p, owner, owner_size);
		memcpy(p + owner_size, fixed, sizeof(fixed));
		memcpy(p + owner_size + sizeof(fixed), w->bytes, w->size);
		p += owner_size + sizeof(fixed) + w->size;
	}
	return body;
}

/* What the signatures of one RRset amount to. */
struct tally {
	uint64_t valid;	      /* keys with a good signature */
	uint64_t any;	      /* keys with a signature at all */
	bool good[256];	      /* algorithms with a good signature */
	bool explained[256];  /* with one whose defect was told */
	const uint8_t *body;
	size_t body_size;
	uint32_t body_ttl;
	unsigned body_labels;
	unsigned failures; /* verifications that failed */
};

/* Does it verify?  1, 0, or -1: the key is of no use. */
static int
verify(struct judge *j, const struct rrset *set, const struct sig *s,
    size_t key, struct tally *t)
{
	const struct key *k = &j->zone->keys.key[key];
	struct signed_data data;

	if (set->kept && k->previous && k->published) {
		j->b->stats.kept++;
		return 1;
	}
	if (j->zone->partial && !j->o->sampled) {
		j->b->stats.skipped++;
		return 1;
	}
	if (set->broken)
		return 0;
	if (t->body == NULL || t->body_ttl != s->ttl ||
	    t->body_labels != s->labels) {
		t->body = signed_body(j, set, s->ttl, s->labels, &t->body_size);
		t->body_ttl = s->ttl;
		t->body_labels = s->labels;
		if (t->body == NULL)
			return 0;
	}
	data = (struct signed_data){ .head = s->wire, .head_size = s->head,
		.body = t->body, .body_size = t->body_size,
		.signature = s->wire + s->head,
		.signature_size = s->size - s->head,
		.inverse = s->rec->inverse };
	j->b->stats.verified++;
	return verifier_check(j->verifier, &j->zone->keys, key, &data);
}

/* Does signconf sign by that algorithm? */
static bool
signconf_signs(const struct policy *p, uint8_t algorithm)
{
	for (size_t i = 0; p != NULL && i < p->keys; i++)
		if (p->key[i].algorithm == algorithm &&
		    (p->key[i].ksk || p->key[i].zsk))
			return true;
	return false;
}

/* A key made it, or none that is published did: say so. */
static void
unknown_key(struct judge *j, const struct rrset *set, const struct sig *s,
    struct tally *t)
{
	if (signconf_signs(j->zone->policy, s->algorithm) &&
	    !j->zone->algorithm_known[s->algorithm])
		return; /* RFC 6781 §4.1.4: signatures come before keys */
	if (j->zone->algorithm_known[s->algorithm]) {
		judge_find(j, CHECK_RRSIG_UNKNOWN_KEY, set->type, s->rec->at,
		    "signed by key %u, algorithm %u, which is not in the "
		    "DNSKEY set", s->tag, s->algorithm);
		return;
	}
	judge_find(j, CHECK_RRSIG_NEW_ALGORITHM, set->type, s->rec->at,
	    "signed by algorithm %u, of which no DNSKEY is published",
	    s->algorithm);
	t->explained[s->algorithm] = true;
}

/* May the published key sign this?  A defect is told. */
static bool
key_may_sign(struct judge *j, const struct rrset *set, const struct sig *s,
    size_t key)
{
	const struct key *k = &j->zone->keys.key[key];

	if ((k->flags & DNSKEY_ZONE) == 0 || k->protocol != 3) {
		judge_find(j, CHECK_RRSIG_NOT_ZONE_KEY, set->type, s->rec->at,
		    "key %u must not sign: flags %u, protocol %u", s->tag,
		    k->flags, k->protocol);
		return false;
	}
	if ((k->flags & DNSKEY_REVOKE) != 0 && set->type != TYPE_DNSKEY) {
		judge_find(j, CHECK_DNSKEY_REVOKED_SIGNS, set->type,
		    s->rec->at, "key %u is revoked and signs", s->tag);
		return false;
	}
	return true;
}

/* Find the key that made s, among those with its tag and algorithm. */
static void
judge_keys(struct judge *j, const struct rrset *set, const struct sig *s,
    bool valid, struct tally *t)
{
	const struct keyset *keys = &j->zone->keys;
	size_t tried = 0, found = KEYS_MAX;
	bool published = false, usable = false;
	int rc = 0;

	for (size_t i = 0; i < keys->count && tried < SAME_TAG_MAX; i++) {
		const struct key *k = &keys->key[i];

		if (k->tag != s->tag || k->algorithm != s->algorithm)
			continue;
		published = published || k->published;
		if (t->failures >= FAILURES_MAX)
			continue;
		tried++;
		rc = verify(j, set, s, i, t);
		t->failures += rc == 0;
		usable = usable || rc != -1;
		if (rc == 1) {
			found = i;
			break;
		}
	}
	if (found == KEYS_MAX && tried == 0 && t->failures >= FAILURES_MAX &&
	    published) {
		t->explained[s->algorithm] = true;
		return;
	}
	if (!published) {
		unknown_key(j, set, s, t);
		if (found != KEYS_MAX && valid)
			t->valid |= UINT64_C(1) << found;
		return;
	}
	if (found == KEYS_MAX) {
		t->explained[s->algorithm] = true;
		if (set->broken)
			return;
		if (!usable) {
			judge_find(j, CHECK_RRSIG_UNSUPPORTED, set->type,
			    s->rec->at, "key %u, algorithm %u: cannot be "
			    "verified here", s->tag, s->algorithm);
			return;
		}
		judge_find(j, CHECK_RRSIG_BOGUS, set->type, s->rec->at,
		    "the signature by key %u does not verify", s->tag);
		return;
	}
	if (keys->key[found].published &&
	    !key_may_sign(j, set, s, found)) {
		t->explained[s->algorithm] = true;
		return;
	}
	if ((t->any & UINT64_C(1) << found) != 0)
		judge_find(j, CHECK_RRSIG_DUPLICATE, set->type, s->rec->at,
		    "a second signature by key %u", s->tag);
	t->any |= UINT64_C(1) << found;
	if (!valid) {
		t->explained[s->algorithm] = true;
		return;
	}
	t->valid |= UINT64_C(1) << found;
	/* RFC 5011 §2.1: a revoked key signs only its own revocation. */
	if ((keys->key[found].flags & DNSKEY_REVOKE) == 0)
		t->good[s->algorithm] = true;
}

/* RFC 4035 §2.2: a signature by each algorithm of the DNSKEY set. */
static void
check_algorithms(struct judge *j, const struct rrset *set,
    const struct tally *t)
{
	const struct zone *z = j->zone;

	if (set->sigs == 0) {
		judge_find(j, CHECK_RRSIG_MISSING, set->type, set->rec[0].at,
		    "the RRset is not signed");
		return;
	}
	for (size_t i = 0; i < z->algorithms_count; i++) {
		const uint8_t a = z->algorithms[i];

		if (!t->good[a] && !t->explained[a])
			judge_find(j, CHECK_RRSIG_ALGORITHM, set->type,
			    set->sig[0].at, "no valid signature by algorithm "
			    "%u", a);
	}
}

static void
remember(struct judge *j, const struct rrset *set, const struct tally *t)
{
	struct stats *s = &j->b->stats;
	struct mask m;

	m.keys = t->valid;
	m.dnskey = j->o->apex && set->type == TYPE_DNSKEY;
	m.type = set->type;
	m.at = set->rec[0].at;
	m.ttl = set->ttl;
	memcpy(m.owner, j->o->name, wname_size(j->o->name));
	stats_mask(s, &m);
	if (!j->o->apex)
		return;
	if (set->type == TYPE_DNSKEY)
		s->dnskey_mask = t->valid;
	if (set->type == TYPE_CDS)
		s->cds_mask = t->valid;
	if (set->type == TYPE_CDNSKEY)
		s->cdnskey_mask = t->valid;
}

/* An RRset that must not be signed. */
static void
check_unsigned(struct judge *j, const struct rrset *set)
{
	if (set->sigs == 0)
		return;
	if (j->o->kind == OWNER_DELEGATION)
		judge_find(j, CHECK_RRSIG_ON_DELEGATION, set->type,
		    set->sig[0].at, "a signature at a delegation over what is "
		    "not authoritative");
	else
		judge_find(j, CHECK_RRSIG_ON_GLUE, set->type, set->sig[0].at,
		    "a signature below a delegation");
}

/* s of an algorithm 13 signature: the end of its base64; false: none. */
static bool
find_s(const struct rec *r, uint8_t s[P256_SIZE])
{
	const char *p = r->rdata, *end = p + r->rdata_size;
	const char *space = memchr(p, ' ', r->rdata_size);
	uint8_t digits[88], octets[66];
	size_t left = sizeof(digits);

	if (space == NULL || end - space < 4 ||
	    memcmp(space, " 13 ", 4) != 0)
		return false;
	while (left > 0 && end > space)
		if (*--end != ' ')
			digits[--left] = (uint8_t)*end;
	if (left > 0 || end[-1] != ' ' ||
	    EVP_DecodeBlock(octets, digits, sizeof(digits)) != 66)
		return false;
	memcpy(s, octets + P256_SIZE, P256_SIZE);
	return true;
}

/* A third of what an ECDSA verification costs can be shared by a whole batch. */
void
judge_prepare(struct judge *j)
{
	struct batch *b = j->b;
	uint8_t (*s)[P256_SIZE];
	size_t count = 0;

	for (size_t i = 0; i < b->recs; i++)
		count += b->rec[i].type == TYPE_RRSIG && !b->rec[i].kept;
	if (count < 16 || !j->zone->algorithm_known[13])
		return;
	s = arena_alloc(&b->arena, count * sizeof(*s));
	if (s == NULL)
		return;
	count = 0;
	for (size_t i = 0; i < b->recs; i++) {
		struct rec *r = &b->rec[i];

		if (r->type == TYPE_RRSIG && !r->kept && find_s(r, s[count]))
			r->inverse = s[count++];
	}
	/* Without inverses every signature is verified all the same. */
	if (p256_inverses(s, count) == -1)
		for (size_t i = 0; i < b->recs; i++)
			b->rec[i].inverse = NULL;
}

void
judge_signatures(struct judge *j, const struct rrset *set)
{
	struct tally t = { .body = NULL };

	if (!judge_signed_here(j, set->type)) {
		check_unsigned(j, set);
		return;
	}
	if (!j->zone->signed_ && set->sigs == 0)
		return; /* told once, of the whole zone */
	if (set->sigs > SIGNATURES_MAX)
		judge_find(j, CHECK_RRSET_SIZE, set->type,
		    set->sig[SIGNATURES_MAX].at, "more than %d signatures",
		    SIGNATURES_MAX);
	for (size_t i = 0; i < set->sigs && i < SIGNATURES_MAX; i++) {
		struct sig s;
		bool valid;

		if (!decode(j, &set->sig[i], &s)) {
			memset(t.explained, true, sizeof(t.explained));
			continue;
		}
		count_life(j, set, &s);
		valid = check_times(j, set, &s);
		valid = check_fields(j, set, &s) && valid;
		if (!valid)
			t.explained[s.algorithm] = true;
		judge_keys(j, set, &s, valid, &t);
	}
	/* KeyTrap: what costs us much costs validators as much. */
	if (t.failures >= FAILURES_MAX)
		judge_find(j, CHECK_RRSET_WORK, set->type, set->sig[0].at,
		    "%u verifications failed: its other signatures are not "
		    "tried", t.failures);
	check_algorithms(j, set, &t);
	remember(j, set, &t);
}
