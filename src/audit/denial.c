/* NSEC and NSEC3 as one owner shows them; the chains are walk.c and chain.c. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <string.h>

#include <openssl/sha.h>

#include "judge.h"

/* FNV-1a over the ascending types. */
uint64_t
types_digest(const uint16_t *types, size_t count)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < count; i++) {
		h = (h ^ (types[i] >> 8)) * UINT64_C(1099511628211);
		h = (h ^ (types[i] & 0xff)) * UINT64_C(1099511628211);
	}
	return h;
}

/*
 * The types that a denial record names here.  At a delegation only those the
 * parent is authoritative for, and NS (RFC 4035 §2.3, RFC 5155 §7.1).
 */
static size_t
expected_types(const struct judge *j, bool nsec3, uint16_t *out)
{
	const bool cut = j->o->kind == OWNER_DELEGATION;
	bool signed_here = !cut;
	size_t count = 0;

	for (size_t i = 0; i < j->types_count && !signed_here; i++)
		signed_here = judge_signed_here(j, j->types[i]);
	for (size_t i = 0; i < j->types_count; i++) {
		const uint16_t t = j->types[i];

		if (t == TYPE_RRSIG && nsec3 && !signed_here)
			continue;
		if (cut && t != TYPE_NS && t != TYPE_RRSIG &&
		    !judge_signed_here(j, t))
			continue;
		out[count++] = t;
	}
	return count;
}

/* "missing A, extra MX": the first difference of two ascending lists. */
static bool
first_difference(const uint16_t *have, size_t have_count, const uint16_t *want,
    size_t want_count, uint16_t *type, bool *missing)
{
	size_t i = 0, k = 0;

	while (i < have_count && k < want_count && have[i] == want[k]) {
		i++;
		k++;
	}
	if (i == have_count && k == want_count)
		return false;
	*missing = i == have_count || (k < want_count && want[k] < have[i]);
	*type = *missing ? want[k] : have[i];
	return true;
}

/* RFC 9077 §3: of the policy's SOA where there is one, else of the zone's. */
static void
check_ttl(struct judge *j, const struct rrset *set)
{
	const struct policy *p = j->zone->policy;

	if (p != NULL && p->soa_ttl >= 0 && p->soa_minimum >= 0) {
		const int64_t ttl = p->soa_ttl < p->soa_minimum ? p->soa_ttl :
							p->soa_minimum;

		if (set->ttl != ttl)
			judge_find(j, CHECK_POLICY_DENIAL_TTL, set->type,
			    set->rec[0].at, "TTL %u, the policy says %lld",
			    set->ttl, (long long)ttl);
		return;
	}
	if (j->zone->soa_known && set->ttl != j->zone->denial_ttl)
		judge_find(j, CHECK_DENIAL_TTL, set->type, set->rec[0].at,
		    "TTL %u, but min(SOA TTL %u, minimum %u) is %u", set->ttl,
		    j->zone->soa_ttl, j->zone->minimum, j->zone->denial_ttl);
}

void
judge_nsec(struct judge *j, const struct rrset *set)
{
	uint16_t have[OWNER_TYPES_MAX], want[OWNER_TYPES_MAX], type = 0;
	char text[RTYPE_TEXT_MAX];
	const struct wire *w = set->wire;
	size_t next;
	int count;
	bool missing = false;

	j->b->stats.nsec++;
	if (j->o->kind == OWNER_BELOW || j->o->kind == OWNER_BELOW_DNAME) {
		judge_find(j, CHECK_NSEC_EXTRA, set->type, set->rec[0].at,
		    "an NSEC at a name that is not authoritative");
		return;
	}
	if (j->types_count == 2) { /* RRSIG and NSEC */
		judge_find(j, CHECK_NSEC_EXTRA, set->type, set->rec[0].at,
		    "an NSEC at a name that has nothing else");
		return;
	}
	check_ttl(j, set);
	if (set->count > 1)
		judge_find(j, CHECK_NSEC_MULTIPLE, set->type, set->rec[1].at,
		    "%zu NSEC records at one name", set->count);
	if (set->wires == 0)
		return;
	next = wname_length(w->bytes, w->size);
	count = next == 0 ? -1 : rdata_bitmap(w->bytes + next, w->size - next,
	    have, OWNER_TYPES_MAX);
	if (count == -1 || count > OWNER_TYPES_MAX) {
		judge_find(j, CHECK_SYNTAX, set->type, w->rec->at,
		    "a malformed NSEC");
		return;
	}
	if (first_difference(have, (size_t)count, want,
		expected_types(j, false, want), &type, &missing)) {
		rtype_print(j->zone->types, type, text);
		judge_find(j, CHECK_NSEC_BITMAP, set->type, w->rec->at,
		    missing ? "the bitmap lacks %s" :
			      "the bitmap has %s, which is not there", text);
	}
}

static bool
same_chain(const struct chain *c, const uint8_t *rdata)
{
	return c->algorithm == rdata[0] &&
	    c->iterations == (rdata[2] << 8 | rdata[3]) &&
	    c->salt_size == rdata[4] &&
	    memcmp(c->salt, rdata + 5, c->salt_size) == 0;
}

/* The first label as a hash: 32 digits of base32hex (RFC 5155 §3). */
static bool
owner_hash(const struct judge *j, uint8_t hash[HASH_SIZE])
{
	const uint8_t *label = j->o->name;
	uint64_t value = 0;
	unsigned bits = 0;
	size_t n = 0;

	if (*label != 32 || !wname_equal(label + 33, j->zone->apex))
		return false;
	for (size_t i = 1; i <= 32; i++) {
		const uint8_t c = label[i];
		unsigned digit;

		if (c >= '0' && c <= '9')
			digit = c - '0';
		else if (c >= 'a' && c <= 'v')
			digit = c - 'a' + 10u;
		else
			return false;
		value = value << 5 | digit;
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			hash[n++] = (uint8_t)(value >> bits);
		}
	}
	return true;
}

/* Flags, next hash and bitmap of an NSEC3 in wire format into *l. */
static bool
decode_nsec3(struct judge *j, const struct wire *w, struct link *l)
{
	uint16_t types[OWNER_TYPES_MAX];
	const uint8_t *p = w->bytes;
	const size_t salt = w->size < 6 ? 0 : p[4];
	int count;

	if (w->size < 6 + salt + HASH_SIZE || p[5 + salt] != HASH_SIZE)
		return false;
	memcpy(l->next, p + 6 + salt, HASH_SIZE);
	l->flags = p[1];
	count = rdata_bitmap(p + 6 + salt + HASH_SIZE,
	    w->size - 6 - salt - HASH_SIZE, types, OWNER_TYPES_MAX);
	if (count == -1 || count > OWNER_TYPES_MAX)
		return false;
	l->types = types_digest(types, (size_t)count);
	for (l->chain = 0; l->chain < j->zone->chains; l->chain++)
		if (same_chain(&j->zone->chain[l->chain], p))
			return true;
	if (j->zone->chains > 0)
		judge_find(j, CHECK_NSEC3_PARAMS, TYPE_NSEC3, w->rec->at,
		    "parameters that no NSEC3PARAM has");
	return true;
}

void
judge_nsec3(struct judge *j, const struct rrset *set)
{
	struct link l = { .name = j->o->name };
	struct link *new;

	j->b->stats.nsec3++;
	check_ttl(j, set);
	if (set->count > 1)
		judge_find(j, CHECK_NSEC3_MULTIPLE, set->type, set->rec[1].at,
		    "%zu NSEC3 records at one hash", set->count);
	if (set->wires == 0)
		return;
	if (!owner_hash(j, l.hash)) {
		judge_find(j, CHECK_NSEC3_OWNER, set->type, set->rec[0].at,
		    "the owner is no hash just below the apex");
		return;
	}
	for (size_t i = 0; i < set->wires; i++) {
		const struct wire *w = &set->wire[i];

		if (w->size > 0 && w->bytes[0] != 1) {
			judge_find(j, CHECK_NSEC3_ALGORITHM, set->type,
			    w->rec->at, "hash algorithm %u", w->bytes[0]);
			continue;
		}
		if (!decode_nsec3(j, w, &l)) {
			judge_find(j, CHECK_SYNTAX, set->type, w->rec->at,
			    "a malformed NSEC3");
			continue;
		}
		if ((l.flags & 1) != 0 && j->zone->policy != NULL &&
		    j->zone->policy->nsec3 && !j->zone->policy->opt_out)
			judge_find(j, CHECK_POLICY_OPT_OUT, set->type,
			    w->rec->at, "opt-out, which the policy has not");
		if ((l.flags & ~1u) != 0)
			judge_find(j, CHECK_NSEC3_FLAGS, set->type, w->rec->at,
			    "flags %u", l.flags);
		if (l.chain == j->zone->chains)
			continue;
		new = batch_push_link(j->b);
		if (new == NULL)
			return;
		l.at = w->rec->at;
		*new = l;
	}
}

/* RFC 5155 §5. */
static void
hash_name(const struct chain *c, const uint8_t *name, uint8_t hash[HASH_SIZE])
{
	SHA_CTX ctx;

	SHA1_Init(&ctx);
	SHA1_Update(&ctx, name, wname_size(name));
	SHA1_Update(&ctx, c->salt, c->salt_size);
	SHA1_Final(hash, &ctx);
	for (unsigned i = 0; i < c->iterations; i++) {
		SHA1_Init(&ctx);
		SHA1_Update(&ctx, hash, HASH_SIZE);
		SHA1_Update(&ctx, c->salt, c->salt_size);
		SHA1_Final(hash, &ctx);
	}
}

static void
push_rows(struct judge *j, const struct row *row)
{
	for (size_t i = 0; i < j->zone->chains; i++) {
		const struct chain *c = &j->zone->chain[i];
		struct row *new;

		if (!chain_hashed(c))
			continue;
		new = batch_push_row(j->b);
		if (new == NULL)
			return;
		*new = *row;
		new->chain = (uint8_t)i;
		hash_name(c, row->name, new->hash);
	}
}

void
judge_rows(struct judge *j)
{
	uint16_t types[OWNER_TYPES_MAX];
	struct row row = { .kind = ROW_NAME, .name = j->o->name,
		.ent = j->o->ent, .at = j->b->rec[j->o->first].at };
	bool secure = false;

	if (j->zone->chains == 0 || (j->o->kind != OWNER_AUTHORITATIVE &&
	    j->o->kind != OWNER_DELEGATION))
		return;
	for (size_t i = 0; i < j->types_count; i++)
		secure = secure || (j->types[i] != TYPE_NSEC &&
		    judge_signed_here(j, j->types[i]));
	if (!secure)
		row.kind = ROW_INSECURE;
	row.types = types_digest(types, expected_types(j, true, types));
	push_rows(j, &row);
}

void
judge_ent(struct judge *j, const struct ent *ent)
{
	const struct row row = { .name = ent->name, .at = ent->at,
		.kind = ent->needed ? ROW_ENT : ROW_ENT_OPEN,
		.ent = ent->id + 1, .types = types_digest(NULL, 0) };

	push_rows(j, &row);
}
