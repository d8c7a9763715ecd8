#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actions.h"
#include "dscommand.h"
#include "writeall.h"

/* In the child: nothing of ours is open but the pipe. */
static void
become(const char *command, const char *zone, int in)
{
	if (dup2(in, STDIN_FILENO) == -1 || setenv("ZONE", zone, 1) == -1)
		_exit(127);
	if (in != STDIN_FILENO)
		(void)close(in);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

/* A command that reads nothing is fine: EPIPE is no failure. */
static int
feed(int fd, const struct textbuf *t)
{
	return write_all(fd, t->buf, t->len) == 0 || errno == EPIPE ? 0 : -1;
}

static int
run(const char *command, const char *zone, const struct textbuf *records,
    struct diag *d)
{
	void (*old)(int) = signal(SIGPIPE, SIG_IGN);
	int pipe_fd[2], status, rc = -1;
	pid_t pid;

	if (pipe2(pipe_fd, O_CLOEXEC) == -1)
		return diag_system(d, "%s", command);
	if ((pid = fork()) == -1) {
		diag_system(d, "%s", command);
		(void)close(pipe_fd[0]);
		(void)close(pipe_fd[1]);
		goto out;
	}
	if (pid == 0)
		become(command, zone, pipe_fd[0]);
	(void)close(pipe_fd[0]);
	if (feed(pipe_fd[1], records) == -1)
		diag_system(d, "%s", command);
	(void)close(pipe_fd[1]);
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR) {
			diag_system(d, "%s", command);
			goto out;
		}
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		diag_set(d, STATUS_BAD,
		    "DelegationSignerSubmitCommand for %s "
		    "failed (%s %d); it is run again in the next pass: %s",
		    zone, WIFEXITED(status) ? "exit status" : "signal",
		    WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status),
		    command);
		goto out;
	}
	rc = 0;
out:
	(void)signal(SIGPIPE, old);
	return rc;
}

int
dscommand_run(const struct session *s, const struct zone *z, struct diag *d)
{
	struct textbuf records = { 0 };
	int rc = actions_ds_set(s, z, false, &records, d);

	if (rc == 0)
		rc = run(s->conf->ds_submit_command, z->name, &records, d);
	textbuf_free(&records);
	return rc;
}
