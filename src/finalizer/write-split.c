#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "atomicfile.h"
#include "filedigest.h"
#include "jobline.h"
#include "report.h"
#include "write-zones.h"

struct splitter {
	const struct write_options *o;
	struct stream_out *jobs;
	char file[PATH_MAX], aside[PATH_MAX]; /* of the open zone */
	int fd;
	struct stream_out *out;
	struct filedigest *digest; /* of what goes through out */
	struct zonetext_writer *w;
	enum status worst;
	bool used; /* -o takes one zone */
};

/* Where the zone goes: -o, or in a batch the header's output=. */
static const char *
output_of(
    struct splitter *s, const struct zonetext_keys *header, struct diag *d)
{
	const char *file = s->o->output;

	if (file != NULL) {
		if (s->used) {
			diag_set(
			    d, STATUS_USAGE, "-o takes a stream of one zone");
			return NULL;
		}
		s->used = true;
		return file;
	}
	file = s->o->batch ? zonetext_get(header, "output") : NULL;
	if (file == NULL || *file == '\0')
		diag_set(d, STATUS_USAGE,
		    "nowhere to write it: give -o FILE, or --batch and "
		    "output= in the header");
	return file;
}

static void
drop_aside(struct splitter *s)
{
	zonetext_writer_free(s->w);
	stream_out_discard(s->out);
	s->w = NULL;
	s->out = NULL;
	if (s->fd != -1) {
		(void)close(s->fd);
		(void)unlink(s->aside);
	}
	s->fd = -1;
}

static int
begin(struct splitter *s, const char *zone, const struct zonetext_keys *header,
    struct diag *d)
{
	const char *file;

	s->file[0] = '\0';
	if ((file = output_of(s, header, d)) == NULL)
		return -1;
	if (snprintf(s->aside, sizeof(s->aside), "%s.new", file) >=
	    (int)sizeof(s->aside)) {
		errno = ENAMETOOLONG;
		return diag_system(d, "%s", file);
	}
	(void)snprintf(s->file, sizeof(s->file), "%s", file);
	if ((s->fd = atomicfile_create(s->aside, 0644)) == -1)
		return diag_system(d, "%s: cannot create", s->aside);
	if (stream_out_open(&s->out, s->fd, s->aside, d) == -1 ||
	    zonetext_writer_open(&s->w, s->out, d) == -1)
		return -1;
	filedigest_begin(s->digest);
	stream_out_tap(s->out, filedigest_add, s->digest);
	zonetext_begin(s->w, zone, header);
	return 0;
}

/* The zone's own ";end" and ";done"; then it is whole. */
static int
finish(struct splitter *s, const struct zonetext_keys *counts,
    char digest[FILEDIGEST_TEXT], struct diag *d)
{
	zonetext_end(s->w, counts);
	if (zonetext_done(s->w, d) == -1)
		return -1;
	return filedigest_end(s->digest, digest, d);
}

static char *
copy_or_dash(const char *text)
{
	return strdup(text != NULL ? text : "");
}

static int
fill_job(struct splitter *s, struct jobline *job, const char *zone,
    const struct zonetext_keys *counts, uint64_t records)
{
	char number[24];

	memset(job, 0, sizeof(*job));
	(void)snprintf(
	    number, sizeof(number), "%llu", (unsigned long long)records);
	job->zone = strdup(zone);
	job->file = copy_or_dash(s->file);
	job->records = strdup(number);
	job->serial = copy_or_dash(zonetext_get(counts, "sign-rrsets.serial"));
	job->made = copy_or_dash(zonetext_get(counts, "sign-rrsets.signed"));
	job->kept = copy_or_dash(zonetext_get(counts, "sign-rrsets.kept"));
	job->changed =
	    copy_or_dash(zonetext_get(counts, "sign-rrsets.changed"));
	job->reason = strdup("");
	for (size_t i = 0; i < counts->count; i++)
		if (zonetext_set(&job->facts, counts->list[i].key,
			counts->list[i].value) == -1)
			return -1;
	return job->zone != NULL && job->file != NULL && job->records != NULL &&
		job->serial != NULL && job->made != NULL && job->kept != NULL &&
		job->changed != NULL && job->reason != NULL
	    ? 0
	    : -1;
}

/* Tell of the zone that ended, well or not (why). */
static int
tell(struct splitter *s, const char *zone, const struct zonetext_keys *counts,
    uint64_t records, const char *digest, const struct diag *why,
    struct diag *d)
{
	static const struct zonetext_keys none = { NULL, 0 };
	struct jobline job;
	int rc =
	    fill_job(s, &job, zone, counts != NULL ? counts : &none, records);

	if (rc == 0 && digest != NULL)
		rc = zonetext_set_u64(
			 &job.facts, "max-ttl", zonetext_max_ttl(s->w)) |
		    zonetext_set(&job.facts, "digest", digest);
	if (rc == 0 && why != NULL)
		rc = jobline_judge(&job, why->status, why->text);
	if (rc == 0)
		jobline_write(&job, s->jobs);
	else
		diag_system(d, "job line");
	jobline_free(&job);
	return rc;
}

static int
fail_zone(struct splitter *s, const char *zone, const struct diag *why,
    struct diag *d)
{
	drop_aside(s);
	if (why->status > s->worst)
		s->worst = why->status;
	return tell(s, zone, NULL, 0, NULL, why, d);
}

/* One item.  -1: why says how the zone fails. */
static int
one_item(struct splitter *s, struct zonetext_reader *r, int item,
    char digest[FILEDIGEST_TEXT], struct diag *why)
{
	switch (item) {
	case ZONETEXT_ZONE:
		return begin(
		    s, zonetext_zone_name(r), zonetext_zone_keys(r), why);
	case ZONETEXT_RECORD:
		zonetext_put(s->w, zonetext_record(r));
		return stream_failed(s->out) != 0 ? stream_flush(s->out, why)
						  : 0;
	case ZONETEXT_END:
		return finish(s, zonetext_end_keys(r), digest, why);
	default:
		return diag_set(why, zonetext_fail_status(r), "%s",
		    zonetext_fail_reason(r));
	}
}

static enum status
split(struct splitter *s, struct zonetext_reader *r, struct diag *d)
{
	bool skip = false; /* the open zone failed */
	char digest[FILEDIGEST_TEXT];
	struct diag why;
	int item;

	while ((item = zonetext_read(r, d)) != ZONETEXT_DONE) {
		if (item == -1) {
			drop_aside(s);
			return d->status;
		}
		if (skip) {
			skip = item == ZONETEXT_RECORD;
			continue;
		}
		if (one_item(s, r, item, digest, &why) == -1) {
			if (fail_zone(s, zonetext_zone_name(r), &why, d) == -1)
				return d->status;
			/* A failure that came down the stream was said. */
			if (item != ZONETEXT_FAIL)
				report_error(
				    "%s: %s", zonetext_zone_name(r), why.text);
			skip = item == ZONETEXT_ZONE || item == ZONETEXT_RECORD;
			continue;
		}
		if (item != ZONETEXT_END)
			continue;
		if (tell(s, zonetext_zone_name(r), zonetext_end_keys(r),
			zonetext_records(s->w), digest, NULL, d) == -1) {
			drop_aside(s);
			return d->status;
		}
		(void)close(s->fd); /* fsync and its errors: when published */
		s->fd = -1;
		drop_aside(s);
	}
	return s->worst;
}

enum status
write_split(struct zonetext_reader *r, const struct write_options *o,
    struct stream_out *jobs, struct diag *d)
{
	struct splitter s = { .o = o, .jobs = jobs, .fd = -1 };
	enum status status = STATUS_SYSTEM;

	if (filedigest_open(&s.digest, d) == 0)
		status = split(&s, r, d);
	filedigest_close(s.digest);
	return status;
}
