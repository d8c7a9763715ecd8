#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "number.h"
#include "zonefile_int.h"

#define STREAM_START ";zonetext 1"
#define TTL_MAX	     INT32_MAX /* RFC 2181 §8 */

int
zonefile_add_name(struct zonefile *z, const char *name, uint32_t *file,
    struct diag *d)
{
	char **grown;

	/* Including one file many times makes one name. */
	for (uint32_t i = 0; i < z->names_count; i++) {
		if (strcmp(z->names[i], name) == 0) {
			*file = i;
			return 0;
		}
	}
	grown = realloc(z->names, (z->names_count + 1) * sizeof(*grown));
	if (grown == NULL)
		return diag_system(d, "%s", name);
	z->names = grown;
	z->names[z->names_count] = strdup(name);
	if (z->names[z->names_count] == NULL)
		return diag_system(d, "%s", name);
	*file = z->names_count++;
	return 0;
}

int
zonefile_open(struct zonefile **out, int fd, const char *name,
    const uint8_t *origin, const struct rtypes *types, struct diag *d)
{
	struct zonefile *z = calloc(1, sizeof(*z));

	if (z == NULL) {
		(void)close(fd);
		return diag_system(d, "%s", name);
	}
	z->types = types;
	if (input_open(&z->level[0].in, fd, d) == -1) {
		free(z);
		return -1;
	}
	z->owner_text = malloc(WNAME_TEXT_MAX);
	if (z->owner_text == NULL ||
	    zonefile_add_name(z, name, &z->level[0].file, d) == -1) {
		zonefile_close(z);
		return diag_system(d, "%s", name);
	}
	if (origin != NULL) {
		memcpy(z->level[0].origin, origin, wname_size(origin));
		z->level[0].origin_known = true;
	}
	*out = z;
	return 0;
}

bool
zonefile_insecure(const struct zonefile *z)
{
	return z->insecure;
}

bool
zonefile_unaided(const struct zonefile *z)
{
	return z->unaided;
}

bool
zonefile_is_stream(const struct zonefile *z)
{
	return z->stream;
}

const uint8_t *
zonefile_zone(const struct zonefile *z)
{
	return z->zone_known ? z->zone : NULL;
}

const char *
zonefile_error(const struct zonefile *z, struct place *at)
{
	*at = z->bad;
	return z->error;
}

bool
zonefile_cut(const struct zonefile *z)
{
	return z->cut;
}

const char *
zonefile_name(const struct zonefile *z, uint32_t file)
{
	return file < z->names_count ? z->names[file] : "?";
}

int
zonefile_digest(struct zonefile *z, struct diag *d)
{
	struct input *in = &z->level[0].in;

	in->digest = EVP_MD_CTX_new();
	if (in->digest == NULL ||
	    EVP_DigestInit_ex(in->digest, EVP_sha256(), NULL) != 1)
		return diag_set(d, STATUS_SYSTEM, "cannot set up SHA-256");
	return 0;
}

void
zonefile_digest_text(struct zonefile *z, char text[65])
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned size = 0;

	text[0] = '\0';
	if (z->level[0].in.digest == NULL ||
	    EVP_DigestFinal_ex(z->level[0].in.digest, digest, &size) != 1)
		return;
	for (unsigned i = 0; i < size && i < 32; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", digest[i]);
}

void
zonefile_close(struct zonefile *z)
{
	if (z == NULL)
		return;
	for (size_t i = 0; i <= z->depth; i++)
		input_close(&z->level[i].in);
	for (uint32_t i = 0; i < z->names_count; i++)
		free(z->names[i]);
	free(z->names);
	free(z->owner_text);
	free(z->text);
	free(z->generate);
	free(z);
}

enum zone_event
zonefile_bad(struct zonefile *z, uint32_t line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(z->error, sizeof(z->error), fmt, ap);
	va_end(ap);
	z->bad = (struct place){ z->level[z->depth].file, line };
	return ZONE_BAD;
}

/* --- the stream ----------------------------------------------------------- */

/* A line without its newline.  1, 0 at the end, -1. */
static int
stream_line(struct zonefile *z, const char **line, size_t *len, struct diag *d)
{
	struct input *in = &z->level[0].in;
	const char *name = z->names[0];
	size_t seen = 0;

	for (;;) {
		const char *start = in->bytes + in->at, *end;

		end = memchr(start + seen, '\n', in->filled - in->at - seen);
		if (end != NULL) {
			*line = start;
			*len = (size_t)(end - start);
			in->at += *len + 1;
			in->line++;
			return 1;
		}
		seen = in->filled - in->at;
		if (seen > RECORD_MAX)
			return diag_set(d, STATUS_BAD,
			    "%s:%u: a line above %d octets (zonetext(5))", name,
			    in->line, RECORD_MAX);
		switch (input_fill(in, name, d)) {
		case -1:
			return -1;
		case 0:
			if (seen == 0)
				return 0;
			return diag_set(d, STATUS_BAD,
			    "%s:%u: the file ends inside a line: it is "
			    "truncated (zonetext(5))", name, in->line);
		}
	}
}

/* The word after p, up to a blank; moves p behind it. */
static const char *
word(const char **p, const char *end, size_t *len)
{
	const char *start;

	while (*p < end && **p == ' ')
		++*p;
	start = *p;
	while (*p < end && **p != ' ')
		++*p;
	*len = (size_t)(*p - start);
	return start;
}

static bool
starts_with(const char *line, size_t len, const char *word_)
{
	const size_t n = strlen(word_);

	return len >= n && memcmp(line, word_, n) == 0 &&
	    (len == n || line[n] == ' ');
}

/* The number of "name=" among the words of [p, end). */
static bool
counter(const char *p, const char *end, const char *name, uint64_t *value)
{
	const size_t n = strlen(name);

	while (p < end) {
		size_t len;
		const char *w = word(&p, end, &len);

		if (len > n && memcmp(w, name, n) == 0 && w[n] == '=')
			return number_u64(w + n + 1, len - n - 1, UINT64_MAX,
			    value) == 0;
	}
	return false;
}

static enum zone_event
broken(struct zonefile *z, struct diag *d, const char *what)
{
	z->state = STATE_OVER;
	(void)diag_set(d, STATUS_BAD, "%s:%u: %s (zonetext(5))", z->names[0],
	    z->level[0].in.line - 1, what);
	return ZONE_ERROR;
}

static enum zone_event
stream_zone(struct zonefile *z, const char *p, const char *end, struct diag *d)
{
	size_t len;
	const char *name = word(&p, end, &len);

	z->zone_known = wname_parse(name, len, NULL, z->zone) > 0;
	if (!z->zone_known)
		return broken(z, d, ";zone without a name");
	wname_lower(z->zone);
	z->insecure = z->unaided = false;
	for (const char *w = word(&p, end, &len); len > 0;
	     w = word(&p, end, &len))
		if (len == 11 && memcmp(w, "denial=none", len) == 0)
			z->insecure = true;
		else if (len == 9 && memcmp(w, "unaided=1", len) == 0)
			z->unaided = true;
	z->state = STATE_ZONE;
	z->records = 0;
	z->owner_known = false;
	return ZONE_START;
}

static enum zone_event
stream_end(struct zonefile *z, const char *p, const char *end, struct diag *d)
{
	uint8_t name[WNAME_MAX];
	uint64_t records;
	size_t len;
	const char *w = word(&p, end, &len);

	if (wname_parse(w, len, NULL, name) == 0 ||
	    !wname_equal(name, z->zone))
		return broken(z, d, ";end of another zone");
	if (!counter(p, end, "records", &records) || records != z->records)
		return broken(z, d, "the zone has not as many records as its "
				    ";end line says: it is truncated");
	z->state = STATE_OUTSIDE;
	z->zones++;
	return ZONE_END;
}

static enum zone_event
stream_fail(struct zonefile *z, const char *p, const char *end, struct diag *d)
{
	size_t name_len, status_len;
	const char *name = word(&p, end, &name_len);
	const char *status = word(&p, end, &status_len);
	uint16_t n = STATUS_BAD;

	if (number_u16(status, status_len, STATUS_SYSTEM, &n) == -1 || n == 0)
		return broken(z, d, ";fail without a status");
	z->zone_known = wname_parse(name, name_len, NULL, z->zone) > 0;
	z->state = STATE_OUTSIDE;
	z->failed++;
	(void)diag_set(d, (enum status)n, "%s:%u: %.*s failed in a filter:%.*s",
	    z->names[0], z->level[0].in.line - 1, (int)name_len, name,
	    (int)(end - p), p);
	return ZONE_FAIL;
}

static enum zone_event
stream_record(struct zonefile *z, const char *line, size_t len,
    struct record *r)
{
	const char *field[5], *p = line, *end = line + len;
	size_t size[5];
	const uint32_t at = z->level[0].in.line - 1;
	int type;

	for (size_t i = 0; i < 4; i++) {
		const char *tab = memchr(p, '\t', (size_t)(end - p));

		if (tab == NULL)
			return zonefile_bad(z, at, "not five fields");
		field[i] = p;
		size[i] = (size_t)(tab - p);
		p = tab + 1;
	}
	field[4] = p;
	size[4] = (size_t)(end - p);
	z->records++;
	if (memchr(line, '\0', len) != NULL)
		return zonefile_bad(z, at, "a NUL octet");
	if (size[0] >= WNAME_TEXT_MAX || size[0] == 0)
		return zonefile_bad(z, at, "the owner is no name");
	if (!z->owner_known || size[0] != z->owner_text_len ||
	    memcmp(field[0], z->owner_text, size[0]) != 0) {
		z->owner_known = wname_parse(field[0], size[0], NULL,
		    z->owner) > 0;
		if (!z->owner_known)
			return zonefile_bad(z, at, "the owner is no name");
		wname_lower(z->owner);
		memcpy(z->owner_text, field[0], size[0]);
		z->owner_text_len = size[0];
	}
	if (number_u32(field[1], size[1], TTL_MAX, &r->ttl) == -1)
		return zonefile_bad(z, at, "the TTL is no number up to 2^31-1");
	if (size[2] != 2 || memcmp(field[2], "IN", 2) != 0)
		return zonefile_bad(z, at, "the class is not IN");
	type = rtype_parse(z->types, field[3], size[3]);
	if (type == -1)
		return zonefile_bad(z, at, "unknown type '%.*s'",
		    size[3] > 32 ? 32 : (int)size[3], field[3]);
	r->owner = z->owner;
	r->origin = (const uint8_t *)"";
	r->class = 1;
	r->type = (uint16_t)type;
	r->covered = 0;
	r->rdata = field[4];
	r->rdata_size = (uint32_t)size[4];
	r->at = (struct place){ 0, at };
	return ZONE_RECORD;
}

static enum zone_event
stream_next(struct zonefile *z, struct record *r, struct diag *d)
{
	const char *line = NULL, *p;
	size_t len = 0;
	uint64_t n;

	for (;;) {
		switch (stream_line(z, &line, &len, d)) {
		case -1:
			z->state = STATE_OVER;
			return ZONE_ERROR;
		case 0:
			if (!z->open) {
				z->state = STATE_OVER;
				return ZONE_DONE;
			}
			return broken(z, d, "the stream ends without ;done: "
					    "it is truncated");
		}
		p = line;
		if (len == 0 || line[0] != ';') {
			if (z->state != STATE_ZONE)
				return broken(z, d, "a record outside a zone");
			return stream_record(z, line, len, r);
		}
		if (starts_with(line, len, ";end")) {
			p += 4;
			if (z->state != STATE_ZONE)
				return broken(z, d, ";end outside a zone");
			return stream_end(z, p, line + len, d);
		}
		if (starts_with(line, len, ";fail")) {
			p += 5;
			return stream_fail(z, p, line + len, d);
		}
		if (z->state == STATE_ZONE) {
			if (starts_with(line, len, ";zone") ||
			    starts_with(line, len, ";done") ||
			    starts_with(line, len, STREAM_START))
				return broken(z, d, "the zone has no ;end "
						    "line: it is truncated");
			continue; /* a comment */
		}
		if (starts_with(line, len, STREAM_START))
			z->open = true;
		if (starts_with(line, len, ";zone")) {
			p += 5;
			if (!z->open)
				return broken(z, d, "a zone behind ;done");
			return stream_zone(z, p, line + len, d);
		}
		if (starts_with(line, len, ";done")) {
			if (!counter(line + 5, line + len, "zones", &n) ||
			    n != z->zones ||
			    !counter(line + 5, line + len, "failed", &n) ||
			    n != z->failed)
				return broken(z, d, "the stream has not as "
						    "many zones as its ;done "
						    "line says");
			z->zones = z->failed = 0;
			z->open = false;
		}
	}
}

/* --- what it is ----------------------------------------------------------- */

static int
recognise(struct zonefile *z, struct diag *d)
{
	struct input *in = &z->level[0].in;
	const size_t n = strlen(STREAM_START);
	int rc = 1;

	while (in->filled <= n && rc == 1)
		rc = input_fill(in, z->names[0], d);
	if (rc == -1)
		return -1;
	z->stream = in->filled > n && memcmp(in->bytes, STREAM_START, n) == 0 &&
	    (in->bytes[n] == '\n' || in->bytes[n] == ' ');
	return 0;
}

/*
 * The type an RRSIG covers: its first word, or in the notation of RFC 3597 §5
 * ("\\# length hex") the first two octets.
 */
static int
covered_type(const struct zonefile *z, const struct record *r)
{
	const char *p = r->rdata, *end = p + r->rdata_size;
	size_t len;
	const char *w = word(&p, end, &len);
	int type = 0;

	if (len != 2 || memcmp(w, "\\#", 2) != 0)
		return rtype_parse(z->types, w, len);
	(void)word(&p, end, &len);
	w = word(&p, end, &len);
	if (len < 4)
		return -1;
	for (size_t i = 0; i < 4; i++) {
		const char *digits = "0123456789abcdef";
		const char *found = w[i] == '\0' ? NULL :
		    strchr(digits, w[i] | 0x20);

		if (found == NULL)
			return -1;
		type = type * 16 + (int)(found - digits);
	}
	return type;
}

enum zone_event
zonefile_next(struct zonefile *z, struct record *r, struct diag *d)
{
	enum zone_event e;

	switch (z->state) {
	case STATE_NEW:
		if (recognise(z, d) == -1) {
			z->state = STATE_OVER;
			return ZONE_ERROR;
		}
		if (!z->stream) {
			z->state = STATE_MASTER;
			return ZONE_START;
		}
		z->state = STATE_OUTSIDE;
		return stream_next(z, r, d);
	case STATE_OUTSIDE:
	case STATE_ZONE:
		e = stream_next(z, r, d);
		break;
	case STATE_MASTER:
		e = zonemaster_next(z, r, d);
		break;
	default:
		return ZONE_DONE;
	}
	if (e == ZONE_RECORD && r->type == TYPE_RRSIG) {
		const int type = covered_type(z, r);

		if (type == -1)
			return zonefile_bad(z, r->at.line,
			    "an RRSIG that covers no type");
		r->covered = (uint16_t)type;
	}
	return e;
}
