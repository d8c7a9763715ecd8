#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "atomicfile.h"
#include "delta.h"
#include "extsort.h"
#include "intake.h"
#include "reckey.h"
#include "rrtext.h"
#include "zonetext.h"

struct intake {
	const struct intake_settings *set;
	struct rrtext *text;
	struct extsort *sort; /* of a whole zone */
	struct delta *delta;  /* of differences */
	struct atomicfile *file;
	struct zonetext_writer *w;
	uint8_t *key; /* RECKEY_MAX */
	char *line;   /* ZONETEXT_LINE_MAX */
	/* the owner of the record before: most records have the same one */
	uint8_t owner_key[NAMEKEY_MAX];
	size_t owner_key_len;
	char owner[NAME_TEXT_MAX];
	size_t owner_len;
};

int
intake_open(
    struct intake **out, const struct intake_settings *settings, struct diag *d)
{
	struct intake *in;

	if ((in = calloc(1, sizeof(*in))) == NULL)
		return diag_system(d, "transfer");
	in->set = settings;
	if ((in->key = malloc(RECKEY_MAX)) == NULL ||
	    (in->line = malloc(ZONETEXT_LINE_MAX)) == NULL) {
		diag_system(d, "transfer");
		goto fail;
	}
	if (rrtext_new(&in->text, d) == -1)
		goto fail;
	*out = in;
	return 0;
fail:
	intake_close(in);
	return -1;
}

void
intake_close(struct intake *in)
{
	if (in == NULL)
		return;
	atomicfile_abandon(in->file);
	extsort_close(in->sort);
	delta_close(in->delta);
	rrtext_free(in->text);
	free(in->key);
	free(in->line);
	free(in);
}

/* ---- receiving ---- */

static int
intake_begin(
    void *ctx, enum xfr_style style, const knot_rrset_t *soa, struct diag *d)
{
	struct intake *in = ctx;

	(void)soa;
	if (style == XFR_WHOLE)
		return extsort_open(
		    &in->sort, in->set->memory, in->set->spill, d);
	if (in->set->base == NULL)
		return diag_set(d, STATUS_BAD,
		    "differences, but we have nothing to apply them to");
	return delta_open(&in->delta, d);
}

static int
intake_record(
    void *ctx, enum xfr_change change, const knot_rrset_t *rr, struct diag *d)
{
	struct intake *in = ctx;
	knot_rdata_t *rdata = rr->rrs.rdata;
	uint8_t payload[4];
	char owner[NAME_TEXT_MAX];
	size_t len;

	if (rr->ttl > ZONETEXT_TTL_MAX) {
		(void)name_to_text(rr->owner, true, owner);
		return diag_set(d, STATUS_BAD,
		    "%s: a TTL above 2147483647 (RFC 2181 §8)", owner);
	}
	if (rrtext_canonical(rr->type, rdata->data, rdata->len, d) == -1) {
		(void)name_to_text(rr->owner, true, owner);
		return diag_prefix(d, "%s", owner);
	}
	len =
	    reckey_make(rr->owner, rr->type, rdata->data, rdata->len, in->key);
	if (len > EXTSORT_KEY_MAX) {
		(void)name_to_text(rr->owner, true, owner);
		return diag_set(d, STATUS_BAD,
		    "%s: RDATA of %u octets are too long", owner, rdata->len);
	}
	if (change != XFR_RECORD)
		return delta_put(
		    in->delta, change == XFR_ADD, in->key, len, rr->ttl, d);
	knot_wire_write_u32(payload, rr->ttl);
	return extsort_add(in->sort, in->key, len, payload, sizeof(payload), d);
}

const struct xfr_ops intake_ops = { intake_begin, intake_record };

/* ---- writing ---- */

static int
write_record(
    void *ctx, const uint8_t *key, size_t len, uint32_t ttl, struct diag *d)
{
	struct intake *in = ctx;
	uint8_t wire[NAME_WIRE_MAX];
	struct reckey parts;
	int n;

	if (reckey_split(key, len, &parts) == -1)
		return diag_set(d, STATUS_SYSTEM, "sorting: a broken key");
	if (in->owner_len == 0 || parts.owner_len != in->owner_key_len ||
	    memcmp(parts.owner_key, in->owner_key, parts.owner_len) != 0) {
		if (namekey_to_wire(parts.owner_key, parts.owner_len, wire) ==
		    -1)
			return diag_set(
			    d, STATUS_SYSTEM, "sorting: a broken name");
		in->owner_len = name_to_text(wire, true, in->owner);
		memcpy(in->owner_key, parts.owner_key, parts.owner_len);
		in->owner_key_len = parts.owner_len;
	}
	n = rrtext_write_line(in->text, in->owner, in->owner_len, ttl,
	    parts.type, parts.rdata, parts.rdata_len, in->line,
	    ZONETEXT_LINE_MAX, d);
	if (n == -1)
		return diag_prefix(d, "%s", in->owner);
	zonetext_put_line(in->w, in->line, (size_t)n, ttl);
	return 0;
}

static int
write_whole(struct intake *in, uint64_t *duplicates, struct diag *d)
{
	struct extsort_record rec;
	size_t last_len = 0;
	int rc;

	if (extsort_sort(in->sort, d) == -1)
		return -1;
	while ((rc = extsort_next(in->sort, &rec, d)) == 1) {
		/* The lowest TTL of duplicates comes first, and stays. */
		if (rec.key_len == last_len &&
		    memcmp(rec.key, in->key, last_len) == 0) {
			(*duplicates)++;
			continue;
		}
		memcpy(in->key, rec.key, rec.key_len);
		last_len = rec.key_len;
		if (write_record(in, rec.key, rec.key_len,
			knot_wire_read_u32(rec.payload), d) == -1)
			return -1;
	}
	return rc;
}

static int
write_delta(struct intake *in, struct diag *d)
{
	struct zonetext_reader *base = NULL;
	struct stream_in *file = NULL;
	int fd, rc = -1;

	fd = open(in->set->base, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd == -1)
		return diag_system(d, "%s", in->set->base);
	if (stream_in_open(&file, fd, in->set->base, ZONETEXT_LINE_MAX, d) ==
	    -1)
		return -1;
	if (zonetext_reader_open(&base, file, d) == -1)
		return -1;
	if ((rc = zonetext_read(base, d)) == ZONETEXT_ZONE &&
	    strcmp(zonetext_zone_name(base), in->set->zone) == 0)
		rc = delta_merge(
		    in->delta, base, in->text, in->w, write_record, in, d);
	else if (rc != -1)
		rc = diag_set(
		    d, STATUS_BAD, "%s: not the zone's text", in->set->base);
	zonetext_reader_close(base);
	return rc;
}

int
intake_write(struct intake *in, struct intake_result *result, struct diag *d)
{
	struct stream_out *out = NULL;
	struct zonetext_keys none = { NULL, 0 };
	int rc = -1;

	*result = (struct intake_result){ 0, 0 };
	if (atomicfile_open(&in->file, in->set->path, in->set->mode, d) == -1)
		return -1;
	if (stream_out_open(&out, atomicfile_fd(in->file), in->set->path, d) ==
	    -1)
		return -1;
	if (zonetext_writer_open(&in->w, out, d) == -1)
		goto out;
	zonetext_begin(in->w, in->set->zone, &none);
	if ((in->sort != NULL ? write_whole(in, &result->duplicates, d) :
				write_delta(in, d)) == -1)
		goto out;
	result->records = zonetext_records(in->w);
	zonetext_end(in->w, NULL);
	rc = zonetext_done(in->w, d);
out:
	zonetext_writer_free(in->w);
	in->w = NULL;
	if (rc == 0)
		return stream_finish(out, d);
	stream_out_discard(out);
	return rc;
}

int
intake_commit(struct intake *in, struct diag *d)
{
	struct atomicfile *file = in->file;

	in->file = NULL; /* freed whatever happens */
	return atomicfile_commit(file, false, d);
}
