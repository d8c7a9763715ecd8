#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <libxml/parser.h>

#include "report.h"
#include "verb.h"

static const struct verb *const families[] = { setup_verbs, zone_verbs,
	policy_verbs, list_verbs, key_verbs, export_verbs, backup_verbs,
	database_verbs, pass_verbs, publish_verbs, plan_verbs, import_verbs,
	settings_verbs, status_verbs };
#define FAMILIES (sizeof(families) / sizeof(*families))

enum status
verb_failed(const struct diag *d)
{
	return d->status;
}

/* ---- options ---- */

#define OPTION_ROWS 48

/* Every option of every verb; a verb's row says which are its own. */
static void
fill_options(struct options *o, struct cli_option *rows)
{
	const struct cli_option all[] = {
		{ 'z', "zone", CLI_TEXT, &o->zone, "ZONE", "the zone" },
		{ 'p', "policy", CLI_TEXT, &o->policy, "NAME", "the policy" },
		{ 'i', "input", CLI_TEXT, &o->input, "FILE",
		    "the unsigned zone" },
		{ 'o', "output", CLI_TEXT, &o->output, "FILE",
		    "the signed zone, or where to write" },
		{ 's', "signerconf", CLI_TEXT, &o->signerconf, "FILE",
		    "the zone's signer configuration" },
		{ 'r', "repository", CLI_TEXT, &o->repository, "NAME",
		    "the repository" },
		{ 't', "keytype", CLI_TEXT, &o->keytype, "TYPE", "KSK or ZSK" },
		{ 'e', "keystate", CLI_TEXT, &o->keystate, "STATE",
		    "generate, publish, ready, active, ..." },
		{ 'k', "cka_id", CLI_TEXT, &o->id, "ID", "the key's CKA_ID" },
		{ 'x', "keytag", CLI_U32, &o->tag, "TAG", "the key's tag" },
		{ 'g', "algorithm", CLI_TEXT, &o->algorithm, "ALG",
		    "number or mnemonic" },
		{ 'b', "bits", CLI_U32, &o->bits, "BITS",
		    "size of an RSA key" },
		{ 'w', "time", CLI_TEXT, &o->time, "WHEN",
		    "when it entered the state" },
		{ 'y', "retire", CLI_TEXT, &o->retire, "WHEN",
		    "when it is to be retired" },
		{ 'n', "interval", CLI_DURATION, &o->interval, "DUR",
		    "how long the keys must last" },
		{ 'Z', "zonetotal", CLI_U32, &o->zonetotal, "N",
		    "as if the policy had N zones" },
		{ 'a', "all", CLI_FLAG, &o->all, NULL, "all of them" },
		{ 'd', "ds", CLI_FLAG, &o->ds, NULL, "DS in place of DNSKEY" },
		{ 'f', "no-retire", CLI_FLAG, &o->no_retire, NULL,
		    "the old DS stays: retire no key" },
		{ 'm', "no-xml", CLI_FLAG, &o->no_xml, NULL,
		    "leave zonelist.xml as it is" },
		{ 'C', "check-repository", CLI_FLAG, &o->check_repository, NULL,
		    "the key must be there (it always must)" },
		{ 'l', "no-notify", CLI_FLAG, &o->no_notify, NULL,
		    "accepted: there is no daemon to tell" },
		{ 0, "emergency", CLI_FLAG, &o->emergency, NULL,
		    "the key is compromised" },
		{ 0, "lost", CLI_FLAG, &o->lost, NULL,
		    "its private half is gone, and in no backup" },
		{ 0, "file", CLI_TEXT, &o->file, "FILE", "the file" },
		{ 0, "from", CLI_TEXT, &o->from, "FILE",
		    "BIND's K*.private, or a PKCS#8 PEM" },
		{ 0, "at", CLI_MOMENT, &o->at, "WHEN", "when it was" },
		{ 0, "published", CLI_FLAG, &o->published, NULL,
		    "the records that go into the zone" },
		{ 0, "digest", CLI_TEXT, &o->digest, "LIST",
		    "DS digests: 1, 2, 4, comma separated [2]" },
		{ 0, "cds", CLI_FLAG, &o->cds, NULL,
		    "CDS and CDNSKEY (RFC 7344)" },
		{ 0, "until", CLI_DURATION, &o->until, "DUR",
		    "how far ahead [P1Y]" },
		{ 0, "format", CLI_TEXT, &o->format, "FORMAT",
		    "text, json or svg [text]" },
		{ 0, "html", CLI_TEXT, &o->html, "FILE",
		    "one page for browsers" },
		{ 0, "metrics", CLI_TEXT, &o->metrics, "FILE",
		    "for Prometheus, in its text format" },
		{ 0, "reconcile", CLI_FLAG, &o->reconcile, NULL,
		    "files that changed count as published now" },
		{ 0, "due", CLI_TEXT, &o->due, "FILE",
		    "then list there what is due" },
		{ 0, "assume-published", CLI_FLAG, &o->assume_published, NULL,
		    "what is written counts as published" },
		{ 0, "accept-clock", CLI_FLAG, &o->accept_clock, NULL,
		    "believe a clock that jumped" },
		{ 0, "dry-run", CLI_FLAG, &o->dry_run, NULL,
		    "change nothing, say what would be" },
		{ 0, "force", CLI_FLAG, &o->force, NULL,
		    "do what would be refused: see the manual" },
		{ 0, "yes", CLI_FLAG, &o->yes, NULL, "do not ask" },
		{ 0, NULL, 0, NULL, NULL, NULL },
	};

	_Static_assert(sizeof(all) / sizeof(*all) <= OPTION_ROWS, "rows");
	memcpy(rows, all, sizeof(all));
}

static void
fill_common(struct options *o, struct cli_option *rows)
{
	const struct cli_option all[] = {
		{ 'c', "config", CLI_TEXT, &o->conf, "FILE",
		    "configuration [" CONF_DEFAULT_PATH "]" },
		{ 'v', "verbose", CLI_FLAG, &o->verbose, NULL, "say more" },
		{ 'q', "quiet", CLI_FLAG, &o->quiet, NULL,
		    "only what is wrong" },
		{ 0, "json", CLI_FLAG, &o->json, NULL, "for programs" },
		{ 0, "now", CLI_MOMENT, &o->now, "WHEN",
		    "in place of the clock" },
		{ 0, "wait", CLI_DURATION, &o->wait, "DUR",
		    "how long to wait for the lock [PT30S]" },
		{ 0, "log", CLI_TEXT, &o->log, "FACILITY", "to syslog too" },
		{ 0, NULL, 0, NULL, NULL, NULL },
	};

	memcpy(rows, all, sizeof(all));
}

/* ---- the verb ---- */

static size_t
count_words(const char *words)
{
	size_t n = 1;

	for (; *words != '\0'; words++)
		n += *words == ' ';
	return n;
}

/* How well argv fits: 0 not, 1 by prefixes, 2 with the first word whole, ... */
static int
fit(const char *words, int argc, char **argv)
{
	int score = 1;

	for (int i = 0; *words != '\0'; i++) {
		const size_t len = strcspn(words, " ");
		size_t given;

		if (i >= argc || *argv[i] == '\0')
			return 0;
		given = strlen(argv[i]);
		if (given > len || strncasecmp(words, argv[i], given) != 0)
			return 0;
		score += given == len ? (i == 0 ? 4 : 2) : 0;
		words += len + (words[len] == ' ');
	}
	return score;
}

/* Prefixes will do if they fit one verb, or one better than the others. */
static const struct verb *
find_verb(int argc, char **argv, struct diag *d)
{
	const struct verb *best = NULL, *second = NULL;
	int best_score = 0;

	for (size_t f = 0; f < FAMILIES; f++)
		for (const struct verb *v = families[f]; v->words != NULL;
		     v++) {
			const int score = fit(v->words, argc, argv);

			if (score == 0 || score < best_score)
				continue;
			second = score == best_score ? best : NULL;
			best = v;
			best_score = score;
		}
	if (best == NULL)
		diag_set(d, STATUS_USAGE, "no such command: %s%s%s; try --help",
		    argv[0], argc > 1 ? " " : "", argc > 1 ? argv[1] : "");
	else if (second != NULL) {
		diag_set(d, STATUS_USAGE, "'%s' may be %s or %s", argv[0],
		    second->words, best->words);
		best = NULL;
	}
	return best;
}

static bool
takes(const struct verb *v, const struct cli_option *row)
{
	const char *names = strchr(v->options, ',');
	const size_t letters =
	    names == NULL ? strlen(v->options) : (size_t)(names - v->options);
	const size_t len = strlen(row->name);

	if (row->letter != 0 &&
	    memchr(v->options, row->letter, letters) != NULL)
		return true;
	while (names != NULL) {
		names++;
		if (strncmp(names, row->name, len) == 0 &&
		    (names[len] == ',' || names[len] == '\0'))
			return true;
		names = strchr(names, ',');
	}
	return false;
}

static int
help_verb(const struct verb *v, const struct cli_option *rows,
    const struct cli_option *common)
{
	struct cli_option own[OPTION_ROWS];
	const struct cli cli = { "keystate", v->words, v->summary, own,
		common };
	size_t n = 0;

	for (; rows->help != NULL; rows++)
		if (takes(v, rows))
			own[n++] = *rows;
	own[n] = *rows;
	cli_help(&cli, stdout);
	return STATUS_OK;
}

/* One line a family: every verb by its words. */
static int
help(void)
{
	(void)printf("usage: keystate COMMAND [options]; "
		     "keystate COMMAND --help tells of one\n"
		     "Keep keys, roll them, and tell what must be signed.\n");
	for (size_t f = 0; f < FAMILIES; f++) {
		int column = 0;

		for (const struct verb *v = families[f]; v->words != NULL;
		     v++) {
			const int len = (int)strlen(v->words) + 2;

			if (column > 0 && column + len > 78) {
				(void)printf("\n");
				column = 0;
			}
			column +=
			    printf("%s%s", column > 0 ? ", " : "  ", v->words);
		}
		if (column > 0)
			(void)printf("\n");
	}
	return STATUS_OK;
}

static bool
asks_for_help(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "-h") == 0 ||
		    strcmp(argv[i], "--help") == 0)
			return true;
	return false;
}

/* The words of argv that are no options, as far as that can be told. */
static int
help_for(int argc, char **argv, const struct cli_option *rows,
    const struct cli_option *common)
{
	const struct verb *v;
	struct diag d;
	int words = 0;

	while (words + 1 < argc && argv[words + 1][0] != '-')
		words++;
	if (words == 0 || (v = find_verb(words, argv + 1, &d)) == NULL)
		return help();
	return help_verb(v, rows, common);
}

/* ---- main ---- */

static int
refuse_foreign_options(const struct verb *v, int argc, char **argv,
    const struct cli_option *rows, struct diag *d)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		const char *name = argv[i] + 2;
		size_t len;

		if (strncmp(argv[i], "--", 2) != 0)
			continue;
		len = strcspn(name, "=");
		for (const struct cli_option *r = rows; r->help != NULL; r++)
			if (strlen(r->name) == len &&
			    strncmp(r->name, name, len) == 0 && !takes(v, r))
				return diag_set(d, STATUS_USAGE,
				    "%s does not take --%s; try keystate %s "
				    "--help",
				    v->words, r->name, v->words);
	}
	return 0;
}

static enum status
run(struct session *s, const struct verb *v, int argc, char **operands,
    struct diag *d)
{
	struct timespec now;

	s->now = s->o.now;
	if (s->now == 0) {
		if (clock_gettime(CLOCK_REALTIME, &now) == -1) {
			diag_system(d, "clock");
			return STATUS_SYSTEM;
		}
		s->now = now.tv_sec;
	}
	if (session_load(s, v->needs, d) == -1)
		return d->status;
	return v->run(s, argc, operands, d);
}

static int
check_stdout(enum status status)
{
	if (fflush(stdout) == EOF || ferror(stdout)) {
		report_error("stdout: write failed");
		return STATUS_SYSTEM;
	}
	return (int)status;
}

int
main(int argc, char **argv)
{
	struct session s = { .o = { .conf = CONF_DEFAULT_PATH,
				 .wait = 30,
				 .tag = UINT32_MAX } };
	struct cli_option rows[OPTION_ROWS], common[8];
	const struct cli cli = { "keystate", "COMMAND [options]", "", rows,
		common };
	const struct verb *v;
	enum status status;
	struct diag d = { STATUS_OK, "" };
	int n, words;

	report_open("keystate");
	(void)umask(077);
	fill_options(&s.o, rows);
	fill_common(&s.o, common);
	if (asks_for_help(argc, argv))
		return check_stdout(
		    (enum status)help_for(argc, argv, rows, common));
	if ((n = cli_parse(&cli, argc, argv, &d)) == CLI_DONE)
		return check_stdout(STATUS_OK);
	if (n == -1)
		return report_diag(&d);
	if (n == argc) {
		report_error("a command is needed; try --help");
		return STATUS_USAGE;
	}
	if ((v = find_verb(argc - n, argv + n, &d)) == NULL ||
	    refuse_foreign_options(v, n, argv, rows, &d) == -1)
		return report_diag(&d);
	if (s.o.log != NULL && report_syslog(s.o.log) == -1) {
		report_error("--log: no such facility: %s", s.o.log);
		return STATUS_USAGE;
	}
	report_verbosity(s.o.quiet ? 1 : s.o.verbose ? 3 : 2);
	words = (int)count_words(v->words);
	status = run(&s, v, argc - n - words, argv + n + words, &d);
	if (status != STATUS_OK && d.text[0] != '\0')
		(void)report_diag(&d);
	session_free(&s);
	xmlCleanupParser();
	return check_stdout(status);
}
