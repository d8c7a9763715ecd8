#include <stdlib.h>
#include <string.h>

#include "extsort.h"
#include "name.h"
#include "namekey.h"
#include "rrtype.h"
#include "zonecheck_parts.h"

enum { TYPE_KEY = 25 };

/* What an owner has, as bits. */
enum {
	HAS_SOA = 1 << 0,
	HAS_NS = 1 << 1,
	HAS_CNAME = 1 << 2,
	HAS_DNAME = 1 << 3,
	HAS_DS = 1 << 4,
	HAS_ADDRESS = 1 << 5,
	HAS_DNSKEY = 1 << 6,
	HAS_CDS = 1 << 7,
	HAS_CDNSKEY = 1 << 8,
	HAS_NSEC3PARAM = 1 << 9,
	HAS_ZONEMD = 1 << 10,
	HAS_DATA = 1 << 11,  /* anything but RRSIG and NSEC */
	HAS_OTHER = 1 << 12, /* anything that may not stand beside a CNAME */
	TWO_SOA = 1 << 13,
	TWO_CNAME = 1 << 14,
	TWO_DNAME = 1 << 15,
};

static const struct type_bits {
	uint16_t type;
	unsigned has, two;
} type_bits[] = {
	{ RRTYPE_A, HAS_ADDRESS, 0 },
	{ RRTYPE_NS, HAS_NS, 0 },
	{ RRTYPE_CNAME, HAS_CNAME, TWO_CNAME },
	{ RRTYPE_SOA, HAS_SOA, TWO_SOA },
	{ RRTYPE_AAAA, HAS_ADDRESS, 0 },
	{ RRTYPE_DNAME, HAS_DNAME, TWO_DNAME },
	{ RRTYPE_DS, HAS_DS, 0 },
	{ RRTYPE_DNSKEY, HAS_DNSKEY, 0 },
	{ RRTYPE_NSEC3PARAM, HAS_NSEC3PARAM, 0 },
	{ RRTYPE_CDS, HAS_CDS, 0 },
	{ RRTYPE_CDNSKEY, HAS_CDNSKEY, 0 },
	{ RRTYPE_ZONEMD, HAS_ZONEMD, 0 },
};

struct scope {
	bool active;
	uint8_t key[NAMEKEY_MAX];
	size_t len;
};

struct zonecheck {
	zonecheck_found *found;
	void *ctx;
	char apex[NAME_TEXT_MAX];
	bool has_owner;
	char owner[NAME_TEXT_MAX];
	uint8_t key[NAMEKEY_MAX];
	size_t key_len;
	unsigned has;
	bool occluded; /* below a zone cut */
	bool below_dname;
	unsigned apex_has;  /* as has, once the apex is complete */
	struct scope cut;   /* the delegation that we are in */
	struct scope dname; /* the DNAME that we are below */
	struct servers *servers;
};

/* Where a rule holds. */
enum { AT_APEX = 1, BELOW_APEX = 2, ANYWHERE = 3 };

/*
 * A rule about an owner: broken where it has all of the bits of all and none
 * of the bits of none.
 */
static const struct owner_rule {
	const char *name;
	enum zonecheck_severity severity;
	int where;
	unsigned all, none;
	uint16_t type;
	const char *what, *rule;
} owner_rules[] = {
	{ "soa-two", ZONECHECK_ERROR, ANYWHERE, TWO_SOA, 0, RRTYPE_SOA,
	    "more than one", "RFC 1035 §5.2" },
	{ "soa-not-apex", ZONECHECK_ERROR, BELOW_APEX, HAS_SOA, 0, RRTYPE_SOA,
	    "not at the apex", "RFC 1035 §5.2" },
	{ "cname-two", ZONECHECK_ERROR, ANYWHERE, TWO_CNAME, 0, RRTYPE_CNAME,
	    "more than one", "RFC 2181 §10.1" },
	{ "cname-dname", ZONECHECK_ERROR, ANYWHERE, HAS_CNAME | HAS_DNAME, 0,
	    RRTYPE_DNAME, "beside a CNAME", "RFC 6672 §2.4" },
	{ "cname-other-data", ZONECHECK_ERROR, ANYWHERE, HAS_CNAME | HAS_OTHER,
	    HAS_DNAME, RRTYPE_CNAME, "beside other data",
	    "RFC 1034 §3.6.2, RFC 4035 §2.5" },
	{ "dname-two", ZONECHECK_ERROR, ANYWHERE, TWO_DNAME, 0, RRTYPE_DNAME,
	    "more than one", "RFC 6672 §2.4" },
	{ "dname-ns", ZONECHECK_ERROR, BELOW_APEX, HAS_DNAME | HAS_NS, 0,
	    RRTYPE_DNAME, "beside NS below the apex", "RFC 6672 §2.3" },
	{ "ds-apex", ZONECHECK_ERROR, AT_APEX, HAS_DS, 0, RRTYPE_DS,
	    "at the apex", "RFC 4035 §2.4" },
	{ "ds-without-ns", ZONECHECK_ERROR, BELOW_APEX, HAS_DS, HAS_NS,
	    RRTYPE_DS, "where no NS is", "RFC 4035 §2.4" },
	{ "dnskey-not-apex", ZONECHECK_WARNING, BELOW_APEX, HAS_DNSKEY, 0,
	    RRTYPE_DNSKEY, "not at the apex: it keys nothing",
	    "RFC 4035 §2.1" },
	{ "cds-not-apex", ZONECHECK_WARNING, BELOW_APEX, HAS_CDS, 0, RRTYPE_CDS,
	    "not at the apex: nobody asks for it", "RFC 7344 §4.1" },
	{ "cdnskey-not-apex", ZONECHECK_WARNING, BELOW_APEX, HAS_CDNSKEY, 0,
	    RRTYPE_CDNSKEY, "not at the apex: nobody asks for it",
	    "RFC 7344 §4.1" },
	{ "nsec3param-not-apex", ZONECHECK_WARNING, BELOW_APEX, HAS_NSEC3PARAM,
	    0, RRTYPE_NSEC3PARAM, "not at the apex: it means nothing",
	    "RFC 5155 §4" },
	{ "zonemd-not-apex", ZONECHECK_WARNING, BELOW_APEX, HAS_ZONEMD, 0,
	    RRTYPE_ZONEMD, "not at the apex: it digests nothing",
	    "RFC 8976 §2" },
};

static void
tell(struct zonecheck *zc, const char *name, enum zonecheck_severity severity,
    const char *owner, uint16_t type, const char *what, const char *rule)
{
	const struct zonecheck_finding f = { name, severity, owner, type, what,
		rule };

	zc->found(zc->ctx, &f);
}

int
zonecheck_open(struct zonecheck **out, const char *folder, struct diag *d)
{
	struct zonecheck *zc = calloc(1, sizeof(*zc));

	if (zc == NULL)
		return diag_system(d, "check");
	if (servers_open(&zc->servers, folder, d) == -1) {
		free(zc);
		return -1;
	}
	*out = zc;
	return 0;
}

int
zonecheck_begin(struct zonecheck *zc, const char *apex, zonecheck_found *found,
    void *ctx, struct diag *d)
{
	zc->found = found;
	zc->ctx = ctx;
	zc->has_owner = false;
	zc->apex_has = 0;
	zc->cut.active = zc->dname.active = false;
	if (name_canonical(apex, strlen(apex), zc->apex) == -1)
		return diag_set(d, STATUS_BAD, "%.300s: not a name", apex);
	servers_begin(zc->servers, zc->apex);
	return 0;
}

static bool
scope_holds(struct scope *s, const uint8_t *key, size_t len)
{
	if (s->active && (len <= s->len || memcmp(key, s->key, s->len) != 0))
		s->active = false;
	return s->active;
}

static void
scope_set(struct scope *s, const uint8_t *key, size_t len)
{
	s->active = true;
	memcpy(s->key, key, len);
	s->len = len;
}

static void
check_owner_rules(struct zonecheck *zc)
{
	const int where = zc->key_len == 0 ? AT_APEX : BELOW_APEX;
	const size_t n = sizeof(owner_rules) / sizeof(*owner_rules);

	for (const struct owner_rule *r = owner_rules; r < owner_rules + n; r++)
		if ((r->where & where) != 0 && (zc->has & r->all) == r->all &&
		    (zc->has & r->none) == 0)
			tell(zc, r->name, r->severity, zc->owner, r->type,
			    r->what, r->rule);
	/* A DNAME below a cut is the child's, as is all beside it. */
	if (zc->below_dname && !zc->occluded && (zc->has & HAS_DATA) != 0)
		tell(zc, "dname-below", ZONECHECK_ERROR, zc->owner, 0,
		    "below a DNAME", "RFC 6672 §2.4");
}

/* All RRsets of the owner were seen. */
static int
finish_owner(struct zonecheck *zc, struct diag *d)
{
	if (!zc->has_owner)
		return 0;
	zc->has_owner = false;
	check_owner_rules(zc);
	if (zc->key_len == 0)
		zc->apex_has = zc->has;
	else if ((zc->has & HAS_NS) != 0 && !zc->occluded)
		scope_set(&zc->cut, zc->key, zc->key_len);
	if ((zc->has & HAS_DNAME) != 0 && !zc->occluded && !zc->dname.active)
		scope_set(&zc->dname, zc->key, zc->key_len);
	if ((zc->has & HAS_ADDRESS) != 0)
		return servers_address(
		    zc->servers, zc->key, zc->key_len, !zc->occluded, d);
	return 0;
}

int
zonecheck_owner(struct zonecheck *zc, const char *owner, size_t owner_len,
    const uint8_t *key, size_t key_len, struct diag *d)
{
	if (finish_owner(zc, d) == -1)
		return -1;
	if (owner_len >= sizeof(zc->owner) || key_len > sizeof(zc->key))
		return diag_set(d, STATUS_BAD, "an owner that is no name");
	zc->has_owner = true;
	zc->has = 0;
	memcpy(zc->owner, owner, owner_len);
	zc->owner[owner_len] = '\0';
	memcpy(zc->key, key, key_len);
	zc->key_len = key_len;
	zc->occluded = scope_holds(&zc->cut, key, key_len);
	zc->below_dname = scope_holds(&zc->dname, key, key_len);
	return 0;
}

static unsigned
bits_of(const struct zonecheck_rrset *set)
{
	unsigned bits = 0;

	for (size_t i = 0; i < sizeof(type_bits) / sizeof(*type_bits); i++)
		if (type_bits[i].type == set->type)
			bits = type_bits[i].has |
			    (set->records > 1 ? type_bits[i].two : 0);
	if (set->type == RRTYPE_RRSIG || set->type == RRTYPE_NSEC)
		return bits;
	bits |= HAS_DATA;
	/* RFC 4035 §2.5, RFC 3007: KEY may stand beside a CNAME. */
	if (set->type != RRTYPE_CNAME && set->type != TYPE_KEY)
		bits |= HAS_OTHER;
	return bits;
}

void
zonecheck_rrset(struct zonecheck *zc, const struct zonecheck_rrset *set)
{
	zc->has |= bits_of(set);
	if (set->octets > 65535)
		tell(zc, "rrset-size", ZONECHECK_ERROR, zc->owner, set->type,
		    "the RRset is longer than a message of 65535 octets",
		    "RFC 1035 §4.2.2");
	if (set->duplicates > 0)
		tell(zc, "duplicate", ZONECHECK_WARNING, zc->owner, set->type,
		    "given more than once: left out", "RFC 2181 §5");
	if (set->ttl_min != set->ttl_max && set->type != RRTYPE_RRSIG)
		tell(zc, "ttl-differs", ZONECHECK_WARNING, zc->owner, set->type,
		    "TTLs differ inside the RRset: the lowest is used",
		    "RFC 2181 §5.2");
}

int
zonecheck_server(
    struct zonecheck *zc, const char *name, size_t len, struct diag *d)
{
	if (zc->occluded)
		return 0;
	return servers_name(zc->servers, name, len, zc->key, zc->key_len, d);
}

/* A server of the zone that has no address in it. */
static void
without_address(void *ctx, const char *server, const char *owner)
{
	struct zonecheck *zc = ctx;
	char what[NAME_TEXT_MAX + 40] = "no address in the zone for ";

	strncat(what, server, NAME_TEXT_MAX);
	tell(zc, "glue-missing", ZONECHECK_WARNING, owner, RRTYPE_NS, what,
	    "RFC 1034 §4.2.1");
}

int
zonecheck_end(struct zonecheck *zc, struct diag *d)
{
	if (finish_owner(zc, d) == -1)
		return -1;
	if ((zc->apex_has & HAS_SOA) == 0)
		tell(zc, "soa-missing", ZONECHECK_ERROR, zc->apex, RRTYPE_SOA,
		    "none at the apex", "RFC 1035 §5.2");
	if ((zc->apex_has & HAS_NS) == 0)
		tell(zc, "ns-missing", ZONECHECK_ERROR, zc->apex, RRTYPE_NS,
		    "none at the apex", "RFC 1034 §4.2.1");
	return servers_end(zc->servers, without_address, zc, d);
}

void
zonecheck_close(struct zonecheck *zc)
{
	if (zc == NULL)
		return;
	servers_close(zc->servers);
	free(zc);
}
