#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tidy.h"

#define MARK	   ".tmp."
#define MARK_LEN   5
#define UNIQUE_LEN 16

static bool
is_unfinished(const char *name)
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
tidy_beside(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	if (slash == NULL)
		(void)snprintf(folder, sizeof(folder), ".");
	else if (snprintf(folder, sizeof(folder), "%.*s",
		     slash == path ? 1 : (int)(slash - path),
		     path) >= (int)sizeof(folder))
		return;
	if ((dir = opendir(folder)) == NULL)
		return;
	while ((entry = readdir(dir)) != NULL)
		if (is_unfinished(entry->d_name))
			(void)unlinkat(dirfd(dir), entry->d_name, 0);
	(void)closedir(dir);
}
