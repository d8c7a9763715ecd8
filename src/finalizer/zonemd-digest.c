#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "namekey.h"
#include "rrtext.h"
#include "rrtype.h"
#include "tempfile.h"
#include "zonemd-digest.h"

#define CLASS_IN 1
#define RR_FIXED 10 /* type, class, TTL, RDLENGTH */

/* A section of the zone in a file without a name. */
struct section {
	int fd;
	struct stream_out *out;
	/* While it is read again: */
	struct stream_in *in;
	struct zonetext_record rec; /* the next record, if any */
	bool have;
	uint8_t key[NAMEKEY_MAX]; /* of its owner */
	size_t key_len;
};

/* The records of one owner, from both sections, as canonical wire RRs. */
struct wire_rr {
	size_t at, len; /* in the bytes */
	size_t rdata_at;
	uint16_t type;
};

struct owner {
	uint8_t key[NAMEKEY_MAX];
	size_t key_len;
	uint8_t *bytes;
	size_t len, size;
	struct wire_rr *rr;
	size_t count, room;
};

struct zonemd_spool {
	const char *folder;
	char *zone;
	struct section section[2];
	struct rrtext *text;
	struct owner owner;
	EVP_MD_CTX *ctx[ZONEMD_HASHES];
};

int
zonemd_spool_open(struct zonemd_spool **out, const char *folder, struct diag *d)
{
	struct zonemd_spool *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return diag_system(d, "zonemd");
	s->folder = folder;
	s->section[0].fd = s->section[1].fd = -1;
	if (rrtext_new(&s->text, d) == -1) {
		zonemd_spool_close(s);
		return -1;
	}
	*out = s;
	return 0;
}

static void
close_section(struct section *sec)
{
	stream_out_discard(sec->out);
	stream_in_close(sec->in);
	if (sec->fd != -1)
		(void)close(sec->fd);
	sec->out = NULL;
	sec->in = NULL;
	sec->fd = -1;
}

void
zonemd_spool_close(struct zonemd_spool *s)
{
	if (s == NULL)
		return;
	for (int i = 0; i < 2; i++)
		close_section(&s->section[i]);
	for (int i = 0; i < ZONEMD_HASHES; i++)
		EVP_MD_CTX_free(s->ctx[i]);
	rrtext_free(s->text);
	free(s->owner.bytes);
	free(s->owner.rr);
	free(s->zone);
	free(s);
}

int
zonemd_spool_begin(struct zonemd_spool *s, const char *zone, struct diag *d)
{
	free(s->zone);
	if ((s->zone = strdup(zone)) == NULL)
		return diag_system(d, "zonemd");
	for (int i = 0; i < 2; i++) {
		struct section *sec = &s->section[i];

		close_section(sec);
		if ((sec->fd = tempfile_open(s->folder, d)) == -1 ||
		    stream_out_open(&sec->out, sec->fd, "spool", d) == -1)
			return -1;
	}
	return 0;
}

/* Is it an NSEC3, or an RRSIG over one: section two? */
static bool
is_section_two(const struct zonetext_record *rec)
{
	return rec->type == RRTYPE_NSEC3 ||
	    (rec->type == RRTYPE_RRSIG && rec->rdata_len > 6 &&
		memcmp(rec->rdata, "NSEC3 ", 6) == 0);
}

int
zonemd_spool_add(
    struct zonemd_spool *s, const struct zonetext_record *rec, struct diag *d)
{
	struct stream_out *out = s->section[is_section_two(rec) ? 1 : 0].out;

	stream_write(out, rec->line, rec->line_len);
	stream_write(out, "\n", 1);
	return stream_failed(out) != 0 ? stream_flush(out, d) : 0;
}

/* --- reading again -------------------------------------------------------- */

static int
advance(struct section *sec, struct diag *d)
{
	const char *line;
	size_t len;
	const int rc = stream_in_line(sec->in, &line, &len, d);
	int key_len;

	sec->have = rc == 1;
	if (rc != 1)
		return rc;
	if (zonetext_split(line, len, &sec->rec, d) == -1)
		return -1;
	key_len =
	    namekey_from_text(sec->rec.owner, sec->rec.owner_len, sec->key);
	if (key_len == -1)
		return diag_set(d, STATUS_BAD, "%.*s: not a name",
		    (int)sec->rec.owner_len, sec->rec.owner);
	sec->key_len = (size_t)key_len;
	return 0;
}

static int
rewind_section(struct section *sec, struct diag *d)
{
	int fd;

	if (stream_flush(sec->out, d) == -1)
		return -1;
	stream_in_close(sec->in);
	sec->in = NULL;
	if (lseek(sec->fd, 0, SEEK_SET) == -1 || (fd = dup(sec->fd)) == -1)
		return diag_system(d, "spool");
	if (stream_in_open(&sec->in, fd, "spool", ZONETEXT_LINE_MAX, d) == -1) {
		(void)close(fd);
		return -1;
	}
	return advance(sec, d);
}

int
zonemd_spool_each(struct zonemd_spool *s,
    int (*visit)(void *ctx, const struct zonetext_record *rec, struct diag *d),
    void *ctx, struct diag *d)
{
	for (int i = 0; i < 2; i++) {
		struct section *sec = &s->section[i];

		if (rewind_section(sec, d) == -1)
			return -1;
		while (sec->have)
			if (visit(ctx, &sec->rec, d) == -1 ||
			    advance(sec, d) == -1)
				return -1;
	}
	return 0;
}

/* --- one owner ------------------------------------------------------------ */

static void
put16(uint8_t *p, uint32_t n)
{
	p[0] = (uint8_t)(n >> 8);
	p[1] = (uint8_t)n;
}

static int
make_room(struct owner *o, size_t len, struct diag *d)
{
	if (o->size - o->len < len) {
		const size_t size = (o->len + len) * 2;
		uint8_t *grown = realloc(o->bytes, size);

		if (grown == NULL)
			return diag_system(d, "an owner of %zu octets", size);
		o->bytes = grown;
		o->size = size;
	}
	if (o->count == o->room) {
		const size_t room = o->room * 2 + 16;
		struct wire_rr *grown = realloc(o->rr, room * sizeof(*grown));

		if (grown == NULL)
			return diag_system(d, "an owner of %zu records", room);
		o->rr = grown;
		o->room = room;
	}
	return 0;
}

static int
add_wire(
    struct zonemd_spool *s, const struct zonetext_record *from, struct diag *d)
{
	struct owner *o = &s->owner;
	struct rrtext_record rec;
	struct wire_rr *rr;
	uint8_t *p;

	if (rrtext_parse(s->text, from, &rec, d) == -1 ||
	    make_room(o, rec.owner_len + RR_FIXED + rec.rdata_len, d) == -1)
		return -1;
	rr = &o->rr[o->count++];
	rr->at = o->len;
	rr->type = rec.type;
	p = o->bytes + o->len;
	memcpy(p, rec.owner, rec.owner_len);
	p += rec.owner_len;
	put16(p, rec.type);
	put16(p + 2, CLASS_IN);
	put16(p + 4, rec.ttl >> 16);
	put16(p + 6, rec.ttl);
	put16(p + 8, (uint32_t)rec.rdata_len);
	p += RR_FIXED;
	memcpy(p, rec.rdata, rec.rdata_len);
	rr->rdata_at = (size_t)(p - o->bytes);
	o->len = rr->rdata_at + rec.rdata_len;
	rr->len = o->len - rr->at;
	return 0;
}

/* RFC 8976 §3.3.2: by type number, then by canonical RDATA. */
static int
compare_rr(const void *va, const void *vb, void *ctx)
{
	const struct wire_rr *a = va, *b = vb;
	const uint8_t *bytes = ctx;
	const size_t la = a->at + a->len - a->rdata_at;
	const size_t lb = b->at + b->len - b->rdata_at;
	int c;

	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	c = memcmp(bytes + a->rdata_at, bytes + b->rdata_at, la < lb ? la : lb);
	return c != 0 ? c : la < lb ? -1 : la > lb;
}

static int
digest_owner(struct zonemd_spool *s, struct diag *d)
{
	struct owner *o = &s->owner;

	qsort_r(o->rr, o->count, sizeof(*o->rr), compare_rr, o->bytes);
	for (size_t i = 0; i < o->count; i++) {
		/* RFC 8976 §3.3.1: a duplicate counts once. */
		if (i > 0 &&
		    compare_rr(&o->rr[i - 1], &o->rr[i], o->bytes) == 0)
			continue;
		for (int h = 1; h < ZONEMD_HASHES; h++)
			if (EVP_DigestUpdate(s->ctx[h], o->bytes + o->rr[i].at,
				o->rr[i].len) != 1)
				return diag_set(d, STATUS_SYSTEM, "digest");
	}
	return 0;
}

/* --- the zone ------------------------------------------------------------- */

/* RFC 8976 §3.3.1: what the digest itself would change is left out. */
static bool
is_excluded(const struct zonemd_spool *s, const struct zonetext_record *rec)
{
	if (rec->owner_len != strlen(s->zone) ||
	    memcmp(rec->owner, s->zone, rec->owner_len) != 0)
		return false;
	return rec->type == RRTYPE_ZONEMD ||
	    (rec->type == RRTYPE_RRSIG && rec->rdata_len > 7 &&
		memcmp(rec->rdata, "ZONEMD ", 7) == 0);
}

/* Move the records of the owner that comes first into s->owner. */
static int
take_owner(struct zonemd_spool *s, struct diag *d)
{
	struct owner *o = &s->owner;
	struct section *one = &s->section[0], *two = &s->section[1];
	const struct section *first = one;

	if (!one->have ||
	    (two->have &&
		namekey_compare(
		    two->key, two->key_len, one->key, one->key_len) < 0))
		first = two;
	memcpy(o->key, first->key, first->key_len);
	o->key_len = first->key_len;
	o->len = o->count = 0;
	for (int i = 0; i < 2; i++) {
		struct section *sec = &s->section[i];

		while (sec->have && sec->key_len == o->key_len &&
		    memcmp(sec->key, o->key, o->key_len) == 0) {
			if ((!is_excluded(s, &sec->rec) &&
				add_wire(s, &sec->rec, d) == -1) ||
			    advance(sec, d) == -1)
				return -1;
		}
	}
	return 0;
}

static int
start_digests(struct zonemd_spool *s, struct diag *d)
{
	const EVP_MD *md[ZONEMD_HASHES] = { NULL, EVP_sha384(), EVP_sha512() };

	for (int h = 1; h < ZONEMD_HASHES; h++) {
		if (s->ctx[h] == NULL)
			s->ctx[h] = EVP_MD_CTX_new();
		if (s->ctx[h] == NULL ||
		    EVP_DigestInit_ex(s->ctx[h], md[h], NULL) != 1)
			return diag_set(d, STATUS_SYSTEM, "digest");
	}
	return 0;
}

static int
finish_digests(
    struct zonemd_spool *s, char hex[ZONEMD_HASHES][2 * 64 + 1], struct diag *d)
{
	static const char digits[] = "0123456789ABCDEF";

	for (int h = 1; h < ZONEMD_HASHES; h++) {
		uint8_t digest[EVP_MAX_MD_SIZE];
		unsigned len;

		if (EVP_DigestFinal_ex(s->ctx[h], digest, &len) != 1)
			return diag_set(d, STATUS_SYSTEM, "digest");
		for (unsigned i = 0; i < len; i++) {
			hex[h][2 * i] = digits[digest[i] >> 4];
			hex[h][2 * i + 1] = digits[digest[i] & 15];
		}
		hex[h][2 * len] = '\0';
	}
	return 0;
}

int
zonemd_spool_digest(
    struct zonemd_spool *s, char hex[ZONEMD_HASHES][2 * 64 + 1], struct diag *d)
{
	if (start_digests(s, d) == -1 ||
	    rewind_section(&s->section[0], d) == -1 ||
	    rewind_section(&s->section[1], d) == -1)
		return -1;
	while (s->section[0].have || s->section[1].have)
		if (take_owner(s, d) == -1 || digest_owner(s, d) == -1)
			return -1;
	return finish_digests(s, hex, d);
}
