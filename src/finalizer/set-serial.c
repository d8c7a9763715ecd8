/*
 * set-serial(1): the serial that a zone is published with, and the TTL and
 * minimum of its SOA.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "duration.h"
#include "filter.h"
#include "number.h"
#include "published.h"
#include "report.h"
#include "rrtype.h"
#include "serial.h"
#include "soatext.h"

struct options {
	struct filter_options common;
	const char *mode;
	const char *last;
	const char *previous;
	int64_t ttl, minimum; /* -1: the input's */
	int64_t expires;      /* -1: not known */
};

/* What holds for one zone: an option, else its header's key. */
struct rules {
	enum serial_mode mode;
	int64_t ttl, minimum, expires, now;
	bool has_last;
	uint32_t last;
};

struct set_serial {
	struct options options;
	struct rules rules;
	const char *zone; /* the open one's name */
	struct zonetext_keys *header;
	bool soa_seen;
	uint32_t serial, input;
	struct published *published; /* the last publication, or NULL */
	bool compare;		     /* with it: the serial is the same */
};

static int
duration_key(const struct zonetext_keys *keys, const char *key, int64_t *out,
    struct diag *d)
{
	const char *value = zonetext_get(keys, key);

	if (*out != -1 || value == NULL)
		return 0;
	if (duration_parse(value, strlen(value), out) == -1)
		return diag_set(
		    d, STATUS_BAD, "header: %s=%s is no duration", key, value);
	return 0;
}

static int
moment_key(const struct zonetext_keys *keys, const char *key, int64_t *out,
    struct diag *d)
{
	const char *value = zonetext_get(keys, key);

	if (*out != -1 || value == NULL)
		return 0;
	if (moment_parse(value, strlen(value), out) == -1)
		return diag_set(
		    d, STATUS_BAD, "header: %s=%s is no time", key, value);
	return 0;
}

static int
check_mode(const char *text, enum serial_mode *mode, struct diag *d)
{
	if (serial_mode_from_text(text, mode) == -1)
		return diag_set(d, STATUS_USAGE,
		    "-m %s: not counter, datecounter, unixtime or keep", text);
	return 0;
}

static int
last_serial(const struct options *o, const struct zonetext_keys *keys,
    struct rules *r, struct diag *d)
{
	const char *text =
	    o->last != NULL ? o->last : zonetext_get(keys, "last-serial");

	if (text == NULL)
		return 0;
	if (number_u32(text, strlen(text), UINT32_MAX, &r->last) == -1)
		return diag_set(d, STATUS_BAD,
		    "last serial %s: no number of 32 bits", text);
	r->has_last = true;
	return 0;
}

static int
collect_rules(const struct options *o, const struct zonetext_keys *keys,
    struct rules *r, struct diag *d)
{
	const char *mode =
	    o->mode != NULL ? o->mode : zonetext_get(keys, "serial-mode");

	memset(r, 0, sizeof(*r));
	r->ttl = o->ttl;
	r->minimum = o->minimum;
	r->expires = o->expires;
	r->now = o->common.now_given ? o->common.now : -1;
	if (check_mode(mode != NULL ? mode : "unixtime", &r->mode, d) == -1 ||
	    last_serial(o, keys, r, d) == -1 ||
	    duration_key(keys, "soa-ttl", &r->ttl, d) == -1 ||
	    duration_key(keys, "soa-minimum", &r->minimum, d) == -1 ||
	    moment_key(keys, "expires", &r->expires, d) == -1 ||
	    moment_key(keys, "now", &r->now, d) == -1)
		return -1;
	if (r->now == -1)
		r->now = o->common.now;
	/* RFC 2181 §8 */
	if (r->ttl > ZONETEXT_TTL_MAX || r->minimum > ZONETEXT_TTL_MAX)
		return diag_set(d, STATUS_BAD,
		    "SOA TTL or minimum above 2147483647 (RFC 2181 §8)");
	return 0;
}

/* The last publication tells the last serial where nothing else does, and in
 * mode keep whether the content changed. */
static int
open_published(struct set_serial *s, struct diag *d)
{
	const struct options *o = &s->options;
	const char *path = o->previous;
	int rc;

	if (path == NULL && o->common.batch)
		path = zonetext_get(s->header, "previous");
	if (path == NULL || (s->rules.has_last && s->rules.mode != SERIAL_KEEP))
		return 0;
	if ((rc = published_open(&s->published, path, s->zone, d)) == -1)
		return -1;
	if (rc == 0 && o->previous != NULL)
		report_info(
		    "%s: %s is not there: never published", s->zone, path);
	if (rc == 1 && !s->rules.has_last) {
		s->rules.last = published_serial(s->published);
		s->rules.has_last = true;
	}
	return 0;
}

static int
zone(void *ctx, const char *name, struct zonetext_keys *keys,
    struct zonetext_writer *w, struct diag *d)
{
	struct set_serial *s = ctx;

	(void)w;
	s->zone = name;
	s->header = keys;
	s->soa_seen = false;
	s->compare = false;
	published_close(s->published);
	s->published = NULL;
	if (collect_rules(&s->options, keys, &s->rules, d) == -1)
		return -1;
	return open_published(s, d);
}

/* Mode keep: say no, and how long there is to mend it. */
static int
refuse(const struct set_serial *s, const char *why, struct diag *d)
{
	char when[15], expire[64] = "";

	if (s->rules.expires != -1) {
		moment_format(s->rules.expires, when);
		(void)snprintf(
		    expire, sizeof(expire), "; its signatures expire %s", when);
	}
	return diag_set(d, STATUS_BAD,
	    "SOA serial %u %s %u, which is published: raise it in the input "
	    "(serial keep; RFC 1982)%s",
	    s->input, why, s->rules.last, expire);
}

static int
keep_serial(struct set_serial *s, struct diag *d)
{
	const struct rules *r = &s->rules;

	s->serial = s->input;
	if (!r->has_last || serial_above(s->input, r->last))
		return 0;
	if (s->input != r->last)
		return refuse(s, "is not above", d);
	/* The same content may keep its serial; only a look can tell. */
	if (s->published == NULL || published_serial(s->published) != s->serial)
		return refuse(s, "is that of", d);
	s->compare = true;
	return 0;
}

static int
choose_serial(struct set_serial *s, struct diag *d)
{
	const struct rules *r = &s->rules;
	bool passes_input;

	if (r->mode == SERIAL_KEEP)
		return keep_serial(s, d);
	if (serial_next(r->mode, r->now, s->input,
		r->has_last ? &r->last : NULL, &s->serial, &passes_input,
		d) == -1)
		return -1;
	if (!passes_input)
		report_warn(
		    "%s: SOA serial %u is above the published %u, but "
		    "cannot be above the input's %u too (RFC 1982 §3.2)",
		    s->zone, s->serial, r->last, s->input);
	return 0;
}

static int
differs(const struct set_serial *s, int rc, struct diag *d)
{
	if (rc == 1 || rc == -1)
		return rc == 1 ? 0 : -1;
	return refuse(s, "stands for other content than", d);
}

static int
write_soa(struct set_serial *s, const struct zonetext_record *rec,
    const struct soatext *soa, struct zonetext_writer *w, struct diag *d)
{
	const uint32_t ttl =
	    s->rules.ttl != -1 ? (uint32_t)s->rules.ttl : rec->ttl;
	const uint32_t minimum =
	    s->rules.minimum != -1 ? (uint32_t)s->rules.minimum : soa->minimum;
	const size_t middle = soa->serial_at + soa->serial_len;
	char *line;
	int n, rc = 0;

	n = asprintf(&line, "%.*s\t%u\tIN\tSOA\t%.*s%u%.*s%u",
	    (int)rec->owner_len, rec->owner, ttl, (int)soa->serial_at,
	    rec->rdata, s->serial, (int)(soa->minimum_at - middle),
	    rec->rdata + middle, minimum);
	if (n == -1)
		return diag_set(d, STATUS_SYSTEM, "no memory");
	if (s->compare)
		rc = differs(s,
		    published_compare(
			s->published, line, (size_t)n, RRTYPE_SOA, d),
		    d);
	if (rc == 0)
		zonetext_put_line(w, line, (size_t)n, ttl);
	free(line);
	return rc;
}

static int
first_record(struct set_serial *s, const struct zonetext_record *rec,
    struct zonetext_writer *w, struct diag *d)
{
	struct soatext soa;

	if (soatext_parse(rec, s->zone, &soa, d) == -1)
		return -1;
	s->soa_seen = true;
	s->input = soa.serial;
	if (zonetext_get(s->header, "input-serial") == NULL &&
	    zonetext_set_u64(s->header, "input-serial", soa.serial) == -1)
		return diag_system(d, "header");
	if (choose_serial(s, d) == -1)
		return -1;
	return write_soa(s, rec, &soa, w, d);
}

static int
record(void *ctx, const struct zonetext_record *rec, struct zonetext_writer *w,
    struct diag *d)
{
	struct set_serial *s = ctx;

	if (!s->soa_seen)
		return first_record(s, rec, w, d);
	if (s->compare &&
	    differs(s,
		published_compare(
		    s->published, rec->line, rec->line_len, rec->type, d),
		d) == -1)
		return -1;
	zonetext_put(w, rec);
	return 0;
}

static int
end(void *ctx, struct zonetext_keys *counts, struct zonetext_writer *w,
    struct diag *d)
{
	struct set_serial *s = ctx;

	(void)w;
	if (!s->soa_seen)
		return diag_set(d, STATUS_BAD, "no SOA (RFC 1035 §5.2)");
	if (s->compare &&
	    differs(s, published_compare_end(s->published, d), d) == -1)
		return -1;
	if (zonetext_set_u64(counts, "set-serial.serial", s->serial) == -1)
		return diag_system(d, "counts");
	return 0;
}

static void
forget(void *ctx)
{
	struct set_serial *s = ctx;

	published_close(s->published);
	s->published = NULL;
}

static int
prepare(void *ctx, struct diag *d)
{
	struct options *o = &((struct set_serial *)ctx)->options;
	struct rules checked;
	const struct zonetext_keys none = { NULL, 0 };

	if (collect_rules(o, &none, &checked, d) == -1) {
		d->status = STATUS_USAGE;
		return -1;
	}
	return 0;
}

static const struct zonetext_ops ops = { zone, record, end, forget };

int
main(int argc, char **argv)
{
	struct set_serial s = { .options = {
				    .ttl = -1, .minimum = -1, .expires = -1 } };
	struct options *o = &s.options;
	const struct cli_option options[] = {
		{ 'm', "mode", CLI_TEXT, &o->mode, "MODE",
		    "counter, datecounter, unixtime or keep" },
		{ 0, "last", CLI_TEXT, &o->last, "SERIAL",
		    "the serial that was last published" },
		{ 'p', "previous", CLI_TEXT, &o->previous, "FILE",
		    "the zone as it was last published" },
		{ 0, "ttl", CLI_DURATION, &o->ttl, "DURATION",
		    "TTL of the SOA" },
		{ 0, "minimum", CLI_DURATION, &o->minimum, "DURATION",
		    "minimum field of the SOA" },
		{ 0, "expires", CLI_MOMENT, &o->expires, "TIME",
		    "when the published signatures expire" },
		{ 0, NULL, CLI_HEADING, NULL, NULL, NULL },
	};
	const struct filter f = {
		.program = "set-serial",
		.synopsis = "[-m MODE] [options] <IN >OUT",
		.summary = "Give each zone of a stream its next SOA serial.",
		.options = options,
		.common = &o->common,
		.ops = &ops,
		.ctx = &s,
		.prepare = prepare,
		.cleanup = forget,
	};

	return filter_main(&f, argc, argv);
}
