/* fetch-zone: zones that arrive by transfer, fetch-zone(1). */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalogs.h"
#include "cli.h"
#include "deliver.h"
#include "listen.h"
#include "number.h"
#include "privileges.h"
#include "report.h"
#include "scheduler.h"
#include "sendnotify.h"

struct options {
	bool print, verbose, listen, inetd, notify, deliver, catalogs, dry_run;
	const char *serial; /* in a NOTIFY */
	struct sendnotify_options sending;
	const char *facility, *user, *group, *run;
	int64_t timeout, total;
	struct scheduler_options scheduler;
};

/*
 * Of the zones named, or of all, the catalogs or the others; count gets how
 * many there were.
 */
static enum status
fetch_some(struct fetch_config *config, const struct options *o, char **names,
    size_t name_count, bool catalogs, size_t *count)
{
	const size_t all = name_count > 0 ? name_count : config->zone_count;
	const struct fetch_zone **zone, *z;
	enum status bad = STATUS_OK, status;

	*count = 0;
	if ((zone = calloc(all + 1, sizeof(*zone))) == NULL) {
		report_error("out of memory");
		return STATUS_SYSTEM;
	}
	for (size_t i = 0; i < all; i++) {
		z = name_count > 0 ? fetch_config_zone(config, names[i]) :
				     &config->zone[i];
		if (z != NULL && z->catalog == catalogs)
			zone[(*count)++] = z;
		if (z != NULL || catalogs) /* they may bring it */
			continue;
		report_error(
		    "%s: not in %s", names[i], config->conf->zonelist_file);
		bad = STATUS_USAGE;
	}
	status = *count == 0 ?
	    STATUS_OK :
	    scheduler_once(config, &o->scheduler, zone, *count);
	free(zone);
	return status > bad ? status : bad;
}

/* Catalogs first: the zones that they bring are fetched at once. */
static enum status
fetch_once(struct fetch_config **config, const struct options *o, char **names,
    size_t name_count)
{
	const struct catalogs_options catalogs = { .conf = o->scheduler.conf };
	struct fetch_config *again;
	enum status worst, status;
	struct diag d;
	size_t count;

	worst = fetch_some(*config, o, names, name_count, true, &count);
	if (count > 0) {
		status = catalogs_apply(&catalogs);
		worst = status > worst ? status : worst;
		if (fetch_config_read(&again, o->scheduler.conf, &d) == -1)
			return report_diag(&d);
		fetch_config_free(*config);
		*config = again;
	}
	status = fetch_some(*config, o, names, name_count, false, &count);
	return status > worst ? status : worst;
}

static enum status
serve(struct fetch_config **config, const struct options *o)
{
	struct listen_sockets sockets = { .count = 0 };
	enum status status;
	struct diag d;
	int n;

	n = o->inetd ? listen_inetd(&sockets, &d) :
		       listen_inherit(&sockets, &d);
	if (n == -1)
		return report_diag(&d);
	if (sockets.count == 0 &&
	    listen_bind(&sockets, (*config)->fetch, &d) == -1)
		return report_diag(&d);
	if (privileges_drop(o->user, o->group, &d) == -1) {
		listen_close(&sockets);
		return report_diag(&d);
	}
	report_info("listening on %zu sockets, %zu zones", sockets.count,
	    (*config)->zone_count);
	status = scheduler_serve(config, &o->scheduler, &sockets);
	listen_close(&sockets);
	return status;
}

/* What the command line leaves open the configuration says. */
static int
settle(struct options *o, const struct fetch_config *config, struct diag *d)
{
	o->scheduler.refresh.limits.idle_ms = o->timeout * 1000;
	o->scheduler.refresh.limits.total_ms = o->total * 1000;
	o->scheduler.run = o->run != NULL ? o->run :
	    o->listen			  ? "resign" :
					    NULL;
	o->scheduler.resign = o->run == NULL && o->listen;
	if (o->run != NULL && *o->run == '\0')
		o->scheduler.run = NULL;
	if (o->scheduler.workers == 0 ||
	    o->scheduler.workers > SCHEDULER_WORKERS_MAX)
		return diag_set(d, STATUS_USAGE, "-j: 1 to %d transfers",
		    SCHEDULER_WORKERS_MAX);
	if (o->timeout <= 0 || o->total <= 0)
		return diag_set(
		    d, STATUS_USAGE, "--timeout, --longest: not above 0");
	if (getuid() == 0 && o->user == NULL && o->group == NULL) {
		o->user = config->conf->signer.user;
		o->group = config->conf->signer.group;
	}
	return 0;
}

static enum status
notify(struct options *o, char **operands, int count)
{
	if (count < 2) {
		report_error("--notify: ZONE SERVER... (--help)");
		return STATUS_USAGE;
	}
	if (o->serial != NULL) {
		if (number_u32(o->serial, strlen(o->serial), UINT32_MAX,
			&o->sending.serial) == -1) {
			report_error("--serial %s: not a serial", o->serial);
			return STATUS_USAGE;
		}
		o->sending.has_serial = true;
	}
	return sendnotify(operands[0], operands + 1, count - 1, &o->sending);
}

static enum status
catalogs(const struct options *o)
{
	const struct catalogs_options options = { .conf = o->scheduler.conf,
		.dry_run = o->dry_run,
		.force = o->scheduler.refresh.force };

	return catalogs_apply(&options);
}

static enum status
run(struct options *o, char **zones, int count)
{
	struct fetch_config *config = NULL;
	enum status status;
	struct diag d;

	if (o->notify)
		return notify(o, zones, count);
	if (o->dry_run && !o->catalogs) {
		report_error("--dry-run is for --catalogs");
		return STATUS_USAGE;
	}
	if (o->catalogs && count > 0) {
		report_error("--catalogs is for all catalogs of the zone list");
		return STATUS_USAGE;
	}
	if (o->catalogs)
		return catalogs(o);
	if (o->deliver)
		return deliver(o->scheduler.conf, zones, count);
	if (fetch_config_read(&config, o->scheduler.conf, &d) == -1 ||
	    settle(o, config, &d) == -1) {
		status = report_diag(&d);
	} else if (o->print) {
		fetch_config_print(config, stdout);
		status = STATUS_OK;
	} else if (o->listen && count > 0) {
		report_error("--listen is for all zones of the zone list");
		status = STATUS_USAGE;
	} else if (o->listen) {
		status = serve(&config, o);
	} else if (privileges_drop(o->user, o->group, &d) == -1) {
		status = report_diag(&d);
	} else {
		status = fetch_once(&config, o, zones, (size_t)count);
	}
	fetch_config_free(config);
	return status;
}

int
main(int argc, char **argv)
{
	struct options o = {
		.timeout = 30,
		.total = 3600,
		.sending = { .tries = 3, .wait_ms = 2000 },
		.scheduler = { .conf = CONF_DEFAULT_PATH,
		    .workers = 4,
		    .refresh = { .udp_tries = 3,
			.udp_wait_ms = 2000,
			.memory = (size_t)48 * 1024 * 1024,
			.now = -1 } },
	};
	struct refresh_options *refresh = &o.scheduler.refresh;
	const struct cli_option rows[] = {
		{ 'c', "conf", CLI_TEXT, &o.scheduler.conf, "FILE",
		    "configuration (" CONF_DEFAULT_PATH ")" },
		{ 'i', "info", CLI_FLAG, &o.print, NULL,
		    "print the settings, but the secret, and leave" },
		{ 0, "deliver", CLI_FLAG, &o.deliver, NULL,
		    "move what arrived over the inputs" },
		{ 0, "catalogs", CLI_FLAG, &o.catalogs, NULL,
		    "add and delete zones as the catalogs held say" },
		{ 0, "dry-run", CLI_FLAG, &o.dry_run, NULL,
		    "with it: only print what would be done" },
		{ 'r', "run", CLI_TEXT, &o.run, "PROGRAM",
		    "start it with the zones that came in" },
		{ 0, "force", CLI_FLAG, &refresh->force, NULL,
		    "whatever its serial; more than MaxRemovals" },
		{ 0, "axfr", CLI_FLAG, &refresh->no_ixfr, NULL,
		    "always the whole zone, no IXFR" },
		{ 'j', "jobs", CLI_U32, &o.scheduler.workers, "N",
		    "so many zones at a time (4)" },
		{ 0, "timeout", CLI_DURATION, &o.timeout, "D",
		    "wait so long for a master to go on (30 s)" },
		{ 0, "longest", CLI_DURATION, &o.total, "D",
		    "a transfer may take so long in all (1 h)" },
		{ 'S', "memory", CLI_SIZE, &refresh->memory, "SIZE",
		    "for sorting, each (48M)" },
		{ 'T', "tmpdir", CLI_TEXT, &refresh->spill, "DIR",
		    "sort there when memory does not do" },
		{ 0, "listen", CLI_FLAG, &o.listen, NULL,
		    "serve NOTIFY and timers; --inetd: on stdin" },
		{ 0, "inetd", CLI_FLAG, &o.inetd, NULL, "" },
		{ 'u', "user", CLI_TEXT, &o.user, "USER",
		    "become that user; -g, --group GROUP" },
		{ 'g', "group", CLI_TEXT, &o.group, "GROUP", "" },
		{ 0, NULL, CLI_HEADING, NULL, NULL,
		    "Telling secondaries: --notify ZONE SERVER[#PORT]..." },
		{ 0, "notify", CLI_FLAG, &o.notify, NULL,
		    "send NOTIFY, fetch nothing" },
		{ 'k', "key", CLI_TEXT, &o.sending.key_file, "FILE",
		    "signed by the key [ALGORITHM:]NAME:SECRET in it" },
		{ 0, "serial", CLI_TEXT, &o.serial, "N",
		    "name the new serial" },
		{ 0, "now", CLI_MOMENT, &refresh->now, "T",
		    "take this for the present time" },
		{ 'l', "log", CLI_TEXT, &o.facility, "FACILITY",
		    "messages to syslog too" },
		{ 'v', "verbose", CLI_FLAG, &o.verbose, NULL, "say more" },
		{ 0, NULL, CLI_FLAG, NULL, NULL, NULL },
	};
	const struct cli cli = { "fetch-zone", "[OPTION...] [ZONE...]",
		"fetch zones from their masters by AXFR and IXFR", rows, NULL };
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
	o.listen = o.listen || o.inetd;
	status = run(&o, argv + first, argc - first);
	if (fflush(stdout) == EOF || ferror(stdout)) {
		report_error("stdout: write failed");
		status = STATUS_SYSTEM;
	}
	return (int)status;
}
