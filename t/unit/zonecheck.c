#include "name.h"
#include "namekey.h"
#include "rrtype.h"
#include "tap.h"
#include "zonecheck.h"

/* What was found, as "name owner; name owner; ". */
static char heard[4096];

static void
hear(void *ctx, const struct zonecheck_finding *f)
{
	char type[RRTYPE_TEXT_MAX];
	const size_t n = strlen(heard);

	(void)ctx;
	(void)snprintf(heard + n, sizeof(heard) - n, "%s %s %s; ", f->name,
	    f->owner, f->type == 0 ? "-" : rrtype_name(f->type, type));
}

/* Feed a zone "e.": words "owner:type[xN]" in order; NS targets as "=name". */
static const char *
feed(struct zonecheck *zc, const char *zone)
{
	static const uint8_t none[1];
	char copy[2048], owner[300] = "", *save, *word;
	struct zonecheck_rrset set;
	struct diag d;

	heard[0] = '\0';
	(void)snprintf(copy, sizeof(copy), "%s", zone);
	if (zonecheck_begin(zc, "E.", hear, NULL, &d) == -1)
		abort();
	for (word = strtok_r(copy, " ", &save); word != NULL;
	     word = strtok_r(NULL, " ", &save)) {
		char *colon = strchr(word, ':'), *times;
		uint8_t key[NAMEKEY_MAX];
		int len;

		if (*word == '=') {
			if (zonecheck_server(
				zc, word + 1, strlen(word + 1), &d) == -1)
				abort();
			continue;
		}
		*colon++ = '\0';
		memset(&set, 0, sizeof(set));
		set.records = 1;
		if ((times = strchr(colon, 'x')) != NULL) {
			set.records = (size_t)atoi(times + 1);
			*times = '\0';
		}
		if (rrtype_from_text(colon, strlen(colon), &set.type) == -1)
			abort();
		if (strcmp(owner, word) != 0) {
			(void)snprintf(owner, sizeof(owner), "%s", word);
			len = namekey_from_text(owner, strlen(owner), key);
			if (len < 2 ||
			    zonecheck_owner(zc, owner, strlen(owner),
				len > 2 ? key + 2 : none, (size_t)len - 2,
				&d) == -1)
				abort();
		}
		zonecheck_rrset(zc, &set);
	}
	if (zonecheck_end(zc, &d) == -1)
		abort();
	return heard;
}

#define APEX "e.:SOA e.:NS "

/* sort-zone's test fires each rule; here is what they must keep apart. */
static const struct row {
	const char *zone, *found, *what;
} rows[] = {
	{ APEX, "", "the smallest zone" },
	{ "", "soa-missing e. SOA; ns-missing e. NS; ", "an empty zone" },
	{ "a.e.:A", "soa-missing e. SOA; ns-missing e. NS; ",
	    "a zone without apex" },
	{ APEX "a.e.:DNAME b.a.e.:A c.b.a.e.:A z.e.:A",
	    "dname-below b.a.e. -; dname-below c.b.a.e. -; ",
	    "all below a DNAME, nothing behind it" },
	{ APEX "a.e.:DNAME b.a.e.:NSEC b.a.e.:RRSIG", "",
	    "a DNAME with denial below it" },
	{ APEX "a.e.:DNAME b.a.e.:DNAME c.b.a.e.:A",
	    "dname-below b.a.e. -; dname-below c.b.a.e. -; ",
	    "DNAME below DNAME" },
	{ APEX "a.e.:NS b.a.e.:DNAME c.b.a.e.:A", "",
	    "a DNAME below a cut is the child's" },
	{ APEX "a.e.:NS b.a.e.:NS =ns.b.a.e.", "", "so are its delegations" },
	{ APEX "=e.", "glue-missing e. NS; ", "the apex as its own server" },
	{ "e.:A e.:SOA e.:NS =e.", "", "the apex with an address" },
	{ APEX "a.e.:NS =n.a.e. =n.b.e. n.a.e.:A n.b.e.:AAAA", "",
	    "servers behind the NS records" },
	{ APEX "a.e.:A b.e.:NS =a.e. =a.ee. =x.", "", "and before" },
	{ APEX "a.e.:A b.e.:NS =aa.e.", "glue-missing b.e. NS; ",
	    "a longer name is another" },
	{ APEX "a.e.:NS =n.e. b.e.:NS =n.e. =n.e.", "glue-missing a.e. NS; ",
	    "a server is told once" },
	{ APEX "*.e.:A a.e.:NS =n.z.e.", "", "a wildcard further up" },
	{ APEX "*.a.e.:A b.e.:NS =n.a.e. =n.c.e.", "glue-missing b.e. NS; ",
	    "a wildcard elsewhere" },
	{ APEX "a.e.:NS *.a.e.:A b.e.:NS =n.a.e.", "glue-missing b.e. NS; ",
	    "a wildcard below a cut" },
	{ APEX "x*.e.:A b.e.:NS =n.e.", "glue-missing b.e. NS; ",
	    "an asterisk inside a label" },
	{ APEX "*.e.:A *.a.e.:AAAA b.a.e.:MX c.e.:NS =q.a.e. =q.b.e.", "",
	    "wildcard within wildcard" },
};

static void
test_many(struct zonecheck *zc)
{
	struct diag d;
	char name[40];
	uint8_t key[NAMEKEY_MAX];
	const struct zonecheck_rrset ns = { .type = RRTYPE_NS, .records = 1 };
	const struct zonecheck_rrset a = { .type = RRTYPE_A, .records = 1 };
	int rc = 0;

	heard[0] = '\0';
	if (zonecheck_begin(zc, "e.", hear, NULL, &d) == -1)
		abort();
	for (unsigned i = 0; i < 200000 && rc == 0; i++) {
		(void)snprintf(name, sizeof(name), "n%06u.e.", i);
		rc = zonecheck_owner(zc, name, strlen(name), key + 2,
		    (size_t)namekey_from_text(name, strlen(name), key) - 2, &d);
		zonecheck_rrset(zc, i % 2 == 0 ? &ns : &a);
		/* each names the one as far from the end; one has none */
		(void)snprintf(name, sizeof(name), "n%06u.e.",
		    i == 99998 ? 4 : 199999 - i);
		if (rc == 0 && i % 2 == 0)
			rc = zonecheck_server(zc, name, strlen(name), &d);
	}
	if (rc == 0)
		rc = zonecheck_end(zc, &d);
	is(heard,
	    "soa-missing e. SOA; ns-missing e. NS; "
	    "glue-missing n099998.e. NS; ",
	    "one server of 100000 without an address");
}

int
main(void)
{
	struct zonecheck *zc;
	struct diag d;

	if (zonecheck_open(&zc, NULL, &d) == -1)
		abort();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		is(feed(zc, rows[i].zone), rows[i].found, rows[i].what);
	test_many(zc);
	is(feed(zc, APEX), "", "nothing is left from the zone before");
	ok(zonecheck_begin(zc, "..", hear, NULL, &d) == -1, "no name");
	zonecheck_close(zc);
	zonecheck_close(NULL);
	return done();
}
