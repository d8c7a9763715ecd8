/* The audit record as a file: audit-record(5). */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "history_int.h"
#include "number.h"
#include "stream.h"

#define MAGIC	   ";audit-record 1"
#define LINE_MAX_  (128 * 1024)
#define FIELDS_MAX 8
#define KEYS_TAKEN 48 /* leaves room for the zone's own */

/* A key as the file has it. */
struct file_key {
	uint8_t *rdata;
	size_t size;
	struct key_times times;
};

struct reader {
	struct history *h;
	struct file_key key[KEYS_MAX]; /* by the file's numbers */
	size_t keys;
	struct rdata_parser *parser;
	uint8_t *rdata;
	const char *field[FIELDS_MAX];
	size_t len[FIELDS_MAX], fields;
	uint64_t lines;
	bool zone_seen, ended;
};

static void
split(struct reader *r, const char *line, size_t len)
{
	const char *end = line + len;

	r->fields = 0;
	while (r->fields < FIELDS_MAX) {
		const char *tab = r->fields == FIELDS_MAX - 1 ? NULL :
		    memchr(line, '\t', (size_t)(end - line));

		r->field[r->fields] = line;
		r->len[r->fields++] = (size_t)((tab != NULL ? tab : end) -
		    line);
		if (tab == NULL)
			return;
		line = tab + 1;
	}
}

static bool
moment(const struct reader *r, size_t i, int64_t *out)
{
	uint64_t n;

	if (i >= r->fields ||
	    number_u64(r->field[i], r->len[i], INT64_MAX / 4, &n) == -1)
		return false;
	*out = (int64_t)n;
	return true;
}

static bool
u32(const struct reader *r, size_t i, uint32_t *out)
{
	return i < r->fields &&
	    number_u32(r->field[i], r->len[i], UINT32_MAX, out) == 0;
}

/* Numbers of keys, separated by commas; "-" is none. */
static bool
key_list(const struct reader *r, size_t i, uint64_t *out)
{
	const char *p, *end;

	*out = 0;
	if (i >= r->fields)
		return false;
	p = r->field[i];
	end = p + r->len[i];
	if (end - p == 1 && *p == '-')
		return true;
	for (;;) {
		const char *comma = memchr(p, ',', (size_t)(end - p));
		const char *stop = comma != NULL ? comma : end;
		uint16_t n;

		if (number_u16(p, (size_t)(stop - p), KEYS_MAX - 1, &n) == -1)
			return false;
		*out |= UINT64_C(1) << n;
		if (comma == NULL)
			return true;
		p = comma + 1;
	}
}

static bool
rdata_field(struct reader *r, uint16_t type, const char *text, size_t len,
    size_t *size)
{
	static const uint8_t root[1] = { 0 };
	const char *why;
	const int n = rdata_parse(r->parser, type, text, len, root, r->rdata,
	    &why);

	*size = n > 0 ? (size_t)n : 0;
	return n > 0;
}

static bool
read_zone(struct reader *r)
{
	uint8_t name[WNAME_MAX];

	r->zone_seen = r->fields == 2 &&
	    wname_parse(r->field[1], r->len[1], NULL, name) > 0 &&
	    wname_equal(name, r->h->zone->apex);
	return r->zone_seen;
}

static bool
read_since(struct reader *r)
{
	return moment(r, 1, &r->h->since);
}

static bool
read_audited(struct reader *r)
{
	struct history *h = r->h;
	struct audited *a = &h->audited[h->audited_count];

	if (h->audited_count == AUDITED_MAX || r->fields != 4 ||
	    r->len[1] != 64 || !u32(r, 2, &a->serial) ||
	    !moment(r, 3, &a->time))
		return false;
	memcpy(a->digest, r->field[1], 64);
	a->digest[64] = '\0';
	h->audited_count++;
	return true;
}

static bool
read_key(struct reader *r)
{
	struct file_key *k = &r->key[r->keys];
	uint32_t number;
	size_t size;

	if (r->keys == KEYS_MAX || r->fields != 7 || !u32(r, 1, &number) ||
	    number != r->keys || !moment(r, 2, &k->times.published_first) ||
	    !moment(r, 3, &k->times.published_last) ||
	    !moment(r, 4, &k->times.used_first) ||
	    !moment(r, 5, &k->times.used_last) ||
	    !rdata_field(r, TYPE_DNSKEY, r->field[6], r->len[6], &size))
		return false;
	k->rdata = malloc(size);
	if (k->rdata == NULL)
		return false;
	memcpy(k->rdata, r->rdata, size);
	k->size = size;
	r->keys++;
	return true;
}

static bool
read_span(struct reader *r)
{
	struct history *h = r->h;
	struct span *s = &h->span[h->spans];
	uint32_t current;

	if (h->spans == SPANS_MAX || !moment(r, 1, &s->first) ||
	    !moment(r, 2, &s->last) || !u32(r, 3, &s->ttl) ||
	    !u32(r, 4, &current) || !key_list(r, 5, &s->keys))
		return false;
	s->dnskey = memcmp(r->field[0], "dnskeys", 7) == 0;
	s->current = current != 0;
	if (s->dnskey ? !key_list(r, 6, &s->signers) : r->fields != 6)
		return false;
	h->spans++;
	return true;
}

static bool
read_ds(struct reader *r)
{
	struct history *h = r->h;
	struct ds_set *set = &h->ds[h->ds_sets];
	const char *p, *end;
	uint32_t current;

	if (h->ds_sets == DS_SETS_MAX || r->fields != 6 ||
	    !moment(r, 1, &set->first) || !moment(r, 2, &set->last) ||
	    !u32(r, 3, &set->ttl) || !u32(r, 4, &current))
		return false;
	set->current = current != 0;
	p = r->field[5];
	end = p + r->len[5];
	while (p < end) {
		const char *comma = memchr(p, ',', (size_t)(end - p));
		const char *stop = comma != NULL ? comma : end;
		size_t size;

		if (set->count == DS_MAX || !rdata_field(r, TYPE_DS, p,
			(size_t)(stop - p), &size) || size < 4 ||
		    size > DS_SIZE_MAX)
			return false;
		memcpy(set->rdata[set->count], r->rdata, size);
		set->size[set->count++] = (uint8_t)size;
		p = comma != NULL ? comma + 1 : end;
	}
	h->ds_sets++;
	return true;
}

static bool
read_end(struct reader *r)
{
	uint64_t lines;

	r->ended = r->fields == 1 && r->len[0] > 11 &&
	    number_u64(r->field[0] + 11, r->len[0] - 11, UINT64_MAX,
		&lines) == 0 && lines == r->lines;
	return r->ended;
}

static const struct {
	const char *word;
	bool (*read)(struct reader *);
} rows[] = {
	{ "zone", read_zone }, { "since", read_since },
	{ "audited", read_audited }, { "key", read_key },
	{ "dnskeys", read_span }, { "signers", read_span }, { "ds", read_ds },
};

static bool
read_line(struct reader *r, const char *line, size_t len)
{
	if (r->ended)
		return false;
	split(r, line, len);
	if (len > 11 && memcmp(line, ";end lines=", 11) == 0)
		return read_end(r);
	r->lines++;
	if (!r->zone_seen && (r->len[0] != 4 || memcmp(line, "zone", 4) != 0))
		return false;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (r->len[0] == strlen(rows[i].word) &&
		    memcmp(line, rows[i].word, r->len[0]) == 0)
			return rows[i].read(r);
	return false;
}

static uint64_t
renumber(uint64_t keys, const int map[KEYS_MAX])
{
	uint64_t out = 0;

	for (size_t i = 0; i < KEYS_MAX; i++)
		if ((keys & UINT64_C(1) << i) != 0 && map[i] != -1)
			out |= UINT64_C(1) << map[i];
	return out;
}

/* Keys and spans of which a cache may hold something, in the zone's numbers. */
static bool
take(struct reader *r)
{
	struct history *h = r->h;
	uint64_t wanted = 0;
	size_t kept = 0;
	int map[KEYS_MAX];

	for (size_t i = 0; i < h->spans; i++) {
		const struct span *s = &h->span[i];

		if (span_end(h, s->current, s->last, s->ttl) <
		    h->zone->set->now)
			continue;
		h->span[kept] = *s;
		wanted |= s->keys | s->signers;
		kept++;
	}
	h->spans = kept;
	for (size_t i = 0; i < KEYS_MAX; i++) {
		map[i] = -1;
		if ((wanted & UINT64_C(1) << i) == 0)
			continue;
		if (i >= r->keys)
			return false;
		if (h->zone->keys.count < KEYS_TAKEN)
			map[i] = keyset_add(&h->zone->keys, r->key[i].rdata,
			    r->key[i].size);
		if (map[i] != -1)
			h->key[map[i]] = r->key[i].times;
	}
	for (size_t i = 0; i < h->spans; i++) {
		h->span[i].keys = renumber(h->span[i].keys, map);
		h->span[i].signers = renumber(h->span[i].signers, map);
	}
	return true;
}

static int
read_lines(struct reader *r, struct stream_in *in, struct diag *d)
{
	const char *line;
	size_t len;
	int rc;

	rc = stream_in_line(in, &line, &len, d);
	if (rc == -1)
		return -1;
	if (rc == 0 || len != strlen(MAGIC) ||
	    memcmp(line, MAGIC, len) != 0)
		return diag_set(d, STATUS_BAD, "%s: no audit record "
		    "(audit-record(5))", stream_in_name(in));
	while ((rc = stream_in_line(in, &line, &len, d)) == 1)
		if (!read_line(r, line, len))
			return diag_set(d, STATUS_BAD, "%s:%" PRIu64 ": not a "
			    "line of this zone's audit record "
			    "(audit-record(5))", stream_in_name(in),
			    stream_in_lines(in));
	if (rc == -1)
		return -1;
	if (!r->ended)
		return diag_set(d, STATUS_BAD, "%s: truncated "
		    "(audit-record(5))", stream_in_name(in));
	if (!take(r))
		return diag_set(d, STATUS_BAD, "%s: a key that is not there "
		    "(audit-record(5))", stream_in_name(in));
	return 0;
}

int
history_read(struct history *h, const char *path, struct diag *d)
{
	struct reader *r = calloc(1, sizeof(*r));
	struct stream_in *in = NULL;
	int fd, rc = -1;

	if (r == NULL)
		return diag_system(d, "%s", path);
	r->h = h;
	r->parser = rdata_parser_new(h->zone->types);
	r->rdata = malloc(RDATA_MAX);
	if (r->parser == NULL || r->rdata == NULL) {
		(void)diag_system(d, "%s", path);
		goto out;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1 && errno == ENOENT) {
		rc = 0; /* the first audit */
		goto out;
	}
	if (fd == -1) {
		(void)diag_system(d, "%s", path);
		goto out;
	}
	if (stream_in_open(&in, fd, path, LINE_MAX_, d) == -1)
		goto out;
	rc = read_lines(r, in, d);
out:
	stream_in_close(in);
	for (size_t i = 0; i < r->keys; i++)
		free(r->key[i].rdata);
	rdata_parser_free(r->parser);
	free(r->rdata);
	free(r);
	return rc;
}

/* --- writing --------------------------------------------------------------- */

static void
write_keys(struct stream_out *out, uint64_t keys)
{
	const char *comma = "";

	if (keys == 0)
		stream_puts(out, "-");
	for (unsigned i = 0; i < KEYS_MAX; i++) {
		if ((keys & UINT64_C(1) << i) == 0)
			continue;
		stream_printf(out, "%s%u", comma, i);
		comma = ",";
	}
}

static int
write_key(const struct history *h, struct stream_out *out, size_t i,
    struct diag *d)
{
	const struct key *k = &h->zone->keys.key[i];
	const struct key_times *t = &h->key[i];
	const size_t size = (size_t)k->size - 4;
	uint8_t *text = malloc(size * 4 / 3 + 8);

	if (text == NULL)
		return diag_system(d, "audit record");
	text[EVP_EncodeBlock(text, k->rdata + 4, (int)size)] = '\0';
	stream_printf(out, "key\t%zu\t%" PRId64 "\t%" PRId64 "\t%" PRId64
	    "\t%" PRId64 "\t%u %u %u ", i, t->published_first,
	    t->published_last, t->used_first, t->used_last, k->flags,
	    k->protocol, k->algorithm);
	stream_puts(out, (const char *)text);
	stream_puts(out, "\n");
	free(text);
	return 0;
}

static void
write_span(const struct span *s, struct stream_out *out)
{
	stream_printf(out, "%s\t%" PRId64 "\t%" PRId64 "\t%u\t%d\t",
	    s->dnskey ? "dnskeys" : "signers", s->first, s->last, s->ttl,
	    s->current);
	write_keys(out, s->keys);
	if (s->dnskey) {
		stream_puts(out, "\t");
		write_keys(out, s->signers);
	}
	stream_puts(out, "\n");
}

static void
write_ds(const struct ds_set *set, struct stream_out *out)
{
	stream_printf(out, "ds\t%" PRId64 "\t%" PRId64 "\t%u\t%d\t",
	    set->first, set->last, set->ttl, set->current);
	for (size_t i = 0; i < set->count; i++) {
		const uint8_t *p = set->rdata[i];

		stream_printf(out, "%s%u %u %u ", i > 0 ? "," : "",
		    p[0] << 8 | p[1], p[2], p[3]);
		for (size_t k = 4; k < set->size[i]; k++)
			stream_printf(out, "%02X", p[k]);
	}
	stream_puts(out, "\n");
}

int
history_put(const struct history *h, struct stream_out *out, struct diag *d)
{
	char name[WNAME_TEXT_MAX];
	uint64_t lines = 2;

	(void)wname_print(h->zone->apex, name);
	stream_printf(out, "%s\nzone\t%s\nsince\t%" PRId64 "\n", MAGIC, name,
	    h->since);
	for (size_t i = 0; i < h->audited_count; i++, lines++)
		stream_printf(out, "audited\t%s\t%u\t%" PRId64 "\n",
		    h->audited[i].digest, h->audited[i].serial,
		    h->audited[i].time);
	for (size_t i = 0; i < h->zone->keys.count; i++, lines++)
		if (write_key(h, out, i, d) == -1)
			return -1;
	for (size_t i = 0; i < h->spans; i++, lines++)
		write_span(&h->span[i], out);
	for (size_t i = 0; i < h->ds_sets; i++) {
		if (h->ds[i].count == 0 || span_end(h, h->ds[i].current,
			h->ds[i].last, h->ds[i].ttl) < h->zone->set->now)
			continue;
		write_ds(&h->ds[i], out);
		lines++;
	}
	stream_printf(out, ";end lines=%" PRIu64 "\n", lines);
	return 0;
}
