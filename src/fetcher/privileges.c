#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "number.h"
#include "privileges.h"

static int
find_user(const char *name, uid_t *uid, gid_t *gid, struct diag *d)
{
	const struct passwd *pw = getpwnam(name);
	uint32_t n;

	if (pw == NULL &&
	    number_u32(name, strlen(name), UINT32_MAX - 1, &n) == 0)
		pw = getpwuid((uid_t)n);
	if (pw == NULL)
		return diag_set(d, STATUS_USAGE, "no such user: %s", name);
	*uid = pw->pw_uid;
	*gid = pw->pw_gid;
	return 0;
}

static int
find_group(const char *name, gid_t *gid, struct diag *d)
{
	const struct group *gr = getgrnam(name);
	uint32_t n;

	if (gr == NULL &&
	    number_u32(name, strlen(name), UINT32_MAX - 1, &n) == 0)
		gr = getgrgid((gid_t)n);
	if (gr == NULL)
		return diag_set(d, STATUS_USAGE, "no such group: %s", name);
	*gid = gr->gr_gid;
	return 0;
}

int
privileges_drop(const char *user, const char *group, struct diag *d)
{
	uid_t uid = getuid();
	gid_t gid = getgid();

	if (user == NULL && group == NULL)
		return 0;
	if ((user != NULL && find_user(user, &uid, &gid, d) == -1) ||
	    (group != NULL && find_group(group, &gid, d) == -1))
		return -1;
	if (geteuid() == uid && getegid() == gid)
		return 0;
	if (geteuid() != 0)
		return diag_set(d, STATUS_USAGE,
		    "only root can become user %s, group %s",
		    user == NULL ? "(same)" : user,
		    group == NULL ? "(theirs)" : group);
	if ((user != NULL ? initgroups(user, gid) : setgroups(1, &gid)) == -1 ||
	    setresgid(gid, gid, gid) == -1 || setresuid(uid, uid, uid) == -1)
		return diag_system(d, "cannot drop privileges");
	/* There must be no way back. */
	if (uid != 0 && setuid(0) != -1)
		return diag_set(
		    d, STATUS_SYSTEM, "privileges came back after dropping");
	return 0;
}
