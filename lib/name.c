#include <string.h>

#include "name.h"

/* Octet at text[*i], which starts an octet; *i moves behind it.  -1: escape. */
static int
take_octet(const char *text, size_t len, size_t *i)
{
	unsigned n = 0;

	if (text[*i] != '\\')
		return (unsigned char)text[(*i)++];
	if (++*i == len)
		return -1;
	if (text[*i] < '0' || text[*i] > '9')
		return (unsigned char)text[(*i)++];
	if (len - *i < 3)
		return -1;
	for (unsigned k = 0; k < 3; k++) {
		const unsigned digit = (unsigned char)text[*i + k] - '0';

		if (digit > 9)
			return -1;
		n = n * 10 + digit;
	}
	*i += 3;
	return n <= 255 ? (int)n : -1;
}

int
name_from_text(const char *text, size_t len, uint8_t wire[NAME_WIRE_MAX])
{
	size_t i = 0, label = 0, n = 1; /* wire[label] holds its length */

	if (len == 1 && *text == '.') {
		wire[0] = 0;
		return 1;
	}
	while (i < len) {
		int octet;

		if (text[i] == '.') {
			if (n - label == 1 || n == NAME_WIRE_MAX)
				return -1;
			wire[label] = (uint8_t)(n - label - 1);
			label = n++;
			i++;
			continue;
		}
		if ((octet = take_octet(text, len, &i)) == -1 ||
		    n - label > NAME_LABEL_MAX || n == NAME_WIRE_MAX)
			return -1;
		wire[n++] = (uint8_t)octet;
	}
	if (n - label != 1 || n == 1)
		return -1; /* no final dot, or no text at all */
	wire[label] = 0;
	return (int)n;
}

/* One of the letters, digits and marks that stand for themselves? */
static bool
is_plain(uint8_t c)
{
	/* A bit an octet: * - / 0-9, A-Z _, a-z. */
	static const uint64_t plain[4] = { UINT64_C(0x03ffa40000000000),
		UINT64_C(0x07fffffe87fffffe), 0, 0 };

	return (plain[c >> 6] >> (c & 63) & 1) != 0;
}

size_t
name_to_text(const uint8_t *wire, bool lower, char buf[NAME_TEXT_MAX])
{
	char *p = buf;

	if (*wire == 0)
		*p++ = '.';
	while (*wire != 0) {
		for (unsigned left = *wire++; left > 0; left--) {
			uint8_t c = *wire++;

			if (lower && c >= 'A' && c <= 'Z')
				c |= 0x20;
			if (is_plain(c)) {
				*p++ = (char)c;
				continue;
			}
			*p++ = '\\';
			if (c > 0x20 && c < 0x7f && c != '#') {
				*p++ = (char)c;
			} else {
				*p++ = (char)('0' + c / 100);
				*p++ = (char)('0' + c / 10 % 10);
				*p++ = (char)('0' + c % 10);
			}
		}
		*p++ = '.';
	}
	*p = '\0';
	return (size_t)(p - buf);
}

int
name_canonical(const char *text, size_t len, char buf[NAME_TEXT_MAX])
{
	uint8_t wire[NAME_WIRE_MAX];

	if (name_from_text(text, len, wire) == -1)
		return -1;
	return (int)name_to_text(wire, true, buf);
}

void
name_lower(uint8_t *wire)
{
	while (*wire != 0)
		for (unsigned left = *wire++; left > 0; left--, wire++)
			if (*wire >= 'A' && *wire <= 'Z')
				*wire |= 0x20;
}

int
name_wire_length(const uint8_t *wire, size_t max)
{
	size_t n = 0;

	if (max > NAME_WIRE_MAX)
		max = NAME_WIRE_MAX;
	while (n < max) {
		if (wire[n] == 0)
			return (int)n + 1;
		if (wire[n] > NAME_LABEL_MAX)
			return -1;
		n += 1U + wire[n];
	}
	return -1;
}

unsigned
name_labels(const char *text, size_t len)
{
	unsigned labels = 0;

	if (len == 1)
		return 0;
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\\')
			i++; /* \. and the first digit of \DDD */
		else if (text[i] == '.')
			labels++;
	}
	return labels;
}

bool
name_below(const char *name, size_t name_len, const char *zone, size_t zone_len)
{
	size_t backslashes = 0, cut;

	if (zone_len == 1)
		return name_len > 1;
	if (name_len < zone_len + 2)
		return false;
	cut = name_len - zone_len;
	if (name[cut - 1] != '.' || memcmp(name + cut, zone, zone_len) != 0)
		return false;
	/* "a\.zone." is one label: an odd number of backslashes escapes. */
	while (backslashes < cut - 1 && name[cut - 2 - backslashes] == '\\')
		backslashes++;
	return backslashes % 2 == 0;
}

const char *
name_parent(const char *text, size_t len, size_t *parent_len)
{
	if (len == 1)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\\') {
			i++;
		} else if (text[i] == '.') {
			/* Below the root the only dot is the final one. */
			*parent_len = i + 1 < len ? len - i - 1 : 1;
			return i + 1 < len ? text + i + 1 : text + i;
		}
	}
	return NULL;
}

bool
name_is_wildcard(const char *text, size_t len)
{
	return len >= 2 && text[0] == '*' && text[1] == '.';
}
