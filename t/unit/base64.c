#include "base64.h"
#include "hex.h"
#include "tap.h"

static int
decode(const char *s)
{
	uint8_t out[64];
	size_t n;

	return base64_decode(s, strlen(s), out, sizeof(out), &n) == -1
	    ? -1 : (int)n;
}

int
main(void)
{
	/* RFC 4648 §10 */
	static const char *const text[] = { "", "Zg==", "Zm8=", "Zm9v",
		"Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy" };
	static const char *const bad[] = { "Z", "Zg=", "Zg", "Zh==", "Zm9=",
		"Zg==Zg==", "=g==", "Z===", "====", "Zm 9", "Zm9\n", "Z*==" };
	char buf[BASE64_TEXT_SIZE(64)];
	uint8_t out[256], back[256];
	size_t n;

	for (size_t i = 0; i < 7; i++) {
		base64_encode((const uint8_t *)"foobar", i, buf);
		is(buf, text[i], "encodes");
		ok(base64_decode(text[i], strlen(text[i]), out, 64, &n) == 0 &&
			n == i && memcmp(out, "foobar", i) == 0,
		    "decodes");
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(decode(bad[i]) == -1, "refused: %s", bad[i]);
	ok(base64_decode("Zm9v", 4, out, 2, &n) == -1, "too long for max");
	for (int i = 0; i < 256; i++)
		out[i] = (uint8_t)i;
	{
		char all[BASE64_TEXT_SIZE(256)], hex[513];

		ok(base64_encode(out, 256, all) == 344 &&
			base64_decode(all, 344, back, 256, &n) == 0 &&
			n == 256 && memcmp(out, back, 256) == 0,
		    "every octet, there and back");
		hex_encode(out, 256, hex);
		ok(hex_decode(hex, 512, back, 256, &n) == 0 && n == 256 &&
			memcmp(out, back, 256) == 0,
		    "in hex too");
		ok(strncmp(hex + 0x1f * 2, "1f", 2) == 0, "lower case");
	}
	ok(hex_decode("aB", 2, back, 1, &n) == 0 && back[0] == 0xab,
	    "hex in any case");
	ok(hex_decode("abc", 3, back, 9, &n) == -1 &&
		hex_decode("ag", 2, back, 9, &n) == -1 &&
		hex_decode("abcd", 4, back, 1, &n) == -1,
	    "hex: odd, no digit, too long");
	return done();
}
