#include <string.h>

#include "number.h"

int
number_u64(const char *s, size_t len, uint64_t max, uint64_t *out)
{
	uint64_t n = 0;

	if (len == 0)
		return -1;
	for (size_t i = 0; i < len; i++) {
		const unsigned digit = (unsigned)(unsigned char)s[i] - '0';

		if (digit > 9 || digit > max || n > (max - digit) / 10)
			return -1;
		n = n * 10 + digit;
	}
	*out = n;
	return 0;
}

int
number_u32(const char *s, size_t len, uint32_t max, uint32_t *out)
{
	uint64_t n;

	if (number_u64(s, len, max, &n) == -1)
		return -1;
	*out = (uint32_t)n;
	return 0;
}

int
number_u16(const char *s, size_t len, uint16_t max, uint16_t *out)
{
	uint64_t n;

	if (number_u64(s, len, max, &n) == -1)
		return -1;
	*out = (uint16_t)n;
	return 0;
}

int
number_size(const char *s, size_t *out)
{
	size_t len = strlen(s);
	uint64_t n;
	unsigned shift = 0;

	if (len > 0) {
		switch (s[len - 1]) {
		case 'K':
		case 'k':
			shift = 10;
			break;
		case 'M':
		case 'm':
			shift = 20;
			break;
		case 'G':
		case 'g':
			shift = 30;
			break;
		}
	}
	if (shift != 0)
		len--;
	if (number_u64(s, len, SIZE_MAX >> shift, &n) == -1)
		return -1;
	*out = (size_t)n << shift;
	return 0;
}
