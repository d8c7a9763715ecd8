/*
 * Catalog zones through lib/catalog: catalog [SECONDS [SEED]].  Records are
 * made by a small grammar and the text is then mutated; whatever is read must
 * be sorted, unique and of names that are canonical.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "catalog.h"
#include "name.h"

static uint64_t state;

static uint32_t
rnd(uint32_t below)
{
	state = state * UINT64_C(6364136223846793005) + 1442695040888963407U;
	return (uint32_t)((state >> 33) % below);
}

#define PICK(list) list[rnd(sizeof(list) / sizeof(*list))]

static size_t
make(char *text, size_t size)
{
	static const char *const owners[] = { "a.zones.", "b.zones.",
		"c\\.d.zones.", "coo.a.zones.", "group.a.zones.",
		"group.b.zones.", "x.y.z.zones.", "zones.", "", "version.",
		"ext.a.zones.", "a\\.zones." };
	static const char *const data[] = { "TXT\t\"2\"", "PTR\ta.example.",
		"PTR\tB.example.", "PTR\tc.example.", "PTR\tcat.",
		"PTR\trelative", "PTR\t.", "TXT\t\"a\" \"b\\\"\"",
		"TXT\t\"\\000\"", "TXT\t\"\\25", "A\t192.0.2.1", "NS\tinvalid.",
		"TYPE65280\t\\# 1 00" };
	const unsigned records = rnd(9);
	size_t n;

	n = (size_t)snprintf(text, size,
	    ";zonetext 1\n;zone cat.\ncat.\t0\tIN\tSOA\ta. b. 1 2 3 4 5\n"
	    "version.cat.\t0\tIN\tTXT\t\"2\"\n");
	for (unsigned i = 0; i < records; i++)
		n += (size_t)snprintf(text + n, size - n, "%scat.\t0\tIN\t%s\n",
		    PICK(owners), PICK(data));
	n += (size_t)snprintf(text + n, size - n,
	    ";end cat. records=%u max-ttl=0\n;done zones=1 failed=0\n",
	    records + 2);
	return n;
}

static size_t
mutate(char *text, size_t len)
{
	for (unsigned n = rnd(3) != 0 ? 0 : rnd(4); n > 0 && len > 1; n--) {
		const size_t at = rnd((uint32_t)len);

		switch (rnd(4)) {
		case 0:
			text[at] ^= (char)(1 << rnd(8));
			break;
		case 1:
			text[at] = PICK("\\\".\t\n 0;");
			break;
		case 2:
			len = at + 1;
			break;
		default:
			memmove(text + at + 5, text + at, len - at);
			len += 5;
			break;
		}
	}
	return len;
}

static void
check(const struct catalog *c)
{
	char canonical[NAME_TEXT_MAX];

	for (size_t i = 0; i < c->count; i++) {
		const struct catalog_member *m = c->member[i];

		if (name_canonical(m->name, strlen(m->name), canonical) == -1 ||
		    strcmp(m->name, canonical) != 0 || m->label[0] == '\0' ||
		    catalog_find(c, m->name) != m ||
		    (i > 0 && strcmp(c->member[i - 1]->name, m->name) >= 0))
			abort();
	}
}

static bool
one(int fd)
{
	struct zonetext_reader *in;
	struct stream_in *file;
	struct catalog *c = NULL;
	char text[4096];
	size_t len = mutate(text, make(text, sizeof(text) - 64));
	bool taken;
	struct diag d;

	if (ftruncate(fd, 0) == -1 || pwrite(fd, text, len, 0) == -1 ||
	    lseek(fd, 0, SEEK_SET) == -1 ||
	    stream_in_open(&file, dup(fd), "fuzz", ZONETEXT_LINE_MAX, &d) ==
		-1 ||
	    zonetext_reader_open(&in, file, &d) == -1)
		abort();
	if ((taken = catalog_read(&c, "cat.", in, 5, &d) == 0))
		check(c);
	catalog_free(c);
	zonetext_reader_close(in);
	return taken;
}

int
main(int argc, char **argv)
{
	const time_t until = time(NULL) + (argc > 1 ? atoi(argv[1]) : 5);
	const int fd = memfd_create("catalog", MFD_CLOEXEC);
	uint64_t runs = 0, good = 0;

	state = argc > 2 ? strtoull(argv[2], NULL, 10) : (uint64_t)time(NULL);
	printf("catalog: seed %llu\n", (unsigned long long)state);
	if (fd == -1)
		return 1;
	while (time(NULL) < until)
		for (int i = 0; i < 100; i++, runs++)
			good += one(fd);
	printf("catalog: %llu catalogs, %llu taken, nothing found\n",
	    (unsigned long long)runs, (unsigned long long)good);
	(void)close(fd);
	return 0;
}
