#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "across.h"
#include "writeall.h"

#define DS_TTL 86400 /* of a DS that states none */

struct across {
	struct across_options o;
	struct zone *zone;
	struct previous *previous;
	struct history *history;
};

/* A file's descriptor, or one of a file in memory that holds the text. */
static int
open_text(const char *what, struct diag *d)
{
	const size_t size = strlen(what);
	int fd = open(what, O_RDONLY | O_CLOEXEC);

	if (fd != -1 || memchr(what, ' ', size) == NULL) {
		if (fd == -1)
			(void)diag_system(d, "%s", what);
		return fd;
	}
	fd = memfd_create("parent-ds", MFD_CLOEXEC);
	if (fd == -1 || write_all(fd, what, size) == -1 ||
	    write_all(fd, "\n", 1) == -1 || lseek(fd, 0, SEEK_SET) == -1) {
		(void)diag_system(d, "--parent-ds");
		if (fd != -1)
			(void)close(fd);
		return -1;
	}
	return fd;
}

static int
take_ds(struct across *a, const struct record *r, struct rdata_parser *parser,
    uint8_t *rdata, struct diag *d)
{
	const char *why;
	int n;

	if (r->type != TYPE_DS || r->class != 1 ||
	    !wname_equal(r->owner, a->zone->apex))
		return 0;
	n = rdata_parse(parser, r->type, r->rdata, r->rdata_size, r->origin,
	    rdata, &why);
	if (n < 4)
		return diag_set(d, STATUS_USAGE, "--parent-ds:%u: %s",
		    r->at.line, n == -1 ? why : "too short");
	return history_ds(a->history, rdata, (size_t)n,
	    r->ttl == RECORD_TTL_NONE ? DS_TTL : r->ttl, d);
}

/* The parent's DS records of this zone; others are not ours to judge. */
static int
load_ds(struct across *a, struct diag *d)
{
	struct rdata_parser *parser = rdata_parser_new(a->zone->types);
	uint8_t *rdata = malloc(RDATA_MAX);
	struct zonefile *file = NULL;
	struct record r;
	enum zone_event e;
	struct place at;
	int fd, rc = -1;

	if (parser == NULL || rdata == NULL) {
		(void)diag_system(d, "--parent-ds");
		goto out;
	}
	fd = open_text(a->o.parent_ds, d);
	if (fd == -1 || zonefile_open(&file, fd, a->o.parent_ds,
		a->zone->apex, a->zone->types, d) == -1)
		goto out;
	while ((e = zonefile_next(file, &r, d)) != ZONE_DONE) {
		if (e == ZONE_ERROR || e == ZONE_FAIL)
			goto out;
		if (e == ZONE_BAD) {
			(void)diag_set(d, STATUS_USAGE, "--parent-ds: %s",
			    zonefile_error(file, &at));
			goto out;
		}
		if (e == ZONE_RECORD &&
		    take_ds(a, &r, parser, rdata, d) == -1)
			goto out;
	}
	rc = 0;
out:
	zonefile_close(file);
	rdata_parser_free(parser);
	free(rdata);
	return rc;
}

int
across_open(struct across **out, const struct across_options *o,
    struct zone *zone, struct diag *d)
{
	struct across *a;

	*out = NULL;
	if (o->previous == NULL && o->record == NULL && o->parent_ds == NULL)
		return 0;
	a = calloc(1, sizeof(*a));
	if (a == NULL)
		return diag_system(d, "audit");
	a->o = *o;
	a->zone = zone;
	if (history_open(&a->history, o->record, zone, d) == -1)
		goto fail;
	if (o->previous != NULL) {
		if (previous_open(&a->previous, o->previous, zone, d) == -1)
			goto fail;
		previous_trust(a->previous, history_audited(a->history,
		    previous_digest(a->previous)));
	}
	if (o->parent_ds != NULL && load_ds(a, d) == -1)
		goto fail;
	*out = a;
	return 0;
fail:
	across_close(a);
	return -1;
}

struct previous *
across_previous(struct across *a)
{
	return a == NULL ? NULL : a->previous;
}

const struct history *
across_history(const struct across *a)
{
	return a == NULL || a->o.record == NULL ? NULL : a->history;
}

static void
check_serial(const struct across *a, struct findings *found)
{
	const struct zone *z = a->zone;
	const struct place at = z->soa_at;
	const uint8_t *mname;
	uint32_t old;
	int32_t step;

	if (!previous_soa(a->previous, &old, &mname) || !z->soa_known)
		return;
	/* RFC 1982 §3.2; at a distance of 2^31 neither is newer. */
	step = (int32_t)(z->serial - old);
	if (step < 0)
		finding_add(found, CHECK_SERIAL_BACKWARDS, z->apex, TYPE_SOA,
		    at, "serial %u is not newer than %u", z->serial, old);
	else if (step == 0 && previous_counts(a->previous)->changed)
		finding_add(found, CHECK_SERIAL_UNCHANGED, z->apex, TYPE_SOA,
		    at, "the zone has changed, its serial is still %u", old);
	if (!wname_equal(mname, z->soa_mname)) {
		char before[WNAME_TEXT_MAX], now[WNAME_TEXT_MAX];

		(void)wname_print(mname, before);
		(void)wname_print(z->soa_mname, now);
		finding_add(found, CHECK_MNAME_CHANGED, z->apex, TYPE_SOA, at,
		    "%s before, %s now", before, now);
	}
}

static void
check_counts(const struct across *a, struct findings *found)
{
	const struct settings *set = a->zone->set;
	const struct previous_counts *c = previous_counts(a->previous);
	uint64_t most = c->records * set->max_removed_percent / 100;

	if (c->ns_changed)
		finding_add(found, CHECK_NS_CHANGED, a->zone->apex, TYPE_NS,
		    a->zone->soa_at, "other name servers, or another TTL, "
		    "than before");
	if (set->max_removed > most)
		most = set->max_removed;
	if (c->removed > most)
		finding_add(found, CHECK_SHRUNK, NULL, 0, a->zone->soa_at,
		    "%llu of %llu records are gone; --max-removed allows more",
		    (unsigned long long)c->removed,
		    (unsigned long long)c->records);
}

int
across_judge(struct across *a, const struct stats *stats,
    struct findings *found, struct diag *d)
{
	if (a == NULL)
		return 0;
	if (a->previous != NULL) {
		if (previous_finish(a->previous, d) == -1)
			return -1;
		history_previous(a->history, a->previous, found);
		check_serial(a, found);
		check_counts(a, found);
	}
	if (a->zone->signed_ || a->zone->insecure)
		history_judge(a->history, stats, found);
	return 0;
}

static int
put_record(void *arg, struct stream_out *out, struct diag *d)
{
	return history_put(arg, out, d);
}

/* With others where there are many, else at once. */
int
across_write(struct across *a, const struct stats *stats, const char *digest,
    struct records *records, struct diag *d)
{
	struct records *own;
	int rc;

	if (a == NULL || !a->o.write)
		return 0;
	history_see(a->history, stats, digest);
	if (records != NULL)
		return records_add(records, a->o.record, put_record,
		    a->history, d);
	own = records_new();
	if (own == NULL)
		return diag_system(d, "%s", a->o.record);
	rc = records_add(own, a->o.record, put_record, a->history, d);
	if (rc == 0)
		rc = records_flush(own, d);
	records_free(own);
	return rc;
}

void
across_close(struct across *a)
{
	if (a == NULL)
		return;
	previous_close(a->previous);
	history_close(a->history);
	free(a);
}
