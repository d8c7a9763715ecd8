#include <string.h>

#include "rrtype.h"
#include "typebitmap.h"

void
typebitmap_add(struct typebitmap *set, uint16_t type)
{
	const unsigned window = type >> 8, octet = (type & 0xff) >> 3;

	set->bits[window][octet] |= (uint8_t)(0x80 >> (type & 7));
	if (set->used[window] <= octet)
		set->used[window] = (uint8_t)(octet + 1);
	if (set->windows <= window)
		set->windows = window + 1;
}

bool
typebitmap_has(const struct typebitmap *set, uint16_t type)
{
	return (set->bits[type >> 8][(type & 0xff) >> 3] &
		   (0x80 >> (type & 7))) != 0;
}

bool
typebitmap_empty(const struct typebitmap *set)
{
	return set->windows == 0;
}

void
typebitmap_clear(struct typebitmap *set)
{
	for (unsigned w = 0; w < set->windows; w++) {
		memset(set->bits[w], 0, set->used[w]);
		set->used[w] = 0;
	}
	set->windows = 0;
}

size_t
typebitmap_to_wire(
    const struct typebitmap *set, uint8_t wire[TYPEBITMAP_WIRE_MAX])
{
	size_t n = 0;

	for (unsigned w = 0; w < set->windows; w++) {
		if (set->used[w] == 0)
			continue; /* RFC 4034 §4.1.2: no empty blocks */
		wire[n++] = (uint8_t)w;
		wire[n++] = set->used[w];
		memcpy(wire + n, set->bits[w], set->used[w]);
		n += set->used[w];
	}
	return n;
}

/* The types of one octet of a window.  New length, or -1. */
static int
octet_to_text(unsigned first, uint8_t octet, char *buf, size_t size, size_t n)
{
	for (unsigned bit = 0; octet != 0; bit++, octet <<= 1) {
		char name[RRTYPE_TEXT_MAX];
		size_t len;

		if ((octet & 0x80) == 0)
			continue;
		len = rrtype_to_stream((uint16_t)(first + bit), name);
		if (size - n < len + 1)
			return -1;
		if (n > 0)
			buf[n++] = ' ';
		memcpy(buf + n, name, len);
		n += len;
		octet &= 0x7f;
	}
	return (int)n;
}

int
typebitmap_to_text(const uint8_t *wire, size_t len, char *buf, size_t size)
{
	size_t i = 0;
	int n = 0, window = -1;

	while (i < len) {
		unsigned octets;

		if (len - i < 3 || wire[i] <= window || wire[i + 1] < 1 ||
		    wire[i + 1] > 32 || len - i - 2 < wire[i + 1])
			return -1;
		window = wire[i];
		octets = wire[i + 1];
		i += 2;
		for (unsigned o = 0; o < octets; o++, i++)
			if ((n = octet_to_text((unsigned)window << 8 | o << 3,
				 wire[i], buf, size, (size_t)n)) == -1)
				return -1;
	}
	return n;
}
