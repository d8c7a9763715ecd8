#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "secretfile.h"

static int
check_mode(int fd, const char *place, struct diag *d)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return diag_system(d, "%s", place);
	if (!S_ISREG(st.st_mode))
		return diag_set(d, STATUS_USAGE, "%s: not a regular file",
		    place);
	if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return diag_set(d, STATUS_USAGE,
		    "%s: a secret that others can reach (mode %03o): chmod 600",
		    place, (unsigned)st.st_mode & 0777);
	return 0;
}

static int
read_all(int fd, struct secret *s, const char *place, struct diag *d)
{
	for (;;) {
		const ssize_t n =
		    read(fd, s->text + s->size, SECRETFILE_MAX + 1 - s->size);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return diag_system(d, "%s: read", place);
		if (n == 0)
			break;
		s->size += (size_t)n;
		if (s->size > SECRETFILE_MAX)
			return diag_set(d, STATUS_USAGE,
			    "%s: longer than %d bytes", place, SECRETFILE_MAX);
	}
	s->text[s->size] = '\0';
	return 0;
}

int
secretfile_read(struct secret *out, int dirfd, const char *path, bool follow,
    const char *place, struct diag *d)
{
	struct secret s = { NULL, 0 };
	int fd, rc = -1;

	/* O_NONBLOCK: a FIFO in the place of a key must not hang the run. */
	fd = openat(dirfd, path,
	    O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK |
		(follow ? 0 : O_NOFOLLOW));
	if (fd == -1 && (errno == ENOENT || errno == EACCES ||
			    errno == ELOOP || errno == ENOTDIR))
		return diag_set(d, STATUS_USAGE, "%s: %s", place,
		    errno == ELOOP ? "a symbolic link" : strerror(errno));
	if (fd == -1)
		return diag_system(d, "%s", place);
	if (check_mode(fd, place, d) == -1)
		goto out;
	if ((s.text = malloc(SECRETFILE_MAX + 2)) == NULL) {
		diag_system(d, "%s", place);
		goto out;
	}
	if (read_all(fd, &s, place, d) == -1)
		goto out;
	*out = s;
	s.text = NULL; /* the caller owns it now */
	rc = 0;
out:
	(void)close(fd);
	secret_free(&s);
	return rc;
}

void
secret_free(struct secret *s)
{
	if (s->text != NULL)
		explicit_bzero(s->text, SECRETFILE_MAX + 2);
	free(s->text);
	s->text = NULL;
	s->size = 0;
}
