/*
 * add-zonemd(1): a message digest for the zone (RFC 8976), in two steps.  With
 * --placeholder the ZONEMD records get their place before the chain is made,
 * so that the apex bitmap has them; on the signed stream the digest is put in.
 * sign-rrsets --only ZONEMD then signs it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cut.h"
#include "filter.h"
#include "number.h"
#include "rrtype.h"
#include "soatext.h"
#include "zonemd-digest.h"

static const struct hash {
	int number;
	const char *name;
	size_t digits;
} hashes[] = {
	{ ZONEMD_SHA384, "sha384", 96 },
	{ ZONEMD_SHA512, "sha512", 128 },
};
#define HASHES (sizeof(hashes) / sizeof(*hashes))

struct add_zonemd {
	struct filter_options common;
	bool placeholder;
	const char *hash_names, *folder;
	struct zonemd_spool *spool;
	/* The open zone. */
	const char *zone;
	bool mine, any, placed;
	bool found[HASHES]; /* there, to be filled in */
	bool wanted[HASHES];
	struct cut cut;
	uint32_t serial, ttl;
	char hex[ZONEMD_HASHES][2 * 64 + 1];
	struct zonetext_writer *w; /* while the spool is written out */
};

/* "sha384,sha512".  -1: STATUS_USAGE. */
static int
choose_hashes(struct add_zonemd *a, const char *list, struct diag *d)
{
	memset(a->wanted, 0, sizeof(a->wanted));
	for (const char *s = list; *s != '\0';) {
		const size_t len = strcspn(s, ",");
		size_t i = 0;

		while (i < HASHES &&
		    (strlen(hashes[i].name) != len ||
			memcmp(hashes[i].name, s, len) != 0))
			i++;
		if (i == HASHES)
			return diag_set(d, STATUS_USAGE,
			    "'%s': not a list of sha384 and sha512 (RFC 8976 "
			    "§2.2.3)",
			    list);
		a->wanted[i] = true;
		s += len + (s[len] == ',' ? 1 : 0);
	}
	return 0;
}

static int
zone(void *ctx, const char *name, struct zonetext_keys *keys,
    struct zonetext_writer *w, struct diag *d)
{
	struct add_zonemd *a = ctx;
	const char *list = a->hash_names;

	(void)w;
	a->zone = name;
	a->any = a->placed = false;
	memset(a->found, 0, sizeof(a->found));
	if (list == NULL && a->common.batch)
		list = zonetext_get(keys, "zonemd");
	/* In a batch, zones without zonemd= pass through. */
	a->mine = list != NULL || !a->common.batch;
	if (!a->mine)
		return 0;
	if (choose_hashes(a, list != NULL ? list : "sha384", d) == -1 ||
	    cut_begin(&a->cut, name, d) == -1)
		return -1;
	return a->placeholder ? 0 : zonemd_spool_begin(a->spool, name, d);
}

static bool
is_apex(const struct add_zonemd *a, const struct zonetext_record *rec)
{
	return rec->owner_len == strlen(a->zone) &&
	    memcmp(rec->owner, a->zone, rec->owner_len) == 0;
}

static int
read_soa(
    struct add_zonemd *a, const struct zonetext_record *rec, struct diag *d)
{
	struct soatext soa;

	if (soatext_parse(rec, a->zone, &soa, d) == -1)
		return -1;
	a->serial = soa.serial;
	a->ttl = rec->ttl;
	a->any = true;
	return 0;
}

/* ZONEMD of the hash, with the digest in hex or zeros. */
static void
write_zonemd(struct add_zonemd *a, const struct hash *hash, uint32_t ttl,
    const char *hex, struct zonetext_writer *w)
{
	static const char zeros[] =
	    "0000000000000000000000000000000000000000000000000000000000000000"
	    "0000000000000000000000000000000000000000000000000000000000000000";
	char line[1400];
	const int n =
	    snprintf(line, sizeof(line), "%s\t%u\tIN\tZONEMD\t%u %d %d %.*s",
		a->zone, ttl, a->serial, ZONEMD_SIMPLE, hash->number,
		(int)hash->digits, hex != NULL ? hex : zeros);

	zonetext_put_line(w, line, (size_t)n, ttl);
}

/* --- the first step ------------------------------------------------------- */

static void
place(struct add_zonemd *a, struct zonetext_writer *w)
{
	for (size_t i = 0; i < HASHES; i++)
		if (a->wanted[i])
			write_zonemd(a, &hashes[i], a->ttl, NULL, w);
	a->placed = true;
}

static int
place_at_record(struct add_zonemd *a, const struct zonetext_record *rec,
    struct zonetext_writer *w, struct diag *d)
{
	const bool apex = a->cut.apex;

	if (apex &&
	    (rec->type == RRTYPE_RRSIG || rec->type == RRTYPE_NSEC ||
		rec->type == RRTYPE_NSEC3PARAM))
		return diag_set(d, STATUS_BAD,
		    "has a chain or signatures: --placeholder comes before "
		    "(RFC 8976 §3)");
	if (!a->placed && (!apex || rec->type > RRTYPE_ZONEMD))
		place(a, w);
	/* One that is there already speaks of another zone. */
	if (!apex || rec->type != RRTYPE_ZONEMD)
		zonetext_put(w, rec);
	return 0;
}

/* --- the second step ------------------------------------------------------ */

/* The n-th word of RDATA as a number of at most 255, or -1. */
static int
word_number(const struct zonetext_record *rec, int n)
{
	const char *s = rec->rdata, *end = s + rec->rdata_len;
	uint16_t value;

	for (; n > 0 && s != NULL; n--)
		if ((s = memchr(s, ' ', (size_t)(end - s))) != NULL)
			s++;
	if (s == NULL || number_u16(s, strcspn(s, " "), 255, &value) == -1)
		return -1;
	return value;
}

static const struct hash *
hash_of(const struct zonetext_record *rec)
{
	if (word_number(rec, 1) != ZONEMD_SIMPLE)
		return NULL;
	for (size_t i = 0; i < HASHES; i++)
		if (word_number(rec, 2) == hashes[i].number)
			return &hashes[i];
	return NULL;
}

static int
write_out(void *ctx, const struct zonetext_record *rec, struct diag *d)
{
	struct add_zonemd *a = ctx;
	const struct hash *hash = NULL;

	(void)d;
	if (rec->type == RRTYPE_ZONEMD && is_apex(a, rec))
		hash = hash_of(rec);
	if (hash != NULL)
		write_zonemd(a, hash, rec->ttl, a->hex[hash->number], a->w);
	else
		zonetext_put(a->w, rec);
	return 0;
}

static int
spool_record(
    struct add_zonemd *a, const struct zonetext_record *rec, struct diag *d)
{
	const struct hash *hash = NULL;

	if (rec->type == RRTYPE_ZONEMD && a->cut.apex)
		hash = hash_of(rec);
	if (hash != NULL) {
		if (a->found[hash - hashes])
			return diag_set(d, STATUS_BAD,
			    "two ZONEMD of scheme %d and hash %d: neither "
			    "counts (RFC 8976 §2)",
			    ZONEMD_SIMPLE, hash->number);
		a->found[hash - hashes] = true;
	}
	return zonemd_spool_add(a->spool, rec, d);
}

/* --- both ----------------------------------------------------------------- */

static int
record(void *ctx, const struct zonetext_record *rec, struct zonetext_writer *w,
    struct diag *d)
{
	struct add_zonemd *a = ctx;

	if (!a->mine) {
		zonetext_put(w, rec);
		return 0;
	}
	if ((!a->any && read_soa(a, rec, d) == -1) ||
	    cut_record(&a->cut, rec, d) == -1)
		return -1;
	return a->placeholder ? place_at_record(a, rec, w, d)
			      : spool_record(a, rec, d);
}

static int
end(void *ctx, struct zonetext_keys *counts, struct zonetext_writer *w,
    struct diag *d)
{
	struct add_zonemd *a = ctx;

	(void)counts;
	if (!a->mine)
		return 0;
	if (!a->any)
		return diag_set(d, STATUS_BAD, "no SOA (RFC 1035 §5.2)");
	if (a->placeholder) {
		if (!a->placed)
			place(a, w);
		return 0;
	}
	if (!a->found[0] && !a->found[1])
		return diag_set(d, STATUS_BAD,
		    "no ZONEMD at the apex to put the digest in: add-zonemd "
		    "--placeholder comes before the chain (RFC 8976 §3)");
	a->w = w;
	if (zonemd_spool_digest(a->spool, a->hex, d) == -1)
		return -1;
	return zonemd_spool_each(a->spool, write_out, a, d);
}

static int
prepare(void *ctx, struct diag *d)
{
	struct add_zonemd *a = ctx;

	return zonemd_spool_open(&a->spool, a->folder, d);
}

static void
cleanup(void *ctx)
{
	zonemd_spool_close(((struct add_zonemd *)ctx)->spool);
}

static const struct zonetext_ops ops = { zone, record, end, NULL };

int
main(int argc, char **argv)
{
	static struct add_zonemd a;
	const struct cli_option options[] = {
		{ 0, "placeholder", CLI_FLAG, &a.placeholder, NULL,
		    "make room for the digest, before the chain" },
		{ 0, "hash", CLI_TEXT, &a.hash_names, "LIST",
		    "with --placeholder: sha384, sha512 or both" },
		{ 'T', "temporary-directory", CLI_TEXT, &a.folder, "DIR",
		    "where the zone waits for its digest" },
		{ 0 },
	};
	const struct filter f = {
		.program = "add-zonemd",
		.synopsis = "--placeholder < sorted > to-chain\n"
			    "       add-zonemd < signed | sign-rrsets --only "
			    "ZONEMD ...",
		.summary = "Add the ZONEMD digest to each zone of a stream.",
		.options = options,
		.common = &a.common,
		.ops = &ops,
		.ctx = &a,
		.prepare = prepare,
		.cleanup = cleanup,
	};

	return filter_main(&f, argc, argv);
}
