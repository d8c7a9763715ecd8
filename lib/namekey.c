#include <string.h>

#include "name.h"
#include "namekey.h"

static uint8_t *
put_octet(uint8_t *key, uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		c |= 0x20;
	if (c <= 1) {
		*key++ = 1;
		*key++ = c + 1;
	} else {
		*key++ = c;
	}
	return key;
}

size_t
namekey_from_wire(const uint8_t *wire, uint8_t key[NAMEKEY_MAX])
{
	const uint8_t *labels[NAME_LABELS_MAX + 1];
	uint8_t *k = key;
	size_t n = 0;

	for (; *wire != 0; wire += 1 + *wire)
		labels[n++] = wire;
	while (n > 0) {
		const uint8_t *label = labels[--n];

		for (unsigned i = 1; i <= *label; i++)
			k = put_octet(k, label[i]);
		*k++ = 0;
	}
	return (size_t)(k - key);
}

/*
 * Without a backslash the labels can be copied as they stand; nearly every
 * name is such a one, and this runs once a record.
 */
static int
plain_key(const char *text, size_t len, uint8_t *key)
{
	const char *start = text + len - 1; /* the final dot */
	const char *end = start;
	uint8_t *k = key;

	if (len > NAME_WIRE_MAX - 1)
		return -1;
	for (;;) {
		while (start > text && start[-1] != '.')
			start--;
		if (end == start || end - start > NAME_LABEL_MAX)
			return -1;
		for (const char *c = start; c < end; c++)
			k = put_octet(k, (uint8_t)*c);
		*k++ = 0;
		if (start == text)
			return (int)(k - key);
		end = --start;
	}
}

int
namekey_from_text(const char *text, size_t len, uint8_t key[NAMEKEY_MAX])
{
	uint8_t wire[NAME_WIRE_MAX];

	if (len == 1 && *text == '.')
		return 0;
	if (len > 1 && text[len - 1] == '.' && memchr(text, '\\', len) == NULL)
		return plain_key(text, len, key);
	if (name_from_text(text, len, wire) == -1)
		return -1;
	return (int)namekey_from_wire(wire, key);
}

int
namekey_to_wire(const uint8_t *key, size_t len, uint8_t wire[255])
{
	uint8_t *w = &wire[NAME_WIRE_MAX - 1];
	size_t i = 0, n;

	*w = 0;
	while (i < len) {
		uint8_t label[NAME_LABEL_MAX];

		for (n = 0; i < len && key[i] != 0; i++) {
			uint8_t c = key[i];

			if (c == 1) {
				if (++i == len || key[i] < 1 || key[i] > 2)
					return -1;
				c = key[i] - 1;
			}
			if (n == NAME_LABEL_MAX)
				return -1;
			label[n++] = c;
		}
		if (i++ == len || n == 0 || (size_t)(w - wire) < n + 1)
			return -1;
		w -= n;
		memcpy(w, label, n);
		*--w = (uint8_t)n;
	}
	n = (size_t)(wire + NAME_WIRE_MAX - w);
	memmove(wire, w, n);
	return (int)n;
}

int
namekey_compare(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	const int c = memcmp(a, b, a_len < b_len ? a_len : b_len);

	if (c != 0)
		return c;
	return a_len < b_len ? -1 : a_len > b_len;
}

size_t
namekey_parent(const uint8_t *key, size_t len)
{
	len--; /* the 00 that ends the first label */
	while (len > 0 && key[len - 1] != 0)
		len--;
	return len;
}
