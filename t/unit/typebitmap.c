#include "tap.h"
#include "typebitmap.h"

static struct typebitmap set;
static uint8_t wire[TYPEBITMAP_WIRE_MAX];
static char text[TYPEBITMAP_TEXT_MAX + 1];

static void
as_text(const char *want, const char *what)
{
	const size_t len = typebitmap_to_wire(&set, wire);
	const int n = typebitmap_to_text(wire, len, text, sizeof(text) - 1);

	text[n < 0 ? 0 : n] = '\0';
	is(text, want, what);
}

static void
test_rfc4034(void)
{
	/* RFC 4034 §4.3: A MX RRSIG NSEC TYPE1234 */
	static const uint8_t want[] = { 0x00, 0x06, 0x40, 0x01, 0x00, 0x00,
		0x00, 0x03, 0x04, 0x1b, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x20 };
	const uint16_t types[] = { 1234, 47, 1, 46, 15, 1 };

	for (size_t i = 0; i < 6; i++)
		typebitmap_add(&set, types[i]);
	ok(typebitmap_to_wire(&set, wire) == sizeof(want) &&
		memcmp(wire, want, sizeof(want)) == 0,
	    "the example of RFC 4034 §4.3");
	as_text("A MX RRSIG NSEC TYPE1234", "as text");
	ok(typebitmap_has(&set, 1234) && !typebitmap_has(&set, 1235), "has");
	typebitmap_clear(&set);
	ok(typebitmap_empty(&set) && typebitmap_to_wire(&set, wire) == 0 &&
		!typebitmap_has(&set, 1234),
	    "cleared");
	as_text("", "empty");
	typebitmap_add(&set, 257);
	as_text("CAA", "one in the second window only");
	typebitmap_clear(&set);
}

static void
test_all(void)
{
	for (unsigned t = 0; t < 65536; t++)
		typebitmap_add(&set, (uint16_t)t);
	ok(typebitmap_to_wire(&set, wire) == TYPEBITMAP_WIRE_MAX, "all types");
	ok(typebitmap_to_text(
	       wire, TYPEBITMAP_WIRE_MAX, text, TYPEBITMAP_TEXT_MAX) > 600000,
	    "as text");
	ok(typebitmap_to_text(wire, TYPEBITMAP_WIRE_MAX, text, 100) == -1,
	    "but not in 100 octets");
	typebitmap_clear(&set);
}

static void
test_malformed(void)
{
	static const struct {
		size_t len;
		uint8_t wire[8];
		const char *what;
	} rows[] = {
		{ 1, { 0 }, "a window alone" },
		{ 2, { 0, 1 }, "no octets" },
		{ 3, { 0, 0, 1 }, "a length of 0" },
		{ 3, { 0, 33, 1 }, "a length of 33" },
		{ 3, { 0, 2, 1 }, "octets missing" },
		{ 6, { 1, 1, 1, 1, 1, 1 }, "a window twice" },
		{ 6, { 1, 1, 1, 0, 1, 1 }, "windows out of order" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ok(typebitmap_to_text(
		       rows[i].wire, rows[i].len, text, sizeof(text)) == -1,
		    "%s", rows[i].what);
}

int
main(void)
{
	test_rfc4034();
	test_all();
	test_malformed();
	return done();
}
