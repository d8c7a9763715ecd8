/*
 * Master files (RFC 1035 §5.1): record ends, quotes, parentheses, comments,
 * inherited owner and TTL, and the directives.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "generate.h"
#include "number.h"
#include "zonefile_int.h"

#define TTL_MAX	   INT32_MAX /* RFC 2181 §8 */
#define TOKENS_MAX 6	     /* owner TTL class type, and one more to tell */

enum { END = -1, FAILED = -2 };

/* The tokens of one record: the first few by place, all of them as text. */
struct scan {
	uint32_t line;	  /* where it starts */
	bool indented;	  /* no owner of its own */
	size_t start[TOKENS_MAX], len[TOKENS_MAX], count;
	size_t used;	  /* of z->text */
	bool in_token, in_quotes, too_long;
	unsigned depth;	  /* of parentheses */
	const char *error;
};

static int
get(struct zonefile *z, struct diag *d)
{
	struct input *in = &z->level[z->depth].in;

	if (in->at == in->filled) {
		const char *name = zonefile_name(z, z->level[z->depth].file);
		const int rc = input_fill(in, name, d);

		if (rc != 1)
			return rc == 0 ? END : FAILED;
	}
	return (unsigned char)in->bytes[in->at++];
}

static int
put(struct zonefile *z, struct scan *s, char c)
{
	if (s->used >= RECORD_MAX) {
		s->too_long = true;
		return 0;
	}
	if (s->used + 1 >= z->text_size) {
		const size_t want = z->text_size == 0 ? 4096 : z->text_size * 2;
		char *grown = realloc(z->text, want);

		if (grown == NULL)
			return -1;
		z->text = grown;
		z->text_size = want;
	}
	z->text[s->used++] = c;
	return 0;
}

static int
start_token(struct zonefile *z, struct scan *s)
{
	if (s->in_token)
		return 0;
	s->in_token = true;
	if (s->count > 0 && put(z, s, ' ') == -1)
		return -1;
	if (s->count < TOKENS_MAX)
		s->start[s->count] = s->used;
	s->count++;
	return 0;
}

static void
end_token(struct scan *s)
{
	if (s->in_token && s->count <= TOKENS_MAX)
		s->len[s->count - 1] = s->used - s->start[s->count - 1];
	s->in_token = false;
}

/* To the newline, which stays. */
static int
skip_line(struct zonefile *z, struct diag *d)
{
	int c;

	while ((c = get(z, d)) >= 0 && c != '\n')
		continue;
	if (c == '\n')
		z->level[z->depth].in.at--;
	return c == FAILED ? -1 : 0;
}

/* A character that is neither blank, bracket, comment nor quote. */
static int
plain(struct zonefile *z, struct scan *s, int c, struct diag *d)
{
	if (start_token(z, s) == -1 || put(z, s, (char)c) == -1)
		return -1;
	if (c != '\\')
		return 0;
	c = get(z, d);
	if (c == FAILED)
		return -1;
	if (c < 0x20 || c == 0x7f) {
		s->error = "a backslash before nothing";
		if (c == '\n')
			z->level[z->depth].in.at--;
		return 0;
	}
	return put(z, s, (char)c);
}

/* One character; 1 when the record ends with it, 0, or -1. */
static int
step(struct zonefile *z, struct scan *s, int c, struct diag *d)
{
	if (s->in_quotes && c != '"' && (c >= 0x20 || c == '\t'))
		return plain(z, s, c, d);
	switch (c) {
	case '"':
		s->in_quotes = !s->in_quotes;
		return start_token(z, s) == -1 || put(z, s, '"') == -1 ? -1 : 0;
	case '\n':
		z->level[z->depth].in.line++;
		end_token(s);
		if (s->in_quotes)
			s->error = "a newline inside quotes";
		if (s->count == 0 && s->depth == 0)
			s->indented = false;
		return s->error != NULL || (s->depth == 0 && s->count > 0);
	case ' ':
	case '\t':
	case '\r':
		end_token(s);
		return 0;
	case ';':
		end_token(s);
		return skip_line(z, d);
	case '(':
		end_token(s);
		s->depth++;
		return 0;
	case ')':
		end_token(s);
		if (s->depth == 0)
			s->error = "a closing parenthesis without an opening one";
		else
			s->depth--;
		return 0;
	}
	if (c < 0x20 || c == 0x7f) {
		s->error = "a control character";
		return 0;
	}
	return plain(z, s, c, d);
}

/* The tokens of the next record: 1, 0 at the end of the file, -1. */
static int
scan_record(struct zonefile *z, struct scan *s, struct diag *d)
{
	struct level *level = &z->level[z->depth];
	bool line_start = true;

	*s = (struct scan){ .line = level->in.line };
	for (;;) {
		const int c = get(z, d);
		int rc;

		if (c == FAILED)
			return -1;
		if (c == END) {
			end_token(s);
			if (s->in_quotes || s->depth > 0)
				s->error = "the file ends inside a record: it "
					   "is truncated";
			return s->count > 0 || s->error != NULL;
		}
		if (line_start && s->count == 0 && s->depth == 0) {
			s->line = level->in.line;
			s->indented = c == ' ' || c == '\t';
		}
		line_start = c == '\n';
		rc = step(z, s, c, d);
		if (rc == -1)
			return -1;
		if (s->error != NULL && c != '\n') {
			/* The rest of the line belongs to the error. */
			if (skip_line(z, d) == -1)
				return -1;
			s->depth = 0;
			s->in_quotes = false;
		}
		if (rc == 1)
			return 1;
	}
}

static const char *
token(const struct zonefile *z, const struct scan *s, size_t i, size_t *len)
{
	*len = s->len[i];
	return z->text + s->start[i];
}

static bool
token_is(const struct zonefile *z, const struct scan *s, size_t i,
    const char *word)
{
	return s->count > i && s->len[i] == strlen(word) &&
	    strncasecmp(z->text + s->start[i], word, s->len[i]) == 0;
}

/* Seconds, or numbers with s m h d w: 0; not a TTL: -1; above 2^31-1: -2. */
static int
ttl_parse(const char *s, size_t len, uint32_t *ttl)
{
	uint64_t total = 0, n = 0;
	bool digits = false;

	if (len == 0 || s[0] < '0' || s[0] > '9')
		return -1;
	for (size_t i = 0; i < len; i++) {
		uint64_t unit;

		if (s[i] >= '0' && s[i] <= '9') {
			n = n * 10 + (uint64_t)(s[i] - '0');
			if (n > UINT32_MAX)
				return -2;
			digits = true;
			continue;
		}
		if (!digits)
			return -1;
		switch (s[i] | 0x20) {
		case 's': unit = 1; break;
		case 'm': unit = 60; break;
		case 'h': unit = 3600; break;
		case 'd': unit = 86400; break;
		case 'w': unit = 604800; break;
		default: return -1;
		}
		total += n * unit;
		if (total > UINT32_MAX)
			return -2;
		n = 0;
		digits = false;
	}
	total += n;
	if (total > TTL_MAX)
		return -2;
	*ttl = (uint32_t)total;
	return 0;
}

/* The class of a word, or -1. */
static int
class_parse(const char *s, size_t len)
{
	static const struct {
		const char *name;
		uint16_t class;
	} classes[] = { { "IN", 1 }, { "CH", 3 }, { "HS", 4 } };
	uint16_t n;

	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++)
		if (len == 2 && strncasecmp(s, classes[i].name, 2) == 0)
			return classes[i].class;
	if (len > 5 && strncasecmp(s, "CLASS", 5) == 0 &&
	    number_u16(s + 5, len - 5, UINT16_MAX, &n) == 0)
		return n;
	return -1;
}

/* --- directives ----------------------------------------------------------- */

static const uint8_t *
origin(const struct zonefile *z)
{
	const struct level *level = &z->level[z->depth];

	return level->origin_known ? level->origin : NULL;
}

static enum zone_event
set_origin(struct zonefile *z, const struct scan *s, size_t i)
{
	uint8_t name[WNAME_MAX];
	size_t len;
	const char *text = token(z, s, i, &len);

	if (wname_parse(text, len, origin(z), name) == 0)
		return zonefile_bad(z, s->line, "$ORIGIN with no name");
	wname_lower(name);
	memcpy(z->level[z->depth].origin, name, wname_size(name));
	z->level[z->depth].origin_known = true;
	return ZONE_RECORD;
}

/* The path of an included file, relative to the folder of `base`. */
static char *
include_path(const char *base, const char *name, size_t len)
{
	const char *slash = strrchr(base, '/');
	char *path = NULL;
	int n;

	if (len >= 2 && name[0] == '"' && name[len - 1] == '"') {
		name++;
		len -= 2;
	}
	if (len == 0)
		return NULL;
	if (name[0] == '/' || slash == NULL)
		n = asprintf(&path, "%.*s", (int)len, name);
	else
		n = asprintf(&path, "%.*s/%.*s", (int)(slash - base), base,
		    (int)len, name);
	return n == -1 ? NULL : path;
}

/*
 * Relative to the including file, as zonetext(5) says; if there is none,
 * relative to the zone's own, as validns has it.
 */
static char *
include_find(const struct zonefile *z, const char *name, size_t len)
{
	char *path = include_path(zonefile_name(z, z->level[z->depth].file),
	    name, len);
	char *other;

	if (path == NULL || z->depth == 0 || access(path, F_OK) == 0)
		return path;
	other = include_path(zonefile_name(z, 0), name, len);
	if (other == NULL || access(other, F_OK) == -1) {
		free(other);
		return path;
	}
	free(path);
	return other;
}

static enum zone_event
include(struct zonefile *z, const struct scan *s, struct diag *d)
{
	struct level *from = &z->level[z->depth], *to;
	struct stat st;
	size_t len;
	const char *text;
	char *path;
	int fd;

	if (s->count < 2 || s->count > 3)
		return zonefile_bad(z, s->line, "$INCLUDE needs a file name");
	if (z->depth + 1 == INCLUDE_DEPTH)
		return zonefile_bad(z, s->line, "$INCLUDE nested too deeply");
	text = token(z, s, 1, &len);
	path = include_find(z, text, len);
	if (path == NULL)
		return zonefile_bad(z, s->line, "$INCLUDE needs a file name");
	/* A pipe or a device could block for ever, or never end. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd == -1 || fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		(void)zonefile_bad(z, s->line, "$INCLUDE %s: %s", path,
		    fd == -1 ? strerror(errno) : "not a file");
		if (fd != -1)
			(void)close(fd);
		free(path);
		return ZONE_BAD;
	}
	from->owner_known = z->owner_known;
	memcpy(from->owner, z->owner, WNAME_MAX);
	from->default_ttl_known = z->default_ttl_known;
	from->default_ttl = z->default_ttl;
	to = &z->level[z->depth + 1];
	if (zonefile_add_name(z, path, &to->file, d) == -1 ||
	    input_open(&to->in, fd, d) == -1) {
		free(path);
		return ZONE_ERROR;
	}
	free(path);
	memcpy(to->origin, from->origin, WNAME_MAX);
	to->origin_known = from->origin_known;
	z->depth++;
	return s->count == 3 ? set_origin(z, s, 2) : ZONE_RECORD;
}

static void
leave_include(struct zonefile *z)
{
	const struct level *to = &z->level[z->depth - 1];

	input_close(&z->level[z->depth].in);
	z->depth--;
	z->owner_known = to->owner_known;
	memcpy(z->owner, to->owner, WNAME_MAX);
	z->default_ttl_known = to->default_ttl_known;
	z->default_ttl = to->default_ttl;
}

/* ZONE_RECORD: done, go on. */
static enum zone_event
directive(struct zonefile *z, const struct scan *s, struct diag *d)
{
	size_t len;
	const char *text;

	if (token_is(z, s, 0, "$ORIGIN")) {
		if (s->count != 2)
			return zonefile_bad(z, s->line, "$ORIGIN needs one name");
		return set_origin(z, s, 1);
	}
	if (token_is(z, s, 0, "$TTL")) {
		if (s->count != 2)
			return zonefile_bad(z, s->line, "$TTL needs one TTL");
		text = token(z, s, 1, &len);
		if (ttl_parse(text, len, &z->default_ttl) != 0)
			return zonefile_bad(z, s->line, "$TTL with no TTL");
		z->default_ttl_known = true;
		return ZONE_RECORD;
	}
	if (token_is(z, s, 0, "$INCLUDE"))
		return include(z, s, d);
	if (token_is(z, s, 0, "$GENERATE")) {
		if (generate_start(&z->generate, z->text, s->used, s->line,
			z->error, sizeof(z->error)) == 0)
			return ZONE_RECORD;
		return zonefile_bad(z, s->line, "$GENERATE range lhs type rhs "
						"expected");
	}
	text = token(z, s, 0, &len);
	return zonefile_bad(z, s->line, "unknown directive %.*s",
	    len > 32 ? 32 : (int)len, text);
}

/* --- records -------------------------------------------------------------- */

/* TTL and class in either order, each at most once; *i moves behind them. */
static enum zone_event
ttl_and_class(struct zonefile *z, const struct scan *s, size_t *i,
    struct record *r, bool *ttl_known)
{
	bool class_known = false;

	*ttl_known = false;
	r->class = 1;
	for (; *i < s->count && *i < TOKENS_MAX; ++*i) {
		size_t len;
		const char *text = token(z, s, *i, &len);
		int class;

		if (!*ttl_known) {
			switch (ttl_parse(text, len, &r->ttl)) {
			case 0:
				*ttl_known = true;
				continue;
			case -2:
				return zonefile_bad(z, s->line, "a TTL above "
				    "2^31-1 (RFC 2181 §8)");
			}
		}
		if (!class_known && (class = class_parse(text, len)) != -1) {
			r->class = (uint16_t)class;
			class_known = true;
			continue;
		}
		break;
	}
	return ZONE_RECORD;
}

/*
 * The TTL of a record that states none: $TTL (RFC 2308 §4), or the last one
 * (RFC 1035 §5.1), or the SOA's minimum, which the caller knows at the end.
 */
static uint32_t
inherited_ttl(const struct zonefile *z)
{
	if (z->default_ttl_known)
		return z->default_ttl;
	return z->last_ttl_known ? z->last_ttl : RECORD_TTL_NONE;
}

static enum zone_event
interpret(struct zonefile *z, const struct scan *s, struct record *r)
{
	static const uint8_t root[1] = { 0 };
	size_t i = 0, len;
	const char *text;
	bool ttl_known;
	int type;

	if (!s->indented) {
		text = token(z, s, i++, &len);
		z->owner_known = wname_parse(text, len, origin(z), z->owner) > 0;
		if (!z->owner_known)
			return zonefile_bad(z, s->line, "'%.*s' is no name%s",
			    len > 64 ? 64 : (int)len, text, origin(z) == NULL ?
			    "; a relative one needs -o ORIGIN" : "");
		wname_lower(z->owner);
	} else if (!z->owner_known) {
		return zonefile_bad(z, s->line, "a record without an owner");
	}
	if (ttl_and_class(z, s, &i, r, &ttl_known) == ZONE_BAD)
		return ZONE_BAD;
	if (i >= s->count || i >= TOKENS_MAX)
		return zonefile_bad(z, s->line, "no type");
	text = token(z, s, i, &len);
	type = rtype_parse(z->types, text, len);
	if (type == -1)
		return zonefile_bad(z, s->line, "unknown type '%.*s'",
		    len > 32 ? 32 : (int)len, text);
	r->type = (uint16_t)type;
	r->rdata = text + len;
	if (i + 1 < s->count)
		r->rdata++;
	r->rdata_size = (uint32_t)(s->used - (size_t)(r->rdata - z->text));
	if (!ttl_known)
		r->ttl = inherited_ttl(z);
	z->last_ttl = r->ttl;
	z->last_ttl_known = r->ttl != RECORD_TTL_NONE;
	r->owner = z->owner;
	r->origin = origin(z) != NULL ? origin(z) : root;
	r->covered = 0;
	r->at = (struct place){ z->level[z->depth].file, s->line };
	return ZONE_RECORD;
}

/* One record of a $GENERATE in progress; ZONE_DONE when it is over. */
static enum zone_event
generated(struct zonefile *z, struct record *r)
{
	struct scan s = { .line = generate_line(z->generate) };
	const char *text;
	size_t len;

	if (!generate_next(z->generate, &text, &len)) {
		free(z->generate);
		z->generate = NULL;
		return ZONE_DONE;
	}
	for (size_t i = 0; i < len; i++) {
		if (text[i] == ' ') {
			end_token(&s);
		} else if (start_token(z, &s) == -1 ||
		    put(z, &s, text[i]) == -1) {
			return zonefile_bad(z, s.line, "no memory");
		}
	}
	end_token(&s);
	return interpret(z, &s, r);
}

enum zone_event
zonemaster_next(struct zonefile *z, struct record *r, struct diag *d)
{
	for (;;) {
		struct scan s;
		enum zone_event e;
		int rc;

		if (z->generate != NULL) {
			e = generated(z, r);
			if (e == ZONE_DONE)
				continue;
			return e;
		}
		rc = scan_record(z, &s, d);
		if (rc == -1) {
			z->state = STATE_OVER;
			if (d->text[0] == '\0')
				(void)diag_system(d, "%s", z->names[0]);
			return ZONE_ERROR;
		}
		if (rc == 0) {
			if (z->depth > 0) {
				leave_include(z);
				continue;
			}
			z->state = STATE_OVER;
			z->cut = z->level[0].in.last != '\n';
			return ZONE_END;
		}
		if (s.error != NULL)
			return zonefile_bad(z, s.line, "%s", s.error);
		if (s.too_long)
			return zonefile_bad(z, s.line,
			    "a record above %d octets", RECORD_MAX);
		if (!s.indented && z->text[0] == '$') {
			e = directive(z, &s, d);
			if (e != ZONE_RECORD)
				return e;
			continue;
		}
		return interpret(z, &s, r);
	}
}
