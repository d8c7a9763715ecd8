#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "atomicfile.h"
#include "filter.h"
#include "report.h"

struct filter_output {
	struct atomicfile *file; /* NULL: stdout */
	struct stream_out *stream;
	struct zonetext_writer *writer;
};

void
filter_common_rows(struct filter_options *o, struct cli_option *rows)
{
	const struct cli_option common[FILTER_COMMON_ROWS] = {
		{ 0, NULL, CLI_HEADING, NULL, NULL, "Common to all filters:" },
		{ 'w', NULL, CLI_TEXT, &o->write_to, "FILE",
		    "write FILE, renamed into place when whole" },
		{ 'l', NULL, CLI_TEXT, &o->facility, "FACILITY",
		    "messages to syslog too" },
		{ 0, "now", CLI_MOMENT, &o->now, "TIME",
		    "the time, in place of the clock's" },
		{ 0, "batch", CLI_FLAG, &o->batch, NULL,
		    "use the paths that the stream names" },
		{ 'v', "verbose", CLI_FLAG, &o->verbose, NULL, "say more" },
		{ 0, NULL, CLI_HEADING, NULL, NULL, NULL },
	};

	for (size_t i = 0; i < FILTER_COMMON_ROWS; i++)
		rows[i] = common[i];
	o->now = -1;
}

int
filter_common_apply(struct filter_options *o, struct diag *d)
{
	if (o->verbose)
		report_verbosity(2);
	if (o->facility != NULL && report_syslog(o->facility) == -1)
		return diag_set(d, STATUS_USAGE,
		    "-l %s: no such syslog facility", o->facility);
	o->now_given = o->now != -1;
	if (!o->now_given)
		o->now = (int64_t)time(NULL);
	/* A reader that went away is an error to report, not a silent end. */
	(void)signal(SIGPIPE, SIG_IGN);
	return 0;
}

int
filter_output_open(struct filter_output **out, const struct filter_options *o,
    struct diag *d)
{
	struct filter_output *fo = calloc(1, sizeof(*fo));
	int fd = STDOUT_FILENO;

	if (fo == NULL)
		return diag_system(d, "output");
	if (o->write_to != NULL) {
		if (atomicfile_open(&fo->file, o->write_to, 0644, d) == -1)
			goto fail;
		fd = atomicfile_fd(fo->file);
	}
	if (stream_out_open(&fo->stream, fd,
		o->write_to != NULL ? o->write_to : "stdout", d) == -1 ||
	    zonetext_writer_open(&fo->writer, fo->stream, d) == -1)
		goto fail;
	*out = fo;
	return 0;
fail:
	(void)filter_output_close(fo, false, NULL);
	return -1;
}

struct zonetext_writer *
filter_output_writer(struct filter_output *out)
{
	return out->writer;
}

int
filter_output_close(struct filter_output *out, bool ok, struct diag *d)
{
	int rc = 0;

	if (ok && stream_flush(out->stream, d) == -1)
		rc = -1;
	if (out->file != NULL && ok && rc == 0)
		rc = atomicfile_commit(out->file, false, d);
	else
		atomicfile_abandon(out->file);
	zonetext_writer_free(out->writer);
	stream_out_discard(out->stream);
	free(out);
	return rc;
}

void
filter_complain(const struct diag *d)
{
	(void)report_diag(d);
}

static int
open_input(struct zonetext_reader **r, struct diag *d)
{
	struct stream_in *in;

	if (stream_in_open(&in, STDIN_FILENO, "stdin", ZONETEXT_LINE_MAX,
		d) == -1)
		return -1;
	return zonetext_reader_open(r, in, d);
}

static enum status
run(const struct filter *f, struct diag *d)
{
	struct zonetext_reader *r = NULL;
	struct filter_output *out = NULL;
	struct zonetext_writer *w;
	enum status status;
	bool broken = true;

	if (open_input(&r, d) == -1 ||
	    filter_output_open(&out, f->common, d) == -1) {
		zonetext_reader_close(r);
		return report_diag(d);
	}
	w = filter_output_writer(out);
	status = f->run != NULL ? f->run(f->ctx, r, w, &broken, d) :
	    zonetext_filter(r, w, f->ops, f->ctx, filter_complain, &broken, d);
	if (broken)
		(void)report_diag(d);
	else if (f->common->write_to != NULL && status != STATUS_OK &&
	    zonetext_zones_good(w) == 0)
		report_error("%s: left as it was: no zone came through",
		    f->common->write_to);
	/* A file of which no zone is good would only replace a better one. */
	if (filter_output_close(out, !broken && (status == STATUS_OK ||
		zonetext_zones_good(w) > 0), d) == -1)
		status = report_diag(d);
	zonetext_reader_close(r);
	return status;
}

int
filter_main(const struct filter *f, int argc, char **argv)
{
	struct cli_option common[FILTER_COMMON_ROWS];
	const struct cli cli = { f->program, f->synopsis, f->summary,
		f->options, common };
	struct diag d;
	enum status status;
	int first;

	report_open(f->program);
	filter_common_rows(f->common, common);
	if ((first = cli_parse(&cli, argc, argv, &d)) == CLI_DONE)
		return fflush(stdout) == 0 ? STATUS_OK : STATUS_SYSTEM;
	if (first == -1 || filter_common_apply(f->common, &d) == -1)
		return report_diag(&d);
	if (first < argc) {
		report_error("%s: no operands here; try --help", argv[first]);
		return STATUS_USAGE;
	}
	if (f->prepare != NULL && f->prepare(f->ctx, &d) == -1)
		status = report_diag(&d);
	else
		status = run(f, &d);
	if (f->cleanup != NULL)
		f->cleanup(f->ctx);
	return status;
}
