#include <stdlib.h>
#include <string.h>

#include "sort-rrset.h"

/*
 * No RDATA text is 100 times as long as its wire form, so an RRset of at most
 * 65535 octets is shorter than this; a longer one is not even collected.
 */
#define RRSET_TEXT_MAX ((size_t)100 * 65536)

void
rrset_free(struct rrset *set)
{
	free(set->texts.at);
	free(set->lines.at);
	free(set->wires.at);
	free(set->rr);
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

void
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

int
rrset_collect(struct rrset *set, const struct sorted *rec, struct diag *d)
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

/* RFC 2181 §5.2: one TTL an RRset.  An RRSIG's is its RRset's, not its own. */
static void
mend_ttls(struct rrset *set, uint64_t *lowered)
{
	if (set->type == RRTYPE_RRSIG || set->ttl_min == set->ttl_max)
		return;
	for (size_t i = 0; i < set->count; i++) {
		if (set->rr[i].ttl != set->ttl_min) {
			set->rr[i].ttl = set->ttl_min;
			(*lowered)++;
		}
	}
}

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
read_wires(struct rrset *set, struct rrtext *text, struct diag *d)
{
	struct rrtext_record wire;
	char type[RRTYPE_TEXT_MAX];

	if (set->type == RRTYPE_NS)
		return read_names(set, d);
	rrtext_block(text, set->lines.at, set->lines.used);
	for (size_t i = 0; i < set->count; i++) {
		const int rc = rrtext_next(text, &wire, d);

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

int
rrset_complete(
    struct rrset *set, struct rrtext *text, uint64_t *lowered, struct diag *d)
{
	mend_ttls(set, lowered);
	if (write_lines(set, d) == -1)
		return -1;
	if (set->count < 2 || set->too_long)
		return 0;
	if (read_wires(set, text, d) == -1)
		return -1;
	order_records(set);
	return 0;
}
