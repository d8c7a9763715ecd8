#include <stdlib.h>
#include <string.h>

#include "percent.h"
#include "zonetext_line.h"

static bool
is_plain(unsigned char c)
{
	return c > 0x20 && c < 0x7f && c != '%' && c != ';';
}

static bool
is_plain_or_space(unsigned char c)
{
	return c == ' ' || is_plain(c);
}

void
zonetext_encode(struct stream_out *out, const char *text, bool keep_spaces)
{
	percent_encode(out, text, keep_spaces ? is_plain_or_space : is_plain);
}

int
zonetext_decode(const char *from, size_t len, bool spaces, char *to)
{
	return percent_decode(
	    from, len, spaces ? is_plain_or_space : is_plain, to);
}

/* DESIGN §1: header keys are [a-z-]+; counts are PROGRAM.NAME, with digits. */
static bool
is_key(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!((s[i] >= 'a' && s[i] <= 'z') || s[i] == '-' ||
			s[i] == '.' || (s[i] >= '0' && s[i] <= '9')))
			return false;
	return len > 0;
}

int
zonetext_parse_keys(const char *s, size_t len, struct zonetext_keys *keys,
    struct diag *d)
{
	const char *end = s + len;
	char *key = NULL, *value;
	int rc = -1;

	zonetext_keys_free(keys);
	if ((key = malloc(2 * len + 2)) == NULL)
		return diag_system(d, "header");
	while (s < end) {
		const char *word, *equals;

		if (*s++ != ' ') {
			diag_set(d, STATUS_BAD, "malformed list of keys");
			goto out;
		}
		word = s;
		if ((s = memchr(word, ' ', (size_t)(end - word))) == NULL)
			s = end;
		equals = memchr(word, '=', (size_t)(s - word));
		if (equals == NULL || !is_key(word, (size_t)(equals - word))) {
			diag_set(d, STATUS_BAD, "'%.*s': not key=value",
			    (int)(s - word > 80 ? 80 : s - word), word);
			goto out;
		}
		memcpy(key, word, (size_t)(equals - word));
		key[equals - word] = '\0';
		value = key + (equals - word) + 1;
		if (zonetext_decode(equals + 1, (size_t)(s - equals - 1), false,
			value) == -1 ||
		    zonetext_get(keys, key) != NULL) {
			diag_set(d, STATUS_BAD, "%s: malformed or repeated",
			    key);
			goto out;
		}
		if (zonetext_set(keys, key, value) == -1) {
			diag_system(d, "header");
			goto out;
		}
	}
	rc = 0;
out:
	free(key);
	return rc;
}
