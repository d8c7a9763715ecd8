#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "rrtext.h"
#include "rrtype.h"
#include "zonesource_parts.h"

/*
 * Stands for the origin as long as none is known: a label that no zone has.
 * A name that ends so was relative.
 */
#define NO_ORIGIN     "\\000no-origin\\000."
static const uint8_t no_origin[] = { 11, 0, 'n', 'o', '-', 'o', 'r', 'i', 'g',
	'i', 'n', 0, 0 };

const uint8_t *
zonesource_origin(const struct zonesource *src)
{
	return src->origin_len > 0 ? src->origin : NULL;
}

const uint8_t *
zonesource_current_origin(const struct zonesource *src)
{
	return src->zs.zone_origin_length == sizeof(no_origin) &&
		memcmp(src->zs.zone_origin, no_origin, sizeof(no_origin)) == 0 ?
	    NULL : src->zs.zone_origin;
}

static void
set_current_origin(struct zonesource *src, const uint8_t *wire, size_t len)
{
	memcpy(src->zs.zone_origin, wire, len);
	src->zs.zone_origin_length = (uint32_t)len;
}

size_t
zonesource_input(const struct zonesource *src)
{
	return src->next_path > 0 ? src->next_path - 1 : 0;
}

const char *
zonesource_file(const struct zonesource *src)
{
	return src->depth > 0 ? zoneinput_name(src->level[src->depth - 1].in) :
				"";
}

static uint64_t
count_lines(const char *p, size_t len)
{
	const char *end = p + len;
	uint64_t n = 0;

	for (; (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++)
		n++;
	return n;
}

/*
 * Go from record to record by their lines until the one that begins behind
 * record_at.  What was found before is where to go on from, so that all the
 * errors of a block cost one pass.
 */
static void
find_record(struct zonesource *src)
{
	size_t at = src->found_at, start;

	if (src->found_for == src->record_at)
		return;
	src->found_for = src->record_at;
	if (src->record_at == src->scan_at)
		at = src->scan_at;
	else
		while (at <= src->record_at && at < src->block_len)
			at += zonelexer_record(src->block + at,
			    src->block_len - at, &start);
	(void)zonelexer_record(src->block + at, src->block_len - at, &start);
	at += start;
	src->found_line += count_lines(src->block + src->found_at,
	    at - src->found_at);
	src->found_at = at;
}

const char *
zonesource_text(struct zonesource *src, size_t *len)
{
	size_t start;

	find_record(src);
	*len = zonelexer_record(src->block + src->found_at,
	    src->block_len - src->found_at, &start);
	return src->block + src->found_at;
}

uint64_t
zonesource_line(struct zonesource *src)
{
	if (src->generate != NULL)
		return src->generate_line;
	if (src->block == NULL)
		return src->block_line;
	find_record(src);
	return src->found_line;
}

const char *
zonesource_place(struct zonesource *src)
{
	(void)snprintf(src->place, sizeof(src->place), "%.250s:%llu",
	    zonesource_file(src), (unsigned long long)zonesource_line(src));
	return src->place;
}

int
zonesource_bad(struct zonesource *src, struct diag *d, const char *fmt, ...)
{
	char text[DIAG_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return diag_set(d, STATUS_BAD, "%s: %s", zonesource_place(src), text);
}

static void
warn(struct zonesource *src, const char *what)
{
	char text[DIAG_TEXT_MAX];

	if (src->options->warn == NULL)
		return;
	(void)snprintf(text, sizeof(text), "%s: %s", zonesource_place(src),
	    what);
	src->options->warn(src->options->ctx, text);
}

void
zonesource_scan(struct zonesource *src, const char *text, size_t len)
{
	zs_scanner_t *s = &src->zs;

	s->cs = src->start;
	s->top = 0;
	s->multiline = false;
	s->error.fatal = false;
	s->error.code = ZS_OK;
	(void)zs_set_input_string(s, text, len);
}

/* Scan the block from a record's beginning on. */
static void
scan_block(struct zonesource *src, size_t at)
{
	src->scan_at = src->record_at = at;
	zonesource_scan(src, src->block + at, src->block_len - at);
}

static void
begin_block(struct zonesource *src, const char *text, size_t len, uint64_t line)
{
	src->block = text;
	src->block_len = len;
	src->block_line = line;
	src->found_at = 0;
	src->found_for = SIZE_MAX;
	src->found_line = line;
	scan_block(src, 0);
}

int
zonesource_open(struct zonesource **out,
    const struct zonesource_options *options, struct diag *d)
{
	static const uint8_t root[1] = { 0 };
	struct zonesource *src = calloc(1, sizeof(*src));
	int n;

	if (src == NULL)
		return diag_system(d, "master files");
	src->options = options;
	if (zs_init(&src->zs, NO_ORIGIN, CLASS_IN, TTL_UNKNOWN) == -1) {
		diag_set(d, STATUS_SYSTEM, "libzscanner: no memory");
		goto fail;
	}
	src->start = src->zs.cs;
	if (options->origin != NULL) {
		const struct zonelexer_word word = { options->origin,
			strlen(options->origin), false };

		if ((n = zonelexer_name(&word, root, src->origin, d)) == -1) {
			d->status = STATUS_USAGE;
			goto fail;
		}
		name_lower(src->origin);
		src->origin_len = (size_t)n;
	}
	*out = src;
	return 0;
fail:
	zonesource_close(src);
	return -1;
}

void
zonesource_close(struct zonesource *src)
{
	if (src == NULL)
		return;
	while (src->depth > 0)
		zoneinput_close(src->level[--src->depth].in);
	zonegenerate_free(src->generate);
	zonelexer_free(&src->words);
	free(src->line);
	zs_deinit(&src->zs);
	free(src);
}

int
zonesource_push(struct zonesource *src, const char *path, struct diag *d)
{
	struct zonesource_level *level;
	struct zoneinput *in;
	zs_scanner_t *s = &src->zs;
	dev_t dev;
	ino_t ino;

	if (src->depth == ZONESOURCE_INCLUDE_DEPTH)
		return diag_set(d, STATUS_BAD,
		    "%s: $INCLUDE more than %d deep", path,
		    ZONESOURCE_INCLUDE_DEPTH);
	if (src->depth > 0 && src->included >= ZONESOURCE_INCLUDE_MAX)
		return diag_set(d, STATUS_BAD,
		    "%s: more than %d files by $INCLUDE", path,
		    ZONESOURCE_INCLUDE_MAX);
	if (zoneinput_open(&in, path, d) == -1)
		return -1;
	zoneinput_id(in, &dev, &ino);
	for (size_t i = 0; i < src->depth; i++)
		if (zoneinput_same(src->level[i].in, dev, ino)) {
			zoneinput_close(in);
			return diag_set(d, STATUS_BAD,
			    "%s: $INCLUDE of a file that is being read", path);
		}
	if (src->depth > 0)
		src->included++;
	level = &src->level[src->depth++];
	level->in = in;
	level->has_ttl = src->depth > 1 && level[-1].has_ttl;
	level->outer_ttl = s->default_ttl;
	level->outer_origin_len = s->zone_origin_length;
	memcpy(level->outer_origin, s->zone_origin, s->zone_origin_length);
	level->outer_owner_len = s->r_owner_length;
	memcpy(level->outer_owner, s->r_owner, s->r_owner_length);
	/* A file begins with an owner of its own. */
	s->r_owner_length = 0;
	return 0;
}

/* Leave the innermost file: what it changed does not leak out (RFC 1035 §5.1:
 * "$INCLUDE ... never changes the relative origin of the parent"). */
static void
pop(struct zonesource *src)
{
	struct zonesource_level *level = &src->level[--src->depth];
	zs_scanner_t *s = &src->zs;

	zoneinput_close(level->in);
	s->default_ttl = level->outer_ttl;
	set_current_origin(src, level->outer_origin, level->outer_origin_len);
	s->r_owner_length = level->outer_owner_len;
	memcpy(s->r_owner, level->outer_owner, level->outer_owner_len);
}

/* The next file of the command line, with everything as at the start. */
static int
open_next(struct zonesource *src, struct diag *d)
{
	zs_scanner_t *s = &src->zs;

	if (src->origin_len > 0)
		set_current_origin(src, src->origin, src->origin_len);
	else
		set_current_origin(src, no_origin, sizeof(no_origin));
	s->default_ttl = src->has_minimum ? src->minimum : TTL_UNKNOWN;
	s->r_owner_length = 0;
	return zonesource_push(src, src->options->paths[src->next_path++], d);
}

static int
final(struct zonesource *src, struct diag *d)
{
	src->final = true;
	src->final_error = *d;
	return -1;
}

/*
 * Make a block ready.  1: there is one; 0: all files are read; -1: an error;
 * 2: something else was done, ask again.
 */
static int
next_block(struct zonesource *src, struct diag *d)
{
	struct zoneinput *in;
	const char *text;
	size_t len;
	uint64_t line;
	int piece;

	src->block = NULL;
	if (src->generate != NULL) {
		piece = zonegenerate_next(src->generate, &text, &len, d);
		if (piece == 1) {
			begin_block(src, text, len, src->generate_line);
			return 1;
		}
		if (piece == -1)
			diag_prefix(d, "%s", zonesource_place(src));
		zonegenerate_free(src->generate);
		src->generate = NULL;
		return piece == 0 ? 2 : -1;
	}
	if (src->depth == 0) {
		if (src->next_path == src->options->count)
			return 0;
		if (open_next(src, d) == -1)
			return d->status == STATUS_BAD ? -1 : final(src, d);
		return 2;
	}
	in = src->level[src->depth - 1].in;
	if ((piece = zoneinput_next(in, &text, &len, &line, d)) == -1) {
		if (d->status != STATUS_BAD)
			return final(src, d);
		pop(src); /* nothing behind it can be read */
		return -1;
	}
	if (piece == ZONEINPUT_END) {
		pop(src);
		return 2;
	}
	begin_block(src, text, len, line);
	if (line == 1 && zoneinput_had_mark(in))
		warn(src, "a byte order mark before the first record: skipped");
	if (piece == ZONEINPUT_BLOCK)
		return 1;
	if (zonesource_directive(src, text, len, d) == -1) {
		src->block = NULL;
		return d->status == STATUS_BAD ? -1 : final(src, d);
	}
	src->block = NULL;
	return 2;
}

/*
 * RFC 2308 §4: $TTL rules; without one the TTL stated last does (RFC 1035
 * §5.1), and before any the minimum of the SOA, as BIND has it.
 */
static int
settle_ttl(struct zonesource *src, struct diag *d)
{
	struct zonesource_level *level = &src->level[src->depth - 1];
	zs_scanner_t *s = &src->zs;

	if (s->r_ttl == TTL_UNKNOWN && !zonesource_states_ttl(src)) {
		if (s->r_type != RRTYPE_SOA || s->r_data_length < 22)
			return zonesource_bad(src, d,
			    "no TTL: none is stated here or before, no $TTL, "
			    "no SOA yet (RFC 1035 §5.1, RFC 2308 §4)");
		s->r_ttl = src->minimum;
		warn(src, "the SOA has no TTL: its minimum is taken");
	}
	if (s->r_ttl > ZONETEXT_TTL_MAX)
		return zonesource_bad(src, d,
		    "TTL %u is above 2147483647 (RFC 2181 §8)", s->r_ttl);
	if (!level->has_ttl)
		s->default_ttl = s->r_ttl;
	return 0;
}

size_t
zonesource_find_origin(const char *path, uint8_t wire[NAME_WIRE_MAX])
{
	const struct zonesource_options options = { &path, 1, NULL, NULL,
		NULL };
	struct zonesource_record rec;
	struct zonesource *src;
	struct stat st;
	struct diag d;
	size_t len = 0;

	if (strcmp(path, "-") == 0 || stat(path, &st) == -1 ||
	    !S_ISREG(st.st_mode) || zonesource_open(&src, &options, &d) == -1)
		return 0;
	src->seeking = true;
	while (src->origin_len == 0 && !src->final &&
	    zonesource_next(src, &rec, &d) != 0)
		;
	len = src->origin_len;
	memcpy(wire, src->origin, len);
	zonesource_close(src);
	return len;
}

static bool
ends_with(const uint8_t *name, size_t len, const uint8_t *end, size_t end_len)
{
	return len >= end_len && memcmp(name + len - end_len, end, end_len) == 0;
}

/*
 * No origin is known: the record must not have needed one, unless it is the
 * SOA, whose owner becomes it.
 */
static int
settle_origin(struct zonesource *src, struct diag *d)
{
	zs_scanner_t *s = &src->zs;
	size_t len;

	if (zonesource_current_origin(src) == NULL &&
	    ends_with(s->r_owner, s->r_owner_length, no_origin,
		sizeof(no_origin)))
		return zonesource_bad(src, d,
		    "a relative owner, and no origin is known: give -o or "
		    "$ORIGIN (RFC 1035 §5.1)");
	if (s->r_type != RRTYPE_SOA) {
		(void)zonesource_bad(src, d,
		    "a record before the SOA: only with -o can the zone be "
		    "known (RFC 1035 §5.2)");
		return src->seeking ? -1 : final(src, d);
	}
	memcpy(src->origin, s->r_owner, s->r_owner_length);
	src->origin_len = s->r_owner_length;
	name_lower(src->origin);
	if (zonesource_current_origin(src) != NULL)
		return 0;
	/* Its names may be relative to what is known only now. */
	set_current_origin(src, src->origin, src->origin_len);
	(void)zonesource_text(src, &len);
	src->resume_at = src->found_at + len;
	return zonesource_reread(src, d);
}

/* Types that no zone may have, asked once for each run of a type. */
static int
check_type(struct zonesource *src, struct diag *d)
{
	const uint16_t type = src->zs.r_type;
	const unsigned flags = rrtype_flags(type);
	char buf[RRTYPE_TEXT_MAX];

	if (type == src->last_type)
		return 0;
	if (type == 0 || (flags & RRTYPE_META) != 0 ||
	    (type >= 128 && type <= 255))
		return zonesource_bad(src, d,
		    "%s is no type for a master file (RFC 6895 §3.1)",
		    rrtype_name(type, buf));
	if ((flags & RRTYPE_OBSOLETE) != 0)
		return zonesource_bad(src, d,
		    "%s is an obsolete type: remove the record (RFC 6895, "
		    "IANA DNS parameters)",
		    rrtype_name(type, buf));
	src->last_type = type;
	return 0;
}

/* The scanner holds a record: complete and check it. */
static int
take_record(struct zonesource *src, struct zonesource_record *rec,
    struct diag *d)
{
	zs_scanner_t *s = &src->zs;

	if (src->origin_len == 0 && settle_origin(src, d) == -1)
		return -1;
	if (check_type(src, d) == -1)
		return -1;
	if (s->r_class != CLASS_IN)
		return zonesource_bad(src, d,
		    "class %u: only IN is served here (RFC 1035 §5.2)",
		    s->r_class);
	if (rrtext_canonical(s->r_type, s->r_data, s->r_data_length, d) == -1)
		return diag_prefix(d, "%s", zonesource_place(src));
	if (s->r_type == RRTYPE_SOA) {
		const uint8_t *p = s->r_data + s->r_data_length - 4;

		src->minimum = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
		    (uint32_t)p[2] << 8 | p[3];
		src->has_minimum = src->minimum <= ZONETEXT_TTL_MAX;
	}
	if (s->r_ttl != s->default_ttl || s->r_ttl > ZONETEXT_TTL_MAX)
		if (settle_ttl(src, d) == -1)
			return -1;
	name_lower(s->r_owner);
	rec->owner = s->r_owner;
	rec->owner_len = s->r_owner_length;
	rec->ttl = s->r_ttl;
	rec->type = s->r_type;
	rec->rdata = s->r_data;
	rec->rdata_len = s->r_data_length;
	return 1;
}

/* More words in the parentheses of a record that was complete already. */
static int
bad_tail(struct zonesource *src, struct diag *d)
{
	const zs_scanner_t *s = &src->zs;
	const char *block_end = src->block + src->block_len;
	const char *stop =
	    s->input.end == block_end ? s->input.current : block_end - 1;
	const uint64_t line = src->found_line -
	    count_lines(stop, (size_t)(src->block + src->found_at - stop));

	return diag_set(d, STATUS_BAD,
	    "%s:%llu: a record that does not end behind its data: %s "
	    "(RFC 1035 §5.1)",
	    zonesource_file(src), (unsigned long long)line,
	    zs_strerror(s->error.code));
}

/* The scanner refused something behind record_at.  1 or -1. */
static int
retry_record(struct zonesource *src, struct zonesource_record *rec,
    struct diag *d)
{
	const zs_scanner_t *s = &src->zs;
	size_t len;
	const char *text = zonesource_text(src, &len);

	if (len == 0 ||
	    (s->input.end == src->block + src->block_len &&
		s->input.current < text)) {
		/* Not this record but the end of the one before. */
		src->resume_at = src->found_at;
		return bad_tail(src, d);
	}
	src->resume_at = src->found_at + len;
	return zonesource_reread(src, d) == 0 ? take_record(src, rec, d) : -1;
}

bool
zonesource_ended(const struct zonesource *src)
{
	return src->final;
}

int
zonesource_next(struct zonesource *src, struct zonesource_record *rec,
    struct diag *d)
{
	zs_scanner_t *s = &src->zs;
	int rc;

	if (src->final) {
		*d = src->final_error;
		return -1;
	}
	for (;;) {
		if (src->block == NULL) {
			if ((rc = next_block(src, d)) <= 0)
				return rc;
			continue;
		}
		if (src->resume_at > 0) {
			scan_block(src, src->resume_at);
			src->resume_at = 0;
		}
		src->record_at = (size_t)(s->input.current - src->block);
		(void)zs_parse_record(s);
		switch (s->state) {
		case ZS_STATE_DATA:
			return take_record(src, rec, d);
		case ZS_STATE_ERROR:
			return retry_record(src, rec, d);
		default:
			src->block = NULL;
		}
	}
}
