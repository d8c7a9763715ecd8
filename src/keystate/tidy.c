#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "atomicfile.h"
#include "tidy.h"

void
tidy_beside(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];
	int fd;

	if (slash == NULL)
		(void)snprintf(folder, sizeof(folder), ".");
	else if (snprintf(folder, sizeof(folder), "%.*s",
		     slash == path ? 1 : (int)(slash - path),
		     path) >= (int)sizeof(folder))
		return;
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return;
	atomicfile_sweep(fd);
	(void)close(fd);
}
