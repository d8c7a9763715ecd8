#include <string.h>

#include "cut.h"
#include "rrtype.h"

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
	c->apex = c->occluded = c->delegation = false;
	c->cut_set = c->begun = false;
	return 0;
}

static int
new_owner(struct cut *c, const struct zonetext_record *rec, struct diag *d)
{
	uint8_t key[NAMEKEY_MAX];
	const int n = namekey_from_text(rec->owner, rec->owner_len, key);
	const size_t len = (size_t)n;

	if (n == -1 || rec->owner_len >= sizeof(c->owner))
		return diag_set(d, STATUS_BAD,
		    "%.*s: not a name (RFC 1035 §2.3.4)", (int)rec->owner_len,
		    rec->owner);
	if (!starts_with(key, len, c->key, c->apex_key_len))
		return diag_set(d, STATUS_BAD, "%.*s: not in the zone",
		    (int)rec->owner_len, rec->owner);
	if (!c->begun && len != c->apex_key_len)
		return diag_set(d, STATUS_BAD,
		    "%.*s: before the apex (zonetext(5))", (int)rec->owner_len,
		    rec->owner);
	if (c->begun && namekey_compare(key, len, c->key, c->key_len) <= 0)
		return diag_set(d, STATUS_BAD,
		    "%.*s: not in canonical order behind %s: sort-zone makes "
		    "it (RFC 4034 §6.1)",
		    (int)rec->owner_len, rec->owner, c->owner);
	c->begun = true;
	memcpy(c->key, key, len);
	c->key_len = len;
	memcpy(c->owner, rec->owner, rec->owner_len);
	c->owner[rec->owner_len] = '\0';
	c->owner_len = rec->owner_len;
	c->apex = len == c->apex_key_len;
	c->delegation = false;
	c->occluded =
	    c->cut_set && starts_with(key, len, c->cut_key, c->cut_key_len);
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

	if (rec->owner_len != c->owner_len ||
	    memcmp(rec->owner, c->owner, c->owner_len) != 0) {
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
