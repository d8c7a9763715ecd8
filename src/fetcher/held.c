#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "atomicfile.h"
#include "held.h"
#include "number.h"
#include "rrtype.h"
#include "stream.h"
#include "zonetext.h"

#define STATE_HEAD ";fetch 1"
#define STATE_COLUMNS                                                          \
	";zone\tserial\trefresh\tretry\texpire\tchecked\treceived\trecords"    \
	"\tsize\tmtime"
#define STATE_END "; end"

static int
path_with(char path[PATH_MAX], const struct fetch_zone *zone,
    const char *suffix, struct diag *d)
{
	const int n = snprintf(path, PATH_MAX, "%s%s", zone->input, suffix);

	if (n < 0 || n >= PATH_MAX)
		return diag_set(
		    d, STATUS_USAGE, "%s: path too long", zone->input);
	return 0;
}

int
held_arrived_path(
    char path[PATH_MAX], const struct fetch_zone *zone, struct diag *d)
{
	return path_with(path, zone, HELD_ARRIVED, d);
}

/* ---- INPUT.fetch ---- */

static int
parse_state(struct held *h, const char *line, const struct fetch_zone *zone)
{
	uint64_t v[9];
	const char *tab = strchr(line, '\t');

	if (tab == NULL || (size_t)(tab - line) != strlen(zone->name) ||
	    memcmp(line, zone->name, strlen(zone->name)) != 0)
		return -1;
	for (size_t i = 0; i < 9; i++) {
		const char *s = tab + 1;
		size_t len;

		if (*tab != '\t')
			return -1;
		len = strcspn(s, "\t");
		if (number_u64(s, len, i < 4 ? UINT32_MAX : INT64_MAX, &v[i]) ==
		    -1)
			return -1;
		tab = s + len;
	}
	if (*tab != '\0')
		return -1;
	h->soa = (struct soa){ (uint32_t)v[0], (uint32_t)v[1], (uint32_t)v[2],
		(uint32_t)v[3] };
	h->checked = (int64_t)v[4];
	h->received = (int64_t)v[5];
	h->records = v[6];
	h->size = (int64_t)v[7];
	h->mtime_ns = (int64_t)v[8];
	return 0;
}

/* A file that is missing or damaged only means that we know nothing. */
static int
read_state(struct held *h, const struct fetch_zone *zone, struct diag *d)
{
	char path[PATH_MAX], text[4 * NAME_TEXT_MAX];
	const char *lines[5];
	char *at = text;
	ssize_t n;
	int fd;

	h->state = false;
	if (path_with(path, zone, HELD_STATE, d) == -1)
		return -1;
	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)) == -1)
		return errno == ENOENT ? 0 : diag_system(d, "%s", path);
	n = read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	if (n == -1)
		return diag_system(d, "%s", path);
	text[n] = '\0';
	for (size_t i = 0; i < 4; i++) {
		lines[i] = at;
		if ((at = strchr(at, '\n')) == NULL)
			return 0;
		*at++ = '\0';
	}
	h->state = strcmp(lines[0], STATE_HEAD) == 0 &&
	    strcmp(lines[3], STATE_END) == 0 &&
	    parse_state(h, lines[2], zone) == 0;
	return 0;
}

static int
write_state(struct held *h, const struct fetch_zone *zone, struct diag *d)
{
	char path[PATH_MAX];
	struct atomicfile *file;
	struct stream_out *out;

	if (path_with(path, zone, HELD_STATE, d) == -1 ||
	    atomicfile_open(&file, path, 0644, d) == -1)
		return -1;
	if (stream_out_open(&out, atomicfile_fd(file), path, d) == -1) {
		atomicfile_abandon(file);
		return -1;
	}
	stream_printf(out,
	    STATE_HEAD "\n" STATE_COLUMNS "\n"
		       "%s\t%" PRIu32 "\t%" PRIu32 "\t%" PRIu32 "\t%" PRIu32
		       "\t%" PRId64 "\t%" PRId64 "\t%" PRIu64 "\t%" PRId64
		       "\t%" PRId64 "\n" STATE_END "\n",
	    zone->name, h->soa.serial, h->soa.refresh, h->soa.retry,
	    h->soa.expire, h->checked, h->received, h->records, h->size,
	    h->mtime_ns);
	if (stream_finish(out, d) == -1) {
		atomicfile_abandon(file);
		return -1;
	}
	if (atomicfile_commit(file, false, d) == -1)
		return -1;
	h->state = true;
	return 0;
}

/* ---- the zone's files ---- */

static int64_t
mtime_ns(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

/*
 * The serial of a file of canonical zone text: its first record is the SOA.
 * Other files, a hand-written zone say, have no serial that we know.
 */
static void
read_serial(struct held *h, const struct fetch_zone *zone)
{
	struct stream_in *in;
	struct zonetext_reader *r;
	const struct zonetext_record *rec;
	const char *s;
	int fd;

	if ((fd = open(h->path, O_RDONLY | O_CLOEXEC | O_NOCTTY)) == -1 ||
	    stream_in_open(&in, fd, h->path, ZONETEXT_LINE_MAX, NULL) == -1 ||
	    zonetext_reader_open(&r, in, NULL) == -1)
		return;
	if (zonetext_read(r, NULL) == ZONETEXT_ZONE &&
	    strcmp(zonetext_zone_name(r), zone->name) == 0 &&
	    zonetext_read(r, NULL) == ZONETEXT_RECORD) {
		rec = zonetext_record(r);
		s = rec->rdata;
		/* behind the two names */
		for (int i = 0; i < 2 && s != NULL; i++) {
			s = memchr(
			    s, ' ', rec->rdata_len - (size_t)(s - rec->rdata));
			s = s == NULL ? NULL : s + 1;
		}
		if (rec->type == RRTYPE_SOA && s != NULL) {
			const size_t left =
			    rec->rdata_len - (size_t)(s - rec->rdata);
			const char *end = memchr(s, ' ', left);

			h->has_serial = end != NULL &&
			    number_u32(s, (size_t)(end - s), UINT32_MAX,
				&h->serial) == 0;
		}
	}
	zonetext_reader_close(r);
}

int
held_read(struct held *h, const struct fetch_zone *zone, struct diag *d)
{
	static const char *const suffix[] = { HELD_ARRIVED, "" };
	struct stat st;

	memset(h, 0, sizeof(*h));
	if (read_state(h, zone, d) == -1)
		return -1;
	for (size_t i = 0; i < 2 && !h->present; i++) {
		if (path_with(h->path, zone, suffix[i], d) == -1)
			return -1;
		if (stat(h->path, &st) == 0)
			h->present = true;
		else if (errno != ENOENT)
			return diag_system(d, "%s", h->path);
	}
	if (!h->present)
		return 0;
	h->ours =
	    h->state && st.st_size == h->size && mtime_ns(&st) == h->mtime_ns;
	if (h->ours) {
		h->has_serial = true;
		h->serial = h->soa.serial;
	} else {
		read_serial(h, zone);
	}
	return 0;
}

int
held_arrived(struct held *h, const struct fetch_zone *zone,
    const struct soa *soa, uint64_t records, int64_t now, struct diag *d)
{
	struct stat st;

	if (held_arrived_path(h->path, zone, d) == -1)
		return -1;
	if (stat(h->path, &st) == -1)
		return diag_system(d, "%s", h->path);
	h->present = h->has_serial = h->ours = true;
	h->soa = *soa;
	h->serial = soa->serial;
	h->records = records;
	h->size = st.st_size;
	h->mtime_ns = mtime_ns(&st);
	h->checked = h->received = now;
	return write_state(h, zone, d);
}

int
held_confirmed(struct held *h, const struct fetch_zone *zone,
    const struct soa *soa, int64_t now, struct diag *d)
{
	const int64_t before = h->checked;

	if (!h->ours)
		return 0;
	/* The timers of the master's SOA are those of ours: equal serials. */
	h->soa = *soa;
	h->checked = now;
	/* Written to a twentieth of expire, to spare ten thousand fsyncs. */
	if (now - before < soa->expire / 20 && now >= before)
		return 0;
	return write_state(h, zone, d);
}

bool
held_expired(const struct held *h, int64_t now)
{
	return h->ours && now > h->checked && now - h->checked > h->soa.expire;
}

int
held_remove_expired(
    struct held *h, const struct fetch_zone *zone, struct diag *d)
{
	static const char *const suffix[] = { "", HELD_ARRIVED };
	char from[PATH_MAX], to[PATH_MAX];

	if (path_with(to, zone, HELD_EXPIRED, d) == -1)
		return -1;
	/* The newer of the two goes last and stays as INPUT.expired. */
	for (size_t i = 0; i < 2; i++) {
		if (path_with(from, zone, suffix[i], d) == -1)
			return -1;
		if (rename(from, to) == -1 && errno != ENOENT)
			return diag_system(d, "%s", from);
	}
	h->present = h->has_serial = h->ours = false;
	return atomicfile_sync_folder(to, d);
}
