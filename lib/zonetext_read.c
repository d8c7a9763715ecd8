#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"
#include "rrtype.h"
#include "zonetext_line.h"

struct zonetext_reader {
	struct stream_in *in;
	bool open;		   /* ";zonetext" was read, ";done" not yet */
	char *zone;		   /* its name; valid until the next one's */
	bool in_zone;		   /* ";zone" was read, its end not yet */
	uint64_t records;	   /* of this zone */
	uint32_t max_ttl;
	uint64_t zones, failed;	   /* since ";zonetext" */
	struct zonetext_record record;
	struct zonetext_keys header, counts;
	enum status fail_status;
	char *fail_reason;
	char place[300];
};

int
zonetext_reader_open(struct zonetext_reader **out, struct stream_in *in,
    struct diag *d)
{
	struct zonetext_reader *r = calloc(1, sizeof(*r));

	if (r == NULL) {
		stream_in_close(in);
		return diag_system(d, "zonetext");
	}
	r->in = in;
	*out = r;
	return 0;
}

const char *
zonetext_place(struct zonetext_reader *r)
{
	(void)snprintf(r->place, sizeof(r->place), "%.200s:%llu",
	    stream_in_name(r->in),
	    (unsigned long long)stream_in_lines(r->in));
	return r->place;
}

static int
broken(struct zonetext_reader *r, struct diag *d, const char *what)
{
	return diag_set(d, STATUS_BAD, "%s: %s (zonetext(5))",
	    zonetext_place(r), what);
}

int
zonetext_split(const char *line, size_t len, struct zonetext_record *rec,
    struct diag *d)
{
	const char *end = line + len, *ttl, *class, *type, *rdata;

	rec->line = rec->owner = line;
	rec->line_len = len;
	ttl = memchr(line, '\t', len);
	if (ttl == NULL || ttl == line || ttl[-1] != '.')
		return diag_set(d, STATUS_BAD,
		    "not a record: no absolute owner and tab");
	rec->owner_len = (size_t)(ttl - line);
	ttl++;
	class = memchr(ttl, '\t', (size_t)(end - ttl));
	if (class == NULL || number_u32(ttl, (size_t)(class - ttl),
		ZONETEXT_TTL_MAX, &rec->ttl) == -1)
		return diag_set(d, STATUS_BAD,
		    "not a record: no TTL of at most 2147483647 (RFC 2181 §8)");
	if (end - class < 4 || memcmp(class, "\tIN\t", 4) != 0)
		return diag_set(d, STATUS_BAD, "not a record: class not IN");
	type = class + 4;
	rdata = memchr(type, '\t', (size_t)(end - type));
	if (rdata == NULL ||
	    rrtype_from_stream(type, (size_t)(rdata - type), &rec->type) == -1)
		return diag_set(d, STATUS_BAD,
		    "not a record: no type as the stream writes it");
	rec->rdata = rdata + 1;
	rec->rdata_len = (size_t)(end - rec->rdata);
	if (rec->rdata_len == 0 || *rec->rdata == '\t')
		return diag_set(d, STATUS_BAD,
		    "not a record: no RDATA (\\# 0 where it is empty)");
	return 0;
}

/* Copy the word at *s up to a space or the end; *s moves behind it. */
static char *
take_word(const char **s, const char *end)
{
	const char *word = *s;
	const char *stop = memchr(word, ' ', (size_t)(end - word));

	if (stop == NULL)
		stop = end;
	*s = stop;
	return strndup(word, (size_t)(stop - word));
}

static int
read_zone_line(struct zonetext_reader *r, const char *s, size_t len,
    struct diag *d)
{
	const char *end = s + len;

	if (!r->open || r->in_zone)
		return broken(r, d, ";zone where none can begin");
	free(r->zone);
	if ((r->zone = take_word(&s, end)) == NULL)
		return diag_system(d, "%s", zonetext_place(r));
	len = strlen(r->zone);
	if (len == 0 || r->zone[len - 1] != '.')
		return broken(r, d, ";zone without an absolute name");
	if (zonetext_parse_keys(s, (size_t)(end - s), &r->header, d) == -1)
		return diag_prefix(d, "%s: ;zone", zonetext_place(r));
	r->records = 0;
	r->max_ttl = 0;
	r->in_zone = true;
	return ZONETEXT_ZONE;
}

/* The name behind ";end" or ";fail" must be the open zone's. */
static int
close_zone(struct zonetext_reader *r, const char **s, const char *end,
    struct diag *d)
{
	char *name;
	bool same;

	if (!r->in_zone)
		return broken(r, d, "the end of a zone that did not begin");
	if ((name = take_word(s, end)) == NULL)
		return diag_system(d, "%s", zonetext_place(r));
	same = strcmp(name, r->zone) == 0;
	free(name);
	if (!same)
		return broken(r, d, "the end of another zone than began");
	r->in_zone = false;
	r->zones++;
	return 0;
}

static int
read_end_line(struct zonetext_reader *r, const char *s, size_t len,
    struct diag *d)
{
	const char *end = s + len;
	uint64_t records, max_ttl;

	if (close_zone(r, &s, end, d) == -1)
		return -1;
	if (zonetext_parse_keys(s, (size_t)(end - s), &r->counts, d) == -1)
		return diag_prefix(d, "%s: ;end", zonetext_place(r));
	if (zonetext_get_u64(&r->counts, "records", UINT64_MAX, &records,
		NULL) != 1 || records != r->records)
		return broken(r, d,
		    "records= is not the number of records: lines are missing "
		    "or too many");
	if (zonetext_get_u64(&r->counts, "max-ttl", UINT32_MAX, &max_ttl,
		NULL) != 1 || max_ttl != r->max_ttl)
		return broken(r, d, "max-ttl= is not the largest TTL");
	zonetext_unset(&r->counts, "records");
	zonetext_unset(&r->counts, "max-ttl");
	return ZONETEXT_END;
}

static int
read_fail_line(struct zonetext_reader *r, const char *s, size_t len,
    struct diag *d)
{
	const char *end = s + len;
	char *status, *reason;
	uint16_t n;
	int rc;

	if (close_zone(r, &s, end, d) == -1)
		return -1;
	if (s == end || (s++, (status = take_word(&s, end)) == NULL))
		return broken(r, d, ";fail without status and reason");
	rc = number_u16(status, strlen(status), STATUS_SYSTEM, &n);
	free(status);
	if (rc == -1 || n == STATUS_OK || s == end)
		return broken(r, d, ";fail without status and reason");
	s++;
	if ((reason = malloc((size_t)(end - s) + 1)) == NULL)
		return diag_system(d, "%s", zonetext_place(r));
	if (zonetext_decode(s, (size_t)(end - s), true, reason) == -1) {
		free(reason);
		return broken(r, d, ";fail with a malformed reason");
	}
	free(r->fail_reason);
	r->fail_reason = reason;
	r->fail_status = (enum status)n;
	r->failed++;
	return ZONETEXT_FAIL;
}

static int
read_done_line(struct zonetext_reader *r, const char *s, size_t len,
    struct diag *d)
{
	struct zonetext_keys keys = { NULL, 0 };
	uint64_t zones = 0, failed = 0;
	int rc = 0;

	if (!r->open || r->in_zone)
		return broken(r, d, ";done before the end of a zone");
	/* The list of keys is written with a space before each. */
	if (zonetext_parse_keys(s - 1, len + 1, &keys, d) == -1)
		rc = diag_prefix(d, "%s: ;done", zonetext_place(r));
	else if (zonetext_get_u64(&keys, "zones", UINT64_MAX, &zones, d) != 1 ||
	    zonetext_get_u64(&keys, "failed", UINT64_MAX, &failed, d) != 1 ||
	    zones != r->zones || failed != r->failed)
		rc = broken(r, d, "zones= or failed= is not what was read");
	zonetext_keys_free(&keys);
	r->open = false;
	return rc;
}

static int
read_stream_line(struct zonetext_reader *r, const char *s, size_t len,
    struct diag *d)
{
	if (r->open)
		return broken(r, d, ";zonetext before ;done");
	if (len != strlen(ZONETEXT_VERSION) ||
	    memcmp(s, ZONETEXT_VERSION, len) != 0)
		return broken(r, d, "a version that this program cannot read");
	r->open = true;
	r->zones = r->failed = 0;
	return 0;
}

/*
 * A line that starts with ';'.  Returns an item, 0 (ZONETEXT_DONE is not
 * returned here) when the caller should read on, or -1.
 */
static int
read_marker(struct zonetext_reader *r, const char *line, size_t len,
    struct diag *d)
{
	static const struct marker {
		const char *word;
		int (*read)(struct zonetext_reader *, const char *, size_t,
		    struct diag *);
	} markers[] = {
		{ MARK_STREAM, read_stream_line },
		{ MARK_ZONE, read_zone_line },
		{ MARK_END, read_end_line },
		{ MARK_FAIL, read_fail_line },
		{ MARK_DONE, read_done_line },
	};

	if (len == 1 || line[1] == ' ')
		return 0; /* a comment for people */
	for (size_t i = 0; i < sizeof(markers) / sizeof(*markers); i++) {
		const size_t n = strlen(markers[i].word);

		if (len > n && memcmp(line, markers[i].word, n) == 0)
			return markers[i].read(r, line + n, len - n, d);
	}
	return broken(r, d, "an unknown ;word");
}

int
zonetext_read(struct zonetext_reader *r, struct diag *d)
{
	const char *line;
	size_t len;
	int rc;

	for (;;) {
		if ((rc = stream_in_line(r->in, &line, &len, d)) == -1)
			return -1;
		if (rc == 0) {
			if (r->open || stream_in_lines(r->in) == 0)
				return diag_set(d, STATUS_BAD,
				    "%s: ends without ;done: truncated "
				    "(zonetext(5))",
				    zonetext_place(r));
			return ZONETEXT_DONE;
		}
		if (len > 0 && *line == ';') {
			if ((rc = read_marker(r, line, len, d)) == 0)
				continue;
			return rc;
		}
		if (!r->in_zone)
			return broken(r, d, r->open ?
				"a record outside of a zone" :
				"not a zonetext stream: read-zone makes one");
		if (zonetext_split(line, len, &r->record, d) == -1)
			return diag_prefix(d, "%s", zonetext_place(r));
		r->records++;
		if (r->record.ttl > r->max_ttl)
			r->max_ttl = r->record.ttl;
		return ZONETEXT_RECORD;
	}
}

const char *
zonetext_zone_name(const struct zonetext_reader *r)
{
	return r->zone;
}

struct zonetext_keys *
zonetext_zone_keys(struct zonetext_reader *r)
{
	return &r->header;
}

const struct zonetext_record *
zonetext_record(const struct zonetext_reader *r)
{
	return &r->record;
}

struct zonetext_keys *
zonetext_end_keys(struct zonetext_reader *r)
{
	return &r->counts;
}

enum status
zonetext_fail_status(const struct zonetext_reader *r)
{
	return r->fail_status;
}

const char *
zonetext_fail_reason(const struct zonetext_reader *r)
{
	return r->fail_reason;
}

void
zonetext_reader_close(struct zonetext_reader *r)
{
	if (r == NULL)
		return;
	stream_in_close(r->in);
	free(r->zone);
	free(r->fail_reason);
	zonetext_keys_free(&r->header);
	zonetext_keys_free(&r->counts);
	free(r);
}
