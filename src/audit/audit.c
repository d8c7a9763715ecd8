#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apex.h"
#include "audit.h"
#include "metrics.h"
#include "policycheck.h"
#include "report.h"
#include "store.h"
#include "walk.h"

/* A file while it is judged. */
struct run {
	const struct audit *a;
	struct zonefile *file;
	struct zone zone;
	struct verdict verdict;
	struct walk *walk;
	struct across *across;
	struct compare *compare;
	struct xsort *sorter; /* of a master file */
	bool any, apex_known;
	uint32_t soa_minimum;
	struct findings found;
	enum status worst;
};

static void
worse(struct run *r, enum status status)
{
	if (status > r->worst)
		r->worst = status;
}

static int
begin_zone(struct run *r, const uint8_t *apex, struct diag *d)
{
	memcpy(r->zone.apex, apex, wname_size(apex));
	r->apex_known = true;
	r->zone.policy = r->a->policy;
	r->zone.partial = r->a->partial;
	r->zone.insecure = (r->a->policy != NULL && r->a->policy->signconf &&
	    r->a->policy->keys == 0) ||
	    (r->a->header && zonefile_insecure(r->file));
	r->zone.unaided = r->a->header && zonefile_unaided(r->file);
	if (r->a->unsigned_count > 0 && compare_open(&r->compare,
		r->a->unsigned_, r->a->unsigned_count, &r->zone, &r->found,
		d) == -1)
		return -1;
	if (across_open(&r->across, &r->a->across, &r->zone, d) == -1)
		return -1;
	return walk_open(&r->walk, &r->zone, r->a->pool, &r->verdict,
	    across_previous(r->across), r->compare, d);
}

static void
end_zone(struct run *r)
{
	walk_close(r->walk);
	across_close(r->across);
	compare_close(r->compare);
	r->across = NULL;
	r->compare = NULL;
	xsort_close(r->sorter);
	r->walk = NULL;
	r->sorter = NULL;
	r->any = r->apex_known = false;
	r->soa_minimum = 0;
	apex_reset(&r->zone);
	verdict_free(&r->verdict);
	verdict_open(&r->verdict, r->a->format, r->a->set, r->a->types,
	    r->file);
}

/* --- master files: in any order -------------------------------------------- */

/* The last number of a SOA, for records without a TTL. */
static uint32_t
soa_minimum(const struct run *r, const struct record *rec)
{
	struct rdata_parser *p = rdata_parser_new(r->a->types);
	uint8_t *rdata = malloc(RDATA_MAX);
	uint32_t minimum = 0;
	const char *why;
	int n;

	if (p != NULL && rdata != NULL) {
		n = rdata_parse(p, rec->type, rec->rdata, rec->rdata_size,
		    rec->origin, rdata, &why);
		for (int i = n - 4; n > 4 && i < n; i++)
			minimum = minimum << 8 | rdata[i];
	}
	rdata_parser_free(p);
	free(rdata);
	return minimum;
}

static int
take_master(struct run *r, const struct record *rec, struct diag *d)
{
	if (!r->any && rec->type != TYPE_SOA)
		finding_add(&r->found, CHECK_SOA_FIRST, rec->owner, rec->type,
		    rec->at, "the first record is not the SOA");
	r->any = true;
	if (rec->type == TYPE_SOA && rec->class == 1 && !r->apex_known) {
		memcpy(r->zone.apex, rec->owner, wname_size(rec->owner));
		r->apex_known = true;
	}
	if (rec->type == TYPE_SOA && wname_equal(rec->owner, r->zone.apex))
		r->soa_minimum = soa_minimum(r, rec);
	return store_add(r->sorter, rec, d);
}

/* The sorted records, as if they came from a stream. */
static int
replay(struct run *r, struct diag *d)
{
	struct xsort_item item;
	uint8_t owner[WNAME_MAX];
	struct record rec;
	int rc;

	if (!r->apex_known)
		return diag_set(d, STATUS_BAD, "%s: no SOA: the zone's name is "
		    "unknown; try -o ORIGIN", zonefile_name(r->file, 0));
	if (begin_zone(r, r->zone.apex, d) == -1 ||
	    xsort_sort(r->sorter, d) == -1)
		return -1;
	while ((rc = xsort_next(r->sorter, &item, d)) == 1) {
		store_get(&item, owner, &rec);
		if (rec.ttl == RECORD_TTL_NONE)
			rec.ttl = r->soa_minimum;
		if (walk_record(r->walk, &rec, d) == -1)
			return -1;
	}
	return rc;
}

/* --- events ---------------------------------------------------------------- */

static int
on_start(struct run *r, struct diag *d)
{
	const uint8_t *name = zonefile_zone(r->file);

	if (zonefile_is_stream(r->file)) {
		if (r->a->origin != NULL &&
		    !wname_equal(name, r->a->origin)) {
			char text[WNAME_TEXT_MAX];

			(void)wname_print(name, text);
			return diag_set(d, STATUS_BAD, "%s: the stream is of "
			    "%s", zonefile_name(r->file, 0), text);
		}
		r->zone.stream = true;
		return begin_zone(r, name, d);
	}
	if (r->a->origin != NULL) {
		memcpy(r->zone.apex, r->a->origin, wname_size(r->a->origin));
		r->apex_known = true;
	}
	return xsort_open(&r->sorter, r->a->set->memory, r->a->set->folder, d);
}

/* May the record say that the file was audited?  Not if a fault was ignored. */
static bool
clean(const struct run *r)
{
	for (int i = 0; i < CHECK_COUNT; i++)
		if (r->a->set->ignore[i] &&
		    check_row((enum check)i)->severity == SEVERITY_ERROR)
			return false;
	return r->verdict.status == STATUS_OK;
}

/* The file must end here, for one record is of one zone. */
static int
record_audit(struct run *r, struct diag *d)
{
	struct record rec;
	char digest[65];

	switch (zonefile_next(r->file, &rec, d)) {
	case ZONE_DONE:
		break;
	case ZONE_ERROR:
		return -1;
	default:
		return diag_set(d, STATUS_USAGE, "%s: more than one zone: "
		    "--previous, --record and --parent-ds are for one",
		    zonefile_name(r->file, 0));
	}
	zonefile_digest_text(r->file, digest);
	if (r->a->result != NULL)
		memcpy(r->a->result->digest, digest, sizeof(digest));
	if (!clean(r))
		return 0;
	return across_write(r->across, walk_stats(r->walk), digest,
	    r->a->records, d);
}

static int
on_end(struct run *r, struct diag *d)
{
	if (!zonefile_is_stream(r->file)) {
		if (zonefile_cut(r->file))
			finding_add(&r->found, CHECK_NO_NEWLINE, NULL, 0,
			    (struct place){ 0, 0 }, "the last line has no "
			    "newline: the file may be cut short");
		if (replay(r, d) == -1)
			return -1;
	}
	if (walk_finish(r->walk, d) == -1 || across_judge(r->across,
		walk_stats(r->walk), &r->found, d) == -1)
		return -1;
	if (r->zone.policy != NULL)
		policy_check(&r->zone, walk_stats(r->walk),
		    across_history(r->across), &r->found);
	verdict_close(&r->verdict, &r->zone, walk_stats(r->walk));
	worse(r, r->verdict.status);
	if (r->a->result != NULL)
		memcpy(r->a->result->reason, r->verdict.reason, REASON_MAX);
	if (r->a->metrics != NULL && metrics_add(r->a->metrics, &r->verdict,
		&r->zone, walk_stats(r->walk), d) == -1)
		return -1;
	if (r->across != NULL && record_audit(r, d) == -1)
		return -1;
	end_zone(r);
	return 0;
}

static void
on_bad(struct run *r)
{
	struct place at;
	const char *text = zonefile_error(r->file, &at);

	finding_add(&r->found, CHECK_SYNTAX, NULL, 0, at, "%s", text);
}

static int
take_events(struct run *r, struct diag *d)
{
	for (;;) {
		struct record rec;
		int rc = 0;

		switch (zonefile_next(r->file, &rec, d)) {
		case ZONE_ERROR:
			return -1;
		case ZONE_DONE:
			return 0;
		case ZONE_START:
			rc = on_start(r, d);
			break;
		case ZONE_RECORD:
			rc = r->sorter != NULL ? take_master(r, &rec, d) :
						 walk_record(r->walk, &rec, d);
			break;
		case ZONE_BAD:
			on_bad(r);
			break;
		case ZONE_END:
			rc = on_end(r, d);
			break;
		case ZONE_FAIL:
			worse(r, report_diag(d));
			end_zone(r);
			break;
		}
		if (rc == -1)
			return -1;
	}
}

enum status
audit_file(const struct audit *a, const char *path)
{
	struct run r = { .a = a, .zone = { .set = a->set, .types = a->types } };
	struct diag d = { STATUS_OK, "" };
	const bool standard = strcmp(path, "-") == 0;
	int fd;

	fd = standard ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1) {
		(void)diag_system(&d, "%s", path);
		if (a->result != NULL)
			(void)snprintf(a->result->reason, REASON_MAX, "%.*s",
			    REASON_MAX - 1, d.text);
		return report_diag(&d);
	}
	if (zonefile_open(&r.file, fd, standard ? "stdin" : path, a->origin,
		a->types, &d) == -1)
		return report_diag(&d);
	if (a->across.write && zonefile_digest(r.file, &d) == -1) {
		zonefile_close(r.file);
		return report_diag(&d);
	}
	r.found.sink = verdict_take;
	r.found.arg = &r.verdict;
	r.found.ignore = a->set->ignore;
	end_zone(&r);
	if (take_events(&r, &d) == -1) {
		worse(&r, report_diag(&d));
		if (a->result != NULL)
			(void)snprintf(a->result->reason, REASON_MAX, "%.*s",
			    REASON_MAX - 1, d.text);
	}
	end_zone(&r);
	zonefile_close(r.file);
	return r.worst;
}
