#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <libxml/parser.h>

#include "check.h"
#include "cli.h"
#include "report.h"
#include "xmlfile.h"
#include "zonefetch.h"

static const char *const level_names[] = { "NOTICE", "WARNING", "ERROR" };

static void
say(struct subject *s, enum level level, const char *text)
{
	(void)printf("%s: %s\n", level_names[level], text);
	s->errors += level == LEVEL_ERROR;
	s->warnings += level == LEVEL_WARNING;
}

void
finding(struct subject *s, const struct check *c, const char *file,
    const xmlNode *at, const char *fmt, ...)
{
	char what[768], text[DIAG_TEXT_MAX], line[32] = "";
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (at != NULL)
		(void)snprintf(line, sizeof(line), "%ld: ", xmlGetLineNo(at));
	(void)snprintf(text, sizeof(text), "%s:%s%s%s%s%s%s%s%s [%s]", file,
	    at != NULL || (what[0] >= '0' && what[0] <= '9') ? "" : " ", line,
	    at != NULL ? (const char *)at->name : "", at != NULL ? ": " : "",
	    what, c->rule != NULL ? " (" : "", c->rule != NULL ? c->rule : "",
	    c->rule != NULL ? ")" : "", c->id);
	say(s, c->level, text);
}

const xmlNode *
node_below(const xmlNode *n, const char *path)
{
	while (n != NULL && *path != '\0') {
		const size_t len = strcspn(path, "/");

		n = n->children;
		while (n != NULL &&
		    (n->type != XML_ELEMENT_NODE ||
			strlen((const char *)n->name) != len ||
			memcmp(n->name, path, len) != 0))
			n = n->next;
		path += len + (path[len] == '/');
	}
	return n;
}

/* What the readers themselves find. */
static void
take_line(void *to, bool error, const char *text)
{
	say(to, error ? LEVEL_ERROR : LEVEL_WARNING, text);
}

/* A parsed copy, for line numbers; NULL after an error already reported. */
static xmlDoc *
parse_quietly(const char *path)
{
	struct xmlfile f = { .path = path };

	return xmlfile_parse(&f);
}

static const xmlNode *
policy_node(const struct subject *s, const char *name)
{
	const xmlNode *n = xmlDocGetRootElement(s->kasp_doc)->children;

	for (; n != NULL; n = n->next) {
		xmlChar *value = xmlGetNoNsProp(n, (const xmlChar *)"name");
		const bool found =
		    value != NULL && strcmp((char *)value, name) == 0;

		xmlFree(value);
		if (found)
			return n;
	}
	return NULL;
}

static void
run_checks(struct subject *s, const struct check *checks)
{
	for (const struct check *c = checks; c->id != NULL; c++)
		c->run(s, c);
}

/*
 * Read a file through its reader.  A read that failed was reported through
 * the log, except where the file could not even be opened.
 */
static void
read_conf(struct subject *s, const struct xmllog *log)
{
	struct diag d;

	if (conf_read(&s->conf, s->conf_path, log, &d) == -1)
		s->conf = NULL;
	s->conf_doc = parse_quietly(s->conf_path);
	if (s->conf != NULL && s->conf_doc != NULL)
		run_checks(s, conf_checks);
}

static void
read_kasp(struct subject *s, const struct xmllog *log)
{
	struct diag d;

	if (s->kasp_path == NULL && s->conf != NULL)
		s->kasp_path = s->conf->policy_file;
	if (s->kasp_path == NULL)
		return;
	if (kasp_read(&s->kasp, s->kasp_path, log, &d) == -1)
		s->kasp = NULL;
	s->kasp_doc = parse_quietly(s->kasp_path);
	if (s->kasp == NULL || s->kasp_doc == NULL)
		return;
	for (size_t i = 0; i < s->kasp->count; i++) {
		s->policy = &s->kasp->policy[i];
		s->policy_node = policy_node(s, s->policy->name);
		run_checks(s, policy_checks);
	}
}

/* A missing file is conf_checks' finding; here only what is in it. */
static void
read_lists(struct subject *s, const struct xmllog *log)
{
	struct zonefetch *zf;
	struct diag d;
	FILE *f;

	if (s->conf == NULL)
		return;
	if (s->conf->zonelist_file != NULL &&
	    (f = fopen(s->conf->zonelist_file, "re")) != NULL) {
		(void)fclose(f);
		if (zonelist_read(
			&s->zonelist, s->conf->zonelist_file, log, &d) == -1)
			s->zonelist = NULL;
	}
	if (s->conf->zonefetch_file != NULL &&
	    (f = fopen(s->conf->zonefetch_file, "re")) != NULL) {
		(void)fclose(f);
		if (zonefetch_read(&zf, s->conf->zonefetch_file, log, &d) == 0)
			zonefetch_free(zf);
	}
	if (s->zonelist != NULL)
		run_checks(s, zonelist_checks);
}

static void
list_checks(void)
{
	const struct check *const tables[] = { conf_checks, policy_checks,
		kasp_checks, zonelist_checks };

	for (size_t t = 0; t < sizeof(tables) / sizeof(*tables); t++)
		for (const struct check *c = tables[t]; c->id != NULL; c++)
			(void)printf("%s\t%s\t%s\n", c->id,
			    level_names[c->level],
			    c->rule != NULL ? c->rule : "-");
}

static enum status
run(struct subject *s, bool want_explanation, bool verbose)
{
	const struct xmllog log = { take_line, s };

	read_conf(s, &log);
	read_kasp(s, &log);
	read_lists(s, &log);
	if (s->kasp != NULL && s->conf_doc != NULL)
		run_checks(s, kasp_checks);
	if (want_explanation)
		explain(s);
	if (verbose)
		(void)printf("%zu error%s, %zu warning%s\n", s->errors,
		    s->errors == 1 ? "" : "s", s->warnings,
		    s->warnings == 1 ? "" : "s");
	return s->errors > 0 ? STATUS_BAD : STATUS_OK;
}

int
main(int argc, char **argv)
{
	struct subject s = { .conf_path = CONF_DEFAULT_PATH };
	bool want_explanation = false, verbose = false, list = false;
	const struct cli_option options[] = {
		{ 'c', "conf", CLI_TEXT, &s.conf_path, "FILE",
		    "configuration [" CONF_DEFAULT_PATH "]" },
		{ 'k', "kasp", CLI_TEXT, &s.kasp_path, "FILE",
		    "policies [what conf.xml names]" },
		{ 0, "explain", CLI_FLAG, &want_explanation, NULL,
		    "say what each policy will do" },
		{ 0, "checks", CLI_FLAG, &list, NULL,
		    "list the checks: id, level, rule" },
		{ 'v', "verbose", CLI_FLAG, &verbose, NULL,
		    "count errors and warnings at the end" },
		{ 0, NULL, 0, NULL, NULL, NULL },
	};
	const struct cli cli = { "kaspcheck",
		"[-v] [-c FILE] [-k FILE] "
		"[--explain]",
		"Check conf.xml, kasp.xml and the zone list.", options, NULL };
	enum status status = STATUS_OK;
	struct diag d;
	int n;

	report_open("kaspcheck");
	if ((n = cli_parse(&cli, argc, argv, &d)) == CLI_DONE)
		return STATUS_OK;
	if (n == -1)
		return report_diag(&d);
	if (n < argc) {
		report_error("%s: no operand is expected; try --help", argv[n]);
		return STATUS_USAGE;
	}
	if (list)
		list_checks();
	else
		status = run(&s, want_explanation, verbose);
	xmlFreeDoc(s.conf_doc);
	xmlFreeDoc(s.kasp_doc);
	conf_free(s.conf);
	kasp_free(s.kasp);
	zonelist_free(s.zonelist);
	xmlCleanupParser();
	if (fflush(stdout) == EOF || ferror(stdout)) {
		report_error("stdout: write failed");
		return STATUS_SYSTEM;
	}
	return status;
}
