#include <string.h>

#include "address.h"
#include "dnsio.h"
#include "dnsmsg.h"
#include "name.h"
#include "pool.h"
#include "report.h"
#include "sendnotify.h"
#include "tsig.h"

struct sending {
	const struct sendnotify_options *options;
	uint8_t zone[NAME_WIRE_MAX];
	struct address server;
	char place[ADDRESS_TEXT_MAX];
	struct tsig *tsig;
	struct pool *pool;
	uint8_t query[DNSMSG_QUERY_MAX];
	size_t query_len;
};

static int
set_zone(struct sending *s, const char *zone, struct diag *d)
{
	char absolute[NAME_TEXT_MAX + 2];
	const size_t len = strlen(zone);

	if (len == 0 || len >= NAME_TEXT_MAX)
		return diag_set(d, STATUS_USAGE, "'%s' is no zone", zone);
	memcpy(absolute, zone, len + 1);
	if (name_from_text(absolute, len, s->zone) == -1) {
		memcpy(absolute + len, ".", 2);
		if (name_from_text(absolute, len + 1, s->zone) == -1)
			return diag_set(d, STATUS_USAGE,
			    "%s: not a domain name (RFC 1035 §2.3.4)", zone);
	}
	name_lower(s->zone);
	return 0;
}

static bool
answers(const void *ctx, const uint8_t *message, size_t len)
{
	const struct sending *s = ctx;

	return dnsmsg_answers(message, len, s->query, s->query_len, true);
}

static int
make_query(struct sending *s, struct diag *d)
{
	s->query_len = dnsmsg_notify(s->query, dnsmsg_id(), s->zone,
	    s->options->has_serial ? &s->options->serial : NULL);
	return tsig_sign(s->tsig, s->query, &s->query_len, sizeof(s->query), d);
}

/* RFC 1996 §3.12: any answer ends it; what does it say? */
static int
judge(struct sending *s, uint8_t *answer, size_t len, struct diag *d)
{
	char number[16];
	knot_pkt_t *pkt;
	unsigned rcode;

	pool_reset(s->pool);
	if (len < KNOT_WIRE_HEADER_SIZE || !answers(s, answer, len) ||
	    (pkt = knot_pkt_new(answer, (uint16_t)len, pool_mm(s->pool))) ==
		NULL)
		return diag_set(
		    d, STATUS_BAD, "%s: not an answer to NOTIFY", s->place);
	pkt->size = len;
	if (knot_pkt_parse(pkt, 0) != KNOT_EOK)
		return diag_set(
		    d, STATUS_BAD, "%s: a malformed answer", s->place);
	rcode = knot_wire_get_rcode(pkt->wire);
	if (pkt->tsig_rr != NULL && knot_tsig_rdata_is_ok(pkt->tsig_rr) &&
	    knot_tsig_rdata_error(pkt->tsig_rr) != 0)
		return diag_set(d, STATUS_BAD,
		    "%s: refuses our TSIG: %s (RFC 8945 §5.3.2)", s->place,
		    tsig_error_text(knot_tsig_rdata_error(pkt->tsig_rr)));
	if (rcode != KNOT_RCODE_NOERROR)
		return diag_set(d, STATUS_BAD, "%s: answers %s", s->place,
		    dnsmsg_rcode(rcode, number));
	if (tsig_check(s->tsig, pkt, d) == -1)
		return diag_prefix(d, "%s", s->place);
	return 0;
}

static int
over_tcp(struct sending *s, struct diag *d)
{
	const struct dnsio_limits limits = { s->options->wait_ms,
		2 * s->options->wait_ms };
	struct dnsio *io;
	uint8_t *answer;
	size_t len;
	int rc = -1;

	if (dnsio_connect(&io, &s->server, NULL, &limits, d) == -1)
		return -1;
	if (make_query(s, d) == 0 &&
	    dnsio_send(io, s->query, s->query_len, d) == 0) {
		rc = dnsio_receive(io, &answer, &len, d);
		if (rc == 0)
			rc = diag_set(d, STATUS_SYSTEM,
			    "%s: closed the connection", s->place);
		else if (rc == 1)
			rc = judge(s, answer, len, d);
	}
	dnsio_close(io);
	return rc;
}

static int
tell(struct sending *s, const char *server, struct diag *d)
{
	uint8_t answer[4096];
	struct diag tcp;
	int n;

	if (address_parse(&s->server, server, 53, d) == -1)
		return -1;
	(void)address_text(&s->server, s->place);
	if (make_query(s, d) == -1)
		return -1;
	n = dnsio_ask(&s->server, s->query, s->query_len, s->options->tries,
	    s->options->wait_ms, answers, s, answer, sizeof(answer), d);
	if (n != -1)
		return judge(s, answer, (size_t)n, d);
	if (over_tcp(s, &tcp) == 0)
		return 0;
	/* What UDP said is the better reason, unless TCP got an answer. */
	if (tcp.status == STATUS_BAD)
		*d = tcp;
	return -1;
}

enum status
sendnotify(const char *zone, char **server, int count,
    const struct sendnotify_options *options)
{
	struct sending s = { .options = options };
	knot_tsig_key_t key = { 0 };
	enum status status = STATUS_OK;
	struct diag d;

	if (set_zone(&s, zone, &d) == -1 ||
	    (options->key_file != NULL &&
		tsig_key_read(&key, options->key_file, &d) == -1))
		return report_diag(&d);
	if (tsig_open(&s.tsig, options->key_file != NULL ? &key : NULL, &d) ==
	    -1) {
		status = report_diag(&d);
	} else if ((s.pool = pool_new()) == NULL) {
		report_error("out of memory");
		status = STATUS_SYSTEM;
	}
	for (int i = 0; i < count && s.pool != NULL; i++) {
		if (tell(&s, server[i], &d) == 0) {
			report_info("%s: %s was told", zone, s.place);
			continue;
		}
		report_error("%s: NOTIFY: %s", zone, d.text);
		if (d.status > status)
			status = d.status;
	}
	tsig_close(s.tsig);
	pool_free(s.pool);
	tsig_key_free(&key);
	return status;
}
