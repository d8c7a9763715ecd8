#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generate.h"
#include "number.h"

#define TEMPLATE_MAX 4096
#define RECORDS_MAX  1000000

struct generate {
	uint32_t line;
	int64_t now, stop, step;
	size_t template_len;
	char template[TEMPLATE_MAX];
	char text[2 * TEMPLATE_MAX];
};

uint32_t
generate_line(const struct generate *g)
{
	return g->line;
}

/* start-stop[/step] */
static int
range_parse(struct generate *g, const char *s, size_t len)
{
	const char *dash = memchr(s, '-', len), *slash = memchr(s, '/', len);
	const char *end = slash != NULL ? slash : s + len;
	uint32_t start, stop, step = 1;

	if (dash == NULL || dash > end ||
	    number_u32(s, (size_t)(dash - s), INT32_MAX, &start) == -1 ||
	    number_u32(dash + 1, (size_t)(end - dash - 1), INT32_MAX,
		&stop) == -1)
		return -1;
	if (slash != NULL && number_u32(slash + 1,
		(size_t)(s + len - slash - 1), INT32_MAX, &step) == -1)
		return -1;
	if (step == 0 || start > stop || (stop - start) / step >= RECORDS_MAX)
		return -1;
	g->now = start;
	g->stop = stop;
	g->step = step;
	return 0;
}

int
generate_start(struct generate **out, const char *text, size_t len,
    uint32_t line, char *error, size_t error_size)
{
	const char *range = memchr(text, ' ', len), *rest;
	struct generate *g;

	if (error_size > 0)
		error[0] = '\0';
	if (range == NULL)
		return -1;
	range++;
	rest = memchr(range, ' ', len - (size_t)(range - text));
	if (rest == NULL)
		return -1;
	g = calloc(1, sizeof(*g));
	if (g == NULL)
		return -1;
	g->line = line;
	g->template_len = len - (size_t)(rest + 1 - text);
	if (g->template_len >= TEMPLATE_MAX ||
	    range_parse(g, range, (size_t)(rest - range)) == -1) {
		free(g);
		return -1;
	}
	memcpy(g->template, rest + 1, g->template_len);
	*out = g;
	return 0;
}

/* Reversed nibbles, as for ip6.arpa: width counts digits and dots. */
static size_t
nibbles(uint32_t value, unsigned width, bool upper, char *to)
{
	size_t n = 0;

	do {
		to[n++] = (upper ? "0123456789ABCDEF" :
				   "0123456789abcdef")[value & 15];
		value >>= 4;
		if (n < width || value != 0)
			to[n++] = '.';
	} while ((n < width || value != 0) && n < 64);
	if (n > 0 && to[n - 1] == '.')
		n--;
	return n;
}

/* ${offset[,width[,base]]} at s; octets of it consumed, 0 when malformed. */
static size_t
expand(const struct generate *g, const char *s, size_t len, char to[64],
    size_t *written)
{
	long offset = 0;
	unsigned width = 0;
	char base = 'd', spec[48];
	const char *end = memchr(s, '}', len);
	size_t size;
	int used = 0, n;

	if (end == NULL || (size = (size_t)(end - s)) >= sizeof(spec))
		return 0;
	memcpy(spec, s, size);
	spec[size] = '\0';
	if (sscanf(spec, "%9ld%n,%2u%n,%c%n", &offset, &used, &width, &used,
		&base, &used) < 1 || (size_t)used != size || width > 40)
		return 0;
	const uint32_t value = (uint32_t)(g->now + offset);

	switch (base) {
	case 'd':
		n = snprintf(to, 64, "%0*lld", (int)width,
		    (long long)(g->now + offset));
		break;
	case 'o':
		n = snprintf(to, 64, "%0*o", (int)width, value);
		break;
	case 'x':
		n = snprintf(to, 64, "%0*x", (int)width, value);
		break;
	case 'X':
		n = snprintf(to, 64, "%0*X", (int)width, value);
		break;
	case 'n':
	case 'N':
		n = (int)nibbles(value, width, base == 'N', to);
		break;
	default:
		return 0;
	}
	*written = (size_t)n;
	return size + 1;
}

bool
generate_next(struct generate *g, const char **text, size_t *len)
{
	size_t n = 0;

	if (g->now > g->stop)
		return false;
	for (size_t i = 0; i < g->template_len && n + 64 < sizeof(g->text);) {
		const char c = g->template[i++];
		size_t used = 0, written = 0;

		if (c == '\\' && i < g->template_len) {
			if (g->template[i] != '$')
				g->text[n++] = c;
			g->text[n++] = g->template[i++];
			continue;
		}
		if (c != '$') {
			g->text[n++] = c;
			continue;
		}
		if (i < g->template_len && g->template[i] == '$') {
			g->text[n++] = '$';
			i++;
			continue;
		}
		if (i < g->template_len && g->template[i] == '{')
			used = expand(g, g->template + i + 1,
			    g->template_len - i - 1, g->text + n, &written);
		if (used > 0) {
			i += used + 1;
			n += written;
			continue;
		}
		n += (size_t)snprintf(g->text + n, 24, "%lld",
		    (long long)g->now);
	}
	g->now += g->step;
	*text = g->text;
	*len = n;
	return true;
}
