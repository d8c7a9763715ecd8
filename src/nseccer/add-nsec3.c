/*
 * add-nsec3(1): the NSEC3 chain of a zone (RFC 5155 §7.1), in one pass over
 * section one: each name that gets a record leaves a row, hash and types; the
 * rows, sorted by hash, are section two.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "denial.h"
#include "extsort.h"
#include "filter.h"
#include "hex.h"
#include "nsec3hash.h"
#include "number.h"
#include "report.h"
#include "rrtype.h"

#define OPT_OUT 1 /* RFC 5155 §3.1.2.1 */

struct options {
	bool opt_out;
	const char *iterations, *salt, *folder;
	size_t memory;
};

struct add_nsec3 {
	struct filter_options common;
	struct options o;
	struct extsort *rows; /* key: hash; payload: type bitmap */
	char *line;	      /* ZONETEXT_LINE_MAX bytes to write one in */
	/* The open zone. */
	struct denial dn;
	bool opt_out;
	struct nsec3hash params;
	char params_text[600]; /* "ITERATIONS SALT" */
	uint64_t names, opted_out;
	/* The owner whose types are being collected. */
	bool any, delegation, apex, param_written;
	uint8_t key[NAMEKEY_MAX];
	size_t key_len;
	struct typebitmap types;
	/* The last name that got a row. */
	uint8_t last[NAMEKEY_MAX];
	size_t last_len;
};

/* --- parameters: the command line, else the header, else RFC 9276's ------- */

static int
parse_salt(const char *text, struct nsec3hash *params, struct diag *d)
{
	params->salt_len = 0;
	if (strcmp(text, "-") == 0 || *text == '\0')
		return 0;
	if (hex_decode(text, strlen(text), params->salt, sizeof(params->salt),
		&params->salt_len) == -1)
		return diag_set(d, STATUS_USAGE,
		    "salt '%s': not hex digits, in pairs, of at most %d octets "
		    "(RFC 5155 §3.1.5)",
		    text, NSEC3HASH_SALT_MAX);
	return 0;
}

static int
parse_iterations(const char *text, struct nsec3hash *params, struct diag *d)
{
	if (number_u16(text, strlen(text), NSEC3HASH_ITERATIONS_MAX,
		&params->iterations) == -1)
		return diag_set(d, STATUS_USAGE,
		    "iterations '%s': not a number of at most %d (RFC 5155 "
		    "§10.3)",
		    text, NSEC3HASH_ITERATIONS_MAX);
	return 0;
}

/* opt-out= of a header: 1 or 0; absent is 0. */
static int
parse_opt_out(const char *text, bool *opt_out, struct diag *d)
{
	*opt_out = text != NULL && strcmp(text, "1") == 0;
	if (text != NULL && !*opt_out && strcmp(text, "0") != 0)
		return diag_set(d, STATUS_USAGE,
		    "header: opt-out=%s is neither 0 nor 1", text);
	return 0;
}

static void
write_params_text(struct add_nsec3 *a)
{
	const size_t n = (size_t)snprintf(a->params_text,
	    sizeof(a->params_text), "%u ", a->params.iterations);
	char *s = a->params_text + n;

	if (a->params.salt_len == 0) {
		strcpy(s, "-");
		return;
	}
	hex_encode(a->params.salt, a->params.salt_len, s);
	for (; *s != '\0'; s++)
		if (*s >= 'a' && *s <= 'f')
			*s -= 'a' - 'A'; /* zonetext(5): salts in upper case */
}

static int
choose_params(
    struct add_nsec3 *a, const struct zonetext_keys *keys, struct diag *d)
{
	const char *salt = a->o.salt, *iterations = a->o.iterations;

	if (salt == NULL && (salt = zonetext_get(keys, "salt")) == NULL)
		salt = "-";
	if (iterations == NULL &&
	    (iterations = zonetext_get(keys, "iterations")) == NULL)
		iterations = "0";
	if (parse_salt(salt, &a->params, d) == -1 ||
	    parse_iterations(iterations, &a->params, d) == -1 ||
	    parse_opt_out(zonetext_get(keys, "opt-out"), &a->opt_out, d) == -1)
		return -1;
	a->opt_out |= a->o.opt_out;
	if (a->params.iterations > 0)
		report_warn("%s: %u NSEC3 iterations: validators may treat the "
			    "zone as insecure; use 0 (RFC 9276 §3.1)",
		    a->dn.zone, a->params.iterations);
	write_params_text(a);
	return 0;
}

static int
zone(void *ctx, const char *name, struct zonetext_keys *keys,
    struct zonetext_writer *w, struct diag *d)
{
	struct add_nsec3 *a = ctx;

	(void)w;
	a->any = a->param_written = false;
	a->names = a->opted_out = 0;
	a->last_len = 0;
	typebitmap_clear(&a->types);
	extsort_reset(a->rows);
	if (denial_begin(&a->dn, name, keys, "nsec3", d) == -1)
		return -1;
	if (!a->dn.mine)
		return 0;
	if (choose_params(a, keys, d) == -1)
		return -1;
	if (a->dn.cut.apex_key_len + NSEC3HASH_TEXT + 2 > NAME_WIRE_MAX)
		return diag_set(d, STATUS_BAD,
		    "the zone's name leaves no room for a hash before it "
		    "(RFC 5155 §5)");
	return 0;
}

/* --- rows ----------------------------------------------------------------- */

static int
add_row(struct add_nsec3 *a, const uint8_t *key, size_t key_len,
    const struct typebitmap *types, struct diag *d)
{
	uint8_t name[NAME_WIRE_MAX], hash[NSEC3HASH_SIZE];
	uint8_t bitmap[TYPEBITMAP_WIRE_MAX];
	const int len = namekey_to_wire(key, key_len, name);

	if (len == -1)
		return diag_set(d, STATUS_BAD, "not a name");
	nsec3hash_name(&a->params, name, (size_t)len, hash);
	a->names++;
	return extsort_add(a->rows, hash, sizeof(hash), bitmap,
	    types != NULL ? typebitmap_to_wire(types, bitmap) : 0, d);
}

/*
 * RFC 5155 §7.1: empty non-terminals above a name that gets a record get one
 * too.  An ancestor is new unless it is at or above the last such name.
 */
static int
add_ancestors(struct add_nsec3 *a, struct diag *d)
{
	size_t len = namekey_parent(a->key, a->key_len);

	while (len > a->dn.cut.apex_key_len &&
	    !(len <= a->last_len && memcmp(a->key, a->last, len) == 0)) {
		if (add_row(a, a->key, len, NULL, d) == -1)
			return -1;
		len = namekey_parent(a->key, len);
	}
	return 0;
}

/* The owner is complete: its row, unless it is opted out. */
static int
finish_owner(struct add_nsec3 *a, struct diag *d)
{
	if (!a->any)
		return 0;
	denial_mask_types(&a->types, a->delegation);
	if (!a->delegation || typebitmap_has(&a->types, RRTYPE_DS)) {
		/* Something here is signed. */
		typebitmap_add(&a->types, RRTYPE_RRSIG);
	} else if (a->opt_out) {
		a->opted_out++;
		typebitmap_clear(&a->types);
		return 0;
	}
	if ((!a->apex && add_ancestors(a, d) == -1) ||
	    add_row(a, a->key, a->key_len, &a->types, d) == -1)
		return -1;
	memcpy(a->last, a->key, a->key_len);
	a->last_len = a->key_len;
	typebitmap_clear(&a->types);
	return 0;
}

/* RFC 5155 §4.1: flags 0.  TTL 0: nobody is to cache it. */
static void
write_param(struct add_nsec3 *a, struct zonetext_writer *w)
{
	const int n = snprintf(a->line, ZONETEXT_LINE_MAX,
	    "%s\t0\tIN\tNSEC3PARAM\t1 0 %s", a->dn.zone, a->params_text);

	zonetext_put_line(w, a->line, (size_t)n, 0);
	typebitmap_add(&a->types, RRTYPE_NSEC3PARAM);
	a->param_written = true;
}

static int
begin_owner(struct add_nsec3 *a, struct diag *d)
{
	if (finish_owner(a, d) == -1)
		return -1;
	memcpy(a->key, a->dn.cut.key, a->dn.cut.key_len);
	a->key_len = a->dn.cut.key_len;
	a->apex = a->dn.cut.apex;
	a->any = true;
	return 0;
}

static int
record(void *ctx, const struct zonetext_record *rec, struct zonetext_writer *w,
    struct diag *d)
{
	struct add_nsec3 *a = ctx;
	int rc;

	if (!a->dn.mine) {
		zonetext_put(w, rec);
		return 0;
	}
	if ((rc = denial_record(&a->dn, rec, d)) == -1)
		return -1;
	if (a->any && !a->param_written &&
	    (rc == 1 || rec->type > RRTYPE_NSEC3PARAM))
		write_param(a, w);
	if (!a->dn.cut.occluded) {
		if (rc == 1 && begin_owner(a, d) == -1)
			return -1;
		a->delegation = a->dn.cut.delegation;
		typebitmap_add(&a->types, rec->type);
	}
	zonetext_put(w, rec);
	return 0;
}

/* --- section two ---------------------------------------------------------- */

struct row {
	uint8_t hash[NSEC3HASH_SIZE];
	uint8_t bitmap[TYPEBITMAP_WIRE_MAX];
	size_t bitmap_len;
};

static int
write_nsec3(struct add_nsec3 *a, const struct row *row,
    const uint8_t next[NSEC3HASH_SIZE], struct zonetext_writer *w,
    struct diag *d)
{
	const bool root = strcmp(a->dn.zone, ".") == 0;
	char hash[NSEC3HASH_TEXT], next_text[NSEC3HASH_TEXT];
	int n, types;

	nsec3hash_text(row->hash, hash);
	nsec3hash_text(next, next_text);
	n = snprintf(a->line, ZONETEXT_LINE_MAX,
	    "%.*s.%s\t%u\tIN\tNSEC3\t1 %d %s %.*s ", NSEC3HASH_TEXT, hash,
	    root ? "" : a->dn.zone, a->dn.ttl, a->opt_out ? OPT_OUT : 0,
	    a->params_text, NSEC3HASH_TEXT, next_text);
	types = typebitmap_to_text(row->bitmap, row->bitmap_len, a->line + n,
	    ZONETEXT_LINE_MAX - (size_t)n);
	if (types == -1)
		return diag_set(d, STATUS_BAD,
		    "%.*s: too many types for a line (zonetext(5))",
		    NSEC3HASH_TEXT, hash);
	/* No type: no space for one either. */
	zonetext_put_line(
	    w, a->line, (size_t)(types > 0 ? n + types : n - 1), a->dn.ttl);
	return 0;
}

static void
take_row(struct row *row, const struct extsort_record *rec)
{
	memcpy(row->hash, rec->key, NSEC3HASH_SIZE);
	memcpy(row->bitmap, rec->payload, rec->payload_len);
	row->bitmap_len = rec->payload_len;
}

static int
write_chain(struct add_nsec3 *a, struct zonetext_writer *w, struct diag *d)
{
	uint8_t first[NSEC3HASH_SIZE];
	struct extsort_record rec;
	struct row row;
	int rc;

	if (extsort_sort(a->rows, d) == -1 ||
	    extsort_next(a->rows, &rec, d) == -1)
		return -1;
	take_row(&row, &rec); /* the apex has one */
	memcpy(first, row.hash, sizeof(first));
	while ((rc = extsort_next(a->rows, &rec, d)) == 1) {
		if (memcmp(rec.key, row.hash, NSEC3HASH_SIZE) == 0) {
			char hash[NSEC3HASH_TEXT];

			nsec3hash_text(row.hash, hash);
			return diag_set(d, STATUS_BAD,
			    "two names have the hash %.*s: choose another salt "
			    "(RFC 5155 §7.1)",
			    NSEC3HASH_TEXT, hash);
		}
		if (write_nsec3(a, &row, rec.key, w, d) == -1)
			return -1;
		take_row(&row, &rec);
	}
	/* RFC 5155 §7.1: the last one leads back to the first. */
	return rc == -1 ? -1 : write_nsec3(a, &row, first, w, d);
}

static int
end(void *ctx, struct zonetext_keys *counts, struct zonetext_writer *w,
    struct diag *d)
{
	struct add_nsec3 *a = ctx;

	if (!a->dn.mine)
		return 0;
	if (denial_end(&a->dn, d) == -1)
		return -1;
	if (!a->param_written)
		write_param(a, w);
	if (finish_owner(a, d) == -1 || write_chain(a, w, d) == -1)
		return -1;
	if (zonetext_set_u64(counts, "add-nsec3.names", a->names) == -1 ||
	    zonetext_set_u64(counts, "add-nsec3.opted-out", a->opted_out) == -1)
		return diag_system(d, "counts");
	return 0;
}

static void
forget(void *ctx)
{
	extsort_reset(((struct add_nsec3 *)ctx)->rows);
}

static int
prepare(void *ctx, struct diag *d)
{
	struct add_nsec3 *a = ctx;

	if ((a->o.salt != NULL && parse_salt(a->o.salt, &a->params, d) == -1) ||
	    (a->o.iterations != NULL &&
		parse_iterations(a->o.iterations, &a->params, d) == -1))
		return -1;
	if ((a->line = malloc(ZONETEXT_LINE_MAX)) == NULL)
		return diag_system(d, "add-nsec3");
	return extsort_open(&a->rows, a->o.memory, a->o.folder, d);
}

static void
cleanup(void *ctx)
{
	struct add_nsec3 *a = ctx;

	free(a->line);
	extsort_close(a->rows);
}

static const struct zonetext_ops ops = { zone, record, end, forget };

int
main(int argc, char **argv)
{
	static struct add_nsec3 a;
	const struct cli_option options[] = {
		{ 0, "opt-out", CLI_FLAG, &a.o.opt_out, NULL,
		    "none for delegations without DS" },
		{ 0, "iterations", CLI_TEXT, &a.o.iterations, "N",
		    "additional ones; 0 unless you must (RFC 9276)" },
		{ 0, "salt", CLI_TEXT, &a.o.salt, "HEX",
		    "- for none, which is best (RFC 9276)" },
		{ 'S', "memory", CLI_SIZE, &a.o.memory, "SIZE",
		    "for sorting (24M)" },
		{ 'T', "temporary-directory", CLI_TEXT, &a.o.folder, "DIR",
		    "where to spill what does not fit" },
		{ 0 },
	};
	const struct filter f = {
		.program = "add-nsec3",
		.synopsis = "[options] < sorted > chained",
		.summary = "Add the NSEC3 chain to each zone of a stream.",
		.options = options,
		.common = &a.common,
		.ops = &ops,
		.ctx = &a,
		.prepare = prepare,
		.cleanup = cleanup,
	};

	a.o.memory = (size_t)24 << 20;
	return filter_main(&f, argc, argv);
}
