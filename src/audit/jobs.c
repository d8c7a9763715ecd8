#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "jobs.h"
#include "number.h"
#include "report.h"
#include "stream.h"

#define LINE_MOST (64 * 1024)
#define COLUMNS	  9 /* and then facts */

enum { COLUMN_ZONE, COLUMN_FILE, COLUMN_CHANGED = 6, COLUMN_STATUS,
	COLUMN_REASON };

struct job {
	const char *field[COLUMNS];
	size_t len[COLUMNS];
	const char *facts; /* with the tab before them, or NULL */
	size_t facts_len;
	char *zone, *file, *digest; /* decoded; digest may be NULL */
	enum status status;
};

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* %XX stands for an octet, "-" for nothing.  NULL: malformed. */
static char *
decode(const char *s, size_t len)
{
	char *text = malloc(len + 1);
	size_t n = 0;

	for (size_t i = 0; text != NULL && i < len; i++) {
		char c = s[i];

		if (c == '%') {
			const int high = len - i < 3 ? -1 : hex(s[i + 1]);
			const int low = len - i < 3 ? -1 : hex(s[i + 2]);

			if (high == -1 || low == -1 || high + low == 0) {
				free(text);
				return NULL;
			}
			c = (char)(high << 4 | low);
			i += 2;
		}
		text[n++] = c;
	}
	if (text != NULL)
		text[n] = '\0';
	return text;
}

static void
put_encoded(struct stream_out *out, const char *s)
{
	if (*s == '\0')
		stream_puts(out, "-");
	for (; *s != '\0'; s++) {
		const unsigned char c = (unsigned char)*s;

		if (c < 0x20 || c >= 0x7f || c == '%')
			stream_printf(out, "%%%02X", c);
		else
			stream_write(out, s, 1);
	}
}

/* The value of a fact, decoded; NULL: none. */
static char *
fact(const struct job *job, const char *key)
{
	const char *p = job->facts, *end = p + job->facts_len;
	const size_t n = strlen(key);

	while (p != NULL && p < end) {
		const char *tab;

		p++; /* the tab before it */
		tab = memchr(p, '\t', (size_t)(end - p));
		if (tab == NULL)
			tab = end;
		if ((size_t)(tab - p) > n && memcmp(p, key, n) == 0 &&
		    p[n] == '=')
			return decode(p + n + 1, (size_t)(tab - p) - n - 1);
		p = tab;
	}
	return NULL;
}

static int
parse(const char *line, size_t len, struct job *job)
{
	const char *p = line, *end = line + len;
	uint16_t status;

	memset(job, 0, sizeof(*job));
	for (int i = 0; i < COLUMNS; i++) {
		const char *tab = memchr(p, '\t', (size_t)(end - p));

		if (tab == NULL && i < COLUMNS - 1)
			return -1;
		job->field[i] = p;
		job->len[i] = (size_t)((tab != NULL ? tab : end) - p);
		if (i == COLUMNS - 1 && tab != NULL) {
			job->facts = tab;
			job->facts_len = (size_t)(end - tab);
		}
		p = tab != NULL ? tab + 1 : end;
	}
	if (number_u16(job->field[COLUMN_STATUS], job->len[COLUMN_STATUS],
		STATUS_SYSTEM, &status) == -1)
		return -1;
	job->status = (enum status)status;
	job->zone = decode(job->field[COLUMN_ZONE], job->len[COLUMN_ZONE]);
	job->file = decode(job->field[COLUMN_FILE], job->len[COLUMN_FILE]);
	job->digest = fact(job, "digest");
	return job->zone == NULL || job->file == NULL ? -1 : 0;
}

static void
job_free(struct job *job)
{
	free(job->zone);
	free(job->file);
	free(job->digest);
}

static void
put(struct stream_out *out, const struct job *job, enum status status,
    const char *reason)
{
	for (int i = 0; i < COLUMNS; i++) {
		if (i > 0)
			stream_puts(out, "\t");
		if (i == COLUMN_STATUS)
			stream_printf(out, "%d", (int)status);
		else if (i == COLUMN_REASON && reason != NULL)
			put_encoded(out, reason);
		else
			stream_write(out, job->field[i], job->len[i]);
	}
	if (job->facts != NULL)
		stream_write(out, job->facts, job->facts_len);
	stream_puts(out, "\n");
}

/* Judge FILE.new beside FILE, the zone as it is published now. */
static enum status
judge(struct audit *a, const struct configuration *conf,
    const struct mode_options *o, const struct job *job,
    struct audit_result *result)
{
	static const uint8_t root[1] = { 0 };
	uint8_t origin[WNAME_MAX];
	struct audit one = *a;
	char *path = NULL, *record = NULL;
	enum status status = STATUS_SYSTEM;

	if (wname_parse(job->zone, strlen(job->zone), root, origin) == 0) {
		(void)snprintf(result->reason, sizeof(result->reason),
		    "'%.100s' is no name", job->zone);
		return STATUS_BAD;
	}
	wname_lower(origin);
	if (asprintf(&path, "%s.new", job->file) == -1)
		path = NULL;
	if (asprintf(&record, "%s.audit", job->file) == -1)
		record = NULL;
	if (path == NULL || record == NULL)
		goto out;
	one.origin = origin;
	one.result = result;
	one.across.record = record;
	one.across.write = true;
	if (one.across.previous == NULL && access(job->file, F_OK) == 0)
		one.across.previous = job->file;
	status = conf == NULL ? audit_file(&one, path) :
				modes_listed(&one, o, conf, job->zone, path);
	/* What was judged must be what is going to be published. */
	if (status == STATUS_OK && job->digest != NULL &&
	    result->digest[0] != '\0' &&
	    strcmp(job->digest, result->digest) != 0) {
		(void)snprintf(result->reason, sizeof(result->reason),
		    "%.300s is not the file that was written", path);
		report_error("%s: not the file that the job line tells of",
		    path);
		status = STATUS_BAD;
	}
out:
	free(path);
	free(record);
	return status;
}

static enum status
run_line(struct audit *a, const struct configuration *conf,
    const struct mode_options *o, const struct job *job,
    struct stream_out *out)
{
	struct audit_result result = { .reason = "" };
	enum status status;

	/* Failed before, or nothing that would be published. */
	if (job->status != STATUS_OK || (job->len[COLUMN_CHANGED] == 1 &&
	    job->field[COLUMN_CHANGED][0] == '0')) {
		put(out, job, job->status, NULL);
		return job->status;
	}
	status = judge(a, conf, o, job, &result);
	if (status != STATUS_OK && result.reason[0] == '\0')
		(void)strcpy(result.reason, "could not be judged");
	put(out, job, status, status == STATUS_OK ? NULL : result.reason);
	return status;
}

static enum status
run_lines(struct audit *a, const struct configuration *conf,
    const struct mode_options *o, struct stream_in *in,
    struct stream_out *out)
{
	enum status worst = STATUS_OK, s;
	const char *line;
	size_t len;
	struct diag d;
	int rc;

	while ((rc = stream_in_line(in, &line, &len, &d)) == 1) {
		struct job job;

		if (parse(line, len, &job) == -1) {
			report_error("%s:%llu: not a job line (write-zones(1))",
			    stream_in_name(in),
			    (unsigned long long)stream_in_lines(in));
			s = STATUS_BAD;
		} else {
			s = run_line(a, conf, o, &job, out);
		}
		job_free(&job);
		if (s > worst)
			worst = s;
		if (stream_failed(out))
			break;
	}
	if (rc == -1) {
		s = report_diag(&d);
		if (s > worst)
			worst = s;
	}
	return worst;
}

enum status
jobs_run(struct audit *a, const struct mode_options *o, const char *path)
{
	struct configuration conf = { .zones = 0 };
	struct stream_in *in = NULL;
	struct stream_out *out = NULL;
	enum status worst = STATUS_USAGE, s;
	struct diag d;
	const int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) :
						open(path, O_RDONLY | O_CLOEXEC);

	a->records = records_new();
	if (fd == -1 || a->records == NULL) {
		(void)diag_system(&d, "%s", path);
		worst = report_diag(&d);
		if (fd != -1)
			(void)close(fd);
		goto out;
	}
	if (stream_in_open(&in, fd, path, LINE_MOST, &d) == -1 ||
	    (o->conf != NULL && configuration_read(&conf, o->conf, &d) == -1) ||
	    stream_out_open(&out, STDOUT_FILENO, "stdout", &d) == -1) {
		worst = report_diag(&d);
		goto out;
	}
	worst = run_lines(a, o->conf != NULL ? &conf : NULL, o, in, out);
	/* A record that is lost costs time, not truth: the verdicts stand. */
	if (records_flush(a->records, &d) == -1)
		report_warn("%s", d.text);
	if (stream_finish(out, &d) == -1) {
		s = report_diag(&d);
		if (s > worst)
			worst = s;
	}
out:
	stream_in_close(in);
	records_free(a->records);
	a->records = NULL;
	configuration_free(&conf);
	return worst;
}
