/* src/audit/chain.c: rows of names against NSEC3 records, in the order of their hashes. */
#include "../../src/audit/chain.h"
#include "tap.h"

/* Hashes of one octet, for short. */
struct test {
	const char *what;
	const char *names; /* octet and kind: N name, I insecure, E, O: ENTs */
	const char *links; /* octet, next octet, flag O or - */
	const char *findings; /* in any order, a letter each */
};

/* M missing, X extra, C chain, B bitmap, P opt-out, E an ENT too many. */
static const struct test tests[] = {
	{ "closed and whole", "aN bN cN", "ab- bc- ca-", "" },
	{ "one record that leads to itself", "aN", "aa-", "" },
	{ "no chain at all", "aN", "", "M" },
	{ "a name left out", "aN bN cN", "ac- ca-", "M" },
	{ "the first one left out", "aN bN cN", "bc- cb-", "M" },
	{ "the last one left out", "aN bN cN", "ab- ba-", "M" },
	{ "a record of no name", "aN cN", "ab- bc- ca-", "X" },
	{ "two of them", "aN", "ab- bc- ca-", "XX" },
	{ "a next hash that skips", "aN bN cN", "ac- bc- ca-", "C" },
	{ "an end that does not close", "aN bN cN", "ab- bc- cb-", "C" },
	{ "half a chain", "aN bN cN dN", "ab- bc-", "CMM" },
	{ "opted out", "aN bI cN", "acO ca-", "" },
	{ "left out of a span that is not opt-out", "aN bI cN", "ac- ca-", "P" },
	{ "in the span before the first", "bN aI", "bbO", "" },
	{ "and not opt-out", "bN aI", "bb-", "P" },
	{ "in the last span", "aN bN cI", "ab- baO", "" },
	{ "in the last span, not opt-out", "aN bN cI", "ab- ba-", "P" },
	{ "in the chain though insecure", "aN bI cN", "abO bcO ca-", "" },
	{ "an ENT", "aN bE", "ab- ba-", "" },
	{ "an ENT left out", "aN bE", "aaO", "M" },
	{ "an ENT above insecure names left out", "aN bO", "aaO", "" },
	{ "the same without opt-out", "aN bO", "aa-", "P" },
	{ "the same in the chain", "aN bO", "ab- baO", "E" },
	{ "another bitmap", "aN bN", "ab- ba!", "B" },
};

static char
letter(enum check check)
{
	switch (check) {
	case CHECK_NSEC3_MISSING:
		return 'M';
	case CHECK_NSEC3_EXTRA:
		return 'X';
	case CHECK_NSEC3_CHAIN:
		return 'C';
	case CHECK_NSEC3_BITMAP:
		return 'B';
	case CHECK_NSEC3_OPTOUT:
		return 'P';
	case CHECK_NSEC3_ENT_EXTRA:
		return 'E';
	default:
		return '?';
	}
}

static int
by_octet(const void *a, const void *b)
{
	return *(const char *)a - *(const char *)b;
}

static const uint8_t *
name_of(char c)
{
	static uint8_t names[128][4];
	uint8_t *name = names[(unsigned char)c & 127];

	name[0] = 1;
	name[1] = (uint8_t)c;
	return name;
}

static void
run(const struct test *t)
{
	static struct settings set = { .folder = "/tmp" };
	static struct zone zone;
	struct findings found = { .first = NULL };
	struct chains *c;
	struct diag d;
	char got[32] = "";
	size_t n = 0;
	int rc = 0;

	zone.set = &set;
	zone.chains = 1;
	zone.chain[0] = (struct chain){ .algorithm = 1 };
	if (chains_open(&c, &zone, 1 << 20, &d) == -1) {
		ok(0, "%s", d.text);
		return;
	}
	rc |= chains_ent(c, 0, &d);
	for (const char *p = t->names; *p != '\0'; p += 2 + (p[2] == ' ')) {
		struct row row = { .name = name_of(p[0]), .types = 7 };

		row.hash[0] = (uint8_t)p[0];
		row.kind = p[1] == 'N' ? ROW_NAME : p[1] == 'I' ? ROW_INSECURE :
		    p[1] == 'E' ? ROW_ENT : ROW_ENT_OPEN;
		if (p[1] == 'E' || p[1] == 'O')
			row.ent = 1;
		rc |= chains_row(c, &row, &d);
	}
	rc |= chains_start(c, &d);
	for (const char *p = t->links; *p != '\0'; p += 3 + (p[3] == ' ')) {
		struct link link = { .name = name_of(p[0]),
			.types = p[2] == '!' ? 8 : 7, .flags = p[2] == 'O' };

		link.hash[0] = (uint8_t)p[0];
		link.next[0] = (uint8_t)p[1];
		rc |= chains_link(c, &link, &found, &d);
	}
	rc |= chains_finish(c, &found, &d);
	ok(rc == 0, "%s", t->what);
	for (const struct finding *f = found.first; f != NULL && n < 31;
	     f = f->next)
		got[n++] = letter(f->check);
	qsort(got, n, 1, by_octet);
	is(got, t->findings, "its findings");
	findings_free(&found);
	chains_close(c);
}

/* Insecure names in the chain want the ENTs above them, up to the top. */
static void
test_ents(void)
{
	static struct settings set = { .folder = "/tmp" };
	static struct zone zone;
	struct findings found = { .first = NULL };
	struct chains *c;
	struct diag d;
	int rc, count = 0;

	zone.set = &set;
	zone.chains = 1;
	zone.chain[0] = (struct chain){ .algorithm = 1 };
	rc = chains_open(&c, &zone, 1 << 20, &d);
	for (uint32_t i = 0; rc == 0 && i < 1000; i++) {
		struct row row = { .name = name_of('e'), .kind = ROW_ENT_OPEN,
			.ent = i + 1, .types = 7 };

		/* Each is below the one before it. */
		rc |= chains_ent(c, i, &d);
		row.hash[0] = 'e';
		row.hash[1] = (uint8_t)(i >> 8);
		row.hash[2] = (uint8_t)i;
		rc |= chains_row(c, &row, &d);
	}
	struct row insecure = { .name = name_of('a'), .kind = ROW_INSECURE,
		.ent = 500, .types = 7 };
	struct link link = { .name = name_of('a'), .types = 7, .flags = 1 };
	insecure.hash[0] = link.hash[0] = link.next[0] = 'a';
	rc |= chains_row(c, &insecure, &d);
	rc |= chains_start(c, &d);
	rc |= chains_link(c, &link, &found, &d);
	rc |= chains_finish(c, &found, &d);
	for (const struct finding *f = found.first; f != NULL; f = f->next)
		count += f->check == CHECK_NSEC3_MISSING ? 1 : 1000;
	ok(rc == 0 && count == 500, "500 of 1000 empty non-terminals, one "
	    "below the other, are wanted: %d", count);
	findings_free(&found);
	chains_close(c);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++)
		run(&tests[i]);
	test_ents();
	return done();
}
