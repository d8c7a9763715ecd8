#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"
#include "zonegenerate.h"

#define LINE_MAX_SIZE ((size_t)64 * 1024)
#define BLOCK_SIZE    (2 * LINE_MAX_SIZE)
#define WIDTH_MAX     128

struct zonegenerate {
	uint64_t at, stop, step, count;
	char *template; /* one line, words joined, the $ still in it */
	char *block;
};

static int
parse_range(struct zonegenerate *g, const struct zonelexer_word *w,
    uint64_t max, struct diag *d)
{
	const char *s = w->text, *end = s + w->len;
	const char *dash = memchr(s, '-', w->len);
	const char *slash = memchr(s, '/', w->len);

	if (slash == NULL)
		slash = end;
	g->step = 1;
	if (dash == NULL || dash > slash ||
	    number_u64(s, (size_t)(dash - s), INT32_MAX, &g->at) == -1 ||
	    number_u64(dash + 1, (size_t)(slash - dash - 1), INT32_MAX,
		&g->stop) == -1 ||
	    (slash < end &&
		number_u64(slash + 1, (size_t)(end - slash - 1), INT32_MAX,
		    &g->step) == -1) ||
	    g->step == 0 || g->at > g->stop)
		return diag_set(d, STATUS_BAD,
		    "$GENERATE: '%.*s' is not start-stop or start-stop/step",
		    (int)(w->len < 100 ? w->len : 100), s);
	g->count = (g->stop - g->at) / g->step + 1;
	if (g->count > max)
		return diag_set(d, STATUS_BAD,
		    "$GENERATE: more records than may yet be made in this "
		    "zone, %llu", (unsigned long long)max);
	return 0;
}

/* Where the type stands: behind the owner and, in any order, TTL and class. */
static size_t
type_index(const struct zonelexer_words *words)
{
	size_t i = 3;
	uint64_t ttl;

	while (i < 5 && i < words->count &&
	    (zonelexer_ttl(&words->list[i], &ttl) == 0 ||
		zonelexer_is(&words->list[i], "IN")))
		i++;
	return i;
}

/* The content of a quoted word: \" is a quote there. */
static char *
put_bare(char *p, const struct zonelexer_word *w)
{
	for (size_t i = 0; i < w->len; i++) {
		if (w->text[i] == '\\' && i + 1 < w->len) {
			if (w->text[++i] != '"')
				*p++ = '\\';
		}
		*p++ = w->text[i];
	}
	return p;
}

/*
 * The line to fill in.  BIND's rhs is one word: quoted, its content is what
 * stands there, so that "10 mail-$" is two fields of an MX.
 */
static int
make_template(struct zonegenerate *g, const struct zonelexer_words *words,
    struct diag *d)
{
	const size_t type = type_index(words);
	size_t size = 2;
	char *p;

	if (type + 1 >= words->count)
		return diag_set(d, STATUS_BAD,
		    "$GENERATE: no data behind the type");
	for (size_t i = 2; i < words->count; i++)
		size += words->list[i].len + 3;
	if (size > LINE_MAX_SIZE)
		return diag_set(d, STATUS_BAD, "$GENERATE: too long");
	if ((g->template = p = malloc(size)) == NULL)
		return diag_system(d, "$GENERATE");
	for (size_t i = 2; i < words->count; i++) {
		const struct zonelexer_word *w = &words->list[i];

		if (i > 2)
			*p++ = ' ';
		if (w->quoted && i == type + 1 && i + 1 == words->count) {
			p = put_bare(p, w);
			continue;
		}
		if (w->quoted)
			*p++ = '"';
		memcpy(p, w->text, w->len);
		p += w->len;
		if (w->quoted)
			*p++ = '"';
	}
	*p = '\0';
	return 0;
}

int
zonegenerate_new(struct zonegenerate **out,
    const struct zonelexer_words *words, uint64_t max, struct diag *d)
{
	struct zonegenerate *g;

	if (words->count < 5)
		return diag_set(d, STATUS_BAD,
		    "$GENERATE: needs a range, an owner, a type and data");
	if ((g = calloc(1, sizeof(*g))) == NULL ||
	    (g->block = malloc(BLOCK_SIZE)) == NULL) {
		diag_system(d, "$GENERATE");
		goto fail;
	}
	if (parse_range(g, &words->list[1], max, d) == -1 ||
	    make_template(g, words, d) == -1)
		goto fail;
	*out = g;
	return 0;
fail:
	zonegenerate_free(g);
	return -1;
}

uint64_t
zonegenerate_count(const struct zonegenerate *g)
{
	return g->count;
}

/* What stands between the braces of ${offset,width,base}. */
struct shape {
	int64_t offset;
	unsigned width;
	char base;
};

static int
parse_shape(const char *s, size_t len, struct shape *shape, struct diag *d)
{
	char text[40];
	long long offset;
	unsigned width = 0;
	char base = 'd', extra;
	int n;

	if (len < sizeof(text)) {
		memcpy(text, s, len);
		text[len] = '\0';
		n = sscanf(text, "%12lld,%6u,%c%c", &offset, &width, &base,
		    &extra);
		if (n >= 1 && n <= 3 && offset >= -INT32_MAX &&
		    offset <= INT32_MAX && width <= WIDTH_MAX &&
		    strchr("doxXnN", base) != NULL && strchr(text, ' ') == NULL) {
			*shape = (struct shape){ offset, width, base };
			return 0;
		}
	}
	return diag_set(d, STATUS_BAD,
	    "$GENERATE: '${%.*s}' is not ${offset,width,base} with base d, o, "
	    "x, X, n or N",
	    (int)(len < 40 ? len : 40), s);
}

/* Hexadecimal digits, the last first, with dots between (base n and N). */
static int
nibbles(char *to, size_t room, uint64_t n, unsigned width, bool upper)
{
	const char *digits =
	    upper ? "0123456789ABCDEF" : "0123456789abcdef";
	size_t len = 0;
	unsigned count = 0;

	do {
		if (len + 2 > room)
			return -1;
		if (count > 0)
			to[len++] = '.';
		to[len++] = digits[n & 15];
		n >>= 4;
		count++;
	} while (n != 0 || 2 * count < width);
	return (int)len;
}

static int
put_value(char *to, size_t room, uint64_t n, const struct shape *s,
    struct diag *d)
{
	const int64_t value = (int64_t)n + s->offset;
	int len;

	if (value < 0)
		return diag_set(d, STATUS_BAD,
		    "$GENERATE: %llu with its offset is below 0",
		    (unsigned long long)n);
	switch (s->base) {
	case 'o':
		len = snprintf(to, room, "%0*llo", (int)s->width,
		    (unsigned long long)value);
		break;
	case 'x':
		len = snprintf(to, room, "%0*llx", (int)s->width,
		    (unsigned long long)value);
		break;
	case 'X':
		len = snprintf(to, room, "%0*llX", (int)s->width,
		    (unsigned long long)value);
		break;
	case 'n':
	case 'N':
		len = nibbles(to, room, (uint64_t)value, s->width,
		    s->base == 'N');
		break;
	default:
		len = snprintf(to, room, "%0*lld", (int)s->width,
		    (long long)value);
	}
	if (len < 0 || (size_t)len >= room)
		return diag_set(d, STATUS_BAD, "$GENERATE: a line too long");
	return len;
}

/* One line with its newline.  Its length or -1. */
static int
fill_in(const struct zonegenerate *g, char *to, size_t room, struct diag *d)
{
	size_t len = 0;

	for (const char *s = g->template; *s != '\0'; s++) {
		struct shape shape = { 0, 0, 'd' };
		int n;

		if (len + 3 > room)
			return diag_set(d, STATUS_BAD,
			    "$GENERATE: a line too long");
		if (*s == '\\' && s[1] != '\0') {
			/* The dollar sign's own backslash is for us only. */
			if (s[1] != '$')
				to[len++] = *s;
			else if (s == g->template || s[-1] == ' ')
				to[len++] = *s; /* no directive, please */
			to[len++] = *++s;
			continue;
		}
		if (*s != '$') {
			to[len++] = *s;
			continue;
		}
		if (s[1] == '$') {
			to[len++] = *s++;
			continue;
		}
		if (s[1] == '{') {
			const char *close = strchr(s, '}');

			if (close == NULL)
				return diag_set(d, STATUS_BAD,
				    "$GENERATE: ${ without }");
			if (parse_shape(s + 2, (size_t)(close - s - 2), &shape,
				d) == -1)
				return -1;
			s = close;
		}
		if ((n = put_value(to + len, room - len - 2, g->at, &shape,
			 d)) == -1)
			return -1;
		len += (size_t)n;
	}
	to[len++] = '\n';
	return (int)len;
}

int
zonegenerate_next(struct zonegenerate *g, const char **text, size_t *len,
    struct diag *d)
{
	*text = g->block;
	*len = 0;
	while (g->at <= g->stop && *len <= BLOCK_SIZE - LINE_MAX_SIZE) {
		const int n =
		    fill_in(g, g->block + *len, LINE_MAX_SIZE, d);

		if (n == -1)
			return -1;
		*len += (size_t)n;
		g->at += g->step;
	}
	return *len > 0;
}

void
zonegenerate_free(struct zonegenerate *g)
{
	if (g == NULL)
		return;
	free(g->template);
	free(g->block);
	free(g);
}
