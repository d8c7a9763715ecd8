#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "access.h"

/*
 * The effective ids change for one call and come back: no child for each of
 * ten thousand paths.
 */
int
access_as(const struct conf_privileges *who, const char *path, int mode)
{
	gid_t saved[NGROUPS_MAX];
	const gid_t gid = getegid();
	const struct passwd *pw = NULL;
	const struct group *gr = NULL;
	int count, rc, error;

	if (geteuid() != 0 || (who->user == NULL && who->group == NULL))
		return faccessat(AT_FDCWD, path, mode, AT_EACCESS);
	if (who->user != NULL)
		pw = getpwnam(who->user);
	if (who->group != NULL)
		gr = getgrnam(who->group);
	if ((count = getgroups(NGROUPS_MAX, saved)) == -1)
		return -1;
	if (pw != NULL && initgroups(pw->pw_name, pw->pw_gid) == -1)
		return -1;
	rc = 0;
	if ((gr != NULL && setegid(gr->gr_gid) == -1) ||
	    (gr == NULL && pw != NULL && setegid(pw->pw_gid) == -1) ||
	    (pw != NULL && seteuid(pw->pw_uid) == -1))
		rc = -1;
	if (rc == 0)
		rc = faccessat(AT_FDCWD, path, mode, AT_EACCESS);
	error = errno;
	if (seteuid(0) == -1 || setegid(gid) == -1 ||
	    setgroups((size_t)count, saved) == -1)
		return -1;
	errno = error;
	return rc;
}

int
access_folder_as(const struct conf_privileges *who, const char *path, int mode)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return access_as(who, ".", mode);
	if (snprintf(folder, sizeof(folder), "%.*s",
		slash == path ? 1 : (int)(slash - path),
		path) >= (int)sizeof(folder)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return access_as(who, folder, mode);
}
