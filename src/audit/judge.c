#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "ecdsa.h"
#include "judge.h"
#include "zonemd.h"

int
judge_init(struct judge *j, const struct rtypes *types)
{
	memset(j, 0, sizeof(*j));
	j->parser = rdata_parser_new(types);
	j->verifier = verifier_new();
	j->rdata = malloc(RDATA_MAX);
	if (j->parser == NULL || j->verifier == NULL || j->rdata == NULL) {
		judge_free(j);
		return -1;
	}
	return 0;
}

void
judge_free(struct judge *j)
{
	rdata_parser_free(j->parser);
	verifier_free(j->verifier);
	free(j->rdata);
	arena_free(&j->scratch);
	memset(j, 0, sizeof(*j));
}

void
judge_zone(struct judge *j, const struct zone *zone)
{
	verifier_reset(j->verifier);
	j->zone = zone;
}

void
judge_find(struct judge *j, enum check check, uint16_t type, struct place at,
    const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	finding_add(&j->b->found, check, j->o->name, type, at, "%s", text);
}

bool
judge_signed_here(const struct judge *j, uint16_t type)
{
	switch (j->o->kind) {
	case OWNER_AUTHORITATIVE:
	case OWNER_NSEC3:
		return true;
	case OWNER_DELEGATION: /* RFC 4035 §2.2, §2.4 */
		return type == TYPE_DS || type == TYPE_NSEC ||
		    type == TYPE_DELEG;
	default:
		return false;
	}
}

bool
judge_wire(struct judge *j, const struct rec *rec, struct wire *wire)
{
	const char *why;
	const int size = rdata_parse(j->parser, rec->type, rec->rdata,
	    rec->rdata_size, rec->origin, j->rdata, &why);

	if (size == -1 && !rdata_readable(rec->type, rec->rdata,
		rec->rdata_size)) {
		judge_find(j, CHECK_UNREADABLE, rec->type, rec->at,
		    "the RDATA cannot be read here, nor its signature "
		    "verified");
		return false;
	}
	if (size == -1) {
		judge_find(j, CHECK_SYNTAX, rec->type, rec->at, "%s", why);
		return false;
	}
	wire->bytes = arena_copy(&j->scratch, j->rdata, (size_t)size);
	if (wire->bytes == NULL) {
		j->b->failed = true;
		return false;
	}
	wire->size = (uint32_t)size;
	wire->rec = rec;
	return true;
}

/* RFC 4034 §6.3: as left-justified octet sequences. */
static int
wire_compare(const void *left, const void *right)
{
	const struct wire *a = left, *b = right;
	const size_t least = a->size < b->size ? a->size : b->size;
	const int c = memcmp(a->bytes, b->bytes, least);

	return c != 0 ? c : (a->size > b->size) - (a->size < b->size);
}

/* Parse, sort, and drop duplicates. */
static void
make_wires(struct judge *j, struct rrset *set)
{
	size_t total = 0;
	bool sorted = true;

	set->wire = arena_alloc(&j->scratch, set->count * sizeof(*set->wire));
	if (set->wire == NULL) {
		j->b->failed = true;
		return;
	}
	for (size_t i = 0; i < set->count; i++) {
		if (!judge_wire(j, &set->rec[i], &set->wire[set->wires])) {
			set->broken = true;
			continue;
		}
		/* Owner, type, class, TTL and length go along. */
		total += set->wire[set->wires].size + 10 + 2;
		if (total > RDATA_MAX) {
			judge_find(j, CHECK_RRSET_SIZE, set->type,
			    set->rec[i].at, "the RRset is above %d octets",
			    RDATA_MAX);
			set->broken = true;
			return;
		}
		if (set->wires > 0 && wire_compare(&set->wire[set->wires - 1],
			&set->wire[set->wires]) >= 0)
			sorted = false;
		set->wires++;
	}
	if (sorted)
		return;
	qsort(set->wire, set->wires, sizeof(*set->wire), wire_compare);
	if (j->zone->stream)
		judge_find(j, CHECK_STREAM_ORDER, set->type, set->rec[0].at,
		    "not in the stream's order of RDATA");
	total = set->wires;
	set->wires = 1;
	for (size_t i = 1; i < total; i++) {
		if (wire_compare(&set->wire[set->wires - 1],
			&set->wire[i]) == 0) {
			judge_find(j, CHECK_DUPLICATE, set->type,
			    set->wire[i].rec->at, "the record stands twice");
			continue;
		}
		set->wire[set->wires++] = set->wire[i];
	}
}

static void
check_ttls(struct judge *j, const struct rrset *set)
{
	for (size_t i = 1; i < set->count; i++) {
		if (set->rec[i].ttl != set->ttl) {
			judge_find(j, CHECK_TTL_MISMATCH, set->type,
			    set->rec[i].at, "TTL %u, but %u in another record "
			    "of the RRset", set->rec[i].ttl, set->ttl);
			return;
		}
	}
}

static bool
all_kept(const struct rrset *set)
{
	for (size_t i = 0; i < set->count; i++)
		if (!set->rec[i].kept)
			return false;
	for (size_t i = 0; i < set->sigs; i++)
		if (!set->sig[i].kept)
			return false;
	return true;
}

static void
judge_rrset(struct judge *j, struct rrset *set)
{
	struct stats *s = &j->b->stats;

	if (set->type == TYPE_RRSIG) {
		judge_find(j, CHECK_RRSIG_OF_RRSIG, TYPE_RRSIG, set->sig[0].at,
		    "a signature over RRSIG");
		return;
	}
	if (set->count == 0) {
		judge_find(j, CHECK_RRSIG_ORPHAN, TYPE_RRSIG, set->sig[0].at,
		    "a signature, but no RRset of the type it covers");
		return;
	}
	s->rrsets++;
	set->ttl = set->rec[0].ttl;
	if (set->ttl > s->max_ttl)
		s->max_ttl = set->ttl;
	check_ttls(j, set);
	set->kept = all_kept(set);
	/* What these types say is looked at again every time. */
	if (!set->kept || set->type == TYPE_NSEC || set->type == TYPE_NSEC3 ||
	    set->type == TYPE_NS || set->type == TYPE_MX || j->o->apex)
		make_wires(j, set);
	judge_content(j, set);
	if (set->type == TYPE_NSEC)
		judge_nsec(j, set);
	if (set->type == TYPE_NSEC3)
		judge_nsec3(j, set);
	judge_signatures(j, set);
}

static uint16_t
set_type(const struct rec *r)
{
	return r->type == TYPE_RRSIG ? r->covered : r->type;
}

/* By type, the records before their signatures, else as they came. */
static int
rec_compare(const void *left, const void *right)
{
	const struct rec *a = left, *b = right;

	if (set_type(a) != set_type(b))
		return set_type(a) < set_type(b) ? -1 : 1;
	return (a->type == TYPE_RRSIG) - (b->type == TYPE_RRSIG);
}

/* zonetext(5): SOA first, NSEC last, else by type number. */
static uint32_t
stream_rank(const struct rec *r)
{
	const uint16_t type = set_type(r);

	if (type == TYPE_SOA)
		return 0;
	return (type == TYPE_NSEC ? 65536u : type) * 2 + (r->type == TYPE_RRSIG);
}

static void
check_stream_order(struct judge *j, const struct rec *recs, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		if (stream_rank(&recs[i - 1]) > stream_rank(&recs[i])) {
			judge_find(j, CHECK_STREAM_ORDER, recs[i].type,
			    recs[i].at, "not in the stream's order of types");
			return;
		}
	}
}

static void
add_type(struct judge *j, uint16_t type)
{
	if (j->types_count < OWNER_TYPES_MAX)
		j->types[j->types_count++] = type;
}

/*
 * The ascending types at the owner, and RRSIG where it stands or should: what
 * is missing is told once, not by the bitmaps too.
 */
static void
collect_types(struct judge *j, const struct rec *recs, size_t count)
{
	bool signed_here = false;
	size_t at = 0;

	j->types_count = 0;
	j->any_rrsig = false;
	for (size_t i = 0; i < count; i++) {
		if (recs[i].type == TYPE_RRSIG) {
			j->any_rrsig = true;
			continue;
		}
		signed_here = signed_here ||
		    judge_signed_here(j, recs[i].type);
		if (j->types_count == 0 ||
		    j->types[j->types_count - 1] != recs[i].type)
			add_type(j, recs[i].type);
	}
	if ((!j->any_rrsig && !signed_here) ||
	    j->types_count == OWNER_TYPES_MAX)
		return;
	while (at < j->types_count && j->types[at] < TYPE_RRSIG)
		at++;
	memmove(j->types + at + 1, j->types + at,
	    (j->types_count - at) * sizeof(*j->types));
	j->types[at] = TYPE_RRSIG;
	j->types_count++;
}

/*
 * Records in canonical form for ZONEMD (RFC 8976 §3.3.1: everything but the
 * apex ZONEMD and its signatures) and for comparison with the unsigned zone.
 */
static void
hand_over(struct judge *j, const struct rec *recs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const bool digest = j->zone->digests > 0 &&
		    !(j->o->apex && set_type(&recs[i]) == TYPE_ZONEMD);
		const bool compare = compare_wants(j->zone, recs[i].type);
		struct digested *r;
		const char *why;
		int size;

		if (!digest && !compare)
			continue;
		size = rdata_parse(j->parser, recs[i].type, recs[i].rdata,
		    recs[i].rdata_size, recs[i].origin, j->rdata, &why);
		if (size == -1)
			continue; /* told as syntax */
		r = zonemd_digested(j->b, j->o->name, &recs[i], j->rdata,
		    (size_t)size);
		if (r == NULL)
			return;
		r->digest = digest;
		r->compare = compare;
	}
}

static void
judge_owner(struct judge *j, const struct owner *o)
{
	struct rec *recs = j->b->rec + o->first;
	bool sorted = true;

	j->o = o;
	arena_reset(&j->scratch);
	if (j->zone->stream)
		check_stream_order(j, recs, o->count);
	for (size_t i = 1; i < o->count && sorted; i++)
		sorted = rec_compare(&recs[i - 1], &recs[i]) <= 0;
	if (!sorted) /* glibc's qsort() is stable; nothing depends on it */
		qsort(recs, o->count, sizeof(*recs), rec_compare);
	collect_types(j, recs, o->count);
	j->b->stats.records += o->count;
	for (size_t i = 0; i < o->count;) {
		struct rrset set = { .type = set_type(&recs[i]),
			.rec = recs + i };

		while (i < o->count && set_type(&recs[i]) == set.type &&
		    recs[i].type != TYPE_RRSIG) {
			set.count++;
			i++;
		}
		set.sig = recs + i;
		while (i < o->count && set_type(&recs[i]) == set.type &&
		    recs[i].type == TYPE_RRSIG) {
			set.sigs++;
			i++;
		}
		judge_rrset(j, &set);
	}
	judge_owner_rules(j);
	judge_rows(j);
	if (j->zone->digests > 0 || j->zone->compared)
		hand_over(j, recs, o->count);
}

void
judge_batch(struct judge *j, struct batch *b)
{
	j->b = b;
	judge_prepare(j);
	for (size_t i = 0; i < b->owners; i++)
		judge_owner(j, &b->owner[i]);
	for (size_t i = 0; i < b->ents; i++)
		judge_ent(j, &b->ent[i]);
}
