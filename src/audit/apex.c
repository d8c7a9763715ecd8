#include <stdlib.h>
#include <string.h>

#include "apex.h"

#define RESPONSE_MAX 1232 /* RFC 9715 §3.1 */

/* The apex while it is read. */
struct apex {
	struct zone *zone;
	struct batch *b;
	const struct owner *o;
	struct rdata_parser *parser;
	uint8_t *rdata; /* RDATA_MAX octets */
	size_t dnskey_size;
};

static uint32_t
u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

static void
load_soa(struct apex *a, const struct rec *r, size_t size)
{
	struct zone *z = a->zone;
	const size_t mname = wname_length(a->rdata, size);
	const size_t rname = mname == 0 ? 0 :
	    wname_length(a->rdata + mname, size - mname);
	const uint8_t *numbers = a->rdata + mname + rname;

	if (z->soa_known || rname == 0 || size != mname + rname + 20)
		return;
	z->soa_known = true;
	z->soa_ttl = r->ttl;
	z->serial = u32(numbers);
	z->expire = u32(numbers + 12);
	z->minimum = u32(numbers + 16);
	z->soa_at = r->at;
	memcpy(z->soa_mname, a->rdata, mname);
	/* RFC 9077 §3 */
	z->denial_ttl = z->minimum < z->soa_ttl ? z->minimum : z->soa_ttl;
}

static void
check_rsa(struct apex *a, const struct rec *r, const struct key *k)
{
	const uint8_t *exponent, *modulus;
	size_t exponent_size, modulus_size;
	const unsigned bits = key_modulus_bits(k), least = k->algorithm == 10 ? 1024 :
								       512;
	bool large;

	if (!key_rsa_parts(k, &exponent, &exponent_size, &modulus,
		&modulus_size))
		return;
	if (bits < least || bits > 4096)
		finding_add(&a->b->found, CHECK_DNSKEY_RSA_SIZE, a->o->name,
		    r->type, r->at, "key %u: a modulus of %u bits", k->tag,
		    bits);
	large = exponent_size > 5 ||
	    (exponent_size == 5 && exponent[0] > 1); /* above 2^33 */
	if (exponent[0] == 0 || modulus[0] == 0)
		finding_add(&a->b->found, CHECK_DNSKEY_RSA_EXPONENT,
		    a->o->name, r->type, r->at,
		    "key %u: leading zero octets", k->tag);
	else if (large || (exponent_size == 1 && exponent[0] < 3) ||
	    (exponent[exponent_size - 1] & 1) == 0)
		finding_add(&a->b->found, CHECK_DNSKEY_RSA_EXPONENT,
		    a->o->name, r->type, r->at, "key %u: an exponent that "
		    "validators refuse", k->tag);
}

/* Which algorithms must and should not sign any more (RFC 8624 §3.1). */
static bool
deprecated(uint8_t algorithm)
{
	return algorithm == 1 || algorithm == 3 || algorithm == 5 ||
	    algorithm == 6 || algorithm == 7 || algorithm == 12;
}

static void
check_key(struct apex *a, const struct rec *r, const struct key *k)
{
	struct findings *f = &a->b->found;
	const uint8_t *owner = a->o->name;

	if (k->protocol != 3)
		finding_add(f, CHECK_DNSKEY_PROTOCOL, owner, r->type, r->at,
		    "key %u: protocol %u", k->tag, k->protocol);
	if ((k->flags & DNSKEY_ZONE) == 0)
		finding_add(f, CHECK_DNSKEY_ZONE_BIT, owner, r->type, r->at,
		    "key %u: flags %u, without the ZONE bit", k->tag,
		    k->flags);
	if ((k->flags & ~(DNSKEY_ZONE | DNSKEY_SEP | DNSKEY_REVOKE)) != 0)
		finding_add(f, CHECK_DNSKEY_FLAGS, owner, r->type, r->at,
		    "key %u: flags %u", k->tag, k->flags);
	if (deprecated(k->algorithm))
		finding_add(f, CHECK_DNSKEY_ALGORITHM, owner, r->type, r->at,
		    "key %u: algorithm %u", k->tag, k->algorithm);
	if (algorithm_supported(k->algorithm) && !key_usable(k))
		finding_add(f, CHECK_DNSKEY_MALFORMED, owner, r->type, r->at,
		    "key %u: no public key of algorithm %u", k->tag,
		    k->algorithm);
	else if (k->algorithm == 5 || k->algorithm == 7 || k->algorithm == 8 ||
	    k->algorithm == 10)
		check_rsa(a, r, k);
	for (size_t i = 0; i < a->zone->keys.count; i++) {
		const struct key *other = &a->zone->keys.key[i];

		if (other != k && other->published && other->tag == k->tag &&
		    other->algorithm == k->algorithm)
			finding_add(f, CHECK_DNSKEY_TAGS, owner, r->type,
			    r->at, "two keys of algorithm %u have tag %u",
			    k->algorithm, k->tag);
	}
}

static void
require_algorithm(struct zone *z, uint8_t algorithm)
{
	for (size_t i = 0; i < z->algorithms_count; i++)
		if (z->algorithms[i] == algorithm)
			return;
	z->algorithms[z->algorithms_count++] = algorithm;
}

static void
load_dnskey(struct apex *a, const struct rec *r, size_t size)
{
	struct zone *z = a->zone;
	const int i = keyset_add(&z->keys, a->rdata, size);
	struct key *k;

	z->signed_ = true;
	z->dnskey_ttl = r->ttl;
	z->dnskey_at = r->at;
	a->dnskey_size += size + 12; /* a compressed owner, the fixed fields */
	if (i == -1) {
		finding_add(&a->b->found, size < 4 ? CHECK_DNSKEY_MALFORMED :
		    CHECK_DNSKEY_COUNT, a->o->name, r->type, r->at,
		    size < 4 ? "too short for a DNSKEY" :
			       "more than %d keys", KEYS_MAX);
		return;
	}
	k = &z->keys.key[i];
	if (k->published)
		return; /* a duplicate */
	k->published = true;
	z->published |= UINT64_C(1) << i;
	z->algorithm_known[k->algorithm] = true;
	check_key(a, r, k);
	if ((k->flags & DNSKEY_ZONE) == 0 || k->protocol != 3)
		return;
	z->usable |= UINT64_C(1) << i;
	if ((k->flags & DNSKEY_REVOKE) == 0)
		require_algorithm(z, k->algorithm);
}

static void
load_nsec3param(struct apex *a, const struct rec *r, size_t size)
{
	struct zone *z = a->zone;
	struct findings *f = &a->b->found;
	const uint8_t *p = a->rdata, *owner = a->o->name;
	struct chain *c;
	uint16_t iterations;

	if (size < 5 || size != 5 + (size_t)p[4])
		return; /* told as syntax */
	iterations = (uint16_t)(p[2] << 8 | p[3]);
	if (p[0] != 1)
		finding_add(f, CHECK_NSEC3_ALGORITHM, owner, r->type, r->at,
		    "hash algorithm %u", p[0]);
	if (p[1] != 0)
		finding_add(f, CHECK_NSEC3PARAM_FLAGS, owner, r->type, r->at,
		    "flags %u", p[1]);
	if (iterations > 50)
		finding_add(f, CHECK_NSEC3_ITERATIONS_LIMIT, owner, r->type,
		    r->at, "%u iterations%s", iterations, iterations >
		    ITERATIONS_HASHED ? ": names are not hashed" : "");
	else if (iterations > 0)
		finding_add(f, CHECK_NSEC3_ITERATIONS, owner, r->type, r->at,
		    "%u iterations", iterations);
	if (p[4] > 0)
		finding_add(f, CHECK_NSEC3_SALT, owner, r->type, r->at,
		    "a salt of %u octets", p[4]);
	for (size_t i = 0; i < z->keys.count; i++) {
		const uint8_t algorithm = z->keys.key[i].algorithm;

		/* RFC 5155 §2: their validators do not know NSEC3. */
		if (z->keys.key[i].published && (algorithm == 1 ||
		    algorithm == 3 || algorithm == 5 || algorithm == 6)) {
			finding_add(f, CHECK_NSEC3_KEY_ALGORITHM, owner,
			    r->type, r->at, "key %u is of algorithm %u",
			    z->keys.key[i].tag, algorithm);
			break;
		}
	}
	if (z->chains == CHAINS_MAX) {
		finding_add(f, CHECK_NSEC3PARAM_COUNT, owner, r->type, r->at,
		    "more than %d chains", CHAINS_MAX);
		return;
	}
	c = &z->chain[z->chains++];
	*c = (struct chain){ .algorithm = p[0], .iterations = iterations,
		.salt_size = p[4] };
	memcpy(c->salt, p + 5, p[4]);
}

static void
load_zonemd(struct apex *a, const struct rec *r, size_t size)
{
	struct zone *z = a->zone;
	struct zone_digest *g;

	/* RFC 8976 §2.2.4: a digest has 12 octets at least. */
	if (size < 6 + 12 || size > 6 + 255) {
		finding_add(&a->b->found, CHECK_ZONEMD_MALFORMED, a->o->name,
		    r->type, r->at, "a digest of %zu octets",
		    size < 6 ? 0 : size - 6);
		return;
	}
	if (z->digests == DIGESTS_MAX)
		return;
	g = &z->digest[z->digests++];
	*g = (struct zone_digest){ .serial = u32(a->rdata),
		.scheme = a->rdata[4], .algorithm = a->rdata[5],
		.size = (uint8_t)(size - 6), .at = r->at };
	memcpy(g->bytes, a->rdata + 6, size - 6 < sizeof(g->bytes) ? size - 6 :
	    sizeof(g->bytes));
}

/* --- CDS and CDNSKEY ------------------------------------------------------- */

/* RFC 8078 §4: "0 0 0 00", "0 3 0 AA==", and nothing beside it. */
static bool
is_delete(const struct wire *w, uint16_t type)
{
	static const uint8_t cds[5] = { 0, 0, 0, 0, 0 };
	static const uint8_t cdnskey[5] = { 0, 0, 3, 0, 0 };

	return w->size == 5 &&
	    memcmp(w->bytes, type == TYPE_CDS ? cds : cdnskey, 5) == 0;
}

/* Algorithm 0 is the delete request, well formed or not. */
static bool
means_delete(const struct wire *w, uint16_t type)
{
	return w->size >= 4 && w->bytes[type == TYPE_CDS ? 2 : 3] == 0;
}

struct cds_sets {
	struct wire cds[KEYS_MAX], cdnskey[KEYS_MAX];
	size_t cds_count, cdnskey_count;
	bool cds_delete, cdnskey_delete;
};

static void
load_cds(struct apex *a, struct cds_sets *sets, const struct rec *r,
    size_t size)
{
	const bool is_cds = r->type == TYPE_CDS;
	struct wire *wire = is_cds ? sets->cds : sets->cdnskey;
	size_t *count = is_cds ? &sets->cds_count : &sets->cdnskey_count;
	bool *delete = is_cds ? &sets->cds_delete : &sets->cdnskey_delete;
	struct wire w = { a->rdata, (uint32_t)size, r };

	if (means_delete(&w, r->type)) {
		*delete = true;
		if (!is_delete(&w, r->type))
			finding_add(&a->b->found, CHECK_CDS_DELETE, a->o->name,
			    r->type, r->at, "algorithm 0, but not the delete "
			    "request");
		return;
	}
	if (*count == KEYS_MAX)
		return;
	w.bytes = arena_copy(&a->b->arena, a->rdata, size);
	if (w.bytes == NULL)
		a->b->failed = true;
	else
		wire[(*count)++] = w;
}

static void
check_cdnskeys(struct apex *a, const struct cds_sets *sets)
{
	for (size_t i = 0; i < sets->cdnskey_count; i++) {
		const struct wire *w = &sets->cdnskey[i];
		const int k = keyset_find(&a->zone->keys, w->bytes, w->size);

		if (k == -1 || !a->zone->keys.key[k].published)
			finding_add(&a->b->found, CHECK_CDNSKEY_DNSKEY,
			    a->o->name, w->rec->type, w->rec->at,
			    "no such DNSKEY is published");
	}
}

static void
check_cdss(struct apex *a, const struct cds_sets *sets)
{
	for (size_t i = 0; i < sets->cds_count; i++) {
		const struct wire *w = &sets->cds[i];
		const uint64_t keys = ds_matches(&a->zone->keys, a->zone->apex,
		    w->bytes, w->size);

		if ((keys & a->zone->published) == 0)
			finding_add(&a->b->found, CHECK_CDS_DNSKEY,
			    a->o->name, w->rec->type, w->rec->at,
			    "no published DNSKEY has this digest");
	}
}

/* RFC 7344 §4: if both are there, they must say the same. */
static void
compare_cds(struct apex *a, const struct cds_sets *sets)
{
	struct keyset keys = { .count = 0 };
	uint64_t named = 0, all;
	const struct wire *first = sets->cds_count > 0 ? sets->cds :
							 sets->cdnskey;

	if (sets->cds_delete != sets->cdnskey_delete) {
		finding_add(&a->b->found, CHECK_CDS_CDNSKEY, a->o->name,
		    TYPE_CDS, first->rec != NULL ? first->rec->at :
		    a->b->rec[a->o->first].at, "only one of CDS and CDNSKEY "
		    "asks to delete");
		return;
	}
	if (sets->cds_count == 0 || sets->cdnskey_count == 0)
		return;
	for (size_t i = 0; i < sets->cdnskey_count; i++)
		(void)keyset_add(&keys, sets->cdnskey[i].bytes,
		    sets->cdnskey[i].size);
	all = keys.count == KEYS_MAX ? UINT64_MAX :
				       (UINT64_C(1) << keys.count) - 1;
	for (size_t i = 0; i < sets->cds_count; i++) {
		const uint64_t m = ds_matches(&keys, a->zone->apex,
		    sets->cds[i].bytes, sets->cds[i].size);

		if (m == 0)
			finding_add(&a->b->found, CHECK_CDS_CDNSKEY,
			    a->o->name, TYPE_CDS, sets->cds[i].rec->at,
			    "no CDNSKEY has this digest");
		named |= m;
	}
	for (size_t i = 0; i < keys.count; i++)
		if ((all & ~named & UINT64_C(1) << i) != 0)
			finding_add(&a->b->found, CHECK_CDS_CDNSKEY,
			    a->o->name, TYPE_CDNSKEY, first->rec->at,
			    "no CDS names CDNSKEY %u", keys.key[i].tag);
	keyset_free(&keys);
}

static void
check_cds(struct apex *a, const struct cds_sets *sets)
{
	const bool cds = sets->cds_count > 0 || sets->cds_delete;
	const bool cdnskey = sets->cdnskey_count > 0 || sets->cdnskey_delete;
	const struct place at = a->b->rec[a->o->first].at;

	if (!cds && !cdnskey)
		return;
	if ((sets->cds_delete && sets->cds_count > 0) ||
	    (sets->cdnskey_delete && sets->cdnskey_count > 0))
		finding_add(&a->b->found, CHECK_CDS_DELETE, a->o->name,
		    TYPE_CDS, at, "a delete request beside other records");
	check_cdnskeys(a, sets);
	check_cdss(a, sets);
	if (cds && cdnskey)
		compare_cds(a, sets);
	else
		finding_add(&a->b->found, CHECK_CDS_ALONE, a->o->name,
		    cds ? TYPE_CDS : TYPE_CDNSKEY, at, "%s without %s",
		    cds ? "CDS" : "CDNSKEY", cds ? "CDNSKEY" : "CDS");
}

/* --- the whole ------------------------------------------------------------- */

static void
check_size(struct apex *a, const struct rec *last)
{
	size_t size = 12 + wname_size(a->zone->apex) + 4 + 11 + a->dnskey_size;

	for (size_t i = 0; i < a->o->count; i++) {
		const struct rec *r = &a->b->rec[a->o->first + i];
		const char *why;
		int n;

		if (r->type != TYPE_RRSIG || r->covered != TYPE_DNSKEY)
			continue;
		n = rdata_parse(a->parser, r->type, r->rdata, r->rdata_size,
		    r->origin, a->rdata, &why);
		if (n > 0)
			size += (size_t)n + 12;
	}
	if (size > RESPONSE_MAX)
		finding_add(&a->b->found, CHECK_DNSKEY_SIZE, a->o->name,
		    TYPE_DNSKEY, last->at, "the answer has %zu octets", size);
}

static void
load_type(struct apex *a, uint16_t type, struct cds_sets *sets)
{
	const struct rec *last = NULL;

	for (size_t i = 0; i < a->o->count; i++) {
		const struct rec *r = &a->b->rec[a->o->first + i];
		const char *why;
		int n;

		if (r->type != type)
			continue;
		n = rdata_parse(a->parser, type, r->rdata, r->rdata_size,
		    r->origin, a->rdata, &why);
		if (n == -1)
			continue; /* told as syntax by the worker */
		last = r;
		switch (type) {
		case TYPE_SOA:
			load_soa(a, r, (size_t)n);
			break;
		case TYPE_DNSKEY:
			load_dnskey(a, r, (size_t)n);
			break;
		case TYPE_NSEC3PARAM:
			load_nsec3param(a, r, (size_t)n);
			break;
		case TYPE_ZONEMD:
			load_zonemd(a, r, (size_t)n);
			break;
		default:
			load_cds(a, sets, r, (size_t)n);
			break;
		}
	}
	if (type == TYPE_DNSKEY && last != NULL)
		check_size(a, last);
}

static bool
has_type(const struct apex *a, uint16_t type)
{
	for (size_t i = 0; i < a->o->count; i++)
		if (a->b->rec[a->o->first + i].type == type)
			return true;
	return false;
}

int
apex_load(struct zone *zone, struct batch *b, const struct owner *o,
    struct rdata_parser *parser)
{
	/* DNSKEY before what refers to it. */
	static const uint16_t types[] = { TYPE_SOA, TYPE_DNSKEY,
		TYPE_NSEC3PARAM, TYPE_ZONEMD, TYPE_CDS, TYPE_CDNSKEY };
	struct apex a = { .zone = zone, .b = b, .o = o, .parser = parser };
	struct cds_sets *sets = calloc(1, sizeof(*sets));
	int rc = -1;

	a.rdata = malloc(RDATA_MAX);
	if (a.rdata == NULL || sets == NULL)
		goto out;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		load_type(&a, types[i], sets);
	zone->nsec = has_type(&a, TYPE_NSEC);
	check_cds(&a, sets);
	if (!has_type(&a, TYPE_NS))
		finding_add(&b->found, CHECK_NS_MISSING, o->name, TYPE_NS,
		    b->rec[o->first].at, "the zone has no name server");
	rc = 0;
out:
	free(a.rdata);
	free(sets);
	return rc;
}

void
apex_reset(struct zone *zone)
{
	const struct settings *set = zone->set;
	const struct rtypes *types = zone->types;

	keyset_free(&zone->keys);
	memset(zone, 0, sizeof(*zone));
	zone->set = set;
	zone->types = types;
}

void
apex_finish(const struct zone *zone, const struct stats *stats,
    struct place at, struct findings *found)
{
	const uint64_t signers = stats->dnskey_mask;

	for (size_t i = 0; i < zone->keys.count; i++) {
		const struct key *k = &zone->keys.key[i];

		if (k->published && (k->flags & DNSKEY_REVOKE) != 0 &&
		    (signers & UINT64_C(1) << i) == 0)
			finding_add(found, CHECK_DNSKEY_REVOKED_UNSIGNED,
			    zone->apex, TYPE_DNSKEY, at,
			    "key %u is revoked without its signature", k->tag);
	}
	if (stats->cds_mask != 0 && (stats->cds_mask & signers) == 0)
		finding_add(found, CHECK_CDS_SIGNER, zone->apex, TYPE_CDS, at,
		    "no key that signs CDS signs the DNSKEY set");
	if (stats->cdnskey_mask != 0 && (stats->cdnskey_mask & signers) == 0)
		finding_add(found, CHECK_CDS_SIGNER, zone->apex, TYPE_CDNSKEY,
		    at, "no key that signs CDNSKEY signs the DNSKEY set");
}
