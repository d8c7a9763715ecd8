#include <unistd.h>

#include "tap.h"
#include "zonetext.h"

/* A reader on the given text, through a pipe. */
static struct zonetext_reader *
reader(const char *text)
{
	struct zonetext_reader *r;
	struct stream_in *in;
	int fd[2];

	if (pipe(fd) == -1 ||
	    write(fd[1], text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	(void)close(fd[1]);
	if (stream_in_open(&in, fd[0], "t", ZONETEXT_LINE_MAX, NULL) == -1 ||
	    zonetext_reader_open(&r, in, NULL) == -1)
		abort();
	return r;
}

#define HEAD ";zonetext 1\n;zone a. x=1%202\n"
#define SOA  "a.\t60\tIN\tSOA\tb. c. 1 2 3 4 5\n"

static void
test_reading(void)
{
	struct zonetext_reader *r = reader(HEAD "; a comment\n" SOA
	    ";end a. records=1 max-ttl=60 read-zone.left-out=3\n"
	    ";zone b.\n;fail b. 3 no%0Aluck today\n"
	    ";done zones=2 failed=1\n;zonetext 1\n;done zones=0 failed=0\n");
	struct diag d;

	ok(zonetext_read(r, &d) == ZONETEXT_ZONE, "zone");
	is(zonetext_zone_name(r), "a.", "its name");
	is(zonetext_get(zonetext_zone_keys(r), "x"), "1 2", "a decoded key");
	ok(zonetext_read(r, &d) == ZONETEXT_RECORD, "record");
	ok(zonetext_record(r)->type == 6 && zonetext_record(r)->ttl == 60,
	    "its type and TTL");
	is(zonetext_place(r), "t:4", "place");
	ok(zonetext_read(r, &d) == ZONETEXT_END, "end");
	is(zonetext_get(zonetext_end_keys(r), "read-zone.left-out"), "3",
	    "counts are carried");
	ok(zonetext_get(zonetext_end_keys(r), "records") == NULL,
	    "but not those that each writer makes");
	ok(zonetext_read(r, &d) == ZONETEXT_ZONE, "second zone");
	ok(zonetext_read(r, &d) == ZONETEXT_FAIL, "failed");
	is(zonetext_fail_reason(r), "no\nluck today", "why");
	ok(zonetext_fail_status(r) == STATUS_SYSTEM, "how");
	ok(zonetext_read(r, &d) == ZONETEXT_DONE, "two streams joined: done");
	zonetext_reader_close(r);
}

static void
test_refusals(void)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
		{ "", "truncated" },
		{ ";zonetext 1\n", "truncated" },
		{ ";zonetext 2\n", "version" },
		{ ";zonetext 1\n;zone a\n", "absolute" },
		{ SOA, "read-zone makes one" },
		{ HEAD, "truncated" },
		{ HEAD SOA, "truncated" },
		{ HEAD SOA ";done zones=0 failed=0\n", ";done before" },
		{ HEAD SOA ";end a. records=2 max-ttl=60\n", "missing" },
		{ HEAD SOA ";end a. records=1 max-ttl=61\n", "largest" },
		{ HEAD SOA ";end a. records=1\n", "largest" },
		{ HEAD SOA ";end b. records=1 max-ttl=60\n", "another zone" },
		{ HEAD SOA ";end a. records=1 max-ttl=60\n", "truncated" },
		{ HEAD SOA ";end a. records=1 max-ttl=60\n"
			   ";done zones=2 failed=0\n",
		    "not what was read" },
		{ HEAD ";zone b.\n", "none can begin" },
		{ HEAD ";fail a. 9 x\n", "without status" },
		{ HEAD ";fail a. 0 x\n", "without status" },
		{ HEAD ";fail a. 1\n", "without status" },
		{ HEAD ";fail\n", "unknown" },
		{ HEAD ";what\n", "unknown" },
		{ HEAD "a. 60 IN A 192.0.2.1\n", "owner" },
		{ HEAD "a\t60\tIN\tA\t192.0.2.1\n", "owner" },
		{ HEAD "a.\t2147483648\tIN\tA\t192.0.2.1\n", "TTL" },
		{ HEAD "a.\t60\tCH\tA\t192.0.2.1\n", "class" },
		{ HEAD "a.\t60\tIN\ta\t192.0.2.1\n", "type" },
		{ HEAD "a.\t60\tIN\tA\t\n", "RDATA" },
		{ HEAD "a.\t60\tIN\tA\n", "type" },
		{ ";zonetext 1\n;zone a. x\n", "key=value" },
		{ ";zonetext 1\n;zone a. x=%2\n", "malformed" },
		{ ";zonetext 1\n;zone a. x=1 x=2\n", "repeated" },
		{ ";zonetext 1\n;zone a. x=a;b\n", "malformed" },
		{ HEAD "a.\t60", "newline" },
	};
	struct diag d;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct zonetext_reader *r = reader(bad[i].text);
		int item;

		d.text[0] = '\0';
		while ((item = zonetext_read(r, &d)) > ZONETEXT_DONE)
			continue;
		ok(item == -1 && strstr(d.text, bad[i].why) != NULL,
		    "refused: %s (%s)", bad[i].why, d.text);
		zonetext_reader_close(r);
	}
}

int
main(void)
{
	test_reading();
	test_refusals();
	return done();
}
