#include <stdlib.h>
#include <string.h>

#include "delta.h"
#include "reckey.h"
#include "rrtype.h"

struct change {
	const uint8_t *key;
	uint32_t len;
	uint32_t ttl;
	uint32_t sequence;
	bool add;
	/* after net(): what must be in the base, and add: what will be */
	bool in_base;
};

/* Keys live in blocks, so that they do not move. */
struct keyblock {
	struct keyblock *next;
	size_t used;
	uint8_t bytes[256 * 1024];
};

struct delta {
	struct change *list;
	size_t count, size;
	struct keyblock *blocks;
	size_t memory;
	bool too_large;
};

int
delta_open(struct delta **out, struct diag *d)
{
	if ((*out = calloc(1, sizeof(**out))) == NULL)
		return diag_system(d, "differences");
	return 0;
}

void
delta_close(struct delta *dl)
{
	struct keyblock *b, *next;

	if (dl == NULL)
		return;
	for (b = dl->blocks; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	free(dl->list);
	free(dl);
}

bool
delta_too_large(const struct delta *dl)
{
	return dl->too_large;
}

static int
make_room(struct delta *dl, size_t key_len, struct diag *d)
{
	struct change *grown;
	struct keyblock *b;

	if (dl->memory > DELTA_MEMORY_MAX) {
		dl->too_large = true;
		return diag_set(d, STATUS_BAD,
		    "the differences are larger than %zu bytes",
		    DELTA_MEMORY_MAX);
	}
	if (dl->count == dl->size) {
		const size_t size = dl->size == 0 ? 256 : dl->size * 2;

		grown = realloc(dl->list, size * sizeof(*grown));
		if (grown == NULL)
			return diag_system(d, "differences");
		dl->memory += (size - dl->size) * sizeof(*grown);
		dl->list = grown;
		dl->size = size;
	}
	if (dl->blocks == NULL ||
	    sizeof(dl->blocks->bytes) - dl->blocks->used < key_len) {
		if ((b = malloc(sizeof(*b))) == NULL)
			return diag_system(d, "differences");
		b->used = 0;
		b->next = dl->blocks;
		dl->blocks = b;
		dl->memory += sizeof(*b);
	}
	return 0;
}

int
delta_put(struct delta *dl, bool add, const uint8_t *key, size_t len,
    uint32_t ttl, struct diag *d)
{
	uint8_t *at;

	if (make_room(dl, len, d) == -1)
		return -1;
	at = dl->blocks->bytes + dl->blocks->used;
	memcpy(at, key, len);
	dl->blocks->used += len;
	dl->list[dl->count] = (struct change){ .key = at,
		.len = (uint32_t)len,
		.ttl = ttl,
		.sequence = (uint32_t)dl->count,
		.add = add };
	dl->count++;
	return 0;
}

/* ---- net changes ---- */

static int
compare(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	const int c = memcmp(a, b, a_len < b_len ? a_len : b_len);

	if (c != 0)
		return c;
	return a_len < b_len ? -1 : a_len > b_len;
}

static int
compare_changes(const void *va, const void *vb)
{
	const struct change *a = va, *b = vb;
	const int c = compare(a->key, a->len, b->key, b->len);

	if (c != 0)
		return c;
	return a->sequence < b->sequence ? -1 : a->sequence > b->sequence;
}

/* "www.example. A", for messages. */
static const char *
record_text(const struct change *c, char buf[NAME_TEXT_MAX + 32])
{
	char type[RRTYPE_TEXT_MAX];
	uint8_t wire[NAME_WIRE_MAX];
	struct reckey parts;

	if (reckey_split(c->key, c->len, &parts) == -1 ||
	    namekey_to_wire(parts.owner_key, parts.owner_len, wire) == -1)
		return "?";
	const size_t len = name_to_text(wire, true, buf);

	buf[len] = ' ';
	strcpy(buf + len + 1, rrtype_name(parts.type, type));
	return buf;
}

/*
 * Of all changes to one record only two things remain: was it in the base, and
 * will it be in the result.  In between they must alternate.
 */
static int
net(struct delta *dl, struct diag *d)
{
	char text[NAME_TEXT_MAX + 32];
	size_t kept = 0;

	if (dl->count > 0)
		qsort(dl->list, dl->count, sizeof(*dl->list), compare_changes);
	for (size_t i = 0; i < dl->count; i++) {
		const struct change *c = &dl->list[i];
		struct change *last = kept == 0 ? NULL : &dl->list[kept - 1];

		if (last == NULL ||
		    compare(last->key, last->len, c->key, c->len) != 0) {
			dl->list[kept] = *c;
			dl->list[kept++].in_base = !c->add;
			continue;
		}
		if (last->add == c->add)
			return diag_set(d, STATUS_BAD,
			    "%s: %s twice in the differences (RFC 1995 §4)",
			    record_text(c, text), c->add ? "added" : "deleted");
		last->add = c->add;
		last->ttl = c->ttl;
	}
	dl->count = kept;
	return 0;
}

/* ---- merging ---- */

struct merge {
	struct delta *dl;
	size_t next; /* in dl->list */
	struct zonetext_writer *w;
	struct rrtext *text;
	delta_write *write;
	void *ctx;
	uint8_t *key; /* RECKEY_MAX: of the base's record */
	/* section and owner of the base's record */
	uint8_t part[1 + NAMEKEY_MAX];
	size_t part_len;
	char owner[NAME_TEXT_MAX];
	size_t owner_len;
};

/* A change to a record that the base does not have. */
static int
apply_missing(struct merge *m, struct diag *d)
{
	const struct change *c = &m->dl->list[m->next++];
	char text[NAME_TEXT_MAX + 32];

	if (c->in_base)
		return diag_set(d, STATUS_BAD,
		    "%s: deleted in the differences, but we do not have it "
		    "(RFC 1995 §4)",
		    record_text(c, text));
	return c->add ? m->write(m->ctx, c->key, c->len, c->ttl, d) : 0;
}

/* A change to a record that the base has. */
static int
apply_present(struct merge *m, struct diag *d)
{
	const struct change *c = &m->dl->list[m->next++];
	char text[NAME_TEXT_MAX + 32];

	if (!c->in_base)
		return diag_set(d, STATUS_BAD,
		    "%s: added in the differences, but we have it already "
		    "(RFC 1995 §4)",
		    record_text(c, text));
	return c->add ? m->write(m->ctx, c->key, c->len, c->ttl, d) : 0;
}

static int
set_owner(struct merge *m, const struct zonetext_record *rec, struct diag *d)
{
	const bool denial = rec->type == RRTYPE_NSEC3 ||
	    (rec->type == RRTYPE_RRSIG && rec->rdata_len > 6 &&
		memcmp(rec->rdata, "NSEC3 ", 6) == 0);
	int len;

	if (m->part_len > 0 && m->part[0] == denial &&
	    rec->owner_len == m->owner_len &&
	    memcmp(rec->owner, m->owner, m->owner_len) == 0)
		return 0;
	if (rec->owner_len >= sizeof(m->owner) ||
	    (len = namekey_from_text(
		 rec->owner, rec->owner_len, m->part + 1)) == -1)
		return diag_set(
		    d, STATUS_BAD, "not a name in the version held");
	m->part[0] = denial;
	m->part_len = 1 + (size_t)len;
	memcpy(m->owner, rec->owner, rec->owner_len);
	m->owner_len = rec->owner_len;
	return 0;
}

static int
merge_record(struct merge *m, const struct zonetext_record *rec, struct diag *d)
{
	struct rrtext_record wire;
	const struct change *c;
	size_t key_len = 0;
	int order;

	if (set_owner(m, rec, d) == -1)
		return -1;
	while (m->next < m->dl->count) {
		c = &m->dl->list[m->next];
		order = compare(c->key, reckey_owner_part(c->key, c->len),
		    m->part, m->part_len);
		if (order > 0)
			break;
		if (order == 0) {
			if (key_len == 0) {
				if (rrtext_parse(m->text, rec, &wire, d) == -1)
					return -1;
				key_len = reckey_make_at(m->part + 1,
				    m->part_len - 1, wire.type, wire.rdata,
				    wire.rdata_len, m->key);
			}
			order = compare(c->key, c->len, m->key, key_len);
			if (order > 0)
				break;
		}
		if (order == 0)
			return apply_present(m, d);
		if (apply_missing(m, d) == -1)
			return -1;
	}
	zonetext_put(m->w, rec);
	return 0;
}

int
delta_merge(struct delta *dl, struct zonetext_reader *base, struct rrtext *text,
    struct zonetext_writer *w, delta_write *write, void *ctx, struct diag *d)
{
	struct merge *m;
	int rc = -1, item;

	if (net(dl, d) == -1)
		return -1;
	if ((m = calloc(1, sizeof(*m))) == NULL ||
	    (m->key = malloc(RECKEY_MAX)) == NULL) {
		diag_system(d, "differences");
		goto out;
	}
	m->dl = dl;
	m->w = w;
	m->text = text;
	m->write = write;
	m->ctx = ctx;
	while ((item = zonetext_read(base, d)) == ZONETEXT_RECORD)
		if (merge_record(m, zonetext_record(base), d) == -1)
			goto out;
	if (item == -1)
		goto out;
	if (item != ZONETEXT_END || zonetext_read(base, d) != ZONETEXT_DONE) {
		diag_set(d, STATUS_BAD, "the version held is not one zone");
		goto out;
	}
	while (m->next < dl->count)
		if (apply_missing(m, d) == -1)
			goto out;
	rc = 0;
out:
	if (m != NULL)
		free(m->key);
	free(m);
	return rc;
}
