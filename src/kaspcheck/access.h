/* May the configured user do that?  Asked with that user's ids, if root. */
#ifndef KASPCHECK_ACCESS_H
#define KASPCHECK_ACCESS_H

#include <stdbool.h>

#include "conf.h"

/*
 * access(2) as the user and group of who (unknown ones are skipped: another
 * check reports them).  mode as for access(2).  0, or -1 with errno.
 */
int access_as(const struct conf_privileges *who, const char *path, int mode);

/* access_as() for the folder that holds path. */
int
access_folder_as(const struct conf_privileges *who, const char *path, int mode);

#endif
