#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access.h"
#include "check.h"

static const xmlNode *
conf_node(const struct subject *s, const char *path)
{
	return node_below(xmlDocGetRootElement(s->conf_doc), path);
}

/* ---- files that conf.xml names ---- */

/* A file that must be there and readable; NULL path: not configured. */
static void
readable(struct subject *s, const struct check *c, const char *path,
    const char *element)
{
	if (path != NULL && access_as(&s->conf->enforcer, path, R_OK) == -1)
		finding(s, c, s->conf_path, conf_node(s, element),
		    "%s cannot be read: %s", path, strerror(errno));
}

static void
check_policy_file(struct subject *s, const struct check *c)
{
	if (s->conf->policy_file == NULL)
		finding(s, c, s->conf_path, conf_node(s, "Common"),
		    "element PolicyFile is missing");
	else
		readable(s, c, s->conf->policy_file, "Common/PolicyFile");
}

static void
check_zonelist_file(struct subject *s, const struct check *c)
{
	if (s->conf->zonelist_file == NULL)
		finding(s, c, s->conf_path, conf_node(s, "Common"),
		    "element ZoneListFile is missing");
	else
		readable(s, c, s->conf->zonelist_file, "Common/ZoneListFile");
}

static void
check_zonefetch_file(struct subject *s, const struct check *c)
{
	readable(s, c, s->conf->zonefetch_file, "Common/ZoneFetchFile");
}

/* A folder that must be there, and writable for that user. */
static void
writable_folder(struct subject *s, const struct check *c,
    const struct conf_privileges *who, const char *path, const char *element)
{
	struct stat st;

	if (path == NULL)
		return;
	if (stat(path, &st) == -1)
		finding(s, c, s->conf_path, conf_node(s, element), "%s: %s",
		    path, strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		finding(s, c, s->conf_path, conf_node(s, element),
		    "%s is not a folder", path);
	else if (access_as(who, path, W_OK | X_OK) == -1)
		finding(s, c, s->conf_path, conf_node(s, element),
		    "%s cannot be written%s%s: %s", path,
		    who->user != NULL ? " by " : "",
		    who->user != NULL ? who->user : "", strerror(errno));
}

static void
check_state_dir(struct subject *s, const struct check *c)
{
	writable_folder(
	    s, c, &s->conf->enforcer, s->conf->state_dir, "Enforcer/Datastore");
}

static void
check_working_dirs(struct subject *s, const struct check *c)
{
	writable_folder(s, c, &s->conf->signer, s->conf->working_directory,
	    "Signer/WorkingDirectory");
	writable_folder(s, c, &s->conf->auditor, s->conf->auditor_directory,
	    "Auditor/WorkingDirectory");
}

static void
check_database(struct subject *s, const struct check *c)
{
	const struct conf *conf = s->conf;
	char path[4096];

	if (conf->datastore != CONF_SQLITE && conf->datastore != CONF_MYSQL)
		return;
	if (snprintf(path, sizeof(path), "%s/keys.db", conf->state_dir) <
		(int)sizeof(path) &&
	    access(path, F_OK) == 0)
		return; /* imported, or begun afresh */
	finding(s, c, s->conf_path, conf_node(s, "Enforcer/Datastore"),
	    "%s is not used: keys and zones live in flat files in %s%s%s",
	    conf->datastore == CONF_SQLITE ? conf->datastore_path : "MySQL",
	    conf->state_dir,
	    conf->datastore == CONF_SQLITE ? "; keystate import-opendnssec "
					   : "",
	    conf->datastore == CONF_SQLITE ? conf->datastore_path : "");
}

/* The program of a command, if it is named by its path. */
static void
command(struct subject *s, const struct check *c, const char *text,
    const char *element)
{
	char *program;
	size_t len;

	if (text == NULL)
		return;
	len = strcspn(text, " \t;|&<>");
	if (*text != '/' || (program = strndup(text, len)) == NULL)
		return;
	if (access(program, X_OK) == -1)
		finding(s, c, s->conf_path, conf_node(s, element),
		    "%s cannot be run: %s", program, strerror(errno));
	free(program);
}

static void
check_commands(struct subject *s, const struct check *c)
{
	command(s, c, s->conf->ds_submit_command,
	    "Enforcer/DelegationSignerSubmitCommand");
	command(s, c, s->conf->notify_command, "Signer/NotifyCommand");
}

/* ---- users ---- */

static const struct part {
	const char *user, *group; /* elements */
	size_t offset;
} parts[] = {
	{ "Enforcer/Privileges/User", "Enforcer/Privileges/Group",
	    offsetof(struct conf, enforcer) },
	{ "Signer/Privileges/User", "Signer/Privileges/Group",
	    offsetof(struct conf, signer) },
	{ "Auditor/Privileges/User", "Auditor/Privileges/Group",
	    offsetof(struct conf, auditor) },
};
#define PARTS (sizeof(parts) / sizeof(*parts))

static const struct conf_privileges *
privileges(const struct subject *s, size_t part)
{
	return (const void *)((const char *)s->conf + parts[part].offset);
}

/* Each name is reported once, where it first stands. */
static bool
is_repeated(const struct subject *s, size_t part, bool group)
{
	const struct conf_privileges *p = privileges(s, part);

	for (size_t i = 0; i < part; i++) {
		const struct conf_privileges *q = privileges(s, i);
		const char *a = group ? p->group : p->user;
		const char *b = group ? q->group : q->user;

		if (b != NULL && strcmp(a, b) == 0)
			return true;
	}
	return false;
}

static void
check_users(struct subject *s, const struct check *c)
{
	for (size_t i = 0; i < PARTS; i++) {
		const char *name = privileges(s, i)->user;

		if (name != NULL && !is_repeated(s, i, false) &&
		    getpwnam(name) == NULL)
			finding(s, c, s->conf_path, conf_node(s, parts[i].user),
			    "user %s does not exist", name);
	}
}

static void
check_groups(struct subject *s, const struct check *c)
{
	for (size_t i = 0; i < PARTS; i++) {
		const char *name = privileges(s, i)->group;

		if (name != NULL && !is_repeated(s, i, true) &&
		    getgrnam(name) == NULL)
			finding(s, c, s->conf_path,
			    conf_node(s, parts[i].group),
			    "group %s does not exist", name);
	}
}

/* ---- repositories ---- */

/* "" if the element is absent.  The caller frees with xmlFree(). */
static char *
content(const xmlNode *repository, const char *element)
{
	const xmlNode *n = node_below(repository, element);
	xmlChar *text = n == NULL ? NULL : xmlNodeGetContent(n);
	char *start = (char *)text;

	if (text == NULL)
		return (char *)xmlStrdup((const xmlChar *)"");
	start += strspn(start, " \t\r\n");
	memmove(text, start, strlen(start) + 1);
	text[strcspn((char *)text, "\t\r\n")] = '\0';
	return (char *)text;
}

static const xmlNode *
next_repository(const struct subject *s, const xmlNode *n)
{
	const xmlNode *list = conf_node(s, "RepositoryList");

	if (list == NULL)
		return NULL;
	n = n == NULL ? list->children : n->next;
	while (n != NULL && n->type != XML_ELEMENT_NODE)
		n = n->next;
	return n;
}

static void
check_repositories(struct subject *s, const struct check *c)
{
	if (next_repository(s, NULL) == NULL)
		finding(s, c, s->conf_path, conf_node(s, "RepositoryList"),
		    "there is no repository: no key can be made");
}

static void
check_repository_names(struct subject *s, const struct check *c)
{
	const xmlNode *a, *b;

	for (a = NULL; (a = next_repository(s, a)) != NULL;)
		for (b = a; (b = next_repository(s, b)) != NULL;) {
			xmlChar *x = xmlGetNoNsProp(a, (xmlChar *)"name");
			xmlChar *y = xmlGetNoNsProp(b, (xmlChar *)"name");

			if (xmlStrEqual(x, y))
				finding(s, c, s->conf_path, b,
				    "two repositories are named %s", (char *)x);
			xmlFree(x);
			xmlFree(y);
		}
}

static void
check_modules(struct subject *s, const struct check *c)
{
	for (const xmlNode *r = NULL; (r = next_repository(s, r)) != NULL;) {
		char *module = content(r, "Module");

		if (*module != '\0' && access(module, R_OK) == -1)
			finding(s, c, s->conf_path, node_below(r, "Module"),
			    "%s: %s", module, strerror(errno));
		xmlFree(module);
	}
}

static void
check_directories(struct subject *s, const struct check *c)
{
	struct stat st;

	for (const xmlNode *r = NULL; (r = next_repository(s, r)) != NULL;) {
		char *folder = content(r, "Directory");

		if (*folder == '\0')
			;
		else if (stat(folder, &st) == -1)
			finding(s, c, s->conf_path, node_below(r, "Directory"),
			    "%s: %s", folder, strerror(errno));
		else if ((st.st_mode & 077) != 0)
			finding(s, c, s->conf_path, node_below(r, "Directory"),
			    "%s holds private keys: chmod 700", folder);
		xmlFree(folder);
	}
}

static void
check_tokens(struct subject *s, const struct check *c)
{
	const xmlNode *a, *b;

	for (a = NULL; (a = next_repository(s, a)) != NULL;)
		for (b = a; (b = next_repository(s, b)) != NULL;) {
			char *m1 = content(a, "Module");
			char *m2 = content(b, "Module");
			char *t1 = content(a, "TokenLabel");
			char *t2 = content(b, "TokenLabel");

			if (*m1 != '\0' && strcmp(m1, m2) == 0 &&
			    strcmp(t1, t2) == 0)
				finding(s, c, s->conf_path, b,
				    "Module and TokenLabel %s are those of "
				    "another repository",
				    t1);
			xmlFree(m1);
			xmlFree(m2);
			xmlFree(t1);
			xmlFree(t2);
		}
}

static void
check_pin(struct subject *s, const struct check *c)
{
	struct stat st;

	if (s->conf->has_pin && stat(s->conf_path, &st) == 0 &&
	    (st.st_mode & S_IROTH) != 0)
		finding(s, c, s->conf_path, conf_node(s, "RepositoryList"),
		    "holds a PIN and everybody can read it: chmod o-r, or use "
		    "PINFile");
}

static void
check_pin_files(struct subject *s, const struct check *c)
{
	struct stat st;

	for (const xmlNode *r = NULL; (r = next_repository(s, r)) != NULL;) {
		char *path = content(r, "PINFile");

		if (*path == '\0')
			;
		else if (stat(path, &st) == -1)
			finding(s, c, s->conf_path, node_below(r, "PINFile"),
			    "%s: %s", path, strerror(errno));
		else if ((st.st_mode & 077) != 0)
			finding(s, c, s->conf_path, node_below(r, "PINFile"),
			    "others than the owner can use %s: chmod 600",
			    path);
		xmlFree(path);
	}
}

const struct check conf_checks[] = {
	{ "conf-policyfile", LEVEL_ERROR, NULL, check_policy_file },
	{ "conf-zonelistfile", LEVEL_ERROR, NULL, check_zonelist_file },
	{ "conf-zonefetchfile", LEVEL_ERROR, NULL, check_zonefetch_file },
	{ "conf-user", LEVEL_ERROR, NULL, check_users },
	{ "conf-group", LEVEL_ERROR, NULL, check_groups },
	{ "conf-state", LEVEL_ERROR, NULL, check_state_dir },
	{ "conf-database", LEVEL_NOTICE, NULL, check_database },
	{ "conf-workdir", LEVEL_ERROR, NULL, check_working_dirs },
	{ "conf-command", LEVEL_ERROR, NULL, check_commands },
	{ "conf-pin", LEVEL_ERROR, NULL, check_pin },
	{ "repository-none", LEVEL_ERROR, NULL, check_repositories },
	{ "repository-name", LEVEL_ERROR, NULL, check_repository_names },
	{ "repository-module", LEVEL_ERROR, NULL, check_modules },
	{ "repository-directory", LEVEL_ERROR, NULL, check_directories },
	{ "repository-token", LEVEL_ERROR, NULL, check_tokens },
	{ "repository-pinfile", LEVEL_ERROR, NULL, check_pin_files },
	{ NULL, 0, NULL, NULL },
};
