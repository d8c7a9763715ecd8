#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "atomicfile.h"
#include "writeall.h"

#define MARK	   ".tmp."
#define MARK_LEN   5
#define UNIQUE_LEN 16

struct atomicfile {
	int fd;
	char *path;  /* where it will stand */
	char *aside; /* where it stands until then */
};

static void
atomicfile_free(struct atomicfile *af)
{
	if (af->fd != -1)
		(void)close(af->fd);
	free(af->path);
	free(af->aside);
	free(af);
}

/* Left-overs are rare: asked first, each file would be looked up for nothing. */
static bool
clear_leftover(const char *path)
{
	return errno == EEXIST && unlink(path) == 0;
}

int
atomicfile_create(const char *path, mode_t mode)
{
	const int flags =
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	const int fd = open(path, flags, mode);

	return fd == -1 && clear_leftover(path) ? open(path, flags, mode) : fd;
}

int
atomicfile_link(const char *file, const char *path)
{
	const int rc = link(file, path);

	return rc == -1 && clear_leftover(path) ? link(file, path) : rc;
}

int
atomicfile_open(struct atomicfile **out, const char *path, mode_t mode,
    struct diag *d)
{
	struct atomicfile *af;
	const size_t size = strlen(path) + sizeof(".tmp.0123456789abcdef");
	uint64_t unique;
	int rc = -1;

	if ((af = calloc(1, sizeof(*af))) == NULL)
		return diag_system(d, "%s", path);
	af->fd = -1;
	if ((af->path = strdup(path)) == NULL ||
	    (af->aside = malloc(size)) == NULL ||
	    getrandom(&unique, sizeof(unique), 0) != sizeof(unique)) {
		diag_system(d, "%s", path);
		goto out;
	}
	(void)snprintf(af->aside, size, "%s.tmp.%016llx", path,
	    (unsigned long long)unique);
	af->fd = open(af->aside,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (af->fd == -1) {
		diag_system(d, "%s: cannot create", af->aside);
		goto out;
	}
	if (fchmod(af->fd, mode) == -1) {
		diag_system(d, "%s: chmod", af->aside);
		(void)unlink(af->aside);
		goto out;
	}
	*out = af;
	af = NULL; /* the caller owns it now */
	rc = 0;
out:
	if (af != NULL)
		atomicfile_free(af);
	return rc;
}

int
atomicfile_fd(const struct atomicfile *af)
{
	return af->fd;
}

bool
atomicfile_same_folder(const char *a, const char *b)
{
	const char *x = strrchr(a, '/'), *y = strrchr(b, '/');

	if (x == NULL || y == NULL)
		return x == y;
	return x - a == y - b && memcmp(a, b, (size_t)(x - a)) == 0;
}

int
atomicfile_sync_folder(const char *path, struct diag *d)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');
	int fd, rc = 0;

	if (slash == NULL)
		(void)snprintf(folder, sizeof(folder), ".");
	else if (snprintf(folder, sizeof(folder), "%.*s",
		     slash == path ? 1 : (int)(slash - path),
		     path) >= (int)sizeof(folder)) {
		errno = ENAMETOOLONG;
		return diag_system(d, "%s", path);
	}
	if ((fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return diag_system(d, "%s: cannot open folder", folder);
	/* Some file systems cannot sync a folder, and say EINVAL. */
	if (fsync(fd) == -1 && errno != EINVAL)
		rc = diag_system(d, "%s: in place, but fsync of the folder",
		    folder);
	(void)close(fd);
	return rc;
}

/* A second name for the file that is about to be replaced. */
static int
keep_as_previous(const char *path, struct diag *d)
{
	char previous[PATH_MAX];

	if (snprintf(previous, sizeof(previous), "%s.previous", path) >=
	    (int)sizeof(previous)) {
		errno = ENAMETOOLONG;
		return diag_system(d, "%s", path);
	}
	if (atomicfile_link(path, previous) == -1 && errno != ENOENT)
		return diag_system(d, "%s: cannot keep as previous", path);
	return 0;
}

static int
commit(struct atomicfile *af, bool sync, bool keep_previous, struct diag *d)
{
	int fd = af->fd, rc = -1;

	if (sync && fsync(fd) == -1) {
		diag_system(d, "%s: fsync", af->aside);
		goto out;
	}
	af->fd = -1;
	if (close(fd) == -1) {
		diag_system(d, "%s: close", af->aside);
		goto out;
	}
	if (keep_previous && keep_as_previous(af->path, d) == -1)
		goto out;
	if (rename(af->aside, af->path) == -1) {
		diag_system(d, "%s: cannot put in place", af->path);
		goto out;
	}
	rc = sync ? atomicfile_sync_folder(af->path, d) : 0;
	atomicfile_free(af);
	return rc;
out:
	atomicfile_abandon(af);
	return rc;
}

int
atomicfile_commit(struct atomicfile *af, bool keep_previous, struct diag *d)
{
	return commit(af, true, keep_previous, d);
}

int
atomicfile_commit_unsynced(struct atomicfile *af, struct diag *d)
{
	return commit(af, false, false, d);
}

void
atomicfile_abandon(struct atomicfile *af)
{
	if (af == NULL)
		return;
	(void)unlink(af->aside);
	atomicfile_free(af);
}

int
atomicfile_put(const char *path, const char *bytes, size_t len, mode_t mode,
    bool keep_previous, struct diag *d)
{
	struct atomicfile *af;

	if (atomicfile_open(&af, path, mode, d) == -1)
		return -1;
	if (write_all(af->fd, bytes, len) == -1) {
		diag_system(d, "%s", path);
		atomicfile_abandon(af);
		return -1;
	}
	return atomicfile_commit(af, keep_previous, d);
}

static bool
is_aside(const char *name)
{
	const size_t len = strlen(name);
	const char *mark;

	if (len <= MARK_LEN + UNIQUE_LEN)
		return false;
	mark = name + len - MARK_LEN - UNIQUE_LEN;
	return strncmp(mark, MARK, MARK_LEN) == 0 &&
	    strspn(mark + MARK_LEN, "0123456789abcdef") == UNIQUE_LEN;
}

void
atomicfile_sweep(int folder)
{
	const int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;
	DIR *dir;

	if (fd == -1)
		return;
	if ((dir = fdopendir(fd)) == NULL) {
		(void)close(fd);
		return;
	}
	while ((entry = readdir(dir)) != NULL)
		if (is_aside(entry->d_name))
			(void)unlinkat(fd, entry->d_name, 0);
	(void)closedir(dir);
}
