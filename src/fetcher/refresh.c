#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "held.h"
#include "intake.h"
#include "refresh.h"
#include "report.h"
#include "serial.h"

struct refresh {
	const struct fetch_config *config;
	const struct fetch_zone *zone;
	const struct refresh_options *options;
	struct refresh_result *result;
	struct held held;
	const struct master *master; /* the one being asked */
	struct dnsio *io;	     /* to it, or NULL */
	int64_t now;
	bool lower; /* some master has a lower serial */
};

static int
connect_master(struct refresh *r, struct diag *d)
{
	if (r->io != NULL)
		return 0;
	return dnsio_connect(&r->io, &r->master->address, r->master->tls,
	    &r->options->limits, d);
}

static void
disconnect(struct refresh *r)
{
	dnsio_close(r->io);
	r->io = NULL;
}

static bool
answers(const void *ctx, const uint8_t *message, size_t len)
{
	return xfr_answers(ctx, message, len);
}

/* Send x's query over the connection and feed it all that comes back. */
static int
converse(struct refresh *r, struct xfr *x, struct diag *d)
{
	const uint8_t *query;
	uint8_t *message;
	size_t len;
	int rc;

	if (connect_master(r, d) == -1)
		return -1;
	xfr_query(x, &query, &len);
	if (dnsio_send(r->io, query, len, d) == -1)
		return -1;
	do {
		rc = dnsio_receive(r->io, &message, &len, d);
		if (rc == 0)
			return diag_set(d, STATUS_SYSTEM,
			    "%s: the connection was closed before the end of "
			    "the answer",
			    r->master->text);
		if (rc == 1)
			rc = xfr_message(x, message, len, d);
		else
			return -1;
	} while (rc == 0);
	return rc == 1 ? 0 : diag_prefix(d, "%s", r->master->text);
}

/* knotd answers for catalog zones over TCP only. */
static bool
wants_tcp(const struct refresh *r, const struct xfr *x)
{
	return r->zone->catalog && xfr_rcode(x) == KNOT_RCODE_REFUSED;
}

/* The master's SOA: over UDP, or over the connection where UDP cannot. */
static int
ask_soa(struct refresh *r, struct soa *soa, struct diag *d)
{
	static const struct xfr_limits none;
	uint8_t answer[4096];
	const uint8_t *query;
	struct xfr *x = NULL;
	size_t len;
	bool over_tcp = r->master->tls != NULL;
	int n, rc = -1;

	for (int round = 0; round < 2; round++) {
		xfr_close(x);
		x = NULL;
		if (xfr_open(&x, r->zone->wire, KNOT_RRTYPE_SOA, NULL,
			r->config->key, &none, NULL, NULL, d) == -1)
			return -1;
		if (over_tcp) {
			rc = converse(r, x, d);
			break;
		}
		xfr_query(x, &query, &len);
		n = dnsio_ask(&r->master->address, query, len,
		    r->options->udp_tries, r->options->udp_wait_ms, answers, x,
		    answer, sizeof(answer), d);
		if (n != -1 && xfr_message(x, answer, (size_t)n, d) == 1) {
			rc = 0;
			break;
		}
		if (n != -1 && !xfr_truncated(x) && !wants_tcp(r, x)) {
			diag_prefix(d, "%s", r->master->text);
			break;
		}
		over_tcp = true; /* no answer, or one that did not fit */
	}
	if (rc == 0)
		*soa = *xfr_soa(x);
	xfr_close(x);
	return rc;
}

/* ---- transfers ---- */

/* What was transferred is whole and proved; is it what we want? */
static int
check_serial(const struct refresh *r, const struct soa *soa, struct diag *d)
{
	if (r->options->force || !r->held.has_serial ||
	    serial_above(soa->serial, r->held.serial))
		return 0;
	return diag_set(d, STATUS_BAD,
	    "%s: transferred serial %" PRIu32 ", which is not newer than our "
	    "%" PRIu32 " (RFC 1982)",
	    r->master->text, soa->serial, r->held.serial);
}

static int
put_in_place(
    struct refresh *r, struct xfr *x, struct intake *in, struct diag *d)
{
	struct intake_result written;
	sigset_t term;
	const uint64_t most = r->config->limits.records;

	if (check_serial(r, xfr_soa(x), d) == -1)
		return -1;
	/* From here on there is a file aside: it is finished or removed. */
	(void)sigemptyset(&term);
	(void)sigaddset(&term, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &term, NULL);
	if (intake_write(in, &written, d) == -1)
		return -1;
	/* Differences grow what we have. */
	if (most != 0 && written.records > most)
		return diag_set(d, STATUS_BAD,
		    "more than %" PRIu64 " records (MaxRecords)", most);
	if (intake_commit(in, d) == -1 ||
	    held_arrived(&r->held, r->zone, xfr_soa(x), written.records, r->now,
		d) == -1)
		return -1;
	r->result->outcome = REFRESH_FETCHED;
	r->result->style = xfr_style(x);
	r->result->records = written.records;
	r->result->counts = *xfr_counts(x);
	if (xfr_counts(x)->out_of_zone > 0)
		report_warn("%s: %" PRIu64 " records outside the zone were "
			    "left out",
		    r->zone->name, xfr_counts(x)->out_of_zone);
	return 0;
}

/* An AXFR, or an IXFR from what we hold.  *again: try an AXFR instead. */
static int
transfer(struct refresh *r, uint16_t type, bool *again, struct diag *d)
{
	char path[PATH_MAX];
	const struct intake_settings settings = {
		.zone = r->zone->name,
		.path = path,
		.base = r->held.ours ? r->held.path : NULL,
		.spill = r->options->spill,
		.memory = r->options->memory,
		.mode = 0644,
	};
	struct intake *in = NULL;
	struct xfr *x = NULL;
	sigset_t mask;
	int rc = -1;

	*again = false;
	(void)sigprocmask(SIG_SETMASK, NULL, &mask);
	if (held_arrived_path(path, r->zone, d) == -1 ||
	    intake_open(&in, &settings, d) == -1 ||
	    xfr_open(&x, r->zone->wire, type, &r->held.serial, r->config->key,
		&r->config->limits, &intake_ops, in, d) == -1)
		goto out;
	if (converse(r, x, d) == -1)
		goto out;
	if (xfr_style(x) == XFR_CURRENT)
		diag_set(d, STATUS_BAD,
		    "%s: answers IXFR with nothing newer, but its SOA is",
		    r->master->text);
	else
		rc = put_in_place(r, x, in, d);
out:
	/* Whatever an IXFR's trouble was but the network's, a whole zone may
	 * do. */
	*again =
	    rc == -1 && type == KNOT_RRTYPE_IXFR && d->status == STATUS_BAD;
	xfr_close(x);
	intake_close(in);
	(void)sigprocmask(SIG_SETMASK, &mask, NULL);
	return rc;
}

static int
fetch(struct refresh *r, struct diag *d)
{
	bool again = true;
	int rc = -1;

	if (r->held.ours && !r->options->force && !r->options->no_ixfr) {
		rc = transfer(r, KNOT_RRTYPE_IXFR, &again, d);
		if (again) {
			report_info("%s: IXFR: %s; asking for the whole zone",
			    r->zone->name, d->text);
			disconnect(r);
		}
	}
	if (again)
		rc = transfer(r, KNOT_RRTYPE_AXFR, &again, d);
	return rc;
}

/* ---- masters in turn ---- */

/* 0: the zone is fetched or current; -1: the next master, please. */
static int
try_master(struct refresh *r, struct diag *d)
{
	struct soa soa;
	int rc;

	if (ask_soa(r, &soa, d) == -1)
		return -1;
	if (r->options->force || !r->held.has_serial ||
	    serial_above(soa.serial, r->held.serial)) {
		if ((rc = fetch(r, d)) == 0)
			return 0;
		return rc;
	}
	if (soa.serial != r->held.serial) {
		r->lower = true;
		return diag_set(d, STATUS_BAD,
		    "%s: has serial %" PRIu32 ", lower than our %" PRIu32
		    " (RFC 1982); --force takes it",
		    r->master->text, soa.serial, r->held.serial);
	}
	if (held_confirmed(&r->held, r->zone, &soa, r->now, d) == -1)
		return -1;
	r->result->outcome = REFRESH_CURRENT;
	return 0;
}

static void
fail(struct refresh *r, const struct diag *last)
{
	struct diag d;

	r->result->outcome = REFRESH_FAILED;
	r->result->status = last->status;
	if (!held_expired(&r->held, r->now)) {
		report_error(
		    "%s: not refreshed: %s", r->zone->name, last->text);
		return;
	}
	report_error("%s: no master has confirmed serial %" PRIu32
		     " for %" PRId64 " s, its SOA expire is %" PRIu32
		     ": the input is put aside as %s" HELD_EXPIRED
		     " (RFC 1034 §4.3.5): %s",
	    r->zone->name, r->held.serial, r->now - r->held.checked,
	    r->held.soa.expire, r->zone->input, last->text);
	if (held_remove_expired(&r->held, r->zone, &d) == -1)
		report_diag(&d);
	else
		r->result->outcome = REFRESH_EXPIRED;
}

void
refresh_zone(const struct fetch_config *config, const struct fetch_zone *zone,
    const struct refresh_options *options, struct refresh_result *result)
{
	struct refresh r = { .config = config,
		.zone = zone,
		.options = options,
		.result = result };
	const size_t count = config->master_count;
	struct diag d;
	int rc = -1;

	memset(result, 0, sizeof(*result));
	result->outcome = REFRESH_FAILED;
	r.now = options->now == -1 ? (int64_t)time(NULL) : options->now;
	if (held_read(&r.held, zone, &d) == -1) {
		report_error("%s: %s", zone->name, d.text);
		result->status = d.status;
		return;
	}
	for (size_t i = 0; i < count && rc == -1; i++) {
		result->master = (options->first_master + i) % count;
		r.master = &config->master[result->master];
		rc = try_master(&r, &d);
		disconnect(&r);
		if (rc == -1 && i + 1 < count)
			report_warn("%s: %s", zone->name, d.text);
	}
	if (rc == -1)
		fail(&r, &d);
	/* Past expire, too: its retry timer goes on (RFC 1034 §4.3.5). */
	result->has_soa = r.held.state;
	result->soa = r.held.soa;
	result->checked = r.held.checked;
}
