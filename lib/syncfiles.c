#include <errno.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "syncfiles.h"

/* Below that fsync(2) is no dearer, and waits for nobody else's data. */
#define FEW 4

/* All file systems that hold one of the files.  false: not known to be done. */
static bool
sync_systems(const int *fd, size_t n)
{
	dev_t done = 0;
	bool any = false;
	struct stat st;

	for (size_t i = 0; i < n; i++) {
		if (fd[i] == -1)
			continue;
		if (fstat(fd[i], &st) == -1)
			return false;
		if (any && st.st_dev == done)
			continue;
		if (syncfs(fd[i]) == -1)
			return false;
		done = st.st_dev;
		any = true;
	}
	return true;
}

void
syncfiles(const int *fd, int *error, size_t n)
{
	size_t files = 0;

	for (size_t i = 0; i < n; i++) {
		error[i] = 0;
		files += fd[i] != -1;
	}
	if (files >= FEW && sync_systems(fd, n))
		return;
	/* Few, or to learn which of them failed. */
	for (size_t i = 0; i < n; i++)
		if (fd[i] != -1 && fsync(fd[i]) == -1)
			error[i] = errno;
}
