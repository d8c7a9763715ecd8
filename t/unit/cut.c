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

static int
next(const char *line, struct diag *d)
{
	struct zonetext_record rec;

	if (zonetext_split(line, strlen(line), &rec, d) == -1)
		abort();
	return cut_record(&c, &rec, d);
}

#define R(owner, rest) owner "\t60\tIN\t" rest

static void
test_order(void)
{
	struct diag d;

	(void)cut_begin(&c, "a.", NULL);
	ok(next(R("a.", "SOA\tx"), &d) == 1, "the first owner is new");
	ok(next(R("a.", "NS\tx."), &d) == 0, "the same one");
	ok(next(R("b.a.", "A\t192.0.2.1"), &d) == 1, "a child is new");
	ok(strcmp(c.owner, "b.a.") == 0 && c.key_len == 4, "owner and key");
	ok(next(R("z.b.a.", "A\t192.0.2.1"), &d) == 1, "grandchild");
	ok(next(R("c.a.", "A\t192.0.2.1"), &d) == 1, "uncle behind it");
	ok(next(R("b.a.", "A\t192.0.2.1"), &d) == -1 &&
		d.status == STATUS_BAD,
	    "back to b.a.");
	ok(strncmp(d.text, "b.a.: ", 6) == 0 &&
		strstr(d.text, "behind c.a.: ") != NULL &&
		strstr(d.text, "sort-zone") != NULL,
	    "says so: %s", d.text);
	ok(next(R("z.a.", "NS\tx."), &d) == 1 && c.delegation,
	    "a delegation comes last");
	ok(next(R("0a.a.", "NSEC3\tx"), &d) == 1 && c.denial,
	    "the chain begins anew in order");
	ok(next(R("0a.a.", "RRSIG\tNSEC3 13"), &d) == 0,
	    "its RRSIG belongs to it");
	ok(next(R("0b.a.", "RRSIG\tA 13"), &d) == -1,
	    "another RRSIG does not");
	ok(next(R("0b.a.", "NSEC3\tx"), &d) == 1, "the next hash");
	ok(next(R("0a.a.", "NSEC3\tx"), &d) == -1, "a hash before");
	ok(next(R("zz.a.", "A\t192.0.2.1"), &d) == -1 &&
		strstr(d.text, "NSEC3 chain") != NULL,
	    "data behind the chain");
	(void)cut_begin(&c, "a.", NULL);
	ok(next(R("A.", "A\t192.0.2.1"), &d) == 1 &&
		next(R("a.", "A\t192.0.2.1"), &d) == -1,
	    "one name written in two ways");
	(void)cut_begin(&c, "a.", NULL);
	ok(next(R("a.", "SOA\tx"), &d) == 1 &&
		next(R("0a.a.", "NS\tx."), &d) == 1 &&
		next(R("0a.a.", "NSEC3\tx"), &d) == 1 && c.denial &&
		!c.delegation && !c.occluded,
	    "a hash that is the name before it");
}

int
main(void)
{
	test_places();
	test_order();
	test_refusals();
	return done();
}
