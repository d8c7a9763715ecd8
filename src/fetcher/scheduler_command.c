#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "catalogs.h"
#include "report.h"
#include "scheduler_parts.h"

#define RUN_ZONES_MAX 256 /* for one start of the command */
#define RUN_WORDS_MAX 5	  /* before them */

static void
exec_command(struct scheduler *s, const char **argv)
{
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)execvp(s->options->run, (char *const *)(uintptr_t)argv);
	report_error("%s: %s", s->options->run, strerror(errno));
	_exit(127);
}

/* The words before the zones.  resign waits for one that cron has started. */
static size_t
put_command(const struct scheduler *s, const char **argv)
{
	size_t n = 0;

	argv[n++] = s->options->run;
	if (s->options->resign) {
		argv[n++] = "-c";
		argv[n++] = s->options->conf;
		argv[n++] = "--wait";
		argv[n++] = "--";
	}
	return n;
}

/* One at a time, with all that came in while the last one ran. */
void
scheduler_start_command(struct scheduler *s)
{
	const char *argv[RUN_WORDS_MAX + RUN_ZONES_MAX + 1];
	const size_t words = put_command(s, argv);
	size_t n = words;

	if (s->runner != 0 || s->stopping)
		return;
	for (size_t i = 0;
	     i < (*s->config)->zone_count && n < words + RUN_ZONES_MAX; i++) {
		const char *zone = (*s->config)->zone[i].name;

		if (!s->job[i].arrived)
			continue;
		s->job[i].arrived = false;
		if (s->options->run == NULL)
			continue;
		if (zone[0] == '-' && !s->options->resign) {
			/* It would be read as an option. */
			report_warn(
			    "%s: not given to %s", zone, s->options->run);
			continue;
		}
		argv[n++] = zone;
	}
	if (n == words)
		return;
	argv[n] = NULL;
	(void)fflush(stdout);
	if ((s->runner = fork()) == 0)
		exec_command(s, argv);
	if (s->runner == -1) {
		report_error("fork: %s", strerror(errno));
		s->runner = 0;
	}
}

/* In the place of the command, which goes by the same zone list. */
void
scheduler_start_catalogs(struct scheduler *s)
{
	const struct catalogs_options options = { .conf = s->options->conf };
	enum status status;
	sigset_t none;

	if (!s->serving || !s->catalogs_due || s->runner != 0 || s->stopping)
		return;
	s->catalogs_due = false;
	if ((*s->config)->list->catalog_count == 0)
		return;
	(void)fflush(stdout);
	if ((s->runner = fork()) == 0) {
		(void)sigemptyset(&none);
		(void)sigprocmask(SIG_SETMASK, &none, NULL);
		status = catalogs_apply(&options);
		(void)fflush(stdout);
		_exit((int)status);
	}
	if (s->runner == -1) {
		report_error("fork: %s", strerror(errno));
		s->runner = 0;
		return;
	}
	s->applying = true;
}

void
scheduler_command_ended(struct scheduler *s, int wait_status)
{
	s->runner = 0;
	if (s->applying) { /* it has said what was wrong */
		s->applying = false;
		s->look_at = 0;
		return;
	}
	if (WIFSIGNALED(wait_status))
		report_warn("%s was ended by signal %d", s->options->run,
		    WTERMSIG(wait_status));
	else if (WEXITSTATUS(wait_status) != 0)
		report_warn("%s ended with status %d", s->options->run,
		    WEXITSTATUS(wait_status));
}
