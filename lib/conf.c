#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "xmlrows.h"

static const char *const no_attributes[] = { NULL };

void
conf_free(struct conf *c)
{
	if (c == NULL)
		return;
	free(c->path);
	free(c->facility);
	free(c->policy_file);
	free(c->zonelist_file);
	free(c->zonefetch_file);
	free(c->enforcer.user);
	free(c->enforcer.group);
	free(c->signer.user);
	free(c->signer.group);
	free(c->auditor.user);
	free(c->auditor.group);
	free(c->datastore_path);
	free(c->ds_submit_command);
	free(c->working_directory);
	free(c->tools_directory);
	free(c->notify_command);
	free(c->auditor_directory);
	free(c->state_dir);
	free(c);
}

static const struct xmlread_row privileges_rows[] = {
	XMLROW("User", XMLREAD_TEXT, 0, struct conf_privileges, user),
	XMLROW("Group", XMLREAD_TEXT, 0, struct conf_privileges, group),
	XMLROW_IGNORE("Directory", 0), /* chroot: never used */
	XMLROW_END,
};

static void
read_privileges(struct xmlfile *f, xmlNode *n, void *to)
{
	xmlread_only_attributes(f, n, no_attributes);
	xmlread_children(f, n, privileges_rows, to);
}

/* Exactly one child says which; the schema refuses more. */
static void
read_datastore(struct xmlfile *f, xmlNode *n, void *to)
{
	static const struct xmlread_row rows[] = {
		XMLROW(
		    "FlatFile", XMLREAD_TEXT, 0, struct conf, datastore_path),
		XMLROW("SQLite", XMLREAD_TEXT, 0, struct conf, datastore_path),
		XMLROW_IGNORE("MySQL", 0),
		XMLROW_END,
	};
	static const struct {
		const char *name;
		enum conf_datastore kind;
	} kinds[] = {
		{ "FlatFile", CONF_FLATFILE },
		{ "SQLite", CONF_SQLITE },
		{ "MySQL", CONF_MYSQL },
	};
	struct conf *c = to;

	for (const xmlNode *child = n->children; child != NULL;
	     child = child->next)
		for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
			if (xmlStrEqual(
				child->name, (const xmlChar *)kinds[i].name))
				c->datastore = kinds[i].kind;
	xmlread_children(f, n, rows, c);
}

#define TEXT(NAME, FIELD) XMLROW(NAME, XMLREAD_TEXT, 0, struct conf, FIELD)
#define AT(FIELD)	  offsetof(struct conf, FIELD)

static void
read_repositories(struct xmlfile *f, xmlNode *n, void *to)
{
	(void)f;
	for (const xmlNode *r = n->children; r != NULL; r = r->next)
		for (const xmlNode *e = r->children; e != NULL; e = e->next)
			if (xmlStrEqual(e->name, (const xmlChar *)"PIN"))
				*(bool *)to = true;
}

static void
read_facility(struct xmlfile *f, xmlNode *n, void *to)
{
	static const char *const words[] = { "kern", "user", "mail", "daemon",
		"auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv",
		"local0", "local1", "local2", "local3", "local4", "local5",
		"local6", "local7", NULL };

	if (xmlread_word(f, n, words) != -1)
		*(char **)to = xmlread_text(f, n);
}

static const struct xmlread_row syslog_rows[] = {
	XMLROW_CALL("Facility", XMLREAD_REQUIRED, AT(facility), read_facility),
	XMLROW_END,
};

static const struct xmlread_row logging_rows[] = {
	XMLROW_GROUP("Syslog", 0, syslog_rows),
	XMLROW("Verbosity", XMLREAD_U32, 0, struct conf, verbosity),
	XMLROW_END,
};

static const struct xmlread_row common_rows[] = {
	XMLROW_GROUP("Logging", 0, logging_rows),
	TEXT("PolicyFile", policy_file),
	TEXT("ZoneListFile", zonelist_file),
	TEXT("ZoneFetchFile", zonefetch_file),
	XMLROW_END,
};

static const struct xmlread_row enforcer_rows[] = {
	XMLROW_CALL("Privileges", 0, AT(enforcer), read_privileges),
	XMLROW_IGNORE("PidFile", 0),
	XMLROW_CALL("Datastore", 0, 0, read_datastore),
	XMLROW("Interval", XMLREAD_DURATION, XMLREAD_REQUIRED, struct conf,
	    interval),
	XMLROW_IGNORE("KeygenInterval", 0), /* 1.0 */
	XMLROW_IGNORE("BackupDelay", 0),    /* 1.0 */
	XMLROW("ManualKeyGeneration", XMLREAD_PRESENT, 0, struct conf,
	    manual_key_generation),
	XMLROW("RolloverNotification", XMLREAD_DURATION, 0, struct conf,
	    rollover_notification),
	TEXT("DelegationSignerSubmitCommand", ds_submit_command),
	XMLROW_IGNORE("WorkerThreads", 0), /* 1.4 */
	XMLROW(
	    "MaxClockStep", XMLREAD_DURATION, 0, struct conf, max_clock_step),
	XMLROW_END,
};

static const struct xmlread_row signer_rows[] = {
	XMLROW_CALL("Privileges", 0, AT(signer), read_privileges),
	XMLROW_IGNORE("PidFile", 0),
	XMLROW_IGNORE("SocketFile", 0),
	TEXT("WorkingDirectory", working_directory),
	TEXT("ToolsDirectory", tools_directory),
	XMLROW("WorkerThreads", XMLREAD_U32, 0, struct conf, worker_threads),
	XMLROW("SignerThreads", XMLREAD_U32, 0, struct conf, signer_threads),
	XMLROW_IGNORE("Listener", 0), /* 1.4 */
	TEXT("NotifyCommand", notify_command),
	XMLROW_END,
};

static const struct xmlread_row auditor_rows[] = {
	XMLROW_CALL("Privileges", 0, AT(auditor), read_privileges),
	TEXT("WorkingDirectory", auditor_directory),
	XMLROW_END,
};

static const struct xmlread_row rows[] = {
	XMLROW_CALL(
	    "RepositoryList", XMLREAD_REQUIRED, AT(has_pin), read_repositories),
	XMLROW_GROUP("Common", XMLREAD_REQUIRED, common_rows),
	XMLROW_GROUP("Enforcer", XMLREAD_REQUIRED, enforcer_rows),
	XMLROW_GROUP("Signer", 0, signer_rows),
	XMLROW_GROUP("Auditor", 0, auditor_rows),
	XMLROW_END,
};

/* FlatFile names the folder; SQLite names a file in what was the folder. */
static char *
state_dir(const struct conf *c)
{
	const char *path = c->datastore_path, *slash;

	if (path == NULL)
		return strdup(CONF_STATE_DIR);
	if (c->datastore == CONF_FLATFILE)
		return strdup(path);
	if ((slash = strrchr(path, '/')) == NULL)
		return strdup(".");
	return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

int
conf_read(struct conf **out, const char *path, const struct xmllog *log,
    struct diag *d)
{
	struct xmlfile f = { .path = path, .log = log };
	struct conf *c;
	xmlDoc *doc;
	int rc = -1;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return diag_system(d, "%s", path);
	c->verbosity = 3;
	c->rollover_notification = -1;
	c->max_clock_step = 2 * 86400;
	c->worker_threads = 4;
	if ((doc = xmlfile_parse(&f)) != NULL) {
		xmlread_document(&f, doc, "Configuration", "conf", rows, c);
		if (c->worker_threads == 0)
			xmlfile_error(&f, xmlDocGetRootElement(doc),
			    "WorkerThreads must be above 0");
	}
	if (f.errors == 0 &&
	    ((c->path = strdup(path)) == NULL ||
		(c->state_dir = state_dir(c)) == NULL ||
		(c->facility == NULL &&
		    (c->facility = strdup("daemon")) == NULL)))
		xmlfile_error(&f, NULL, "out of memory");
	if (xmlfile_result(&f, d) == -1)
		goto out;
	*out = c;
	c = NULL; /* the caller owns it now */
	rc = 0;
out:
	xmlFreeDoc(doc);
	conf_free(c);
	return rc;
}
