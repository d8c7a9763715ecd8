#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "zonelexer.h"

unsigned
zonelexer_depth(unsigned depth, const char *line, size_t len)
{
	bool quoted = false;

	for (size_t i = 0; i < len; i++) {
		switch (line[i]) {
		case '\\':
			i++;
			break;
		case '"':
			quoted = !quoted;
			break;
		case ';':
			if (!quoted)
				return depth;
			break;
		case '(':
			if (!quoted)
				depth++;
			break;
		case ')':
			if (!quoted && depth > 0)
				depth--;
			break;
		default:
			break;
		}
	}
	return depth;
}

/* Nothing but blanks and a comment? */
static bool
is_empty(const char *line, size_t len)
{
	for (size_t i = 0; i < len && line[i] != ';'; i++)
		if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r')
			return false;
	return true;
}

size_t
zonelexer_record(const char *text, size_t len, size_t *start)
{
	size_t n = 0;
	unsigned depth = 0;
	bool begun = false;

	*start = 0;
	while (n < len) {
		const char *newline = memchr(text + n, '\n', len - n);
		const size_t line =
		    newline != NULL ? (size_t)(newline - text) - n : len - n;

		if (!begun && is_empty(text + n, line)) {
			n += newline != NULL ? line + 1 : line;
			*start = n;
			continue;
		}
		begun = true;
		depth = zonelexer_depth(depth, text + n, line);
		n += newline != NULL ? line + 1 : line;
		if (depth == 0)
			break;
	}
	return n;
}

static int
add_word(struct zonelexer_words *w, const char *text, size_t len, bool quoted,
    struct diag *d)
{
	if (w->count == w->room) {
		const size_t room = w->room == 0 ? 32 : 2 * w->room;
		struct zonelexer_word *grown =
		    realloc(w->list, room * sizeof(*grown));

		if (grown == NULL)
			return diag_system(d, "words of a record");
		w->list = grown;
		w->room = room;
	}
	w->list[w->count++] = (struct zonelexer_word){ text, len, quoted };
	return 0;
}

/* The index behind the word that starts at i; len + 1: the quote is open. */
static size_t
word_end(const char *text, size_t len, size_t i, bool quoted)
{
	for (; i < len; i++) {
		const char c = text[i];

		if (c == '\\' && i + 1 < len && text[i + 1] != '\n')
			i++;
		else if (quoted ? c == '"' :
				  strchr(" \t\r\n;()\"", c) != NULL && c != '\0')
			return i;
		else if (c == '\n')
			return len + 1;
	}
	return quoted ? len + 1 : len;
}

int
zonelexer_split(struct zonelexer_words *w, const char *text, size_t len,
    struct diag *d)
{
	unsigned depth = 0;
	bool line_begins = true, blank = false;

	w->count = 0;
	w->blank_first = false;
	for (size_t i = 0; i < len;) {
		const char c = text[i];
		size_t end;

		if (c == '\n') {
			i++;
			line_begins = true;
			blank = false;
			continue;
		}
		if (line_begins)
			blank = c == ' ' || c == '\t';
		line_begins = false;
		if (c == ' ' || c == '\t' || c == '\r') {
			i++;
			continue;
		}
		if (c == ';') {
			const char *newline = memchr(text + i, '\n', len - i);

			i = newline != NULL ? (size_t)(newline - text) : len;
			continue;
		}
		if (c == '(' || c == ')') {
			if (c == ')' && depth == 0)
				return diag_set(d, STATUS_BAD,
				    "')' without '(' (RFC 1035 §5.1)");
			depth = c == '(' ? depth + 1 : depth - 1;
			i++;
			continue;
		}
		if (w->count == 0)
			w->blank_first = blank;
		if (c == '"')
			i++;
		if ((end = word_end(text, len, i, c == '"')) > len)
			return diag_set(d, STATUS_BAD,
			    "a quote is not closed on its line (RFC 1035 "
			    "§5.1)");
		if (add_word(w, text + i, end - i, c == '"', d) == -1)
			return -1;
		i = end + (c == '"' ? 1 : 0);
	}
	if (depth > 0)
		return diag_set(d, STATUS_BAD,
		    "'(' is not closed before the end of the file (RFC 1035 "
		    "§5.1)");
	return 0;
}

void
zonelexer_free(struct zonelexer_words *w)
{
	free(w->list);
	*w = (struct zonelexer_words){ 0 };
}

bool
zonelexer_is(const struct zonelexer_word *w, const char *text)
{
	return !w->quoted && strlen(text) == w->len &&
	    strncasecmp(w->text, text, w->len) == 0;
}

/* Does the text end with a dot that is not escaped? */
static bool
is_absolute(const char *text, size_t len)
{
	size_t backslashes = 0;

	if (len == 0 || text[len - 1] != '.')
		return false;
	while (backslashes < len - 1 && text[len - 2 - backslashes] == '\\')
		backslashes++;
	return backslashes % 2 == 0;
}

int
zonelexer_name(const struct zonelexer_word *w, const uint8_t *origin,
    uint8_t wire[NAME_WIRE_MAX], struct diag *d)
{
	char text[NAME_TEXT_MAX + 1];
	const int origin_len =
	    origin != NULL ? name_wire_length(origin, NAME_WIRE_MAX) : 0;
	int n;

	if (w->len > 0 && is_absolute(w->text, w->len)) {
		n = name_from_text(w->text, w->len, wire);
	} else if (origin == NULL) {
		return diag_set(d, STATUS_BAD,
		    "'%.*s': a relative name, and no origin is known",
		    (int)(w->len < 200 ? w->len : 200), w->text);
	} else if (w->len == 1 && *w->text == '@') {
		memcpy(wire, origin, (size_t)origin_len);
		return origin_len;
	} else if (w->len == 0 || w->len >= NAME_TEXT_MAX) {
		n = -1;
	} else {
		memcpy(text, w->text, w->len);
		text[w->len] = '.';
		n = name_from_text(text, w->len + 1, wire);
		if (n != -1 && n - 1 + origin_len <= NAME_WIRE_MAX) {
			memcpy(wire + n - 1, origin, (size_t)origin_len);
			return n - 1 + origin_len;
		}
		n = -1;
	}
	if (n == -1)
		return diag_set(d, STATUS_BAD,
		    "'%.*s': not a domain name, or longer than 255 octets "
		    "(RFC 1035 §2.3.4)",
		    (int)(w->len < 200 ? w->len : 200), w->text);
	return n;
}

int
zonelexer_octets(const struct zonelexer_word *w, uint8_t *out, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < w->len; i++) {
		unsigned c = (unsigned char)w->text[i];

		if (c == '\\') {
			if (++i == w->len)
				return -1;
			c = (unsigned char)w->text[i];
			if (c >= '0' && c <= '9') {
				unsigned value = 0;

				if (w->len - i < 3)
					return -1;
				for (unsigned k = 0; k < 3; k++, i++) {
					const unsigned digit =
					    (unsigned char)w->text[i] - '0';

					if (digit > 9)
						return -1;
					value = value * 10 + digit;
				}
				i--;
				if ((c = value) > 255)
					return -1;
			}
		}
		if (n == max)
			return -1;
		out[n++] = (uint8_t)c;
	}
	return (int)n;
}

int
zonelexer_ttl(const struct zonelexer_word *w, uint64_t *out)
{
	static const struct {
		char unit;
		uint32_t seconds;
	} units[] = { { 'w', 604800 }, { 'd', 86400 }, { 'h', 3600 },
		{ 'm', 60 }, { 's', 1 } };
	uint64_t total = 0, n = 0;
	bool digits = false, had_unit = false;

	if (w->quoted || w->len > 60)
		return -1;
	for (size_t i = 0; i < w->len; i++) {
		const char c = w->text[i] | 0x20;
		size_t k = 0;

		if (w->text[i] >= '0' && w->text[i] <= '9') {
			n = n * 10 + (uint64_t)(w->text[i] - '0');
			digits = true;
			if (n > UINT32_MAX)
				n = (uint64_t)UINT32_MAX + 1; /* too large */
			continue;
		}
		while (k < 5 && units[k].unit != c)
			k++;
		if (k == 5 || !digits)
			return -1;
		total += n * units[k].seconds;
		n = 0;
		digits = false;
		had_unit = true;
	}
	if (!digits && !had_unit)
		return -1;
	*out = total + n;
	return 0;
}
