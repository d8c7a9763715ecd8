#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "xsort.h"

struct compare {
	struct zone *zone;
	struct xsort *input, *output;
	struct rdata_parser *parser;
	uint8_t *rdata;
	bool soa_seen;
	uint32_t serial;
};

/* Made by signers: in the input they are left-overs. */
static bool
made_by_signers(uint16_t type)
{
	return type == TYPE_RRSIG || type == TYPE_NSEC || type == TYPE_NSEC3 ||
	    type == TYPE_NSEC3PARAM;
}

bool
compare_wants(const struct zone *zone, uint16_t type)
{
	if (!zone->compared || type == TYPE_SOA || type == TYPE_ZONEMD)
		return false;
	if (made_by_signers(type))
		return zone->input_signed;
	return type != TYPE_DNSKEY && type != TYPE_CDS && type != TYPE_CDNSKEY;
}

static void
load_soa(struct compare *c, const struct record *r, size_t size,
    struct findings *found)
{
	const uint8_t *n = c->rdata + size - 20;

	if (!wname_equal(r->owner, c->zone->apex)) {
		char name[WNAME_TEXT_MAX];

		(void)wname_print(r->owner, name);
		finding_add(found, CHECK_INPUT_SOA, c->zone->apex, TYPE_SOA,
		    (struct place){ 0, 0 }, "the input's SOA is of %s", name);
		return;
	}
	if (size < 22)
		return;
	if (c->soa_seen) {
		finding_add(found, CHECK_INPUT_SOA, c->zone->apex, TYPE_SOA,
		    (struct place){ 0, 0 }, "the input has more than one SOA");
		return;
	}
	c->soa_seen = true;
	c->serial = (uint32_t)n[0] << 24 | (uint32_t)n[1] << 16 |
	    (uint32_t)n[2] << 8 | n[3];
}

static int
add(struct xsort *to, const uint8_t *owner, uint16_t type,
    const uint8_t *rdata, size_t size, uint32_t line, struct diag *d)
{
	uint8_t small[2048], *key = small;
	size_t n;
	int rc;

	if (size + WNAME_KEY_MAX + 3 > sizeof(small) &&
	    (key = malloc(size + WNAME_KEY_MAX + 3)) == NULL)
		return diag_system(d, "audit");
	n = wname_key(owner, key);
	key[n++] = 0;
	key[n++] = (uint8_t)(type >> 8);
	key[n++] = (uint8_t)type;
	memcpy(key + n, rdata, size);
	rc = xsort_add(to, key, n + size, &line, sizeof(line), d);
	if (key != small)
		free(key);
	return rc;
}

static int
take_record(struct compare *c, const struct record *r, const char *path,
    struct findings *found, struct diag *d)
{
	const char *why;
	int n, k;

	if (r->class != 1)
		return 0;
	n = rdata_parse(c->parser, r->type, r->rdata, r->rdata_size,
	    r->origin, c->rdata, &why);
	if (n == -1) {
		finding_add(found, CHECK_INPUT_SYNTAX, r->owner, r->type,
		    (struct place){ 0, 0 }, "%s:%u: %s", path, r->at.line,
		    why);
		return 0;
	}
	if (r->type == TYPE_SOA) {
		load_soa(c, r, (size_t)n, found);
		return 0;
	}
	if (!wname_within(r->owner, c->zone->apex)) {
		finding_add(found, CHECK_INPUT_OUT_OF_ZONE, r->owner, r->type,
		    (struct place){ 0, 0 }, "%s:%u: not in the zone", path,
		    r->at.line);
		return 0;
	}
	if (r->type == TYPE_DNSKEY) {
		k = keyset_add(&c->zone->keys, c->rdata, (size_t)n);
		if (k != -1)
			c->zone->input_keys |= UINT64_C(1) << k;
		return 0;
	}
	if (made_by_signers(r->type))
		c->zone->input_signed = true;
	if (!compare_wants(c->zone, r->type))
		return 0;
	return add(c->input, r->owner, r->type, c->rdata, (size_t)n,
	    r->at.line, d);
}

static int
take_file(struct compare *c, const char *path, struct findings *found,
    struct diag *d)
{
	struct zonefile *file;
	struct record r;
	enum zone_event e;
	struct place at;
	const char *text;
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc = -1;

	if (fd == -1)
		return diag_system(d, "%s", path);
	if (zonefile_open(&file, fd, path, c->zone->apex, c->zone->types,
		d) == -1)
		return -1;
	while ((e = zonefile_next(file, &r, d)) != ZONE_DONE) {
		if (e == ZONE_ERROR || e == ZONE_FAIL)
			goto out;
		if (e == ZONE_BAD) {
			text = zonefile_error(file, &at);
			finding_add(found, CHECK_INPUT_SYNTAX, NULL, 0,
			    (struct place){ 0, 0 }, "%s:%u: %s",
			    zonefile_name(file, at.file), at.line, text);
		}
		if (e == ZONE_RECORD && take_record(c, &r,
			zonefile_name(file, r.at.file), found, d) == -1)
			goto out;
	}
	rc = 0;
out:
	zonefile_close(file);
	return rc;
}

int
compare_open(struct compare **out, const char *const *paths, size_t count,
    struct zone *zone, struct findings *found, struct diag *d)
{
	struct compare *c = calloc(1, sizeof(*c));
	const size_t memory = zone->set->memory / 2;

	if (c == NULL)
		return diag_system(d, "audit");
	c->zone = zone;
	zone->compared = true;
	c->parser = rdata_parser_new(zone->types);
	c->rdata = malloc(RDATA_MAX);
	if (c->parser == NULL || c->rdata == NULL) {
		(void)diag_system(d, "audit");
		goto fail;
	}
	if (xsort_open(&c->input, memory, zone->set->folder, d) == -1 ||
	    xsort_open(&c->output, memory, zone->set->folder, d) == -1)
		goto fail;
	for (size_t i = 0; i < count; i++)
		if (take_file(c, paths[i], found, d) == -1)
			goto fail;
	if (!c->soa_seen)
		finding_add(found, CHECK_INPUT_SOA, zone->apex, TYPE_SOA,
		    (struct place){ 0, 0 }, "the input has no SOA of the zone");
	*out = c;
	return 0;
fail:
	compare_close(c);
	return -1;
}

void
compare_close(struct compare *c)
{
	if (c == NULL)
		return;
	xsort_close(c->input);
	xsort_close(c->output);
	rdata_parser_free(c->parser);
	free(c->rdata);
	free(c);
}

int
compare_add(struct compare *c, const struct digested *r, struct diag *d)
{
	return xsort_add(c->output, r->key, r->key_size, &r->line,
	    sizeof(r->line), d);
}

/* Where the owner's key ends: at the empty label. */
static size_t
owner_end(const struct xsort_item *item)
{
	size_t n = 0;

	while (item->key[n] != 0) {
		while (item->key[n] != 0)
			n++;
		n++;
	}
	return n;
}

static void
tell(const struct xsort_item *item, bool missing, bool partial,
    struct findings *found)
{
	const size_t end = owner_end(item);
	const uint16_t type = (uint16_t)(item->key[end + 1] << 8 |
	    item->key[end + 2]);
	uint8_t owner[WNAME_MAX];
	uint32_t line;

	memcpy(&line, item->data, sizeof(line));
	wname_from_key(item->key, end, owner);
	if (made_by_signers(type)) {
		if (missing)
			finding_add(found, CHECK_INPUT_DNSSEC, owner, type,
			    (struct place){ 0, 0 }, "in line %u of the input, "
			    "not in the signed zone", line);
		return;
	}
	if (partial)
		return; /* counted only */
	if (missing)
		finding_add(found, CHECK_INPUT_MISSING, owner, type,
		    (struct place){ 0, 0 }, "in line %u of the input, not in "
		    "the signed zone", line);
	else
		finding_add(found, CHECK_OUTPUT_EXTRA, owner, type,
		    (struct place){ 0, line }, "not in the input");
}

/* Left out by nobody: duplicates of the last item. */
static int
next(struct xsort *s, struct xsort_item *item, uint8_t *last,
    size_t *last_size, struct diag *d)
{
	int rc;

	do
		rc = xsort_next(s, item, d);
	while (rc == 1 && *last_size == item->key_size &&
	    memcmp(last, item->key, item->key_size) == 0);
	if (rc == 1) {
		memcpy(last, item->key, item->key_size);
		*last_size = item->key_size;
	}
	return rc;
}

static int
item_compare(const struct xsort_item *a, const struct xsort_item *b)
{
	const size_t least =
	    a->key_size < b->key_size ? a->key_size : b->key_size;
	const int c = memcmp(a->key, b->key, least);

	return c != 0 ? c : (a->key_size > b->key_size) -
	    (a->key_size < b->key_size);
}

static int
merge(struct compare *c, uint8_t *last[2], uint64_t counts[2],
    struct findings *found, struct diag *d)
{
	const bool partial = c->zone->partial;
	struct xsort_item in, out;
	size_t size[2] = { SIZE_MAX, SIZE_MAX };
	int a = next(c->input, &in, last[0], &size[0], d);
	int b = next(c->output, &out, last[1], &size[1], d);

	while (a == 1 || b == 1) {
		const int order = a != 1 ? 1 : b != 1 ? -1 :
							item_compare(&in, &out);

		if (order < 0)
			tell(&in, true, partial, found);
		if (order > 0)
			tell(&out, false, partial, found);
		if (order <= 0) {
			counts[0]++;
			a = next(c->input, &in, last[0], &size[0], d);
		}
		if (order >= 0) {
			counts[1]++;
			b = next(c->output, &out, last[1], &size[1], d);
		}
		if (a == -1 || b == -1)
			return -1;
	}
	return a == -1 || b == -1 ? -1 : 0;
}

/* Checks 5 and 6: RFC 1982 order is history's. */
static void
check_serial(const struct compare *c, struct findings *found)
{
	const struct zone *z = c->zone;
	const struct policy *p = z->policy;

	if (!c->soa_seen || !z->soa_known || c->serial == z->serial)
		return;
	if (p != NULL && p->serial == SERIAL_KEEP)
		finding_add(found, CHECK_SERIAL_KEEP, z->apex, TYPE_SOA,
		    z->soa_at, "serial %u, but %u in the input, and the policy "
		    "keeps it", z->serial, c->serial);
	else
		finding_add(found, CHECK_SERIAL_CHANGED, z->apex, TYPE_SOA,
		    z->soa_at, "serial %u, %u in the input", z->serial,
		    c->serial);
}

int
compare_finish(struct compare *c, struct findings *found, struct diag *d)
{
	uint8_t *last[2] = { malloc(WNAME_KEY_MAX + 3 + RDATA_MAX),
		malloc(WNAME_KEY_MAX + 3 + RDATA_MAX) };
	uint64_t counts[2] = { 0, 0 };
	int rc = -1;

	if (last[0] == NULL || last[1] == NULL) {
		(void)diag_system(d, "audit");
		goto out;
	}
	if (xsort_sort(c->input, d) == -1 || xsort_sort(c->output, d) == -1)
		goto out;
	rc = merge(c, last, counts, found, d);
	if (rc == 0 && c->zone->partial && counts[0] != counts[1])
		finding_add(found, CHECK_INPUT_COUNT, c->zone->apex, 0,
		    (struct place){ 0, 0 }, "%llu records in the input, %llu "
		    "in the signed zone", (unsigned long long)counts[0],
		    (unsigned long long)counts[1]);
	check_serial(c, found);
	for (size_t i = 0; i < c->zone->keys.count; i++)
		if ((c->zone->input_keys & ~c->zone->published &
		    UINT64_C(1) << i) != 0)
			finding_add(found, CHECK_INPUT_MISSING, c->zone->apex,
			    TYPE_DNSKEY, (struct place){ 0, 0 }, "DNSKEY %u of "
			    "the input is not in the signed zone",
			    c->zone->keys.key[i].tag);
out:
	free(last[0]);
	free(last[1]);
	return rc;
}
