#include <stdlib.h>
#include <string.h>

#include "number.h"
#include "sort-emit.h"
#include "sort-rrset.h"

#define RR_OVERHEAD 12 /* compressed owner, type, class, TTL, length */

int
emit_open(struct emit *e, struct diag *d)
{
	if ((e->set = calloc(1, sizeof(*e->set))) == NULL)
		return diag_system(d, "sort");
	return 0;
}

void
emit_close(struct emit *e)
{
	if (e->set == NULL)
		return;
	rrset_free(e->set);
	free(e->set);
	e->set = NULL;
}

static int
show_to_check(struct emit *e, const struct rrset *set, struct diag *d)
{
	struct zonecheck_rrset shown = { set->type, set->count, set->duplicates,
		set->ttl_min, set->ttl_max, 0 };

	if (set->denial)
		return 0;
	for (size_t i = 0; i < set->count; i++)
		shown.octets += RR_OVERHEAD + set->rr[i].wire_len;
	if (set->too_long)
		shown.octets = SIZE_MAX;
	zonecheck_rrset(e->check, &shown);
	if (set->type != RRTYPE_NS)
		return 0;
	for (size_t i = 0; i < set->count; i++)
		if (zonecheck_server(e->check, set->texts.at + set->rr[i].text,
			set->rr[i].text_len, d) == -1)
			return -1;
	return 0;
}

/* The third word of the apex SOA, for set-serial. */
static int
note_serial(struct emit *e, const struct rrset *set, struct diag *d)
{
	const char *word = set->texts.at + set->rr[0].text;
	const char *end = word + set->rr[0].text_len, *space;
	uint32_t serial;

	for (int skip = 0; skip < 2; skip++) {
		if ((space = memchr(word, ' ', (size_t)(end - word))) == NULL)
			return 0; /* whoever reads it will complain */
		word = space + 1;
	}
	if ((space = memchr(word, ' ', (size_t)(end - word))) == NULL ||
	    number_u32(word, (size_t)(space - word), UINT32_MAX, &serial) == -1)
		return 0;
	if (zonetext_set_u64(e->header, "input-serial", serial) == -1)
		return diag_system(d, "header");
	return 0;
}

static int
flush_rrset(struct emit *e, struct zonetext_writer *w, struct diag *d)
{
	struct rrset *set = e->set;

	if (set->count == 0)
		return 0;
	if (rrset_complete(set, e->text, &e->ttls_lowered, d) == -1)
		return -1;
	e->duplicates += set->duplicates;
	if (show_to_check(e, set, d) == -1 ||
	    (set->type == RRTYPE_SOA && set->owner_key_len == 0 &&
		note_serial(e, set, d) == -1))
		return -1;
	for (size_t i = 0; i < set->count; i++)
		zonetext_put_line(w, set->lines.at + set->rr[i].line,
		    set->rr[i].line_len, set->rr[i].ttl);
	rrset_clear(set);
	return 0;
}

/* ---- owners ---- */

static bool
same_owner(const struct rrset *set, const struct sorted *rec)
{
	return set->has_owner && set->denial == rec->denial &&
	    set->owner_key_len == rec->owner_len &&
	    memcmp(set->owner_key, rec->owner, rec->owner_len) == 0;
}

static int
begin_owner(struct emit *e, const struct sorted *rec, struct diag *d)
{
	struct rrset *set = e->set;

	set->has_owner = true;
	set->denial = rec->denial;
	memcpy(set->owner_key, rec->owner, rec->owner_len);
	set->owner_key_len = rec->owner_len;
	set->owner_len = sortkey_owner(e->key, rec, set->owner);
	if (set->denial)
		return 0;
	return zonecheck_owner(e->check, set->owner, set->owner_len, rec->owner,
	    rec->owner_len, d);
}

static int
take(struct emit *e, const struct sorted *rec, struct zonetext_writer *w,
    struct diag *d)
{
	struct rrset *set = e->set;
	const bool same = same_owner(set, rec);

	if (!same || memcmp(set->kind, rec->kind, sizeof(set->kind)) != 0) {
		if (flush_rrset(e, w, d) == -1 ||
		    (!same && begin_owner(e, rec, d) == -1))
			return -1;
		memcpy(set->kind, rec->kind, sizeof(set->kind));
		set->type = rec->type;
	}
	return rrset_collect(set, rec, d);
}

int
emit_zone(struct emit *e, struct extsort *sort, const char *apex,
    struct zonetext_writer *w, struct diag *d)
{
	struct extsort_record rec;
	struct sorted sorted;
	int rc;

	rrset_clear(e->set);
	e->set->has_owner = false;
	e->duplicates = e->ttls_lowered = 0;
	if (zonecheck_begin(e->check, apex, findings_add, e->findings, d) ==
		-1 ||
	    extsort_sort(sort, d) == -1)
		return -1;
	while ((rc = extsort_next(sort, &rec, d)) == 1) {
		sortkey_split(rec.key, rec.key_len, rec.payload,
		    rec.payload_len, &sorted);
		if (take(e, &sorted, w, d) == -1)
			return -1;
	}
	if (rc == -1 || flush_rrset(e, w, d) == -1)
		return -1;
	return zonecheck_end(e->check, d);
}
