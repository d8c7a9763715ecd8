#include "hex.h"
#include "percent.h"

void
percent_encode(
    struct stream_out *out, const char *text, bool (*plain)(unsigned char))
{
	static const char hex[] = "0123456789ABCDEF";

	for (; *text != '\0'; text++) {
		const unsigned char c = (unsigned char)*text;

		if (plain(c))
			stream_write(out, text, 1);
		else
			stream_write(out,
			    (char[]){ '%', hex[c >> 4], hex[c & 15] }, 3);
	}
}

/* One text for an octet: no lower case. */
static int
upper_digit(char c)
{
	return c >= 'a' ? -1 : hex_digit(c);
}

int
percent_decode(
    const char *from, size_t len, bool (*plain)(unsigned char), char *to)
{
	for (size_t i = 0; i < len; i++) {
		int high, low;

		if (from[i] != '%') {
			if (plain != NULL && !plain((unsigned char)from[i]))
				return -1;
			*to++ = from[i];
			continue;
		}
		if (len - i < 3 || (high = upper_digit(from[i + 1])) == -1 ||
		    (low = upper_digit(from[i + 2])) == -1 || high + low == 0)
			return -1;
		*to++ = (char)(high << 4 | low);
		i += 2;
	}
	*to = '\0';
	return 0;
}
