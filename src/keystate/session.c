#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "config.h"
#include "lost.h"
#include "material.h"
#include "report.h"
#include "session.h"
#include "zoneedit.h"

/*
 * A backup that is under way must hold all keys that are used afterwards: none
 * is made between `ods-control ksm stop' and `ods-control ksm start'.
 */
static bool
generation_held(const char *state_dir)
{
	char path[PATH_MAX];

	return snprintf(path, sizeof(path), "%s/" HOLD_GENERATION, state_dir) <
	    (int)sizeof(path) &&
	    access(path, F_OK) == 0;
}

static int
load_conf(struct session *s, struct diag *d)
{
	const struct conf *c;

	if (conf_read(&s->conf, s->o.conf, NULL, d) == -1 ||
	    repository_read(&s->repositories, s->o.conf, d) == -1)
		return -1;
	c = s->conf;
	s->engine.interval = c->interval;
	s->engine.rollover_notification = c->rollover_notification;
	s->m->clock.max_step = c->max_clock_step;
	s->held = generation_held(c->state_dir);
	s->engine.manual_generation = c->manual_key_generation || s->held;
	s->engine.accept_clock = s->o.accept_clock;
	s->engine.assume_published = s->o.assume_published;
	return config_stores(s->m, &s->repositories, d);
}

static int
load_kasp(struct session *s, struct diag *d)
{
	const char *path = s->conf->policy_file;

	if (path == NULL)
		return diag_set(d, STATUS_USAGE,
		    "%s: Common: element PolicyFile is missing", s->o.conf);
	if (kasp_read(&s->kasp, path, NULL, d) == -1)
		return -1;
	return config_policies(s->m, s->kasp, path, d);
}

static int
load_zonelist(struct session *s, struct diag *d)
{
	const char *path = s->conf->zonelist_file;

	if (path == NULL)
		return diag_set(d, STATUS_USAGE,
		    "%s: Common: element ZoneListFile is missing", s->o.conf);
	if (zonelist_read(&s->zonelist, path, NULL, d) == -1)
		return -1;
	return config_zones(s, d);
}

/*
 * The database goes first, so that a pending change of the zone list is in
 * place before the list is read; but the model wants the zones in the list's
 * order.  So the database is read into a model of its own when there is
 * something pending, which is rare.
 */
static int
finish_pending(struct session *s, struct diag *d)
{
	char path[PATH_MAX];
	struct database *db;
	struct model *m;
	int rc;

	if (database_path(s->conf->state_dir, ZONEEDIT_PENDING, path, d) == -1)
		return -1;
	if (access(path, F_OK) == -1)
		return 0;
	if ((m = model_new()) == NULL)
		return diag_system(d, "zones");
	rc = database_open(
	    &db, s->conf->state_dir, DATABASE_WRITE, (unsigned)s->o.wait, m, d);
	if (rc == 0) {
		rc = zoneedit_recover(db, m, s->conf, d);
		database_close(db);
	}
	model_free(m);
	return rc;
}

static int
load_config(struct session *s, unsigned needs, struct diag *d)
{
	if ((needs & NEEDS_CONF) != 0 && load_conf(s, d) == -1)
		return -1;
	if ((needs & NEEDS_SYSLOG) != 0 && s->o.log == NULL &&
	    report_syslog(s->conf->facility) == -1)
		report_warn("%s: no such syslog facility: %s", s->o.conf,
		    s->conf->facility);
	if ((needs & NEEDS_WRITE) != 0 && !s->o.dry_run &&
	    finish_pending(s, d) == -1)
		return -1;
	if ((needs & NEEDS_KASP) != 0 && load_kasp(s, d) == -1)
		return -1;
	if ((needs & NEEDS_ZONELIST) != 0 && load_zonelist(s, d) == -1)
		return -1;
	return 0;
}

int
session_load(struct session *s, unsigned needs, struct diag *d)
{
	if ((s->m = model_new()) == NULL)
		return diag_system(d, "keystate");
	if (load_config(s, needs, d) == -1) {
		if (d->status == STATUS_USAGE) {
			(void)report_diag(d);
			(void)diag_set(d, STATUS_USAGE, "Error reading config");
		}
		return -1;
	}
	if ((needs & (NEEDS_READ | NEEDS_WRITE)) == 0)
		return 0;
	if (database_open(&s->db, s->conf->state_dir,
		(needs & NEEDS_WRITE) != 0 && !s->o.dry_run ? DATABASE_WRITE
							    : DATABASE_READ,
		(unsigned)s->o.wait, s->m, d) == -1)
		return -1;
	if (config_link(s, d) == -1)
		return -1;
	lost_look(s);
	return 0;
}

void
session_free(struct session *s)
{
	material_close(s);
	database_close(s->db);
	model_free(s->m);
	zonelist_free(s->zonelist);
	kasp_free(s->kasp);
	repository_list_free(&s->repositories);
	conf_free(s->conf);
}

int
session_reload(struct session *s, unsigned needs, struct diag *d)
{
	const struct options o = s->o;
	const int64_t now = s->now;

	session_free(s);
	*s = (struct session){ .o = o, .now = now };
	return session_load(s, needs, d);
}

int
session_commit(struct session *s, struct diag *d)
{
	if (s->o.dry_run)
		return 0;
	return database_commit(s->db, s->m, d);
}

struct zone *
session_zone(struct session *s, struct diag *d)
{
	struct zone *z;
	char *name;

	if (s->o.zone == NULL) {
		diag_set(d, STATUS_USAGE, "--zone is needed");
		return NULL;
	}
	if (session_zone_name(s->o.zone, &name, d) == -1)
		return NULL;
	z = model_zone(s->m, name);
	if (z == NULL)
		diag_set(d, STATUS_BAD,
		    "zone %s: not known; zone list tells "
		    "which are",
		    name);
	free(name);
	return z;
}

int
session_key_type(const struct session *s, enum key_type *type, struct diag *d)
{
	const char *text = s->o.keytype;

	if (text == NULL)
		return 0;
	if (strcasecmp(text, "KSK") == 0 || strcmp(text, "257") == 0)
		*type = KEY_KSK;
	else if (strcasecmp(text, "ZSK") == 0 || strcmp(text, "256") == 0)
		*type = KEY_ZSK;
	else
		return diag_set(d, STATUS_USAGE,
		    "--keytype: '%s' is neither KSK nor ZSK", text);
	return 1;
}

bool
session_in_use(const struct session *s, const struct zone *z)
{
	const struct zone_facts *facts = strmap_get(&s->db->facts, z->name);

	return facts != NULL && facts->listed && z->deleted == 0;
}

int
session_clock_synchronised(void)
{
	struct timex tx = { 0 };
	const int state = adjtimex(&tx);

	if (state == -1)
		return -1;
	return state != TIME_ERROR && (tx.status & STA_UNSYNC) == 0;
}

void
session_date(int64_t moment, char *buf)
{
	const time_t t = (time_t)moment;
	struct tm tm;

	if (localtime_r(&t, &tm) == NULL ||
	    strftime(buf, 32, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		(void)snprintf(buf, 32, "?");
}

int
session_confirm(const struct session *s, const char *question, struct diag *d)
{
	char answer[16];

	if (s->o.yes || s->o.force)
		return 1;
	if (!isatty(STDIN_FILENO))
		return diag_set(d, STATUS_USAGE, "%s  Not without --yes",
		    question);
	(void)printf("%s [y/N] ", question);
	(void)fflush(stdout);
	if (fgets(answer, sizeof(answer), stdin) == NULL)
		return 0;
	return answer[0] == 'y' || answer[0] == 'Y';
}
