#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "atomicfile.h"
#include "jobline.h"
#include "number.h"
#include "report.h"
#include "syncfiles.h"
#include "tail.h"
#include "write-zones.h"

/* A batch is synced together: 256 zones, or what a second brings. */
#define BATCH_ZONES   256
#define BATCH_SECONDS 1

struct commit {
	struct jobline job;
	char aside[PATH_MAX];
	int fd;		/* of the file aside; -1: none, error says why */
	int error;	/* errno of its open or its fsync */
	bool unchanged; /* nothing to publish */
	bool renamed;
};

static int
refuse(struct diag *why, const char *what)
{
	return diag_set(why, STATUS_BAD, "%s", what);
}

/* The file that stands there must be older, if it is one of ours. */
static int
check_newer(const struct commit *c, uint32_t serial, struct diag *why)
{
	char tail[TAIL_MAX + 1];
	const char *end;
	uint32_t old;
	int fd = open(c->job.file, O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return errno == ENOENT ? 0
				       : diag_system(why, "%s", c->job.file);
	if (tail_read(fd, c->job.file, tail, why) == -1) {
		(void)close(fd);
		return -1;
	}
	(void)close(fd);
	end = tail_end(tail, c->job.zone);
	if (end == NULL || tail_number(end, "sign-rrsets.serial", &old) == -1)
		return 0;
	if ((int32_t)(serial - old) > 0)
		return 0;
	return diag_set(why, STATUS_BAD,
	    "serial %u is not newer than the published %u (RFC 1982)", serial,
	    old);
}

/* Is FILE.new what the job line tells of, whole, and on disk? */
static int
check_aside(const struct commit *c, struct diag *why)
{
	char tail[TAIL_MAX + 1];
	const char *end;
	uint32_t serial, records, told;

	if (c->error != 0) {
		errno = c->error;
		return diag_system(why, "%s%s", c->aside,
		    c->fd != -1 ? ": fsync" : "");
	}
	if (tail_read(c->fd, c->aside, tail, why) == -1)
		return -1;
	if ((end = tail_end(tail, c->job.zone)) == NULL)
		return refuse(why, "not a whole zone (zonetext(5))");
	if (tail_number(end, "records", &records) == -1 ||
	    number_u32(c->job.records, strlen(c->job.records), UINT32_MAX,
		&told) == -1 ||
	    records != told)
		return refuse(why, "not the zone that the job line tells of");
	if (tail_number(end, "sign-rrsets.serial", &serial) == -1)
		return refuse(why,
		    "not signed: sign-rrsets writes its serial "
		    "on ;end");
	return check_newer(c, serial, why);
}

/* The old file gets a second name, in one step as everything here. */
static int
keep_previous(const char *file, struct diag *why)
{
	char previous[PATH_MAX], aside[PATH_MAX];

	if (snprintf(previous, sizeof(previous), "%s.previous", file) >=
		(int)sizeof(previous) ||
	    snprintf(aside, sizeof(aside), "%s.previous.tmp", file) >=
		(int)sizeof(aside)) {
		errno = ENAMETOOLONG;
		return diag_system(why, "%s", file);
	}
	if (atomicfile_link(file, aside) == -1)
		return errno == ENOENT
		    ? 0
		    : diag_system(why, "%s: cannot keep as .previous", file);
	if (rename(aside, previous) == -1)
		return diag_system(why, "%s", previous);
	return 0;
}

/*
 * The text that keep-input wrote aside is the zone's last good input, or was
 * none.  It goes first: a crash in between leaves an input that was judged.
 */
static int
take_input(const char *file, bool good, struct diag *why)
{
	char aside[PATH_MAX], input[PATH_MAX];

	if (snprintf(aside, sizeof(aside), "%s.input.new", file) >=
	    (int)sizeof(aside))
		return 0; /* then there is none */
	(void)snprintf(input, sizeof(input), "%s.input", file);
	if ((good ? rename(aside, input) : unlink(aside)) == -1 &&
	    errno != ENOENT)
		return diag_system(why, "%s", aside);
	return 0;
}

/* Move a zone that must not be published out of the way, for a person. */
static void
set_aside(const struct commit *c)
{
	char rejected[PATH_MAX];

	if (c->job.file[0] == '\0')
		return; /* it failed before it had a place */
	if (snprintf(rejected, sizeof(rejected), "%s.rejected", c->job.file) <
	    (int)sizeof(rejected))
		(void)rename(c->aside, rejected);
}

static int
publish(struct commit *c, struct diag *why)
{
	if (snprintf(c->aside, sizeof(c->aside), "%s.new", c->job.file) >=
	    (int)sizeof(c->aside)) {
		errno = ENAMETOOLONG;
		return diag_system(why, "%s", c->job.file);
	}
	if (c->job.status != STATUS_OK) {
		set_aside(c);
		if (c->job.file[0] != '\0')
			(void)take_input(c->job.file, false, why);
		return diag_set(why, c->job.status, "%s", c->job.reason);
	}
	if (c->unchanged) {
		if (unlink(c->aside) == -1)
			return diag_system(why, "%s", c->aside);
		return take_input(c->job.file, true, why);
	}
	if (check_aside(c, why) == -1) {
		if (why->status == STATUS_BAD)
			set_aside(c);
		return -1;
	}
	if (keep_previous(c->job.file, why) == -1 ||
	    take_input(c->job.file, true, why) == -1)
		return -1;
	if (rename(c->aside, c->job.file) == -1)
		return diag_system(why, "%s: cannot put in place", c->job.file);
	c->renamed = true;
	return 0;
}

/* Each folder that a rename touched, once. */
static void
sync_folders(struct commit *list, size_t n)
{
	struct diag why;

	for (size_t i = 0; i < n; i++) {
		bool seen = !list[i].renamed;

		for (size_t j = 0; j < i && !seen; j++)
			seen = list[j].renamed &&
			    atomicfile_same_folder(list[j].job.file,
				list[i].job.file);
		if (!seen &&
		    atomicfile_sync_folder(list[i].job.file, &why) == -1) {
			report_error("%s: %s", list[i].job.zone, why.text);
			(void)jobline_judge(&list[i].job, why.status, why.text);
		}
	}
}

/* What the job line alone tells: is there a file to sync, and which. */
static void
prepare(struct commit *c)
{
	c->fd = -1;
	c->error = 0;
	c->unchanged =
	    strcmp(c->job.changed, "0") == 0 && access(c->job.file, F_OK) == 0;
	if (c->job.status != STATUS_OK || c->unchanged ||
	    snprintf(c->aside, sizeof(c->aside), "%s.new", c->job.file) >=
		(int)sizeof(c->aside))
		return;
	c->fd = open(c->aside, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (c->fd == -1)
		c->error = errno;
}

static void
sync_batch(struct commit *list, size_t n)
{
	int fd[BATCH_ZONES] = { 0 }, error[BATCH_ZONES];

	for (size_t i = 0; i < n; i++) {
		prepare(&list[i]);
		fd[i] = list[i].fd;
	}
	syncfiles(fd, error, n);
	for (size_t i = 0; i < n; i++)
		if (fd[i] != -1)
			list[i].error = error[i];
}

static enum status
commit_batch(struct commit *list, size_t n, struct stream_out *jobs)
{
	enum status worst = STATUS_OK;
	struct diag why;

	sync_batch(list, n);
	for (size_t i = 0; i < n; i++) {
		const bool judged_bad = list[i].job.status != STATUS_OK;

		if (publish(&list[i], &why) == -1) {
			if (!judged_bad)
				report_error("%s: %s: not published: %s",
				    list[i].job.zone, list[i].job.file,
				    why.text);
			(void)jobline_judge(&list[i].job, why.status, why.text);
		}
	}
	sync_folders(list, n);
	for (size_t i = 0; i < n; i++) {
		if (list[i].job.status > worst)
			worst = list[i].job.status;
		jobline_write(&list[i].job, jobs);
		if (list[i].fd != -1)
			(void)close(list[i].fd);
		jobline_free(&list[i].job);
	}
	/* Those who wait see how far it is; an error stays for the end. */
	(void)stream_flush(jobs, &why);
	return worst;
}

enum status
write_commit(struct stream_in *in, struct stream_out *jobs, struct diag *d)
{
	struct commit *list = calloc(BATCH_ZONES, sizeof(*list));
	enum status worst = STATUS_OK, status;
	time_t began = 0; /* of the batch */
	const char *line;
	size_t len, n = 0;
	int rc;

	if (list == NULL) {
		(void)diag_system(d, "job lines");
		return report_diag(d);
	}
	while ((rc = stream_in_line(in, &line, &len, d)) == 1) {
		if (n == 0)
			began = time(NULL);
		list[n].renamed = false;
		if (jobline_parse(line, len, &list[n].job, d) == -1) {
			(void)diag_prefix(d, "%s:%llu", stream_in_name(in),
			    (unsigned long long)stream_in_lines(in));
			rc = -1;
			break;
		}
		if (++n < BATCH_ZONES && time(NULL) - began < BATCH_SECONDS)
			continue;
		status = commit_batch(list, n, jobs);
		worst = status > worst ? status : worst;
		n = 0;
	}
	status = commit_batch(list, n, jobs);
	worst = status > worst ? status : worst;
	free(list);
	if (rc == -1) {
		(void)report_diag(d);
		worst = d->status > worst ? d->status : worst;
	}
	return worst;
}
