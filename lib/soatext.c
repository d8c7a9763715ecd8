#include <string.h>

#include "number.h"
#include "rrtype.h"
#include "soatext.h"

int
soatext_parse(const struct zonetext_record *rec, const char *zone,
    struct soatext *soa, struct diag *d)
{
	const char *word[8];
	size_t words = 1;

	if (rec->type != RRTYPE_SOA || rec->owner_len != strlen(zone) ||
	    memcmp(rec->owner, zone, rec->owner_len) != 0)
		return diag_set(d, STATUS_BAD,
		    "%.*s: the first record is not the zone's SOA "
		    "(zonetext(5))",
		    (int)rec->owner_len, rec->owner);
	word[0] = rec->rdata;
	for (size_t i = 0; i < rec->rdata_len && words < 8; i++)
		if (rec->rdata[i] == ' ')
			word[words++] = rec->rdata + i + 1;
	if (words != 7)
		goto bad;
	soa->serial_at = (size_t)(word[2] - rec->rdata);
	soa->serial_len = (size_t)(word[3] - word[2]) - 1;
	soa->minimum_at = (size_t)(word[6] - rec->rdata);
	if (number_u32(word[2], soa->serial_len, UINT32_MAX, &soa->serial) ==
		-1 ||
	    number_u32(word[6], rec->rdata_len - soa->minimum_at, UINT32_MAX,
		&soa->minimum) == -1)
		goto bad;
	return 0;
bad:
	return diag_set(d, STATUS_BAD,
	    "%.*s SOA: not two names and five numbers (RFC 1035 §3.3.13)",
	    (int)rec->owner_len, rec->owner);
}

uint32_t
soatext_denial_ttl(const struct zonetext_record *rec, const struct soatext *soa)
{
	return rec->ttl < soa->minimum ? rec->ttl : soa->minimum;
}
