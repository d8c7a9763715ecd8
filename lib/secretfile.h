/*
 * Files that hold secrets: read whole, only if nobody else can read them, into
 * memory that is wiped.
 */
#ifndef SECRETFILE_H
#define SECRETFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "diag.h"

#define SECRETFILE_MAX 65536

struct secret {
	char *text; /* NUL terminated behind size octets */
	size_t size;
};

/*
 * dirfd as for openat(2): AT_FDCWD, or the folder that path is relative to.
 * follow: path may be a symbolic link (the user named it); what it leads to is
 * checked.  place stands in messages.
 * -1: STATUS_USAGE if absent, no regular file, open to group or others, or
 * over SECRETFILE_MAX; STATUS_SYSTEM.
 */
int secretfile_read(struct secret *out, int dirfd, const char *path,
    bool follow, const char *place, struct diag *d);

/* Wipe and free. */
void secret_free(struct secret *s);

#endif
