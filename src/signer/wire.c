#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "duration.h"
#include "name.h"
#include "rrtext.h"
#include "rrtype.h"
#include "wire.h"

#define RRSIG_FIXED 18 /* octets of RRSIG RDATA before the signer's name */
#define RR_FIXED    10 /* type, class, TTL, RDLENGTH */
#define CLASS_IN    1

struct wire {
	struct rrtext *text;
	/* Of the set taken last: what is shared by all of its signatures. */
	uint16_t type;
	uint8_t labels;
	uint32_t ttl;
	struct text rrs;   /* canonical RRs */
	size_t rdata_at;   /* of the last one, in rrs */
	struct text tbs;
};

int
wire_new(struct wire **out, struct diag *d)
{
	struct wire *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return diag_system(d, "wire format");
	if (rrtext_new(&w->text, d) == -1) {
		free(w);
		return -1;
	}
	*out = w;
	return 0;
}

void
wire_free(struct wire *w)
{
	if (w == NULL)
		return;
	rrtext_free(w->text);
	text_free(&w->rrs);
	text_free(&w->tbs);
	free(w);
}

static void
put16(uint8_t *p, uint32_t n)
{
	p[0] = (uint8_t)(n >> 8);
	p[1] = (uint8_t)n;
}

static void
put32(uint8_t *p, uint32_t n)
{
	put16(p, n >> 16);
	put16(p + 2, n);
}

/* RFC 4034 §6.3: RDATA as octet strings, a missing octet first. */
static bool
is_above(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	const int c = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return c != 0 ? c > 0 : a_len > b_len;
}

static int
add_rr(struct wire *w, const struct rrtext_record *rec, bool first,
    struct diag *d)
{
	uint8_t fixed[RR_FIXED], *rdata;
	const size_t before = w->rdata_at;
	const size_t before_len = first ? 0 : w->rrs.len - before;

	put16(fixed, rec->type);
	put16(fixed + 2, CLASS_IN);
	put32(fixed + 4, rec->ttl);
	put16(fixed + 8, (uint32_t)rec->rdata_len);
	if (text_append(&w->rrs, rec->owner, rec->owner_len, d) == -1 ||
	    text_append(&w->rrs, fixed, sizeof(fixed), d) == -1)
		return -1;
	w->rdata_at = w->rrs.len;
	if (text_append(&w->rrs, rec->rdata, rec->rdata_len, d) == -1)
		return -1;
	/* Whoever wrote the stream, the canonical form is what is signed. */
	rdata = (uint8_t *)w->rrs.bytes + w->rdata_at;
	if (rrtext_canonical(rec->type, rdata, rec->rdata_len, d) == -1)
		return -1;
	if (!first &&
	    !is_above(rdata, rec->rdata_len, (uint8_t *)w->rrs.bytes + before,
		before_len))
		return diag_set(d, STATUS_BAD,
		    "not in canonical order, or twice: run sort-zone first "
		    "(RFC 4034 §6.3)");
	return 0;
}

/* RFC 4034 §3.1.3: a wildcard label is not counted. */
static unsigned
labels_of(const struct item *head, const char *text)
{
	return name_labels(text, head->owner_len) -
	    (name_is_wildcard(text, head->owner_len) ? 1 : 0);
}

int
wire_rrset(struct wire *w, const struct item *head, const char *text,
    struct diag *d)
{
	struct rrtext_record rec;
	uint32_t records = 0;
	int rc;

	w->rrs.len = 0;
	w->type = head->type;
	w->ttl = head->ttl;
	w->labels = (uint8_t)labels_of(head, text);
	rrtext_block(w->text, text, head->text_len);
	while ((rc = rrtext_next(w->text, &rec, d)) == 1) {
		if (add_rr(w, &rec, records == 0, d) == -1)
			return -1;
		records++;
	}
	return rc;
}

int
wire_tbs(struct wire *w, const struct signing *s, const uint8_t **data,
    size_t *len, struct diag *d)
{
	uint8_t fixed[RRSIG_FIXED];

	put16(fixed, w->type);
	fixed[2] = s->algorithm;
	fixed[3] = w->labels;
	put32(fixed + 4, w->ttl);
	put32(fixed + 8, s->expiration);
	put32(fixed + 12, s->inception);
	put16(fixed + 16, s->tag);
	w->tbs.len = 0;
	if (text_append(&w->tbs, fixed, sizeof(fixed), d) == -1 ||
	    text_append(&w->tbs, s->signer, s->signer_len, d) == -1 ||
	    text_append(&w->tbs, w->rrs.bytes, w->rrs.len, d) == -1)
		return -1;
	*data = (const uint8_t *)w->tbs.bytes;
	*len = w->tbs.len;
	return 0;
}

int
wire_rrsig_line(const struct item *head, const char *text,
    const struct signing *s, const char *zone, const uint8_t *sig,
    size_t sig_len, struct text *out, struct diag *d)
{
	char type[RRTYPE_TEXT_MAX], from[15], to[15], fields[128];
	uint8_t base64[KEY_SIGNATURE_MAX / 3 * 4 + 5];
	int n;

	rrtype_to_stream(head->type, type);
	moment_format(s->expiration, to);
	moment_format(s->inception, from);
	n = snprintf(fields, sizeof(fields), "\t%u\tIN\tRRSIG\t%s %u %u %u %s %s %u ",
	    head->ttl, type, s->algorithm, labels_of(head, text), head->ttl, to,
	    from, s->tag);
	if (text_append(out, text, head->owner_len, d) == -1 ||
	    text_append(out, fields, (size_t)n, d) == -1 ||
	    text_append(out, zone, strlen(zone), d) == -1 ||
	    text_append(out, " ", 1, d) == -1)
		return -1;
	n = EVP_EncodeBlock(base64, sig, (int)sig_len);
	return text_append_line(out, (const char *)base64, (size_t)n, d);
}

int
wire_signature(const char *base64, size_t len, uint8_t *out, size_t max)
{
	uint8_t block[KEY_SIGNATURE_MAX + 4];
	int n;

	if (len == 0 || len % 4 != 0 || len / 4 * 3 > sizeof(block) ||
	    (n = EVP_DecodeBlock(block, (const uint8_t *)base64, (int)len)) ==
		-1)
		return -1;
	n -= base64[len - 1] == '=' ? base64[len - 2] == '=' ? 2 : 1 : 0;
	if (n <= 0 || (size_t)n > max)
		return -1;
	memcpy(out, block, (size_t)n);
	return n;
}
