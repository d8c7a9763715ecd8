/* Writes that are short, or interrupted, or fail. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"
#include "writeall.h"

static char text[4 << 20];
static volatile sig_atomic_t signals;

static void
count(int sig)
{
	(void)sig;
	signals++;
}

/* 0 if all of text comes, in small pieces. */
static int
read_all(int fd)
{
	static char got[sizeof(text)];
	size_t len = 0;
	ssize_t n;

	while (len < sizeof(got) &&
	    (n = read(fd, got + len,
		 sizeof(got) - len < 999 ? sizeof(got) - len : 999)) > 0)
		len += (size_t)n;
	return len == sizeof(got) && memcmp(got, text, sizeof(got)) == 0 ? 0 : 1;
}

/* A pipe takes what it has room for; a signal ends the wait for more. */
static void
short_writes(void)
{
	const struct sigaction action = { .sa_handler = count };
	const struct itimerval often = { { 0, 500 }, { 0, 500 } };
	const struct itimerval never = { { 0, 0 }, { 0, 0 } };
	int fds[2], status = -1, rc;
	pid_t pid;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 2654435761u >> 24);
	if (pipe(fds) == -1 || (pid = fork()) == -1)
		abort();
	if (pid == 0) {
		(void)close(fds[1]);
		_exit(read_all(fds[0]));
	}
	(void)close(fds[0]);
	if (sigaction(SIGALRM, &action, NULL) == -1 ||
	    setitimer(ITIMER_REAL, &often, NULL) == -1)
		abort();
	rc = write_all(fds[1], text, sizeof(text));
	(void)setitimer(ITIMER_REAL, &never, NULL);
	(void)close(fds[1]);
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	ok(rc == 0 && status == 0, "all of it, with %d signals between",
	    (int)signals);
}

static void
failures(void)
{
	const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	int fds[2];

	ok(write_all(full, "x", 1) == -1 && errno == ENOSPC, "no space");
	ok(write_all(full, NULL, 0) == 0, "nothing to write");
	(void)close(full);
	ok(write_all(full, "x", 1) == -1 && errno == EBADF, "a closed file");
	(void)signal(SIGPIPE, SIG_IGN);
	if (pipe(fds) == -1)
		abort();
	(void)close(fds[0]);
	ok(write_all(fds[1], "x", 1) == -1 && errno == EPIPE, "nobody reads");
	(void)close(fds[1]);
}

int
main(void)
{
	short_writes();
	failures();
	return done();
}
