#include <stdlib.h>
#include <string.h>

#include "number.h"
#include "rrtype.h"
#include "sort-emit.h"

/*
 * No RDATA text is 100 times as long as its wire form, so an RRset of at most
 * 65535 octets is shorter than this; a longer one is not even collected.
 */
#define RRSET_TEXT_MAX ((size_t)100 * 65536)
#define RR_OVERHEAD    12 /* compressed owner, type, class, TTL, length */

struct rr {
	size_t text, text_len; /* its RDATA in texts */
	size_t line, line_len; /* its line in lines */
	size_t wire, wire_len; /* its RDATA in wires */
	uint32_t ttl;
};

struct bytes {
	char *at;
	size_t used, room;
};

/* The RRset being collected, and the owner that it belongs to. */
struct rrset {
	char owner[NAME_TEXT_MAX];
	size_t owner_len;
	uint8_t owner_key[NAMEKEY_MAX];
	size_t owner_key_len;
	bool has_owner, denial;
	uint8_t kind[3];
	uint16_t type;
	struct bytes texts, lines, wires;
	struct rr *rr;
	size_t count, room;
	size_t duplicates;
	uint32_t ttl_min, ttl_max;
	bool too_long;
	uint16_t middle_type; /* of the records' middle, made for it lately */
	size_t middle_len;    /* 0: none was made */
	char middle[4 + RRTYPE_TEXT_MAX + 1];
};

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
	free(e->set->texts.at);
	free(e->set->lines.at);
	free(e->set->wires.at);
	free(e->set->rr);
	free(e->set);
	e->set = NULL;
}

/* Room for len more octets.  NULL: no memory. */
static char *
bytes_reserve(struct bytes *b, size_t len, struct diag *d)
{
	if (len > b->room - b->used) {
		const size_t room = 2 * b->room + len + 4096;
		char *grown = realloc(b->at, room);

		if (grown == NULL) {
			diag_system(d, "an RRset of %zu octets", b->used + len);
			return NULL;
		}
		b->at = grown;
		b->room = room;
	}
	return b->at + b->used;
}

static int
bytes_append(struct bytes *b, const void *from, size_t len, struct diag *d)
{
	char *to = bytes_reserve(b, len, d);

	if (to == NULL)
		return -1;
	memcpy(to, from, len);
	b->used += len;
	return 0;
}

static void
rrset_clear(struct rrset *set)
{
	set->texts.used = set->lines.used = set->wires.used = 0;
	set->count = set->duplicates = 0;
	set->ttl_min = UINT32_MAX;
	set->ttl_max = 0;
	set->too_long = false;
}

static struct rr *
rrset_append(struct rrset *set, struct diag *d)
{
	if (set->count == set->room) {
		const size_t room = 2 * set->room + 16;
		struct rr *grown = realloc(set->rr, room * sizeof(*grown));

		if (grown == NULL) {
			diag_system(d, "an RRset of %zu records", set->count);
			return NULL;
		}
		set->rr = grown;
		set->room = room;
	}
	return &set->rr[set->count++];
}

/* Is it the record before, TTL aside?  The sort puts such beside each other. */
static bool
repeats(const struct rrset *set, const struct sorted *rec)
{
	const struct rr *last;

	if (set->count == 0)
		return false;
	last = &set->rr[set->count - 1];
	return last->text_len == rec->rdata_len &&
	    memcmp(set->texts.at + last->text, rec->rdata, rec->rdata_len) == 0;
}

static int
collect(struct rrset *set, const struct sorted *rec, struct diag *d)
{
	struct rr *rr;

	if (rec->ttl < set->ttl_min)
		set->ttl_min = rec->ttl;
	if (rec->ttl > set->ttl_max)
		set->ttl_max = rec->ttl;
	if (repeats(set, rec)) {
		set->duplicates++;
		return 0;
	}
	if (set->texts.used + rec->rdata_len > RRSET_TEXT_MAX)
		set->too_long = true;
	if (set->too_long)
		return 0;
	if ((rr = rrset_append(set, d)) == NULL)
		return -1;
	rr->text = set->texts.used;
	rr->text_len = rec->rdata_len;
	rr->ttl = rec->ttl;
	rr->wire_len = 0;
	return bytes_append(&set->texts, rec->rdata, rec->rdata_len, d);
}

/* ---- the RRset is complete ---- */

static size_t
write_number(uint32_t n, char *to)
{
	char digits[10];
	size_t len = 0, i = sizeof(digits);

	do {
		digits[--i] = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	for (; i < sizeof(digits); i++)
		to[len++] = digits[i];
	return len;
}

/* RFC 2181 §5.2: one TTL an RRset.  An RRSIG's is its RRset's, not its own. */
static void
mend_ttls(struct emit *e, struct rrset *set)
{
	if (set->type == RRTYPE_RRSIG || set->ttl_min == set->ttl_max)
		return;
	for (size_t i = 0; i < set->count; i++) {
		if (set->rr[i].ttl != set->ttl_min) {
			set->rr[i].ttl = set->ttl_min;
			e->ttls_lowered++;
		}
	}
}

/* What stands between TTL and RDATA. */
static void
make_middle(struct rrset *set)
{
	if (set->middle_len > 0 && set->middle_type == set->type)
		return;
	memcpy(set->middle, "\tIN\t", 4);
	set->middle_len = 4 + rrtype_to_stream(set->type, set->middle + 4);
	set->middle[set->middle_len++] = '\t';
	set->middle_type = set->type;
}

static int
write_lines(struct rrset *set, struct diag *d)
{
	make_middle(set);
	for (size_t i = 0; i < set->count; i++) {
		struct rr *rr = &set->rr[i];
		char *p = bytes_reserve(&set->lines,
		    set->owner_len + 11 + set->middle_len + rr->text_len + 1,
		    d);
		char *start = p;

		if (p == NULL)
			return -1;
		memcpy(p, set->owner, set->owner_len);
		p += set->owner_len;
		*p++ = '\t';
		p += write_number(rr->ttl, p);
		memcpy(p, set->middle, set->middle_len);
		p += set->middle_len;
		memcpy(p, set->texts.at + rr->text, rr->text_len);
		p += rr->text_len;
		*p++ = '\n';
		rr->line = set->lines.used;
		rr->line_len = (size_t)(p - start) - 1;
		set->lines.used += rr->line_len + 1;
	}
	return 0;
}

/* Most RRsets of several records are of NS: a name and nothing else. */
static int
read_names(struct rrset *set, struct diag *d)
{
	uint8_t wire[NAME_WIRE_MAX];

	for (size_t i = 0; i < set->count; i++) {
		struct rr *rr = &set->rr[i];
		const int len = name_from_text(
		    set->texts.at + rr->text, rr->text_len, wire);

		if (len == -1)
			return diag_set(d, STATUS_BAD,
			    "%.300s NS: '%.*s' is not an absolute name "
			    "(RFC 1035 §3.3.11)",
			    set->owner,
			    (int)(rr->text_len > 300 ? 300 : rr->text_len),
			    set->texts.at + rr->text);
		rr->wire = set->wires.used;
		rr->wire_len = (size_t)len;
		if (bytes_append(&set->wires, wire, rr->wire_len, d) == -1)
			return -1;
	}
	return 0;
}

/* The wire form of each record's RDATA. */
static int
read_wires(struct emit *e, struct rrset *set, struct diag *d)
{
	struct rrtext_record wire;
	char type[RRTYPE_TEXT_MAX];

	if (set->type == RRTYPE_NS)
		return read_names(set, d);
	rrtext_block(e->text, set->lines.at, set->lines.used);
	for (size_t i = 0; i < set->count; i++) {
		const int rc = rrtext_next(e->text, &wire, d);

		if (rc == 0)
			diag_set(d, STATUS_BAD, "not a record");
		if (rc != 1)
			return diag_prefix(d, "%.300s %s", set->owner,
			    rrtype_name(set->type, type));
		set->rr[i].wire = set->wires.used;
		set->rr[i].wire_len = wire.rdata_len;
		if (bytes_append(&set->wires, wire.rdata, wire.rdata_len, d) ==
		    -1)
			return -1;
	}
	return 0;
}

static int
compare_wires(const void *va, const void *vb, void *wires)
{
	const struct rr *a = va, *b = vb;
	const char *base = wires;
	const size_t n = a->wire_len < b->wire_len ? a->wire_len : b->wire_len;
	const int c = memcmp(base + a->wire, base + b->wire, n);

	if (c != 0)
		return c;
	return a->wire_len < b->wire_len ? -1 : a->wire_len > b->wire_len;
}

static void
sort_records(struct rrset *set)
{
	if (set->count > 16) {
		qsort_r(set->rr, set->count, sizeof(*set->rr), compare_wires,
		    set->wires.at);
		return;
	}
	for (size_t i = 1; i < set->count; i++) {
		const struct rr moved = set->rr[i];
		size_t k = i;

		for (; k > 0 &&
		     compare_wires(&moved, &set->rr[k - 1], set->wires.at) < 0;
		     k--)
			set->rr[k] = set->rr[k - 1];
		set->rr[k] = moved;
	}
}

/* RFC 4034 §6.3: in order as octets, and each only once. */
static void
order_records(struct rrset *set)
{
	size_t kept = 1;

	sort_records(set);
	for (size_t i = 1; i < set->count; i++) {
		if (compare_wires(
			&set->rr[kept - 1], &set->rr[i], set->wires.at) == 0)
			set->duplicates++;
		else
			set->rr[kept++] = set->rr[i];
	}
	set->count = kept;
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
	mend_ttls(e, set);
	if (write_lines(set, d) == -1)
		return -1;
	if (set->count > 1 && !set->too_long) {
		if (read_wires(e, set, d) == -1)
			return -1;
		order_records(set);
	}
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
	return collect(set, rec, d);
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
