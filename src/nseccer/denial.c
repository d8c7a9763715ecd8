#include <string.h>

#include "denial.h"
#include "rrtype.h"

int
denial_is_ours(const struct zonetext_keys *keys, const char *ours, bool *mine,
    struct diag *d)
{
	const char *denial = zonetext_get(keys, "denial");

	/* none: a zone that goes insecure (jobs(5)). */
	if (denial != NULL && strcmp(denial, "nsec") != 0 &&
	    strcmp(denial, "nsec3") != 0 && strcmp(denial, "none") != 0)
		return diag_set(d, STATUS_BAD,
		    "header: denial=%s is neither nsec nor nsec3 nor none",
		    denial);
	*mine = denial == NULL || strcmp(denial, ours) == 0;
	return 0;
}

int
denial_check_type(const struct zonetext_record *rec, struct diag *d)
{
	char name[RRTYPE_TEXT_MAX];

	switch (rec->type) {
	case RRTYPE_RRSIG:
	case RRTYPE_NSEC:
	case RRTYPE_NSEC3:
	case RRTYPE_NSEC3PARAM:
		return diag_set(d, STATUS_BAD,
		    "%.*s %s: is there already: read-zone without "
		    "--keep-dnssec drops it",
		    (int)rec->owner_len, rec->owner,
		    rrtype_name(rec->type, name));
	}
	return 0;
}

void
denial_mask_types(struct typebitmap *set, bool delegation)
{
	bool ds;

	if (!delegation)
		return;
	ds = typebitmap_has(set, RRTYPE_DS);
	typebitmap_clear(set);
	typebitmap_add(set, RRTYPE_NS);
	if (ds)
		typebitmap_add(set, RRTYPE_DS);
}
