/* src/audit/wname.c: names, their limits, and their canonical order. */
#include "../../src/audit/wname.h"
#include "tap.h"

static const uint8_t root[1] = { 0 };

static size_t
parse(const char *text, uint8_t wire[WNAME_MAX])
{
	return wname_parse(text, strlen(text), root, wire);
}

/* RFC 4034 §6.1, with some names between that its rule decides. */
static void
test_order(void)
{
	static const char *const names[] = { "example.", "\\000.example.",
		"\\000\\000.example.", "\\000a.example.", "\\001.example.",
		"\\001\\001.example.", "\\002.example.", "*.example.",
		"-.example.", "a.example.", "yljkjljk.a.example.",
		"Z.a.example.", "zABC.a.EXAMPLE.", "aa.example.",
		"z.example.", "\\001.z.example.", "*.z.example.",
		"\\200.z.example.", "\\200.example.", "\\255.example." };
	const size_t count = sizeof(names) / sizeof(*names);
	uint8_t key[20][WNAME_KEY_MAX], wire[WNAME_MAX], back[WNAME_MAX];
	size_t len[20];

	for (size_t i = 0; i < count; i++) {
		ok(parse(names[i], wire) > 0, "%s", names[i]);
		len[i] = wname_key(wire, key[i]);
		wname_from_key(key[i], len[i], back);
		wname_lower(wire);
		ok(wname_size(wire) == wname_size(back) &&
		    memcmp(wire, back, wname_size(wire)) == 0,
		    "back from its key");
	}
	for (size_t i = 0; i + 1 < count; i++) {
		const size_t least = len[i] < len[i + 1] ? len[i] : len[i + 1];
		const int rc = memcmp(key[i], key[i + 1], least);

		ok(rc < 0 || (rc == 0 && len[i] < len[i + 1]),
		    "%s before %s", names[i], names[i + 1]);
	}
	ok(memcmp(key[9], key[10], len[9]) == 0,
	    "an ancestor's key is a prefix");
}

static void
test_text(void)
{
	static const struct {
		const char *text, *printed;
	} good[] = {
		{ ".", "." }, { "@", "." }, { "a", "a." }, { "A.b.", "A.b." },
		{ "\\097.", "a." }, { "\\.a.", "\\.a." },
		{ "\\046a.", "\\.a." }, { "a\\032b.", "a\\032b." },
		{ "\\255.", "\\255." }, { "\\\\.", "\\\\." },
		{ "\\;\\\".", "\\;\\\"." }, { "*.a.", "*.a." },
	};
	static const char *const bad[] = { "", "..", ".a.", "a..b.", "\\",
		"\\1.", "\\12.", "\\256.", "\\999.", "a.\\" };
	uint8_t wire[WNAME_MAX], again[WNAME_MAX];
	char text[WNAME_TEXT_MAX];

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		const size_t n = parse(good[i].text, wire);

		ok(n > 0 && n == wname_size(wire) &&
		    n == wname_length(wire, n), "%s", good[i].text);
		(void)wname_print(wire, text);
		ok(parse(text, again) == n && memcmp(wire, again, n) == 0,
		    "%s reads back", text);
		is(text, good[i].printed, "as printed");
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok(parse(bad[i], wire) == 0, "no name: '%s'", bad[i]);
	ok(wname_parse("a", 1, NULL, wire) == 0, "relative to nothing");
}

static void
test_limits(void)
{
	char text[400];
	uint8_t wire[WNAME_MAX + 1], key[WNAME_KEY_MAX];

	memset(text, 'a', sizeof(text));
	ok(wname_parse(text, 63, root, wire) == 65, "a label of 63 octets");
	ok(wname_parse(text, 64, root, wire) == 0, "and none of 64");
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 64 == 63 ? '.' : 'a';
	/* Three labels of 63, one of 61: 255 octets. */
	ok(wname_parse(text, 3 * 64 + 61, root, wire) == 255, "255 octets");
	ok(wname_labels(wire) == 4, "of four labels");
	ok(wname_length(wire, 255) == 255, "all within them");
	ok(wname_length(wire, 254) == 0, "and not within 254");
	ok(wname_parse(text, 3 * 64 + 62, root, wire) == 0, "no 256 octets");
	ok(wname_parse("a", 1, (const uint8_t *)"\1b", wire) == 5,
	    "completed by the origin");
	memset(wire, 1, sizeof(wire));
	for (size_t i = 0; i < 254; i++)
		wire[i] = i % 2 == 0; /* labels of one zero octet */
	wire[254] = 0;
	ok(wname_length(wire, 255) == 255, "127 labels of \\000");
	ok(wname_key(wire, key) <= WNAME_KEY_MAX, "its key fits");
	wire[0] = 64;
	ok(wname_length(wire, 255) == 0, "a label of 64 octets in wire format");
	wire[0] = 0xc0;
	ok(wname_length(wire, 255) == 0, "nor a pointer");
	ok(wname_length(wire, 0) == 0, "nor nothing");
}

static void
test_within(void)
{
	uint8_t zone[WNAME_MAX], name[WNAME_MAX], other[WNAME_MAX];

	(void)parse("Example.", zone);
	(void)parse("a.eXample.", name);
	(void)parse("aexample.", other);
	ok(wname_within(name, zone) && wname_within(zone, zone), "at or below");
	ok(!wname_within(zone, name), "not above");
	ok(!wname_within(other, zone), "nor beside");
	ok(wname_within(other, root), "all is below the root");
	(void)parse("a.EXAMPLE.", other);
	ok(wname_equal(name, other), "equal whatever the case");
	(void)parse("\\001a.example.", name);
	ok(!wname_equal(name, other), "and not by the octets of lengths");
}

int
main(void)
{
	test_order();
	test_text();
	test_limits();
	test_within();
	return done();
}
