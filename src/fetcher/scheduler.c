#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "report.h"
#include "scheduler_parts.h"

#define NEVER	    INT64_MAX
#define TIMER_MIN_S 2	/* below, an SOA's timer is a mistake */
#define RETRY_S	    300 /* of a zone whose SOA we never saw */

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

struct job *
scheduler_job(struct scheduler *s, const char *zone)
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
	struct job *job = scheduler_job(s, w->zone);
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

/* ---- the loop ---- */

static void
child_ended(struct scheduler *s, pid_t pid, int wait_status)
{
	if (pid == s->listener)
		scheduler_listener_ended(s);
	else if (pid == s->runner)
		scheduler_command_ended(s, wait_status);
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
	scheduler_stop_listener(s);
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
			scheduler_reload(s);
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
	scheduler_read_events(s);
	if (s->stopping)
		return;
	if (s->listener == 0 && s->listener_at <= clock_ms())
		scheduler_start_listener(s);
	if (s->look_at <= clock_ms()) {
		s->look_at = clock_ms() + LOOK_MS;
		if (scheduler_files_changed(s))
			scheduler_reload(s);
	}
}

static enum status
run(struct scheduler *s)
{
	int64_t due;

	for (;;) {
		due = start_jobs(s);
		scheduler_start_catalogs(s);
		scheduler_start_command(s);
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
	(void)scheduler_files_changed(&s);
	s.catalogs_due = true;
	s.look_at = clock_ms() + LOOK_MS;
	scheduler_start_listener(&s);
	status = run(&s);
	scheduler_stop_listener(&s);
	close_scheduler(&s);
	/* What failed on the way was reported then. */
	return s.stopping ? STATUS_OK : status;
}
