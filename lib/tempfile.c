#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tempfile.h"

const char *
tempfile_folder(void)
{
	const char *folder = getenv("TMPDIR");

	return folder != NULL && *folder != '\0' ? folder : "/var/tmp";
}

/* For file systems that know no O_TMPFILE. */
static int
open_unlinked(const char *folder)
{
	char *path;
	int fd;

	if (asprintf(&path, "%s/zonepipe.XXXXXX", folder) == -1) {
		errno = ENOMEM;
		return -1;
	}
	if ((fd = mkostemp(path, O_CLOEXEC)) != -1 && unlink(path) == -1) {
		const int err = errno;

		(void)close(fd);
		errno = err;
		fd = -1;
	}
	free(path);
	return fd;
}

int
tempfile_open(const char *folder, struct diag *d)
{
	int fd;

	if (folder == NULL)
		folder = tempfile_folder();
	fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd == -1 &&
	    (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
		fd = open_unlinked(folder);
	if (fd == -1)
		return diag_system(d, "%s: cannot spill there", folder);
	return fd;
}

int
tempfile_write(
    int fd, const void *bytes, size_t len, uint64_t at, struct diag *d)
{
	const char *p = bytes;

	while (len > 0) {
		const ssize_t n = pwrite(fd, p, len, (off_t)at);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0) {
			if (n == 0)
				errno = ENOSPC;
			return diag_system(d, "spill: write");
		}
		p += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

int
tempfile_read(int fd, void *bytes, size_t len, uint64_t at, struct diag *d)
{
	char *p = bytes;

	while (len > 0) {
		const ssize_t n = pread(fd, p, len, (off_t)at);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return diag_system(d, "spill: read");
		if (n == 0)
			return diag_set(d, STATUS_SYSTEM,
			    "spill: shorter than was written");
		p += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}
