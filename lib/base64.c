#include "base64.h"

static const char digits[65] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t
base64_encode(const uint8_t *bytes, size_t size, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < size; i += 3) {
		const size_t left = size - i;
		const uint32_t v = (uint32_t)bytes[i] << 16 |
		    (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
		    (left > 2 ? bytes[i + 2] : 0);

		out[n++] = digits[v >> 18];
		out[n++] = digits[v >> 12 & 63];
		out[n++] = left > 1 ? digits[v >> 6 & 63] : '=';
		out[n++] = left > 2 ? digits[v & 63] : '=';
	}
	out[n] = '\0';
	return n;
}

static int
value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

int
base64_decode(const char *s, size_t len, uint8_t *out, size_t max,
    size_t *size)
{
	size_t n = 0, pad = 0;
	uint32_t v = 0;

	if (len % 4 != 0)
		return -1;
	while (pad < 2 && pad < len && s[len - 1 - pad] == '=')
		pad++;
	for (size_t i = 0; i < len; i++) {
		const int c = i >= len - pad ? 0 : value(s[i]);

		if (c == -1)
			return -1;
		v = v << 6 | (uint32_t)c;
		if (i % 4 != 3)
			continue;
		for (size_t k = 0; k < (i + 1 == len ? 3 - pad : 3); k++) {
			if (n == max)
				return -1;
			out[n++] = (uint8_t)(v >> (16 - 8 * k));
		}
		/* RFC 4648 §3.5: the bits that carry nothing are zero. */
		if (i + 1 == len && (v & ((1U << 8 * pad) - 1)) != 0)
			return -1;
		v = 0;
	}
	*size = n;
	return 0;
}
