#include <stdlib.h>
#include <string.h>

#include "chain.h"
#include "xsort.h"

/* A row as the sorter keeps it, behind hash and chain; then the name. */
struct packed {
	uint64_t types;
	struct place at;
	uint32_t ent;
	uint8_t kind, chain;
	bool matched; /* of a row that cannot be judged before the end */
};

struct progress {
	bool any;
	uint8_t first[HASH_SIZE];
	struct link last;
	uint8_t last_name[WNAME_MAX];
	struct place first_at;
};

struct chains {
	const struct zone *zone;
	struct xsort *rows;
	struct row row; /* the next one */
	uint8_t row_name[WNAME_MAX];
	bool row_valid;
	struct progress chain[CHAINS_MAX];
	uint32_t *parent; /* of each empty non-terminal, + 1 */
	uint8_t *needed;
	size_t ents, ents_size;
	struct xsort *open; /* rows that cannot be judged before the end */
	uint64_t opens;
};

int
chains_open(struct chains **out, const struct zone *zone, size_t memory,
    struct diag *d)
{
	struct chains *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return diag_system(d, "NSEC3");
	c->zone = zone;
	if (xsort_open(&c->rows, memory, zone->set->folder, d) == -1 ||
	    xsort_open(&c->open, memory / 8, zone->set->folder, d) == -1) {
		chains_close(c);
		return -1;
	}
	*out = c;
	return 0;
}

void
chains_close(struct chains *c)
{
	if (c == NULL)
		return;
	xsort_close(c->rows);
	xsort_close(c->open);
	free(c->parent);
	free(c->needed);
	free(c);
}

int
chains_ent(struct chains *c, uint32_t parent, struct diag *d)
{
	if (c->ents == c->ents_size) {
		const size_t want = c->ents_size == 0 ? 256 : c->ents_size * 2;
		uint32_t *parents = realloc(c->parent, want * sizeof(*parents));
		uint8_t *needed;

		if (parents == NULL)
			return diag_system(d, "NSEC3");
		c->parent = parents;
		needed = realloc(c->needed, want);
		if (needed == NULL)
			return diag_system(d, "NSEC3");
		c->needed = needed;
		c->ents_size = want;
	}
	c->parent[c->ents] = parent;
	c->needed[c->ents++] = 0;
	return 0;
}

/* A row as the sorters keep it; returns the size. */
static size_t
pack(const struct row *row, bool matched_,
    uint8_t data[sizeof(struct packed) + WNAME_MAX])
{
	const size_t name_size = wname_size(row->name);
	struct packed p;

	memset(&p, 0, sizeof(p));
	p.types = row->types;
	p.at = row->at;
	p.ent = row->ent;
	p.kind = row->kind;
	p.chain = row->chain;
	p.matched = matched_;
	memcpy(data, &p, sizeof(p));
	memcpy(data + sizeof(p), row->name, name_size);
	return sizeof(p) + name_size;
}

/* Back, name included; the hash is the key's. */
static void
unpack(const struct xsort_item *item, struct row *row, uint8_t name[WNAME_MAX],
    bool *matched_)
{
	struct packed p;

	memcpy(&p, item->data, sizeof(p));
	row->types = p.types;
	row->at = p.at;
	row->ent = p.ent;
	row->kind = p.kind;
	row->chain = p.chain;
	*matched_ = p.matched;
	memcpy(name, item->data + sizeof(p), item->data_size - sizeof(p));
	row->name = name;
}

int
chains_row(struct chains *c, const struct row *row, struct diag *d)
{
	uint8_t key[HASH_SIZE + 1], data[sizeof(struct packed) + WNAME_MAX];

	memcpy(key, row->hash, HASH_SIZE);
	key[HASH_SIZE] = row->chain;
	return xsort_add(c->rows, key, sizeof(key), data,
	    pack(row, false, data), d);
}

static int
next_row(struct chains *c, struct diag *d)
{
	struct xsort_item item;
	const int rc = xsort_next(c->rows, &item, d);
	bool matched_;

	c->row_valid = rc == 1;
	if (rc != 1)
		return rc;
	unpack(&item, &c->row, c->row_name, &matched_);
	memcpy(c->row.hash, item.key, HASH_SIZE);
	return 0;
}

int
chains_start(struct chains *c, struct diag *d)
{
	if (xsort_sort(c->rows, d) == -1)
		return -1;
	return next_row(c, d);
}

static int
defer(struct chains *c, bool matched_, struct diag *d)
{
	uint8_t data[sizeof(struct packed) + WNAME_MAX];
	const uint64_t n = c->opens++;

	/* The order does not matter: any key will do. */
	return xsort_add(c->open, &n, sizeof(n), data,
	    pack(&c->row, matched_, data), d);
}

static void
missing(const struct row *row, const uint8_t *name, struct findings *found)
{
	const bool ent = row->kind == ROW_ENT || row->kind == ROW_ENT_OPEN;

	finding_add(found, CHECK_NSEC3_MISSING, name, TYPE_NSEC3, row->at,
	    ent ? "an empty non-terminal without its NSEC3" :
		  "a name without its NSEC3");
}

/* RFC 5155 §6: what is left out must lie in an opt-out span. */
static void
must_be_opted_out(const struct row *row, const uint8_t *name,
    const struct progress *chain, struct findings *found)
{
	if (!chain->any)
		missing(row, name, found);
	else if ((chain->last.flags & 1) == 0)
		finding_add(found, CHECK_NSEC3_OPTOUT, name, TYPE_NSEC3,
		    row->at, "left out, but the span that covers it is not "
		    "opt-out");
}

/* No NSEC3 has the hash of c->row. */
static int
unmatched(struct chains *c, struct findings *found, struct diag *d)
{
	const struct row *row = &c->row;
	const struct progress *chain = &c->chain[row->chain];

	if (row->kind == ROW_NAME || row->kind == ROW_ENT) {
		missing(row, c->row_name, found);
		return 0;
	}
	if (row->kind == ROW_ENT_OPEN || !chain->any)
		return defer(c, false, d);
	must_be_opted_out(row, c->row_name, chain, found);
	return 0;
}

/* The NSEC3 link is that of c->row. */
static int
matched(struct chains *c, const struct link *link, struct findings *found,
    struct diag *d)
{
	const struct row *row = &c->row;

	if (row->types != link->types)
		finding_add(found, CHECK_NSEC3_BITMAP, c->row_name, TYPE_NSEC3,
		    link->at, "the NSEC3's bitmap is not the types at this "
		    "name");
	if (row->kind == ROW_INSECURE && row->ent > 0)
		c->needed[row->ent - 1] = 1;
	if (row->kind == ROW_ENT_OPEN)
		return defer(c, true, d);
	return 0;
}

/* Does the last record of the chain lead to this one? */
static void
follow(struct chains *c, const struct link *link, struct findings *found)
{
	struct progress *chain = &c->chain[link->chain];

	if (!chain->any) {
		chain->any = true;
		memcpy(chain->first, link->hash, HASH_SIZE);
		chain->first_at = link->at;
	} else if (memcmp(chain->last.next, link->hash, HASH_SIZE) != 0) {
		finding_add(found, CHECK_NSEC3_CHAIN, chain->last_name,
		    TYPE_NSEC3, chain->last.at,
		    "the next hash is not that of the next NSEC3");
	}
	chain->last = *link;
	memcpy(chain->last_name, link->name, wname_size(link->name));
}

/* Rows by hash, then chain: the order of the sorter. */
static int
row_compare(const struct row *row, const struct link *link)
{
	const int rc = memcmp(row->hash, link->hash, HASH_SIZE);

	return rc != 0 ? rc : (int)row->chain - (int)link->chain;
}

int
chains_link(struct chains *c, const struct link *link, struct findings *found,
    struct diag *d)
{
	bool any = false;

	while (c->row_valid && row_compare(&c->row, link) < 0)
		if (unmatched(c, found, d) == -1 || next_row(c, d) == -1)
			return -1;
	while (c->row_valid && row_compare(&c->row, link) == 0) {
		any = true;
		if (matched(c, link, found, d) == -1 || next_row(c, d) == -1)
			return -1;
	}
	if (!any && chain_hashed(&c->zone->chain[link->chain]))
		finding_add(found, CHECK_NSEC3_EXTRA, link->name, TYPE_NSEC3,
		    link->at, "no name has this hash");
	follow(c, link, found);
	return 0;
}

static void
judge_open(struct chains *c, const struct row *row, bool matched_,
    struct findings *found)
{
	const bool needed = row->kind == ROW_ENT_OPEN &&
	    c->needed[row->ent - 1];

	if (matched_ && !needed)
		finding_add(found, CHECK_NSEC3_ENT_EXTRA, row->name,
		    TYPE_NSEC3, row->at, "only opted-out names are below");
	else if (!matched_ && needed)
		missing(row, row->name, found);
	else if (!matched_)
		must_be_opted_out(row, row->name, &c->chain[row->chain],
		    found);
}

/* The rows that had to wait for the end. */
static int
judge_opens(struct chains *c, struct findings *found, struct diag *d)
{
	struct xsort_item item;
	uint8_t name[WNAME_MAX];
	struct row row;
	bool matched_;
	int rc;

	/* A parent's id is below its child's. */
	for (size_t i = c->ents; i-- > 0;)
		if (c->needed[i] && c->parent[i] > 0)
			c->needed[c->parent[i] - 1] = 1;
	if (xsort_sort(c->open, d) == -1)
		return -1;
	while ((rc = xsort_next(c->open, &item, d)) == 1) {
		unpack(&item, &row, name, &matched_);
		judge_open(c, &row, matched_, found);
	}
	return rc;
}

int
chains_finish(struct chains *c, struct findings *found, struct diag *d)
{
	while (c->row_valid)
		if (unmatched(c, found, d) == -1 || next_row(c, d) == -1)
			return -1;
	for (size_t i = 0; i < CHAINS_MAX; i++) {
		const struct progress *chain = &c->chain[i];

		if (chain->any && memcmp(chain->last.next, chain->first,
			HASH_SIZE) != 0)
			finding_add(found, CHECK_NSEC3_CHAIN, chain->last_name,
			    TYPE_NSEC3, chain->last.at,
			    "the last NSEC3 does not lead to the first");
	}
	return judge_opens(c, found, d);
}
