#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "number.h"
#include "ordered.h"
#include "previous.h"

/* One owner of the previous zone. */
struct group {
	struct arena arena;
	struct rec *rec;
	size_t count, size;
	uint8_t key[WNAME_KEY_MAX + 1]; /* section, then the name's key */
	size_t key_size;
	bool valid, apex;
};

struct previous {
	struct zone *zone;
	char *path;
	int fd; /* a duplicate, to see whether the file changes */
	struct stat before;
	char digest[65];
	bool audited;
	struct ordered *records;
	struct record next; /* read, not yet in a group */
	bool next_valid;
	struct group group;
	bool soa_known;
	uint32_t serial;
	uint8_t mname[WNAME_MAX];
	struct rdata_parser *parser;
	uint8_t *rdata, *other; /* RDATA_MAX octets to parse into */
	struct previous_counts counts;
	struct stats stats;
};

static int
digest_file(struct previous *p, struct diag *d)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t *buffer = malloc(256 * 1024), md[EVP_MAX_MD_SIZE];
	unsigned size = 0;
	off_t at = 0;
	ssize_t n;
	int rc = -1;

	if (ctx == NULL || buffer == NULL ||
	    EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1) {
		(void)diag_system(d, "%s", p->path);
		goto out;
	}
	for (;;) {
		n = pread(p->fd, buffer, 256 * 1024, at);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		if (EVP_DigestUpdate(ctx, buffer, (size_t)n) != 1)
			break;
		at += n;
	}
	if (n != 0 || EVP_DigestFinal_ex(ctx, md, &size) != 1) {
		(void)diag_system(d, "%s: read", p->path);
		goto out;
	}
	for (unsigned i = 0; i < 32; i++)
		(void)snprintf(p->digest + 2 * i, 3, "%02x", md[i]);
	rc = 0;
out:
	EVP_MD_CTX_free(ctx);
	free(buffer);
	return rc;
}

/* Read on to the next record of the zone; p->next_valid says if there is. */
static int
advance(struct previous *p, struct diag *d)
{
	int rc;

	do
		rc = ordered_next(p->records, &p->next, d);
	while (rc == 1 && (p->next.class != 1 ||
	    !wname_within(p->next.owner, p->zone->apex)));
	p->next_valid = rc == 1;
	return rc == -1 ? -1 : 0;
}

static size_t
group_key(const struct record *r, uint8_t key[WNAME_KEY_MAX + 1])
{
	key[0] = r->type == TYPE_NSEC3 || r->covered == TYPE_NSEC3;
	return 1 + wname_key(r->owner, key + 1);
}

static int
keep(struct previous *p, const struct record *r, struct diag *d)
{
	struct group *g = &p->group;
	struct rec *rec;

	if (g->arena.used > OWNER_BYTES)
		return diag_set(d, STATUS_BAD, "%s: more than %d octets at one "
		    "name", p->path, OWNER_BYTES);
	if (g->count == g->size) {
		const size_t want = g->size == 0 ? 64 : g->size * 2;
		struct rec *grown = realloc(g->rec, want * sizeof(*grown));

		if (grown == NULL)
			return diag_system(d, "%s", p->path);
		g->rec = grown;
		g->size = want;
	}
	rec = &g->rec[g->count];
	*rec = (struct rec){ .ttl = r->ttl, .type = r->type,
		.covered = r->covered, .class = r->class,
		.rdata_size = r->rdata_size };
	rec->rdata = arena_copy(&g->arena, r->rdata, r->rdata_size);
	rec->origin = arena_copy(&g->arena, r->origin, wname_size(r->origin));
	if (rec->rdata == NULL || rec->origin == NULL)
		return diag_system(d, "%s", p->path);
	g->count++;
	return 0;
}

static bool
dnssec_type(uint16_t type)
{
	return type == TYPE_RRSIG || type == TYPE_NSEC || type == TYPE_NSEC3 ||
	    type == TYPE_NSEC3PARAM || type == TYPE_DNSKEY ||
	    type == TYPE_CDS || type == TYPE_CDNSKEY || type == TYPE_ZONEMD;
}

static uint16_t
set_type(const struct rec *r)
{
	return r->type == TYPE_RRSIG ? r->covered : r->type;
}

/* The keys that an RRSIG's text names: algorithm and tag. */
static uint64_t
signers(const struct previous *p, const struct rec *r)
{
	const char *at = r->rdata, *end = at + r->rdata_size;
	uint16_t algorithm = 0, tag = 0;
	uint64_t mask = 0;

	for (int i = 0; i < 7; i++) {
		const char *space = memchr(at, ' ', (size_t)(end - at));

		if (space == NULL)
			return 0;
		if (i == 1 && number_u16(at, (size_t)(space - at), 255,
			&algorithm) == -1)
			return 0;
		if (i == 6 && number_u16(at, (size_t)(space - at), UINT16_MAX,
			&tag) == -1)
			return 0;
		at = space + 1;
	}
	for (size_t i = 0; i < p->zone->keys.count; i++) {
		const struct key *k = &p->zone->keys.key[i];

		if (k->previous && k->tag == tag && k->algorithm == algorithm)
			mask |= UINT64_C(1) << i;
	}
	return mask;
}

/* Who signs each RRset of the group. */
static void
note_signers(struct previous *p)
{
	const struct group *g = &p->group;

	for (size_t i = 0; i < g->count;) {
		const uint16_t type = set_type(&g->rec[i]);
		struct mask m = { .type = type, .ttl = g->rec[i].ttl,
			.dnskey = g->apex && type == TYPE_DNSKEY };

		for (; i < g->count && set_type(&g->rec[i]) == type; i++)
			if (g->rec[i].type == TYPE_RRSIG)
				m.keys |= signers(p, &g->rec[i]);
		if (m.keys == 0)
			continue;
		wname_from_key(g->key + 1, g->key_size - 1, m.owner);
		stats_mask(&p->stats, &m);
		if (m.dnskey)
			p->stats.dnskey_mask = m.keys;
	}
}

/* The next owner; p->group.valid says if there is one. */
static int
next_group(struct previous *p, struct diag *d)
{
	uint8_t key[WNAME_KEY_MAX + 1], apex[WNAME_KEY_MAX];
	struct group *g = &p->group;
	const size_t apex_size = wname_key(p->zone->apex, apex);
	const size_t last_size = g->key_size;
	size_t size;

	arena_reset(&g->arena);
	g->count = 0;
	memcpy(key, g->key, last_size);
	if (!p->next_valid) {
		g->valid = false;
		return 0;
	}
	g->key_size = group_key(&p->next, g->key);
	if (g->valid) { /* in order? */
		const size_t least = last_size < g->key_size ? last_size :
							       g->key_size;
		const int c = memcmp(key, g->key, least);

		if (c > 0 || (c == 0 && last_size >= g->key_size))
			return diag_set(d, STATUS_BAD, "%s:%u: not in the "
			    "order of zonetext(5)", p->path, p->next.at.line);
	}
	g->valid = true;
	g->apex = g->key[0] == 0 && g->key_size == apex_size + 1 &&
	    memcmp(g->key + 1, apex, apex_size) == 0;
	do {
		if (keep(p, &p->next, d) == -1 || advance(p, d) == -1)
			return -1;
		size = p->next_valid ? group_key(&p->next, key) : 0;
	} while (size == g->key_size && memcmp(key, g->key, size) == 0);
	for (size_t i = 0; i < g->count; i++)
		p->counts.records += !dnssec_type(g->rec[i].type);
	return 0;
}

static int
parse(struct previous *p, const struct rec *r)
{
	const char *why;

	return rdata_parse(p->parser, r->type, r->rdata, r->rdata_size,
	    r->origin, p->rdata, &why);
}

static void
load_soa(struct previous *p, const struct rec *r)
{
	const int n = parse(p, r);
	const uint8_t *numbers = p->rdata + n - 20;

	if (n < 22 || p->soa_known)
		return;
	p->soa_known = true;
	p->serial = (uint32_t)numbers[0] << 24 | (uint32_t)numbers[1] << 16 |
	    (uint32_t)numbers[2] << 8 | numbers[3];
	memcpy(p->mname, p->rdata, wname_size(p->rdata));
}

/* The first group: it must be the apex. */
static int
load_apex(struct previous *p, struct diag *d)
{
	if (advance(p, d) == -1 || next_group(p, d) == -1)
		return -1;
	if (!p->group.valid || !p->group.apex)
		return diag_set(d, STATUS_BAD, "%s: no such zone in it",
		    p->path);
	for (size_t i = 0; i < p->group.count; i++) {
		const struct rec *r = &p->group.rec[i];
		int n;

		if (r->type == TYPE_SOA)
			load_soa(p, r);
		if (r->type != TYPE_DNSKEY || (n = parse(p, r)) == -1)
			continue;
		n = keyset_add(&p->zone->keys, p->rdata, (size_t)n);
		if (n != -1)
			p->zone->keys.key[n].previous = true;
	}
	note_signers(p);
	return 0;
}

int
previous_open(struct previous **out, const char *path, struct zone *zone,
    struct diag *d)
{
	struct previous *p = calloc(1, sizeof(*p));
	int fd = -1;

	if (p == NULL)
		return diag_system(d, "%s", path);
	p->fd = -1;
	p->zone = zone;
	stats_reset(&p->stats);
	p->path = strdup(path);
	p->parser = rdata_parser_new(zone->types);
	p->rdata = malloc(RDATA_MAX);
	p->other = malloc(RDATA_MAX);
	if (p->path == NULL || p->parser == NULL || p->rdata == NULL ||
	    p->other == NULL) {
		(void)diag_system(d, "%s", path);
		goto fail;
	}
	p->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (p->fd == -1 || fstat(p->fd, &p->before) == -1 ||
	    (fd = dup(p->fd)) == -1) {
		(void)diag_system(d, "%s", path);
		goto fail;
	}
	if (!S_ISREG(p->before.st_mode)) {
		(void)diag_set(d, STATUS_USAGE, "%s: the previous zone must "
		    "be a file", path);
		(void)close(fd);
		goto fail;
	}
	if (digest_file(p, d) == -1) {
		(void)close(fd);
		goto fail;
	}
	if (ordered_open(&p->records, fd, path, zone->apex, zone->types,
		zone->set, zone->set->memory / 2, d) == -1 ||
	    load_apex(p, d) == -1)
		goto fail;
	*out = p;
	return 0;
fail:
	previous_close(p);
	return -1;
}

const char *
previous_digest(const struct previous *p)
{
	return p->digest;
}

void
previous_trust(struct previous *p, bool audited)
{
	p->audited = audited;
}

bool
previous_soa(const struct previous *p, uint32_t *serial, const uint8_t **mname)
{
	*serial = p->serial;
	*mname = p->mname;
	return p->soa_known;
}

const struct previous_counts *
previous_counts(const struct previous *p)
{
	return &p->counts;
}

const struct stats *
previous_stats(const struct previous *p)
{
	return &p->stats;
}

/* One record in two spellings? */
static bool
same_wire(struct previous *p, const struct rec *a, const struct rec *b)
{
	const char *why;
	const int n = parse(p, a);
	const int m = rdata_parse(p->parser, b->type, b->rdata, b->rdata_size,
	    b->origin, p->other, &why);

	return n > 0 && n == m && memcmp(p->rdata, p->other, (size_t)n) == 0;
}

static bool
same(struct previous *p, const struct rec *a, const struct rec *b)
{
	if (a->ttl != b->ttl || a->type != b->type)
		return false;
	if (a->rdata_size == b->rdata_size && wname_equal(a->origin, b->origin))
		return memcmp(a->rdata, b->rdata, a->rdata_size) == 0;
	/* Written by another program, or relative to another $ORIGIN. */
	return same_wire(p, a, b);
}

/* Above that, what is gone at one owner is told by number. */
#define COMPARE_MOST 1000000

/* A record of the group that the new owner has not. */
static bool
removed(struct previous *p, const struct rec *old, const struct rec *rec,
    size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (rec[i].type == old->type && same(p, old, &rec[i]))
			return false;
	return true;
}

/*
 * An RRset with its signatures: as in the group?  *hint is where the last one
 * was found: both are usually in one order.
 */
static bool
set_stands(struct previous *p, const struct rec *rec, size_t count,
    size_t *hint)
{
	const struct group *g = &p->group;
	const uint16_t type = set_type(&rec[0]);
	size_t at = *hint;

	while (at < g->count && set_type(&g->rec[at]) != type)
		at++;
	if (at == g->count)
		for (at = 0; at < *hint && set_type(&g->rec[at]) != type;)
			at++;
	if (at < g->count)
		*hint = at;
	for (size_t i = 0; i < count; i++, at++)
		if (at >= g->count || !same(p, &g->rec[at], &rec[i]))
			return false;
	return at == g->count || set_type(&g->rec[at]) != type;
}

/* Other NS records at the apex, whatever their signatures? */
static bool
ns_changed(struct previous *p, const struct rec *rec, size_t count)
{
	size_t old = 0, new = 0;

	for (size_t i = 0; i < p->group.count; i++) {
		if (p->group.rec[i].type != TYPE_NS)
			continue;
		old++;
		if (removed(p, &p->group.rec[i], rec, count))
			return true;
	}
	for (size_t i = 0; i < count; i++)
		new += rec[i].type == TYPE_NS;
	return old != new;
}

static void
compare_group(struct previous *p, struct rec *rec, size_t count)
{
	const struct group *g = &p->group;
	size_t hint = 0, old = 0, new = 0;
	bool all = true;

	for (size_t i = 0; i < count;) {
		const uint16_t type = set_type(&rec[i]);
		size_t end = i;
		bool stands;

		while (end < count && set_type(&rec[end]) == type)
			end++;
		stands = set_stands(p, rec + i, end - i, &hint);
		if (!stands && type != TYPE_SOA) {
			all = false;
			if (g->apex && type == TYPE_NS)
				p->counts.ns_changed = ns_changed(p, rec + i,
				    end - i);
		}
		for (; i < end; i++)
			rec[i].kept = stands && p->audited;
	}
	if (all && g->count == count)
		return;
	p->counts.changed = true;
	if (g->count * count > COMPARE_MOST) {
		for (size_t i = 0; i < g->count; i++)
			old += !dnssec_type(g->rec[i].type);
		for (size_t i = 0; i < count; i++)
			new += !dnssec_type(rec[i].type);
		p->counts.removed += old > new ? old - new : 0;
		return;
	}
	for (size_t i = 0; i < g->count; i++)
		p->counts.removed += !dnssec_type(g->rec[i].type) &&
		    g->rec[i].type != TYPE_SOA &&
		    removed(p, &g->rec[i], rec, count);
}

/* An owner that the new zone has not. */
static void
drop_group(struct previous *p)
{
	p->counts.changed = true;
	for (size_t i = 0; i < p->group.count; i++)
		p->counts.removed += !dnssec_type(p->group.rec[i].type);
}

int
previous_compare(struct previous *p, bool nsec3, const uint8_t *key,
    size_t key_size, struct rec *rec, size_t count, struct diag *d)
{
	struct group *g = &p->group;

	while (g->valid) {
		const size_t have = g->key_size - 1;
		const size_t least = have < key_size ? have : key_size;
		int c = (int)g->key[0] - (int)nsec3;

		if (c == 0)
			c = memcmp(g->key + 1, key, least);
		if (c == 0)
			c = (have > key_size) - (have < key_size);
		if (c > 0)
			break;
		if (c == 0)
			compare_group(p, rec, count);
		else
			drop_group(p);
		if (next_group(p, d) == -1)
			return -1;
		note_signers(p);
		if (c == 0)
			return 0;
	}
	p->counts.changed = true;
	return 0;
}

int
previous_finish(struct previous *p, struct diag *d)
{
	struct stat after;

	while (p->group.valid) {
		drop_group(p);
		if (next_group(p, d) == -1)
			return -1;
		note_signers(p);
	}
	if (fstat(p->fd, &after) == -1)
		return diag_system(d, "%s", p->path);
	if (after.st_size != p->before.st_size ||
	    after.st_mtim.tv_sec != p->before.st_mtim.tv_sec ||
	    after.st_mtim.tv_nsec != p->before.st_mtim.tv_nsec)
		return diag_set(d, STATUS_SYSTEM, "%s: changed while it was "
		    "read", p->path);
	return 0;
}

void
previous_close(struct previous *p)
{
	if (p == NULL)
		return;
	ordered_close(p->records);
	if (p->fd != -1)
		(void)close(p->fd);
	arena_free(&p->group.arena);
	free(p->group.rec);
	rdata_parser_free(p->parser);
	free(p->rdata);
	free(p->other);
	free(p->path);
	free(p);
}
