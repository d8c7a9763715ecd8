/* lib/delta: differences brought to their net and merged with the version held. */
#include <fcntl.h>
#include <unistd.h>

#include "delta.h"
#include "name.h"
#include "reckey.h"
#include "rrtype.h"
#include "tap.h"

#define A(owner, n)  owner "\t300\tIN\tA\t192.0.2." #n "\n"
#define SOA(serial)                                                            \
	"example.\t300\tIN\tSOA\ta. a. " #serial " 1 1 1 1\n"
#define HEAD ";zonetext 1\n;zone example.\n"
#define BASE                                                                   \
	SOA(1) A("example.", 1) A("b.example.", 2) A("b.example.", 3)          \
	    A("d.example.", 4)

static char path[] = "/tmp/zonepipe-delta.XXXXXX";
static char result[65536];
static struct rrtext *text;
static struct zonetext_writer *writer;

/* A line "+ owner ttl A n", or "- ...": one change. */
static int
put(struct delta *dl, const char *line, struct diag *d)
{
	static uint8_t key[RECKEY_MAX];
	uint8_t wire[NAME_WIRE_MAX], rdata[4] = { 192, 0, 2, 0 };
	char owner[64];
	unsigned ttl, n;

	if (sscanf(line + 1, " %63s %u %u", owner, &ttl, &n) != 3 ||
	    name_from_text(owner, strlen(owner), wire) == -1)
		exit(1);
	rdata[3] = (uint8_t)n;
	return delta_put(dl, line[0] == '+', key,
	    reckey_make(wire, RRTYPE_A, rdata, 4, key), ttl, d);
}

static int
write_record(
    void *ctx, const uint8_t *key, size_t len, uint32_t ttl, struct diag *d)
{
	uint8_t wire[NAME_WIRE_MAX];
	char owner[NAME_TEXT_MAX], line[256];
	struct reckey p;
	int n;

	(void)ctx;
	if (reckey_split(key, len, &p) == -1 ||
	    namekey_to_wire(p.owner_key, p.owner_len, wire) == -1)
		exit(1);
	n = rrtext_write_line(text, owner, name_to_text(wire, true, owner), ttl,
	    p.type, p.rdata, p.rdata_len, line, sizeof(line), d);
	if (n == -1)
		return -1;
	zonetext_put_line(writer, line, (size_t)n, ttl);
	return 0;
}

static void
store(const char *bytes)
{
	FILE *f = fopen(path, "w");

	if (f == NULL || fputs(bytes, f) == EOF || fclose(f) == EOF)
		exit(1);
}

static unsigned
lines(const char *s)
{
	unsigned n = 0;

	for (; *s != '\0'; s++)
		n += *s == '\n';
	return n;
}

static void
store_zone(const char *records)
{
	char all[8192];

	(void)snprintf(all, sizeof(all),
	    HEAD "%s;end example. records=%u max-ttl=300\n"
		 ";done zones=1 failed=0\n",
	    records, lines(records));
	store(all);
}

/* The changes (NULL-ended) to what is stored; the records that come of it. */
static const char *
merge(const char *const *changes, struct diag *d)
{
	struct zonetext_keys none = { NULL, 0 };
	struct zonetext_reader *base;
	struct stream_in *in;
	struct stream_out *out;
	struct delta *dl;
	char *records, *end;
	FILE *f = tmpfile();
	int rc = 0;
	size_t n;

	if (f == NULL || delta_open(&dl, d) == -1 ||
	    stream_in_open(&in, open(path, O_RDONLY), path, ZONETEXT_LINE_MAX,
		d) == -1 ||
	    zonetext_reader_open(&base, in, d) == -1 ||
	    stream_out_open(&out, fileno(f), "out", d) == -1 ||
	    zonetext_writer_open(&writer, out, d) == -1)
		exit(1);
	for (; *changes != NULL && rc == 0; changes++)
		rc = put(dl, *changes, d);
	zonetext_begin(writer, "example.", &none);
	if (rc == 0 && zonetext_read(base, d) != ZONETEXT_ZONE)
		exit(1);
	if (rc == 0)
		rc = delta_merge(dl, base, text, writer, write_record, NULL, d);
	if (rc == 0) {
		zonetext_end(writer, NULL);
		if (zonetext_done(writer, d) == -1)
			exit(1);
	}
	zonetext_writer_free(writer);
	if (stream_finish(out, d) == -1)
		exit(1);
	rewind(f);
	n = fread(result, 1, sizeof(result) - 1, f);
	result[n] = '\0';
	(void)fclose(f);
	zonetext_reader_close(base);
	delta_close(dl);
	if (rc == -1)
		return NULL;
	records = strstr(result, ";zone example.\n") + 15;
	if ((end = strstr(records, ";end")) != NULL)
		*end = '\0';
	return records;
}

#define CHANGES(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void
test_merged(void)
{
	struct diag d;

	store_zone(BASE);
	is(merge((const char *const[]){ NULL }, &d), BASE, "no changes");
	is(merge(CHANGES("- b.example. 300 2"), &d),
	    SOA(1) A("example.", 1) A("b.example.", 3) A("d.example.", 4),
	    "one less");
	is(merge(CHANGES("+ a.example. 300 9", "+ b.example. 300 1",
		     "+ c.example. 300 7", "+ z.example. 300 8"),
	       &d),
	    SOA(1) A("example.", 1) A("a.example.", 9) A("b.example.", 1)
		A("b.example.", 2) A("b.example.", 3) A("c.example.", 7)
		    A("d.example.", 4) A("z.example.", 8),
	    "more: before, inside, between, behind");
	is(merge(CHANGES("- d.example. 300 4", "+ d.example. 300 4"), &d), BASE,
	    "gone and come again");
	is(merge(CHANGES("+ e.example. 300 4", "- e.example. 300 4"), &d), BASE,
	    "come and gone again");
	is(merge(CHANGES("- d.example. 300 4", "+ d.example. 60 4"), &d),
	    SOA(1) A("example.", 1) A("b.example.", 2) A("b.example.", 3)
	    "d.example.\t60\tIN\tA\t192.0.2.4\n",
	    "another TTL");
	is(merge(CHANGES("+ e.example. 1 4", "- e.example. 1 4",
		     "+ e.example. 300 4"),
	       &d),
	    BASE A("e.example.", 4), "the last change counts");
	is(merge(CHANGES("- example. 300 1", "- b.example. 300 2",
		     "- b.example. 300 3", "- d.example. 300 4"),
	       &d),
	    SOA(1), "all but the SOA");
}

static void
test_refused(void)
{
	static const struct {
		const char *changes[4];
		const char *want;
	} rows[] = {
		{ { "- a.example. 300 2" }, "a.example. A: deleted in the" },
		{ { "- b.example. 300 9" }, "b.example. A: deleted in the" },
		{ { "- z.example. 300 9" }, "z.example. A: deleted in the" },
		{ { "+ b.example. 300 2" }, "b.example. A: added in the" },
		{ { "- b.example. 300 2", "- b.example. 300 2" },
		    "deleted twice" },
		{ { "+ x.example. 300 2", "+ x.example. 300 2" },
		    "added twice" },
		{ { "- b.example. 300 2", "+ b.example. 300 2",
		      "+ b.example. 9 2" },
		    "added twice" },
	};
	struct diag d;

	store_zone(BASE);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		d.text[0] = '\0';
		ok(merge(rows[i].changes, &d) == NULL &&
			d.status == STATUS_BAD &&
			strstr(d.text, rows[i].want) != NULL,
		    "%s: %s", rows[i].want, d.text);
	}
}

/* The version held is a file: it may be anything by now. */
static void
test_bases(void)
{
	static const char *const bad[] = {
		HEAD BASE,
		HEAD BASE ";end example. records=4 max-ttl=300\n"
			  ";done zones=1 failed=0\n",
		HEAD BASE ";end example. records=5 max-ttl=300\n",
		HEAD "x\n",
		HEAD "b.example.\t300\tIN\tA\tnone\n"
		     ";end example. records=1 max-ttl=300\n"
		     ";done zones=1 failed=0\n",
		HEAD BASE ";end example. records=5 max-ttl=300\n"
			  ";zone other.\n;end other. records=0 max-ttl=0\n"
			  ";done zones=2 failed=0\n",
		HEAD BASE ";fail example. 1 gone\n;done zones=1 failed=1\n",
	};
	struct diag d;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		store(bad[i]);
		ok(merge(CHANGES("+ b.example. 300 9"), &d) == NULL,
		    "a broken base: %s", d.text);
	}
}

/* More differences than memory is given to them: a whole zone is asked for. */
static void
test_too_large(void)
{
	static uint8_t key[65000];
	struct delta *dl;
	struct diag d;
	size_t n = 0;

	if (delta_open(&dl, &d) == -1)
		exit(1);
	while (n < 2000 && delta_put(dl, true, key, sizeof(key), 1, &d) == 0)
		n++;
	ok(n > 500 && n < 1100 && delta_too_large(dl) && d.status == STATUS_BAD,
	    "after %zu keys of 65000 octets: %s", n, d.text);
	delta_close(dl);
}

int
main(void)
{
	const int fd = mkstemp(path);
	struct diag d;

	if (fd == -1 || rrtext_new(&text, &d) == -1)
		return 1;
	(void)close(fd);
	test_merged();
	test_refused();
	test_bases();
	test_too_large();
	rrtext_free(text);
	(void)unlink(path);
	return done();
}
