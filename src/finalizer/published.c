#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "published.h"
#include "rrtype.h"
#include "soatext.h"

struct published {
	struct zonetext_reader *reader;
	struct soatext soa;
	bool at_soa; /* the SOA is read and not yet compared */
};

/* What the filters behind set-serial add. */
static bool
made_by_signing(uint16_t type)
{
	return type == RRTYPE_RRSIG || type == RRTYPE_NSEC ||
	    type == RRTYPE_NSEC3 || type == RRTYPE_NSEC3PARAM ||
	    type == RRTYPE_ZONEMD;
}

/* The first two items: the zone, its SOA. */
static int
read_start(struct published *p, const char *zone, struct diag *d)
{
	int item;

	if ((item = zonetext_read(p->reader, d)) == -1)
		return -1;
	if (item != ZONETEXT_ZONE ||
	    strcmp(zonetext_zone_name(p->reader), zone) != 0)
		return diag_set(d, STATUS_BAD, "%s: not a stream of %s",
		    zonetext_place(p->reader), zone);
	if ((item = zonetext_read(p->reader, d)) == -1)
		return -1;
	if (item != ZONETEXT_RECORD)
		return diag_set(d, STATUS_BAD, "%s: %s without records",
		    zonetext_place(p->reader), zone);
	if (soatext_parse(zonetext_record(p->reader), zone, &p->soa, d) == -1)
		return diag_prefix(d, "%s", zonetext_place(p->reader));
	p->at_soa = true;
	return 0;
}

int
published_open(
    struct published **out, const char *path, const char *zone, struct diag *d)
{
	struct published *p;
	struct stream_in *in;
	const int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1 && errno == ENOENT)
		return 0;
	if (fd == -1)
		return diag_system(d, "%s: cannot open", path);
	/* Owns fd from here on, except where there is no memory at all. */
	if (stream_in_open(&in, fd, path, ZONETEXT_LINE_MAX, d) == -1)
		return -1;
	if ((p = calloc(1, sizeof(*p))) == NULL) {
		stream_in_close(in);
		return diag_system(d, "%s", path);
	}
	if (zonetext_reader_open(&p->reader, in, d) == -1 ||
	    read_start(p, zone, d) == -1) {
		published_close(p);
		return -1;
	}
	*out = p;
	return 1;
}

uint32_t
published_serial(const struct published *p)
{
	return p->soa.serial;
}

/* Go to the next record that signing did not make: ZONETEXT_RECORD, or what
 * comes after the last, or -1. */
static int
next_content(struct published *p, struct diag *d)
{
	int item;

	if (p->at_soa) {
		p->at_soa = false;
		return ZONETEXT_RECORD;
	}
	do {
		item = zonetext_read(p->reader, d);
	} while (item == ZONETEXT_RECORD &&
	    made_by_signing(zonetext_record(p->reader)->type));
	return item;
}

int
published_compare(struct published *p, const char *line, size_t len,
    uint16_t type, struct diag *d)
{
	const struct zonetext_record *rec = zonetext_record(p->reader);
	int item;

	if (made_by_signing(type))
		return 1;
	if ((item = next_content(p, d)) == -1)
		return -1;
	return item == ZONETEXT_RECORD && rec->line_len == len &&
	    memcmp(rec->line, line, len) == 0;
}

int
published_compare_end(struct published *p, struct diag *d)
{
	const int item = next_content(p, d);

	return item == -1 ? -1 : item == ZONETEXT_END;
}

void
published_close(struct published *p)
{
	if (p == NULL)
		return;
	zonetext_reader_close(p->reader);
	free(p);
}
