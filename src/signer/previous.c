#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "filedigest.h"
#include "namekey.h"
#include "previous.h"
#include "rrtype.h"

struct previous {
	char *file;
	struct zonetext_reader *reader;
	struct rrset set;     /* where we are; no records: at the end */
	uint8_t name[NAMEKEY_MAX]; /* of set */
	struct position pos;
	bool pending;	      /* the reader's record starts the next set */
	bool ours;
	bool have_dnskeys;
	struct rrset dnskeys;
	uint64_t removed, signatures;
	struct diag trouble;
	bool troubled;
};

static void
end_in_trouble(struct previous *p)
{
	p->troubled = true;
	p->set.records = 0;
	p->pending = false;
}

/* Read until the reader stands at a record, or at the zone's end. */
static bool
next_record(struct previous *p)
{
	int item;

	if (p->pending)
		return true;
	item = zonetext_read(p->reader, &p->trouble);
	if (item == -1)
		end_in_trouble(p);
	return item == ZONETEXT_RECORD;
}

/* Where is the set that begins? */
static int
locate(struct previous *p, bool same_name)
{
	int len = (int)p->pos.name_len;

	if (!same_name &&
	    (len = namekey_from_text(p->set.text.bytes, p->set.owner_len,
		 p->name)) == -1)
		return diag_set(&p->trouble, STATUS_BAD,
		    "%.*s: not a domain name (RFC 1035 §2.3.4)",
		    (int)p->set.owner_len, p->set.text.bytes);
	p->pos = position_of(p->set.type, p->name, (size_t)len);
	return 0;
}

/* Read the next set whole. */
static void
advance(struct previous *p)
{
	const struct zonetext_record *rec;
	bool same_name;
	int taken;

	if (!next_record(p)) {
		p->set.records = 0;
		return;
	}
	rec = zonetext_record(p->reader);
	same_name = p->set.records > 0 && p->set.owner_len == rec->owner_len &&
	    memcmp(p->set.text.bytes, rec->owner, rec->owner_len) == 0;
	p->pending = false;
	if (rrset_start(&p->set, rec, &p->trouble) == -1 ||
	    locate(p, same_name) == -1) {
		end_in_trouble(p);
		return;
	}
	while (next_record(p)) {
		taken = rrset_take(&p->set, zonetext_record(p->reader),
		    &p->trouble);
		if (taken == -1)
			end_in_trouble(p);
		if (taken != 1) {
			p->pending = taken == 0;
			break;
		}
	}
	p->signatures += p->set.sig_records;
}

/* Is the file the one that expected, a SHA-256 in hex, names? */
static int
digest_matches(const char *file, const char *expected, bool *matches,
    struct diag *d)
{
	char digest[FILEDIGEST_TEXT];
	int fd = open(file, O_RDONLY | O_CLOEXEC), rc;

	if (fd == -1)
		return diag_system(d, "%s", file);
	if ((rc = filedigest_fd(fd, digest, d)) == -1)
		diag_prefix(d, "%s", file);
	else
		*matches = strcasecmp(digest, expected) == 0;
	(void)close(fd);
	return rc;
}

/* A reader that stands at the first set of zone.  -1: why is filled. */
static int
start_reading(struct previous *p, const char *zone, struct diag *why)
{
	struct stream_in *in;
	int fd = open(p->file, O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return diag_system(why, "%s: cannot open", p->file);
	zonetext_reader_close(p->reader);
	p->reader = NULL;
	if (stream_in_open(&in, fd, p->file, ZONETEXT_LINE_MAX, why) == -1) {
		(void)close(fd);
		return -1;
	}
	if (zonetext_reader_open(&p->reader, in, why) == -1)
		return -1;
	switch (zonetext_read(p->reader, why)) {
	case -1:
		return -1;
	case ZONETEXT_ZONE:
		if (strcmp(zonetext_zone_name(p->reader), zone) == 0)
			break;
		/* FALLTHROUGH */
	default:
		return diag_set(why, STATUS_BAD, "%s: not of zone %s", p->file,
		    zone);
	}
	p->set.records = 0;
	p->pending = p->troubled = false;
	p->signatures = 0;
	advance(p);
	if (p->troubled) {
		*why = p->trouble;
		return -1;
	}
	return 0;
}

/* Look for the DNSKEY RRset among the apex's sets, which come first. */
static int
find_dnskeys(struct previous *p, struct diag *d)
{
	struct rrset apex = { 0 };
	int rc = 0;

	if (p->set.records > 0)
		rc = text_append(&apex.text, p->set.text.bytes,
		    p->set.owner_len, d);
	apex.owner_len = p->set.owner_len;
	while (rc == 0 && p->set.records > 0 &&
	    rrset_same_owner(&p->set, &apex)) {
		if (p->set.type == RRTYPE_DNSKEY) {
			p->dnskeys = p->set;
			memset(&p->set, 0, sizeof(p->set));
			p->have_dnskeys = true;
			break;
		}
		advance(p);
	}
	rrset_free(&apex);
	return rc;
}

int
previous_open(struct previous **out, const char *file, const char *zone,
    const char *expected, struct diag *why, struct diag *d)
{
	struct previous *p;
	bool usable;

	*out = NULL;
	why->text[0] = '\0';
	if (access(file, F_OK) == -1 && errno == ENOENT)
		return 0;
	if ((p = calloc(1, sizeof(*p))) == NULL ||
	    (p->file = strdup(file)) == NULL) {
		free(p);
		return diag_system(d, "%s", file);
	}
	if (expected != NULL &&
	    digest_matches(file, expected, &p->ours, d) == -1) {
		previous_close(p);
		return -1;
	}
	usable = start_reading(p, zone, why) == 0 &&
	    find_dnskeys(p, why) == 0 && start_reading(p, zone, why) == 0;
	if (!usable) {
		previous_close(p);
		return 0;
	}
	*out = p;
	return 0;
}

bool
previous_is_ours(const struct previous *p)
{
	return p->ours;
}

const struct rrset *
previous_dnskeys(const struct previous *p)
{
	return p->have_dnskeys ? &p->dnskeys : NULL;
}

static void
step_over(struct previous *p)
{
	p->removed++;
	advance(p);
}

const struct rrset *
previous_at(struct previous *p, const struct position *pos)
{
	int order = 1;

	while (p->set.records > 0 &&
	    (order = position_compare(&p->pos, pos)) < 0)
		step_over(p);
	if (p->set.records == 0 || order != 0)
		return NULL;
	return &p->set;
}

void
previous_took(struct previous *p)
{
	advance(p);
}

void
previous_finish(struct previous *p)
{
	while (p->set.records > 0)
		step_over(p);
}

uint64_t
previous_removed(const struct previous *p)
{
	return p->removed;
}

uint64_t
previous_signatures(const struct previous *p)
{
	return p->signatures;
}

const char *
previous_trouble(const struct previous *p)
{
	return p->troubled ? p->trouble.text : NULL;
}

void
previous_close(struct previous *p)
{
	if (p == NULL)
		return;
	zonetext_reader_close(p->reader);
	rrset_free(&p->set);
	rrset_free(&p->dnskeys);
	free(p->file);
	free(p);
}
