#include "cut.h"
#include "rrtype.h"
#include "tap.h"

static struct cut c;

static int
feed(const char *owner, uint16_t type, struct diag *d)
{
	const struct zonetext_record rec = {
		.owner = owner, .owner_len = strlen(owner), .type = type
	};

	return cut_record(&c, &rec, d);
}

static void
test_places(void)
{
	static const struct {
		const char *owner;
		uint16_t type;
		int rc, occluded, delegation;
	} rows[] = {
		{ "z.", RRTYPE_SOA, 1, 0, 0 },
		{ "z.", RRTYPE_NS, 0, 0, 0 },
		{ "a.z.", RRTYPE_A, 1, 0, 0 },
		{ "a.z.", RRTYPE_NS, 0, 0, 1 },
		{ "a.z.", RRTYPE_DS, 0, 0, 1 },
		{ "*.a.z.", RRTYPE_A, 1, 1, 0 },
		{ "b.a.z.", RRTYPE_NS, 1, 1, 0 },
		{ "c.b.a.z.", RRTYPE_A, 1, 1, 0 },
		{ "c.a.z.", RRTYPE_A, 1, 1, 0 },
		{ "aa.z.", RRTYPE_A, 1, 0, 0 },
		{ "x.aa.z.", RRTYPE_A, 1, 0, 0 },
		{ "d.z.", RRTYPE_DNAME, 1, 0, 0 },
		{ "x.d.z.", RRTYPE_A, 1, 1, 0 },
		{ "e.z.", RRTYPE_A, 1, 0, 0 },
		{ "a\\.z.z.", RRTYPE_A, -1, 0, 0 },
	};
	int bad = 0;

	(void)cut_begin(&c, "z.", NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const int rc = feed(rows[i].owner, rows[i].type, NULL);

		if (rc != rows[i].rc)
			bad++;
		else if (rc != -1 &&
		    (c.occluded != (rows[i].occluded != 0) ||
			c.delegation != (rows[i].delegation != 0)))
			bad++;
		if (bad != 0) {
			printf("# row %zu\n", i);
			break;
		}
	}
	ok(bad == 0, "delegation, DNAME, what is below and beside");
	(void)cut_begin(&c, ".", NULL);
	ok(feed(".", RRTYPE_SOA, NULL) == 1 && c.apex &&
		feed(".", RRTYPE_NS, NULL) == 0 && !c.delegation &&
		feed("a.", RRTYPE_NS, NULL) == 1 && c.delegation &&
		feed("x.a.", RRTYPE_A, NULL) == 1 && c.occluded &&
		feed("b.", RRTYPE_A, NULL) == 1 && !c.occluded,
	    "the root zone");
	(void)cut_begin(&c, "z.", NULL);
	ok(feed("z.", RRTYPE_SOA, NULL) == 1 &&
		feed("z.", RRTYPE_DNAME, NULL) == 0 &&
		feed("a.z.", RRTYPE_A, NULL) == 1 && c.occluded,
	    "a DNAME at the apex");
}

static void
test_refusals(void)
{
	static const struct {
		const char *first, *second, *why;
	} rows[] = {
		{ "a.z.", NULL, "a.z.: before the apex" },
		{ "z.", "zz.", "zz.: not in the zone" },
		{ "z.", ".", ".: not in the zone" },
		{ "z.", "a..z.", "a..z.: not a name" },
		{ "b.z.", "a.z.", "a.z.: not in canonical order behind b.z." },
		{ "x.a.z.", "a.z.",
		    "a.z.: not in canonical order behind x.a.z." },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct diag d;

		d.text[0] = '\0';
		(void)cut_begin(&c, "z.", NULL);
		if (rows[i].second != NULL)
			(void)feed("z.", RRTYPE_SOA, NULL);
		if (feed(rows[i].first, RRTYPE_A, &d) != -1)
			(void)feed(rows[i].second, RRTYPE_A, &d);
		ok(strncmp(d.text, rows[i].why, strlen(rows[i].why)) == 0, "%s",
		    d.text);
	}
	ok(cut_begin(&c, "z..", NULL) == -1, "a zone without a name");
}

int
main(void)
{
	test_places();
	test_refusals();
	return done();
}
