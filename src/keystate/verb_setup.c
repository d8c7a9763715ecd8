/* setup and update: the database begins, and configuration is looked at. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keystore_admin.h"
#include "pin.h"
#include "report.h"
#include "verb.h"
#include "writeall.h"
#include "zoneedit.h"

/* ---- setup ---- */

static int
write_new(const char *path, const char *text, mode_t mode, struct diag *d)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

	if (fd == -1)
		return diag_system(d, "%s", path);
	if (write_all(fd, text, strlen(text)) == -1 || fsync(fd) == -1) {
		diag_system(d, "%s", path);
		(void)close(fd);
		(void)unlink(path);
		return -1;
	}
	if (close(fd) == -1)
		return diag_system(d, "%s", path);
	return 0;
}

/* A PIN file that is not there yet gets a PIN of its own. */
static int
make_pin_file(const struct repository *repo, struct diag *d)
{
	unsigned char random[16];
	char pin[sizeof(random) + 2];
	int rc;

	if (repo->pin_file == NULL || access(repo->pin_file, F_OK) == 0)
		return 0;
	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return diag_system(d, "%s", repo->pin_file);
	for (size_t i = 0; i < sizeof(random); i++)
		pin[i] = (char)('0' + random[i] % 10);
	pin[sizeof(random)] = '\n';
	pin[sizeof(random) + 1] = '\0';
	rc = write_new(repo->pin_file, pin, 0600, d);
	explicit_bzero(pin, sizeof(pin));
	explicit_bzero(random, sizeof(random));
	if (rc == 0)
		report_info("%s: made, with a new PIN", repo->pin_file);
	return rc;
}

static int
make_store(const struct repository *repo, struct diag *d)
{
	char *pin = NULL;
	bool made;
	int rc = -1;

	if (repo->directory == NULL) {
		if (make_pin_file(repo, d) == -1)
			return -1;
		if (repo->pin != NULL)
			pin = strdup(repo->pin);
		else if (repo->pin_file != NULL) {
			if (pin_from_file(&pin, repo->pin_file, d) == -1)
				return -1;
		} else if (pin_from_terminal(&pin, repo->token, d) == -1)
			return -1;
		if (pin == NULL)
			return diag_system(d, "repository %s", repo->name);
	}
	if (keystore_create(repo, pin, pin, &made, d) == -1)
		diag_prefix(d, "repository %s", repo->name);
	else {
		report_info("repository %s: %s %s", repo->name,
		    repo->directory != NULL ? repo->directory : repo->token,
		    made ? "made" : "is there");
		rc = 0;
	}
	pin_free(pin);
	return rc;
}

/* The folders that zone add will use, and the signer's. */
static int
make_folders(const struct conf *conf, struct diag *d)
{
	static const struct {
		const char *name;
		mode_t mode;
	} folders[] = { { "signconf", 0755 }, { "unsigned", 0755 },
		{ "signed", 0755 }, { "tmp", 0700 } };
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		if (database_path(conf->state_dir, folders[i].name, path, d) ==
		    -1)
			return -1;
		if (mkdir(path, folders[i].mode) == -1) {
			if (errno == EEXIST)
				continue;
			return diag_system(d, "%s", path);
		}
		if (chmod(path, folders[i].mode) == -1)
			return diag_system(d, "%s", path);
	}
	return 0;
}

static int
make_zonelist(const struct conf *conf, struct diag *d)
{
	char *text;
	int rc;

	if (conf->zonelist_file == NULL ||
	    access(conf->zonelist_file, F_OK) == 0)
		return 0;
	if ((text = zonelist_text_empty()) == NULL)
		return diag_system(d, "%s", conf->zonelist_file);
	rc = write_new(conf->zonelist_file, text, 0644, d);
	free(text);
	if (rc == 0)
		report_info("%s: made, without zones", conf->zonelist_file);
	return rc;
}

static enum status
setup(struct session *s, int argc, char **operands, struct diag *d)
{
	char *backup = NULL;

	(void)argc;
	(void)operands;
	if (database_create(&s->db, s->conf->state_dir, s->o.force,
		(unsigned)s->o.wait, &backup, d) == -1)
		return verb_failed(d);
	if (backup != NULL)
		report_warn("%s: the database that was there is in %s",
		    s->conf->state_dir, backup);
	free(backup);
	for (size_t i = 0; i < s->repositories.count; i++)
		if (make_store(&s->repositories.item[i], d) == -1)
			return verb_failed(d);
	if (make_folders(s->conf, d) == -1 || make_zonelist(s->conf, d) == -1)
		return verb_failed(d);
	if (s->conf->datastore == CONF_SQLITE &&
	    access(s->conf->datastore_path, F_OK) == 0)
		report_warn("%s: its keys are not taken over by themselves: "
			    "keystate import-opendnssec",
		    s->conf->datastore_path);
	report_info("database made in %s", s->conf->state_dir);
	return STATUS_OK;
}

/* ---- update ---- */

static void
show_repositories(const struct session *s)
{
	for (size_t i = 0; i < s->repositories.count; i++) {
		const struct repository *r = &s->repositories.item[i];

		(void)printf("Repository %s: capacity ", r->name);
		if (r->capacity != 0)
			(void)printf("%u", r->capacity);
		else
			(void)printf("unset");
		(void)printf(", RequireBackup %s.\n",
		    r->require_backup ? "set" : "not set");
	}
}

static int
show_policies(const struct session *s, struct diag *d)
{
	int rc = 0;

	for (size_t i = 0; i < s->m->npolicies; i++)
		(void)printf("Policy %s found\n", s->m->policies[i]->name);
	for (size_t i = 0; i < s->zonelist->count; i++) {
		const struct zonelist_zone *z = &s->zonelist->zone[i];

		if (kasp_find(s->kasp, z->policy) == NULL)
			rc = diag_set(d, STATUS_BAD,
			    "%s:%ld: Zone: %s: there is no policy %s in %s",
			    s->conf->zonelist_file, z->line, z->name, z->policy,
			    s->conf->policy_file);
	}
	return rc;
}

/*
 * What the database has and the list has not: such zones are deleted.  That
 * half of them are gone is a list that was spoilt, not a wish.
 */
static int
delete_missing(struct session *s, struct diag *d)
{
	size_t missing = 0, in_use = 0;

	for (size_t i = 0; i < s->m->nzones; i++) {
		const struct zone *z = s->m->zones[i];

		in_use += z->deleted == 0;
		missing += z->deleted == 0 && !session_in_use(s, z);
	}
	if (missing > 1 && missing * 2 > in_use && !s->o.force)
		return diag_set(d, STATUS_BAD,
		    "%s lacks %zu of %zu zones: "
		    "--force if that is meant",
		    s->conf->zonelist_file, missing, in_use);
	for (size_t i = 0; i < s->m->nzones; i++) {
		struct zone *z = s->m->zones[i];

		if (z->deleted != 0 || session_in_use(s, z))
			continue;
		if (engine_zone_delete(s->m, z, s->now, d) == -1)
			return -1;
		database_history(s->db, s->now, z->name, NULL, NULL,
		    "zone-delete", NULL, NULL, NULL, 0, "update zonelist");
		(void)printf("Removed zone: %s\n", z->name);
	}
	return 0;
}

static int
update_zones(struct session *s, struct diag *d)
{
	if (delete_missing(s, d) == -1)
		return -1;
	for (size_t i = 0; i < s->m->nzones; i++) {
		const struct zone *z = s->m->zones[i];
		struct zone_facts *facts = database_facts(s->db, z->name);

		if (facts == NULL)
			return diag_system(d, "zone %s", z->name);
		if (facts->listed && facts->fresh) {
			(void)printf("Imported zone: %s\n", z->name);
			facts->fresh = false;
		}
	}
	return session_commit(s, d);
}

static enum status
update(struct session *s, int argc, char **operands, struct diag *d)
{
	static const char *const words[] = { "kasp", "zonelist", "conf",
		"all" };
	const char *what = NULL;
	bool all;

	for (size_t i = 0; i < 4 && argc > 0; i++)
		if (strncasecmp(words[i], operands[0], strlen(operands[0])) ==
		    0)
			what = words[i];
	if (argc != 1 || what == NULL) {
		diag_set(d, STATUS_USAGE,
		    "update: one of kasp, zonelist, conf, all is needed");
		return STATUS_USAGE;
	}
	all = strcmp(what, "all") == 0;
	if (all || strcmp(what, "conf") == 0)
		show_repositories(s);
	if ((all || strcmp(what, "kasp") == 0) && show_policies(s, d) == -1)
		return verb_failed(d);
	if ((all || strcmp(what, "zonelist") == 0) && update_zones(s, d) == -1)
		return verb_failed(d);
	return STATUS_OK;
}

const struct verb setup_verbs[] = {
	{ "setup", ",force,yes", NEEDS_CONF,
	    "Make the state directory, key stores and an empty database.",
	    setup },
	{ "update", "l,force", NEEDS_ALL,
	    "Take changed files: update kasp|zonelist|conf|all.", update },
	{ NULL, NULL, 0, NULL, NULL },
};
