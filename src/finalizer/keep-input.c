/*
 * keep-input(1): passes a stream on and keeps each zone's text beside its
 * output, for the day on which its input is bad; fails a zone from which more
 * is gone since then than its policy allows.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "atomicfile.h"
#include "filter.h"
#include "name.h"
#include "number.h"
#include "pathlist.h"
#include "report.h"
#include "rrtype.h"
#include "tail.h"

/* Below these a shrinking zone is everyday work, whatever the percentage. */
#define LEAST_RECORDS	  100
#define LEAST_DELEGATIONS 20

struct keep_input {
	struct filter_options common;
	const char *file;    /* -k, or NULL: beside output= */
	uint32_t max_shrink; /* percent; UINT32_MAX: the header's */

	/* The open zone. */
	const char *zone;
	const struct zonetext_keys *header;
	char kept[PATH_MAX], aside[PATH_MAX];
	int fd; /* of aside, or -1 */
	struct stream_out *out;
	struct zonetext_writer *writer;
	char **own; /* "TYPE RDATA" of the records that keystate adds */
	size_t owns;
	uint32_t delegations;
	char cut[NAME_TEXT_MAX]; /* the last delegation */
};

static void
close_zone(struct keep_input *k)
{
	zonetext_writer_free(k->writer);
	stream_out_discard(k->out);
	if (k->fd != -1)
		(void)close(k->fd);
	for (size_t i = 0; i < k->owns; i++)
		free(k->own[i]);
	free(k->own);
	k->writer = NULL;
	k->out = NULL;
	k->fd = -1;
	k->own = NULL;
	k->owns = 0;
}

static void
forget(void *ctx)
{
	struct keep_input *k = ctx;

	if (k->fd != -1)
		(void)unlink(k->aside);
	close_zone(k);
}

/* --- what keystate adds: it is no input, and tomorrow it is another ------- */

static char *
own_text(const struct zonetext_record *rec)
{
	char *text;

	return asprintf(&text, "%u %.*s", rec->type, (int)rec->rdata_len,
		   rec->rdata) == -1
	    ? NULL
	    : text;
}

static bool
is_own(const struct keep_input *k, const struct zonetext_record *rec)
{
	char *text;
	bool found = false;

	if (k->owns == 0 || rec->type < RRTYPE_DNSKEY ||
	    (text = own_text(rec)) == NULL)
		return false;
	for (size_t i = 0; i < k->owns && !found; i++)
		found = strcmp(k->own[i], text) == 0;
	free(text);
	return found;
}

/* The records of a file that keystate wrote, which are canonical. */
static int
read_own(struct keep_input *k, const char *path, struct diag *d)
{
	FILE *f = fopen(path, "re");
	struct zonetext_record rec;
	char *line = NULL, **grown;
	size_t size = 0;
	ssize_t len;
	int rc = 0;

	if (f == NULL)
		return diag_system(d, "%s", path);
	while (rc == 0 && (len = getline(&line, &size, f)) > 0) {
		if (line[len - 1] == '\n')
			len--;
		if (zonetext_split(line, (size_t)len, &rec, NULL) == -1)
			continue;
		grown = reallocarray(k->own, k->owns + 1, sizeof(*grown));
		if (grown != NULL)
			k->own = grown;
		if (grown == NULL || (k->own[k->owns] = own_text(&rec)) == NULL)
			rc = diag_system(d, "%s", path);
		else
			k->owns++;
	}
	if (rc == 0 && ferror(f))
		rc = diag_system(d, "%s", path);
	free(line);
	(void)fclose(f);
	return rc;
}

/* All inputs= but the first are keystate's. */
static int
read_owns(struct keep_input *k, struct diag *d)
{
	const char *inputs = zonetext_get(k->header, "inputs");
	struct pathlist list = { NULL, 0 };
	int rc = 0;

	if (!k->common.batch || inputs == NULL)
		return 0;
	if (pathlist_split(&list, inputs) == -1)
		return diag_set(d, STATUS_USAGE, "inputs=: not a list of paths");
	for (size_t i = 1; i < list.count && rc == 0; i++)
		rc = read_own(k, list.item[i], d);
	pathlist_free(&list);
	return rc;
}

/* --- a zone ---------------------------------------------------------------- */

/* Where its text is kept: -k, or in a batch FILE.input beside output=FILE. */
static int
choose_path(struct keep_input *k, struct diag *d)
{
	const char *file = k->file;
	const char *suffix = "";

	if (file == NULL && k->common.batch) {
		file = zonetext_get(k->header, "output");
		suffix = ".input";
	}
	if (file == NULL || *file == '\0')
		return diag_set(d, STATUS_USAGE,
		    "nowhere to keep it: give -k FILE, or --batch and output= "
		    "in the header");
	if (snprintf(k->kept, sizeof(k->kept), "%s%s", file, suffix) >=
		(int)sizeof(k->kept) ||
	    snprintf(k->aside, sizeof(k->aside), "%s%s.new", file, suffix) >=
		(int)sizeof(k->aside)) {
		errno = ENAMETOOLONG;
		return diag_system(d, "%s", file);
	}
	return 0;
}

static int
zone(void *ctx, const char *name, struct zonetext_keys *keys,
    struct zonetext_writer *w, struct diag *d)
{
	static const struct zonetext_keys none = { NULL, 0 };
	struct keep_input *k = ctx;

	(void)w;
	close_zone(k);
	k->zone = name;
	k->header = keys;
	k->delegations = 0;
	k->cut[0] = '\0';
	if (choose_path(k, d) == -1 || read_owns(k, d) == -1)
		return -1;
	if ((k->fd = atomicfile_create(k->aside, 0600)) == -1)
		return diag_system(d, "%s: cannot create", k->aside);
	if (stream_out_open(&k->out, k->fd, k->aside, d) == -1 ||
	    zonetext_writer_open(&k->writer, k->out, d) == -1)
		return -1;
	zonetext_begin(k->writer, name, &none);
	return 0;
}

/* The name of a zone cut, once. */
static void
count_delegation(struct keep_input *k, const struct zonetext_record *rec)
{
	if (rec->type != RRTYPE_NS || rec->owner_len >= sizeof(k->cut) ||
	    (strlen(k->zone) == rec->owner_len &&
		memcmp(k->zone, rec->owner, rec->owner_len) == 0) ||
	    (strlen(k->cut) == rec->owner_len &&
		memcmp(k->cut, rec->owner, rec->owner_len) == 0))
		return;
	memcpy(k->cut, rec->owner, rec->owner_len);
	k->cut[rec->owner_len] = '\0';
	k->delegations++;
}

static int
record(void *ctx, const struct zonetext_record *rec, struct zonetext_writer *w,
    struct diag *d)
{
	struct keep_input *k = ctx;

	zonetext_put(w, rec);
	if (is_own(k, rec))
		return 0;
	count_delegation(k, rec);
	zonetext_put(k->writer, rec);
	return stream_failed(k->out) != 0 ? stream_flush(k->out, d) : 0;
}

/* --- shrinking -------------------------------------------------------------- */

struct loss {
	const char *what;
	uint32_t before, now, least;
};

static bool
is_too_much(const struct loss *l, uint64_t percent)
{
	const uint64_t gone = l->before > l->now ? l->before - l->now : 0;

	return gone >= l->least && gone * 100 > l->before * percent;
}

static int
percent_of(const struct keep_input *k, uint64_t *percent, struct diag *d)
{
	*percent = k->max_shrink;
	if (k->max_shrink != UINT32_MAX)
		return 0;
	*percent = 100;
	return zonetext_get_u64(k->header, "max-shrink", 100, percent, d) == -1
	    ? -1
	    : 0;
}

/* The counts of the text that is kept.  1: known; 0: there is none; -1. */
static int
counts_before(const struct keep_input *k, struct loss *records,
    struct loss *delegations, struct diag *d)
{
	char tail[TAIL_MAX + 1];
	const char *end;
	int rc, fd = open(k->kept, O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return errno == ENOENT ? 0 : diag_system(d, "%s", k->kept);
	rc = tail_read(fd, k->kept, tail, d);
	(void)close(fd);
	if (rc == -1)
		return -1;
	if ((end = tail_end(tail, k->zone)) == NULL ||
	    tail_number(end, "records", &records->before) == -1 ||
	    tail_number(end, "keep-input.delegations", &delegations->before) ==
		-1) {
		report_warn("%s: not a whole zone: what shrank is not known",
		    k->kept);
		return 0;
	}
	return 1;
}

static int
check_shrink(const struct keep_input *k, struct diag *d)
{
	struct loss loss[] = {
		{ "records", 0, (uint32_t)zonetext_records(k->writer),
		    LEAST_RECORDS },
		{ "delegations", 0, k->delegations, LEAST_DELEGATIONS },
	};
	uint64_t percent;
	int rc;

	if (percent_of(k, &percent, d) == -1)
		return -1;
	if ((rc = counts_before(k, &loss[0], &loss[1], d)) != 1)
		return rc;
	for (size_t i = 0; i < sizeof(loss) / sizeof(*loss); i++)
		if (is_too_much(&loss[i], percent))
			return diag_set(d, STATUS_BAD,
			    "%u %s in place of %u: more than MaxShrink, %u%%, "
			    "is gone; if it is to be: resign --accept-shrink "
			    "%s",
			    loss[i].now, loss[i].what, loss[i].before,
			    (unsigned)percent, k->zone);
	return 0;
}

static int
end(void *ctx, struct zonetext_keys *counts, struct zonetext_writer *w,
    struct diag *d)
{
	struct keep_input *k = ctx;
	struct zonetext_keys own = { NULL, 0 };
	int rc;

	(void)w;
	(void)counts;
	if (zonetext_set_u64(&own, "keep-input.delegations", k->delegations) ==
	    -1)
		return diag_system(d, "counts");
	zonetext_end(k->writer, &own);
	rc = zonetext_done(k->writer, d);
	zonetext_keys_free(&own);
	if (rc == -1 || check_shrink(k, d) == -1)
		return -1;
	close_zone(k);
	return 0;
}

static int
prepare(void *ctx, struct diag *d)
{
	const struct keep_input *k = ctx;

	if (k->max_shrink != UINT32_MAX && k->max_shrink > 100)
		return diag_set(
		    d, STATUS_USAGE, "--max-shrink: a percentage is wanted");
	return 0;
}

static const struct zonetext_ops ops = { zone, record, end, forget };

int
main(int argc, char **argv)
{
	struct keep_input k = { .max_shrink = UINT32_MAX, .fd = -1 };
	const struct cli_option options[] = {
		{ 'k', "kept", CLI_TEXT, &k.file, "FILE",
		    "the kept text; the new one becomes FILE.new" },
		{ 0, "max-shrink", CLI_U32, &k.max_shrink, "PERCENT",
		    "more than that must not be gone" },
		{ 0, NULL, CLI_HEADING, NULL, NULL, NULL },
	};
	const struct filter f = {
		.program = "keep-input",
		.synopsis = "-k FILE | --batch [options] <IN >OUT",
		.summary = "Keep the text of each zone of a stream; refuse one "
			   "that shrank.",
		.options = options,
		.common = &k.common,
		.ops = &ops,
		.ctx = &k,
		.prepare = prepare,
		.cleanup = forget,
	};

	return filter_main(&f, argc, argv);
}
