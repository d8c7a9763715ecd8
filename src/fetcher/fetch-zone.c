/* fetch-zone: zones that arrive by transfer, fetch-zone(1). */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "config.h"
#include "refresh.h"
#include "report.h"

struct options {
	const char *conf;
	bool print, verbose;
	const char *facility;
	int64_t timeout, total;
	struct refresh_options refresh;
};

static const char *
style_name(enum xfr_style style)
{
	return style == XFR_DELTA ? "ixfr" : "axfr";
}

/* What changed goes to stdout, one zone a line; the rest only with -v. */
static void
tell(const struct fetch_config *config, const struct fetch_zone *zone,
    const struct refresh_result *r)
{
	const char *master = config->master[r->master].text;

	if (r->outcome == REFRESH_FETCHED)
		printf("%s\t%" PRIu32 "\t%" PRIu64 "\t%s\t%s\n", zone->name,
		    r->soa.serial, r->records, style_name(r->style), master);
	else if (r->outcome == REFRESH_CURRENT)
		report_info("%s: serial %" PRIu32 " is current at %s",
		    zone->name, r->soa.serial, master);
}

static enum status
fetch_zones(const struct fetch_config *config, const struct options *o,
    char **names, int count)
{
	enum status worst = STATUS_OK;
	struct refresh_result result;
	struct fetch_zone *zone;
	const size_t all = count > 0 ? (size_t)count : config->zone_count;

	for (size_t i = 0; i < all; i++) {
		zone = count > 0 ? fetch_config_zone(config, names[i])
				 : &config->zone[i];
		if (zone == NULL) {
			report_error("%s: not in %s", names[i],
			    config->conf->zonelist_file);
			worst = STATUS_USAGE > worst ? STATUS_USAGE : worst;
			continue;
		}
		refresh_zone(config, zone, &o->refresh, &result);
		tell(config, zone, &result);
		if (result.status > worst)
			worst = result.status;
	}
	return worst;
}

int
main(int argc, char **argv)
{
	struct options o = {
		.conf = CONF_DEFAULT_PATH,
		.timeout = 30,
		.total = 3600,
		.refresh = { .udp_tries = 3,
		    .udp_wait_ms = 2000,
		    .memory = (size_t)48 * 1024 * 1024,
		    .now = -1 },
	};
	const struct cli_option rows[] = {
		{ 'c', "conf", CLI_TEXT, &o.conf, "FILE",
		    "configuration (" CONF_DEFAULT_PATH ")" },
		{ 'i', "info", CLI_FLAG, &o.print, NULL,
		    "print the settings, but the secret, and leave" },
		{ 0, NULL, CLI_HEADING, NULL, NULL, "Transfers:" },
		{ 0, "force", CLI_FLAG, &o.refresh.force, NULL,
		    "take the zone whatever its serial" },
		{ 0, "axfr", CLI_FLAG, &o.refresh.no_ixfr, NULL,
		    "always the whole zone, no IXFR" },
		{ 0, "timeout", CLI_DURATION, &o.timeout, "D",
		    "wait so long for a master to go on (30 s)" },
		{ 0, "longest", CLI_DURATION, &o.total, "D",
		    "a transfer may take so long in all (1 h)" },
		{ 'S', "memory", CLI_SIZE, &o.refresh.memory, "SIZE",
		    "for sorting (48M)" },
		{ 'T', "tmpdir", CLI_TEXT, &o.refresh.spill, "DIR",
		    "sort there when memory does not do" },
		{ 0, NULL, CLI_HEADING, NULL, NULL, "Common:" },
		{ 0, "now", CLI_MOMENT, &o.refresh.now, "T",
		    "take this for the present time" },
		{ 'l', "log", CLI_TEXT, &o.facility, "FACILITY",
		    "messages to syslog too" },
		{ 'v', "verbose", CLI_FLAG, &o.verbose, NULL, "say more" },
		{ 0, NULL, CLI_FLAG, NULL, NULL, NULL },
	};
	const struct cli cli = { "fetch-zone", "[OPTION...] [ZONE...]",
		"fetch zones from their masters by AXFR and IXFR", rows, NULL };
	struct fetch_config *config = NULL;
	enum status status;
	struct diag d;
	int first;

	report_open("fetch-zone");
	(void)signal(SIGPIPE, SIG_IGN);
	first = cli_parse(&cli, argc, argv, &d);
	if (first == CLI_DONE)
		return STATUS_OK;
	if (first == -1)
		return (int)report_diag(&d);
	if (o.verbose)
		report_verbosity(2);
	if (o.facility != NULL && report_syslog(o.facility) == -1) {
		report_error("-l %s: no such facility", o.facility);
		return STATUS_USAGE;
	}
	o.refresh.limits.idle_ms = o.timeout * 1000;
	o.refresh.limits.total_ms = o.total * 1000;
	if (fetch_config_read(&config, o.conf, &d) == -1)
		return (int)report_diag(&d);
	if (o.print) {
		fetch_config_print(config, stdout);
		status = STATUS_OK;
	} else {
		status = fetch_zones(config, &o, argv + first, argc - first);
	}
	if (fflush(stdout) == EOF || ferror(stdout)) {
		report_error("stdout: write failed");
		status = STATUS_SYSTEM;
	}
	fetch_config_free(config);
	return (int)status;
}
