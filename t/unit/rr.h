/* One record of zone text as wire, for tests of signatures. */
#ifndef RR_H
#define RR_H

#include <libzscanner/scanner.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "name.h"

struct rr {
	uint8_t owner[NAME_WIRE_MAX];
	size_t owner_len;
	uint16_t type;
	uint8_t rdata[2048];
	size_t len;
};

static inline bool
rr_parse(const char *line, struct rr *rr)
{
	char text[8192];
	zs_scanner_t s;
	bool good;

	(void)snprintf(text, sizeof(text), "%s\n", line);
	if (zs_init(&s, ".", 1, 3600) != 0)
		return false;
	good = zs_set_input_string(&s, text, strlen(text)) == 0 &&
	    zs_parse_record(&s) == 0 && s.state == ZS_STATE_DATA;
	if (good) {
		memcpy(rr->owner, s.r_owner, s.r_owner_length);
		rr->owner_len = s.r_owner_length;
		name_lower(rr->owner);
		rr->type = s.r_type;
		memcpy(rr->rdata, s.r_data, s.r_data_length);
		rr->len = s.r_data_length;
	}
	zs_deinit(&s);
	return good;
}

/* RFC 4034 §3.1.8.1 for a set of one record. */
static inline size_t
rr_signed_data(const struct rr *rr, const struct rr *sig, size_t head,
    uint8_t *out)
{
	size_t n = 0;

	memcpy(out, sig->rdata, head);
	n += head;
	memcpy(out + n, rr->owner, rr->owner_len);
	n += rr->owner_len;
	out[n++] = (uint8_t)(rr->type >> 8);
	out[n++] = (uint8_t)rr->type;
	out[n++] = 0;
	out[n++] = 1;
	memcpy(out + n, sig->rdata + 4, 4); /* original TTL */
	n += 4;
	out[n++] = (uint8_t)(rr->len >> 8);
	out[n++] = (uint8_t)rr->len;
	memcpy(out + n, rr->rdata, rr->len);
	return n + rr->len;
}

#endif
