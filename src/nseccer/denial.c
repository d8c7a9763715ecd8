#include <string.h>

#include "denial.h"
#include "rrtype.h"
#include "soatext.h"

int
denial_begin(struct denial *dn, const char *zone,
    const struct zonetext_keys *keys, const char *ours, struct diag *d)
{
	const char *denial = zonetext_get(keys, "denial");

	dn->zone = zone;
	/* none: a zone that goes insecure (jobs(5)). */
	if (denial != NULL && strcmp(denial, "nsec") != 0 &&
	    strcmp(denial, "nsec3") != 0 && strcmp(denial, "none") != 0)
		return diag_set(d, STATUS_BAD,
		    "header: denial=%s is neither nsec nor nsec3 nor none",
		    denial);
	dn->mine = denial == NULL || strcmp(denial, ours) == 0;
	return dn->mine ? cut_begin(&dn->cut, zone, d) : 0;
}

/* Records that signing makes may not be there yet. */
static int
check_type(const struct zonetext_record *rec, struct diag *d)
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

static int
read_soa(struct denial *dn, const struct zonetext_record *rec, struct diag *d)
{
	struct soatext soa;

	if (soatext_parse(rec, dn->zone, &soa, d) == -1)
		return -1;
	dn->ttl = soatext_denial_ttl(rec, &soa);
	return 0;
}

int
denial_record(
    struct denial *dn, const struct zonetext_record *rec, struct diag *d)
{
	if (check_type(rec, d) == -1 ||
	    (!dn->cut.begun && read_soa(dn, rec, d) == -1))
		return -1;
	return cut_record(&dn->cut, rec, d);
}

int
denial_end(const struct denial *dn, struct diag *d)
{
	return dn->cut.begun ? 0 :
	    diag_set(d, STATUS_BAD, "no SOA (RFC 1035 §5.2)");
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
