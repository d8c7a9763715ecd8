#include <string.h>

#include "order.h"
#include "rrtype.h"

void
order_begin(struct order *o)
{
	o->begun = o->denial = false;
	o->key_len = o->owner_len = 0;
}

/* Does the record stand in section two? */
static bool
is_denial(const struct zonetext_record *rec)
{
	return rec->type == RRTYPE_NSEC3 ||
	    (rec->type == RRTYPE_RRSIG && rec->rdata_len > 6 &&
		memcmp(rec->rdata, "NSEC3 ", 6) == 0);
}

static int
unsorted(const struct order *o, const struct zonetext_record *rec,
    const char *what, struct diag *d)
{
	return diag_set(d, STATUS_BAD,
	    "%.*s: %s %.*s: not in canonical order, pipe it through sort-zone "
	    "(RFC 4034 §6.1)",
	    (int)rec->owner_len, rec->owner, what, (int)o->owner_len, o->owner);
}

int
order_next(struct order *o, const struct zonetext_record *rec, struct diag *d)
{
	uint8_t key[NAMEKEY_MAX];
	const bool denial = is_denial(rec);
	int len;

	if (o->denial && !denial)
		return unsorted(o, rec, "behind the NSEC3 chain at", d);
	if (o->begun && o->denial == denial && rec->owner_len == o->owner_len &&
	    memcmp(rec->owner, o->owner, o->owner_len) == 0)
		return 0;
	if (rec->owner_len >= sizeof(o->owner) ||
	    (len = namekey_from_text(rec->owner, rec->owner_len, key)) == -1)
		return diag_set(d, STATUS_BAD,
		    "%.*s: not a name (RFC 1035 §2.3.4)",
		    (int)(rec->owner_len > 300 ? 300 : rec->owner_len),
		    rec->owner);
	if (o->begun && o->denial == denial &&
	    namekey_compare(key, (size_t)len, o->key, o->key_len) <= 0)
		return unsorted(o, rec, "behind", d);
	o->begun = true;
	o->denial = denial;
	memcpy(o->key, key, (size_t)len);
	o->key_len = (size_t)len;
	memcpy(o->owner, rec->owner, rec->owner_len);
	o->owner[rec->owner_len] = '\0';
	o->owner_len = rec->owner_len;
	return 1;
}
