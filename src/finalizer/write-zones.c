/* write-zones(1): a signed stream to files, and files into place. */
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"
#include "write-zones.h"

#define JOB_LINE_MAX ((size_t)64 * 1024)

static enum status
split(const struct write_options *o, struct stream_in *in,
    struct stream_out *jobs, struct diag *d)
{
	struct zonetext_reader *r;
	enum status status;

	if (zonetext_reader_open(&r, in, d) == -1)
		return report_diag(d);
	d->text[0] = '\0';
	status = write_split(r, o, jobs, d);
	if (d->text[0] != '\0')
		(void)report_diag(d);
	zonetext_reader_close(r);
	return status;
}

static enum status
run(const struct write_options *o, bool commit, struct diag *d)
{
	struct stream_in *in = NULL;
	struct stream_out *jobs = NULL;
	enum status status;

	if (stream_in_open(&in, STDIN_FILENO, "stdin",
		commit ? JOB_LINE_MAX : ZONETEXT_LINE_MAX, d) == -1 ||
	    stream_out_open(&jobs, STDOUT_FILENO, "stdout", d) == -1) {
		stream_in_close(in);
		return report_diag(d);
	}
	if (commit) {
		status = write_commit(in, jobs, d);
		stream_in_close(in);
	} else {
		status = split(o, in, jobs, d);
	}
	if (stream_finish(jobs, d) == -1)
		status = report_diag(d);
	return status;
}

int
main(int argc, char **argv)
{
	struct write_options o = { 0 };
	const char *facility = NULL;
	bool commit = false;
	const struct cli_option options[] = {
		{ 'o', "output", CLI_TEXT, &o.output, "FILE",
		    "where the one zone of the stream goes" },
		{ 0, "batch", CLI_FLAG, &o.batch, NULL,
		    "to the output= of each zone's header" },
		{ 0, "commit", CLI_FLAG, &commit, NULL,
		    "read job lines; put accepted files in place" },
		{ 'l', NULL, CLI_TEXT, &facility, "FACILITY",
		    "messages to syslog too" },
		{ 0 },
	};
	const struct cli cli = { "write-zones",
		"-o FILE < signed > job\n       write-zones --batch < signed "
		"> jobs\n       write-zones --commit < jobs > published",
		"Write each zone to FILE.new; once judged, rename it to FILE.",
		options, NULL };
	struct diag d;
	int first;

	report_open("write-zones");
	if ((first = cli_parse(&cli, argc, argv, &d)) == CLI_DONE)
		return fflush(stdout) == 0 ? STATUS_OK : STATUS_SYSTEM;
	if (first == -1)
		return report_diag(&d);
	if (first < argc || (commit && (o.output != NULL || o.batch))) {
		report_error("no operands, and --commit alone; try --help");
		return STATUS_USAGE;
	}
	if (facility != NULL && report_syslog(facility) == -1) {
		report_error("-l %s: no such syslog facility", facility);
		return STATUS_USAGE;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	(void)umask(0); /* name servers read what is published */
	return run(&o, commit, &d);
}
