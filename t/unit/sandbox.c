/* lib/sandbox: what is forbidden is, what is needed is not. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox.h"
#include "tap.h"

/* Run check() in a child, for sandboxes last.  Its exit status. */
static int
in_child(int (*check)(const char *folder), const char *folder)
{
	const pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(check(folder));
	if (pid == -1 || waitpid(pid, &status, 0) == -1)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static int
can_write(const char *folder, const char *name)
{
	char path[256];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	if ((fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600)) == -1)
		return 0;
	return close(fd) == 0 && unlink(path) == 0;
}

#define NOT_AVAILABLE 77

static int
files(const char *folder)
{
	char inner[200];
	const char *allowed[] = { inner, "/nonexistent" };
	struct diag d;
	int rc;

	(void)snprintf(inner, sizeof(inner), "%s/in", folder);
	if (!can_write(folder, "x") || !can_write(inner, "x"))
		return 1;
	rc = sandbox_files(allowed, 2, &d);
	if (rc != 1)
		return rc == 0 ? NOT_AVAILABLE : 2;
	if (can_write(folder, "x"))
		return 3;
	if (!can_write(inner, "x"))
		return 4;
	if (open("/etc/passwd", O_RDONLY) != -1)
		return 5;
	(void)execl("/bin/true", "true", (char *)NULL);
	return errno == EACCES ? 0 : 6;
}

static int
client(const char *folder)
{
	struct diag d;
	const int rc = sandbox_calls(SANDBOX_CLIENT, &d);
	int fd;

	(void)folder;
	if (rc != 1)
		return rc == 0 ? NOT_AVAILABLE : 1;
	if ((fd = socket(AF_INET, SOCK_STREAM, 0)) == -1)
		return 2;
	if (listen(fd, 1) == 0 || errno != EPERM)
		return 3;
	(void)execl("/bin/true", "true", (char *)NULL);
	return errno == EPERM ? 0 : 4;
}

static int
responder(const char *folder)
{
	struct diag d;
	int fds[2], rc;
	char c = 'x';

	(void)folder;
	if (pipe(fds) == -1)
		return 1;
	rc = sandbox_calls(SANDBOX_RESPONDER, &d);
	if (rc != 1)
		return rc == 0 ? NOT_AVAILABLE : 2;
	if (write(fds[1], &c, 1) != 1 || read(fds[0], &c, 1) != 1)
		return 3;
	if (socket(AF_INET, SOCK_STREAM, 0) != -1 || errno != EPERM)
		return 4;
	if (open("/etc/passwd", O_RDONLY) != -1 || errno != EPERM)
		return 5;
	if (fork() != -1)
		return 6;
	free(malloc(1000000));
	return 0;
}

static void
report(int rc, const char *what)
{
	if (rc == NOT_AVAILABLE)
		ok(1, "%s # SKIP this kernel cannot", what);
	else
		ok(rc == 0, "%s (%d)", what, rc);
}

int
main(void)
{
	char folder[] = "/tmp/zonepipe-sandbox.XXXXXX", inner[64];

	if (mkdtemp(folder) == NULL)
		return 1;
	(void)snprintf(inner, sizeof(inner), "%s/in", folder);
	if (mkdir(inner, 0700) == -1)
		return 1;
	report(in_child(files, folder), "files only below the folder");
	report(in_child(client, folder), "a client");
	report(in_child(responder, folder), "a responder");
	(void)rmdir(inner);
	(void)rmdir(folder);
	return done();
}
