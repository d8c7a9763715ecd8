#include <fcntl.h>
#include <unistd.h>

#include "holdback.h"
#include "tap.h"
#include "tempfile.h"

static struct holdback *h;

/* Hold n lines of len octets, then compare what is released. */
static int
round_trip(unsigned n, size_t len)
{
	char *line = malloc(len + 1), *back = malloc(len + 2);
	const int fd = tempfile_open(NULL, NULL);
	struct stream_out *out;
	struct zonetext_writer *w;
	uint64_t at = sizeof(";zonetext 1\n;zone z.\n") - 1;
	int good = fd != -1 && stream_out_open(&out, fd, "t", NULL) == 0 &&
	    zonetext_writer_open(&w, out, NULL) == 0;

	if (!good || line == NULL || back == NULL)
		abort();
	zonetext_begin(w, "z.", NULL);
	memset(line, 'x', len);
	line[len] = '\n';
	for (unsigned i = 0; i < n; i++) {
		const struct zonetext_record rec = {
			.line = line, .line_len = len, .ttl = i
		};

		(void)snprintf(line, 12, "%011u", i);
		line[11] = 'x';
		good = good && holdback_put(h, &rec, NULL) == 0;
	}
	good = good && holdback_count(h) == n &&
	    holdback_release(h, w, NULL) == 0 && holdback_count(h) == 0 &&
	    zonetext_records(w) == n;
	zonetext_end(w, NULL);
	good = good && stream_flush(out, NULL) == 0;
	for (unsigned i = 0; i < n && good; i++, at += len + 1) {
		(void)snprintf(line, 12, "%011u", i);
		line[11] = 'x';
		good = tempfile_read(fd, back, len + 1, at, NULL) == 0 &&
		    memcmp(back, line, len + 1) == 0;
	}
	zonetext_writer_free(w);
	stream_out_discard(out);
	(void)close(fd);
	free(line);
	free(back);
	return good;
}

int
main(void)
{
	struct diag d;
	char octet;
	int fd;

	if (holdback_open(&h, NULL, NULL) == -1)
		abort();
	ok(round_trip(3, 20), "three lines");
	ok(round_trip(100000, 97), "more than the memory");
	ok(round_trip(9, ZONETEXT_LINE_MAX), "the longest lines");
	ok(round_trip(2, 20), "few again");
	holdback_close(h);

	if (holdback_open(&h, "/nonexistent", NULL) == -1)
		abort();
	{
		static char line[ZONETEXT_LINE_MAX];
		const struct zonetext_record rec = { .line = line,
			.line_len = sizeof(line) };

		ok(holdback_put(h, &rec, &d) == 0 &&
			holdback_put(h, &rec, &d) == -1 &&
			d.status == STATUS_SYSTEM,
		    "no folder to spill to");
	}
	holdback_close(h);

	fd = tempfile_open(NULL, &d);
	ok(tempfile_write(fd, "abc", 3, 5, &d) == 0 &&
		tempfile_read(fd, &octet, 1, 7, &d) == 0 && octet == 'c',
	    "a temporary file");
	ok(tempfile_read(fd, &octet, 1, 8, &d) == -1 &&
		d.status == STATUS_SYSTEM,
	    "shorter than thought");
	(void)close(fd);
	ok(tempfile_write(open("/dev/full", O_RDWR), "a", 1, 0, &d) == -1 &&
		strstr(d.text, "No space") != NULL,
	    "no space");
	return done();
}
