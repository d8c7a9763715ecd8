#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "catalogs.h"
#include "clock.h"
#include "report.h"
#include "scheduler.h"
#include "worker.h"

#define NEVER	      INT64_MAX
#define SPACING_MS    1000  /* between two looks at a zone */
#define TIMER_MIN_S   2	    /* below, an SOA's timer is a mistake */
#define RETRY_S	      300   /* of a zone whose SOA we never saw */
#define LOOK_MS	      10000 /* at the configuration files */
#define RUN_ZONES_MAX 256   /* for one start of the command */
#define RUN_WORDS_MAX 5	    /* before them */

struct job {
	int64_t due;   /* clock_ms() */
	int64_t ended; /* the last look, or 0 */
	bool running;
	bool notified; /* NOTIFY came: before those of timers */
	bool arrived;  /* to be handed to the command */
	size_t master; /* to ask first */
};

struct scheduler {
	struct fetch_config **config;
	const struct scheduler_options *options;
	bool serving;
	struct job *job; /* one for each of config->zone */
	struct worker worker[SCHEDULER_WORKERS_MAX];
	size_t workers; /* at work */
	int signals;	/* signalfd */
	sigset_t old_mask;
	/* serving */
	struct listen_sockets *sockets;
	pid_t listener, runner;
	int events; /* from the listener, or -1 */
	int64_t listener_at, look_at;
	struct timespec changed[3]; /* of the configuration files */
	bool catalogs_due, applying; /* the runner is at the catalogs */
	bool stopping;
	enum status worst;
};

/* ---- small things ---- */

static int
open_signals(struct scheduler *s, struct diag *d)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	if (s->serving) {
		(void)sigaddset(&set, SIGTERM);
		(void)sigaddset(&set, SIGINT);
		(void)sigaddset(&set, SIGHUP);
	}
	if (sigprocmask(SIG_BLOCK, &set, &s->old_mask) == -1 ||
	    (s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) == -1)
		return diag_system(d, "signals");
	return 0;
}

static struct job *
job_of(struct scheduler *s, const char *zone)
{
	const struct fetch_zone *z = fetch_config_find(*s->config, zone);

	return z == NULL ? NULL : &s->job[z - (*s->config)->zone];
}

/* Up to a tenth less, so that ten thousand zones do not come due at once. */
static int64_t
spread(int64_t ms)
{
	uint32_t r = 0;

	(void)!getrandom(&r, sizeof(r), 0);
	return ms - ms / 10 * (r % 1024) / 1024;
}

static void
print_arrival(const struct fetch_config *config, const char *zone,
    const struct refresh_result *r)
{
	const char *master = config->master[r->master].text;

	if (r->outcome == REFRESH_FETCHED) {
		printf("%s\t%" PRIu32 "\t%" PRIu64 "\t%s\t%s\n", zone,
		    r->soa.serial, r->records,
		    r->style == XFR_DELTA ? "ixfr" : "axfr", master);
		(void)fflush(stdout);
	} else if (r->outcome == REFRESH_CURRENT) {
		report_info("%s: serial %" PRIu32 " is current at %s", zone,
		    r->soa.serial, master);
	}
}

/* ---- when a zone is due again ---- */

static void
set_timer(struct job *job, const struct refresh_result *r, int64_t epoch)
{
	const bool good =
	    r->outcome == REFRESH_CURRENT || r->outcome == REFRESH_FETCHED;
	int64_t seconds = RETRY_S, expires;

	if (r->has_soa)
		seconds = good ? r->soa.refresh : r->soa.retry;
	if (seconds < TIMER_MIN_S)
		seconds = TIMER_MIN_S;
	if (r->has_soa) {
		/* A look one second past expire finds it expired. */
		expires = r->checked + r->soa.expire + 1 - epoch;
		if (expires > 0 && expires < seconds)
			seconds = expires;
	}
	job->due = job->ended + spread(seconds * 1000);
}

static void
worker_ended(struct scheduler *s, struct worker *w, int wait_status)
{
	struct refresh_result result;
	struct job *job = job_of(s, w->zone);
	struct diag d;

	if (worker_result(w, wait_status, &result, &d) == -1 && !s->stopping)
		(void)report_diag(&d);
	s->workers--;
	if (result.status > s->worst)
		s->worst = result.status;
	if (job == NULL) /* the zone list has lost it meanwhile */
		return;
	print_arrival(*s->config, w->zone, &result);
	job->running = false;
	job->ended = clock_ms();
	if (result.outcome == REFRESH_FETCHED) {
		if ((*s->config)->zone[job - s->job].catalog)
			s->catalogs_due = true;
		else
			job->arrived = true;
	}
	if (!s->serving)
		job->due = NEVER;
	else if (job->notified) /* another NOTIFY while it ran */
		job->due = job->ended + SPACING_MS;
	else
		set_timer(job, &result, (int64_t)time(NULL));
}

/* ---- starting work ---- */

/* The most urgent zone that is due: NOTIFY first.  NULL: none. */
static struct job *
next_job(struct scheduler *s, int64_t *earliest)
{
	struct job *best = NULL;
	const int64_t now = clock_ms();

	*earliest = NEVER;
	for (size_t i = 0; i < (*s->config)->zone_count; i++) {
		struct job *j = &s->job[i];

		if (j->running)
			continue;
		if (j->due > now) {
			if (j->due < *earliest)
				*earliest = j->due;
			continue;
		}
		if (best == NULL || (j->notified && !best->notified) ||
		    (j->notified == best->notified && j->due < best->due))
			best = j;
	}
	return best;
}

static int
start_job(struct scheduler *s, struct job *job, struct diag *d)
{
	struct refresh_options refresh = s->options->refresh;
	int inherited[LISTEN_SOCKETS_MAX + 2];
	size_t count = 0;
	struct worker *w = s->worker;

	while (w->pid != 0)
		w++;
	for (; s->sockets != NULL && count < s->sockets->count; count++)
		inherited[count] = s->sockets->list[count].fd;
	inherited[count++] = s->events;
	inherited[count++] = s->signals;
	refresh.first_master = job->master;
	(void)fflush(stdout);
	if (worker_start(w, *s->config, &(*s->config)->zone[job - s->job],
		&refresh, inherited, count, d) == -1)
		return -1;
	job->running = true;
	job->notified = false;
	job->master = 0;
	s->workers++;
	return 0;
}

/* Returns when the next one will be due. */
static int64_t
start_jobs(struct scheduler *s)
{
	int64_t earliest = NEVER;
	struct job *job;
	struct diag d;

	while (!s->stopping && s->workers < s->options->workers &&
	    (job = next_job(s, &earliest)) != NULL) {
		if (start_job(s, job, &d) == -1) {
			(void)report_diag(&d);
			s->worst = STATUS_SYSTEM;
			job->due = s->serving ? clock_ms() + SPACING_MS : NEVER;
		}
	}
	return earliest;
}

/* ---- the command ---- */

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
static void
start_command(struct scheduler *s)
{
	const char *argv[RUN_WORDS_MAX + RUN_ZONES_MAX + 1];
	const size_t words = put_command(s, argv);
	size_t n = words;

	if (s->runner != 0 || s->stopping)
		return;
	for (size_t i = 0; i < (*s->config)->zone_count &&
	     n < words + RUN_ZONES_MAX;
	     i++) {
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
static void
start_catalogs(struct scheduler *s)
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

static void
command_ended(struct scheduler *s, int wait_status)
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

/* ---- the listener ---- */

static void
start_listener(struct scheduler *s)
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

static void
read_events(struct scheduler *s)
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

static void
listener_ended(struct scheduler *s)
{
	s->listener = 0;
	read_events(s);
	if (s->events != -1)
		(void)close(s->events);
	s->events = -1;
	if (!s->stopping)
		report_error("the listener ended; it is started again");
}

static void
stop_listener(struct scheduler *s)
{
	int status;

	if (s->listener == 0)
		return;
	(void)kill(s->listener, SIGTERM);
	(void)waitpid(s->listener, &status, 0);
	s->listener = 0;
	read_events(s);
	if (s->events != -1)
		(void)close(s->events);
	s->events = -1;
}

/* ---- the configuration ---- */

static bool
files_changed(struct scheduler *s)
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
static void
reload(struct scheduler *s)
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
	stop_listener(s);
	for (size_t i = 0; i < config->zone_count; i++)
		if ((old = job_of(s, config->zone[i].name)) != NULL)
			jobs[i] = *old;
	free(s->job);
	fetch_config_free(*s->config);
	s->job = jobs;
	*s->config = config;
	start_listener(s);
	s->catalogs_due = true; /* their limits may have changed */
	report_info("read %s: %zu zones", s->options->conf, config->zone_count);
}

/* ---- the loop ---- */

static void
child_ended(struct scheduler *s, pid_t pid, int wait_status)
{
	if (pid == s->listener)
		listener_ended(s);
	else if (pid == s->runner)
		command_ended(s, wait_status);
	else
		for (size_t i = 0; i < SCHEDULER_WORKERS_MAX; i++)
			if (s->worker[i].pid == pid)
				worker_ended(s, &s->worker[i], wait_status);
}

/* Asked twice, it does not wait for the command. */
static void
stop(struct scheduler *s)
{
	if (s->stopping)
		s->runner = 0;
	s->stopping = true;
	stop_listener(s);
	for (size_t i = 0; i < SCHEDULER_WORKERS_MAX; i++)
		if (s->worker[i].pid != 0)
			(void)kill(s->worker[i].pid, SIGTERM);
}

static void
read_signals(struct scheduler *s)
{
	struct signalfd_siginfo info;
	pid_t pid;
	int status;

	while (read(s->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			reload(s);
		else if (info.ssi_signo != SIGCHLD)
			stop(s);
	}
	/* Signals of a kind are merged: look at all children. */
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		child_ended(s, pid, status);
}

static int
wait_events(struct scheduler *s, int64_t until)
{
	struct pollfd pfd[2] = { { s->signals, POLLIN, 0 },
		{ s->events, POLLIN, 0 } };
	int64_t left = -1;

	if (s->serving && s->look_at < until)
		until = s->look_at;
	if (s->serving && s->listener == 0 && s->listener_at < until)
		until = s->listener_at;
	if (until != NEVER) {
		left = until - clock_ms();
		left = left < 0 ? 0 : left > LOOK_MS ? LOOK_MS : left;
	}
	if (poll(pfd, s->events == -1 ? 1 : 2, (int)left) == -1 &&
	    errno != EINTR) {
		report_error("poll: %s", strerror(errno));
		return -1;
	}
	return 0;
}

static void
serve_step(struct scheduler *s)
{
	read_events(s);
	if (s->stopping)
		return;
	if (s->listener == 0 && s->listener_at <= clock_ms())
		start_listener(s);
	if (s->look_at <= clock_ms()) {
		s->look_at = clock_ms() + LOOK_MS;
		if (files_changed(s))
			reload(s);
	}
}

static enum status
run(struct scheduler *s)
{
	int64_t due;

	for (;;) {
		due = start_jobs(s);
		start_catalogs(s);
		start_command(s);
		if (s->workers == 0 && s->runner == 0 &&
		    (s->stopping || (!s->serving && due == NEVER)))
			break;
		if (wait_events(s, due) == -1) {
			stop(s);
			return STATUS_SYSTEM;
		}
		read_signals(s);
		if (s->serving)
			serve_step(s);
	}
	return s->worst;
}

static int
open_scheduler(struct scheduler *s, int64_t due, struct diag *d)
{
	const size_t count = (*s->config)->zone_count;

	s->events = s->signals = -1;
	if ((s->job = calloc(count + 1, sizeof(*s->job))) == NULL)
		return diag_system(d, "scheduler");
	for (size_t i = 0; i < count; i++)
		s->job[i].due = due;
	return open_signals(s, d);
}

static void
close_scheduler(struct scheduler *s)
{
	if (s->signals != -1)
		(void)close(s->signals);
	(void)sigprocmask(SIG_SETMASK, &s->old_mask, NULL);
	free(s->job);
}

enum status
scheduler_once(struct fetch_config *config,
    const struct scheduler_options *options,
    const struct fetch_zone *const *zone, size_t count)
{
	struct scheduler s = { .config = &config, .options = options };
	enum status status;
	struct diag d;

	if (open_scheduler(&s, NEVER, &d) == -1) {
		free(s.job);
		return report_diag(&d);
	}
	for (size_t i = 0; i < count; i++)
		s.job[zone[i] - config->zone].due = 0;
	status = run(&s);
	close_scheduler(&s);
	return status;
}

enum status
scheduler_serve(struct fetch_config **config,
    const struct scheduler_options *options, struct listen_sockets *sockets)
{
	struct scheduler s = { .config = config,
		.options = options,
		.serving = true,
		.sockets = sockets };
	enum status status;
	struct diag d;

	if (open_scheduler(&s, 0, &d) == -1) {
		free(s.job);
		return report_diag(&d);
	}
	(void)files_changed(&s);
	s.catalogs_due = true;
	s.look_at = clock_ms() + LOOK_MS;
	start_listener(&s);
	status = run(&s);
	stop_listener(&s);
	close_scheduler(&s);
	/* What failed on the way was reported then. */
	return s.stopping ? STATUS_OK : status;
}
