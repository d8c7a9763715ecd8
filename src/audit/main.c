/* audit-zone: is a signed zone valid, whole, and for how long? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "audit.h"
#include "cli.h"
#include "jobs.h"
#include "modes.h"
#include "number.h"
#include "report.h"

#define MEMORY	      (48 * 1024 * 1024)
#define MEMORY_LEAST  (1024 * 1024)
#define SHOW	      10
#define WORKERS_MOST  64

struct arguments {
	struct settings set;
	const char *origin, *facility, *max_removed, *format, *jobs, *metrics;
	enum format output;
	struct across_options across;
	struct mode_options mode;
	struct cli_list ignore;
	char *record; /* owned */
	bool list, verbose;
};

static int
take_ignored(struct arguments *a, struct diag *d)
{
	for (size_t i = 0; i < a->ignore.count; i++) {
		const enum check check = check_find(a->ignore.item[i]);

		if (check == CHECK_COUNT)
			return diag_set(d, STATUS_USAGE, "--ignore: '%s' is no "
			    "check; see --list-checks", a->ignore.item[i]);
		a->set.ignore[check] = true;
	}
	return 0;
}

/* A number of records, or a share of the previous zone. */
static int
take_max_removed(struct arguments *a, struct diag *d)
{
	const char *s = a->max_removed;
	const size_t len = s == NULL ? 0 : strlen(s);

	if (s == NULL)
		return 0;
	a->set.max_removed = 0;
	if (len > 1 && s[len - 1] == '%' && number_u32(s, len - 1, 100,
		&a->set.max_removed_percent) == 0)
		return 0;
	a->set.max_removed_percent = 0;
	if (number_u64(s, len, UINT64_MAX, &a->set.max_removed) == -1)
		return diag_set(d, STATUS_USAGE, "--max-removed: '%s' is no "
		    "number nor percentage", s);
	return 0;
}

/* Without --record, the one beside the previous zone is read, if there. */
static int
take_record(struct arguments *a, struct diag *d)
{
	a->across.write = a->across.record != NULL;
	if (a->across.write || a->across.previous == NULL)
		return 0;
	if (asprintf(&a->record, "%s.audit", a->across.previous) == -1) {
		a->record = NULL;
		return diag_system(d, "start");
	}
	a->across.record = a->record;
	return 0;
}

static void
set_defaults(struct arguments *a)
{
	const long cores = sysconf(_SC_NPROCESSORS_ONLN);
	const char *folder = getenv("TMPDIR");

	a->set.now = (int64_t)time(NULL);
	a->set.horizon = -1;
	a->set.propagation = 3600;
	a->set.max_removed_percent = 50;
	a->set.max_removed = 10; /* so many may go from any zone */
	a->set.memory = MEMORY;
	a->set.show = SHOW;
	a->set.folder = folder != NULL && *folder != '\0' ? folder : "/tmp";
	a->set.jobs = (uint16_t)(cores < 2 ? 0 : cores > WORKERS_MOST ?
					    WORKERS_MOST : cores);
}

static int
settle(struct arguments *a, uint8_t origin[WNAME_MAX], struct diag *d)
{
	static const uint8_t root[1] = { 0 };

	if (a->set.memory < MEMORY_LEAST)
		a->set.memory = MEMORY_LEAST;
	if (a->set.jobs > WORKERS_MOST)
		a->set.jobs = WORKERS_MOST;
	if (a->set.jobs == 1)
		a->set.jobs = 0;
	if (a->facility != NULL && report_syslog(a->facility) == -1)
		return diag_set(d, STATUS_USAGE, "-l: no facility '%s'",
		    a->facility);
	report_verbosity(a->verbose ? 2 : a->set.quiet ? 0 : 1);
	if (a->format != NULL && format_parse(a->format, &a->output) == -1)
		return diag_set(d, STATUS_USAGE, "--format: '%s' is none of "
		    "text, json, github and junit", a->format);
	if (a->jobs != NULL)
		a->output = FORMAT_QUIET;
	if (take_ignored(a, d) == -1 || take_max_removed(a, d) == -1 ||
	    take_record(a, d) == -1)
		return -1;
	if (a->origin == NULL)
		return 0;
	if (wname_parse(a->origin, strlen(a->origin), root, origin) == 0)
		return diag_set(d, STATUS_USAGE, "-o: '%s' is no name",
		    a->origin);
	wname_lower(origin);
	return 0;
}

/* conf.xml's zones, or one file by options? */
static bool
list_mode(const struct arguments *a)
{
	return a->mode.conf != NULL && a->mode.signconf == NULL;
}

/* In a zone list's audit, operands are zones. */
static int
take_zones(struct arguments *a, int argc, char **argv, struct diag *d)
{
	const size_t have = a->mode.zones.count;
	const char **grown;

	if (a->mode.full && a->mode.partial)
		return diag_set(d, STATUS_USAGE, "--full or --partial: not "
		    "both");
	if (!list_mode(a) || argc == 0)
		return 0;
	grown = realloc(a->mode.zones.item,
	    (have + (size_t)argc) * sizeof(*grown));
	if (grown == NULL)
		return diag_system(d, "start");
	for (int i = 0; i < argc; i++)
		grown[have + (size_t)i] = argv[i];
	a->mode.zones.item = grown;
	a->mode.zones.count = have + (size_t)argc;
	return 0;
}

static enum status
run(const struct arguments *a, const uint8_t *origin, int argc, char **argv)
{
	struct audit audit = { .set = &a->set, .origin = origin,
		.across = a->across, .format = a->output };
	struct rtypes *types = rtypes_new();
	enum status worst = STATUS_OK, s;
	struct diag d;

	audit.types = types;
	if (types == NULL || pool_open(&audit.pool, a->set.jobs, types,
		a->set.ignore, &d) == -1) {
		rtypes_free(types);
		(void)diag_system(&d, "start");
		return report_diag(&d);
	}
	if (a->metrics != NULL && (audit.metrics = metrics_new()) == NULL) {
		(void)diag_system(&d, "start");
		worst = report_diag(&d);
		argc = 0;
	}
	verdict_begin(a->output);
	if (a->jobs != NULL) {
		worst = jobs_run(&audit, &a->mode, a->jobs);
		argc = 0;
	} else if (list_mode(a)) {
		worst = modes_conf(&audit, &a->mode);
		argc = 0;
	}
	for (int i = 0; i < argc; i++) {
		s = modes_policy(&audit, &a->mode, argv[i]);

		if (s > worst)
			worst = s;
	}
	verdict_end(a->output);
	if (audit.metrics != NULL && metrics_write(audit.metrics, a->metrics,
		a->set.now, &d) == -1) {
		s = report_diag(&d);
		if (s > worst)
			worst = s;
	}
	metrics_free(audit.metrics);
	pool_close(audit.pool);
	rtypes_free(types);
	return worst;
}

int
main(int argc, char **argv)
{
	struct arguments a = { .list = false };
	const struct cli_option options[] = {
		{ 'o', "origin", CLI_TEXT, &a.origin, "ORIGIN",
		    "the zone's name; else that of its SOA" },
		{ 0, "now", CLI_MOMENT, &a.set.now, "TIME",
		    "judge as if it were then" },
		{ 'u', "unsigned", CLI_LIST, &a.mode.unsigned_, "FILE",
		    "compare with the unsigned zone" },
		{ 0, "signconf", CLI_TEXT, &a.mode.signconf, "FILE",
		    "judge by it" },
		{ 'k', "kasp", CLI_TEXT, &a.mode.kasp, "FILE",
		    "and by a policy of kasp.xml" },
		{ 0, "policy", CLI_TEXT, &a.mode.policy, "NAME",
		    "which one" },
		{ 'c', "conf", CLI_TEXT, &a.mode.conf, "FILE",
		    "all of conf.xml's zones, or those named" },
		{ 'z', "zone", CLI_LIST, &a.mode.zones, "ZONE",
		    "" },
		{ 's', "signed", CLI_TEXT, &a.mode.signed_, "FILE",
		    "" },
		{ 'f', "full", CLI_FLAG, &a.mode.full, NULL,
		    "verify all, whatever the policy says" },
		{ 'p', "partial", CLI_FLAG, &a.mode.partial, NULL,
		    "verify a sample of the signatures" },
		{ 0, "previous", CLI_TEXT, &a.across.previous, "FILE",
		    "the zone as it is published now" },
		{ 0, "record", CLI_TEXT, &a.across.record, "FILE",
		    "the audit record, read and written" },
		{ 0, "parent-ds", CLI_TEXT, &a.across.parent_ds, "DS",
		    "the parent's DS: a file or a record" },
		{ 0, "propagation", CLI_DURATION, &a.set.propagation,
		    "DURATION", "" },
		{ 0, "max-removed", CLI_TEXT, &a.max_removed, "N[%]",
		    "" },
		{ 0, "horizon", CLI_DURATION, &a.set.horizon, "DURATION",
		    "signatures must last so long" },
		{ 0, "ignore", CLI_LIST, &a.ignore, "CHECK",
		    "leave a check out" },
		{ 0, "list-checks", CLI_FLAG, &a.list, NULL,
		    "print all checks" },
		{ 0, "show", CLI_U32, &a.set.show, "N",
		    "" },
		{ 0, "format", CLI_TEXT, &a.format, "FORMAT",
		    "text, json, github or junit" },
		{ 0, "metrics", CLI_TEXT, &a.metrics, "FILE",
		    "figures for Prometheus" },
		{ 0, "jobs", CLI_TEXT, &a.jobs, "FILE",
		    "job lines in (-: stdin), judged ones out" },
		{ 'j', "threads", CLI_U16, &a.set.jobs, "N",
		    "threads; one a core" },
		{ 'S', "memory", CLI_SIZE, &a.set.memory, "SIZE",
		    "memory for sorting; 48M" },
		{ 'T', "temporary", CLI_TEXT, &a.set.folder, "FOLDER",
		    "" },
		{ 'l', "log", CLI_TEXT, &a.facility, "FACILITY",
		    "" },
		{ 'q', "quiet", CLI_FLAG, &a.set.quiet, NULL, "errors only" },
		{ 'v', "verbose", CLI_FLAG, &a.verbose, NULL,
		    "information too" },
		{ 0, NULL, CLI_FLAG, NULL, NULL, NULL },
	};
	const struct cli cli = { "audit-zone", "[options] SIGNED...",
		"Judge signed zones: valid, whole, and for how long (audit-zone(1)).",
		options,
		NULL };
	uint8_t origin[WNAME_MAX];
	enum status status = STATUS_USAGE;
	struct diag d;
	int first;

	report_open("audit-zone");
	set_defaults(&a);
	first = cli_parse(&cli, argc, argv, &d);
	if (first == CLI_DONE)
		return STATUS_OK;
	if (first == -1 || settle(&a, origin, &d) == -1 ||
	    take_zones(&a, argc - first, argv + first, &d) == -1) {
		status = report_diag(&d);
		goto out;
	}
	if (a.list) {
		check_list(stdout);
		status = STATUS_OK;
	} else if (first == argc && !list_mode(&a) && a.jobs == NULL) {
		report_error("which zone?  try --help");
	} else {
		status = run(&a, a.origin != NULL ? origin : NULL,
		    argc - first, argv + first);
	}
	if (fflush(stdout) != 0 || ferror(stdout) != 0) {
		(void)diag_system(&d, "stdout");
		status = report_diag(&d);
	}
out:
	cli_list_free(&a.ignore);
	cli_list_free(&a.mode.unsigned_);
	cli_list_free(&a.mode.zones);
	free(a.record);
	return status;
}
