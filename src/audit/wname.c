#include <string.h>

#include "wname.h"

#define LABEL_MAX 63

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

/* RFC 1035 §5.1: \DDD is an octet, \X is X.  Octets consumed, or 0. */
static size_t
unescape(const char *s, size_t len, uint8_t *out)
{
	unsigned value = 0;

	if (len < 2)
		return 0;
	if (s[1] < '0' || s[1] > '9') {
		*out = (uint8_t)s[1];
		return 2;
	}
	if (len < 4)
		return 0;
	for (size_t i = 1; i < 4; i++) {
		if (s[i] < '0' || s[i] > '9')
			return 0;
		value = value * 10 + (unsigned)(s[i] - '0');
	}
	if (value > 255)
		return 0;
	*out = (uint8_t)value;
	return 4;
}

static size_t
append_origin(uint8_t *wire, size_t n, const uint8_t *origin)
{
	size_t size;

	if (origin == NULL)
		return 0;
	size = wname_size(origin);
	if (n + size > WNAME_MAX)
		return 0;
	memcpy(wire + n, origin, size);
	return n + size;
}

size_t
wname_parse(const char *text, size_t len, const uint8_t *origin,
    uint8_t wire[WNAME_MAX])
{
	size_t n = 1, label = 0, i = 0, step;
	uint8_t c;

	if (len == 0)
		return 0;
	if (len == 1 && text[0] == '@')
		return append_origin(wire, 0, origin);
	if (len == 1 && text[0] == '.') {
		wire[0] = 0;
		return 1;
	}
	while (i < len) {
		if (text[i] == '.') {
			if (n - label == 1)
				return 0; /* an empty label */
			wire[label] = (uint8_t)(n - label - 1);
			label = n++;
			i++;
			if (n > WNAME_MAX)
				return 0;
			if (i == len) {
				wire[label] = 0;
				return n;
			}
			continue;
		}
		c = (uint8_t)text[i];
		step = 1;
		if (c == '\\' && (step = unescape(text + i, len - i, &c)) == 0)
			return 0;
		if (n - label > LABEL_MAX || n >= WNAME_MAX)
			return 0;
		wire[n++] = c;
		i += step;
	}
	wire[label] = (uint8_t)(n - label - 1);
	return append_origin(wire, n, origin);
}

size_t
wname_length(const uint8_t *wire, size_t size)
{
	size_t n = 0;

	while (n < size && n < WNAME_MAX) {
		if (wire[n] == 0)
			return n + 1;
		if (wire[n] > LABEL_MAX)
			return 0;
		n += 1 + (size_t)wire[n];
	}
	return 0;
}

size_t
wname_size(const uint8_t *wire)
{
	size_t n = 0;

	while (wire[n] != 0)
		n += 1 + (size_t)wire[n];
	return n + 1;
}

unsigned
wname_labels(const uint8_t *wire)
{
	unsigned labels = 0;

	for (; *wire != 0; wire += 1 + *wire)
		labels++;
	return labels;
}

/* Length octets are below 64, so lowering them changes nothing. */
void
wname_lower(uint8_t *wire)
{
	const size_t size = wname_size(wire);

	for (size_t i = 0; i < size; i++)
		wire[i] = lower(wire[i]);
}

bool
wname_equal(const uint8_t *a, const uint8_t *b)
{
	const size_t size = wname_size(a);

	if (size != wname_size(b))
		return false;
	for (size_t i = 0; i < size; i++)
		if (lower(a[i]) != lower(b[i]))
			return false;
	return true;
}

bool
wname_within(const uint8_t *name, const uint8_t *zone)
{
	const size_t zone_size = wname_size(zone);
	size_t left = wname_size(name);

	while (left > zone_size) {
		left -= 1 + (size_t)*name;
		name += 1 + (size_t)*name;
	}
	return left == zone_size && wname_equal(name, zone);
}

size_t
wname_key(const uint8_t *wire, uint8_t key[WNAME_KEY_MAX])
{
	const uint8_t *label[WNAME_MAX / 2 + 1];
	size_t count = 0, n = 0;

	for (; *wire != 0; wire += 1 + *wire)
		label[count++] = wire;
	while (count-- > 0) {
		/* cppcheck-suppress uninitvar */
		const uint8_t *l = label[count];

		for (size_t i = 1; i <= *l; i++) {
			const uint8_t c = lower(l[i]);

			if (c <= 1) {
				key[n++] = 1;
				key[n++] = (uint8_t)(c + 1);
			} else {
				key[n++] = c;
			}
		}
		key[n++] = 0;
	}
	return n;
}

void
wname_from_key(const uint8_t *key, size_t len, uint8_t wire[WNAME_MAX])
{
	uint8_t labels[WNAME_MAX];
	size_t n = 0, at = WNAME_MAX - 1;

	/* Fill from the back: the key's first label is the name's last. */
	labels[at] = 0;
	while (n < len) {
		size_t end = n, count = 0;

		while (key[end] != 0) {
			count++;
			end += key[end] == 1 ? 2 : 1;
		}
		at -= count + 1;
		labels[at] = (uint8_t)count;
		for (size_t i = 1; n < end; i++) {
			if (key[n] == 1) {
				labels[at + i] = (uint8_t)(key[n + 1] - 1);
				n += 2;
			} else {
				labels[at + i] = key[n++];
			}
		}
		n = end + 1;
	}
	memcpy(wire, labels + at, WNAME_MAX - at);
}

size_t
wname_print(const uint8_t *wire, char text[WNAME_TEXT_MAX])
{
	size_t n = 0;

	if (*wire == 0)
		text[n++] = '.';
	for (; *wire != 0; wire += 1 + *wire) {
		for (size_t i = 1; i <= *wire; i++) {
			const uint8_t c = wire[i];

			if (c <= 0x20 || c >= 0x7f) {
				text[n++] = '\\';
				text[n++] = (char)('0' + c / 100);
				text[n++] = (char)('0' + c / 10 % 10);
				text[n++] = (char)('0' + c % 10);
				continue;
			}
			if (strchr(".;\\\"()@$", c) != NULL)
				text[n++] = '\\';
			text[n++] = (char)c;
		}
		text[n++] = '.';
	}
	text[n] = '\0';
	return n;
}
