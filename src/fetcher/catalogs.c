#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "catalogs.h"
#include "catalogs_plan.h"
#include "conf.h"
#include "report.h"

#define BATCH 256 /* zones for one keystate */

/* ---- keystate ---- */

static void
exec_keystate(const char **argv, bool quiet)
{
	const int null = quiet ? open("/dev/null", O_WRONLY | O_CLOEXEC) : -1;
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	/* Our own standard output is lines for programs. */
	(void)dup2(null == -1 ? STDERR_FILENO : null, STDOUT_FILENO);
	(void)execvp("keystate", (char *const *)(uintptr_t)argv);
	report_error("keystate: %s", strerror(errno));
	_exit(STATUS_SYSTEM);
}

/* Its exit status. */
static int
run_keystate(const char **argv, bool quiet)
{
	int status;
	pid_t pid;

	(void)fflush(stdout);
	if ((pid = fork()) == -1) {
		report_error("fork: %s", strerror(errno));
		return STATUS_SYSTEM;
	}
	if (pid == 0)
		exec_keystate(argv, quiet);
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return STATUS_SYSTEM;
	return WIFEXITED(status) ? WEXITSTATUS(status) : STATUS_SYSTEM;
}

/* ---- changes ---- */

struct step {
	struct plan *plan;
	struct source *source;
	const struct catalogs_options *options;
	struct changes *changes;
	const char *word;   /* for the line */
	const char *verb;   /* of keystate */
	const char *policy; /* only zones of it, or NULL */
};

static const struct member *
member_of(const struct step *s, const struct change *c)
{
	return &s->source->owned.list[c->member];
}

static bool
is_of_step(const struct step *s, const struct change *c)
{
	return s->policy == NULL ||
	    strcmp(member_of(s, c)->policy, s->policy) == 0;
}

static void
print_change(const struct step *s, const struct change *c)
{
	const struct member *m = member_of(s, c);

	printf("%s\t%s\t%s\t%s\n", s->word, m->zone, m->policy,
	    s->source->conf->name);
}

static int
try_zones(const struct step *s, struct change *const *zone, size_t count)
{
	const char *argv[BATCH + 12];
	size_t n = 0;

	argv[n++] = "keystate";
	argv[n++] = "-c";
	argv[n++] = s->options->conf;
	if (s->policy != NULL) {
		argv[n++] = "--policy";
		argv[n++] = s->policy;
	}
	argv[n++] = "--"; /* a name may begin with a hyphen */
	argv[n++] = "zone";
	argv[n++] = s->verb;
	for (size_t i = 0; i < count; i++)
		argv[n++] = member_of(s, zone[i])->zone;
	argv[n] = NULL;
	/* What zone delete says of the parent's DS, somebody should read. */
	return run_keystate(argv, s->policy != NULL);
}

/* All at once; if that fails one by one, for only one of them may be bad. */
static void
do_zones(const struct step *s, struct change **zone, size_t count)
{
	const int status = count == 0 ? 0 : try_zones(s, zone, count);

	for (size_t i = 0; i < count && status != 0 && count > 1; i++)
		do_zones(s, &zone[i], 1);
	if (status != 0 && count > 1)
		return;
	for (size_t i = 0; i < count; i++) {
		zone[i]->failed = status != 0;
		if (status == 0)
			print_change(s, zone[i]);
		else
			report_error("%s: %s: not %s: keystate ended with "
				     "status %d; the next run tries again",
			    s->source->conf->name, member_of(s, zone[i])->zone,
			    s->policy != NULL ? "added" : "deleted", status);
	}
	if (status > (int)s->plan->worst)
		s->plan->worst = status > STATUS_SYSTEM ? STATUS_SYSTEM :
							  (enum status)status;
}

static void
do_step(const struct step *s)
{
	struct change *batch[BATCH];
	size_t n = 0;

	for (size_t i = 0; i < s->changes->count; i++) {
		struct change *c = &s->changes->list[i];

		if (!is_of_step(s, c))
			continue;
		if (s->options->dry_run || s->verb == NULL) {
			print_change(s, c);
			continue;
		}
		batch[n++] = c;
		if (n == BATCH) {
			do_zones(s, batch, n);
			n = 0;
		}
	}
	do_zones(s, batch, n);
}

/* One step a policy: keystate takes one for all zones it is given. */
static void
add_zones(struct step s)
{
	const struct zonelist_catalog *c = s.source->conf;

	for (size_t g = 0; g <= c->group_count; g++) {
		bool before = false;

		s.policy = g == c->group_count ? c->policy : c->group[g].policy;
		for (size_t k = 0; k < g; k++)
			before |= strcmp(c->group[k].policy, s.policy) == 0;
		if (!before)
			do_step(&s);
	}
}

/* What was not done is not ours; what was deleted is no longer. */
static void
settle(struct source *s)
{
	for (size_t i = 0; i < s->add.count; i++)
		if (s->add.list[i].failed)
			s->owned.list[s->add.list[i].member].gone = true;
	for (size_t i = 0; i < s->delete.count; i++)
		if (!s->delete.list[i].failed)
			s->owned.list[s->delete.list[i].member].gone = true;
}

static int
write_members(const struct source *s, struct diag *d)
{
	return members_write(&s->owned, s->conf->name, s->conf->input, d);
}

/*
 * The zones to come are written down first: if we are stopped between,
 * the next run knows that they are the catalog's and not somebody's.
 */
static int
do_source(struct plan *plan, struct source *source,
    const struct catalogs_options *o, struct diag *d)
{
	struct step step = { .plan = plan, .source = source, .options = o };

	step.changes = &source->move;
	step.word = "move";
	do_step(&step);
	step.changes = &source->delete;
	step.word = step.verb = "delete";
	do_step(&step);
	step.changes = &source->add;
	step.word = step.verb = "add";
	add_zones(step);
	if (o->dry_run || (source->add.count == 0 && source->delete.count == 0))
		return 0;
	settle(source);
	return write_members(source, d);
}

static int
do_plan(struct plan *plan, const struct catalogs_options *o, struct diag *d)
{
	/* Those that gain first: a zone is better two catalogs' than none's. */
	for (int gains = 1; gains >= 0 && !o->dry_run; gains--)
		for (size_t i = 0; i < plan->count; i++) {
			struct source *s = &plan->source[i];

			if (s->changed && s->usable &&
			    (s->move.count > 0) == (gains == 1) &&
			    write_members(s, d) == -1)
				return -1;
		}
	for (size_t i = 0; i < plan->count; i++)
		if (do_source(plan, &plan->source[i], o, d) == -1)
			return -1;
	return 0;
}

/* ---- all of it ---- */

/* Two at a time would take each other's zones for somebody else's. */
static int
lock(const struct conf *conf, struct diag *d)
{
	char path[PATH_MAX];
	const int n =
	    snprintf(path, sizeof(path), "%s/catalogs.lock", conf->state_dir);
	int fd;

	if (n < 0 || n >= (int)sizeof(path))
		return diag_set(
		    d, STATUS_USAGE, "%s: path too long", conf->state_dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1)
		return diag_system(d, "%s", path);
	while (flock(fd, LOCK_EX) == -1)
		if (errno != EINTR) {
			diag_system(d, "%s", path);
			(void)close(fd);
			return -1;
		}
	return fd;
}

enum status
catalogs_apply(const struct catalogs_options *o)
{
	struct conf *conf = NULL;
	struct zonelist *list = NULL;
	struct plan plan = { .count = 0 };
	int held = -1, rc = -1;
	struct diag d;

	if (conf_read(&conf, o->conf, NULL, &d) == -1 ||
	    zonelist_read(&list, conf->zonelist_file, NULL, &d) == -1)
		goto out;
	if (list->catalog_count == 0) {
		rc = 0;
		goto out;
	}
	if (!o->dry_run && (held = lock(conf, &d)) == -1)
		goto out;
	zonelist_free(list); /* it may have changed while we waited */
	list = NULL;
	if (zonelist_read(&list, conf->zonelist_file, NULL, &d) == -1 ||
	    plan_make(&plan, list, o->force, &d) == -1)
		goto out;
	rc = do_plan(&plan, o, &d);
out:
	if (rc == -1) {
		(void)report_diag(&d);
		if (d.status > plan.worst)
			plan.worst = d.status;
	}
	plan_free(&plan);
	if (held != -1)
		(void)close(held);
	zonelist_free(list);
	conf_free(conf);
	return plan.worst;
}
