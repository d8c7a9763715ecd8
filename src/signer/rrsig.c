#include <string.h>

#include "duration.h"
#include "number.h"
#include "rrsig.h"
#include "rrtype.h"

/* The next word of [*s, end), split off at one space. */
static int
word(const char **s, const char *end, const char **start, size_t *len)
{
	const char *space;

	if (*s == NULL)
		return -1;
	*start = *s;
	space = memchr(*s, ' ', (size_t)(end - *s));
	*len = (size_t)((space != NULL ? space : end) - *s);
	*s = space != NULL ? space + 1 : NULL;
	return *len > 0 ? 0 : -1;
}

static int
word_u32(const char **s, const char *end, uint32_t max, uint32_t *out)
{
	const char *start;
	size_t len;

	if (word(s, end, &start, &len) == -1)
		return -1;
	return number_u32(start, len, max, out);
}

/* 14 digits; moments up to 2106 fit 32 bits, and beyond they wrap. */
static int
word_moment(const char **s, const char *end, uint32_t *out)
{
	const char *start;
	size_t len;
	int64_t t;

	if (word(s, end, &start, &len) == -1 || len != 14 ||
	    moment_parse(start, len, &t) == -1)
		return -1;
	*out = (uint32_t)t;
	return 0;
}

int
rrsig_split(const char *rdata, size_t len, struct rrsig *out, struct diag *d)
{
	const char *s = rdata, *end = rdata + len, *type;
	uint32_t algorithm, labels, tag;
	size_t type_len;

	if (word(&s, end, &type, &type_len) == -1 ||
	    rrtype_from_stream(type, type_len, &out->covered) == -1 ||
	    word_u32(&s, end, UINT8_MAX, &algorithm) == -1 ||
	    word_u32(&s, end, UINT8_MAX, &labels) == -1 ||
	    word_u32(&s, end, UINT32_MAX, &out->original_ttl) == -1 ||
	    word_moment(&s, end, &out->expiration) == -1 ||
	    word_moment(&s, end, &out->inception) == -1 ||
	    word_u32(&s, end, UINT16_MAX, &tag) == -1 ||
	    word(&s, end, &out->signer, &out->signer_len) == -1 ||
	    word(&s, end, &out->signature, &out->signature_len) == -1 ||
	    s != NULL)
		return diag_set(d, STATUS_BAD,
		    "not an RRSIG as zonetext(5) writes it (RFC 4034 §3.2)");
	out->algorithm = (uint8_t)algorithm;
	out->labels = (uint8_t)labels;
	out->tag = (uint16_t)tag;
	return 0;
}

int64_t
serial_difference(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}
