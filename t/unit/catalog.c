/* lib/catalog: members and properties, and catalogs that are broken. */
#include <unistd.h>

#include "catalog.h"
#include "tap.h"

static char path[] = "/tmp/zonepipe-catalog.XXXXXX";

#define SOA "cat.example.\t0\tIN\tSOA\tinvalid. invalid. 1 3600 600 2147483646 0\n"
#define VERSION "version.cat.example.\t0\tIN\tTXT\t\"2\"\n"
#define MEMBER(label, zone) label ".zones.cat.example.\t0\tIN\tPTR\t" zone "\n"

/* A stream of those records; end is what stands behind them, or NULL. */
static void
store(const char *records, const char *end)
{
	FILE *f = fopen(path, "w");
	size_t lines = 0;

	if (f == NULL)
		exit(1);
	for (const char *s = records; *s != '\0'; s++)
		lines += *s == '\n';
	(void)fprintf(f, ";zonetext 1\n;zone cat.example.\n%s", records);
	if (end == NULL)
		(void)fprintf(f,
		    ";end cat.example. records=%zu max-ttl=0\n"
		    ";done zones=1 failed=0\n",
		    lines);
	else
		(void)fputs(end, f);
	if (fclose(f) != 0)
		exit(1);
}

static struct catalog *
take(const char *records, struct diag *d)
{
	struct catalog *c = NULL;

	store(records, NULL);
	d->text[0] = '\0';
	if (catalog_read_file(&c, "cat.example.", path, 4, d) == -1)
		return NULL;
	return c;
}

static void
test_members(void)
{
	struct diag d;
	const struct catalog_member *m;
	struct catalog *c = take(SOA VERSION MEMBER("b", "one.example.")
		"coo.b.zones.cat.example.\t0\tIN\tPTR\tother.example.\n"
		"group.b.zones.cat.example.\t0\tIN\tTXT\t\"big\" \" \\\"z\\122\"\n"
		"group.b.zones.cat.example.\t0\tIN\tTXT\t\"small\"\n"
		"group.b.zones.cat.example.\t0\tIN\tTXT\t\"a\\000b\"\n"
		"serial.b.zones.cat.example.\t0\tIN\tTXT\t\"x\"\n"
		"x.coo.b.zones.cat.example.\t0\tIN\tPTR\tno.\n"
		"coo.lonely.zones.cat.example.\t0\tIN\tPTR\tno.\n"
		"b.zones.cat.example.\t0\tIN\tTXT\t\"ignored\"\n"
		"zones.cat.example.\t0\tIN\tPTR\tno.\n"
		"e\\.f.zones.cat.example.\t0\tIN\tPTR\tAa.example.\n"
		"x\\.zones.cat.example.\t0\tIN\tPTR\tno.\n"
		"version.other.cat.example.\t0\tIN\tTXT\t\"1\"\n", &d);

	ok(c != NULL, "a catalog: %s", d.text);
	if (c == NULL)
		return;
	ok(c->count == 2, "two members, not %zu", c->count);
	is(c->member[0]->name, "aa.example.", "sorted, in canonical text");
	is(c->member[0]->label, "e\\.f", "a label with a dot in it");
	ok(catalog_find(c, "no.") == NULL, "no member from other places");
	m = catalog_find(c, "one.example.");
	ok(m != NULL, "found by name");
	if (m != NULL) {
		is(m->label, "b", "its label");
		is(m->coo, "other.example.", "coo");
		ok(m->group_count == 2, "two groups that can be named");
		is(m->group[0], "big \"zz", "strings joined, escapes undone");
	}
	catalog_free(c);
	c = take(SOA VERSION, &d);
	ok(c != NULL && c->count == 0 && catalog_find(c, "a.") == NULL,
	    "no members");
	catalog_free(c);
	c = take(SOA VERSION MEMBER("1", "a.") MEMBER("2", "b.")
		MEMBER("3", "c.") MEMBER("4", "d."), &d);
	ok(c != NULL && c->count == 4, "as many as allowed");
	catalog_free(c);
}

static void
test_broken(void)
{
	static const struct {
		const char *records, *want;
	} rows[] = {
		{ SOA MEMBER("b", "one.example."), "no version." },
		{ SOA "version.cat.example.\t0\tIN\tTXT\t\"1\"\n", "version '1'" },
		{ SOA "version.cat.example.\t0\tIN\tTXT\t\"2\" \"2\"\n",
		    "version '22'" },
		{ SOA "version.cat.example.\t0\tIN\tTXT\t\"\\0002\"\n",
		    "version '?'" },
		{ SOA VERSION "version.cat.example.\t0\tIN\tTXT\t\"3\"\n",
		    "more than one TXT" },
		{ SOA VERSION MEMBER("b", "one.example.")
			MEMBER("b", "two.example."),
		    "more than one PTR" },
		{ SOA VERSION MEMBER("b", "one.example.")
			MEMBER("c", "ONE.example."),
		    "one.example. is a member twice, as " },
		{ SOA VERSION "coo.b.zones.cat.example.\t0\tIN\tPTR\tx.\n"
			"coo.b.zones.cat.example.\t0\tIN\tPTR\ty.\n",
		    "more than one PTR" },
		{ SOA VERSION MEMBER("b", "one..example."), "not a name" },
		{ SOA VERSION MEMBER(".", "one.example."), "not a canonical" },
		{ SOA VERSION MEMBER("B", "one.example."), "not a canonical" },
		{ SOA VERSION MEMBER("b", "relative"), "not a name" },
		{ SOA VERSION MEMBER("1", "a.") MEMBER("2", "b.")
			MEMBER("3", "c.") MEMBER("4", "d.") MEMBER("5", "e."),
		    "more than 4 members (MaxMembers)" },
	};
	struct diag d;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct catalog *c = take(rows[i].records, &d);

		ok(c == NULL && d.status == STATUS_BAD &&
			strstr(d.text, rows[i].want) != NULL,
		    "broken: %s: %s", rows[i].want, d.text);
		catalog_free(c);
	}
}

static void
test_streams(void)
{
	static const char *const ends[] = { "",
		";end cat.example. records=1 max-ttl=0\n;done zones=1 failed=0\n",
		";end cat.example. records=3 max-ttl=0\n",
		";fail cat.example. 1 gone\n;done zones=1 failed=1\n",
		";end cat.example. records=3 max-ttl=0\n;zone b.\n"
		";end b. records=0 max-ttl=0\n;done zones=2 failed=0\n" };
	struct catalog *c;
	struct diag d;

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		c = NULL;
		store(SOA VERSION MEMBER("b", "one.example."), ends[i]);
		ok(catalog_read_file(&c, "cat.example.", path, 4, &d) == -1 &&
			d.status == STATUS_BAD,
		    "not whole: %s", d.text);
		catalog_free(c);
	}
	c = NULL;
	ok(catalog_read_file(&c, "other.example.", path, 4, &d) == -1,
	    "another zone: %s", d.text);
	ok(catalog_read_file(&c, "other.example.", "/nonexistent", 4, &d) ==
		    -1 &&
		d.status == STATUS_SYSTEM,
	    "no file: %s", d.text);
}

int
main(void)
{
	const int fd = mkstemp(path);

	if (fd == -1)
		return 1;
	(void)close(fd);
	test_members();
	test_broken();
	test_streams();
	(void)unlink(path);
	return done();
}
