/*
 * add-nsec(1): the NSEC chain of a zone (RFC 4034 §4, RFC 4035 §2.3), in one
 * pass.  The NSEC of an owner waits for the next owner that gets one; what is
 * between the two, glue and the occluded, waits with it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "denial.h"
#include "filter.h"
#include "holdback.h"
#include "rrtype.h"

struct add_nsec {
	struct filter_options common;
	const char *folder;
	struct holdback *held;
	char *line; /* ZONETEXT_LINE_MAX bytes to write one in */
	/* The open zone. */
	struct denial dn;
	uint64_t names;
	/* The owner whose NSEC is not written yet. */
	char owner[NAME_TEXT_MAX];
	size_t owner_len;
	bool delegation;
	struct typebitmap types;
};

static int
zone(void *ctx, const char *name, struct zonetext_keys *keys,
    struct zonetext_writer *w, struct diag *d)
{
	struct add_nsec *a = ctx;

	(void)w;
	a->names = 0;
	a->owner_len = 0;
	typebitmap_clear(&a->types);
	holdback_clear(a->held);
	return denial_begin(&a->dn, name, keys, "nsec", d);
}

/* The NSEC of the owner that waits, then what waits behind it. */
static int
write_nsec(struct add_nsec *a, const char *next, struct zonetext_writer *w,
    struct diag *d)
{
	uint8_t wire[TYPEBITMAP_WIRE_MAX];
	size_t wire_len;
	int n, types;

	denial_mask_types(&a->types, a->delegation);
	typebitmap_add(&a->types, RRTYPE_RRSIG);
	typebitmap_add(&a->types, RRTYPE_NSEC);
	wire_len = typebitmap_to_wire(&a->types, wire);
	typebitmap_clear(&a->types);
	/* The names and a few words are far below the line's length. */
	n = snprintf(a->line, ZONETEXT_LINE_MAX, "%s\t%u\tIN\tNSEC\t%s ",
	    a->owner, a->dn.ttl, next);
	types = typebitmap_to_text(
	    wire, wire_len, a->line + n, ZONETEXT_LINE_MAX - (size_t)n);
	if (types == -1)
		return diag_set(d, STATUS_BAD,
		    "%s: too many types for a line (zonetext(5))", a->owner);
	zonetext_put_line(w, a->line, (size_t)n + (size_t)types, a->dn.ttl);
	a->names++;
	return holdback_release(a->held, w, d);
}

static int
next_owner(struct add_nsec *a, struct zonetext_writer *w, struct diag *d)
{
	if (a->owner_len > 0 && write_nsec(a, a->dn.cut.owner, w, d) == -1)
		return -1;
	memcpy(a->owner, a->dn.cut.owner, a->dn.cut.owner_len + 1);
	a->owner_len = a->dn.cut.owner_len;
	return 0;
}

static int
record(void *ctx, const struct zonetext_record *rec, struct zonetext_writer *w,
    struct diag *d)
{
	struct add_nsec *a = ctx;
	int rc;

	if (!a->dn.mine) {
		zonetext_put(w, rec);
		return 0;
	}
	if ((rc = denial_record(&a->dn, rec, d)) == -1)
		return -1;
	if (a->dn.cut.occluded)
		return holdback_put(a->held, rec, d);
	if (rc == 1 && next_owner(a, w, d) == -1)
		return -1;
	a->delegation = a->dn.cut.delegation;
	typebitmap_add(&a->types, rec->type);
	zonetext_put(w, rec);
	return 0;
}

static int
end(void *ctx, struct zonetext_keys *counts, struct zonetext_writer *w,
    struct diag *d)
{
	struct add_nsec *a = ctx;

	if (!a->dn.mine)
		return 0;
	/* RFC 4034 §4.1.1: the last one leads back to the apex. */
	if (denial_end(&a->dn, d) == -1 || write_nsec(a, a->dn.zone, w, d) == -1)
		return -1;
	if (zonetext_set_u64(counts, "add-nsec.names", a->names) == -1)
		return diag_system(d, "counts");
	return 0;
}

static void
forget(void *ctx)
{
	holdback_clear(((struct add_nsec *)ctx)->held);
}

static int
prepare(void *ctx, struct diag *d)
{
	struct add_nsec *a = ctx;

	if ((a->line = malloc(ZONETEXT_LINE_MAX)) == NULL)
		return diag_system(d, "add-nsec");
	return holdback_open(&a->held, a->folder, d);
}

static void
cleanup(void *ctx)
{
	struct add_nsec *a = ctx;

	free(a->line);
	holdback_close(a->held);
}

static const struct zonetext_ops ops = { zone, record, end, forget };

int
main(int argc, char **argv)
{
	struct add_nsec a = { .folder = NULL };
	const struct cli_option options[] = {
		{ 'T', "temporary-directory", CLI_TEXT, &a.folder, "DIR",
		    "where glue waits when it is much" },
		{ 0, NULL, CLI_HEADING, NULL, NULL, NULL },
	};
	const struct filter f = {
		.program = "add-nsec",
		.synopsis = "[-T DIR] <IN >OUT",
		.summary = "Add the NSEC chain to each zone of a stream.",
		.options = options,
		.common = &a.common,
		.ops = &ops,
		.ctx = &a,
		.prepare = prepare,
		.cleanup = cleanup,
	};

	return filter_main(&f, argc, argv);
}
