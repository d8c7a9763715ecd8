#include <libknot/libknot.h>

#include "name.h"
#include "namekey.h"
#include "tap.h"

/* RFC 4034 §6.1's list, which is in canonical order. */
static const char *const rfc4034[] = { "example.", "a.example.",
	"yljkjljk.a.example.", "Z.a.example.", "zABC.a.EXAMPLE.",
	"z.example.", "\\001.z.example.", "*.z.example.", "\\200.z.example.",
	/* A missing octet sorts before a zero octet. */
	"zz.", "a.zz.", "zz\\000.", "a.zz\\000.", "zz\\000\\000.", "zz\\001.",
	"zz\\001\\000.", "zz\\002." };

static void
test_order(void)
{
	uint8_t a[NAMEKEY_MAX], b[NAMEKEY_MAX];
	const size_t n = sizeof(rfc4034) / sizeof(*rfc4034);

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++) {
			const int la = namekey_from_text(rfc4034[i],
			    strlen(rfc4034[i]), a);
			const int lb = namekey_from_text(rfc4034[j],
			    strlen(rfc4034[j]), b);
			const int c = namekey_compare(a, (size_t)la, b,
			    (size_t)lb);

			ok(i < j ? c < 0 : i > j ? c > 0 : c == 0,
			    "RFC 4034 §6.1: %s, %s", rfc4034[i], rfc4034[j]);
		}
}

static void
random_name(uint8_t *wire, unsigned *seed)
{
	/*
	 * Low octets are where an encoding of ends can go wrong.  Zero has a
	 * test of its own: libknot 3.2 takes it for the end of a label.
	 */
	static const uint8_t octets[] = { 1, 2, 3, '-', '.', 'A', 'a', 255 };
	size_t n = 0;

	for (int labels = rand_r(seed) % 4; labels > 0; labels--) {
		const int len = 1 + rand_r(seed) % 3;

		wire[n++] = (uint8_t)len;
		for (int i = 0; i < len; i++)
			wire[n++] = octets[rand_r(seed) % 8];
	}
	wire[n] = 0;
	name_lower(wire);
}

static void
test_order_against_knot(void)
{
	uint8_t wa[NAME_WIRE_MAX], wb[NAME_WIRE_MAX], back[NAME_WIRE_MAX];
	uint8_t a[NAMEKEY_MAX], b[NAMEKEY_MAX];
	unsigned seed = 1, wrong = 0, wrong_back = 0;

	for (int round = 0; round < 20000; round++) {
		size_t la, lb;
		int ours, knots;

		random_name(wa, &seed);
		random_name(wb, &seed);
		la = namekey_from_wire(wa, a);
		lb = namekey_from_wire(wb, b);
		ours = namekey_compare(a, la, b, lb);
		knots = knot_dname_cmp(wa, wb);
		wrong += (ours < 0) != (knots < 0) || (ours > 0) != (knots > 0);
		wrong_back += namekey_to_wire(a, la, back) == -1 ||
		    !knot_dname_is_equal(back, wa);
	}
	ok(wrong == 0, "20000 random pairs order as knot_dname_cmp");
	ok(wrong_back == 0, "and their keys turn back into the names");
}

static void
test_text(void)
{
	char ours[NAME_TEXT_MAX], *knots;
	uint8_t wire[NAME_WIRE_MAX], back[NAME_WIRE_MAX];
	int wrong = 0;

	for (int c = 0; c < 256; c++) {
		memcpy(wire, (uint8_t[]){ 2, 'x', (uint8_t)c, 0 }, 4);
		name_to_text(wire, false, ours);
		knots = knot_dname_to_str_alloc(wire);
		wrong += strcmp(ours, knots) != 0;
		wrong += name_from_text(ours, strlen(ours), back) != 4 ||
		    memcmp(back, wire, 4) != 0;
		free(knots);
	}
	ok(wrong == 0, "every octet is spelt as libknot does and read back");
}

static void
test_refusals(void)
{
	static const char *const bad[] = { "", "a", "..", ".a.", "a..b.",
		"a\\", "a\\25", "a\\256.", "a\\1x2.",
		"a23456789012345678901234567890123456789012345678901234567890"
		"1234." };
	uint8_t wire[NAME_WIRE_MAX], key[NAMEKEY_MAX];
	char longest[600] = "";

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		ok(name_from_text(bad[i], strlen(bad[i]), wire) == -1,
		    "refuses '%s'", bad[i]);
		ok(namekey_from_text(bad[i], strlen(bad[i]), key) == -1,
		    "so does the key");
	}
	for (int i = 0; i < 127; i++)
		strcat(longest, "a.");
	ok(name_from_text(longest, strlen(longest), wire) == 255, "255 octets");
	ok(namekey_from_text(longest, strlen(longest), key) == 254, "its key");
	strcat(longest, "a.");
	ok(name_from_text(longest, strlen(longest), wire) == -1, "not 257");
	ok(namekey_from_text(longest, strlen(longest), key) == -1, "nor a key");
}

static bool
below(const char *name, const char *zone)
{
	return name_below(name, strlen(name), zone, strlen(zone));
}

static void
test_relations(void)
{
	size_t len;

	ok(below("a.example.", "example."), "a child is below");
	ok(!below("example.", "example."), "a name is not below itself");
	ok(!below("aexample.", "example."), "nor is a longer label");
	ok(!below("a\\.example.", "example."), "nor an escaped dot");
	ok(below("a\\\\.example.", "example."), "an escaped backslash is");
	ok(below("a.", ".") && !below(".", "."), "all but the root below it");
	ok(name_labels(".", 1) == 0 && name_labels("a\\.b.c.", 7) == 2,
	    "labels");
	is(name_parent("a\\.b.c.", 7, &len), "c.", "parent");
	is(name_parent("c.", 2, &len), ".", "the root is c.'s parent");
	ok(name_parent(".", 1, &len) == NULL, "and has none");
	ok(name_is_wildcard("*.a.", 4) && !name_is_wildcard("*a.", 3),
	    "wildcard");
}

int
main(void)
{
	test_order();
	test_order_against_knot();
	test_text();
	test_refusals();
	test_relations();
	return done();
}
