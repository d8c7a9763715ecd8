#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "report.h"
#include "scheduler_parts.h"

/* ---- the listener ---- */

void
scheduler_start_listener(struct scheduler *s)
{
	int fds[2];

	s->listener_at = clock_ms() + SPACING_MS; /* not again before */
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) == -1) {
		report_error("pipe: %s", strerror(errno));
		return;
	}
	(void)fflush(stdout);
	if ((s->listener = fork()) == 0) {
		(void)sigprocmask(SIG_SETMASK, &s->old_mask, NULL);
		(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
		(void)close(fds[0]);
		(void)close(s->signals);
		_exit(listen_run(s->sockets, *s->config, fds[1]));
	}
	(void)close(fds[1]);
	if (s->listener == -1) {
		report_error("fork: %s", strerror(errno));
		s->listener = 0;
		(void)close(fds[0]);
		return;
	}
	s->events = fds[0];
}

void
scheduler_read_events(struct scheduler *s)
{
	struct listen_event event;
	struct job *job;
	int64_t due;

	while (s->events != -1 &&
	    read(s->events, &event, sizeof(event)) == (ssize_t)sizeof(event)) {
		if (event.zone >= (*s->config)->zone_count ||
		    event.master >= (*s->config)->master_count)
			continue; /* it reads from strangers */
		job = &s->job[event.zone];
		job->notified = true;
		job->master = event.master;
		due = job->ended == 0 ? 0 : job->ended + SPACING_MS;
		if (!job->running && due < job->due)
			job->due = due;
		report_info("%s: NOTIFY from %s",
		    (*s->config)->zone[event.zone].name,
		    (*s->config)->master[event.master].text);
	}
}

void
scheduler_listener_ended(struct scheduler *s)
{
	s->listener = 0;
	scheduler_read_events(s);
	if (s->events != -1)
		(void)close(s->events);
	s->events = -1;
	if (!s->stopping)
		report_error("the listener ended; it is started again");
}

void
scheduler_stop_listener(struct scheduler *s)
{
	int status;

	if (s->listener == 0)
		return;
	(void)kill(s->listener, SIGTERM);
	(void)waitpid(s->listener, &status, 0);
	s->listener = 0;
	scheduler_read_events(s);
	if (s->events != -1)
		(void)close(s->events);
	s->events = -1;
}

/* ---- the configuration ---- */

bool
scheduler_files_changed(struct scheduler *s)
{
	const char *path[3] = { s->options->conf,
		(*s->config)->conf->zonelist_file,
		(*s->config)->conf->zonefetch_file };
	bool changed = false;
	struct stat st;

	for (size_t i = 0; i < 3; i++) {
		if (stat(path[i], &st) == -1)
			continue;
		changed |= st.st_mtim.tv_sec != s->changed[i].tv_sec ||
		    st.st_mtim.tv_nsec != s->changed[i].tv_nsec;
		s->changed[i] = st.st_mtim;
	}
	return changed;
}

/* New zones are due at once; those that stay keep their timers. */
void
scheduler_reload(struct scheduler *s)
{
	struct fetch_config *config;
	struct job *jobs, *old;
	struct diag d;

	if (fetch_config_read(&config, s->options->conf, &d) == -1) {
		(void)report_diag(&d);
		report_warn("the configuration before stays in force");
		return;
	}
	if ((jobs = calloc(config->zone_count + 1, sizeof(*jobs))) == NULL) {
		report_error("out of memory");
		fetch_config_free(config);
		return;
	}
	scheduler_stop_listener(s);
	for (size_t i = 0; i < config->zone_count; i++)
		if ((old = scheduler_job(s, config->zone[i].name)) != NULL)
			jobs[i] = *old;
	free(s->job);
	fetch_config_free(*s->config);
	s->job = jobs;
	*s->config = config;
	scheduler_start_listener(s);
	s->catalogs_due = true; /* their limits may have changed */
	report_info("read %s: %zu zones", s->options->conf, config->zone_count);
}
