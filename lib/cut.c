#include <string.h>

#include "cut.h"
#include "rrtype.h"

#define OWNER_SHOWN 300

static bool
starts_with(
    const uint8_t *key, size_t len, const uint8_t *prefix, size_t prefix_len)
{
	return len >= prefix_len && memcmp(key, prefix, prefix_len) == 0;
}

int
cut_begin(struct cut *c, const char *zone, struct diag *d)
{
	const int n = namekey_from_text(zone, strlen(zone), c->key);

	if (n == -1)
		return diag_set(
		    d, STATUS_BAD, "%s: not a name (RFC 1035 §2.3.4)", zone);
	c->apex_key_len = c->key_len = (size_t)n;
	c->owner_len = 0;
	c->apex = c->occluded = c->delegation = c->denial = false;
	c->cut_set = c->begun = false;
	return 0;
}

/* Does the record stand in section two? */
static bool
is_denial(const struct zonetext_record *rec)
{
	return rec->type == RRTYPE_NSEC3 ||
	    (rec->type == RRTYPE_RRSIG && rec->rdata_len > 6 &&
		memcmp(rec->rdata, "NSEC3 ", 6) == 0);
}

bool
cut_same_owner(const struct cut *c, const struct zonetext_record *rec)
{
	return rec->owner_len == c->owner_len &&
	    memcmp(rec->owner, c->owner, c->owner_len) == 0 &&
	    is_denial(rec) == c->denial;
}

static int
refuse(const struct zonetext_record *rec, const char *why, struct diag *d)
{
	return diag_set(d, STATUS_BAD, "%.*s: %s",
	    (int)(rec->owner_len < OWNER_SHOWN ? rec->owner_len : OWNER_SHOWN),
	    rec->owner, why);
}

static int
unsorted(const struct cut *c, const struct zonetext_record *rec,
    const char *what, struct diag *d)
{
	return diag_set(d, STATUS_BAD,
	    "%.*s: not in canonical order behind %s%s: sort-zone makes it "
	    "(RFC 4034 §6.1)",
	    (int)rec->owner_len, rec->owner, what, c->owner);
}

static int
new_owner(struct cut *c, const struct zonetext_record *rec, struct diag *d)
{
	const bool denial = is_denial(rec);
	uint8_t key[NAMEKEY_MAX];
	const int n = namekey_from_text(rec->owner, rec->owner_len, key);
	const size_t len = (size_t)n;

	if (n == -1 || rec->owner_len >= sizeof(c->owner))
		return refuse(rec, "not a name (RFC 1035 §2.3.4)", d);
	if (!starts_with(key, len, c->key, c->apex_key_len))
		return refuse(rec, "not in the zone", d);
	if (!c->begun && len != c->apex_key_len)
		return refuse(rec, "before the apex (zonetext(5))", d);
	if (c->denial && !denial)
		return unsorted(c, rec, "the NSEC3 chain at ", d);
	if (c->begun && c->denial == denial &&
	    namekey_compare(key, len, c->key, c->key_len) <= 0)
		return unsorted(c, rec, "", d);
	c->begun = true;
	c->denial = denial;
	memcpy(c->key, key, len);
	c->key_len = len;
	memcpy(c->owner, rec->owner, rec->owner_len);
	c->owner[rec->owner_len] = '\0';
	c->owner_len = rec->owner_len;
	c->apex = !denial && len == c->apex_key_len;
	c->delegation = false;
	c->occluded = !denial && c->cut_set &&
	    starts_with(key, len, c->cut_key, c->cut_key_len);
	return 0;
}

/* All names below here follow before any other (RFC 4034 §6.1). */
static void
occlude_below(struct cut *c)
{
	memcpy(c->cut_key, c->key, c->key_len);
	c->cut_key_len = c->key_len;
	c->cut_set = true;
}

int
cut_record(struct cut *c, const struct zonetext_record *rec, struct diag *d)
{
	int rc = 0;

	if (!cut_same_owner(c, rec)) {
		if (new_owner(c, rec, d) == -1)
			return -1;
		rc = 1;
	}
	if (c->occluded)
		return rc;
	if (rec->type == RRTYPE_NS && !c->apex && !c->delegation) {
		c->delegation = true;
		occlude_below(c);
	} else if (rec->type == RRTYPE_DNAME) {
		occlude_below(c);
	}
	return rc;
}
