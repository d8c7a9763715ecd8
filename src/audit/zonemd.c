#define OPENSSL_SUPPRESS_DEPRECATED
#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

#include "xsort.h"
#include "zonemd.h"

#define SCHEME_SIMPLE 1

struct zonemd {
	const struct zone *zone;
	struct xsort *records;
};

int
zonemd_open(struct zonemd **out, const struct zone *zone, size_t memory,
    struct diag *d)
{
	struct zonemd *z = calloc(1, sizeof(*z));

	if (z == NULL)
		return diag_system(d, "ZONEMD");
	z->zone = zone;
	if (xsort_open(&z->records, memory, zone->set->folder, d) == -1) {
		free(z);
		return -1;
	}
	*out = z;
	return 0;
}

void
zonemd_close(struct zonemd *z)
{
	if (z == NULL)
		return;
	xsort_close(z->records);
	free(z);
}

/* RFC 8976 §3.3.1: owner, type, RDATA; a name's end sorts before any label. */
struct digested *
zonemd_digested(struct batch *b, const uint8_t *owner, const struct rec *rec,
    const uint8_t *rdata, size_t size)
{
	uint8_t name[WNAME_KEY_MAX];
	const size_t name_size = wname_key(owner, name);
	struct digested *r = batch_push_digested(b);
	uint8_t *key;

	if (r == NULL)
		return NULL;
	key = arena_alloc(&b->arena, name_size + 3 + size);
	if (key == NULL) {
		b->digesteds--;
		b->failed = true;
		return NULL;
	}
	memcpy(key, name, name_size);
	key[name_size] = 0;
	key[name_size + 1] = (uint8_t)(rec->type >> 8);
	key[name_size + 2] = (uint8_t)rec->type;
	memcpy(key + name_size + 3, rdata, size);
	*r = (struct digested){ .key = key, .ttl = rec->ttl,
		.line = rec->at.line,
		.name_size = (uint16_t)name_size,
		.key_size = (uint32_t)(name_size + 3 + size) };
	return r;
}

int
zonemd_add(struct zonemd *z, const struct digested *r, struct diag *d)
{
	uint8_t data[6] = { (uint8_t)(r->ttl >> 24), (uint8_t)(r->ttl >> 16),
		(uint8_t)(r->ttl >> 8), (uint8_t)r->ttl,
		(uint8_t)(r->name_size >> 8), (uint8_t)r->name_size };

	return xsort_add(z->records, r->key, r->key_size, data, sizeof(data),
	    d);
}

struct digests {
	SHA512_CTX sha384, sha512;
	uint8_t md384[SHA384_DIGEST_LENGTH], md512[SHA512_DIGEST_LENGTH];
};

static void
update(struct digests *g, const void *bytes, size_t size)
{
	SHA384_Update(&g->sha384, bytes, size);
	SHA512_Update(&g->sha512, bytes, size);
}

static void
digest_item(struct digests *g, const struct xsort_item *item)
{
	const size_t name_size = (size_t)(item->data[4] << 8 | item->data[5]);
	const uint8_t *type = item->key + name_size + 1;
	const size_t size = item->key_size - name_size - 3;
	const uint8_t class[2] = { 0, 1 };
	const uint8_t length[2] = { (uint8_t)(size >> 8), (uint8_t)size };
	uint8_t owner[WNAME_MAX];

	wname_from_key(item->key, name_size, owner);
	update(g, owner, wname_size(owner));
	update(g, type, 2);
	update(g, class, 2);
	update(g, item->data, 4);
	update(g, length, 2);
	update(g, type + 2, size);
}

static int
digest_all(struct zonemd *z, struct digests *g, struct diag *d)
{
	uint8_t *last = malloc(WNAME_KEY_MAX + 3 + RDATA_MAX);
	size_t last_size = 0;
	struct xsort_item item;
	bool any = false;
	int rc;

	if (last == NULL)
		return diag_system(d, "ZONEMD");
	SHA384_Init(&g->sha384);
	SHA512_Init(&g->sha512);
	while ((rc = xsort_next(z->records, &item, d)) == 1) {
		/* RFC 8976 §3.3.1: duplicates are left out. */
		if (any && item.key_size == last_size &&
		    memcmp(item.key, last, last_size) == 0)
			continue;
		any = true;
		memcpy(last, item.key, item.key_size);
		last_size = item.key_size;
		digest_item(g, &item);
	}
	SHA384_Final(g->md384, &g->sha384);
	SHA512_Final(g->md512, &g->sha512);
	free(last);
	return rc;
}

/* Is it one of several of its scheme and algorithm (RFC 8976 §2.2)? */
static bool
repeated(const struct zone *zone, size_t index)
{
	const struct zone_digest *a = &zone->digest[index];

	for (size_t i = 0; i < zone->digests; i++)
		if (i != index && zone->digest[i].scheme == a->scheme &&
		    zone->digest[i].algorithm == a->algorithm)
			return true;
	return false;
}

/* RFC 8976 §4; true: it could be used, whatever came of it. */
static bool
judge_digest(const struct zone *zone, size_t index, const struct digests *g,
    struct findings *found)
{
	const struct zone_digest *a = &zone->digest[index];
	const size_t size = a->algorithm == 1 ? SHA384_DIGEST_LENGTH :
						SHA512_DIGEST_LENGTH;
	const uint8_t *md = a->algorithm == 1 ? g->md384 : g->md512;

	if (a->serial != zone->serial)
		finding_add(found, CHECK_ZONEMD_SERIAL, zone->apex,
		    TYPE_ZONEMD, a->at, "for serial %u, the zone's is %u",
		    a->serial, zone->serial);
	if (repeated(zone, index)) {
		finding_add(found, CHECK_ZONEMD_MULTIPLE, zone->apex,
		    TYPE_ZONEMD, a->at, "scheme %u, algorithm %u stands more "
		    "than once", a->scheme, a->algorithm);
		return true;
	}
	if (a->scheme != SCHEME_SIMPLE || a->algorithm < 1 || a->algorithm > 2)
		return false;
	if (a->size != size) {
		finding_add(found, CHECK_ZONEMD_MALFORMED, zone->apex,
		    TYPE_ZONEMD, a->at, "a digest of %u octets", a->size);
		return true;
	}
	if (a->serial == zone->serial && memcmp(a->bytes, md, size) != 0)
		finding_add(found, CHECK_ZONEMD_DIGEST, zone->apex,
		    TYPE_ZONEMD, a->at, "the digest is not the zone's");
	return true;
}

int
zonemd_finish(struct zonemd *z, struct findings *found, struct diag *d)
{
	const struct zone *zone = z->zone;
	struct digests g;
	bool usable = false;

	if (xsort_sort(z->records, d) == -1 || digest_all(z, &g, d) == -1)
		return -1;
	for (size_t i = 0; i < zone->digests; i++)
		usable = judge_digest(zone, i, &g, found) || usable;
	if (!usable)
		finding_add(found, CHECK_ZONEMD_UNSUPPORTED, zone->apex,
		    TYPE_ZONEMD, zone->digest[0].at,
		    "no scheme and algorithm that is known");
	return 0;
}
