#include <stdlib.h>
#include <string.h>

#include "rrtype.h"
#include "sort-check.h"

int
sort_check_begin(struct sort_check *c, const char *apex, struct diag *d)
{
	c->begun = false;
	return sortkey_begin(&c->place, apex, d);
}

static int
misplaced(const struct zonetext_record *rec, const char *what, const char *rule,
    struct diag *d)
{
	char type[RRTYPE_TEXT_MAX];

	return diag_set(d, STATUS_BAD, "%.*s %s: %s (%s)",
	    (int)(rec->owner_len > 300 ? 300 : rec->owner_len), rec->owner,
	    rrtype_name(rec->type, type), what, rule);
}

/* Two records of one RRset: RFC 4034 §6.3. */
static int
compare_rdata(
    struct sort_check *c, const struct zonetext_record *rec, struct diag *d)
{
	struct rrtext_record wire;
	struct zonetext_record before;
	uint8_t *first = NULL;
	size_t first_len, n;
	int rc = -1, order;

	if (zonetext_split(c->line, c->line_len, &before, d) == -1 ||
	    rrtext_parse(c->text, &before, &wire, d) == -1)
		return -1;
	first_len = wire.rdata_len;
	if ((first = malloc(first_len + 1)) == NULL)
		return diag_system(d, "a record");
	memcpy(first, wire.rdata, first_len);
	if (rrtext_parse(c->text, rec, &wire, d) == -1)
		goto out;
	n = first_len < wire.rdata_len ? first_len : wire.rdata_len;
	order = memcmp(first, wire.rdata, n);
	if (order == 0)
		order = first_len < wire.rdata_len ? -1
						   : first_len > wire.rdata_len;
	if (order < 0)
		rc = 0;
	else if (order == 0)
		misplaced(rec, "given more than once", "RFC 2181 §5", d);
	else
		misplaced(
		    rec, "RDATA not in canonical order", "RFC 4034 §6.3", d);
out:
	free(first);
	return rc;
}

static int
remember(
    struct sort_check *c, const struct zonetext_record *rec, struct diag *d)
{
	if (rec->line_len > c->line_room) {
		char *grown = realloc(c->line, 2 * rec->line_len);

		if (grown == NULL)
			return diag_system(d, "a record");
		c->line = grown;
		c->line_room = 2 * rec->line_len;
	}
	memcpy(c->line, rec->line, rec->line_len);
	c->line_len = rec->line_len;
	memcpy(c->key, c->place.key, c->place.key_len);
	c->key_len = c->place.key_len;
	c->begun = true;
	return 0;
}

int
sort_check_next(
    struct sort_check *c, const struct zonetext_record *rec, struct diag *d)
{
	const int rc = sortkey_make(&c->place, rec, d);
	int order;

	if (rc == -1)
		return diag_prefix(d, "%.*s",
		    (int)(rec->owner_len > 300 ? 300 : rec->owner_len),
		    rec->owner);
	if (rc == 0)
		return misplaced(rec, "outside of the zone", "zonetext(5)", d);
	order = c->begun ? namekey_compare(c->key, c->key_len, c->place.key,
			       c->place.key_len)
			 : -1;
	if (order > 0)
		return misplaced(rec, "does not stand behind the record before",
		    "RFC 4034 §6.1", d);
	if (order == 0 && compare_rdata(c, rec, d) == -1)
		return -1;
	return remember(c, rec, d);
}

void
sort_check_free(struct sort_check *c)
{
	free(c->line);
	c->line = NULL;
	c->line_room = 0;
}
