/* read-zone: master files to the stream, zonetext(5). */
#include <stdio.h>

#include "filter.h"
#include "readzone.h"
#include "report.h"

static int
run_zone(struct readzone *rz, const char *origin, int count, char **paths,
    struct diag *d)
{
	static const char *const standard_input[] = { "-" };
	struct readzone_job job = { .origin = origin };
	int rc;

	job.paths = count > 0 ? (const char *const *)(void *)paths :
				standard_input;
	job.count = count > 0 ? (size_t)count : 1;
	rc = readzone_zone(rz, &job, d);
	zonetext_keys_free(&job.keys);
	return rc;
}

/* Everything into out; -1: the stream is broken, without ";done". */
static int
run(struct filter_output *out, const struct readzone_options *o,
    const char *origin, const char *jobs, int count, char **paths,
    struct readzone **rz, struct diag *d)
{
	struct zonetext_writer *w = filter_output_writer(out);

	if (readzone_new(rz, o, w, d) == -1)
		return -1;
	if ((jobs != NULL ? readzone_jobs(*rz, jobs, d) :
			    run_zone(*rz, origin, count, paths, d)) == -1)
		return -1;
	return zonetext_done(w, d);
}

int
main(int argc, char **argv)
{
	struct filter_options common = { 0 };
	struct readzone_options o = { 0 };
	const char *origin = NULL, *jobs = NULL;
	const struct cli_option options[] = {
		{ 'o', "origin", CLI_TEXT, &origin, "ORIGIN",
		    "the zone's name; else the owner of the SOA" },
		{ 0, "keep-dnssec", CLI_FLAG, &o.keep_dnssec, NULL,
		    "keep RRSIG, NSEC, NSEC3, NSEC3PARAM, ZONEMD" },
		{ 0, "strip", CLI_FLAG, &o.strip, NULL,
		    "drop DNSKEY, CDS, CDNSKEY of the first FILE" },
		{ 0, "strict", CLI_FLAG, &o.strict, NULL,
		    "a warning fails the zone" },
		{ 0, "jobs", CLI_TEXT, &jobs, "FILE",
		    "zones from FILE, a line each; - is stdin" },
		{ 0, NULL, CLI_HEADING, NULL, NULL, NULL },
	};
	struct cli_option rows[FILTER_COMMON_ROWS];
	const struct cli cli = { "read-zone",
		"[-o ORIGIN] [FILE...] | --jobs FILE",
		"Read master files of zones; write them as a stream, "
		"zonetext(5).",
		options, rows };
	struct filter_output *out = NULL;
	struct readzone *rz = NULL;
	struct diag d;
	enum status status;
	int first;

	report_open(cli.program);
	filter_common_rows(&common, rows);
	if ((first = cli_parse(&cli, argc, argv, &d)) == CLI_DONE)
		return fflush(stdout) == 0 ? STATUS_OK : STATUS_SYSTEM;
	if (first == -1 || filter_common_apply(&common, &d) == -1)
		return report_diag(&d);
	if (jobs != NULL && (origin != NULL || first < argc)) {
		report_error("--jobs names the zones: no ORIGIN, no FILE here");
		return STATUS_USAGE;
	}
	if (o.strip && o.keep_dnssec) {
		report_error("--strip and --keep-dnssec contradict each other");
		return STATUS_USAGE;
	}
	if (filter_output_open(&out, &common, &d) == -1)
		return report_diag(&d);
	if (run(out, &o, origin, jobs, argc - first, argv + first, &rz, &d) ==
	    -1) {
		status = report_diag(&d);
		(void)filter_output_close(out, false, NULL);
	} else {
		status = readzone_status(rz);
		if (filter_output_close(out, status == STATUS_OK ||
			readzone_good(rz) > 0, &d) == -1)
			status = report_diag(&d);
	}
	readzone_free(rz);
	return status;
}
