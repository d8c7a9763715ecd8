/* lib/reckey: keys in the order of the stream, and back to records. */
#include "reckey.h"
#include "rrtype.h"
#include "tap.h"

struct row {
	const char *owner;
	uint16_t type;
	const char *rdata; /* its octets, a NUL ends them but for size */
	size_t len;
};

/* zonetext(5): parents first, SOA first, NSEC last, RRSIGs behind their RRset. */
static const struct row in_order[] = {
	{ ".", RRTYPE_NS, "\1a", 3 },
	{ "example.", RRTYPE_SOA, "z", 1 },
	{ "example.", RRTYPE_RRSIG, "\0\6z", 3 },
	{ "example.", RRTYPE_A, "\1\2\3\4", 4 },
	{ "example.", RRTYPE_A, "\1\2\3\5", 4 },
	{ "example.", RRTYPE_RRSIG, "\0\1a", 3 },
	{ "example.", RRTYPE_NS, "\1a", 3 },
	{ "example.", RRTYPE_NS, "\1a\1", 3 },
	{ "example.", 65280, "", 0 },
	{ "example.", RRTYPE_NSEC, "a", 1 },
	{ "example.", RRTYPE_RRSIG, "\0\57b", 3 },
	{ "a.example.", RRTYPE_A, "\1\1\1\1", 4 },
	{ "a.a.example.", RRTYPE_A, "\1\1\1\1", 4 },
	{ "*.z.example.", RRTYPE_A, "\1\1\1\1", 4 },
	{ "\\200.example.", RRTYPE_A, "\1\1\1\1", 4 },
	{ "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example.", RRTYPE_NSEC3, "x", 1 },
	{ "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example.", RRTYPE_RRSIG, "\0\62x",
	    3 },
	{ "1p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example.", RRTYPE_NSEC3, "x", 1 },
};
#define ROWS (sizeof(in_order) / sizeof(*in_order))

static size_t
make(const struct row *r, uint8_t *key)
{
	uint8_t wire[NAME_WIRE_MAX];

	if (name_from_text(r->owner, strlen(r->owner), wire) == -1)
		exit(1);
	return reckey_make(
	    wire, r->type, (const uint8_t *)r->rdata, r->len, key);
}

static void
test_order(const struct row *a, const struct row *b)
{
	static uint8_t x[RECKEY_MAX], y[RECKEY_MAX];
	const size_t x_len = make(a, x), y_len = make(b, y);
	const int c = memcmp(x, y, x_len < y_len ? x_len : y_len);

	ok(c < 0 || (c == 0 && x_len < y_len), "%s %u before %s %u", a->owner,
	    a->type, b->owner, b->type);
}

static void
test_back(const struct row *r)
{
	static uint8_t key[RECKEY_MAX];
	const size_t len = make(r, key);
	uint8_t wire[NAME_WIRE_MAX];
	char owner[NAME_TEXT_MAX];
	struct reckey parts;

	ok(reckey_split(key, len, &parts) == 0 && parts.type == r->type &&
		parts.rdata_len == r->len &&
		memcmp(parts.rdata, r->rdata, r->len) == 0,
	    "%s %u: the record again", r->owner, r->type);
	if (namekey_to_wire(parts.owner_key, parts.owner_len, wire) == -1)
		strcpy(owner, "?");
	else
		(void)name_to_text(wire, true, owner);
	is(owner, r->owner, "and its owner");
	ok(reckey_owner_part(key, len) == 1 + parts.owner_len,
	    "the part that an owner's records share");
}

static void
test_no_keys(void)
{
	static uint8_t key[RECKEY_MAX];
	struct reckey parts;
	size_t len = make(&in_order[3], key), head;

	ok(reckey_split(key, 0, &parts) == -1, "nothing is no key");
	head = len - in_order[3].len;
	for (size_t n = 0; n < head; n++)
		if (reckey_split(key, n, &parts) == 0)
			ok(0, "cut to %zu octets", n);
	ok(reckey_split(key, head, &parts) == 0 && parts.rdata_len == 0,
	    "without RDATA it is one");
	memset(key, 'x', len);
	ok(reckey_split(key, len, &parts) == -1, "nor octets without an end");
}

int
main(void)
{
	for (size_t i = 0; i < ROWS; i++)
		test_back(&in_order[i]);
	for (size_t i = 1; i < ROWS; i++)
		if (in_order[i - 1].len != in_order[i].len ||
		    in_order[i - 1].type != in_order[i].type ||
		    strcmp(in_order[i - 1].owner, in_order[i].owner) != 0 ||
		    memcmp(in_order[i - 1].rdata, in_order[i].rdata,
			in_order[i].len) != 0)
			test_order(&in_order[i - 1], &in_order[i]);
	test_no_keys();
	return done();
}
