/*
 * sort-zone: a stream into the canonical order of zonetext(5), and the checks
 * that an owner, an RRset or the whole zone tells.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "filter.h"
#include "pathlist.h"
#include "report.h"
#include "sort-check.h"
#include "sort-emit.h"
#include "sort-locate.h"

/* Of -S, lib/zonecheck has two sorts of the smallest size. */
#define MEMORY_CHECK (2 * EXTSORT_MEMORY_MIN)
#define MEMORY_MIN   (MEMORY_CHECK + EXTSORT_MEMORY_MIN)

struct sort_zone {
	struct filter_options common;
	size_t memory;
	const char *spill;
	bool check, strict;
	struct cli_list inputs;

	struct extsort *sort;
	struct zonecheck *zonecheck;
	struct rrtext *text;
	struct sortkey key;
	struct findings findings;
	struct emit emit;
	struct sort_check order;
	struct zonetext_reader *reader; /* for places */
	uint64_t outside;		/* records out of the zone */
	char apex[NAME_TEXT_MAX];
	uint8_t payload[SORTPAYLOAD_MAX];
};

static int
zone(void *ctx, const char *name, struct zonetext_keys *keys,
    struct zonetext_writer *w, struct diag *d)
{
	struct sort_zone *sz = ctx;

	(void)w;
	if (name_canonical(name, strlen(name), sz->apex) == -1)
		return diag_set(d, STATUS_BAD, "not a name (RFC 1035 §2.3.4)");
	sz->outside = 0;
	sz->emit.header = keys;
	findings_clear(&sz->findings);
	extsort_reset(sz->sort);
	return sortkey_begin(&sz->key, sz->apex, d);
}

/* Dropped and counted, as read-zone does with such. */
static void
outside(struct sort_zone *sz, const struct zonetext_record *rec)
{
	char owner[NAME_TEXT_MAX];
	const struct zonecheck_finding found = { "out-of-zone",
		ZONECHECK_WARNING, owner, rec->type,
		"outside of the zone: left out", "RFC 1035 §5.2" };

	if (name_canonical(rec->owner, rec->owner_len, owner) == -1)
		strcpy(owner, "?");
	sz->outside++;
	findings_add(&sz->findings, &found);
}

static int
record(void *ctx, const struct zonetext_record *rec, struct zonetext_writer *w,
    struct diag *d)
{
	struct sort_zone *sz = ctx;
	const int rc = sortkey_make(&sz->key, rec, d);

	(void)w;
	if (rc == -1)
		return diag_prefix(d, "%.*s",
		    (int)(rec->owner_len > 300 ? 300 : rec->owner_len),
		    rec->owner);
	if (rc == 0) {
		outside(sz, rec);
		return 0;
	}
	return extsort_add(sz->sort, sz->key.key, sz->key.key_len, sz->payload,
	    sortkey_payload(rec, sz->payload), d);
}

/* A count on ";end", where there is something to count. */
static int
count(struct zonetext_keys *counts, const char *key, uint64_t n)
{
	return n > 0 ? zonetext_set_u64(counts, key, n) : 0;
}

static int
set_counts(
    const struct sort_zone *sz, struct zonetext_keys *counts, struct diag *d)
{
	if (count(counts, "sort-zone.duplicates", sz->emit.duplicates) == -1 ||
	    count(counts, "sort-zone.ttls-lowered", sz->emit.ttls_lowered) ==
		-1 ||
	    count(counts, "sort-zone.out-of-zone", sz->outside) == -1 ||
	    count(counts, "sort-zone.warnings", sz->findings.warnings) == -1)
		return diag_system(d, "counts");
	return 0;
}

/*
 * The master files: as given by hand; else, with --batch, the header's.
 * A stream from elsewhere cannot make us open files.
 */
static int
locate_in(struct sort_zone *sz, struct diag *d)
{
	const char *header = zonetext_get(sz->emit.header, "inputs");
	struct pathlist list;
	int rc;

	if (sz->inputs.count > 0)
		return locate_findings(&sz->findings, sz->apex, sz->inputs.item,
		    sz->inputs.count, d);
	if (!sz->common.batch || header == NULL)
		return diag_set(d, STATUS_BAD,
		    "give the zone's master files "
		    "with --inputs, or --batch where the stream names "
		    "them, to be told file and line");
	if (pathlist_split(&list, header) == -1)
		return diag_set(d, STATUS_BAD,
		    "inputs=: not a list of paths "
		    "(zonetext(5))");
	rc = locate_findings(&sz->findings, sz->apex,
	    (const char *const *)list.item, list.count, d);
	pathlist_free(&list);
	return rc;
}

/* Warnings alone are worth a second reading only where it was asked for. */
static void
report_findings(struct sort_zone *sz)
{
	struct diag d;
	int rc = 0;

	if (sz->findings.errors > 0 ||
	    (sz->findings.warnings > 0 && sz->inputs.count > 0))
		rc = locate_in(sz, &d);
	findings_report(&sz->findings, sz->apex);
	if (rc == -1)
		report_error("%s: %s", sz->apex, d.text);
}

static int
end(void *ctx, struct zonetext_keys *counts, struct zonetext_writer *w,
    struct diag *d)
{
	struct sort_zone *sz = ctx;
	const struct extsort_stats *st = extsort_stats(sz->sort);

	/* How much is to come: for a bar further down the pipeline. */
	if (zonetext_set_u64(sz->emit.header, "records", st->records) == -1)
		return diag_system(d, "header");
	if (emit_zone(&sz->emit, sz->sort, sz->apex, w, d) == -1)
		return -1;
	report_info("%s: %" PRIu64 " records, %" PRIu64 " octets spilled in "
		    "%" PRIu64 " runs",
	    sz->apex, st->records, st->spilled, st->runs);
	report_findings(sz);
	if (sz->findings.no_memory)
		return diag_set(d, STATUS_SYSTEM, "no memory for messages");
	if (sz->findings.errors > 0)
		return findings_fail(&sz->findings, d);
	return set_counts(sz, counts, d);
}

static void
fail(void *ctx)
{
	struct sort_zone *sz = ctx;

	extsort_reset(sz->sort);
	findings_clear(&sz->findings);
}

static const struct zonetext_ops ops = { zone, record, end, fail };

/* ---- --check ---- */

static int
check_zone(void *ctx, const char *name, struct zonetext_keys *keys,
    struct zonetext_writer *w, struct diag *d)
{
	struct sort_zone *sz = ctx;

	(void)keys;
	(void)w;
	return sort_check_begin(&sz->order, name, d);
}

static int
check_record(void *ctx, const struct zonetext_record *rec,
    struct zonetext_writer *w, struct diag *d)
{
	struct sort_zone *sz = ctx;

	(void)w;
	if (sort_check_next(&sz->order, rec, d) == -1)
		return diag_prefix(d, "%s", zonetext_place(sz->reader));
	return 0;
}

static int
check_end(void *ctx, struct zonetext_keys *counts, struct zonetext_writer *w,
    struct diag *d)
{
	(void)ctx;
	(void)counts;
	(void)w;
	(void)d;
	return 0;
}

static const struct zonetext_ops check_ops = { check_zone, check_record,
	check_end, NULL };

/* Read all, and write nothing to speak of. */
static enum status
check(struct sort_zone *sz, struct zonetext_reader *r, bool *broken,
    struct diag *d)
{
	struct stream_out *out = NULL;
	struct zonetext_writer *w = NULL;
	enum status status;
	const int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	*broken = true;
	if (fd == -1) {
		diag_system(d, "/dev/null");
		return d->status;
	}
	if (stream_out_open(&out, fd, "/dev/null", d) == -1 ||
	    zonetext_writer_open(&w, out, d) == -1) {
		status = d->status;
		goto out;
	}
	sz->reader = r;
	status = zonetext_filter(r, w, &check_ops, sz, filter_complain, broken, d);
out:
	zonetext_writer_free(w);
	stream_out_discard(out);
	(void)close(fd);
	return status;
}

static enum status
run(void *ctx, struct zonetext_reader *r, struct zonetext_writer *w,
    bool *broken, struct diag *d)
{
	struct sort_zone *sz = ctx;

	if (sz->check)
		return check(sz, r, broken, d);
	return zonetext_filter(r, w, &ops, sz, filter_complain, broken, d);
}

/* ---- main ---- */

static int
prepare(void *ctx, struct diag *d)
{
	struct sort_zone *sz = ctx;

	if (sz->check && sz->common.write_to != NULL)
		return diag_set(d, STATUS_USAGE,
		    "--check writes nothing: -w makes no sense with it");
	if (sz->memory < MEMORY_MIN)
		return diag_set(
		    d, STATUS_USAGE, "-S: at least %zuM", MEMORY_MIN >> 20);
	sz->findings.strict = sz->strict;
	if (rrtext_new(&sz->text, d) == -1)
		return -1;
	sz->order.text = sz->emit.text = sz->text;
	if (sz->check)
		return 0;
	if (extsort_open(&sz->sort, sz->memory - MEMORY_CHECK, sz->spill, d) ==
		-1 ||
	    zonecheck_open(&sz->zonecheck, sz->spill, d) == -1)
		return -1;
	sz->emit.key = &sz->key;
	sz->emit.check = sz->zonecheck;
	sz->emit.findings = &sz->findings;
	return emit_open(&sz->emit, d);
}

static void
cleanup(void *ctx)
{
	struct sort_zone *sz = ctx;

	emit_close(&sz->emit);
	sort_check_free(&sz->order);
	zonecheck_close(sz->zonecheck);
	extsort_close(sz->sort);
	rrtext_free(sz->text);
	findings_clear(&sz->findings);
	cli_list_free(&sz->inputs);
}

int
main(int argc, char **argv)
{
	static struct sort_zone sz;
	const struct cli_option options[] = {
		{ 'S', "memory", CLI_SIZE, &sz.memory, "SIZE",
		    "memory for sorting (48M)" },
		{ 'T', "spill", CLI_TEXT, &sz.spill, "DIR",
		    "where to spill ($TMPDIR, /var/tmp)" },
		{ 0, "strict", CLI_FLAG, &sz.strict, NULL,
		    "warnings are errors" },
		{ 0, "check", CLI_FLAG, &sz.check, NULL,
		    "only tell whether the stream is sorted" },
		{ 0, "inputs", CLI_LIST, &sz.inputs, "FILE",
		    "master file, to name file and line in errors" },
		{ 0, NULL, CLI_HEADING, NULL, NULL, NULL },
	};
	const struct filter f = {
		.program = "sort-zone",
		.synopsis = "[OPTION]... <STREAM >STREAM",
		.summary = "Bring a zonetext stream into canonical order and "
			   "check its zones.",
		.options = options,
		.common = &sz.common,
		.ctx = &sz,
		.prepare = prepare,
		.cleanup = cleanup,
		.run = run,
	};

	sz.memory = (size_t)48 << 20;
	return filter_main(&f, argc, argv);
}
