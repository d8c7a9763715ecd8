#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"
#include "sandbox.h"
#include "worker.h"
#include "writeall.h"

/*
 * The peer is a stranger: of all files only the zone's folder and the one for
 * sorting are left to a process that talks to it, and no other program.
 */
static int
confine(const struct fetch_zone *zone, const struct refresh_options *options,
    struct diag *d)
{
	const char *tmpdir = getenv("TMPDIR");
	const char *slash = strrchr(zone->input, '/');
	char folder[PATH_MAX] = ".";
	const char *allowed[2] = { folder, options->spill };

	if (slash != NULL) {
		const size_t len =
		    slash == zone->input ? 1 : (size_t)(slash - zone->input);

		if (len >= sizeof(folder))
			return diag_set(
			    d, STATUS_USAGE, "%s: path too long", zone->input);
		memcpy(folder, zone->input, len);
		folder[len] = '\0';
	}
	if (allowed[1] == NULL)
		allowed[1] =
		    tmpdir != NULL && *tmpdir != '\0' ? tmpdir : "/var/tmp";
	if (sandbox_files(allowed, 2, d) == -1 ||
	    sandbox_calls(SANDBOX_CLIENT, d) == -1)
		return -1;
	return 0;
}

static void
work(const struct fetch_config *config, const struct fetch_zone *zone,
    const struct refresh_options *options, int fd)
{
	struct refresh_result result;
	sigset_t none;
	struct diag d;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (confine(zone, options, &d) == -1) {
		report_error("%s: %s", zone->name, d.text);
		_exit(STATUS_SYSTEM);
	}
	refresh_zone(config, zone, options, &result);
	if (write_all(fd, &result, sizeof(result)) == -1)
		_exit(STATUS_SYSTEM);
	_exit(STATUS_OK);
}

int
worker_start(struct worker *w, const struct fetch_config *config,
    const struct fetch_zone *zone, const struct refresh_options *options,
    const int *inherited, size_t inherited_count, struct diag *d)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) == -1)
		return diag_system(d, "pipe");
	if ((w->pid = fork()) == -1) {
		w->pid = 0;
		(void)close(fds[0]);
		(void)close(fds[1]);
		return diag_system(d, "fork");
	}
	if (w->pid == 0) {
		for (size_t i = 0; i < inherited_count; i++)
			if (inherited[i] != -1)
				(void)close(inherited[i]);
		(void)close(fds[0]);
		work(config, zone, options, fds[1]);
	}
	(void)close(fds[1]);
	w->fd = fds[0];
	(void)strcpy(w->zone, zone->name);
	return 0;
}

int
worker_result(struct worker *w, int wait_status, struct refresh_result *result,
    struct diag *d)
{
	/* One write below PIPE_BUF: there at once and whole. */
	const ssize_t n = read(w->fd, result, sizeof(*result));

	(void)close(w->fd);
	w->pid = 0;
	if (n == (ssize_t)sizeof(*result))
		return 0;
	memset(result, 0, sizeof(*result));
	result->outcome = REFRESH_FAILED;
	result->status = STATUS_SYSTEM;
	if (WIFSIGNALED(wait_status))
		return diag_set(d, STATUS_SYSTEM,
		    "%s: the fetching process was ended by signal %d", w->zone,
		    WTERMSIG(wait_status));
	return diag_set(d, STATUS_SYSTEM,
	    "%s: the fetching process ended without a result", w->zone);
}
