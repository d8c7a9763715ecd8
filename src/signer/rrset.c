#include <stdlib.h>
#include <string.h>

#include "namekey.h"
#include "rrset.h"
#include "rrtype.h"

int
text_reserve(struct text *t, size_t size, struct diag *d)
{
	size_t roomy = t->size < 256 ? 256 : t->size;
	char *grown;

	if (size <= t->size)
		return 0;
	while (roomy < size)
		roomy *= 2;
	if ((grown = realloc(t->bytes, roomy)) == NULL)
		return diag_system(d, "RRset of %zu octets", size);
	t->bytes = grown;
	t->size = roomy;
	return 0;
}

int
text_append(struct text *t, const void *bytes, size_t len, struct diag *d)
{
	if (t->size - t->len < len && text_reserve(t, t->len + len, d) == -1)
		return -1;
	if (len > 0)
		memcpy(t->bytes + t->len, bytes, len);
	t->len += len;
	return 0;
}

int
text_append_line(struct text *t, const char *line, size_t len, struct diag *d)
{
	if (text_append(t, line, len, d) == -1)
		return -1;
	return text_append(t, "\n", 1, d);
}

void
text_free(struct text *t)
{
	free(t->bytes);
	memset(t, 0, sizeof(*t));
}

bool
rrset_same_owner(const struct rrset *a, const struct rrset *b)
{
	return a->owner_len == b->owner_len &&
	    memcmp(a->text.bytes, b->text.bytes, a->owner_len) == 0;
}

int
rrset_start(struct rrset *set, const struct zonetext_record *rec,
    struct diag *d)
{
	set->text.len = set->sigs.len = 0;
	set->owner_len = rec->owner_len;
	set->ttl = rec->ttl;
	set->type = rec->type;
	set->records = 1;
	set->sig_records = set->sig_max_ttl = 0;
	return text_append_line(&set->text, rec->line, rec->line_len, d);
}

static int
add_record(struct rrset *set, const struct zonetext_record *rec, struct diag *d)
{
	if (rec->ttl != set->ttl)
		return diag_set(d, STATUS_BAD,
		    "%.*s: TTLs %u and %u in one RRset: sort-zone mends that "
		    "(RFC 2181 §5.2)",
		    (int)rec->owner_len, rec->owner, set->ttl, rec->ttl);
	set->records++;
	if (text_append_line(&set->text, rec->line, rec->line_len, d) == -1)
		return -1;
	return 1;
}

static int
add_sig(struct rrset *set, const struct zonetext_record *rec, struct diag *d)
{
	set->sig_records++;
	if (rec->ttl > set->sig_max_ttl)
		set->sig_max_ttl = rec->ttl;
	if (text_append_line(&set->sigs, rec->line, rec->line_len, d) == -1)
		return -1;
	return 1;
}

/* Is rec an RRSIG over records of the type?  It says so in its first word. */
static bool
covers(const struct zonetext_record *rec, uint16_t type)
{
	const char *space = memchr(rec->rdata, ' ', rec->rdata_len);
	uint16_t covered;

	return rec->type == RRTYPE_RRSIG && space != NULL &&
	    rrtype_from_stream(rec->rdata, (size_t)(space - rec->rdata),
		&covered) == 0 &&
	    covered == type;
}

int
rrset_take(struct rrset *set, const struct zonetext_record *rec, struct diag *d)
{
	if (set->records == 0 || set->owner_len != rec->owner_len ||
	    memcmp(set->text.bytes, rec->owner, rec->owner_len) != 0)
		return 0;
	if (rec->type == set->type)
		return add_record(set, rec, d);
	return covers(rec, set->type) ? add_sig(set, rec, d) : 0;
}

void
rrset_free(struct rrset *set)
{
	text_free(&set->text);
	text_free(&set->sigs);
	set->records = 0;
}

struct position
position_of(uint16_t type, const uint8_t *name, size_t name_len)
{
	return (struct position){
		.name = name,
		.name_len = name_len,
		.section = type == RRTYPE_NSEC3 ? 2 : 1,
		.rank = type == RRTYPE_SOA ? 0 :
		    type == RRTYPE_NSEC	   ? UINT16_MAX + 1 :
					     type,
	};
}

int
position_compare(const struct position *a, const struct position *b)
{
	int c;

	if (a->section != b->section)
		return a->section < b->section ? -1 : 1;
	c = namekey_compare(a->name, a->name_len, b->name, b->name_len);
	if (c != 0)
		return c;
	return a->rank < b->rank ? -1 : a->rank > b->rank;
}
