#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libxml/parser.h>

#include "crew.h"
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

/* Above that a zone has the batches' threads for itself. */
#define SMALL (2 * 1024 * 1024)

/* A line while it is judged. */
struct task {
	char *line; /* owned, as all of it is */
	struct job job;
	bool good; /* it is a job line */
	unsigned long long number;
	enum status status;
	struct audit_result result;
};

/* What all lines share. */
struct desk {
	struct audit *audit;
	const struct configuration *conf; /* or NULL */
	const struct mode_options *options;
	struct crew *crew; /* or NULL: one after another */
	struct stream_in *in;
	struct stream_out *out;
	enum status worst;
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

	while (p < end) {
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
judge(const struct desk *desk, const struct audit *a, const struct job *job,
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
	one.header = true;
	one.across.record = record;
	one.across.write = true;
	if (one.across.previous == NULL && access(job->file, F_OK) == 0)
		one.across.previous = job->file;
	status = desk->conf == NULL ? audit_file(&one, path) :
	    modes_listed(&one, desk->options, desk->conf, job->zone, path);
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

/* Failed before, or nothing that would be published? */
static bool
passes(const struct task *t)
{
	return !t->good || t->job.status != STATUS_OK ||
	    (t->job.len[COLUMN_CHANGED] == 1 &&
	    t->job.field[COLUMN_CHANGED][0] == '0');
}

/* On any thread. */
static void
judge_task(void *arg, const struct audit *a, void *task)
{
	struct task *t = task;

	if (passes(t))
		return;
	t->status = judge(arg, a, &t->job, &t->result);
	if (t->status != STATUS_OK && t->result.reason[0] == '\0')
		(void)strcpy(t->result.reason, "could not be judged");
}

/* The line with its verdict; the task is gone. */
static void
end_task(void *arg, void *task)
{
	struct desk *desk = arg;
	struct task *t = task;

	if (!t->good)
		report_error("%s:%llu: not a job line (write-zones(1))",
		    stream_in_name(desk->in), t->number);
	else
		put(desk->out, &t->job, t->status, passes(t) ||
		    t->status == STATUS_OK ? NULL : t->result.reason);
	if (t->status > desk->worst)
		desk->worst = t->status;
	job_free(&t->job);
	free(t->line);
	free(t);
}

static struct task *
task_new(const char *line, size_t len, unsigned long long number)
{
	struct task *t = calloc(1, sizeof(*t));

	if (t == NULL || (t->line = malloc(len + 1)) == NULL) {
		free(t);
		return NULL;
	}
	memcpy(t->line, line, len);
	t->number = number;
	t->good = parse(t->line, len, &t->job) == 0;
	t->status = t->good ? t->job.status : STATUS_BAD;
	return t;
}

static bool
small(const struct task *t)
{
	struct stat st;
	char *path = NULL;
	bool is = true;

	if (!passes(t) && asprintf(&path, "%s.new", t->job.file) != -1) {
		is = stat(path, &st) == -1 || st.st_size <= SMALL;
		free(path);
	}
	return is;
}

static void
run_task(struct desk *desk, struct task *t)
{
	if (desk->crew != NULL && small(t)) {
		crew_give(desk->crew, t);
		return;
	}
	if (desk->crew != NULL)
		crew_drain(desk->crew);
	judge_task(desk, desk->audit, t);
	end_task(desk, t);
}

static void
run_lines(struct desk *desk)
{
	const char *line;
	size_t len;
	struct diag d;
	enum status s;
	int rc;

	while ((rc = stream_in_line(desk->in, &line, &len, &d)) == 1) {
		struct task *t = task_new(line, len,
		    (unsigned long long)stream_in_lines(desk->in));

		if (t == NULL) {
			rc = diag_system(&d, "%s", stream_in_name(desk->in));
			break;
		}
		run_task(desk, t);
		if (stream_failed(desk->out))
			break;
	}
	if (desk->crew != NULL)
		crew_drain(desk->crew);
	if (rc == -1) {
		s = report_diag(&d);
		if (s > desk->worst)
			desk->worst = s;
	}
}

enum status
jobs_run(struct audit *a, const struct mode_options *o, const char *path)
{
	struct configuration conf = { .zones = 0 };
	struct desk desk = { .audit = a, .options = o, .worst = STATUS_USAGE,
		.conf = o->conf != NULL ? &conf : NULL };
	enum status s;
	struct diag d;
	const int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) :
						open(path, O_RDONLY | O_CLOEXEC);

	xmlInitParser(); /* before there are threads */
	a->records = records_new();
	if (fd == -1 || a->records == NULL) {
		(void)diag_system(&d, "%s", path);
		desk.worst = report_diag(&d);
		if (fd != -1)
			(void)close(fd);
		goto out;
	}
	if (stream_in_open(&desk.in, fd, path, LINE_MOST, &d) == -1 ||
	    (o->conf != NULL && configuration_read(&conf, o->conf, &d) == -1) ||
	    stream_out_open(&desk.out, STDOUT_FILENO, "stdout", &d) == -1 ||
	    (a->set->jobs > 1 && crew_open(&desk.crew, a, judge_task,
		end_task, &desk, &d) == -1)) {
		desk.worst = report_diag(&d);
		goto out;
	}
	desk.worst = STATUS_OK;
	run_lines(&desk);
	/* A record that is lost costs time, not truth: the verdicts stand. */
	if (records_flush(a->records, &d) == -1)
		report_warn("%s", d.text);
	s = stream_finish(desk.out, &d) == -1 ? report_diag(&d) : STATUS_OK;
	desk.out = NULL;
	if (s > desk.worst)
		desk.worst = s;
out:
	crew_close(desk.crew);
	if (desk.out != NULL)
		stream_out_discard(desk.out);
	stream_in_close(desk.in);
	records_free(a->records);
	a->records = NULL;
	configuration_free(&conf);
	return desk.worst;
}
