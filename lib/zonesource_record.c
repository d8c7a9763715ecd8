/*
 * The long way round: records that libzscanner refuses, word by word.  It
 * lacks newer and older types, other classes, nested parentheses and octets
 * above 127; and it does not say what a person must change.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "rrfields.h"
#include "rrread.h"
#include "rrtype.h"
#include "zonesource_parts.h"
#include "zonetext.h"

/* A record's words sorted by what they are. */
struct fields {
	const struct zonelexer_word *owner, *ttl, *class, *type;
	const struct zonelexer_word *rdata;
	size_t rdata_count;
	uint16_t number; /* of the type */
};

static bool
is_class(const struct zonelexer_word *w)
{
	static const char *const names[] = { "IN", "CH", "HS", "CS", "NONE",
		"ANY", "CHAOS" };
	uint64_t n = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (zonelexer_is(w, names[i]))
			return true;
	if (w->quoted || w->len < 6 || strncasecmp(w->text, "CLASS", 5) != 0)
		return false;
	for (size_t i = 5; i < w->len; i++, n++)
		if (w->text[i] < '0' || w->text[i] > '9')
			return false;
	return n <= 5;
}

/* Owner if any, then TTL and class in any order (RFC 1035 §5.1). */
static void
sort_words(const struct zonelexer_words *words, struct fields *f)
{
	const struct zonelexer_word *w = words->list;
	const struct zonelexer_word *end = words->list + words->count;
	uint64_t ttl;

	*f = (struct fields){ 0 };
	if (!words->blank_first && w < end)
		f->owner = w++;
	for (; w < end; w++) {
		if (f->ttl == NULL && zonelexer_ttl(w, &ttl) == 0)
			f->ttl = w;
		else if (f->class == NULL && is_class(w))
			f->class = w;
		else
			break;
	}
	if (w < end)
		f->type = w++;
	f->rdata = w;
	f->rdata_count = (size_t)(end - w);
}

bool
zonesource_states_ttl(struct zonesource *src)
{
	struct fields f;
	size_t len;
	const char *text = zonesource_text(src, &len);

	if (zonelexer_split(&src->words, text, len, NULL) == -1)
		return false;
	sort_words(&src->words, &f);
	return f.ttl != NULL;
}

/* Room for size bytes in src->line. */
static int
line_room(struct zonesource *src, size_t size, struct diag *d)
{
	char *grown;

	if (size <= src->line_size)
		return 0;
	if ((grown = realloc(src->line, size)) == NULL)
		return diag_system(d, "a record of %zu bytes", size);
	src->line = grown;
	src->line_size = size;
	return 0;
}

/*
 * A word as libzscanner reads it: octets that are no ASCII text as \DDD, and
 * in an owner everything but what names are made of behind a backslash: only
 * the characters with a meaning need one (RFC 1035 §5.1), but it wants it.
 */
static char *
put_word(char *p, const struct zonelexer_word *w, bool is_name)
{
	if (w->quoted)
		*p++ = '"';
	for (size_t i = 0; i < w->len; i++) {
		const unsigned char c = (unsigned char)w->text[i];

		if (c == '\\' && i + 1 < w->len) {
			*p++ = (char)c;
			*p++ = w->text[++i];
		} else if (c < 0x20 || c >= 0x7f) {
			p += snprintf(p, 5, "\\%03u", c);
		} else {
			if (is_name && !(c == '@' && w->len == 1) &&
			    strchr("\"$&'()+,:;<=>?@[]^`{|}~!%#", c) != NULL)
				*p++ = '\\';
			*p++ = (char)c;
		}
	}
	if (w->quoted)
		*p++ = '"';
	return p;
}

/* A type by the name that libzscanner knows it by, else the word as it is. */
static char *
put_type(char *p, const struct zonelexer_word *w)
{
	uint16_t type;

	if (w->quoted || rrtype_from_text(w->text, w->len, &type) == -1)
		return put_word(p, w, false);
	return p + rrtype_to_stream(type, p);
}

/*
 * Hexadecimal and base64 may be cut anywhere (RFC 4034 §3.2: "whitespace is
 * allowed within the text"); libzscanner wants whole groups: joined.
 */
static char *
put_joined(char *p, const struct zonelexer_word *w,
    const struct zonelexer_word *end)
{
	for (; w < end; w++)
		p = put_word(p, w, false);
	return p;
}

/* The words of RDATA, each as its field wants it. */
static char *
put_rdata(char *p, const struct fields *f)
{
	const struct zonelexer_word *w = f->rdata;
	const struct zonelexer_word *end = w + f->rdata_count;
	const uint8_t *field = rrfields_of(f->number)->field;

	if (w < end && zonelexer_is(w, "\\#")) {
		*p++ = ' ';
		p = put_word(p, w++, false);
		*p++ = ' ';
		if (w < end)
			p = put_word(p, w++, false);
		*p++ = ' ';
		return put_joined(p, w, end);
	}
	while (w < end) {
		*p++ = ' ';
		switch (*field) {
		case RRF_NAME:
		case RRF_LOWER_NAME:
			p = put_word(p, w++, true);
			break;
		case RRF_TYPE:
			p = put_type(p, w++);
			break;
		case RRF_BITMAP:
			p = put_type(p, w++);
			continue; /* to the end */
		case RRF_HEX:
		case RRF_BASE64:
		case RRF_BASE64_0:
			return put_joined(p, w, end);
		case RRF_GATEWAY:
			/* Three numbers and the gateway. */
			p = put_word(p, w++, false);
			if (w - f->rdata < 4)
				continue;
			break;
		default:
			p = put_word(p, w++, false);
		}
		if (field[1] != RRF_END)
			field++;
	}
	return p;
}

static int
check_words(struct zonesource *src, struct fields *f, struct diag *d)
{
	char buf[RRTYPE_TEXT_MAX];
	unsigned flags;
	uint64_t ttl;

	if (f->type == NULL)
		return zonesource_bad(src, d, "no type and no data: '%.*s'",
		    (int)(f->owner != NULL && f->owner->len < 200 ?
			    f->owner->len : 0),
		    f->owner != NULL ? f->owner->text : "");
	if (f->class != NULL && !zonelexer_is(f->class, "IN") &&
	    !zonelexer_is(f->class, "CLASS1"))
		return zonesource_bad(src, d,
		    "class %.*s: only IN is served here (RFC 1035 §5.2)",
		    (int)(f->class->len < 20 ? f->class->len : 20),
		    f->class->text);
	if (f->type->quoted ||
	    rrtype_from_text(f->type->text, f->type->len,
		&f->number) == -1)
		return zonesource_bad(src, d,
		    "'%.*s' is no type; one that is new can be written as "
		    "TYPEn with \\# data (RFC 3597 §5)",
		    (int)(f->type->len < 100 ? f->type->len : 100),
		    f->type->text);
	if (f->ttl != NULL && (zonelexer_ttl(f->ttl, &ttl) == -1 ||
		ttl > ZONETEXT_TTL_MAX))
		return zonesource_bad(src, d,
		    "TTL %.*s is above 2147483647 (RFC 2181 §8)",
		    (int)f->ttl->len, f->ttl->text);
	flags = rrtype_flags(f->number);
	if ((flags & RRTYPE_META) != 0)
		return zonesource_bad(src, d,
		    "%s is no type for a master file (RFC 6895 §3.1)",
		    rrtype_name(f->number, buf));
	if ((flags & RRTYPE_OBSOLETE) != 0)
		return zonesource_bad(src, d,
		    "%s is an obsolete type: remove the record (RFC 6895, "
		    "IANA DNS parameters)",
		    rrtype_name(f->number, buf));
	return 0;
}

/* Types without a mnemonic in the stream become TYPEn \# here. */
static int
put_unknown(struct zonesource *src, char **p, const struct fields *f,
    struct diag *d)
{
	static const char hex[] = "0123456789ABCDEF";
	uint8_t *rdata = malloc(RRREAD_MAX);
	int n;

	if (rdata == NULL)
		return diag_system(d, "RDATA");
	n = rrread(f->number, f->rdata, f->rdata_count,
	    zonesource_current_origin(src), rdata, d);
	if (n == -1)
		(void)diag_prefix(d, "%s", zonesource_place(src));
	else
		*p += sprintf(*p, " \\# %d ", n);
	for (int i = 0; i < n; i++) {
		*(*p)++ = hex[rdata[i] >> 4];
		*(*p)++ = hex[rdata[i] & 15];
	}
	free(rdata);
	return n == -1 ? -1 : 0;
}

int
zonesource_reread(struct zonesource *src, struct diag *d)
{
	zs_scanner_t *s = &src->zs;
	const int first_error = s->error.code;
	struct fields f;
	size_t len;
	const char *text = zonesource_text(src, &len);
	char *p;

	if (zonelexer_split(&src->words, text, len, d) == -1)
		return diag_prefix(d, "%s", zonesource_place(src));
	sort_words(&src->words, &f);
	if (check_words(src, &f, d) == -1 ||
	    line_room(src, 4 * len + 2 * RRREAD_MAX + 200, d) == -1)
		return -1;
	p = src->line;
	if (f.owner != NULL)
		p = put_word(p, f.owner, true);
	*p++ = ' ';
	if (f.ttl != NULL)
		p = put_word(p, f.ttl, false);
	p += sprintf(p, " IN ");
	p += rrtype_to_stream(f.number, p);
	if ((rrtype_flags(f.number) & RRTYPE_MNEMONIC) == 0 &&
	    !(f.rdata_count > 0 && zonelexer_is(&f.rdata[0], "\\#"))) {
		if (put_unknown(src, &p, &f, d) == -1)
			return -1;
	} else {
		p = put_rdata(p, &f);
	}
	*p++ = '\n';
	zonesource_scan(src, src->line, (size_t)(p - src->line));
	if (zs_parse_record(s) == 0 && s->state == ZS_STATE_DATA)
		return 0;
	return zonesource_bad(src, d, "%.*s: %s",
	    (int)(f.type->len < 100 ? f.type->len : 100), f.type->text,
	    zs_strerror(s->state == ZS_STATE_ERROR ? s->error.code :
						     first_error));
}
