/*
 * The frame of a filter's main(): common options, stdin to stdout or -w FILE,
 * one run, checked finish, exit status.
 */
#ifndef FILTER_H
#define FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "cli.h"
#include "zonetext.h"

/* What every filter understands. */
struct filter_options {
	const char *write_to; /* -w: in place of stdout, renamed when whole */
	const char *facility; /* -l */
	int64_t now;	      /* --now, else the clock, read once */
	bool now_given;	      /* --now: beats now= of a header */
	bool batch;	      /* --batch: paths of the header may be used */
	bool verbose;	      /* -v */
};

struct filter {
	const char *program, *synopsis, *summary;
	const struct cli_option *options; /* ended by a row with help NULL */
	struct filter_options *common;
	const struct zonetext_ops *ops;
	void *ctx; /* for ops */
	/* After the options: check them, make ready.  May be NULL. */
	int (*prepare)(void *ctx, struct diag *d);
	/* Before exit, whatever happened.  May be NULL. */
	void (*cleanup)(void *ctx);
	/* Instead of zonetext_filter(), for a filter with a loop of its own.
	 * As that function.  NULL: zonetext_filter(). */
	enum status (*run)(void *ctx, struct zonetext_reader *r,
	    struct zonetext_writer *w, bool *broken, struct diag *d);
};

/* How a filter says why a zone failed: for zonetext_filter(). */
void filter_complain(const struct diag *d);

/* The whole of main().  A filter takes no operands.  Returns the exit status. */
int filter_main(const struct filter *f, int argc, char **argv);

/*
 * The part of it for programs that do not read a stream on stdin (read-zone):
 * rows for the common options, to be given to cli_parse() as common.
 * rows must have room for FILTER_COMMON_ROWS.
 */
#define FILTER_COMMON_ROWS 7
void filter_common_rows(struct filter_options *o, struct cli_option *rows);
/* Act on them after cli_parse(): syslog, verbosity, clock. */
int filter_common_apply(struct filter_options *o, struct diag *d);

/*
 * Where a stream is written to: stdout, or a file written aside.
 * filter_output_close() puts the file in place only if ok; it frees out.
 */
struct filter_output;
int filter_output_open(struct filter_output **out,
    const struct filter_options *o, struct diag *d);
struct zonetext_writer *filter_output_writer(struct filter_output *out);
int filter_output_close(struct filter_output *out, bool ok, struct diag *d);

#endif
