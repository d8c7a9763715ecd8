#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libzscanner/scanner.h>

#include "rrfields.h"
#include "rrtext.h"
#include "rrtext_write.h"
#include "rrtype.h"

#define CLASS_IN 1

struct scanner {
	zs_scanner_t zs;
	int start; /* its state between two records */
};

struct rrtext {
	struct scanner read;
	struct scanner *check; /* reads back what was written; made when used */
	const char *at, *end; /* what is left of the block */
	char *line;	      /* of rrtext_parse() and of the check */
	size_t line_size;
};

static int
scanner_init(struct scanner *s, struct diag *d)
{
	if (zs_init(&s->zs, ".", CLASS_IN, 0) == -1)
		return diag_set(d, STATUS_SYSTEM, "libzscanner: no memory");
	s->start = s->zs.cs;
	return 0;
}

/* Forget an error or a record that was left half-way. */
static void
scanner_begin(struct scanner *s, const char *text, size_t len)
{
	s->zs.cs = s->start;
	s->zs.top = 0;
	s->zs.multiline = false;
	s->zs.error.fatal = false;
	s->zs.error.code = ZS_OK;
	(void)zs_set_input_string(&s->zs, text, len);
}

int
rrtext_new(struct rrtext **out, struct diag *d)
{
	struct rrtext *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return diag_system(d, "libzscanner");
	if (scanner_init(&t->read, d) == -1) {
		rrtext_free(t);
		return -1;
	}
	*out = t;
	return 0;
}

void
rrtext_free(struct rrtext *t)
{
	if (t == NULL)
		return;
	zs_deinit(&t->read.zs);
	if (t->check != NULL)
		zs_deinit(&t->check->zs);
	free(t->check);
	free(t->line);
	free(t);
}

static int
line_room(struct rrtext *t, size_t size, struct diag *d)
{
	char *grown;

	if (size <= t->line_size)
		return 0;
	if ((grown = realloc(t->line, size)) == NULL)
		return diag_system(d, "a line of %zu bytes", size);
	t->line = grown;
	t->line_size = size;
	return 0;
}

void
rrtext_block(struct rrtext *t, const char *lines, size_t len)
{
	t->at = lines;
	t->end = lines + len;
	scanner_begin(&t->read, lines, len);
}

static int
no_record(struct rrtext *t, struct diag *d, const char *why)
{
	t->at = t->end;
	return diag_set(d, STATUS_BAD, "not a record: %s (zonetext(5))", why);
}

int
rrtext_next(struct rrtext *t, struct rrtext_record *rec, struct diag *d)
{
	zs_scanner_t *s = &t->read.zs;
	const char *newline;

	if (t->at == t->end)
		return 0;
	newline = memchr(t->at, '\n', (size_t)(t->end - t->at));
	if (newline == NULL)
		return no_record(t, d, "no newline");
	/* The first octet of a master file line may make it something else: a
	 * comment, a directive, the last owner again, half of two lines. */
	if (memchr("\n ;$()\"@", *t->at, 8) != NULL || *t->at == '\t')
		return no_record(t, d, "no owner");
	if (zs_parse_record(s) == -1 || s->state != ZS_STATE_DATA)
		return no_record(t, d, s->state == ZS_STATE_ERROR ?
			zs_strerror(s->error.code) : "no record");
	if (s->input.current != newline)
		return no_record(t, d, "it does not end with its line");
	if (s->r_class != CLASS_IN || s->r_ttl > ZONETEXT_TTL_MAX)
		return no_record(t, d, "class or TTL");
	rec->line = t->at;
	rec->line_len = (size_t)(newline - t->at);
	rec->owner = s->r_owner;
	rec->owner_len = s->r_owner_length;
	rec->ttl = s->r_ttl;
	rec->type = s->r_type;
	rec->rdata = s->r_data;
	rec->rdata_len = s->r_data_length;
	t->at = newline + 1;
	return 1;
}

int
rrtext_parse(struct rrtext *t, const struct zonetext_record *from,
    struct rrtext_record *rec, struct diag *d)
{
	if (line_room(t, from->line_len + 1, d) == -1)
		return -1;
	memcpy(t->line, from->line, from->line_len);
	t->line[from->line_len] = '\n';
	rrtext_block(t, t->line, from->line_len + 1);
	if (rrtext_next(t, rec, d) == -1)
		return -1;
	rec->line = from->line;
	return 0;
}

static int
malformed(uint16_t type, struct diag *d)
{
	char buf[RRTYPE_TEXT_MAX];

	return diag_set(d, STATUS_BAD, "%s: malformed RDATA",
	    rrtype_name(type, buf));
}

int
rrtext_canonical(uint16_t type, uint8_t *rdata, size_t len, struct diag *d)
{
	if (!rrfields_check(type, rdata, len))
		return malformed(type, d);
	rrfields_lower(type, rdata, len);
	return 0;
}

/*
 * Does libzscanner read the text back as the same octets?  1 or 0; -1: no
 * memory.  Asked for types whose text has more than one form or less than all
 * values.
 */
static int
reads_back(struct rrtext *t, uint16_t type, const uint8_t *rdata, size_t len,
    const char *text, size_t text_len, struct diag *d)
{
	char mnemonic[RRTYPE_TEXT_MAX];
	zs_scanner_t *s;
	int head;

	if (t->check == NULL) {
		if ((t->check = calloc(1, sizeof(*t->check))) == NULL)
			return diag_system(d, "libzscanner");
		if (scanner_init(t->check, d) == -1)
			return -1;
	}
	if (line_room(t, text_len + 2 * RRTYPE_TEXT_MAX, d) == -1)
		return -1;
	(void)rrtype_to_stream(type, mnemonic);
	head = snprintf(t->line, t->line_size, ". 0 IN %s ", mnemonic);
	memcpy(t->line + head, text, text_len);
	t->line[(size_t)head + text_len] = '\n';
	s = &t->check->zs;
	scanner_begin(t->check, t->line, (size_t)head + text_len + 1);
	return zs_parse_record(s) == 0 && s->state == ZS_STATE_DATA &&
	    s->r_type == type && s->r_data_length == len &&
	    memcmp(s->r_data, rdata, len) == 0;
}

int
rrtext_write(struct rrtext *t, uint16_t type, const uint8_t *rdata, size_t len,
    char *buf, size_t size, struct diag *d)
{
	struct rrtext_out out = { buf, buf + size, false };
	int same;

	if ((rrtype_flags(type) & RRTYPE_MNEMONIC) == 0) {
		if (!rrfields_check(type, rdata, len))
			return malformed(type, d);
	} else if (rrtext_write_fields(&out, type, rdata, len) == 0) {
		if (!out.doubtful)
			return (int)(out.p - buf);
		if ((same = reads_back(t, type, rdata, len, buf,
			 (size_t)(out.p - buf), d)) == -1)
			return -1;
		if (same)
			return (int)(out.p - buf);
	} else if (!rrfields_check(type, rdata, len)) {
		return malformed(type, d);
	}
	out.p = buf;
	if (rrtext_write_generic(&out, rdata, len) == -1)
		return diag_set(d, STATUS_BAD,
		    "RDATA too long for a line of the stream (zonetext(5))");
	return (int)(out.p - buf);
}

int
rrtext_write_line(struct rrtext *t, const char *owner, size_t owner_len,
    uint32_t ttl, uint16_t type, const uint8_t *rdata, size_t len, char *buf,
    size_t size, struct diag *d)
{
	size_t n = owner_len;
	int text;

	if (size < owner_len + 4 * RRTYPE_TEXT_MAX)
		return diag_set(d, STATUS_BAD, "no room for a line");
	if (buf != owner)
		memcpy(buf, owner, owner_len);
	buf[n++] = '\t';
	n += rrtext_decimal(ttl, buf + n);
	memcpy(buf + n, "\tIN\t", 4);
	n += 4;
	n += rrtype_to_stream(type, buf + n);
	buf[n++] = '\t';
	if ((text = rrtext_write(t, type, rdata, len, buf + n, size - n,
		 d)) == -1)
		return -1;
	return (int)n + text;
}
