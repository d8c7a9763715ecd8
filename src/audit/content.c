/* The rules of single types, and of the types at one owner. */
#include "judge.h"

#define DIGEST_SHA1 1

static void
at_most_one(struct judge *j, const struct rrset *set, enum check check)
{
	if (set->count > 1 && (set->wire == NULL || set->wires > 1))
		judge_find(j, check, set->type, set->rec[1].at,
		    "%zu records at one name", set->count);
}

static void
content_cname(struct judge *j, const struct rrset *set)
{
	at_most_one(j, set, CHECK_CNAME_MULTIPLE);
}

static void
content_dname(struct judge *j, const struct rrset *set)
{
	at_most_one(j, set, CHECK_DNAME_MULTIPLE);
}

static void
content_soa(struct judge *j, const struct rrset *set)
{
	if (!j->o->apex)
		judge_find(j, CHECK_SOA_MULTIPLE, set->type, set->rec[0].at,
		    "a SOA below the apex");
	else
		at_most_one(j, set, CHECK_SOA_MULTIPLE);
}

/* Remember a name in this zone that the record relies on. */
static void
refer(struct judge *j, const struct wire *w, size_t skip, enum check check)
{
	struct ref *ref;
	const uint8_t *target = w->bytes + skip;

	if (w->size <= skip || !wname_within(target, j->zone->apex))
		return;
	ref = batch_push_ref(j->b);
	if (ref == NULL)
		return;
	ref->check = check;
	ref->type = w->rec->type;
	ref->at = w->rec->at;
	ref->owner = j->o->name;
	ref->target = arena_copy(&j->b->arena, target, wname_size(target));
	if (ref->target == NULL) {
		j->b->refs--;
		j->b->failed = true;
	}
}

static void
content_ns(struct judge *j, const struct rrset *set)
{
	if (j->o->apex && set->wires == 1)
		judge_find(j, CHECK_NS_COUNT, set->type, set->rec[0].at,
		    "one name server only");
	for (size_t i = 0; i < set->wires; i++)
		refer(j, &set->wire[i], 0, CHECK_GLUE_MISSING);
}

static void
content_mx(struct judge *j, const struct rrset *set)
{
	for (size_t i = 0; i < set->wires; i++)
		refer(j, &set->wire[i], 2, CHECK_MX_ALIAS);
}

/* RFC 4034 §5.1.4 and the IANA registry: octets of a digest, 0 unknown. */
static size_t
digest_size(uint8_t type)
{
	switch (type) {
	case DIGEST_SHA1:
		return 20;
	case 2: /* SHA-256 */
	case 3: /* GOST R 34.11-94 */
	case 5: /* GOST R 34.11-2012 */
	case 6: /* SM3 */
		return 32;
	case 4: /* SHA-384 */
		return 48;
	}
	return 0;
}

static void
content_ds(struct judge *j, const struct rrset *set)
{
	bool sha1 = false, other = false;

	if (j->o->apex)
		judge_find(j, CHECK_DS_APEX, set->type, set->rec[0].at,
		    "a DS at the zone's own apex");
	else if (j->o->kind == OWNER_AUTHORITATIVE)
		judge_find(j, CHECK_DS_WITHOUT_NS, set->type, set->rec[0].at,
		    "a DS where no NS delegates");
	for (size_t i = 0; i < set->wires; i++) {
		const struct wire *w = &set->wire[i];
		const uint8_t type = w->size > 3 ? w->bytes[3] : 0;

		if (type == DIGEST_SHA1)
			sha1 = true;
		else
			other = true;
		if (w->size < 4 || (digest_size(type) != 0 &&
		    w->size - 4 != digest_size(type)))
			judge_find(j, CHECK_DS_DIGEST, set->type, w->rec->at,
			    "a digest of %u octets, type %u",
			    w->size < 4 ? 0 : w->size - 4, type);
	}
	if (sha1 && !other)
		judge_find(j, CHECK_DS_SHA1, set->type, set->rec[0].at,
		    "SHA-1 is the only digest");
}

static void
content_dnskey(struct judge *j, const struct rrset *set)
{
	if (!j->o->apex)
		judge_find(j, CHECK_DNSKEY_NOT_APEX, set->type,
		    set->rec[0].at, "a DNSKEY below the apex");
}

static void
content_cds(struct judge *j, const struct rrset *set)
{
	if (!j->o->apex)
		judge_find(j, CHECK_CDS_APEX, set->type, set->rec[0].at,
		    "not at the apex");
}

static void
content_nsec3param(struct judge *j, const struct rrset *set)
{
	if (!j->o->apex)
		judge_find(j, CHECK_NSEC3PARAM_APEX, set->type,
		    set->rec[0].at, "an NSEC3PARAM below the apex");
}

static void
content_deleg(struct judge *j, const struct rrset *set)
{
	if (j->o->apex)
		judge_find(j, CHECK_DELEG_APEX, set->type, set->rec[0].at,
		    "DELEG at the zone's own apex");
}

static const struct {
	uint16_t type;
	void (*rule)(struct judge *, const struct rrset *);
} rules[] = {
	{ TYPE_NS, content_ns }, { TYPE_CNAME, content_cname },
	{ TYPE_SOA, content_soa }, { TYPE_MX, content_mx },
	{ TYPE_DNAME, content_dname }, { TYPE_DS, content_ds },
	{ TYPE_DNSKEY, content_dnskey }, { TYPE_CDS, content_cds },
	{ TYPE_CDNSKEY, content_cds }, { TYPE_NSEC3PARAM, content_nsec3param },
	{ TYPE_DELEG, content_deleg },
};

static bool
address(uint16_t type)
{
	return type == TYPE_A || type == TYPE_AAAA;
}

/* Below a cut only glue is of use (RFC 2181 §6.1). */
static bool
occluded(const struct judge *j, uint16_t type)
{
	if (type == TYPE_NSEC || address(type))
		return false; /* has a check of its own, or is glue */
	if (j->o->kind == OWNER_DELEGATION)
		return type != TYPE_NS && !judge_signed_here(j, type);
	return j->o->kind == OWNER_BELOW;
}

void
judge_content(struct judge *j, const struct rrset *set)
{
	if (occluded(j, set->type))
		judge_find(j, CHECK_OCCLUDED, set->type, set->rec[0].at,
		    "never served: a delegation is above");
	if (j->o->kind == OWNER_BELOW || j->o->kind == OWNER_BELOW_DNAME)
		return;
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		if (rules[i].type == set->type)
			rules[i].rule(j, set);
}

/* RFC 2181 §10.1, and what RFC 4034 §3, §4 and RFC 2535 allow beside it. */
static bool
beside_cname(uint16_t type)
{
	return type == TYPE_CNAME || type == TYPE_RRSIG || type == TYPE_NSEC ||
	    type == 24 /* SIG */ || type == 25 /* KEY */ || type == 30 /* NXT */;
}

static void
define(struct judge *j, bool alias)
{
	struct def *def = batch_push_def(j->b);

	if (def == NULL)
		return;
	def->name = j->o->name;
	def->flags = DEF_NAME;
	for (size_t i = 0; i < j->types_count; i++)
		if (address(j->types[i]))
			def->flags |= DEF_ADDRESS;
	if (alias)
		def->flags |= DEF_ALIAS;
	if (j->o->kind == OWNER_DELEGATION)
		def->flags |= DEF_DELEGATION;
}

void
judge_owner_rules(struct judge *j)
{
	const struct place at = j->b->rec[j->o->first].at;
	bool alias = false;

	if (j->o->kind == OWNER_NSEC3)
		return;
	if (j->types_count == OWNER_TYPES_MAX)
		judge_find(j, CHECK_OWNER_TYPES, 0, at,
		    "%d types or more at one name", OWNER_TYPES_MAX);
	for (size_t i = 0; i < j->types_count; i++)
		alias = alias || j->types[i] == TYPE_CNAME;
	define(j, alias);
	if (j->o->kind == OWNER_BELOW_DNAME)
		judge_find(j, CHECK_DNAME_CHILDREN, 0, at,
		    "a DNAME is above this name");
	if (!alias || j->o->kind == OWNER_BELOW)
		return;
	for (size_t i = 0; i < j->types_count; i++) {
		if (!beside_cname(j->types[i])) {
			judge_find(j, CHECK_CNAME_OTHER, j->types[i], at,
			    "beside a CNAME");
			return;
		}
	}
}
