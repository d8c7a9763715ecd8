/*
 * The header key inputs=: paths with commas between.  A comma or a percent
 * sign of a path is %2C or %25.
 */
#ifndef PATHLIST_H
#define PATHLIST_H

#include <stddef.h>

struct pathlist {
	char **item; /* owned */
	size_t count;
};

/* Joined, to be freed; NULL: no memory. */
char *pathlist_join(const char *const *paths, size_t count);

/*
 * Split a list of at least one path.  pathlist_free() when done.
 * -1: malformed (an empty path, a % that is not followed by 2C or 25), or no
 * memory, as errno says (EINVAL, ENOMEM).
 */
int pathlist_split(struct pathlist *out, const char *text);
void pathlist_free(struct pathlist *list);

#endif
