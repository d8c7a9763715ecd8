/*
 * killat N COMMAND...	SIGKILL for COMMAND as it enters its N-th system call,
 *			which is not carried out any more
 * killat -c N COMMAND...	of those calls that can change what is on disk
 *
 * The first call is the first one behind exec.  Exits with 137 if it killed,
 * and else as COMMAND does, which had fewer calls; with 77 if it may not trace.
 * Children of COMMAND run free.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_MISUSED  99
#define EXIT_NO_TRACE 77

static const long changers[] = { SYS_write, SYS_writev, SYS_pwrite64,
	SYS_ftruncate, SYS_truncate, SYS_fallocate, SYS_copy_file_range,
	SYS_sendfile, SYS_renameat, SYS_renameat2, SYS_linkat, SYS_unlinkat,
	SYS_symlinkat, SYS_mkdirat, SYS_fchmod, SYS_fchmodat, SYS_fchown,
	SYS_fchownat, SYS_utimensat,
#ifdef SYS_rename /* not where there are only the …at() calls */
	SYS_rename, SYS_link, SYS_unlink, SYS_rmdir, SYS_symlink, SYS_mkdir,
	SYS_chmod, SYS_chown, SYS_creat,
#endif
};

static bool
changes(const struct __ptrace_syscall_info *call)
{
	const long nr = (long)call->entry.nr;

	if (nr == SYS_write && call->entry.args[0] <= STDERR_FILENO)
		return false;
	if (nr == SYS_openat)
		return (call->entry.args[2] & (O_CREAT | O_TRUNC)) != 0;
#ifdef SYS_open
	if (nr == SYS_open)
		return (call->entry.args[1] & (O_CREAT | O_TRUNC)) != 0;
#endif
	for (size_t i = 0; i < sizeof(changers) / sizeof(*changers); i++)
		if (nr == changers[i])
			return true;
	return false;
}

static void
fail(const char *what, int status)
{
	(void)fprintf(stderr, "killat: %s: %s\n", what, strerror(errno));
	exit(status);
}

static int
status_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static pid_t
start(char **command)
{
	const pid_t pid = fork();
	int status;

	if (pid == -1)
		fail("fork", EXIT_MISUSED);
	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1)
			_exit(EXIT_NO_TRACE);
		(void)raise(SIGSTOP);
		(void)execvp(command[0], command);
		fail(command[0], EXIT_MISUSED);
	}
	if (waitpid(pid, &status, 0) != pid)
		fail("waitpid", EXIT_MISUSED);
	if (!WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, pid, NULL,
		PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD |
		    PTRACE_O_TRACEEXEC) == -1)
		fail("this may not be traced", EXIT_NO_TRACE);
	return pid;
}

/* Is it stopped where it enters one of the calls that count? */
static bool
counts(pid_t pid, bool all)
{
	struct __ptrace_syscall_info call;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof(call), &call) <
	    0)
		fail("PTRACE_GET_SYSCALL_INFO", EXIT_NO_TRACE);
	return call.op == PTRACE_SYSCALL_INFO_ENTRY && (all || changes(&call));
}

static int
run(pid_t pid, unsigned long when, bool all)
{
	unsigned long n = 0;
	bool running = false; /* the command, no longer this program */
	int status, pass_on = 0;

	for (;;) {
		if (ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)pass_on) ==
			-1 &&
		    errno != ESRCH)
			fail("PTRACE_SYSCALL", EXIT_NO_TRACE);
		if (waitpid(pid, &status, 0) != pid)
			fail("waitpid", EXIT_MISUSED);
		if (!WIFSTOPPED(status))
			return status_of(status);
		pass_on = 0;
		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8))
			running = true;
		else if (WSTOPSIG(status) != (SIGTRAP | 0x80))
			pass_on = WSTOPSIG(status);
		else if (running && counts(pid, all) && ++n == when &&
		    kill(pid, SIGKILL) == -1)
			fail("kill", EXIT_MISUSED);
	}
}

int
main(int argc, char **argv)
{
	const bool all = argc < 2 || strcmp(argv[1], "-c") != 0;
	const int first = all ? 1 : 2;
	char *end;
	unsigned long when;

	if (argc < first + 2 ||
	    (when = strtoul(argv[first], &end, 10)) == 0 || *end != '\0') {
		(void)fprintf(stderr, "usage: killat [-c] N command ...\n");
		return EXIT_MISUSED;
	}
	return run(start(argv + first + 1), when, all);
}
