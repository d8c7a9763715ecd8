#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fnv1a.h"
#include "keylock.h"

#define SHARED_FOLDER "/run/lock/zonepipe"
#define WAIT_SECONDS  60
#define POLL_MAX_NS   20000000L

/* "libsofthsm2.so-0123456789abcdef.lock" */
static void
lock_name(const char *module, char *name, size_t size)
{
	char real[PATH_MAX];
	const char *path = realpath(module, real) != NULL ? real : module;
	const char *slash = strrchr(path, '/');

	(void)snprintf(name, size, "%.100s-%016llx.lock",
	    slash != NULL ? slash + 1 : path, (unsigned long long)fnv1a(path));
}

/* A folder in which nobody can put another file in our file's place. */
static bool
is_safe(const struct stat *st)
{
	return (st->st_uid == 0 || st->st_uid == geteuid()) &&
	    (st->st_mode & S_IWOTH) == 0;
}

/* The lock file in a folder: descriptor, or -1 with d or errno. */
static int
open_in(const char *folder, bool make, mode_t mode, const char *name,
    struct diag *d)
{
	struct stat st;
	int dirfd, fd = -1, err;

	if (make && mkdir(folder, mode) == -1 && errno != EEXIST)
		return diag_system(d, "%s: token lock", folder);
	dirfd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dirfd == -1)
		return diag_system(d, "%s: token lock", folder);
	if (fstat(dirfd, &st) == -1) {
		diag_system(d, "%s: token lock", folder);
		goto out;
	}
	if (!is_safe(&st)) {
		diag_set(d, STATUS_SYSTEM, "%s: token lock: the folder must be "
		    "root's or yours, and not open to everybody: set "
		    "ZONEPIPE_LOCKDIR to one that is", folder);
		errno = EPERM;
		goto out;
	}
	fd = openat(dirfd, name,
	    O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (fd == -1) {
		diag_system(d, "%s/%s: token lock", folder, name);
		goto out;
	}
	/* The folder's group shares the lock, whatever the umask. */
	if ((st.st_mode & S_IWGRP) != 0)
		(void)fchmod(fd, 0660);
out:
	err = errno; /* open_lock() looks at it */
	(void)close(dirfd);
	errno = err;
	return fd;
}

static int
open_lock(const char *name, struct diag *d)
{
	const char *folder = secure_getenv("ZONEPIPE_LOCKDIR");
	char own[64];
	int fd;

	if (folder != NULL && *folder != '\0')
		return open_in(folder, false, 0, name, d);
	if ((fd = open_in(SHARED_FOLDER, geteuid() == 0, 0755, name, d)) != -1)
		return fd;
	/* Not there, or not for this user: it is the user's own. */
	if (errno != ENOENT && errno != EACCES && errno != EROFS)
		return -1;
	(void)snprintf(own, sizeof(own), SHARED_FOLDER "-%lu",
	    (unsigned long)geteuid());
	if ((fd = open_in(own, true, 0700, name, d)) != -1)
		return fd;
	(void)snprintf(own, sizeof(own), "/tmp/zonepipe-%lu",
	    (unsigned long)geteuid());
	return open_in(own, true, 0700, name, d);
}

int
keylock_acquire(int *fd, const char *module, struct diag *d)
{
	struct timespec pause = { 0, 1000000L };
	char name[160];
	int64_t waited = 0;

	lock_name(module, name, sizeof(name));
	if ((*fd = open_lock(name, d)) == -1)
		return -1;
	while (flock(*fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno != EWOULDBLOCK && errno != EINTR) {
			diag_system(d, "%s: token lock", name);
			goto fail;
		}
		/*
		 * What was slept for is counted, not the clock: a host that
		 * stood still does not make the holder late.
		 */
		waited += pause.tv_nsec;
		if (waited > WAIT_SECONDS * INT64_C(1000000000)) {
			diag_set(d, STATUS_SYSTEM, "%s: token lock: held by "
			    "another program for over %d s (fuser tells which)",
			    name, WAIT_SECONDS);
			goto fail;
		}
		(void)nanosleep(&pause, NULL);
		if (pause.tv_nsec < POLL_MAX_NS)
			pause.tv_nsec += pause.tv_nsec / 4;
	}
	return 0;
fail:
	(void)close(*fd);
	*fd = -1;
	return -1;
}

void
keylock_release(int fd)
{
	if (fd != -1)
		(void)close(fd);
}
