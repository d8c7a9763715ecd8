#include "hex.h"

int
hex_decode(const char *s, size_t len, uint8_t *out, size_t max, size_t *size)
{
	if (len % 2 != 0 || len / 2 > max)
		return -1;
	for (size_t i = 0; i < len / 2; i++) {
		const int high = hex_digit(s[2 * i]);
		const int low = hex_digit(s[2 * i + 1]);

		if (high == -1 || low == -1)
			return -1;
		out[i] = (uint8_t)(high << 4 | low);
	}
	*size = len / 2;
	return 0;
}

void
hex_encode(const uint8_t *bytes, size_t size, char *out)
{
	static const char digit[16] = "0123456789abcdef";

	for (size_t i = 0; i < size; i++) {
		out[2 * i] = digit[bytes[i] >> 4];
		out[2 * i + 1] = digit[bytes[i] & 15];
	}
	out[2 * size] = '\0';
}
