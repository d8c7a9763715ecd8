#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base64.h"
#include "dnskey.h"
#include "duration.h"
#include "evidence.h"
#include "number.h"
#include "rrtype.h"
#include "signconf.h"

#define KEYS_MAX SIGNCONF_KEYS_MAX

void
evidence_clear(struct evidence_file *e)
{
	free(e->keys);
	free(e->ends);
	memset(e, 0, sizeof(*e));
}

/* The row of a tag and algorithm, made if it is not there; NULL: too many. */
static struct published_key *
key_of(struct evidence_file *e, uint16_t tag, uint8_t algorithm)
{
	struct published_key *k;

	for (size_t i = 0; i < e->nkeys; i++)
		if (e->keys[i].tag == tag && e->keys[i].algorithm == algorithm)
			return &e->keys[i];
	if (e->nkeys == KEYS_MAX)
		return NULL;
	if (e->keys == NULL &&
	    ((e->keys = calloc(KEYS_MAX, sizeof(*e->keys))) == NULL ||
		(e->ends = calloc(KEYS_MAX, sizeof(*e->ends))) == NULL))
		return NULL;
	k = &e->keys[e->nkeys++];
	k->tag = tag;
	k->algorithm = algorithm;
	return k;
}

static void
finish(struct evidence_file *e)
{
	e->p.keys = e->keys;
	e->p.nkeys = e->nkeys;
}

/* ---- facts ---- */

#define FACT "sign-rrsets."

/* "TAG/ALG" or "TAG/ALG/COUNT", comma separated. */
static int
take_list(struct evidence_file *e, const char *list, bool counts)
{
	while (*list != '\0') {
		const size_t item = strcspn(list, ",");
		const size_t tag_len = strcspn(list, "/");
		const char *rest = list + tag_len + 1;
		const size_t alg_len =
		    tag_len >= item ? 0 : strcspn(rest, "/,");
		struct published_key *k;
		uint16_t tag, algorithm;
		uint64_t count = 0;

		if (tag_len >= item ||
		    number_u16(list, tag_len, UINT16_MAX, &tag) == -1 ||
		    number_u16(rest, alg_len, UINT8_MAX, &algorithm) == -1)
			return -1;
		if (counts != (rest + alg_len < list + item))
			return -1;
		if (counts &&
		    number_u64(rest + alg_len + 1, item - tag_len - alg_len - 2,
			UINT64_MAX, &count) == -1)
			return -1;
		if ((k = key_of(e, tag, (uint8_t)algorithm)) == NULL)
			return -1;
		if (counts)
			k->signatures = count;
		else
			k->dnskey = true;
		list += item + (list[item] == ',');
	}
	return 0;
}

static int
take_facts(struct evidence_file *e, const struct zonetext_keys *facts,
    bool *whole, struct diag *d)
{
	struct {
		const char *key;
		uint64_t max, value;
		bool needed;
	} numbers[] = {
		{ FACT "dnskey-ttl", INT32_MAX, 0, true },
		{ "max-ttl", INT32_MAX, 0, true },
		{ FACT "negative-ttl", INT32_MAX, 0, true },
		{ FACT "rrsets", UINT64_MAX, 0, true },
		{ FACT "serial", UINT32_MAX, 0, true },
		{ FACT "earliest-expiration", INT64_MAX, 0, false },
		{ "read-zone.max-ttl", INT32_MAX, 0, false },
	};

	*whole = true;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		const int rc = zonetext_get_u64(facts, numbers[i].key,
		    numbers[i].max, &numbers[i].value, d);

		if (rc == -1)
			return -1;
		*whole &= rc == 1 || !numbers[i].needed;
	}
	e->p.dnskey_ttl = (int64_t)numbers[0].value;
	e->p.max_ttl = (int64_t)numbers[1].value;
	e->p.negative_ttl = (int64_t)numbers[2].value;
	e->p.rrsets = numbers[3].value;
	e->p.serial = (uint32_t)numbers[4].value;
	e->earliest = (int64_t)numbers[5].value;
	e->p.input_ttl = (int64_t)numbers[6].value;
	return 0;
}

int
evidence_from_facts(
    struct evidence_file *e, const struct zonetext_keys *facts, struct diag *d)
{
	const char *dnskeys = zonetext_get(facts, FACT "dnskeys");
	const char *signatures = zonetext_get(facts, FACT "signatures");
	bool whole;

	memset(e, 0, sizeof(*e));
	if (take_facts(e, facts, &whole, d) == -1)
		return -1;
	if (!whole || dnskeys == NULL || signatures == NULL)
		return 0;
	if (take_list(e, dnskeys, false) == -1 ||
	    take_list(e, signatures, true) == -1) {
		evidence_clear(e);
		return diag_set(d, STATUS_BAD,
		    FACT "dnskeys=%.200s, "
			 "signatures=%.200s: malformed (jobs(5))",
		    dnskeys, signatures);
	}
	finish(e);
	return 1;
}

/* ---- the file ---- */

/* RDATA by fields: single blanks between. */
struct words {
	const char *at, *end;
};

static bool
next_word(struct words *w, const char **word, size_t *len)
{
	const char *blank;

	if (w->at == NULL)
		return false;
	blank = memchr(w->at, ' ', (size_t)(w->end - w->at));
	*word = w->at;
	*len = (size_t)((blank == NULL ? w->end : blank) - w->at);
	w->at = blank == NULL ? NULL : blank + 1;
	return true;
}

/* The set that the last RRSIG covered, to count each once. */
struct covered {
	char owner[1024];
	size_t owner_len;
	uint16_t type;
	bool any;
};

static bool
is_new_set(struct covered *c, const struct zonetext_record *rec, uint16_t type)
{
	if (c->any && c->type == type && c->owner_len == rec->owner_len &&
	    memcmp(c->owner, rec->owner, rec->owner_len) == 0)
		return false;
	if (rec->owner_len > sizeof(c->owner))
		return true;
	memcpy(c->owner, rec->owner, rec->owner_len);
	c->owner_len = rec->owner_len;
	c->type = type;
	c->any = true;
	return true;
}

static void
note_end(struct signature_ends *ends, uint16_t type, int64_t expiration)
{
	int64_t *end = type == RRTYPE_NSEC3 || type == RRTYPE_NSEC3PARAM
	    ? &ends->chain
	    : &ends->other;

	if (type != RRTYPE_SOA && expiration > *end)
		*end = expiration;
}

struct rrsig {
	uint16_t covered, algorithm, tag;
	int64_t expiration;
};

/* covered alg labels ttl expiration inception tag signer signature */
static int
read_rrsig(struct rrsig *to, const struct zonetext_record *rec)
{
	struct words w = { rec->rdata, rec->rdata + rec->rdata_len };
	const char *word[7];
	size_t len[7];

	for (size_t i = 0; i < 7; i++)
		if (!next_word(&w, &word[i], &len[i]))
			return -1;
	if (rrtype_from_text(word[0], len[0], &to->covered) == -1 ||
	    number_u16(word[1], len[1], UINT8_MAX, &to->algorithm) == -1 ||
	    moment_parse(word[4], len[4], &to->expiration) == -1 ||
	    number_u16(word[6], len[6], UINT16_MAX, &to->tag) == -1)
		return -1;
	return 0;
}

static int
take_rrsig(struct evidence_file *e, struct covered *c,
    const struct zonetext_record *rec)
{
	struct published_key *k;
	struct rrsig sig;

	if (read_rrsig(&sig, rec) == -1)
		return -1;
	if (e->earliest == 0 || sig.expiration < e->earliest)
		e->earliest = sig.expiration;
	if (sig.covered == RRTYPE_DNSKEY)
		return 0;
	if (is_new_set(c, rec, sig.covered))
		e->p.rrsets++;
	if ((k = key_of(e, sig.tag, (uint8_t)sig.algorithm)) == NULL)
		return -1;
	k->signatures++;
	note_end(&e->ends[k - e->keys], sig.covered, sig.expiration);
	return 0;
}

/* flags protocol algorithm key */
static int
take_dnskey(struct evidence_file *e, const struct zonetext_record *rec)
{
	struct words w = { rec->rdata, rec->rdata + rec->rdata_len };
	uint8_t pub[DNSKEY_PUBLIC_MAX], rdata[DNSKEY_RDATA_MAX];
	const char *word[4];
	size_t len[4], size;
	uint16_t flags, algorithm;
	struct published_key *k;

	for (size_t i = 0; i < 4; i++)
		if (!next_word(&w, &word[i], &len[i]))
			return -1;
	if (number_u16(word[0], len[0], UINT16_MAX, &flags) == -1 ||
	    number_u16(word[2], len[2], UINT8_MAX, &algorithm) == -1 ||
	    base64_decode(word[3], len[3], pub, sizeof(pub), &size) == -1)
		return -1;
	size = dnskey_rdata(flags, (uint8_t)algorithm, pub, size, rdata);
	k = key_of(e, dnskey_tag(rdata, size), (uint8_t)algorithm);
	if (k == NULL)
		return -1;
	k->dnskey = true;
	if (rec->ttl > e->p.dnskey_ttl)
		e->p.dnskey_ttl = rec->ttl;
	return 0;
}

/* mname rname serial refresh retry expire minimum */
static int
take_soa(struct evidence_file *e, const struct zonetext_record *rec)
{
	struct words w = { rec->rdata, rec->rdata + rec->rdata_len };
	const char *word[7];
	size_t len[7];
	uint32_t minimum;

	for (size_t i = 0; i < 7; i++)
		if (!next_word(&w, &word[i], &len[i]))
			return -1;
	if (number_u32(word[2], len[2], UINT32_MAX, &e->p.serial) == -1 ||
	    number_u32(word[6], len[6], UINT32_MAX, &minimum) == -1)
		return -1;
	e->p.negative_ttl = rec->ttl < minimum ? rec->ttl : minimum;
	return 0;
}

static int
take_record(struct evidence_file *e, struct covered *c,
    const struct zonetext_record *rec)
{
	if (rec->ttl > e->p.max_ttl)
		e->p.max_ttl = rec->ttl;
	switch (rec->type) {
	case RRTYPE_RRSIG:
		return take_rrsig(e, c, rec);
	case RRTYPE_DNSKEY:
		return take_dnskey(e, rec);
	case RRTYPE_SOA:
		return take_soa(e, rec);
	default:
		return 0;
	}
}

static int
take_stream(struct evidence_file *e, struct zonetext_reader *r,
    const char *zone, struct diag *d)
{
	struct covered c = { .any = false };
	bool ended = false;
	int item;

	while ((item = zonetext_read(r, d)) != ZONETEXT_DONE) {
		if (item == -1)
			return -1;
		if (item == ZONETEXT_ZONE &&
		    (ended || strcmp(zonetext_zone_name(r), zone) != 0))
			return diag_set(d, STATUS_BAD,
			    "%s: zone %s stands here in place of %s",
			    zonetext_place(r), zonetext_zone_name(r), zone);
		if (item == ZONETEXT_FAIL)
			return diag_set(d, STATUS_BAD, "%s: the zone failed",
			    zonetext_place(r));
		if (item == ZONETEXT_END)
			ended = true;
		if (item == ZONETEXT_RECORD &&
		    take_record(e, &c, zonetext_record(r)) == -1)
			return diag_set(d, STATUS_BAD,
			    "%s: malformed RDATA, or more than %d keys",
			    zonetext_place(r), KEYS_MAX);
	}
	if (!ended)
		return diag_set(d, STATUS_BAD, "no zone in it");
	return 0;
}

/* The expiration of that key's RRSIG; 0: it is another's, or of another type. */
static int64_t
dnskey_end(const struct zonetext_record *rec, uint16_t tag, uint8_t algorithm)
{
	struct rrsig sig;

	if (rec->type != RRTYPE_RRSIG || read_rrsig(&sig, rec) == -1 ||
	    sig.covered != RRTYPE_DNSKEY || sig.tag != tag ||
	    sig.algorithm != algorithm)
		return 0;
	return sig.expiration;
}

static int
open_published(struct zonetext_reader **out, const char *path, struct diag *d)
{
	struct stream_in *in = NULL;
	const int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return diag_system(d, "%s", path);
	if (stream_in_open(&in, fd, path, ZONETEXT_LINE_MAX, d) == -1)
		return -1;
	return zonetext_reader_open(out, in, d);
}

int64_t
evidence_dnskey_end(const char *path, uint16_t tag, uint8_t algorithm)
{
	struct zonetext_reader *r = NULL;
	struct covered apex = { .any = false };
	struct diag d;
	int64_t end = 0;
	int item;

	if (open_published(&r, path, &d) == -1)
		return 0;
	while ((item = zonetext_read(r, &d)) == ZONETEXT_ZONE ||
	    item == ZONETEXT_RECORD) {
		if (item == ZONETEXT_ZONE)
			continue;
		/* The apex comes first (zonetext(5)). */
		if (is_new_set(&apex, zonetext_record(r), 0) && end != 0)
			break;
		end = moment_max(
		    end, dnskey_end(zonetext_record(r), tag, algorithm));
	}
	zonetext_reader_close(r);
	return end;
}

int
evidence_from_file(
    struct evidence_file *e, const char *path, const char *zone, struct diag *d)
{
	struct zonetext_reader *r = NULL;
	int rc;

	memset(e, 0, sizeof(*e));
	if (open_published(&r, path, d) == -1)
		return -1;
	rc = take_stream(e, r, zone, d);
	zonetext_reader_close(r);
	if (rc == -1) {
		evidence_clear(e);
		return -1;
	}
	finish(e);
	return 0;
}
